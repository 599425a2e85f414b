import { texts } from "../texts.ts";

/** Why a text is not a JSON object. Null where it is one. */
export function objectProblem(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? null : texts.test.noObject;
  } catch (error) {
    return texts.test.invalidJson((error as Error).message);
  }
}

import { ApiError } from "../shared/api.ts";

/** What the API said about one of these fields, or about something in it. */
export function fieldError(error: Error | null, ...names: string[]): string | null {
  if (!(error instanceof ApiError) || error.field === null) return null;
  return names.includes(error.field.split(".")[0] ?? "") ? error.message : null;
}

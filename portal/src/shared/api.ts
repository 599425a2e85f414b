// Answers of the API, and the errors that a page can say something about.

import type { components } from "../../../clients/typescript/src/api.ts";
import { texts } from "../texts.ts";

/** The schemas of the OpenAPI document. */
export type Schemas = components["schemas"];

const DEFAULT_RETRY_SECONDS = 5;

/** The API refused a call: the sentence is for the user. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** The field that the sentence is about, dotted where it is nested. */
  readonly field: string | null;
  /** The whole body of the answer. */
  readonly details: Record<string, unknown>;
  /** When the call may be repeated, in milliseconds since 1970, if waiting helps. */
  readonly retryAt: number | null;

  constructor(response: Response, body: unknown) {
    const details = typeof body === "object" && body !== null ? { ...body } as Record<string, unknown> : {};
    super(typeof details.error === "string" ? details.error : texts.errors.unexpectedAnswer(response.status));
    this.status = response.status;
    this.code = typeof details.code === "string" ? details.code : "";
    this.field = typeof details.field === "string" ? details.field : null;
    this.details = details;
    this.retryAt = [429, 502, 503, 504].includes(response.status) ? Date.now() + retryDelay(response) : null;
  }
}

/** There was no answer: the network failed, or it took too long. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    const isTimeout = cause instanceof DOMException && cause.name === "TimeoutError";
    super(isTimeout ? texts.errors.tooSlow : texts.errors.unreachable, { cause });
  }
}

type Answer<Data> = { data?: Data; error?: unknown; response: Response };

/** The data of a call of the typed client. Throws {@link ApiError} or {@link Unreachable}. */
export async function answerOf<Data>(call: Promise<Answer<Data>>): Promise<Data> {
  let answer: Answer<Data>;
  try {
    answer = await call;
  } catch (error) {
    // A query whose component is gone aborts its call.
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable(error);
  }
  if (!answer.response.ok) throw new ApiError(answer.response, answer.error);
  return answer.data as Data;
}

/** Whether what was asked for does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

function retryDelay(response: Response): number {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return 1000 * Math.max(1, Number.isFinite(seconds) ? seconds : DEFAULT_RETRY_SECONDS);
}

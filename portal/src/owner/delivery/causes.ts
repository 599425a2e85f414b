// The cause of a failed attempt, as statistics count it.

import type { Schemas } from "../../shared/api.ts";

/** A cause of failures. */
export type Cause = keyof Schemas["FailuresByCause"];

/** What kind of failure an attempt's error is. The API gives the sentence alone, and the kind follows from it. */
export function causeOf({ response_status, error }: Pick<Schemas["Attempt"], "response_status" | "error">): Cause {
  const sentence = error ?? "";
  if (sentence.startsWith("Not sent")) return "not_sent";
  if (sentence.includes("timed out")) return "timeout";
  if (response_status === null || /^HTTP \d+, but/.test(sentence)) return "connection";
  if (response_status >= 300 && response_status < 400) return "redirect";
  return response_status >= 400 && response_status < 500 ? "client_error" : "server_error";
}

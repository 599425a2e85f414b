// The cause of a failed attempt, as statistics count it.

import type { Schemas } from "../../shared/api.ts";
import type { CauseLabels } from "../../shared/charts.ts";
import { texts } from "../../texts.ts";

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

/** What each cause is called, to the endpoint's owner. */
export const CAUSE_LABELS: CauseLabels = {
  timeout: texts.causes.timeout.label,
  connection: texts.causes.connection.label,
  redirect: texts.causes.redirect.label,
  client_error: texts.causes.client_error.label,
  server_error: texts.causes.server_error.label,
  not_sent: texts.causes.not_sent.label,
};

// The request of a delivery, as far as it can be known.

import type { Schemas } from "../../shared/api.ts";
import { texts } from "../../texts.ts";
import { USUAL_SIGNATURES } from "../signatures.ts";

/** A header, with its value or why it is not known. */
export interface SentHeader {
  name: string;
  value: string | null;
  note: string;
}

/** The headers that the newest attempt sent, by how the endpoint is set up now. */
export function sentHeaders(endpoint: Schemas["Endpoint"], delivery: Schemas["DeliveryWithAttempts"]): SentHeader[] {
  const attemptedAt = delivery.attempt_log.at(-1)?.attempted_at;
  const timestamp = attemptedAt ? String(Math.floor(Date.parse(attemptedAt) / 1_000)) : null;
  const signed = Object.entries(endpoint.signature_headers ?? USUAL_SIGNATURES).map(([name, kind]) => ({
    name,
    value: kind === "id" ? delivery.event_id : kind === "timestamp" ? timestamp : null,
    note: kind === "timestamp" ? texts.request.timestamp : texts.request.signature,
  }));
  return [
    { name: "Content-Type", value: "application/json", note: "" },
    { name: "User-Agent", value: "Nuke-Webhooks/1.0", note: "" },
    ...signed,
    ...endpoint.headers.map((name) => ({ name, value: null, note: texts.request.notShown })),
  ];
}

/** A curl command that sends the same request, but for what is not known. */
export function curlCommand(url: string, headers: SentHeader[], payload: string): string {
  const lines = headers.map(({ name, value, note }) => `-H ${quote(`${name}: ${value ?? `<${note}>`}`)}`);
  return [`curl -i -X POST ${quote(url)}`, ...lines, `--data-binary ${quote(payload)}`].join(" \\\n  ");
}

/** A word for a shell, in which nothing has a meaning. */
const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

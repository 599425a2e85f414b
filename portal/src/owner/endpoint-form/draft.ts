// An endpoint while it is being edited: texts as they were typed, and what they mean for the API.

import type { Schemas } from "../../shared/api.ts";
import type { Pair } from "../../shared/components/PairRows.tsx";
import { parseSteps, writeDuration } from "../../shared/duration.ts";
import { texts } from "../../texts.ts";
import { isSignature, type SignatureHeaders, type SignatureKind } from "../signatures.ts";

/** A signature header that is being typed. */
export interface SignatureRow {
  id: number;
  name: string;
  kind: SignatureKind;
}

/** What the form has, as it was typed. */
export interface Draft {
  url: string;
  description: string;
  events: string[];
  filter: string;
  headers: Pair[];
  /** Whether the headers that the endpoint has are replaced by these. */
  replacesHeaders: boolean;
  rateLimit: string;
  maxAttempts: string;
  schedule: string;
  ordering: "none" | "endpoint" | "key";
  orderingKey: string;
  metadata: Pair[];
  /** Of a new endpoint, where its owner has one. */
  secret: string;
  hasUsualSignatures: boolean;
  /** The signature headers, where they are not the usual ones. */
  signatures: SignatureRow[];
}

/** The fields of the API that the form has. */
export type DraftField =
  | "url" | "description" | "events" | "filter" | "headers" | "rate_limit_per_minute" | "max_attempts"
  | "retry_schedule" | "ordering" | "metadata" | "secret" | "signature_headers";

/** What is wrong with a draft, by field. */
export type DraftProblems = Partial<Record<DraftField, string>>;

/** What the API gets for a draft. */
export type DraftBody = Required<Pick<Schemas["EndpointChanges"], Exclude<DraftField, "headers" | "secret">>> & {
  headers?: Record<string, string>;
  secret?: string;
};

const MOST_STEPS = 20;
const LONGEST_STEP = 86_400;
/** Where the rows begin: the headers of Standard Webhooks. */
const FIRST_SIGNATURES: SignatureHeaders = {
  "webhook-id": "id",
  "webhook-timestamp": "timestamp",
  "webhook-signature": "standard",
};

/** The draft of an endpoint as it is, or of a new one. */
export function draftOf(endpoint: Schemas["Endpoint"] | null): Draft {
  const ordering = endpoint?.ordering ?? "none";
  return {
    url: endpoint?.url ?? "",
    description: endpoint?.description ?? "",
    events: endpoint?.events ?? ["*"],
    filter: endpoint?.filter ?? "",
    headers: [],
    replacesHeaders: endpoint === null,
    rateLimit: endpoint?.rate_limit_per_minute?.toString() ?? "",
    maxAttempts: endpoint?.max_attempts?.toString() ?? "",
    schedule: endpoint?.retry_schedule?.map(writeDuration).join(", ") ?? "",
    ordering: typeof ordering === "string" ? ordering : "key",
    orderingKey: typeof ordering === "string" ? "$.data.id" : ordering.key,
    metadata: Object.entries(endpoint?.metadata ?? {}).map(([name, value], id) => ({ id, name, value })),
    secret: "",
    hasUsualSignatures: !endpoint?.signature_headers,
    signatures: Object.entries(endpoint?.signature_headers ?? FIRST_SIGNATURES)
      .map(([name, kind], id) => ({ id, name, kind })),
  };
}

/** What the page can tell is wrong. The API has the last word. */
export function problemsOf(draft: Draft): DraftProblems {
  const words = texts.form.problems;
  const problems: DraftProblems = {};
  if (!draft.url.trim()) problems.url = words.url;
  if (draft.events.length === 0) problems.events = words.events;
  if (!isWholeNumber(draft.rateLimit, 100_000)) problems.rate_limit_per_minute = words.wholeNumber(100_000);
  if (!isWholeNumber(draft.maxAttempts, 100)) problems.max_attempts = words.wholeNumber(100);
  const schedule = scheduleProblem(draft.schedule);
  if (schedule) problems.retry_schedule = schedule;
  if (draft.replacesHeaders) {
    const headers = pairsProblem(draft.headers, true);
    if (headers) problems.headers = headers;
  }
  const metadata = pairsProblem(draft.metadata, false);
  if (metadata) problems.metadata = metadata;
  if (draft.secret.trim() && !/^[!-~]{16,255}$/.test(draft.secret.trim())) problems.secret = words.secret;
  if (!draft.hasUsualSignatures) {
    const signatures = signaturesProblem(draft.signatures);
    if (signatures) problems.signature_headers = signatures;
  }
  return problems;
}

/** What the API gets. The draft has no problems. */
export function bodyOf(draft: Draft): DraftBody {
  const parsed = parseSteps(draft.schedule);
  const steps = "steps" in parsed && parsed.steps.length > 0 ? parsed.steps : null;
  return {
    url: draft.url.trim(),
    description: draft.description.trim() || null,
    events: draft.events,
    filter: draft.filter.trim() || null,
    rate_limit_per_minute: draft.rateLimit.trim() ? Number(draft.rateLimit) : null,
    max_attempts: draft.maxAttempts.trim() ? Number(draft.maxAttempts) : null,
    retry_schedule: steps,
    ordering: draft.ordering === "key" ? { key: draft.orderingKey.trim() } : draft.ordering,
    metadata: objectOf(draft.metadata),
    signature_headers: draft.hasUsualSignatures ? null : signatureHeadersOf(draft.signatures),
    ...(draft.secret.trim() ? { secret: draft.secret.trim() } : {}),
    ...(draft.replacesHeaders ? { headers: objectOf(draft.headers) } : {}),
  };
}

/** The members of a body that are not as the endpoint is. */
export function changesOf(endpoint: Schemas["Endpoint"], body: Omit<DraftBody, "secret">): Schemas["EndpointChanges"] {
  const { headers, ...others } = body;
  const changed = Object.entries(others).filter(([name, value]) =>
    JSON.stringify(value) !== JSON.stringify(endpoint[name as keyof typeof others]));
  return { ...Object.fromEntries(changed), ...(headers ? { headers } : {}) };
}

function isWholeNumber(text: string, most: number): boolean {
  if (!text.trim()) return true;
  const value = Number(text);
  return Number.isInteger(value) && value >= 1 && value <= most;
}

function scheduleProblem(text: string): string | null {
  const words = texts.form.problems;
  const parsed = parseSteps(text);
  if ("unreadable" in parsed) return words.unreadableStep(parsed.unreadable);
  if (parsed.steps.length > MOST_STEPS) return words.tooManySteps(MOST_STEPS);
  return parsed.steps.some((step) => step < 1 || step > LONGEST_STEP) ? words.stepOutOfRange : null;
}

function pairsProblem(pairs: Pair[], needsValue: boolean): string | null {
  const words = texts.form.problems;
  const used = pairs.filter((pair) => pair.name.trim() || pair.value);
  const names = used.map(({ name }) => (needsValue ? foldHeader(name) : name.trim()));
  if (names.includes("")) return words.nameMissing;
  if (needsValue && used.some((pair) => !pair.value)) return words.valueMissing;
  return new Set(names).size < names.length ? words.nameTwice : null;
}

function signaturesProblem(rows: SignatureRow[]): string | null {
  const words = texts.form.problems;
  const names = rows.map(({ name }) => foldHeader(name));
  if (names.includes("")) return words.nameMissing;
  if (names.some((name) => !/^[a-z0-9-]{1,100}$/.test(name))) return words.headerName;
  if (new Set(names).size < names.length) return words.nameTwice;
  return rows.some(({ kind }) => isSignature(kind)) ? null : words.signatureMissing;
}

/** Servers take - and _ in the name of a header for the same. */
const foldHeader = (name: string) => name.trim().toLowerCase().replaceAll("_", "-");

const signatureHeadersOf = (rows: SignatureRow[]): SignatureHeaders =>
  Object.fromEntries(rows.map(({ name, kind }) => [name.trim(), kind]));

function objectOf(pairs: Pair[]): Record<string, string> {
  return Object.fromEntries(pairs.filter((pair) => pair.name.trim()).map((pair) => [pair.name.trim(), pair.value]));
}

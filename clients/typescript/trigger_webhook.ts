/**
 * Emits webhook events without ever breaking what they are about: `triggerWebhook` neither
 * throws nor rejects, whatever it is given and whatever becomes of the call.
 *
 * One file without dependencies, for Deno, Node, Bun and Workers.
 */

/** What has happened. */
export interface WebhookEvent {
  /** A dotted name such as `vehicle.created`. */
  event_type: string;
  /** What receivers get as `data`: anything JSON can express, at most 256 KiB. */
  data: object;
  /**
   * Only this owner's endpoints get it. Left out, all owners' do; null and undefined are refused,
   * because they are nearly always a bug that would tell every tenant.
   */
  user_id?: string;
  /**
   * The same id is never a second delivery to the same endpoint: 1 to 255 visible ASCII
   * characters, made up where it is absent.
   */
  event_id?: string | null;
}

/**
 * Where events go:
 *
 * - a supabase-js client made with the service key. The event is stored by one call of
 *   `emit_webhook_event` or `broadcast_webhook_event`, and sent by the database's wake-up, or by the next cron.
 * - the URL of `deliver`, or a Workers service binding to it, and the service key. The event
 *   is stored and sent at once; the call is answered as soon as it is stored.
 */
export type Target =
  | Database
  | { url: string | URL; serviceKey: string }
  | { binding: Binding; serviceKey: string };

/**
 * What is used of a supabase-js client. `never`, because a client with the types of a database
 * takes the names of those functions only that were there when they were generated.
 */
export interface Database {
  rpc(name: never, event: never): DatabaseCall;
}

/** What is used of a call that supabase-js makes. */
export interface DatabaseCall extends PromiseLike<DatabaseAnswer> {
  abortSignal?(signal: AbortSignal): PromiseLike<DatabaseAnswer>;
}

/** What is used of the answer to it. */
export interface DatabaseAnswer {
  data: unknown;
  error: { code?: string; message?: string } | null;
  status?: number;
}

/** What is used of a Workers service binding. */
export interface Binding {
  fetch(
    url: string,
    init: {
      method: string;
      headers: Record<string, string>;
      body: string;
      redirect: "manual";
      signal: AbortSignal;
    },
  ): Promise<{ status: number; text(): Promise<string> }>;
}

export interface Options {
  /** How long the call may take, in milliseconds: 5000. */
  timeoutMs?: number;
  /** Is told of a failure, in place of the line on `console.error`. */
  onError?: (error: WebhookError) => void;
}

export interface WebhookError {
  /**
   * `invalid_call` (the arguments make no call), `invalid_event` (it is not JSON),
   * `invalid_field` (user_id is null or undefined),
   * `timeout`, `unreachable`, `unexpected_answer`, or the code of who refused the event,
   * such as `unauthorized` or `payload_too_large`.
   */
  code: string;
  /** A sentence for people, without the payload and the key. */
  message: string;
  /** The HTTP status, where an answer came. */
  status?: number;
  /**
   * The event's id. Whether a call that failed has stored the event may be unknown:
   * repeated with this id, it is stored once.
   */
  event_id: string;
}

export type Outcome = { ok: true; event_id: string } | { ok: false; error: WebhookError };

type Fault = Omit<WebhookError, "event_id">;
type Sent = { event_id: string; user_id?: string };

const DEFAULT_TIMEOUT_MS = 5_000;

/** The longest time-out that timers can express. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Emits an event, and says whether it is stored: what is stored is delivered. */
export async function triggerWebhook(
  target: Target,
  event: WebhookEvent,
  options?: Options,
): Promise<Outcome> {
  let event_id = "";
  let fault: Fault | undefined;
  try {
    event_id = String(event.event_id ?? crypto.randomUUID());
    if ("user_id" in event && (event.user_id ?? null) === null) {
      fault = INVALID_USER_ID;
    } else {
      const sent = copy(event, event_id);
      fault = sent ? await send(target, sent, options) : INVALID_EVENT;
    }
  } catch {
    // What was thrown is not looked at: even that may throw.
    fault = INVALID_CALL;
  }
  if (!fault) return { ok: true, event_id };
  const error = { ...fault, event_id };
  report(error, options);
  return { ok: false, error };
}

const INVALID_CALL: Fault = {
  code: "invalid_call",
  message: "The target, the event or the options are not what they must be",
};

const INVALID_USER_ID: Fault = {
  code: "invalid_field",
  message:
    "event.user_id must not be null or undefined: leave it out for an event that is meant for every owner",
};

const INVALID_EVENT: Fault = {
  code: "invalid_event",
  message: "The event cannot be written as JSON",
};

/** The event as JSON has it, whatever the caller does with its own meanwhile. */
function copy({ event_type, data, user_id }: WebhookEvent, event_id: string): Sent | undefined {
  try {
    // A null is refused by name; an argument that is not there would be another function's.
    const event = { event_type: event_type ?? null, data: data ?? null, user_id, event_id };
    return JSON.parse(JSON.stringify(event));
  } catch {
    return undefined;
  }
}

/** Sends the event in the time there is. */
async function send(
  target: Target,
  event: Sent,
  options: Options | undefined,
): Promise<Fault | undefined> {
  const timeout = Math.min(Number(options?.timeoutMs ?? DEFAULT_TIMEOUT_MS), MAX_TIMEOUT_MS);
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  // Raced, because not every client heeds the signal.
  const alarm = new Promise<Fault>((resolve) => {
    timer = setTimeout(() => {
      resolve({ code: "timeout", message: `There was no answer within ${timeout} ms` });
      controller.abort();
    }, timeout);
  });
  try {
    const { signal } = controller;
    const call = "rpc" in target ? store(target, event, signal) : post(target, event, signal);
    return await Promise.race([call, alarm]);
  } finally {
    clearTimeout(timer);
  }
}

/** Has the database store the event. */
async function store(
  database: Database,
  event: Sent,
  signal: AbortSignal,
): Promise<Fault | undefined> {
  let answer: DatabaseAnswer;
  try {
    const name = event.user_id === undefined ? "broadcast_webhook_event" : "emit_webhook_event";
    const call = database.rpc(name as never, event as never);
    answer = await (call.abortSignal?.(signal) ?? call);
  } catch (thrown) {
    return unreachable(thrown);
  }
  const { data, error, status } = answer;
  // How supabase-js says that there was no answer. Its message may show a key.
  if (error && !status && !error.code) return unreachable(error);
  return error || data !== event.event_id ? refusal(status, error) : undefined;
}

/** Has `deliver` store and send the event. */
async function post(
  target: Exclude<Target, Database>,
  event: Sent,
  signal: AbortSignal,
): Promise<Fault | undefined> {
  const init = {
    method: "POST",
    headers: {
      authorization: `Bearer ${target.serviceKey}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ action: "deliver", event, wait: false }),
    // The key is for nobody else.
    redirect: "manual" as const,
    signal,
  };
  let status: number;
  let text: string;
  try {
    const response = await ("binding" in target
      ? target.binding.fetch("https://deliver/", init)
      : fetch(target.url, init));
    status = response.status;
    text = await response.text();
  } catch (thrown) {
    return unreachable(thrown);
  }
  let answer: { event_id?: unknown; code?: unknown; error?: unknown } | null = null;
  try {
    answer = JSON.parse(text);
  } catch {
    // It comes from something else than `deliver`, and is no confirmation.
  }
  const isStored = status >= 200 && status < 300 && answer?.event_id === event.event_id;
  return isStored ? undefined : refusal(status, { code: answer?.code, message: answer?.error });
}

function unreachable(thrown: unknown): Fault {
  // Not its message, which may show a key, or a password in a URL.
  const { name, code, cause } = Object(thrown);
  const words = [name, code, cause?.code].filter((word) => /^[A-Za-z]\w{1,50}$/.test(word ?? ""));
  return { code: "unreachable", message: ["There was no answer", ...words].join(": ") };
}

/** Of an answer that does not confirm the event. */
function refusal(
  status: number | undefined,
  error: { code?: unknown; message?: unknown } | null,
): Fault {
  const { code, message } = error ?? {};
  const isKnown = typeof code === "string" && code !== "" && typeof message === "string";
  const fault = isKnown
    ? { code, message: message.slice(0, 300) }
    : { code: "unexpected_answer", message: "The answer does not confirm the event" };
  return typeof status === "number" ? { ...fault, status } : fault;
}

function report(error: WebhookError, options: Options | undefined): void {
  try {
    if (options?.onError) {
      // One that is async may reject.
      Promise.resolve(options.onError(error)).catch(() => {});
      return;
    }
    const { code, message, status, event_id } = error;
    const what = status === undefined ? code : `${code}, ${status}`;
    const line = `webhook event ${event_id}: ${message} (${what})`;
    console.error(line.replace(/[\s\p{Cc}]+/gu, " "));
  } catch {
    // Nothing is left to tell.
  }
}

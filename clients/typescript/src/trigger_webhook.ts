/**
 * Emits webhook events without ever breaking what they are about: `triggerWebhook` and `triggerWebhooks`
 * neither throw nor reject, whatever they are given and whatever becomes of the call.
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
  /** How often each delivery is attempted at most, 1 to 100. Where it is absent, the endpoint says. */
  max_attempts?: number | null;
  /** When it is to be sent, if not at once: RFC 3339. */
  deliver_at?: string | null;
  /** From when on it is not to be sent any more: RFC 3339. */
  expires_at?: string | null;
}

/**
 * Where events go:
 *
 * - a supabase-js client made with the service key. The event is stored by one call of `emit_webhook_event`,
 *   `broadcast_webhook_event` or `emit_webhook_events`, and sent by the database's wake-up, or by the next cron.
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

/** The most events that one call takes. */
const MAX_EVENTS = 100;

/** The longest time-out that timers can express. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Emits an event, and says whether it is stored: what is stored is delivered. */
export async function triggerWebhook(
  target: Target,
  event: WebhookEvent,
  options?: Options,
): Promise<Outcome> {
  const { event_id, sent, fault } = prepare(event);
  if (!sent) return outcome(event_id, fault, options);
  const call = await attempt(options, (signal) =>
    "rpc" in target ? store(target, sent, signal) : post(target, sent, signal),
  );
  return outcome(event_id, call, options);
}

/**
 * Emits events in calls of up to 100, and says of each, in their order, whether it is stored. A refused
 * event does not affect the others.
 */
export async function triggerWebhooks(
  target: Target,
  events: readonly WebhookEvent[],
  options?: Options,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  try {
    for (let at = 0; at < events.length; at += MAX_EVENTS) {
      const prepared = Array.from(events.slice(at, at + MAX_EVENTS), prepare);
      const sent = prepared.flatMap(({ sent }) => sent ?? []);
      const faults = await attempt(options, async (signal) => {
        if (sent.length === 0) return [];
        return "rpc" in target ? storeAll(target, sent, signal) : postAll(target, sent, signal);
      });
      let nth = 0;
      for (const { event_id, sent, fault } of prepared) {
        const own = sent && (Array.isArray(faults) ? faults[nth++] : faults);
        outcomes.push(outcome(event_id, sent ? own : fault, options));
      }
    }
  } catch {
    outcomes.push(outcome("", INVALID_CALL, options));
  }
  return outcomes;
}

/** The event as it is sent, or why it is not. */
function prepare(event: WebhookEvent): { event_id: string; sent?: Sent; fault?: Fault } {
  let event_id = "";
  try {
    event_id = String(event.event_id ?? crypto.randomUUID());
    if ("user_id" in event && (event.user_id ?? null) === null) {
      return { event_id, fault: INVALID_USER_ID };
    }
    const sent = copy(event, event_id);
    return sent ? { event_id, sent } : { event_id, fault: INVALID_EVENT };
  } catch {
    // What was thrown is not looked at: even that may throw.
    return { event_id, fault: INVALID_CALL };
  }
}

function outcome(event_id: string, fault: Fault | undefined, options: Options | undefined): Outcome {
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
function copy(event: WebhookEvent, event_id: string): Sent | undefined {
  const { event_type, data, user_id, max_attempts, deliver_at, expires_at } = event;
  try {
    // A null is refused by name; an argument that is not there would be another function's.
    const event = {
      event_type: event_type ?? null,
      data: data ?? null,
      user_id,
      event_id,
      max_attempts: max_attempts ?? undefined,
      deliver_at: deliver_at ?? undefined,
      expires_at: expires_at ?? undefined,
    };
    return JSON.parse(JSON.stringify(event));
  } catch {
    return undefined;
  }
}

/** Makes a call in the time there is. Its fault is the whole call's. */
async function attempt<T>(
  options: Options | undefined,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T | Fault> {
  try {
    return await inTime(Number(options?.timeoutMs ?? DEFAULT_TIMEOUT_MS), call);
  } catch {
    // What was thrown is not looked at: even that may throw.
    return INVALID_CALL;
  }
}

async function inTime<T>(ms: number, call: (signal: AbortSignal) => Promise<T>): Promise<T | Fault> {
  const timeout = Math.min(ms, MAX_TIMEOUT_MS);
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
    return await Promise.race([call(controller.signal), alarm]);
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
  const name = event.user_id === undefined ? "broadcast_webhook_event" : "emit_webhook_event";
  const { data, fault, status } = await rpc(database, name, event, signal);
  if (fault) return fault;
  return data === event.event_id ? undefined : refusal(status, null);
}

/** Has the database store the events. */
async function storeAll(
  database: Database,
  events: Sent[],
  signal: AbortSignal,
): Promise<(Fault | undefined)[] | Fault> {
  const parameters = { events: JSON.stringify(events) };
  const { data, fault, status } = await rpc(database, "emit_webhook_events", parameters, signal);
  return fault ?? each(events, status, data);
}

/** A call of a SQL function. */
async function rpc(
  database: Database,
  name: string,
  parameters: object,
  signal: AbortSignal,
): Promise<{ data?: unknown; fault?: Fault; status?: number }> {
  let answer: DatabaseAnswer;
  try {
    const call = database.rpc(name as never, parameters as never);
    answer = await (call.abortSignal?.(signal) ?? call);
  } catch (thrown) {
    return { fault: unreachable(thrown) };
  }
  const { data, error, status } = answer;
  // How supabase-js says that there was no answer. Its message may show a key.
  if (error && !status && !error.code) return { fault: unreachable(error) };
  return error ? { fault: refusal(status, error) } : { data, status };
}

/** Has `deliver` store and send the event. */
async function post(
  target: Exclude<Target, Database>,
  event: Sent,
  signal: AbortSignal,
): Promise<Fault | undefined> {
  const { answer, fault, status } = await call(target, { event, wait: false }, signal);
  if (fault) return fault;
  const isStored = isSuccess(status) && answer?.event_id === event.event_id;
  return isStored ? undefined : refusal(status, { code: answer?.code, message: answer?.error });
}

/** Has `deliver` store and send the events. */
async function postAll(
  target: Exclude<Target, Database>,
  events: Sent[],
  signal: AbortSignal,
): Promise<(Fault | undefined)[] | Fault> {
  const { answer, fault, status } = await call(target, { events, wait: false }, signal);
  if (fault) return fault;
  return isSuccess(status)
    ? each(events, status, answer)
    : refusal(status, { code: answer?.code, message: answer?.error });
}

/** What an answer about several events says of each. */
function each(
  events: Sent[],
  status: number | undefined,
  answer: unknown,
): (Fault | undefined)[] | Fault {
  const entries = Object(answer).events;
  if (!Array.isArray(entries) || entries.length !== events.length) return refusal(status, null);
  return events.map(({ event_id }, nth) => {
    const { event_id: stored, code, error } = Object(entries[nth]);
    return code === undefined && stored === event_id ? undefined : refusal(undefined, { code, message: error });
  });
}

const isSuccess = (status = 0) => status >= 200 && status < 300;

/** A call of `deliver`. */
async function call(
  target: Exclude<Target, Database>,
  body: object,
  signal: AbortSignal,
): Promise<{ answer?: Answer | null; fault?: Fault; status?: number }> {
  const init = {
    method: "POST",
    headers: {
      authorization: `Bearer ${target.serviceKey}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(body),
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
    return { fault: unreachable(thrown) };
  }
  try {
    return { answer: JSON.parse(text), status };
  } catch {
    // It comes from something else than `deliver`, and is no confirmation.
    return { answer: null, status };
  }
}

type Answer = { event_id?: unknown; code?: unknown; error?: unknown };

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

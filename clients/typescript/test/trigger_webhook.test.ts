// Run by tests/tests/e2e/clients.rs against a running stack, where it also looks at what
// arrived: events of the types `by.*`, each emitted twice.

import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { mock, test } from "node:test";

import { createClient } from "@supabase/supabase-js";

import { triggerWebhook } from "../src/trigger_webhook.ts";
import type { Target, WebhookError, WebhookEvent } from "../src/trigger_webhook.ts";

const { SUPABASE_URL, SERVICE_KEY, DELIVER_URL, USER_ID } = process.env as Record<string, string>;

/** A client as applications make it; its types are those of a database of theirs. */
function supabase(key: string, url = SUPABASE_URL) {
  type Row = { id: string };
  type Tables = { vehicles: { Row: Row; Insert: Row; Update: Row; Relationships: [] } };
  type Database = { public: { Tables: Tables; Views: {}; Functions: {} } };
  return createClient<Database>(url, key, { auth: { persistSession: false } });
}

const event = (event_type: string): WebhookEvent => ({
  event_type,
  data: { vin: "1FTFW1E50PFA00001" },
  user_id: USER_ID,
});

/** Emits an event that fails, quietly. */
async function failure(
  target: unknown,
  emitted: unknown = event("by.nobody"),
  timeoutMs?: number,
): Promise<WebhookError> {
  const reported: WebhookError[] = [];
  const onError = (error: WebhookError) => void reported.push(error);
  const outcome = await triggerWebhook(target as Target, emitted as WebhookEvent, {
    onError,
    timeoutMs,
  });
  assert(!outcome.ok);
  assert.deepEqual(reported, [outcome.error]);
  return outcome.error;
}

/** A server for the time of a test. */
async function serve(listener: RequestListener, use: (url: string) => Promise<void>) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const byUrl = (url: string, serviceKey = SERVICE_KEY) => ({ url, serviceKey });
const byBinding = (fetch: unknown) => ({ binding: { fetch }, serviceKey: "key" });
const byDatabase = (rpc: unknown) => ({ rpc });

const targets: Record<string, Target> = {
  supabase: supabase(SERVICE_KEY),
  url: byUrl(DELIVER_URL),
  binding: {
    binding: { fetch: (url, init) => fetch(url.replace("https://deliver", DELIVER_URL), init) },
    serviceKey: SERVICE_KEY,
  },
};

for (const [name, target] of Object.entries(targets)) {
  test(`by ${name}, an event is accepted, and accepted again under its id`, async () => {
    const first = await triggerWebhook(target, event(`by.${name}`));
    assert(first.ok, JSON.stringify(first));
    const again = { ...event(`by.${name}`), event_id: first.event_id };
    assert.deepEqual(await triggerWebhook(target, again), first);
  });

  test(`by ${name}, an event that is refused is a failure that says why`, async () => {
    const refused: [Partial<WebhookEvent>, RegExp][] = [
      [{ event_type: "no type" }, /event_type must be/],
      [{ event_type: undefined }, /event_type/],
      [{ data: undefined }, /data/],
      [{ data: [] }, /data must be a JSON object/],
      [{ user_id: "7" }, /uuid/i],
      [{ event_id: "a b" }, /event_id must be 1 to 255/],
    ];
    for (const [change, expected] of refused) {
      const error = await failure(target, { ...event("by.nobody"), ...change });
      assert.match(error.message, expected);
      assert.equal(error.status, 400, JSON.stringify(error));
    }
  });

  test(`by ${name}, an event without an owner is for every owner`, async () => {
    const { event_type, data } = event("by.nobody");
    assert((await triggerWebhook(target, { event_type, data, event_id: null })).ok);
  });

  test(`by ${name}, an owner that is null or undefined tells nobody`, async () => {
    for (const user_id of [null, undefined]) {
      const unowned = { ...event("by.unowned"), user_id } as WebhookEvent;
      const { code, message } = await failure(target, unowned);
      assert.equal(code, "invalid_field");
      assert.match(message, /user_id must not be null or undefined/);
    }
  });
}

test("a wrong key is a failure, and named as one", async () => {
  const { code, status } = await failure(byUrl(DELIVER_URL, "sb_secret_wrong"));
  assert.deepEqual([code, status], ["unauthorized", 401]);
  const error = await failure(supabase("sb_secret_wrong"));
  assert([401, 403].includes(error.status ?? 0), JSON.stringify(error));
});

test("where nobody listens, the failure has the id to repeat the event with", async () => {
  let dead = "";
  await serve(() => {}, async (url) => void (dead = url));
  for (const target of [byUrl(dead), supabase(SERVICE_KEY, dead)]) {
    const error = await failure(target, { ...event("by.nobody"), event_id: "evt_1" });
    assert.equal(error.code, "unreachable");
    assert.equal(error.event_id, "evt_1");
  }
  assert.match((await failure(byUrl(dead))).event_id, /^[0-9a-f-]{36}$/);
  assert.match((await failure(byUrl(dead))).message, /ECONNREFUSED/);
});

test("a server that does not answer, or not to the end, is given up in time", async () => {
  const listeners: RequestListener[] = [
    () => {},
    (_, response) => void response.writeHead(202).write("{"),
  ];
  for (const listener of listeners) {
    await serve(listener, async (url) => {
      for (const target of [byUrl(url), supabase(SERVICE_KEY, url)]) {
        const start = performance.now();
        assert.equal((await failure(target, undefined, 200)).code, "timeout");
        assert(performance.now() - start < 2_000);
      }
    });
  }
  const deaf = byDatabase(() => new Promise(() => {}));
  assert.equal((await failure(deaf, undefined, 10)).code, "timeout");
});

test("an answer that does not confirm the event is a failure", async () => {
  for (const [status, body] of [
    [200, "<html>"],
    [202, ""],
    [202, "null"],
    [202, '{"event_id": "another"}'],
    [204, ""],
    [502, "Bad gateway"],
    [500, '{"error": 1, "code": 2}'],
  ] as const) {
    const answer: RequestListener = (_, response) =>
      void response.writeHead(status).end(body || undefined);
    await serve(answer, async (url) => {
      for (const target of [byUrl(url), supabase(SERVICE_KEY, url)]) {
        const error = await failure(target);
        assert.equal(error.code, "unexpected_answer", `${status} ${body}`);
        assert.equal(error.status, status);
      }
    });
  }
});

test("a redirect is a failure, and the key stays here", async () => {
  let visits = 0;
  await serve(() => visits++, async (elsewhere) => {
    const redirect: RequestListener = (_, response) =>
      void response.writeHead(307, { location: elsewhere }).end();
    await serve(redirect, async (url) => {
      assert.equal((await failure(byUrl(url))).status, 307);
    });
  });
  assert.equal(visits, 0);
});

test("nothing that it is given makes it reject", async () => {
  const circular: Record<string, unknown> = {};
  circular.itself = circular;
  const raise = () => {
    throw new Error("thrown");
  };
  const hostile = new Proxy({}, { get: raise, has: raise, getPrototypeOf: raise, ownKeys: raise });
  const raiseHostile = () => {
    throw hostile;
  };

  for (const data of [circular, { n: 1n }, { toJSON: raise }, hostile]) {
    assert.equal((await failure(targets.url, { event_type: "a", data })).code, "invalid_event");
  }
  const raising = Object.create(null, { event_id: { get: raise } });
  for (const emitted of [undefined, null, hostile, raising]) {
    const outcome = await triggerWebhook(targets.url!, emitted, { onError: () => {} });
    assert(!outcome.ok && outcome.error.code === "invalid_call");
  }
  const noCalls = [byUrl("no URL"), byUrl(DELIVER_URL, "a\nb")];
  for (const target of [undefined, null, 7, "", {}, [], hostile, ...noCalls]) {
    await failure(target);
  }
  for (const make of [byDatabase, byBinding]) {
    for (const call of [
      undefined,
      raise,
      raiseHostile,
      () => undefined,
      () => hostile,
      async () => raise(),
      async () => raiseHostile(),
      async () => Promise.reject(),
      async () => ({}),
      async () => ({ data: 1n, error: hostile, status: 200, text: raise }),
      () => ({ then: raise }),
    ]) {
      await failure(make(call));
    }
  }
  const timeouts = [Symbol(), NaN, -1, Infinity, hostile].map((timeoutMs) => ({ timeoutMs }));
  for (const options of [null, 7, hostile, ...timeouts, { onError: 7 }]) {
    const line = mock.method(console, "error", () => {});
    await triggerWebhook(byDatabase(raise) as never, event("by.nobody"), options as never);
    line.mock.restore();
  }
});

test("an onError that fails changes nothing", async () => {
  for (const onError of [
    () => {
      throw new Error("thrown");
    },
    async () => {
      throw new Error("thrown");
    },
  ]) {
    const outcome = await triggerWebhook(byUrl("no URL"), event("by.nobody"), { onError });
    assert.equal(outcome.ok, false);
  }
});

test("a failure is one line in the log, without the payload and the key", async () => {
  const lines: string[] = [];
  const log = mock.method(console, "error", (line: string) => void lines.push(line));
  const key = "sb_secret_\n1234";
  const data = { secret: "of the payload" };
  const emitted = { event_type: "a", data, event_id: "evt_\n2" };
  const targets = [
    supabase(key),
    byUrl(DELIVER_URL, key),
    byUrl("http://name:password@localhost"),
    byDatabase(() => Promise.reject(new Error(key))) as never,
  ];
  for (const target of targets) await triggerWebhook(target, emitted);
  const toJSON = () => {
    throw new Error(data.secret);
  };
  await triggerWebhook(byUrl(DELIVER_URL), { event_type: "a", data: { toJSON } });
  log.mock.restore();

  assert.equal(lines.length, targets.length + 1);
  for (const line of lines) {
    assert.match(line, /^webhook event \S+( 2)?: (There was no answer|The event cannot be)/);
    assert.doesNotMatch(line, /\n|1234|password|payload/);
  }
});

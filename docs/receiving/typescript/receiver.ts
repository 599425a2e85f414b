// Receives webhooks with Node's own HTTP server. Node 24 runs this file as it is.
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";

const MAX_BODY = 1024 * 1024;
const MAX_IDS = 10_000;
const TOLERANCE = 5 * 60;

export interface WebhookEvent {
  id: string;
  type: string;
  created: number;
  data: unknown;
  livemode: boolean;
}

type Verify = (secrets: string[], headers: IncomingHttpHeaders, body: Buffer) => WebhookEvent;
type Answer = (status: number, value: object) => void;

// One secret, or several separated by spaces while you rotate.
const secrets = (process.env.WEBHOOK_SECRET ?? "").split(" ").filter(Boolean);
if (secrets.length === 0) throw new Error("WEBHOOK_SECRET is not set");

function header(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  if (typeof value !== "string" || value === "") throw new Error(`${name} is missing`);
  return value;
}

export const verifyByHand: Verify = (secrets, headers, body) => {
  const id = header(headers, "webhook-id");
  const timestamp = header(headers, "webhook-timestamp");
  const signatures = header(headers, "webhook-signature");
  if (!/^\d+$/.test(timestamp)) throw new Error("webhook-timestamp is not a number");
  // Both ways: an old request may be a replay, one from the future could be replayed for long.
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE) {
    throw new Error("webhook-timestamp is too far from now");
  }
  for (const secret of secrets) {
    const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
    const mac = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64");
    const expected = Buffer.from(`v1,${mac}`);
    for (const signature of signatures.split(" ")) {
      const given = Buffer.from(signature);
      // timingSafeEqual throws on unequal lengths; the length is no secret.
      if (given.length === expected.length && timingSafeEqual(given, expected)) {
        return JSON.parse(body.toString()) as WebhookEvent;
      }
    }
  }
  throw new Error("no signature fits");
};

const verifyWithLibrary: Verify = (secrets, headers, body) => {
  let failure: unknown;
  for (const secret of secrets) {
    try {
      return new Webhook(secret).verify(body, headers as Record<string, string>) as WebhookEvent;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
};

// In production a table with a unique constraint on the id takes the place of this set: it
// outlives the process, and all your servers share it.
const seen = new Set<string>();

function isFirst(id: string): boolean {
  if (seen.has(id)) return false;
  seen.add(id);
  const [oldest] = seen;
  if (oldest !== undefined && seen.size > MAX_IDS) seen.delete(oldest);
  return true;
}

// In production a queue or a table takes the place of this call: write the event there before
// you answer, so that no crash loses what you have confirmed.
async function handle(event: WebhookEvent, body: Buffer): Promise<void> {
  const data_sha256 = createHash("sha256").update(body).digest("hex");
  console.log(JSON.stringify({ id: event.id, type: event.type, data_sha256 }));
}

async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // The rest is read and dropped: a sender that is cut off sees no 413.
    if (size <= MAX_BODY) chunks.push(chunk);
  }
  return size <= MAX_BODY ? Buffer.concat(chunks) : null;
}

const routes = new Map([
  ["POST /by-hand", verifyByHand],
  ["POST /with-library", verifyWithLibrary],
]);

async function receive(request: IncomingMessage, answer: Answer): Promise<void> {
  const verify = routes.get(`${request.method} ${request.url?.split("?")[0]}`);
  if (!verify) return answer(404, { error: "not found" });
  const body = await readBody(request);
  if (!body) return answer(413, { error: "the body is larger than 1 MiB" });
  let event: WebhookEvent;
  try {
    event = verify(secrets, request.headers, body);
  } catch (error) {
    return answer(400, { error: error instanceof Error ? error.message : "not verified" });
  }
  const first = isFirst(header(request.headers, "webhook-id"));
  answer(200, { received: true, duplicate: !first });
  // Later, so that the answer leaves first.
  if (first) setImmediate(() => handle(event, body).catch(console.error));
}

const server = createServer((request, response) => {
  const answer: Answer = (status, value) => {
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
  };
  // Without the catch, a sender that hangs up early would end the process.
  receive(request, answer).catch(console.error);
});
server.listen(Number(process.env.PORT), "127.0.0.1", () => {
  console.log(`listening on 127.0.0.1:${(server.address() as AddressInfo).port}`);
});

// Receives webhooks on Cloudflare Workers, Deno and Bun: Web APIs only.
import { Webhook } from "standardwebhooks";

const MAX_BODY = 1024 * 1024;
const MAX_IDS = 10_000;
const TOLERANCE = 5 * 60;

function fromBase64(text) {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

export async function verifyByHand(secrets, headers, body) {
  const id = headers.get("webhook-id");
  const timestamp = headers.get("webhook-timestamp");
  const signatures = headers.get("webhook-signature");
  if (!id || !timestamp || !signatures) throw new Error("a webhook header is missing");
  if (!/^\d+$/.test(timestamp)) throw new Error("webhook-timestamp is not a number");
  // Both ways: an old request may be a replay, one from the future could be replayed for long.
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE) {
    throw new Error("webhook-timestamp is too far from now");
  }
  const message = await new Blob([`${id}.${timestamp}.`, body]).arrayBuffer();
  for (const secret of secrets) {
    const bytes = fromBase64(secret.replace(/^whsec_/, ""));
    const hmac = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", bytes, hmac, false, ["verify"]);
    for (const signature of signatures.split(" ")) {
      if (!signature.startsWith("v1,")) continue;
      // verify() compares in constant time.
      if (await crypto.subtle.verify("HMAC", key, fromBase64(signature.slice(3)), message)) {
        return JSON.parse(new TextDecoder().decode(body));
      }
    }
  }
  throw new Error("no signature fits");
}

function verifyWithLibrary(secrets, headers, body) {
  const text = new TextDecoder().decode(body);
  let failure;
  for (const secret of secrets) {
    try {
      return new Webhook(secret).verify(text, Object.fromEntries(headers));
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

// In production a table with a unique constraint on the id takes the place of this set: it
// outlives the process (a Worker's is short and has many copies), and all share it.
const seen = new Set();

function isFirst(id) {
  if (seen.has(id)) return false;
  seen.add(id);
  const [oldest] = seen;
  if (seen.size > MAX_IDS) seen.delete(oldest);
  return true;
}

// In production a queue or a table takes the place of this call: write the event there before
// you answer, so that no crash loses what you have confirmed.
async function handle(event, body) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  const data_sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  console.log(JSON.stringify({ id: event.id, type: event.type, data_sha256 }));
}

async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    // The rest is read and dropped: a sender that is cut off sees no 413.
    if (size <= MAX_BODY) chunks.push(chunk);
  }
  return size <= MAX_BODY ? new Uint8Array(await new Blob(chunks).arrayBuffer()) : null;
}

const routes = { "POST /by-hand": verifyByHand, "POST /with-library": verifyWithLibrary };

async function fetch(request, env, context) {
  const verify = routes[`${request.method} ${new URL(request.url).pathname}`];
  if (!verify) return Response.json({ error: "not found" }, { status: 404 });
  const body = await readBody(request);
  if (!body) return Response.json({ error: "the body is larger than 1 MiB" }, { status: 413 });
  // Workers hand the environment over; Deno and Bun have it in `process`. One secret, or several
  // separated by spaces while you rotate.
  const setting = env?.WEBHOOK_SECRET ?? process.env.WEBHOOK_SECRET ?? "";
  const secrets = setting.split(" ").filter(Boolean);
  if (secrets.length === 0) throw new Error("WEBHOOK_SECRET is not set");
  let event;
  try {
    event = await verify(secrets, request.headers, body);
  } catch (error) {
    return Response.json({ error: error.message }, { status: 400 });
  }
  const first = isFirst(request.headers.get("webhook-id"));
  if (first) {
    const work = handle(event, body).catch(console.error);
    // A Worker stops with its answer unless told to wait; Deno and Bun just go on.
    context?.waitUntil(work);
  }
  return Response.json({ received: true, duplicate: !first });
}

export default { fetch };

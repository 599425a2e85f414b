// A receiver for the demo: prints what arrives, and whether it verifies.
//
// `POST /break` makes it answer 500 until `POST /repair`, and `/fails` always does.

import http from "node:http";

import { Webhook } from "standardwebhooks";
import Stripe from "stripe";

const MAX_BODY_BYTES = 1 << 20;

/**
 * @param {{port: number, secrets: () => Promise<string[]>, print: (line: string) => void}}
 *   options `secrets` gives those of the endpoints that point here
 */
export async function startReceiver({ port, secrets, print }) {
  let broken = false;
  const server = http.createServer((request, response) => {
    handle(request, response).catch((error) => {
      print(`the receiver could not take a request: ${error.message}`);
      response.destroy();
    });
  });
  async function handle(request, response) {
    const answer = (status, body) =>
      response.writeHead(status, { "Content-Type": "application/json" })
        .end(`${JSON.stringify(body)}\n`);
    if (request.method === "POST" && /^\/(break|repair)$/.test(request.url)) {
      broken = request.url === "/break";
      return answer(200, { answers: broken ? 500 : 200 });
    }
    const chunks = [];
    let size = 0;
    for await (const chunk of request) {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) return request.destroy();
      chunks.push(chunk);
    }
    const body = Buffer.concat(chunks).toString();
    const status = broken || request.url === "/fails" ? 500 : 200;
    const verdict = verify(body, request.headers, await secrets());
    const time = new Date().toLocaleTimeString();
    print(`${time}  ${request.method} ${request.url}  ${verdict}  → ${status}\n    ${body.slice(0, 500)}`);
    answer(status, status === 500 ? { error: "broken on request" } : { received: true });
  }
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
}

/** What two libraries that others wrote say of a delivery. */
function verify(body, headers, secrets) {
  const stripe = secrets.some((secret) => succeeds(() =>
    Stripe.webhooks.constructEvent(body, headers["stripe-signature"], secret)));
  const standard = secrets.some((secret) => succeeds(() =>
    new Webhook(secret).verify(body, headers)));
  if (stripe && standard) return "verified (stripe, standardwebhooks)";
  return `NOT VERIFIED (stripe: ${stripe}, standardwebhooks: ${standard})`;
}

function succeeds(check) {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

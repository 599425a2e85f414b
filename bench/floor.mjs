// A Worker that does nothing but send: what workerd itself costs.
//
// Started with the URL to send to as its argument; prints the Worker's URL. Each request to
// that has 100 deliveries sent, six at a time as `deliver` does, with headers and a body as
// large as `deliver`'s. Ends with its standard input.

import { Miniflare, convertV4MiniflareOptions } from "miniflare";

const script = `
const hex = "a".repeat(64);
const headers = [
  ["User-Agent", "Nuke-Webhooks/1.0"], ["Nuke-Signature", "t=1700000000,v1=" + hex],
  ["Nuke-Timestamp", "1700000000"], ["Stripe-Signature", "t=1700000000,v1=" + hex],
  ["webhook-id", "9660427d-890f-4ed7-825c-469616fc2972"], ["webhook-timestamp", "1700000000"],
  ["webhook-signature", "v1," + "a".repeat(44)], ["Content-Type", "application/json"],
];
const body = JSON.stringify({
  id: "9660427d-890f-4ed7-825c-469616fc2972", type: "vehicle.updated", created: 1795485412,
  data: { vin: "1FTFW1E50PFA00001", color: "Oxford White", mileage: 48210 }, livemode: true,
});
export default {
  async fetch(_request, { TARGET }) {
    let left = 100;
    const lane = async () => {
      while (left-- > 0) {
        const response = await fetch(TARGET, { method: "POST", redirect: "manual", headers, body });
        await response.arrayBuffer();
      }
    };
    await Promise.all(Array.from({ length: 6 }, lane));
    return new Response();
  },
};`;

const miniflare = new Miniflare(convertV4MiniflareOptions({
  cf: false,
  workers: [{
    name: "floor",
    modules: true,
    script,
    compatibilityDate: "2026-10-20",
    bindings: { TARGET: process.argv[2] },
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
  }],
}));
await miniflare.ready;
console.log((await miniflare.unsafeGetDirectURL("floor")).href);
process.stdin.on("end", async () => {
  await miniflare.dispose();
  process.exit(0);
}).resume();

// The two workers in workerd, with what wrangler.toml says about them.
//
// Started by startProgram() with {vars: {manage, deliver}, ports?: {manage, deliver}};
// prints {"manage_url": …, "deliver_url": …} when they answer, each straight from
// workerd. The workers' log lines go to standard error. A line `cron` on standard
// input fires the cron trigger.

import path from "node:path";
import readline from "node:readline";
import { fileURLToPath } from "node:url";

import { Miniflare, convertV4MiniflareOptions } from "miniflare";
import { unstable_readConfig as readConfig } from "wrangler";

import { inputEnded } from "./process.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { vars, ports = {} } = JSON.parse(process.env.SETTINGS);

function worker(name) {
  const build = path.join(root, name, "build");
  const config = readConfig({ config: path.join(root, "wrangler.toml"), env: name });
  return {
    name,
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    modulesRoot: build,
    modules: [
      { type: "ESModule", path: path.join(build, "worker/shim.mjs") },
      { type: "ESModule", path: path.join(build, "index.js") },
      { type: "CompiledWasm", path: path.join(build, "index_bg.wasm") },
    ],
    bindings: { ...config.vars, ...vars[name] },
    unsafeDirectSockets: [{ host: "127.0.0.1", port: ports[name] ?? 0 }],
  };
}

const miniflare = new Miniflare(convertV4MiniflareOptions({
  // Without it, a description of the request's origin is fetched from Cloudflare.
  cf: false,
  workers: [worker("manage"), worker("deliver")],
  handleStructuredLogs: ({ level, message }) => console.error(`${level}: ${message}`),
}));
await miniflare.ready;
const url = async (name) => (await miniflare.unsafeGetDirectURL(name)).href.replace(/\/$/, "");
console.log(JSON.stringify({
  manage_url: await url("manage"),
  deliver_url: await url("deliver"),
}));

const deliver = await miniflare.getWorker("deliver");
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  if (line !== "cron") return;
  deliver.scheduled({ cron: "* * * * *", scheduledTime: new Date() })
    .catch((error) => console.error(`cron: ${error.message}`));
});
await inputEnded();
await miniflare.dispose();
process.exit(0);

// The two workers in workerd, with what wrangler.toml says about them.
//
// Started by startProgram() with {vars: {manage, deliver}, ports?: {manage, deliver},
// queue?: boolean, caller?: boolean}, where `queue` takes in the commented block about the
// queue, and `caller` the worker in tests/caller, bound to deliver; prints {"manage_url": …,
// "deliver_url": …, "caller_url"?: …} when they answer, each straight from workerd. The
// workers' log lines go to standard error. A line `cron` on standard input fires the cron
// trigger.

import { rmSync } from "node:fs";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

import { Miniflare, convertV4MiniflareOptions } from "miniflare";
import {
  unstable_getMiniflareWorkerOptions as miniflareOptions, unstable_readConfig as readConfig,
} from "wrangler";

import { inputEnded } from "./process.mjs";

// Standard output is for the line that says where they are: wrangler would tell of `.dev.vars` there, which are there
// while `cargo xtask dev` runs.
process.env.WRANGLER_LOG = "error";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { vars, ports = {}, queue = false, caller = false } = JSON.parse(process.env.SETTINGS);
const settings = path.join(root, "wrangler.toml");
const config = queue ? await withQueue(settings) : settings;

/** wrangler.toml as a file where the lines `# [[env.….queues…` and on are no comments. */
async function withQueue(file) {
  const lines = (await fs.readFile(file, "utf8")).split("\n");
  let inBlock = false;
  const text = lines.map((line) => {
    inBlock = /^# \[\[env\.\w+\.queues\./.test(line) || (inBlock && line.startsWith("#"));
    return inBlock ? line.slice(2) : line;
  });
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "webhooks-queue-"));
  const copy = path.join(folder, "wrangler.toml");
  await fs.writeFile(copy, text.join("\n"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return copy;
}

/** A message of the log as JSON, if it is an object: workerd shows one as JavaScript. */
function json(message) {
  if (!message.startsWith("{")) return message;
  try {
    return JSON.stringify(vm.runInNewContext(`(${message})`));
  } catch {
    return message;
  }
}

/** A worker as it was built in `folder`. */
function built(name, folder) {
  const module = (type, ...file) => ({ type, path: path.join(root, ...file) });
  const { compatibility_date, compatibility_flags } = readConfig({ config });
  return {
    name,
    compatibilityDate: compatibility_date,
    compatibilityFlags: compatibility_flags,
    modulesRoot: root,
    modules: [
      module("ESModule", folder, "entry.mjs"),
      module("ESModule", "shared/src/guard.mjs"),
      module("ESModule", folder, "build/index.js"),
      module("CompiledWasm", folder, "build/index_bg.wasm"),
    ],
    unsafeDirectSockets: [{ host: "127.0.0.1", port: ports[name] ?? 0 }],
  };
}

/** A worker that wrangler.toml describes. */
function worker(name) {
  const { queues, assets, ...options } = readConfig({ config, env: name });
  return {
    ...built(name, name),
    ...(assets && { assets: miniflareOptions(settings, name).workerOptions.assets }),
    bindings: { ...options.vars, ...vars[name] },
    queueProducers: Object.fromEntries(
      (queues.producers ?? []).map(({ binding, queue }) => [binding, queue]),
    ),
    queueConsumers: Object.fromEntries(
      (queues.consumers ?? []).map(({ queue, max_batch_size, max_batch_timeout, max_retries }) => [
        queue,
        {
          maxBatchSize: max_batch_size, maxBatchTimeout: max_batch_timeout,
          maxRetries: max_retries,
        },
      ]),
    ),
  };
}

const workers = [worker("manage"), worker("deliver")];
if (caller) {
  workers.push({
    ...built("caller", "tests/caller"),
    serviceBindings: { DELIVER: "deliver" },
  });
}
const miniflare = new Miniflare(convertV4MiniflareOptions({
  // Without it, a description of the request's origin is fetched from Cloudflare.
  cf: false,
  workers,
  handleStructuredLogs: ({ level, message }) => console.error(`${level}: ${json(message)}`),
}));
await miniflare.ready;
const url = async (name) => (await miniflare.unsafeGetDirectURL(name)).href.replace(/\/$/, "");
const urls = {};
for (const { name } of workers) urls[`${name}_url`] = await url(name);
console.log(JSON.stringify(urls));

const [cron] = readConfig({ config, env: "deliver" }).triggers.crons;
const deliver = await miniflare.getWorker("deliver");
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  if (line !== "cron") return;
  deliver.scheduled({ cron, scheduledTime: new Date() })
    .catch((error) => console.error(`cron: ${error.message}`));
});
await inputEnded();
await miniflare.dispose();
process.exit(0);

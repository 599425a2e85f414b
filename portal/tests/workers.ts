// Workers of a test's own, with settings of its own, beside the stack's.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { stack } from "./person.ts";

const START_LIMIT_MS = 60_000;
const PROGRAM = fileURLToPath(new URL("../../stack/workers.mjs", import.meta.url));

/** Workers that run. */
export interface Workers {
  manageUrl: string;
  stop: () => Promise<void>;
}

/** Starts workers that have these settings beside the stack's. */
export async function startWorkers(settings: Record<string, string>): Promise<Workers> {
  const shared = { SUPABASE_URL: stack.supabase_url, ALLOW_LOCAL_ENDPOINTS: "true", ...settings };
  const vars = {
    manage: { ...shared, SUPABASE_PUBLISHABLE_KEY: stack.publishable_key },
    deliver: { ...shared, SUPABASE_SERVICE_ROLE_KEY: stack.service_role_key },
  };
  // They end with their input: killed, they would leave workerd behind.
  const program = spawn(process.execPath, [PROGRAM], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, SETTINGS: JSON.stringify({ vars }) },
  });
  let log = "";
  program.stderr.on("data", (part) => {
    log += part;
  });
  const ended = once(program, "exit");
  const failed = ended.then(() => Promise.reject(new Error("They ended")));
  const line = once(createInterface(program.stdout), "line", { signal: AbortSignal.timeout(START_LIMIT_MS) });
  try {
    const [ready] = await Promise.race([line, failed]) as [string];
    return {
      manageUrl: (JSON.parse(ready) as { manage_url: string }).manage_url,
      stop: async () => {
        program.stdin.end();
        await ended;
      },
    };
  } catch (error) {
    program.stdin.end();
    throw new Error(`The workers do not start: ${log}`, { cause: error });
  }
}

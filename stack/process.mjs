// What the stack's programs share: ports, and children that end with their parent.

import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";

/** `preferred` if nobody listens there, else a port that is free now. */
export async function freePort(preferred = 0) {
  const server = net.createServer();
  const port = await new Promise((resolve) => {
    server.once("error", () => resolve(undefined));
    server.listen(preferred, "127.0.0.1", () => resolve(server.address().port));
  });
  if (port === undefined) return freePort();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves when standard input ends or a signal asks to stop: the parent is gone or done. */
export async function inputEnded() {
  await new Promise((resolve) => {
    process.stdin.resume();
    process.stdin.once("end", resolve).once("error", resolve);
    process.once("SIGTERM", resolve).once("SIGINT", resolve);
  });
}

/**
 * Starts a Node program of this folder that prints one line of JSON when it is ready
 * and stops when its standard input ends. It is no member of the terminal's process
 * group, so Ctrl-C reaches it through its parent only, in the parent's order.
 *
 * @param {string} name its file
 * @param {Record<string, unknown>} settings what the program gets as `SETTINGS`
 * @param {string} [log] a file for what it says on standard error; else that goes to ours
 * @returns what it printed, the child, its end as a promise, and ways to end it
 */
export async function startProgram(name, settings, log) {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, name)], {
    detached: true,
    stdio: ["pipe", "pipe", log ? fs.openSync(log, "a") : "inherit"],
    env: { ...process.env, SETTINGS: JSON.stringify(settings) },
  });
  let output = "";
  const line = await new Promise((resolve, reject) => {
    child.stdout.on("data", (chunk) => {
      output += chunk;
      if (output.includes("\n")) resolve(output.slice(0, output.indexOf("\n")));
    });
    child.once("exit", () => reject(new Error(`${name} ended at its start${log ? `, see ${log}` : ""}`)));
  });
  const exited = once(child, "exit");
  // What is written to a child that has just died; its end is seen by `exited`.
  child.stdin.on("error", () => {});
  return {
    ready: JSON.parse(line),
    child,
    exited,
    stop: async () => {
      child.stdin.end();
      await exited;
    },
    /** Ends it and its own children as a fault would: at once. */
    kill: async () => {
      process.kill(-child.pid, "SIGKILL");
      await exited;
    },
  };
}

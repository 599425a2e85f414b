// A panic in Rust ends the wasm instance: no call that is under way in it is ever answered. worker-build's
// shim starts a new instance for the next call, and the panic hook of the worker crate has
// logged the message and its place. This answers the calls that are left.

import { WorkerEntrypoint } from "cloudflare:workers";

/** How each call that is under way is told of a panic. */
const underWay = new Set();

addEventListener("error", ({ error }) => {
  if (error instanceof WebAssembly.RuntimeError) for (const fail of underWay) fail(error);
});

/** The outcome of a call, or a rejection if there is a panic before. */
async function unlessPanic(call) {
  let fail;
  const panic = new Promise((_, reject) => {
    fail = reject;
  });
  underWay.add(fail);
  try {
    return await Promise.race([call(), panic]);
  } finally {
    underWay.delete(fail);
  }
}

/** The worker, with an answer in the usual form after a panic. */
export function guarded(Worker) {
  return class extends WorkerEntrypoint {
    async fetch(request) {
      try {
        return await unlessPanic(() => new Worker(this.ctx, this.env).fetch(request));
      } catch {
        const body = { error: "Something went wrong on our side", code: "internal" };
        return Response.json(body, { status: 500 });
      }
    }

    scheduled(event) {
      return unlessPanic(() => new Worker(this.ctx, this.env).scheduled(event));
    }

    queue(batch) {
      return unlessPanic(() => new Worker(this.ctx, this.env).queue(batch));
    }
  };
}

// What runtime.rs asks of the platform in one piece: each promise that wasm waits for costs
// about as much as signing a delivery does, and each call across a little.

/**
 * Sends a POST and reads at most `max` bytes of the answer. Redirects are answers like any
 * other. `timeout`, in milliseconds, covers all of it. Never rejects.
 *
 * @param {string} url
 * @param {string} headers names and values, as JSON: [[name, value], …]
 * @param {string} body
 * @returns {Promise<[number?, string?, (Uint8Array | string)?, boolean?]>} the status;
 *   `Retry-After`, where it is no success; the body, or a phrase that says why there is
 *   none; whether there is more of it
 */
export async function post(url, headers, body, timeout, max) {
  const answer = [];
  const controller = new AbortController();
  const alarm = setTimeout(
    () => controller.abort(new Error(`timed out after ${timeout} ms`)), timeout,
  );
  try {
    const response = await fetch(url, {
      method: "POST", redirect: "manual", headers: JSON.parse(headers), body,
      signal: controller.signal,
    });
    answer[0] = response.status;
    if (!response.ok) answer[1] = response.headers.get("retry-after") ?? undefined;
    [answer[2], answer[3]] = await read(response, max);
  } catch (error) {
    answer[2] = String(error?.message ?? error);
  } finally {
    clearTimeout(alarm);
  }
  return answer;
}

/**
 * Reads at most `max` bytes of the body of a request or an answer.
 *
 * @param {Request | Response} message
 * @param {number} max
 * @returns {Promise<[Uint8Array, boolean]>} the bytes, and whether there are more
 */
export async function read(message, max) {
  const { body, headers } = message;
  if (!body) return [new Uint8Array(), false];
  // What is declared is what can come: it is read in one piece, which is cheaper.
  const declared = headers.get("content-length");
  if (declared && Number(declared) <= max && !headers.has("content-encoding")) {
    return [new Uint8Array(await message.arrayBuffer()), false];
  }
  const chunks = [];
  let length = 0;
  const reader = body.getReader();
  try {
    for (let chunk; length <= max && !(chunk = await reader.read()).done;) {
      chunks.push(chunk.value);
      length += chunk.value.length;
    }
  } finally {
    // What is left is not wanted. Nobody waits for that, nor for its failure.
    reader.cancel().catch(() => {});
  }
  const bytes = new Uint8Array(length);
  let end = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, end);
    end += chunk.length;
  }
  return [bytes.slice(0, max), length > max];
}

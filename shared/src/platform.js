// What platform.rs has of JavaScript.

/** Writes a line to the log as an object: Workers Logs can be searched by its fields. */
export function log(json, isError) {
  (isError ? console.error : console.log)(JSON.parse(json));
}

/** The text of a file of the worker's assets. Rejects where there is none. */
export async function asset({ ASSETS }, path) {
  // The host does not matter.
  const response = await ASSETS.fetch(`https://assets.local${path}`);
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.text();
}

/**
 * Sends a POST, as one promise, and reads at most `max` bytes of the answer. Redirects are answers like
 * any other. `timeout`, in milliseconds, covers all of it. Never rejects.
 *
 * @param {string} url
 * @param {string} headers names and values, as JSON: [[name, value], …]
 * @param {string} body
 * @returns {Promise<[number, number?, string?, Uint8Array?, boolean?, string?, string?]>} how long it
 *   took, in milliseconds; the status; `Retry-After`, where it is no success; the body; whether there
 *   is more of it; and where the answer is not complete, the kind of the failure and what the platform
 *   says about it
 */
export async function post(url, headers, body, timeout, max) {
  const start = Date.now();
  const answer = [];
  const controller = new AbortController();
  const alarm = setTimeout(() => controller.abort(), timeout);
  try {
    const response = await fetch(url, {
      method: "POST", redirect: "manual", headers: JSON.parse(headers), body,
      signal: controller.signal,
    });
    answer[1] = response.status;
    if (!response.ok) answer[2] = response.headers.get("retry-after") ?? undefined;
    [answer[3], answer[4]] = await read(response, max);
  } catch (error) {
    [answer[5], answer[6]] = failure(error, controller.signal.aborted, answer[1] !== undefined);
  } finally {
    clearTimeout(alarm);
  }
  answer[0] = Date.now() - start;
  return answer;
}

/** The kind of a failure, and what there is to say about it. */
function failure(error, isTimeout, isAnswered) {
  const text = String(error?.message ?? error);
  if (isTimeout) return ["timeout", text];
  // What workerd says where a connection is refused or ends.
  if (text.startsWith("Network connection lost")) return ["lost", text];
  if (isAnswered) return ["unreadable", text];
  // workerd gives nothing but a reference where a name is unknown or TLS fails.
  if (text.startsWith("internal error")) return ["unreachable", text];
  return ["other", text];
}

/** Reads the first `max` bytes of an answer: the bytes, and whether there may be more. */
async function read(response, max) {
  const { body, headers } = response;
  if (!body) return [new Uint8Array(), false];
  // As much as is declared can come: it is read in one piece, which is cheaper.
  const declared = headers.get("content-length");
  if (declared && Number(declared) < max && !headers.has("content-encoding")) {
    return [new Uint8Array(await response.arrayBuffer()), false];
  }
  const chunks = [];
  let length = 0;
  const reader = body.getReader();
  try {
    for (let chunk; length < max && !(chunk = await reader.read()).done;) {
      chunks.push(chunk.value);
      length += chunk.value.length;
    }
  } finally {
    // The rest of the body is not wanted, and whether it could be had does not matter.
    reader.cancel().catch(() => {});
  }
  const bytes = new Uint8Array(length);
  let end = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, end);
    end += chunk.length;
  }
  return [bytes.subarray(0, max), length >= max];
}

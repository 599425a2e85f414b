// Tokens from the page that embeds this one, by messages.

/** What the page that embeds this one gives. */
export interface EmbedderToken {
  token: string;
  owner: string | null;
}

/** Whether this page is in a frame of another. */
export const isEmbedded = window.parent !== window;

/**
 * Asks the page that embeds this one for a token by a message of this type, and waits for it. Only a message from one
 * of these origins counts. Null where none comes in time.
 */
export function askEmbedder(
  type: "webhooks-portal:ready" | "webhooks-portal:token-needed",
  origins: string[],
  waitMs: number,
): Promise<EmbedderToken | null> {
  if (!isEmbedded || origins.length === 0) return Promise.resolve(null);
  return new Promise((resolve) => {
    const finish = (result: EmbedderToken | null) => {
      window.removeEventListener("message", listen);
      clearTimeout(timer);
      resolve(result);
    };
    const listen = (event: MessageEvent) => {
      if (event.source !== window.parent || !origins.includes(event.origin)) return;
      const token = parseMessage(event.data);
      if (token) finish(token);
    };
    const timer = setTimeout(() => finish(null), waitMs);
    window.addEventListener("message", listen);
    for (const origin of origins) window.parent.postMessage({ type }, origin);
  });
}

function parseMessage(data: unknown): EmbedderToken | null {
  if (typeof data !== "object" || data === null) return null;
  const { type, token, owner } = data as Record<string, unknown>;
  if (type !== "webhooks-portal:token" || typeof token !== "string" || !token) return null;
  return { token, owner: typeof owner === "string" ? owner : null };
}

// The typed client of deliver.

import createClient, { type Client } from "openapi-fetch";

import type { paths } from "../../../clients/typescript/src/api.ts";

/** The calls of deliver. */
export type Deliver = Client<paths>;

const TIMEOUT_MS = 10_000;

/** Makes a client that calls with this session, if there is one yet. */
export function createDeliver(session: string | null): Deliver {
  const client = createClient<paths>({ baseUrl: location.origin });
  client.use({
    onRequest({ request }) {
      if (session) request.headers.set("x-api-key", session);
      const signals = [request.signal, AbortSignal.timeout(TIMEOUT_MS)];
      return new Request(request, { signal: AbortSignal.any(signals) });
    },
  });
  return client;
}

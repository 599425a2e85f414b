/**
 * A typed client of `manage`: openapi-fetch with the types of the OpenAPI document.
 *
 * ```ts
 * const manage = createManage({ url: "https://webhooks-manage.….workers.dev", apiKey });
 * const { data, error } = await manage.GET("/webhooks/{endpoint_id}", {
 *   params: { path: { endpoint_id } },
 * });
 * ```
 */

import createClient, { type Client } from "openapi-fetch";

import type { components, paths } from "./api.ts";

/** The calls of `deliver`, for which {@link triggerWebhook} is. */
type DeliverPath = Extract<
  keyof paths,
  | "/"
  | "/metrics"
  | "/event-types/{name}"
  | `/portal-links${string}`
  | `/console-${string}`
  | `/operator/${string}`
  | `/webhooks-deliver/${string}`
>;

export type Manage = Client<Omit<paths, DeliverPath>>;

type Schemas = components["schemas"];
export type Endpoint = Schemas["Endpoint"];
export type NewEndpoint = Schemas["NewEndpoint"];
export type EndpointChanges = Schemas["EndpointChanges"];
export type Delivery = Schemas["Delivery"];
export type DeliveryWithAttempts = Schemas["DeliveryWithAttempts"];
export type Stats = Schemas["Stats"];
export type ApiKey = Schemas["ApiKey"];
/** What an endpoint receives. */
export type WebhookPayload = Schemas["Webhook"];

export interface ManageOptions {
  /** Where `manage` is, without a path. */
  url: string | URL;
  /** A user's token, or what gives the current one: it is asked before each call. */
  token?: string | (() => string | Promise<string>);
  /** An API key. Where both are given, a valid token counts. */
  apiKey?: string;
  /** For which owner the calls are, where the user acts for several. */
  owner?: string;
  /** How long a call may take, in milliseconds: 10000. */
  timeoutMs?: number;
  /** In place of the global `fetch`: that of a service binding, for example. */
  fetch?: (request: Request) => Promise<Response>;
}

/**
 * Makes a client. Its calls give `{data, response}` or `{error, response}`, as openapi-fetch has it, and reject
 * where there is no answer.
 */
export function createManage(options: ManageOptions): Manage {
  const { url, token, apiKey, owner, timeoutMs = 10_000, fetch } = options;
  const client = createClient<paths>({ baseUrl: String(url).replace(/\/+$/, ""), fetch });
  client.use({
    async onRequest({ request }) {
      const current = typeof token === "function" ? await token() : token;
      if (current) request.headers.set("authorization", `Bearer ${current}`);
      if (apiKey) request.headers.set("x-api-key", apiKey);
      if (owner) request.headers.set("x-webhook-owner", owner);
      const signals = [request.signal, AbortSignal.timeout(timeoutMs)];
      return new Request(request, { signal: AbortSignal.any(signals) });
    },
  });
  return client;
}

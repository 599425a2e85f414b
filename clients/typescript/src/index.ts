/** Clients of the webhook system: {@link createManage} for endpoints, {@link triggerWebhook} for events. */

export type { components, paths } from "./api.ts";
export * from "./manage.ts";
export * from "./trigger_webhook.ts";

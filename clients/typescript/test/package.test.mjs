// The package as it is published, in Node, Deno and Bun: run by tests/tests/e2e/clients.rs against a running stack.

import assert from "node:assert/strict";

import { createManage, triggerWebhook, triggerWebhooks } from "webhooks-client";
import { triggerWebhook as alone } from "webhooks-client/trigger_webhook";

const { MANAGE_URL, DELIVER_URL, SERVICE_KEY, USER_JWT, USER_ID, RECEIVER_URL } = process.env;
assert.equal(alone, triggerWebhook);

const manage = createManage({ url: MANAGE_URL, token: async () => USER_JWT });
const idempotencyKey = crypto.randomUUID();
const register = () =>
  manage.POST("/webhooks", {
    body: { url: RECEIVER_URL, events: ["vehicle.*"] },
    params: { header: { "Idempotency-Key": idempotencyKey } },
  });
const { data: made } = await register();
assert.match(made.data.secret, /^whsec_[0-9a-f]{64}$/);
assert.deepEqual((await register()).data, made);
const params = { path: { endpoint_id: made.data.id } };

const { error, response } = await manage.PATCH("/webhooks/{endpoint_id}", {
  params, body: { url: "ftp://example.com/" },
});
assert.deepEqual([error.code, error.field, response.status], ["invalid_field", "url", 400]);

const target = { url: DELIVER_URL, serviceKey: SERVICE_KEY };
const event = { event_type: "vehicle.created", data: {}, user_id: USER_ID, max_attempts: 3 };
const outcome = await triggerWebhook(target, event);
assert(outcome.ok);
const outcomes = await triggerWebhooks(target, [event, { ...event, data: 7 }, event]);
assert.deepEqual(outcomes.map(({ ok }) => ok), [true, false, true]);

const { data: page } = await manage.GET("/webhooks/{endpoint_id}/deliveries", {
  params: { ...params, query: { limit: 100, status: "success" } },
});
assert(Array.isArray(page.data));
const { data: deleted } = await manage.DELETE("/webhooks/{endpoint_id}", { params });
assert.equal(deleted.message, "Webhook endpoint deleted");

const late = createManage({ url: RECEIVER_URL + "/slow", token: "x", timeoutMs: 1 });
await assert.rejects(late.GET("/webhooks"), { name: "TimeoutError" });
console.log("passed");

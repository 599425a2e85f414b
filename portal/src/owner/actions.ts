// Changes that more than one page makes.

import type { Schemas } from "../shared/api.ts";
import { answerOf } from "../shared/api.ts";
import { queryClient } from "./query-client.ts";
import { session } from "./session.ts";

/** Changes an endpoint. */
export async function changeEndpoint(endpointId: string, body: Schemas["EndpointChanges"]): Promise<void> {
  const params = { path: { endpoint_id: endpointId } };
  await answerOf(session.api.PATCH("/webhooks/{endpoint_id}", { params, body }));
  await forgetEndpoint(endpointId);
}

/** Counts the failed deliveries that {@link resendFailed} would send again: at most 10,000. */
export async function countFailed(which: Schemas["WhichDeliveries"]): Promise<Schemas["Resent"]> {
  return (await answerOf(session.api.POST("/deliveries/resend", { body: { ...which, dry_run: true } }))).data;
}

/** Has failed deliveries sent again, and says how many. */
export async function resendFailed(which: Schemas["WhichDeliveries"]): Promise<number> {
  let total = 0;
  for (;;) {
    const { data } = await answerOf(session.api.POST("/deliveries/resend", { body: which }));
    total += data.resent;
    if (!data.more || data.resent === 0) break;
  }
  await queryClient.invalidateQueries({ queryKey: ["deliveries"] });
  await queryClient.invalidateQueries({ queryKey: ["failed-count"] });
  return total;
}

/** Has one delivery sent again. */
export async function resendDelivery(endpointId: string, deliveryId: string): Promise<void> {
  const params = { path: { endpoint_id: endpointId, delivery_id: deliveryId } };
  await answerOf(session.api.POST("/webhooks/{endpoint_id}/deliveries/{delivery_id}/resend", { params }));
  await queryClient.invalidateQueries({ queryKey: ["delivery", endpointId, deliveryId] });
  await queryClient.invalidateQueries({ queryKey: ["deliveries", endpointId] });
}

/** Loads again what is known of an endpoint. */
export async function forgetEndpoint(endpointId: string): Promise<void> {
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: ["endpoints"] }),
    queryClient.invalidateQueries({ queryKey: ["endpoint", endpointId] }),
  ]);
}

// The calls behind each action. All of them do a part of the work, and say whether there is more.

import { answerOf, type Schemas } from "../../shared/api.ts";
import { session } from "../session.ts";
import { idsIn, isForEveryone, type ActionDraft } from "./draft.ts";

/** The most deliveries that a call finds. */
const MOST_DELIVERIES = 10_000;

/** What one call came to. */
export interface Step {
  matched: number;
  done: number;
  /** Whether more may match than was counted. */
  isCapped: boolean;
  /** Where the next call goes on. Null where none is needed. */
  cursor: string | null;
}

/** Counts what an action would change, or does a part of it. */
export function callAction(draft: ActionDraft, isDryRun: boolean, cursor: string | null): Promise<Step> {
  switch (draft.action) {
    case "resend":
    case "cancel":
      return actOnDeliveries(draft.action, deliveriesOf(draft, isDryRun, cursor));
    case "pause":
    case "resume":
      return switchEndpoints(draft.action, endpointsOf(draft, isDryRun));
    case "erase":
      return erase(draft, isDryRun, cursor);
  }
}

async function actOnDeliveries(action: "resend" | "cancel", body: Schemas["OperatorDeliveries"]): Promise<Step> {
  const { data } = await answerOf(session.api.POST(`/operator/deliveries/${action}`, { body }));
  const done = "resent" in data ? data.resent : data.cancelled;
  return { matched: data.matched, done, isCapped: data.matched >= MOST_DELIVERIES, cursor: data.next_cursor };
}

async function switchEndpoints(action: "pause" | "resume", body: Schemas["OperatorEndpoints"]): Promise<Step> {
  const { data } = await answerOf(session.api.POST(`/operator/endpoints/${action}`, { body }));
  return { matched: data.matched, done: data.changed, isCapped: false, cursor: null };
}

async function erase(draft: ActionDraft, isDryRun: boolean, cursor: string | null): Promise<Step> {
  const ids = idsIn(draft.eventIds);
  const rest = {
    dry_run: isDryRun,
    ...(draft.owner.trim() ? { user_id: draft.owner.trim() } : {}),
    ...(cursor === null ? {} : { cursor }),
  };
  // The object as it was typed: parsing it would change large numbers.
  const which = draft.eraseBy === "content" ? `"contains":${draft.contains}` : `"event_ids":${JSON.stringify(ids)}`;
  const { data } = await answerOf(session.api.POST("/webhooks-deliver/events/erase", {
    body: { event_ids: ids },
    bodySerializer: () => `{${which},${JSON.stringify(rest).slice(1)}`,
  }));
  return { matched: data.matched, done: data.erased, isCapped: false, cursor: data.next_cursor };
}

function deliveriesOf(draft: ActionDraft, isDryRun: boolean, cursor: string | null): Schemas["OperatorDeliveries"] {
  return {
    cursor,
    owner: draft.owner.trim() || null,
    endpoint_id: idsIn(draft.endpoints)[0] ?? null,
    all: isForEveryone(draft),
    event_type: draft.eventType.trim() || null,
    since: draft.since ?? null,
    until: draft.until ?? null,
    dry_run: isDryRun,
  };
}

function endpointsOf(draft: ActionDraft, isDryRun: boolean): Schemas["OperatorEndpoints"] {
  const ids = idsIn(draft.endpoints);
  return {
    ...(draft.owner.trim() ? { owner: draft.owner.trim() } : {}),
    ...(ids.length > 0 ? { endpoint_ids: ids } : {}),
    dry_run: isDryRun,
  };
}

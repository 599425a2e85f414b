// The calls behind each action. All of them do a part of the work, and say whether there is more.

import { answerOf, type Schemas } from "../../shared/api.ts";
import { session } from "../session.ts";
import { isForEveryone, linesOf, type ActionDraft } from "./draft.ts";

/** The most deliveries that a call finds. */
const MOST_DELIVERIES = 10_000;

/** Where the next call goes on. */
export interface Position {
  cursor: string;
}

/** What one call came to. */
export interface Step {
  matched: number;
  done: number;
  /** Whether more matches than was counted. */
  hasMore: boolean;
  /** Null where no further call is needed. */
  next: Position | null;
}

/** Counts what an action would change, or does a part of it. */
export function callAction(draft: ActionDraft, isDryRun: boolean, position: Position | null): Promise<Step> {
  switch (draft.action) {
    case "resend": return resend(draft, isDryRun, position);
    case "cancel": return cancel(draft, isDryRun, position);
    case "pause": return pause(draft, isDryRun);
    case "resume": return resume(draft, isDryRun);
    case "erase": return erase(draft, isDryRun, position);
  }
}

async function resend(draft: ActionDraft, isDryRun: boolean, position: Position | null): Promise<Step> {
  const body = deliveriesOf(draft, isDryRun, position);
  const { data } = await answerOf(session.api.POST("/operator/deliveries/resend", { body }));
  return partOf(data.matched, data.resent, data.next_cursor);
}

async function cancel(draft: ActionDraft, isDryRun: boolean, position: Position | null): Promise<Step> {
  const body = deliveriesOf(draft, isDryRun, position);
  const { data } = await answerOf(session.api.POST("/operator/deliveries/cancel", { body }));
  return partOf(data.matched, data.cancelled, data.next_cursor);
}

function partOf(matched: number, done: number, cursor: string | null): Step {
  return { matched, done, hasMore: matched >= MOST_DELIVERIES, next: cursor === null ? null : { cursor } };
}

async function pause(draft: ActionDraft, isDryRun: boolean): Promise<Step> {
  const body = endpointsOf(draft, isDryRun);
  const { data } = await answerOf(session.api.POST("/operator/endpoints/pause", { body }));
  return { matched: data.matched, done: data.changed, hasMore: false, next: null };
}

async function resume(draft: ActionDraft, isDryRun: boolean): Promise<Step> {
  const body = endpointsOf(draft, isDryRun);
  const { data } = await answerOf(session.api.POST("/operator/endpoints/resume", { body }));
  return { matched: data.matched, done: data.changed, hasMore: false, next: null };
}

async function erase(draft: ActionDraft, isDryRun: boolean, position: Position | null): Promise<Step> {
  const ids = linesOf(draft.eventIds);
  const rest = {
    dry_run: isDryRun,
    ...(draft.owner.trim() ? { user_id: draft.owner.trim() } : {}),
    ...position,
  };
  // The object as it was typed: parsing it would change large numbers.
  const which = draft.eraseBy === "content" ? `"contains":${draft.contains}` : `"event_ids":${JSON.stringify(ids)}`;
  const { data } = await answerOf(session.api.POST("/webhooks-deliver/events/erase", {
    body: { event_ids: ids },
    bodySerializer: () => `{${which},${JSON.stringify(rest).slice(1)}`,
  }));
  const next = data.next_cursor === null ? null : { cursor: data.next_cursor };
  return { matched: data.matched, done: data.erased, hasMore: next !== null, next };
}

function deliveriesOf(
  draft: ActionDraft, isDryRun: boolean, position: Position | null,
): Schemas["OperatorDeliveries"] {
  return {
    ...position,
    owner: draft.owner.trim() || null,
    endpoint_id: linesOf(draft.endpoints)[0] ?? null,
    all: isForEveryone(draft),
    event_type: draft.eventType.trim() || null,
    since: draft.since ?? null,
    until: draft.until ?? null,
    dry_run: isDryRun,
  };
}

function endpointsOf(draft: ActionDraft, isDryRun: boolean): Schemas["OperatorEndpoints"] {
  const ids = linesOf(draft.endpoints);
  return {
    ...(draft.owner.trim() ? { owner: draft.owner.trim() } : {}),
    ...(ids.length > 0 ? { endpoint_ids: ids } : {}),
    dry_run: isDryRun,
  };
}

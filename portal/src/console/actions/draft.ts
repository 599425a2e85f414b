// What an action is for, as it was typed.

import { consoleTexts } from "../../console-texts.ts";
import { objectProblem } from "../../shared/object-problem.ts";
import { isId } from "../ids.ts";
import type { ActionName, ActionSearch } from "../search.ts";

/** What an action is for. Texts are as they were typed. */
export interface ActionDraft {
  action: ActionName;
  owner: string;
  /** One for deliveries; for endpoints, one a line. */
  endpoints: string;
  eventType: string;
  since: string | undefined;
  until: string | undefined;
  eraseBy: "ids" | "content";
  eventIds: string;
  contains: string;
}

/** What is wrong with a draft, by its members. */
export type DraftProblems = Partial<Record<keyof ActionDraft, string>>;

const MOST_IDS = 1_000;

/** The draft that a URL gives. */
export function readDraft(search: ActionSearch): ActionDraft {
  return {
    action: search.action ?? "resend",
    owner: search.owner ?? "",
    endpoints: search.endpoint ?? "",
    eventType: search.event_type ?? "",
    since: search.since,
    until: search.until,
    eraseBy: "ids",
    eventIds: search.event ?? "",
    contains: "",
  };
}

/** What the URL keeps of a draft: lists and contents are too long for it. */
export function searchOf(draft: ActionDraft): ActionSearch {
  const [endpoint, ...otherEndpoints] = idsIn(draft.endpoints);
  const [event, ...otherEvents] = idsIn(draft.eventIds);
  return {
    action: draft.action,
    owner: draft.owner.trim() || undefined,
    endpoint: draft.action !== "erase" && otherEndpoints.length === 0 ? endpoint : undefined,
    event: draft.action === "erase" && otherEvents.length === 0 ? event : undefined,
    ...(isOfDeliveries(draft)
      ? { event_type: draft.eventType.trim() || undefined, since: draft.since, until: draft.until }
      : {}),
  };
}

/** Whether an action is on deliveries. The others are on endpoints or events. */
export function isOfDeliveries({ action }: ActionDraft): boolean {
  return action === "resend" || action === "cancel";
}

/** The ids of a text, which has one a line. */
export function idsIn(text: string): string[] {
  return text.split(/\s+/).filter(Boolean);
}

/** The draft without the deliveries that are created from now on: they are not counted, and are left alone then. */
export function freeze(draft: ActionDraft): ActionDraft {
  if (!isOfDeliveries(draft)) return draft;
  const end = draft.until === undefined ? Number.POSITIVE_INFINITY : Date.parse(draft.until);
  return { ...draft, until: new Date(Math.min(end, Date.now())).toISOString() };
}

/** What is wrong with a draft, before the API is asked. */
export function problemsOf(draft: ActionDraft): DraftProblems {
  const words = consoleTexts.actions.problems;
  const problems: DraftProblems = {};
  const owner = draft.owner.trim();
  if (owner && !isId(owner)) problems.owner = words.notAnId(owner);
  if (draft.action === "erase") return { ...problems, ...erasureProblems(draft) };
  const ids = idsIn(draft.endpoints);
  const wrong = ids.find((id) => !isId(id));
  if (wrong) problems.endpoints = words.notAnId(wrong);
  if (isOfDeliveries(draft)) {
    if (ids.length > 1) problems.endpoints = words.onlyOne;
  } else {
    if (ids.length > MOST_IDS) problems.endpoints = words.tooMany(MOST_IDS);
    if (!owner && ids.length === 0) problems.owner = words.ownerOrIds;
  }
  return problems;
}

/** Whether nothing says whose deliveries or events an action is for. */
export function isForEveryone(draft: ActionDraft): boolean {
  if (draft.owner.trim()) return false;
  if (draft.action === "erase") return draft.eraseBy === "content";
  return idsIn(draft.endpoints).length === 0;
}

function erasureProblems(draft: ActionDraft): DraftProblems {
  const words = consoleTexts.actions.problems;
  if (draft.eraseBy === "content") {
    const problem = objectProblem(draft.contains);
    if (problem) return { contains: problem };
    const isEmpty = Object.keys(JSON.parse(draft.contains) as object).length === 0;
    return isEmpty ? { contains: words.emptyObject } : {};
  }
  const ids = idsIn(draft.eventIds);
  if (ids.length === 0) return { eventIds: words.noEvents };
  return ids.length > MOST_IDS ? { eventIds: words.tooMany(MOST_IDS) } : {};
}

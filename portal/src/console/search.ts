// What pages keep in the query of their URL.

import {
  readOneOf, readText, readTime, WINDOWS, type RawSearch, type Window,
} from "../shared/search-params.ts";

/** A page with statistics. */
export interface StatsSearch {
  window?: Window | undefined;
}

/** The page of an owner. */
export interface OwnerSearch extends StatsSearch {
  /** The endpoint that was looked for. */
  endpoint?: string | undefined;
}

/** What can be done to many deliveries, endpoints or events. */
export const ACTIONS = ["resend", "cancel", "pause", "resume", "erase"] as const;

/** An action on many deliveries, endpoints or events. */
export type ActionName = (typeof ACTIONS)[number];

/** The page of actions. */
export interface ActionSearch {
  action?: ActionName | undefined;
  owner?: string | undefined;
  endpoint?: string | undefined;
  event?: string | undefined;
  event_type?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

/** By what event types are filtered. */
export const TYPE_FILTERS = ["unused", "archived", "unknown"] as const;

/** The page of event types. */
export interface TypesSearch {
  q?: string | undefined;
  show?: (typeof TYPE_FILTERS)[number] | undefined;
}

/** Reads the query of a page with statistics. */
export const readStatsSearch = (raw: RawSearch): StatsSearch => ({ window: readOneOf(WINDOWS, raw.window) });

/** Reads the query of the page of an owner. */
export const readOwnerSearch = (raw: RawSearch): OwnerSearch => ({
  ...readStatsSearch(raw),
  endpoint: readText(raw.endpoint),
});

/** Reads the query of the page of results. */
export const readResultsSearch = (raw: RawSearch): { text?: string | undefined } => ({ text: readText(raw.text) });

/** Reads the query of the page of actions. */
export const readActionSearch = (raw: RawSearch): ActionSearch => ({
  action: readOneOf(ACTIONS, raw.action),
  owner: readText(raw.owner),
  endpoint: readText(raw.endpoint),
  event: readText(raw.event),
  event_type: readText(raw.event_type),
  since: readTime(raw.since),
  until: readTime(raw.until),
});

/** Reads the query of the page of event types. */
export const readTypesSearch = (raw: RawSearch): TypesSearch => ({
  q: readText(raw.q),
  show: readOneOf(TYPE_FILTERS, raw.show),
});

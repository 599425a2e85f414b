// What pages keep in the query of their URL. What cannot be read there is left out.

import { readOneOf, readText, readTime, WINDOWS, type RawSearch, type Window } from "../shared/search-params.ts";
import type { DeliveryFilters, EventFilters } from "./queries.ts";

/** The states by which endpoints are filtered. */
export const ENDPOINT_STATES = ["active", "failing", "backing_off", "off", "disabled"] as const;

/** The state of an endpoint in one word. */
export type EndpointStateName = (typeof ENDPOINT_STATES)[number];

/** The list of endpoints. */
export interface EndpointsSearch {
  q?: string | undefined;
  state?: EndpointStateName | undefined;
}

/** The tabs of an endpoint's page. */
export const ENDPOINT_TABS = ["overview", "deliveries", "settings"] as const;

/** A tab of an endpoint's page. */
export type EndpointTab = (typeof ENDPOINT_TABS)[number];

/** The statuses of deliveries. */
export const DELIVERY_STATUSES = ["success", "failed", "retrying", "pending"] as const;

/** An endpoint's page. */
export interface EndpointSearch extends DeliveryFilters {
  tab?: EndpointTab | undefined;
  window?: Window | undefined;
}

/** Reads the query of the list of endpoints. */
export const readEndpointsSearch = (raw: RawSearch): EndpointsSearch => ({
  q: readText(raw.q),
  state: readOneOf(ENDPOINT_STATES, raw.state),
});

/** Reads the query of an endpoint's page. */
export const readEndpointSearch = (raw: RawSearch): EndpointSearch => ({
  tab: readOneOf(ENDPOINT_TABS, raw.tab),
  window: readOneOf(WINDOWS, raw.window),
  status: readOneOf(DELIVERY_STATUSES, raw.status),
  event_type: readText(raw.event_type),
  since: readTime(raw.since),
  until: readTime(raw.until),
});

/** Reads the query of the log of events. */
export const readEventsSearch = (raw: RawSearch): EventFilters => ({
  event_type: readText(raw.event_type),
  since: readTime(raw.since),
  until: readTime(raw.until),
  search: readText(raw.search),
});

// What pages keep in the query of their URL. What cannot be read there is left out.

import type { DeliveryFilters, EventFilters, Window } from "./queries.ts";

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

/** The spans of time of statistics. */
export const WINDOWS = ["1h", "24h", "7d", "30d"] as const satisfies Window[];

/** The statuses of deliveries. */
export const DELIVERY_STATUSES = ["success", "failed", "retrying", "pending"] as const;

/** An endpoint's page. */
export interface EndpointSearch extends DeliveryFilters {
  tab?: EndpointTab | undefined;
  window?: Window | undefined;
}

type Raw = Record<string, unknown>;

/** Reads the query of the list of endpoints. */
export const readEndpointsSearch = (raw: Raw): EndpointsSearch => ({
  q: text(raw.q),
  state: oneOf(ENDPOINT_STATES, raw.state),
});

/** Reads the query of an endpoint's page. */
export const readEndpointSearch = (raw: Raw): EndpointSearch => ({
  tab: oneOf(ENDPOINT_TABS, raw.tab),
  window: oneOf(WINDOWS, raw.window),
  status: oneOf(DELIVERY_STATUSES, raw.status),
  event_type: text(raw.event_type),
  since: time(raw.since),
  until: time(raw.until),
});

/** Reads the query of the log of events. */
export const readEventsSearch = (raw: Raw): EventFilters => ({
  event_type: text(raw.event_type),
  since: time(raw.since),
  until: time(raw.until),
  search: text(raw.search),
});

/** A text of digits alone comes as a number. */
function text(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) || undefined : undefined;
}

function time(value: unknown): string | undefined {
  return typeof value === "string" && !Number.isNaN(Date.parse(value)) ? value : undefined;
}

function oneOf<Value extends string>(values: readonly Value[], value: unknown): Value | undefined {
  return values.find((known) => known === value);
}

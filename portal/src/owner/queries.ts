// What the portal asks the API for.

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { Schemas } from "../shared/api.ts";
import { answerOf } from "../shared/api.ts";
import type { Window } from "../shared/search-params.ts";
import { session, whileOpen } from "./session.ts";

/** Which deliveries of an endpoint are listed. */
export interface DeliveryFilters {
  status?: Schemas["DeliveryStatus"] | undefined;
  event_type?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

/** Which events of the log are listed. */
export interface EventFilters {
  event_type?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
  search?: string | undefined;
}

const STATS_REFRESH_MS = 30_000;

/** All endpoints of the owner. */
export const endpointsQuery = () => queryOptions({
  queryKey: ["endpoints"],
  queryFn: async ({ signal }) => (await answerOf(session.api.GET("/webhooks", { signal }))).data,
  refetchInterval: () => whileOpen(STATS_REFRESH_MS),
});

/** The attempts of each endpoint in the last 24 hours. */
export const endpointStatsListQuery = () => queryOptions({
  queryKey: ["stats", "endpoints"],
  queryFn: async ({ signal }) => {
    const query = { window: "24h" as const };
    return (await answerOf(session.api.GET("/stats/endpoints", { params: { query }, signal }))).data;
  },
  refetchInterval: () => whileOpen(STATS_REFRESH_MS),
});

/** The statistics of all endpoints together. */
export const allStatsQuery = (window: Window) => queryOptions({
  queryKey: ["stats", "all", window],
  queryFn: async ({ signal }) =>
    (await answerOf(session.api.GET("/stats", { params: { query: { window } }, signal }))).data,
  refetchInterval: () => whileOpen(STATS_REFRESH_MS),
});

/** An endpoint. */
export const endpointQuery = (endpointId: string) => queryOptions({
  queryKey: ["endpoint", endpointId],
  queryFn: async ({ signal }) => {
    const path = { endpoint_id: endpointId };
    return (await answerOf(session.api.GET("/webhooks/{endpoint_id}", { params: { path }, signal }))).data;
  },
  refetchInterval: () => whileOpen(STATS_REFRESH_MS),
});

/** The statistics of an endpoint. */
export const endpointStatsQuery = (endpointId: string, window: Window) => queryOptions({
  queryKey: ["stats", "endpoint", endpointId, window],
  queryFn: async ({ signal }) => {
    const params = { path: { endpoint_id: endpointId }, query: { window } };
    return (await answerOf(session.api.GET("/webhooks/{endpoint_id}/stats", { params, signal }))).data;
  },
  placeholderData: keepPreviousData,
  refetchInterval: () => whileOpen(STATS_REFRESH_MS),
});

/** A page of an endpoint's deliveries. */
export async function fetchDeliveries(
  endpointId: string,
  filters: DeliveryFilters & { limit?: number },
  cursor: string | null,
  signal: AbortSignal,
): Promise<Schemas["DeliveryPage"]> {
  const query = { ...present(filters), ...(cursor ? { cursor } : {}) };
  const params = { path: { endpoint_id: endpointId }, query };
  return answerOf(session.api.GET("/webhooks/{endpoint_id}/deliveries", { params, signal }));
}

/** An endpoint's deliveries, page by page. They are kept as they were loaded: live mode brings what is new. */
export const deliveriesQuery = (endpointId: string, filters: DeliveryFilters) => infiniteQueryOptions({
  queryKey: ["deliveries", endpointId, filters],
  queryFn: ({ pageParam, signal }) => fetchDeliveries(endpointId, filters, pageParam, signal),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_cursor,
});

/** A delivery, and the answer's text: the payload is shown as it stands there. */
export const deliveryQuery = (endpointId: string, deliveryId: string) => queryOptions({
  queryKey: ["delivery", endpointId, deliveryId],
  queryFn: async ({ signal }) => {
    const params = { path: { endpoint_id: endpointId, delivery_id: deliveryId } };
    const path = "/webhooks/{endpoint_id}/deliveries/{delivery_id}" as const;
    const text = await answerOf(session.api.GET(path, { params, signal, parseAs: "text" }));
    return { delivery: (JSON.parse(text) as { data: Schemas["DeliveryWithAttempts"] }).data, text };
  },
});

/** The log of events, page by page. */
export const eventsQuery = (filters: EventFilters) => infiniteQueryOptions({
  queryKey: ["events", filters],
  queryFn: async ({ pageParam, signal }) => {
    const query = { ...present(filters), ...(pageParam ? { cursor: pageParam } : {}) };
    return answerOf(session.api.GET("/events", { params: { query }, signal }));
  },
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_cursor,
});

/** An event, and the answer's text. */
export const eventQuery = (eventId: string) => queryOptions({
  queryKey: ["event", eventId],
  queryFn: async ({ signal }) => {
    const params = { path: { event_id: eventId } };
    const text = await answerOf(session.api.GET("/events/{event_id}", { params, signal, parseAs: "text" }));
    return { event: (JSON.parse(text) as { data: Schemas["EventWithEndpoints"] }).data, text };
  },
});

/** The catalogue of event types. It rarely changes. */
export const eventTypesQuery = () => queryOptions({
  queryKey: ["event-types"],
  queryFn: async ({ signal }) => (await answerOf(session.api.GET("/event-types", { signal }))).data,
  staleTime: 300_000,
});

/** The newest replays, asked for again while one of them is running. */
export const replaysQuery = () => queryOptions({
  queryKey: ["replays"],
  queryFn: async ({ signal }) => (await answerOf(session.api.GET("/replays", { signal }))).data,
  refetchInterval: ({ state }) =>
    whileOpen(state.data?.some((replay) => replay.status === "running") ? 2_000 : STATS_REFRESH_MS),
});

/** A replay, asked for again until it has ended. */
export const replayQuery = (replayId: string) => queryOptions({
  queryKey: ["replay", replayId],
  queryFn: async ({ signal }) => {
    const path = { replay_id: replayId };
    return (await answerOf(session.api.GET("/replays/{replay_id}", { params: { path }, signal }))).data;
  },
  refetchInterval: ({ state }) => state.data?.status === "running" && whileOpen(1_500),
});

/** The user's API keys. */
export const apiKeysQuery = () => queryOptions({
  queryKey: ["api-keys"],
  queryFn: async ({ signal }) => (await answerOf(session.api.GET("/api-keys", { signal }))).data,
});

/** The same without members that are undefined or empty, which the API would refuse. */
function present<Filters extends object>(filters: Filters): Filters {
  const members = Object.entries(filters).filter(([, value]) => value !== undefined && value !== "");
  return Object.fromEntries(members) as Filters;
}

// What the console asks the API for.

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { answerOf, type Schemas } from "../shared/api.ts";
import type { Window } from "../shared/search-params.ts";
import { session, whileOpen } from "./session.ts";

/** How often the overview is renewed. */
export const OVERVIEW_REFRESH_MS = 10_000;

const STATS_REFRESH_MS = 30_000;

/** How things are now. Hidden pages do not ask. */
export const overviewQuery = () => queryOptions({
  queryKey: ["overview"],
  queryFn: async ({ signal }) => (await answerOf(session.api.GET("/operator/overview", { signal }))).data,
  refetchInterval: () => whileOpen(OVERVIEW_REFRESH_MS),
});

/** The statistics of all endpoints, or of those of one owner. */
export const statsQuery = (window: Window, owner: string | null) => queryOptions({
  queryKey: ["stats", window, owner],
  queryFn: async ({ signal }) => {
    const query = { window, ...(owner ? { owner } : {}) };
    return (await answerOf(session.api.GET("/operator/stats", { params: { query }, signal }))).data;
  },
  // Those of another window, but of the same owner.
  placeholderData: (before, query) => (query?.queryKey[2] === owner ? before : undefined),
  refetchInterval: () => whileOpen(STATS_REFRESH_MS),
});

/** What has this id, or this text in its URL. */
export const foundQuery = (text: string) => queryOptions({
  queryKey: ["found", text],
  queryFn: async ({ signal }) =>
    (await answerOf(session.api.GET("/operator/search", { params: { query: { text } }, signal }))).data,
});

/** The catalogue, who uses it, and the answer's text: JSON is edited as it stands there. */
export const eventTypesQuery = () => queryOptions({
  queryKey: ["event-types"],
  queryFn: async ({ signal }) => {
    const text = await answerOf(session.api.GET("/operator/event-types", { signal, parseAs: "text" }));
    return { types: (JSON.parse(text) as { data: Schemas["EventTypeInUse"][] }).data, text };
  },
});

/** The sizes of tables, and how retention stands. */
export const storageQuery = () => queryOptions({
  queryKey: ["storage"],
  queryFn: async ({ signal }) => (await answerOf(session.api.GET("/operator/storage", { signal }))).data,
});

/** What operators did, page by page. */
export const auditLogQuery = () => infiniteQueryOptions({
  queryKey: ["audit-log"],
  queryFn: ({ pageParam, signal }) => {
    const query = pageParam === null ? {} : { before: pageParam };
    return answerOf(session.api.GET("/operator/audit-log", { params: { query }, signal }));
  },
  initialPageParam: null as number | null,
  getNextPageParam: (page) => page.next_before,
});

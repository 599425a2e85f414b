// New deliveries of an endpoint while its list is looked at.

import { useQuery, type InfiniteData } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import type { Schemas } from "../../shared/api.ts";
import { queryClient } from "../query-client.ts";
import { deliveriesQuery, fetchDeliveries, type DeliveryFilters } from "../queries.ts";
import { whileOpen } from "../session.ts";

type Page = Schemas["DeliveryPage"];
type Pages = InfiniteData<Page, unknown>;

const LIVE_MS = 2_000;
const TOP_PIXELS = 4;

/** Deliveries that came since the list was loaded. */
export interface LiveDeliveries {
  /** How many are not shown yet, because the list is scrolled. */
  waiting: number;
  show: () => void;
  error: Error | null;
}

/**
 * Asks for the newest deliveries again and again while `isLive`. Rows that are shown are renewed; new ones are put on
 * top where the page is not scrolled, and else wait for `show`.
 */
export function useLiveDeliveries(
  endpointId: string,
  filters: DeliveryFilters,
  pages: Pages | undefined,
  isLive: boolean,
): LiveDeliveries {
  const key = deliveriesQuery(endpointId, filters).queryKey;
  const { data: newest, error } = useQuery({
    queryKey: ["live-deliveries", endpointId, filters],
    queryFn: ({ signal }) => fetchDeliveries(endpointId, filters, null, signal),
    enabled: isLive && pages !== undefined,
    refetchInterval: () => whileOpen(LIVE_MS),
    refetchIntervalInBackground: false,
    gcTime: 0,
  });
  const [seen, setSeen] = useState<Page | undefined>(undefined);
  const unknown = pages && newest && newest !== seen ? unknownRows(pages, newest) : [];
  const merge = () => {
    if (!newest) return;
    setSeen(newest);
    // Where nothing of the newest page is known, rows in between are missing.
    const hasGap = unknown.length === newest.data.length && newest.next_cursor !== null;
    if (hasGap) void queryClient.resetQueries({ queryKey: key, exact: true });
    else queryClient.setQueryData<Pages>(key, (before) => before && withNewest(before, newest));
  };
  const show = () => {
    merge();
    window.scrollTo({ top: 0 });
  };
  useEffect(() => {
    if (!newest || !isLive) return;
    if (unknown.length > 0 && window.scrollY <= TOP_PIXELS) merge();
    else queryClient.setQueryData<Pages>(key, (before) => before && renewed(before, newest));
  }, [newest]);
  return { waiting: isLive ? unknown.length : 0, show, error };
}

function unknownRows(pages: Pages, newest: Page): Page["data"] {
  const known = new Set(pages.pages.flatMap((page) => page.data.map((row) => row.id)));
  return newest.data.filter((row) => !known.has(row.id));
}

function renewed(pages: Pages, newest: Page): Pages {
  const rows = new Map(newest.data.map((row) => [row.id, row]));
  return {
    ...pages,
    pages: pages.pages.map((page) => ({ ...page, data: page.data.map((row) => rows.get(row.id) ?? row) })),
  };
}

function withNewest(pages: Pages, newest: Page): Pages {
  const unknown = unknownRows(pages, newest);
  const { pages: [first, ...others], pageParams } = renewed(pages, newest);
  return first ? { pageParams, pages: [{ ...first, data: [...unknown, ...first.data] }, ...others] } : pages;
}

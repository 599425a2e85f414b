// How many deliveries of an endpoint failed.

import { useQuery } from "@tanstack/react-query";

import type { Schemas } from "../../shared/api.ts";
import { countFailed } from "../actions.ts";
import { fetchDeliveries } from "../queries.ts";

/** A count, and whether there are more than were counted. */
export interface FailedCount {
  count: number;
  hasMore: boolean;
}

const PAGE_ROWS = 100;
const MOST_PAGES = 5;

/** Counts the failed deliveries of an endpoint. Null while they are counted. */
export function useFailedCount(endpoint: Schemas["Endpoint"], isEnabled: boolean): FailedCount | null {
  const { data } = useQuery({
    queryKey: ["failed-count", endpoint.id, endpoint.is_active],
    enabled: isEnabled,
    staleTime: 0,
    queryFn: async ({ signal }) => {
      if (!endpoint.is_active) return countListed(endpoint.id, signal);
      const { matched, more } = await countFailed({ endpoint_id: endpoint.id });
      return { count: matched, hasMore: more };
    },
  });
  return data ?? null;
}

/** The dry run of a resend leaves out endpoints that are off: theirs are listed, up to as many as a few calls give. */
async function countListed(endpointId: string, signal: AbortSignal): Promise<FailedCount> {
  const filters = { status: "failed" as const, limit: PAGE_ROWS };
  let count = 0;
  let cursor: string | null = null;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page: Schemas["DeliveryPage"] = await fetchDeliveries(endpointId, filters, cursor, signal);
    count += page.data.length;
    cursor = page.next_cursor;
    if (cursor === null) break;
  }
  return { count, hasMore: cursor !== null };
}

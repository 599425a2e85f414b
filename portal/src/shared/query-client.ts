// How queries are repeated, and who hears of errors.

import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";

import { ApiError, Unreachable } from "./api.ts";

const MOST_RETRIES = 8;

/** Makes the page's query client. `onError` hears of every error of queries and mutations. */
export function createQueryClient(onError: (error: unknown) => void = () => undefined): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        networkMode: "always",
        staleTime: 5_000,
        retry: (count, error) => {
          if (error instanceof ApiError) return error.retryAt !== null && count < MOST_RETRIES;
          return error instanceof Unreachable && count < 1;
        },
        retryDelay: (count, error) =>
          error instanceof ApiError && error.retryAt ? Math.max(error.retryAt - Date.now(), 500) : 1_000 * 2 ** count,
      },
      // A change is repeated by its user alone.
      mutations: { networkMode: "always", retry: false },
    },
  });
}

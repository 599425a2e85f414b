import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { texts } from "../../texts.ts";
import { ErrorNote, WaitingNote } from "./ErrorNote.tsx";

type QueryMember = "data" | "error" | "failureReason" | "isError" | "isFetching" | "refetch";

type Query<Data> = Pick<UseQueryResult<Data>, QueryMember>;

interface LoadedProps<Data> {
  query: Query<Data>;
  children: (data: Data) => ReactNode;
  /** How many lines the content has, about: they are reserved while it is loaded. */
  lines?: number;
}

/** The content of a query, or that it is loaded, waits or failed. */
export function Loaded<Data>({ query, children, lines = 4 }: LoadedProps<Data>) {
  const retry = () => void query.refetch();
  const waiting = query.isFetching && query.failureReason ? <WaitingNote error={query.failureReason} /> : null;
  if (query.data !== undefined) {
    return (
      <>
        {waiting ?? (query.isError && query.error && <ErrorNote error={query.error} onRetry={retry} />)}
        {children(query.data)}
      </>
    );
  }
  if (query.isError && query.error && !query.isFetching) return <ErrorNote error={query.error} onRetry={retry} />;
  return waiting ?? <Skeleton lines={lines} />;
}

/** Grey lines in place of what is being loaded, seen after a fifth of a second. */
export function Skeleton({ lines }: { lines: number }) {
  return (
    <div className="skeleton" role="status">
      <span className="visually-hidden">{texts.loading}</span>
      {Array.from({ length: lines }, (_, index) => <span key={index} className="skeleton-line" aria-hidden="true" />)}
    </div>
  );
}

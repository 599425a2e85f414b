import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";

import { EmptyState } from "../../shared/components/EmptyState.tsx";
import { Loaded } from "../../shared/components/Loaded.tsx";
import { PageHeading } from "../../shared/components/PageHeading.tsx";
import { Pagination } from "../../shared/components/Pagination.tsx";
import { SearchField } from "../../shared/components/SearchField.tsx";
import { TimeField } from "../../shared/components/TimeField.tsx";
import { texts } from "../../texts.ts";
import { eventsQuery, type EventFilters } from "../queries.ts";
import { useCanWrite } from "../session.ts";
import { TypeSelect } from "../TypeSelect.tsx";
import { EventTable } from "./EventTable.tsx";

const ReplayDialog = lazy(() => import("../replays/ReplayDialog.tsx"));
const RecoverDialog = lazy(() => import("./RecoverDialog.tsx"));

const route = getRouteApi("/events");
const SEARCH_RESTS_MS = 400;

/** The log of events. */
export function EventsPage() {
  const { event_type, since, until, search } = route.useSearch();
  const filters = useMemo(() => ({ event_type, since, until, search }), [event_type, since, until, search]);
  const navigate = route.useNavigate();
  const events = useInfiniteQuery(eventsQuery(filters));
  const change = (part: EventFilters) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true, resetScroll: false });
  return (
    <>
      <PageHeading title={texts.pages.events} actions={<Actions />} />
      <p className="hint">{texts.events.explanation}</p>
      <Filters filters={filters} onChange={change} />
      <Loaded query={events} lines={12}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.data);
          return (
            <>
              {rows.length > 0 && <EventTable rows={rows} />}
              {rows.length === 0 && !events.hasNextPage && <NoEvents filters={filters} onChange={change} />}
              {rows.length === 0 && events.hasNextPage && <p>{texts.events.noneInPart}</p>}
              {(rows.length > 0 || events.hasNextPage) && (
                <Pagination
                  shown={rows.length}
                  hasMore={events.hasNextPage}
                  isLoading={events.isFetchingNextPage}
                  onMore={() => void events.fetchNextPage()}
                />
              )}
            </>
          );
        }}
      </Loaded>
    </>
  );
}

function Actions() {
  const canWrite = useCanWrite();
  const [open, setOpen] = useState<"replay" | "recover" | null>(null);
  const close = () => setOpen(null);
  if (!canWrite) return null;
  return (
    <>
      <button type="button" className="button" onClick={() => setOpen("recover")}>{texts.recover.title}</button>
      <button type="button" className="button" onClick={() => setOpen("replay")}>{texts.replay.title}</button>
      <Suspense fallback={null}>
        {open === "replay" && <ReplayDialog onClose={close} />}
        {open === "recover" && <RecoverDialog onClose={close} />}
      </Suspense>
    </>
  );
}

interface FilterProps {
  filters: EventFilters;
  onChange: (part: EventFilters) => void;
}

function Filters({ filters, onChange }: FilterProps) {
  const words = texts.events;
  return (
    <div className="filters">
      <SearchField
        label={words.search}
        value={filters.search ?? ""}
        delayMs={SEARCH_RESTS_MS}
        onChange={(search) => onChange({ search: search || undefined })}
      />
      <TypeSelect value={filters.event_type} onChange={(event_type) => onChange({ event_type })} />
      <TimeField label={texts.deliveries.since} value={filters.since} onChange={(since) => onChange({ since })} />
      <TimeField label={texts.deliveries.until} value={filters.until} onChange={(until) => onChange({ until })} />
    </div>
  );
}

function NoEvents({ filters, onChange }: FilterProps) {
  const isFiltered = Object.values(filters).some((value) => value !== undefined);
  if (!isFiltered) return <EmptyState title={texts.events.none}><p>{texts.events.noneExplanation}</p></EmptyState>;
  const clear = () => onChange({ event_type: undefined, since: undefined, until: undefined, search: undefined });
  return (
    <EmptyState title={texts.events.noMatch}>
      <button type="button" className="button" onClick={clear}>{texts.clearFilters}</button>
    </EmptyState>
  );
}

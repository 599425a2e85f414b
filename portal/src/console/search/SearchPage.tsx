import { useQuery } from "@tanstack/react-query";

import { consoleTexts } from "../../console-texts.ts";
import type { Schemas } from "../../shared/api.ts";
import { EmptyState } from "../../shared/components/EmptyState.tsx";
import { Note } from "../../shared/components/ErrorNote.tsx";
import { Loaded } from "../../shared/components/Loaded.tsx";
import { PageHeading } from "../../shared/components/PageHeading.tsx";
import { routeOf } from "../navigation.ts";
import { foundQuery } from "../queries.ts";
import { FoundDeliveries, FoundEndpoints, FoundEvents, FoundOwners } from "./FoundTables.tsx";

const route = routeOf("/search");
const MOST_ROWS = 20;
const SHORTEST = 3;

/** What the search of the header found. */
export function SearchPage() {
  const words = consoleTexts.search;
  const { text = "" } = route.useSearch();
  const problem = text ? problemOf(text) : null;
  return (
    <>
      <PageHeading title={text ? words.titleFor(text) : words.title} />
      <p className="hint">{words.explanation}</p>
      {problem && <Note tone="warning" role="status"><p>{problem}</p></Note>}
      {text && !problem && <Results text={text} />}
    </>
  );
}

function Results({ text }: { text: string }) {
  const found = useQuery(foundQuery(text));
  return (
    <>
      <p role="status" className="visually-hidden">{found.data && !found.isFetching && summaryOf(found.data)}</p>
      <Loaded query={found} lines={8}>{(data) => <Tables found={data} />}</Loaded>
    </>
  );
}

function summaryOf(found: Schemas["Found"]): string {
  const words = consoleTexts.search;
  const kinds = (["owners", "endpoints", "events", "deliveries"] as const).filter((kind) => found[kind].length > 0);
  return kinds.length > 0 ? words.found(kinds.map((kind) => words.counts[kind](found[kind].length))) : words.nothing;
}

function Tables({ found }: { found: Schemas["Found"] }) {
  const words = consoleTexts.search;
  const { owners, endpoints, events, deliveries } = found;
  const counts = [owners.length, endpoints.length, events.length, deliveries.length];
  if (counts.every((count) => count === 0)) {
    return <EmptyState title={words.nothing}><p>{words.nothingExplanation}</p></EmptyState>;
  }
  return (
    <>
      {owners.length > 0 && <FoundOwners rows={owners} />}
      {endpoints.length > 0 && <FoundEndpoints rows={endpoints} />}
      {events.length > 0 && <FoundEvents rows={events} />}
      {deliveries.length > 0 && <FoundDeliveries rows={deliveries} />}
      {counts.some((count) => count >= MOST_ROWS) && <p className="hint">{words.most}</p>}
    </>
  );
}

function problemOf(text: string): string | null {
  if (text.length < SHORTEST) return consoleTexts.search.tooShort;
  return /^[!-~]{3,255}$/.test(text) ? null : consoleTexts.search.notReadable;
}

import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";

import { consoleTexts } from "../../console-texts.ts";
import type { Schemas } from "../../shared/api.ts";
import { EmptyState } from "../../shared/components/EmptyState.tsx";
import { Loaded } from "../../shared/components/Loaded.tsx";
import { PageHeading } from "../../shared/components/PageHeading.tsx";
import { SearchField } from "../../shared/components/SearchField.tsx";
import { SelectField } from "../../shared/components/SelectField.tsx";
import { readOneOf } from "../../shared/search-params.ts";
import { texts } from "../../texts.ts";
import { routeOf, useGo } from "../navigation.ts";
import { eventTypesQuery } from "../queries.ts";
import { TYPE_FILTERS, type TypesSearch } from "../search.ts";
import { useCanWrite } from "../session.ts";
import { entryOf, type TypeEntry } from "./draft.ts";
import { marksOf } from "./marks.ts";
import { TypeTable } from "./TypeTable.tsx";

const TypeDialog = lazy(() => import("./TypeDialog.tsx"));

const route = routeOf("/event-types");

/** What endpoints that take every event name. The catalogue lists it, and it is no type. */
const EVERY_EVENT = "*";

/** The catalogue of event types, and who uses it. */
export function EventTypesPage() {
  const words = consoleTexts.eventTypes;
  const types = useQuery(eventTypesQuery());
  const canWrite = useCanWrite();
  const [edited, setEdited] = useState<TypeEntry | "new" | null>(null);
  return (
    <>
      <PageHeading
        title={consoleTexts.pages.eventTypes}
        actions={canWrite && (
          <button type="button" className="button button-primary" onClick={() => setEdited("new")}>{words.add}</button>
        )}
      />
      <p className="hint">{words.explanation} {words.recentExplanation}</p>
      <Loaded query={types} lines={12}>
        {(list) => <Types rows={list.types} onEdit={(row) => setEdited(entryOf(list, list.types.indexOf(row)))} />}
      </Loaded>
      <Suspense fallback={null}>
        {edited && (
          <TypeDialog
            entry={edited === "new" ? null : edited}
            known={types.data?.types.filter((type) => type.is_in_catalogue).map((type) => type.name) ?? []}
            onClose={() => setEdited(null)}
          />
        )}
      </Suspense>
    </>
  );
}

interface TypesProps {
  rows: Schemas["EventTypeInUse"][];
  onEdit: (type: Schemas["EventTypeInUse"]) => void;
}

function Types({ rows, onEdit }: TypesProps) {
  const words = consoleTexts.eventTypes;
  const { q = "", show } = route.useSearch();
  const go = useGo();
  const change = (part: TypesSearch) => void go({
    to: "/event-types",
    search: (before) => ({ ...before, ...part }),
    replace: true,
    resetScroll: false,
  });
  const wanted = q.toLowerCase();
  const all = rows.find((row) => row.name === EVERY_EVENT);
  const shown = rows.filter((row) => row !== all && (!show || marksOf(row).includes(show))
    && `${row.name} ${row.description ?? ""}`.toLowerCase().includes(wanted));
  if (rows.length === 0) return <EmptyState title={words.none}><p>{words.noneExplanation}</p></EmptyState>;
  return (
    <>
      <div className="filters">
        <SearchField label={words.search} value={q} onChange={(text) => change({ q: text || undefined })} />
        <SelectField
          label={words.show}
          value={show ?? ""}
          options={[
            { value: "", label: words.filters.all },
            ...TYPE_FILTERS.map((value) => ({ value, label: words.filters[value] })),
          ]}
          onChange={(value) => change({ show: readOneOf(TYPE_FILTERS, value) })}
        />
        {all && <span className="hint">{words.takeAll(all.subscribers)}</span>}
      </div>
      {shown.length > 0 && <TypeTable rows={shown} onEdit={onEdit} />}
      {shown.length === 0 && (
        <EmptyState title={words.noMatch}>
          <button type="button" className="button" onClick={() => change({ q: undefined, show: undefined })}>
            {texts.clearFilters}
          </button>
        </EmptyState>
      )}
    </>
  );
}

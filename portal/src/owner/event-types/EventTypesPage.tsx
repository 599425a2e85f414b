import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import type { Schemas } from "../../shared/api.ts";
import { CodeBlock } from "../../shared/components/CodeBlock.tsx";
import { EmptyState } from "../../shared/components/EmptyState.tsx";
import { Foreign } from "../../shared/components/Foreign.tsx";
import { Loaded } from "../../shared/components/Loaded.tsx";
import { PageHeading } from "../../shared/components/PageHeading.tsx";
import { SearchField } from "../../shared/components/SearchField.tsx";
import { buildTypeTree, type TypeNode } from "../../shared/type-tree.ts";
import { texts } from "../../texts.ts";
import { eventTypesQuery } from "../queries.ts";

type Entries = Map<string, Schemas["CatalogueEntry"]>;

/** The catalogue of event types, with examples and schemas. */
export function EventTypesPage() {
  const types = useQuery(eventTypesQuery());
  return (
    <>
      <PageHeading title={texts.pages.eventTypes} />
      <p className="hint">{texts.catalogue.explanation}</p>
      <Loaded query={types} lines={10}>{(catalogue) => <Catalogue types={catalogue} />}</Loaded>
    </>
  );
}

function Catalogue({ types }: { types: Schemas["CatalogueEntry"][] }) {
  const [search, setSearch] = useState("");
  const nodes = useMemo(() => buildTypeTree(types, search), [types, search]);
  const entries = useMemo(() => new Map(types.map((type) => [type.name, type])), [types]);
  return (
    <>
      <div className="filters">
        <SearchField label={texts.types.search} value={search} onChange={setSearch} delayMs={80} />
      </div>
      {nodes.length === 0 && <EmptyState title={texts.types.noMatch} />}
      {nodes.length > 0 && (
        <ul className="card catalogue">
          {nodes.map((node) => <Node key={node.name} node={node} entries={entries} isOpen={search !== ""} />)}
        </ul>
      )}
    </>
  );
}

function Node({ node, entries, isOpen }: { node: TypeNode; entries: Entries; isOpen: boolean }) {
  const entry = entries.get(node.name);
  if (entry) return <li><Entry entry={entry} /></li>;
  return (
    <li>
      <p className="catalogue-group"><Foreign isCode>{node.name}</Foreign></p>
      <ul>{node.children.map((child) => <Node key={child.name} node={child} entries={entries} isOpen={isOpen} />)}</ul>
    </li>
  );
}

function Entry({ entry }: { entry: Schemas["CatalogueEntry"] }) {
  const words = texts.catalogue;
  return (
    <details className="catalogue-entry">
      <summary>
        <Foreign isCode>{entry.name}</Foreign>
        {entry.description && <span className="hint"><Foreign>{entry.description}</Foreign></span>}
      </summary>
      <div className="columns">
        {entry.example
          ? <CodeBlock label={words.example} text={JSON.stringify(entry.example, null, 2)} />
          : <p className="hint">{words.noExample}</p>}
        {entry.schema
          ? <CodeBlock label={words.schema} text={JSON.stringify(entry.schema, null, 2)} />
          : <p className="hint">{words.noSchema}</p>}
      </div>
    </details>
  );
}

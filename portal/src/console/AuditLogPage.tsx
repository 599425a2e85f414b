import { useInfiniteQuery } from "@tanstack/react-query";

import { consoleTexts } from "../console-texts.ts";
import type { Schemas } from "../shared/api.ts";
import { CodeBlock } from "../shared/components/CodeBlock.tsx";
import { DataTable } from "../shared/components/DataTable.tsx";
import { EmptyState } from "../shared/components/EmptyState.tsx";
import { Foreign } from "../shared/components/Foreign.tsx";
import { Loaded } from "../shared/components/Loaded.tsx";
import { PageHeading } from "../shared/components/PageHeading.tsx";
import { Pagination } from "../shared/components/Pagination.tsx";
import { Time } from "../shared/components/Time.tsx";
import { indentJson } from "../shared/json.ts";
import { OwnerLink } from "./OwnerLink.tsx";
import { auditLogQuery } from "./queries.ts";

const words = consoleTexts.auditLog;

/** What operators did. */
export function AuditLogPage() {
  const log = useInfiniteQuery(auditLogQuery());
  return (
    <>
      <PageHeading title={consoleTexts.pages.auditLog} />
      <p className="hint">{words.explanation}</p>
      <Loaded query={log} lines={12}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.data);
          if (rows.length === 0) return <EmptyState title={words.none}><p>{words.noneExplanation}</p></EmptyState>;
          return (
            <>
              <Entries rows={rows} />
              <Pagination
                shown={rows.length}
                hasMore={log.hasNextPage}
                isLoading={log.isFetchingNextPage}
                onMore={() => void log.fetchNextPage()}
              />
            </>
          );
        }}
      </Loaded>
    </>
  );
}

function Entries({ rows }: { rows: Schemas["AuditEntry"][] }) {
  return (
    <DataTable
      caption={words.caption}
      rows={rows}
      rowKey={(row) => String(row.id)}
      columns={[
        { header: words.when, cell: (row) => <Time value={row.at} />, minWidth: 190 },
        { header: words.who, cell: (row) => <Foreign>{row.operator}</Foreign>, minWidth: 140 },
        {
          header: words.what,
          isRowHeader: true,
          minWidth: 200,
          // An action that only a newer worker knows has no words yet.
          cell: (row) => words.actions[row.action] ?? row.action,
        },
        { header: consoleTexts.owner, cell: (row) => row.owner && <OwnerLink owner={row.owner} />, minWidth: 290 },
        { header: words.details, cell: (row) => <Details row={row} />, minWidth: 260 },
      ]}
    />
  );
}

function Details({ row }: { row: Schemas["AuditEntry"] }) {
  if (Object.keys(row.details).length === 0) return null;
  return (
    <details className="cell-details">
      <summary>{words.details}</summary>
      <CodeBlock label={words.details} text={indentJson(JSON.stringify(row.details))} />
    </details>
  );
}

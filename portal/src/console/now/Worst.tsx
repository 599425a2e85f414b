import { consoleTexts } from "../../console-texts.ts";
import type { Schemas } from "../../shared/api.ts";
import { DataTable } from "../../shared/components/DataTable.tsx";
import { formatCount } from "../../shared/numbers.ts";
import { EndpointBadge } from "../EndpointBadge.tsx";
import { EndpointCell } from "../EndpointCell.tsx";
import { OwnerLink } from "../OwnerLink.tsx";

const words = consoleTexts.worst;

/** The endpoints with most failures. */
export function WorstEndpoints({ rows }: { rows: Schemas["Overview"]["worst_endpoints"] }) {
  if (rows.length === 0) {
    return (
      <section className="stack stack-tight" aria-label={words.endpoints}>
        <h2>{words.endpoints}</h2>
        <p className="hint">{words.noEndpoints}</p>
      </section>
    );
  }
  return (
    <DataTable
      caption={words.endpoints}
      isCaptionVisible
      rows={rows}
      rowKey={(row) => row.id}
      columns={[
        { header: words.endpoint, isRowHeader: true, minWidth: 280, cell: (row) => <EndpointCell {...row} /> },
        { header: words.failed, cell: (row) => words.failedOf(row.failed, row.attempts), isNumber: true, minWidth: 90 },
        { header: words.inARow, cell: (row) => formatCount(row.consecutive_failures), isNumber: true },
        { header: words.state, cell: (row) => <EndpointBadge endpoint={row} />, minWidth: 110 },
      ]}
    />
  );
}

/** The owners whose endpoints have most failures. */
export function WorstOwners({ rows }: { rows: Schemas["Overview"]["worst_owners"] }) {
  if (rows.length === 0) return null;
  return (
    <DataTable
      caption={words.owners}
      isCaptionVisible
      rows={rows}
      rowKey={(row) => row.owner ?? ""}
      columns={[
        {
          header: consoleTexts.owner,
          isRowHeader: true,
          minWidth: 130,
          cell: (row) => <OwnerLink owner={row.owner} />,
        },
        { header: words.failingEndpoints, cell: (row) => formatCount(row.failing_endpoints), isNumber: true },
        { header: words.failed, cell: (row) => formatCount(row.failed), isNumber: true },
      ]}
    />
  );
}

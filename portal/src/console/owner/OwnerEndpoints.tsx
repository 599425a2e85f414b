import { consoleTexts } from "../../console-texts.ts";
import type { Schemas } from "../../shared/api.ts";
import { DataTable } from "../../shared/components/DataTable.tsx";
import { EmptyState } from "../../shared/components/EmptyState.tsx";
import { EndpointUrl } from "../../shared/components/EndpointUrl.tsx";
import { Foreign } from "../../shared/components/Foreign.tsx";
import { StatusBadge } from "../../shared/components/StatusBadge.tsx";
import { Time } from "../../shared/components/Time.tsx";
import { formatCount } from "../../shared/numbers.ts";
import { texts } from "../../texts.ts";
import { EndpointBadge } from "../EndpointBadge.tsx";
import { Link } from "../navigation.ts";
import { useCanWrite } from "../session.ts";

/** An endpoint of an owner. */
export type EndpointRow = Schemas["Found"]["endpoints"][number];

interface OwnerEndpointsProps {
  rows: EndpointRow[];
  /** The endpoint that was looked for. */
  chosenId: string | undefined;
  onView: (endpoint: EndpointRow) => void;
}

const MOST_ROWS = 20;

/** The endpoints of an owner, that which was looked for on top. */
export function OwnerEndpoints({ rows, chosenId, onView }: OwnerEndpointsProps) {
  const words = consoleTexts.ownerPage;
  if (rows.length === 0) {
    return <EmptyState title={words.noEndpoints}><p>{words.noEndpointsExplanation}</p></EmptyState>;
  }
  const sorted = rows.toSorted((a, b) => Number(b.id === chosenId) - Number(a.id === chosenId));
  return (
    <>
      <DataTable
        caption={words.endpoints}
        isCaptionVisible
        rows={sorted}
        rowKey={(row) => row.id}
        columns={[
          {
            header: consoleTexts.worst.endpoint,
            isRowHeader: true,
            minWidth: 300,
            cell: (row) => (
              <>
                <EndpointUrl url={row.url} />
                <div className="hint"><Foreign isCode>{row.id}</Foreign></div>
                {row.id === chosenId && <StatusBadge tone="busy" icon="search" label={words.chosen} />}
              </>
            ),
          },
          { header: consoleTexts.worst.state, cell: (row) => <EndpointBadge endpoint={row} />, minWidth: 120 },
          { header: words.inARow, cell: (row) => formatCount(row.consecutive_failures), isNumber: true },
          { header: words.created, cell: (row) => <Time value={row.created_at} isRelative />, minWidth: 120 },
          { header: texts.apiKeys.actions, cell: (row) => <RowActions row={row} onView={onView} />, minWidth: 230 },
        ]}
      />
      {rows.length >= MOST_ROWS && <p className="hint">{words.firstOnly}</p>}
    </>
  );
}

function RowActions({ row, onView }: { row: EndpointRow; onView: (endpoint: EndpointRow) => void }) {
  const words = consoleTexts.ownerPage;
  const canWrite = useCanWrite();
  // What its owner switched off stays off.
  const resume = row.disabled_reason === null ? null : "resume";
  const action = row.is_active ? "pause" : resume;
  return (
    <div className="row">
      <button
        type="button"
        className="button button-small"
        aria-label={words.seeEndpointNamed(row.url)}
        onClick={() => onView(row)}
      >
        {words.seeEndpoint}
      </button>
      {canWrite && action && (
        <Link
          to="/actions"
          search={{ action, endpoint: row.id }}
          className="button button-small"
          aria-label={words.actionNamed[action](row.url)}
        >
          {words.endpointActions[action]}
        </Link>
      )}
    </div>
  );
}

import { consoleTexts } from "../../console-texts.ts";
import type { Schemas } from "../../shared/api.ts";
import { DataTable, type Column } from "../../shared/components/DataTable.tsx";
import { DeliveryBadge } from "../../shared/components/DeliveryBadge.tsx";
import { Foreign } from "../../shared/components/Foreign.tsx";
import { StatusBadge } from "../../shared/components/StatusBadge.tsx";
import { Countdown, Time } from "../../shared/components/Time.tsx";
import { formatCount } from "../../shared/numbers.ts";
import { texts } from "../../texts.ts";
import { EndpointBadge } from "../EndpointBadge.tsx";
import { EndpointCell } from "../EndpointCell.tsx";
import { Link } from "../navigation.ts";
import { OwnerLink } from "../OwnerLink.tsx";
import { useCanWrite } from "../session.ts";

type Found = Schemas["Found"];

const words = consoleTexts.search;

/** The owner whose id was searched. */
export function FoundOwners({ rows }: { rows: Found["owners"] }) {
  return (
    <DataTable
      caption={words.owners}
      isCaptionVisible
      rows={rows}
      rowKey={(row) => row.owner}
      columns={[
        { header: consoleTexts.owner, isRowHeader: true, cell: (row) => <OwnerLink owner={row.owner} /> },
        { header: words.ownerEndpoints, cell: (row) => words.activeOf(row.active_endpoints, row.endpoints) },
      ]}
    />
  );
}

/** Endpoints that were found. */
export function FoundEndpoints({ rows }: { rows: Found["endpoints"] }) {
  return (
    <DataTable
      caption={words.endpoints}
      isCaptionVisible
      rows={rows}
      rowKey={(row) => row.id}
      columns={[
        {
          header: consoleTexts.worst.endpoint,
          isRowHeader: true,
          minWidth: 320,
          cell: (row) => <EndpointCell {...row} />,
        },
        { header: consoleTexts.worst.state, cell: (row) => <EndpointBadge endpoint={row} />, minWidth: 120 },
        { header: consoleTexts.worst.inARow, cell: (row) => formatCount(row.consecutive_failures), isNumber: true },
        { header: words.created, cell: (row) => <Time value={row.created_at} isRelative />, minWidth: 120 },
      ]}
    />
  );
}

/** Events that were found. */
export function FoundEvents({ rows }: { rows: Found["events"] }) {
  const canWrite = useCanWrite();
  return (
    <DataTable
      caption={words.events}
      isCaptionVisible
      rows={rows}
      rowKey={(row) => `${row.owner} ${row.event_id}`}
      columns={[
        { header: words.event, isRowHeader: true, minWidth: 260, cell: (row) => <EventCell row={row} /> },
        {
          header: consoleTexts.owner,
          minWidth: 200,
          cell: (row) => (row.owner ? <OwnerLink owner={row.owner} /> : <span className="quiet">{words.forAll}</span>),
        },
        { header: words.created, cell: (row) => <Time value={row.created_at} isRelative />, minWidth: 120 },
        ...(canWrite ? [ERASE_COLUMN] : []),
      ]}
    />
  );
}

const ERASE_COLUMN: Column<Found["events"][number]> = {
  header: texts.apiKeys.actions,
  cell: (row) => <Erase row={row} />,
};

function Erase({ row }: { row: Found["events"][number] }) {
  if (row.erased_at) return <StatusBadge tone="quiet" icon="cross" label={words.erased} />;
  return (
    <Link
      to="/actions"
      search={{ action: "erase", event: row.event_id, owner: row.owner ?? undefined }}
      className="button button-small"
      aria-label={words.eraseNamed(row.event_id)}
    >
      {words.eraseEvent}
    </Link>
  );
}

/** Deliveries that were found: one, or those of an event. */
export function FoundDeliveries({ rows }: { rows: Found["deliveries"] }) {
  return (
    <DataTable
      caption={words.deliveries}
      isCaptionVisible
      rows={rows}
      rowKey={(row) => row.id}
      columns={[
        {
          header: words.delivery,
          isRowHeader: true,
          minWidth: 260,
          cell: (row) => (
            <>
              <EventCell row={row} />
              <div className="hint"><Foreign isCode>{row.id}</Foreign></div>
            </>
          ),
        },
        { header: words.status, cell: (row) => <DeliveryBadge status={row.status} />, minWidth: 110 },
        { header: words.outcome, cell: (row) => <Outcome row={row} />, minWidth: 180 },
        { header: words.attempts, cell: (row) => words.attemptsOf(row.attempts, row.max_attempts), isNumber: true },
        { header: consoleTexts.worst.endpoint, cell: (row) => <ToEndpoint row={row} />, minWidth: 200 },
        { header: words.created, cell: (row) => <Time value={row.created_at} isRelative />, minWidth: 120 },
      ]}
    />
  );
}

/** The type of an event, and its id, by which the event is found with its deliveries. */
function EventCell({ row }: { row: { event_id: string; event_type: string } }) {
  return (
    <>
      <Link to="/search" search={{ text: row.event_id }} className="row-link"><Foreign>{row.event_type}</Foreign></Link>
      <div className="hint clamp"><Foreign isCode>{row.event_id}</Foreign></div>
    </>
  );
}

function Outcome({ row }: { row: Found["deliveries"][number] }) {
  return (
    <>
      {row.last_error && <div><Foreign>{row.last_error}</Foreign></div>}
      {!row.last_error && row.response_status !== null && <div>{texts.http(row.response_status)}</div>}
      {row.next_retry_at && <div className="hint">{words.nextTry} <Countdown until={row.next_retry_at} /></div>}
    </>
  );
}

function ToEndpoint({ row: { endpoint_id, owner } }: { row: Found["deliveries"][number] }) {
  const id = <Foreign isCode>{endpoint_id}</Foreign>;
  return owner
    ? <Link to="/owners/$owner" params={{ owner }} search={{ endpoint: endpoint_id }}>{id}</Link>
    : <Link to="/search" search={{ text: endpoint_id }}>{id}</Link>;
}

import { Link } from "@tanstack/react-router";

import type { Schemas } from "../../shared/api.ts";
import { DataTable } from "../../shared/components/DataTable.tsx";
import { DeliveryBadge } from "../../shared/components/DeliveryBadge.tsx";
import { Foreign } from "../../shared/components/Foreign.tsx";
import { Countdown, Time } from "../../shared/components/Time.tsx";
import { formatMilliseconds } from "../../shared/numbers.ts";
import { texts } from "../../texts.ts";

type Row = Schemas["Delivery"];

/** Deliveries, each with what came of it. */
export function DeliveryTable({ endpointId, rows }: { endpointId: string; rows: Row[] }) {
  const words = texts.deliveries;
  return (
    <DataTable
      caption={words.caption}
      rows={rows}
      rowKey={(row) => row.id}
      columns={[
        {
          header: words.event,
          isRowHeader: true,
          minWidth: 220,
          cell: (row) => (
            <>
              <Link
                to="/endpoints/$endpointId/deliveries/$deliveryId"
                params={{ endpointId, deliveryId: row.id }}
                className="row-link"
              >
                <Foreign>{row.event_type}</Foreign>
              </Link>
              <div className="hint clamp"><Foreign isCode>{row.event_id}</Foreign></div>
            </>
          ),
        },
        { header: words.status, cell: (row) => <DeliveryBadge status={row.status} />, minWidth: 110 },
        { header: words.outcome, cell: (row) => <Outcome row={row} />, minWidth: 220 },
        {
          header: words.attempts,
          cell: (row) => words.attemptsOf(row.attempts, row.max_attempts),
          isNumber: true,
          minWidth: 90,
        },
        { header: words.time, cell: (row) => formatMilliseconds(row.response_time_ms), isNumber: true, minWidth: 90 },
        { header: words.created, cell: (row) => <Time value={row.created_at} isRelative />, minWidth: 130 },
      ]}
    />
  );
}

function Outcome({ row }: { row: Row }) {
  const words = texts.deliveries;
  return (
    <>
      {row.last_error && <div><Foreign>{row.last_error}</Foreign></div>}
      {!row.last_error && row.response_status !== null && <div>{texts.http(row.response_status)}</div>}
      {row.is_waiting && <div className="hint">{words.waitsForOrder}</div>}
      {row.next_retry_at && !row.is_waiting && (
        <div className="hint">{texts.states.nextAttempt} <Countdown until={row.next_retry_at} /></div>
      )}
    </>
  );
}

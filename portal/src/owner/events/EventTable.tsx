import { Link } from "@tanstack/react-router";

import type { Schemas } from "../../shared/api.ts";
import { DataTable } from "../../shared/components/DataTable.tsx";
import { Foreign } from "../../shared/components/Foreign.tsx";
import { StatusBadge } from "../../shared/components/StatusBadge.tsx";
import { Time } from "../../shared/components/Time.tsx";
import { texts } from "../../texts.ts";

type Row = Schemas["Event"];

const STATUSES = ["success", "retrying", "pending", "failed"] as const;

/** Events of the log, each with how its deliveries stand. */
export function EventTable({ rows }: { rows: Row[] }) {
  const words = texts.events;
  return (
    <DataTable
      caption={words.caption}
      rows={rows}
      rowKey={(row) => row.event_id}
      columns={[
        {
          header: words.event,
          isRowHeader: true,
          minWidth: 240,
          cell: (row) => (
            <>
              <Link to="/events/$eventId" params={{ eventId: row.event_id }} className="row-link">
                <Foreign>{row.event_type}</Foreign>
              </Link>
              <div className="hint clamp"><Foreign isCode>{row.event_id}</Foreign></div>
            </>
          ),
        },
        { header: words.deliveries, cell: (row) => <Deliveries counts={row.deliveries} />, minWidth: 260 },
        { header: words.notes, cell: (row) => <Notes row={row} />, minWidth: 160 },
        { header: words.time, cell: (row) => <Time value={row.created_at} isRelative />, minWidth: 130 },
      ]}
    />
  );
}

function Deliveries({ counts }: { counts: Row["deliveries"] }) {
  const present = STATUSES.filter((status) => counts[status] > 0);
  if (present.length === 0) return <span className="hint">{texts.events.sentNowhere}</span>;
  return <span>{present.map((status) => `${counts[status]} ${texts.statuses[status].toLowerCase()}`).join(", ")}</span>;
}

function Notes({ row }: { row: Row }) {
  const words = texts.events;
  return (
    <span className="chips">
      {row.erased_at && <StatusBadge tone="quiet" icon="cross" label={words.erased} />}
      {row.deliver_at && Date.parse(row.deliver_at) > Date.now() && (
        <span className="hint">{words.scheduled} <Time value={row.deliver_at} isRelative /></span>
      )}
      {row.audience === "everyone" && <span className="hint">{words.everyone}</span>}
    </span>
  );
}

import { Link } from "@tanstack/react-router";

import type { Schemas } from "../../shared/api.ts";
import { DataTable } from "../../shared/components/DataTable.tsx";
import { EndpointUrl } from "../../shared/components/EndpointUrl.tsx";
import { Foreign } from "../../shared/components/Foreign.tsx";
import { Sparkline } from "../../shared/components/Sparkline.tsx";
import { Countdown, Time } from "../../shared/components/Time.tsx";
import { formatCount, formatShare } from "../../shared/numbers.ts";
import { texts } from "../../texts.ts";
import { endpointState } from "../endpoint-state.ts";
import { EndpointBadge } from "../EndpointBadge.tsx";

/** An endpoint of the list. */
export type EndpointRow = Schemas["EndpointWithStats"];

interface EndpointTableProps {
  rows: EndpointRow[];
  /** Undefined while it is loaded. */
  stats: Schemas["EndpointStats"][] | undefined;
}

const MOST_TYPES = 3;

/** Endpoints with their state and what became of the attempts of a day. */
export function EndpointTable({ rows, stats }: EndpointTableProps) {
  const byEndpoint = new Map(stats?.map((entry) => [entry.endpoint_id, entry]));
  return (
    <DataTable
      caption={texts.pages.endpoints}
      rows={rows}
      rowKey={(row) => row.id}
      columns={[
        { header: texts.endpoints.endpoint, cell: (row) => <Name row={row} />, isRowHeader: true },
        { header: texts.endpoints.state, cell: (row) => <State row={row} />, minWidth: 230 },
        { header: texts.endpoints.types, cell: (row) => <Types names={row.events} />, minWidth: 190 },
        {
          header: texts.endpoints.successRate,
          cell: (row) => (stats ? <Rate entry={byEndpoint.get(row.id)} /> : null),
          isNumber: true,
          minWidth: 120,
        },
        {
          header: texts.endpoints.day,
          cell: (row) => (stats ? <Day entry={byEndpoint.get(row.id)} /> : null),
          minWidth: 146,
        },
      ]}
    />
  );
}

function Name({ row }: { row: EndpointRow }) {
  return (
    <>
      <Link to="/endpoints/$endpointId" params={{ endpointId: row.id }} className="row-link">
        <EndpointUrl url={row.url} />
      </Link>
      {row.description && <div className="hint clamp"><Foreign>{row.description}</Foreign></div>}
    </>
  );
}

function State({ row }: { row: EndpointRow }) {
  const { reason } = endpointState(row);
  return (
    <>
      <EndpointBadge endpoint={row} />
      {row.disabled_at && <span className="hint"> {texts.states.since} <Time value={row.disabled_at} /></span>}
      {reason && (
        <div className="hint">
          <Foreign>{reason}</Foreign>
          {row.health.next_attempt_at && row.is_active && (
            <> {texts.states.nextAttempt} <Countdown until={row.health.next_attempt_at} /></>
          )}
        </div>
      )}
    </>
  );
}

function Types({ names }: { names: string[] }) {
  if (names.includes("*")) return <span className="hint">{texts.types.all}</span>;
  const rest = names.length - MOST_TYPES;
  return (
    <span className="chips" title={names.join("\n")}>
      {names.slice(0, MOST_TYPES).map((name) => <span key={name} className="chip"><Foreign>{name}</Foreign></span>)}
      {rest > 0 && <span className="hint">{texts.types.more(rest)}</span>}
    </span>
  );
}

function Rate({ entry }: { entry: Schemas["EndpointStats"] | undefined }) {
  return (
    <>
      <div>{formatShare(entry?.success_rate ?? null)}</div>
      <div className="hint">{texts.endpoints.attempts(entry?.attempts ?? 0)}</div>
    </>
  );
}

function Day({ entry }: { entry: Schemas["EndpointStats"] | undefined }) {
  if (!entry || entry.attempts === 0) return <span className="hint">{texts.endpoints.noAttempts}</span>;
  const failed = entry.buckets.reduce((sum, bucket) => sum + bucket.failed, 0);
  const label = texts.endpoints.sparkline(formatCount(entry.attempts), formatCount(failed));
  return <Sparkline buckets={entry.buckets} label={label} />;
}

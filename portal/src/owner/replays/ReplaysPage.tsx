import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";

import type { Schemas } from "../../shared/api.ts";
import { DataTable } from "../../shared/components/DataTable.tsx";
import { EmptyState } from "../../shared/components/EmptyState.tsx";
import { EndpointUrl } from "../../shared/components/EndpointUrl.tsx";
import { Foreign } from "../../shared/components/Foreign.tsx";
import { Loaded } from "../../shared/components/Loaded.tsx";
import { PageHeading } from "../../shared/components/PageHeading.tsx";
import { Time } from "../../shared/components/Time.tsx";
import { texts } from "../../texts.ts";
import { endpointsQuery, replaysQuery } from "../queries.ts";
import { useCanWrite } from "../session.ts";
import { ReplayProgress } from "./ReplayProgress.tsx";

const ReplayDialog = lazy(() => import("./ReplayDialog.tsx"));

type Replay = Schemas["Replay"];

/** The newest replays, and how far they are. */
export function ReplaysPage() {
  const replays = useQuery(replaysQuery());
  const canWrite = useCanWrite();
  const [isOpen, setIsOpen] = useState(false);
  const start = canWrite && (
    <button type="button" className="button button-primary" onClick={() => setIsOpen(true)}>
      {texts.replay.title}
    </button>
  );
  return (
    <>
      <PageHeading title={texts.pages.replays} actions={replays.data?.length ? start : undefined} />
      <Loaded query={replays} lines={8}>
        {(rows) => (rows.length === 0
          ? <EmptyState title={texts.replay.none}><p>{texts.replay.explanation}</p>{start}</EmptyState>
          : <ReplayTable rows={rows} />)}
      </Loaded>
      <Suspense fallback={null}>{isOpen && <ReplayDialog onClose={() => setIsOpen(false)} />}</Suspense>
    </>
  );
}

function ReplayTable({ rows }: { rows: Replay[] }) {
  const words = texts.replay;
  const endpoints = useQuery(endpointsQuery());
  const urls = new Map(endpoints.data?.map((endpoint) => [endpoint.id, endpoint.url]));
  return (
    <DataTable
      caption={words.caption}
      rows={rows}
      rowKey={(row) => row.id ?? ""}
      columns={[
        {
          header: texts.endpoints.endpoint,
          isRowHeader: true,
          minWidth: 200,
          cell: (row) => <Endpoint id={row.endpoint_id} url={urls.get(row.endpoint_id)} />,
        },
        { header: words.progressHeader, cell: (row) => <ReplayProgress replay={row} />, minWidth: 280 },
        { header: words.chosen, cell: (row) => <Chosen replay={row} />, minWidth: 240 },
        {
          header: words.started,
          cell: (row) => row.created_at && <Time value={row.created_at} isRelative />,
          minWidth: 120,
        },
      ]}
    />
  );
}

function Endpoint({ id, url }: { id: string; url: string | undefined }) {
  return (
    <Link to="/endpoints/$endpointId" params={{ endpointId: id }} className="row-link">
      {url ? <EndpointUrl url={url} /> : <Foreign isCode>{id}</Foreign>}
    </Link>
  );
}

function Chosen({ replay }: { replay: Replay }) {
  const words = texts.replay;
  return (
    <>
      <div>{words.onlyChoices[replay.only]}</div>
      <div className="hint"><Time value={replay.since} /> – <Time value={replay.until} /></div>
      {replay.event_types && <div className="hint"><Foreign>{replay.event_types.join(", ")}</Foreign></div>}
      {replay.filter && <div className="hint"><Foreign isCode>{replay.filter}</Foreign></div>}
      {replay.new_ids && <div className="hint">{words.newIds}</div>}
    </>
  );
}

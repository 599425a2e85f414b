import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";

import { isNotFound, type Schemas } from "../../shared/api.ts";
import { DataTable } from "../../shared/components/DataTable.tsx";
import { DeliveryBadge } from "../../shared/components/DeliveryBadge.tsx";
import { EndpointUrl } from "../../shared/components/EndpointUrl.tsx";
import { Note } from "../../shared/components/ErrorNote.tsx";
import { Foreign } from "../../shared/components/Foreign.tsx";
import { Loaded } from "../../shared/components/Loaded.tsx";
import { PageHeading } from "../../shared/components/PageHeading.tsx";
import { Countdown, Time } from "../../shared/components/Time.tsx";
import { memberText } from "../../shared/json.ts";
import { texts } from "../../texts.ts";
import { BackLink } from "../BackLink.tsx";
import { GoneNote } from "../GoneNote.tsx";
import { PayloadBlock } from "../PayloadBlock.tsx";
import { eventQuery } from "../queries.ts";
import { useCanWrite } from "../session.ts";

const ReplayDialog = lazy(() => import("../replays/ReplayDialog.tsx"));

const route = getRouteApi("/events/$eventId");

type EventDetails = Schemas["EventWithEndpoints"];

/** An event: what it says, and what became of it at each endpoint. */
export function EventPage() {
  const { eventId } = route.useParams();
  const query = useQuery(eventQuery(eventId));
  if (isNotFound(query.error)) {
    return (
      <GoneNote title={texts.gone.event}>
        <Link to="/events" className="button">{texts.events.back}</Link>
      </GoneNote>
    );
  }
  const event = query.data?.event;
  return (
    <>
      <PageHeading
        title={event ? texts.events.title(event.event_type) : texts.events.event}
        above={<BackLink to="/events">{texts.pages.events}</BackLink>}
        actions={event && <Replay event={event} />}
      >
        {event && <Foreign>{event.event_type}</Foreign>}
      </PageHeading>
      <Loaded query={query} lines={12}>
        {(data) => (
          <>
            <Summary event={data.event} />
            <Endpoints event={data.event} />
            <section className="stack" aria-labelledby="payload">
              <h2 id="payload">{texts.payload.label}</h2>
              {data.event.erased_at
                ? <ErasedNote at={data.event.erased_at} />
                : <PayloadBlock json={memberText(data.text, ["data", "payload"]) ?? ""} />}
            </section>
          </>
        )}
      </Loaded>
    </>
  );
}

function ErasedNote({ at }: { at: string }) {
  return <Note tone="info"><p>{texts.events.erasedExplanation} <Time value={at} />.</p></Note>;
}

function Replay({ event }: { event: EventDetails }) {
  const canWrite = useCanWrite();
  const [isOpen, setIsOpen] = useState(false);
  if (!canWrite || event.erased_at) return null;
  // The window of a replay leaves out its end.
  const until = new Date(Date.parse(event.created_at) + 1_000).toISOString();
  return (
    <>
      <button type="button" className="button" onClick={() => setIsOpen(true)}>{texts.replay.around}</button>
      <Suspense fallback={null}>
        {isOpen && (
          <ReplayDialog
            since={event.created_at}
            until={until}
            types={[event.event_type]}
            onClose={() => setIsOpen(false)}
          />
        )}
      </Suspense>
    </>
  );
}

function Summary({ event }: { event: EventDetails }) {
  const words = texts.events;
  return (
    <dl className="card description-list">
      <dt>{words.id}</dt>
      <dd><Foreign isCode>{event.event_id}</Foreign></dd>
      <dt>{words.time}</dt>
      <dd><Time value={event.created_at} /></dd>
      {event.deliver_at && <><dt>{words.deliverAt}</dt><dd><Time value={event.deliver_at} /></dd></>}
      {event.expires_at && <><dt>{words.expiresAt}</dt><dd><Time value={event.expires_at} /></dd></>}
      <dt>{words.audience}</dt>
      <dd>{words.audiences[event.audience]}</dd>
    </dl>
  );
}

function Endpoints({ event }: { event: EventDetails }) {
  const words = texts.events;
  return (
    <section className="stack" aria-labelledby="endpoints">
      <h2 id="endpoints">{words.endpoints}</h2>
      <DataTable
        caption={words.endpoints}
        rows={event.endpoints}
        rowKey={(row) => row.endpoint_id}
        columns={[
          {
            header: texts.endpoints.endpoint,
            isRowHeader: true,
            minWidth: 240,
            cell: (row) => (
              <Link to="/endpoints/$endpointId" params={{ endpointId: row.endpoint_id }} className="row-link">
                <EndpointUrl url={row.url} />
              </Link>
            ),
          },
          { header: words.outcome, cell: (row) => <Outcome row={row} />, minWidth: 280 },
          {
            header: words.delivery,
            minWidth: 120,
            cell: (row) => row.delivery && (
              <Link
                to="/endpoints/$endpointId/deliveries/$deliveryId"
                params={{ endpointId: row.endpoint_id, deliveryId: row.delivery.id }}
              >
                {words.openDelivery}
              </Link>
            ),
          },
        ]}
      />
    </section>
  );
}

function Outcome({ row: { delivery, reason } }: { row: EventDetails["endpoints"][number] }) {
  const words = texts.events;
  if (!delivery) return <span className="hint">{reason ? words.reasons[reason] : texts.none}</span>;
  return (
    <>
      <div className="row">
        <DeliveryBadge status={delivery.status} />
        <span className="hint">{words.attempts(delivery.attempts, delivery.max_attempts)}</span>
      </div>
      {delivery.last_error && <div className="hint"><Foreign>{delivery.last_error}</Foreign></div>}
      {delivery.next_retry_at && (
        <div className="hint">{texts.states.nextAttempt} <Countdown until={delivery.next_retry_at} /></div>
      )}
    </>
  );
}

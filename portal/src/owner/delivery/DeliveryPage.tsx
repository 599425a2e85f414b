import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect } from "react";

import { isNotFound, type Schemas } from "../../shared/api.ts";
import { DeliveryBadge } from "../../shared/components/DeliveryBadge.tsx";
import { ErrorNote, Note } from "../../shared/components/ErrorNote.tsx";
import { Foreign } from "../../shared/components/Foreign.tsx";
import { Icon } from "../../shared/components/Icon.tsx";
import { Loaded } from "../../shared/components/Loaded.tsx";
import { PageHeading } from "../../shared/components/PageHeading.tsx";
import { Countdown, Time } from "../../shared/components/Time.tsx";
import { memberText } from "../../shared/json.ts";
import { notify } from "../../shared/notify.ts";
import { texts } from "../../texts.ts";
import { resendDelivery } from "../actions.ts";
import { BackLink } from "../BackLink.tsx";
import { GoneNote } from "../GoneNote.tsx";
import { PayloadBlock } from "../PayloadBlock.tsx";
import { queryClient } from "../query-client.ts";
import { deliveryQuery, endpointQuery } from "../queries.ts";
import { useCanWrite, whileOpen } from "../session.ts";
import { AttemptTimeline } from "./AttemptTimeline.tsx";
import { RequestCard } from "./RequestCard.tsx";

const route = getRouteApi("/endpoints/$endpointId/deliveries/$deliveryId");
const WATCH_MS = 3_000;

type Delivery = Schemas["DeliveryWithAttempts"];

/** A delivery: what was sent, every attempt, and what comes next. */
export function DeliveryPage() {
  const { endpointId, deliveryId } = route.useParams();
  const query = useQuery({
    ...deliveryQuery(endpointId, deliveryId),
    refetchInterval: ({ state }) => isUnderWay(state.data?.delivery) && !isNotFound(state.error) && whileOpen(WATCH_MS),
  });
  const back = (
    <BackLink to="/endpoints/$endpointId" params={{ endpointId }} search={{ tab: "deliveries" }}>
      {texts.delivery.back}
    </BackLink>
  );
  const isGone = isNotFound(query.error);
  useEffect(() => {
    // The list that the page leads back to must not show it.
    if (isGone) void queryClient.invalidateQueries({ queryKey: ["deliveries", endpointId] });
  }, [isGone, endpointId]);
  if (isGone) {
    return (
      <GoneNote title={texts.gone.delivery}>
        <Link to="/endpoints/$endpointId" params={{ endpointId }} search={{ tab: "deliveries" }} className="button">
          {texts.delivery.back}
        </Link>
      </GoneNote>
    );
  }
  const delivery = query.data?.delivery;
  return (
    <>
      <PageHeading
        title={delivery ? texts.delivery.title(delivery.event_type) : texts.delivery.loadingTitle}
        above={back}
        actions={delivery && <Resend endpointId={endpointId} delivery={delivery} />}
      >
        {delivery && <><Foreign>{delivery.event_type}</Foreign> <DeliveryBadge status={delivery.status} /></>}
      </PageHeading>
      <Loaded query={query} lines={14}>
        {(data) => <DeliveryDetails endpointId={endpointId} delivery={data.delivery} text={data.text} />}
      </Loaded>
    </>
  );
}

interface DeliveryDetailsProps {
  endpointId: string;
  delivery: Delivery;
  text: string;
}

function DeliveryDetails({ endpointId, delivery, text }: DeliveryDetailsProps) {
  const endpoint = useQuery(endpointQuery(endpointId));
  const payload = delivery.payload ? memberText(text, ["data", "payload"]) : null;
  return (
    <>
      <NextStep delivery={delivery} />
      <Summary delivery={delivery} />
      <div className="columns">
        <section className="stack" aria-labelledby="attempts">
          <h2 id="attempts">{texts.delivery.attempts}</h2>
          <AttemptTimeline delivery={delivery} />
        </section>
        <section className="stack" aria-labelledby="request">
          <h2 id="request">{texts.delivery.request}</h2>
          {payload === null
            ? <Note tone="info"><p>{texts.delivery.payloadGone}</p></Note>
            : <PayloadBlock json={payload} />}
          {endpoint.data && <RequestCard endpoint={endpoint.data} delivery={delivery} payload={payload} />}
        </section>
      </div>
    </>
  );
}

function NextStep({ delivery }: { delivery: Delivery }) {
  const words = texts.delivery;
  if (delivery.is_waiting) return <Note tone="info"><p>{words.waitsForOrder}</p></Note>;
  if (!delivery.next_retry_at) return null;
  return (
    <Note tone="info">
      <p>{words.next(delivery.attempts + 1, delivery.max_attempts)} <Countdown until={delivery.next_retry_at} />.</p>
    </Note>
  );
}

function Summary({ delivery }: { delivery: Delivery }) {
  const words = texts.delivery;
  return (
    <dl className="card description-list">
      <dt>{words.event}</dt>
      <dd>
        <Link to="/events/$eventId" params={{ eventId: delivery.event_id }}>
          <Foreign isCode>{delivery.event_id}</Foreign>
        </Link>
      </dd>
      <dt>{words.id}</dt>
      <dd><Foreign isCode>{delivery.id}</Foreign></dd>
      <dt>{words.created}</dt>
      <dd><Time value={delivery.created_at} /></dd>
      {delivery.delivered_at && <><dt>{words.delivered}</dt><dd><Time value={delivery.delivered_at} /></dd></>}
      {delivery.last_error && <><dt>{words.lastError}</dt><dd><Foreign>{delivery.last_error}</Foreign></dd></>}
      {delivery.passed_over_at && <><dt>{words.passedOver}</dt><dd><Time value={delivery.passed_over_at} /></dd></>}
    </dl>
  );
}

function Resend({ endpointId, delivery }: { endpointId: string; delivery: Delivery }) {
  const canWrite = useCanWrite();
  const resend = useMutation({
    mutationFn: () => resendDelivery(endpointId, delivery.id),
    onSuccess: () => notify(texts.delivery.resent),
    // It was deleted meanwhile: the page finds out, and says so.
    onError: (error) => {
      if (isNotFound(error)) void queryClient.invalidateQueries({ queryKey: ["delivery", endpointId, delivery.id] });
    },
  });
  if (!canWrite) return null;
  return (
    <>
      {resend.error && !isNotFound(resend.error) && <ErrorNote error={resend.error} />}
      <button
        type="button"
        className="button button-primary"
        onClick={() => resend.mutate()}
        disabled={resend.isPending}
      >
        <Icon name="repeat" />{resend.isPending ? texts.working : texts.delivery.resend}
      </button>
    </>
  );
}

const isUnderWay = (delivery: Delivery | undefined) =>
  delivery?.status === "pending" || delivery?.status === "retrying";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import type { Schemas } from "../../shared/api.ts";
import { Confirm } from "../../shared/components/Confirm.tsx";
import { Note } from "../../shared/components/ErrorNote.tsx";
import { Foreign } from "../../shared/components/Foreign.tsx";
import { Countdown, Time } from "../../shared/components/Time.tsx";
import { notify } from "../../shared/notify.ts";
import { texts } from "../../texts.ts";
import { changeEndpoint, resendFailed } from "../actions.ts";
import { endpointState } from "../endpoint-state.ts";
import { useCanWrite } from "../session.ts";
import { useFailedCount } from "./failed-count.ts";

/** Says that an endpoint fails, backs off or is off, and leads out of it. Also how long an old secret signs. */
export function EndpointBanner({ endpoint }: { endpoint: Schemas["Endpoint"] }) {
  const { name } = endpointState(endpoint);
  return (
    <>
      {name !== "active" && <StateNote endpoint={endpoint} />}
      {endpoint.secret_expires_at && Date.parse(endpoint.secret_expires_at) > Date.now() && (
        <Note tone="info"><p>{texts.rotate.overlap} <Countdown until={endpoint.secret_expires_at} />.</p></Note>
      )}
    </>
  );
}

function StateNote({ endpoint }: { endpoint: Schemas["Endpoint"] }) {
  const { label, reason, tone } = endpointState(endpoint);
  const { failing_since, next_attempt_at } = endpoint.health;
  const since = endpoint.is_active ? failing_since : endpoint.disabled_at;
  return (
    <Note tone={tone === "bad" ? "bad" : "warning"}>
      <p>
        <strong>{label}</strong>
        {since && <> {texts.states.since} <Time value={since} /></>}
        {". "}
        <Foreign>{reason}</Foreign>
        {endpoint.is_active && next_attempt_at && (
          <> {texts.states.nextAttempt} <Countdown until={next_attempt_at} />.</>
        )}
      </p>
      <SendAgain endpoint={endpoint} />
    </Note>
  );
}

/** Switches the endpoint on where it is off, and has what failed sent again. */
function SendAgain({ endpoint }: { endpoint: Schemas["Endpoint"] }) {
  const words = texts.banner;
  const canWrite = useCanWrite();
  const [isOpen, setIsOpen] = useState(false);
  const failed = useFailedCount(endpoint, canWrite);
  const isOff = !endpoint.is_active;
  const run = useMutation({
    mutationFn: async () => {
      if (isOff) await changeEndpoint(endpoint.id, { is_active: true });
      return failed?.count ? resendFailed({ endpoint_id: endpoint.id }) : 0;
    },
    onSuccess: (count) => {
      notify(words.sentAgain(count));
      setIsOpen(false);
    },
  });
  if (!canWrite || (!isOff && !failed?.count)) return null;
  const action = words.action(isOff, failed?.count ?? 0, failed?.hasMore ?? false);
  return (
    <>
      <button type="button" className="button" onClick={() => setIsOpen(true)}>{action}</button>
      {isOpen && (
        <Confirm
          title={action}
          action={words.confirm(isOff, failed?.count ?? 0, failed?.hasMore ?? false)}
          isBusy={run.isPending}
          error={run.error}
          onConfirm={() => run.mutate()}
          onClose={() => setIsOpen(false)}
        >
          <p>{words.explanation}</p>
        </Confirm>
      )}
    </>
  );
}

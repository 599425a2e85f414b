import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { answerOf, ApiError, type Schemas } from "../../shared/api.ts";
import { CodeBlock } from "../../shared/components/CodeBlock.tsx";
import { DeliveryBadge } from "../../shared/components/DeliveryBadge.tsx";
import { Dialog } from "../../shared/components/Dialog.tsx";
import { ErrorNote } from "../../shared/components/ErrorNote.tsx";
import { Field } from "../../shared/components/Field.tsx";
import { Loaded } from "../../shared/components/Loaded.tsx";
import { formatMilliseconds } from "../../shared/numbers.ts";
import { objectProblem } from "../../shared/object-problem.ts";
import { covers } from "../../shared/type-tree.ts";
import { texts } from "../../texts.ts";
import { causeOf } from "../delivery/causes.ts";
import { deliveryQuery, eventTypesQuery } from "../queries.ts";
import { session, whileOpen } from "../session.ts";

const POLL_MS = 1_000;

/** Sends an example to the endpoint, and shows what it answers. */
export function TestDialog({ endpoint, onClose }: { endpoint: Schemas["Endpoint"]; onClose: () => void }) {
  const types = useQuery(eventTypesQuery());
  return (
    <Dialog title={texts.test.action} description={<p>{texts.test.explanation}</p>} onClose={onClose} isWide>
      <Loaded query={types}>
        {(catalogue) => {
          const known = catalogue.toSorted((a, b) =>
            Number(covers(endpoint.events, b.name)) - Number(covers(endpoint.events, a.name)));
          return <TestForm endpoint={endpoint} types={known} onClose={onClose} />;
        }}
      </Loaded>
    </Dialog>
  );
}

interface TestFormProps {
  endpoint: Schemas["Endpoint"];
  types: Schemas["CatalogueEntry"][];
  onClose: () => void;
}

function TestForm({ endpoint, types, onClose }: TestFormProps) {
  const words = texts.test;
  const [type, setType] = useState(types[0]?.name ?? "");
  const [text, setText] = useState(() => exampleOf(types, type));
  const send = useMutation({
    mutationFn: () => answerOf(session.api.POST("/webhooks/{endpoint_id}/test", {
      params: { path: { endpoint_id: endpoint.id } },
      body: { event_type: type },
      // As it was typed: parsing it would change large numbers.
      bodySerializer: () => `{"event_type": ${JSON.stringify(type)}, "data": ${text}}`,
    })),
  });
  const problem = objectProblem(text);
  const fieldError = send.error instanceof ApiError && send.error.field ? send.error.message : null;
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (!problem) send.mutate();
      }}
    >
      <Field label={words.type}>
        {(control) => (
          <select
            {...control}
            value={type}
            onChange={(event) => {
              setType(event.target.value);
              setText(exampleOf(types, event.target.value));
            }}
          >
            {types.map(({ name }) => <option key={name} value={name}>{name}</option>)}
          </select>
        )}
      </Field>
      <Field label={words.data} error={problem ?? fieldError}>
        {(control) => (
          <textarea
            {...control}
            className="code"
            dir="auto"
            rows={8}
            spellCheck={false}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        )}
      </Field>
      {send.error && !fieldError && <ErrorNote error={send.error} />}
      {send.data && <TestResult key={send.data.data.id} endpointId={endpoint.id} deliveryId={send.data.data.id} />}
      <div className="actions">
        <button type="button" className="button" onClick={onClose}>{texts.close}</button>
        <button type="submit" className="button button-primary" disabled={Boolean(problem) || send.isPending}>
          {send.isPending ? texts.working : send.data ? words.again : words.send}
        </button>
      </div>
    </form>
  );
}

function TestResult({ endpointId, deliveryId }: { endpointId: string; deliveryId: string }) {
  const words = texts.test;
  const query = useQuery({
    ...deliveryQuery(endpointId, deliveryId),
    refetchInterval: ({ state }) => !hasEnded(state.data?.delivery.status) && whileOpen(POLL_MS),
  });
  const delivery = query.data?.delivery;
  const attempt = delivery?.attempt_log.at(-1);
  if (query.error && !delivery) return <ErrorNote error={query.error} onRetry={() => void query.refetch()} />;
  return (
    <section className="card stack stack-tight" aria-label={words.result} aria-live="polite">
      <div className="row">
        <DeliveryBadge status={delivery?.status ?? "pending"} />
        {attempt
          ? <span>{words.answered(attempt.response_status, formatMilliseconds(attempt.response_time_ms))}</span>
          : <span>{words.waiting}</span>}
        <Link to="/endpoints/$endpointId/deliveries/$deliveryId" params={{ endpointId, deliveryId }}>{words.open}</Link>
      </div>
      {attempt?.error && <p>{texts.causes[causeOf(attempt)].advice}</p>}
      {attempt?.response_body && <CodeBlock label={words.body} text={attempt.response_body} isProse />}
    </section>
  );
}

const hasEnded = (status: Schemas["DeliveryStatus"] | undefined) => status === "success" || status === "failed";

function exampleOf(types: Schemas["CatalogueEntry"][], name: string): string {
  return JSON.stringify(types.find((type) => type.name === name)?.example ?? {}, null, 2);
}

import { useQuery } from "@tanstack/react-query";

import { answerOf, ApiError, type Schemas } from "../../shared/api.ts";
import { useSettled } from "../../shared/clock.ts";
import { Field } from "../../shared/components/Field.tsx";
import { Foreign } from "../../shared/components/Foreign.tsx";
import { StatusBadge } from "../../shared/components/StatusBadge.tsx";
import { Time } from "../../shared/components/Time.tsx";
import { texts } from "../../texts.ts";
import { session } from "../session.ts";
import type { FormPart } from "./EndpointForm.tsx";

const TYPING_RESTS_MS = 500;

/** The filter, tested as it is typed against the endpoint's past events. */
export function FilterField({ part, endpointId }: { part: FormPart; endpointId: string | null }) {
  const words = texts.filter;
  const { draft, change, problem } = part;
  const filter = useSettled(draft.filter.trim(), TYPING_RESTS_MS);
  const test = useQuery({
    queryKey: ["filter-test", endpointId, filter],
    enabled: endpointId !== null && filter !== "",
    queryFn: async ({ signal }) => {
      const call = { params: { path: { endpoint_id: endpointId ?? "" } }, body: { filter }, signal };
      return (await answerOf(session.api.POST("/webhooks/{endpoint_id}/filter/test", call))).data;
    },
    placeholderData: (before) => before,
  });
  const message = filter ? mistake(test.error) : null;
  return (
    <div className="stack stack-tight">
      <Field
        label={words.label}
        hint={<>{words.hint} <code>{words.example}</code>{endpointId === null && <> {words.testLater}</>}</>}
        error={problem("filter") ?? message}
      >
        {(control) => (
          <textarea
            {...control}
            className="code"
            rows={2}
            maxLength={500}
            spellCheck={false}
            value={draft.filter}
            onChange={(event) => change({ filter: event.target.value })}
          />
        )}
      </Field>
      {filter && test.data && !message && <TestedEvents test={test.data} />}
    </div>
  );
}

/** Where the filter cannot be read, or why it could not be tested. */
function mistake(error: Error | null): string | null {
  if (!error) return null;
  const position = error instanceof ApiError ? error.details.position : undefined;
  return typeof position === "number" ? texts.filter.mistake(error.message, position) : error.message;
}

function TestedEvents({ test }: { test: Schemas["FilterTest"] }) {
  const words = texts.filter;
  return (
    <details className="card filter-test">
      <summary>
        <span role="status">{test.tested === 0 ? words.noEvents : words.result(test.matched, test.tested)}</span>
      </summary>
      <ul className="plain-list scroll-box" tabIndex={0} aria-label={words.tested}>
        {test.events.map((event, index) => <TestedEvent key={event.event_id ?? index} event={event} />)}
      </ul>
    </details>
  );
}

function TestedEvent({ event }: { event: Schemas["FilterTest"]["events"][number] }) {
  const words = texts.filter;
  const failed = event.conditions.filter((condition) => condition.matches !== true);
  return (
    <li className="filter-event">
      <div className="row">
        {event.matches
          ? <StatusBadge tone="good" icon="check" label={words.passes} />
          : <StatusBadge tone="quiet" icon="cross" label={words.heldBack} />}
        <Foreign isCode>{event.event_type ?? ""}</Foreign>
        <span className="hint"><Foreign isCode>{event.event_id ?? ""}</Foreign></span>
        {event.created_at && <span className="hint"><Time value={event.created_at} isRelative /></span>}
      </div>
      {!event.matches && failed.map(({ condition, matches }) => (
        <p key={condition} className="hint">
          <Foreign isCode>{condition}</Foreign> {matches === false ? words.doesNotHold : words.cannotTell}
        </p>
      ))}
    </li>
  );
}

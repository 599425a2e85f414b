import { Field, FieldGroup } from "../../shared/components/Field.tsx";
import { formatDuration, parseSteps } from "../../shared/duration.ts";
import { texts } from "../../texts.ts";
import type { Draft } from "./draft.ts";
import type { FormPart } from "./EndpointForm.tsx";

const DEFAULT_ATTEMPTS = 5;
const DEFAULT_STEPS = [60, 300, 1_800, 7_200, 28_800];
const MOST_SHOWN = 12;

/** How fast, how often and in which order is sent. */
export function DeliveryFields({ part }: { part: FormPart }) {
  const words = texts.form;
  const { draft, change, problem } = part;
  const steps = parseSteps(draft.schedule);
  return (
    <section className="card stack" aria-labelledby="form-how">
      <h2 id="form-how">{words.how}</h2>
      <div className="columns">
        <Field label={words.rateLimit} hint={words.rateLimitHint} error={problem("rate_limit_per_minute")}>
          {(control) => (
            <input
              {...control}
              inputMode="numeric"
              value={draft.rateLimit}
              onChange={(event) => change({ rateLimit: event.target.value })}
            />
          )}
        </Field>
        <Field label={words.maxAttempts} hint={words.maxAttemptsHint} error={problem("max_attempts")}>
          {(control) => (
            <input
              {...control}
              inputMode="numeric"
              value={draft.maxAttempts}
              onChange={(event) => change({ maxAttempts: event.target.value })}
            />
          )}
        </Field>
      </div>
      <Field
        label={words.schedule}
        hint={words.scheduleHint}
        error={problem("retry_schedule")}
        warning={"unreadable" in steps ? words.problems.unreadableStep(steps.unreadable) : null}
      >
        {(control) => (
          <input
            {...control}
            placeholder="1m, 5m, 30m, 2h, 8h"
            spellCheck={false}
            value={draft.schedule}
            onChange={(event) => change({ schedule: event.target.value })}
          />
        )}
      </Field>
      <SchedulePreview draft={draft} />
      <OrderingField part={part} />
    </section>
  );
}

/** When the attempts for an event are, if all of them fail. */
function SchedulePreview({ draft }: { draft: Draft }) {
  const words = texts.form;
  const parsed = parseSteps(draft.schedule);
  if ("unreadable" in parsed) return null;
  const steps = parsed.steps.length > 0 ? parsed.steps : DEFAULT_STEPS;
  const attempts = Math.min(100, Math.max(1, Math.trunc(Number(draft.maxAttempts)) || DEFAULT_ATTEMPTS));
  let passed = 0;
  const times = Array.from({ length: attempts }, (_, index) => {
    if (index > 0) passed += steps[Math.min(index, steps.length) - 1] ?? 0;
    return passed;
  });
  return (
    <div aria-live="polite">
      <p className="hint">{words.preview}</p>
      <ol className="chips schedule-preview">
        {times.slice(0, MOST_SHOWN).map((seconds, index) => (
          <li key={index} className="chip">{index === 0 ? words.atOnce : words.after(formatDuration(seconds))}</li>
        ))}
        {times.length > MOST_SHOWN && (
          <li className="hint">{words.lastAttempt(times.length, formatDuration(passed))}</li>
        )}
      </ol>
    </div>
  );
}

function OrderingField({ part }: { part: FormPart }) {
  const words = texts.form;
  const { draft, change, problem } = part;
  const choices = ["none", "endpoint", "key"] as const;
  return (
    <FieldGroup
      label={words.ordering}
      hint={words.orderingHint}
      error={draft.ordering === "key" ? null : problem("ordering")}
    >
      {choices.map((choice) => (
        <label key={choice} className="choice">
          <input
            type="radio"
            name="ordering"
            value={choice}
            checked={draft.ordering === choice}
            onChange={() => change({ ordering: choice })}
          />
          <span>{words.orderings[choice]}</span>
        </label>
      ))}
      {draft.ordering === "key" && (
        <Field label={words.orderingKey} hint={words.orderingKeyHint} error={problem("ordering")}>
          {(control) => (
            <input
              {...control}
              className="code"
              spellCheck={false}
              value={draft.orderingKey}
              onChange={(event) => change({ orderingKey: event.target.value })}
            />
          )}
        </Field>
      )}
    </FieldGroup>
  );
}

import type { Schemas } from "../../shared/api.ts";
import { CodeBlock } from "../../shared/components/CodeBlock.tsx";
import { Foreign } from "../../shared/components/Foreign.tsx";
import { Icon } from "../../shared/components/Icon.tsx";
import { Countdown, Time } from "../../shared/components/Time.tsx";
import { formatMilliseconds } from "../../shared/numbers.ts";
import { texts } from "../../texts.ts";
import { causeOf } from "./causes.ts";

type Attempt = Schemas["Attempt"];

/** The attempts of a delivery, and the next one. */
export function AttemptTimeline({ delivery }: { delivery: Schemas["DeliveryWithAttempts"] }) {
  const words = texts.delivery;
  const { attempt_log: attempts, next_retry_at } = delivery;
  return (
    <ol className="timeline">
      {attempts.length === 0 && <li className="timeline-next"><Icon name="clock" /><p>{words.noAttempts}</p></li>}
      {attempts.map((attempt, index) => <Step key={`${attempt.attempt} ${index}`} attempt={attempt} />)}
      {next_retry_at && attempts.length > 0 && (
        <li className="timeline-next">
          <Icon name="clock" />
          <p>{words.next(delivery.attempts + 1, delivery.max_attempts)} <Countdown until={next_retry_at} />.</p>
        </li>
      )}
    </ol>
  );
}

function Step({ attempt }: { attempt: Attempt }) {
  const words = texts.delivery;
  const cause = attempt.error === null ? null : texts.causes[causeOf(attempt)];
  return (
    <li className={cause ? "timeline-bad" : "timeline-good"}>
      <Icon name={cause ? "cross" : "check"} />
      <div className="stack stack-tight">
        <div className="row">
          <h3>{words.attempt(attempt.attempt)}</h3>
          <span className="chip">
            {attempt.response_status === null ? words.noAnswer : texts.http(attempt.response_status)}
          </span>
          <span className="hint">{formatMilliseconds(attempt.response_time_ms)}</span>
        </div>
        <p className="hint"><Time value={attempt.attempted_at} /></p>
        {cause && (
          <p><strong>{cause.label}.</strong> <Foreign>{attempt.error}</Foreign>. {cause.advice}</p>
        )}
        {attempt.response_body && <CodeBlock label={words.answer} text={attempt.response_body} isProse />}
      </div>
    </li>
  );
}

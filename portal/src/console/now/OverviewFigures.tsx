import { consoleTexts } from "../../console-texts.ts";
import type { Schemas } from "../../shared/api.ts";
import { Figure } from "../../shared/components/Figure.tsx";
import { Time } from "../../shared/components/Time.tsx";
import { formatCount, formatMilliseconds, formatShare } from "../../shared/numbers.ts";

const rate = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** The numbers of the overview. */
export function OverviewFigures({ overview }: { overview: Schemas["Overview"] }) {
  const words = consoleTexts.now;
  const { p50, p95, p99 } = overview.response_time_ms;
  const { active, failing, inactive } = overview.endpoints;
  const tick = overview.last_tick;
  return (
    <dl className="figures figures-overview" aria-label={words.figures}>
      <Figure
        label={words.backlog}
        value={formatCount(overview.backlog)}
        note={overview.oldest_due_at
          ? <>{words.oldestDue} <Time value={overview.oldest_due_at} isRelative /></>
          : words.noneDue}
      />
      <Figure label={words.outbox} value={formatCount(overview.outbox)} note={words.setAside(overview.set_aside)} />
      <Figure
        label={words.lastTick}
        value={tick ? <Time value={tick.finished_at} isRelative /> : words.never}
        note={tick && words.took(formatMilliseconds(tick.duration_ms))}
      />
      <Figure
        label={words.perMinute}
        value={rate.format(overview.attempts_per_minute)}
        note={words.perMinuteNote}
      />
      <Figure label={words.successRate} value={formatShare(overview.success_rate)} note={words.ofTheHour} />
      <Figure
        label={words.responseTime}
        value={formatMilliseconds(p50)}
        note={words.percentiles(formatMilliseconds(p95), formatMilliseconds(p99))}
      />
      <Figure
        label={words.endpoints}
        value={formatCount(active)}
        note={words.otherEndpoints(failing, inactive)}
      />
    </dl>
  );
}

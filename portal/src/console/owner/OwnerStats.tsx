import { useQuery } from "@tanstack/react-query";

import { consoleTexts } from "../../console-texts.ts";
import { Figure } from "../../shared/components/Figure.tsx";
import { Loaded } from "../../shared/components/Loaded.tsx";
import { StatsCharts } from "../../shared/components/StatsCharts.tsx";
import { Time } from "../../shared/components/Time.tsx";
import { WindowChoice } from "../../shared/components/WindowChoice.tsx";
import { formatCount, formatMilliseconds, formatShare } from "../../shared/numbers.ts";
import { Dimmed } from "../Dimmed.tsx";
import { routeOf, useGo } from "../navigation.ts";
import { statsQuery } from "../queries.ts";

const route = routeOf("/owners/$owner");

/** Attempts at the endpoints of an owner. */
export function OwnerStats({ owner }: { owner: string }) {
  const words = consoleTexts.ownerPage;
  const { window = "24h" } = route.useSearch();
  const go = useGo();
  const stats = useQuery(statsQuery(window, owner));
  return (
    <section className="stack" aria-label={consoleTexts.now.attempts}>
      <div className="page-heading-row">
        <h2>{consoleTexts.now.attempts}</h2>
        <WindowChoice
          value={window}
          onChange={(value) => void go({
            to: "/owners/$owner",
            params: { owner },
            search: (before) => ({ ...before, window: value === "24h" ? undefined : value }),
            replace: true,
            resetScroll: false,
          })}
        />
      </div>
      <Loaded query={stats} lines={16}>
        {(data) => (
          <Dimmed isDimmed={stats.isPlaceholderData}>
            <dl className="figures" aria-label={words.figures}>
              <Figure label={words.attempts} value={formatCount(data.attempts)} />
              <Figure label={words.successRate} value={formatShare(data.success_rate)} />
              <Figure label={words.responseTime} value={formatMilliseconds(data.response_time_ms.p95)} />
              <Figure
                label={words.backlog}
                value={formatCount(data.backlog)}
                note={data.oldest_due_at && <>{words.oldestDue} <Time value={data.oldest_due_at} isRelative /></>}
              />
            </dl>
            <StatsCharts stats={data} causeLabels={consoleTexts.causes} />
          </Dimmed>
        )}
      </Loaded>
    </section>
  );
}

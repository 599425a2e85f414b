import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";

import type { Schemas } from "../../shared/api.ts";
import { Figure } from "../../shared/components/Figure.tsx";
import { Loaded } from "../../shared/components/Loaded.tsx";
import { StatsCharts } from "../../shared/components/StatsCharts.tsx";
import { Time } from "../../shared/components/Time.tsx";
import { WindowChoice } from "../../shared/components/WindowChoice.tsx";
import { formatCount, formatMilliseconds, formatShare } from "../../shared/numbers.ts";
import { texts } from "../../texts.ts";
import { CAUSE_LABELS } from "../delivery/causes.ts";
import { endpointStatsQuery } from "../queries.ts";

const route = getRouteApi("/endpoints/$endpointId");

/** The numbers of an endpoint, and charts of them. */
export function OverviewTab({ endpointId }: { endpointId: string }) {
  const { window = "24h" } = route.useSearch();
  const navigate = route.useNavigate();
  const stats = useQuery(endpointStatsQuery(endpointId, window));
  return (
    <>
      <WindowChoice
        value={window}
        onChange={(value) => void navigate({
          search: (before) => ({ ...before, window: value === "24h" ? undefined : value }),
          replace: true,
          resetScroll: false,
        })}
      />
      <Loaded query={stats} lines={16}>{(data) => <Numbers stats={data} />}</Loaded>
    </>
  );
}

function Numbers({ stats }: { stats: Schemas["Stats"] }) {
  const words = texts.figures;
  const failed = stats.buckets.reduce((sum, bucket) => sum + bucket.failed, 0);
  return (
    <>
      <dl className="figures">
        <Figure
          label={words.attempts}
          value={formatCount(stats.attempts)}
          note={texts.charts.failed(formatCount(failed))}
        />
        <Figure label={words.successRate} value={formatShare(stats.success_rate)} />
        <Figure label={words.p95} value={formatMilliseconds(stats.response_time_ms.p95)} />
        <Figure
          label={words.backlog}
          value={formatCount(stats.backlog)}
          note={stats.oldest_due_at && <>{words.oldest} <Time value={stats.oldest_due_at} isRelative /></>}
        />
      </dl>
      <StatsCharts stats={stats} causeLabels={CAUSE_LABELS} />
    </>
  );
}

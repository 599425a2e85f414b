import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";

import type { Schemas } from "../../shared/api.ts";
import { Chart } from "../../shared/components/Chart.tsx";
import { Figure } from "../../shared/components/Figure.tsx";
import { Loaded } from "../../shared/components/Loaded.tsx";
import { Segments } from "../../shared/components/Segments.tsx";
import { Time } from "../../shared/components/Time.tsx";
import { formatCount, formatMilliseconds, formatShare } from "../../shared/numbers.ts";
import { texts } from "../../texts.ts";
import { endpointStatsQuery } from "../queries.ts";
import { WINDOWS } from "../search.ts";
import { causesChart, timesChart, volumeChart } from "./charts.ts";

const route = getRouteApi("/endpoints/$endpointId");

/** The numbers of an endpoint, and charts of them. */
export function OverviewTab({ endpointId }: { endpointId: string }) {
  const { window = "24h" } = route.useSearch();
  const navigate = route.useNavigate();
  const stats = useQuery(endpointStatsQuery(endpointId, window));
  return (
    <>
      <Segments
        label={texts.window.label}
        value={window}
        options={WINDOWS.map((value) => ({ value, label: texts.window[value] }))}
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
  const charts = texts.charts;
  const volume = useMemo(() => volumeChart(stats), [stats]);
  const causes = useMemo(() => causesChart(stats), [stats]);
  const times = useMemo(() => timesChart(stats), [stats]);
  const failed = stats.buckets.reduce((sum, bucket) => sum + bucket.failed, 0);
  const { p50, p95, p99 } = stats.response_time_ms;
  return (
    <>
      <dl className="figures">
        <Figure label={words.attempts} value={formatCount(stats.attempts)} note={charts.failed(formatCount(failed))} />
        <Figure label={words.successRate} value={formatShare(stats.success_rate)} />
        <Figure label={words.p95} value={formatMilliseconds(p95)} />
        <Figure
          label={words.backlog}
          value={formatCount(stats.backlog)}
          note={stats.oldest_due_at && <>{words.oldest} <Time value={stats.oldest_due_at} isRelative /></>}
        />
      </dl>
      <Chart
        title={charts.volume}
        summary={charts.volumeSummary(formatCount(stats.attempts), formatCount(failed))}
        data={volume}
      />
      <div className="columns">
        <Chart
          title={charts.causes}
          summary={charts.causesSummary(causes.series.length, formatCount(failed))}
          data={causes}
        />
        <Chart
          title={charts.times}
          summary={charts.timesSummary(formatMilliseconds(p50), formatMilliseconds(p95), formatMilliseconds(p99))}
          data={times}
        />
      </div>
    </>
  );
}

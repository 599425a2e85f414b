import { useMemo } from "react";

import { texts } from "../../texts.ts";
import type { Schemas } from "../api.ts";
import { causesChart, timesChart, volumeChart, type CauseLabels } from "../charts.ts";
import { formatCount, formatMilliseconds } from "../numbers.ts";
import { Chart } from "./Chart.tsx";

/** Charts of attempts: how many, failures by cause, response times. */
export function StatsCharts({ stats, causeLabels }: { stats: Schemas["Stats"]; causeLabels: CauseLabels }) {
  const words = texts.charts;
  const volume = useMemo(() => volumeChart(stats), [stats]);
  const causes = useMemo(() => causesChart(stats, causeLabels), [stats, causeLabels]);
  const times = useMemo(() => timesChart(stats), [stats]);
  const failed = formatCount(stats.buckets.reduce((sum, bucket) => sum + bucket.failed, 0));
  const { p50, p95, p99 } = stats.response_time_ms;
  return (
    <>
      <Chart title={words.volume} summary={words.volumeSummary(formatCount(stats.attempts), failed)} data={volume} />
      <div className="columns">
        <Chart title={words.causes} summary={words.causesSummary(causes.series.length, failed)} data={causes} />
        <Chart
          title={words.times}
          summary={words.timesSummary(formatMilliseconds(p50), formatMilliseconds(p95), formatMilliseconds(p99))}
          data={times}
        />
      </div>
    </>
  );
}

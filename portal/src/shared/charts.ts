// What the charts of attempts draw.

import { texts } from "../texts.ts";
import type { Schemas } from "./api.ts";
import type { ChartData } from "./components/Chart.tsx";
import { formatCount, formatMilliseconds } from "./numbers.ts";

type Stats = Schemas["Stats"];

const CAUSES = ["timeout", "server_error", "client_error", "connection", "redirect", "not_sent"] as const;

/** What each cause of failures is called. */
export type CauseLabels = Record<(typeof CAUSES)[number], string>;

const startsOf = (stats: Stats) => stats.buckets.map((bucket) => Date.parse(bucket.start) / 1_000);

const formatBar = (value: number | null) => formatCount(value ?? 0);

/** Attempts that succeeded and failed. */
export function volumeChart(stats: Stats): ChartData {
  const words = texts.charts;
  const { buckets } = stats;
  return {
    kind: "stacked_bars",
    times: startsOf(stats),
    format: formatBar,
    series: [
      { label: words.failedSeries, color: "--chart-bad", values: buckets.map((bucket) => bucket.failed) },
      {
        label: words.succeededSeries,
        color: "--chart-good",
        values: buckets.map((bucket) => bucket.attempts - bucket.failed),
      },
    ],
  };
}

/** Failed attempts by cause: the causes that occurred. */
export function causesChart(stats: Stats, labels: CauseLabels): ChartData {
  const series = CAUSES.map((cause, index) => ({
    label: labels[cause],
    color: `--chart-${index + 1}`,
    values: stats.buckets.map((bucket) => bucket.failures_by_cause[cause] ?? 0),
  }));
  const occurring = series.filter(({ values }) => values.some((count) => count > 0));
  return { kind: "stacked_bars", times: startsOf(stats), format: formatBar, series: occurring };
}

/** Percentiles of response times. */
export function timesChart(stats: Stats): ChartData {
  const colors = { p50: "--chart-4", p95: "--chart-3", p99: "--chart-1" } as const;
  return {
    kind: "lines",
    times: startsOf(stats),
    format: formatMilliseconds,
    series: (["p50", "p95", "p99"] as const).map((name) => ({
      label: name,
      color: colors[name],
      values: stats.buckets.map((bucket) => bucket.response_time_ms[name]),
    })),
  };
}

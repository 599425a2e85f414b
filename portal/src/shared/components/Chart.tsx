import { lazy, Suspense, useEffect, useRef, useState, type ReactNode } from "react";

import { texts } from "../../texts.ts";
import { DataTable } from "./DataTable.tsx";
import { formatTime } from "./Time.tsx";

/** A line or a stack of bars of a chart. */
export interface ChartSeries {
  label: string;
  /** The custom property of its colour, such as `--chart-good`. */
  color: string;
  values: (number | null)[];
}

/** What a chart draws. */
export interface ChartData {
  kind: "stacked_bars" | "lines";
  /** Seconds since 1970, rising. */
  times: number[];
  series: ChartSeries[];
  format: (value: number | null) => string;
}

const Canvas = lazy(() => import("./ChartCanvas.tsx"));

/** A chart, and its numbers as a table. `summary` says in a sentence what it shows. */
export function Chart({ title, summary, data }: { title: string; summary: string; data: ChartData }) {
  const [isTable, setIsTable] = useState(false);
  return (
    <section className="card chart" aria-label={title}>
      <div className="chart-head">
        <h2>{title}</h2>
        <button
          type="button"
          className="button button-small"
          aria-pressed={isTable}
          onClick={() => setIsTable(!isTable)}
        >
          {texts.chart.showAsTable}
        </button>
      </div>
      <p className="hint">{summary}</p>
      {isTable
        ? <ChartTable title={title} data={data} />
        : <OnceSeen><Canvas data={data} /></OnceSeen>}
    </section>
  );
}

/** What draws is large: it is loaded once the chart is scrolled to. */
function OnceSeen({ children }: { children: ReactNode }) {
  const space = useRef<HTMLDivElement>(null);
  const [isSeen, setIsSeen] = useState(false);
  useEffect(() => {
    if (!space.current) return;
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      setIsSeen(true);
    });
    observer.observe(space.current);
    return () => observer.disconnect();
  }, []);
  if (!isSeen) return <div ref={space} className="chart-space" />;
  return <Suspense fallback={<div className="chart-space" />}>{children}</Suspense>;
}

function ChartTable({ title, data }: { title: string; data: ChartData }) {
  const rows = data.times.map((time, index) => ({ time, index }));
  return (
    <div className="scroll-box" role="group" aria-label={title} tabIndex={0}>
      <DataTable
        caption={title}
        rows={rows}
        rowKey={(row) => String(row.time)}
        columns={[
          {
            header: texts.chart.from,
            cell: (row) => formatTime(new Date(row.time * 1_000).toISOString()),
            isRowHeader: true,
          },
          ...data.series.map((series) => ({
            header: series.label,
            cell: (row: { index: number }) => data.format(series.values[row.index] ?? null),
            isNumber: true,
          })),
        ]}
      />
    </div>
  );
}

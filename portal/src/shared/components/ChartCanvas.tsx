import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import type { ChartData } from "./Chart.tsx";
import { formatTime } from "./Time.tsx";

const HEIGHT = 200;
const DARK = "(prefers-color-scheme: dark)";

/** The drawing of a chart with its legend, which has the numbers of the time under the pointer. */
export default function ChartCanvas({ data }: { data: ChartData }) {
  const box = useRef<HTMLDivElement>(null);
  const [index, setIndex] = useState<number | null>(null);
  useEffect(() => {
    if (!box.current) return;
    return keepDrawn(box.current, data, setIndex);
  }, [data]);
  return (
    <>
      <div ref={box} className="chart-space" aria-hidden="true" />
      <Legend data={data} index={index} />
    </>
  );
}

function Legend({ data, index }: { data: ChartData; index: number | null }) {
  const time = index === null ? undefined : data.times[index];
  return (
    <div className="legend" aria-hidden="true">
      {data.series.map((series) => (
        <span key={series.label}>
          <svg width="10" height="10"><rect width="10" height="10" rx="2" fill={`var(${series.color})`} /></svg>
          {series.label}
          {index !== null && <b>{data.format(series.values[index] ?? null)}</b>}
        </span>
      ))}
      {time !== undefined && <span className="legend-time">{formatTime(new Date(time * 1_000).toISOString())}</span>}
    </div>
  );
}

/** Draws, and draws again when the box or the theme changes. The canvas knows no custom properties. */
function keepDrawn(box: HTMLElement, data: ChartData, onIndex: (index: number | null) => void): () => void {
  let plot: uPlot | null = null;
  const draw = () => {
    plot?.destroy();
    plot = new uPlot(options(box.clientWidth, data, onIndex), values(data), box);
  };
  draw();
  const theme = matchMedia(DARK);
  theme.addEventListener("change", draw);
  const observer = new ResizeObserver(() => plot?.setSize({ width: box.clientWidth, height: HEIGHT }));
  observer.observe(box);
  return () => {
    observer.disconnect();
    theme.removeEventListener("change", draw);
    plot?.destroy();
  };
}

function options(width: number, data: ChartData, onIndex: (index: number | null) => void): uPlot.Options {
  const color = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const axis = { stroke: color("--text-quiet"), grid: { stroke: color("--border"), width: 1 }, ticks: { show: false } };
  const isBars = data.kind === "stacked_bars";
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { show: !isBars }, drag: { x: false, y: false } },
    scales: {
      x: { time: true, ...(isBars ? { range: paddedRange } : {}) },
      y: { range: (_plot, _min, max) => [0, niceMax(max)] },
    },
    axes: [
      axis,
      {
        ...axis,
        size: 64,
        values: (_plot, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? data.format(tick) : "")),
      },
    ],
    // The tallest bars are drawn first, so that those below them in the stack stay visible.
    series: [{}, ...drawn(data).map((series) => ({
      stroke: color(series.color),
      width: isBars ? 0 : 2,
      points: { show: !isBars },
      ...(isBars ? { fill: color(series.color), paths: uPlot.paths.bars?.({ size: [0.7, 40] }) } : {}),
    }))] as uPlot.Series[],
    hooks: { setCursor: [(plot) => onIndex(plot.cursor.idx ?? null)] },
  };
}

const paddedRange = (plot: uPlot, min: number, max: number): uPlot.Range.MinMax => {
  const times = plot.data[0];
  const half = times.length > 1 ? ((times[1] ?? 0) - (times[0] ?? 0)) / 2 : 1;
  return [min - half, max + half];
};

const niceMax = (max: number | null) => (max && max > 0 ? max * 1.1 : 1);

const drawn = (data: ChartData) => (data.kind === "stacked_bars" ? data.series.toReversed() : data.series);

function values(data: ChartData): uPlot.AlignedData {
  if (data.kind === "lines") return [data.times, ...data.series.map((series) => series.values)];
  const sums = data.series.map((_, last) => data.times.map((_time, index) =>
    data.series.slice(0, last + 1).reduce((sum, series) => sum + (series.values[index] ?? 0), 0)));
  return [data.times, ...sums.toReversed()];
}

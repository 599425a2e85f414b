// Numbers as the page shows them.

import { texts } from "../texts.ts";

const whole = new Intl.NumberFormat("en");
const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

/** A count, with separators. */
export function formatCount(value: number): string {
  return whole.format(value);
}

/** A share of 0 to 1 as a percentage, never rounded up to 100 %. */
export function formatShare(value: number | null): string {
  if (value === null) return texts.none;
  return percent.format(value < 1 ? Math.min(value, 0.999) : 1);
}

/** Milliseconds, as seconds from one second on. */
export function formatMilliseconds(value: number | null): string {
  if (value === null) return texts.none;
  if (value < 1_000) return `${Math.round(value)} ${texts.units.ms}`;
  return `${(value / 1_000).toFixed(value < 10_000 ? 2 : 1)} ${texts.units.s}`;
}

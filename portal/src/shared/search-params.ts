// Reads what pages keep in the query of their URL. What cannot be read there is left out.

import type { Schemas } from "./api.ts";

/** The query of a URL, as the router parsed it. */
export type RawSearch = Record<string, unknown>;

/** How far back statistics go. */
export type Window = Schemas["Window"];

/** The spans of time of statistics. */
export const WINDOWS = ["1h", "24h", "7d", "30d"] as const satisfies Window[];

/** Reads a text. One of digits alone comes as a number. */
export function readText(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) || undefined : undefined;
}

/** Reads a time. */
export function readTime(value: unknown): string | undefined {
  return typeof value === "string" && !Number.isNaN(Date.parse(value)) ? value : undefined;
}

/** Reads one of these values. */
export function readOneOf<Value extends string>(values: readonly Value[], value: unknown): Value | undefined {
  return values.find((known) => known === value);
}

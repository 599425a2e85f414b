// Durations as people write and read them.

import { texts } from "../texts.ts";

const UNITS = [["d", 86_400], ["h", 3_600], ["m", 60], ["s", 1]] as const;

/** Seconds as `2 h 5 m`: the two largest units that are not zero. */
export function formatDuration(seconds: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, Math.round(seconds));
  for (const [letter, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${texts.units[letter]}`);
  }
  return parts.slice(0, 2).join(" ") || `0 ${texts.units.s}`;
}

/** Seconds as one reads them back: `90s`, `5m`, `2h`. */
export function writeDuration(seconds: number): string {
  const [letter, size] = UNITS.find(([, unit]) => seconds % unit === 0) ?? ["s", 1] as const;
  return `${seconds / size}${letter}`;
}

/** The seconds of steps such as `30s, 5m, 1h30m`, or the first step that cannot be read. */
export function parseSteps(text: string): { steps: number[] } | { unreadable: string } {
  const steps: number[] = [];
  for (const part of text.split(/[,;\n]+/).map((step) => step.trim()).filter(Boolean)) {
    const seconds = parseDuration(part);
    if (seconds === null) return { unreadable: part };
    steps.push(seconds);
  }
  return { steps };
}

function parseDuration(text: string): number | null {
  const plain = text.toLowerCase().replace(/\s+/g, "");
  if (!/^(\d+(d|h|min|m|s)?)+$/.test(plain)) return null;
  let seconds = 0;
  for (const [, digits, unit] of plain.matchAll(/(\d+)(d|h|min|m|s)?/g)) {
    const size = UNITS.find(([letter]) => letter === (unit?.[0] ?? "s"))?.[1] ?? 1;
    seconds += Number(digits) * size;
  }
  return seconds;
}

import { consoleTexts } from "../console-texts.ts";

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** A size in the largest unit of which there is at least one. */
export function formatBytes(bytes: number): string {
  const { units } = consoleTexts.storage;
  const power = Math.min(bytes > 0 ? Math.floor(Math.log2(bytes) / 10) : 0, units.length - 1);
  return `${number.format(bytes / 1_024 ** power)} ${units[power] ?? ""}`;
}

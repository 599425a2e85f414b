import { texts } from "../../texts.ts";
import { useNow } from "../clock.ts";
import { formatDuration } from "../duration.ts";

const exact = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

const STEPS: [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1],
];

/** A time in the user's time zone, to the second. */
export function formatTime(iso: string): string {
  const time = Date.parse(iso);
  return Number.isNaN(time) ? iso : exact.format(time);
}

/** A time, exact or as how long ago it was. The other is its title. */
export function Time({ value, isRelative = false }: { value: string; isRelative?: boolean }) {
  const now = useNow(15_000, isRelative);
  const ago = formatAgo(Date.parse(value) - now);
  return (
    <time dateTime={value} title={isRelative ? formatTime(value) : ago}>
      {isRelative ? ago : formatTime(value)}
    </time>
  );
}

/** How long until a time that is soon, counted down each second. */
export function Countdown({ until }: { until: string | number }) {
  const now = useNow(1_000);
  const seconds = ((typeof until === "number" ? until : Date.parse(until)) - now) / 1_000;
  const text = seconds > 0 ? texts.time.in(formatDuration(Math.ceil(seconds))) : texts.time.now;
  return <span className="number">{text}</span>;
}

function formatAgo(milliseconds: number): string {
  const seconds = milliseconds / 1_000;
  const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return Number.isNaN(seconds) ? "" : relative.format(Math.trunc(seconds / size), unit);
}

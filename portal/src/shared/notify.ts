// Short messages about what was done. What shows them is loaded with the first one.

/** A message, and what kind of news it is. */
export interface Notice {
  text: string;
  tone: "good" | "bad";
}

const listeners = new Set<() => void>();
let waiting: Notice[] = [];
let hasAny = false;

/** Shows a message for a few seconds. */
export function notify(text: string, tone: Notice["tone"] = "good"): void {
  waiting.push({ text, tone });
  hasAny = true;
  for (const listener of listeners) listener();
}

/** Whether there has been a message. */
export const hasNotices = (): boolean => hasAny;

/** Hears that there is a message. */
export function onNotice(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The messages that were not shown yet. */
export function takeNotices(): Notice[] {
  const notices = waiting;
  waiting = [];
  return notices;
}

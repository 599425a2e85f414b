import { Icon, type IconName } from "./Icon.tsx";

/** What kind of news a status is, which its colour follows. */
export type Tone = "good" | "bad" | "busy" | "warning" | "quiet";

/** A status in a word, with an icon of its own, so that it does not depend on its colour. */
export function StatusBadge({ tone, icon, label }: { tone: Tone; icon: IconName; label: string }) {
  return (
    <span className={`badge badge-${tone}`}>
      <Icon name={icon} />
      {label}
    </span>
  );
}

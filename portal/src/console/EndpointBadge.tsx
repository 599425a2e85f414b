import { consoleTexts } from "../console-texts.ts";
import { Foreign } from "../shared/components/Foreign.tsx";
import { StatusBadge } from "../shared/components/StatusBadge.tsx";
import { texts } from "../texts.ts";

interface EndpointState {
  is_active: boolean;
  disabled_reason: string | null;
  consecutive_failures: number;
}

/** The state of an endpoint in a word, and why it is off. */
export function EndpointBadge({ endpoint }: { endpoint: EndpointState }) {
  const words = texts.states;
  if (!endpoint.is_active && endpoint.disabled_reason) {
    return (
      <>
        <StatusBadge tone="bad" icon="cross" label={words.disabled} />
        <div className="hint"><Foreign>{endpoint.disabled_reason}</Foreign></div>
      </>
    );
  }
  if (!endpoint.is_active) return <StatusBadge tone="quiet" icon="pause" label={words.off} />;
  return endpoint.consecutive_failures > 0
    ? <StatusBadge tone="warning" icon="warning" label={consoleTexts.lastFailed} />
    : <StatusBadge tone="good" icon="check" label={words.active} />;
}

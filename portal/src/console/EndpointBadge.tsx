import { consoleTexts } from "../console-texts.ts";
import { Foreign } from "../shared/components/Foreign.tsx";
import { StatusBadge } from "../shared/components/StatusBadge.tsx";

interface EndpointState {
  is_active: boolean;
  disabled_reason: string | null;
  consecutive_failures: number;
}

/** The state of an endpoint in a word, and why it is off. */
export function EndpointBadge({ endpoint }: { endpoint: EndpointState }) {
  const words = consoleTexts.states;
  if (!endpoint.is_active) {
    return (
      <>
        <StatusBadge tone={endpoint.disabled_reason ? "bad" : "quiet"} icon="pause" label={words.off} />
        {endpoint.disabled_reason && <div className="hint"><Foreign>{endpoint.disabled_reason}</Foreign></div>}
      </>
    );
  }
  return endpoint.consecutive_failures > 0
    ? <StatusBadge tone="warning" icon="warning" label={words.failing} />
    : <StatusBadge tone="good" icon="check" label={words.active} />;
}

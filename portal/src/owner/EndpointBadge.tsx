import type { Schemas } from "../shared/api.ts";
import { StatusBadge } from "../shared/components/StatusBadge.tsx";
import { endpointState } from "./endpoint-state.ts";

/** The state of an endpoint in a word. */
export function EndpointBadge({ endpoint }: { endpoint: Schemas["Endpoint"] }) {
  const { tone, icon, label } = endpointState(endpoint);
  return <StatusBadge tone={tone} icon={icon} label={label} />;
}

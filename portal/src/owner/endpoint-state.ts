// The state of an endpoint, in a word and with its reason.

import type { Schemas } from "../shared/api.ts";
import type { IconName } from "../shared/components/Icon.tsx";
import type { Tone } from "../shared/components/StatusBadge.tsx";
import { texts } from "../texts.ts";
import type { EndpointStateName } from "./search.ts";

/** What a badge and a line below it say. */
export interface EndpointState {
  name: EndpointStateName;
  label: string;
  reason: string | null;
  tone: Tone;
  icon: IconName;
}

/** The state of an endpoint. */
export function endpointState(endpoint: Schemas["Endpoint"]): EndpointState {
  const words = texts.states;
  const { health } = endpoint;
  if (!endpoint.is_active && endpoint.disabled_reason) {
    const reason = words.disabledReason(endpoint.disabled_reason);
    return { name: "disabled", label: words.disabled, reason, tone: "bad", icon: "cross" };
  }
  if (!endpoint.is_active) {
    return { name: "off", label: words.off, reason: words.offReason, tone: "quiet", icon: "pause" };
  }
  if (health.state === "backing_off") {
    const reason = words.backingOffReason(health.consecutive_failures);
    return { name: "backing_off", label: words.backing_off, reason, tone: "bad", icon: "clock" };
  }
  if (health.state === "failing") {
    return { name: "failing", label: words.failing, reason: words.failingReason, tone: "warning", icon: "warning" };
  }
  return { name: "active", label: words.active, reason: null, tone: "good", icon: "check" };
}

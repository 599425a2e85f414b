import { texts } from "../../texts.ts";
import type { Schemas } from "../api.ts";
import type { IconName } from "./Icon.tsx";
import { StatusBadge, type Tone } from "./StatusBadge.tsx";

const LOOKS: Record<Schemas["DeliveryStatus"], { tone: Tone; icon: IconName }> = {
  success: { tone: "good", icon: "check" },
  failed: { tone: "bad", icon: "cross" },
  retrying: { tone: "warning", icon: "repeat" },
  pending: { tone: "busy", icon: "clock" },
};

/** The status of a delivery in a word. */
export function DeliveryBadge({ status }: { status: Schemas["DeliveryStatus"] }) {
  return <StatusBadge {...LOOKS[status]} label={texts.statuses[status]} />;
}

import type { ReactNode } from "react";

import "./dimmed.css";

/** Content that is dimmed while it is still that of another choice. */
export function Dimmed({ isDimmed, children }: { isDimmed: boolean; children: ReactNode }) {
  return <div className={isDimmed ? "stack dimmed" : "stack"} aria-busy={isDimmed}>{children}</div>;
}

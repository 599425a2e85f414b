import { lazy, type ComponentType } from "react";

import { UnloadedPart } from "./components/FallbackPages.tsx";

type Part = { default: ComponentType };

/**
 * A component that is loaded once something on the page has the focus: nothing can be typed before. So it is there
 * when it is needed, even if a new version has replaced its file meanwhile.
 */
export function loadedOnFocus(load: () => Promise<Part>): ComponentType {
  // What fails here is loaded again where it is shown.
  window.addEventListener("focusin", () => void load().catch(() => undefined), { once: true });
  return lazy(() => load().catch(() => ({ default: UnloadedPart })));
}

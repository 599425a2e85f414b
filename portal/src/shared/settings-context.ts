import { createContext, useContext } from "react";

import type { Settings } from "./settings.ts";

/** The operator's settings, for all of the page. */
export const SettingsContext = createContext<Settings | null>(null);

/** The operator's settings. */
export function useSettings(): Settings {
  const settings = useContext(SettingsContext);
  if (!settings) throw new Error("There is no SettingsContext above this component");
  return settings;
}

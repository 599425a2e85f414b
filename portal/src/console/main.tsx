import { createRoot } from "react-dom/client";

import { consoleTexts } from "../console-texts.ts";
import { applyBrand } from "../shared/brand.ts";
import { onCredential, takeFromLocation } from "../shared/credential.ts";
import { SettingsContext } from "../shared/settings-context.ts";
import { DEFAULT_SETTINGS } from "../shared/settings.ts";
import "../styles.css";
import { App } from "./App.tsx";
import { router } from "./router.tsx";
import { session } from "./session.ts";

const settings = { ...DEFAULT_SETTINGS, name: consoleTexts.name };

applyBrand(settings.color);
void session.open(takeFromLocation());
onCredential((given) => void session.open(given));
// The page's code is loaded while the session opens.
void router.load();

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <SettingsContext value={settings}>
      <App />
    </SettingsContext>,
  );
}

import { createRoot } from "react-dom/client";

import { applyBrand } from "../shared/brand.ts";
import { onCredential, takeFromLocation } from "../shared/credential.ts";
import { SettingsContext } from "../shared/settings-context.ts";
import "../styles.css";
import { App } from "./App.tsx";
import { router } from "./router.tsx";
import { session, settings } from "./session.ts";

/** Opens the session by what is in the address, and goes where its link leads. */
async function open(): Promise<void> {
  const endpointId = await session.open(takeFromLocation());
  if (endpointId) await router.navigate({ to: "/endpoints/$endpointId", params: { endpointId }, replace: true });
}

applyBrand(settings.color);
document.title = settings.name;
void open();
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

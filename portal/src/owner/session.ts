// The session of the owner who looks at the portal.

import { useSyncExternalStore } from "react";

import { Session, type SessionState } from "../shared/session.ts";
import { readSettings } from "../shared/settings.ts";

/** The operator's settings of the portal. */
export const settings = readSettings("webhooks-portal");

/** The portal's session. */
export const session = new Session(settings.origins);

/** The state of the portal's session. */
export function useSession(): SessionState {
  return useSyncExternalStore(session.subscribe, session.snapshot);
}

/** Whether the session may change anything. */
export function useCanWrite(): boolean {
  const { scopes, operator } = useSession();
  return scopes.includes("write") && !operator;
}

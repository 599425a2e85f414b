// The session of the operator who looks at the console.

import { useSyncExternalStore } from "react";

import { answerOf } from "../shared/api.ts";
import { Session, type OpenedSession, type SessionState } from "../shared/session.ts";
import { createDeliver, type Deliver } from "./api.ts";

class ConsoleSession extends Session {
  api: Deliver = createDeliver(null);

  protected async ask(token: string | null): Promise<OpenedSession> {
    const body = token === null ? {} : { token };
    const { data } = await answerOf(createDeliver(null).POST("/console-session", { body, credentials: "same-origin" }));
    return { ...data, owner: null, endpoint_id: null };
  }

  protected async end(session: string): Promise<void> {
    const params = { header: { "X-API-Key": session } };
    await answerOf(createDeliver(null).DELETE("/console-session", { params, credentials: "same-origin" }));
  }

  protected callBy(session: string): void {
    this.api = this.watched(createDeliver(session));
  }
}

/** The console's session. */
export const session = new ConsoleSession();

/** The state of the console's session. */
export function useSession(): SessionState {
  return useSyncExternalStore(session.subscribe, session.snapshot);
}

/** Whether the session may change anything. */
export function useCanWrite(): boolean {
  return useSession().scopes.includes("write");
}

/** How often a query is repeated: not at all while the session is expired. */
export function whileOpen(milliseconds: number): number | false {
  return session.snapshot().status === "open" && milliseconds;
}

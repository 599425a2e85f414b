// The session of the operator who looks at the console. It is in memory only, and is lost with the page.

import { useSyncExternalStore } from "react";

import { answerOf, isUnauthorized, type Schemas } from "../shared/api.ts";
import { isRefusal, openByLink, readPasted } from "../shared/credential.ts";
import { Store } from "../shared/store.ts";
import { createDeliver, type Deliver } from "./api.ts";

/** What the page shows of its session. */
export interface SessionState {
  /** `expired`: it was open, and the API no longer takes it. */
  status: "opening" | "open" | "expired" | "closed";
  operator: string;
  scopes: Schemas["Scopes"];
  expiresAt: string | null;
  /** Why the session could not be opened, if not for lack of a valid link. */
  problem: Error | null;
}

class ConsoleSession extends Store<SessionState> {
  /** The client that calls with the session. */
  api: Deliver = createDeliver(null);
  /** The token of the address, kept while the API cannot be reached. */
  #given: string | null = null;

  constructor() {
    super({ status: "opening", operator: "", scopes: [], expiresAt: null, problem: null });
  }

  /** Opens the session by a link's token, or by the cookie of an earlier load. */
  async open(token: string | null): Promise<void> {
    this.#given = token ?? this.#given;
    this.change({ status: "opening", problem: null });
    try {
      if (this.#given) await openByLink(this.#given, (given) => this.#exchange(given));
      else await this.#exchange(null);
      this.#given = null;
    } catch (error) {
      if (isRefusal(error)) this.#given = null;
      this.change({ status: "closed", problem: isRefusal(error) ? null : error as Error });
    }
  }

  /** Renews an expired session by its cookie. */
  renew = (): Promise<void> => this.#exchange(null);

  /** Opens the session by what a user pasted: a link, or the token of one. */
  takePasted = (text: string): Promise<void> => this.#exchange(readPasted(text).token);

  /** Hears of errors of calls: that of a missing credential ends the session. */
  hear = (error: unknown): void => {
    if (isUnauthorized(error) && this.snapshot().status === "open") this.change({ status: "expired" });
  };

  async #exchange(token: string | null): Promise<void> {
    const body = token === null ? {} : { token };
    const { data } = await answerOf(createDeliver(null).POST("/console-session", { body, credentials: "same-origin" }));
    this.api = createDeliver(data.session);
    const { operator, scopes, expires_at } = data;
    this.change({ status: "open", operator, scopes, expiresAt: expires_at, problem: null });
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

// The session of the owner who looks at the portal.

import { useSyncExternalStore } from "react";

import { createManage, type Manage } from "../../../clients/typescript/src/manage.ts";
import { answerOf, ApiError, type Schemas } from "../shared/api.ts";
import type { LocationCredential } from "../shared/credential.ts";
import { askEmbedder } from "../shared/embedding.ts";
import { Session, type OpenedSession, type SessionState } from "../shared/session.ts";
import { readSettings } from "../shared/settings.ts";

const EMBEDDER_WAIT_MS = 3_000;
const USER_SCOPES: Schemas["Scopes"] = ["read", "write"];

/** The operator's settings of the portal. */
export const settings = readSettings("webhooks-portal");

/** Besides links, the portal takes tokens of users, who may act for several owners. */
class PortalSession extends Session {
  api: Manage = createManage({ url: location.origin });
  #userToken = "";

  /** Renews an expired session without its user: by the embedding page, else by the cookie. */
  override async renew(): Promise<void> {
    if (!(await this.#askEmbedder("webhooks-portal:token-needed"))) await super.renew();
  }

  /** Hears of errors of calls: one of them asks for an owner. */
  hear = (error: unknown): void => {
    if (!(error instanceof ApiError) || error.code !== "owner_required" || !Array.isArray(error.details.owners)) return;
    const owners = error.details.owners.filter((owner) => typeof owner === "string");
    this.change({ status: "choosing_owner", owners });
  };

  /** Acts for this owner from now on. */
  chooseOwner(owner: string): void {
    this.#callByUser(this.#userToken, owner);
    this.change({ status: "open", owner });
  }

  /** Shows the choice of owners again. */
  changeOwner(): void {
    this.change({ status: "choosing_owner" });
  }

  protected async ask(token: string | null): Promise<OpenedSession> {
    const body = token === null ? {} : { token };
    const client = createManage({ url: location.origin });
    return (await answerOf(client.POST("/portal-session", { body, credentials: "same-origin" }))).data;
  }

  protected async end(session: string): Promise<void> {
    const client = createManage({ url: location.origin });
    const params = { header: { "X-API-Key": session } };
    await answerOf(client.DELETE("/portal-session", { params, credentials: "same-origin" }));
  }

  protected callBy(session: string): void {
    this.api = this.watched(createManage({ url: location.origin, apiKey: session }));
  }

  protected override async take(given: LocationCredential): Promise<string | null> {
    if (given.kind === "link") return super.take(given);
    this.#takeUserToken(given.token, this.snapshot().owner);
    return null;
  }

  protected override async takeKept(): Promise<void> {
    if (!(await this.#askEmbedder("webhooks-portal:ready"))) await super.takeKept();
  }

  async #askEmbedder(type: "webhooks-portal:ready" | "webhooks-portal:token-needed"): Promise<boolean> {
    const answer = await askEmbedder(type, settings.origins, EMBEDDER_WAIT_MS);
    if (answer) this.#takeUserToken(answer.token, answer.owner ?? this.snapshot().owner);
    return answer !== null;
  }

  #takeUserToken(token: string, owner: string | null): void {
    this.#callByUser(token, owner);
    this.change({ status: "open", scopes: USER_SCOPES, owner, operator: null, expiresAt: null, problem: null });
  }

  #callByUser(token: string, owner: string | null): void {
    this.#userToken = token;
    this.api = this.watched(createManage({ url: location.origin, token, ...(owner ? { owner } : {}) }));
  }
}

/** The portal's session. */
export const session = new PortalSession();

/** The state of the portal's session. */
export function useSession(): SessionState {
  return useSyncExternalStore(session.subscribe, session.snapshot);
}

/** Whether the session may change anything. */
export function useCanWrite(): boolean {
  const { scopes, operator } = useSession();
  return scopes.includes("write") && !operator;
}

/** How often a query is repeated: not at all while the session is expired. */
export function whileOpen(milliseconds: number): number | false {
  return session.snapshot().status === "open" && milliseconds;
}

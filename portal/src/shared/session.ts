// Who is signed in. The credential is in memory only, and is lost with the page.

import { createManage, type Manage } from "../../../clients/typescript/src/manage.ts";
import { answerOf, ApiError, isUnauthorized, type Schemas } from "./api.ts";
import { isRefusal, openByLink, readPasted, type LocationCredential } from "./credential.ts";
import { askEmbedder } from "./embedding.ts";
import { Store } from "./store.ts";

/** What the page shows of its session. */
export interface SessionState {
  /** `expired`: it was open, and the API no longer takes its credential. */
  status: "opening" | "open" | "expired" | "closed" | "choosing_owner";
  scopes: Schemas["Scopes"];
  owner: string | null;
  /** Who looks at the owner's pages, where it is not the owner. */
  operator: string | null;
  /** The owners that the user acts for, where the API has listed them. */
  owners: string[];
  /** Why the session could not be opened, if not for lack of a valid link. */
  problem: Error | null;
}

type Credential = { apiKey: string } | { token: string };

const EMBEDDER_WAIT_MS = 3_000;
const USER_SCOPES: Schemas["Scopes"] = ["read", "write"];

/** The session of the page. */
export class Session extends Store<SessionState> {
  /** The client that calls with the session's credential. */
  api: Manage = createManage({ url: location.origin });
  readonly #origins: string[];
  #credential: Credential | null = null;
  /** The credential of the address, kept while the API cannot be reached. */
  #given: LocationCredential | null = null;

  constructor(origins: string[]) {
    super({ status: "opening", scopes: [], owner: null, operator: null, owners: [], problem: null });
    this.#origins = origins;
  }

  /**
   * Opens the session by a link's token, a user's token, the embedding page or an earlier load's cookie, and gives the
   * endpoint that the link leads to.
   */
  async open(given: LocationCredential | null): Promise<string | null> {
    this.#given = given ?? this.#given;
    this.change({ status: "opening", problem: null });
    try {
      const endpointId = await this.#openBy(this.#given);
      this.#given = null;
      return endpointId;
    } catch (error) {
      if (isRefusal(error)) this.#given = null;
      this.change({ status: "closed", problem: isRefusal(error) ? null : error as Error });
      return null;
    }
  }

  /** Renews an expired session without its user: by the embedding page, else by the cookie. */
  async renew(): Promise<void> {
    if (!(await this.#askEmbedder("webhooks-portal:token-needed"))) await this.#exchange(null);
  }

  /** Opens the session by what a user pasted: a link, or the token of one. */
  async takePasted(text: string): Promise<void> {
    const given = readPasted(text);
    if (given.kind === "user") this.#takeUserToken(given.token, this.snapshot().owner);
    else await this.#exchange(given.token);
  }

  /** Hears of errors of calls: some of them end the session or ask for an owner. */
  hear = (error: unknown): void => {
    if (isUnauthorized(error) && this.snapshot().status === "open") this.change({ status: "expired" });
    if (error instanceof ApiError && error.code === "owner_required" && Array.isArray(error.details.owners)) {
      const owners = error.details.owners.filter((owner) => typeof owner === "string");
      this.change({ status: "choosing_owner", owners });
    }
  };

  /** Acts for this owner from now on. */
  chooseOwner(owner: string): void {
    this.change({ status: "open", owner });
  }

  /** Shows the choice of owners again. */
  changeOwner(): void {
    this.change({ status: "choosing_owner" });
  }

  async #openBy(given: LocationCredential | null): Promise<string | null> {
    if (given?.kind === "link") return openByLink(given.token, (token) => this.#exchange(token));
    if (given?.kind === "user") return this.#takeUserToken(given.token, null);
    return (await this.#askEmbedder("webhooks-portal:ready")) ? null : this.#exchange(null);
  }

  async #askEmbedder(type: "webhooks-portal:ready" | "webhooks-portal:token-needed"): Promise<boolean> {
    const answer = await askEmbedder(type, this.#origins, EMBEDDER_WAIT_MS);
    if (answer) this.#takeUserToken(answer.token, answer.owner ?? this.snapshot().owner);
    return answer !== null;
  }

  #takeUserToken(token: string, owner: string | null): null {
    this.#credential = { token };
    this.change({ status: "open", scopes: USER_SCOPES, owner, operator: null, problem: null });
    return null;
  }

  async #exchange(token: string | null): Promise<string | null> {
    const client = createManage({ url: location.origin });
    const body = token === null ? {} : { token };
    const { data } = await answerOf(client.POST("/portal-session", { body, credentials: "same-origin" }));
    this.#credential = { apiKey: data.session };
    const { scopes, owner, operator } = data;
    this.change({ status: "open", scopes, owner, operator, owners: [], problem: null });
    return token === null ? null : data.endpoint_id;
  }

  protected override change(change: Partial<SessionState>): void {
    const isUser = this.#credential !== null && "token" in this.#credential;
    // A portal's session is of one owner: the header is for users who act for several.
    const { owner } = { ...this.snapshot(), ...change };
    this.api = createManage({ url: location.origin, ...this.#credential, ...(isUser && owner ? { owner } : {}) });
    super.change(change);
  }
}

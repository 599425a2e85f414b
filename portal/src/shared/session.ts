// Who is signed in. The session is in memory only, and is lost with the page.

import type { Middleware } from "openapi-fetch";

import { texts } from "../texts.ts";
import type { Schemas } from "./api.ts";
import { isRefusal, readPasted, type LocationCredential } from "./credential.ts";
import { Store } from "./store.ts";

/** What a page shows of its session. */
export interface SessionState {
  /** `expired`: it was open, and the API no longer takes its credential. */
  status: "opening" | "open" | "expired" | "closed" | "choosing_owner";
  scopes: Schemas["Scopes"];
  /** Whose pages are shown. */
  owner: string | null;
  /** The operator who looks at them. */
  operator: string | null;
  /** The owners that the user acts for, where the API has listed them. */
  owners: string[];
  expiresAt: string | null;
  /** Why the last link did not open the session. Null on the closed page for lack of a valid link. */
  problem: Error | null;
}

/** The session that the API gives for a link or a cookie. */
export interface OpenedSession {
  session: string;
  scopes: Schemas["Scopes"];
  owner: string | null;
  operator: string | null;
  expires_at: string;
  /** The endpoint that the link leads to. */
  endpoint_id: string | null;
}

/** The cookie has the session of another person, whose link was opened in this browser. */
export class OtherPerson extends Error {
  constructor({ operator, owner }: OpenedSession) {
    super(texts.signIn.otherPerson(operator ?? owner ?? ""));
  }
}

/** The state without a session. */
const NOBODY: Omit<SessionState, "status"> = {
  scopes: [], owner: null, operator: null, owners: [], expiresAt: null, problem: null,
};

interface ApiClient {
  use: (...middleware: Middleware[]) => void;
}

/** The session of a page. */
export abstract class Session extends Store<SessionState> {
  /** The client that calls with the session's credential. */
  abstract api: ApiClient;
  /** The credential of the address, kept while the API cannot be reached. */
  #given: LocationCredential | null = null;
  #session = "";

  constructor() {
    super({ status: "opening", ...NOBODY });
  }

  /**
   * Opens the session by what came in the address, else by what an earlier load left, and gives the endpoint that the
   * link leads to. What is shown of a session stays until the other one is open.
   */
  async open(given: LocationCredential | null): Promise<string | null> {
    this.#given = given ?? this.#given;
    if (!this.#isShown()) this.change({ status: "opening", problem: null });
    try {
      const endpointId = await this.#openBy(this.#given);
      this.#given = null;
      return endpointId;
    } catch (error) {
      const isRefused = isRefusal(error);
      if (isRefused || this.#isShown()) this.#given = null;
      if (this.#isShown()) this.change({ problem: isRefused ? new Error(texts.link.refused) : error as Error });
      else this.change({ status: "closed", problem: isRefused ? null : error as Error });
      return null;
    }
  }

  /** Renews an expired session by the cookie, if it has one of the same person. */
  async renew(): Promise<void> {
    await this.exchange(null, this.snapshot());
  }

  /** Opens the session by what a user pasted: a link, or the token of one. */
  async takePasted(text: string): Promise<void> {
    await this.take(readPasted(text));
  }

  /** Signs out: the session has no rights from now on. */
  async close(): Promise<void> {
    try {
      await this.end(this.#session);
    } catch (error) {
      // It was over already.
      if (!isRefusal(error)) throw error;
    }
    this.change({ status: "closed", ...NOBODY });
  }

  /** Forgets that a link did not open the session. */
  forgetProblem(): void {
    this.change({ problem: null });
  }

  /** Calls the API for the session of a link's token, or of the cookie. */
  protected abstract ask(token: string | null): Promise<OpenedSession>;

  /** Calls the API to end a session. */
  protected abstract end(session: string): Promise<void>;

  /** Calls with this session from now on. */
  protected abstract callBy(session: string): void;

  /** Opens the session by a credential, and gives the endpoint that it leads to. */
  protected take({ token }: LocationCredential): Promise<string | null> {
    return this.exchange(token);
  }

  /** Opens the session by what an earlier load left. */
  protected async takeKept(): Promise<void> {
    await this.exchange(null);
  }

  /** Opens the session of a link's token, or of the cookie. `person`: only if it is of this one. */
  protected async exchange(token: string | null, person?: SessionState): Promise<string | null> {
    const opened = await this.ask(token);
    const { session, scopes, owner, operator, expires_at } = opened;
    if (person && (person.owner !== owner || person.operator !== operator)) throw new OtherPerson(opened);
    this.#session = session;
    this.callBy(session);
    this.change({ status: "open", scopes, owner, operator, owners: [], expiresAt: expires_at, problem: null });
    return token === null ? null : opened.endpoint_id;
  }

  /** The client, which ends the session where its credential is refused. That of an earlier session ends nothing. */
  protected watched<Client extends ApiClient>(client: Client): Client {
    client.use({
      onResponse: ({ response }) => {
        const isOurs = this.api === client && this.snapshot().status === "open";
        if (isOurs && response.status === 401) this.change({ status: "expired", problem: null });
      },
    });
    return client;
  }

  /** A link opens one session only: where it was used already, that of the cookie is taken, and the page says so. */
  async #openBy(given: LocationCredential | null): Promise<string | null> {
    if (given) {
      try {
        return await this.take(given);
      } catch (error) {
        if (!isRefusal(error) || this.#isShown()) throw error;
      }
      await this.exchange(null);
      this.change({ problem: new Error(texts.link.refused) });
    } else {
      await this.takeKept();
    }
    return null;
  }

  #isShown(): boolean {
    const { status } = this.snapshot();
    return status === "open" || status === "expired";
  }
}

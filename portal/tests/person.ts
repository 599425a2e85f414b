// What the browser tests share: owners of the running stack, their receivers, and a Chromium that is watched.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";

import axe from "axe-core";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import postgres from "postgres";

interface Stack {
  manage_url: string;
  deliver_url: string;
  supabase_url: string;
  publishable_key: string;
  service_role_key: string;
  database_url: string;
}

const STACK_FILE = process.env.WEBHOOKS_STACK ?? new URL("../../.dev/stack.json", import.meta.url);
const PATIENCE_MS = 8_000;
/** As many events as one call takes. */
const MOST_EVENTS = 100;
const TEST_LIMIT_MS = 60_000;
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/** The stack that runs. */
export const stack = JSON.parse(readFileSync(STACK_FILE, "utf8")) as Stack;

/** The widths at which every page must fit. */
export const WIDTHS = [360, 768, 1_440, 1_920];

/** Calls a worker with JSON, and fails unless the call succeeds. */
export async function call<Data>(
  method: string,
  url: string,
  headers: Record<string, string>,
  body?: unknown,
): Promise<Data> {
  const answer = await fetch(url, {
    method,
    headers: { "Content-Type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${url}: ${answer.status} ${text}`);
  return (text ? JSON.parse(text) : null) as Data;
}

/** A link that opens the portal. */
export interface PortalLink {
  id: string;
  url: string;
}

/** An endpoint as it was registered. */
export interface Endpoint {
  id: string;
  secret: string;
}

/** A user of the stack. */
export class Owner {
  readonly id: string;
  readonly jwt: string;

  constructor(id: string, jwt: string) {
    this.id = id;
    this.jwt = jwt;
  }

  /** Signs a new user up. */
  static async signUp(): Promise<Owner> {
    const account = { email: `${randomUUID()}@example.com`, password: randomUUID() };
    const url = `${stack.supabase_url}/auth/v1/signup`;
    type Answer = { user: { id: string }; access_token: string };
    const { user, access_token } = await call<Answer>("POST", url, { apikey: stack.publishable_key }, account);
    return new Owner(user.id, access_token);
  }

  /** Has the backend make a link for this owner. */
  async link(settings: { scopes?: string[]; endpoint_id?: string } = {}): Promise<PortalLink> {
    const { data } = await deliver<{ data: PortalLink }>("POST", "/portal-links", {
      owner: this.id, scopes: ["read", "write"], ...settings,
    });
    return data;
  }

  /** Registers an endpoint past the portal. */
  async register(url: string, settings: object = {}): Promise<Endpoint> {
    const { data } = await this.manage<{ data: Endpoint }>("POST", "/webhooks", { url, events: ["*"], ...settings });
    return data;
  }

  /** Calls `manage` past the portal. */
  manage<Data>(method: string, path: string, body?: unknown): Promise<Data> {
    return call<Data>(method, stack.manage_url + path, { Authorization: `Bearer ${this.jwt}` }, body);
  }

  /** Has the backend emit an event, and waits until it was sent. */
  async emit(event_type: string, data: object, event_id: string = randomUUID()): Promise<string> {
    await deliver("POST", "", { event: { event_id, event_type, data, user_id: this.id } });
    return event_id;
  }

  /** Has the backend emit many events, numbered from 1. */
  async emitMany(event_type: string, count: number): Promise<void> {
    const events = Array.from({ length: count }, (_, index) => ({
      event_id: randomUUID(), event_type, data: { number: index + 1 }, user_id: this.id,
    }));
    for (let start = 0; start < count; start += MOST_EVENTS) {
      await deliver("POST", "", { events: events.slice(start, start + MOST_EVENTS) });
    }
  }
}

/** Calls `deliver` as the backend does. */
export function deliver<Data>(method: string, path: string, body?: unknown): Promise<Data> {
  return call<Data>(method, stack.deliver_url + path, { apikey: stack.service_role_key }, body);
}

/** Has due deliveries sent, as the cron does every minute. */
export async function sendDue(): Promise<void> {
  await deliver("POST", "", { action: "retry" });
}

/** Changes the database past the API. */
export async function inDatabase(work: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(stack.database_url, { max: 1 });
  try {
    await work(sql);
  } finally {
    await sql.end();
  }
}

/** What a receiver answers. */
export interface Answer {
  status?: number;
  body?: string | Buffer;
  headers?: Record<string, string>;
}

/** A request that a receiver got. */
export interface Received {
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** An owner's server. */
export class Receiver {
  /** What it answers from now on. */
  answer: Answer = {};
  readonly requests: Received[] = [];
  #waiting: (() => void)[] = [];
  readonly #server = http.createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    this.requests.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
    response.writeHead(this.answer.status ?? 200, this.answer.headers);
    response.end(this.answer.body ?? "thank you");
    for (const wake of this.#waiting.splice(0)) wake();
  });

  /** Starts one. */
  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, "127.0.0.1", resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  /** The request of this number, counted from 1, as soon as it is there. */
  async request(number: number): Promise<Received> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = this.requests[number - 1];
      if (found) return found;
      assert.ok(Date.now() < end, `request ${number} does not come: there are ${this.requests.length}`);
      await Promise.race([
        new Promise<void>((resolve) => this.#waiting.push(resolve)),
        setTimeout(end - Date.now()),
      ]);
    }
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** A user before a browser: an owner with a receiver, and a page that is watched. */
export class Person {
  readonly owner: Owner;
  readonly receiver: Receiver;
  readonly page: Page;
  readonly #problems: string[] = [];
  readonly #expected: RegExp[] = [];

  constructor(owner: Owner, receiver: Receiver, page: Page) {
    this.owner = owner;
    this.receiver = receiver;
    this.page = page;
    page.on("console", (message) => {
      if (message.type() === "error") this.#problems.push(`${message.text()} (${message.location().url})`);
    });
    page.on("pageerror", (error) => this.#problems.push(`page error: ${error.message}`));
    page.on("dialog", (dialog) => {
      this.#problems.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
  }

  /** Errors of the console that the test causes on purpose. */
  expects(...errors: RegExp[]): void {
    this.#expected.push(...errors);
  }

  /** Opens the portal by a new link, at a path below /portal. */
  async open(path = "", settings: { scopes?: string[]; endpoint_id?: string } = {}): Promise<PortalLink> {
    const link = await this.owner.link(settings);
    await this.goTo(path + new URL(link.url).hash);
    return link;
  }

  /** Goes to a path below /portal by the address. */
  async goTo(path: string): Promise<void> {
    await this.page.goto(`${stack.manage_url}/portal${path}`);
  }

  /** Opens a link where its page is open, which changes the hash alone, until it is answered. */
  async follows(link: { url: string }): Promise<void> {
    const answered = this.page.waitForResponse(/\/(portal|console)-session$/);
    await this.page.evaluate((hash) => {
      location.hash = hash;
    }, new URL(link.url).hash);
    await answered;
  }

  /** What the browser has kept of the page where scripts can read it. */
  async kept(): Promise<string> {
    return this.page.evaluate(() =>
      JSON.stringify([location.href, document.cookie, { ...localStorage }, { ...sessionStorage }, history.state]));
  }

  /** Waits for a page by its heading. */
  async sees(heading: string | RegExp): Promise<void> {
    await this.page.getByRole("heading", { level: 1, name: heading }).waitFor();
  }

  /** Presses a button. */
  async press(name: string | RegExp): Promise<void> {
    await this.page.getByRole("button", { name, exact: typeof name === "string" }).click();
  }

  /** Waits for a text that is seen. */
  async reads(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).locator("visible=true").first().waitFor();
  }

  /** Holds what is shown to the rules of axe, in light and dark, and to the width of the window. */
  async inspect(): Promise<void> {
    for (const colorScheme of ["light", "dark"] as const) {
      await this.page.emulateMedia({ colorScheme });
      const { violations } = await this.page.evaluate(() => window.axe.run());
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("\n  ")}`);
      assert.deepEqual(found, [], `axe, ${colorScheme}, ${this.page.url()}`);
    }
    await this.page.emulateMedia({ colorScheme: "light" });
    await this.fits();
  }

  /** Fails if the page scrolls sideways. */
  async fits(): Promise<void> {
    const overflow = await this.page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return scrollWidth - clientWidth;
    });
    assert.ok(overflow <= 0, `${this.page.url()} is ${overflow} px too wide at ${this.page.viewportSize()?.width} px`);
  }

  /** Fails if something went wrong that the test did not expect. */
  check(): void {
    const unexpected = this.#problems.filter((problem) => !this.#expected.some((known) => known.test(problem)));
    assert.deepEqual(unexpected, []);
  }
}

declare global {
  interface Window {
    axe: typeof axe;
  }
}

let browser: Browser;

/** Starts Chromium, which the tests of a file share. */
export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
}

before(async () => {
  browser = await launch();
});

after(() => browser.close());

/** A new owner before a new browser window, until `work` ends. */
export async function withPerson(
  browser: Browser,
  options: BrowserContextOptions,
  work: (person: Person) => Promise<void>,
): Promise<void> {
  // First, and alone: where the stack is gone, nothing was started that would keep the process.
  const owner = await Owner.signUp();
  const [receiver, context] = await Promise.all([
    Receiver.start(),
    browser.newContext({
      viewport: { width: 1_440, height: 900 },
      permissions: ["clipboard-read", "clipboard-write"],
      reducedMotion: "reduce",
      ...options,
    }),
  ]);
  context.setDefaultTimeout(PATIENCE_MS);
  await context.addInitScript(axe.source);
  try {
    const person = new Person(owner, receiver, await context.newPage());
    await work(person);
    person.check();
  } finally {
    await context.close();
    receiver.stop();
  }
}

/** A test of what a person does and sees. */
export function scene(name: string, work: (person: Person) => Promise<void>): void {
  test(name, { timeout: TEST_LIMIT_MS }, () => withPerson(browser, {}, work));
}

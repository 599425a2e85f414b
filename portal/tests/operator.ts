// An operator before the console.

import { randomUUID } from "node:crypto";

import postgres from "postgres";

import { call, deliver, scene, stack, type Person } from "./person.ts";

/** A link that opens the console. */
export interface ConsoleLink {
  id: string;
  url: string;
}

/** Has the backend make a link for this operator. */
export async function consoleLink(operator: string, scopes: string[] = ["read", "write"]): Promise<ConsoleLink> {
  return (await deliver<{ data: ConsoleLink }>("POST", "/console-links", { operator, scopes })).data;
}

/** Uses up the token of a link, as another browser would, and gives the session. */
export async function takeSession(link: ConsoleLink): Promise<string> {
  const token = new URL(link.url).hash.slice("#token=".length);
  type Answer = { data: { session: string } };
  return (await call<Answer>("POST", `${stack.deliver_url}/console-session`, {}, { token })).data.session;
}

/** Has attempts counted, as the cron does every minute. */
export async function countAttempts(): Promise<void> {
  const sql = postgres(stack.database_url, { max: 1 });
  try {
    await sql`select webhooks.count_tally(null)`;
  } finally {
    await sql.end();
  }
}

/** An operator in the browser of the person, whose owner and receiver are those of a customer. */
export class Operator {
  readonly name = `${randomUUID()}@example.com`;
  readonly person: Person;

  constructor(person: Person) {
    this.person = person;
  }

  /** Opens the console by a new link, at a path below /console. */
  async open(path = "", scopes?: string[]): Promise<ConsoleLink> {
    const link = await consoleLink(this.name, scopes);
    await this.goTo(path + new URL(link.url).hash);
    return link;
  }

  /** Goes to a path below /console by the address. */
  async goTo(path: string): Promise<void> {
    await this.person.page.goto(`${stack.deliver_url}/console${path}`);
  }

  /** Searches by the field of the header. */
  async searches(text: string): Promise<void> {
    const { page } = this.person;
    await page.getByRole("searchbox", { name: "Search an id or a part of a URL" }).fill(text);
    await page.keyboard.press("Enter");
    await this.person.sees(`Search: ${text}`);
  }

  /** Waits for a row of a table that has this text, and gives it. */
  async row(table: string, text: string) {
    const row = this.person.page.getByRole("table", { name: table }).getByRole("row").filter({ hasText: text }).first();
    await row.waitFor();
    return row;
  }
}

/** A test of what an operator does and sees. */
export function operatorScene(name: string, work: (operator: Operator, person: Person) => Promise<void>): void {
  scene(name, (person) => work(new Operator(person), person));
}

// Sessions that end, and links that are opened where a session is open, of the portal and of the console.

import assert from "node:assert/strict";

import { consoleLink, operatorScene } from "./operator.ts";
import { deliver, Owner, scene, stack, type Person, type PortalLink } from "./person.ts";

const USED = "This link was used already or is no longer valid.";
const REFUSED = /status of 401/;

/** Ends the sessions of a link to the portal. */
const revoke = ({ id }: PortalLink) => deliver("DELETE", `/portal-links/${id}`);

const signIn = (person: Person) => person.page.getByRole("dialog", { name: "Sign in again" });

const description = (person: Person) => person.page.getByLabel("Description");

/** Opens the portal in a form, and types something there. */
async function type(person: Person): Promise<PortalLink> {
  const { id } = await person.owner.register(person.receiver.url);
  const link = await person.open(`/endpoints/${id}/edit`);
  await description(person).fill("typed before");
  return link;
}

/** Has the session end, so that saving the form asks to sign in again. */
async function saveTooLate(person: Person, link: PortalLink): Promise<void> {
  await revoke(link);
  person.expects(REFUSED);
  await person.press("Save changes");
  await signIn(person).getByText("could not be renewed").waitFor();
}

/** Signs in again by a link. */
async function paste(person: Person, link: { url: string }): Promise<void> {
  await signIn(person).getByLabel("Link or token").fill(link.url);
  await signIn(person).getByRole("button", { name: "Open" }).click();
  await signIn(person).waitFor({ state: "detached" });
}

/** Saves what was typed before. */
async function save(person: Person): Promise<void> {
  assert.equal(await description(person).inputValue(), "typed before");
  await person.press("Save changes");
  await person.reads("The changes are saved.");
}

scene("an owner whose session ends in a form signs in by a new link and loses nothing", async (person) => {
  await saveTooLate(person, await type(person));
  await person.inspect();
  await paste(person, await person.owner.link());
  await save(person);
  await person.page.getByRole("definition").getByText("typed before").waitFor();
});

scene("an owner whose session has ended goes on by a link in the address, and a used one says so", async (person) => {
  const link = await type(person);
  await saveTooLate(person, link);
  await person.follows(link);
  await signIn(person).getByText(USED).waitFor();
  await person.inspect();
  await person.follows(await person.owner.link());
  await signIn(person).waitFor({ state: "detached" });
  await save(person);
});

scene("an owner whose session has ended does not go on as another, whose link the browser has", async (person) => {
  const { owner, page } = person;
  const link = await type(person);
  const other = await Owner.signUp();
  const second = await page.context().newPage();
  await second.goto((await other.link()).url);
  await second.getByText("Receive your first webhook").waitFor();
  await saveTooLate(person, link);
  const isTold = () => signIn(person).getByText(`which is signed in as ${other.id} now`).waitFor();
  await isTold();
  await person.inspect();
  await signIn(person).getByRole("button", { name: "Try again" }).click();
  await isTold();
  await paste(person, await owner.link());
  await save(person);
});

scene("an owner who opens another link while typing loses nothing, whether it opens or not", async (person) => {
  const { owner, page } = person;
  await type(person);
  const next = await owner.link();
  await person.follows(next);
  person.expects(REFUSED);
  await person.follows(next);
  const note = page.getByRole("alert").filter({ hasText: USED });
  await note.getByText(owner.id).waitFor();
  await save(person);
});

scene("a link of another owner shows nothing of the first one", async (person) => {
  const { owner, page, receiver } = person;
  await owner.register(receiver.url);
  await person.open();
  const endpoint = page.getByRole("link", { name: new URL(receiver.url).host });
  await endpoint.waitFor();
  await person.follows(await (await Owner.signUp()).link());
  await person.reads("Receive your first webhook");
  assert.equal(await endpoint.count(), 0);
});

scene("a call of an earlier session that is refused late does not end the session", async (person) => {
  const { owner, page } = person;
  const link = await type(person);
  const next = Promise.withResolvers<void>();
  await page.route("**/webhooks/*", async (route) => {
    await next.promise;
    await route.continue();
  }, { times: 1 });
  const asked = page.waitForRequest((request) => request.method() === "PATCH");
  await person.press("Save changes");
  await asked;
  await person.follows(await owner.link());
  const sessions: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/portal-session")) sessions.push(request.url());
  });
  await revoke(link);
  person.expects(REFUSED);
  next.resolve();
  await save(person);
  assert.deepEqual(sessions, []);
});

scene("a page whose session has ended does not go on asking", async (person) => {
  const { owner, page, receiver } = person;
  await owner.register(receiver.url);
  await page.clock.install();
  const link = await person.open();
  await page.getByRole("table").waitFor();
  await revoke(link);
  person.expects(REFUSED);
  await page.clock.runFor(31_000);
  await signIn(person).getByText("could not be renewed").waitFor();
  const paths: string[] = [];
  page.on("request", (request) => paths.push(new URL(request.url()).pathname));
  for (let minutes = 0; minutes < 5; minutes += 1) {
    await page.clock.runFor(60_000);
    // Calls before this one are answered by then.
    await page.evaluate(() => fetch("/portal/page"));
  }
  // An interval that ran ends with one more call.
  const calls = paths.filter((path) => path !== "/portal/page");
  assert.equal(calls.length, new Set(calls).size, calls.join());
});

scene("Escape in the dialog to sign in again leaves the dialog below open", async (person) => {
  const { owner, page, receiver } = person;
  const { id } = await owner.register(receiver.url);
  const link = await person.open(`/endpoints/${id}`);
  await person.press("Send test event");
  const data = page.getByLabel("Data, as JSON");
  await data.fill('{"vin": "TYPED"}');
  await revoke(link);
  person.expects(REFUSED);
  await person.press("Send");
  await signIn(person).getByText("could not be renewed").waitFor();
  // The button is disabled meanwhile: then the dialog has no focus that would keep the key from the one below.
  await signIn(person).getByRole("button", { name: "Try again" }).click();
  await signIn(person).getByText("could not be renewed").waitFor();
  await page.keyboard.press("Escape");
  await paste(person, await owner.link());
  assert.equal(await data.inputValue(), '{"vin": "TYPED"}');
  await data.press("Escape");
  await data.waitFor({ state: "detached" });
});

scene("an owner who has typed can sign in again though the page's files are gone", async (person) => {
  const { page } = person;
  const loaded = page.waitForResponse(/\/SignInAgain-.*\.js/);
  const link = await type(person);
  await loaded;
  await page.route("**/portal/assets/*.js", (route) => route.abort());
  await saveTooLate(person, link);
  assert.equal(await description(person).inputValue(), "typed before");
});

scene("a page that cannot load how to sign in again says what helps", async (person) => {
  const { owner, page, receiver } = person;
  await owner.register(receiver.url);
  await page.route("**/portal/assets/SignInAgain-*.js", (route) => route.abort());
  const link = await person.open();
  await page.getByRole("table").waitFor();
  await revoke(link);
  person.expects(REFUSED, /ERR_FAILED/);
  await page.getByRole("link", { name: "Events", exact: true }).click();
  await person.reads("A new version may have been published meanwhile.");
});

scene("an owner who signs out has left nothing behind", async (person) => {
  const { owner, page, receiver } = person;
  await owner.register(receiver.url);
  await person.open();
  await page.getByRole("table").waitFor();
  const session = page.waitForRequest((request) => request.method() === "DELETE");
  await person.press("Sign out");
  await person.sees("Open this page by a new link");
  await person.inspect();
  const key = (await session).headers()["x-api-key"] ?? "";
  const refused = await fetch(`${stack.manage_url}/webhooks`, { headers: { "x-api-key": key } });
  assert.equal(refused.status, 401);
  person.expects(REFUSED);
  await page.reload();
  await person.sees("Open this page by a new link");
  await person.follows(await (await Owner.signUp()).link());
  await person.reads("Receive your first webhook");
});

operatorScene("an operator who cannot sign out is told, and signs out later", async (operator, person) => {
  const { page } = person;
  await operator.open();
  await person.sees("Now");
  person.expects(/ERR_FAILED/);
  await page.route("**/console-session", (route) => route.abort(), { times: 1 });
  await person.press("Sign out");
  await person.reads("The service could not be reached.");
  await person.sees("Now");
  await person.press("Sign out");
  await person.sees("Open the console by a new link");
  person.expects(REFUSED);
  await page.reload();
  await person.sees("Open the console by a new link");
});

operatorScene("an operator whose session has ended does not go on as another, whose link the browser has", async (
  operator, person,
) => {
  const { page } = person;
  const link = await operator.open("/actions?action=pause");
  const owner = page.getByLabel("Owner (empty: any)");
  await owner.fill(person.owner.id);
  const second = await page.context().newPage();
  await second.goto((await consoleLink("grace@example.com")).url);
  await second.getByText("grace@example.com").waitFor();
  await deliver("DELETE", `/console-links/${link.id}`);
  person.expects(REFUSED);
  await page.getByRole("link", { name: "Storage" }).click();
  await signIn(person).getByText("which is signed in as grace@example.com now").waitFor();
  await page.getByText(operator.name).waitFor();
  await paste(person, await consoleLink(operator.name));
  await person.reads("Retention");
});

operatorScene("an operator who opens a used link again reads who is signed in, and until when", async (
  operator, person,
) => {
  const { page } = person;
  const { url } = await operator.open();
  await person.sees("Now");
  await page.getByRole("banner").getByText(/^Session ends in \d+/).waitFor();
  person.expects(REFUSED);
  await operator.goTo(`/storage${new URL(url).hash}`);
  const note = page.getByRole("alert").filter({ hasText: USED });
  await note.getByText(operator.name).waitFor();
  await person.sees("Storage");
  await page.setViewportSize({ width: 360, height: 800 });
  await person.inspect();
  await note.getByRole("button", { name: "Close" }).click();
  await note.waitFor({ state: "detached" });
});

operatorScene("an operator who opens another link while typing loses nothing, and its token is kept nowhere", async (
  operator, person,
) => {
  const { page } = person;
  await operator.open("/actions?action=pause");
  const owner = page.getByLabel("Owner (empty: any)");
  await owner.fill(person.owner.id);
  await person.follows(await consoleLink("grace@example.com"));
  await page.getByRole("banner").getByText("grace@example.com").waitFor();
  assert.equal(await owner.inputValue(), person.owner.id);
  // Where a page was scrolled to is kept when it is left.
  await page.getByRole("link", { name: "Storage" }).click();
  await person.sees("Storage");
  await page.reload();
  await person.sees("Storage");
  assert.doesNotMatch(await person.kept(), /wcl_|wcs_|nk_|token|session/i);
});

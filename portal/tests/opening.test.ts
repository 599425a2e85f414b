// How the portal is opened, and what stays of that in the browser.

import assert from "node:assert/strict";

import { scene, stack } from "./person.ts";

const SECRET = /wpl_|nk_|token|session/i;
const USED = "This link was used already or is no longer valid.";
const REFUSED = /status of 401 .*\/portal-session/;

scene("an owner opens a link, and the token is gone from the address and the browser", async (person) => {
  const { page } = person;
  const { url } = await person.owner.link();
  assert.match(url, /^http.*\/portal#token=wpl_/);
  const token = new URL(url).hash.slice("#token=".length);
  await person.goTo(`#token=${token}`);
  await person.sees("Endpoints");
  await person.reads("Receive your first webhook");
  assert.doesNotMatch(await person.kept(), SECRET);
  await person.inspect();

  await page.reload();
  await person.reads("Receive your first webhook");
  assert.doesNotMatch(await person.kept(), SECRET);

  // Where a page was scrolled to is kept when it is left.
  await person.follows(await person.owner.link());
  await page.getByRole("link", { name: "Events", exact: true }).click();
  await person.sees("Events");
  await page.reload();
  await person.reads("No events yet");
  assert.doesNotMatch(await person.kept(), SECRET);
});

scene("an owner who opens a used link again reads whose session it is that goes on", async (person) => {
  const { owner, page } = person;
  person.expects(REFUSED);
  const { url } = await person.open();
  await person.reads("Receive your first webhook");
  await person.goTo(`/events${new URL(url).hash}`);
  const note = page.getByRole("alert").filter({ hasText: USED });
  await note.getByText("You are still signed in as").waitFor();
  await note.getByText(owner.id).waitFor();
  await person.sees("Events");
  await person.inspect();
  await note.getByRole("button", { name: "Close" }).click();
  await note.waitFor({ state: "detached" });
});

scene("a link that was used says in another browser how to get a new one", async (person) => {
  person.expects(REFUSED);
  const { url } = await person.owner.link();
  const token = new URL(url).hash;
  await fetch(`${stack.manage_url}/portal-session`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token: token.slice("#token=".length) }),
  });
  await person.goTo(token);
  await person.sees("Open this page by a new link");
  await person.reads("ask whoever sent you the link for a new one");
  assert.equal(new URL(person.page.url()).hash, "");
  await person.inspect();

  const next = await person.owner.link();
  await person.page.getByLabel("Link or token").fill(next.url);
  await person.press("Open");
  await person.reads("Receive your first webhook");
});

scene("a made-up link and no link at all say how to get one", async (person) => {
  person.expects(REFUSED, /status of 400 .*\/portal-session/);
  await person.goTo("#token=wpl_made_up");
  await person.sees("Open this page by a new link");
  await person.goTo("/events");
  await person.sees("Open this page by a new link");
  await person.press("Try again");
  await person.sees("Open this page by a new link");
});

scene("a link for an endpoint begins with that endpoint", async (person) => {
  const { id } = await person.owner.register(person.receiver.url);
  await person.open("", { endpoint_id: id });
  await person.page.getByRole("tab", { name: "Overview" }).waitFor();
  assert.equal(new URL(person.page.url()).pathname, `/portal/endpoints/${id}`);
});

scene("an owner who may only look sees everything and no control that changes something", async (person) => {
  const { owner, page } = person;
  const { id } = await owner.register(person.receiver.url);
  const event = await owner.emit("vehicle.created", { vin: "READ" });
  await person.open("", { scopes: ["read"] });
  await person.reads("Read only");
  const changing = /Add|Switch|Send|Rotate|Delete|Edit|Replay|Recover|Create|Save|More actions/;
  const seesNoControl = async () => {
    for (const role of ["button", "link"] as const) {
      const names = await page.getByRole("main").getByRole(role, { name: changing }).allInnerTexts();
      assert.deepEqual(names, [], page.url());
    }
  };
  await page.getByRole("link", { name: "127.0.0.1" }).waitFor();
  await seesNoControl();
  await page.getByRole("link", { name: "127.0.0.1" }).click();
  await page.getByRole("heading", { name: "Response time" }).waitFor();
  await seesNoControl();
  await page.getByRole("tab", { name: "Settings" }).click();
  await page.getByRole("heading", { name: "Secret" }).waitFor();
  await seesNoControl();
  await page.getByRole("tab", { name: "Deliveries" }).click();
  await page.getByRole("link", { name: "vehicle.created" }).click();
  await page.getByRole("heading", { name: "Attempt 1" }).waitFor();
  await seesNoControl();
  await page.getByRole("link", { name: event }).click();
  await page.getByRole("heading", { name: "What became of it at each endpoint" }).waitFor();
  await seesNoControl();
  for (const path of ["Events", "Replays", "Event types"]) {
    await page.getByRole("link", { name: path, exact: true }).first().click();
    await person.sees(path);
    await seesNoControl();
  }
  await person.goTo("/endpoints/new");
  await person.reads("You may look at everything here, and change nothing.");
  await person.goTo(`/endpoints/${id}/edit`);
  await person.reads("You may look at everything here, and change nothing.");
  assert.equal(await page.getByRole("textbox").count(), 0);
});

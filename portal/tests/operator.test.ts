// The portal as the operator sees it: as its owner does, and read only.

import assert from "node:assert/strict";

import { consoleLink, takeSession } from "./operator.ts";
import { call, scene, stack, type Person, type PortalLink } from "./person.ts";

const OPERATOR = "ada@example.com <b>";

/** Has the operator open the portal of the person's owner from the console, at a path below /portal. */
async function lookAsOperator(person: Person, path = ""): Promise<void> {
  const session = await takeSession(await consoleLink(OPERATOR));
  const body = { owner: person.owner.id, expires_in: 900 };
  const headers = { "X-API-Key": session };
  const { data } = await call<{ data: PortalLink }>("POST", `${stack.deliver_url}/portal-links`, headers, body);
  await person.goTo(path + new URL(data.url).hash);
}

scene("an operator sees on every page whose view it is, and no control that changes something", async (person) => {
  const { owner, page, receiver } = person;
  const { id } = await owner.register(receiver.url);
  const eventId = await owner.emit("vehicle.created", { vin: "LOOKED AT" });
  await lookAsOperator(person);
  const bar = page.getByRole("complementary", { name: "Whose view this is" });
  const isMarked = async () => {
    await bar.getByText("You see this portal as its owner does. Read only. Signed in as ada@example.com").waitFor();
    assert.equal(await bar.getByRole("button").count(), 0);
  };
  await page.getByRole("link", { name: "127.0.0.1" }).waitFor();
  await isMarked();
  assert.equal(await bar.locator("bdi").innerText(), OPERATOR);
  const changing = /Add|Switch|Send|Rotate|Delete|Edit|Replay|Recover|Create|Save|More actions/;
  person.expects(/status of 403 .*\/api-keys/);
  const headings: Record<string, string | RegExp> = {
    "": "Endpoints",
    "/endpoints/new": "Add endpoint",
    [`/endpoints/${id}`]: /127\.0\.0\.1/,
    [`/endpoints/${id}?tab=deliveries`]: /127\.0\.0\.1/,
    [`/endpoints/${id}?tab=settings`]: /127\.0\.0\.1/,
    [`/endpoints/${id}/edit`]: "Edit endpoint",
    "/events": "Events",
    [`/events/${eventId}`]: /vehicle\.created/,
    "/replays": "Replays",
    "/event-types": "Event types",
    "/api-keys": "API keys",
  };
  for (const [path, heading] of Object.entries(headings)) {
    await person.goTo(path);
    await person.sees(heading);
    await page.waitForLoadState("networkidle");
    await isMarked();
    for (const role of ["button", "link"] as const) {
      const names = await page.getByRole("main").getByRole(role, { name: changing }).allInnerTexts();
      assert.deepEqual(names, [], path);
    }
  }
  await page.setViewportSize({ width: 360, height: 800 });
  await person.inspect();
});

scene("the bar of the operator stays while the page scrolls, and an owner has none", async (person) => {
  const { owner, page, receiver } = person;
  const { id } = await owner.register(receiver.url, { is_active: false });
  await owner.emitMany("vehicle.created", 40);
  await lookAsOperator(person, `/endpoints/${id}?tab=deliveries`);
  const bar = page.getByRole("complementary", { name: "Whose view this is" });
  await page.getByRole("rowheader").nth(39).scrollIntoViewIfNeeded();
  assert.ok(await page.evaluate(() => window.scrollY > 0));
  assert.equal((await bar.boundingBox())?.y, 0);

  await person.open();
  await page.getByRole("link", { name: "Add endpoint" }).waitFor();
  assert.equal(await bar.count(), 0);
});

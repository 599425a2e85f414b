// Every width, and the keyboard alone.

import assert from "node:assert/strict";

import { scene, WIDTHS, type Person } from "./person.ts";

const NARROWEST = 360;

/** Opens every page, and has `look` look at each. */
async function openEveryPage(person: Person, look: () => Promise<void>): Promise<void> {
  const { owner, page, receiver } = person;
  const { id } = await owner.register(receiver.url, { description: "d".repeat(300), metadata: { region: "eu" } });
  const eventId = await owner.emit("vehicle.created", { vin: "WIDE" });
  type Deliveries = { data: { id: string }[] };
  const { data: [delivery] } = await owner.manage<Deliveries>("GET", `/webhooks/${id}/deliveries`);
  await person.open();
  await person.sees("Endpoints");
  const headings: Record<string, string | RegExp> = {
    "": "Endpoints",
    "/endpoints/new": "Add endpoint",
    [`/endpoints/${id}`]: /127\.0\.0\.1/,
    [`/endpoints/${id}?tab=deliveries`]: /127\.0\.0\.1/,
    [`/endpoints/${id}?tab=settings`]: /127\.0\.0\.1/,
    [`/endpoints/${id}/edit`]: "Edit endpoint",
    [`/endpoints/${id}/deliveries/${delivery?.id}`]: /vehicle\.created/,
    "/events": "Events",
    [`/events/${eventId}`]: /vehicle\.created/,
    "/replays": "Replays",
    "/event-types": "Event types",
    "/api-keys": "API keys",
    "/nowhere": "Page not found",
  };
  person.expects(/status of 403 .*\/api-keys/);
  for (const [path, heading] of Object.entries(headings)) {
    await person.goTo(path);
    await person.sees(heading);
    await page.waitForLoadState("networkidle");
    await look();
  }
}

scene("every page fits from a phone to a wide screen", (person) => openEveryPage(person, async () => {
  for (const width of WIDTHS) {
    await person.page.setViewportSize({ width, height: 900 });
    await person.fits();
  }
  await person.inspect();
}));

scene("every page can be used on a phone", async (person) => {
  await person.page.setViewportSize({ width: NARROWEST, height: 800 });
  await openEveryPage(person, () => person.inspect());
});

scene("an owner registers an endpoint with the keyboard alone", async (person) => {
  const { page, receiver } = person;
  const focused = () => page.evaluate(() => {
    const element = document.activeElement;
    if (element instanceof HTMLInputElement) return element.labels?.[0]?.textContent ?? "";
    return element?.matches("a, button") ? element.textContent : "";
  });
  const tabTo = async (name: string) => {
    for (let presses = 0; presses < 200; presses += 1) {
      await page.keyboard.press("Tab");
      if ((await focused()).startsWith(name)) return;
    }
    assert.fail(`Tab does not reach ${name}`);
  };
  await person.open();
  await person.reads("Receive your first webhook");
  await tabTo("Add your first endpoint");
  await page.keyboard.press("Enter");
  await person.sees("Add endpoint");
  await page.getByRole("checkbox", { name: "All events" }).waitFor();
  await tabTo("URL");
  await page.keyboard.type(receiver.url);
  await tabTo("All events");
  await page.keyboard.press("Space");
  await tabTo("vehicle.created");
  await page.keyboard.press("Space");
  await tabTo("None: side by side");
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.getByRole("radio", { name: /all of the endpoint's events/ }).isChecked(), true);
  await tabTo("Add endpoint");
  await page.keyboard.press("Enter");
  await person.sees("The endpoint is added");
  await tabTo("To the endpoint");
  await page.keyboard.press("Enter");
  await page.getByRole("tab", { name: "Overview" }).waitFor();
});

// The log of events, replays, the catalogue and API keys.

import assert from "node:assert/strict";

import { scene, sendDue } from "./person.ts";

scene("an owner finds an event, and reads what became of it at each endpoint and why", async (person) => {
  const { owner, page, receiver } = person;
  const filtered = await owner.register(`${receiver.url}/filtered`, { filter: "$.data.vin == \"OTHER\"" });
  await owner.register(`${receiver.url}/imports`, { events: ["import.*"] });
  await owner.register(`${receiver.url}/all`);
  const id = await owner.emit("vehicle.created", { vin: "NEEDLE" });
  await owner.emit("vehicle.created", { vin: "HAY" });
  await person.open("/events");
  const rows = page.getByRole("row", { name: /vehicle.created/ });
  await rows.nth(1).waitFor();
  await page.getByRole("searchbox", { name: "Search in payloads" }).fill("NEEDLE");
  await rows.nth(1).waitFor({ state: "detached" });
  await person.inspect();
  await rows.getByRole("link").click();
  await person.reads(id);
  await page.getByRole("row", { name: /\/all.*Delivered/ }).waitFor();
  await page.getByRole("row", { name: /\/filtered.*the endpoint's filter held it back/ }).waitFor();
  await page.getByRole("row", { name: /\/imports.*not subscribed to this type/ }).waitFor();
  await page.getByRole("group", { name: "Payload" }).getByText("NEEDLE").waitFor();
  await person.inspect();
  await page.getByRole("row", { name: /\/filtered/ }).getByRole("link").first().click();
  await page.waitForURL(`**/endpoints/${filtered.id}`);
});

scene("an owner replays events to a new endpoint, counted first", async (person) => {
  const { owner, page, receiver } = person;
  for (const vin of ["ONE", "TWO", "THREE"]) await owner.emit("vehicle.created", { vin });
  await owner.register(receiver.url);
  await person.open("/replays");
  await person.reads("No replays yet");
  await person.press("Replay events");
  const dialog = page.getByRole("dialog", { name: "Replay events" });
  await dialog.getByLabel("Endpoint", { exact: true }).selectOption({ label: receiver.url.slice("http://".length) });
  await dialog.getByRole("button", { name: "Count events" }).click();
  await person.reads("3 events would be sent.");
  assert.equal(receiver.requests.length, 0);
  await person.inspect();
  await dialog.getByRole("button", { name: "Send 3 events" }).click();
  await page.getByRole("dialog", { name: "Replay" }).getByText(/\d+ sent, \d+ looked at/).waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
  await page.getByRole("row", { name: /Running|Done/ }).waitFor();
  await person.inspect();
});

scene("an owner cancels a replay that runs", async (person) => {
  const { owner, page, receiver } = person;
  await owner.emitMany("vehicle.created", 2_000);
  // So slow that the replay waits for it until it is cancelled.
  const { id } = await owner.register(receiver.url, { rate_limit_per_minute: 1 });
  await person.open("/replays");
  await person.press("Replay events");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Endpoint", { exact: true }).selectOption(id);
  await dialog.getByRole("button", { name: "Count events" }).click();
  await dialog.getByRole("button", { name: "Send 2,000 events" }).click();
  await dialog.getByText("Running").waitFor();
  await dialog.getByText(/^[1-9][\d,]* sent, [1-9][\d,]* looked at$/).waitFor();
  await person.inspect();
  await dialog.getByRole("button", { name: "Cancel replay" }).click();
  await dialog.getByText("Cancelled").waitFor();
  assert.equal(await dialog.getByRole("button", { name: "Cancel replay" }).count(), 0);
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await page.getByRole("row", { name: /Cancelled/ }).waitFor();
  const { data } = await owner.manage<{ data: { status: string }[] }>("GET", "/replays");
  assert.deepEqual(data.map(({ status }) => status), ["cancelled"]);
  await owner.manage("DELETE", `/webhooks/${id}`);
});

scene("an owner recovers what failed at one endpoint, counted first", async (person) => {
  const { owner, page, receiver } = person;
  receiver.answer = { status: 503 };
  const repaired = await owner.register(`${receiver.url}/repaired`, { max_attempts: 1, events: ["vehicle.*"] });
  await owner.register(`${receiver.url}/other`, { max_attempts: 1, events: ["import.*"] });
  for (const vin of ["ONE", "TWO"]) await owner.emit("vehicle.created", { vin });
  await owner.emit("import.completed", { rows: 1 });
  receiver.answer = { status: 200 };
  await person.open("/events");
  await person.press("Recover");
  const dialog = page.getByRole("dialog", { name: "Recover" });
  await dialog.getByText(/^3 failed deliveries\.$/).waitFor();
  await dialog.getByRole("button", { name: "Send 3 again" }).waitFor();
  await dialog.getByLabel("Endpoint", { exact: true }).selectOption(repaired.id);
  await dialog.getByText(/^2 failed deliveries\.$/).waitFor();
  await person.inspect();
  assert.equal(receiver.requests.length, 3);
  await dialog.getByRole("button", { name: "Send 2 again" }).click();
  await person.reads("2 deliveries are sent again.");
  await dialog.waitFor({ state: "detached" });
  await sendDue();
  const again = [await receiver.request(4), await receiver.request(5)].map(({ body }) => JSON.parse(body).data.vin);
  assert.deepEqual(again.sort(), ["ONE", "TWO"]);
  await person.press("Recover");
  await dialog.getByText(/^1 failed delivery\.$/).waitFor();
});

scene("an owner looks a type up in the catalogue", async (person) => {
  const { page } = person;
  await person.open("/event-types");
  await page.getByRole("searchbox", { name: "Search event types" }).fill("vehicle.cre");
  await page.getByText("import.completed").waitFor({ state: "detached" });
  await page.getByText("vehicle.created", { exact: true }).click();
  await page.getByRole("group", { name: "Example of data" }).getByText("1FTFW1E50PFA00001").waitFor();
  await person.inspect();
});

scene("API keys want a user's token, with which one is made, shown once and deleted", async (person) => {
  const { owner, page } = person;
  person.expects(/status of 403 .*\/api-keys/);
  await person.open("/api-keys");
  await person.reads("API keys are managed with a signed-in session");
  await person.inspect();
  await page.goto("about:blank");
  await person.goTo(`/api-keys#access_token=${owner.jwt}`);
  await person.reads("No API keys yet");
  assert.equal(new URL(page.url()).hash, "");
  await person.press("Create API key");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("nightly import");
  await dialog.getByRole("button", { name: "Create API key" }).click();
  const key = await page.getByRole("group", { name: "API key", exact: true }).innerText();
  assert.match(key, /^nk_live_/);
  await person.inspect();
  await person.press("I have saved it");
  await page.getByRole("row", { name: /nightly import.*Read/ }).waitFor();
  assert.ok(!(await page.content()).includes(key), "the key is shown again");
  await person.press("Delete nightly import");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await person.reads("The API key is deleted.");
  await person.reads("No API keys yet");
});

// Endpoints: registered, tested, changed, switched off and on.

import assert from "node:assert/strict";

import { scene, sendDue, type Person } from "./person.ts";

const dialog = (person: Person, name: string) => person.page.getByRole("dialog", { name });
const code = (person: Person, label: string) => person.page.getByRole("group", { name: label, exact: true });

scene("an owner registers the first endpoint, sees its secret once, and an event arrives", async (person) => {
  const { owner, page, receiver } = person;
  await person.open();
  await page.getByRole("link", { name: "Add your first endpoint" }).click();
  await person.sees("Add endpoint");
  const url = page.getByLabel("URL", { exact: true });
  await url.fill("ftp://example.com");
  await person.reads("Only https is taken outside of development.");
  await url.fill("https://user:secret@example.com/hook");
  await person.reads("The URL must not contain a user name or password.");
  await url.fill(receiver.url);
  await page.getByRole("checkbox", { name: "All events" }).uncheck();
  await person.press("Add endpoint");
  await person.reads("Choose at least one event type.");
  await page.getByRole("searchbox", { name: "Search event types" }).fill("vehicle");
  await page.getByRole("checkbox", { name: "vehicle.*" }).check();
  assert.equal(await page.getByRole("checkbox", { name: "vehicle.created" }).isChecked(), true);
  await person.inspect();
  await person.press("Add endpoint");

  await person.sees("The endpoint is added");
  const secret = await code(person, "Signing secret").innerText();
  assert.match(secret, /^whsec_/);
  await person.reads("it is not shown again");
  const languages = page.getByRole("tablist", { name: "Languages" }).getByRole("tab");
  assert.ok(await languages.count() >= 8, `${await languages.count()} languages`);
  await languages.filter({ hasText: "Python" }).click();
  await page.getByRole("tabpanel").getByText("WEBHOOK_SECRET").waitFor();
  await person.inspect();

  await page.getByRole("link", { name: "To the endpoint" }).click();
  await page.getByRole("tab", { name: "Deliveries" }).click();
  await person.reads("No deliveries yet");
  assert.ok(!(await page.content()).includes(secret), "the secret is shown again");
  await owner.emit("vehicle.created", { vin: "FIRST" });
  await owner.emit("import.completed", { rows: 1 });
  const { body } = await receiver.request(1);
  assert.equal(JSON.parse(body).data.vin, "FIRST");
  await page.reload();
  await page.getByRole("row", { name: /vehicle.created.*Delivered/ }).waitFor();
  assert.equal(receiver.requests.length, 1, "an event of another type arrived");
});

scene("an owner sends a test event with data of their own, and reads the answer", async (person) => {
  const { owner, page, receiver } = person;
  receiver.answer = { status: 202, body: "taken with thanks" };
  const { id } = await owner.register(receiver.url);
  await person.open(`/endpoints/${id}`);
  await person.press("Send test event");
  const data = page.getByLabel("Data, as JSON");
  await page.getByRole("combobox", { name: "Event type" }).selectOption("vehicle.created");
  assert.match(await data.inputValue(), /1FTFW1E50PFA00001/);
  await data.fill("{");
  await person.reads("This is not JSON");
  await data.fill('{"vin": "EDITED", "large": 12345678901234567}');
  const send = async (name: string) => {
    const answered = page.waitForResponse(/\/test$/);
    await person.press(name);
    await answered;
    await sendDue();
  };
  await send("Send");
  await person.reads("HTTP 202 after");
  await code(person, "Answer").getByText("taken with thanks").waitFor();
  const { body } = await receiver.request(1);
  assert.match(body, /"large": ?12345678901234567[,}]/);
  assert.equal(JSON.parse(body).data.vin, "EDITED");
  assert.equal(JSON.parse(body).type, "vehicle.created");
  await person.inspect();

  receiver.answer = { status: 500, body: "it burns" };
  await send("Send again");
  await person.reads("HTTP 500 after");
  await person.reads("Your server failed with this request");
});

scene("an owner rotates the secret, and for a while both sign", async (person) => {
  const { owner, page, receiver } = person;
  const { id, secret } = await owner.register(receiver.url);
  await person.open(`/endpoints/${id}?tab=settings`);
  await person.press("Rotate the secret");
  const hours = page.getByLabel("Hours for which the old secret signs too");
  await hours.fill("169");
  await person.reads("Give a whole number from 0 to 168.");
  await hours.fill("0");
  await person.reads("The old secret stops at once");
  await hours.fill("2");
  await person.inspect();
  await person.press("Make a new secret");
  await person.reads("The old secret signs too for 2 hours.");
  const fresh = await code(person, "New signing secret").innerText();
  assert.match(fresh, /^whsec_/);
  assert.notEqual(fresh, secret);
  await person.press("I have saved it");
  await dialog(person, "The new secret").waitFor({ state: "detached" });
  await person.reads(/The secret was rotated: the old one stops signing in (1 h 59 min|2 h)/);
  assert.ok(!(await page.content()).includes(fresh), "the secret is shown again");

  await owner.emit("vehicle.created", { vin: "BOTH" });
  const { headers } = await receiver.request(1);
  const signatures = String(headers["webhook-signature"]).split(" ");
  assert.equal(new Set(signatures).size, 2, String(headers["webhook-signature"]));
});

scene("an owner switches an endpoint off, reads so, and switches it on and sends again what failed", async (person) => {
  const { owner, page, receiver } = person;
  const { id } = await owner.register(receiver.url);
  await person.open(`/endpoints/${id}`);
  await person.press("More actions");
  await page.getByRole("menuitem", { name: "Switch off" }).click();
  await dialog(person, "Switch off").getByRole("button", { name: "Switch off" }).click();
  await person.reads("The endpoint is switched off.");
  const offSince = /Switched off since \w{3} \d+, \d{4}/;
  await page.getByRole("paragraph").filter({ hasText: offSince }).waitFor();
  await person.reads("Nothing is sent. Events are recorded and can be sent later.");
  await owner.emit("vehicle.created", { vin: "WHILE OFF" });
  await owner.emit("vehicle.created", { vin: "WHILE OFF, TOO" });
  assert.equal(receiver.requests.length, 0);

  await page.getByRole("link", { name: "Endpoints", exact: true }).first().click();
  await page.getByRole("row", { name: offSince }).getByRole("link").click();
  await person.press("Switch on and send again the 2 that failed");
  await person.inspect();
  await person.press("Switch on and send 2 again");
  await person.reads("2 deliveries are sent again.");
  await sendDue();
  await page.getByRole("heading", { level: 1 }).getByText("Active").waitFor();
  const bodies = [await receiver.request(1), await receiver.request(2)].map(({ body }) => JSON.parse(body).data.vin);
  assert.deepEqual(bodies.sort(), ["WHILE OFF", "WHILE OFF, TOO"]);
});

scene("an owner reads how many deliveries failed at an endpoint that is off, however many pages", async (person) => {
  const { owner, receiver } = person;
  const { id } = await owner.register(receiver.url, { is_active: false });
  await owner.emitMany("vehicle.created", 120);
  await person.open(`/endpoints/${id}`);
  await person.press("Switch on and send again the 120 that failed");
  await person.page.getByRole("button", { name: "Switch on and send 120 again" }).waitFor();
});

scene("an owner tries a filter on past events while typing it", async (person) => {
  const { owner, page, receiver } = person;
  const { id } = await owner.register(receiver.url);
  await owner.emit("vehicle.created", { vin: "CHEAP", price: 10 });
  await owner.emit("vehicle.created", { vin: "DEAR", price: 90_000 });
  await owner.emit("vehicle.created", { vin: "FREE" });
  await person.open(`/endpoints/${id}/edit`);
  const filter = page.getByRole("textbox", { name: "Filter" });
  person.expects(/status of 400 .*\/filter\/test/);
  await filter.fill("$.data.price >");
  await person.reads(/at character \d+/);
  await filter.fill("$.data.price > 40000");
  await person.reads("1 of your last 3 events pass");
  await page.getByText("1 of your last 3").click();
  const tested = page.getByRole("list", { name: "Tested events" }).getByRole("listitem");
  assert.equal(await tested.filter({ hasText: "Passes" }).count(), 1);
  await tested.filter({ hasText: "does not hold" }).waitFor();
  await tested.filter({ hasText: "cannot be told" }).waitFor();
  await person.inspect();
  await person.press("Save changes");
  await person.reads("The changes are saved.");
  await owner.emit("vehicle.created", { vin: "HELD BACK", price: 1 });
  await owner.emit("vehicle.created", { vin: "PASSES", price: 50_000 });
  assert.equal(JSON.parse((await receiver.request(4)).body).data.vin, "PASSES");
});

scene("an owner deletes an endpoint by typing its host", async (person) => {
  const { owner, receiver } = person;
  const { id } = await owner.register(receiver.url);
  await person.open(`/endpoints/${id}?tab=settings`);
  await person.press("Delete endpoint");
  const remove = dialog(person, "Delete endpoint").getByRole("button", { name: "Delete endpoint" });
  assert.equal(await remove.isDisabled(), true);
  await dialog(person, "Delete endpoint").getByRole("textbox").fill(new URL(receiver.url).host);
  await person.inspect();
  await remove.click();
  await person.reads("The endpoint is deleted.");
  await person.reads("Receive your first webhook");
  person.expects(/status of 404 .*\/webhooks\//);
  await person.goTo(`/endpoints/${id}`);
  await person.sees("This endpoint does not exist");
  await person.inspect();
});

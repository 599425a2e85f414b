// Deliveries: what was sent, why it failed, and sending it again.

import assert from "node:assert/strict";

import { inDatabase, scene, sendDue } from "./person.ts";

scene("an owner finds out why a delivery failed, and sends it again when the server is repaired", async (person) => {
  const { owner, page, receiver } = person;
  receiver.answer = { status: 503, body: "down for repair" };
  const { id } = await owner.register(receiver.url, { max_attempts: 1 });
  await owner.emit("vehicle.created", { vin: "it's here", price: 12_345_678_901_234 });
  await person.open(`/endpoints/${id}?tab=deliveries`);
  await page.getByRole("row", { name: /vehicle.created.*Failed/ }).getByRole("link").click();
  await page.getByRole("heading", { name: "Attempt 1" }).waitFor();
  await person.reads("Error of your server (5xx).");
  await person.reads("HTTP 503");
  await page.getByRole("group", { name: "Answer of your server" }).getByText("down for repair").waitFor();
  await person.inspect();

  await page.getByRole("figure").filter({ hasText: "As a curl command" }).getByRole("button", { name: "Copy" }).click();
  await person.reads("Copied");
  const command = await page.evaluate(() => navigator.clipboard.readText());
  const sent = await receiver.request(1);
  assert.ok(command.startsWith(`curl -i -X POST '${receiver.url}'`), command);
  assert.ok(command.endsWith(`--data-binary '${sent.body.replaceAll("'", "'\\''")}'`), `${command}\n${sent.body}`);
  assert.ok(command.includes(`webhook-id: ${sent.headers["webhook-id"]}`), command);

  receiver.answer = { status: 200 };
  await person.press("Send again");
  await person.reads("The delivery is sent again.");
  await sendDue();
  const again = await receiver.request(2);
  assert.equal(again.body, sent.body);
  assert.equal(again.headers["webhook-id"], sent.headers["webhook-id"]);
  await page.getByRole("heading", { level: 1 }).getByText("Delivered").waitFor();
  await page.getByRole("heading", { name: "Attempt 2" }).waitFor();
  await person.reads("HTTP 200");
});

scene("an owner is told of a server that does not run, and when it is tried again", async (person) => {
  const { owner, page } = person;
  const { id } = await owner.register("http://127.0.0.1:9/hook");
  await owner.emit("vehicle.created", { vin: "LOST" });
  await person.open(`/endpoints/${id}?tab=deliveries`);
  const row = page.getByRole("row", { name: /vehicle.created.*Retrying/ });
  await row.getByText("Next try").waitFor();
  await row.getByRole("link").click();
  await person.reads("No connection.");
  await person.reads("No answer");
  await person.reads("Attempt 2 of 5 follows");
});

scene("an owner filters deliveries, and the filters outlive a reload", async (person) => {
  const { owner, page, receiver } = person;
  const { id } = await owner.register(receiver.url, { max_attempts: 1 });
  await owner.emit("vehicle.created", { vin: "GOOD" });
  receiver.answer = { status: 400 };
  await owner.emit("vehicle.deleted", { vin: "BAD" });
  await person.open(`/endpoints/${id}?tab=deliveries`);
  await page.getByRole("row", { name: /vehicle.created/ }).waitFor();
  await page.getByLabel("Status").selectOption("failed");
  await page.getByLabel("From").fill("2020-01-01T10:00");
  await page.getByRole("row", { name: /vehicle.created/ }).waitFor({ state: "detached" });
  await page.getByRole("row", { name: /vehicle.deleted/ }).waitFor();
  await person.inspect();
  await page.reload();
  await page.getByRole("row", { name: /vehicle.deleted/ }).waitFor();
  assert.equal(await page.getByLabel("Status").inputValue(), "failed");
  assert.equal(await page.getByLabel("From").inputValue(), "2020-01-01T10:00");
  assert.equal(await page.getByRole("row", { name: /vehicle.created/ }).count(), 0);
  await page.getByLabel("Event type").selectOption("vehicle.created");
  await person.reads("No delivery matches these filters");
  await person.press("Clear filters");
  await page.getByRole("row", { name: /vehicle.created/ }).waitFor();
});

scene("an owner watches new deliveries come, and what is read does not move", async (person) => {
  const { owner, page, receiver } = person;
  const { id } = await owner.register(receiver.url);
  await Promise.all(Array.from({ length: 30 }, (_, number) => owner.emit("vehicle.created", { number })));
  await person.open(`/endpoints/${id}?tab=deliveries`);
  await person.reads("30 rows");
  await page.getByRole("switch", { name: "Live" }).click();
  await owner.emit("vehicle.deleted", { vin: "ON TOP" });
  await page.getByRole("row").nth(1).filter({ hasText: "vehicle.deleted" }).waitFor();

  const read = page.getByRole("row").nth(20);
  await read.evaluate((row) => row.scrollIntoView({ block: "center" }));
  const before = await read.boundingBox();
  const text = await read.getByRole("rowheader").innerText();
  await owner.emit("vehicle.updated", { vin: "WAITS" });
  await page.getByRole("button", { name: "1 new delivery" }).waitFor();
  assert.deepEqual(await read.boundingBox(), before);
  assert.equal(await read.getByRole("rowheader").innerText(), text);
  await person.press("1 new delivery");
  await page.getByRole("row").nth(1).filter({ hasText: "vehicle.updated" }).waitFor();
  assert.equal(await page.evaluate(() => window.scrollY), 0);
});

scene("an owner loads more deliveries, stays at the place, and sees each of them once", async (person) => {
  const { owner, page, receiver } = person;
  const { id } = await owner.register(receiver.url, { is_active: false });
  await owner.emitMany("vehicle.created", 120);
  await person.open(`/endpoints/${id}?tab=deliveries`);
  const rows = page.getByRole("rowheader");
  const loadMore = async (before: number, after: string | RegExp) => {
    const last = rows.nth(before - 1);
    await last.scrollIntoViewIfNeeded();
    const [place, text] = [(await last.boundingBox())?.y, await last.innerText()];
    await person.press("Load more");
    await person.reads(after);
    assert.equal((await last.boundingBox())?.y, place);
    assert.equal(await last.innerText(), text);
  };
  await person.reads("50 rows so far");
  // What comes meanwhile must not push rows onto the next page.
  await owner.emit("vehicle.updated", { vin: "MEANWHILE" });
  await loadMore(50, "100 rows so far");
  await loadMore(100, /^120 rows$/);
  assert.equal(await page.getByRole("button", { name: "Load more" }).count(), 0);
  const texts = await rows.allInnerTexts();
  assert.equal(texts.length, 120);
  assert.equal(new Set(texts).size, 120);
});

scene("an owner looks at a delivery that is deleted meanwhile, and is told calmly with a way back", async (person) => {
  const { owner, page } = person;
  const { id } = await owner.register("http://127.0.0.1:9/hook");
  const remove = () => inDatabase((sql) => sql`delete from public.webhook_deliveries where endpoint_id = ${id}`);
  const look = async () => {
    await page.getByRole("link", { name: "vehicle.created" }).click();
    await page.getByRole("heading", { name: "Attempt 1" }).waitFor();
  };
  const isTold = async () => {
    await person.sees("This delivery does not exist");
    await person.reads("It may have been deleted, or is too old to be kept.");
    await page.getByRole("main").getByRole("link", { name: "Deliveries of the endpoint" }).click();
    await person.reads("No deliveries yet");
  };
  person.expects(/status of 404 .*\/deliveries\//);
  await owner.emit("vehicle.created", { vin: "STILL RETRIED" });
  await person.open(`/endpoints/${id}?tab=deliveries`);
  await look();
  await remove();
  await isTold();

  await owner.manage("PATCH", `/webhooks/${id}`, { max_attempts: 1 });
  await owner.emit("vehicle.created", { vin: "ENDED" });
  await page.reload();
  await look();
  await remove();
  await person.press("Send again");
  await isTold();
});

scene("an owner looks at a delivery whose endpoint is deleted meanwhile, and is told calmly", async (person) => {
  const { owner, page, receiver } = person;
  const { id } = await owner.register(receiver.url);
  await owner.emit("vehicle.created", { vin: "GONE" });
  await person.open(`/endpoints/${id}?tab=deliveries`);
  await page.getByRole("link", { name: "vehicle.created" }).click();
  await page.getByRole("heading", { name: "Attempt 1" }).waitFor();
  await owner.manage("DELETE", `/webhooks/${id}`);
  person.expects(/status of 404 .*\/webhooks\//);
  await page.reload();
  await person.sees("This delivery does not exist");
  await person.reads("It may have been deleted, or is too old to be kept.");
  await person.inspect();
  await page.getByRole("link", { name: "Deliveries of the endpoint" }).click();
  await person.sees("This endpoint does not exist");
});

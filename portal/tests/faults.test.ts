// Faults of the API, and hostile content.

import assert from "node:assert/strict";
import http from "node:http";
import type { AddressInfo } from "node:net";

import { scene, stack } from "./person.ts";

scene("an owner reads that the service cannot be reached, and goes on when it is back", async (person) => {
  const { page } = person;
  await person.open();
  await person.reads("Receive your first webhook");
  person.expects(/ERR_FAILED/);
  await page.route("**/events*", (route) => route.abort());
  await page.getByRole("link", { name: "Events", exact: true }).click();
  await page.getByRole("button", { name: "Try again" }).waitFor();
  await person.reads("could not be reached");
  await person.inspect();
  await page.unroute("**/events*");
  await person.press("Try again");
  await person.reads("No events yet");
});

scene("an owner who is asked to wait reads so, and it goes on by itself", async (person) => {
  const { page } = person;
  await person.open();
  await person.reads("Receive your first webhook");
  person.expects(/status of 429/);
  await page.route("**/events*", (route) => route.fulfill({
    status: 429,
    contentType: "application/json",
    headers: { "Retry-After": "2" },
    body: JSON.stringify({ error: "Too many requests", code: "rate_limited" }),
  }), { times: 1 });
  await page.getByRole("link", { name: "Events", exact: true }).click();
  await person.reads("It is tried again");
  await person.reads("No events yet");
});

scene("hostile events, names and answers are shown as text", async (person) => {
  const { owner, page, receiver } = person;
  const attack = "<img src=x onerror=alert(1)><script>alert(2)</script>";
  receiver.answer = {
    status: 500,
    headers: { "Content-Type": "text/html" },
    body: Buffer.concat([Buffer.from(attack), Buffer.from([0xff, 0xfe, 0xc3, 0x28])]),
  };
  const description = `${attack} \u202e\u05d0\u05d1\u05d2`;
  const { id } = await owner.register(receiver.url, { description, max_attempts: 1 });
  const rtl = "\u202e\u0645\u0631\u062d\u0628\u0627";
  await owner.emit("vehicle.created", { attack, rtl, long: "x".repeat(200 * 1_024) });
  await person.open();
  await person.reads(attack);
  await person.fits();
  await page.getByRole("link", { name: "127.0.0.1" }).click();
  await page.getByRole("tab", { name: "Settings" }).click();
  await person.reads(attack);
  await page.getByRole("tab", { name: "Deliveries" }).click();
  await page.getByRole("link", { name: "vehicle.created" }).click();
  await page.getByRole("group", { name: "Answer of your server" }).getByText(attack).waitFor();
  await page.getByRole("group", { name: "Payload" }).getByText("onerror=alert(1)").waitFor();
  for (const width of [360, 1_440]) {
    await page.setViewportSize({ width, height: 900 });
    await person.fits();
  }
  assert.equal(await page.locator("main script, main img").count(), 0);
  assert.ok(page.url().includes(id));
});

scene("a page of another origin cannot show the portal in a frame", async (person) => {
  const { page } = person;
  const other = http.createServer((_, response) => {
    response.writeHead(200, { "Content-Type": "text/html" });
    response.end(`<title>Other</title><iframe src="${stack.manage_url}/portal"></iframe>`);
  });
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  try {
    person.expects(/frame-ancestors/);
    const refused = page.waitForEvent("console", (message) => message.text().includes("frame-ancestors"));
    await page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
    await refused;
    assert.equal(await page.frameLocator("iframe").getByRole("heading").count(), 0);
  } finally {
    other.close();
    other.closeAllConnections();
  }
});

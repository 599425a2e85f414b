// The operator's console.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { consoleLink, countAttempts, Operator, operatorScene, takeSession } from "./operator.ts";
import { deliver, launch, sendDue, WIDTHS, withPerson, type Endpoint, type Person } from "./person.ts";

const REFUSED = /status of 401 .*\/console-session/;
const MOST_BYTES = 150_000;
const ATTACK = "<img src=x onerror=alert(1)><script>alert(2)</script>";

/** Registers an endpoint with a delivery that failed for good. */
async function withFailure(person: Person): Promise<{ endpoint: Endpoint; event: string }> {
  const { owner, receiver } = person;
  receiver.answer = { status: 500, body: "no" };
  const endpoint = await owner.register(receiver.url, { max_attempts: 1 });
  const event = await owner.emit("vehicle.created", { vin: "FAILS" });
  return { endpoint, event };
}

operatorScene("an operator opens a link, and its token is gone from the address and from what is kept", async (
  operator, person,
) => {
  const { page } = person;
  const { url } = await consoleLink(operator.name);
  assert.match(url, /\/console#token=wcl_/);
  await operator.goTo(new URL(url).hash);
  await person.sees("Now");
  await person.reads(operator.name);
  assert.equal(new URL(page.url()).hash, "");
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state]));
  assert.doesNotMatch(kept, /wcl_|wcs_|nk_|token|session/i);
  assert.equal(await page.evaluate(() => document.cookie), "");

  await page.reload();
  await person.reads(operator.name);
});

operatorScene("a link that was used says in another browser how to get a new one", async (operator, person) => {
  const { page } = person;
  person.expects(REFUSED);
  const link = await consoleLink(operator.name);
  await takeSession(link);
  await operator.goTo(`/storage${new URL(link.url).hash}`);
  await person.sees("Open the console by a new link");
  assert.equal(new URL(page.url()).hash, "");
  await page.getByRole("group", { name: "How to make a link" }).getByText("/console-links").waitFor();
  await person.inspect();
  await person.press("Copy");
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^curl -X POST http/);

  await page.getByLabel("Link or token").fill((await consoleLink(operator.name)).url);
  await person.press("Open");
  await person.sees("Storage");
});

operatorScene("an operator whose session is revoked signs in by a new link and loses nothing", async (
  operator, person,
) => {
  const { page } = person;
  const link = await operator.open("/actions?action=pause");
  const owner = page.getByLabel("Owner (or endpoint ids below)");
  await owner.fill(person.owner.id);
  await deliver("DELETE", `/console-links/${link.id}`);
  person.expects(/status of 401/);
  await person.press("Count first");
  const dialog = page.getByRole("dialog", { name: "Sign in again" });
  await dialog.getByText("could not be renewed").waitFor();
  await person.inspect();
  await dialog.getByLabel("Link or token").fill((await consoleLink(operator.name)).url);
  await dialog.getByRole("button", { name: "Open" }).click();
  await dialog.waitFor({ state: "detached" });
  assert.equal(await owner.inputValue(), person.owner.id);
  await person.press("Count first");
  await person.reads("0 active endpoints match.");
});

operatorScene("an operator reads how things are now, and finds the endpoint that fails on top", async (
  operator, person,
) => {
  const { page, receiver } = person;
  const { data: overview } = await deliver<{ data: Record<string, unknown> }>("GET", "/operator/overview");
  const { url } = receiver;
  const worst = {
    id: randomUUID(), url, owner: person.owner.id, attempts: 40, failed: 31, is_active: true, disabled_reason: null,
    consecutive_failures: 12,
  };
  const message = "A delivery that is due has waited for 20 minutes";
  await page.route("**/operator/overview", (route) => route.fulfill({
    json: { data: { ...overview, worst_endpoints: [worst], problems: [{ code: "deliveries_wait", message }] } },
  }), { times: 1 });
  await operator.open();
  await person.reads(message);
  const row = await operator.row("Worst endpoints of the hour", new URL(url).host);
  assert.match(await row.innerText(), /31 of 40[^]*12[^]*Failing/);
  // Renewed by itself, from the stack now.
  await page.getByText(message).waitFor({ state: "detached", timeout: 15_000 });
  for (const figure of ["Waiting deliveries", "Last tick of the cron", "Attempts a minute", "Success rate"]) {
    await page.getByRole("term").filter({ hasText: figure }).waitFor();
  }
  await page.getByRole("button", { name: "7 days" }).click();
  await page.waitForURL(/window=7d/);
  await page.getByRole("region", { name: "Failures by cause" }).getByRole("button", { name: "Show as table" }).click();
  await page.getByRole("table", { name: "Failures by cause" }).waitFor();
});

operatorScene("an endpoint that fails is among the worst once its attempts are counted", async (
  operator, person,
) => {
  const { owner, receiver } = person;
  receiver.answer = { status: 500 };
  await owner.register(receiver.url, { max_attempts: 1 });
  await deliver("POST", "", {
    events: Array.from({ length: 40 }, () => ({
      event_id: randomUUID(), event_type: "vehicle.created", data: {}, user_id: owner.id,
    })),
  });
  await sendDue();
  await countAttempts();
  await operator.open();
  const { host } = new URL(receiver.url);
  const worst = person.page.getByRole("table", { name: "Worst endpoints of the hour" });
  const link = worst.getByRole("link", { name: host });
  await link.click();
  await person.sees(`Owner ${owner.id}`);
  await person.reads("Looked for");
});

operatorScene("an operator finds an owner, an endpoint, an event and a delivery by one search", async (
  operator, person,
) => {
  const { page, owner, receiver } = person;
  const { endpoint, event } = await withFailure(person);
  type Deliveries = { data: { id: string }[] };
  const { data } = await owner.manage<Deliveries>("GET", `/webhooks/${endpoint.id}/deliveries`);
  await operator.open();
  await operator.searches(owner.id);
  await operator.row("Owner", owner.id);
  await operator.row("Endpoints", new URL(receiver.url).host);
  await operator.searches(new URL(receiver.url).host);
  await operator.row("Endpoints", owner.id);
  await person.inspect();
  await operator.searches(endpoint.id);
  await operator.row("Endpoints", new URL(receiver.url).host);
  await operator.searches(event);
  await operator.row("Events", "vehicle.created");
  await operator.searches(data[0]?.id ?? "");
  const delivery = await operator.row("Deliveries", event);
  assert.match(await delivery.innerText(), /Failed/);
  await person.inspect();
  await delivery.getByRole("link", { name: "vehicle.created" }).click();
  await person.sees(`Search: ${event}`);
  await operator.searches("no-such-thing");
  await person.reads("Nothing was found");
  await operator.searches("ab");
  await person.reads("Give at least 3 characters.");
  await page.goBack();
  await person.reads("Nothing was found");
});

operatorScene("an operator looks at the portal as its owner: read only, marked and logged", async (
  operator, person,
) => {
  const { page, owner, receiver } = person;
  await owner.register(receiver.url);
  await operator.open(`/owners/${owner.id}`);
  await person.press(`See as the owner: ${receiver.url}`);
  await person.reads("It is read only");
  await person.inspect();
  const opened = page.waitForEvent("popup");
  await page.getByRole("link", { name: "Open the portal as" }).click();
  const portal = await opened;
  await portal.getByText(operator.name).waitFor();
  await portal.getByText("Read only", { exact: true }).waitFor();
  await portal.getByRole("tab", { name: "Overview" }).waitFor();
  assert.equal(await portal.getByRole("button", { name: /Send test event|Switch|More actions/ }).count(), 0);
  assert.equal(await portal.evaluate(() => window.opener), null);
  await operator.goTo("/audit-log");
  const logged = page.getByRole("row").filter({ hasText: operator.name }).filter({ hasText: owner.id });
  await logged.filter({ hasText: "Looked at the portal as an owner" }).first().waitFor();
});

operatorScene("an operator counts failed deliveries of an owner and has them sent again", async (operator, person) => {
  const { page, owner, receiver } = person;
  await withFailure(person);
  await owner.emit("vehicle.updated", { vin: "FAILS" });
  receiver.answer = {};
  await operator.open(`/owners/${owner.id}`);
  await page.getByRole("navigation", { name: "Actions" }).getByRole("link", { name: "Send again" }).click();
  await person.sees("Fleet actions");
  await page.getByLabel("Event type (empty: all)").fill("vehicle.created");
  await person.press("Count first");
  await person.reads("1 failed delivery matches.");
  await page.waitForURL(/event_type=vehicle\.created/);
  await person.inspect();
  assert.equal(receiver.requests.length, 2);
  await person.press("Send 1 again…");
  const dialog = page.getByRole("dialog", { name: "Send again" });
  await dialog.getByText("1 failed delivery matches.").waitFor();
  await dialog.getByText(owner.id).waitFor();
  await dialog.getByRole("button", { name: "Send 1 again" }).click();
  await person.reads("1 delivery is sent again.");
  await sendDue();
  assert.match((await receiver.request(3)).body, /vehicle\.created/);
});

operatorScene("an operator cancels waiting deliveries part by part, and can stop and go on", async (
  operator, person,
) => {
  const { page, owner } = person;
  let calls = 0;
  await page.route("**/operator/deliveries/cancel", async (route) => {
    const isCount = (route.request().postDataJSON() as { dry_run: boolean }).dry_run;
    if (!isCount) calls += 1;
    if (!isCount && calls === 2) await new Promise((resolve) => setTimeout(resolve, 1_000));
    const next_cursor = !isCount && calls < 3 ? owner.id : null;
    const more = next_cursor !== null;
    await route.fulfill({ json: { data: { matched: 10_000, cancelled: isCount ? 0 : 10_000, more, next_cursor } } });
  });
  await operator.open(`/actions?action=cancel&owner=${owner.id}`);
  await person.press("Count first");
  await person.reads("More than 10,000 waiting deliveries match.");
  await person.press("Cancel all deliveries…");
  await page.getByRole("dialog").getByRole("button", { name: "Cancel all deliveries" }).click();
  await person.reads("10,000 so far");
  await person.press("Stop");
  await person.reads("20,000 deliveries are cancelled.");
  await person.reads("It was stopped before its end.");
  assert.equal(calls, 2);
  await person.press("Go on");
  await person.reads("30,000 deliveries are cancelled.");
  await page.getByText("It was stopped").waitFor({ state: "detached" });
});

operatorScene("an operator pauses an endpoint and resumes it", async (operator, person) => {
  const { page, owner, receiver } = person;
  const { id } = await owner.register(receiver.url);
  const endpointIs = async () => {
    type Answer = { data: { is_active: boolean; disabled_reason: string | null } };
    return (await owner.manage<Answer>("GET", `/webhooks/${id}`)).data;
  };
  await operator.open(`/owners/${owner.id}`);
  await page.getByRole("link", { name: `Pause ${receiver.url}` }).click();
  await person.press("Count first");
  await person.press("Pause 1 endpoint…");
  await page.getByRole("dialog").getByRole("button", { name: "Pause 1 endpoint" }).click();
  await person.reads("1 endpoint is paused.");
  assert.deepEqual((await endpointIs()).disabled_reason, "Paused by the operator");
  await operator.searches(id);
  await page.getByRole("table", { name: "Endpoints" }).getByText("Paused by the operator").waitFor();
  await page.getByRole("link", { name: new URL(receiver.url).host }).click();
  await page.getByRole("link", { name: `Resume ${receiver.url}` }).click();
  await person.press("Count first");
  await person.press("Resume 1 endpoint…");
  await page.getByRole("dialog").getByRole("button", { name: "Resume 1 endpoint" }).click();
  await person.reads("1 endpoint is resumed.");
  assert.equal((await endpointIs()).is_active, true);
});

operatorScene("an operator erases an event by its id, and another by its content, with the typed word", async (
  operator, person,
) => {
  const { page, owner, receiver } = person;
  await owner.register(receiver.url);
  const vin = randomUUID();
  const [first, second] = [
    await owner.emit("vehicle.created", { vin: randomUUID() }), await owner.emit("vehicle.created", { vin }),
  ];
  await operator.open();
  await operator.searches(first);
  await page.getByRole("link", { name: `Erase event ${first}` }).click();
  const erase = async () => {
    await person.press("Count first");
    await person.press("Erase 1 event…");
    const dialog = page.getByRole("dialog", { name: "Erase events" });
    const button = dialog.getByRole("button", { name: "Erase 1 event" });
    assert.equal(await button.isDisabled(), true);
    await dialog.getByRole("textbox").fill("erase");
    assert.equal(await button.isDisabled(), true);
    await dialog.getByRole("textbox").fill("ERASE");
    await button.click();
    await person.reads("1 event is erased.");
  };
  await erase();
  await person.press("New action");
  await page.getByRole("radio", { name: "By what their data contains" }).check();
  const contains = page.getByLabel("Data contains, as a JSON object");
  await contains.fill("{");
  await person.reads("This is not JSON");
  await contains.fill("{}");
  await person.press("Count first");
  await person.reads("Give at least one member.");
  await contains.fill(JSON.stringify({ vin }));
  await erase();
  await operator.searches(second);
  await page.getByRole("table", { name: "Events" }).getByText("Erased").waitFor();
});

operatorScene("an operator adds an event type, which is unused, changes it and archives it", async (
  operator, person,
) => {
  const { page } = person;
  const name = `console.t${randomUUID().slice(0, 8)}`;
  const dialog = page.getByRole("dialog");
  const edit = () => page.getByRole("button", { name: `Edit ${name}` }).click();
  const save = async () => {
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByRole("dialog", { name: `${name} is saved` }).waitFor();
  };
  const close = () => dialog.getByText("Close", { exact: true }).click();
  await operator.open("/event-types");
  await person.press("Add event type");
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByLabel("Description").fill(`${ATTACK} at first`);
  await dialog.getByLabel("Example of data").fill("[1]");
  await person.reads("It must be a JSON object.");
  assert.equal(await dialog.getByRole("button", { name: "Save" }).isDisabled(), true);
  await dialog.getByLabel("Example of data").fill('{"id": 12345678901234567890}');
  const schema = dialog.getByLabel("JSON Schema of data");
  await schema.fill('{"type": "object", "required": ["id"], "properties": {"id": {}}}');
  await person.inspect();
  const request = page.waitForRequest((sent) => sent.method() === "PUT");
  await save();
  assert.match((await request).postData() ?? "", /12345678901234567890/);
  await person.reads("Nothing of this change is known to break receivers.");
  await person.reads("The schema is documentation");
  await close();
  await page.getByRole("searchbox", { name: "Search name or description" }).fill(name);
  await page.getByLabel("Show").selectOption("Unused");
  await page.waitForURL(/show=unused/);
  assert.match(await (await operator.row("Event types", name)).innerText(), /Unused[^]*at first/);

  await edit();
  await schema.fill('{"type": "object", "properties": {"other": {}}}');
  await save();
  await person.reads("Receivers may not expect this change of the schema:");
  await dialog.getByRole("listitem").getByText("id").first().waitFor();
  await person.inspect();
  await close();
  await edit();
  await dialog.getByRole("checkbox", { name: "Archived" }).check();
  await save();
  await close();
  await page.getByLabel("Show").selectOption("Archived");
  await operator.row("Event types", name);
  await page.getByLabel("Show").selectOption("Not in the catalogue");
  await person.reads("No event type matches");
  type Answer = { data: { name: string; description: string }[] };
  const { data } = await deliver<Answer>("GET", "/operator/event-types");
  assert.equal(data.find((type) => type.name === name)?.description, `${ATTACK} at first`);
  await operator.goTo("/audit-log");
  await page.getByRole("row").filter({ hasText: operator.name }).filter({ hasText: "Changed an event type" }).first()
    .waitFor();
});

operatorScene("an operator reads how large the tables are and that retention keeps up", async (operator, person) => {
  await operator.open("/storage");
  const row = await operator.row("Tables", "public.webhook_events");
  assert.match(await row.innerText(), /(KiB|MiB)[^]*%/);
  await person.page.getByRole("term").filter({ hasText: "Retention lag" }).waitFor();
  await person.page.getByRole("term").filter({ hasText: "Endpoints being purged" }).waitFor();
});

operatorScene("an operator reads in the audit log what was done, page by page", async (operator, person) => {
  const { page, owner } = person;
  await operator.open(`/actions?action=pause&owner=${owner.id}`);
  await person.press("Count first");
  await person.reads("0 active endpoints match.");
  const entry = (id: number) => ({
    id, at: new Date().toISOString(), operator: `${ATTACK}\u202e`, action: "pause_endpoints", owner: null,
    details: { note: `${ATTACK} ${"x".repeat(500)}` },
  });
  await page.route("**/operator/audit-log?before=*", (route) =>
    route.fulfill({ json: { data: [entry(1)], next_before: null } }));
  await page.route("**/operator/audit-log", (route) =>
    route.fulfill({ json: { data: [entry(3), entry(2)], next_before: 2 } }));
  await page.getByRole("link", { name: "Audit log" }).click();
  await person.reads("2 rows so far");
  await person.press("Load more");
  await person.reads("3 rows");
  await page.getByRole("group").getByText("Details").first().click();
  await page.getByRole("group", { name: "Details" }).getByText("onerror=alert(1)").first().waitFor();
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    await person.fits();
  }
  await person.inspect();
});

operatorScene("an operator who may only look sees everything and no control that changes something", async (
  operator, person,
) => {
  const { page, owner } = person;
  const { event } = await withFailure(person);
  await operator.open("", ["read"]);
  await person.reads("Read only");
  const changing = /Send|Pause|Resume|Cancel|Erase|Edit|Add|Count|Save/;
  const headings: Record<string, string> = {
    "": "Now",
    [`/owners/${owner.id}`]: `Owner ${owner.id}`,
    [`/search?text=${event}`]: `Search: ${event}`,
    "/actions?action=erase": "Fleet actions",
    "/event-types": "Event types",
    "/storage": "Storage",
    "/audit-log": "Audit log",
  };
  for (const [path, heading] of Object.entries(headings)) {
    await operator.goTo(path);
    await person.sees(heading);
    await page.waitForLoadState("networkidle");
    for (const role of ["button", "link"] as const) {
      const names = await page.getByRole("main").getByRole(role, { name: changing }).allInnerTexts();
      assert.deepEqual(names, [], page.url());
    }
  }
  await operator.goTo("/actions");
  await person.reads("This session may look at everything, and change nothing.");
});

operatorScene("hostile URLs, events and errors are shown as text", async (operator, person) => {
  const { page, owner, receiver } = person;
  receiver.answer = { status: 500, body: ATTACK };
  const path = `/${encodeURIComponent(ATTACK)}/${"long".repeat(200)}?q=%3Cscript%3E`;
  await owner.register(receiver.url + path, { max_attempts: 1 });
  const event = await owner.emit("vehicle.created", { ATTACK }, `<b>${randomUUID()}</b>`);
  await operator.open(`/owners/${owner.id}`);
  await person.reads("%3Cimg");
  await page.setViewportSize({ width: 360, height: 900 });
  await person.fits();
  await operator.searches(event);
  await operator.row("Deliveries", event);
  await person.fits();
  await operator.goTo(`/search?text=${encodeURIComponent("<script>alert(1)</script>")}`);
  await person.sees("Search: <script>alert(1)</script>");
  await operator.goTo(`/owners/${encodeURIComponent("<img src=x onerror=alert(1)>")}`);
  person.expects(/status of 400/);
  await person.sees("Owner <img src=x onerror=alert(1)>");
  assert.equal(await page.locator("main script, main img").count(), 0);
});

operatorScene("an operator who is asked to wait reads so, and the overview goes on by itself", async (
  operator, person,
) => {
  const { page } = person;
  person.expects(/status of 503/);
  await page.route("**/operator/overview", (route) => route.fulfill({
    status: 503,
    headers: { "Retry-After": "1" },
    json: { error: "The database cannot be reached", code: "database_unavailable" },
  }), { times: 1 });
  await operator.open();
  await person.reads("It is tried again");
  await person.reads("Waiting deliveries");
});

/** Holds pages, by their paths and headings, to every width and to the rules of axe on a phone and a wide screen. */
async function inspectPages(operator: Operator, person: Person, headings: Record<string, string>): Promise<void> {
  const { page } = person;
  for (const [path, heading] of Object.entries(headings)) {
    await operator.goTo(path);
    await person.sees(heading);
    await page.waitForLoadState("networkidle");
    for (const width of WIDTHS.toReversed()) {
      await page.setViewportSize({ width, height: 900 });
      await person.fits();
    }
    await person.inspect();
    await page.setViewportSize({ width: 1_440, height: 900 });
    await person.inspect();
  }
}

operatorScene("the overview, an owner and what was found fit from a phone to a wide screen", async (
  operator, person,
) => {
  const { event } = await withFailure(person);
  await operator.open();
  await person.sees("Now");
  await inspectPages(operator, person, {
    "": "Now",
    [`/owners/${person.owner.id}`]: `Owner ${person.owner.id}`,
    [`/search?text=${event}`]: `Search: ${event}`,
    "/nowhere": "Page not found",
  });
});

operatorScene("the actions and the event types fit from a phone to a wide screen", async (operator, person) => {
  await operator.open();
  await person.sees("Now");
  await inspectPages(operator, person, {
    "/actions?action=resend": "Fleet actions",
    "/actions?action=erase": "Fleet actions",
    "/event-types": "Event types",
  });
});

operatorScene("storage and audit log fit from a phone to a wide screen", async (operator, person) => {
  await operator.open();
  await person.sees("Now");
  await inspectPages(operator, person, { "/storage": "Storage", "/audit-log": "Audit log" });
});

operatorScene("an operator pauses the endpoints of an owner with the keyboard alone", async (operator, person) => {
  const { page, owner, receiver } = person;
  await owner.register(receiver.url);
  const focused = () => page.evaluate(() => {
    const element = document.activeElement;
    if (element instanceof HTMLInputElement) return element.labels?.[0]?.textContent ?? "";
    return element?.matches("a, button") ? element.textContent : "";
  });
  const tabTo = async (name: string) => {
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press("Tab");
      if ((await focused()).startsWith(name)) return;
    }
    assert.fail(`Tab does not reach ${name}`);
  };
  await operator.open();
  await person.sees("Now");
  await tabTo("Search an id");
  await page.keyboard.type(owner.id);
  await page.keyboard.press("Enter");
  await person.sees(`Search: ${owner.id}`);
  await page.getByRole("table", { name: "Owner" }).waitFor();
  await tabTo(owner.id);
  await page.keyboard.press("Enter");
  await person.sees(`Owner ${owner.id}`);
  await page.waitForFunction(() => document.activeElement?.tagName === "H1");
  await tabTo("Pause endpoints");
  await page.keyboard.press("Enter");
  await person.sees("Fleet actions");
  await tabTo("Count first");
  await page.keyboard.press("Enter");
  await person.reads("1 active endpoint matches.");
  await tabTo("Pause 1 endpoint");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await tabTo("Pause 1 endpoint");
  await page.keyboard.press("Enter");
  await person.reads("1 endpoint is paused.");
});

test("the overview is small to load on a phone", { timeout: 30_000 }, async (context) => {
  const browser = await launch();
  try {
    await withPerson(browser, { viewport: { width: 360, height: 640 } }, async (person) => {
      const operator = new Operator(person);
      const bodies = new Map<string, Promise<Buffer>>();
      person.page.on("response", (response) => {
        const { pathname } = new URL(response.url());
        if (pathname === "/console" || pathname.startsWith("/console/")) bodies.set(pathname, response.body());
      });
      await operator.open();
      await person.reads("Waiting deliveries");
      await person.page.waitForLoadState("networkidle");
      const sizes = (await Promise.all(bodies.values())).map((body) => gzipSync(body, { level: 9 }).length);
      const total = sizes.reduce((sum, size) => sum + size, 0);
      context.diagnostic(`first load: ${total} bytes gzipped, in ${sizes.length} files`);
      assert.ok(total > 0 && total < MOST_BYTES, `${total} bytes`);
    });
  } finally {
    await browser.close();
  }
});

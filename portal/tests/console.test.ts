// The operator's console.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { consoleLink, countAttempts, operatorScene, takeSession, type Operator } from "./operator.ts";
import { deliver, inDatabase, sendDue, WIDTHS, type Endpoint, type Person } from "./person.ts";

const REFUSED = /status of 401 .*\/console-session/;
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
  const owner = page.getByLabel("Owner (empty: any)");
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
  assert.match(await row.innerText(), /31 of 40[^]*12[^]*Last attempt failed/);
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

operatorScene("an operator reads that it is not known how things are before a tick, and while the overview is not renewed", async (
  operator, person,
) => {
  const { page } = person;
  person.expects(/status of 500/);
  const { data: overview } = await deliver<{ data: Record<string, unknown> }>("GET", "/operator/overview");
  let isBroken = false;
  let last_tick: object | null = null;
  await page.route("**/operator/overview", (route) => route.fulfill(isBroken
    ? { status: 500, json: { error: "It broke", code: "internal" } }
    : { json: { data: { ...overview, last_tick, problems: [] } } }));
  await page.clock.install();
  await operator.open();
  const live = page.locator("main [aria-live]").filter({ hasText: "Checked: the cron ticks" });
  await person.reads("The cron has not ticked yet");
  assert.equal(await live.count(), 0);
  last_tick = { finished_at: new Date().toISOString(), duration_ms: 7 };
  await page.clock.fastForward(11_000);
  await live.waitFor();
  isBroken = true;
  await page.clock.fastForward(11_000);
  await person.reads("It is not known how things are now");
  await live.waitFor({ state: "detached" });
  isBroken = false;
  await page.clock.fastForward(11_000);
  await live.waitFor();
  await page.getByText("It is not known").waitFor({ state: "detached" });
});

operatorScene("figures of another span of time are dimmed until they are there", async (operator, person) => {
  const { page } = person;
  const held = Promise.withResolvers<void>();
  await page.route("**/operator/stats?window=7d*", async (route) => {
    await held.promise;
    await route.continue();
  });
  await operator.open();
  const dimmed = page.getByRole("region", { name: "Attempts over time" }).locator("[aria-busy=true]");
  await page.getByRole("heading", { name: "Failures by cause" }).waitFor();
  assert.equal(await dimmed.count(), 0);
  await page.getByRole("button", { name: "7 days" }).click();
  await dimmed.waitFor();
  held.resolve();
  await dimmed.waitFor({ state: "detached" });
});

operatorScene("an endpoint that fails is among the worst once its attempts are counted", async (
  operator, person,
) => {
  const { owner, receiver } = person;
  receiver.answer = { status: 500 };
  await owner.register(receiver.url, { max_attempts: 1 });
  await countAttempts();
  type Answer = { data: { worst_endpoints: { failed: number }[] } };
  const { data } = await deliver<Answer>("GET", "/operator/overview");
  // More than at any other, since only the worst are shown.
  await owner.emitMany("vehicle.created", 1 + Math.max(0, ...data.worst_endpoints.map(({ failed }) => failed)));
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
  const spoken = page.getByRole("status").filter({ hasText: "Found: 1 owner, 1 endpoint." });
  await spoken.waitFor({ state: "attached" });
  const again = page.waitForRequest("**/operator/search?*");
  await page.getByRole("searchbox", { name: "Search an id" }).press("Enter");
  await again;
  await spoken.waitFor({ state: "attached" });
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

operatorScene("what is typed while a search is under way stays", async (operator, person) => {
  const { page } = person;
  const held = Promise.withResolvers<void>();
  await page.route("**/assets/SearchPage*", async (route) => {
    await held.promise;
    await route.continue();
  });
  await operator.open();
  const field = page.getByRole("searchbox", { name: "Search an id" });
  await field.fill("first");
  await field.press("Enter");
  await page.waitForURL(/text=first/);
  await field.fill("second");
  held.resolve();
  await person.sees("Search: first");
  assert.equal(await field.inputValue(), "second");
  await page.getByRole("link", { name: "Storage" }).click();
  await person.sees("Storage");
  assert.equal(await field.inputValue(), "");
});

operatorScene("an operator finds the endpoint that was looked for, however many its owner has", async (
  operator, person,
) => {
  const { page, owner, receiver } = person;
  const { id } = await owner.register(`${receiver.url}/first`);
  for (let number = 1; number <= 20; number += 1) await owner.register(`${receiver.url}/${number}`);
  await operator.open(`/owners/${owner.id}?endpoint=${id}`);
  const first = page.getByRole("table", { name: "Endpoints" }).getByRole("row").nth(1);
  await first.filter({ hasText: "Looked for" }).waitFor();
  assert.match(await first.innerText(), /\/first/);
  await person.reads("The newest 20 are shown.");
});

operatorScene("an operator reads that the portal has no address where PORTAL_URL is none", async (operator, person) => {
  const { page, owner } = person;
  await page.route("**/portal-links", (route) => route.fulfill({
    status: 201, json: { data: { id: randomUUID(), url: "portal#token=wpl_x" } },
  }));
  await operator.open(`/owners/${owner.id}`);
  await person.press("See the portal as this owner");
  await page.getByRole("alert").getByText("PORTAL_URL of deliver is no web address").waitFor();
  assert.equal(await page.getByRole("dialog").getByRole("link").count(), 0);
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
  await dialog.getByText("vehicle.created").waitFor();
  await dialog.getByText("Created before").waitFor();
  await dialog.getByRole("button", { name: "Send 1 again" }).click();
  await person.reads("1 delivery is sent again.");
  await page.locator("h2:focus").filter({ hasText: "Send again" }).waitFor();
  await person.press("New action");
  await page.locator("input[value=resend]:focus").waitFor();
  await sendDue();
  assert.match((await receiver.request(3)).body, /vehicle\.created/);
});

operatorScene("an operator cancels waiting deliveries part by part, and can stop and go on", async (
  operator, person,
) => {
  const { page, owner } = person;
  let calls = 0;
  const held = Promise.withResolvers<void>();
  await page.route("**/operator/deliveries/cancel", async (route) => {
    const isCount = (route.request().postDataJSON() as { dry_run: boolean }).dry_run;
    if (!isCount) calls += 1;
    if (!isCount && calls === 2) await held.promise;
    const next_cursor = !isCount && calls < 3 ? owner.id : null;
    const more = next_cursor !== null;
    await route.fulfill({ json: { data: { matched: 10_000, cancelled: isCount ? 0 : 10_000, more, next_cursor } } });
  });
  await operator.open(`/actions?action=cancel&owner=${owner.id}`);
  await person.press("Count first");
  await person.reads("At least 10,000 waiting deliveries match.");
  await person.press("Cancel all deliveries…");
  await page.getByRole("dialog").getByRole("button", { name: "Cancel all deliveries" }).click();
  await person.reads("10,000 so far");
  await person.press("Stop");
  held.resolve();
  await person.reads("20,000 deliveries are cancelled.");
  await page.locator("h2:focus").filter({ hasText: "Cancel deliveries" }).waitFor();
  await person.reads("It was stopped before its end.");
  assert.equal(calls, 2);
  await person.press("Go on");
  await person.reads("30,000 deliveries are cancelled.");
  await page.getByText("It was stopped").waitFor({ state: "detached" });
});

/** What a call of an action says of its position. */
interface Call {
  cursor?: string | null;
  dry_run: boolean;
  until?: string | null;
}

/** Answers the calls of an action at this path in turn, or for ever with the last answer. Gives what was asked. */
async function answers(person: Person, path: string, parts: object[]): Promise<Call[]> {
  const calls: Call[] = [];
  await person.page.route(`**${path}`, async (route) => {
    calls.push(route.request().postDataJSON() as Call);
    const data = parts[Math.min(calls.length, parts.length) - 1];
    await route.fulfill({ json: { data: { more: false, next_cursor: null, ...data } } });
  });
  return calls;
}

const RESEND = "/operator/deliveries/resend";

operatorScene("an operator counts twice and reads the same count", async (operator, person) => {
  const count = { matched: 3, resent: 0 };
  const parts = [{ ...count, next_cursor: randomUUID() }, count];
  const calls = await answers(person, RESEND, [...parts, ...parts]);
  await operator.open("/actions");
  await person.press("Count first");
  await person.reads("6 failed deliveries match.");
  await person.press("Count first");
  await person.reads("6 failed deliveries match.");
  assert.deepEqual(calls.map(({ cursor }) => cursor === null), [true, false, true, false]);
});

operatorScene("a count under way ends with the choice that it was for", async (operator, person) => {
  const { page, owner } = person;
  const held = Promise.withResolvers<void>();
  const calls = await answers(person, RESEND, [
    { matched: 5, resent: 0, next_cursor: randomUUID() }, { matched: 2, resent: 0 },
  ]);
  await page.route(`**${RESEND}`, async (route) => {
    await held.promise;
    await route.fallback();
  }, { times: 1 });
  await operator.open("/actions");
  await person.press("Count first");
  await person.reads("Counting…");
  await page.getByLabel("Owner (empty: any)").fill(owner.id);
  const answered = page.waitForResponse(`**${RESEND}`);
  held.resolve();
  await (await answered).finished();
  await page.evaluate(() => new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve))));
  assert.equal(calls.length, 1);
  assert.equal(await page.getByText(/5 failed|Counting/).count(), 0);
  await person.press("Count first");
  await person.reads("2 failed deliveries match.");
  await page.getByRole("button", { name: "Send 2 again…" }).waitFor();
});

operatorScene("a count that was stopped offers no action until it goes on to its end", async (operator, person) => {
  const { page } = person;
  const held = Promise.withResolvers<void>();
  const part = { matched: 3, resent: 0 };
  const calls = await answers(person, RESEND, [
    { ...part, next_cursor: randomUUID() }, { ...part, next_cursor: randomUUID() }, part,
  ]);
  await operator.open("/actions");
  await page.route(`**${RESEND}`, async (route) => {
    if ((route.request().postDataJSON() as Call).cursor) await held.promise;
    await route.fallback();
  });
  await person.press("Count first");
  await person.reads("3 so far");
  await person.press("Stop");
  held.resolve();
  await person.reads("At least 6 failed deliveries match. It was stopped before its end.");
  await page.locator("button:focus").filter({ hasText: "Count first" }).waitFor();
  assert.equal(await page.getByRole("button", { name: /^Send/ }).count(), 0);
  await person.press("Go on");
  await person.reads("9 failed deliveries match.");
  await page.getByRole("button", { name: "Send 9 again…" }).waitFor();
  assert.equal(calls.length, 3);
});

operatorScene("deliveries that fail again at once are sent as often as was confirmed", async (operator, person) => {
  const { page } = person;
  const next_cursor = randomUUID();
  const calls = await answers(person, RESEND, [{ matched: 2, resent: 0 }, { matched: 1, resent: 1, next_cursor }]);
  await operator.open("/actions");
  await person.press("Count first");
  await person.press("Send 2 again…");
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Of all owners.").waitFor();
  await dialog.getByRole("button", { name: "Send 2 again" }).click();
  await person.reads("2 deliveries are sent again.");
  assert.equal(calls.length, 3);
  const [until, ...others] = calls.map((call) => call.until ?? "");
  assert.match(until ?? "", /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assert.deepEqual(others, [until, until]);
});

operatorScene("an action ends where a call does nothing and moves no further", async (operator, person) => {
  const { page } = person;
  const next_cursor = randomUUID();
  const calls = await answers(person, "/operator/deliveries/cancel", [
    { matched: 10_000, cancelled: 0 },
    { matched: 7, cancelled: 7, next_cursor },
    { matched: 0, cancelled: 0, next_cursor },
  ]);
  await operator.open("/actions?action=cancel");
  await person.press("Count first");
  await person.press("Cancel all deliveries…");
  await page.getByRole("dialog").getByRole("button", { name: "Cancel all deliveries" }).click();
  await person.reads("7 deliveries are cancelled.");
  assert.equal(calls.length, 3);
});

operatorScene("an operator erases one event that took several pages to find, and reads that it is one", async (
  operator, person,
) => {
  const { page } = person;
  const part = (found: number, isLast: boolean) => ({ matched: found, next_cursor: isLast ? null : randomUUID() });
  const parts = [part(0, false), part(1, false), part(0, true)];
  const calls = await answers(person, "/webhooks-deliver/events/erase", [
    ...parts.map((each) => ({ ...each, erased: 0 })), ...parts.map((each) => ({ ...each, erased: each.matched })),
  ]);
  await operator.open("/actions?action=erase");
  await page.getByRole("radio", { name: "By what their data contains" }).check();
  await page.getByLabel("Data contains, as a JSON object").fill('{"number": 12345678901234567890}');
  await person.press("Count first");
  await person.reads("1 event matches.");
  assert.equal(await page.getByText("At least").count(), 0);
  await person.press("Erase 1 event…");
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Of all owners.").waitFor();
  await dialog.getByText('{"number": 12345678901234567890}').waitFor();
  await person.inspect();
  await dialog.getByRole("textbox").fill("ERASE");
  await dialog.getByRole("button", { name: "Erase 1 event" }).click();
  await person.reads("1 event is erased.");
  assert.equal(calls.length, 6);
});

operatorScene("ids that are too many for the action stay apart, and what the API says of one is said once", async (
  operator, person,
) => {
  const { page } = person;
  const ids = [randomUUID(), randomUUID()];
  await operator.open("/actions?action=pause");
  await page.getByLabel("Endpoint ids").fill(ids.join("\n"));
  await page.getByRole("radio", { name: "Cancel deliveries" }).check();
  const field = page.getByLabel("Endpoint id (empty: all)");
  assert.equal(await field.inputValue(), ids.join(" "));
  await person.press("Count first");
  await person.reads("Give one endpoint id, or none.");
  await field.fill(ids[0] ?? "");
  person.expects(/status of 400/);
  await person.press("Count first");
  await person.reads("is no endpoint");
  assert.equal(await page.getByRole("alert").count(), 0);
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
  await page.getByRole("dialog").getByText(id).waitFor();
  assert.equal(await page.getByRole("dialog").getByText("Of all owners.").count(), 0);
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
  assert.equal(await page.getByLabel("Owner (empty: any)").inputValue(), owner.id);
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
  await page.waitForURL(({ searchParams }) => searchParams.get("show") === "unused" && searchParams.get("q") === name);
  assert.match(await (await operator.row("Event types", name)).innerText(), /Unused[^]*at first/);

  await person.press("Add event type");
  await dialog.getByLabel("Name").fill(name);
  await person.reads("The catalogue has this type already");
  assert.equal(await dialog.getByRole("button", { name: "Save" }).isDisabled(), true);
  await dialog.getByText("Cancel", { exact: true }).click();

  // The stack answers numbers as JavaScript reads them, which PostgREST does not.
  await page.route("**/operator/event-types", async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replaceAll("12345678901234567000", "12345678901234567890");
    await route.fulfill({ response, body });
  });
  await page.reload();
  await edit();
  assert.match(await dialog.getByLabel("Example of data").inputValue(), /: 12345678901234567890\n/);
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

operatorScene("an event type that is being saved cannot be closed over", async (operator, person) => {
  const { page } = person;
  const held = Promise.withResolvers<void>();
  await page.route("**/event-types/*", async (route) => {
    await held.promise;
    await route.continue();
  });
  await operator.open("/event-types");
  await person.press("Add event type");
  const dialog = page.getByRole("dialog");
  const name = `console.t${randomUUID().slice(0, 8)}`;
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.keyboard.press("Escape");
  await dialog.getByText("Cancel", { exact: true }).click({ force: true });
  held.resolve();
  await page.getByRole("dialog", { name: `${name} is saved` }).waitFor();
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
  assert.equal(await page.locator("main script, main img").count(), 0);
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
  receiver.answer = { status: 500 };
  const path = `/${encodeURIComponent(ATTACK)}/${"long".repeat(200)}?q=%3Cscript%3E`;
  await owner.register(receiver.url + path, { max_attempts: 1 });
  const event = await owner.emit("vehicle.created", { ATTACK }, `<b>${randomUUID()}</b>`);
  const holds = async () => {
    await person.fits();
    assert.equal(await page.locator("main script, main img, main b").count(), 0, page.url());
  };
  await operator.open(`/owners/${owner.id}`);
  await person.reads("%3Cimg");
  await page.setViewportSize({ width: 360, height: 900 });
  await holds();
  await inDatabase((sql) => sql`update webhook_deliveries set last_error = ${ATTACK} where event_id = ${event}`);
  await operator.searches(event);
  await operator.row("Deliveries", ATTACK);
  await holds();
  await operator.goTo(`/search?text=${encodeURIComponent("<script>alert(1)</script>")}`);
  await person.sees("Search: <script>alert(1)</script>");
  await holds();
  await operator.goTo(`/owners/${encodeURIComponent("<img src=x onerror=alert(1)>")}`);
  await person.sees("Page not found");
  await holds();
  const error = JSON.stringify({ error: ATTACK, code: "internal" });
  await page.route("**/operator/storage", (route) => route.fulfill({ status: 500, body: error }));
  person.expects(/status of 500/);
  await operator.goTo("/storage");
  await person.reads(ATTACK);
  await holds();
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

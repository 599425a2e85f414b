// The portal in a frame of the operator's app.

import assert from "node:assert/strict";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { after, before } from "node:test";

import { scene, type Person } from "./person.ts";
import { startWorkers, type Workers } from "./workers.ts";

/** The script of docs/guides/portal.md, with tokens that are given one after the other. */
const giveTokens = (portal: string, tokens: string[]) => `
  const tokens = ${JSON.stringify(tokens)};
  window.asked = [];
  addEventListener("message", ({ origin, source, data }) => {
    if (origin !== ${JSON.stringify(portal)} || source !== document.querySelector("iframe").contentWindow) return;
    if (data.type !== "webhooks-portal:ready" && data.type !== "webhooks-portal:token-needed") return;
    window.asked.push(data.type);
    source.postMessage({ type: "webhooks-portal:token", token: tokens.shift() }, ${JSON.stringify(portal)});
  });`;

/** A page of an app. What it says is set later: its origin must be known before. */
class App {
  html = "";
  readonly #server = http.createServer((_, response) => {
    response.writeHead(200, { "Content-Type": "text/html" });
    response.end(this.html);
  });

  static async start(): Promise<App> {
    const app = new App();
    await new Promise<void>((resolve) => app.#server.listen(0, "127.0.0.1", resolve));
    return app;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Has the page show this URL in a frame, and give it these tokens. */
  embed(url: string, tokens: string[]): void {
    const script = giveTokens(new URL(url).origin, tokens);
    this.html = `<!doctype html><html lang="en"><title>App</title><script>${script}</script>`
      + `<iframe src="${url}" title="Webhooks" width="1200" height="800"></iframe>`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

let app: App;
/** An app whose origin is not in PORTAL_ORIGINS. */
let stranger: App;
let workers: Workers;
let portal: string;

before(async () => {
  [app, stranger] = await Promise.all([App.start(), App.start()]);
  workers = await startWorkers({ PORTAL_ORIGINS: app.origin });
  portal = `${workers.manageUrl}/portal`;
});

after(async () => {
  // What is missing where before failed: its error is the one to show.
  app?.stop();
  stranger?.stop();
  await workers?.stop();
});

const inFrame = (person: Person) => person.page.frameLocator("iframe");

/** What the portal has asked the app for. */
const asked = (person: Person) =>
  person.page.evaluate(() => (window as unknown as { asked: string[] }).asked);

scene("a user of an app that embeds the portal is signed in by the app", async (person) => {
  const { owner, page, receiver } = person;
  await owner.register(receiver.url);
  app.embed(portal, [owner.jwt]);
  await page.goto(app.origin);
  await inFrame(person).getByRole("link", { name: new URL(receiver.url).host }).waitFor();
  await inFrame(person).getByRole("link", { name: "Add endpoint" }).waitFor();
  assert.deepEqual(await asked(person), ["webhooks-portal:ready"]);
  const frame = page.frames().find((found) => found.url().startsWith(portal));
  const kept = await frame?.evaluate(() =>
    JSON.stringify([location.href, { ...localStorage }, { ...sessionStorage }, history.state]));
  assert.ok(kept && !kept.includes(owner.jwt), kept);
});

scene("a user whose token ran out gets another from the app without a word", async (person) => {
  const { owner, page, receiver } = person;
  await owner.register(receiver.url);
  person.expects(/status of 401/);
  app.embed(portal, [`${owner.jwt.slice(0, -4)}AAAA`, owner.jwt]);
  await page.goto(app.origin);
  await inFrame(person).getByRole("link", { name: new URL(receiver.url).host }).waitFor();
  assert.deepEqual(await asked(person), ["webhooks-portal:ready", "webhooks-portal:token-needed"]);
  await inFrame(person).getByRole("dialog").waitFor({ state: "detached" });
});

scene("a page of an origin that is not listed can neither show the portal nor give it a token", async (person) => {
  const { owner, page } = person;
  person.expects(/frame-ancestors/);
  stranger.embed(portal, [owner.jwt]);
  const refused = page.waitForEvent("console", (message) => message.text().includes("frame-ancestors"));
  await page.goto(stranger.origin);
  assert.ok((await refused).text().includes(app.origin));
  assert.equal(await inFrame(person).getByRole("heading").count(), 0);
  assert.deepEqual(await asked(person), []);
});

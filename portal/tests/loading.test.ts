// How much each page loads at first, and how soon it can be used.

import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { gzipSync } from "node:zlib";

import type { Locator, Page, Response } from "playwright-core";

import { Operator } from "./operator.ts";
import { launch, stack, withPerson, type Person } from "./person.ts";

const MOST_BYTES = 150_000;
/** What draws a chart is loaded where one is in view. */
const CHART_BYTES = 25_000;
const SLOWEST_MS = 1_000;
const LOADS = 3;

/** What is below this URL is loaded until `open` has opened the page: it has to be less than `most` bytes, gzipped. */
async function isSmall(
  context: TestContext, page: Page, url: string, most: number, open: () => Promise<void>,
): Promise<void> {
  const bodies = new Map<string, Promise<Buffer>>();
  const keepBody = (response: Response) => {
    const address = response.url().replace(/[?#].*/, "");
    if (address === url || address.startsWith(`${url}/`)) bodies.set(address, response.body());
  };
  page.on("response", keepBody);
  await open();
  await page.waitForLoadState("networkidle");
  page.off("response", keepBody);
  const sizes = (await Promise.all(bodies.values())).map((body) => gzipSync(body, { level: 9 }).length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  context.diagnostic(`first load: ${total} bytes gzipped, in ${sizes.length} files`);
  assert.ok(total > 0 && total < most, `${total} bytes`);
}

/** From its address to when `control` can be used, the page takes little time: the least of some loads. */
async function isSoonThere(context: TestContext, page: Page, url: string, control: Locator): Promise<void> {
  const times: number[] = [];
  for (let loads = 0; loads < LOADS; loads += 1) {
    const start = performance.now();
    await page.goto(url);
    await control.click({ trial: true });
    times.push(Math.round(performance.now() - start));
  }
  context.diagnostic(`interactive after ${times.join(", ")} ms`);
  assert.ok(Math.min(...times) < SLOWEST_MS, `${times.join(", ")} ms`);
}

/** A test of how a page is loaded at this width. */
function loading(name: string, width: number, work: (context: TestContext, person: Person) => Promise<void>): void {
  test(name, { timeout: 60_000 }, async (context) => {
    const browser = await launch();
    try {
      await withPerson(browser, { viewport: { width, height: 800 } }, (person) => work(context, person));
    } finally {
      await browser.close();
    }
  });
}

loading("the list of endpoints is small to load and soon there", 1_440, async (context, person) => {
  const { owner, page, receiver } = person;
  const url = `${stack.manage_url}/portal`;
  await owner.register(receiver.url);
  await isSmall(context, page, url, MOST_BYTES, async () => {
    await person.open();
    await page.getByRole("table").waitFor();
  });
  await isSoonThere(context, page, url, page.getByRole("link", { name: "Add endpoint" }));
});

const overview: [string, number, number][] = [
  ["the overview is small to load and soon there on a phone", 360, MOST_BYTES],
  ["with a chart in view the overview loads what draws it and no more", 1_440, MOST_BYTES + CHART_BYTES],
];
for (const [name, width, most] of overview) {
  loading(name, width, async (context, person) => {
    const operator = new Operator(person);
    const url = `${stack.deliver_url}/console`;
    await isSmall(context, person.page, url, most, async () => {
      await operator.open();
      await person.reads("Waiting deliveries");
    });
    await isSoonThere(context, person.page, url, person.page.getByRole("searchbox"));
  });
}

// Makes pictures of each page as the demo user sees it, light, dark and narrow, into .dev/screenshots:
//
//   node portal/tests/screenshots.ts        while `cargo xtask dev --demo` runs

import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { chromium } from "playwright-core";

interface Stack {
  manage_url: string;
  user_jwt: string;
}

const root = path.join(import.meta.dirname, "../..");
const folder = path.join(root, ".dev/screenshots");
const looks = [
  { name: "light", colorScheme: "light", viewport: { width: 1_360, height: 900 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1_360, height: 900 } },
  { name: "narrow", colorScheme: "light", viewport: { width: 360, height: 800 } },
] as const;

const file = process.env.WEBHOOKS_STACK ?? path.join(root, ".dev/stack.json");
const { manage_url, user_jwt } = JSON.parse(readFileSync(file, "utf8")) as Stack;

/** The ids of what `manage` lists at a path, and what they are listed with. */
async function list(call: string): Promise<Record<string, string>[]> {
  const response = await fetch(manage_url + call, { headers: { Authorization: `Bearer ${user_jwt}` } });
  if (!response.ok) throw new Error(`${call}: ${response.status}`);
  return ((await response.json()) as { data: Record<string, string>[] }).data;
}

const endpoints = await list("/webhooks");
const endpoint = endpoints.find(({ url }) => url?.endsWith("/orders"))?.id;
const failing = endpoints.find(({ url }) => url?.endsWith("/fails"))?.id;
if (!endpoint || !failing) throw new Error("The demo traffic is missing: cargo xtask dev --demo");
const [delivery] = await list(`/webhooks/${failing}/deliveries?status=retrying`);
const [event] = await list("/events?event_type=vehicle.updated");

const pages = {
  endpoints: "/",
  "new-endpoint": "/endpoints/new",
  endpoint: `/endpoints/${endpoint}`,
  "endpoint-failing": `/endpoints/${failing}`,
  deliveries: `/endpoints/${endpoint}?tab=deliveries`,
  settings: `/endpoints/${endpoint}?tab=settings`,
  edit: `/endpoints/${endpoint}/edit`,
  delivery: `/endpoints/${failing}/deliveries/${delivery?.id}`,
  events: "/events",
  event: `/events/${encodeURIComponent(event?.event_id ?? "")}`,
  replays: "/replays",
  "event-types": "/event-types",
  "api-keys": "/api-keys",
};

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
});
for (const { name: look, ...options } of looks) {
  for (const [name, address] of Object.entries(pages)) {
    const page = await browser.newPage({ ...options, reducedMotion: "reduce" });
    await page.goto(`${manage_url}/portal${address}#access_token=${user_jwt}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.waitForLoadState("networkidle");
    await page.screenshot({ path: path.join(folder, `${name}-${look}.png`), fullPage: true });
    await page.close();
  }
  console.log(`${look}: ${Object.keys(pages).length} pages in ${path.relative(process.cwd(), folder)}`);
}
await browser.close();

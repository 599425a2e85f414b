// Makes pictures of each page of the portal, as the demo user sees it, and of the console, light, dark and narrow, into
// .dev/screenshots:
//
//   node portal/tests/screenshots.ts        while `cargo xtask dev --demo` runs

import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { chromium, type Page } from "playwright-core";

interface Stack {
  manage_url: string;
  deliver_url: string;
  service_role_key: string;
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
const { manage_url, deliver_url, service_role_key, user_jwt } = JSON.parse(readFileSync(file, "utf8")) as Stack;

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

const [, claims = ""] = user_jwt.split(".");
const { sub: owner } = JSON.parse(Buffer.from(claims, "base64url").toString()) as { sub: string };

const consolePages = {
  "console-now": "/",
  "console-search": `/search?text=${encodeURIComponent(event?.event_id ?? "")}`,
  "console-owner": `/owners/${owner}?endpoint=${failing}`,
  "console-actions": `/actions?action=resend&owner=${owner}`,
  "console-event-types": "/event-types",
  "console-storage": "/storage",
  "console-audit-log": "/audit-log",
};

/** The hash of a link that opens the console once. */
async function consoleHash(): Promise<string> {
  const response = await fetch(`${deliver_url}/console-links`, {
    method: "POST",
    headers: { apikey: service_role_key, "Content-Type": "application/json" },
    body: JSON.stringify({ operator: "you@example.com" }),
  });
  if (!response.ok) throw new Error(`/console-links: ${response.status}`);
  return new URL(((await response.json()) as { data: { url: string } }).data.url).hash;
}

/** Takes a picture of all of the page, whose charts are drawn once they are scrolled to. */
async function picture(page: Page, name: string): Promise<void> {
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.waitForLoadState("networkidle");
  await page.evaluate(async () => {
    for (let top = 0; top < document.body.scrollHeight; top += innerHeight) {
      scrollTo(0, top);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    scrollTo(0, 0);
  });
  await page.waitForLoadState("networkidle");
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
});
for (const { name: look, ...options } of looks) {
  for (const [name, address] of Object.entries(pages)) {
    const page = await browser.newPage({ ...options, reducedMotion: "reduce" });
    await page.goto(`${manage_url}/portal${address}#access_token=${user_jwt}`);
    await picture(page, `${name}-${look}`);
    await page.close();
  }
  for (const [name, address] of Object.entries(consolePages)) {
    const page = await browser.newPage({ ...options, reducedMotion: "reduce" });
    await page.goto(`${deliver_url}/console${address}${await consoleHash()}`);
    await picture(page, `${name}-${look}`);
    await page.close();
  }
  const count = Object.keys(pages).length + Object.keys(consolePages).length;
  console.log(`${look}: ${count} pages in ${path.relative(process.cwd(), folder)}`);
}
await browser.close();

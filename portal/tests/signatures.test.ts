// How deliveries are signed: headers and secrets that receivers of another system know already.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";

import { scene } from "./person.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

scene("an owner who comes from Svix keeps secret and headers, and the server verifies as before", async (person) => {
  const { owner, page, receiver } = person;
  await person.open("/endpoints/new");
  await page.getByLabel("URL", { exact: true }).fill(receiver.url);
  const secret = page.getByLabel("Your own secret");
  assert.equal(await secret.getAttribute("type"), "password");
  await secret.fill("too short");
  await person.reads("take only secrets of whsec_ and base64");
  await person.press("Add endpoint");
  await person.reads("A secret has 16 to 255 letters");
  await secret.fill(SECRET);
  assert.equal(await page.getByRole("radio", { name: "The usual ones" }).isChecked(), true);
  await page.getByRole("radio", { name: "Others" }).check();
  const names = page.getByLabel("Name of the signature header");
  const [id, timestamp, signature] = [names.nth(0), names.nth(1), names.nth(2)];
  assert.equal(await signature.inputValue(), "webhook-signature");
  await id.fill("svix-id");
  await timestamp.fill("svix_id");
  await person.reads("A name is there twice.");
  await timestamp.fill("svix-timestamp");
  await signature.fill("svix-signature");
  const carries = page.getByRole("combobox", { name: "What it carries" });
  await carries.nth(2).selectOption("Event id");
  await person.reads("At least one header must carry a signature.");
  await carries.nth(2).selectOption("Signature of Standard Webhooks and Svix");
  await person.inspect();
  await person.press("Add endpoint");
  await person.sees("The endpoint is added");
  await person.reads("change their names in it");
  await person.inspect();

  const sent = await owner.emit("vehicle.created", { vin: "SVIX" });
  const { headers, body } = await receiver.request(1);
  assert.equal(headers["svix-id"], sent);
  const key = Buffer.from(SECRET.slice("whsec_".length), "base64");
  const signed = createHmac("sha256", key).update(`${sent}.${headers["svix-timestamp"]}.${body}`).digest("base64");
  assert.equal(headers["svix-signature"], `v1,${signed}`);
  assert.deepEqual(Object.keys(headers).filter((name) => /^(webhook|stripe|nuke)-/.test(name)), []);

  await page.getByRole("link", { name: "To the endpoint" }).click();
  await page.getByRole("tab", { name: "Settings" }).click();
  await person.reads("svix-signature: Signature of Standard Webhooks and Svix");
  assert.ok(!(await page.content()).includes(SECRET), "the secret is shown again");
});

scene("an owner is told of a name that is not allowed, and goes back to the usual headers", async (person) => {
  const { owner, page, receiver } = person;
  const { id } = await owner.register(receiver.url, { signature_headers: { "X-Convoy-Signature": "convoy" } });
  await person.open(`/endpoints/${id}/edit`);
  const name = page.getByLabel("Name of the signature header");
  assert.equal(await name.inputValue(), "X-Convoy-Signature");
  assert.equal(await page.getByLabel("What it carries").inputValue(), "convoy");
  assert.equal(await page.getByLabel("Your own secret").count(), 0);
  person.expects(/status of 400 .*\/webhooks\//);
  await name.fill("X-Forwarded-For");
  await person.press("Save changes");
  await person.reads("X-Forwarded-For, which is reserved");
  await page.getByRole("radio", { name: "The usual ones" }).check();
  await person.press("Save changes");
  await person.reads("The changes are saved.");
  await person.reads("The usual ones: those of Standard Webhooks and Stripe");
  await owner.emit("vehicle.created", { vin: "USUAL" });
  const { headers } = await receiver.request(1);
  assert.ok(headers["webhook-signature"] && headers["stripe-signature"], JSON.stringify(headers));
  assert.equal(headers["x-convoy-signature"], undefined);
});

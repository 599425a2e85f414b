// Waits until both workers that were deployed answer and reach the database, then sends a test event or says how.
//
// From the environment: MANAGE_URL, DELIVER_URL, SERVICE_KEY; TEST_RECEIVER, a URL, and TEST_TOKEN, the token or API key
// of a user.

const LIMIT_MS = 90_000;

const { MANAGE_URL, DELIVER_URL, SERVICE_KEY, TEST_RECEIVER, TEST_TOKEN } = process.env;
const [manage, deliver] = [MANAGE_URL, DELIVER_URL].map((url) => url.replace(/\/+$/, ""));

const start = Date.now();

/** Tries until `probe` gives no complaint. */
async function until(what, probe) {
  for (;;) {
    let complaint;
    try {
      complaint = await probe();
    } catch (error) {
      if (error.isFinal) throw error;
      complaint = error.cause?.code ?? error.message;
    }
    if (!complaint) {
      console.log(`    ${what}: yes`);
      return;
    }
    if (Date.now() - start > LIMIT_MS) throw new Error(`${what}: ${complaint}`);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function call(url, init = {}) {
  const response = await fetch(url, { ...init, redirect: "manual", signal: AbortSignal.timeout(20_000) });
  const text = await response.text();
  return { status: response.status, text, json: () => JSON.parse(text) };
}

const expect = (answer, status) =>
  answer.status === status ? undefined : `HTTP ${answer.status} ${answer.text.slice(0, 200)}`;

async function sendTest() {
  const credential = TEST_TOKEN.split(".").length === 3
    ? { authorization: `Bearer ${TEST_TOKEN}` }
    : { "x-api-key": TEST_TOKEN };
  const ask = async (method, path, status, body) => {
    const answer = await call(manage + path, { method, headers: credential, body: body && JSON.stringify(body) });
    const complaint = expect(answer, status);
    if (complaint) throw new Error(`${method} ${path}: ${complaint}`);
    return answer.json().data;
  };
  const endpoint = await ask("POST", "/webhooks", 201, { url: TEST_RECEIVER, events: ["*"] });
  const path = `/webhooks/${endpoint.id}`;
  try {
    const { id } = await ask("POST", `${path}/test`, 202, { event_type: "vehicle.created" });
    await call(deliver, {
      method: "POST", headers: { apikey: SERVICE_KEY }, body: JSON.stringify({ action: "wake" }),
    });
    await until(`a test event arrives at ${new URL(TEST_RECEIVER).origin}`, async () => {
      const { status, last_error } = await ask("GET", `${path}/deliveries/${id}`, 200);
      if (status === "failed") throw Object.assign(new Error(`it was sent, and failed: ${last_error}`), { isFinal: true });
      return status === "success" ? undefined : `the delivery is ${status}`;
    });
  } finally {
    await ask("DELETE", path, 200);
  }
}

try {
  await until(`manage answers at ${manage}`, async () => expect(await call(`${manage}/webhooks`), 401));
  await until("manage has its description", async () => expect(await call(`${manage}/openapi.json`), 200));
  await until("manage reaches the database", async () => {
    // A key that no user has: who is asking is for the database to say.
    return expect(await call(`${manage}/webhooks`, { headers: { "x-api-key": "nobody" } }), 401);
  });
  await until(`deliver answers at ${deliver}`, async () => expect(await call(`${deliver}/metrics`), 401));
  await until("deliver reaches the database", async () =>
    expect(await call(`${deliver}/metrics`, { headers: { apikey: SERVICE_KEY } }), 200));
  if (TEST_RECEIVER) {
    await sendTest();
  } else {
    console.log(`
Try it, with a user's token or API key and a receiver of yours:
  curl -X POST ${manage}/webhooks -H "Authorization: Bearer $TOKEN" -d '{"url": "https://…"}'
  curl -X POST ${deliver}/ -H "apikey: $SUPABASE_SERVICE_ROLE_KEY" \\
    -d '{"event": {"event_type": "vehicle.created", "data": {}}}'
or deploy again with TEST_TOKEN=… and --test-receiver https://…`);
  }
} catch (error) {
  console.error(`not deployed as it should be: ${error.message}`);
  process.exitCode = 1;
}

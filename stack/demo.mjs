// Traffic for the demo user, so that there is something to look at: endpoints of several kinds, and an hour of events.

const MARK = { demo: "traffic" };
const EVENTS = 120;
const BATCH = 20;
const TYPES = ["vehicle.created", "vehicle.updated", "vehicle.updated", "observation.created", "document.uploaded"];

/** The endpoints, of which the receiver's `/fails` answers 500 and nobody listens at port 1. */
const endpoints = (receiver) => [
  { url: `${receiver}/orders`, description: "Order system", events: ["*"] },
  {
    url: `${receiver}/fleet`, description: "Fleet sync, 60 a minute", events: ["vehicle.*"],
    rate_limit_per_minute: 60, headers: { Authorization: "Bearer demo" }, metadata: { team: "fleet" },
  },
  {
    url: `${receiver}/high-mileage`, description: "Vehicles that need a service", events: ["vehicle.updated"],
    filter: "$.data.mileage > 60000",
  },
  { url: `${receiver}/fails`, description: "Answers 500", events: ["vehicle.*"] },
  { url: "http://127.0.0.1:1/gone", description: "Nobody listens", events: ["document.*"] },
  { url: `${receiver}/off`, description: "Switched off", events: ["*"], is_active: false },
];

/**
 * Makes it for the demo user, once: a second call finds it.
 *
 * @param {object} stack as stack.json has it
 * @param {import("postgres").Sql} sql
 */
export async function makeDemoTraffic(stack, sql) {
  const manage = caller(`${stack.manage_url}/webhooks`, { "X-API-Key": stack.api_key });
  const { data: [known] } = await manage(`?metadata=${encodeURIComponent(JSON.stringify(MARK))}`);
  if (known) return;
  let first;
  for (const { metadata, ...endpoint } of endpoints(stack.receiver_url)) {
    const { data } = await manage("", { ...endpoint, metadata: { ...MARK, ...metadata } });
    first ??= data.id;
  }
  await manage(`/${first}/rotate-secret`, { expires_in_hours: 24 });
  const deliver = caller(stack.deliver_url, { apikey: stack.service_role_key });
  const [{ user_id }] = await sql`select user_id from public.webhook_endpoints where id = ${first}`;
  for (let nth = 0; nth < EVENTS; nth += BATCH) {
    const events = Array.from({ length: BATCH }, (_, place) => event(nth + place, user_id));
    await deliver("", { events });
  }
  await moveBack(sql, user_id);
}

function event(nth, user_id) {
  const data = { id: `V-${1000 + (nth % 17)}`, vin: `1FTFW1E50PFA${String(10_000 + nth)}`, mileage: 40_000 + 331 * nth };
  return { event_type: TYPES[nth % TYPES.length], event_id: `demo_${user_id}_${nth}`, user_id, data, max_attempts: 4 };
}

/** Has all of it have happened in the course of the last hour. */
async function moveBack(sql, user_id) {
  await sql.begin(async (sql) => {
    await sql`create temporary table moved on commit drop as
      select e.id, e.event_id, interval '1 hour' * (row_number() over (order by e.id desc) - 1) / ${EVENTS} as shift
      from public.webhook_events e where e.user_id = ${user_id} and e.event_id like 'demo\\_%'`;
    await sql`update public.webhook_events e set created_at = e.created_at - m.shift from moved m where e.id = m.id`;
    await sql`update public.webhook_delivery_attempts a set attempted_at = a.attempted_at - m.shift
      from public.webhook_deliveries d join moved m on m.id = d.event_ref where d.id = a.delivery_id`;
    await sql`update public.webhook_deliveries d
      set created_at = d.created_at - m.shift, delivered_at = d.delivered_at - m.shift
      from moved m where m.id = d.event_ref`;
    await sql`update public.webhook_endpoints set created_at = created_at - interval '1 day' where user_id = ${user_id}`;
    await sql`update webhooks.tally t set recorded_at = t.recorded_at - interval '1 hour' * random()
      where t.endpoint_id in (select e.id from public.webhook_endpoints e where e.user_id = ${user_id})`;
  });
}

/** Calls below a URL: GET, or POST where there is a body. */
function caller(url, headers) {
  return async (path, body) => {
    const response = await fetch(url + path, {
      method: body ? "POST" : "GET",
      headers: { ...headers, "Content-Type": "application/json" },
      body: body && JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`The demo traffic could not be made: ${JSON.stringify(answer)}`);
    return answer;
  };
}

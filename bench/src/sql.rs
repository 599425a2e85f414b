//! What the SQL functions cost among many rows, and whether indexes find them.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::cluster::migrate;
use tests::stack::{Stack, connect};
use tokio_postgres::{AsyncMessage, Client, NoTls};

use crate::report::Report;
use crate::{milliseconds, percentile, progress};

/// How often each function is timed.
const RUNS: usize = 15;

/// Rows of the large tables that a plan may read one after the other.
const MOST_SCANNED: f64 = 1000.0;

/// What one function costs.
struct Cost {
    name: &'static str,
    time: Duration,
    /// Sequential scans of large tables, if there are any.
    scans: Vec<String>,
}

/// Times every function among few rows and among many: it should be the same.
pub(crate) async fn measure(stack: &Stack, rows: [u32; 2], report: &mut Report) -> Result<()> {
    let [few, many] = rows;
    let before = costs(stack, few).await?;
    let after = costs(stack, many).await?;
    for (few_cost, cost) in before.iter().zip(&after) {
        let plan = match cost.scans.as_slice() {
            [] => "by index".to_owned(),
            scans => format!("scans {}", scans.join(", ")),
        };
        report.add(
            &format!("SQL: {}", cost.name),
            format!(
                "{}, {}",
                milliseconds(few_cost.time),
                milliseconds(cost.time)
            ),
            &format!("among {few} and among {many} rows that were never analyzed, median; {plan}"),
        );
    }
    Ok(())
}

/// A database with as many endpoints, of a tenth as many users, and as many due deliveries,
/// to a thousandth of the endpoints, with ten attempts each, numbered below those that are
/// recorded here. It was never analyzed, and the connection has planned while it was empty.
pub(crate) struct Database {
    pub(crate) client: Client,
    url: String,
    /// As which calls are made; `none` is the owner.
    role: &'static str,
    notices: Arc<Mutex<Vec<String>>>,
}

/// The owner of ten endpoints, each of which has a thousand deliveries.
const USER: &str = "00000000-0000-4000-8000-000000000001";

fn enqueue(event_type: &str, user: Value) -> String {
    let mut event = json!({"event_type": event_type, "data": {"a": 1}});
    if !user.is_null() {
        event["user_id"] = user;
    }
    format!(
        "select public.enqueue_webhook_events('{}', 100, 60)",
        json!([event])
    )
}

const CLAIM: &str = "select public.claim_webhook_deliveries(100, 3600)";

/// Times every function among `rows` rows.
async fn costs(stack: &Stack, rows: u32) -> Result<Vec<Cost>> {
    progress(&format!(
        "SQL among {rows} rows: filling (five minutes for a million)"
    ));
    let database = Database::fill(stack, rows).await?;
    let mut costs = Vec::new();

    progress(&format!("SQL among {rows} rows: timing"));
    let claim = || CLAIM.to_owned();
    costs.push(database.time("claim, 100 of all due", claim).await?);
    let to_none = || enqueue("nobody.wants", Value::Null);
    costs.push(
        database
            .time("enqueue, no endpoint of all wants it", to_none)
            .await?,
    );
    let to_few = || enqueue("vehicle.deleted", Value::Null);
    costs.push(
        database
            .time("enqueue, ten of all endpoints", to_few)
            .await?,
    );
    let to_one = || enqueue("vehicle.updated", json!(USER));
    costs.push(
        database
            .time("enqueue, one owner's ten endpoints", to_one)
            .await?,
    );
    let text = "x".repeat(250_000);
    let wide = json!([{"event_type": "vehicle.created", "data": {"text": text}}]);
    let wide = format!("select public.store_webhook_events('{wide}')");
    database.client.batch_execute(&wide).await?;
    let fan_out = || "select public.fan_out_webhook_events(0, 60)".to_owned();
    costs.push(
        database
            .time("a step of fan-out, up to 2,000 endpoints, 250 kB", fan_out)
            .await?,
    );

    // Each time other deliveries, of those that were claimed.
    let claimed = database
        .client
        .query(
            "select jsonb_build_object('id', id, 'claim', claims, 'attempts', attempts,
               'response_status', 200, 'response_time_ms', 5, 'response_body', 'ok')::text
             from public.webhook_deliveries where leased_until is not null and attempts = 0",
            &[],
        )
        .await?;
    let mut results = claimed.chunks(100).map(|rows| {
        let rows: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        format!(
            "select public.record_webhook_results('[{}]')",
            rows.join(",")
        )
    });
    let record = || results.next().unwrap_or_default();
    costs.push(database.time("record, 100 results", record).await?);
    let upkeep = || "select public.run_webhook_upkeep(90)".to_owned();
    costs.push(database.time("upkeep, with nothing old", upkeep).await?);

    database
        .client
        .batch_execute(&format!(
            "select set_config('request.jwt.claims', '{{\"sub\": \"{USER}\"}}', false),
               set_config('request.jwt.claim.sub', '{USER}', false);"
        ))
        .await?;
    let database = Database {
        role: "authenticated",
        ..database
    };
    let list = || "select public.list_webhook_endpoints()".to_owned();
    costs.push(database.time("list, one user's endpoints", list).await?);
    let id = format!("select min(id::text) from public.webhook_endpoints where user_id = '{USER}'");
    let id: String = database.client.query_one(&id, &[]).await?.get(0);
    let get = || format!("select public.get_webhook_endpoint('{id}')");
    costs.push(
        database
            .time("get, with the 20 newest deliveries", get)
            .await?,
    );
    let deliveries =
        || format!("select public.list_webhook_deliveries('{id}', status => 'pending')");
    costs.push(
        database
            .time("deliveries in one state, a page", deliveries)
            .await?,
    );
    let stats = || format!("select public.get_webhook_endpoint_stats('{id}', '30d')");
    costs.push(
        database
            .time("stats of 30 days, one endpoint", stats)
            .await?,
    );
    let stats = || "select public.get_webhook_stats('30d')".to_owned();
    costs.push(
        database
            .time("stats of 30 days, ten endpoints", stats)
            .await?,
    );
    Ok(costs)
}

/// An event to one endpoint: enqueue and record, on one connection and on eight.
pub(crate) async fn commonest_event(stack: &Stack, report: &mut Report) -> Result<()> {
    const CONNECTIONS: usize = 8;
    let time = Duration::from_secs(5);
    progress("SQL of an event to one endpoint");
    let database = Database::create(stack, "bench_event").await?;
    let endpoint = format!(
        "insert into auth.users (id) values ('{USER}');
         insert into public.webhook_endpoints (user_id, url)
         values ('{USER}', 'https://example.com/');"
    );
    database.client.batch_execute(&endpoint).await?;
    for connections in [1, CONNECTIONS] {
        let mut runs = Vec::new();
        for _ in 0..connections {
            let client = connect(&database.url).await;
            runs.push(tokio::spawn(send_events(client, time)));
        }
        let mut events = 0;
        for run in runs {
            events += run.await??;
        }
        report.add(
            &format!("SQL of an event to one endpoint, {connections} connections"),
            format!(
                "{} an event, {:.0} events per second",
                milliseconds(time * connections as u32 / events),
                f64::from(events) / time.as_secs_f64()
            ),
            "enqueue and record, commits included; aim: 1.0 ms on one, 1,100 per second on eight",
        );
    }
    Ok(())
}

/// Enqueues and records events to one endpoint for as long, and says how many.
async fn send_events(client: Client, time: Duration) -> Result<u32> {
    let enqueue = client
        .prepare("select public.enqueue_webhook_events($1, 50, 60) #>> '{batch,claimed,0,id}'")
        .await?;
    let record = client
        .prepare("select public.record_webhook_results($1)")
        .await?;
    let event = json!([{"event_type": "vehicle.updated", "user_id": USER, "data": {
        "vin": "1FTFW1E50PFA00001", "mileage": 48210, "color": "Oxford White"}}])
    .to_string();
    let (start, mut events) = (Instant::now(), 0);
    while start.elapsed() < time {
        let id: String = client.query_one(&enqueue, &[&event]).await?.get(0);
        let result = json!([{"id": id, "claim": 1, "attempts": 0, "response_status": 200,
            "response_time_ms": 5, "response_body": "ok", "age_ms": 6}]);
        client.query_one(&record, &[&result.to_string()]).await?;
        events += 1;
    }
    Ok(events)
}

/// Claims and fan-outs beside a snapshot that stays open while 12,000 events go through, one by one.
pub(crate) async fn beside_a_snapshot(stack: &Stack, report: &mut Report) -> Result<()> {
    progress("12,000 events beside an open snapshot");
    let database = Database::create(stack, "bench_snapshot").await?;
    let client = &database.client;
    let setup = format!(
        "insert into auth.users (id) values ('{USER}');
         insert into public.webhook_endpoints (user_id, url) values ('{USER}', 'https://example.com/');"
    );
    client.batch_execute(&setup).await?;
    send_one_by_one(client, 500).await?;
    let before = times_of_calls(client).await?;
    let idle = connect(&database.url).await;
    let open = "begin isolation level repeatable read; select count(*) from auth.users";
    idle.batch_execute(open).await?;
    send_one_by_one(client, 12_000).await?;
    let after = times_of_calls(client).await?;
    let names = ["claim of one event", "claim of none", "fan-out of none"];
    for ((name, before), after) in names.into_iter().zip(before).zip(after) {
        report.add(
            &format!("SQL: {name}, and beside a snapshot open for 12,000 events"),
            format!("{}, {}", milliseconds(before), milliseconds(after)),
            "median; aim: at most twice",
        );
    }
    Ok(())
}

fn single_event() -> String {
    json!([{"event_type": "a", "data": {}, "user_id": USER}]).to_string()
}

async fn record(client: &Client, answer: &Value) -> Result<()> {
    let claimed = answer["batch"]["claimed"].as_array().context("a batch")?;
    let results: Vec<Value> = claimed
        .iter()
        .map(|d| {
            json!({"id": d["id"], "claim": d["claim"], "attempts": d["attempts"],
                "response_status": 200, "response_time_ms": 5})
        })
        .collect();
    let record = "select public.record_webhook_results($1)";
    client
        .query_one(record, &[&json!(results).to_string()])
        .await?;
    Ok(())
}

/// Half of the events wait for a claim, half for a fan-out.
async fn send_one_by_one(client: &Client, events: u32) -> Result<()> {
    for nth in 0..events {
        let (store, send) = if nth % 2 == 0 {
            (
                "select public.enqueue_webhook_events($1, 0, 60)",
                "select public.claim_webhook_deliveries(50, 60)",
            )
        } else {
            (
                "select public.store_webhook_events($1)",
                "select public.fan_out_webhook_events(50, 60)",
            )
        };
        client.query_one(store, &[&single_event()]).await?;
        record(client, &client.query_one(send, &[]).await?.get(0)).await?;
    }
    Ok(())
}

async fn times_of_calls(client: &Client) -> Result<[Duration; 3]> {
    let [mut one, mut none, mut fan_outs] = [const { Vec::new() }; 3];
    let claim = "select public.claim_webhook_deliveries(50, 60)";
    for _ in 0..21 {
        let enqueue = "select public.enqueue_webhook_events($1, 0, 60)";
        client.query_one(enqueue, &[&single_event()]).await?;
        let start = Instant::now();
        let answer = client.query_one(claim, &[]).await?.get(0);
        one.push(start.elapsed());
        record(client, &answer).await?;
        let start = Instant::now();
        client.query_one(claim, &[]).await?;
        none.push(start.elapsed());
        let start = Instant::now();
        client
            .query_one("select public.fan_out_webhook_events(50, 60)", &[])
            .await?;
        fan_outs.push(start.elapsed());
    }
    Ok([one, none, fan_outs].map(|mut times| percentile(&mut times, 0.5)))
}

/// Deleting an endpoint with `deliveries` deliveries, purging them, and retention of as many.
pub(crate) async fn deletion_and_retention(
    stack: &Stack,
    deliveries: u32,
    report: &mut Report,
) -> Result<()> {
    progress(&format!("{deliveries} deliveries of one endpoint: filling"));
    let database = Database::create(stack, "bench_deletion").await?;
    let client = &database.client;
    let fill = format!(
        "set session_replication_role = replica;
         insert into auth.users (id) values ('{USER}');
         insert into public.webhook_endpoints (id, user_id, url, secret)
         select ('00000000-0000-4000-8000-00000000000' || n)::uuid, '{USER}',
           'https://example.com/', 'x' from generate_series(1, 2) n;
         insert into public.webhook_events (event_id, event_type, payload, created_at)
         select n::text, 'a', '{{}}', now() - interval '40 days' from generate_series(1, {deliveries}) n;
         insert into public.webhook_deliveries
           (endpoint_id, event_type, event_id, event_ref, status, next_retry_at, created_at)
         select e.id, 'a', v.event_id, v.id, 'success', null, v.created_at
         from public.webhook_events v, public.webhook_endpoints e;
         insert into public.webhook_delivery_attempts
           (delivery_id, attempt, endpoint_id, attempted_at)
         select id, 1, endpoint_id, created_at from public.webhook_deliveries;
         set session_replication_role = origin;"
    );
    client.batch_execute(&fill).await?;
    let delete = "delete from public.webhook_endpoints
        where id = '00000000-0000-4000-8000-000000000001'";
    let start = Instant::now();
    client.execute(delete, &[]).await?;
    report.add(
        &format!("SQL: deleting an endpoint with {deliveries} deliveries"),
        milliseconds(start.elapsed()),
        "gone for its owner; aim: at once",
    );
    progress("purging");
    // Nothing is older than the retention yet: the first loop purges the deleted endpoint.
    for (name, days) in [
        ("of a deleted endpoint", 90),
        ("older than the retention", 30),
    ] {
        let left = "select count(*) from public.webhook_deliveries";
        let before: i64 = client.query_one(left, &[]).await?.get(0);
        let (start, mut longest, mut calls) = (Instant::now(), Duration::ZERO, 0);
        loop {
            let call = Instant::now();
            let upkeep = "select public.run_webhook_upkeep($1)";
            let more: bool = client.query_one(upkeep, &[&days]).await?.get(0);
            longest = longest.max(call.elapsed());
            calls += 1;
            if !more {
                break;
            }
        }
        let after: i64 = client.query_one(left, &[]).await?.get(0);
        let rate = (before - after) as f64 / start.elapsed().as_secs_f64();
        report.add(
            &format!("SQL: purging deliveries {name}"),
            format!(
                "{rate:.0} per second, {:.0} a call, the longest call {}",
                (before - after) as f64 / f64::from(calls),
                milliseconds(longest)
            ),
            "with attempts and events; one call a minute at least; aim: 5,000,000 a day, 3,472 a call",
        );
    }
    Ok(())
}

impl Database {
    /// A new one, with autovacuum off: nothing analyzes it.
    pub(crate) async fn create(stack: &Stack, name: &str) -> Result<Self> {
        let owner = connect(&stack.database_url).await;
        owner
            .batch_execute(&format!("drop database if exists {name}"))
            .await?;
        owner
            .batch_execute(&format!("create database {name}"))
            .await?;
        let (server, _) = stack
            .database_url
            .rsplit_once('/')
            .context("a URL with a database")?;
        let url = format!("{server}/{name}");
        let (client, mut connection) = tokio_postgres::connect(&url, NoTls).await?;
        let notices = Arc::new(Mutex::new(Vec::new()));
        let log = notices.clone();
        tokio::spawn(async move {
            while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
                if let AsyncMessage::Notice(notice) = message {
                    log.lock()
                        .expect("nobody panics")
                        .push(notice.message().to_owned());
                }
            }
        });
        migrate(&client).await;
        for table in [
            "public.webhook_endpoints",
            "public.webhook_events",
            "public.webhook_deliveries",
            "webhooks.queue",
        ] {
            let off = format!("alter table {table} set (autovacuum_enabled = off)");
            client.batch_execute(&off).await?;
        }
        Ok(Self {
            client,
            url,
            role: "none",
            notices,
        })
    }

    async fn fill(stack: &Stack, rows: u32) -> Result<Self> {
        let database = Self::create(stack, &format!("bench_{rows}")).await?;
        let client = &database.client;
        // Plans are made while there is nothing.
        for _ in 0..2 {
            for call in [
                &enqueue("vehicle.updated", json!(USER)),
                &enqueue("vehicle.deleted", Value::Null),
                CLAIM,
                "select public.fan_out_webhook_events(100, 60)",
                "select public.record_webhook_results('[]')",
                "select public.run_webhook_upkeep(90)",
            ] {
                client.batch_execute(call).await?;
            }
        }
        let (users, busy) = (rows / 10, rows / 1000);
        // By another session: a change of session_replication_role forgets what was planned.
        let filling = connect(&database.url).await;
        filling
            .batch_execute(&format!(
                "set session_replication_role = replica;
                 insert into auth.users (id)
                 select ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid
                 from generate_series(1, {users}) n;
                 insert into public.webhook_endpoints (user_id, url, secret, events)
                 select ('00000000-0000-4000-8000-' || lpad(to_hex(1 + n % {users}), 12, '0'))::uuid,
                   'https://example.com/' || n, 'whsec_' || repeat('a', 64),
                   case when n % ({rows} / 10) = 0 then array['vehicle.deleted']
                     else array['vehicle.created', 'vehicle.updated'] end
                 from generate_series(1, {rows}) n;
                 insert into public.webhook_events (event_id, event_type, payload)
                 select 'event-' || n, 'vehicle.updated', jsonb_build_object(
                   'id', 'event-' || n, 'data', jsonb_build_object('vin', '1FTFW1E50PFA00001',
                     'mileage', 48210, 'color', 'Oxford White'))::text
                 from generate_series(1, 1000) n;
                 insert into public.webhook_deliveries
                   (endpoint_id, event_type, event_id, event_ref, next_retry_at, created_at)
                 select e.id, 'vehicle.updated', v.event_id, v.id,
                   now() - interval '1 hour' + make_interval(secs => v.id),
                   now() - interval '1 day' + make_interval(secs => v.id)
                 from public.webhook_events v,
                   (select id from public.webhook_endpoints order by user_id limit {busy}) e
                 where v.event_id like 'event-%';
                 insert into webhooks.due_log
                 select endpoint_id, min(next_retry_at) from public.webhook_deliveries group by 1;
                 insert into webhooks.endpoint_totals (endpoint_id, deliveries)
                 select endpoint_id, count(*) from public.webhook_deliveries group by 1;
                 insert into public.webhook_delivery_attempts (delivery_id, attempt, endpoint_id,
                   attempted_at, response_status, response_time_ms, response_body)
                 select id, n, endpoint_id, created_at, 500, 12, 'no'
                 from public.webhook_deliveries, generate_series(-9, 0) n;
                 insert into webhooks.attempt_counts
                 select e.id, s.starts_at, s.seconds, o.outcome, c, 7
                 from (
                     select id, row_number() over (order by user_id) <= 10 as is_first
                     from public.webhook_endpoints order by user_id limit {busy}
                   ) e
                 cross join lateral (
                   select date_trunc('day', now()) - n * interval '1 day', 86400
                    from generate_series(8, 30) n
                    union all
                    select date_trunc('hour', now()) - n * interval '1 hour', 3600
                    from generate_series(25, 24 * 8) n where e.is_first
                    union all
                    select date_bin('5 minutes', now(), 'epoch') - n * interval '5 minutes', 300
                    from generate_series(0, 12 * 25) n where e.is_first
                   ) s (starts_at, seconds)
                 cross join (values ('success'), ('server_error')) o (outcome)
                 cross join generate_series(8, 12) c;
                 set session_replication_role = origin;
                 checkpoint;"
            ))
            .await?;
        let explain = "load 'auto_explain';
             set auto_explain.log_nested_statements = on;
             set auto_explain.log_analyze = on;
             set auto_explain.log_buffers = on;
             set auto_explain.log_format = json;
             set auto_explain.log_min_duration = -1;";
        client.batch_execute(explain).await?;
        Ok(database)
    }

    /// Times a call, and then looks at its plans.
    async fn time(&self, name: &'static str, mut call: impl FnMut() -> String) -> Result<Cost> {
        let role = format!("set role {}", self.role);
        self.client.batch_execute(&role).await?;
        let mut times = Vec::new();
        for run in 0..RUNS {
            let statement = call();
            let start = Instant::now();
            self.client.simple_query(&statement).await?;
            // The first one plans.
            if run > 0 {
                times.push(start.elapsed());
            }
        }
        let show = "reset role; set auto_explain.log_min_duration = 0;
            set client_min_messages = log";
        self.client.batch_execute(show).await?;
        self.client.batch_execute(&role).await?;
        self.notices.lock().expect("nobody panics").clear();
        self.client.simple_query(&call()).await?;
        let hide = "reset role; set auto_explain.log_min_duration = -1;
            reset client_min_messages";
        self.client.batch_execute(hide).await?;
        let notices = std::mem::take(&mut *self.notices.lock().expect("nobody panics"));
        let mut scans = Vec::new();
        let mut plans = 0;
        for notice in notices {
            if let Some((_, plan)) = notice.split_once("plan:\n") {
                plans += 1;
                find_scans(&serde_json::from_str(plan)?, &mut scans);
            }
        }
        ensure!(plans > 0, "no plan was shown: is auto_explain there?");
        Ok(Cost {
            name,
            time: percentile(&mut times, 0.5),
            scans,
        })
    }
}

/// Sequential scans that read more than a few rows, wherever they are in a plan.
fn find_scans(plan: &Value, scans: &mut Vec<String>) {
    match plan {
        Value::Object(node) => {
            let number = |name: &str| node.get(name).and_then(Value::as_f64).unwrap_or_default();
            let read = (number("Actual Rows") + number("Rows Removed by Filter"))
                * number("Actual Loops").max(1.0);
            if node.get("Node Type").is_some_and(|kind| kind == "Seq Scan") && read > MOST_SCANNED {
                let table = node.get("Relation Name").and_then(Value::as_str);
                scans.push(format!("{} ({read} rows)", table.unwrap_or_default()));
            }
            node.values().for_each(|value| find_scans(value, scans));
        }
        Value::Array(values) => values.iter().for_each(|value| find_scans(value, scans)),
        _ => {}
    }
}

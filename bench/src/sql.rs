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
            &format!("among {few} and among {many} rows, median; {plan}; aim: under 10 ms, flat"),
        );
    }
    Ok(())
}

/// A database with as many endpoints, of a tenth as many users, and as many due deliveries,
/// to a thousandth of the endpoints, with ten attempts each, numbered below those that are
/// recorded here.
struct Database {
    client: Client,
    /// As which calls are made; `none` is the owner.
    role: &'static str,
    notices: Arc<Mutex<Vec<String>>>,
}

/// Times every function among `rows` rows.
async fn costs(stack: &Stack, rows: u32) -> Result<Vec<Cost>> {
    progress(&format!(
        "SQL among {rows} rows: filling (five minutes for a million)"
    ));
    let database = Database::fill(stack, rows).await?;
    // With ten endpoints, each of which has a thousand deliveries.
    let user = "00000000-0000-4000-8000-000000000001";
    let event = |event_type: &str, user: Value| {
        let events = json!([{"event_type": event_type, "data": {"a": 1}, "user_id": user}]);
        format!("select public.enqueue_webhook_events('{events}', 100, 60)")
    };
    let mut costs = Vec::new();

    progress(&format!("SQL among {rows} rows: timing"));
    let claim = "select public.claim_webhook_deliveries(100, 3600)".to_owned();
    costs.push(
        database
            .time("claim, 100 of all due", || claim.clone())
            .await?,
    );
    let to_few = event("vehicle.deleted", Value::Null);
    costs.push(
        database
            .time("enqueue, among all users' endpoints", || to_few.clone())
            .await?,
    );
    let to_one = event("vehicle.updated", json!(user));
    costs.push(
        database
            .time("enqueue, one user's endpoints", || to_one.clone())
            .await?,
    );

    // Each time other deliveries, of those that were claimed.
    let claimed = database
        .client
        .query(
            "select jsonb_build_object('id', id, 'claim', claims, 'attempts', attempts,
               'response_status', 200, 'response_time_ms', 5, 'response_body', 'ok')::text
             from public.webhook_deliveries where claims > 0 and attempts = 0",
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

    database
        .client
        .batch_execute(&format!(
            "select set_config('request.jwt.claims', '{{\"sub\": \"{user}\"}}', false),
               set_config('request.jwt.claim.sub', '{user}', false);"
        ))
        .await?;
    let database = Database {
        role: "authenticated",
        ..database
    };
    let list = "select public.list_webhook_endpoints()".to_owned();
    costs.push(
        database
            .time("list, one user's endpoints", || list.clone())
            .await?,
    );
    let id = format!("select min(id::text) from public.webhook_endpoints where user_id = '{user}'");
    let id: String = database.client.query_one(&id, &[]).await?.get(0);
    let get = format!("select public.get_webhook_endpoint('{id}')");
    costs.push(
        database
            .time("get, with the 20 newest deliveries", || get.clone())
            .await?,
    );
    let deliveries = format!("select public.list_webhook_deliveries('{id}', status => 'pending')");
    costs.push(
        database
            .time("deliveries in one state, a page", || deliveries.clone())
            .await?,
    );
    let stats = format!("select public.get_webhook_endpoint_stats('{id}', '30d')");
    costs.push(
        database
            .time("stats of 30 days, one endpoint", || stats.clone())
            .await?,
    );
    let stats = "select public.get_webhook_stats('30d')".to_owned();
    costs.push(
        database
            .time("stats of 30 days, ten endpoints", || stats.clone())
            .await?,
    );
    Ok(costs)
}

impl Database {
    async fn fill(stack: &Stack, rows: u32) -> Result<Self> {
        let name = format!("bench_{rows}");
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
        let (client, mut connection) =
            tokio_postgres::connect(&format!("{server}/{name}"), NoTls).await?;
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
        let (users, busy) = (rows / 10, rows / 1000);
        client
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
                 insert into public.webhook_deliveries
                   (endpoint_id, event_type, event_id, payload, next_retry_at, created_at)
                 select e.id, 'vehicle.updated', n || ':' || e.id,
                   jsonb_build_object('id', n || ':' || e.id, 'data', jsonb_build_object(
                     'vin', '1FTFW1E50PFA00001', 'mileage', 48210, 'color', 'Oxford White')),
                   now() - interval '1 hour' + make_interval(secs => n),
                   now() - interval '1 day' + make_interval(secs => n)
                 from generate_series(1, 1000) n,
                   (select id from public.webhook_endpoints order by user_id limit {busy}) e;
                 insert into public.webhook_queue
                 select endpoint_id, min(next_retry_at) from public.webhook_deliveries group by 1;
                 insert into public.webhook_endpoint_stats (endpoint_id, total_deliveries)
                 select endpoint_id, count(*) from public.webhook_deliveries group by 1;
                 insert into public.webhook_delivery_attempts (delivery_id, attempt, endpoint_id,
                   attempted_at, response_status, response_time_ms, response_body)
                 select id, n, endpoint_id, created_at, 500, 12, 'no'
                 from public.webhook_deliveries, generate_series(-9, 0) n;
                 insert into public.webhook_attempt_counts
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
                 set session_replication_role = origin;"
            ))
            .await?;
        client.batch_execute("vacuum analyze").await?;
        client.batch_execute("checkpoint").await?;
        client
            .batch_execute(
                "load 'auto_explain';
                 set auto_explain.log_nested_statements = on;
                 set auto_explain.log_analyze = on;
                 set auto_explain.log_buffers = on;
                 set auto_explain.log_format = json;
                 set auto_explain.log_min_duration = -1;",
            )
            .await?;
        Ok(Self {
            client,
            role: "none",
            notices,
        })
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

//! What owners do with their events, among many: the log, filters, replays, erasing, ordered deliveries, watched tables.

use std::time::{Duration, Instant};

use anyhow::Result;
use tests::stack::Stack;
use tokio_postgres::Client;

use crate::report::Report;
use crate::sql::Database;
use crate::{milliseconds, percentile, progress};

/// How often each statement is timed.
const RUNS: usize = 7;

/// The owner of all events, and of 100 endpoints.
const USER: &str = "00000000-0000-4000-8000-000000000001";

/// The first of the owner's endpoints.
const ENDPOINT: &str = "00000000-0000-4000-8000-0000000000e1";

/// Times statements among `events` events of one owner and a tenth as many endpoints of others.
pub(crate) async fn measure(stack: &Stack, events: u32, report: &mut Report) -> Result<()> {
    progress(&format!("{events} events of one owner: filling"));
    let database = Database::create(stack, "bench_log").await?;
    let client = &database.client;
    client.batch_execute(&fill(events)).await?;
    let as_owner = format!(
        "select set_config('request.jwt.claims', '{{\"sub\": \"{USER}\", \"role\": \"authenticated\"}}', false),
           set_config('request.jwt.claim.sub', '{USER}', false)"
    );
    client.batch_execute(&as_owner).await?;
    let large: Vec<u32> = (0..80_000).map(|n| n % 10).collect();
    let large = serde_json::to_string(&large)?;
    let enqueue = |data: &str, n: &str| {
        format!(
            "select public.enqueue_webhook_events(jsonb_build_array(jsonb_build_object('event_type', 'vehicle.created',
               'event_id', gen_random_uuid(), 'user_id', '{USER}', 'data', '{{\"n\": {n}, \"a\": {data}}}'::jsonb))::text, 0, 60)"
        )
    };
    let filters = |filter: &str| {
        format!("update public.webhook_endpoints set filter = '{filter}' where user_id = '{USER}'")
    };
    for (name, before, statement) in [
        ("a page of the log", "", "select public.list_webhook_events()".to_owned()),
        (
            "a search of the log for nothing",
            "",
            "select public.list_webhook_events(search => 'nowhere')".to_owned(),
        ),
        ("an event of the log", "", "select public.get_webhook_event('e500')".to_owned()),
        (
            "a filter tried on 100 events",
            "",
            format!("select public.test_webhook_filter('{ENDPOINT}', '$.data.n > 7', null, 100)"),
        ),
        ("an event for 100 endpoints without filters", "", enqueue("[]", "7")),
        (
            "an event for 100 endpoints with filters",
            &*filters("$.data.n > 7 && $.type == \"vehicle.created\""),
            enqueue("[]", "7"),
        ),
        (
            "256 KiB for 100 endpoints with filters, a step",
            &*filters("$.data.a[*] == 77"),
            enqueue(&large, "7"),
        ),
        (
            "a replay, counted",
            &*format!("update public.webhook_endpoints set filter = null where user_id = '{USER}'"),
            format!("select public.replay_webhook_events('{ENDPOINT}', '2020-01-01', dry_run => true)"),
        ),
        (
            "a step of a replay, 500 deliveries",
            "",
            format!("select public.replay_webhook_events('{ENDPOINT}', '2020-01-01')"),
        ),
        (
            "erasing by content, counted",
            "",
            "select public.erase_webhook_events(contains => '{\"n\": -1}', dry_run => true)".to_owned(),
        ),
        (
            "erasing 1,000 events",
            "",
            "select public.erase_webhook_events(event_ids =>
               array(select 'e' || n from generate_series(1, 1000) n))"
                .to_owned(),
        ),
        (
            "failed deliveries counted, 10,000",
            "",
            "select public.resend_webhook_deliveries(dry_run => true)".to_owned(),
        ),
        (
            "a claim of 100 beside 100,000 that wait for their order",
            "",
            "select public.claim_webhook_deliveries(100, 60)".to_owned(),
        ),
        (
            "a step of a backfill, 500 rows",
            "select public.webhook_backfill('00000000-0000-4000-8000-0000000000e2', 'select id, vin from public.vehicles',
               'vehicle.created')",
            "select webhooks.run_replays()".to_owned(),
        ),
        (
            "100,000 rows inserted into a watched table",
            "select public.webhook_watch('public.vehicles', 'vehicle', 'owner')",
            format!("insert into public.vehicles select n, 'v', '{USER}' from generate_series(10000001, 10100000) n"),
        ),
    ] {
        let runs = if name.starts_with("100,000") { 1 } else { RUNS };
        let time = time(client, before, &statement, runs).await?;
        report.add(
            &format!("SQL: {name}"),
            milliseconds(time),
            &format!("among {events} events and {} endpoints, never analyzed, median", events / 10),
        );
    }
    Ok(())
}

/// Times a statement that is taken back, after another that is not timed.
async fn time(client: &Client, before: &str, statement: &str, runs: usize) -> Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..runs {
        client.batch_execute("begin").await?;
        client.batch_execute(before).await?;
        let start = Instant::now();
        client.batch_execute(statement).await?;
        times.push(start.elapsed());
        client.batch_execute("rollback").await?;
    }
    Ok(percentile(&mut times, 0.5))
}

fn fill(events: u32) -> String {
    let others = events / 10;
    format!(
        "set session_replication_role = replica;
         insert into auth.users (id)
         select ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid from generate_series(1, 1000) n;
         insert into public.webhook_endpoints (id, user_id, url, secret)
         select ('00000000-0000-4000-8000-' || lpad(to_hex(224 + n), 12, '0'))::uuid, '{USER}',
           'https://example.com/' || n, 'whsec_' || repeat('a', 64) from generate_series(1, 100) n;
         insert into public.webhook_endpoints (user_id, url, secret)
         select ('00000000-0000-4000-8000-' || lpad(to_hex(2 + n % 999), 12, '0'))::uuid, 'https://example.com/' || n,
           'whsec_' || repeat('a', 64) from generate_series(1, {others}) n;
         insert into public.webhook_events (event_id, event_type, user_id, payload, created_at)
         select 'e' || n, 'vehicle.created', '{USER}', jsonb_build_object('id', 'e' || n, 'type', 'vehicle.created',
             'created', n, 'data', jsonb_build_object('vin', '1FTFW1E50PFA00001', 'n', n), 'livemode', true)::text,
           now() - n * interval '1 second'
         from generate_series(1, {events}) n;
         -- The last of the owner's endpoints has failed deliveries, the last but one waits for its order.
         insert into public.webhook_deliveries
           (endpoint_id, event_type, event_id, event_ref, status, next_retry_at, created_at)
         select ('00000000-0000-4000-8000-' || lpad(to_hex(324), 12, '0'))::uuid, e.event_type, e.event_id, e.id,
           'failed', null, e.created_at
         from public.webhook_events e order by e.id limit 10000;
         insert into public.webhook_deliveries (endpoint_id, event_type, event_id, event_ref, order_key, next_retry_at)
         select ('00000000-0000-4000-8000-' || lpad(to_hex(323), 12, '0'))::uuid, e.event_type, e.event_id, e.id, '',
           case when row_number() over (order by e.id) = 1 then now() + interval '1 hour' else 'infinity' end
         from public.webhook_events e order by e.id limit 100000;
         insert into public.webhook_deliveries (endpoint_id, event_type, event_id, event_ref)
         select ('00000000-0000-4000-8000-' || lpad(to_hex(322), 12, '0'))::uuid, e.event_type, e.event_id, e.id
         from public.webhook_events e order by e.id limit 1000;
         insert into webhooks.due_log
         select endpoint_id, min(next_retry_at) from public.webhook_deliveries
         where status = 'pending' and next_retry_at < 'infinity' group by 1;
         create table public.vehicles (id bigint primary key, vin text, owner uuid);
         insert into public.vehicles select n, 'v' || n, '{USER}' from generate_series(1, {events}) n;
         set session_replication_role = origin;
         checkpoint;"
    )
}

//! Endpoints that fail: held back, switched off, reported; and what limits and retention do.

use std::collections::HashSet;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::eventually;
use tests::private_stack::PrivateStack;
use tests::receiver::Receiver;
use tests::stack::Stack;
use tests::workers::Workers;
use tokio::net::TcpListener;
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::SOON;
use crate::database::{Database, claim, claimed, enqueue, fan_out, pump, record, upkeep};

/// The result of an attempt that was answered with this status.
fn result(delivery: &Value, status: u16) -> Value {
    let error = (status != 200).then(|| format!("HTTP {status}"));
    json!({
        "id": delivery["id"], "claim": delivery["claim"], "attempts": delivery["attempts"],
        "response_status": status, "response_time_ms": 5, "error": error,
        "cause": error.as_ref().map(|_| "server_error"),
    })
}

async fn record_all(client: &Client, deliveries: &[Value], status: u16) {
    let results: Vec<_> = deliveries.iter().map(|d| result(d, status)).collect();
    record(client, json!(results)).await;
}

/// Limits are by the minute of the clock: what follows has to happen within one.
async fn early_in_a_minute(client: &Client) {
    let statement = "select extract(second from clock_timestamp()) < 45";
    eventually("a new minute", SOON, async || {
        let row = client.query_one(statement, &[]).await.unwrap();
        row.get::<_, bool>(0).then_some(())
    })
    .await;
}

/// Has the endpoint's minute pass.
async fn next_minute(client: &Client, endpoint: &Uuid) {
    let statement = "update webhooks.queue
        set minute = minute - interval '1 minute', held_until = null, waits_until = null
        where endpoint_id = $1";
    client.execute(statement, &[endpoint]).await.unwrap();
}

/// One column of one row, as JSON.
async fn value(client: &Client, statement: &str, id: &Uuid) -> Value {
    let statement = format!("select coalesce(to_jsonb(v), 'null') from ({statement}) v (v)");
    client.query_one(&statement, &[id]).await.unwrap().get(0)
}

/// Types and endpoints of the operational events that are not fanned out yet.
async fn news(client: &Client) -> Vec<(String, Value)> {
    upkeep(client, 90).await;
    let statement = "select e.event_type, e.payload::jsonb -> 'data'
        from webhooks.outbox o join public.webhook_events e on e.id = o.event_ref
        where e.event_type like 'endpoint.%' order by e.id";
    let rows = client.query(statement, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test]
async fn from_ten_failures_on_one_delivery_a_minute_probes_until_one_succeeds() {
    let database = Database::start().await;
    let client = &database.client;
    let endpoint = database.waiting(1, 30, "-1 hour").await[0];
    early_in_a_minute(client).await;
    let first = claimed(&claim(client, 9).await);
    record_all(client, &first, 500).await;
    // Nine are not ten.
    let second = claimed(&claim(client, 5).await);
    assert_eq!(second.len(), 5);
    record_all(client, &second, 500).await;

    let probe = claim(client, 100).await;
    let probes = claimed(&probe);
    assert_eq!((probes.len(), &probe["due"]), (1, &json!(false)));
    assert_eq!(claimed(&claim(client, 100).await).len(), 0);
    record_all(client, &probes, 500).await;
    assert_eq!(claimed(&claim(client, 100).await).len(), 0);
    // New events wait, too.
    let event = json!([{"event_type": "vehicle.created", "data": {}}]);
    let enqueued = enqueue(client, event).await.unwrap();
    assert_eq!(enqueued["batch"]["claimed"], json!([]));
    assert_eq!(enqueued["events"][0]["pending"], 1);
    let unspent = "select count(*) from public.webhook_deliveries
        where endpoint_id = $1 and status = 'pending' and attempts = 0";
    assert_eq!(value(client, unspent, &endpoint).await, 30 - 15 + 1);

    next_minute(client, &endpoint).await;
    let probes = claimed(&claim(client, 100).await);
    assert_eq!(probes.len(), 1);
    record_all(client, &probes, 200).await;
    assert_eq!(claimed(&claim(client, 100).await).len(), 15);
    let failures = "select coalesce(max(consecutive_failures), 0) from webhooks.endpoint_health
        where endpoint_id = $1";
    assert_eq!(value(client, failures, &endpoint).await, 0);
    database.stop().await;
}

#[tokio::test]
async fn a_rate_limit_lets_the_oldest_through_and_spends_no_attempt_of_the_others() {
    let database = Database::start().await;
    let client = &database.client;
    let endpoint = database.waiting(1, 10, "-1 hour").await[0];
    let other = database.waiting(1, 10, "-1 hour").await[0];
    for statement in [
        "update public.webhook_deliveries set next_retry_at = now() - interval '1 minute' * (20 - event_id::integer)
         where endpoint_id = $1",
        "update public.webhook_endpoints set rate_limit_per_minute = 3 where id = $1",
    ] {
        client.execute(statement, &[&endpoint]).await.unwrap();
    }
    early_in_a_minute(client).await;
    let own = |claim: &Value| -> Vec<String> {
        let own = claimed(claim).into_iter();
        own.filter(|d| d["endpoint_id"] == endpoint.to_string())
            .map(|d| d["event_id"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = claim(client, 100).await;
    assert_eq!(own(&first), ["1", "2", "3"]);
    // Nobody else is held up.
    let others = claimed(&first).into_iter();
    let others = others.filter(|d| d["endpoint_id"] == other.to_string());
    assert_eq!(others.count(), 10);
    assert_eq!(own(&claim(client, 100).await), [""; 0]);
    let waiting = "select count(*) from public.webhook_deliveries
        where endpoint_id = $1 and attempts = 0 and claims = 0 and status = 'pending'";
    assert_eq!(value(client, waiting, &endpoint).await, 7);

    next_minute(client, &endpoint).await;
    assert_eq!(own(&claim(client, 2).await), ["4", "5"]);
    next_minute(client, &endpoint).await;
    assert_eq!(own(&claim(client, 100).await), ["6", "7", "8"]);
    database.stop().await;
}

#[tokio::test]
async fn an_endpoint_that_only_failed_for_five_days_and_twenty_attempts_is_switched_off() {
    let database = Database::start().await;
    let client = &database.client;
    let endpoint = database.waiting(1, 3, "-1 hour").await[0];
    let deliveries = claimed(&claim(client, 3).await);
    let history = "insert into webhooks.endpoint_health as h
          (endpoint_id, consecutive_failures, first_failure_at)
        values ($1, $2, now() - $3::text::interval)
        on conflict (endpoint_id) do update set
          consecutive_failures = excluded.consecutive_failures,
          first_failure_at = excluded.first_failure_at";
    let is_active = "select is_active from public.webhook_endpoints where id = $1";
    for (failures, since, delivery) in [(30, "4 days 23 hours", 0), (18, "6 days", 1)] {
        let parameters: [&(dyn ToSql + Sync); 3] = [&endpoint, &failures, &since];
        client.execute(history, &parameters).await.unwrap();
        record_all(client, &deliveries[delivery..=delivery], 500).await;
        assert_eq!(value(client, is_active, &endpoint).await, true);
    }
    client
        .execute(history, &[&endpoint, &19, &"5 days"])
        .await
        .unwrap();
    record_all(client, &deliveries[2..], 500).await;
    assert_eq!(value(client, is_active, &endpoint).await, false);
    let reason = "select disabled_reason from public.webhook_endpoints where id = $1";
    let text = value(client, reason, &endpoint).await;
    let text = text.as_str().unwrap();
    assert!(
        text.starts_with("20 attempts failed since 20") && text.ends_with(", and none succeeded"),
        "{text}"
    );
    let news = news(client).await;
    let disabled: Vec<_> = news
        .iter()
        .filter(|(t, _)| t == "endpoint.disabled")
        .collect();
    assert_eq!(disabled.len(), 1);
    assert_eq!(disabled[0].1["endpoint_id"], endpoint.to_string());
    assert_eq!(disabled[0].1["reason"], text);

    // Its owner gives it another chance.
    let on = "update public.webhook_endpoints set is_active = true where id = $1";
    client.execute(on, &[&endpoint]).await.unwrap();
    assert_eq!(value(client, reason, &endpoint).await, Value::Null);
    let disabled_at = "select disabled_at from public.webhook_endpoints where id = $1";
    assert_eq!(value(client, disabled_at, &endpoint).await, Value::Null);
    let failures = "select coalesce(max(consecutive_failures), 0) from webhooks.endpoint_health
        where endpoint_id = $1";
    assert_eq!(value(client, failures, &endpoint).await, 0);
    database.stop().await;
}

#[tokio::test]
async fn gone_switches_an_endpoint_off_at_once_and_ends_the_delivery() {
    let database = Database::start().await;
    let client = &database.client;
    let endpoint = database.waiting(1, 3, "-1 hour").await[0];
    let deliveries = claimed(&claim(client, 1).await);
    record_all(client, &deliveries, 410).await;
    let reason = "select disabled_reason from public.webhook_endpoints
        where id = $1 and not is_active";
    let reason = value(client, reason, &endpoint).await;
    assert_eq!(reason, "It answered 410 Gone");
    let settled = claim(client, 10).await;
    assert_eq!(claimed(&settled).len(), 0);
    assert_eq!(settled["settled"].as_array().unwrap().len(), 2);
    let failed = "select count(*) from public.webhook_deliveries
        where endpoint_id = $1 and status = 'failed'";
    assert_eq!(value(client, failed, &endpoint).await, 3);
    database.stop().await;
}

#[tokio::test]
async fn what_an_endpoint_did_at_another_url_is_not_held_against_it() {
    let database = Database::start().await;
    let client = &database.client;
    let endpoint = database.waiting(1, 2, "-1 hour").await[0];
    let deliveries = claimed(&claim(client, 2).await);
    let change =
        "update public.webhook_endpoints set url = 'https://example.com/new' where id = $1";
    let history = "insert into webhooks.endpoint_health
          (endpoint_id, consecutive_failures, first_failure_at)
        values ($1, 30, now() - interval '6 days')";
    client.execute(history, &[&endpoint]).await.unwrap();
    client.execute(change, &[&endpoint]).await.unwrap();
    // Sent before the change, to the URL before it.
    let mut gone = result(&deliveries[0], 410);
    gone["age_ms"] = json!(60_000);
    record(client, json!([gone])).await;
    record_all(client, &deliveries[1..], 500).await;
    let is_active = "select is_active from public.webhook_endpoints where id = $1";
    assert_eq!(value(client, is_active, &endpoint).await, true);
    let failures = "select coalesce(max(consecutive_failures), 0) from webhooks.endpoint_health
        where endpoint_id = $1";
    assert_eq!(value(client, failures, &endpoint).await, 2);
    database.stop().await;
}

#[tokio::test]
async fn a_limit_that_is_lifted_lets_what_waits_go_at_once() {
    let database = Database::start().await;
    let client = &database.client;
    let endpoint = database.waiting(1, 5, "-1 hour").await[0];
    let limit = "update public.webhook_endpoints set rate_limit_per_minute = $2 where id = $1";
    let parameters: [&(dyn ToSql + Sync); 2] = [&endpoint, &Some(2)];
    client.execute(limit, &parameters).await.unwrap();
    early_in_a_minute(client).await;
    assert_eq!(claimed(&claim(client, 100).await).len(), 2);
    // A new event does not bring the turn forward.
    let event = json!([{"event_type": "vehicle.created", "data": {}}]);
    enqueue(client, event).await.unwrap();
    let limited = claim(client, 100).await;
    assert_eq!(
        (claimed(&limited).len(), &limited["due"]),
        (0, &json!(false))
    );
    let parameters: [&(dyn ToSql + Sync); 2] = [&endpoint, &None::<i32>];
    client.execute(limit, &parameters).await.unwrap();
    assert_eq!(claimed(&claim(client, 100).await).len(), 4);
    database.stop().await;
}

#[tokio::test]
async fn results_are_recorded_whatever_becomes_of_the_news_about_them() {
    let database = Database::start().await;
    let client = &database.client;
    let endpoint = database.waiting(1, 1, "-1 hour").await[0];
    let deliveries = claimed(&claim(client, 1).await);
    let archive = "update public.webhook_event_types set archived_at = now()
            where name like 'endpoint.%';
        create function public.fail() returns trigger language plpgsql as
            $$ begin raise exception 'no news'; end $$;
        create trigger fail before insert on webhooks.outbox
            for each row execute function public.fail()";
    client.batch_execute(archive).await.unwrap();
    let results = json!([result(&deliveries[0], 410)]).to_string();
    let statement = "select public.record_webhook_results($1, 'https://example.com/alerts')";
    let recorded: Value = client
        .query_one(statement, &[&results])
        .await
        .unwrap()
        .get(0);
    assert_eq!(recorded[0]["status"], "failed");
    let attempts = "select attempts from public.webhook_deliveries where endpoint_id = $1";
    assert_eq!(value(client, attempts, &endpoint).await, 1);
    database.stop().await;
}

/// A number below `limit` that is the same in every run.
fn random(state: &mut u64, limit: u64) -> u64 {
    // Knuth's (The Art of Computer Programming, volume 2, 3.3.4).
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % limit
}

/// One after the other, whatever there is to do, on endpoints that others use, too.
async fn everything(client: Client, endpoints: &[Uuid], mut seed: u64) -> usize {
    let start = tokio::time::Instant::now();
    let mut held: Vec<Value> = Vec::new();
    let mut done = 0;
    // On a slow disk for longer, so that there is a load to speak of.
    while start.elapsed() < Duration::from_secs(4) || done <= 20 {
        let endpoint = &endpoints[random(&mut seed, endpoints.len() as u64) as usize];
        match random(&mut seed, 10) {
            0..=1 => {
                let event = json!({"event_type": "a.b", "data": {}});
                let enqueued = enqueue(&client, json!([event, event])).await.unwrap();
                held.extend(claimed(&enqueued));
            }
            2 => {
                let store = "select public.store_webhook_events('[{\"event_type\": \"a.c\", \"data\": {}}]')";
                client.execute(store, &[]).await.unwrap();
                held.extend(claimed(&fan_out(&client, 20).await));
            }
            3..=4 => held.extend(claimed(&claim(&client, 20).await)),
            5..=6 => {
                let results: Vec<_> = held
                    .drain(..)
                    .map(|delivery| match random(&mut seed, 3) {
                        0 => result(&delivery, 200),
                        1 => result(&delivery, 500),
                        _ => {
                            let mut released = result(&delivery, 500);
                            released["released"] = json!(true);
                            released
                        }
                    })
                    .collect();
                record(&client, json!(results)).await;
            }
            7 => {
                let change = "update public.webhook_endpoints
                    set is_active = random() < 0.7, url = 'https://example.com/' || random()
                    where id = $1";
                client.execute(change, &[endpoint]).await.unwrap();
            }
            8 => {
                let replace = "with gone as (
                      delete from public.webhook_endpoints where id = $1 returning user_id)
                    insert into public.webhook_endpoints (id, user_id, url)
                    select gen_random_uuid(), user_id, 'https://example.com/' from gone";
                client.execute(replace, &[endpoint]).await.unwrap();
            }
            _ => {
                let age =
                    "update public.webhook_deliveries set created_at = now() - interval '2 days'
                    where id in (select id from public.webhook_deliveries
                      where status in ('success', 'failed') limit 5 for update skip locked)";
                client.execute(age, &[]).await.unwrap();
                let upkeep = "select public.run_webhook_upkeep(1, null, 5)";
                client.execute(upkeep, &[]).await.unwrap();
            }
        }
        done += 1;
    }
    done
}

#[tokio::test]
async fn calls_of_every_kind_at_once_wait_for_each_other_and_none_fails() {
    let database = Database::start().await;
    let endpoints = database.waiting(8, 20, "-1 hour").await;
    let limit = "update public.webhook_endpoints set rate_limit_per_minute = 30
        where id in (select id from public.webhook_endpoints order by id limit 2)";
    database.client.execute(limit, &[]).await.unwrap();
    let mut sides = Vec::new();
    for seed in 1..=6 {
        let client = database.another_connection().await;
        sides.push(everything(client, &endpoints, seed));
    }
    // An error, such as of a deadlock, panics.
    let done = tokio::time::timeout(Duration::from_secs(60), join_all(sides));
    let done = done.await.expect("they wait for each other for ever");
    assert!(done.iter().all(|done| *done > 20), "{done:?}");
    let client = &database.client;
    upkeep(client, 90).await;
    let counts = "select coalesce((
            select sum(attempts) from webhooks.attempt_counts where endpoint_id = webhooks.all_endpoints()), 0)
          = coalesce((select sum(attempts) from webhooks.totals), 0)
        and coalesce((
            select sum(attempts) from webhooks.attempt_counts where endpoint_id <> webhooks.all_endpoints()), 0)
          = coalesce((select sum(attempts) from webhooks.totals), 0)
        and coalesce((select sum(attempts) from webhooks.totals), 0)
          >= (select count(*) from public.webhook_delivery_attempts)";
    let holds: bool = client.query_one(counts, &[]).await.unwrap().get(0);
    assert!(holds);
    // What can be claimed is in the queue, or noted.
    let lost = "select count(*) from public.webhook_deliveries d
        join public.webhook_endpoints e on e.id = d.endpoint_id
        left join webhooks.queue q using (endpoint_id)
        where d.status in ('pending', 'retrying') and d.leased_until is null
          and (q.endpoint_id is null or q.due_from > d.next_retry_at
            or q.waits_until > greatest(d.next_retry_at, q.held_until))
          and not exists (
            select from webhooks.due_log l
            where l.endpoint_id = d.endpoint_id and l.due_at <= d.next_retry_at)";
    let lost: i64 = client.query_one(lost, &[]).await.unwrap().get(0);
    assert_eq!(lost, 0);
    // What was deleted has taken along what belonged to it, once no fan-out can add to it.
    let an_hour_later = "update webhooks.deleted_endpoints
        set deleted_at = deleted_at - interval '2 hours'";
    client.execute(an_hour_later, &[]).await.unwrap();
    upkeep(client, 90).await;
    let orphans = "select exists (
          select from webhooks.attempt_counts a
          where a.endpoint_id <> webhooks.all_endpoints()
            and not exists (select from public.webhook_endpoints e where e.id = a.endpoint_id))
        or exists (
          select from public.webhook_delivery_attempts a
          where not exists (select from public.webhook_deliveries d where d.id = a.delivery_id))";
    let are_there: bool = client.query_one(orphans, &[]).await.unwrap().get(0);
    assert!(!are_there);
    database.stop().await;
}

#[tokio::test]
async fn an_owner_is_told_once_that_an_endpoint_fails_and_once_that_it_recovered() {
    let database = Database::start().await;
    let client = &database.client;
    let endpoint = database.waiting(1, 100, "-1 hour").await[0];
    let deliveries = claimed(&claim(client, 100).await);
    // Nine attempts are too few to judge; five of ten are half, not more.
    record_all(client, &deliveries[..5], 200).await;
    record_all(client, &deliveries[5..9], 500).await;
    record_all(client, &deliveries[9..10], 500).await;
    assert_eq!(news(client).await, []);
    record_all(client, &deliveries[10..11], 500).await;
    assert_eq!(news(client).await.len(), 1);
    record_all(client, &deliveries[11..13], 500).await;
    let told = news(client).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].0, "endpoint.failing");
    assert_eq!(told[0].1["endpoint_id"], endpoint.to_string());
    assert_eq!(told[0].1["failed_last_hour"], 6);
    // 8 of 40 are a fifth; 8 of 41 are less.
    record_all(client, &deliveries[13..40], 200).await;
    an_hour_passes(client).await;
    record_all(client, &deliveries[40..40], 200).await;
    assert_eq!(news(client).await.len(), 1);
    record_all(client, &deliveries[40..41], 200).await;
    let told = news(client).await;
    assert_eq!(told.len(), 2);
    assert_eq!(told[1].0, "endpoint.recovered");
    // And anew, but not within the hour.
    record_all(client, &deliveries[41..99], 500).await;
    assert_eq!(news(client).await.len(), 2);
    an_hour_passes(client).await;
    record_all(client, &deliveries[99..], 500).await;
    assert_eq!(news(client).await.len(), 3);
    database.stop().await;
}

/// Since the last alerts, not since the last attempts.
async fn an_hour_passes(client: &Client) {
    let pass =
        "update webhooks.endpoint_health set alerted_at = alerted_at - interval '61 minutes'";
    client.execute(pass, &[]).await.unwrap();
}

#[tokio::test]
async fn an_endpoint_that_flaps_is_told_of_once_an_hour() {
    let database = Database::start().await;
    let client = &database.client;
    database.waiting(1, 400, "-1 hour").await;
    let deliveries = claimed(&claim(client, 400).await);
    let mut told = 0;
    for hour in 1..=4 {
        for (nth, ten) in deliveries[(hour - 1) * 100..hour * 100]
            .chunks(10)
            .enumerate()
        {
            // As if the ten before were long ago.
            client
                .execute("delete from webhooks.attempt_counts", &[])
                .await
                .unwrap();
            record_all(client, ten, if nth % 2 == 0 { 500 } else { 200 }).await;
            told = news(client).await.len();
            assert!(told <= hour, "{told} alerts in {hour} hours");
        }
        an_hour_passes(client).await;
    }
    assert_eq!(told, 4);
    // Once it is healthy, and the last alert an hour old, nothing is kept of it.
    let insert =
        "insert into public.webhook_deliveries (endpoint_id, event_type, event_id, payload)
        select id, 'a', 'last', '{}' from public.webhook_endpoints";
    client.execute(insert, &[]).await.unwrap();
    record_all(client, &claimed(&claim(client, 1).await), 200).await;
    news(client).await;
    let kept = "select count(*) from webhooks.endpoint_health where not is_failing";
    let kept: i64 = client.query_one(kept, &[]).await.unwrap().get(0);
    assert_eq!(kept, 0);
    database.stop().await;
}

#[tokio::test]
async fn each_of_an_owner_s_500_endpoints_that_fail_is_told_of_to_each_of_500_others() {
    let database = Database::start().await;
    let client = &database.client;
    database.waiting(500, 10, "-1 hour").await;
    let deliveries = claimed(&claim(client, 5000).await);
    for results in deliveries.chunks(500) {
        record_all(client, results, 500).await;
    }
    let failing: HashSet<_> = news(client)
        .await
        .into_iter()
        .map(|(event_type, data)| {
            assert_eq!(event_type, "endpoint.failing");
            data["endpoint_id"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(failing.len(), 500);
    // One of them, to all that want to know.
    let register = "with gone as (delete from webhooks.outbox o where o.event_ref <> (
            select min(l.event_ref) from webhooks.outbox l))
        insert into public.webhook_endpoints (user_id, url, events)
        select $1, 'https://example.com/', array['endpoint.failing'] from generate_series(1, 500)";
    client.execute(register, &[&database.user]).await.unwrap();
    pump(client).await;
    let told =
        "select count(*) from public.webhook_deliveries where event_type = 'endpoint.failing'";
    let told: i64 = client.query_one(told, &[]).await.unwrap().get(0);
    assert_eq!(told, 500);
    database.stop().await;
}

/// Its URL's path may be a secret, as that of a chat's hook is.
#[tokio::test]
async fn alerts_show_no_more_of_a_url_than_its_origin() {
    let database = Database::start().await;
    let client = &database.client;
    for (url, origin) in [
        (
            "https://hooks.example.com/services/T0/B0/secret",
            "https://hooks.example.com",
        ),
        (
            "https://hooks.example.com:8443?secret=1#secret",
            "https://hooks.example.com:8443",
        ),
        (
            "HTTPS://user:secret@hooks.example.com/x@y",
            "HTTPS://hooks.example.com",
        ),
        (
            "https://[2606:4700::1111]:444/secret",
            "https://[2606:4700::1111]:444",
        ),
    ] {
        let endpoint = database.waiting(1, 11, "-1 hour").await[0];
        let change = "update public.webhook_endpoints set url = $2 where id = $1";
        client.execute(change, &[&endpoint, &url]).await.unwrap();
        let deliveries = claimed(&claim(client, 11).await);
        record_all(client, &deliveries[..10], 500).await;
        news(client).await;
        record_all(client, &deliveries[10..], 410).await;
        let told: Vec<_> = news(client)
            .await
            .into_iter()
            .filter(|(_, data)| data["endpoint_id"] == endpoint.to_string())
            .collect();
        assert_eq!(told.len(), 2, "{told:?}");
        for (event_type, data) in told {
            assert_eq!(data["url"], origin, "{event_type}");
            assert!(!data.to_string().contains("secret"));
        }
    }
    database.stop().await;
}

#[tokio::test]
async fn the_operator_s_endpoint_is_never_switched_off_and_metrics_show_that_it_fails() {
    let database = Database::start().await;
    let client = &database.client;
    let operator = Uuid::parse_str("00000000-0000-4000-8000-000000000000").unwrap();
    let record = async |deliveries: &[Value], status: u16| {
        let results: Vec<_> = deliveries.iter().map(|d| result(d, status)).collect();
        let statement = "select public.record_webhook_results($1, 'https://ops.example.com/')";
        client
            .query_one(statement, &[&json!(results).to_string()])
            .await
            .unwrap();
    };
    // An alert to it, and then many.
    database.waiting(1, 1, "-1 hour").await;
    record(&claimed(&claim(client, 1).await), 410).await;
    let alert = claimed(&fan_out(client, 10).await);
    assert_eq!(alert[0]["endpoint_id"], operator.to_string());
    record(&alert, 410).await;
    let long_ago = "update webhooks.endpoint_health
        set consecutive_failures = 30, first_failure_at = now() - interval '30 days'";
    client.execute(long_ago, &[]).await.unwrap();
    let add = "insert into public.webhook_deliveries (endpoint_id, event_type, event_id, payload)
        values ($1, 'endpoint.failing', gen_random_uuid()::text, '{}')";
    for status in [500, 410, 404] {
        client.execute(add, &[&operator]).await.unwrap();
        early_in_a_minute(client).await;
        next_minute(client, &operator).await;
        let probe = claimed(&claim(client, 1).await);
        assert_eq!(probe.len(), 1, "it is tried again");
        record(&probe, status).await;
        let is_active = "select is_active from public.webhook_endpoints where id = $1";
        assert_eq!(value(client, is_active, &operator).await, true, "{status}");
    }
    let metrics = "select public.webhook_metrics()";
    let metrics: String = client.query_one(metrics, &[]).await.unwrap().get(0);
    assert!(
        metrics.contains("\nwebhooks_operator_endpoint_failures 33\n"),
        "{metrics}"
    );
    database.stop().await;
}

#[tokio::test]
async fn news_of_an_endpoint_reach_its_owners_other_endpoints_and_nobody_else() {
    let database = Database::start().await;
    let client = &database.client;
    let stranger = Uuid::new_v4();
    let insert = "insert into auth.users (id) values ($1)";
    client.execute(insert, &[&stranger]).await.unwrap();
    let insert = "insert into public.webhook_endpoints (user_id, url, events)
        values ($1, 'https://example.com/', $2) returning id";
    let register = async |user: &Uuid, events: &str| -> Uuid {
        let row = client
            .query_one(insert, &[user, &vec![events]])
            .await
            .unwrap();
        row.get(0)
    };
    let sick = database.waiting(1, 1, "-1 hour").await[0];
    let told = [
        register(&database.user, "endpoint.*").await,
        register(&database.user, "endpoint.disabled").await,
    ];
    register(&database.user, "vehicle.created").await;
    // It stands for business events: one for alerts says so.
    register(&database.user, "*").await;
    register(&stranger, "*").await;
    register(&stranger, "endpoint.*").await;
    let deliveries = claimed(&claim(client, 1).await);
    record_all(client, &deliveries, 410).await;
    let reached: HashSet<_> = pump(client)
        .await
        .iter()
        .flat_map(claimed)
        .map(|d| d["endpoint_id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(reached, told.map(|id| id.to_string()).into());
    assert!(!reached.contains(&sick.to_string()));
    database.stop().await;
}

#[tokio::test]
async fn retry_after_is_kept_within_the_next_step_of_the_schedule_and_twice_that() {
    let database = Database::start().await;
    let client = &database.client;
    database.waiting(1, 4, "-1 hour").await;
    let deliveries = claimed(&claim(client, 4).await);
    for (delivery, asked, expected) in [
        (&deliveries[0], json!(90), 90),
        (&deliveries[1], json!(10), 60),
        (&deliveries[2], json!(86_400), 120),
        (&deliveries[3], Value::Null, 60),
    ] {
        let mut result = result(delivery, 503);
        result["retry_after_seconds"] = asked;
        record(client, json!([result])).await;
        let wait = "select round(extract(epoch from next_retry_at - now()))
            from public.webhook_deliveries where id = $1";
        let id = Uuid::parse_str(delivery["id"].as_str().unwrap()).unwrap();
        let wait = value(client, wait, &id).await.as_f64().unwrap();
        assert!((wait - f64::from(expected)).abs() <= 3.0, "{wait}");
    }
    database.stop().await;
}

#[tokio::test]
async fn a_result_that_is_recorded_twice_is_logged_and_counted_once() {
    let database = Database::start().await;
    let client = &database.client;
    let endpoint = database.waiting(1, 1, "-1 hour").await[0];
    let deliveries = claimed(&claim(client, 1).await);
    for _ in 0..2 {
        record_all(client, &deliveries, 500).await;
    }
    upkeep(client, 90).await;
    for count in [
        "select count(*) from public.webhook_delivery_attempts where endpoint_id = $1",
        "select sum(attempts) from webhooks.attempt_counts where endpoint_id = $1",
        "select consecutive_failures from webhooks.endpoint_health where endpoint_id = $1",
        "select sum(attempts) from webhooks.totals where $1::uuid is not null",
    ] {
        assert_eq!(value(client, count, &endpoint).await, 1, "{count}");
    }
    database.stop().await;
}

#[tokio::test]
async fn counts_become_coarser_with_age_and_stay_the_same_in_sum() {
    let database = Database::start().await;
    let client = &database.client;
    let endpoint = database.waiting(1, 0, "0").await[0];
    let rows = "insert into webhooks.attempt_counts
        select $1, date_bin('5 minutes', now() - interval '30 minutes' * n, 'epoch'), 300,
          'success', 10, 1
        from generate_series(0, 999) n";
    client.execute(rows, &[&endpoint]).await.unwrap();
    let merge = "select public.run_webhook_upkeep(90, null, 100)";
    while client
        .query_one(merge, &[])
        .await
        .unwrap()
        .get::<_, bool>(0)
    {}
    let sum = "select sum(attempts) from webhooks.attempt_counts where endpoint_id = $1";
    assert_eq!(value(client, sum, &endpoint).await, 1000);
    let spans = "select jsonb_agg(distinct seconds order by seconds)
        from webhooks.attempt_counts where endpoint_id = $1";
    let spans = value(client, spans, &endpoint).await;
    assert_eq!(spans, json!([300, 3600, 86_400]));
    // 25 to 26 hours of half hours, then hours up to the eighth day, then days.
    let rows = "select count(*) from webhooks.attempt_counts where endpoint_id = $1";
    let rows = value(client, rows, &endpoint).await.as_u64().unwrap();
    assert!((220..300).contains(&rows), "{rows}");
    database.stop().await;
}

#[tokio::test]
async fn retention_deletes_what_ended_long_ago_with_its_attempts_and_nothing_that_is_due() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let settings = json!({"RETENTION_DAYS": "30"});
    let mut workers = Workers::start(&private.stack, &settings).await;
    let stack = private.stack.with_workers(&workers);
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let endpoint = user.register(&receiver.url).await;
    for event_type in ["old", "young", "due"] {
        stack
            .emit(&user, event_type, json!({}))
            .await
            .expect(StatusCode::OK);
    }
    let database = stack.database().await;
    let age = "update public.webhook_deliveries set created_at = now() - interval '31 days'
            where event_type in ('old', 'due');
        update public.webhook_deliveries set created_at = now() - interval '29 days'
            where event_type = 'young';
        update public.webhook_deliveries
            set status = 'retrying', next_retry_at = now() + interval '1 hour'
            where event_type = 'due'";
    database.batch_execute(age).await.unwrap();
    workers.cron().await;
    eventually("the old one is gone", SOON, async || {
        let left = stack.deliveries(&endpoint.id).await;
        (left.len() == 2).then_some(())
    })
    .await;
    let left = stack.deliveries(&endpoint.id).await;
    let types: HashSet<_> = left
        .iter()
        .map(|d| d["event_type"].as_str().unwrap())
        .collect();
    assert_eq!(types, HashSet::from(["young", "due"]));
    let attempts = "select count(*) as n from public.webhook_delivery_attempts";
    assert_eq!(stack.sql(attempts, &[]).await[0]["n"], 2);
    let counts =
        "select sum(attempts) as n from webhooks.attempt_counts where endpoint_id = $1::text::uuid";
    assert_eq!(stack.sql(counts, &[&endpoint.id]).await[0]["n"], 3);
    private.stop().await;
}

/// A receiver that answers with this status and header.
async fn answering(status: u16, retry_after: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/secret-path", listener.local_addr().unwrap());
    let status = StatusCode::from_u16(status).unwrap();
    let app =
        Router::new().fallback(move || async move { (status, [("retry-after", retry_after)]) });
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

#[tokio::test]
async fn a_receiver_s_retry_after_is_heard_in_seconds_and_as_a_date() {
    let stack = Stack::get();
    let user = stack.user().await;
    for (header, expected) in [
        ("100", 100.0),
        ("Fri, 31 Dec 2100 23:59:59 GMT", 120.0),
        ("nonsense", 60.0),
    ] {
        let endpoint = user.register(&answering(429, header).await).await;
        stack
            .emit(&user, "vehicle.created", json!({}))
            .await
            .expect(StatusCode::OK);
        let wait = "select extract(epoch from next_retry_at - now())::float8 as wait
            from public.webhook_deliveries where endpoint_id = $1";
        let id = Uuid::parse_str(&endpoint.id).unwrap();
        let wait = stack.sql(wait, &[&id]).await[0]["wait"].as_f64().unwrap();
        assert!((wait - expected).abs() <= 5.0, "{header}: {wait}");
        user.delete(&format!("/webhooks/{}", endpoint.id)).await;
    }
}

#[tokio::test]
async fn the_operator_is_told_at_the_alert_url_and_the_owner_sees_why() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let operator = Receiver::start(200).await;
    let settings = json!({"ALERT_WEBHOOK_URL": operator.url});
    let workers = Workers::start(&private.stack, &settings).await;
    let stack = private.stack.with_workers(&workers);
    let user = private.stack.user().await;
    let endpoint = user.register(&answering(410, "").await).await;
    stack
        .emit(&user, "vehicle.created", json!({}))
        .await
        .expect(StatusCode::OK);
    stack
        .deliver(&json!({"action": "retry"}))
        .await
        .expect(StatusCode::OK);
    operator.wait_for(1, SOON).await;
    let alert = operator.arrivals()[0].json();
    assert_eq!(alert["type"], "endpoint.disabled");
    assert_eq!(alert["data"]["endpoint_id"], endpoint.id);
    assert_eq!(alert["data"]["reason"], "It answered 410 Gone");

    let shown = user.get(&format!("/webhooks/{}", endpoint.id)).await;
    let shown = &shown.expect(StatusCode::OK)["data"];
    assert_eq!(
        [&shown["is_active"], &shown["disabled_reason"]],
        [&json!(false), &json!("It answered 410 Gone")]
    );
    assert!(shown["disabled_at"].is_string());
    // The operator's endpoint is nobody else's to see.
    let list = user.get("/webhooks").await;
    let list = list.expect(StatusCode::OK)["data"].as_array().unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!(list[0]["disabled_reason"], "It answered 410 Gone");
    private.stop().await;
}

#[tokio::test]
async fn each_invocation_and_each_failed_attempt_is_a_line_of_json_without_secrets() {
    let stack = Stack::get();
    let workers = Workers::start(&stack, &json!({})).await;
    let stack = stack.with_workers(&workers);
    let user = Stack::get().user().await.on(&stack);
    let endpoint = user.register(&answering(500, "").await).await;
    let answer = stack
        .emit(&user, "vehicle.created", json!({"vin": "a-payload"}))
        .await;
    let delivery = answer.expect(StatusCode::OK)["results"][0]["delivery_id"].clone();
    let lines = eventually("three lines", SOON, async || {
        let log = workers.log();
        let lines: Vec<Value> = log
            .lines()
            .filter_map(|line| serde_json::from_str(line.split_once(": ")?.1).ok())
            .collect();
        (lines.len() >= 3).then_some(lines)
    })
    .await;
    let of = |event: &str, worker: &str| -> Vec<&Value> {
        let lines = lines.iter();
        lines
            .filter(|l| l["event"] == event && (worker.is_empty() || l["worker"] == worker))
            .collect()
    };
    let manage = of("invocation", "manage");
    assert_eq!((manage.len(), &manage[0]["status"]), (1, &json!(201)));
    let deliver = of("invocation", "deliver");
    assert_eq!(
        (
            deliver.len(),
            &deliver[0]["attempts"],
            &deliver[0]["failures"]
        ),
        (1, &json!(1), &json!(1))
    );
    assert!(deliver[0]["duration_ms"].is_u64());
    let failed = of("attempt_failed", "");
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["delivery_id"], delivery);
    assert_eq!(failed[0]["endpoint_id"], endpoint.id);
    assert_eq!(failed[0]["cause"], "server_error");
    assert_eq!(failed[0]["attempt"], 1);
    let log = workers.log();
    for secret in ["a-payload", "secret-path", &endpoint.secret, &user.jwt] {
        assert!(!log.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_tick_of_the_cron_is_measured() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let mut workers = Workers::start(&private.stack, &json!({})).await;
    for expected in [1, 2] {
        workers.cron().await;
        let ticks = eventually("a tick", Duration::from_secs(10), async || {
            let rows = private.stack.sql("select * from webhooks.ticks", &[]).await;
            let row = rows.into_iter().next()?;
            (row["ticks"] == expected).then_some(row)
        })
        .await;
        assert!(ticks["duration_ms"].as_i64().unwrap() < 10_000);
    }
    private.stop().await;
}

//! Nothing is lost and nothing is held up, whatever breaks. Each test has a stack of its
//! own, because it breaks it, or counts everything that happens on it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use tests::private_stack::PrivateStack;
use tests::receiver::{Fault, Receiver, faulty};
use tests::stack::{Answer, Stack, User, client};
use tests::workers::Workers;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

/// Stores deliveries that are due, `count` for each endpoint.
async fn store_due(stack: &Stack, endpoints: &[Uuid], count: i32) {
    stack
        .database()
        .await
        .execute(
            "insert into public.webhook_deliveries (endpoint_id, event_type, event_id, payload)
             select e, 'vehicle.created', gen_random_uuid()::text, '{}'
             from unnest($1::uuid[]) e, generate_series(1, $2)",
            &[&endpoints, &count],
        )
        .await
        .unwrap();
}

/// Registers endpoints at paths of their own, past the limit of a user's endpoints.
async fn register_many(stack: &Stack, user: &User, url: &str, count: i32) -> Vec<Uuid> {
    let database = stack.database().await;
    let lift = "insert into webhooks.settings values ('MAX_ENDPOINTS_PER_USER', 100000)
                on conflict do nothing";
    database.execute(lift, &[]).await.unwrap();
    let insert = "insert into public.webhook_endpoints (user_id, url)
                  select $1, $2 || '/' || n from generate_series(1, $3) n returning id";
    let rows = database.query(insert, &[&user.id, &url, &count]).await;
    rows.unwrap().iter().map(|row| row.get(0)).collect()
}

async fn count(stack: &Stack, condition: &str) -> i64 {
    let statement = format!("select count(*) from public.webhook_deliveries where {condition}");
    let database = stack.database().await;
    database.query_one(&statement, &[]).await.unwrap().get(0)
}

const LIVE: &str = "status in ('pending', 'retrying')";

/// Has everything sent that is waiting, as if all leases and waits were over.
async fn drain(stack: &Stack) {
    for _ in 0..100 {
        if count(stack, LIVE).await == 0 {
            return;
        }
        let due = format!(
            "update public.webhook_deliveries set next_retry_at = now(), leased_until = null
                where {LIVE}"
        );
        stack.database().await.execute(&due, &[]).await.unwrap();
        stack
            .deliver(&json!({"action": "retry"}))
            .await
            .expect(StatusCode::OK);
    }
    panic!("it does not come to an end");
}

/// How often each delivery arrived: by the endpoint's path and the event's id.
fn arrivals(receiver: &Receiver) -> HashMap<(String, String), usize> {
    let mut arrivals = HashMap::new();
    for arrival in receiver.arrivals() {
        let event = arrival.header("webhook-id").to_owned();
        *arrivals.entry((arrival.path, event)).or_default() += 1;
    }
    arrivals
}

#[tokio::test]
async fn two_pumps_at_the_same_instant_send_each_delivery_exactly_once() {
    let private = PrivateStack::start(&[]).await;
    let stack = &private.stack;
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let endpoints = register_many(stack, &user, &receiver.url, 50).await;
    store_due(stack, &endpoints, 20).await;

    let pump = async || {
        while count(stack, LIVE).await > 0 {
            stack
                .deliver(&json!({"action": "retry"}))
                .await
                .expect(StatusCode::OK);
        }
    };
    tokio::join!(pump(), pump());
    let arrivals = arrivals(&receiver);
    assert_eq!(arrivals.len(), 1000);
    assert!(arrivals.values().all(|times| *times == 1));
    assert_eq!(
        count(stack, "status = 'success' and attempts = 1").await,
        1000
    );
    private.stop().await;
}

#[tokio::test]
async fn ten_kills_in_the_middle_of_a_batch_lose_nothing_and_repeat_only_what_was_in_flight() {
    const BATCH: i32 = 200;
    let mut private = PrivateStack::start(&[
        ("DELIVERY_BATCH", "200"),
        ("DELIVERY_TIMEOUT_MS", "2000"),
        ("DATABASE_TIMEOUT_MS", "2000"),
    ])
    .await;
    let user = private.stack.user().await;
    let receiver = Receiver::start_slow(200, Duration::from_millis(20)).await;
    let endpoints = register_many(&private.stack, &user, &receiver.url, 20).await;
    let mut in_flight = 0;
    for _ in 0..10 {
        store_due(&private.stack, &endpoints, BATCH / 20).await;
        let retry = client()
            .post(&private.stack.deliver_url)
            .header("apikey", &private.stack.service_role_key)
            .json(&json!({"action": "retry"}))
            .send();
        // Somewhere between before the claim and after the record.
        let moment = u64::from(Uuid::new_v4().as_bytes()[0]) * 4;
        let (_cut_off, ()) = tokio::join!(timeout(Duration::from_secs(5), retry), async {
            sleep(Duration::from_millis(moment)).await;
            private.crash("workers").await;
        });
        let leased = format!("{LIVE} and leased_until > now()");
        in_flight += count(&private.stack, &leased).await;
        let leases_over =
            format!("update public.webhook_deliveries set leased_until = null where {leased}");
        let database = private.stack.database().await;
        database.execute(&leases_over, &[]).await.unwrap();
    }
    drain(&private.stack).await;

    let arrivals = arrivals(&receiver);
    let sent = i64::from(BATCH * 10);
    assert_eq!(arrivals.len() as i64, sent, "nothing is lost");
    assert_eq!(count(&private.stack, "status = 'success'").await, sent);
    let duplicates: usize = arrivals.values().map(|times| times - 1).sum();
    println!("10 kills, {sent} deliveries, 0 lost, {in_flight} in flight, {duplicates} duplicated");
    assert!(duplicates as i64 <= in_flight, "{duplicates} > {in_flight}");
    private.stop().await;
}

#[tokio::test]
async fn an_event_that_was_accepted_outlives_a_crash_of_the_database_and_of_the_api() {
    let mut private = PrivateStack::start(&[("DATABASE_TIMEOUT_MS", "2000")]).await;
    let user = private.stack.user().await;
    let receiver = Receiver::start(200).await;
    let endpoint = user.register(&receiver.url).await;
    let stack = private.stack.clone();
    for part in ["database", "api"] {
        let is_back = AtomicBool::new(false);
        let emit = async {
            let (mut accepted, mut refused, mut after) = (Vec::new(), 0, 0);
            for n in 0.. {
                if after == 20 {
                    break;
                }
                let event = json!({"event": {"event_type": "vehicle.created", "data": {"n": n}}});
                let request = client()
                    .post(&stack.deliver_url)
                    .header("apikey", &stack.service_role_key)
                    .json(&event);
                let answer = Answer::of(request).await;
                if answer.status == StatusCode::OK {
                    accepted.push(answer.body["event_id"].as_str().unwrap().to_owned());
                    after += usize::from(is_back.load(Ordering::SeqCst));
                } else {
                    answer.expect_error(503);
                    refused += 1;
                }
            }
            (accepted, refused)
        };
        let emit = timeout(Duration::from_secs(60), emit);
        let (emitted, ()) = tokio::join!(emit, async {
            sleep(Duration::from_millis(300)).await;
            private.crash(part).await;
            is_back.store(true, Ordering::SeqCst);
        });
        let (accepted, refused) = emitted.expect("it recovers");
        // A refusal is not sure to come: while the database starts again, calls wait for it.
        assert!(
            accepted.len() > 20,
            "some came before the crash, and some after"
        );
        drain(&stack).await;
        let kept = stack.deliveries(&endpoint.id).await;
        let arrived = arrivals(&receiver);
        for event in &accepted {
            assert!(
                kept.iter()
                    .any(|d| d["event_id"] == *event && d["status"] == "success")
            );
            assert!(arrived.contains_key(&("/".to_owned(), event.clone())));
        }
        let duplicates: usize = arrived.values().map(|times| times - 1).sum();
        println!(
            "{part} crashed: {} accepted, {refused} refused, 0 lost, {duplicates} duplicated",
            accepted.len()
        );
    }
    private.stop().await;
}

#[tokio::test]
async fn an_endpoint_that_hangs_and_has_thousands_waiting_holds_up_nobody_in_the_same_tick() {
    let private = PrivateStack::start(&[]).await;
    let stack = &private.stack;
    let changes = json!({"DELIVERY_TIMEOUT_MS": "1000"});
    let mut workers = Workers::start(stack, &changes).await;
    let user = stack.user().await;
    let hog = register_many(stack, &user, &faulty(Fault::Hang).await, 1).await;
    store_due(stack, &hog, 10_000).await;
    let receiver = Receiver::start(200).await;
    let others = register_many(stack, &user, &receiver.url, 20).await;
    store_due(stack, &others, 1).await;

    workers.cron().await;
    // One tick is a batch or more of 50, of which the others are the first round.
    let arrived = receiver.wait_for(20, Duration::from_secs(15)).await;
    assert_eq!(arrived.len(), 20);
    let waiting = format!("endpoint_id = '{}' and claims = 0", hog[0]);
    assert!(
        count(stack, &waiting).await > 9_000,
        "it was one tick's work"
    );
    drop(workers);
    private.stop().await;
}

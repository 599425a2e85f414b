//! Ordered delivery: within an order the next leaves only when the one before has ended.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::private_stack::PrivateStack;
use tests::receiver::Receiver;
use tests::stack::Stack;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::SOON;
use crate::database::{Database, claim, claimed, enqueue, fan_out, pump, record, upkeep};

/// Numbers that look random, the same for each seed (Knuth's MMIX).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

async fn endpoint(database: &Database, ordering: Option<Value>) -> Uuid {
    let insert = "insert into public.webhook_endpoints (user_id, url, ordering, max_attempts)
        values ($1, 'https://example.com/', $2, 3) returning id";
    let row = database
        .client
        .query_one(insert, &[&database.user, &ordering])
        .await;
    row.unwrap().get(0)
}

fn event(database: &Database, n: usize, key: u64) -> Value {
    json!({"event_type": "vehicle.created", "event_id": format!("e{n}"), "user_id": database.user,
        "data": {"id": key, "n": n}})
}

/// Has claimed deliveries end as `outcome` says: a status, or none for a worker that died.
async fn end(client: &Client, batch: &[Value], mut outcome: impl FnMut(&Value) -> Option<u16>) {
    let results: Vec<Value> = batch
        .iter()
        .filter_map(|d| {
            let status = outcome(d)?;
            Some(
                json!({"id": d["id"], "claim": d["claim"], "attempts": d["attempts"],
                "response_status": status, "response_time_ms": 1, "age_ms": 0,
                "error": (status > 299).then_some("HTTP 500")}),
            )
        })
        .collect();
    if !results.is_empty() {
        record(client, json!(results)).await;
    }
}

/// Retries are due, leases other than those of `held` have run out, and no endpoint backs off.
async fn pass_time(client: &Client, held: &[Uuid]) {
    let pass = "update public.webhook_deliveries set
        next_retry_at = case when next_retry_at < 'infinity' then now() else next_retry_at end,
        leased_until = case when leased_until is not null and not id = any ($1)
          then now() - interval '1 second' end
        where status in ('pending', 'retrying')";
    client.execute(pass, &[&held]).await.unwrap();
    let back_on = "delete from webhooks.endpoint_health;
        update webhooks.queue set held_until = null, waits_until = null, minute_claims = 0";
    client.batch_execute(back_on).await.unwrap();
}

/// Two workers on two connections, events by HTTP and by SQL, keys, failures, deaths of workers and upkeep, all at random: whenever
/// a delivery is attempted, all before it in its order have ended, and in the end all were delivered or given up.
#[tokio::test]
async fn whatever_fails_no_delivery_overtakes_another_of_its_order() {
    for seed in 0..6 {
        let database = Database::start().await;
        let mut random = Random(seed);
        endpoint(&database, Some(json!({"key": "$.data.id"}))).await;
        let all = endpoint(&database, Some(json!("endpoint"))).await;
        let free = endpoint(&database, None).await;
        let workers = [
            database.another_connection().await,
            database.another_connection().await,
        ];
        let mut held: [Vec<Value>; 2] = [Vec::new(), Vec::new()];
        // The events in their order, and what each is ordered by.
        let mut keys: Vec<u64> = Vec::new();
        for step in 0..1200 {
            let which = usize::try_from(random.below(2)).unwrap();
            let client = &workers[which];
            let mut batch = Vec::new();
            match random.below(10) {
                0 | 1 if keys.len() < 60 => {
                    let key = random.below(3);
                    let event = event(&database, keys.len(), key);
                    keys.push(key);
                    if random.below(2) == 0 {
                        batch = claimed(&enqueue(client, json!([event])).await.unwrap());
                    } else {
                        let emit = "select public.emit_webhook_events($1)";
                        client
                            .query_one(emit, &[&json!([event]).to_string()])
                            .await
                            .unwrap();
                    }
                }
                0..=3 => batch = claimed(&fan_out(client, 5).await),
                4..=6 => batch = claimed(&claim(client, 5).await),
                7 | 8 => {
                    let held = std::mem::take(&mut held[which]);
                    end(client, &held, |_| match random.below(8) {
                        0 => None,
                        1..=3 => Some(500),
                        _ => Some(200),
                    })
                    .await;
                }
                _ => {
                    let held: Vec<Uuid> = held.iter().flatten().map(id_of).collect();
                    pass_time(client, &held).await;
                    upkeep(client, 30).await;
                }
            }
            for delivery in &batch {
                let endpoint: Uuid = delivery["endpoint_id"].as_str().unwrap().parse().unwrap();
                let n: usize = delivery["event_id"].as_str().unwrap()[1..].parse().unwrap();
                if endpoint == free {
                    continue;
                }
                let before: BTreeSet<String> = (0..n)
                    .filter(|&m| endpoint == all || keys[m] == keys[n])
                    .map(|m| format!("e{m}"))
                    .collect();
                let ended = "select count(*) from public.webhook_deliveries
                    where endpoint_id = $1 and event_id = any ($2) and status in ('success', 'failed')";
                let names: Vec<&String> = before.iter().collect();
                let ended: i64 = client
                    .query_one(ended, &[&endpoint, &names])
                    .await
                    .unwrap()
                    .get(0);
                assert_eq!(
                    ended as usize,
                    before.len(),
                    "seed {seed}, step {step}: e{n} leaves before all of {before:?} ended"
                );
            }
            held[which].extend(batch);
        }
        // The workers give back what they hold, and all of it comes to an end.
        let client = &database.client;
        let give_back = "update public.webhook_deliveries set leased_until = null where leased_until is not null";
        client.execute(give_back, &[]).await.unwrap();
        for _ in 0..400 {
            pass_time(client, &[]).await;
            let fanned_out = claimed(&fan_out(client, 50).await);
            end(client, &fanned_out, |_| Some(200)).await;
            let batch = claimed(&claim(client, 50).await);
            end(client, &batch, |_| Some(200)).await;
        }
        let left = "select count(*) filter (where status in ('pending', 'retrying')), count(*)
            from public.webhook_deliveries";
        let row = client.query_one(left, &[]).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), 0, "seed {seed}");
        assert_eq!(row.get::<_, i64>(1), 3 * keys.len() as i64, "seed {seed}");
        database.stop().await;
    }
}

fn id_of(delivery: &Value) -> Uuid {
    delivery["id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_delivery_that_fails_holds_up_its_key_and_nothing_else() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(500).await;
    let body = json!({"url": receiver.url, "ordering": {"key": "$.data.id"}});
    let made = user.post("/webhooks", &body).await;
    let data = &made.expect(StatusCode::CREATED)["data"];
    assert_eq!(data["ordering"], json!({"key": "$.data.id"}));
    let id = data["id"].as_str().unwrap().to_owned();
    let emit = async |name: &str, data: Value| {
        let event = json!({"event_type": "vehicle.created", "event_id": format!("{name}_{}", user.id),
            "user_id": user.id, "data": data});
        stack
            .deliver(&json!({"event": event}))
            .await
            .expect(StatusCode::OK)
            .clone()
    };
    assert_eq!(emit("a1", json!({"id": "a"})).await["retrying"], 1);
    receiver.answer(200);
    assert_eq!(emit("a2", json!({"id": "a"})).await["pending"], 1);
    assert_eq!(emit("b1", json!({"id": "b"})).await["delivered"], 1);
    assert_eq!(emit("none", json!({})).await["delivered"], 1);
    let shown = user
        .get(&format!("/webhooks/{id}/deliveries?status=pending"))
        .await;
    let waiting = &shown.expect(StatusCode::OK)["data"][0];
    assert_eq!(
        (&waiting["is_waiting"], &waiting["next_retry_at"]),
        (&json!(true), &Value::Null)
    );
    // A resend does not let it overtake.
    let path = format!(
        "/webhooks/{id}/deliveries/{}/resend",
        waiting["id"].as_str().unwrap()
    );
    let resent = user.post(&path, &json!({})).await;
    assert_eq!(
        resent.expect(StatusCode::ACCEPTED)["data"]["is_waiting"],
        true
    );
    let first = user
        .get(&format!("/webhooks/{id}/deliveries?status=retrying"))
        .await;
    let first = first.body["data"][0]["id"].as_str().unwrap().to_owned();
    user.post(
        &format!("/webhooks/{id}/deliveries/{first}/resend"),
        &json!({}),
    )
    .await
    .expect(StatusCode::ACCEPTED);
    for _ in 0..3 {
        stack.deliver(&json!({"action": "wake"})).await;
    }
    let arrivals = receiver.wait_for(5, SOON).await;
    let names: Vec<String> = arrivals
        .iter()
        .map(|a| {
            a.json()["id"]
                .as_str()
                .unwrap()
                .split('_')
                .next()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(names, ["a1", "b1", "none", "a1", "a2"]);
    for ordering in [
        json!("some"),
        json!({"key": "data.id"}),
        json!({"key": "$.data[*]"}),
        json!({}),
        json!(7),
        Value::Null,
    ] {
        let answer = user
            .patch(&format!("/webhooks/{id}"), &json!({"ordering": ordering}))
            .await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{ordering}");
        assert_eq!(answer.body["field"], "ordering", "{ordering}");
    }
    let none = user
        .patch(&format!("/webhooks/{id}"), &json!({"ordering": "none"}))
        .await;
    assert_eq!(none.expect(StatusCode::OK)["data"]["ordering"], "none");
}

/// After a day nothing waits any more, and the delivery says that it was passed over.
#[tokio::test]
async fn a_delivery_that_fails_for_too_long_is_passed_over() {
    let database = Database::start().await;
    let client = &database.client;
    let id = endpoint(&database, Some(json!("endpoint"))).await;
    for n in 0..3 {
        let batch = claimed(
            &enqueue(client, json!([event(&database, n, 0)]))
                .await
                .unwrap(),
        );
        end(client, &batch, |_| Some(500)).await;
    }
    upkeep(client, 30).await;
    assert_eq!(pump_ids(client).await, Vec::<String>::new());
    let age = "update public.webhook_deliveries set created_at = now() - interval '25 hours' where event_id = 'e0'";
    client.execute(age, &[]).await.unwrap();
    upkeep(client, 30).await;
    assert_eq!(pump_ids(client).await, ["e1"]);
    let passed = "select event_id from public.webhook_deliveries
        where passed_over_at is not null and status = 'retrying' and endpoint_id = $1";
    assert_eq!(
        client
            .query_one(passed, &[&id])
            .await
            .unwrap()
            .get::<_, String>(0),
        "e0"
    );
    database.stop().await;
}

async fn pump_ids(client: &Client) -> Vec<String> {
    let answers = pump(client).await;
    let batch = answers.iter().flat_map(claimed);
    batch
        .map(|d| d["event_id"].as_str().unwrap().to_owned())
        .collect()
}

/// Whatever ends a delivery, the next leaves: its event expires or is erased, it is cancelled, its endpoint is switched off.
#[tokio::test]
async fn whatever_ends_a_delivery_the_next_leaves() {
    let database = Database::start().await;
    let client = &database.client;
    let id = endpoint(&database, Some(json!("endpoint"))).await;
    let ends: BTreeMap<&str, &str> = BTreeMap::from([
        (
            "cancel",
            "update public.webhook_deliveries set status = 'failed', next_retry_at = null where event_id = $1",
        ),
        (
            "erase",
            "select public.erase_webhook_events_of(json_build_object('event_ids', array[$1::text])::text)",
        ),
        (
            "expire",
            "update public.webhook_events set expires_at = now() where event_id = $1",
        ),
    ]);
    for (nth, (name, statement)) in ends.iter().enumerate() {
        let (first, second) = (nth * 2, nth * 2 + 1);
        let batch = claimed(
            &enqueue(client, json!([event(&database, first, 0)]))
                .await
                .unwrap(),
        );
        end(client, &batch, |_| Some(500)).await;
        let none = claimed(
            &enqueue(client, json!([event(&database, second, 0)]))
                .await
                .unwrap(),
        );
        assert_eq!(none.len(), 0, "{name}");
        client
            .execute(*statement, &[&format!("e{first}")])
            .await
            .unwrap();
        let due =
            "update public.webhook_deliveries set next_retry_at = now() where status = 'retrying'";
        client.execute(due, &[]).await.unwrap();
        let mut left = Vec::new();
        for _ in 0..3 {
            left.extend(claimed(&claim(client, 10).await));
        }
        assert_eq!(left.len(), 1, "{name}");
        assert_eq!(left[0]["event_id"], format!("e{second}"), "{name}");
        end(client, &left, |_| Some(200)).await;
    }
    // Switched off, all that waits ends.
    for n in 10..14 {
        enqueue(client, json!([event(&database, n, 0)]))
            .await
            .unwrap();
    }
    let off = "update public.webhook_endpoints set is_active = false where id = $1";
    client.execute(off, &[&id]).await.unwrap();
    let lapse =
        "update public.webhook_deliveries set leased_until = null where leased_until is not null";
    client.execute(lapse, &[]).await.unwrap();
    pump(client).await;
    let left =
        "select count(*) from public.webhook_deliveries where status in ('pending', 'retrying')";
    assert_eq!(
        client.query_one(left, &[]).await.unwrap().get::<_, i64>(0),
        0
    );
    database.stop().await;
}

/// What ends the one before does not see it, and what follows is there already: then that has it leave.
#[tokio::test]
async fn what_was_fanned_out_while_the_one_before_ended_leaves_without_the_cron() {
    let database = Database::start().await;
    let client = &database.client;
    endpoint(&database, Some(json!("endpoint"))).await;
    let first = claimed(
        &enqueue(client, json!([event(&database, 0, 1)]))
            .await
            .unwrap(),
    );
    let emit = "select public.emit_webhook_events($1)";
    let stored = json!([event(&database, 1, 1)]).to_string();
    client.query_one(emit, &[&stored]).await.unwrap();
    let last = enqueue(client, json!([event(&database, 2, 1)])).await;
    assert_eq!(claimed(&last.unwrap()), Vec::<Value>::new());

    let mut other = database.another_connection().await;
    let transaction = other.transaction().await.unwrap();
    let step = "select public.fan_out_webhook_events(100, 60)";
    transaction.query_one(step, &[]).await.unwrap();
    end(client, &first, |_| Some(200)).await;
    transaction.commit().await.unwrap();
    let mut left = Vec::new();
    for _ in 0..4 {
        pass_time(client, &[]).await;
        let batch: Vec<Value> = pump(client).await.iter().flat_map(claimed).collect();
        end(client, &batch, |_| Some(200)).await;
        left.extend(batch.iter().map(|d| d["event_id"].clone()));
    }
    assert_eq!(left, ["e1", "e2"]);
    database.stop().await;
}

/// 20,000 deliveries behind one that fails cost the others nothing.
#[tokio::test]
async fn what_waits_for_its_order_does_not_slow_the_others() {
    let database = Database::start().await;
    let client = &database.client;
    let ordered = endpoint(&database, Some(json!("endpoint"))).await;
    let other = database.waiting(1, 100, "0").await[0];
    let fill = "with event as (
          insert into public.webhook_events (event_id, event_type, user_id, payload)
          select 'o' || n, 'vehicle.created', $1, '{\"data\": {}}' from generate_series(1, 20000) n returning id, event_id)
        insert into public.webhook_deliveries (endpoint_id, event_type, event_id, event_ref, order_key, next_retry_at)
        select $2, 'vehicle.created', event_id, id, '', case when event_id = 'o1' then now() + interval '1 hour'
          else 'infinity' end from event";
    client
        .execute(fill, &[&database.user, &ordered])
        .await
        .unwrap();
    let start = tokio::time::Instant::now();
    let mut claims: HashMap<String, usize> = HashMap::new();
    for _ in 0..10 {
        for delivery in claimed(&claim(client, 10).await) {
            *claims
                .entry(delivery["endpoint_id"].as_str().unwrap().to_owned())
                .or_default() += 1;
        }
    }
    let ms = start.elapsed().as_millis();
    assert_eq!(claims, HashMap::from([(other.to_string(), 100)]));
    assert!(ms < 1000, "{ms} ms");
    let start = tokio::time::Instant::now();
    upkeep(client, 30).await;
    assert!(start.elapsed() < Duration::from_secs(2));
    database.stop().await;
}

/// By the workers: events that are stored one after the other, some sent at once and most by the pump, arrive in their order
/// although some are answered 500 first.
#[tokio::test]
async fn events_arrive_in_the_order_in_which_they_were_taken() {
    let private = PrivateStack::start_without_cron(&[("MAX_SUBREQUESTS", "900")]).await;
    let stack = &private.stack;
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let body = json!({"url": receiver.url, "ordering": "endpoint", "retry_schedule": [1]});
    let made = user.post("/webhooks", &body).await;
    made.expect(StatusCode::CREATED);
    for n in 0..30 {
        receiver.answer(if n % 7 == 3 { 500 } else { 200 });
        let event = json!({"event_type": "vehicle.created", "event_id": n.to_string(), "user_id": user.id, "data": {}});
        let answer = stack
            .deliver(&json!({"event": event, "wait": n % 5 == 0}))
            .await;
        assert!(answer.status.is_success(), "{}", answer.body);
    }
    receiver.answer(200);
    let succeeded = async || {
        let delivered = "select event_id, delivered_at::text as at from public.webhook_deliveries
            where status = 'success' order by delivered_at, event_ref";
        stack.sql(delivered, &[]).await
    };
    tests::eventually("all arrive", Duration::from_secs(60), async || {
        stack.deliver(&json!({"action": "wake"})).await;
        // Retries are due a second later.
        tokio::time::sleep(Duration::from_millis(500)).await;
        (succeeded().await.len() == 30).then_some(())
    })
    .await;
    let order: Vec<String> = succeeded()
        .await
        .iter()
        .map(|d| d["event_id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(order, (0..30).map(|n| n.to_string()).collect::<Vec<_>>());
    // Each is attempted until it has succeeded, and only then the next.
    let mut seen: Vec<String> = receiver
        .arrivals()
        .iter()
        .map(|a| a.json()["id"].as_str().unwrap().to_owned())
        .collect();
    seen.dedup();
    assert_eq!(seen, order);
    private.stop().await;
}

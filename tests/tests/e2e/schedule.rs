//! When the next attempt is made, and what else an owner says about an endpoint.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::eventually;
use tests::receiver::Receiver;
use tests::stack::Stack;
use tokio_postgres::Client;

use crate::SOON;
use crate::database::{Database, claim, claimed, pump, record};

/// Has what is due fail, and gives how long each waits, in seconds.
async fn fail(client: &Client) -> Vec<f64> {
    let due = "update public.webhook_deliveries set next_retry_at = now() where status in ('pending', 'retrying')";
    client.execute(due, &[]).await.unwrap();
    loop {
        let batch = claimed(&claim(client, 500).await);
        if batch.is_empty() {
            break;
        }
        let results: Vec<Value> = batch
            .iter()
            .map(|d| {
                json!({"id": d["id"], "claim": d["claim"], "attempts": d["attempts"],
                    "response_status": 500, "response_time_ms": 1, "error": "HTTP 500", "age_ms": 0})
            })
            .collect();
        record(client, json!(results)).await;
    }
    let waits = "select extract(epoch from d.next_retry_at - a.attempted_at)::float8
        from public.webhook_deliveries d
        join public.webhook_delivery_attempts a on a.delivery_id = d.id and a.attempt = d.attempts
        where d.status = 'retrying'";
    let rows = client.query(waits, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn an_endpoint_s_own_schedule_counts_and_from_the_second_step_on_waits_differ_by_a_tenth() {
    for (schedule, steps) in [
        (None, [60.0, 300.0, 1800.0, 7200.0, 28800.0, 28800.0]),
        (
            Some("{10,100,1000}"),
            [10.0, 100.0, 1000.0, 1000.0, 1000.0, 1000.0],
        ),
        (Some("{86400}"), [86400.0; 6]),
    ] {
        let database = Database::start().await;
        let client = &database.client;
        let endpoint = database.waiting(1, 200, "0").await[0];
        let set = "update public.webhook_endpoints set retry_schedule = $1::text::integer[] where id = $2";
        client.execute(set, &[&schedule, &endpoint]).await.unwrap();
        client
            .execute("update public.webhook_deliveries set max_attempts = 9", &[])
            .await
            .unwrap();
        for (n, step) in steps.into_iter().enumerate() {
            // What backs off has its time by something else.
            let healthy = "delete from webhooks.endpoint_health";
            client.execute(healthy, &[]).await.unwrap();
            let waits = fail(client).await;
            assert_eq!(waits.len(), 200);
            let least = waits.iter().copied().fold(f64::MAX, f64::min);
            let most = waits.iter().copied().fold(f64::MIN, f64::max);
            let is_in = |low: f64, value: f64, high: f64| {
                value > step * low - 0.001 && value < step * high + 0.001
            };
            match n {
                0 => assert!(
                    is_in(1.0, least, 1.0) && is_in(1.0, most, 1.0),
                    "{step}: {least} {most}"
                ),
                // Of 200 none is near an end by chance once in 10^9 runs.
                _ => assert!(
                    is_in(0.9, least, 0.92) && is_in(1.08, most, 1.1),
                    "{step}: {least} {most}"
                ),
            }
        }
        database.stop().await;
    }
}

#[tokio::test]
async fn a_schedule_is_set_shown_and_taken_back_and_what_is_none_is_refused() {
    let stack = Stack::get();
    let user = stack.user().await;
    let body = json!({"url": "https://example.com/", "retry_schedule": [10, 60.0, 86400]});
    let made = user.post("/webhooks", &body).await;
    let data = &made.expect(StatusCode::CREATED)["data"];
    assert_eq!(data["retry_schedule"], json!([10, 60, 86400]));
    let path = format!("/webhooks/{}", data["id"].as_str().unwrap());
    for schedule in [
        json!([]),
        json!([0]),
        json!([86401]),
        json!([1.5]),
        json!(["10"]),
        json!([null]),
        json!(vec![1; 21]),
        json!(10),
        json!([[1]]),
    ] {
        let answer = user
            .patch(&path, &json!({"retry_schedule": schedule}))
            .await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{schedule}");
        assert_eq!(answer.body["field"], "retry_schedule", "{schedule}");
    }
    let answer = user.patch(&path, &json!({"retry_schedule": null})).await;
    assert_eq!(
        answer.expect(StatusCode::OK)["data"]["retry_schedule"],
        Value::Null
    );
}

#[tokio::test]
async fn endpoints_are_found_by_their_metadata_which_has_its_limits() {
    let stack = Stack::get();
    let user = stack.user().await;
    let register = async |metadata: Value| {
        let body = json!({"url": "https://example.com/", "metadata": metadata});
        user.post("/webhooks", &body).await
    };
    let mut ids = Vec::new();
    for metadata in [
        json!({"team": "fleet", "env": "prod"}),
        json!({"team": "fleet"}),
        json!({}),
    ] {
        let made = register(metadata.clone()).await;
        let data = &made.expect(StatusCode::CREATED)["data"];
        assert_eq!(data["metadata"], metadata);
        ids.push(data["id"].as_str().unwrap().to_owned());
    }
    let found = async |query: &str| -> Vec<String> {
        let list = user.get(&format!("/webhooks{query}")).await;
        let list = list.expect(StatusCode::OK)["data"]
            .as_array()
            .unwrap()
            .clone();
        let mut found: Vec<String> = list
            .iter()
            .map(|e| e["id"].as_str().unwrap().to_owned())
            .collect();
        found.reverse();
        found
    };
    assert_eq!(found("").await, ids);
    assert_eq!(found("?metadata=%7B%7D").await, ids);
    assert_eq!(
        found("?metadata=%7B%22team%22:%22fleet%22%7D").await,
        ids[..2]
    );
    assert_eq!(
        found("?metadata=%7B%22env%22:%22prod%22,%22team%22:%22fleet%22%7D").await,
        ids[..1]
    );
    assert_eq!(
        found("?metadata=%7B%22env%22:%22test%22%7D").await,
        Vec::<String>::new()
    );
    for query in ["?metadata=x", "?metadata=%5B%5D", "?metadata=7"] {
        let answer = user.get(&format!("/webhooks{query}")).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{query}");
        assert_eq!(answer.body["field"], "metadata");
    }
    let many: serde_json::Map<String, Value> =
        (0..21).map(|n| (n.to_string(), json!("a"))).collect();
    for metadata in [
        json!(many),
        json!({"": "a"}),
        json!({"a".repeat(41): "a"}),
        json!({"a": "b".repeat(501)}),
        json!({"a": 1}),
        json!({"a": null}),
        json!({"a": {"b": "c"}}),
        json!(["a"]),
    ] {
        let answer = register(metadata.clone()).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{metadata}");
        assert_eq!(answer.body["field"], "metadata", "{metadata}");
    }
    let path = format!("/webhooks/{}", ids[0]);
    let changed = user.patch(&path, &json!({"metadata": {"team": "é"}})).await;
    assert_eq!(
        changed.expect(StatusCode::OK)["data"]["metadata"],
        json!({"team": "é"})
    );
}

#[tokio::test]
async fn an_event_for_later_leaves_at_its_time_and_one_that_expired_not_at_all() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    user.register(&receiver.url).await;
    let emit = async |id: &str, times: Value| {
        let mut event = json!({"event_type": "vehicle.created", "event_id": format!("{id}_{}", user.id),
            "user_id": user.id, "data": {}});
        event
            .as_object_mut()
            .unwrap()
            .extend(times.as_object().unwrap().clone());
        stack.deliver(&json!({"event": event})).await
    };
    let later = emit("later", json!({"deliver_at": "2100-01-01T00:00:00+01:00"})).await;
    assert_eq!(later.expect(StatusCode::OK)["pending"], 1);
    let past = emit(
        "past",
        json!({"deliver_at": "2026-01-01", "expires_at": null}),
    )
    .await;
    assert_eq!(past.expect(StatusCode::OK)["delivered"], 1);
    let expired = emit("expired", json!({"expires_at": "2026-01-01T00:00:00Z"})).await;
    assert_eq!(expired.expect(StatusCode::OK)["pending"], 1);
    stack
        .deliver(&json!({"action": "retry"}))
        .await
        .expect(StatusCode::OK);
    let event = async |id: &str| {
        let event = user.get(&format!("/events/{id}_{}", user.id)).await;
        event.expect(StatusCode::OK)["data"].clone()
    };
    let later = event("later").await;
    assert_eq!(later["deliver_at"], "2099-12-31T23:00:00.000000Z");
    let delivery = &later["endpoints"][0]["delivery"];
    assert_eq!(delivery["status"], "pending");
    assert_eq!(delivery["next_retry_at"], "2099-12-31T23:00:00.000000Z");
    eventually("the expired one ends", SOON, async || {
        let delivery = event("expired").await["endpoints"][0]["delivery"].clone();
        (delivery["status"] == "failed").then(|| {
            assert_eq!(delivery["last_error"], "The event expired");
            assert_eq!(delivery["attempts"], 0);
        })
    })
    .await;
    assert_eq!(receiver.arrivals().len(), 1);
    for (field, times) in [
        ("event.deliver_at", json!({"deliver_at": "soon"})),
        ("event.expires_at", json!({"expires_at": 7})),
    ] {
        let answer = emit("bad", times.clone()).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{times}");
        let sentence = answer.body["error"].as_str().unwrap();
        assert!(sentence.contains(&field["event.".len()..]), "{sentence}");
    }
}

/// At its time, to the second, and a retry that would come after the end is the last word.
#[tokio::test]
async fn an_event_is_due_at_its_time_and_ends_when_it_expires() {
    let database = Database::start().await;
    let client = &database.client;
    let fill =
        "insert into public.webhook_endpoints (user_id, url) values ($1, 'https://example.com/')";
    client.execute(fill, &[&database.user]).await.unwrap();
    let emit = "select public.emit_webhook_event('vehicle.created', '{}', $1, 'e',
        deliver_at => now() + interval '2 seconds', expires_at => now() + interval '1 hour')";
    client.execute(emit, &[&database.user]).await.unwrap();
    let due = claimed_by_pump(client).await;
    assert_eq!(due.len(), 0);
    tokio::time::sleep(Duration::from_millis(2200)).await;
    let due = claimed_by_pump(client).await;
    assert_eq!(due.len(), 1);
    let failed = json!([{"id": due[0]["id"], "claim": due[0]["claim"], "attempts": 0,
        "response_status": 500, "response_time_ms": 1, "error": "HTTP 500", "age_ms": 0}]);
    record(client, failed).await;
    let expire = "update public.webhook_events set expires_at = now()";
    client.execute(expire, &[]).await.unwrap();
    let retry = "update public.webhook_deliveries set next_retry_at = now()";
    client.execute(retry, &[]).await.unwrap();
    assert_eq!(claimed_by_pump(client).await.len(), 0);
    let ended = "select status || ': ' || last_error from public.webhook_deliveries";
    let ended: String = client.query_one(ended, &[]).await.unwrap().get(0);
    assert_eq!(ended, "failed: The event expired");
    database.stop().await;
}

async fn claimed_by_pump(client: &Client) -> Vec<Value> {
    pump(client).await.iter().flat_map(claimed).collect()
}

//! Batch operations: many deliveries or endpoints in one call, counted first.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::receiver::Receiver;
use tests::stack::{Stack, User};

use crate::SOON;

async fn emit(stack: &Stack, user: &User, event_type: &str, count: usize) {
    let events: Vec<Value> = (0..count)
        .map(|_| json!({"event_type": event_type, "user_id": user.id, "data": {}}))
        .collect();
    let answer = stack.deliver(&json!({"events": events})).await;
    answer.expect(StatusCode::OK);
}

async fn post(user: &User, path: &str, body: Value) -> Value {
    let answer = user.post(path, &body).await;
    answer.expect(StatusCode::OK)["data"].clone()
}

#[tokio::test]
async fn failed_deliveries_of_all_endpoints_are_counted_and_sent_again() {
    let stack = Stack::get();
    let (user, other) = (stack.user().await, stack.user().await);
    let receiver = Receiver::start(500).await;
    let mut ids = Vec::new();
    for owner in [&user, &user, &user, &other] {
        let body = json!({"url": receiver.url, "max_attempts": 1});
        let made = owner.post("/webhooks", &body).await;
        ids.push(made.body["data"]["id"].as_str().unwrap().to_owned());
    }
    emit(&stack, &user, "vehicle.created", 2).await;
    emit(&stack, &user, "vehicle.deleted", 1).await;
    emit(&stack, &other, "vehicle.created", 1).await;
    assert_eq!(receiver.wait_for(10, SOON).await.len(), 10);
    // What an inactive endpoint failed to get stays as it is.
    post(&user, "/webhooks/pause", json!({"endpoint_ids": [ids[2]]})).await;
    let dry = json!({"dry_run": true});
    let counted = post(&user, "/deliveries/resend", dry.clone()).await;
    assert_eq!(counted, json!({"matched": 6, "resent": 0, "more": false}));
    let of_type = json!({"event_type": "vehicle.deleted", "dry_run": true});
    assert_eq!(
        post(&user, "/deliveries/resend", of_type).await["matched"],
        2
    );
    let of_one = json!({"endpoint_id": ids[0], "dry_run": true});
    assert_eq!(
        post(&user, "/deliveries/resend", of_one).await["matched"],
        3
    );
    let later = json!({"since": "2100-01-01T00:00:00Z"});
    assert_eq!(post(&user, "/deliveries/resend", later).await["resent"], 0);
    receiver.answer(200);
    let resent = post(&user, "/deliveries/resend", json!({})).await;
    assert_eq!(resent, json!({"matched": 6, "resent": 6, "more": false}));
    let again = post(&user, "/deliveries/resend", json!({})).await;
    assert_eq!(again["matched"], 0);
    stack.deliver(&json!({"action": "wake"})).await;
    assert_eq!(receiver.wait_for(16, SOON).await.len(), 16);
    let foreign = user
        .post("/deliveries/resend", &json!({"endpoint_id": ids[3]}))
        .await;
    assert_eq!(foreign.expect_error(404), "not_found");
    assert_eq!(post(&other, "/deliveries/resend", dry).await["matched"], 1);
}

#[tokio::test]
async fn what_waits_is_cancelled_and_what_is_cancelled_can_be_sent_again() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(500).await;
    let endpoint = user.register(&receiver.url).await.id;
    emit(&stack, &user, "vehicle.created", 3).await;
    let later = json!({"event_type": "vehicle.deleted", "user_id": user.id, "data": {},
        "deliver_at": "2100-01-01T00:00:00Z"});
    stack
        .deliver(&json!({"event": later}))
        .await
        .expect(StatusCode::OK);
    let dry = post(&user, "/deliveries/cancel", json!({"dry_run": true})).await;
    assert_eq!(dry, json!({"matched": 4, "cancelled": 0, "more": false}));
    let of_type = json!({"event_type": "vehicle.deleted"});
    assert_eq!(
        post(&user, "/deliveries/cancel", of_type).await["cancelled"],
        1
    );
    let all = post(
        &user,
        "/deliveries/cancel",
        json!({"endpoint_id": endpoint}),
    )
    .await;
    assert_eq!(all["cancelled"], 3);
    let deliveries = stack.deliveries(&endpoint).await;
    for delivery in &deliveries {
        assert_eq!(delivery["status"], "failed");
        assert_eq!(delivery["last_error"], "Cancelled by its owner");
        assert_eq!(delivery["next_retry_at"], Value::Null);
    }
    assert_eq!(
        post(&user, "/deliveries/cancel", json!({})).await["matched"],
        0
    );
    assert_eq!(
        post(&user, "/deliveries/resend", json!({})).await["resent"],
        4
    );
}

#[tokio::test]
async fn endpoints_are_paused_and_resumed_by_id_by_metadata_or_all() {
    let stack = Stack::get();
    let (user, other) = (stack.user().await, stack.user().await);
    let foreign = other.register("https://example.com/").await.id;
    let mut ids = Vec::new();
    for team in ["a", "a", "b"] {
        let body = json!({"url": "https://example.com/", "metadata": {"team": team}});
        let made = user.post("/webhooks", &body).await;
        ids.push(made.body["data"]["id"].as_str().unwrap().to_owned());
    }
    let of_a = json!({"metadata": {"team": "a"}});
    let mut dry = of_a.clone();
    dry["dry_run"] = json!(true);
    let counted = post(&user, "/webhooks/pause", dry).await;
    assert_eq!(counted, json!({"matched": 2, "changed": 0}));
    assert_eq!(
        post(&user, "/webhooks/pause", of_a.clone()).await["changed"],
        2
    );
    assert_eq!(
        post(&user, "/webhooks/pause", json!({})).await,
        json!({"matched": 3, "changed": 1})
    );
    let named = json!({"endpoint_ids": [ids[2], foreign]});
    assert_eq!(
        post(&user, "/webhooks/resume", named).await,
        json!({"matched": 1, "changed": 1})
    );
    assert_eq!(post(&user, "/webhooks/resume", of_a).await["changed"], 2);
    let list = other.get("/webhooks").await;
    assert_eq!(list.body["data"][0]["is_active"], true);
    for body in [
        json!({"endpoint_ids": []}),
        json!({"endpoint_ids": ["x"]}),
        json!({"metadata": []}),
        json!({"metadata": {"a": 1}}),
        json!({"dry_run": 1}),
        json!({"all": true}),
    ] {
        let answer = user.post("/webhooks/pause", &body).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{body}");
    }
}

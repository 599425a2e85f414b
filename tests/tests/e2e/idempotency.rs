//! `Idempotency-Key`: a call that is repeated because its answer was lost gives that answer.

use reqwest::Method;
use serde_json::{Value, json};
use tests::private_stack::PrivateStack;
use tests::stack::{Answer, Stack, User};
use uuid::Uuid;

async fn post(user: &User, path: &str, body: &Value, key: &str) -> Answer {
    let request = user.request(Method::POST, path).json(body);
    Answer::of(request.header("idempotency-key", key)).await
}

#[tokio::test]
async fn a_repeated_call_gives_the_first_answer_secret_included_and_does_nothing() {
    let stack = Stack::get();
    let user = stack.user().await;
    let id = user.register("https://example.com/").await.id;
    let rotate = format!("/webhooks/{id}/rotate-secret");
    for (path, body, shown, status) in [
        (
            "/webhooks",
            json!({"url": "https://example.com/a"}),
            "secret",
            201,
        ),
        (&rotate, json!({"expires_in_hours": 5}), "secret", 200),
        ("/api-keys", json!({"name": "a"}), "key", 201),
    ] {
        let key = Uuid::new_v4().to_string();
        let first = post(&user, path, &body, &key).await;
        assert_eq!(first.status, status, "{}", first.body);
        assert!(first.body["data"][shown].is_string());
        let again = post(&user, path, &body, &key).await;
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        // The caller counts, not the credential.
        if path != "/api-keys" {
            let by_key = post(&user.by_api_key().await, path, &body, &key).await;
            assert_eq!(by_key.body, first.body);
        }
        // Another key, and no key, are other calls.
        let other = post(&user, path, &body, &format!("{key}2")).await;
        assert_ne!(other.body["data"][shown], first.body["data"][shown]);
    }
    let endpoints = user.get("/webhooks").await;
    assert_eq!(endpoints.body["data"].as_array().unwrap().len(), 3);
    let keys = user.get("/api-keys").await;
    let named = keys.body["data"].as_array().unwrap().iter();
    assert_eq!(named.filter(|key| key["name"] == "a").count(), 2);
}

#[tokio::test]
async fn the_same_key_with_another_call_or_body_is_refused() {
    let stack = Stack::get();
    let user = stack.user().await;
    let ids = [
        user.register("https://example.com/").await.id,
        user.register("https://example.com/").await.id,
    ];
    let rotate = ids.map(|id| format!("/webhooks/{id}/rotate-secret"));
    let endpoint = json!({"url": "https://example.com/a"});
    for (first, others) in [
        (
            ("/webhooks", &endpoint),
            vec![("/webhooks", json!({"url": "https://example.com/b"}))],
        ),
        (
            (&*rotate[0], &json!({})),
            vec![
                (&*rotate[0], json!({"expires_in_hours": 1})),
                (&*rotate[1], json!({})),
            ],
        ),
        (
            ("/api-keys", &json!({"name": "a"})),
            vec![
                ("/api-keys", json!({"name": "b"})),
                ("/webhooks", endpoint.clone()),
            ],
        ),
    ] {
        let key = Uuid::new_v4().to_string();
        assert!(
            post(&user, first.0, first.1, &key)
                .await
                .status
                .is_success()
        );
        for (path, body) in others {
            let answer = post(&user, path, &body, &key).await;
            assert_eq!(answer.expect_error(409), "idempotency_key_reused", "{path}");
        }
        // It is the caller's own.
        let stranger = stack.user().await;
        let answer = post(&stranger, first.0, first.1, &key).await;
        let is_own = first.0.contains("rotate");
        assert_eq!(answer.status.as_u16(), if is_own { 404 } else { 201 });
    }
}

#[tokio::test]
async fn a_call_that_failed_is_not_kept_and_a_key_that_is_none_is_refused() {
    let stack = Stack::get();
    let user = stack.user().await;
    let wrong = json!({"url": "https://example.com/", "events": ["no.such"]});
    let answer = post(&user, "/webhooks", &wrong, "key").await;
    assert_eq!(answer.expect_error(400), "unknown_event_type");
    let right = json!({"url": "https://example.com/"});
    assert_eq!(post(&user, "/webhooks", &right, "key").await.status, 201);
    for key in ["", "a b", &"a".repeat(256)] {
        let answer = post(&user, "/webhooks", &right, key).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{key}");
        assert_eq!(answer.body["field"], "Idempotency-Key");
    }
}

#[tokio::test]
async fn of_calls_at_the_same_instant_one_makes_the_endpoint() {
    let stack = Stack::get();
    let user = stack.user().await;
    let body = json!({"url": "https://example.com/"});
    let calls = (0..8).map(|_| post(&user, "/webhooks", &body, "key"));
    let answers = futures_util::future::join_all(calls).await;
    for answer in &answers {
        assert_eq!(answer.body, answers[0].body);
        assert_eq!(answer.status, 201);
    }
    let list = user.get("/webhooks").await;
    assert_eq!(list.body["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn after_a_day_a_key_is_new_and_the_answer_is_gone() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let user = private.stack.user().await;
    let database = private.stack.database().await;
    let body = json!({"url": "https://example.com/"});
    let first = post(&user, "/webhooks", &body, "key").await;
    let age = async |age: &str| {
        let age =
            format!("update webhooks.idempotent_calls set created_at = now() - interval '{age}'");
        database.execute(&age, &[]).await.unwrap();
    };
    age("23 hours 59 minutes").await;
    assert_eq!(
        post(&user, "/webhooks", &body, "key").await.body,
        first.body
    );
    age("24 hours 1 minute").await;
    let other = json!({"url": "https://example.com/other"});
    let second = post(&user, "/webhooks", &other, "key").await;
    assert_eq!(second.body["data"]["url"], "https://example.com/other");
    assert_eq!(
        post(&user, "/webhooks", &other, "key").await.body,
        second.body
    );

    let upkeep = "select public.run_webhook_upkeep(90)";
    let left = "select from webhooks.idempotent_calls";
    database.execute(upkeep, &[]).await.unwrap();
    assert_eq!(database.query(left, &[]).await.unwrap().len(), 1);
    age("24 hours 1 minute").await;
    database.execute(upkeep, &[]).await.unwrap();
    assert_eq!(database.query(left, &[]).await.unwrap().len(), 0);
    private.stop().await;
}

/// The database could make no API key of what it keeps: the header itself never reaches it.
#[tokio::test]
async fn no_api_key_and_no_idempotency_key_is_in_the_database() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let user = private.stack.user().await;
    let key = Uuid::new_v4().to_string();
    let made = post(&user, "/api-keys", &json!({"name": "a"}), &key).await;
    let api_key = made.body["data"]["key"].as_str().unwrap();
    let dump = "select to_jsonb(c)::text from webhooks.idempotent_calls c
        union all select to_jsonb(k)::text from public.webhook_api_keys k";
    let database = private.stack.database().await;
    let rows = database.query(dump, &[]).await.unwrap();
    assert!(rows.len() >= 2);
    for row in rows {
        let text: String = row.get(0);
        assert!(!text.contains(&key) && !text.contains(&api_key["nk_live_".len()..]));
    }
    private.stop().await;
}

#[tokio::test]
async fn a_user_has_as_many_api_keys_as_the_setting_says() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let user = private.stack.user().await;
    let most = "insert into webhooks.settings values ('MAX_API_KEYS_PER_USER', 2)";
    private
        .stack
        .database()
        .await
        .execute(most, &[])
        .await
        .unwrap();
    let body = json!({"name": "a"});
    for _ in 0..2 {
        assert_eq!(user.post("/api-keys", &body).await.status, 201);
    }
    let refused = user.post("/api-keys", &body).await;
    assert_eq!(refused.expect_error(400), "too_many_api_keys");
    assert_eq!(refused.body["max_api_keys"], 2);
    private.stop().await;
}

//! What belongs to an account or to the whole system: API keys, the catalogue of event types,
//! metrics.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::private_stack::PrivateStack;
use tests::receiver::Receiver;
use tests::stack::{Answer, Stack, User, client};
use tests::workers::Workers;
use uuid::Uuid;

use crate::SOON;

/// A key by the API: the entry that was answered, with it.
async fn create_key(user: &User, body: Value) -> Value {
    let answer = user.post("/api-keys", &body).await;
    answer.expect(StatusCode::CREATED)["data"].clone()
}

/// Calls `manage` with a key.
async fn with_key(stack: &Stack, method: Method, path: &str, key: &Value) -> Answer {
    let request = client()
        .request(method, format!("{}{path}", stack.manage_url))
        .header("x-api-key", key.as_str().unwrap());
    Answer::of(request).await
}

async fn keys(user: &User) -> Value {
    let answer = user.get("/api-keys").await;
    answer.expect(StatusCode::OK)["data"].clone()
}

#[tokio::test]
async fn a_key_is_shown_once_works_and_ends_when_it_is_deleted() {
    let stack = Stack::get();
    let user = stack.user().await;
    let endpoint = user.register("https://example.com/").await;
    assert_eq!(keys(&user).await, json!([]));
    let first = create_key(&user, json!({"name": "é, the first"})).await;
    let second = create_key(
        &user,
        json!({"name": "second", "expires_at": "2126-11-24T08:30:00+01:00"}),
    )
    .await;
    let raw = first["key"].as_str().unwrap();
    assert!(raw.starts_with("nk_live_") && raw.len() >= 8 + 32, "{raw}");
    assert_ne!(first["key"], second["key"]);

    let list = keys(&user).await;
    let names: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|key| (&key["id"], &key["name"], &key["is_active"]))
        .collect();
    assert_eq!(
        names,
        [
            (&second["id"], &json!("second"), &json!(true)),
            (&first["id"], &json!("é, the first"), &json!(true)),
        ]
    );
    assert_eq!(list[1]["expires_at"], Value::Null);
    let expires_at = list[0]["expires_at"].as_str().unwrap();
    assert!(
        expires_at.starts_with("2126-11-24T07:30:00"),
        "{expires_at}"
    );
    let text = list.to_string();
    assert!(!text.contains(&raw[8..]) && !text.contains("sha256_"));

    let shown = with_key(&stack, Method::GET, "/webhooks", &first["key"]).await;
    assert_eq!(shown.expect(StatusCode::OK)["data"][0]["id"], endpoint.id);
    let deleted = user
        .delete(&format!("/api-keys/{}", first["id"].as_str().unwrap()))
        .await;
    deleted.expect(StatusCode::OK);
    let refused = with_key(&stack, Method::GET, "/webhooks", &first["key"]).await;
    assert_eq!(refused.expect_error(401), "unauthorized");
    let shown = with_key(&stack, Method::GET, "/webhooks", &second["key"]).await;
    shown.expect(StatusCode::OK);
    assert_eq!(keys(&user).await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_neither_makes_nor_lists_nor_deletes_keys() {
    let stack = Stack::get();
    let user = stack.user().await;
    let key = create_key(&user, json!({"name": "x"})).await;
    let by_key = user.by_api_key().await;
    let one = format!("/api-keys/{}", key["id"].as_str().unwrap());
    for answer in [
        by_key.post("/api-keys", &json!({"name": "y"})).await,
        by_key.get("/api-keys").await,
        by_key.delete(&one).await,
    ] {
        assert_eq!(answer.expect_error(403), "token_required");
    }
    // The first, and the one it was tried with.
    assert_eq!(keys(&user).await.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_key_that_may_read_only_reads_and_changes_nothing() {
    let stack = Stack::get();
    let user = stack.user().await;
    let endpoint = user.register("https://example.com/").await;
    let key = create_key(&user, json!({"name": "reader", "scopes": ["read"]})).await;
    assert_eq!(key["scopes"], json!(["read"]));
    assert_eq!(keys(&user).await[0]["scopes"], json!(["read"]));
    let mine = format!("/webhooks/{}", endpoint.id);
    for path in ["/webhooks", &mine, "/stats", "/event-types"] {
        let shown = with_key(&stack, Method::GET, path, &key["key"]).await;
        shown.expect(StatusCode::OK);
    }
    for (method, path) in [
        (Method::DELETE, mine.clone()),
        (Method::POST, format!("{mine}/rotate-secret")),
        (Method::POST, format!("{mine}/test")),
    ] {
        let refused = with_key(&stack, method.clone(), &path, &key["key"]).await;
        assert_eq!(
            refused.expect_error(403),
            "insufficient_scope",
            "{method} {path}"
        );
    }
    user.get(&mine).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_key_that_has_expired_is_nobodys() {
    let stack = Stack::get();
    let user = stack.user().await;
    let key = create_key(
        &user,
        json!({"name": "x", "expires_at": "2126-01-01T00:00:00Z"}),
    )
    .await;
    let shown = with_key(&stack, Method::GET, "/webhooks", &key["key"]).await;
    shown.expect(StatusCode::OK);
    let expire =
        "update public.webhook_api_keys set expires_at = now() where id::text = $1 returning id";
    stack.sql(expire, &[&key["id"].as_str().unwrap()]).await;
    for path in ["/webhooks", "/stats", "/event-types", "/api-keys"] {
        let refused = with_key(&stack, Method::GET, path, &key["key"]).await;
        assert_eq!(refused.expect_error(401), "unauthorized", "{path}");
    }
}

#[tokio::test]
async fn somebody_elses_key_is_not_there() {
    let stack = Stack::get();
    let (user, other) = (stack.user().await, stack.user().await);
    let key = create_key(&user, json!({"name": "x"})).await;
    let one = format!("/api-keys/{}", key["id"].as_str().unwrap());
    assert_eq!(keys(&other).await, json!([]));
    for path in [
        one.clone(),
        format!("/api-keys/{}", Uuid::new_v4()),
        "/api-keys/7".to_owned(),
    ] {
        let answer = other.delete(&path).await;
        assert_eq!(answer.expect_error(404), "not_found", "{path}");
    }
    with_key(&stack, Method::GET, "/webhooks", &key["key"])
        .await
        .expect(StatusCode::OK);
    user.delete(&one).await.expect(StatusCode::OK);
    assert_eq!(user.delete(&one).await.expect_error(404), "not_found");
}

#[tokio::test]
async fn the_last_use_of_a_key_is_noted_at_most_once_a_minute() {
    let stack = Stack::get();
    let user = stack.user().await;
    let endpoint = user.register("https://example.com/").await;
    let key = create_key(&user, json!({"name": "x"})).await;
    assert_eq!(key["last_used_at"], Value::Null);
    let last_use = async || keys(&user).await[0]["last_used_at"].clone();
    let age = async |age: &str| {
        let statement =
            "update public.webhook_api_keys set last_used_at = now() - $2::text::interval
            where id::text = $1 returning id";
        stack
            .sql(statement, &[&key["id"].as_str().unwrap(), &age])
            .await;
    };
    // The owner's own calls are not the key's.
    user.get("/webhooks").await.expect(StatusCode::OK);
    assert_eq!(last_use().await, Value::Null);

    with_key(&stack, Method::GET, "/webhooks", &key["key"])
        .await
        .expect(StatusCode::OK);
    let first = last_use().await;
    assert!(first.is_string());
    with_key(&stack, Method::GET, "/webhooks", &key["key"])
        .await
        .expect(StatusCode::OK);
    assert_eq!(last_use().await, first);

    // Whatever it is used for, once the minute is over.
    let mine = format!("/webhooks/{}", endpoint.id);
    for path in [
        "/webhooks".to_owned(),
        mine.clone(),
        format!("{mine}/deliveries"),
        format!("{mine}/stats"),
        "/stats".to_owned(),
        "/event-types".to_owned(),
    ] {
        age("61 seconds").await;
        let old = last_use().await;
        with_key(&stack, Method::GET, &path, &key["key"])
            .await
            .expect(StatusCode::OK);
        assert_ne!(last_use().await, old, "{path}");
    }
    age("30 seconds").await;
    let recent = last_use().await;
    with_key(&stack, Method::GET, "/webhooks", &key["key"])
        .await
        .expect(StatusCode::OK);
    assert_eq!(last_use().await, recent);
}

#[tokio::test]
async fn keys_that_cannot_be_are_refused_by_name() {
    let user = Stack::get().user().await;
    for (body, field) in [
        (json!({}), "name"),
        (json!({"name": null}), "name"),
        (json!({"name": 7}), "name"),
        (json!({"name": ""}), "name"),
        (json!({"name": "é".repeat(101)}), "name"),
        (json!({"name": "a\u{0}b"}), "name"),
        (json!({"name": "a\nb"}), "name"),
        (json!({"name": "x", "expires_at": "tomorrow"}), "expires_at"),
        (
            json!({"name": "x", "expires_at": "2126-01-01\u{0}"}),
            "expires_at",
        ),
        (
            json!({"name": "x", "expires_at": 4_102_444_800_u64}),
            "expires_at",
        ),
        (
            json!({"name": "x", "expires_at": "2020-01-01T00:00:00Z"}),
            "expires_at",
        ),
        (json!({"name": "x", "scopes": []}), "scopes"),
        (json!({"name": "x", "scopes": ["admin"]}), "scopes"),
        (json!({"name": "x", "scopes": "read"}), "scopes"),
        (json!({"name": "x", "key": "nk_live_mine"}), "key"),
        (json!({"name": "x", "user_id": Uuid::new_v4()}), "user_id"),
    ] {
        let answer = user.post("/api-keys", &body).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{body}");
        assert_eq!(answer.body["field"], field, "{body}");
    }
    assert_eq!(keys(&user).await, json!([]));
    let longest = json!({"name": "é".repeat(100), "expires_at": null});
    create_key(&user, longest).await;
}

/// A call of `deliver` with a header.
async fn call(
    stack: &Stack,
    method: Method,
    path: &str,
    (name, value): (&str, &str),
    body: Option<&Value>,
) -> Answer {
    let mut request = client()
        .request(method, format!("{}{path}", stack.deliver_url))
        .header(name, value);
    if let Some(body) = body {
        request = request.json(body);
    }
    Answer::of(request).await
}

const WAKE_UP_KEY: &str = "wake-up-key-of-this-test";

/// On a stack of its own: everybody shares the catalogue.
#[tokio::test]
async fn the_catalogue_is_kept_by_the_service_and_read_by_owners() {
    let private = PrivateStack::start_without_cron(&[("WAKE_UP_KEY", WAKE_UP_KEY)]).await;
    let stack = &private.stack;
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let service = ("apikey", stack.service_role_key.as_str());
    let put = async |name: &str, body: Value| {
        let path = format!("/event-types/{name}");
        call(stack, Method::PUT, &path, service, Some(&body)).await
    };
    let listed = async |name: &str| {
        let answer = user.get("/event-types").await;
        let types = answer.expect(StatusCode::OK)["data"].as_array().unwrap();
        types.iter().find(|entry| entry["name"] == name).cloned()
    };
    assert_eq!(listed("*").await.unwrap()["example"], Value::Null);
    assert!(listed("vehicle.created").await.unwrap()["example"].is_object());

    // Added, and described; what a call does not name stays.
    assert!(listed("boat.launched").await.is_none());
    let answer = put("boat.launched", json!({})).await;
    let nothing = json!({"name": "boat.launched", "description": null, "example": null,
        "schema": null, "validation": "none", "is_enforced": false, "breaking": [], "warnings": 0,
        "archived_at": null});
    assert_eq!(answer.expect(StatusCode::OK)["data"], nothing);
    let described = json!({"description": "A boat was launched", "example": {"length": 12.5}});
    put("boat.launched", described).await.expect(StatusCode::OK);
    let answer = put("boat.launched", json!({"description": "Afloat"})).await;
    assert_eq!(
        answer.expect(StatusCode::OK)["data"]["example"],
        json!({"length": 12.5})
    );
    assert_eq!(
        listed("boat.launched").await,
        Some(json!({"name": "boat.launched", "description": "Afloat",
            "example": {"length": 12.5}, "schema": null}))
    );
    let named = user.register_for(&receiver.url, &["boat.launched"]).await;
    user.register_for(&receiver.url, &["boat.*"]).await;
    let emitted = async |expected: u64| {
        let answer = stack.emit(&user, "boat.launched", json!({})).await;
        assert_eq!(answer.expect(StatusCode::OK)["delivered"], expected);
    };
    emitted(2).await;

    // Archived: nobody new subscribes, and who has is told.
    let answer = put("boat.launched", json!({"is_archived": true})).await;
    let archived_at = answer.expect(StatusCode::OK)["data"]["archived_at"].clone();
    assert!(archived_at.is_string());
    let answer = put("boat.launched", json!({"is_archived": true})).await;
    let again = &answer.expect(StatusCode::OK)["data"]["archived_at"];
    assert_eq!(*again, archived_at);
    assert!(listed("boat.launched").await.is_none());
    let mine = format!("/webhooks/{}", named.id);
    let other = user.register_for(&receiver.url, &["vehicle.created"]).await;
    for pattern in ["boat.launched", "boat.*"] {
        let events = json!({"url": receiver.url, "events": [pattern]});
        for answer in [
            user.post("/webhooks", &events).await,
            user.patch(&format!("/webhooks/{}", other.id), &events)
                .await,
        ] {
            assert_eq!(answer.expect_error(400), "unknown_event_type");
            let valid = answer.body["valid_events"].as_array().unwrap();
            assert!(!valid.contains(&json!("boat.launched")), "{valid:?}");
        }
    }
    let test = json!({"event_type": "boat.launched"});
    let answer = user.post(&format!("{mine}/test"), &test).await;
    assert_eq!(answer.expect_error(400), "unknown_event_type");
    let events = json!({"events": ["boat.launched", "vehicle.created"]});
    user.patch(&mine, &events).await.expect(StatusCode::OK);
    emitted(2).await;

    let answer = put("boat.launched", json!({"is_archived": false})).await;
    assert_eq!(
        answer.expect(StatusCode::OK)["data"]["archived_at"],
        Value::Null
    );
    assert!(listed("boat.launched").await.is_some());
    user.register_for(&receiver.url, &["boat.launched"]).await;
    emitted(3).await;

    // Nobody but the service, and nothing but a type.
    let bearer = format!("Bearer {}", user.jwt);
    for credential in [
        ("apikey", stack.publishable_key.as_str()),
        ("apikey", WAKE_UP_KEY),
        ("authorization", &bearer),
        ("x-api-key", &stack.api_key),
    ] {
        let path = "/event-types/boat.sunk";
        let answer = call(stack, Method::PUT, path, credential, Some(&json!({}))).await;
        assert_eq!(answer.expect_error(401), "unauthorized", "{credential:?}");
    }
    for (body, field) in [
        (json!({"description": 7}), "description"),
        (json!({"description": "x".repeat(1001)}), "description"),
        (json!({"example": [1]}), "example"),
        (json!({"example": "x"}), "example"),
        (json!({"is_archived": "yes"}), "is_archived"),
        (json!({"is_archived": null}), "is_archived"),
        (json!({"name": "boat.raised"}), "name"),
        (json!({"description": "a\u{0}"}), "description"),
        (json!({"example": {"a": "\u{0}"}}), "example"),
    ] {
        let answer = put("boat.sunk", body.clone()).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{body}");
        assert_eq!(answer.body["field"], field, "{body}");
    }
    for body in [json!([]), json!("x")] {
        let answer = put("boat.sunk", body.clone()).await;
        assert_eq!(answer.expect_error(400), "invalid_body", "{body}");
    }
    let long = "x".repeat(101);
    for name in ["boat%20sunk", "*", "boat.*", "boat..sunk", &long] {
        let answer = put(name, json!({})).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{name}");
        assert_eq!(answer.body["field"], "name", "{name}");
    }
    assert_eq!(
        put("boat/sunk", json!({})).await.expect_error(404),
        "not_found"
    );
    let answer = call(stack, Method::GET, "/event-types/boat.sunk", service, None).await;
    assert_eq!(answer.expect_error(405), "method_not_allowed");
    assert_eq!(answer.headers["allow"], "PUT");
    assert!(listed("boat.sunk").await.is_none());
    private.stop().await;
}

/// The lines of the metrics that are no comments.
async fn metrics(stack: &Stack) -> Vec<String> {
    let request = client()
        .get(format!("{}/metrics", stack.deliver_url))
        .header("apikey", &stack.service_role_key);
    let answer = Answer::of(request).await;
    let text = answer.expect(StatusCode::OK).as_str().unwrap();
    assert!(text.ends_with('\n'));
    let (comments, lines): (Vec<_>, Vec<_>) = text.lines().partition(|l| l.starts_with('#'));
    for line in &lines {
        let name = line.split([' ', '{']).next().unwrap();
        for kind in ["HELP", "TYPE"] {
            let start = format!("# {kind} {name} ");
            let count = comments.iter().filter(|c| c.starts_with(&start)).count();
            assert_eq!(count, 1, "{start}");
        }
    }
    lines.into_iter().map(str::to_owned).collect()
}

/// The value of the one line with this name and these labels.
fn value(lines: &[String], name: &str) -> Option<f64> {
    let start = format!("{name} ");
    let mut values = lines.iter().filter_map(|line| line.strip_prefix(&start));
    let value = values.next().map(|text| text.parse().unwrap());
    assert_eq!(values.next(), None, "{name}");
    value
}

/// On a stack of its own: the numbers are everybody's.
#[tokio::test]
async fn metrics_count_attempts_what_waits_and_ticks() {
    let private = PrivateStack::start_without_cron(&[("WAKE_UP_KEY", WAKE_UP_KEY)]).await;
    let mut workers = Workers::start(&private.stack, &json!({})).await;
    let stack = &private.stack;
    let lines = metrics(stack).await;
    assert_eq!(value(&lines, "webhooks_backlog"), Some(0.0));
    assert_eq!(value(&lines, "webhooks_outbox"), Some(0.0));
    assert_eq!(value(&lines, "webhooks_oldest_due_age_seconds"), Some(0.0));
    assert_eq!(value(&lines, "webhooks_ticks_total"), Some(0.0));
    assert!(lines.iter().all(|l| !l.contains("webhooks_last_tick")));

    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let endpoint = user.register(&receiver.url).await;
    for status in [200, 204, 500] {
        receiver.answer(status);
        let answer = stack.emit(&user, "vehicle.created", json!({})).await;
        answer.expect(StatusCode::OK);
    }
    let database = stack.database().await;
    let statements = format!(
        "update public.webhook_deliveries set next_retry_at = now() - interval '90 seconds'
         where endpoint_id = '{}' and status = 'retrying';
         select public.broadcast_webhook_event('vehicle.updated', '{{}}')",
        endpoint.id
    );
    database.batch_execute(&statements).await.unwrap();
    let lines = metrics(stack).await;
    let attempts = |outcome| format!("webhooks_attempts_total{{outcome=\"{outcome}\"}}");
    assert_eq!(value(&lines, &attempts("success")), Some(2.0));
    assert_eq!(value(&lines, &attempts("server_error")), Some(1.0));
    assert_eq!(value(&lines, "webhooks_backlog"), Some(1.0));
    assert_eq!(value(&lines, "webhooks_outbox"), Some(1.0));
    let age = value(&lines, "webhooks_oldest_due_age_seconds").unwrap();
    assert!((90.0..150.0).contains(&age), "{age}");

    receiver.answer(200);
    workers.cron().await;
    let lines = tests::eventually("a tick", SOON, async || {
        let lines = metrics(stack).await;
        (value(&lines, "webhooks_ticks_total") == Some(1.0)).then_some(lines)
    })
    .await;
    assert_eq!(value(&lines, &attempts("success")), Some(4.0));
    assert_eq!(value(&lines, "webhooks_backlog"), Some(0.0));
    assert_eq!(value(&lines, "webhooks_outbox"), Some(0.0));
    let now = "select extract(epoch from now())::float8 as now";
    let now = stack.sql(now, &[]).await[0]["now"].as_f64().unwrap();
    let ended = value(&lines, "webhooks_last_tick_timestamp_seconds").unwrap();
    assert!((now - 60.0..=now + 1.0).contains(&ended), "{ended} {now}");
    let took = value(&lines, "webhooks_last_tick_duration_seconds").unwrap();
    assert!((0.0..20.0).contains(&took), "{took}");

    let bearer = format!("Bearer {}", user.jwt);
    for credential in [
        ("accept", "text/plain"),
        ("apikey", stack.publishable_key.as_str()),
        ("apikey", WAKE_UP_KEY),
        ("authorization", &bearer),
    ] {
        let answer = call(stack, Method::GET, "/metrics", credential, None).await;
        assert_eq!(answer.expect_error(401), "unauthorized", "{credential:?}");
    }
    let service = ("apikey", stack.service_role_key.as_str());
    let answer = call(stack, Method::POST, "/metrics", service, Some(&json!({}))).await;
    assert_eq!(answer.expect_error(405), "method_not_allowed");
    private.stop().await;
}

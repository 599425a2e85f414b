//! The event log: what was for an owner, and what became of it.

use std::collections::HashSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::private_stack::PrivateStack;
use tests::receiver::Receiver;
use tests::stack::{Answer, Stack, User};
use tokio::time::Instant;
use uuid::Uuid;

/// Emits events with these ids, to one owner or to all.
async fn emit(stack: &Stack, owner: Option<&User>, ids: &[String], data: Value) {
    for ids in ids.chunks(100) {
        let events: Vec<Value> = ids
            .iter()
            .map(|id| {
                let mut event =
                    json!({"event_type": "vehicle.created", "event_id": id, "data": data});
                if let Some(owner) = owner {
                    event["user_id"] = json!(owner.id);
                }
                event
            })
            .collect();
        let answer = stack.deliver(&json!({"events": events})).await;
        assert_eq!(answer.expect(StatusCode::OK)["refused"], 0);
    }
}

fn ids(page: &Value) -> Vec<String> {
    let events = page["data"].as_array().unwrap().iter();
    events
        .map(|event| event["event_id"].as_str().unwrap().to_owned())
        .collect()
}

/// All pages of the log.
async fn all(user: &User, query: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = user.get(&format!("/events?limit=7{query}{cursor}")).await;
        let page = page.expect(StatusCode::OK);
        found.extend(ids(page));
        match page["next_cursor"].as_str() {
            None => return found,
            Some(next) => cursor = format!("&cursor={next}"),
        }
    }
}

async fn get(user: &User, id: &str) -> Answer {
    let id: String = url_escaped(id);
    Answer::of(user.request(Method::GET, &format!("/events/{id}"))).await
}

fn url_escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn owners_see_what_was_for_them_newest_first_page_by_page_and_nothing_else() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let stack = &private.stack;
    let (user, other) = (stack.user().await, stack.user().await);
    let receiver = Receiver::start(200).await;
    user.register(&receiver.url).await;
    // For the other: subscribed to nothing that comes.
    other.register_for(&receiver.url, &["import.*"]).await;
    let name = |kind: &str, n: usize| format!("{kind}_{n}");
    let make = |kind: &str| -> Vec<String> { (0..25).map(|n| name(kind, n)).collect() };
    emit(stack, Some(&user), &make("own"), json!({})).await;
    emit(stack, None, &make("all"), json!({})).await;
    emit(stack, Some(&other), &make("other"), json!({})).await;
    // Of the same instant, as those of one call are.
    let found = all(&user, "").await;
    let expected: HashSet<String> = make("own").into_iter().chain(make("all")).collect();
    assert_eq!(found.len(), 50, "{found:?}");
    assert_eq!(found.iter().cloned().collect::<HashSet<_>>(), expected);
    assert!(found[..25].iter().all(|id| id.starts_with("all_")));
    let of_other: HashSet<String> = all(&other, "").await.into_iter().collect();
    assert_eq!(of_other, make("other").into_iter().collect());

    let page = user.get("/events?limit=1").await;
    let event = &page.body["data"][0];
    assert_eq!(event["audience"], "everyone");
    assert_eq!(
        event["deliveries"],
        json!({"pending": 0, "retrying": 0, "success": 1, "failed": 0})
    );
    assert_eq!(get(&user, "other_1").await.expect_error(404), "not_found");
    assert_eq!(get(&other, "all_1").await.expect_error(404), "not_found");
    assert_eq!(get(&other, "own_1").await.expect_error(404), "not_found");
    private.stop().await;
}

#[tokio::test]
async fn the_log_is_searched_by_type_time_text_and_content() {
    let stack = Stack::get();
    let user = stack.user().await;
    let own = |name: &str| format!("{name}_{}", user.id);
    let emit = async |name: &str, kind: &str, data: Value| {
        let event =
            json!({"event_type": kind, "event_id": own(name), "user_id": user.id, "data": data});
        stack
            .deliver(&json!({"event": event}))
            .await
            .expect(StatusCode::OK);
    };
    emit(
        "a",
        "vehicle.created",
        json!({"vin": "ABC", "n": {"deep": [1, 2]}}),
    )
    .await;
    emit("b", "vehicle.sold", json!({"vin": "abd", "price": 7})).await;
    let times = "select created_at::text as at from public.webhook_events where event_id = $1";
    let at = stack.sql(times, &[&own("b")]).await[0]["at"]
        .as_str()
        .unwrap()
        .to_owned();
    let at = url_escaped(&at.replace("+00", "Z"));
    let contains = |data: Value| format!("contains={}", url_escaped(&data.to_string()));
    for (query, expected) in [
        (String::new(), &["b", "a"][..]),
        ("event_type=vehicle.sold".to_owned(), &["b"]),
        (format!("since={at}"), &["b"]),
        (format!("until={at}"), &["a"]),
        ("search=aBd".to_owned(), &["b"]),
        ("search=vin".to_owned(), &["b", "a"]),
        ("search=%25".to_owned(), &[]),
        (contains(json!({"vin": "ABC"})), &["a"]),
        (contains(json!({"n": {"deep": [2]}})), &["a"]),
        (contains(json!({"price": 7.0})), &["b"]),
        (contains(json!({"price": "7"})), &[]),
        (contains(json!({})), &["b", "a"]),
        (
            "search=vin&event_type=vehicle.created&limit=1".to_owned(),
            &["a"],
        ),
    ] {
        let page = user.get(&format!("/events?{query}")).await;
        let expected: Vec<String> = expected.iter().map(|name| own(name)).collect();
        assert_eq!(ids(page.expect(StatusCode::OK)), expected, "{query}");
    }
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("since=soon", "since"),
        ("until=2026-13-01", "until"),
        ("event_type=a%20b", "event_type"),
        ("contains=%5B1%5D", "contains"),
        ("contains=%7B", "contains"),
        ("contains=7", "contains"),
        ("contains=%7B%22n%22:1e309%7D", "contains"),
        ("contains=%7B%22n%22:%22%5Cu0000%22%7D", "contains"),
        ("cursor=1", "cursor"),
        ("cursor=99999999999999999_a", "cursor"),
        ("search=%00", "search"),
        ("search=", "search"),
        (&*format!("search={}", "a".repeat(201)), "search"),
        ("nothing=1", "nothing"),
    ] {
        let answer = user.get(&format!("/events?{query}")).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{query}");
        assert_eq!(answer.body["field"], field, "{query}");
    }
}

#[tokio::test]
async fn an_event_says_what_became_of_it_at_each_endpoint_or_why_nothing_was_sent() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let failing = Receiver::start(500).await;
    let sent = user.register(&receiver.url).await.id;
    let retrying = user.register(&failing.url).await.id;
    let other = user.register_for(&receiver.url, &["document.*"]).await.id;
    let changed = user.register_for(&receiver.url, &["document.*"]).await.id;
    let inactive = user.register(&receiver.url).await.id;
    let off = json!({"is_active": false});
    user.patch(&format!("/webhooks/{inactive}"), &off)
        .await
        .expect(StatusCode::OK);
    // An id that needs to be escaped in a path.
    let id = format!("a/b%2F?#_{}", user.id);
    let data = r#"{"n": 12345678901234567890.10}"#;
    let event = format!(
        r#"{{"event": {{"event_type": "vehicle.created", "event_id": "{id}", "user_id": "{}", "data": {data}}}}}"#,
        user.id
    );
    let request = tests::stack::client().post(&stack.deliver_url).body(event);
    let request = request.header("apikey", &stack.service_role_key);
    Answer::of(request).await.expect(StatusCode::OK);
    let subscribe = json!({"events": ["*"]});
    user.patch(&format!("/webhooks/{changed}"), &subscribe)
        .await
        .expect(StatusCode::OK);
    let later = user.register(&receiver.url).await.id;

    let shown = user.request(Method::GET, &format!("/events/{}", url_escaped(&id)));
    let text = shown.send().await.unwrap().text().await.unwrap();
    assert!(text.contains("12345678901234567890.10"), "{text}");
    let answer = get(&user, &id).await;
    let event = &answer.expect(StatusCode::OK)["data"];
    assert_eq!(event["event_id"], id);
    assert_eq!(event["audience"], "owner");
    assert_eq!(event["payload"]["type"], "vehicle.created");
    let endpoints = event["endpoints"].as_array().unwrap();
    assert_eq!(endpoints.len(), 6);
    for (endpoint, status, reason) in [
        (&sent, json!("success"), Value::Null),
        (&retrying, json!("retrying"), Value::Null),
        (&inactive, json!("failed"), Value::Null),
        (&other, Value::Null, json!("not_subscribed")),
        (&changed, Value::Null, json!("subscribed_later")),
        (&later, Value::Null, json!("registered_later")),
    ] {
        let found = endpoints
            .iter()
            .find(|e| e["endpoint_id"] == **endpoint)
            .unwrap();
        assert_eq!(found["delivery"]["status"], status, "{found}");
        assert_eq!(found["reason"], reason, "{found}");
    }
    user.delete(&format!("/webhooks/{sent}"))
        .await
        .expect(StatusCode::OK);
    let left = get(&user, &id).await;
    assert_eq!(left.body["data"]["endpoints"].as_array().unwrap().len(), 5);
    for id in ["no_such", "é", &"a".repeat(256)] {
        assert_eq!(get(&user, id).await.expect_error(404), "not_found");
    }
}

/// Planned on empty tables and never analyzed, as a database may be.
#[tokio::test]
async fn among_many_events_a_page_is_quick_and_a_search_bounded() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let stack = &private.stack;
    let user = stack.user().await;
    user.register_for("https://example.com/", &["import.*"])
        .await;
    user.get("/events").await.expect(StatusCode::OK);
    let database = stack.database().await;
    let fill =
        "insert into public.webhook_events (event_id, event_type, user_id, payload, created_at)
        select 'e' || n, 'a', case n % 3 when 0 then $1::uuid when 1 then gen_random_uuid() end,
          '{\"data\": {\"n\": ' || n || '}}', now() - n * interval '1 second'
        from generate_series(1, 300000) n";
    database.execute(fill, &[&user.id]).await.unwrap();
    let timed = async |query: &str| {
        let start = Instant::now();
        let answer = user.get(&format!("/events?{query}")).await;
        answer.expect(StatusCode::OK);
        (start.elapsed().as_millis(), answer.body)
    };
    let (ms, page) = timed("limit=100").await;
    assert_eq!(page["data"].as_array().unwrap().len(), 100);
    assert!(ms < 100, "{ms} ms");
    let (ms, page) = timed("until=2020-01-01").await;
    assert_eq!((ids(&page).len(), &page["next_cursor"]), (0, &Value::Null));
    assert!(ms < 300, "{ms} ms");
    // What is nowhere: a part of the log is looked through, and the cursor goes on.
    let nowhere = Uuid::new_v4();
    let (ms, page) = timed(&format!("search={nowhere}")).await;
    assert_eq!(ids(&page).len(), 0);
    assert!(page["next_cursor"].is_string());
    assert!(ms < 2000, "{ms} ms");
    let mut cursor = page["next_cursor"].as_str().unwrap().to_owned();
    let mut rounds = 1;
    let found = loop {
        let page = user
            .get(&format!(
                "/events?search=%22n%22: 299997%7D&cursor={cursor}"
            ))
            .await;
        let page = page.expect(StatusCode::OK);
        if !ids(page).is_empty() {
            break ids(page);
        }
        cursor = page["next_cursor"]
            .as_str()
            .expect("there is more")
            .to_owned();
        rounds += 1;
        assert!(rounds < 100);
    };
    assert_eq!(found, ["e299997"]);
    private.stop().await;
}

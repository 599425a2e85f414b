//! Filters: which events an endpoint gets besides their type.

use tokio::time::Instant;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::receiver::Receiver;
use tests::stack::{Answer, Stack, User};

use crate::SOON;
use crate::database::{Database, enqueue, pump};

/// Registers an endpoint with a filter.
async fn register(user: &User, url: &str, filter: &str, metadata: Value) -> Answer {
    let body = json!({"url": url, "filter": filter, "metadata": metadata});
    user.post("/webhooks", &body).await
}

async fn emit(stack: &Stack, user: &User, id: &str, data: Value) {
    let event = json!({"event_type": "vehicle.updated", "event_id": format!("{id}_{}", user.id),
        "user_id": user.id, "data": data});
    let answer = stack.deliver(&json!({"event": event})).await;
    answer.expect(StatusCode::OK);
}

#[tokio::test]
async fn only_events_that_the_filter_lets_through_are_sent_and_the_log_says_so() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let filter = r#"$.data.price > 40000 && $.type starts with "vehicle""#;
    let made = register(&user, &receiver.url, filter, json!({})).await;
    let data = &made.expect(StatusCode::CREATED)["data"];
    assert_eq!(data["filter"], filter);
    let id = data["id"].as_str().unwrap().to_owned();
    for (name, data) in [
        ("above", json!({"price": 40000.5})),
        ("below", json!({"price": 40000})),
        ("missing", json!({})),
        ("text", json!({"price": "50000"})),
    ] {
        emit(&stack, &user, name, data).await;
    }
    let sent = receiver.arrivals();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(sent[0].json()["id"].as_str().unwrap().starts_with("above"));
    let reason = async |name: &str| {
        let event = user.get(&format!("/events/{name}_{}", user.id)).await;
        event.expect(StatusCode::OK)["data"]["endpoints"][0]["reason"].clone()
    };
    assert_eq!(reason("above").await, Value::Null);
    for name in ["below", "missing", "text"] {
        assert_eq!(reason(name).await, "filtered", "{name}");
    }
    // A test is sent whatever the filter says.
    let test = user.post(&format!("/webhooks/{id}/test"), &json!({})).await;
    test.expect(StatusCode::ACCEPTED);
    // And without the filter, everything.
    let path = format!("/webhooks/{id}");
    let changed = user.patch(&path, &json!({"filter": null})).await;
    assert_eq!(
        changed.expect(StatusCode::OK)["data"]["filter"],
        Value::Null
    );
    emit(&stack, &user, "after", json!({})).await;
    stack
        .deliver(&json!({"action": "retry"}))
        .await
        .expect(StatusCode::OK);
    receiver.wait_for(3, SOON).await;
}

#[tokio::test]
async fn a_filter_names_the_endpoint_s_metadata() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let filter = "$.data.region == $region";
    let made = register(&user, &receiver.url, filter, json!({"region": "eu"})).await;
    let id = made.expect(StatusCode::CREATED)["data"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    emit(&stack, &user, "a", json!({"region": "us"})).await;
    emit(&stack, &user, "b", json!({"region": "eu"})).await;
    let path = format!("/webhooks/{id}");
    let change = json!({"metadata": {"region": "us"}});
    user.patch(&path, &change).await.expect(StatusCode::OK);
    emit(&stack, &user, "c", json!({"region": "us"})).await;
    let ids: Vec<_> = receiver
        .arrivals()
        .iter()
        .map(|r| r.json()["id"].clone())
        .collect();
    assert_eq!(ids, [format!("b_{}", user.id), format!("c_{}", user.id)]);
    let refused = user.patch(&path, &json!({"metadata": {}})).await;
    assert_eq!(refused.expect_error(400), "invalid_field");
    assert_eq!(
        refused.body["error"],
        "filter names $region, which is not in metadata"
    );
}

#[tokio::test]
async fn what_is_no_filter_is_refused_with_the_place() {
    let user = Stack::get().user().await;
    for (filter, place) in [
        ("$.data.price >> 4", json!(15)),
        ("$.data.price > ", json!(16)),
        (r#"$.type == "vehicle"#, json!(19)),
        ("price > 4", json!(6)),
        ("$.data.price > 4 and $.type == 1", json!(21)),
        ("$.data.price", Value::Null),
        ("$.data ? (@.price > 4)", Value::Null),
        ("lax $.data.price > 4", Value::Null),
        ("strict $.data.price > 4", Value::Null),
        (r#"$.type like_regex "^(a+)+$""#, Value::Null),
        ("$.data.a[*] == $.data.b[*]", Value::Null),
        ("exists($.** ? (exists(@.**)))", Value::Null),
        ("$.data.a[0 to 9] == $.data.b[0 to 9]", Value::Null),
        ("$.data.a[0,0,0] == 1", Value::Null),
        (
            "$.data.keyvalue().key == $.data.keyvalue().key",
            Value::Null,
        ),
        ("$.data.a == $region", Value::Null),
        (
            &*format!("$.data.a == \"{}\"", "a".repeat(500)),
            Value::Null,
        ),
        ("", Value::Null),
    ] {
        let answer = register(&user, "https://example.com/", filter, json!({})).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{filter}");
        assert_eq!(answer.body["field"], "filter", "{filter}");
        assert_eq!(answer.body["position"], place, "{filter}: {}", answer.body);
    }
    for filter in [
        r#"$.data.tags[*] == "new""#,
        "exists($.data.items[*] ? (@.a == 1 && @.b == 2))",
        r#"!($.type == "lax $x, [*] like_regex")"#,
        "($.data.price > 4) is unknown || $.data.n * 2 - 1 == 7",
        "true == true",
    ] {
        let answer = register(&user, "https://example.com/", filter, json!({})).await;
        answer.expect(StatusCode::CREATED);
    }
}

#[tokio::test]
async fn a_filter_is_tried_on_past_events_and_says_which_condition_did_not_hold() {
    let stack = Stack::get();
    let (user, other) = (stack.user().await, stack.user().await);
    let endpoint = user
        .register_for("https://example.com/", &["vehicle.*"])
        .await;
    user.patch(
        &format!("/webhooks/{}", endpoint.id),
        &json!({"is_active": false}),
    )
    .await
    .expect(StatusCode::OK);
    for n in 1..=5 {
        emit(
            &stack,
            &user,
            &format!("e{n}"),
            json!({"n": n, "tags": ["x", n.to_string()]}),
        )
        .await;
    }
    let import = json!({"event_type": "import.completed", "user_id": user.id, "data": {"n": 9}});
    stack
        .deliver(&json!({"event": import}))
        .await
        .expect(StatusCode::OK);
    let path = format!("/webhooks/{}/filter/test", endpoint.id);
    let filter = r#"$.data.n > 2 && $.data.tags[*] == "4""#;
    let answer = user
        .post(&path, &json!({"filter": filter, "last": 4}))
        .await;
    let data = &answer.expect(StatusCode::OK)["data"];
    assert_eq!((&data["tested"], &data["matched"]), (&json!(4), &json!(1)));
    let events = data["events"].as_array().unwrap();
    assert_eq!(events[0]["event_id"], format!("e5_{}", user.id));
    let of = |nth: usize| {
        let conditions = events[nth]["conditions"].as_array().unwrap();
        conditions
            .iter()
            .map(|c| c["matches"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(of(0), [json!(true), json!(false)]);
    assert_eq!(of(1), [json!(true), json!(true)]);
    assert_eq!(of(3), [json!(false), json!(false)]);
    assert_eq!(events[1]["matches"], true);
    assert_eq!(
        events[3]["conditions"][0]["condition"],
        r#"$."data"."n" > 2"#
    );

    let event = json!({"type": "vehicle.created", "data": {"n": "3"}});
    let answer = user
        .post(&path, &json!({"filter": filter, "event": event}))
        .await;
    let data = &answer.expect(StatusCode::OK)["data"];
    assert_eq!((&data["tested"], &data["matched"]), (&json!(1), &json!(0)));
    assert_eq!(data["events"][0]["matches"], Value::Null);

    for body in [
        json!({"filter": "$.a >"}),
        json!({"filter": filter, "last": 0}),
        json!({"filter": filter, "last": 101}),
        json!({"filter": filter, "event": []}),
        json!({"filter": filter, "event": {}, "last": 1}),
        json!({}),
    ] {
        assert_eq!(
            user.post(&path, &body).await.expect_error(400),
            "invalid_field",
            "{body}"
        );
    }
    let foreign = other.post(&path, &json!({"filter": filter})).await;
    assert_eq!(foreign.expect_error(404), "not_found");
}

/// The dearest filters there may be, at as many endpoints as an owner may have, and a payload of the largest size: no
/// statement takes long, and every endpoint that wants the event gets it.
#[tokio::test]
async fn dear_filters_are_evaluated_in_steps() {
    let database = Database::start().await;
    let client = &database.client;
    let condition = "@ == 77 || @ == 78 || @ == 79";
    let dear =
        format!("exists($.data.a[*] ? ({condition} || {condition} || {condition} || {condition}))");
    let fill = "insert into public.webhook_endpoints (user_id, url, filter)
        select $1, 'https://example.com/', case when n % 2 = 0 then $2 else $3 end from generate_series(1, 100) n";
    let wanting = "exists($.data.a[*] ? (@ == 9))";
    client
        .execute(fill, &[&database.user, &dear, &wanting])
        .await
        .unwrap();
    let digits: Vec<usize> = (0..80_000).map(|n| n % 10).collect();
    let event = json!([{"event_type": "vehicle.created", "event_id": "e", "user_id": database.user,
        "data": {"a": digits}}]);
    let mut longest = 0;
    let start = Instant::now();
    let answer = enqueue(client, event).await.unwrap();
    longest = longest.max(start.elapsed().as_millis());
    assert_eq!(answer["events"][0]["more"], true, "{}", answer["events"]);
    let mut steps = 0;
    loop {
        let start = Instant::now();
        let fan_out = "select (public.fan_out_webhook_events(10, 60)) -> 'stored' = 'true'";
        let is_more: bool = client.query_one(fan_out, &[]).await.unwrap().get(0);
        longest = longest.max(start.elapsed().as_millis());
        steps += 1;
        if !is_more {
            break;
        }
        assert!(steps < 200);
    }
    let made = "select count(*) from public.webhook_deliveries";
    let made: i64 = client.query_one(made, &[]).await.unwrap().get(0);
    assert_eq!(made, 50);
    assert!(steps > 1);
    assert!(longest < 2000, "{longest} ms");
    database.stop().await;
}

/// An error of a filter is no match, and nobody else's event waits.
#[tokio::test]
async fn a_filter_that_no_longer_works_stops_nothing() {
    let database = Database::start().await;
    let client = &database.client;
    let fill = "insert into public.webhook_endpoints (user_id, url, metadata, filter)
        values ($1, 'https://example.com/', '{\"a\": \"b\"}', '$.data.x == $a'), ($1, 'https://example.com/', '{}', null)";
    client.execute(fill, &[&database.user]).await.unwrap();
    // As an earlier release may have left it.
    client
        .batch_execute(
            "alter table public.webhook_endpoints disable trigger all;
             update public.webhook_endpoints set metadata = '{}';
             alter table public.webhook_endpoints enable trigger all",
        )
        .await
        .unwrap();
    let event = json!([{"event_type": "vehicle.created", "event_id": "e", "user_id": database.user,
        "data": {"x": "b"}}]);
    let answer = enqueue(client, event).await.unwrap();
    assert_eq!(answer["batch"]["claimed"].as_array().unwrap().len(), 1);
    pump(client).await;
    database.stop().await;
}

/// Owners may write their endpoints through PostgREST, past `manage`.
#[tokio::test]
async fn what_manage_would_refuse_the_database_refuses_in_every_column() {
    let stack = Stack::get();
    let user = stack.user().await;
    let endpoint = user.register("https://example.com/").await;
    for (column, value) in [
        ("url", json!("ftp://example.com/")),
        ("description", json!("a".repeat(501))),
        ("events", json!(["nothing.such"])),
        ("is_active", Value::Null),
        ("rate_limit_per_minute", json!(0)),
        ("max_attempts", json!(101)),
        ("headers", json!({"host": "a"})),
        ("signature_headers", json!({"a": "nothing"})),
        ("retry_schedule", json!([])),
        ("retry_schedule", json!([null])),
        ("metadata", json!([])),
        ("filter", json!("$.a >")),
    ] {
        let answer = tests::stack::client()
            .patch(format!(
                "{}/webhook_endpoints?id=eq.{}",
                stack.rest_url(),
                endpoint.id
            ))
            .header("apikey", &stack.publishable_key)
            .bearer_auth(&user.jwt)
            .json(&json!({column: value}))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 400, "{column}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["code"], "PT400", "{column}: {body}");
    }
}

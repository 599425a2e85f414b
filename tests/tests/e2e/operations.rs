//! What owners do besides keeping endpoints: look at deliveries, have them sent again, try an
//! endpoint out, set its options, read its numbers.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::eventually;
use tests::private_stack::PrivateStack;
use tests::receiver::{Arrival, Fault, Receiver, faulty, nobody};
use tests::stack::{Answer, Endpoint, Stack, User, client};
use tests::workers::Workers;
use uuid::Uuid;

use crate::SOON;

/// Has one batch of what is due sent.
async fn retry(stack: &Stack) -> Value {
    let answer = stack.deliver(&json!({"action": "retry"})).await;
    answer.expect(StatusCode::OK).clone()
}

/// Sends an event to a user's endpoints that has so many attempts.
async fn emit_once(stack: &Stack, user: &User, event_type: &str, max_attempts: u32) -> Answer {
    let event = json!({"event_type": event_type, "data": {}, "max_attempts": max_attempts,
        "user_id": user.id.to_string()});
    stack.deliver(&json!({"event": event})).await
}

async fn switch(user: &User, endpoint: &Endpoint, is_active: bool) {
    user.patch(&path(endpoint), &json!({"is_active": is_active}))
        .await
        .expect(StatusCode::OK);
}

fn path(endpoint: &Endpoint) -> String {
    format!("/webhooks/{}", endpoint.id)
}

fn uuid(endpoint: &Endpoint) -> Uuid {
    Uuid::parse_str(&endpoint.id).unwrap()
}

/// The `data` of an answer that is a 200.
async fn data(user: &User, path: &str) -> Value {
    user.get(path).await.expect(StatusCode::OK)["data"].clone()
}

/// An endpoint's deliveries as the API lists them, newest first.
async fn listed(user: &User, endpoint: &Endpoint) -> Vec<Value> {
    let list = data(user, &format!("{}/deliveries", path(endpoint))).await;
    list.as_array().unwrap().clone()
}

fn ids(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap();
    list.iter()
        .map(|entry| entry["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Makes `count` deliveries of one moment that have ended, by SQL, and gives their ids in the
/// order of the list.
async fn make_deliveries(
    stack: &Stack,
    endpoint: &Endpoint,
    (event_type, status): (&str, &str),
    created_at: &str,
    count: i32,
) -> Vec<String> {
    let made = stack
        .sql(
            "insert into public.webhook_deliveries
               (endpoint_id, event_type, event_id, payload, status, next_retry_at, created_at)
             select $1, $2, gen_random_uuid()::text, '{}', $3, null, $4::text::timestamptz
             from generate_series(1, $5)
             returning id",
            &[&uuid(endpoint), &event_type, &status, &created_at, &count],
        )
        .await;
    let mut made = ids(&Value::from(made));
    made.sort();
    made
}

#[tokio::test]
async fn a_delivery_is_shown_with_its_payload_and_every_attempt() {
    let stack = Stack::get();
    let user = stack.user().await;
    let endpoint = user.register(&nobody().await).await;
    let digits = "12345678901234567890.123456789";
    let event = format!(
        r#"{{"event": {{"event_type": "vehicle.created", "user_id": "{}",
        "data": {{"big": {digits}, "small": 9007199254740993}}}}}}"#,
        user.id
    );
    let request = client()
        .post(&stack.deliver_url)
        .header("apikey", &stack.service_role_key)
        .header("content-type", "application/json")
        .body(event);
    Answer::of(request).await.expect(StatusCode::OK);
    let id = listed(&user, &endpoint).await[0]["id"].clone();
    let shown = format!("{}/deliveries/{}", path(&endpoint), id.as_str().unwrap());

    // The first attempt met nobody, the second an error, the third a long answer.
    let broken = Receiver::start(500).await;
    for (attempts, url) in [(2, broken.url), (3, faulty(Fault::Huge).await)] {
        user.patch(&path(&endpoint), &json!({"url": url}))
            .await
            .expect(StatusCode::OK);
        stack.make_due(&endpoint.id).await;
        eventually("the next attempt", SOON, async || {
            retry(&stack).await;
            (data(&user, &shown).await["attempts"] == attempts).then_some(())
        })
        .await;
    }

    let request = user.request(Method::GET, &shown);
    let text = request.send().await.unwrap().text().await.unwrap();
    assert!(text.contains(digits), "{text}");
    assert!(text.contains("9007199254740993"), "{text}");
    let delivery = serde_json::from_str::<Value>(&text).unwrap()["data"].clone();
    assert_eq!(delivery["id"], id);
    assert_eq!(delivery["status"], "success");
    assert_eq!(delivery["payload"]["type"], "vehicle.created");
    assert_eq!(delivery["payload"]["id"], delivery["event_id"]);
    let start = "x".repeat(1000);
    assert_eq!(delivery["response_body"], start);

    let log = delivery["attempt_log"].as_array().unwrap();
    let summary: Vec<_> = log
        .iter()
        .map(|a| (&a["attempt"], &a["response_status"], &a["response_body"]))
        .collect();
    let answer = json!("the receiver's answer");
    assert_eq!(
        summary,
        [
            (&json!(1), &Value::Null, &Value::Null),
            (&json!(2), &json!(500), &answer),
            (&json!(3), &json!(200), &Value::from(start)),
        ]
    );
    let refused = log[0]["error"].as_str().unwrap();
    assert!(refused.contains("refused, or lost"), "{refused}");
    assert_eq!(log[1]["error"], "HTTP 500: Internal Server Error");
    assert_eq!(log[2]["error"], Value::Null);
    assert!(log.iter().all(|a| a["response_time_ms"].is_u64()));
    let times: Vec<_> = log.iter().map(|a| a["attempted_at"].as_str()).collect();
    assert!(times.is_sorted() && times[0].is_some(), "{times:?}");
}

#[tokio::test]
async fn pages_of_deliveries_have_each_of_them_once_even_of_one_moment() {
    let stack = Stack::get();
    let user = stack.user().await;
    let endpoint = user.register("https://example.com/").await;
    let mut expected = Vec::new();
    for (created_at, count) in [
        ("2026-11-03T00:00:00Z", 2),
        ("2026-11-02T12:00:00.123457Z", 3),
        ("2026-11-02T12:00:00.123456Z", 11),
        ("2026-11-01T00:00:00Z", 4),
    ] {
        let kind = ("vehicle.created", "failed");
        expected.extend(make_deliveries(&stack, &endpoint, kind, created_at, count).await);
    }
    let deliveries = format!("{}/deliveries", path(&endpoint));
    let all = user.get(&deliveries).await;
    assert_eq!(ids(&all.expect(StatusCode::OK)["data"]), expected);
    assert_eq!(all.body["next_cursor"], Value::Null);

    for (limit, filter) in [("1", ""), ("4", ""), ("5", "&status=failed"), ("20", "")] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = format!("{deliveries}?limit={limit}{filter}{cursor}");
            let page = user.get(&page).await;
            seen.extend(ids(&page.expect(StatusCode::OK)["data"]));
            // A page that leads to itself would never end.
            assert!(seen.len() <= expected.len(), "{limit}{filter}: {seen:?}");
            // What comes meanwhile is newer than the pages that are left.
            let kind = ("vehicle.deleted", "failed");
            make_deliveries(&stack, &endpoint, kind, "2026-11-04T00:00:00Z", 1).await;
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, expected, "{limit}{filter}");
        let late = "delete from public.webhook_deliveries
            where endpoint_id = $1 and event_type = 'vehicle.deleted' returning id";
        assert!(!stack.sql(late, &[&uuid(&endpoint)]).await.is_empty());
    }
}

#[tokio::test]
async fn deliveries_are_listed_newest_first_by_what_is_asked_for() {
    let stack = Stack::get();
    let user = stack.user().await;
    let endpoint = user.register("https://example.com/").await;
    let mut made = Vec::new();
    for (kind, created_at) in [
        (("vehicle.created", "success"), "2026-11-01T00:00:00Z"),
        (("vehicle.deleted", "failed"), "2026-11-02T00:00:00Z"),
        (("vehicle.created", "failed"), "2026-11-03T00:00:00Z"),
        (("vehicle.created", "success"), "2026-11-04T00:00:00Z"),
    ] {
        made.extend(make_deliveries(&stack, &endpoint, kind, created_at, 1).await);
    }
    let deliveries = format!("{}/deliveries", path(&endpoint));
    for (query, expected) in [
        ("", &[3, 2, 1, 0][..]),
        ("status=failed", &[2, 1]),
        ("status=pending", &[]),
        ("event_type=vehicle.created", &[3, 2, 0]),
        ("event_type=vehicle.created&status=success", &[3, 0]),
        ("event_type=no.such.type", &[]),
        ("since=2026-11-02T00:00:00Z", &[3, 2, 1]),
        ("until=2026-11-03T00:00:00Z", &[1, 0]),
        ("since=2026-11-02&until=2026-11-04", &[2, 1]),
        // The same moments, and a sign that a query has to encode.
        ("since=2026-11-03T01:00:00%2B01:00", &[3, 2]),
        ("limit=3", &[3, 2, 1]),
        ("limit=1&status=failed&limit=2", &[2, 1]),
    ] {
        let list = data(&user, &format!("{deliveries}?{query}")).await;
        let expected: Vec<_> = expected.iter().map(|n| made[*n].clone()).collect();
        assert_eq!(ids(&list), expected, "{query}");
    }
    let first = &listed(&user, &endpoint).await[0];
    let fields: Vec<_> = first.as_object().unwrap().keys().collect();
    assert_eq!(
        BTreeSet::from_iter(fields),
        BTreeSet::from_iter(
            [
                "attempts",
                "created_at",
                "delivered_at",
                "event_id",
                "event_type",
                "id",
                "is_waiting",
                "last_error",
                "max_attempts",
                "next_retry_at",
                "passed_over_at",
                "response_status",
                "response_time_ms",
                "status",
            ]
            .map(str::to_owned)
            .iter()
        )
    );
}

#[tokio::test]
async fn a_list_that_cannot_be_is_refused_and_says_which_parameter() {
    let user = Stack::get().user().await;
    let endpoint = user.register("https://example.com/").await;
    for (query, field) in [
        ("status=sent", "status"),
        ("status=", "status"),
        ("event_type=a%00", "event_type"),
        ("since=yesterday", "since"),
        ("since=2026-13-01", "since"),
        ("since=", "since"),
        ("until=2026-11-24T25:00:00Z", "until"),
        ("until=infinity", "until"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=1.5", "limit"),
        ("limit=", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=", "cursor"),
        ("cursor=2026-11-24T00:00:00Z", "cursor"),
        ("cursor=2026-11-24T00:00:00Z_x", "cursor"),
        ("cursor=%00", "cursor"),
        ("offset=1", "offset"),
        ("Status=failed", "Status"),
    ] {
        let answer = user
            .get(&format!("{}/deliveries?{query}", path(&endpoint)))
            .await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{query}");
        assert_eq!(answer.body["field"], field, "{query}");
    }
}

#[tokio::test]
async fn what_is_somebody_elses_is_not_there() {
    let stack = Stack::get();
    let (user, other) = (stack.user().await, stack.user().await);
    let receiver = Receiver::start(200).await;
    let endpoint = user.register(&receiver.url).await;
    let another = user
        .register_for(&receiver.url, &["import.completed"])
        .await;
    let foreign = other.register("https://example.com/").await;
    stack
        .emit(&user, "vehicle.created", json!({}))
        .await
        .expect(StatusCode::OK);
    let id = listed(&user, &endpoint).await[0]["id"].clone();
    let id = id.as_str().unwrap();
    let since = json!({"since": "2026-11-24"});

    let (mine, its) = (path(&endpoint), path(&foreign));
    for (caller, method, path) in [
        (&other, Method::GET, format!("{mine}/deliveries")),
        (&other, Method::GET, format!("{mine}/deliveries/{id}")),
        (&other, Method::GET, format!("{mine}/stats")),
        (
            &other,
            Method::POST,
            format!("{mine}/deliveries/{id}/resend"),
        ),
        (&other, Method::POST, format!("{mine}/recover")),
        (&other, Method::POST, format!("{mine}/test")),
        // By way of an endpoint of one's own, too.
        (&other, Method::GET, format!("{its}/deliveries/{id}")),
        (
            &other,
            Method::POST,
            format!("{its}/deliveries/{id}/resend"),
        ),
        (
            &user,
            Method::GET,
            format!("{}/deliveries/{id}", path(&another)),
        ),
        (
            &user,
            Method::GET,
            format!("{mine}/deliveries/{}", Uuid::new_v4()),
        ),
        (&user, Method::GET, format!("{mine}/deliveries/7")),
    ] {
        let body = match path.rsplit('/').next() {
            Some("recover") => Some(&since),
            _ => None,
        };
        let answer = caller.call(method.clone(), &path, body).await;
        assert_eq!(answer.expect_error(404), "not_found", "{method} {path}");
    }
    assert_eq!(receiver.arrivals().len(), 1);
}

fn sent(arrival: &Arrival) -> (&str, &str) {
    (arrival.header("webhook-id"), &arrival.body)
}

/// On a stack where nothing is sent but by the test.
#[tokio::test]
async fn a_delivery_is_resent_once_with_the_same_bytes_and_all_its_attempts() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let stack = &private.stack;
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let endpoint = user.register(&receiver.url).await;
    let nothing = json!({"message": "No pending deliveries to retry"});
    let resend = async |id: &Value| {
        let path = format!(
            "{}/deliveries/{}/resend",
            path(&endpoint),
            id.as_str().unwrap()
        );
        let answer = user.call(Method::POST, &path, None).await;
        let data = answer.expect(StatusCode::ACCEPTED)["data"].clone();
        assert_eq!(data["id"], *id);
        data
    };
    let shown = async |id: &Value| {
        let path = format!("{}/deliveries/{}", path(&endpoint), id.as_str().unwrap());
        data(&user, &path).await
    };

    // One that was delivered: asked for twice and sent once.
    let answer = stack.emit(&user, "vehicle.created", json!({"n": 1})).await;
    let delivered = answer.expect(StatusCode::OK)["results"][0]["delivery_id"].clone();
    for _ in 0..2 {
        let data = resend(&delivered).await;
        assert_eq!(data["status"], "retrying");
        assert_eq!(data["attempts"], 1);
    }
    assert_eq!(retry(stack).await["succeeded"], 1);
    assert_eq!(retry(stack).await, nothing);
    let arrivals = receiver.arrivals();
    assert_eq!(arrivals.len(), 2);
    assert_eq!(sent(&arrivals[0]), sent(&arrivals[1]));
    assert_eq!(shown(&delivered).await["status"], "success");
    // And again, now that it was sent.
    resend(&delivered).await;
    assert_eq!(retry(stack).await["succeeded"], 1);

    // One that failed: it has both its attempts again, on the same schedule.
    receiver.answer(500);
    let answer = emit_once(stack, &user, "vehicle.updated", 2).await;
    let failed = answer.expect(StatusCode::OK)["results"][0]["delivery_id"].clone();
    stack.make_due(&endpoint.id).await;
    assert_eq!(retry(stack).await["failed"], 1);
    assert_eq!(shown(&failed).await["status"], "failed");
    for _ in 0..2 {
        resend(&failed).await;
    }
    assert_eq!(retry(stack).await["retrying"], 1);
    let next = "select extract(epoch from d.next_retry_at - now())::float8 as seconds
        from public.webhook_deliveries d where d.id::text = $1";
    let next = stack.sql(next, &[&failed.as_str().unwrap()]).await;
    let seconds = next[0]["seconds"].as_f64().unwrap();
    assert!((30.0..=60.0).contains(&seconds), "{seconds}");
    stack.make_due(&endpoint.id).await;
    assert_eq!(retry(stack).await["failed"], 1);
    stack.make_due(&endpoint.id).await;
    assert_eq!(retry(stack).await, nothing);
    receiver.answer(204);
    resend(&failed).await;
    assert_eq!(retry(stack).await["succeeded"], 1);
    let shown = shown(&failed).await;
    assert_eq!(
        (&shown["attempts"], &shown["max_attempts"]),
        (&json!(5), &json!(2))
    );
    let statuses: Vec<_> = shown["attempt_log"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| attempt["response_status"].as_u64().unwrap())
        .collect();
    assert_eq!(statuses, [500, 500, 500, 500, 204]);
    let arrivals = receiver.arrivals();
    assert_eq!(arrivals.len(), 3 + 5);
    assert!(arrivals[3..].iter().all(|a| sent(a) == sent(&arrivals[3])));

    // One that waits for its next attempt does not wait any longer.
    receiver.answer(503);
    let answer = stack.emit(&user, "vehicle.deleted", json!({})).await;
    let waiting = answer.expect(StatusCode::OK)["results"][0]["delivery_id"].clone();
    assert_eq!(retry(stack).await, nothing);
    resend(&waiting).await;
    assert_eq!(retry(stack).await["retrying"], 1);
    private.stop().await;
}

#[tokio::test]
async fn nothing_is_sent_again_to_an_endpoint_that_is_switched_off() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let endpoint = user.register(&receiver.url).await;
    let answer = stack.emit(&user, "vehicle.created", json!({})).await;
    let id = answer.expect(StatusCode::OK)["results"][0]["delivery_id"].clone();
    switch(&user, &endpoint, false).await;
    let mine = path(&endpoint);
    for (path, body) in [
        (
            format!("{mine}/deliveries/{}/resend", id.as_str().unwrap()),
            json!({}),
        ),
        (format!("{mine}/recover"), recent(&stack).await),
        (format!("{mine}/test"), json!({})),
    ] {
        let answer = user.post(&path, &body).await;
        assert_eq!(answer.expect_error(409), "endpoint_disabled", "{path}");
    }
    let kept = stack.deliveries(&endpoint.id).await;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0]["status"], "success");
}

/// The window of the last hour, by the database's clock.
async fn recent(stack: &Stack) -> Value {
    let hour = "select to_char((now() - interval '1 hour') at time zone 'UTC',
        'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') as since";
    stack.sql(hour, &[]).await[0].clone()
}

#[tokio::test]
async fn what_came_while_an_endpoint_was_off_is_recovered() {
    let stack = Stack::get();
    let user = stack.user().await;
    let (receiver, other) = (Receiver::start(200).await, Receiver::start(200).await);
    let endpoint = user.register(&receiver.url).await;
    let before = stack.emit(&user, "vehicle.created", json!({"n": 0})).await;
    before.expect(StatusCode::OK);
    switch(&user, &endpoint, false).await;
    user.register_for(&other.url, &["vehicle.deleted"]).await;
    let counts = ["delivered", "failed", "retrying", "pending", "duplicates"];
    for (event_type, expected) in [
        ("vehicle.created", [0; 5]),
        ("vehicle.updated", [0; 5]),
        ("vehicle.deleted", [1, 0, 0, 0, 0]),
    ] {
        let answer = stack.emit(&user, event_type, json!({})).await;
        let body = answer.expect(StatusCode::OK);
        assert_eq!(counts.map(|name| body[name].as_u64().unwrap()), expected);
        let results = body["results"].as_array().unwrap();
        assert_eq!(results.len() as u64, expected[0], "{body}");
    }
    let kept = listed(&user, &endpoint).await;
    assert_eq!(kept.len(), 4);
    for delivery in &kept[..3] {
        assert_eq!(delivery["status"], "failed");
        assert_eq!(delivery["last_error"], "Endpoint was disabled");
        assert_eq!(delivery["attempts"], 0);
        assert_eq!(delivery["next_retry_at"], Value::Null);
    }
    assert_eq!(receiver.arrivals().len(), 1);

    // One that is older than the window stays as it is.
    let old = ("import.completed", "failed");
    make_deliveries(&stack, &endpoint, old, "2026-11-01T00:00:00Z", 1).await;
    switch(&user, &endpoint, true).await;
    let window = recent(&stack).await;
    let recover = format!("{}/recover", path(&endpoint));
    let answer = user.post(&recover, &window).await;
    assert_eq!(
        answer.expect(StatusCode::ACCEPTED)["data"],
        json!({"recovered": 3, "more": false})
    );
    let answer = user.post(&recover, &window).await;
    assert_eq!(answer.expect(StatusCode::ACCEPTED)["data"]["recovered"], 0);
    eventually("the three", SOON, async || {
        retry(&stack).await;
        (receiver.arrivals().len() >= 4).then_some(())
    })
    .await;
    let types: BTreeSet<_> = receiver.arrivals()[1..]
        .iter()
        .map(|arrival| arrival.json()["type"].as_str().unwrap().to_owned())
        .collect();
    let expected = ["vehicle.created", "vehicle.deleted", "vehicle.updated"];
    assert_eq!(types, expected.map(str::to_owned).into());
    assert_eq!(receiver.arrivals().len(), 4);
    assert_eq!(other.arrivals().len(), 1);
}

#[tokio::test]
async fn a_window_that_cannot_be_recovered_is_refused() {
    let user = Stack::get().user().await;
    let endpoint = user.register("https://example.com/").await;
    let recover = format!("{}/recover", path(&endpoint));
    for (body, field) in [
        (json!({}), "since"),
        (json!({"until": "2026-11-24"}), "since"),
        (json!({"since": null}), "since"),
        (json!({"since": 1_795_485_412}), "since"),
        (json!({"since": ""}), "since"),
        (json!({"since": "now"}), "since"),
        (json!({"since": "2026-02-30"}), "since"),
        (json!({"since": "2026-11-24T00:00:00Z\u{0}"}), "since"),
        (json!({"since": "2026-11-24", "until": "\u{0}"}), "until"),
        (json!({"since": "2026-11-24", "until": "tomorrow"}), "until"),
        (
            json!({"since": "2026-11-24", "until": "2026-11-24"}),
            "until",
        ),
        (
            json!({"since": "2026-11-24", "until": "2026-11-23"}),
            "until",
        ),
        (
            json!({"since": "2026-11-01", "until": "2026-11-15T00:00:01Z"}),
            "until",
        ),
        // Until now, which is longer than 14 days.
        (json!({"since": "2020-01-01T00:00:00Z"}), "until"),
        (json!({"since": "2026-11-24", "limit": 1}), "limit"),
    ] {
        let answer = user.post(&recover, &body).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{body}");
        assert_eq!(answer.body["field"], field, "{body}");
    }
    let answer = user.call(Method::POST, &recover, None).await;
    assert_eq!(answer.expect_error(400), "invalid_body");
    let longest = json!({"since": "2026-11-01", "until": "2026-11-15"});
    user.post(&recover, &longest)
        .await
        .expect(StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_test_sends_the_catalogues_example_to_that_endpoint_alone() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let register = async |path: &str, events: &[&str]| {
        let url = format!("{}/{path}", receiver.url);
        user.register_for(&url, events).await
    };
    let all = register("all", &["*"]).await;
    let documents = register("documents", &["document.uploaded"]).await;
    let vehicles = register("vehicles", &["vehicle.*"]).await;
    let catalogue = data(&user, "/event-types").await;
    let example = |name: &str| {
        let types = catalogue.as_array().unwrap();
        let found = types.iter().find(|t| t["name"] == name);
        found.expect("it is listed")["example"].clone()
    };

    for (nth, (endpoint, body, expected)) in [
        (&documents, None, "document.uploaded"),
        (&documents, Some(json!({})), "document.uploaded"),
        (&vehicles, None, "vehicle."),
        (&all, None, ""),
        // Any type, wanted or not.
        (
            &documents,
            Some(json!({"event_type": "import.completed"})),
            "import.completed",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let path = format!("{}/test", path(endpoint));
        let answer = user.call(Method::POST, &path, body.as_ref()).await;
        let delivery = answer.expect(StatusCode::ACCEPTED)["data"].clone();
        let event_type = delivery["event_type"].as_str().unwrap();
        assert!(event_type.starts_with(expected), "{event_type}");
        eventually("the test", SOON, async || {
            retry(&stack).await;
            (receiver.arrivals().len() > nth).then_some(())
        })
        .await;
        let arrival = receiver.arrivals().pop().unwrap();
        let sent = arrival.json();
        assert_eq!(sent["type"], event_type);
        assert_eq!(sent["data"], example(event_type));
        assert!(sent["data"].is_object());
        assert_eq!(sent["id"], delivery["event_id"]);
        let secret = standardwebhooks::Webhook::new(&endpoint.secret).unwrap();
        let verified = secret.verify(arrival.body.as_bytes(), &arrival.headers);
        verified.unwrap();
    }
    let paths: Vec<_> = receiver.arrivals().into_iter().map(|a| a.path).collect();
    let expected = [
        "/documents",
        "/documents",
        "/vehicles",
        "/all",
        "/documents",
    ];
    assert_eq!(paths, expected);
}

#[tokio::test]
async fn a_test_of_a_type_that_does_not_exist_is_refused_with_those_that_do() {
    let user = Stack::get().user().await;
    let endpoint = user.register("https://example.com/").await;
    let test = format!("{}/test", path(&endpoint));
    for event_type in ["no.such.type", "*", "vehicle.*", ""] {
        let answer = user.post(&test, &json!({"event_type": event_type})).await;
        assert_eq!(answer.expect_error(400), "unknown_event_type");
        assert_eq!(answer.body["field"], "event_type");
        let valid = answer.body["valid_events"].as_array().unwrap();
        assert!(valid.contains(&json!("vehicle.created")), "{valid:?}");
        assert!(!valid.contains(&json!("*")), "{valid:?}");
    }
    for (body, field) in [
        (json!({"event_type": 7}), "event_type"),
        (json!({"event_type": "a\u{0}"}), "event_type"),
        (json!({"data": []}), "data"),
        (json!({"data": {"n": "a\u{0}"}}), "data"),
        (json!({"data": {"n": 1}, "more": 1}), "more"),
    ] {
        let answer = user.post(&test, &body).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{body}");
        assert_eq!(answer.body["field"], field);
    }
    assert!(listed(&user, &endpoint).await.is_empty());
}

#[tokio::test]
async fn a_test_sends_what_the_owner_wrote_as_far_as_it_can_be_an_event() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let endpoint = user.register(&receiver.url).await;
    let test = format!("{}/test", path(&endpoint));
    let own = json!({"event_type": "vehicle.created", "data": {"vin": "<b>", "n": 1.5}});
    user.post(&test, &own).await.expect(StatusCode::ACCEPTED);
    eventually("the test", SOON, async || {
        retry(&stack).await;
        (!receiver.arrivals().is_empty()).then_some(())
    })
    .await;
    let sent = receiver.arrivals()[0].json();
    assert_eq!(
        (&sent["type"], &sent["data"]),
        (&own["event_type"], &own["data"])
    );
    // The body is as large as manage reads, and the payload is larger.
    let large = json!({"data": {"text": "x".repeat((256 << 10) - 30)}});
    let refused = user.post(&test, &large).await;
    assert_eq!(refused.expect_error(413), "payload_too_large");
    let request = user
        .request(Method::POST, &test)
        .body(r#"{"data": {"n": 1e999}}"#);
    let answer = Answer::of(request).await;
    assert_eq!(answer.expect_error(400), "invalid_field");
    assert_eq!(listed(&user, &endpoint).await.len(), 1);
}

#[tokio::test]
async fn an_endpoint_says_how_it_does_and_when_it_is_tried_next() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(500).await;
    let endpoint = user.register(&receiver.url).await;
    let health = async || data(&user, &path(&endpoint)).await["health"].clone();
    let ok = json!({"state": "ok", "consecutive_failures": 0, "failing_since": null, "next_attempt_at": null});
    assert_eq!(health().await, ok);
    for failures in 1..=9 {
        let answer = emit_once(&stack, &user, "vehicle.created", 1).await;
        answer.expect(StatusCode::OK);
        assert_eq!(health().await["consecutive_failures"], failures);
    }
    let failing = "update webhooks.endpoint_health set is_failing = true where endpoint_id = $1";
    let database = stack.database().await;
    database
        .execute(failing, &[&uuid(&endpoint)])
        .await
        .unwrap();
    assert_eq!(health().await["state"], "failing");
    let last = emit_once(&stack, &user, "vehicle.created", 2).await;
    assert_eq!(last.expect(StatusCode::OK)["retrying"], 1);
    let backs_off = health().await;
    assert_eq!(backs_off["state"], "backing_off");
    assert!(backs_off["failing_since"].is_string(), "{backs_off}");
    assert!(backs_off["next_attempt_at"].is_string(), "{backs_off}");
    let list = data(&user, "/webhooks").await;
    assert_eq!(list[0]["health"]["state"], "backing_off");
    // Another URL is another chance.
    let other = json!({"url": format!("{}/other", receiver.url)});
    let changed = user.patch(&path(&endpoint), &other).await;
    assert_eq!(changed.expect(StatusCode::OK)["data"]["health"], ok);
}

/// On a stack where nobody else sends: it is the queue, or nobody.
#[tokio::test]
async fn with_a_queue_what_owners_have_sent_leaves_at_once() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let workers = Workers::start_with_queue(&private.stack, &json!({})).await;
    let stack = private.stack.with_workers(&workers);
    let user = private.stack.user().await.on(&stack);
    let receiver = Receiver::start(200).await;
    let endpoint = user.register(&receiver.url).await;

    let test = format!("{}/test", path(&endpoint));
    let answer = user.call(Method::POST, &test, None).await;
    let id = answer.expect(StatusCode::ACCEPTED)["data"]["id"].clone();
    receiver.wait_for(1, SOON).await;
    let shown = format!("{}/deliveries/{}", path(&endpoint), id.as_str().unwrap());
    eventually("its success is recorded", SOON, async || {
        (data(&user, &shown).await["status"] == "success").then_some(())
    })
    .await;

    user.call(Method::POST, &format!("{shown}/resend"), None)
        .await
        .expect(StatusCode::ACCEPTED);
    receiver.wait_for(2, SOON).await;

    switch(&user, &endpoint, false).await;
    let answer = stack.emit(&user, "vehicle.created", json!({})).await;
    answer.expect(StatusCode::OK);
    switch(&user, &endpoint, true).await;
    let recover = format!("{}/recover", path(&endpoint));
    let answer = user.post(&recover, &recent(&stack).await).await;
    assert_eq!(answer.expect(StatusCode::ACCEPTED)["data"]["recovered"], 1);
    receiver.wait_for(3, SOON).await;
    private.stop().await;
}

#[tokio::test]
async fn an_endpoints_headers_arrive_and_are_never_shown() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let (first, second) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
    let created = user
        .post(
            "/webhooks",
            &json!({"url": receiver.url,
                "headers": {"X-Team": "blue, \"green\"", "Authorization": first}}),
        )
        .await;
    let endpoint = &created.expect(StatusCode::CREATED)["data"];
    let mine = format!("/webhooks/{}", endpoint["id"].as_str().unwrap());
    let names = json!(["Authorization", "X-Team"]);
    assert_eq!(endpoint["headers"], names);

    let shown = async |value: &str, names: &Value| {
        let list = user.get("/webhooks").await;
        assert_eq!(list.expect(StatusCode::OK)["data"][0]["headers"], *names);
        let one = user.get(&mine).await;
        assert_eq!(one.expect(StatusCode::OK)["data"]["headers"], *names);
        // Another change keeps them.
        let changed = user.patch(&mine, &json!({"description": value})).await;
        assert_eq!(changed.expect(StatusCode::OK)["data"]["headers"], *names);
        user.patch(&mine, &json!({"description": null}))
            .await
            .expect(StatusCode::OK);
        for answer in [list, one] {
            assert!(!answer.body.to_string().contains(value));
        }
    };
    assert!(!created.body.to_string().contains(&first));
    shown(&first, &names).await;
    let emit = async || {
        let answer = stack.emit(&user, "vehicle.created", json!({})).await;
        assert_eq!(answer.expect(StatusCode::OK)["delivered"], 1);
        receiver.arrivals().pop().unwrap()
    };
    let arrival = emit().await;
    assert_eq!(arrival.header("authorization"), first);
    assert_eq!(arrival.header("x-team"), "blue, \"green\"");
    assert_eq!(arrival.header("content-type"), "application/json");

    // All of them at once are replaced.
    let changed = user
        .patch(&mine, &json!({"headers": {"X-Key": second}}))
        .await;
    assert_eq!(
        changed.expect(StatusCode::OK)["data"]["headers"],
        json!(["X-Key"])
    );
    assert!(!changed.body.to_string().contains(&second));
    shown(&second, &json!(["X-Key"])).await;
    let arrival = emit().await;
    assert_eq!(arrival.header("x-key"), second);
    assert!(arrival.headers.get("authorization").is_none());

    let changed = user.patch(&mine, &json!({"headers": {}})).await;
    assert_eq!(changed.expect(StatusCode::OK)["data"]["headers"], json!([]));
    assert!(emit().await.headers.get("x-key").is_none());
    let rotated = user
        .post(&format!("{mine}/rotate-secret"), &json!({}))
        .await;
    assert_eq!(rotated.expect(StatusCode::OK)["data"]["headers"], json!([]));
}

#[tokio::test]
async fn options_that_cannot_be_are_refused_by_name() {
    let user = Stack::get().user().await;
    let endpoint = user.register("https://example.com/").await;
    let mine = path(&endpoint);
    let many: serde_json::Map<_, _> = (0..21).map(|n| (format!("X-{n}"), json!("v"))).collect();
    let mut headers: Vec<Value> = vec![
        json!([]),
        json!("X-Team: blue"),
        json!(7),
        Value::Object(many),
        json!({"X-Team": "a", "x-team": "b"}),
    ];
    for name in [
        "webhook-id",
        "Webhook-Signature",
        "nuke-anything",
        "Stripe-Signature",
        "Content-Type",
        "content-length",
        "Host",
        "User-Agent",
        "Transfer-Encoding",
        "CF-Connecting-IP",
        "X-Forwarded-For",
        "Sec-Fetch-Site",
        "Proxy-Authorization",
        "",
        "two words",
        "é",
        "X:Y",
        "line\r\nbreak",
        &"x".repeat(101),
    ] {
        headers.push(json!({name: "value"}));
    }
    for value in [
        json!(""),
        json!("é"),
        json!("a\r\nX-Other: b"),
        json!("a\tb"),
        json!("a\u{0}"),
        json!("x".repeat(1001)),
        json!(7),
        json!(null),
        json!(["a"]),
    ] {
        headers.push(json!({"X-Team": value}));
    }
    let headers = headers.into_iter().map(|value| ("headers", value));
    let numbers = [
        json!(0),
        json!(-1),
        json!(1.5),
        json!("5"),
        json!(true),
        json!([]),
        json!(1_u64 << 40),
    ];
    let limits = numbers.clone().into_iter().chain([json!(100_001)]);
    let limits = limits.map(|value| ("rate_limit_per_minute", value));
    let attempts = numbers.into_iter().chain([json!(101)]);
    let attempts = attempts.map(|value| ("max_attempts", value));
    for (field, value) in headers.chain(limits).chain(attempts) {
        let change = json!({field: value});
        let create = json!({"url": "https://example.com/", field: value});
        for answer in [
            user.post("/webhooks", &create).await,
            user.patch(&mine, &change).await,
        ] {
            assert_eq!(answer.expect_error(400), "invalid_field", "{change}");
            assert_eq!(answer.body["field"], field, "{change}");
        }
    }
    let answer = user.patch(&mine, &json!({"headers": null})).await;
    assert_eq!(answer.expect_error(400), "invalid_field");
    assert_eq!(answer.body["field"], "headers");
    let list = user.get("/webhooks").await;
    assert_eq!(
        list.expect(StatusCode::OK)["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn limits_are_kept_and_a_null_takes_them_back() {
    let user = Stack::get().user().await;
    let limits = |limit: Value, attempts: Value| {
        json!({"url": "https://example.com/", "rate_limit_per_minute": limit,
            "max_attempts": attempts})
    };
    let created = user
        .post("/webhooks", &limits(json!(100_000), json!(100)))
        .await;
    let endpoint = &created.expect(StatusCode::CREATED)["data"];
    assert_eq!(endpoint["rate_limit_per_minute"], 100_000);
    assert_eq!(endpoint["max_attempts"], 100);
    let mine = format!("/webhooks/{}", endpoint["id"].as_str().unwrap());
    for (limit, attempts) in [(json!(1), json!(1)), (Value::Null, Value::Null)] {
        let body = limits(limit.clone(), attempts.clone());
        user.patch(&mine, &body).await.expect(StatusCode::OK);
        // A change of something else leaves them.
        user.patch(&mine, &json!({"description": "x"}))
            .await
            .expect(StatusCode::OK);
        let shown = data(&user, &mine).await;
        assert_eq!(shown["rate_limit_per_minute"], limit);
        assert_eq!(shown["max_attempts"], attempts);
    }
    // In a new endpoint a null is the default, too.
    let body = limits(Value::Null, Value::Null);
    let created = user.post("/webhooks", &body).await;
    let endpoint = &created.expect(StatusCode::CREATED)["data"];
    assert_eq!(endpoint["rate_limit_per_minute"], Value::Null);
    assert_eq!(endpoint["max_attempts"], Value::Null);
}

#[tokio::test]
async fn attempts_are_the_events_then_the_endpoints_then_five() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(500).await;
    let endpoint = user.register(&receiver.url).await;
    let emit = async |own: Option<u32>| {
        let answer = match own {
            Some(own) => emit_once(&stack, &user, "vehicle.created", own).await,
            None => stack.emit(&user, "vehicle.created", json!({})).await,
        };
        let status = answer.expect(StatusCode::OK)["results"][0]["status"].clone();
        let newest = listed(&user, &endpoint).await[0].clone();
        assert_eq!(newest["status"], status);
        (newest["max_attempts"].as_u64().unwrap(), status)
    };
    let (failed, retrying) = (json!("failed"), json!("retrying"));
    assert_eq!(emit(None).await, (5, retrying.clone()));
    user.patch(&path(&endpoint), &json!({"max_attempts": 1}))
        .await
        .expect(StatusCode::OK);
    assert_eq!(emit(None).await, (1, failed.clone()));
    assert_eq!(emit(Some(3)).await, (3, retrying.clone()));
    user.patch(&path(&endpoint), &json!({"max_attempts": 2}))
        .await
        .expect(StatusCode::OK);
    assert_eq!(emit(None).await, (2, retrying));
    assert_eq!(emit(Some(1)).await, (1, failed));
}

#[tokio::test]
async fn a_prefix_stands_for_every_type_under_it() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let endpoint = user.register_for(&receiver.url, &["vehicle.*"]).await;
    for (event_type, delivered) in [
        ("vehicle.created", 1),
        // Not in the catalogue, and under the prefix.
        ("vehicle.engine.started", 1),
        ("document.uploaded", 0),
        ("vehicle", 0),
        ("vehicles.created", 0),
    ] {
        let answer = stack.emit(&user, event_type, json!({})).await;
        let body = answer.expect(StatusCode::OK);
        assert_eq!(body["delivered"], delivered, "{event_type}");
    }
    let types: Vec<_> = receiver
        .arrivals()
        .iter()
        .map(|arrival| arrival.json()["type"].clone())
        .collect();
    assert_eq!(types, ["vehicle.created", "vehicle.engine.started"]);

    for unknown in [
        "boat.*",
        "vehicle.created.*",
        "vehicle*",
        "vehicle.**",
        "*.created",
        ".*",
        "**",
        "",
    ] {
        let events = json!({"url": receiver.url, "events": ["vehicle.created", unknown]});
        for answer in [
            user.post("/webhooks", &events).await,
            user.patch(&path(&endpoint), &events).await,
        ] {
            assert_eq!(answer.expect_error(400), "unknown_event_type", "{unknown}");
            assert_eq!(answer.body["field"], "events");
            let valid = answer.body["valid_events"].as_array().unwrap();
            assert!(valid.contains(&json!("vehicle.created")), "{valid:?}");
        }
    }
}

/// The windows there are, and how many buckets each has.
const WINDOWS: [(&str, usize); 4] = [("1h", 12), ("24h", 24), ("7d", 28), ("30d", 30)];

/// The sums of the buckets, which are in their order.
fn sums(stats: &Value, count: usize) -> (u64, u64) {
    let buckets = stats["buckets"].as_array().unwrap();
    assert_eq!(buckets.len(), count);
    assert!(buckets.is_sorted_by_key(|bucket| bucket["start"].as_str().unwrap()));
    let sum = |name: &str| {
        let numbers = buckets.iter().map(|bucket| bucket[name].as_u64().unwrap());
        numbers.sum()
    };
    (sum("attempts"), sum("failed"))
}

#[tokio::test]
async fn the_numbers_are_those_of_the_attempts_made() {
    let stack = Stack::get();
    let workers = Workers::start(&stack, &json!({"DELIVERY_TIMEOUT_MS": "1000"})).await;
    let own = stack.with_workers(&workers);
    let (user, other) = (stack.user().await, stack.user().await);
    let receiver = Receiver::start(200).await;
    let endpoint = user.register(&receiver.url).await;
    for status in [200, 201, 204, 500, 503, 404, 302] {
        receiver.answer(status);
        let answer = emit_once(&own, &user, "vehicle.created", 1).await;
        answer.expect(StatusCode::OK);
    }
    switch(&user, &endpoint, false).await;
    let hanging = user.register(&faulty(Fault::Hang).await).await;
    let gone = user.register(&nobody().await).await;
    // Two of them for the one of the first, whose next attempt is a minute away.
    let answer = emit_once(&own, &user, "vehicle.created", 2).await;
    assert_eq!(answer.expect(StatusCode::OK)["retrying"], 2);
    other.register(&receiver.url).await;

    let stats = async |user: &User, path: &str| data(user, path).await;
    let its = stats(&user, &format!("{}/stats?window=1h", path(&endpoint))).await;
    assert_eq!(its["window"], "1h");
    assert_eq!(its["attempts"], 7);
    assert_eq!(its["success_rate"].as_f64(), Some(0.4286));
    assert_eq!(
        its["failures_by_cause"],
        json!({"server_error": 2, "client_error": 1, "redirect": 1})
    );
    assert_eq!(its["backlog"], 0);
    assert_eq!(its["oldest_due_at"], Value::Null);
    assert_eq!(sums(&its, 12), (7, 4));

    let its = stats(&user, &format!("{}/stats", path(&hanging))).await;
    assert_eq!(its["window"], "24h");
    assert_eq!(its["failures_by_cause"], json!({"timeout": 1}));
    assert_eq!(its["backlog"], 1);
    let its = stats(&user, &format!("{}/stats", path(&gone))).await;
    assert_eq!(its["failures_by_cause"], json!({"connection": 1}));

    for (window, buckets) in WINDOWS {
        let all = stats(&user, &format!("/stats?window={window}")).await;
        assert_eq!(all["window"], window);
        assert_eq!(all["attempts"], 9);
        assert_eq!(all["success_rate"].as_f64(), Some(0.3333));
        assert_eq!(
            all["failures_by_cause"],
            json!({"server_error": 2, "client_error": 1, "redirect": 1, "timeout": 1,
                "connection": 1})
        );
        assert_eq!(all["backlog"], 2);
        assert_eq!(sums(&all, buckets), (9, 6));
        let times = &all["response_time_ms"];
        let [p50, p95, p99] = ["p50", "p95", "p99"].map(|name| times[name].as_u64().unwrap());
        // One in nine took a second, and a class is right within a tenth.
        assert!(p50 <= p95 && p50 < 900, "{times}");
        assert!(p95 >= 900 && p99 == p95, "{times}");
        // The bucket with all of them says the same.
        let all_buckets = all["buckets"].as_array().unwrap();
        if let Some(full) = all_buckets.iter().find(|bucket| bucket["attempts"] == 9) {
            for name in ["failures_by_cause", "response_time_ms"] {
                assert_eq!(full[name], all[name], "{window}");
            }
        }
        let causes = all_buckets.iter().map(|bucket| {
            let causes = bucket["failures_by_cause"].as_object().unwrap();
            causes.values().map(|n| n.as_u64().unwrap()).sum::<u64>()
        });
        assert_eq!(causes.sum::<u64>(), 6);
        let each = stats(&user, &format!("/stats/endpoints?window={window}")).await;
        let each = each.as_array().unwrap();
        assert_eq!(each.len(), 3);
        let first = each
            .iter()
            .find(|e| e["endpoint_id"] == endpoint.id)
            .unwrap();
        assert_eq!(first["attempts"], 7);
        assert_eq!(first["success_rate"].as_f64(), Some(0.4286));
        assert_eq!(sums(first, buckets), (7, 4));
    }
    assert_eq!(stats(&other, "/stats/endpoints").await, json!([]));
    let answer = user.get("/stats/endpoints?window=2h").await;
    assert_eq!(answer.expect_error(400), "invalid_field");

    // Who has had no attempts has no numbers, and nobody else's.
    for (window, buckets) in WINDOWS {
        let none = stats(&other, &format!("/stats?window={window}")).await;
        assert_eq!(none["attempts"], 0);
        assert_eq!(none["success_rate"], Value::Null);
        assert_eq!(none["failures_by_cause"], json!({}));
        assert_eq!(none["backlog"], 0);
        assert_eq!(
            none["response_time_ms"],
            json!({"p50": null, "p95": null, "p99": null})
        );
        assert_eq!(sums(&none, buckets), (0, 0));
    }
    let answer = other.get(&format!("{}/stats", path(&endpoint))).await;
    assert_eq!(answer.expect_error(404), "not_found");
}

#[tokio::test]
async fn each_window_has_what_happened_within_it() {
    let stack = Stack::get();
    let user = stack.user().await;
    let endpoint = user.register("https://example.com/").await;
    // Counts become coarser as they age.
    for (age, seconds, outcome, attempts) in [
        ("20 minutes", 300, "success", 1_i64),
        ("3 hours", 300, "success", 10),
        ("3 days", 3600, "timeout", 100),
        ("20 days", 86400, "success", 1000),
        ("40 days", 86400, "success", 10_000),
    ] {
        stack
            .sql(
                "insert into webhooks.attempt_counts
                 values ($1, date_bin(make_interval(secs => $3), now() - $2::text::interval,
                   'epoch'), $3::integer, $4, 20, $5)
                 returning attempts",
                &[
                    &uuid(&endpoint),
                    &age,
                    &f64::from(seconds),
                    &outcome,
                    &attempts,
                ],
            )
            .await;
    }
    for ((window, buckets), expected) in WINDOWS.into_iter().zip([1, 11, 111, 1111]) {
        for path in [format!("{}/stats", path(&endpoint)), "/stats".to_owned()] {
            let stats = data(&user, &format!("{path}?window={window}")).await;
            assert_eq!(stats["attempts"], expected, "{window}");
            let failed = if expected > 100 { 100 } else { 0 };
            assert_eq!(sums(&stats, buckets), (expected, failed), "{window}");
        }
    }
}

#[tokio::test]
async fn a_window_of_numbers_that_does_not_exist_is_refused() {
    let user = Stack::get().user().await;
    let endpoint = user.register("https://example.com/").await;
    for path in ["/stats".to_owned(), format!("{}/stats", path(&endpoint))] {
        for (query, field) in [
            ("window=2h", "window"),
            ("window=", "window"),
            ("window=1H", "window"),
            ("window=1h%00", "window"),
            ("window=1h&since=2026-11-24", "since"),
        ] {
            let answer = user.get(&format!("{path}?{query}")).await;
            assert_eq!(answer.expect_error(400), "invalid_field", "{query}");
            assert_eq!(answer.body["field"], field, "{query}");
        }
    }
}

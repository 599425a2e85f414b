//! Whatever a caller sends is answered in JSON that says what is wrong, and quickly.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;
use tests::stack::{Answer, Stack, client};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::SOON;

/// Bodies that are no request, and what is said about them by a worker that reads at most
/// `limit` bytes.
fn broken_bodies(limit: usize) -> Vec<(Vec<u8>, &'static str)> {
    vec![
        (b"".to_vec(), "invalid_body"),
        (b"{".to_vec(), "invalid_body"),
        (b"[]".to_vec(), "invalid_body"),
        (b"null".to_vec(), "invalid_body"),
        (b"{\"url\": \"\xff\"}".to_vec(), "invalid_body"),
        (b"{\"a\":".repeat(40_000), "invalid_body"),
        (vec![b'['; 200_000], "invalid_body"),
        (vec![b' '; limit], "invalid_body"),
    ]
}

#[tokio::test]
async fn broken_bodies_are_refused() {
    let stack = Stack::get();
    let user = stack.user().await;
    let id = user.register("https://example.com/").await.id;
    let requests = [
        (user.request(Method::POST, "/webhooks"), 256 << 10),
        (
            user.request(Method::PATCH, &format!("/webhooks/{id}")),
            256 << 10,
        ),
        // A whole batch of events.
        (
            client()
                .post(&stack.deliver_url)
                .header("apikey", &stack.service_role_key),
            4 << 20,
        ),
    ];
    for (request, limit) in requests {
        for (body, code) in broken_bodies(limit) {
            let request = request.try_clone().unwrap();
            let start = Instant::now();
            let request = request
                .header("content-type", "application/json")
                .body(body.clone());
            let answer = Answer::of(request).await;
            assert_eq!(answer.expect_error(400), code);
            let elapsed = start.elapsed();
            assert!(elapsed < Duration::from_secs(1), "{elapsed:?}");
        }
    }
}

/// Sends the head of a POST and `sent` of its body, and gives the start of the answer:
/// whoever sends all of a body that is not read may not live to hear it.
async fn post_in_part(url: &str, headers: &str, sent: &str) -> String {
    let (_, address) = url.split_once("//").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("POST /webhooks-deliver HTTP/1.1\r\nHost: {address}\r\n{headers}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(sent.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let length = timeout(SOON, stream.read(&mut answer)).await;
    answer.truncate(length.expect("an answer").unwrap());
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_before_it_is_there() {
    let stack = Stack::get();
    let key = format!("apikey: {}", stack.service_role_key);
    let limit = 4 << 20;
    let declared = format!("{key}\r\nContent-Length: {}", limit + 1);
    let answer = post_in_part(&stack.deliver_url, &declared, "{").await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    // One byte less is waited for: the connection stays silent.
    let allowed = format!("{key}\r\nContent-Length: {limit}");
    let waiting = post_in_part(&stack.deliver_url, &allowed, "{");
    assert!(timeout(Duration::from_millis(500), waiting).await.is_err());

    // manage's is small enough to be sent at once.
    let user = stack.user().await;
    let limit = 256 << 10;
    for body in [
        " ".repeat(limit + 1),
        format!("{{\"url\":\"{}\"}}", "x".repeat(limit)),
    ] {
        let request = user.request(Method::POST, "/webhooks");
        let request = request.header("content-type", "application/json");
        let answer = Answer::of(request.body(body)).await;
        assert_eq!(answer.expect_error(413), "body_too_large");
        assert_eq!(answer.body["max_bytes"], limit);
    }
}

#[tokio::test]
async fn a_body_over_the_limit_that_declares_no_length_is_refused() {
    let stack = Stack::get();
    let headers = format!(
        "apikey: {}\r\nTransfer-Encoding: chunked",
        stack.service_role_key
    );
    // Each chunk 64 KiB: more than the limit in all, and no length in front.
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let answer = post_in_part(&stack.deliver_url, &headers, &chunk.repeat(65)).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn wrong_fields_are_named() {
    let user = Stack::get().user().await;
    let id = user.register("https://example.com/").await.id;
    let path = format!("/webhooks/{id}");
    for (body, field) in [
        (json!({"url": 7}), "url"),
        (json!({"url": "example.com"}), "url"),
        (json!({"url": "http://example.com/"}), "url"),
        (json!({"url": "https://user:pw@example.com/"}), "url"),
        (
            json!({"url": format!("https://example.com/{}", "x".repeat(2048))}),
            "url",
        ),
        (json!({"description": ["x"]}), "description"),
        (json!({"description": "x".repeat(501)}), "description"),
        (json!({"description": "a\u{0}b"}), "description"),
        (json!({"events": []}), "events"),
        (json!({"events": "vehicle.created"}), "events"),
        (json!({"events": [1]}), "events"),
        (json!({"events": ["a\u{0}"]}), "events"),
        (json!({"events": vec!["*"; 101]}), "events"),
        (json!({"is_active": "true"}), "is_active"),
        (json!({"user_id": user.id.to_string()}), "user_id"),
        (json!({"secret": "whsec_x"}), "secret"),
    ] {
        let mut create = json!({"url": "https://example.com/"});
        for (name, value) in body.as_object().unwrap() {
            create[name] = value.clone();
        }
        for answer in [
            user.post("/webhooks", &create).await,
            user.patch(&path, &body).await,
        ] {
            assert_eq!(answer.expect_error(400), "invalid_field", "{body}");
            assert_eq!(answer.body["field"], field);
        }
    }
    for (body, code) in [
        (json!({"url": null}), "invalid_field"),
        (json!({"is_active": null}), "invalid_field"),
        (json!({}), "invalid_body"),
    ] {
        assert_eq!(user.patch(&path, &body).await.expect_error(400), code);
    }
    let answer = user.post("/webhooks", &json!({})).await;
    assert_eq!(answer.expect_error(400), "invalid_field");
    assert_eq!(answer.body["error"], "url is required");
    let rotate = format!("{path}/rotate-secret");
    for hours in [json!(-1), json!(169), json!(1.5), json!("1")] {
        let answer = user
            .post(&rotate, &json!({"expires_in_hours": hours}))
            .await;
        assert_eq!(answer.expect_error(400), "invalid_field");
    }
}

#[tokio::test]
async fn wrong_events_are_named() {
    let stack = Stack::get();
    let event = |name: &str, value| {
        let mut event = json!({"event_type": "vehicle.created", "data": {}});
        event[name] = value;
        json!({"event": event})
    };
    let mut deep = json!({});
    for _ in 0..200 {
        deep = json!({"a": deep});
    }
    for (body, field) in [
        (json!({"action": "explode"}), "action"),
        (json!({"action": 1}), "action"),
        (json!({}), "event"),
        (json!({"event": []}), "event"),
        (json!({"event": {"data": {}}}), "event.event_type"),
        (
            json!({"event": {"event_type": "vehicle.created"}}),
            "event.data",
        ),
        (event("event_type", json!("*")), "event.event_type"),
        (event("event_type", json!("")), "event.event_type"),
        (
            event("event_type", json!("vehicle created")),
            "event.event_type",
        ),
        (
            event("event_type", json!("x".repeat(101))),
            "event.event_type",
        ),
        (event("data", json!("text")), "event.data"),
        (event("data", json!({"a": "\u{0}"})), "event.data"),
        (event("data", deep), "event.data"),
        (event("event_id", json!("")), "event.event_id"),
        (event("event_id", json!("two words")), "event.event_id"),
        (event("event_id", json!("caf\u{e9}")), "event.event_id"),
        (event("event_id", json!("a\r\nX-Evil: 1")), "event.event_id"),
        (event("event_id", json!("x".repeat(256))), "event.event_id"),
        (event("event_id", json!(7)), "event.event_id"),
        (event("user_id", json!("7")), "event.user_id"),
        (event("user_id", json!(null)), "event.user_id"),
        (event("max_attempts", json!(0)), "event.max_attempts"),
        (event("max_attempts", json!(101)), "event.max_attempts"),
        (event("max_attempts", json!("5")), "event.max_attempts"),
        (event("eventId", json!("x")), "event.eventId"),
        (json!({"action": "retry", "limit": 5}), "limit"),
    ] {
        let start = Instant::now();
        let answer = stack.deliver(&body).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{body}");
        assert_eq!(answer.body["field"], field, "{}", answer.body);
        assert!(start.elapsed() < Duration::from_secs(1));
    }
}

#[tokio::test]
async fn a_number_that_jsonb_cannot_hold_is_the_callers_fault() {
    let stack = Stack::get();
    for number in ["1e-99999", "1e999", &format!("0.{}1", "0".repeat(20_000))] {
        let body = format!(
            r#"{{"event": {{"event_type": "vehicle.created", "data": {{"n": {number}}}}}}}"#
        );
        let request = client()
            .post(&stack.deliver_url)
            .header("apikey", &stack.service_role_key)
            .header("content-type", "application/json")
            .body(body);
        let answer = Answer::of(request).await;
        assert_eq!(answer.expect_error(400), "invalid_field");
        assert_eq!(answer.body["field"], "event.data");
    }
}

#[tokio::test]
async fn an_event_larger_in_the_database_than_in_the_call_is_refused_whole() {
    let stack = Stack::get();
    let user = stack.user().await;
    let id = user.register("https://example.com/").await.id;
    let body = format!(
        r#"{{"event": {{"event_type": "vehicle.created", "user_id": "{}", "data": {{"n": [{}1]}}}}}}"#,
        user.id,
        "1e300,".repeat(2000)
    );
    let request = client()
        .post(&stack.deliver_url)
        .header("apikey", &stack.service_role_key)
        .header("content-type", "application/json")
        .body(body);
    let answer = Answer::of(request).await;
    assert_eq!(answer.expect_error(413), "payload_too_large");
    assert_eq!(answer.body["max_bytes"], 262_144);
    assert!(stack.deliveries(&id).await.is_empty());
}

#[tokio::test]
async fn wrong_methods_paths_and_types_are_told_so() {
    let stack = Stack::get();
    let user = stack.user().await;
    let id = user.register("https://example.com/").await.id;
    for (method, path, allow) in [
        (
            Method::PUT,
            "/webhooks".to_owned(),
            "GET, HEAD, POST, OPTIONS",
        ),
        (
            Method::DELETE,
            "/webhooks".to_owned(),
            "GET, HEAD, POST, OPTIONS",
        ),
        (
            Method::POST,
            format!("/webhooks/{id}"),
            "GET, HEAD, PATCH, DELETE, OPTIONS",
        ),
        (
            Method::GET,
            format!("/webhooks/{id}/rotate-secret"),
            "POST, OPTIONS",
        ),
    ] {
        let answer = user.call(method, &path, None).await;
        assert_eq!(answer.expect_error(405), "method_not_allowed");
        assert_eq!(answer.headers["allow"], allow);
    }
    for path in [
        "/",
        "/favicon.ico",
        "/webhooks/7",
        "/webhooks/x/y/z",
        "/webhooks%00",
    ] {
        assert_eq!(
            user.get(path).await.expect_error(404),
            "not_found",
            "{path}"
        );
    }
    let get = client().get(&stack.deliver_url);
    let answer = Answer::of(get.header("apikey", &stack.service_role_key)).await;
    assert_eq!(answer.expect_error(405), "method_not_allowed");
    let post = client().post(format!("{}/other", stack.deliver_url));
    let answer = Answer::of(post.header("apikey", &stack.service_role_key)).await;
    assert_eq!(answer.expect_error(404), "not_found");

    let propfind = Method::from_bytes(b"PROPFIND").unwrap();
    let answer = user.call(propfind, "/webhooks", None).await;
    assert_eq!(answer.expect_error(405), "method_not_allowed");
    let request = user
        .request(Method::POST, "/webhooks")
        .header("content-type", "text/html")
        .body(r#"{"url": "https://example.com/"}"#);
    let answer = Answer::of(request).await;
    assert_eq!(answer.expect_error(415), "unsupported_media_type");
}

#[tokio::test]
async fn headers_of_any_bytes_and_length_are_answered() {
    let stack = Stack::get();
    let long = "x".repeat(9000);
    for name in ["authorization", "x-api-key"] {
        for value in [
            b"Bearer caf\xc3\xa9".to_vec(),
            b"nk_live_\xff\xfe".to_vec(),
            b"Bearer a\tb".to_vec(),
            format!("Bearer {long}").into_bytes(),
            format!("nk_live_{long}").into_bytes(),
        ] {
            let value = reqwest::header::HeaderValue::from_bytes(&value).unwrap();
            let request = client()
                .get(format!("{}/webhooks", stack.manage_url))
                .header(name, value.clone());
            assert_eq!(Answer::of(request).await.expect_error(401), "unauthorized");
            let request = client()
                .post(&stack.deliver_url)
                .header(name, value)
                .json(&json!({"action": "retry"}));
            assert_eq!(Answer::of(request).await.expect_error(401), "unauthorized");
        }
    }
    let user = stack.user().await;
    user.get("/webhooks").await.expect(StatusCode::OK);
}

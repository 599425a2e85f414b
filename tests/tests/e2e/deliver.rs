//! Events reach the endpoints that want them, or are tried again.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::eventually;
use tests::receiver::{Fault, Receiver, faulty, nobody};
use tests::stack::{Answer, Endpoint, Stack, client};
use tests::workers::Workers;
use tokio::time::Instant;

use crate::SOON;

/// The one delivery of an endpoint, once `ready` says so.
async fn delivery(stack: &Stack, endpoint: &Endpoint, ready: impl Fn(&Value) -> bool) -> Value {
    eventually("the delivery", SOON, async || {
        let deliveries = stack.deliveries(&endpoint.id).await;
        deliveries.into_iter().next().filter(&ready)
    })
    .await
}

/// Has whatever is due sent.
async fn retry(stack: &Stack) {
    stack
        .deliver(&json!({"action": "retry"}))
        .await
        .expect(StatusCode::OK);
}

#[tokio::test]
async fn an_event_arrives_as_it_was_sent() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let endpoint = user.register(&format!("{}/hook?a=b", receiver.url)).await;
    let data = json!({"vin": "1FTFW1E50PFA00001", "nested": {"é": [1, 2.5, null, true]}});
    let answer = stack.emit(&user, "vehicle.created", data.clone()).await;

    let body = answer.expect(StatusCode::OK);
    let counts = ["delivered", "failed", "retrying", "pending", "duplicates"];
    assert_eq!(
        counts.map(|name| body[name].as_u64().unwrap()),
        [1, 0, 0, 0, 0]
    );
    assert_eq!(body["success"], true);
    let result = &body["results"][0];
    assert_eq!(result["endpoint_id"], endpoint.id);
    assert_eq!(result["status"], "success");
    assert_eq!(result["response_status"], 200);
    assert!(result["response_time_ms"].is_u64());
    assert!(result.get("error").is_none());

    let arrivals = receiver.arrivals();
    assert_eq!(arrivals.len(), 1);
    assert_eq!(arrivals[0].path, "/hook");
    assert_eq!(arrivals[0].header("content-type"), "application/json");
    assert_eq!(
        arrivals[0].header("webhook-id"),
        body["event_id"].as_str().unwrap()
    );
    let sent = arrivals[0].json();
    assert_eq!(sent["id"], body["event_id"]);
    assert_eq!(sent["type"], "vehicle.created");
    assert_eq!(sent["data"], data);
    assert_eq!(sent["livemode"], true);
    assert!(sent["created"].is_u64());
    assert_eq!(sent.as_object().unwrap().len(), 5);

    let kept = delivery(&stack, &endpoint, |_| true).await;
    assert_eq!(kept["id"], result["delivery_id"]);
    assert_eq!(kept["status"], "success");
    assert_eq!(kept["attempts"], 1);
    assert_eq!(kept["response_body"], "the receiver's answer");
    assert!(kept["delivered_at"].is_string() && kept["next_retry_at"].is_null());
}

#[tokio::test]
async fn an_event_reaches_only_those_who_want_it() {
    let stack = Stack::get();
    let (user, other) = (stack.user().await, stack.user().await);
    let receiver = Receiver::start(200).await;
    let url = |path: &str| format!("{}/{path}", receiver.url);
    user.register(&url("all")).await;
    user.register_for(&url("created"), &["vehicle.created", "import.completed"])
        .await;
    user.register_for(&url("deleted"), &["vehicle.deleted"])
        .await;
    let off = user.register(&url("off")).await;
    user.patch(
        &format!("/webhooks/{}", off.id),
        &json!({"is_active": false}),
    )
    .await
    .expect(StatusCode::OK);
    other.register(&url("other")).await;

    let answer = stack.emit(&user, "vehicle.created", json!({})).await;
    assert_eq!(answer.expect(StatusCode::OK)["delivered"], 2);
    let mut paths: Vec<_> = receiver.arrivals().into_iter().map(|a| a.path).collect();
    paths.sort();
    assert_eq!(paths, ["/all", "/created"]);
}

#[tokio::test]
async fn an_event_for_nobody_in_particular_reaches_every_users_endpoints() {
    let stack = Stack::get();
    let mut endpoints = Vec::new();
    for _ in 0..2 {
        let user = stack.user().await;
        endpoints.push(user.register("https://example.com/").await.id);
    }
    // In a transaction that is rolled back: nobody else on this stack is to get it.
    let mut database = stack.database().await;
    let transaction = database.transaction().await.unwrap();
    let events = json!([{"event_type": "vehicle.created", "data": {}}]).to_string();
    let enqueued: Value = transaction
        .query_one(
            "select public.enqueue_webhook_events($1, 100000, 60)",
            &[&events],
        )
        .await
        .unwrap()
        .get(0);
    let reached = enqueued["batch"]["claimed"].as_array().unwrap();
    for id in endpoints {
        assert!(reached.iter().any(|claimed| claimed["endpoint_id"] == *id));
    }
}

#[tokio::test]
async fn the_same_event_never_becomes_a_second_delivery() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let endpoint = user.register(&receiver.url).await;
    let event = json!({"event": {"event_type": "vehicle.created", "data": {},
        "event_id": format!("order-{}", user.id), "user_id": user.id.to_string()}});
    let first = stack.deliver(&event).await;
    let first = first.expect(StatusCode::OK);
    assert_eq!(
        (&first["delivered"], &first["duplicates"]),
        (&json!(1), &json!(0))
    );
    for _ in 0..3 {
        let again = stack.deliver(&event).await;
        let again = again.expect(StatusCode::OK);
        assert_eq!(
            (&again["delivered"], &again["duplicates"]),
            (&json!(0), &json!(1))
        );
        assert_eq!(again["event_id"], event["event"]["event_id"]);
    }
    assert_eq!(receiver.arrivals().len(), 1);
    assert_eq!(stack.deliveries(&endpoint.id).await.len(), 1);
}

#[tokio::test]
async fn a_number_beyond_doubles_keeps_its_digits_and_every_attempt_sends_the_same_bytes() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(503).await;
    let endpoint = user.register(&receiver.url).await;
    let body = format!(
        r#"{{"event": {{"event_type": "vehicle.created", "user_id": "{}",
        "data": {{"big": 12345678901234567890.123456789, "b":  1, "a": "\u00e9"}}}}}}"#,
        user.id
    );
    let request = client()
        .post(&stack.deliver_url)
        .header("apikey", &stack.service_role_key)
        .header("content-type", "application/json")
        .body(body);
    Answer::of(request).await.expect(StatusCode::OK);
    delivery(&stack, &endpoint, |d| d["attempts"] == 1).await;
    stack.make_due(&endpoint.id).await;
    retry(&stack).await;
    let arrivals = receiver.wait_for(2, SOON).await;
    assert!(arrivals[0].body.contains("12345678901234567890.123456789"));
    assert_eq!(arrivals[0].body, arrivals[1].body);
}

#[tokio::test]
async fn failed_attempts_are_repeated_on_the_schedule_until_they_are_used_up() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(500).await;
    let endpoint = user.register(&receiver.url).await;
    let event = json!({"event_type": "vehicle.created", "data": {},
        "user_id": user.id.to_string(), "max_attempts": 7});
    let answer = stack.deliver(&json!({"event": event})).await;
    let body = answer.expect(StatusCode::OK);
    assert_eq!(body["retrying"], 1);
    assert_eq!(
        body["results"][0]["error"],
        "HTTP 500: Internal Server Error"
    );

    // Minutes after the first, second, … failure: the last step repeats.
    for (attempt, minutes) in [1, 5, 30, 120, 480, 480].into_iter().enumerate() {
        let attempt = attempt + 1;
        let kept = delivery(&stack, &endpoint, |d| d["attempts"] == attempt).await;
        assert_eq!(kept["status"], "retrying");
        assert_eq!(kept["last_error"], "HTTP 500: Internal Server Error");
        let wait = stack
            .sql(
                "select extract(epoch from d.next_retry_at - now())::float8 as seconds
                 from public.webhook_deliveries d where d.id::text = $1",
                &[&kept["id"].as_str().unwrap()],
            )
            .await;
        let seconds = wait[0]["seconds"].as_f64().unwrap();
        let scheduled = f64::from(minutes * 60);
        // After the first, up to a tenth longer or shorter.
        let slack = if attempt == 1 { 0.0 } else { scheduled / 10.0 };
        assert!(
            (scheduled - slack - 30.0..=scheduled + slack).contains(&seconds),
            "attempt {attempt}: {seconds} s instead of {scheduled} s"
        );
        stack.make_due(&endpoint.id).await;
        retry(&stack).await;
    }
    let kept = delivery(&stack, &endpoint, |d| d["attempts"] == 7).await;
    assert_eq!(kept["status"], "failed");
    assert!(kept["next_retry_at"].is_null());
    assert_eq!(receiver.arrivals().len(), 7);
}

#[tokio::test]
async fn a_delivery_succeeds_once_the_receiver_is_back() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(502).await;
    let endpoint = user.register(&receiver.url).await;
    stack
        .emit(&user, "vehicle.created", json!({}))
        .await
        .expect(StatusCode::OK);
    delivery(&stack, &endpoint, |d| d["attempts"] == 1).await;
    receiver.answer(204);
    stack.make_due(&endpoint.id).await;
    retry(&stack).await;
    let kept = delivery(&stack, &endpoint, |d| d["status"] == "success").await;
    assert_eq!(kept["attempts"], 2);
    assert_eq!(kept["response_status"], 204);
}

#[tokio::test]
async fn a_delivery_whose_endpoint_was_switched_off_fails_and_says_why() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(500).await;
    let endpoint = user.register(&receiver.url).await;
    stack
        .emit(&user, "vehicle.created", json!({}))
        .await
        .expect(StatusCode::OK);
    delivery(&stack, &endpoint, |d| d["attempts"] == 1).await;
    user.patch(
        &format!("/webhooks/{}", endpoint.id),
        &json!({"is_active": false}),
    )
    .await
    .expect(StatusCode::OK);
    stack.make_due(&endpoint.id).await;
    retry(&stack).await;
    let kept = delivery(&stack, &endpoint, |d| d["status"] == "failed").await;
    assert_eq!(kept["last_error"], "Endpoint was disabled");
    assert_eq!(kept["attempts"], 1);
    assert_eq!(receiver.arrivals().len(), 1);
}

#[tokio::test]
async fn only_2xx_is_success_and_a_redirect_is_not_followed() {
    let stack = Stack::get();
    for (status, expected, error) in [
        (200, "success", Value::Null),
        (204, "success", Value::Null),
        (
            301,
            "failed",
            json!("HTTP 301: Moved Permanently (redirects are not followed)"),
        ),
        (
            307,
            "failed",
            json!("HTTP 307: Temporary Redirect (redirects are not followed)"),
        ),
        (400, "failed", json!("HTTP 400: Bad Request")),
        (404, "failed", json!("HTTP 404: Not Found")),
        (503, "failed", json!("HTTP 503: Service Unavailable")),
    ] {
        let user = stack.user().await;
        let receiver = Receiver::start(status).await;
        user.register(&receiver.url).await;
        let event = json!({"event_type": "vehicle.created", "data": {},
            "user_id": user.id.to_string(), "max_attempts": 1});
        let answer = stack.deliver(&json!({"event": event})).await;
        let result = &answer.expect(StatusCode::OK)["results"][0];
        assert_eq!(result["status"], expected, "{status}");
        assert_eq!(result["response_status"], status);
        assert_eq!(result.get("error").unwrap_or(&Value::Null), &error);
        let paths: Vec<_> = receiver.arrivals().into_iter().map(|a| a.path).collect();
        assert_eq!(paths, ["/"], "{status}");
    }
}

#[tokio::test]
async fn receivers_that_misbehave_fail_in_time_and_leave_the_others_alone() {
    let stack = Stack::get();
    let workers = Workers::start(&stack, &json!({"DELIVERY_TIMEOUT_MS": "1000"})).await;
    let stack = stack.with_workers(&workers);
    let user = stack.user().await;
    let good = Receiver::start(200).await;
    let nobody = nobody().await;
    let no_tls = good.url.replace("http:", "https:");
    // What an owner reads; `None` where it is no failure: more of a body than is read is not
    // wanted, and what it says is the receiver's business.
    let mut expected = Vec::new();
    for (url, error) in [
        (good.url.clone(), None),
        (faulty(Fault::Hang).await, Some("timed out after 1000 ms")),
        (
            faulty(Fault::HangInBody).await,
            Some("did not end: timed out"),
        ),
        (faulty(Fault::Trickle).await, Some("did not end: timed out")),
        (faulty(Fault::Reset).await, Some("refused, or lost before")),
        (
            faulty(Fault::Nonsense).await,
            Some("refused, or lost before"),
        ),
        (
            faulty(Fault::ShortBody).await,
            Some("in the middle of the answer"),
        ),
        (nobody, Some("refused, or lost before")),
        (
            "https://does-not-exist.invalid/".to_owned(),
            Some("host is unknown"),
        ),
        (no_tls, Some("TLS failed")),
        (faulty(Fault::LongBody).await, None),
        (faulty(Fault::Interim).await, None),
        (faulty(Fault::NotUtf8).await, None),
        (faulty(Fault::NotGzip).await, None),
        (faulty(Fault::Endless).await, None),
        (faulty(Fault::Huge).await, None),
    ] {
        expected.push((user.register(&url).await, url, error));
    }

    let start = Instant::now();
    let answer = stack.emit(&user, "vehicle.created", json!({})).await;
    let results = answer.expect(StatusCode::OK)["results"]
        .as_array()
        .unwrap()
        .clone();
    assert!(start.elapsed() < Duration::from_secs(15));
    assert_eq!(results.len(), expected.len());
    for (endpoint, url, error) in expected {
        let result = results
            .iter()
            .find(|r| r["endpoint_id"] == endpoint.id)
            .unwrap();
        let status = if error.is_some() {
            "retrying"
        } else {
            "success"
        };
        assert_eq!(result["status"], status, "{url}: {result}");
        let text = result
            .get("error")
            .and_then(Value::as_str)
            .unwrap_or_default();
        assert!(text.contains(error.unwrap_or_default()), "{url}: {text}");
        let kept = stack.deliveries(&endpoint.id).await;
        assert_eq!(kept[0]["status"], status);
        assert_eq!(
            kept[0]["last_error"],
            result.get("error").cloned().unwrap_or_default()
        );
        let body = kept[0]["response_body"].as_str().unwrap_or_default();
        assert!(body.chars().count() <= 1000);
    }
}

#[tokio::test]
async fn attempts_run_five_at_a_time() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start_slow(200, Duration::from_millis(500)).await;
    for _ in 0..12 {
        user.register(&receiver.url).await;
    }
    let answer = stack.emit(&user, "vehicle.created", json!({})).await;
    assert_eq!(answer.expect(StatusCode::OK)["delivered"], 12);
    assert_eq!(receiver.most_at_once(), 5);
}

#[tokio::test]
async fn what_is_beyond_a_batch_is_pending_and_sent_later() {
    let stack = Stack::get();
    let workers = Workers::start(&stack, &json!({"DELIVERY_BATCH": "2"})).await;
    let own = stack.with_workers(&workers);
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    for n in 0..5 {
        user.register(&format!("{}/{n}", receiver.url)).await;
    }
    let answer = own.emit(&user, "vehicle.created", json!({})).await;
    let body = answer.expect(StatusCode::OK);
    assert_eq!(
        (&body["delivered"], &body["pending"]),
        (&json!(2), &json!(3))
    );
    assert_eq!(body["results"].as_array().unwrap().len(), 2);
    // Nothing is sent twice, whoever sends the rest.
    for _ in 0..2 {
        retry(&own).await;
    }
    let mut paths: Vec<_> = receiver
        .wait_for(5, Duration::from_secs(90))
        .await
        .into_iter()
        .map(|a| a.path)
        .collect();
    paths.sort();
    assert_eq!(paths, ["/0", "/1", "/2", "/3", "/4"]);
}

#[tokio::test]
async fn retry_says_so_when_nothing_is_due() {
    let stack = Stack::get();
    eventually("nothing due", SOON, async || {
        let answer = stack.deliver(&json!({"action": "retry"})).await;
        let body = answer.expect(StatusCode::OK);
        if body.get("message").is_none() {
            // Another test's deliveries.
            let counts = ["processed", "succeeded", "failed", "retrying"];
            assert!(counts.iter().all(|name| body[name].is_u64()), "{body}");
            return None;
        }
        assert_eq!(*body, json!({"message": "No pending deliveries to retry"}));
        Some(())
    })
    .await;
}

#[tokio::test]
async fn only_the_service_key_is_let_in() {
    let stack = Stack::get();
    let user = stack.user().await;
    let almost = &stack.service_role_key[..stack.service_role_key.len() - 1];
    let refused = [
        ("apikey", stack.publishable_key.clone()),
        ("apikey", almost.to_owned()),
        ("apikey", format!("{}x", stack.service_role_key)),
        ("authorization", format!("Bearer {}", user.jwt)),
        ("authorization", stack.service_role_key.clone()),
        ("x-api-key", stack.service_role_key.clone()),
    ];
    for (name, value) in refused {
        let request = client()
            .post(&stack.deliver_url)
            .header(name, value)
            .json(&json!({"action": "retry"}));
        assert_eq!(Answer::of(request).await.expect_error(401), "unauthorized");
    }
    for (path, name, value) in [
        ("/", "apikey", stack.service_role_key.clone()),
        (
            "/webhooks-deliver",
            "authorization",
            format!("Bearer {}", stack.service_role_key),
        ),
        (
            "/functions/v1/webhooks-deliver",
            "apikey",
            stack.service_role_key.clone(),
        ),
    ] {
        let request = client()
            .post(format!("{}{path}", stack.deliver_url))
            .header(name, value)
            .json(&json!({"action": "retry"}));
        Answer::of(request).await.expect(StatusCode::OK);
    }
}

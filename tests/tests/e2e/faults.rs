//! What happens when the database cannot be reached, or a setting is wrong.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::api_proxy::{ApiProxy, Mode};
use tests::eventually;
use tests::receiver::{Fault, Receiver, faulty, nobody};
use tests::stack::{Answer, Stack, User, client};
use tests::workers::Workers;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::SOON;

async fn assert_unavailable(stack: &Stack, user: &User) {
    let start = Instant::now();
    let event = json!({"event": {"event_type": "vehicle.created", "data": {}}});
    for answer in [
        user.get("/webhooks").await,
        user.post("/webhooks", &json!({"url": "https://example.com/"}))
            .await,
        stack.deliver(&event).await,
        stack.deliver(&json!({"action": "retry"})).await,
    ] {
        assert_eq!(answer.expect_error(503), "database_unavailable");
        assert!(answer.headers.contains_key("retry-after"));
    }
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_database_that_is_down_slow_or_speaks_nonsense_is_a_503() {
    let stack = Stack::get();
    let proxy = ApiProxy::start(&stack).await;
    let changes = json!({stack.url_setting(): proxy.url, "DATABASE_TIMEOUT_MS": "500"});
    let workers = Workers::start(&stack, &changes).await;
    let stack = stack.with_workers(&workers);
    let user = stack.user().await;
    for mode in [
        Mode::Hang,
        Mode::Answer(500, "<html>oops</html>"),
        Mode::Answer(502, ""),
        Mode::Answer(200, "<html>a captive portal</html>"),
        Mode::Answer(200, ""),
        Mode::Answer(302, ""),
        Mode::Answer(404, r#"{"code":"PGRST202","message":"no such function"}"#),
        Mode::Answer(401, r#"{"message":"Invalid API key"}"#),
    ] {
        proxy.set(mode);
        assert_unavailable(&stack, &user).await;
    }
    // Valid JSON, of another shape.
    for body in ["null", "7", "{}", r#"{"events": [], "claimed": []}"#] {
        proxy.set(Mode::Answer(200, body));
        assert_unavailable(&stack, &user).await;
    }
    proxy.set(Mode::Answer(429, ""));
    assert_eq!(
        user.get("/webhooks").await.expect_error(429),
        "too_many_requests"
    );
    proxy.set(Mode::Pass);
    user.get("/webhooks").await.expect(StatusCode::OK);

    let changes = json!({stack.url_setting(): nobody().await});
    let workers = Workers::start(&stack, &changes).await;
    let stack = stack.with_workers(&workers);
    assert_unavailable(&stack, &user.on(&stack)).await;
}

#[tokio::test]
async fn an_event_whose_result_cannot_be_recorded_is_sent_again() {
    let stack = Stack::get();
    let proxy = ApiProxy::start(&stack).await;
    let workers = Workers::start(&stack, &json!({stack.url_setting(): proxy.url})).await;
    let own = stack.with_workers(&workers);
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let endpoint = user.register(&receiver.url).await;

    proxy.set(Mode::Fail("record_webhook_results"));
    let answer = own.emit(&user, "vehicle.created", json!({})).await;
    let body = answer.expect(StatusCode::OK);
    assert_eq!(
        (&body["delivered"], &body["pending"]),
        (&json!(0), &json!(1))
    );
    assert!(
        body["results"][0]["error"]
            .as_str()
            .unwrap()
            .contains("could not be recorded")
    );
    assert_eq!(receiver.arrivals().len(), 1);
    let calls = proxy.take_calls();
    assert_eq!(
        calls.len(),
        1 + 3,
        "one enqueue, three tries to record: {calls:?}"
    );

    // The lease brings it back.
    let kept = stack.deliveries(&endpoint.id).await;
    assert_eq!(kept[0]["status"], "pending");
    assert!(kept[0]["leased_until"].is_string());
    proxy.set(Mode::Pass);
    stack.make_due(&endpoint.id).await;
    stack
        .deliver(&json!({"action": "retry"}))
        .await
        .expect(StatusCode::OK);
    receiver.wait_for(2, SOON).await;
    tests::eventually("the success is recorded", SOON, async || {
        let kept = stack.deliveries(&endpoint.id).await;
        (kept[0]["status"] == "success").then(|| assert_eq!(kept[0]["attempts"], 1))
    })
    .await;
}

#[tokio::test]
async fn a_result_whose_recording_was_answered_in_vain_is_recorded_once() {
    let stack = Stack::get();
    let proxy = ApiProxy::start(&stack).await;
    let changes = json!({stack.url_setting(): proxy.url});
    let workers = Workers::start(&stack, &changes).await;
    let own = stack.with_workers(&workers);
    let user = stack.user().await;
    for (status, expected) in [(200, "success"), (500, "retrying")] {
        let receiver = Receiver::start(status).await;
        let endpoint = user.register(&receiver.url).await;
        proxy.set(Mode::LoseAnswer("record_webhook_results"));
        let event = json!({"event_type": "vehicle.created", "data": {},
            "user_id": user.id.to_string(), "max_attempts": 3});
        let answer = own.deliver(&json!({"event": event})).await;
        let results = answer.expect(StatusCode::OK)["results"].clone();
        let result = results
            .as_array()
            .unwrap()
            .iter()
            .find(|result| result["endpoint_id"] == endpoint.id)
            .unwrap();
        assert_eq!(result["status"], expected);
        let kept = stack.deliveries(&endpoint.id).await;
        assert_eq!(kept[0]["status"], expected);
        assert_eq!(kept[0]["attempts"], 1);
        let path = format!("/webhooks/{}", endpoint.id);
        user.delete(&path).await.expect(StatusCode::OK);
    }
}

#[tokio::test]
async fn a_setting_that_is_missing_or_wrong_is_named_and_not_shown() {
    let stack = Stack::get();
    for (name, value, manage, deliver) in [
        (stack.url_setting(), Value::Null, true, true),
        (stack.url_setting(), json!("not-a-url-7351"), true, true),
        ("SUPABASE_PUBLISHABLE_KEY", Value::Null, true, false),
        (
            "SUPABASE_SERVICE_ROLE_KEY",
            json!("two words 7351"),
            false,
            true,
        ),
        ("DELIVERY_TIMEOUT_MS", json!("fast-7351"), false, true),
        ("ALLOW_LOCAL_ENDPOINTS", json!("maybe-7351"), true, true),
    ] {
        // PostgREST itself needs no key of the worker's.
        if stack.is_plain_postgrest && name == "SUPABASE_PUBLISHABLE_KEY" {
            continue;
        }
        // Without either URL, Supabase's is the one that is missed.
        let named = if value.is_null() && name == "POSTGREST_URL" {
            "SUPABASE_URL"
        } else {
            name
        };
        let workers = Workers::start(&stack, &json!({name: value})).await;
        let stack = stack.with_workers(&workers);
        let user = stack.user().await;
        let answers = [
            (manage, user.get("/webhooks").await),
            (deliver, stack.deliver(&json!({"action": "retry"})).await),
        ];
        for (affected, answer) in answers {
            if affected {
                assert_eq!(answer.expect_error(500), "misconfigured", "{name}");
                assert_eq!(answer.body["setting"], named);
                assert!(!answer.body.to_string().contains("7351"));
            } else {
                let _ = answer.expect(StatusCode::OK);
            }
        }
        let log = tests::eventually("a log line", SOON, async || {
            Some(workers.log()).filter(|log| log.contains(named))
        })
        .await;
        assert!(!log.contains("7351"), "{log}");
    }
}

/// A panic is a bug; a worker of the tests has one on purpose.
#[tokio::test]
async fn a_panic_is_answered_500_and_logged_and_the_next_call_is_served() {
    let stack = Stack::get();
    let workers = Workers::start_with_caller(&stack, &json!({})).await;
    let url = workers.caller_url.as_deref().expect("it was asked for");
    let call = json!({
        "event_type": "a", "data": {}, "user_id": Uuid::new_v4().to_string(),
        "key": stack.service_role_key, "timeout_ms": 20_000,
    });
    // A call that is under way ends with the instance, too.
    let mut hanging = call.clone();
    let receiver = Receiver::start_slow(200, Duration::from_secs(60)).await;
    hanging["url"] = json!(receiver.url);
    let under_way = Answer::of(client().post(url).json(&hanging));
    let panicking = async {
        receiver.wait_for(1, SOON).await;
        Answer::of(client().get(format!("{url}/panic"))).await
    };
    let both = async { tokio::join!(under_way, panicking) };
    let (under_way, panicked) = timeout(Duration::from_secs(10), both)
        .await
        .expect("answers");
    for answer in [panicked, under_way] {
        assert_eq!(answer.expect_error(500), "internal");
        assert_eq!(answer.body["error"], "Something went wrong on our side");
    }
    for part in ["asked to panic", "tests/caller/src/lib.rs:"] {
        eventually("it is logged", SOON, async || {
            workers.log().contains(part).then_some(())
        })
        .await;
    }

    let answer = Answer::of(client().post(url).json(&call)).await;
    assert!(answer.body["event_id"].is_string(), "{}", answer.body);
}

/// Results are recorded after 5 seconds while a batch goes on; here that takes another 3.
#[tokio::test]
async fn a_reply_that_comes_while_others_are_recorded_keeps_its_own_response_time() {
    let stack = Stack::get();
    let proxy = ApiProxy::start(&stack).await;
    proxy.set(Mode::Delay(
        "record_webhook_results",
        Duration::from_secs(3),
    ));
    let changes = json!({stack.url_setting(): proxy.url});
    let workers = Workers::start(&stack, &changes).await;
    let stack = stack.with_workers(&workers);
    let user = stack.user().await;
    let quick = Receiver::start(200).await;
    let slow = Receiver::start_slow(200, Duration::from_secs(6)).await;
    user.register(&quick.url).await;
    let slow = user.register(&slow.url).await.id;
    let event = json!({
        "event_type": "vehicle.created", "data": {}, "user_id": user.id.to_string()
    });
    let answer = stack.deliver(&json!({"event": event})).await;
    let answer = answer.expect(StatusCode::OK);
    assert_eq!(answer["delivered"], 2, "{answer}");
    let results = answer["results"].as_array().unwrap();
    let result = results.iter().find(|r| r["endpoint_id"] == slow).unwrap();
    let time = result["response_time_ms"].as_u64().unwrap();
    assert!((6000..7000).contains(&time), "{time} ms");
}

#[tokio::test]
async fn settings_may_be_numbers_and_booleans_and_what_fits_no_setting_is_misconfigured() {
    let stack = Stack::get();
    let changes = json!({
        "DELIVERY_TIMEOUT_MS": 300, "ALLOW_LOCAL_ENDPOINTS": true, "DELIVERY_BATCH": "10",
    });
    let workers = Workers::start(&stack, &changes).await;
    let own = stack.with_workers(&workers);
    let user = own.user().await;
    user.register(&faulty(Fault::Hang).await).await;
    let event = json!({
        "event_type": "vehicle.created", "data": {}, "user_id": user.id.to_string()
    });
    let answer = own.deliver(&json!({"event": event})).await;
    let answer = answer.expect(StatusCode::OK);
    assert_eq!(
        answer["results"][0]["error"], "timed out after 300 ms",
        "{answer}"
    );

    for wrong in [json!(0.5), json!([15_000]), json!({"ms": 15_000})] {
        let workers = Workers::start(&stack, &json!({"DELIVERY_TIMEOUT_MS": wrong})).await;
        let answer = stack
            .with_workers(&workers)
            .deliver(&json!({"event": event}))
            .await;
        assert_eq!(answer.expect_error(500), "misconfigured");
        assert_eq!(answer.body["setting"], "DELIVERY_TIMEOUT_MS");
    }
}

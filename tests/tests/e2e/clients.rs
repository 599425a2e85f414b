//! The clients in `clients/`, against the stack they are for: what is emitted arrives, what
//! cannot be is a failure, and neither is ever more than that.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tests::private_stack::PrivateStack;
use tests::receiver::{Arrival, Fault, Receiver, faulty, nobody};
use tests::stack::{Answer, Stack, client};
use tests::workers::Workers;
use tests::{eventually, log_file};
use tokio::process::Command;
use tokio::time::Instant;
use uuid::Uuid;
use webhooks_client::{Audience, Event, Failure, ServiceKey, Target, trigger_webhook};

use crate::SOON;

const WRONG_KEY: &str = "sb_secret_wrong";

fn of_type(arrivals: &[Arrival], event_type: &str) -> usize {
    arrivals
        .iter()
        .filter(|arrival| arrival.json()["type"] == event_type)
        .count()
}

/// Its own tests say what it answers; here is what has arrived after them.
#[tokio::test]
async fn the_typescript_client_emits_each_event_once_and_never_rejects() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let stack = &private.stack;
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    user.register(&receiver.url).await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = Command::new(root.join("node_modules/.bin/node"))
        .args(["--test", "--test-reporter", "spec"])
        .arg(root.join("clients/typescript/trigger_webhook.test.ts"))
        .env("SUPABASE_URL", &stack.supabase_url)
        .env("SERVICE_KEY", &stack.service_role_key)
        .env("DELIVER_URL", &stack.deliver_url)
        .env("USER_ID", user.id.to_string())
        .output()
        .await
        .expect("Node is installed");
    let mut log = log_file("typescript-client");
    log.write_all(&output.stdout).unwrap();
    log.write_all(&output.stderr).unwrap();
    println!("{}", String::from_utf8_lossy(&output.stdout));
    println!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}", output.status);

    let wake = json!({"action": "wake"});
    stack.deliver(&wake).await;
    eventually("all is sent", SOON, async || {
        let left = "select from webhooks.outbox union all
            select from public.webhook_deliveries where status = 'pending'";
        let left = stack.database().await.query(left, &[]).await.unwrap();
        left.is_empty().then_some(())
    })
    .await;
    let arrivals = receiver.arrivals();
    for event_type in ["by.supabase", "by.url", "by.binding"] {
        assert_eq!(of_type(&arrivals, event_type), 1, "{event_type}");
    }
    assert_eq!(of_type(&arrivals, "by.unowned"), 0);
    private.stop().await;
}

#[tokio::test]
async fn an_event_of_the_rust_client_arrives_once() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let endpoint = user.register(&receiver.url).await;
    let user_id = user.id.to_string();
    let emit = async |event_id: Option<String>| {
        let key = ServiceKey::new(&stack.service_role_key);
        let target = Target::url(client(), &stack.deliver_url, key);
        let user_id = user_id.clone();
        // Spawned: it may move from thread to thread.
        let call = tokio::spawn(async move {
            let event = Event {
                event_type: "vehicle.created",
                data: json!({"vin": "1FTFW1E50PFA00001"}),
                audience: Audience::Owner(&user_id),
                event_id: event_id.as_deref(),
            };
            trigger_webhook(&target, &event).await
        });
        call.await.unwrap()
    };
    let event_id = emit(None).await.unwrap();
    assert_eq!(emit(Some(event_id.clone())).await.unwrap(), event_id);

    let arrivals = receiver.wait_for(1, SOON).await;
    assert_eq!(arrivals[0].header("webhook-id"), event_id);
    assert_eq!(arrivals[0].json()["data"]["vin"], "1FTFW1E50PFA00001");
    assert_eq!(stack.deliveries(&endpoint.id).await.len(), 1);
}

#[tokio::test]
async fn what_the_rust_client_cannot_emit_is_a_failure_with_the_id_to_repeat_it_with() {
    let stack = Stack::get();
    let failure = async |url: &str, key: &str, data: Value| -> Failure {
        let target = Target::url(client(), url, ServiceKey::new(key))
            .with_timeout(Duration::from_millis(500));
        let nobody = Uuid::nil().to_string();
        let event = Event {
            event_type: "nobody.wants",
            data,
            audience: Audience::Owner(&nobody),
            event_id: Some("evt_1"),
        };
        let start = Instant::now();
        let failure = trigger_webhook(&target, &event).await.unwrap_err();
        assert!(start.elapsed() < SOON, "{:?}: {failure}", start.elapsed());
        assert_eq!(failure.event_id, "evt_1");
        assert!(!failure.to_string().contains("password"), "{failure}");
        failure
    };
    let (deliver, key) = (&stack.deliver_url, &stack.service_role_key);

    let refused = failure(deliver, WRONG_KEY, json!({})).await;
    assert_eq!(
        (&*refused.code, refused.status),
        ("unauthorized", Some(401))
    );
    let refused = failure(deliver, key, json!([])).await;
    assert_eq!(refused.message, "event.data must be a JSON object");
    let dead = nobody().await.replace("//", "//name:password@");
    for (url, key, expected) in [
        (&*dead, key.as_str(), "unreachable"),
        ("no URL", key, "unreachable"),
        ("", key, "unreachable"),
        (deliver, "pass\nword", "unreachable"),
        (&faulty(Fault::Hang).await, key, "timeout"),
        (&faulty(Fault::HangInBody).await, key, "timeout"),
        (&faulty(Fault::Reset).await, key, "unreachable"),
        (&faulty(Fault::Nonsense).await, key, "unreachable"),
        (&Receiver::start(200).await.url, key, "unexpected_answer"),
        (&Receiver::start(307).await.url, key, "unexpected_answer"),
    ] {
        let failure = failure(url, key, json!({})).await;
        assert_eq!(failure.code, expected, "{failure}");
    }
}

#[tokio::test]
async fn a_value_that_is_no_json_is_a_failure_that_says_nothing_of_it() {
    let target = Target::url(client(), nobody().await, ServiceKey::new(WRONG_KEY));
    let event = Event {
        event_type: "nobody.wants",
        data: std::collections::HashMap::from([((), "of the payload")]),
        audience: Audience::Everyone,
        event_id: None,
    };
    let failure = trigger_webhook(&target, &event).await.unwrap_err();
    assert_eq!(failure.code, "invalid_event");
    assert!(!failure.message.contains("payload"), "{failure}");
}

#[tokio::test]
async fn a_worker_emits_through_a_service_binding_and_by_url() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    user.register(&receiver.url).await;
    let workers = Workers::start_with_caller(&stack, &json!({})).await;
    let url = workers.caller_url.as_deref().expect("it was asked for");
    let emit = async |event_type: &str, change: Value| {
        let mut call = json!({
            "event_type": event_type, "data": {}, "user_id": user.id.to_string(),
            "key": stack.service_role_key, "timeout_ms": 5000,
        });
        let change = change.as_object().unwrap().clone();
        call.as_object_mut().unwrap().extend(change);
        Answer::of(client().post(url).json(&call)).await.body
    };

    let by_binding = emit("by.binding", json!({})).await;
    let by_url = emit("by.url", json!({"url": workers.deliver_url})).await;
    let mut sent = [&by_binding, &by_url].map(|answer| answer["event_id"].as_str().unwrap());
    let arrivals = receiver.wait_for(2, SOON).await;
    let mut arrived: Vec<_> = arrivals.iter().map(|a| a.header("webhook-id")).collect();
    sent.sort_unstable();
    arrived.sort_unstable();
    assert_eq!(arrived, sent);

    let dead = nobody().await;
    let hanging = faulty(Fault::Hang).await;
    let hanging_in_body = faulty(Fault::HangInBody).await;
    let elsewhere = Receiver::start(307).await;
    for (change, expected) in [
        (json!({"key": WRONG_KEY}), "unauthorized"),
        (json!({"key": "pass\nword"}), "unreachable"),
        (json!({"data": []}), "invalid_field"),
        (json!({"url": dead}), "unreachable"),
        (json!({"url": "no URL"}), "unreachable"),
        (json!({"url": hanging, "timeout_ms": 300}), "timeout"),
        (
            json!({"url": hanging_in_body, "timeout_ms": 300}),
            "timeout",
        ),
        (json!({"url": elsewhere.url}), "unexpected_answer"),
    ] {
        let answer = emit("by.nobody", change.clone()).await;
        assert_eq!(answer["code"], expected, "{change}: {answer}");
        assert!(!answer.to_string().contains("word"), "{answer}");
        assert!(answer["event_id"].is_string(), "{answer}");
    }
    assert_eq!(elsewhere.arrivals().len(), 1);
}

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
use webhooks_client::manage::{
    EndpointChanges, Erasure, EventFilter, Filter, NewReplay, Scope, Status, WhichDeliveries,
    WhichEndpoints,
};
use webhooks_client::{
    Audience, Credential, Event, Failure, Manage, ServiceKey, Target, trigger_webhook,
    trigger_webhooks,
};

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
        .arg(root.join("clients/typescript/test/trigger_webhook.test.ts"))
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
async fn the_typescript_package_runs_in_node_deno_and_bun() {
    let stack = Stack::get();
    let receiver = Receiver::start_slow(200, Duration::from_millis(300)).await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (runtime, arguments) in [
        ("node", &[][..]),
        (
            "deno",
            &["run", "--allow-env", "--allow-net=127.0.0.1", "--no-remote"],
        ),
        ("bun", &["run"]),
    ] {
        let user = stack.user().await;
        let output = Command::new(root.join("node_modules/.bin").join(runtime))
            .args(arguments)
            .arg(root.join("clients/typescript/test/package.test.mjs"))
            .env("MANAGE_URL", &stack.manage_url)
            .env("DELIVER_URL", &stack.deliver_url)
            .env("SERVICE_KEY", &stack.service_role_key)
            .env("USER_JWT", &user.jwt)
            .env("USER_ID", user.id.to_string())
            .env("RECEIVER_URL", &receiver.url)
            .output()
            .await
            .expect("npm has installed it");
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{runtime}: {text}{errors}");
        assert!(text.ends_with("passed\n"), "{runtime}: {text}");
    }
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
                max_attempts: Some(7),
                deliver_at: None,
                expires_at: None,
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
    let deliveries = stack.deliveries(&endpoint.id).await;
    assert_eq!(deliveries.len(), 1);
    assert_eq!(deliveries[0]["max_attempts"], 7);
}

#[tokio::test]
async fn of_many_events_of_the_rust_client_each_is_stored_or_refused_by_itself() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    user.register(&receiver.url).await;
    let user_id = user.id.to_string();
    let key = ServiceKey::new(&stack.service_role_key);
    let target = Target::url(client(), &stack.deliver_url, key);
    let large = json!({"text": "x".repeat(300_000)});
    let ids: Vec<String> = (0..150).map(|n| format!("evt_{n}_{user_id}")).collect();
    let events: Vec<Event<Value>> = ids
        .iter()
        .enumerate()
        .map(|(n, id)| Event {
            event_type: "vehicle.created",
            data: if n == 101 {
                large.clone()
            } else {
                json!({"n": n})
            },
            audience: Audience::Owner(if n == 3 { "nobody" } else { &user_id }),
            event_id: Some(id),
            max_attempts: None,
            deliver_at: None,
            expires_at: None,
        })
        .collect();
    let outcomes = trigger_webhooks(&target, &events).await;
    assert_eq!(outcomes.len(), 150);
    for (n, (id, outcome)) in ids.iter().zip(&outcomes).enumerate() {
        let expected = match n {
            3 => Err("invalid_field"),
            101 => Err("payload_too_large"),
            _ => Ok(id),
        };
        let outcome = outcome.as_ref().map_err(|failure| failure.code.as_str());
        assert_eq!(outcome, expected, "{n}");
    }
    assert_eq!(receiver.wait_for(148, SOON).await.len(), 148);

    let nowhere = Target::url(client(), nobody().await, ServiceKey::new(WRONG_KEY));
    for outcome in trigger_webhooks(&nowhere, &events[..2]).await {
        assert_eq!(outcome.unwrap_err().code, "unreachable");
    }
}

/// From the first endpoint to the last API key.
#[tokio::test]
async fn the_rust_client_makes_every_call_of_manage() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let token = Credential::Token(user.jwt.clone());
    let manage = Manage::url(client(), &stack.manage_url, token);
    let changes = EndpointChanges {
        url: Some(receiver.url.clone()),
        events: Some(vec!["vehicle.*".to_owned()]),
        ..EndpointChanges::default()
    };
    let made = manage
        .create_endpoint(&changes, Some("key_1"))
        .await
        .unwrap();
    let again = manage
        .create_endpoint(&changes, Some("key_1"))
        .await
        .unwrap();
    let id = made.endpoint.id.as_str();
    assert_eq!(again.endpoint.id, id);
    assert_eq!(again.more.secret.expose(), made.more.secret.expose());
    assert!(!format!("{made:?}").contains("whsec_"));

    let changes = EndpointChanges {
        max_attempts: Some(Some(3)),
        description: Some(Some("a".to_owned())),
        ..EndpointChanges::default()
    };
    let endpoint = manage.update_endpoint(id, &changes).await.unwrap();
    assert_eq!(endpoint.max_attempts, Some(3));
    let rotated = manage.rotate_secret(id, Some(0), None).await.unwrap();
    assert_ne!(rotated.more.secret.expose(), made.more.secret.expose());
    let tested = manage
        .test_endpoint(id, Some("vehicle.deleted"))
        .await
        .unwrap();
    assert_eq!(tested.event_type, "vehicle.deleted");
    let wake = json!({"action": "wake"});
    stack.deliver(&wake).await;
    let delivery = eventually("the test arrives", SOON, async || {
        let delivery = manage.delivery(id, &tested.id).await.unwrap();
        (delivery.delivery.status == Status::Success).then_some(delivery)
    })
    .await;
    assert_eq!(delivery.attempt_log[0].response_status, Some(200));
    assert_eq!(delivery.payload.unwrap()["type"], "vehicle.deleted");
    let resent = manage.resend_delivery(id, &tested.id).await.unwrap();
    assert_eq!(resent.status, Status::Retrying);

    let filter = Filter {
        event_type: Some("vehicle.deleted".to_owned()),
        since: Some("2026-01-01T00:00:00+01:00".to_owned()),
        limit: Some(1),
        ..Filter::default()
    };
    let page = manage.deliveries(id, &filter).await.unwrap();
    assert_eq!((page.data.len(), page.next_cursor), (1, None));
    let shown = manage.endpoint(id).await.unwrap();
    assert_eq!(shown.more.recent_deliveries.len(), 1);
    let since = delivery.delivery.created_at.as_str();
    let recovery = manage.recover_deliveries(id, since, None).await.unwrap();
    assert_eq!((recovery.recovered, recovery.more), (0, false));
    for endpoint in [Some(id), None] {
        let stats = manage.stats(endpoint, "7d").await.unwrap();
        assert_eq!(stats.buckets.len(), 28);
        assert!(stats.attempts >= 1);
    }
    let filter = EventFilter {
        contains: Some(json!({"vin": "1FTFW1E50PFA00001"}).to_string()),
        ..EventFilter::default()
    };
    let events = manage.events(&filter).await.unwrap();
    assert_eq!(events.data.len(), 1);
    let event = manage.event(&events.data[0].event_id).await.unwrap();
    assert_eq!(event.event.event_type, "vehicle.deleted");
    assert!(event.endpoints[0].delivery.is_some());
    let test = manage.test_filter(id, "$.type == \"vehicle.deleted\"", None);
    let test = test.await.unwrap();
    assert_eq!((test.tested, test.matched, test.events.len()), (1, 1, 1));
    let replay = NewReplay {
        since: "2026-01-01".to_owned(),
        only: Some("failed".to_owned()),
        ..NewReplay::default()
    };
    let replay = manage.replay_events(id, &replay).await.unwrap();
    assert_eq!((&*replay.status, replay.replayed), ("done", 0));
    let replay_id = replay.id.unwrap();
    assert!(manage.replay(&replay_id).await.unwrap().looked_at >= 1);
    assert_eq!(
        manage.cancel_replay(&replay_id).await.unwrap().status,
        "done"
    );
    assert_eq!(manage.replays().await.unwrap().len(), 1);
    // One that waits: what was resent may be on its way already.
    let later = json!({"event_type": "vehicle.updated", "user_id": user.id, "data": {},
        "deliver_at": "2100-01-01T00:00:00Z"});
    let later = stack.deliver(&json!({"event": later})).await;
    assert_eq!(later.body["pending"], 1);
    let which = WhichDeliveries {
        endpoint_id: Some(id.to_owned()),
        event_type: Some("vehicle.updated".to_owned()),
        dry_run: true,
        ..WhichDeliveries::default()
    };
    assert_eq!(manage.resend_deliveries(&which).await.unwrap().matched, 0);
    let cancelled = manage.cancel_deliveries(&which).await.unwrap();
    assert_eq!((cancelled.matched, cancelled.changed), (1, 0));
    let all = WhichEndpoints::default();
    let paused = manage.pause_endpoints(&all).await.unwrap();
    assert_eq!((paused.matched, paused.changed), (1, 1));
    let resumed = manage.resume_endpoints(&all).await.unwrap();
    assert_eq!((resumed.matched, resumed.changed), (1, 1));
    let listed = manage.endpoints().await.unwrap();
    assert_eq!(listed[0].more.stats.total_deliveries, 2);
    let types = manage.event_types().await.unwrap();
    assert!(
        types
            .iter()
            .any(|t| t.name == "vehicle.created" && t.example.is_some())
    );

    let erasure = Erasure {
        contains: Some(json!({"vin": "1FTFW1E50PFA00001"})),
        ..Erasure::default()
    };
    let erased = manage.erase_events(&erasure).await.unwrap();
    assert_eq!((erased.matched, erased.changed), (1, 1));

    let made = manage
        .create_api_key("ci", &[Scope::Read], None, Some("key_2"))
        .await
        .unwrap();
    let again = manage
        .create_api_key("ci", &[Scope::Read], None, Some("key_2"))
        .await
        .unwrap();
    let key = made.key.unwrap().expose().to_owned();
    assert_eq!(again.key.unwrap().expose(), key);
    let reader = Manage::url(client(), &stack.manage_url, Credential::ApiKey(key));
    assert_eq!(reader.endpoints().await.unwrap().len(), 1);
    let refused = reader.delete_endpoint(id).await.unwrap_err();
    assert_eq!(
        (&*refused.code, refused.status),
        ("insufficient_scope", Some(403))
    );
    assert_eq!(manage.api_keys().await.unwrap().len(), 1);
    manage.delete_api_key(&made.id).await.unwrap();
    assert_eq!(reader.endpoints().await.unwrap_err().code, "unauthorized");

    manage.delete_endpoint(id).await.unwrap();
    let gone = manage.endpoint(id).await.unwrap_err();
    assert_eq!((&*gone.code, gone.status), ("not_found", Some(404)));
    let wrong = EndpointChanges::default();
    let wrong = manage.create_endpoint(&wrong, None).await.unwrap_err();
    assert_eq!(wrong.details["field"], "url");
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
            max_attempts: None,
            deliver_at: None,
            expires_at: None,
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
        max_attempts: None,
        deliver_at: None,
        expires_at: None,
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

//! Events in batches, events nobody waits for, and what follows after the answer.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::api_proxy::ApiProxy;
use tests::eventually;
use tests::private_stack::PrivateStack;
use tests::receiver::Receiver;
use tests::stack::{Answer, Stack, User, client};
use tests::workers::Workers;
use tokio::time::Instant;
use uuid::Uuid;

use crate::SOON;

fn event(user: &User, event_type: &str) -> Value {
    json!({"event_type": event_type, "data": {}, "user_id": user.id.to_string()})
}

/// Calls `deliver` with another key than the service key.
async fn deliver_with(stack: &Stack, key: &str, body: &Value) -> Answer {
    let request = client().post(&stack.deliver_url).bearer_auth(key);
    Answer::of(request.json(body)).await
}

#[tokio::test]
async fn each_event_of_a_batch_is_taken_or_refused_by_itself() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let endpoint = user.register(&receiver.url).await;
    let mut large = event(&user, "a");
    // Under the limit of a call, over the limit of a payload.
    large["data"] = json!({"text": "x".repeat(300_000)});
    let mut twice = event(&user, "b");
    twice["event_id"] = json!(format!("evt_{}", Uuid::new_v4()));
    let events = json!([
        twice, {"event_type": "no data"}, large, twice, event(&user, "c"), "no object",
    ]);
    let answer = stack
        .deliver(&json!({"action": "deliver", "events": events}))
        .await;

    let body = answer.expect(StatusCode::OK);
    assert_eq!(
        [&body["success"], &body["accepted"], &body["refused"]],
        [&json!(true), &json!(3), &json!(3)]
    );
    let answers = body["events"].as_array().unwrap();
    let counts = |n: usize| {
        ["delivered", "failed", "retrying", "pending", "duplicates"]
            .map(|name| answers[n][name].as_u64().unwrap())
    };
    assert_eq!(answers[0]["event_id"], twice["event_id"]);
    assert_eq!(counts(0), [1, 0, 0, 0, 0]);
    assert_eq!(answers[0]["results"][0]["endpoint_id"], endpoint.id);
    assert_eq!(answers[1]["code"], "invalid_field");
    assert!(
        answers[1]["error"]
            .as_str()
            .unwrap()
            .starts_with("event_type must be")
    );
    assert_eq!(answers[2]["code"], "payload_too_large");
    assert_eq!(answers[2]["max_bytes"], 262_144);
    assert_eq!(counts(3), [0, 0, 0, 0, 1]);
    assert_eq!(counts(4), [1, 0, 0, 0, 0]);
    assert_eq!(answers[5]["code"], "invalid_body");
    let mut arrived: Vec<_> = receiver
        .arrivals()
        .iter()
        .map(|a| a.json()["type"].clone())
        .collect();
    arrived.sort_by_key(Value::to_string);
    assert_eq!(arrived, ["b", "c"]);
}

#[tokio::test]
async fn a_batch_that_is_none_is_refused() {
    let stack = Stack::get();
    let one = json!({"event_type": "nobody.wants", "data": {}, "user_id": Uuid::nil()});
    for (body, expected) in [
        (json!({"events": []}), "events must have 1 to 100 entries"),
        (
            json!({"events": vec![&one; 101]}),
            "events must have 1 to 100 entries",
        ),
        (json!({"events": one}), "events must be a list"),
        (
            json!({"events": [one], "event": one}),
            "events must not come along with event",
        ),
        (
            json!({"event": one, "wait": 1}),
            "wait must be true or false",
        ),
        (json!({"wait": false}), "event is required"),
    ] {
        let answer = stack.deliver(&body).await;
        answer.expect_error(400);
        assert_eq!(answer.body["error"], expected);
    }
    // The database is not asked for a batch of which nothing is left.
    let answer = stack.deliver(&json!({"events": [{}]})).await;
    assert_eq!(answer.expect(StatusCode::OK)["refused"], 1);
}

#[tokio::test]
async fn a_caller_that_does_not_wait_is_answered_before_the_endpoint_answers() {
    let stack = Stack::get();
    let user = stack.user().await;
    let slow = Duration::from_secs(4);
    let receiver = Receiver::start_slow(200, slow).await;
    let endpoint = user.register(&receiver.url).await;
    let start = Instant::now();
    let one = stack
        .deliver(&json!({"event": event(&user, "a"), "wait": false}))
        .await;
    let many = stack
        .deliver(&json!({"events": [event(&user, "b"), {}], "wait": false}))
        .await;
    assert!(start.elapsed() < slow, "{:?}", start.elapsed());

    let body = one.expect(StatusCode::ACCEPTED);
    assert!(body["event_id"].is_string());
    assert!(body.get("results").is_none());
    let body = many.expect(StatusCode::ACCEPTED);
    assert!(body["events"][0]["event_id"].is_string());
    assert_eq!(body["events"][1]["code"], "invalid_field");
    eventually("both are recorded", SOON, async || {
        let deliveries = stack.deliveries(&endpoint.id).await;
        let done = deliveries
            .iter()
            .filter(|d| d["status"] == "success")
            .count();
        (done == 2).then_some(())
    })
    .await;
    assert_eq!(receiver.arrivals().len(), 2);
}

/// A pump that died is one whose lease nobody renews.
#[tokio::test]
async fn where_the_pump_died_the_next_call_takes_over_within_five_seconds() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let stack = &private.stack;
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    user.register(&receiver.url).await;
    let database = stack.database().await;
    let lease = "update webhooks.pump set leased_until = now() + interval '5 seconds'";
    database.execute(lease, &[]).await.unwrap();

    let body = json!({"event": event(&user, "a"), "wait": false});
    stack.deliver(&body).await.expect(StatusCode::ACCEPTED);
    let ended = "select from webhooks.pump where leased_until <= now()";
    eventually("the lease ends", SOON, async || {
        let ended = database.query(ended, &[]).await.unwrap();
        (!ended.is_empty()).then_some(())
    })
    .await;
    assert_eq!(
        receiver.arrivals().len(),
        0,
        "the first call left it to the pump"
    );
    stack.deliver(&body).await.expect(StatusCode::ACCEPTED);
    receiver.wait_for(2, SOON).await;
    private.stop().await;
}

#[tokio::test]
async fn what_a_call_has_no_room_for_follows_after_its_answer() {
    let private = PrivateStack::start_without_cron(&[("DELIVERY_BATCH", "2")]).await;
    let stack = &private.stack;
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    for _ in 0..7 {
        user.register(&receiver.url).await;
    }
    let answer = stack.emit(&user, "vehicle.created", json!({})).await;
    let body = answer.expect(StatusCode::OK);
    assert_eq!(
        (&body["delivered"], &body["pending"]),
        (&json!(2), &json!(5))
    );
    receiver.wait_for(7, SOON).await;
    private.stop().await;
}

/// The extension cannot be had here: a function of the same name notes what it is asked to
/// send, in the transaction, as the extension does, and the test sends it.
#[tokio::test]
async fn a_commit_wakes_deliver_once_and_a_rollback_does_not() {
    let private =
        PrivateStack::start_without_cron(&[("WAKE_UP_KEY", "wake-up-key-of-a-test")]).await;
    let stack = &private.stack;
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    user.register(&receiver.url).await;
    let mut database = stack.database().await;
    let emit = format!(
        "select public.emit_webhook_event('vehicle.created', '{{}}', '{}')",
        user.id
    );

    // Without the extension, and without knowing whom to call, an event is an event.
    database.batch_execute(&emit).await.unwrap();
    let extension = "create schema net;
        create table net.calls (url text, body jsonb, headers jsonb);
        create function net.http_post(
          url text, body jsonb default '{}', params jsonb default '{}',
          headers jsonb default '{}', timeout_milliseconds integer default 5000
        ) returns bigint language sql as
          $$ insert into net.calls values (url, body, headers) returning 1::bigint $$;";
    database.batch_execute(extension).await.unwrap();
    database.batch_execute(&emit).await.unwrap();
    let calls = "select * from net.calls";
    assert_eq!(stack.sql(calls, &[]).await.len(), 0);

    let whom = "insert into webhooks.wake_up (url, key) values ($1, 'wake-up-key-of-a-test')";
    database.execute(whom, &[&stack.deliver_url]).await.unwrap();
    let transaction = database.transaction().await.unwrap();
    transaction.batch_execute(&emit).await.unwrap();
    transaction.rollback().await.unwrap();
    assert_eq!(stack.sql(calls, &[]).await.len(), 0, "after a rollback");

    let mut transaction = database.transaction().await.unwrap();
    let savepoint = transaction.savepoint("s").await.unwrap();
    savepoint.batch_execute(&emit).await.unwrap();
    savepoint.rollback().await.unwrap();
    for _ in 0..3 {
        transaction.batch_execute(&emit).await.unwrap();
    }
    transaction.commit().await.unwrap();
    let noted = stack.sql(calls, &[]).await;
    assert_eq!(noted.len(), 1, "once for three events");
    assert_eq!(receiver.arrivals().len(), 0, "nobody has sent anything yet");

    let call = &noted[0];
    let mut request = client()
        .post(call["url"].as_str().unwrap())
        .body(call["body"].to_string());
    for (name, value) in call["headers"].as_object().unwrap() {
        request = request.header(name, value.as_str().unwrap());
    }
    Answer::of(request).await.expect(StatusCode::ACCEPTED);
    receiver.wait_for(5, SOON).await;

    // An extension that fails does not take the event along.
    let failing = "create or replace function net.http_post(
          url text, body jsonb default '{}', params jsonb default '{}',
          headers jsonb default '{}', timeout_milliseconds integer default 5000
        ) returns bigint language sql as $$ select 1 / 0 $$;";
    database.batch_execute(failing).await.unwrap();
    database.batch_execute(&emit).await.unwrap();
    stack
        .deliver(&json!({"action": "wake"}))
        .await
        .expect(StatusCode::ACCEPTED);
    receiver.wait_for(6, SOON).await;
    private.stop().await;
}

#[tokio::test]
async fn the_wake_up_key_opens_nothing_else() {
    let stack = Stack::get();
    let key = "wake-up-key-of-a-test";
    let workers = Workers::start(&stack, &json!({"WAKE_UP_KEY": key})).await;
    let woken = stack.with_workers(&workers);
    let event = json!({"event_type": "nobody.wants", "data": {}, "user_id": Uuid::nil()});
    for body in [
        json!({"action": "retry"}),
        json!({"action": "deliver", "event": event}),
        json!({"event": event}),
        json!({"action": "unknown"}),
        json!({}),
    ] {
        assert_eq!(
            deliver_with(&woken, key, &body).await.expect_error(401),
            "unauthorized"
        );
    }
    let wake = json!({"action": "wake"});
    deliver_with(&woken, key, &wake)
        .await
        .expect(StatusCode::ACCEPTED);
    // Where none is set, none is accepted.
    for key in [key, "", "undefined"] {
        deliver_with(&stack, key, &wake).await.expect_error(401);
    }
    assert!(!workers.log().contains(key));
}

/// The default is what the free plan of Workers allows: 50. Here 20, with a proxy that counts.
#[tokio::test]
async fn an_invocation_makes_no_more_requests_than_it_may() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let stack = &private.stack;
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    for _ in 0..50 {
        user.register(&receiver.url).await;
    }
    let database = stack.database().await;
    let emit = "select public.broadcast_webhook_event('vehicle.created', '{}')";
    database.batch_execute(emit).await.unwrap();

    let proxy = ApiProxy::start(stack).await;
    let settings = json!({"SUPABASE_URL": proxy.url, "MAX_SUBREQUESTS": "20"});
    let mut workers = Workers::start(stack, &settings).await;
    let mut before = 0;
    for tick in 0..3 {
        workers.cron().await;
        eventually("the tick is over", SOON, async || {
            let state = "select from public.webhook_deliveries
                where status = 'success' having count(*) > $1";
            let done = database
                .query(state, &[&i64::try_from(before).unwrap()])
                .await;
            (!done.unwrap().is_empty()).then_some(())
        })
        .await;
        let arrived = receiver.arrivals().len();
        let requests = proxy.take_calls().len() + arrived - before;
        assert!(
            arrived > before && requests <= 20,
            "tick {tick}: {requests}"
        );
        before = arrived;
    }
    // A call, too, with what follows after its answer.
    let limited = stack.with_workers(&workers);
    let answer = limited.emit(&user, "vehicle.updated", json!({})).await;
    assert_eq!(answer.expect(StatusCode::OK)["pending"], 50 - 13);
    let requests = proxy.take_calls().len() + receiver.arrivals().len() - before;
    assert!(requests <= 20, "{requests}");
    private.stop().await;
}

/// What is still under way when the invocation ends is no failure of the receiver.
#[tokio::test]
async fn an_attempt_that_an_invocation_has_no_time_for_is_given_back_too() {
    let private = PrivateStack::start_without_cron(&[("DELIVERY_TIMEOUT_MS", "60000")]).await;
    let stack = &private.stack;
    let user = stack.user().await;
    let receiver = Receiver::start_slow(200, Duration::from_secs(40)).await;
    let endpoint = user.register(&receiver.url).await;
    let body = json!({"event": event(&user, "a"), "wait": false});
    stack.deliver(&body).await.expect(StatusCode::ACCEPTED);
    receiver.wait_for(1, SOON).await;
    eventually("it is given back", Duration::from_secs(40), async || {
        let kept = stack.deliveries(&endpoint.id).await;
        let is_due = kept[0]["leased_until"].is_null() && kept[0]["claims"] == 1;
        is_due.then(|| assert_eq!(kept[0]["attempts"], 0))
    })
    .await;
    private.stop().await;
}

/// After its answer an invocation has 30 seconds: enough for twenty seconds of beginnings.
#[tokio::test]
async fn what_cannot_be_begun_in_time_is_given_back_and_costs_no_attempt() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let stack = &private.stack;
    let user = stack.user().await;
    let receiver = Receiver::start_slow(200, Duration::from_secs(3)).await;
    for _ in 0..50 {
        user.register(&receiver.url).await;
    }
    let body = json!({"event": event(&user, "a"), "wait": false});
    stack.deliver(&body).await.expect(StatusCode::ACCEPTED);
    let given_back = "select count(*) as n, count(*) filter (where attempts = 0) as unspent
        from public.webhook_deliveries
        where status = 'pending' and leased_until is null and unrecorded_claims = 0
          and claims = 1";
    let found = eventually(
        "the rest is given back",
        Duration::from_secs(45),
        async || {
            let found = stack.sql(given_back, &[]).await.remove(0);
            found["n"]
                .as_i64()
                .filter(|n| *n > 0)
                .map(|n| (n, found["unspent"].as_i64().unwrap()))
        },
    )
    .await;
    let sent = receiver.arrivals().len() as i64;
    assert_eq!(found, (50 - sent, 50 - sent));
    assert!((6..50).contains(&sent), "{sent}");
    private.stop().await;
}

/// What 10 ms of CPU are enough for; nothing of it is lost.
#[tokio::test]
async fn by_default_an_invocation_sends_ten_small_deliveries_or_one_large_one() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let stack = &private.stack;
    let defaults = json!({"DELIVERY_BATCH": null, "MAX_SUBREQUESTS": null, "MAX_SENT_BYTES": null});
    let mut workers = Workers::start(stack, &defaults).await;
    let limited = stack.with_workers(&workers);
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    for _ in 0..30 {
        user.register(&receiver.url).await;
    }
    let large = "x".repeat(250_000);
    // An invocation is over when it has written its line to the log.
    let is_over = async |workers: &Workers, trigger: &str, nth: usize| {
        let line = format!(r#""trigger":"{trigger}""#);
        eventually("the invocation is over", SOON, async || {
            (workers.log().matches(&line).count() >= nth).then_some(())
        })
        .await;
    };
    let mut ticks = 0;
    for (nth, (text, first, most)) in [("small", 10, 13), (&large, 1, 1)].into_iter().enumerate() {
        let before = receiver.arrivals().len();
        let answer = limited
            .emit(&user, "vehicle.created", json!({"text": text}))
            .await;
        let body = answer.expect(StatusCode::OK);
        assert_eq!(
            (&body["delivered"], &body["pending"]),
            (&json!(first), &json!(30 - first))
        );
        is_over(&workers, "http", nth + 1).await;
        let mut arrived = receiver.arrivals().len();
        assert!(arrived - before <= most, "{}", arrived - before);
        while arrived < before + 30 {
            ticks += 1;
            assert!(ticks < 60);
            workers.cron().await;
            is_over(&workers, "cron", ticks).await;
            let sent = receiver.arrivals().len() - arrived;
            assert!(sent <= most, "{sent} in a tick");
            arrived += sent;
        }
    }
    private.stop().await;
}

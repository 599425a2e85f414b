//! With the queue of wrangler.toml bound, work is spread over invocations. (Here one follows
//! the other: Miniflare hands out one message at a time.)

use std::collections::HashMap;

use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::json;
use tests::private_stack::PrivateStack;
use tests::receiver::Receiver;
use tests::workers::Workers;

use crate::SOON;

/// How often each delivery arrived, by its path and event.
fn arrivals(receiver: &Receiver) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for arrival in receiver.arrivals() {
        let key = format!("{} {}", arrival.path, arrival.header("webhook-id"));
        *counts.entry(key).or_default() += 1;
    }
    counts
}

/// The one batch that is under way calls for the next.
#[tokio::test]
async fn with_one_batch_at_a_time_everything_is_sent() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let settings = json!({"DELIVERY_BATCH": "5", "MAX_BATCHES": "1"});
    let workers = Workers::start_with_queue(&private.stack, &settings).await;
    let stack = private.stack.with_workers(&workers);
    let user = private.stack.user().await;
    let receiver = Receiver::start(200).await;
    for n in 0..30 {
        user.register(&format!("{}/{n}", receiver.url)).await;
    }
    let answer = stack.emit(&user, "vehicle.created", json!({})).await;
    assert_eq!(answer.expect(StatusCode::OK)["delivered"], 5);
    receiver.wait_for(30, SOON).await;
    assert!(arrivals(&receiver).values().all(|count| *count == 1));
    private.stop().await;
}

#[tokio::test]
async fn one_message_has_everything_sent_and_each_delivery_once() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let settings = json!({"DELIVERY_BATCH": "5"});
    let mut workers = Workers::start_with_queue(&private.stack, &settings).await;
    let stack = private.stack.with_workers(&workers);
    let user = private.stack.user().await;
    let receiver = Receiver::start(200).await;
    for n in 0..60 {
        user.register(&format!("{}/{n}", receiver.url)).await;
    }

    // By what a call has no room for.
    let answer = stack.emit(&user, "vehicle.created", json!({})).await;
    assert_eq!(answer.expect(StatusCode::OK)["delivered"], 5);
    receiver.wait_for(60, SOON).await;

    // By a wake-up, and by many of them at once: lost or repeated, a message changes nothing.
    let database = stack.database().await;
    let emit = "select public.broadcast_webhook_event('vehicle.updated', '{}')";
    database.batch_execute(emit).await.unwrap();
    let wake = json!({"action": "wake"});
    for answer in join_all((0..5).map(|_| stack.deliver(&wake))).await {
        answer.expect(StatusCode::ACCEPTED);
    }
    receiver.wait_for(120, SOON).await;

    // By the cron.
    database.batch_execute(emit).await.unwrap();
    workers.cron().await;
    receiver.wait_for(180, SOON).await;

    let counts = arrivals(&receiver);
    assert_eq!(counts.len(), 180);
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
    private.stop().await;
}

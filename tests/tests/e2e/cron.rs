//! The cron sends what is due, on schedule.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use tests::private_stack::PrivateStack;
use tests::receiver::Receiver;
use tokio::time::Instant;

/// On a stack that nobody else sends anything on: it is the cron, or nobody.
#[tokio::test]
async fn a_failed_delivery_is_repeated_by_the_cron_a_minute_later() {
    let private = PrivateStack::start(&[]).await;
    let stack = &private.stack;
    let user = stack.user().await;
    let receiver = Receiver::start(500).await;
    let endpoint = user.register(&receiver.url).await;
    stack
        .emit(&user, "vehicle.created", json!({}))
        .await
        .expect(StatusCode::OK);
    let failed_at = Instant::now();
    receiver.answer(200);

    // Due after a minute, sent by the first tick after that.
    receiver.wait_for(2, Duration::from_secs(130)).await;
    let waited = failed_at.elapsed();
    assert!(waited > Duration::from_secs(58), "{waited:?}");

    let path = format!("/webhooks/{}", endpoint.id);
    tests::eventually("the success is shown", crate::SOON, async || {
        let shown = user.get(&path).await;
        let delivery = shown.expect(StatusCode::OK)["data"]["recent_deliveries"][0].clone();
        (delivery["status"] == "success").then(|| assert_eq!(delivery["attempts"], 2))
    })
    .await;
    private.stop().await;
}

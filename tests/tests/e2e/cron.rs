//! The cron sends what is due, on schedule.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use tests::private_stack::PrivateStack;
use tests::receiver::{Fault, Receiver, faulty};
use tests::workers::Workers;
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

/// One owner has 100 endpoints that never answer; ten have one that does.
#[tokio::test]
async fn beside_a_hundred_hanging_endpoints_every_other_owner_s_delivery_leaves_in_the_next_tick() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let stack = &private.stack;
    let settings = json!({
        "SUPABASE_URL": stack.supabase_url, "DELIVERY_TIMEOUT_MS": 1000, "TICK_SECONDS": 5,
    });
    let mut workers = Workers::start(stack, &settings).await;
    let hanging = stack.user().await;
    let url = faulty(Fault::Hang).await;
    let add = "insert into public.webhook_endpoints (user_id, url)
        select $1, $2 from generate_series(1, 100)";
    let client = stack.database().await;
    client.execute(add, &[&hanging.id, &url]).await.unwrap();
    let receiver = Receiver::start(200).await;
    for _ in 0..10 {
        stack.user().await.register(&receiver.url).await;
    }
    let make_due = "insert into public.webhook_deliveries
          (endpoint_id, event_type, event_id, payload, next_retry_at)
        select id, 'a', gen_random_uuid()::text, '{}', now() - interval '1 minute'
        from public.webhook_endpoints where (user_id = $1) = $2";
    let ticks = async || -> i64 {
        let ticks = "select coalesce(max(ticks), 0) from webhooks.ticks";
        client.query_one(ticks, &[]).await.unwrap().get(0)
    };
    for tick in 1..=3 {
        client
            .execute(make_due, &[&hanging.id, &true])
            .await
            .unwrap();
        // From the second tick on it is known that they time out.
        let others = client.execute(make_due, &[&hanging.id, &false]).await;
        assert_eq!(others.unwrap(), 10);
        workers.cron().await;
        tests::eventually("the tick is over", Duration::from_secs(30), async || {
            (ticks().await == tick).then_some(())
        })
        .await;
        assert_eq!(receiver.arrivals().len(), 10 * tick as usize, "tick {tick}");
    }
    private.stop().await;
}

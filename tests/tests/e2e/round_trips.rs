//! How often the database is asked.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tests::api_proxy::ApiProxy;
use tests::private_stack::PrivateStack;
use tests::receiver::Receiver;
use tests::stack::Stack;
use tests::workers::Workers;

#[tokio::test]
async fn a_manage_call_is_one_postgrest_call_and_an_event_is_two() {
    let stack = Stack::get();
    let proxy = ApiProxy::start(&stack).await;
    let workers = Workers::start(&stack, &json!({stack.url_setting(): proxy.url})).await;
    let stack = stack.with_workers(&workers);
    let receiver = Receiver::start(200).await;
    let token = stack.user().await;

    for user in [token.clone(), token.by_api_key().await] {
        let endpoint = user.register(&receiver.url).await;
        assert_eq!(proxy.take_calls().len(), 1);
        let path = format!("/webhooks/{}", endpoint.id);
        user.get("/webhooks").await.expect(StatusCode::OK);
        assert_eq!(proxy.take_calls().len(), 1);
        user.get(&path).await.expect(StatusCode::OK);
        assert_eq!(proxy.take_calls().len(), 1);
        user.patch(&path, &json!({"description": "x"}))
            .await
            .expect(StatusCode::OK);
        assert_eq!(proxy.take_calls().len(), 1);
        user.call(Method::POST, &format!("{path}/rotate-secret"), None)
            .await
            .expect(StatusCode::OK);
        assert_eq!(proxy.take_calls().len(), 1);
        user.delete(&path).await.expect(StatusCode::OK);
        assert_eq!(proxy.take_calls().len(), 1);
    }

    // What owners do besides.
    let endpoint = token.register(&receiver.url).await;
    stack
        .emit(&token, "vehicle.created", json!({}))
        .await
        .expect(StatusCode::OK);
    let path = format!("/webhooks/{}", endpoint.id);
    let delivery = token.get(&format!("{path}/deliveries")).await;
    let delivery = delivery.expect(StatusCode::OK)["data"][0]["id"].clone();
    let delivery = format!("{path}/deliveries/{}", delivery.as_str().unwrap());
    let _calls = proxy.take_calls();
    let since = json!({"since": "2026-11-01", "until": "2026-11-10"});
    for (method, path, body) in [
        (Method::GET, format!("{path}/deliveries"), None),
        (Method::GET, delivery.clone(), None),
        (Method::POST, format!("{delivery}/resend"), None),
        (Method::POST, format!("{path}/recover"), Some(&since)),
        (Method::POST, format!("{path}/test"), None),
        (Method::GET, format!("{path}/stats"), None),
        (Method::GET, "/stats".to_owned(), None),
        (Method::GET, "/event-types".to_owned(), None),
        (Method::GET, "/api-keys".to_owned(), None),
    ] {
        let answer = token.call(method, &path, body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.body);
        let calls = proxy.take_calls();
        assert_eq!(calls.len(), 1, "{path}: {calls:?}");
    }
    token.delete(&path).await.expect(StatusCode::OK);

    let mut registered = 0;
    for endpoints in [0, 1, 50] {
        while registered < endpoints {
            token.register(&receiver.url).await;
            registered += 1;
        }
        let _registrations = proxy.take_calls();
        let answer = stack.emit(&token, "vehicle.created", json!({})).await;
        assert_eq!(answer.expect(StatusCode::OK)["delivered"], registered);
        let calls = proxy.take_calls();
        // With nobody to send to there is nothing to record.
        let expected = if endpoints == 0 { 1 } else { 2 };
        assert_eq!(calls.len(), expected, "{endpoints} endpoints: {calls:?}");
    }
}

#[tokio::test]
async fn a_batch_of_events_is_two_postgrest_calls_whatever_there_is_in_it() {
    let stack = Stack::get();
    let proxy = ApiProxy::start(&stack).await;
    let settings = json!({stack.url_setting(): proxy.url, "DELIVERY_BATCH": "200"});
    let workers = Workers::start(&stack, &settings).await;
    let stack = stack.with_workers(&workers);
    let receiver = Receiver::start(200).await;
    let user = stack.user().await;
    user.register(&receiver.url).await;
    user.register(&receiver.url).await;
    let _registrations = proxy.take_calls();

    let event = json!({"event_type": "a", "data": {}, "user_id": user.id.to_string()});
    let mut events = vec![event; 99];
    events.push(json!({"event_type": "not one"}));
    let answer = stack.deliver(&json!({"events": events})).await;
    assert_eq!(answer.expect(StatusCode::OK)["refused"], 1);
    assert_eq!(receiver.arrivals().len(), 99 * 2);
    let calls = proxy.take_calls();
    assert_eq!(calls.len(), 2, "{calls:?}");
}

#[tokio::test]
async fn what_many_calls_store_at_once_is_sent_by_few_calls_in_full_batches() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let proxy = ApiProxy::start(&private.stack).await;
    let settings = json!({"SUPABASE_URL": proxy.url});
    let workers = Workers::start(&private.stack, &settings).await;
    let stack = private.stack.with_workers(&workers);
    let user = private.stack.user().await;
    let receiver = Receiver::start(200).await;
    user.register(&receiver.url).await;
    let _registration = proxy.take_calls();

    let event = json!({"event_type": "a", "data": {}, "user_id": user.id.to_string()});
    let body = json!({"event": event, "wait": false});
    for answer in join_all((0..100).map(|_| stack.deliver(&body))).await {
        answer.expect(StatusCode::ACCEPTED);
    }
    receiver.wait_for(100, Duration::from_secs(20)).await;
    tests::eventually("all is recorded", Duration::from_secs(20), async || {
        let left = "select from public.webhook_deliveries where status = 'pending'";
        let left = private.stack.database().await.query(left, &[]).await;
        left.unwrap().is_empty().then_some(())
    })
    .await;
    let calls = proxy.take_calls();
    let of = |function: &str| calls.iter().filter(|call| call.ends_with(function)).count();
    assert_eq!(of("store_webhook_events"), 100);
    let others = calls.len() - 100;
    println!("100 calls stored 100 events, {others} calls sent them");
    assert!(others < 60, "{others} calls for 100 events");
    private.stop().await;
}

#[tokio::test]
async fn a_new_api_key_is_in_no_call_to_the_database_and_no_answer_of_it() {
    let stack = Stack::get();
    let proxy = ApiProxy::start(&stack).await;
    let workers = Workers::start(&stack, &json!({stack.url_setting(): proxy.url})).await;
    let user = stack.with_workers(&workers).user().await;
    let answer = user.post("/api-keys", &json!({"name": "mine"})).await;
    let answer = answer.expect(StatusCode::CREATED);
    let key = answer["data"]["key"].as_str().unwrap();
    let secret = key.strip_prefix("nk_live_").unwrap();
    assert_eq!(secret.len(), 64);
    let bodies = proxy.bodies();
    assert!(bodies.contains("sha256_") && !bodies.contains(secret));
}

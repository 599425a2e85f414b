//! Deliveries verify with libraries that others wrote.

use std::path::Path;
use std::process::Stdio;

use reqwest::StatusCode;
use serde_json::json;
use standardwebhooks::Webhook;
use tests::receiver::{Arrival, Receiver};
use tests::stack::Stack;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Whether Stripe's own library for Node accepts the delivery.
async fn stripe_verifies(arrival: &Arrival, header: &str, secret: &str) -> bool {
    const PROGRAM: &str = r#"
        import Stripe from "stripe";
        const { body, signature, secret } = JSON.parse(await new Response(process.stdin).text());
        try {
            const event = Stripe.webhooks.constructEvent(body, signature, secret);
            console.log(event.id === JSON.parse(body).id);
        } catch (error) {
            console.log(error instanceof Stripe.errors.StripeSignatureVerificationError ? false : error);
        }
    "#;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut node = Command::new(root.join("node_modules/.bin/node"))
        .args(["--input-type=module", "--eval", PROGRAM])
        .current_dir(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let input = json!({
        "body": arrival.body, "signature": arrival.header(header), "secret": secret,
    });
    let mut stdin = node.stdin.take().unwrap();
    stdin.write_all(input.to_string().as_bytes()).await.unwrap();
    drop(stdin);
    let output = node.wait_with_output().await.unwrap();
    match String::from_utf8(output.stdout).unwrap().trim() {
        "true" => true,
        "false" => false,
        other => panic!("Stripe's library said {other}"),
    }
}

/// Whether the reference library of Standard Webhooks accepts the delivery.
fn standard_verifies(arrival: &Arrival, secret: &str) -> bool {
    Webhook::new(secret)
        .unwrap()
        .verify(arrival.body.as_bytes(), &arrival.headers)
        .is_ok()
}

#[tokio::test]
async fn stripe_and_standard_webhooks_verify_a_delivery_with_the_same_secret() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let endpoint = user.register(&receiver.url).await;
    let data = json!({"text": "é ✓ \u{1f600}", "n": 1.50});
    stack
        .emit(&user, "vehicle.created", data)
        .await
        .expect(StatusCode::OK);
    let arrival = receiver.arrivals().remove(0);
    let mut tampered = arrival.clone();
    tampered.body = tampered.body.replace("vehicle.created", "vehicle.deleted");
    let wrong = format!("whsec_{}", "0".repeat(64));

    for header in ["stripe-signature", "nuke-signature"] {
        assert!(stripe_verifies(&arrival, header, &endpoint.secret).await);
        assert!(!stripe_verifies(&arrival, header, &wrong).await);
        assert!(!stripe_verifies(&tampered, header, &endpoint.secret).await);
    }
    assert!(standard_verifies(&arrival, &endpoint.secret));
    assert!(!standard_verifies(&arrival, &wrong));
    assert!(!standard_verifies(&tampered, &endpoint.secret));
    assert_eq!(
        arrival.header("nuke-timestamp"),
        arrival.header("webhook-timestamp")
    );
}

/// The second call may be a repetition, because the answer to the first was lost.
#[tokio::test]
async fn rotating_twice_within_the_overlap_keeps_the_first_secret_signing() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let first = user.register(&receiver.url).await;
    let path = format!("/webhooks/{}/rotate-secret", first.id);
    let mut secrets = vec![first.secret.clone()];
    for _ in 0..3 {
        let rotated = user.post(&path, &json!({"expires_in_hours": 24})).await;
        let secret = rotated.expect(StatusCode::OK)["data"]["secret"]
            .as_str()
            .unwrap()
            .to_owned();
        secrets.push(secret);
    }
    let emit = async |nth: usize| {
        stack
            .emit(&user, "vehicle.created", json!({}))
            .await
            .expect(StatusCode::OK);
        receiver.arrivals().remove(nth)
    };
    let arrival = emit(0).await;
    for secret in &secrets {
        assert!(stripe_verifies(&arrival, "stripe-signature", secret).await);
        assert!(standard_verifies(&arrival, secret));
    }
    // Each has its own end.
    let id = uuid::Uuid::parse_str(&first.id).unwrap();
    let end =
        "update public.webhook_endpoints set previous_secrets[2].expires_at = now() where id = $1";
    stack.database().await.execute(end, &[&id]).await.unwrap();
    let arrival = emit(1).await;
    let verifies = secrets
        .iter()
        .map(|secret| standard_verifies(&arrival, secret));
    assert_eq!(verifies.collect::<Vec<_>>(), [true, false, true, true]);

    // There is an end to it, and a way out.
    for _ in 0..8 {
        user.post(&path, &json!({})).await.expect(StatusCode::OK);
    }
    let many = user.post(&path, &json!({})).await;
    assert_eq!(many.expect_error(409), "too_many_secrets");
    let cut = user.post(&path, &json!({"expires_in_hours": 0})).await;
    let newest = cut.expect(StatusCode::OK)["data"]["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    let arrival = emit(2).await;
    assert!(standard_verifies(&arrival, &newest));
    assert_eq!(arrival.header("webhook-signature").split(' ').count(), 1);
    assert!(
        secrets
            .iter()
            .all(|secret| !standard_verifies(&arrival, secret))
    );
}

#[tokio::test]
async fn while_a_rotation_overlaps_both_secrets_verify_and_afterwards_only_the_new_one() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let old = user.register(&receiver.url).await;
    let path = format!("/webhooks/{}/rotate-secret", old.id);
    let rotated = user.post(&path, &json!({"expires_in_hours": 1})).await;
    let new = rotated.expect(StatusCode::OK)["data"]["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    stack
        .emit(&user, "vehicle.created", json!({}))
        .await
        .expect(StatusCode::OK);
    let arrival = receiver.arrivals().remove(0);
    for secret in [&old.secret, &new] {
        assert!(stripe_verifies(&arrival, "stripe-signature", secret).await);
        assert!(standard_verifies(&arrival, secret));
    }

    let rotated = user.post(&path, &json!({"expires_in_hours": 0})).await;
    let newest = rotated.expect(StatusCode::OK)["data"]["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    stack
        .emit(&user, "vehicle.created", json!({}))
        .await
        .expect(StatusCode::OK);
    let arrival = receiver.arrivals().remove(1);
    assert!(standard_verifies(&arrival, &newest));
    for secret in [&old.secret, &new] {
        assert!(!stripe_verifies(&arrival, "stripe-signature", secret).await);
        assert!(!standard_verifies(&arrival, secret));
    }
}

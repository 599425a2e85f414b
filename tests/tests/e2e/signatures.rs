//! Deliveries verify with libraries that others wrote.

use std::path::Path;
use std::process::Stdio;

use hmac::{Hmac, Mac};
use reqwest::StatusCode;
use reqwest::header::HeaderName;
use serde_json::{Value, json};
use sha2::Sha256;
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

/// Receivers that Svix or Convoy sent to before: the secret they have, the headers they look at.
#[tokio::test]
async fn receivers_of_svix_and_convoy_need_no_change() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let register = async |secret: &str, signature_headers: Value| {
        let body = json!({
            "url": receiver.url, "secret": secret, "signature_headers": signature_headers,
        });
        let answer = user.post("/webhooks", &body).await;
        let data = answer.expect(StatusCode::CREATED)["data"].clone();
        assert_eq!(data["secret"], secret);
        assert_eq!(data["signature_headers"], signature_headers);
        data["id"].as_str().unwrap().to_owned()
    };
    let emitted = async |n: usize| {
        let sent = stack
            .emit(&user, "vehicle.created", json!({"text": "é"}))
            .await;
        sent.expect(StatusCode::OK);
        receiver.arrivals().remove(n)
    };

    let svix = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let names =
        json!({"svix-id": "id", "svix-timestamp": "timestamp", "svix-signature": "standard"});
    let id = register(svix, names).await;
    let mut arrival = emitted(0).await;
    let names: Vec<_> = arrival
        .headers
        .keys()
        .map(|name| name.as_str().to_owned())
        .collect();
    for ours in ["webhook-", "nuke-", "stripe-"] {
        assert!(
            !names.iter().any(|name| name.starts_with(ours)),
            "{names:?}"
        );
    }
    for part in ["id", "timestamp", "signature"] {
        let value = arrival.headers[&format!("svix-{part}")].clone();
        let name: HeaderName = format!("webhook-{part}").parse().unwrap();
        arrival.headers.insert(name, value);
    }
    assert!(standard_verifies(&arrival, svix));
    user.delete(&format!("/webhooks/{id}")).await;

    let convoy = "endpoint-secret-of-convoy";
    let names = json!({"X-Convoy-Signature": "convoy", "X-Simple": "hex"});
    let id = register(convoy, names).await;
    let arrival = emitted(1).await;
    let hmac = |text: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(convoy.as_bytes()).unwrap();
        mac.update(text.as_bytes());
        let bytes = mac.finalize().into_bytes();
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let (t, v1) = arrival
        .header("x-convoy-signature")
        .split_once(",v1=")
        .unwrap();
    let t = t.strip_prefix("t=").unwrap();
    assert_eq!(v1, hmac(&format!("{t},{}", arrival.body)));
    assert_eq!(arrival.header("x-simple"), hmac(&arrival.body));

    // Back to the usual ones.
    let path = format!("/webhooks/{id}");
    let answer = user.patch(&path, &json!({"signature_headers": null})).await;
    assert_eq!(
        answer.expect(StatusCode::OK)["data"]["signature_headers"],
        Value::Null
    );
    assert!(emitted(2).await.headers.contains_key("webhook-signature"));
}

#[tokio::test]
async fn signature_headers_and_secrets_that_cannot_be_are_refused_by_name() {
    let stack = Stack::get();
    let user = stack.user().await;
    let post = async |changes: Value| {
        let mut body = json!({"url": "https://example.com/", "headers": {"X-Own": "a"}});
        body.as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        user.post("/webhooks", &body).await
    };
    for names in [
        json!({}),
        json!({"x-id": "id", "x-t": "timestamp"}),
        json!({"x-s": "sha1"}),
        json!({"x-s": 1}),
        json!({"x s": "hex"}),
        json!({"Content-Type": "hex"}),
        json!({"x_forwarded_for": "hex"}),
        json!({"x_own": "hex"}),
        json!({"x-s": "hex", "X_S": "hex"}),
        json!(["hex"]),
    ] {
        let answer = post(json!({"signature_headers": names})).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{names}");
        assert_eq!(answer.body["field"], "signature_headers", "{names}");
    }
    for secret in ["short", "sixteen chars é é", "sixteen characters"] {
        let answer = post(json!({"secret": secret})).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{secret}");
        assert_eq!(answer.body["field"], "secret", "{secret}");
    }
    let made = post(json!({"signature_headers": {"X-S": "hex"}})).await;
    let path = format!("/webhooks/{}", made.body["data"]["id"].as_str().unwrap());
    for (changes, field) in [
        (json!({"headers": {"x_s": "a"}}), "signature_headers"),
        (json!({"secret": "a secret of sixteen"}), "secret"),
        (json!({"signature_headers": {}}), "signature_headers"),
    ] {
        let answer = user.patch(&path, &changes).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{changes}");
        assert_eq!(answer.body["field"], field, "{changes}");
    }
}

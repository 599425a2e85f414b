//! Receives webhooks with axum.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use standardwebhooks::Webhook;

const MAX_BODY: usize = 1024 * 1024;
const MAX_IDS: usize = 10_000;
const TOLERANCE: u64 = 5 * 60;

type Verify = fn(&[String], &HeaderMap, &[u8]) -> Result<(), String>;

fn verify_by_hand(secrets: &[String], headers: &HeaderMap, body: &[u8]) -> Result<(), String> {
    let header = |name| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.ok_or(format!("{name} is missing"))
    };
    let id = header("webhook-id")?;
    let timestamp = header("webhook-timestamp")?;
    let signatures = header("webhook-signature")?;
    let seconds: u64 = timestamp
        .parse()
        .map_err(|_| "webhook-timestamp is not a number")?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_err(|error| error.to_string())?;
    // Both ways: an old request may be a replay, one from the future could be replayed for long.
    if now.as_secs().abs_diff(seconds) > TOLERANCE {
        return Err("webhook-timestamp is too far from now".into());
    }
    for secret in secrets {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap_or(secret));
        let key = key.map_err(|_| "the secret is not base64")?;
        let mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|error| error.to_string())?;
        let mac = mac
            .chain_update(format!("{id}.{timestamp}."))
            .chain_update(body);
        let fits = signatures
            .split(' ')
            .filter_map(|signature| STANDARD.decode(signature.strip_prefix("v1,")?).ok())
            // verify_slice compares in constant time.
            .any(|given| mac.clone().verify_slice(&given).is_ok());
        if fits {
            return Ok(());
        }
    }
    Err("no signature fits".into())
}

fn verify_with_library(secrets: &[String], headers: &HeaderMap, body: &[u8]) -> Result<(), String> {
    // Version 1.0.1 subtracts unchecked, and a debug build would panic on the lowest number.
    if headers
        .get("webhook-timestamp")
        .is_some_and(|value| value.as_bytes().starts_with(b"-"))
    {
        return Err("webhook-timestamp is negative".into());
    }
    let mut failure = String::new();
    for secret in secrets {
        match Webhook::new(secret).and_then(|webhook| webhook.verify(body, headers)) {
            Ok(()) => return Ok(()),
            Err(error) => failure = error.to_string(),
        }
    }
    Err(failure)
}

/// In production a table with a unique constraint on the id takes the place of this: it outlives
/// the process, and all your servers share it.
fn is_first(seen: &mut VecDeque<HeaderValue>, id: HeaderValue) -> bool {
    if seen.contains(&id) {
        return false;
    }
    if seen.len() == MAX_IDS {
        seen.pop_front();
    }
    seen.push_back(id);
    true
}

#[derive(Deserialize)]
struct Event {
    id: String,
    r#type: String,
}

/// In production a queue or a table takes the place of this call: write the event there before you
/// answer, so that no crash loses what you have confirmed.
async fn handle(event: Event, body: Bytes) {
    let data_sha256 = format!("{:x}", Sha256::digest(&body));
    println!(
        "{}",
        json!({ "id": event.id, "type": event.r#type, "data_sha256": data_sha256 })
    );
}

struct Receiver {
    secrets: Vec<String>,
    seen: Mutex<VecDeque<HeaderValue>>,
}

fn fail(status: StatusCode, reason: String) -> Response {
    (status, Json(json!({ "error": reason }))).into_response()
}

async fn not_found() -> Response {
    fail(StatusCode::NOT_FOUND, "not found".into())
}

async fn receive(
    verify: Verify,
    receiver: Arc<Receiver>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Response> {
    let body = body.map_err(|rejection| fail(rejection.status(), rejection.body_text()))?;
    let bad = |reason| fail(StatusCode::BAD_REQUEST, reason);
    verify(&receiver.secrets, &headers, &body).map_err(bad)?;
    let event = serde_json::from_slice(&body).map_err(|error| bad(error.to_string()))?;
    let id = headers["webhook-id"].clone();
    let first = is_first(&mut receiver.seen.lock().expect("no holder panics"), id);
    if first {
        tokio::spawn(handle(event, body));
    }
    Ok(Json(json!({ "received": true, "duplicate": !first })).into_response())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // One secret, or several separated by spaces while you rotate.
    let setting = std::env::var("WEBHOOK_SECRET").unwrap_or_default();
    let secrets: Vec<String> = setting.split_whitespace().map(str::to_owned).collect();
    if secrets.is_empty() {
        return Err("WEBHOOK_SECRET is not set".into());
    }
    let receiver = Arc::new(Receiver {
        secrets,
        seen: Mutex::default(),
    });
    let route = |verify: Verify| {
        post(
            move |State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body| {
                receive(verify, receiver, headers, body)
            },
        )
    };
    let app = Router::new()
        .route("/by-hand", route(verify_by_hand))
        .route("/with-library", route(verify_with_library))
        .fallback(not_found)
        .method_not_allowed_fallback(not_found)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(receiver);
    let address = format!("127.0.0.1:{}", std::env::var("PORT")?);
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

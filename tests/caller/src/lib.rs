//! A worker that emits an event with the client, as its caller asks it to, and answers what
//! became of that. At `/panic` it panics.

#![cfg(target_arch = "wasm32")]

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use webhooks_client::{Audience, Event, ServiceKey, Target, trigger_webhook};
use worker::{Context, Env, Request, Response, Result, event};

#[derive(Deserialize)]
struct Call {
    event_type: String,
    data: Value,
    user_id: String,
    event_id: Option<String>,
    /// In place of the service binding.
    url: Option<String>,
    key: String,
    timeout_ms: u64,
}

#[event(fetch)]
async fn fetch(mut request: Request, env: Env, _context: Context) -> Result<Response> {
    assert_ne!(request.path(), "/panic", "asked to panic");
    let call: Call = request.json().await?;
    let key = ServiceKey::new(call.key);
    let target = match call.url {
        Some(url) => Target::url(url, key),
        None => Target::binding(env.service("DELIVER")?, key),
    };
    let target = target.with_timeout(Duration::from_millis(call.timeout_ms));
    let event = Event {
        event_type: &call.event_type,
        data: call.data,
        audience: Audience::Owner(&call.user_id),
        event_id: call.event_id.as_deref(),
        max_attempts: None,
        deliver_at: None,
        expires_at: None,
    };
    let outcome = trigger_webhook(&target, &event).await;
    Response::from_json(&match outcome {
        Ok(event_id) => json!({"event_id": event_id}),
        Err(failure) => json!({
            "code": failure.code, "message": failure.message, "status": failure.status,
            "event_id": failure.event_id,
        }),
    })
}

//! Deliveries: looked at, and sent again.

use shared::error::Error;
use shared::fields::Fields;
use shared::json::Object;
use shared::postgrest::Database;
use shared::runtime::Reply;
use uuid::Uuid;

use crate::endpoints::{expect_fields, unexpected};
use crate::envelope;
use crate::query::Query;

fn endpoint(id: Uuid) -> Object {
    Object::new().with("endpoint_id", &id.to_string())
}

/// `GET /webhooks/:id/deliveries` → 200, newest first, with the cursor of the next page.
pub(crate) async fn list(database: &Database, id: Uuid, mut query: Query) -> Result<Reply, Error> {
    let mut parameters = endpoint(id);
    for name in ["status", "event_type", "since", "until", "cursor"] {
        if let Some(value) = query.take(name)? {
            parameters = parameters.with(name, &value);
        }
    }
    if let Some(limit) = query.take("limit")? {
        let limit: Option<u8> = limit.parse().ok().filter(|n| (1..=100).contains(n));
        let limit = limit
            .ok_or_else(|| Error::field("limit", "limit must be a whole number from 1 to 100"))?;
        parameters = parameters.with("page_size", &limit);
    }
    query.finish("status, event_type, since, until, cursor and limit")?;
    let answer = database
        .call("list_webhook_deliveries", &parameters)
        .await?;
    let mut fields = Fields::parse(answer.as_bytes()).map_err(|_| unexpected())?;
    let deliveries = fields.raw("deliveries").ok_or_else(unexpected)?;
    let cursor = fields.raw("next_cursor").ok_or_else(unexpected)?;
    let body = Object::new()
        .with_json("data", deliveries.get())
        .with_json("next_cursor", cursor.get());
    Ok(Reply::json(200, body.to_string()))
}

/// `GET /webhooks/:id/deliveries/:delivery_id` → 200 with the payload and every attempt.
pub(crate) async fn get(database: &Database, id: Uuid, delivery: Uuid) -> Result<Reply, Error> {
    let parameters = endpoint(id).with("delivery_id", &delivery.to_string());
    let answer = database.call("get_webhook_delivery", &parameters).await?;
    // JSON as text: so nobody on the way has changed a number in the payload.
    let data: String = serde_json::from_str(&answer).map_err(|_| unexpected())?;
    expect_fields(&data, &["id", "payload", "attempt_log"])?;
    Ok(Reply::json(200, envelope(Some(&data), None)))
}

/// `POST /webhooks/:id/deliveries/:delivery_id/resend` → 202. A body is not looked at.
pub(crate) async fn resend(database: &Database, id: Uuid, delivery: Uuid) -> Result<Reply, Error> {
    let parameters = endpoint(id).with("delivery_id", &delivery.to_string());
    let data = database
        .call("resend_webhook_delivery", &parameters)
        .await?;
    expect_fields(&data, &["id", "status"])?;
    let message = "The delivery is due now";
    Ok(Reply::json(202, envelope(Some(&data), Some(message))))
}

/// `POST /webhooks/:id/recover` `{since, until?}` → 202 with how many will be sent again.
pub(crate) async fn recover(database: &Database, id: Uuid, body: &[u8]) -> Result<Reply, Error> {
    let mut fields = Fields::parse(body)?;
    let expected = "a time such as 2026-11-24T08:30:00Z";
    let since: String = fields.required("since", expected)?;
    let until: Option<String> = fields.optional("until", expected)?;
    expect_text(&fields, "since", Some(&since))?;
    expect_text(&fields, "until", until.as_deref())?;
    fields.finish("since and until")?;
    let parameters = endpoint(id)
        .with("since", &since)
        .with("until", &until)
        .without_nulls();
    let data = database
        .call("recover_webhook_deliveries", &parameters)
        .await?;
    expect_fields(&data, &["recovered", "more"])?;
    let message = "The failed deliveries are due now";
    Ok(Reply::json(202, envelope(Some(&data), Some(message))))
}

/// `POST /webhooks/:id/test` `{event_type?}` → 202 with the delivery. The body may be left out.
pub(crate) async fn test(database: &Database, id: Uuid, body: &[u8]) -> Result<Reply, Error> {
    let mut parameters = endpoint(id);
    if !body.is_empty() {
        let mut fields = Fields::parse(body)?;
        if let Some(event_type) = fields.optional::<String>("event_type", "a string")? {
            expect_text(&fields, "event_type", Some(&event_type))?;
            parameters = parameters.with("event_type", &event_type);
        }
        fields.finish("event_type")?;
    }
    let data = database.call("test_webhook_endpoint", &parameters).await?;
    expect_fields(&data, &["id", "event_id"])?;
    let message = "The test event is due now";
    Ok(Reply::json(202, envelope(Some(&data), Some(message))))
}

/// Refuses U+0000: Postgres has no text with it to be asked about.
pub(crate) fn expect_text(fields: &Fields, name: &str, text: Option<&str>) -> Result<(), Error> {
    match text {
        Some(text) if text.contains('\0') => {
            Err(fields.error(name, "must not contain control characters"))
        }
        _ => Ok(()),
    }
}

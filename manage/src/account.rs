//! What belongs to the caller rather than to one endpoint: numbers, the catalogue of event
//! types, API keys.

use shared::error::Error;
use shared::fields::Fields;
use shared::json::Object;
use shared::postgrest::Database;
use shared::runtime::Reply;
use uuid::Uuid;

use crate::deliveries::expect_text;
use crate::endpoints::{expect_fields, unexpected};
use crate::envelope;
use crate::query::Query;

/// What an API key may do, for error messages.
const SCOPES: &str = "a list of read, write or both";

/// `GET /stats?window=` and `GET /webhooks/:id/stats?window=` → 200.
pub(crate) async fn stats(
    database: &Database,
    endpoint: Option<Uuid>,
    mut query: Query,
) -> Result<Reply, Error> {
    let mut parameters = Object::new();
    if let Some(window) = query.take("window")? {
        parameters = parameters.with("period", &window);
    }
    query.finish("window")?;
    let data = match endpoint {
        Some(id) => {
            let parameters = parameters.with("endpoint_id", &id.to_string());
            database
                .call("get_webhook_endpoint_stats", &parameters)
                .await?
        }
        None => database.call("get_webhook_stats", &parameters).await?,
    };
    expect_fields(&data, &["attempts", "buckets"])?;
    Ok(Reply::json(200, envelope(Some(&data), None)))
}

/// `GET /event-types` → 200.
pub(crate) async fn event_types(database: &Database) -> Result<Reply, Error> {
    list(database, "list_webhook_event_types").await
}

/// `GET /api-keys` → 200, never with a key.
pub(crate) async fn api_keys(database: &Database) -> Result<Reply, Error> {
    list(database, "list_webhook_api_keys").await
}

async fn list(database: &Database, function: &str) -> Result<Reply, Error> {
    let data = database.call(function, &Object::new()).await?;
    match data.starts_with('[') {
        true => Ok(Reply::json(200, envelope(Some(&data), None))),
        false => Err(unexpected()),
    }
}

/// `POST /api-keys` `{name, expires_at?, scopes?}` → 201, the one answer that holds the key.
pub(crate) async fn create_api_key(database: &Database, body: &[u8]) -> Result<Reply, Error> {
    let mut fields = Fields::parse(body)?;
    let name: String = fields.required("name", "a string")?;
    let expected = "a time such as 2026-11-24T08:30:00Z";
    let expires_at: Option<String> = fields.optional("expires_at", expected)?;
    expect_text(&fields, "name", Some(&name))?;
    expect_text(&fields, "expires_at", expires_at.as_deref())?;
    let scopes: Option<Vec<String>> = fields.optional("scopes", SCOPES)?;
    let is_scope = |scope: &String| ["read", "write"].contains(&scope.as_str());
    if scopes
        .as_ref()
        .is_some_and(|scopes| scopes.is_empty() || !scopes.iter().all(is_scope))
    {
        return Err(fields.error("scopes", &format!("must be {SCOPES}")));
    }
    fields.finish("name, expires_at and scopes")?;
    let parameters = Object::new()
        .with("name", &name)
        .with("expires_at", &expires_at)
        .with("scopes", &scopes)
        .without_nulls();
    let data = database.call("create_webhook_api_key", &parameters).await?;
    expect_fields(&data, &["id", "key"])?;
    let message = "API key created. Save it - it won't be shown again.";
    Ok(Reply::json(201, envelope(Some(&data), Some(message))))
}

/// `DELETE /api-keys/:id` → 200, or 404.
pub(crate) async fn delete_api_key(database: &Database, id: Uuid) -> Result<Reply, Error> {
    let parameters = Object::new().with("id", &id.to_string());
    database.call("delete_webhook_api_key", &parameters).await?;
    Ok(Reply::json(200, envelope(None, Some("API key deleted"))))
}

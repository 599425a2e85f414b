//! What belongs to the caller rather than to one endpoint: numbers, the catalogue of event
//! types, API keys.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use shared::error::Error;
use shared::parse::{self, Text};
use shared::platform::Reply;
use shared::postgrest::Database;
use shared::secret;
use uuid::Uuid;

use crate::idempotency::IdempotencyKey;
use crate::query::Query;
use crate::{expect, with_data, with_message};

/// What an answer with numbers has at least.
#[derive(Deserialize)]
struct Stats {
    #[serde(rename = "attempts")]
    _attempts: IgnoredAny,
    #[serde(rename = "buckets")]
    _buckets: IgnoredAny,
}

/// `GET /stats?window=` and `GET /webhooks/:id/stats?window=` → 200.
pub(crate) async fn stats(
    database: &Database,
    endpoint: Option<Uuid>,
    mut query: Query,
) -> Result<Reply, Error> {
    let parameters = json!({"endpoint_id": endpoint, "period": query.take("window")?});
    query.finish("window")?;
    let function = match endpoint {
        Some(_) => "get_webhook_endpoint_stats",
        None => "get_webhook_stats",
    };
    let data: Box<RawValue> = database.call(function, parameters).await?;
    expect::<Stats>(&data)?;
    Ok(with_data(200, &data))
}

/// `GET /stats/endpoints?window=` → 200.
pub(crate) async fn stats_by_endpoint(
    database: &Database,
    mut query: Query,
) -> Result<Reply, Error> {
    let parameters = json!({"period": query.take("window")?});
    query.finish("window")?;
    list(database, "list_webhook_endpoint_stats", parameters).await
}

/// `GET /event-types` → 200.
pub(crate) async fn event_types(database: &Database) -> Result<Reply, Error> {
    list(database, "list_webhook_event_types", json!({})).await
}

/// `GET /api-keys` → 200, never with a key.
pub(crate) async fn api_keys(database: &Database) -> Result<Reply, Error> {
    list(database, "list_webhook_api_keys", json!({})).await
}

/// Answers what a function lists.
pub(crate) async fn list(
    database: &Database,
    function: &str,
    parameters: Value,
) -> Result<Reply, Error> {
    let data: Box<RawValue> = database.call(function, parameters).await?;
    expect::<Vec<IgnoredAny>>(&data)?;
    Ok(with_data(200, &data))
}

/// What an API key may do.
#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Scope {
    Read,
    Write,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewApiKey {
    name: Text,
    expires_at: Option<Text>,
    scopes: Option<Vec<Scope>>,
}

/// `POST /api-keys` `{name, expires_at?, scopes?}` → 201, the one answer that holds the key. It is made
/// here, of a seed and the `Idempotency-Key`. The database is given its hash and the seed, and answers a repeated
/// call with the seed of the first, so that the same key is made again.
pub(crate) async fn create_api_key(
    database: &Database,
    body: &[u8],
    key: &IdempotencyKey,
) -> Result<Reply, Error> {
    /// The database's answer, and the key.
    #[derive(Deserialize, Serialize)]
    struct Created {
        id: Uuid,
        #[serde(skip_serializing)]
        seed: String,
        #[serde(skip_deserializing)]
        key: String,
        #[serde(flatten)]
        rest: Map<String, Value>,
    }
    #[derive(Serialize)]
    struct Answer {
        data: Created,
        message: &'static str,
    }
    let new: NewApiKey = parse::body(body)?;
    if new.scopes.as_ref().is_some_and(Vec::is_empty) {
        return Err(Error::field(
            "scopes",
            "must be a list of read, write or both",
        ));
    }
    let seed = hex::encode(secret::random::<32>());
    let text = key.or_random();
    let (_, api_key_hash) = secret::api_key(&seed, text.as_str());
    let [key_hash, request_hash] = key.hashes("create_webhook_api_key", body);
    let parameters = json!({
        "name": new.name, "key_hash": api_key_hash, "expires_at": new.expires_at,
        "scopes": new.scopes, "seed": seed, "call_key_hash": key_hash,
        "request_hash": request_hash,
    });
    let mut data: Created = database.call("create_webhook_api_key", parameters).await?;
    let (api_key, _) = secret::api_key(&data.seed, text.as_str());
    data.key = api_key.expose().to_owned();
    let message = "API key created. Save it - it won't be shown again.";
    Ok(Reply::json(201, &Answer { data, message }))
}

/// `DELETE /api-keys/:id` → 200, or 404.
pub(crate) async fn delete_api_key(database: &Database, id: Uuid) -> Result<Reply, Error> {
    let parameters = json!({"id": id});
    let _: IgnoredAny = database.call("delete_webhook_api_key", parameters).await?;
    Ok(with_message(200, "API key deleted"))
}

//! Calls about many deliveries, endpoints or events at once. With `dry_run` they are counted, and nothing is changed.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use shared::error::Error;
use shared::event::{EventId, EventType};
use shared::parse::{self, Text};
use shared::platform::Reply;
use shared::postgrest::Database;
use uuid::Uuid;

use crate::events::storable_object;
use crate::{account, expect, with_data};

/// Which deliveries.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Deliveries {
    endpoint_id: Option<Uuid>,
    event_type: Option<EventType>,
    since: Option<Text>,
    until: Option<Text>,
    dry_run: Option<bool>,
}

/// What a count has at least.
#[derive(Deserialize)]
struct Counted {
    #[serde(rename = "matched")]
    _matched: u64,
}

/// `POST /deliveries/resend` and `POST /deliveries/cancel` `{endpoint_id?, event_type?, since?, until?, dry_run?}`
/// → 200. `function` is the one of the two.
pub(crate) async fn deliveries(
    database: &Database,
    function: &str,
    body: &[u8],
) -> Result<Reply, Error> {
    let which: Deliveries = parse::optional_body(body)?;
    count(database, function, json!(which)).await
}

/// `POST /webhooks/pause` and `POST /webhooks/resume` `{endpoint_ids?, metadata?, dry_run?}` → 200.
pub(crate) async fn switch(
    database: &Database,
    is_active: bool,
    body: &[u8],
) -> Result<Reply, Error> {
    #[derive(Default, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Endpoints {
        endpoint_ids: Option<Vec<Uuid>>,
        metadata: Option<BTreeMap<Text, Text>>,
        dry_run: Option<bool>,
    }
    let Endpoints {
        endpoint_ids,
        metadata,
        dry_run,
    } = parse::optional_body(body)?;
    let parameters = json!({
        "is_active": is_active, "endpoint_ids": endpoint_ids, "dry_run": dry_run,
        "metadata": metadata.map(|metadata| json!(metadata).to_string()),
    });
    count(database, "switch_webhook_endpoints", parameters).await
}

/// `POST /events/erase` `{event_ids | contains, dry_run?, cursor?}` → 200.
pub(crate) async fn erase(database: &Database, body: &[u8]) -> Result<Reply, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Erasure<'a> {
        event_ids: Option<Vec<EventId>>,
        #[serde(borrow)]
        contains: Option<&'a RawValue>,
        dry_run: Option<bool>,
        cursor: Option<Text>,
    }
    let erasure: Erasure = parse::body(body)?;
    if let Some(contains) = erasure.contains {
        storable_object("contains", contains)?;
    }
    let parameters = json!({
        "event_ids": erasure.event_ids, "contains": erasure.contains.map(RawValue::get),
        "dry_run": erasure.dry_run, "cursor": erasure.cursor,
    });
    count(database, "erase_webhook_events", parameters).await
}

async fn count(database: &Database, function: &str, parameters: Value) -> Result<Reply, Error> {
    let data: Box<RawValue> = database.call(function, parameters).await?;
    expect::<Counted>(&data)?;
    Ok(with_data(200, &data))
}

/// A replay, at least.
#[derive(Deserialize)]
struct Replay {
    #[serde(rename = "replayed")]
    _replayed: IgnoredAny,
}

/// `POST /webhooks/:id/replay` `{since, until?, event_types?, filter?, only?, new_ids?, dry_run?}` → 200.
pub(crate) async fn replay(database: &Database, id: Uuid, body: &[u8]) -> Result<Reply, Error> {
    #[derive(Deserialize, Serialize)]
    #[serde(rename_all = "lowercase")]
    enum Only {
        Missing,
        Failed,
        All,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct New {
        since: Text,
        until: Option<Text>,
        event_types: Option<Vec<Text>>,
        filter: Option<Text>,
        only: Option<Only>,
        new_ids: Option<bool>,
        dry_run: Option<bool>,
    }
    let new: New = parse::body(body)?;
    let parameters = json!({
        "endpoint_id": id, "since": new.since, "until": new.until, "event_types": new.event_types,
        "filter": new.filter, "which": new.only, "new_ids": new.new_ids, "dry_run": new.dry_run,
    });
    one_replay(database, "replay_webhook_events", parameters).await
}

/// `GET /replays` → 200.
pub(crate) async fn replays(database: &Database) -> Result<Reply, Error> {
    account::list(database, "list_webhook_replays", json!({})).await
}

/// `GET /replays/:id` → 200, or 404.
pub(crate) async fn get_replay(database: &Database, id: Uuid) -> Result<Reply, Error> {
    one_replay(database, "get_webhook_replay", json!({"replay_id": id})).await
}

/// `POST /replays/:id/cancel` → 200, or 404. A body is not looked at.
pub(crate) async fn cancel_replay(database: &Database, id: Uuid) -> Result<Reply, Error> {
    one_replay(database, "cancel_webhook_replay", json!({"replay_id": id})).await
}

async fn one_replay(
    database: &Database,
    function: &str,
    parameters: Value,
) -> Result<Reply, Error> {
    let data: Box<RawValue> = database.call(function, parameters).await?;
    expect::<Replay>(&data)?;
    Ok(with_data(200, &data))
}

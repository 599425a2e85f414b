//! Deliveries: looked at, and sent again.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use shared::error::Error;
use shared::event::EventType;
use shared::parse::{self, Text};
use shared::platform::Reply;
use shared::postgrest::Database;
use uuid::Uuid;

use crate::events::storable_object;
use crate::query::Query;
use crate::{expect, with_data, with_data_and_message};

/// `GET /webhooks/:id/deliveries` → 200, newest first, with the cursor of the next page.
pub(crate) async fn list(database: &Database, id: Uuid, mut query: Query) -> Result<Reply, Error> {
    /// The database's answer, and ours.
    #[derive(Deserialize, Serialize)]
    struct Page {
        #[serde(rename(deserialize = "deliveries"))]
        data: Box<RawValue>,
        next_cursor: Option<String>,
    }
    let page_size = page_size(&mut query)?;
    let event_type = event_type(&mut query)?;
    let parameters = json!({
        "endpoint_id": id, "status": query.take("status")?,
        "event_type": event_type, "since": query.take("since")?,
        "until": query.take("until")?, "cursor": query.take("cursor")?, "page_size": page_size,
    });
    query.finish("status, event_type, since, until, cursor and limit")?;
    let page: Page = database.call("list_webhook_deliveries", parameters).await?;
    Ok(Reply::json(200, &page))
}

/// The parameter `limit`.
pub(crate) fn page_size(query: &mut Query) -> Result<Option<u8>, Error> {
    let Some(limit) = query.take("limit")? else {
        return Ok(None);
    };
    let limit: Option<u8> = limit.as_str().parse().ok();
    let limit = limit.filter(|n| (1..=100).contains(n));
    let problem = "must be a whole number from 1 to 100";
    limit
        .map(Some)
        .ok_or_else(|| Error::field("limit", problem))
}

/// The parameter `event_type`.
pub(crate) fn event_type(query: &mut Query) -> Result<Option<EventType>, Error> {
    let Some(name) = query.take("event_type")? else {
        return Ok(None);
    };
    let name = EventType::parse(name.as_str());
    name.map(Some)
        .map_err(|problem| Error::field("event_type", problem))
}

/// `GET /webhooks/:id/deliveries/:delivery_id` → 200 with the payload and every attempt.
pub(crate) async fn get(database: &Database, id: Uuid, delivery: Uuid) -> Result<Reply, Error> {
    #[derive(Deserialize)]
    struct Delivery {
        #[serde(rename = "payload")]
        _payload: IgnoredAny,
        #[serde(rename = "attempt_log")]
        _attempt_log: IgnoredAny,
    }
    let parameters = json!({"endpoint_id": id, "delivery_id": delivery});
    // JSON as text: nothing on the way changes a number in the payload.
    let data: String = database.call("get_webhook_delivery", parameters).await?;
    let data: Box<RawValue> = parse::answer(&data)?;
    expect::<Delivery>(&data)?;
    Ok(with_data(200, &data))
}

/// A delivery that is due, at least.
#[derive(Deserialize)]
struct Due {
    #[serde(rename = "id")]
    _id: Uuid,
}

/// `POST /webhooks/:id/deliveries/:delivery_id/resend` → 202. A body is not looked at.
pub(crate) async fn resend(database: &Database, id: Uuid, delivery: Uuid) -> Result<Reply, Error> {
    let parameters = json!({"endpoint_id": id, "delivery_id": delivery});
    let data: Box<RawValue> = database.call("resend_webhook_delivery", parameters).await?;
    expect::<Due>(&data)?;
    Ok(with_data_and_message(202, &data, "The delivery is due now"))
}

/// `POST /webhooks/:id/recover` `{since, until?}` → 202 with how many will be sent again.
pub(crate) async fn recover(database: &Database, id: Uuid, body: &[u8]) -> Result<Reply, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Window {
        since: Text,
        until: Option<Text>,
    }
    #[derive(Deserialize)]
    struct Recovered {
        #[serde(rename = "recovered")]
        _recovered: u64,
        #[serde(rename = "more")]
        _more: bool,
    }
    let Window { since, until } = parse::body(body)?;
    let parameters = json!({"endpoint_id": id, "since": since, "until": until});
    let data: Box<RawValue> = database
        .call("recover_webhook_deliveries", parameters)
        .await?;
    expect::<Recovered>(&data)?;
    let message = "The failed deliveries are due now";
    Ok(with_data_and_message(202, &data, message))
}

/// `POST /webhooks/:id/test` `{event_type?, data?}` → 202 with the delivery. The body may be left out.
pub(crate) async fn test(database: &Database, id: Uuid, body: &[u8]) -> Result<Reply, Error> {
    #[derive(Default, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Test<'a> {
        event_type: Option<Text>,
        #[serde(borrow)]
        data: Option<&'a RawValue>,
    }
    let test: Test = parse::optional_body(body)?;
    if let Some(data) = test.data {
        storable_object("data", data)?;
    }
    let parameters = json!({
        "endpoint_id": id, "event_type": test.event_type, "data": test.data.map(RawValue::get),
    });
    let data: Box<RawValue> = database.call("test_webhook_endpoint", parameters).await?;
    expect::<Due>(&data)?;
    Ok(with_data_and_message(
        202,
        &data,
        "The test event is due now",
    ))
}

//! The event log.

use percent_encoding::percent_decode_str;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use shared::error::Error;
use shared::event::EventId;
use shared::parse::{self, StorableJson, Text, Whole};
use shared::platform::Reply;
use shared::postgrest::Database;
use uuid::Uuid;
use worker::url::Url;

use crate::deliveries::{event_type, page_size};
use crate::query::Query;
use crate::{expect, with_data};

/// `GET /events` → 200, newest first, with the cursor of the next page.
pub(crate) async fn list(database: &Database, mut query: Query) -> Result<Reply, Error> {
    /// The database's answer, and ours.
    #[derive(Deserialize, Serialize)]
    struct Page {
        #[serde(rename(deserialize = "events"))]
        data: Box<RawValue>,
        next_cursor: Option<String>,
    }
    let parameters = json!({
        "page_size": page_size(&mut query)?, "event_type": event_type(&mut query)?,
        "since": query.take("since")?, "until": query.take("until")?,
        "search": query.take("search")?, "contains": contains(&mut query)?,
        "cursor": query.take("cursor")?,
    });
    query.finish("event_type, since, until, search, contains, cursor and limit")?;
    let page: Page = database.call("list_webhook_events", parameters).await?;
    Ok(Reply::json(200, &page))
}

/// The parameter `contains`: a JSON object that an event could have as data.
fn contains(query: &mut Query) -> Result<Option<Text>, Error> {
    let Some(text) = query.take("contains")? else {
        return Ok(None);
    };
    let json: &RawValue = serde_json::from_str(text.as_str())
        .map_err(|problem| Error::field("contains", format!("must be a JSON object: {problem}")))?;
    storable_object("contains", json)?;
    Ok(Some(text))
}

/// Sees that this is an object that an event could have as data.
pub(crate) fn storable_object(field: &str, json: &RawValue) -> Result<(), Error> {
    if !json.get().starts_with('{') {
        return Err(Error::field(field, "must be a JSON object"));
    }
    let storable = StorableJson::parse(json).map(drop);
    storable.map_err(|problem| Error::field(field, problem))
}

/// `POST /webhooks/:id/filter/test` `{filter, event? | last?}` → 200 with what the filter says of each event.
pub(crate) async fn test_filter(
    database: &Database,
    id: Uuid,
    body: &[u8],
) -> Result<Reply, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Test<'a> {
        filter: Text,
        #[serde(borrow)]
        event: Option<&'a RawValue>,
        last: Option<Whole<1, 100>>,
    }
    #[derive(Deserialize)]
    struct Tested {
        #[serde(rename = "events")]
        _events: Vec<IgnoredAny>,
    }
    let test: Test = parse::body(body)?;
    if let Some(event) = test.event {
        storable_object("event", event)?;
    }
    let parameters = json!({
        "endpoint_id": id, "filter": test.filter, "event": test.event.map(RawValue::get),
        "newest": test.last,
    });
    let data: Box<RawValue> = database.call("test_webhook_filter", parameters).await?;
    expect::<Tested>(&data)?;
    Ok(with_data(200, &data))
}

/// `GET /events/:event_id` → 200 with the payload and what became of it at each endpoint, or 404.
pub(crate) async fn get(database: &Database, url: &Url) -> Result<Reply, Error> {
    #[derive(Deserialize)]
    struct Event {
        #[serde(rename = "payload")]
        _payload: IgnoredAny,
        #[serde(rename = "endpoints")]
        _endpoints: IgnoredAny,
    }
    let path = url.path().trim_end_matches('/');
    let segment = path.rsplit('/').next().unwrap_or_default();
    let id = percent_decode_str(segment).decode_utf8().ok();
    let id = id.and_then(|id| EventId::parse(&id).ok());
    let id = id.ok_or(Error::NotFound("Event not found"))?;
    let parameters = json!({"event_id": id});
    // JSON as text: nothing on the way changes a number in the payload.
    let data: String = database.call("get_webhook_event", parameters).await?;
    let data: Box<RawValue> = parse::answer(&data)?;
    expect::<Event>(&data)?;
    Ok(with_data(200, &data))
}

//! Webhook endpoints: what an owner sends about them, checked before the database
//! sees it. Each call is one PostgREST round trip.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use shared::delivery::SignatureHeader;
use shared::endpoint::{EndpointUrl, LocalEndpoints, MAX_DESCRIPTION_CHARS, MAX_EVENTS};
use shared::error::Error;
use shared::event::MaxAttempts;
use shared::parse::{self, Text, Whole, nullable};
use shared::platform::Reply;
use shared::postgrest::Database;
use uuid::Uuid;

use crate::idempotency::IdempotencyKey;
use crate::query::Query;
use crate::{account, expect, with_data, with_data_and_message, with_message};

/// What a body says about an endpoint. Of each field: absent, null, or a value.
#[derive(Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Changes {
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    url: Option<Option<String>>,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    description: Option<Option<String>>,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    events: Option<Option<Vec<Text>>>,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    is_active: Option<Option<bool>>,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    rate_limit_per_minute: Option<Option<Whole<1, 100_000>>>,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    max_attempts: Option<Option<MaxAttempts>>,
    /// What names and values may be is for the database to say.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    headers: Option<Option<BTreeMap<Text, Text>>>,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    signature_headers: Option<Option<BTreeMap<Text, SignatureHeader>>>,
    /// In seconds.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    retry_schedule: Option<Option<Vec<Whole<1, 86_400>>>>,
    /// How many and how long they may be is for the database to say.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    metadata: Option<Option<BTreeMap<Text, Text>>>,
    /// What it may be is for the database to say.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    filter: Option<Option<Text>>,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    ordering: Option<Option<Ordering>>,
    /// Only for a new endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<Text>,
}

/// What is sent one after the other: `"none"`, `"endpoint"` or `{"key": path}`.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Ordering {
    None,
    Endpoint,
    /// What a key may be is for the database to say.
    Key(Text),
}

impl Changes {
    fn parse(body: &[u8], local: LocalEndpoints) -> Result<Self, Error> {
        let changes: Self = parse::body(body).map_err(|error| match error {
            // As for a list: the field is named, and the message says which header.
            Error::InvalidField { field, message }
                if ["headers.", "signature_headers.", "metadata."]
                    .iter()
                    .any(|prefix| field.starts_with(prefix)) =>
            {
                let field = field.split('.').next().unwrap_or_default().to_owned();
                Error::InvalidField { field, message }
            }
            other => other,
        })?;
        if let Some(Some(url)) = &changes.url {
            EndpointUrl::parse(url, local).map_err(|problem| Error::field("url", problem))?;
        }
        if let Some(Some(text)) = &changes.description {
            if text.chars().count() > MAX_DESCRIPTION_CHARS {
                let problem = "must not be longer than 500 characters";
                return Err(Error::field("description", problem));
            }
            if text.chars().any(char::is_control) {
                let problem = "must not contain control characters";
                return Err(Error::field("description", problem));
            }
        }
        // Which types there are, the database knows, and names them all.
        if let Some(Some(events)) = &changes.events {
            if events.is_empty() {
                return Err(Error::field("events", "must not be empty"));
            }
            if events.len() > MAX_EVENTS {
                return Err(Error::field(
                    "events",
                    "must not have more than 100 entries",
                ));
            }
        }
        Ok(changes)
    }
}

/// `GET /webhooks?metadata=` → 200.
pub(crate) async fn list(database: &Database, mut query: Query) -> Result<Reply, Error> {
    let parameters = json!({"metadata": query.take("metadata")?});
    account::list(database, "list_webhook_endpoints", parameters).await
}

/// An endpoint, at least.
#[derive(Deserialize)]
struct Endpoint {
    #[serde(rename = "id")]
    _id: Uuid,
}

/// An endpoint with its secret.
#[derive(Deserialize)]
struct WithSecret {
    #[serde(rename = "id")]
    _id: Uuid,
    #[serde(rename = "secret")]
    _secret: IgnoredAny,
}

/// `GET /webhooks/:id` → 200, or 404.
pub(crate) async fn get(database: &Database, id: Uuid) -> Result<Reply, Error> {
    #[derive(Deserialize)]
    struct WithDeliveries {
        #[serde(rename = "recent_deliveries")]
        _recent_deliveries: Vec<IgnoredAny>,
    }
    let parameters = json!({"endpoint_id": id});
    let data: Box<RawValue> = database.call("get_webhook_endpoint", parameters).await?;
    expect::<WithDeliveries>(&data)?;
    Ok(with_data(200, &data))
}

/// `POST /webhooks` → 201, the one answer besides rotation's that holds the secret.
pub(crate) async fn create(
    database: &Database,
    body: &[u8],
    local: LocalEndpoints,
    key: &IdempotencyKey,
) -> Result<Reply, Error> {
    let changes = Changes::parse(body, local)?;
    if !matches!(changes.url, Some(Some(_))) {
        return Err(Error::field("url", "is required"));
    }
    let [key_hash, request_hash] = key.hashes("create_webhook_endpoint", body);
    let parameters = json!({
        "key_hash": key_hash, "request_hash": request_hash, "url": changes.url, "description": changes.description, "events": changes.events,
        "is_active": changes.is_active, "max_attempts": changes.max_attempts,
        "rate_limit_per_minute": changes.rate_limit_per_minute,
        "headers": changes.headers.flatten().map(|headers| json!(headers).to_string()),
        "signature_headers":
            changes.signature_headers.flatten().map(|headers| json!(headers).to_string()),
        "secret": changes.secret, "retry_schedule": changes.retry_schedule,
        "metadata": changes.metadata.flatten().map(|metadata| json!(metadata).to_string()),
        "filter": changes.filter,
        "ordering": changes.ordering.flatten().map(|ordering| json!(ordering).to_string()),
    });
    let data: Box<RawValue> = database.call("create_webhook_endpoint", parameters).await?;
    expect::<WithSecret>(&data)?;
    let message = "Webhook endpoint created. Save the secret - it won't be shown again.";
    Ok(with_data_and_message(201, &data, message))
}

/// `PATCH /webhooks/:id` → 200, or 404.
pub(crate) async fn update(
    database: &Database,
    id: Uuid,
    body: &[u8],
    local: LocalEndpoints,
) -> Result<Reply, Error> {
    let changes = Changes::parse(body, local)?;
    if changes.secret.is_some() {
        let problem = "is not changed but rotated: POST …/rotate-secret";
        return Err(Error::field("secret", problem));
    }
    for (field, is_null) in [
        ("url", matches!(changes.url, Some(None))),
        ("events", matches!(changes.events, Some(None))),
        ("is_active", matches!(changes.is_active, Some(None))),
        ("headers", matches!(changes.headers, Some(None))),
        ("metadata", matches!(changes.metadata, Some(None))),
        ("ordering", matches!(changes.ordering, Some(None))),
    ] {
        if is_null {
            return Err(Error::field(field, "must not be null"));
        }
    }
    let changes = json!(changes).to_string();
    if changes == "{}" {
        let message = "There is nothing to change: send any of url, description, events, \
            is_active, rate_limit_per_minute, max_attempts, headers, signature_headers, \
            retry_schedule, metadata, filter and ordering";
        return Err(Error::InvalidBody(message.to_owned()));
    }
    let parameters = json!({"endpoint_id": id, "changes": changes});
    let data: Box<RawValue> = database.call("update_webhook_endpoint", parameters).await?;
    expect::<Endpoint>(&data)?;
    Ok(with_data_and_message(
        200,
        &data,
        "Webhook endpoint updated",
    ))
}

/// `DELETE /webhooks/:id` → 200, or 404.
pub(crate) async fn delete(database: &Database, id: Uuid) -> Result<Reply, Error> {
    let parameters = json!({"endpoint_id": id});
    let _: IgnoredAny = database.call("delete_webhook_endpoint", parameters).await?;
    Ok(with_message(200, "Webhook endpoint deleted"))
}

/// `POST /webhooks/:id/rotate-secret` `{expires_in_hours?}` → 200 with the new secret,
/// or 404. The body may be left out.
pub(crate) async fn rotate_secret(
    database: &Database,
    id: Uuid,
    body: &[u8],
    key: &IdempotencyKey,
) -> Result<Reply, Error> {
    #[derive(Default, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Overlap {
        expires_in_hours: Option<Whole<0, 168>>,
    }
    let overlap: Overlap = parse::optional_body(body)?;
    let [key_hash, request_hash] = key.hashes(&format!("rotate_webhook_secret {id}"), body);
    let parameters = json!({
        "endpoint_id": id, "expires_in_hours": overlap.expires_in_hours,
        "key_hash": key_hash, "request_hash": request_hash,
    });
    let data: Box<RawValue> = database.call("rotate_webhook_secret", parameters).await?;
    expect::<WithSecret>(&data)?;
    let message = "Secret rotated. Save the new secret - it won't be shown again.";
    Ok(with_data_and_message(200, &data, message))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn bodies_of_any_values_are_changes_or_the_callers_fault(
            name in "url|description|events|is_active|\\PC{0,5}",
            value in prop_oneof![
                any::<f64>().prop_map(Value::from),
                any::<Option<bool>>().prop_map(Value::from),
                ("\\PC{0,10}", 0usize..100).prop_map(|(text, n)| Value::from(text.repeat(n))),
                ("\\PC{0,10}", 0usize..120).prop_map(|(text, n)| Value::from(vec![text; n])),
            ],
        ) {
            let body = json!({name: value}).to_string();
            if let Err(error) = Changes::parse(body.as_bytes(), LocalEndpoints::Allowed) {
                prop_assert_eq!(error.status(), 400);
            }
        }
    }

    fn parse(body: &str) -> Result<Value, String> {
        match Changes::parse(body.as_bytes(), LocalEndpoints::Refused) {
            Ok(changes) => Ok(json!(changes)),
            Err(Error::InvalidField { message, .. }) => Err(message),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_the_fields_that_are_there_are_changes() {
        assert_eq!(parse("{}"), Ok(json!({})));
        assert_eq!(
            parse(r#"{"description": null}"#),
            Ok(json!({"description": null}))
        );
        let body = json!({
            "url": "https://example.com/hook", "description": "d",
            "events": ["vehicle.created", "*"], "is_active": false,
        });
        assert_eq!(parse(&body.to_string()), Ok(body));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let long = json!({"description": "é".repeat(501)}).to_string();
        let many = json!({"events": vec!["*"; 101]}).to_string();
        for (body, expected) in [
            (r#"{"url": 1}"#, "url must be a string"),
            (
                r#"{"url": "http://example.com"}"#,
                "url must be an https URL",
            ),
            (r#"{"description": 1}"#, "description must be a string"),
            (&long, "description must not be longer than 500 characters"),
            (
                r#"{"description": "a\u0007"}"#,
                "description must not contain control characters",
            ),
            (r#"{"events": []}"#, "events must not be empty"),
            (r#"{"events": "*"}"#, "events must be a list"),
            (&many, "events must not have more than 100 entries"),
            (r#"{"events": [1]}"#, "events must be a string"),
            (
                r#"{"max_attempts": 101}"#,
                "max_attempts must be a whole number from 1 to 100",
            ),
            (r#"{"is_active": "yes"}"#, "is_active must be true or false"),
            (
                r#"{"secrets": "x"}"#,
                "secrets is not a known field, expected one of `url`, `description`, `events`, \
                    `is_active`, `rate_limit_per_minute`, `max_attempts`, `headers`, \
                    `signature_headers`, `retry_schedule`, `metadata`, `filter`, `ordering`, `secret`",
            ),
        ] {
            assert_eq!(parse(body).unwrap_err(), expected);
        }
    }
}

//! Webhook endpoints: what an owner sends about them, checked before the database
//! sees it. Each call is one PostgREST round trip.

use shared::endpoint::{EndpointUrl, LocalEndpoints, MAX_DESCRIPTION_CHARS, MAX_EVENTS};
use shared::error::Error;
use shared::fields::{Fields, Storable};
use shared::json::Object;
use shared::postgrest::Database;
use shared::runtime::Reply;
use uuid::Uuid;

use crate::envelope;

/// The fields an endpoint has, for error messages.
const KNOWN_FIELDS: &str =
    "url, description, events, is_active, rate_limit_per_minute, max_attempts and headers";

/// Those that may be taken back.
const NULLABLE: [&str; 3] = ["description", "rate_limit_per_minute", "max_attempts"];

/// `GET /webhooks` → 200.
pub(crate) async fn list(database: &Database) -> Result<Reply, Error> {
    let data = database
        .call("list_webhook_endpoints", &Object::new())
        .await?;
    if !data.starts_with('[') {
        return Err(unexpected());
    }
    Ok(Reply::json(200, envelope(Some(&data), None)))
}

/// `GET /webhooks/:id` → 200, or 404.
pub(crate) async fn get(database: &Database, id: Uuid) -> Result<Reply, Error> {
    let parameters = Object::new().with("endpoint_id", &id.to_string());
    let data = database.call("get_webhook_endpoint", &parameters).await?;
    expect_fields(&data, &["id", "recent_deliveries"])?;
    Ok(Reply::json(200, envelope(Some(&data), None)))
}

/// `POST /webhooks` → 201, the one answer besides rotation's that holds the secret.
pub(crate) async fn create(
    database: &Database,
    body: &[u8],
    local: LocalEndpoints,
) -> Result<Reply, Error> {
    // A null stands for the default.
    let mut parameters = parse_changes(body, local)?.without_nulls();
    // A JSON object goes in as text, as all do.
    if let Some(headers) = parameters.take("headers") {
        parameters = parameters.with("headers", &headers);
    }
    if !parameters.fields().any(|(name, _)| name == "url") {
        return Err(Error::field("url", "url is required"));
    }
    let data = database
        .call("create_webhook_endpoint", &parameters)
        .await?;
    expect_fields(&data, &["id", "secret"])?;
    let message = "Webhook endpoint created. Save the secret - it won't be shown again.";
    Ok(Reply::json(201, envelope(Some(&data), Some(message))))
}

/// `PATCH /webhooks/:id` → 200, or 404.
pub(crate) async fn update(
    database: &Database,
    id: Uuid,
    body: &[u8],
    local: LocalEndpoints,
) -> Result<Reply, Error> {
    let changes = parse_changes(body, local)?;
    for (name, json) in changes.fields() {
        if json == "null" && !NULLABLE.contains(&name) {
            return Err(Error::field(name, format!("{name} must not be null")));
        }
    }
    if changes.fields().next().is_none() {
        let message = format!("There is nothing to change: send any of {KNOWN_FIELDS}");
        return Err(Error::InvalidBody(message));
    }
    let parameters = Object::new()
        .with("endpoint_id", &id.to_string())
        .with("changes", &changes.to_string());
    let data = database
        .call("update_webhook_endpoint", &parameters)
        .await?;
    expect_fields(&data, &["id"])?;
    Ok(Reply::json(
        200,
        envelope(Some(&data), Some("Webhook endpoint updated")),
    ))
}

/// `DELETE /webhooks/:id` → 200, or 404.
pub(crate) async fn delete(database: &Database, id: Uuid) -> Result<Reply, Error> {
    let parameters = Object::new().with("endpoint_id", &id.to_string());
    database
        .call("delete_webhook_endpoint", &parameters)
        .await?;
    Ok(Reply::json(
        200,
        envelope(None, Some("Webhook endpoint deleted")),
    ))
}

/// `POST /webhooks/:id/rotate-secret` `{expires_in_hours?}` → 200 with the new secret,
/// or 404. The body may be left out.
pub(crate) async fn rotate_secret(
    database: &Database,
    id: Uuid,
    body: &[u8],
) -> Result<Reply, Error> {
    let mut parameters = Object::new().with("endpoint_id", &id.to_string());
    if !body.is_empty() {
        let mut fields = Fields::parse(body)?;
        let expected = "a whole number from 0 to 168";
        if let Some(hours) = fields.optional::<u8>("expires_in_hours", expected)? {
            if hours > 168 {
                return Err(fields.error("expires_in_hours", &format!("must be {expected}")));
            }
            parameters = parameters.with("expires_in_hours", &hours);
        }
        fields.finish("expires_in_hours")?;
    }
    let data = database.call("rotate_webhook_secret", &parameters).await?;
    expect_fields(&data, &["id", "secret"])?;
    let message = "Secret rotated. Save the new secret - it won't be shown again.";
    Ok(Reply::json(200, envelope(Some(&data), Some(message))))
}

/// Sees that the database answered what its function answers: whatever stands in for it
/// may speak JSON, too.
pub(crate) fn expect_fields(data: &str, names: &[&str]) -> Result<(), Error> {
    let mut fields = Fields::parse(data.as_bytes()).map_err(|_| unexpected())?;
    if names.iter().all(|name| fields.raw(name).is_some()) {
        Ok(())
    } else {
        Err(unexpected())
    }
}

pub(crate) fn unexpected() -> Error {
    Error::Unavailable("unexpected answer".to_owned())
}

/// What a body says about an endpoint: the fields it has, checked; null where it is null.
fn parse_changes(body: &[u8], local: LocalEndpoints) -> Result<Object, Error> {
    let mut fields = Fields::parse(body)?;
    let mut changes = Object::new();

    if let Some(url) = fields.nullable::<String>("url", "a string")? {
        if let Some(url) = &url {
            EndpointUrl::parse(url, local).map_err(|problem| fields.error("url", problem))?;
        }
        changes = changes.with("url", &url);
    }
    if let Some(text) = fields.nullable::<String>("description", "a string or null")? {
        if let Some(text) = &text {
            if text.chars().count() > MAX_DESCRIPTION_CHARS {
                return Err(fields.error("description", "must not be longer than 500 characters"));
            }
            if text.chars().any(char::is_control) {
                return Err(fields.error("description", "must not contain control characters"));
            }
        }
        changes = changes.with("description", &text);
    }
    if let Some(events) = fields.nullable::<Vec<String>>("events", "a list of strings")? {
        if events.as_ref().is_some_and(Vec::is_empty) {
            return Err(fields.error("events", "must not be empty"));
        }
        if events
            .as_ref()
            .is_some_and(|events| events.len() > MAX_EVENTS)
        {
            return Err(fields.error("events", "must not have more than 100 entries"));
        }
        // Which types there are is the catalogue's to say, and it names them all. Postgres
        // has no text with U+0000 to ask it about.
        if events.iter().flatten().any(|name| name.contains('\0')) {
            return Err(fields.error("events", "must not contain control characters"));
        }
        changes = changes.with("events", &events);
    }
    if let Some(is_active) = fields.nullable::<bool>("is_active", "true or false")? {
        changes = changes.with("is_active", &is_active);
    }
    for name in ["rate_limit_per_minute", "max_attempts"] {
        // What is too large or too small is for the database to say, which says the limits.
        if let Some(number) = fields.nullable::<i32>(name, "a whole number or null")? {
            changes = changes.with(name, &number);
        }
    }
    if let Some(headers) = fields.raw("headers") {
        if serde_json::from_str::<Storable>(headers.get()).is_err() {
            return Err(fields.error("headers", "must be an object of names and values"));
        }
        changes = changes.with_json("headers", headers.get());
    }
    fields.finish(KNOWN_FIELDS)?;
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

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
            if let Err(error) = parse_changes(body.as_bytes(), LocalEndpoints::Allowed) {
                prop_assert_eq!(error.status(), 400);
            }
        }
    }

    fn read(object: &Object) -> Value {
        serde_json::from_str(&object.to_string()).unwrap()
    }

    fn parse(body: &str) -> Result<Value, String> {
        parse_changes(body.as_bytes(), LocalEndpoints::Refused)
            .map(|changes| read(&changes))
            .map_err(|error| read(&error.body())["error"].as_str().unwrap().to_owned())
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
            (
                r#"{"description": 1}"#,
                "description must be a string or null",
            ),
            (&long, "description must not be longer than 500 characters"),
            (
                r#"{"description": "a\u0007"}"#,
                "description must not contain control characters",
            ),
            (r#"{"events": []}"#, "events must not be empty"),
            (r#"{"events": "*"}"#, "events must be a list of strings"),
            (&many, "events must not have more than 100 entries"),
            (r#"{"is_active": "yes"}"#, "is_active must be true or false"),
            (
                r#"{"secret": "x"}"#,
                "secret is not a known field; there are url, description, events, is_active, \
                    rate_limit_per_minute, max_attempts and headers",
            ),
        ] {
            assert_eq!(parse(body).unwrap_err(), expected);
        }
    }
}

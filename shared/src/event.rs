//! Events, as they come in.

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::error::Error;
use crate::fields::{Fields, Storable};

/// The fields an event has, for error messages.
const KNOWN_FIELDS: &str = "event_type, data, user_id, event_id and max_attempts";

/// The most attempts a delivery may ask for.
pub const MAX_ATTEMPTS_LIMIT: u32 = 100;

/// A dotted name such as `vehicle.created`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct EventType(String);

impl EventType {
    /// The longest name, in characters.
    pub const MAX_LEN: usize = 100;

    /// The type of an event: letters, digits, `_` and `-` in parts joined by dots. It need
    /// not be in the catalogue, which says what endpoints may subscribe to by name.
    ///
    /// # Errors
    /// A sentence that says what is wrong, to follow the field's name.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let word = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        };
        if text.len() > Self::MAX_LEN {
            Err("must not be longer than 100 characters")
        } else if text.split('.').all(word) {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be a dotted name such as vehicle.created")
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What identifies an event: 1 to 255 visible ASCII characters, because it is sent as
/// the `webhook-id` header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct EventId(String);

impl EventId {
    /// Checks the id.
    ///
    /// # Errors
    /// A sentence that says what is wrong, to follow the field's name.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be 1 to 255 visible ASCII characters")
        }
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An event that is to be delivered.
#[derive(Debug, Serialize)]
pub struct NewEvent<'a> {
    event_type: EventType,
    /// Chosen by the database where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<EventId>,
    /// Only this owner's endpoints get it. Without, every owner's do.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    user_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_attempts: Option<u32>,
    /// As the caller wrote it: never parsed and written again.
    data: &'a RawValue,
}

fn as_text<S: Serializer>(id: &Option<Uuid>, serializer: S) -> Result<S::Ok, S::Error> {
    match id {
        Some(id) => serializer.collect_str(id),
        None => serializer.serialize_none(),
    }
}

impl<'a> NewEvent<'a> {
    /// Reads an event from the fields of its object.
    ///
    /// # Errors
    /// A field is missing, unknown or wrong.
    pub fn parse(mut fields: Fields<'a>) -> Result<Self, Error> {
        let event_type: String = fields.required("event_type", "a string")?;
        let event_type =
            EventType::parse(&event_type).map_err(|problem| fields.error("event_type", problem))?;

        let data: &RawValue = fields.required("data", "a JSON object")?;
        if !data.get().starts_with('{') {
            return Err(fields.error("data", "must be a JSON object"));
        }
        if let Err(e) = serde_json::from_str::<Storable>(data.get()) {
            return Err(fields.error("data", &format!("cannot be stored: {e}")));
        }

        let user_id = match fields.nullable::<String>("user_id", "a UUID")? {
            None => None,
            // Nearly always a bug, that would tell every tenant.
            Some(None) => {
                let problem =
                    "must not be null: leave it out for an event that is meant for every owner";
                return Err(fields.error("user_id", problem));
            }
            Some(Some(text)) => Some(
                Uuid::try_parse(&text).map_err(|_| fields.error("user_id", "must be a UUID"))?,
            ),
        };
        let event_id = match fields.optional::<String>("event_id", "a string")? {
            None => None,
            Some(text) => {
                Some(EventId::parse(&text).map_err(|problem| fields.error("event_id", problem))?)
            }
        };
        let attempts = "a whole number from 1 to 100";
        let max_attempts = fields.optional::<u32>("max_attempts", attempts)?;
        if max_attempts.is_some_and(|n| !(1..=MAX_ATTEMPTS_LIMIT).contains(&n)) {
            return Err(fields.error("max_attempts", &format!("must be {attempts}")));
        }
        fields.finish(KNOWN_FIELDS)?;

        Ok(Self {
            event_type,
            event_id,
            user_id,
            max_attempts,
            data,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(event: &str) -> Result<String, String> {
        NewEvent::parse(Fields::parse(event.as_bytes()).unwrap())
            .map(|event| serde_json::to_string(&event).unwrap())
            .map_err(|error| error.body().read()["error"].as_str().unwrap().to_owned())
    }

    #[test]
    fn parse_passes_the_data_on_byte_for_byte() {
        let data = r#"{"n": 12345678901234567890.10,  "b":[1 ,2]}"#;
        let event = parse(&format!(
            r#"{{"event_type": "vehicle.created", "data": {data}}}"#
        ));
        assert_eq!(
            event.unwrap(),
            format!(r#"{{"event_type":"vehicle.created","data":{data}}}"#)
        );
    }

    #[test]
    fn parse_names_what_is_wrong() {
        for (event, expected) in [
            ("{}", "event_type is required"),
            (r#"{"event_type": "a"}"#, "data is required"),
            (
                r#"{"event_type": "*", "data": {}}"#,
                "event_type must be a dotted name such as vehicle.created",
            ),
            (
                r#"{"event_type": "a", "data": [1]}"#,
                "data must be a JSON object",
            ),
            (
                r#"{"event_type": "a", "data": {}, "user_id": null}"#,
                "user_id must not be null: leave it out for an event that is meant for every owner",
            ),
            (
                r#"{"event_type": "a", "data": {}, "user_id": "7"}"#,
                "user_id must be a UUID",
            ),
            (
                r#"{"event_type": "a", "data": {}, "event_id": "é"}"#,
                "event_id must be 1 to 255 visible ASCII characters",
            ),
            (
                r#"{"event_type": "a", "data": {}, "event_id": ""}"#,
                "event_id must be 1 to 255 visible ASCII characters",
            ),
            (
                r#"{"event_type": "a", "data": {}, "max_attempts": 0}"#,
                "max_attempts must be a whole number from 1 to 100",
            ),
            (
                r#"{"event_type": "a", "data": {}, "maxAttempts": 3}"#,
                "maxAttempts is not a known field; there are event_type, data, user_id, \
                 event_id and max_attempts",
            ),
        ] {
            assert_eq!(parse(event).unwrap_err(), expected);
        }
        let error = parse(r#"{"event_type": "a", "data": {"x": "\u0000"}}"#).unwrap_err();
        assert!(error.starts_with("data cannot be stored"), "{error}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn parse_never_panics(body in any::<Vec<u8>>(), name in "\\PC{0,120}") {
            if let Ok(fields) = Fields::parse(&body) {
                let _ = NewEvent::parse(fields);
            }
            let _ = EventType::parse(&name);
            let _ = EventId::parse(&name);
        }
    }
}

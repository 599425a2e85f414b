//! Events, as they come in.

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::error::Error;
use crate::parse::{StorableJson, Text, Whole};
use crate::secret;

/// The most bytes a payload may have: as `webhooks.max_payload_bytes()`.
const MAX_PAYLOAD_BYTES: u64 = 256 << 10;

/// How many attempts a delivery may ask for.
pub type MaxAttempts = Whole<1, 100>;

/// A dotted name such as `vehicle.created`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
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

    /// A new id, which no other event has.
    #[must_use]
    pub fn random() -> Self {
        let id = uuid::Builder::from_random_bytes(secret::random()).into_uuid();
        Self(id.to_string())
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for EventType {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl TryFrom<String> for EventId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

/// An event that is to be delivered, as it comes in and as the database takes it.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a JSON object")]
pub struct NewEvent<'a> {
    event_type: EventType,
    /// Made up where it is absent.
    #[serde(default = "EventId::random", deserialize_with = "id_or_random")]
    event_id: EventId,
    /// Only this owner's endpoints get it. Without, every owner's do.
    #[serde(
        default,
        deserialize_with = "owner",
        skip_serializing_if = "Option::is_none"
    )]
    user_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_attempts: Option<MaxAttempts>,
    /// Times, as the database reads them.
    #[serde(skip_serializing_if = "Option::is_none")]
    deliver_at: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Text>,
    /// As the caller wrote it: never parsed and written again.
    #[serde(borrow, deserialize_with = "storable_object")]
    data: StorableJson<'a>,
}

impl NewEvent<'_> {
    /// Refuses an event whose payload is too large by its numbers alone. Few bytes may grow to
    /// many; the size of the whole is for the database to say, which writes it.
    ///
    /// # Errors
    /// [`Error::PayloadTooLarge`].
    pub fn check_size(self) -> Result<Self, Error> {
        match self.data.number_characters() {
            0..=MAX_PAYLOAD_BYTES => Ok(self),
            _ => Err(Error::PayloadTooLarge(MAX_PAYLOAD_BYTES)),
        }
    }
}

fn id_or_random<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EventId, D::Error> {
    let id = Option::deserialize(deserializer)?;
    Ok(id.unwrap_or_else(EventId::random))
}

fn owner<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Uuid>, D::Error> {
    let Some(id) = Option::<String>::deserialize(deserializer)? else {
        // Nearly always a bug, that would tell every tenant.
        let problem = "must not be null: leave it out for an event that is meant for every owner";
        return Err(D::Error::custom(problem));
    };
    let id = Uuid::try_parse(&id).map_err(|_| D::Error::custom("must be a UUID"))?;
    Ok(Some(id))
}

fn storable_object<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<StorableJson<'de>, D::Error> {
    let data = <&RawValue>::deserialize(deserializer)?;
    match data.get().starts_with('{') {
        true => StorableJson::parse(data).map_err(D::Error::custom),
        false => Err(D::Error::custom("must be a JSON object")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::error::Error;
    use crate::parse;

    fn parse(event: &str) -> Result<String, String> {
        parse::object::<NewEvent>(event)
            .map(|event| serde_json::to_string(&event).unwrap())
            .map_err(|error| match error {
                Error::InvalidField { message, .. } => message,
                other => panic!("{other:?}"),
            })
    }

    #[test]
    fn parse_passes_the_data_on_byte_for_byte() {
        let data = r#"{"n": 12345678901234567890.10,  "b":[1 ,2]}"#;
        let event = parse(&format!(
            r#"{{"event_type": "vehicle.created", "event_id": "e", "data": {data}}}"#
        ));
        assert_eq!(
            event.unwrap(),
            format!(r#"{{"event_type":"vehicle.created","event_id":"e","data":{data}}}"#)
        );
    }

    #[test]
    fn an_event_without_an_id_is_given_one_of_its_own() {
        for event in [
            r#"{"event_type": "a", "data": {}}"#,
            r#"{"event_type": "a", "data": {}, "event_id": null}"#,
        ] {
            let id = || {
                let event: NewEvent = parse::object(event).unwrap();
                Uuid::try_parse(event.event_id.as_str()).unwrap()
            };
            assert_ne!(id(), id());
        }
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
                "maxAttempts is not a known field, expected one of `event_type`, `event_id`, \
                 `user_id`, `max_attempts`, `deliver_at`, `expires_at`, `data`",
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
            let _ = parse::body::<NewEvent>(&body);
            let _ = EventType::parse(&name);
            let _ = EventId::parse(&name);
        }
    }
}

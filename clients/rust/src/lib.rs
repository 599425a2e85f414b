//! Emits webhook events without ever breaking what they are about: [`trigger_webhook`] does
//! not panic and is done in time, whatever becomes of the call.
//!
//! In a Worker (`wasm32`) it calls `deliver` by a service binding or by its URL, through the
//! `worker` crate; elsewhere by its URL, through the caller's `reqwest` client.

#[cfg_attr(target_arch = "wasm32", path = "worker.rs")]
#[cfg_attr(not(target_arch = "wasm32"), path = "native.rs")]
mod platform;

use std::error::Error;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::platform::Place;

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest message that is taken over from an answer, in characters.
const MAX_MESSAGE: usize = 300;

/// Who an event is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience<'a> {
    /// One owner's endpoints: the owner's id, a UUID.
    Owner(&'a str),
    /// The endpoints of all owners.
    Everyone,
}

/// What has happened.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a, D> {
    /// A dotted name such as `vehicle.created`.
    pub event_type: &'a str,
    /// What receivers get as `data`: an object as JSON, at most 256 KiB.
    pub data: D,
    /// Who gets it.
    pub audience: Audience<'a>,
    /// The same id is never a second delivery to the same endpoint: 1 to 255 visible ASCII
    /// characters, made up where there is none.
    pub event_id: Option<&'a str>,
}

/// Where events go. Made once, it serves any number of calls.
#[derive(Clone, Debug)]
pub struct Target {
    place: Place,
    key: ServiceKey,
    timeout: Duration,
}

impl Target {
    fn new(place: Place, key: ServiceKey) -> Self {
        Self {
            place,
            key,
            timeout: DEFAULT_TIMEOUT,
        }
    }

    /// Gives a call this much time instead of five seconds.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }
}

/// The service key of `deliver`. `Debug` does not show it.
#[derive(Clone)]
pub struct ServiceKey(String);

impl ServiceKey {
    /// Wraps the key.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }
}

impl fmt::Debug for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceKey(redacted)")
    }
}

/// Why an event was not accepted, or not known to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// `invalid_event` (it cannot be written as JSON), `timeout`, `unreachable`,
    /// `unexpected_answer`, or the code of `deliver`'s refusal, such as `unauthorized` or
    /// `payload_too_large`.
    pub code: String,
    /// A sentence for people, without the payload and the key.
    pub message: String,
    /// The HTTP status, where an answer came.
    pub status: Option<u16>,
    /// The event's id. Whether a call that failed has stored the event may be unknown:
    /// repeated with this id, it is stored once.
    pub event_id: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            code,
            message,
            status,
            event_id,
        } = self;
        write!(f, "webhook event {event_id}: {message} ({code}")?;
        if let Some(status) = status {
            write!(f, ", {status}")?;
        }
        f.write_str(")")
    }
}

impl Error for Failure {}

/// Emits an event and answers its id as soon as it is stored: what is stored is delivered.
///
/// # Errors
/// It was refused, or nothing confirms that it is stored. Log that and go on: it is no reason
/// for the caller's own work to fail.
pub async fn trigger_webhook<D: Serialize>(
    target: &Target,
    event: &Event<'_, D>,
) -> Result<String, Failure> {
    let event_id = match event.event_id {
        Some(id) => id.to_owned(),
        None => Uuid::new_v4().to_string(),
    };
    match emit(target, event, &event_id).await {
        Ok(()) => Ok(event_id),
        Err(fault) => Err(fault.into_failure(event_id)),
    }
}

async fn emit<D: Serialize>(
    target: &Target,
    event: &Event<'_, D>,
    event_id: &str,
) -> Result<(), Fault> {
    let body = Body {
        action: "deliver",
        event: BodyEvent {
            event_type: event.event_type,
            data: &event.data,
            user_id: match event.audience {
                Audience::Owner(id) => Some(id),
                Audience::Everyone => None,
            },
            event_id,
        },
        wait: false,
    };
    // Not with what the error says: it may be of the payload.
    let body = serde_json::to_string(&body).map_err(|_| Fault::InvalidEvent)?;
    let Target {
        place,
        key,
        timeout,
    } = target;
    let (status, answer) = place.post(key, body, *timeout).await?;
    confirm(event_id, status, &answer)
}

/// A call of `deliver`.
#[derive(Serialize)]
struct Body<'a, D> {
    action: &'a str,
    event: BodyEvent<'a, D>,
    wait: bool,
}

/// An event as `deliver` takes it.
#[derive(Serialize)]
struct BodyEvent<'a, D> {
    event_type: &'a str,
    data: D,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    event_id: &'a str,
}

/// Whether an answer says that the event is stored.
fn confirm(event_id: &str, status: u16, answer: &str) -> Result<(), Fault> {
    #[derive(Deserialize)]
    struct Stored {
        event_id: String,
    }
    #[derive(Deserialize)]
    struct Refusal {
        code: String,
        error: String,
    }
    let stored = serde_json::from_str::<Stored>(answer);
    if (200..300).contains(&status) && stored.is_ok_and(|stored| stored.event_id == event_id) {
        return Ok(());
    }
    match serde_json::from_str(answer) {
        Ok(Refusal { code, error }) => {
            let message = error.chars().take(MAX_MESSAGE).collect();
            Err(Fault::Refused(status, code, message))
        }
        Err(_) => Err(Fault::UnexpectedAnswer(status)),
    }
}

/// A [`Failure`] before it is put in words.
#[derive(Debug, PartialEq, Eq)]
enum Fault {
    InvalidEvent,
    Timeout(Duration),
    /// Why, without the key and the URL.
    Unreachable(String),
    UnexpectedAnswer(u16),
    /// The status, the code and the message.
    Refused(u16, String, String),
}

impl Fault {
    fn into_failure(self, event_id: String) -> Failure {
        let (code, message, status) = match self {
            Self::InvalidEvent => {
                let message = "The event cannot be written as JSON".to_owned();
                ("invalid_event", message, None)
            }
            Self::Timeout(timeout) => {
                let message = format!("There was no answer within {timeout:?}");
                ("timeout", message, None)
            }
            Self::Unreachable(why) => {
                let message = format!("There was no answer: {why}");
                ("unreachable", message, None)
            }
            Self::UnexpectedAnswer(status) => {
                let message = "The answer does not confirm the event".to_owned();
                ("unexpected_answer", message, Some(status))
            }
            Self::Refused(status, ref code, message) => (code.as_str(), message, Some(status)),
        };
        Failure {
            code: code.to_owned(),
            message,
            status,
            event_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confirm_takes_only_a_success_with_the_id_that_was_sent() {
        let stored = r#"{"success": true, "event_id": "evt_1", "pending": 1}"#;
        assert_eq!(confirm("evt_1", 202, stored), Ok(()));
        assert_eq!(confirm("\"", 202, r#"{"event_id": "\""}"#), Ok(()));
        for (status, answer) in [
            (202, r#"{"event_id": "evt_2"}"#),
            (302, stored),
            (200, "<html>"),
            (204, ""),
            (502, "null"),
        ] {
            let unexpected = Err(Fault::UnexpectedAnswer(status));
            assert_eq!(confirm("evt_1", status, answer), unexpected, "{answer}");
        }
        assert_eq!(
            confirm("evt_1", 401, r#"{"error": "No", "code": "unauthorized"}"#),
            Err(Fault::Refused(401, "unauthorized".into(), "No".into()))
        );
    }

    #[test]
    fn a_failure_is_one_sentence() {
        let fault = Fault::Refused(401, "unauthorized".into(), "Wrong key".into());
        assert_eq!(
            fault.into_failure("evt_1".to_owned()).to_string(),
            "webhook event evt_1: Wrong key (unauthorized, 401)"
        );
    }

    #[test]
    fn debug_does_not_show_the_key() {
        let key = ServiceKey::new("sb_secret_abc");
        assert_eq!(format!("{key:?}"), "ServiceKey(redacted)");
    }
}

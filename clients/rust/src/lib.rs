//! Emits webhook events without ever breaking what they are about: [`trigger_webhook`] does
//! not panic and is done in time, whatever becomes of the call. [`Manage`] is for the endpoints that
//! receive them.
//!
//! In a Worker (`wasm32`) they call `deliver` and `manage` by a service binding or by a URL, through the
//! `worker` crate; elsewhere by a URL, through the caller's `reqwest` client.

pub mod manage;

#[cfg_attr(target_arch = "wasm32", path = "worker.rs")]
#[cfg_attr(not(target_arch = "wasm32"), path = "native.rs")]
mod platform;

use std::error::Error;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

pub use crate::manage::{Credential, Manage};
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
    /// How often each delivery is attempted at most, 1 to 100. Without, it is for the endpoint to say.
    pub max_attempts: Option<u8>,
    /// When it is to be sent, if not at once: RFC 3339.
    pub deliver_at: Option<&'a str>,
    /// From when on it is not to be sent any more: RFC 3339.
    pub expires_at: Option<&'a str>,
}

/// The most events that one call of `deliver` takes.
const MAX_EVENTS: usize = 100;

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
    let outcome = async {
        let event = to_json(event, &event_id)?;
        let (status, answer) = target
            .post(format!("{{\"event\":{event},\"wait\":false}}"))
            .await?;
        confirm(&event_id, status, &answer)
    };
    match outcome.await {
        Ok(()) => Ok(event_id),
        Err(fault) => Err(fault.into_failure(event_id)),
    }
}

/// Emits events in calls of up to 100, and says of each, in their order, what [`trigger_webhook`] says. A refused
/// event does not affect the others.
pub async fn trigger_webhooks<D: Serialize>(
    target: &Target,
    events: &[Event<'_, D>],
) -> Vec<Result<String, Failure>> {
    let mut outcomes = Vec::with_capacity(events.len());
    for events in events.chunks(MAX_EVENTS) {
        outcomes.extend(trigger_chunk(target, events).await);
    }
    outcomes
}

async fn trigger_chunk<D: Serialize>(
    target: &Target,
    events: &[Event<'_, D>],
) -> Vec<Result<String, Failure>> {
    let ids: Vec<String> = events
        .iter()
        .map(|event| match event.event_id {
            Some(id) => id.to_owned(),
            None => Uuid::new_v4().to_string(),
        })
        .collect();
    let texts: Vec<Result<String, Fault>> = events
        .iter()
        .zip(&ids)
        .map(|(event, id)| to_json(event, id))
        .collect();
    let sent: Vec<&str> = texts.iter().flatten().map(String::as_str).collect();
    let answers = match sent.len() {
        0 => Ok(Vec::new()),
        count => {
            let body = format!("{{\"events\":[{}],\"wait\":false}}", sent.join(","));
            let answer = target.post(body).await;
            answer.and_then(|(status, answer)| confirm_all(count, status, &answer))
        }
    };
    let mut answers = answers.map(Vec::into_iter);
    let outcomes = texts.into_iter().zip(ids).map(|(text, id)| {
        let outcome = text.and_then(|_| match &mut answers {
            Ok(answers) => answers
                .next()
                .map_or(Err(Fault::UnexpectedAnswer(202)), |answer| {
                    confirm(&id, answer.0, &answer.1)
                }),
            Err(fault) => Err(fault.clone()),
        });
        match outcome {
            Ok(()) => Ok(id),
            Err(fault) => Err(fault.into_failure(id)),
        }
    });
    outcomes.collect()
}

/// The event as `deliver` takes it.
fn to_json<D: Serialize>(event: &Event<'_, D>, event_id: &str) -> Result<String, Fault> {
    #[derive(Serialize)]
    struct Body<'a, D> {
        event_type: &'a str,
        data: &'a D,
        #[serde(skip_serializing_if = "Option::is_none")]
        user_id: Option<&'a str>,
        event_id: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        max_attempts: Option<u8>,
        #[serde(skip_serializing_if = "Option::is_none")]
        deliver_at: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        expires_at: Option<&'a str>,
    }
    let body = Body {
        event_type: event.event_type,
        data: &event.data,
        user_id: match event.audience {
            Audience::Owner(id) => Some(id),
            Audience::Everyone => None,
        },
        event_id,
        max_attempts: event.max_attempts,
        deliver_at: event.deliver_at,
        expires_at: event.expires_at,
    };
    // Not with what the error says: it may be of the payload.
    serde_json::to_string(&body).map_err(|_| Fault::InvalidEvent)
}

/// A call of a worker.
struct Call<'a> {
    method: &'a str,
    /// With the query.
    path: &'a str,
    headers: Vec<(&'a str, String)>,
    body: Option<String>,
}

impl Target {
    async fn post(&self, body: String) -> Result<(u16, String), Fault> {
        let call = Call {
            method: "POST",
            path: "",
            headers: vec![
                ("authorization", format!("Bearer {}", self.key.0)),
                ("content-type", "application/json".to_owned()),
            ],
            body: Some(body),
        };
        self.place.send(call, self.timeout).await
    }
}

/// What an answer to several events says of each: a status and a text, as of an answer of its own.
fn confirm_all(count: usize, status: u16, answer: &str) -> Result<Vec<(u16, String)>, Fault> {
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(borrow)]
        events: Vec<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Entry {
        code: Option<String>,
    }
    match serde_json::from_str::<Answer>(answer) {
        Ok(answer) if status < 300 && answer.events.len() == count => {
            let entries = answer.events.into_iter().map(|entry| {
                let entry = entry.get();
                let code = serde_json::from_str::<Entry>(entry)
                    .ok()
                    .and_then(|entry| entry.code);
                // A refusal has no status of its own in a list.
                let status = match code.as_deref() {
                    None => status,
                    Some("payload_too_large") => 413,
                    Some(_) => 400,
                };
                (status, entry.to_owned())
            });
            Ok(entries.collect())
        }
        // The error of the whole call, or nothing that confirms it.
        _ => confirm("", status, answer).map(|()| Vec::new()),
    }
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
#[derive(Clone, Debug, PartialEq, Eq)]
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

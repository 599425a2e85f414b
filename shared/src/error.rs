//! What a caller is told when a call fails.
//!
//! The caller's faults are variants of their own, each with its status and code. Ours
//! are [`Error::Misconfigured`], [`Error::Unavailable`] and [`Error::Internal`]: they
//! are answered blandly, and [`Error::log_line`] gives what belongs in the log.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value, json};

/// Why a call failed.
#[derive(Debug, PartialEq)]
pub enum Error {
    /// The body is no JSON object, or is broken: what is wrong with it.
    InvalidBody(String),
    /// One field is missing or wrong: which, and a sentence that says why.
    InvalidField {
        /// The field's name, dotted where it is nested.
        field: String,
        /// A sentence.
        message: String,
    },
    /// The body is not declared as JSON.
    UnsupportedMediaType,
    /// The body is larger than this many bytes.
    BodyTooLarge(usize),
    /// An event's payload would be larger than this many bytes.
    PayloadTooLarge(u64),
    /// The database cannot hold a value of the call: its SQLSTATE, of class 22 or 23.
    InvalidValue(String),
    /// No credential, or one that is not valid. The same whatever was wrong.
    Unauthorized,
    /// There is nothing at this path, or it is not the caller's: a sentence.
    NotFound(&'static str),
    /// The path exists, but not with this method: the methods it has.
    MethodNotAllowed(&'static str),
    /// The database refused the call with an answer of its own.
    Refused {
        /// HTTP status, 400 to 499.
        status: u16,
        /// Machine-readable reason.
        code: String,
        /// A sentence.
        message: String,
        /// What else helps: fields of the answer.
        details: Map<String, Value>,
    },
    /// The API server asks to slow down: its `Retry-After`.
    TooManyRequests(Option<String>),
    /// A setting is missing or malformed: its name.
    Misconfigured(&'static str),
    /// The database cannot be reached, or makes no sense: the cause, for the log.
    Unavailable(String),
    /// A fault of ours: the cause, for the log.
    Internal(String),
}

impl Error {
    /// A field is missing or wrong: `problem` is what follows its name.
    pub fn field(field: impl Into<String>, problem: impl fmt::Display) -> Self {
        let field = field.into();
        let message = format!("{field} {problem}");
        Self::InvalidField { field, message }
    }

    /// The HTTP status of the answer.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::InvalidBody(_) | Self::InvalidField { .. } | Self::InvalidValue(_) => 400,
            Self::Unauthorized => 401,
            Self::NotFound(_) => 404,
            Self::MethodNotAllowed(_) => 405,
            Self::BodyTooLarge(_) | Self::PayloadTooLarge(_) => 413,
            Self::UnsupportedMediaType => 415,
            Self::TooManyRequests(_) => 429,
            Self::Refused { status, .. } => *status,
            Self::Misconfigured(_) | Self::Internal(_) => 500,
            Self::Unavailable(_) => 503,
        }
    }

    /// A header that belongs to the answer: name and value.
    #[must_use]
    pub fn header(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::MethodNotAllowed(methods) => Some(("Allow", methods)),
            Self::Unauthorized => Some(("WWW-Authenticate", "Bearer")),
            Self::Unavailable(_) => Some(("Retry-After", "5")),
            Self::TooManyRequests(after) => Some(("Retry-After", after.as_deref().unwrap_or("5"))),
            _ => None,
        }
    }

    /// The answer's body: `{"error": sentence, "code": reason, …}`.
    #[must_use]
    pub fn body(&self) -> ErrorBody<'_> {
        let (code, error): (&str, Cow<str>) = match self {
            Self::InvalidBody(message) => ("invalid_body", message.into()),
            Self::InvalidField { message, .. } => ("invalid_field", message.into()),
            Self::UnsupportedMediaType => (
                "unsupported_media_type",
                "The request body must be JSON as it is: send Content-Type: application/json and no Content-Encoding".into(),
            ),
            Self::BodyTooLarge(limit) => (
                "body_too_large",
                format!("The request body is larger than {limit} bytes").into(),
            ),
            Self::PayloadTooLarge(limit) => (
                "payload_too_large",
                format!("The payload would be larger than {limit} bytes").into(),
            ),
            Self::InvalidValue(state) => (
                "invalid_value",
                format!("The database cannot hold a value of this call (SQLSTATE {state})").into(),
            ),
            Self::Unauthorized => ("unauthorized", "Invalid or missing authentication".into()),
            Self::NotFound(message) => ("not_found", (*message).into()),
            Self::MethodNotAllowed(methods) => (
                "method_not_allowed",
                format!("Method not allowed. Use {methods}").into(),
            ),
            Self::Refused { code, message, .. } => (code, message.into()),
            Self::TooManyRequests(_) => (
                "too_many_requests",
                "Too many requests, try again later".into(),
            ),
            Self::Misconfigured(setting) => (
                "misconfigured",
                format!("The setting {setting} is missing or malformed").into(),
            ),
            Self::Unavailable(_) => (
                "database_unavailable",
                "The database cannot be reached, try again later".into(),
            ),
            Self::Internal(_) => ("internal", "Something went wrong on our side".into()),
        };
        let details = match self {
            Self::InvalidField { field, .. } => json!({"field": field}),
            Self::BodyTooLarge(limit) => json!({"max_bytes": limit}),
            Self::PayloadTooLarge(limit) => json!({"max_bytes": limit}),
            Self::Misconfigured(setting) => json!({"setting": setting}),
            Self::Refused { details, .. } => Value::Object(details.clone()),
            _ => Value::Null,
        };
        ErrorBody {
            error,
            code,
            details,
        }
    }

    /// What the operator should read in the log: only for faults that are ours.
    #[must_use]
    pub fn log_line(&self) -> Option<String> {
        match self {
            Self::Misconfigured(setting) => {
                Some(format!("misconfigured: {setting} is missing or malformed"))
            }
            Self::Unavailable(cause) => Some(format!("database unavailable: {cause}")),
            Self::Internal(cause) => Some(format!("internal error: {cause}")),
            _ => None,
        }
    }
}

/// An error as it is answered.
#[derive(Debug, Serialize)]
pub struct ErrorBody<'a> {
    error: Cow<'a, str>,
    code: &'a str,
    #[serde(flatten)]
    details: Value,
}

/// What the operator should read in the log, where even a caller's fault belongs there.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.log_line() {
            Some(line) => f.write_str(&line),
            None => write!(f, "{} {}", self.status(), json!(self.body())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_faults_are_answered_blandly_and_logged() {
        let error = Error::Unavailable("connect to 10.0.0.7 failed".to_owned());
        assert_eq!(error.status(), 503);
        assert!(!json!(error.body()).to_string().contains("10.0.0.7"));
        assert!(error.log_line().unwrap().contains("10.0.0.7"));
    }

    #[test]
    fn a_refusal_json_format_unchanged() {
        let error = Error::Refused {
            status: 400,
            code: "unknown_event_type".to_owned(),
            message: "Invalid event type: x".to_owned(),
            details: Map::from_iter([("valid_events".to_owned(), json!(["*"]))]),
        };
        assert_eq!(
            json!(error.body()),
            json!({"error": "Invalid event type: x", "code": "unknown_event_type", "valid_events": ["*"]})
        );
        assert_eq!(error.log_line(), None);
        let text = error.to_string();
        assert!(text.starts_with("400 {") && text.contains("Invalid event type: x"));
    }
}

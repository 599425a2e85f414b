//! The database, through PostgREST: one function call is one round trip.

use std::time::Duration;

use postgrest::Postgrest;
use serde_json::value::RawValue;

use crate::config::DatabaseConfig;
use crate::decode::{Decode, decode};
use crate::error::Error;
use crate::fields::{Fields, is_json};
use crate::json::Object;
use crate::runtime::{self, Answer, Outgoing};
use crate::secret::Secret;

/// The most of an answer that is read, in bytes: several times what a claim of the
/// largest size is (see `webhooks.max_batch_bytes()`), with every character escaped.
const MAX_ANSWER_BYTES: usize = 32 << 20;

/// In whose name a call is made.
#[derive(Debug)]
pub enum Caller {
    /// The service role: the worker's own key.
    Service,
    /// A user, by a Supabase token.
    Token(Secret),
    /// A user, by an API key.
    ApiKey(Secret),
}

/// A handle on the database for one caller.
pub struct Database {
    client: Postgrest,
    timeout: Duration,
    is_service: bool,
}

impl Database {
    /// A handle for `caller`, whose credential must be visible ASCII: headers hold
    /// nothing else.
    #[must_use]
    pub fn new(config: &DatabaseConfig, caller: &Caller) -> Self {
        let mut client = Postgrest::new(config.url.as_str());
        if let Some(key) = &config.key {
            client = client.insert_header("apikey", key.expose());
        }
        client = match caller {
            // New Supabase keys go in `apikey` alone; older ones are tokens, which
            // PostgREST itself wants to see.
            Caller::Service => match &config.key {
                Some(key) if !key.expose().starts_with("sb_") => {
                    client.insert_header("authorization", format!("Bearer {}", key.expose()))
                }
                _ => client,
            },
            Caller::Token(token) => {
                client.insert_header("authorization", format!("Bearer {}", token.expose()))
            }
            Caller::ApiKey(key) => client.insert_header("x-api-key", key.expose()),
        };
        Self {
            client,
            timeout: config.timeout,
            is_service: matches!(caller, Caller::Service),
        }
    }

    /// Calls a SQL function and gives its answer, which is JSON.
    ///
    /// # Errors
    /// The function refused ([`Error::Refused`]), the credential is not accepted, or
    /// the database cannot be reached in time or makes no sense.
    pub async fn call(&self, function: &str, parameters: &Object) -> Result<String, Error> {
        let request = self
            .client
            .rpc(function, parameters.to_string())
            .build()
            .build()
            .map_err(|e| Error::Internal(format!("{function}: {e}")))?;
        let outgoing = Outgoing {
            url: &request.url,
            headers: request.headers.iter().collect(),
            body: &request.body,
        };
        match runtime::post(outgoing, self.timeout, MAX_ANSWER_BYTES).await {
            Ok(answer) => interpret(answer).map_err(|error| match error {
                Error::Unavailable(cause) => Error::Unavailable(format!("{function}: {cause}")),
                // Nobody's credential but the worker's own went in.
                Error::Unauthorized if self.is_service => {
                    Error::Unavailable(format!("{function}: the service key is refused"))
                }
                other => other,
            }),
            Err(failure) => Err(Error::Unavailable(format!("{function}: {}", failure.error))),
        }
    }

    /// Calls a SQL function and decodes its answer.
    ///
    /// # Errors
    /// As [`Database::call`].
    pub async fn fetch<T: Decode>(&self, function: &str, parameters: &Object) -> Result<T, Error> {
        let answer = self.call(function, parameters).await?;
        decode(&answer).ok_or_else(|| Error::Unavailable(format!("{function}: unexpected answer")))
    }
}

/// PostgREST's error object, as far as it matters here.
#[derive(Default)]
struct Refusal<'a> {
    code: Option<String>,
    message: Option<String>,
    hint: Option<String>,
    details: Option<&'a RawValue>,
}

impl<'a> Refusal<'a> {
    fn parse(text: &'a str) -> Result<Self, Error> {
        let mut fields = Fields::parse_text(text)?;
        Ok(Self {
            code: fields.optional("code", "a string")?,
            message: fields.optional("message", "a string")?,
            hint: fields.optional("hint", "a string")?,
            details: fields.raw("details"),
        })
    }
}

/// Turns PostgREST's answer into the function's JSON, or into an error.
///
/// SQL functions refuse with SQLSTATE PTnnn, which PostgREST answers with status nnn:
/// `message`, `hint` (our code) and `details` (a JSON object) are for the caller.
fn interpret(answer: Answer) -> Result<String, Error> {
    let text = String::from_utf8(answer.body).unwrap_or_default();
    if (200..300).contains(&answer.status) {
        if answer.truncated {
            return Err(Error::Unavailable("the answer is too large".to_owned()));
        }
        // A function that returns nothing is answered with nothing.
        return match text {
            empty if empty.is_empty() && answer.status == 204 => Ok("null".to_owned()),
            text if is_json(&text) => Ok(text),
            _ => Err(Error::Unavailable("the answer is not JSON".to_owned())),
        };
    }

    let refusal = Refusal::parse(&text).unwrap_or_default();
    let code = refusal.code.as_deref().unwrap_or_default();
    match (code, answer.status) {
        // 22023: the token names a role that does not exist.
        ("PT401" | "22023", _) => Err(Error::Unauthorized),
        (code, status @ 400..=499) if code.strip_prefix("PT") == Some(&status.to_string()) => {
            Err(Error::Refused {
                status,
                code: refusal.hint.unwrap_or_default(),
                message: refusal.message.unwrap_or_default(),
                details: details(refusal.details),
            })
        }
        (_, 429) => Err(Error::TooManyRequests(answer.retry_after)),
        // PostgREST refuses a token with a code of its own (PGRST3nn), and one of a
        // role without the privilege with Postgres's. Without a code it was a gateway
        // in front that refused, and what it looks at is the worker's own key.
        (code, 401 | 403) if !code.is_empty() => Err(Error::Unauthorized),
        (_, 401 | 403) => Err(Error::Unavailable(
            "the API gateway refuses the worker's key".to_owned(),
        )),
        (code, status) => Err(Error::Unavailable(format!("HTTP {status} {code}"))),
    }
}

/// `details` is a JSON object as text, from `raise … using detail`.
fn details(details: Option<&RawValue>) -> Object {
    let text: Option<String> = details.and_then(|raw| serde_json::from_str(raw.get()).ok());
    let fields = text.as_deref().map(Fields::parse_text);
    match fields {
        Some(Ok(fields)) => fields.into_object(&["error", "code"]),
        _ => Object::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status,
            retry_after: None,
            body: body.as_bytes().to_vec(),
            truncated: false,
        }
    }

    #[test]
    fn a_function_s_json_is_passed_on_as_it_is() {
        assert_eq!(
            interpret(answer(200, r#"{"a":  1}"#)).unwrap(),
            r#"{"a":  1}"#
        );
        assert_eq!(interpret(answer(204, "")).unwrap(), "null");
    }

    #[test]
    fn a_function_s_refusal_keeps_its_status_sentence_and_details() {
        let body = json!({
            "code": "PT400", "message": "Invalid event type: x", "hint": "unknown_event_type",
            "details": "{\"valid_events\": [\"*\"]}",
        });
        let error = interpret(answer(400, &body.to_string())).unwrap_err();
        assert_eq!(error.status(), 400);
        assert_eq!(
            error.body().read(),
            json!({"error": "Invalid event type: x", "code": "unknown_event_type", "valid_events": ["*"]})
        );
    }

    #[test]
    fn a_refused_token_is_unauthorized_and_a_refused_worker_key_is_not() {
        for (status, code) in [
            (401, "PGRST301"),
            (401, "42501"),
            (403, "42501"),
            (401, "PT401"),
        ] {
            let body = json!({"code": code, "message": "JWT expired"}).to_string();
            assert_eq!(interpret(answer(status, &body)), Err(Error::Unauthorized));
        }
        let error = interpret(answer(401, r#"{"message":"Invalid API key"}"#)).unwrap_err();
        assert_eq!(error.status(), 503);
    }

    #[test]
    fn nonsense_is_unavailable() {
        for (status, body) in [
            (200, "<html>"),
            (200, ""),
            (302, ""),
            (500, "{}"),
            (404, "[]"),
            (400, r#"{"code": "PT404"}"#),
            (502, "\u{0}"),
        ] {
            assert_eq!(interpret(answer(status, body)).unwrap_err().status(), 503);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn interpret_never_panics_and_never_answers_5xx_other_than_503(
            status in 100u16..600,
            body in prop_oneof![
                any::<Vec<u8>>(),
                "\\{\"code\": ?\"PT[0-9]{3}\", \"message\": \"x\"\\}".prop_map(String::into_bytes),
            ],
            truncated: bool,
        ) {
            let answer = Answer { status, retry_after: None, body, truncated };
            if let Err(error) = interpret(answer) {
                prop_assert!(error.status() < 500 || error.status() == 503);
            }
        }
    }
}

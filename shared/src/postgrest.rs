//! The database, through PostgREST: one function call is one round trip.

use std::time::Duration;

use postgrest::Postgrest;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::config::DatabaseConfig;
use crate::error::Error;
use crate::parse;
use crate::platform::{self, Exchange, Failure, Outgoing};
use crate::secret::Secret;

/// The most of an answer that is read, in bytes: several times what a claim of the
/// largest size is (see `webhooks.max_batch_bytes()`), with every character escaped.
const MAX_ANSWER_BYTES: usize = 32 << 20;

/// In whose name a call is made.
#[derive(Debug)]
pub enum Credential<'a> {
    /// The service role: the worker's own key.
    Service,
    /// A user's: the first that is there and accepted.
    User {
        /// A Supabase token.
        token: Option<&'a Secret>,
        /// An API key.
        api_key: Option<&'a Secret>,
        /// The owner it acts for, where it may act for several.
        owner: Option<Uuid>,
    },
}

/// A handle on the database for one caller.
pub struct Database {
    client: Postgrest,
    timeout: Duration,
    is_service: bool,
}

impl Database {
    /// A handle for the holder of `credential`, which must be visible ASCII: headers hold nothing
    /// else.
    #[must_use]
    pub fn new(config: &DatabaseConfig, credential: &Credential) -> Self {
        let mut client = Postgrest::new(config.url.as_str());
        if let Some(key) = &config.key {
            client = client.insert_header("apikey", key.expose());
        }
        client = match credential {
            // New Supabase keys go in `apikey` alone; older ones are tokens, which
            // PostgREST itself wants to see.
            Credential::Service => match &config.key {
                Some(key) if !key.expose().starts_with("sb_") => {
                    client.insert_header("authorization", format!("Bearer {}", key.expose()))
                }
                _ => client,
            },
            Credential::User {
                token,
                api_key,
                owner,
            } => {
                if let Some(owner) = owner {
                    client = client.insert_header("x-webhook-owner", owner.to_string());
                }
                if let Some(token) = token {
                    client =
                        client.insert_header("authorization", format!("Bearer {}", token.expose()));
                }
                match api_key {
                    Some(key) => client.insert_header("x-api-key", key.expose()),
                    None => client,
                }
            }
        };
        Self {
            client,
            timeout: config.timeout,
            is_service: matches!(credential, Credential::Service),
        }
    }

    /// Calls a SQL function and reads its answer. Parameters that are null are left out, so that their
    /// defaults apply.
    ///
    /// # Errors
    /// The function refused ([`Error::Refused`]), the credential is not accepted, or
    /// the database cannot be reached in time or answers something else.
    pub async fn call<T: DeserializeOwned>(
        &self,
        function: &str,
        parameters: Value,
    ) -> Result<T, Error> {
        let answer = self.post(function, parameters).await;
        let answer = answer.and_then(|json| parse::answer(&json));
        answer.map_err(|error| Self::explain(function, error))
    }

    /// The error of a call of this function.
    fn explain(function: &str, error: Error) -> Error {
        match error {
            Error::Unavailable(cause) => Error::Unavailable(format!("{function}: {cause}")),
            other => other,
        }
    }

    /// Calls a SQL function and gives its answer, as JSON.
    ///
    /// postgrest makes the request, and the platform sends it: reqwest would follow a redirect, and
    /// carry the key along, and has no time-out on Workers.
    async fn post(&self, function: &str, mut parameters: Value) -> Result<String, Error> {
        if let Value::Object(parameters) = &mut parameters {
            parameters.retain(|_, value| !value.is_null());
        }
        let request = self.client.rpc(function, parameters.to_string());
        let request = request.build().build().map_err(internal)?;
        let body = request.body().and_then(|body| body.as_bytes());
        let headers = request.headers().iter();
        let outgoing = Outgoing {
            url: request.url().as_str(),
            headers: headers
                .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
                .collect(),
            body: std::str::from_utf8(body.unwrap_or_default()).map_err(internal)?,
        };
        interpret(
            platform::post(outgoing, self.timeout, MAX_ANSWER_BYTES).await,
            self.is_service,
        )
    }
}

fn internal(cause: impl std::fmt::Display) -> Error {
    Error::Internal(cause.to_string())
}

/// PostgREST's error object, as far as it matters here.
#[derive(Default, Deserialize)]
struct PostgrestError {
    code: Option<String>,
    message: Option<String>,
    hint: Option<String>,
    details: Option<Value>,
}

/// Turns PostgREST's answer into the function's, as JSON, or into an error.
///
/// SQL functions refuse with SQLSTATE PTnnn, which PostgREST answers with status nnn:
/// `message`, `hint` (our code) and `details` (a JSON object) are for the caller.
/// What PostgREST refuses for the credential is the caller's fault, or, where it `is_service`, ours.
fn interpret(answer: Exchange, is_service: bool) -> Result<String, Error> {
    let unavailable = |cause: String| Err(Error::Unavailable(cause));
    let refused = || match is_service {
        true => unavailable("the service key is refused".to_owned()),
        false => Err(Error::Unauthorized),
    };
    let status = match (answer.status, answer.failure) {
        (Some(status), None) => status,
        (_, Some(Failure::Timeout(_))) => return unavailable("it timed out".to_owned()),
        (_, failure) => return unavailable(format!("no complete answer: {failure:?}")),
    };
    let text = String::from_utf8(answer.body).unwrap_or_default();
    if (200..300).contains(&status) {
        if answer.truncated {
            return unavailable("the answer is too large".to_owned());
        }
        // A function that returns nothing is answered with nothing.
        return Ok(if status == 204 {
            "null".to_owned()
        } else {
            text
        });
    }

    let refusal: PostgrestError = serde_json::from_str(&text).unwrap_or_default();
    let code = refusal.code.as_deref().unwrap_or_default();
    let message = refusal.message.as_deref().unwrap_or_default();
    match (code, status) {
        ("PT401", _) => Err(Error::Unauthorized),
        // The token names a role that does not exist.
        ("22023", _) if message.starts_with("role ") => refused(),
        // Data exceptions and violated constraints
        // (https://www.postgresql.org/docs/current/errcodes-appendix.html).
        (code, _)
            if code.len() == 5 && ["22", "23"].iter().any(|class| code.starts_with(class)) =>
        {
            Err(Error::InvalidValue(code.to_owned()))
        }
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
        (code, 401 | 403) if !code.is_empty() => refused(),
        (_, 401 | 403) => unavailable("the API gateway refuses the worker's key".to_owned()),
        (code, status) => unavailable(format!("HTTP {status} {code}")),
    }
}

/// `details` is a JSON object as text, from `raise … using detail`.
fn details(details: Option<Value>) -> Map<String, Value> {
    let text = details.as_ref().and_then(Value::as_str);
    let mut details: Map<_, _> = text
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    for ours in ["error", "code"] {
        details.remove(ours);
    }
    details
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn interpret_for(is_service: bool, status: u16, body: &str) -> Result<Value, Error> {
        let answer = Exchange {
            status: Some(status),
            body: body.as_bytes().to_vec(),
            ..Exchange::default()
        };
        parse::answer(&super::interpret(answer, is_service)?)
    }

    fn interpret(status: u16, body: &str) -> Result<Value, Error> {
        interpret_for(false, status, body)
    }

    #[test]
    fn a_function_s_answer_is_read() {
        assert_eq!(interpret(200, r#"{"a":  1}"#), Ok(json!({"a": 1})));
        assert_eq!(interpret(204, ""), Ok(Value::Null));
    }

    #[test]
    fn an_answer_that_does_not_fit_is_logged_by_its_place_without_its_values() {
        #[derive(Debug, Deserialize, PartialEq)]
        struct Claimed {
            claim: i32,
        }
        let error = parse::answer::<Vec<Claimed>>(r#"[{"claim": 1}, {"claim": "whsec_x"}]"#);
        let expected = "the answer does not fit at line 1, column 34".to_owned();
        assert_eq!(error, Err(Error::Unavailable(expected)));
    }

    #[test]
    fn a_function_s_refusal_keeps_its_status_sentence_and_details() {
        let body = json!({
            "code": "PT400", "message": "Invalid event type: x", "hint": "unknown_event_type",
            "details": "{\"valid_events\": [\"*\"]}",
        });
        let error = interpret(400, &body.to_string()).unwrap_err();
        assert_eq!(error.status(), 400);
        assert_eq!(
            json!(error.body()),
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
            assert_eq!(interpret(status, &body), Err(Error::Unauthorized));
        }
        let error = interpret(401, r#"{"message":"Invalid API key"}"#).unwrap_err();
        assert_eq!(error.status(), 503);
    }

    #[test]
    fn the_service_key_may_be_refused_but_a_function_refuses_its_own_caller() {
        let service = |code: &str| interpret_for(true, 401, &json!({ "code": code }).to_string());
        assert_eq!(service("PGRST301").unwrap_err().status(), 503);
        assert_eq!(service("42501").unwrap_err().status(), 503);
        assert_eq!(service("PT401"), Err(Error::Unauthorized));
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
            assert_eq!(interpret(status, body).unwrap_err().status(), 503);
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
            let status = Some(status);
            let answer = Exchange { status, body, truncated, ..Exchange::default() };
            if let Err(error) = super::interpret(answer, false) {
                prop_assert!(error.status() < 500 || error.status() == 503);
            }
        }
    }
}

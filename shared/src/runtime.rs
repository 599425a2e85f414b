//! The Workers platform: the clock, the log, and requests in and out.
//!
//! Everything that crosses into JavaScript costs, so as little as possible does: what
//! goes along with a request or an answer crosses in one piece, as JSON, and an exchange is
//! a single promise, made in `platform.js`.

use std::time::Duration;

use web_sys::{Request, Response, ResponseInit, Url};
use worker::js_sys::futures::JsFuture;
use worker::js_sys::{self, Array, Date, Function, JSON, Promise, Reflect, Uint8Array};
use worker::wasm_bindgen::{JsCast, JsValue};
use worker::{Delay, Env};

use crate::error::Error;
use crate::json::Object;

/// Milliseconds since the Unix epoch. On Workers the clock stands still between I/O.
#[must_use]
pub fn now_ms() -> u64 {
    Date::now() as u64
}

/// Waits.
pub async fn sleep(duration: Duration) {
    Delay::from(duration).await;
}

/// Writes a line of JSON to the log. It must have no payload, secret or URL in it.
pub fn log(line: &Object) {
    web_sys::console::log_1(&line.to_string().into());
}

/// Writes a line of JSON to the log, for the operator to act on.
pub fn log_error(message: &str) {
    let line = Object::new()
        .with("level", "error")
        .with("message", message);
    web_sys::console::error_1(&line.to_string().into());
}

/// The value of a variable or secret of the worker.
#[must_use]
pub fn setting(env: &Env, name: &str) -> Option<String> {
    Reflect::get(env, &name.into()).ok()?.as_string()
}

/// A queue whose messages are numbers.
#[derive(Debug)]
pub struct Queue(JsValue);

impl Queue {
    /// The queue that is bound under this name, if there is one.
    #[must_use]
    pub fn bound(env: &Env, name: &str) -> Option<Self> {
        let binding = Reflect::get(env, &name.into()).ok()?;
        binding.is_object().then_some(Self(binding))
    }

    /// Puts `count` messages in.
    ///
    /// # Errors
    /// A phrase that says why it could not.
    pub async fn put(&self, message: u32, count: usize) -> Result<(), String> {
        let messages = vec![Object::new().with("body", &message).to_string(); count];
        let put = || {
            let messages = JSON::parse(&format!("[{}]", messages.join(",")))?;
            let send = Reflect::get(&self.0, &"sendBatch".into())?;
            let sent = send
                .unchecked_into::<Function>()
                .call1(&self.0, &messages)?;
            Ok(JsFuture::from(sent.unchecked_into::<Promise>()))
        };
        let sent = put().map_err(|error: JsValue| phrase(&error))?;
        sent.await.map(drop).map_err(|error| phrase(&error))
    }
}

/// The first of the messages a queue's consumer is given, if it is a number.
#[must_use]
pub fn first_message(batch: &JsValue) -> Option<u32> {
    let messages = Reflect::get(batch, &"messages".into()).ok()?;
    let message = Reflect::get_u32(&messages, 0).ok()?;
    let body = Reflect::get(&message, &"body".into()).ok()?.as_f64()?;
    (0.0..=f64::from(u32::MAX))
        .contains(&body)
        .then_some(body as u32)
}

/// Names and values of headers; names are not repeated.
pub type Headers<'a> = Vec<(&'a str, &'a str)>;

/// A POST to be sent.
#[derive(Debug)]
pub struct Outgoing<'a> {
    /// Where to.
    pub url: &'a str,
    /// The headers, `Content-Type` included.
    pub headers: Headers<'a>,
    /// The body.
    pub body: &'a str,
}

/// An answer to a POST.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The `Retry-After` header, of an answer other than a success.
    pub retry_after: Option<String>,
    /// The body, or its start.
    pub body: Vec<u8>,
    /// Whether there is more of the body than was read.
    pub truncated: bool,
}

/// Why there was no complete answer.
#[derive(Debug)]
pub struct Failure {
    /// The status, if the failure came after it.
    pub status: Option<u16>,
    /// A phrase for people.
    pub error: String,
}

/// Sends a POST and reads at most `max_body` bytes of the answer. Redirects are
/// answers like any other. `timeout` covers all of it.
///
/// # Errors
/// The answer did not come, or not completely, or not in time.
pub async fn post(
    outgoing: Outgoing<'_>,
    timeout: Duration,
    max_body: usize,
) -> Result<Answer, Failure> {
    let headers = serde_json::to_string(&outgoing.headers).unwrap_or_default();
    let timeout = timeout.as_millis() as f64;
    let posted = platform::post(
        outgoing.url,
        &headers,
        outgoing.body,
        timeout,
        max_body as f64,
    );
    let answer = match JsFuture::from(posted).await {
        Ok(answer) => Array::from(&answer),
        Err(error) => return Err(failure(None, &phrase(&error))),
    };
    let status = answer.get(0).as_f64().map(|status| status as u16);
    match (status, answer.get(2).dyn_into::<Uint8Array>()) {
        (Some(status), Ok(body)) => Ok(Answer {
            status,
            retry_after: answer.get(1).as_string(),
            body: body.to_vec(),
            truncated: answer.get(3).is_truthy(),
        }),
        (status, Err(text)) => Err(failure(status, &text.as_string().unwrap_or_default())),
        (None, Ok(_)) => Err(failure(None, "there was no status")),
    }
}

fn failure(status: Option<u16>, text: &str) -> Failure {
    let error = text.trim_end_matches('.').chars().take(300).collect();
    Failure { status, error }
}

/// What is done in JavaScript.
mod platform {
    use worker::js_sys::Promise;
    use worker::wasm_bindgen;
    use worker::wasm_bindgen::prelude::wasm_bindgen;
    use worker::web_sys::Request;

    #[wasm_bindgen(module = "/src/platform.js")]
    extern "C" {
        pub(super) fn post(url: &str, headers: &str, body: &str, timeout: f64, max: f64)
        -> Promise;
        pub(super) fn read(message: &Request, max: f64) -> Promise;
    }
}

/// What the platform says of a failed connection, without its decoration.
fn phrase(error: &JsValue) -> String {
    let text = match error.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => error.as_string().unwrap_or_else(|| "failed".to_owned()),
    };
    text.trim_end_matches('.').chars().take(300).collect()
}

/// A header of a request.
#[must_use]
pub fn header(request: &Request, name: &str) -> Option<String> {
    request.headers().get(name).ok().flatten()
}

/// The path of a request, and its query without the question mark.
#[must_use]
pub fn path_and_query(request: &Request) -> (String, String) {
    match Url::new(&request.url()) {
        Ok(url) => {
            let query = url.search();
            let query = query.strip_prefix('?').unwrap_or_default();
            (url.pathname(), query.to_owned())
        }
        Err(_) => (String::new(), String::new()),
    }
}

/// When an HTTP date is (RFC 9110, section 5.6.7), in milliseconds since the Unix epoch.
#[must_use]
pub fn parse_date(text: &str) -> Option<u64> {
    let ms = Date::parse(text);
    (ms >= 0.0).then_some(ms as u64)
}

/// Reads a request's body of at most `max` bytes, which must be JSON by its type if it has
/// one.
///
/// # Errors
/// It is declared as something else, too large, or broken off.
pub async fn read_json_body(request: &Request, max: usize) -> Result<Vec<u8>, Error> {
    if let Some(kind) = header(request, "content-type") {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let kind = kind.to_ascii_lowercase();
        if kind != "application/json" && !kind.ends_with("+json") {
            return Err(Error::UnsupportedMediaType);
        }
    }
    let coding = header(request, "content-encoding");
    if coding.is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
        return Err(Error::UnsupportedMediaType);
    }
    let declared = header(request, "content-length").and_then(|length| length.parse().ok());
    if declared.is_some_and(|length: u64| length > max as u64) {
        return Err(Error::BodyTooLarge(max));
    }
    let broken = |_| Error::InvalidBody("The request body could not be read".to_owned());
    let read = JsFuture::from(platform::read(request, max as f64)).await;
    let read = Array::from(&read.map_err(broken)?);
    match read.get(1).is_truthy() {
        true => Err(Error::BodyTooLarge(max)),
        false => Ok(Uint8Array::new(&read.get(0)).to_vec()),
    }
}

/// What is left of a request's path after one of `prefixes`, without slashes at its
/// ends.
#[must_use]
pub fn path_below<'a>(path: &'a str, prefixes: &[&str]) -> Option<&'a str> {
    let path = path.trim_end_matches('/');
    prefixes.iter().find_map(|prefix| {
        let rest = path.strip_prefix(prefix)?;
        match rest.strip_prefix('/') {
            Some(rest) => Some(rest),
            None => rest.is_empty().then_some(""),
        }
    })
}

/// What a call is answered with.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// What the body is.
    content_type: &'static str,
    /// None where it is empty.
    body: String,
}

impl Reply {
    /// JSON; an empty body is none.
    #[must_use]
    pub fn json(status: u16, body: String) -> Self {
        Self {
            status,
            content_type: "application/json",
            body,
        }
    }

    /// Text in the format Prometheus scrapes.
    #[must_use]
    pub fn metrics(body: String) -> Self {
        Self {
            status: 200,
            content_type: "text/plain; version=0.0.4",
            body,
        }
    }
}

/// Makes the answer to a call, with `headers` besides those it needs. An error is logged,
/// if the fault is ours.
#[must_use]
pub fn respond(outcome: Result<Reply, Error>, headers: &[(&str, &str)]) -> Response {
    let mut headers = headers.to_vec();
    let error;
    let Reply {
        status,
        content_type,
        body,
    } = match outcome {
        Ok(reply) => reply,
        Err(failed) => {
            error = failed;
            if let Some(line) = error.log_line() {
                log_error(&line);
            }
            headers.extend(error.header());
            Reply::json(error.status(), error.body().to_string())
        }
    };
    let body = (!body.is_empty()).then_some(body.as_str());
    if body.is_some() {
        headers.push(("Content-Type", content_type));
        headers.push(("Cache-Control", "no-store"));
    }
    response(status, &headers, body)
        .or_else(|error| {
            log_error(&phrase(&error));
            response(500, &[], None)
        })
        .unwrap_or_else(|_| Response::error())
}

fn response(
    status: u16,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Result<Response, JsValue> {
    let init = Object::new()
        .with("status", &status)
        .with("headers", headers);
    let init: ResponseInit = JSON::parse(&init.to_string())?.unchecked_into();
    Response::new_with_opt_str_and_init(body, &init)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_below_accepts_each_prefix_and_a_slash_at_the_end() {
        let prefixes = [
            "/functions/v1/webhooks-manage",
            "/webhooks-manage",
            "/webhooks",
        ];
        let below = |path| path_below(path, &prefixes);
        assert_eq!(below("/webhooks"), Some(""));
        assert_eq!(below("/webhooks/"), Some(""));
        assert_eq!(below("/webhooks/7/rotate-secret"), Some("7/rotate-secret"));
        assert_eq!(below("/webhooks-manage/7"), Some("7"));
        assert_eq!(below("/functions/v1/webhooks-manage"), Some(""));
        assert_eq!(below("/webhooksx"), None);
        assert_eq!(below("/"), None);
    }
}

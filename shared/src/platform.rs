//! The Workers platform: the clock, the log, settings, and requests in and out.

use std::time::Duration;

use futures_util::TryStreamExt;
use serde::Serialize;
use serde_json::json;
use worker::js_sys::futures::JsFuture;
use worker::js_sys::{Array, Reflect, Uint8Array};
use worker::wasm_bindgen::JsCast;
use worker::{Date, Delay, Env, Headers, Request, Response};

use crate::error::Error;

/// Milliseconds since the Unix epoch. On Workers the clock stands still between I/O.
#[must_use]
pub fn now_ms() -> u64 {
    Date::now().as_millis()
}

/// Waits.
pub async fn sleep(duration: Duration) {
    Delay::from(duration).await;
}

/// Writes a line to the log, with fields to search by. It must have no payload, secret or URL in it.
pub fn log(line: &impl Serialize) {
    javascript::log(&json!(line).to_string(), false);
}

/// Writes a line to the log, for the operator to act on.
pub fn log_error(message: &str) {
    let line = json!({"level": "error", "message": message});
    javascript::log(&line.to_string(), true);
}

/// The value of a variable or secret of the worker, as text. Read by `Reflect`: the worker crate's
/// `Env` has no numbers and booleans.
///
/// # Errors
/// It is no text, whole number or boolean.
pub fn setting(env: &Env, name: &'static str) -> Result<Option<String>, Error> {
    let value = Reflect::get(env, &name.into()).unwrap_or_default();
    if value.is_undefined() {
        return Ok(None);
    }
    let number = value.as_f64().filter(|number| number.fract() == 0.0);
    let text = value
        .as_string()
        .or_else(|| Some((number? as i64).to_string()))
        .or_else(|| Some(value.as_bool()?.to_string()));
    text.map(Some).ok_or(Error::Misconfigured(name))
}

/// A POST to be sent.
#[derive(Debug)]
pub struct Outgoing<'a> {
    /// Where to.
    pub url: &'a str,
    /// Names and values of headers, `Content-Type` included; names are not repeated.
    pub headers: Vec<(&'a str, &'a str)>,
    /// The body.
    pub body: &'a str,
}

/// What came of a POST.
#[derive(Debug, Default)]
pub struct Exchange {
    /// How long it took, to the end of the answer, in milliseconds.
    pub duration_ms: u64,
    /// The HTTP status, if there was one.
    pub status: Option<u16>,
    /// The `Retry-After` header, of an answer other than a success.
    pub retry_after: Option<String>,
    /// The body, or its start. Empty where it did not come whole.
    pub body: Vec<u8>,
    /// Whether there may be more of the body than was read.
    pub truncated: bool,
    /// Why there was no complete answer, if there was none.
    pub failure: Option<Failure>,
}

/// Why there was no complete answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It did not come within this time.
    Timeout(Duration),
    /// The connection was refused, or it ended.
    Lost,
    /// The host is unknown, or TLS failed.
    Unreachable,
    /// It came, but its body is not what its headers say: what the platform says about it.
    Unreadable(String),
    /// What else the platform says.
    Other(String),
}

/// Sends a POST and reads the first `max_body` bytes of the answer. Redirects are answers like any
/// other. `timeout` covers all of it.
///
/// It is one promise, made in `platform.js`: with the `Fetch` of the `worker` crate it is four and a
/// select, and 6 % fewer deliveries a second (measured at 100 endpoints an event).
pub async fn post(outgoing: Outgoing<'_>, timeout: Duration, max_body: usize) -> Exchange {
    let headers = json!(outgoing.headers).to_string();
    let posted = javascript::post(
        outgoing.url,
        &headers,
        outgoing.body,
        timeout.as_millis() as f64,
        max_body as f64,
    );
    let Ok(answer) = JsFuture::from(posted).await else {
        let failure = Failure::Other("the request could not be made".to_owned());
        return Exchange {
            failure: Some(failure),
            ..Exchange::default()
        };
    };
    let answer = Array::from(&answer);
    let text = |at| answer.get(at).as_string();
    let number = |at| answer.get(at).as_f64();
    let said = || {
        let text = text(6).unwrap_or_default();
        text.trim_end_matches('.').chars().take(300).collect()
    };
    let failure = text(5).map(|kind| match kind.as_str() {
        "timeout" => Failure::Timeout(timeout),
        "lost" => Failure::Lost,
        "unreachable" => Failure::Unreachable,
        "unreadable" => Failure::Unreadable(said()),
        _ => Failure::Other(said()),
    });
    Exchange {
        duration_ms: number(0).unwrap_or_default() as u64,
        status: number(1).map(|status| status as u16),
        retry_after: text(2),
        body: answer
            .get(3)
            .dyn_ref()
            .map(Uint8Array::to_vec)
            .unwrap_or_default(),
        truncated: answer.get(4).is_truthy(),
        failure,
    }
}

mod javascript {
    use worker::js_sys::Promise;
    use worker::wasm_bindgen;
    use worker::wasm_bindgen::prelude::wasm_bindgen;

    #[wasm_bindgen(module = "/src/platform.js")]
    extern "C" {
        pub(super) fn asset(env: &worker::Env, path: &str) -> Promise;
        pub(super) fn log(json: &str, is_error: bool);
        pub(super) fn post(url: &str, headers: &str, body: &str, timeout: f64, max: f64)
        -> Promise;
    }
}

/// The text of a file that is served along with the worker: one that was built for its assets, bound as `ASSETS`.
///
/// # Errors
/// There is none at this path.
pub async fn asset(env: &Env, path: &str) -> Result<String, Error> {
    let text = JsFuture::from(javascript::asset(env, path)).await;
    let text = text.ok().and_then(|text| text.as_string());
    text.ok_or_else(|| Error::Internal(format!("there is no asset at {path}")))
}

/// A header of a request.
#[must_use]
pub fn header(request: &Request, name: &str) -> Option<String> {
    request.headers().get(name).ok().flatten()
}

/// Types that clients declare JSON as which they send as text, as a form or as bytes: `fetch` and
/// supabase-js with a string, `curl -d`, `fetch` with a buffer.
const TYPES_OF_JSON: [&str; 5] = [
    "application/json",
    "text/json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/octet-stream",
];

/// Reads a request's body of at most `max` bytes, which must not be declared as something that
/// is never JSON.
///
/// # Errors
/// It is declared as something else, too large, or broken off.
pub async fn read_json_body(request: &mut Request, max: usize) -> Result<Vec<u8>, Error> {
    if let Some(kind) = header(request, "content-type") {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let kind = kind.to_ascii_lowercase();
        if !kind.is_empty() && !kind.ends_with("+json") && !TYPES_OF_JSON.contains(&&*kind) {
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
    // As much as is declared can come: it is read in one piece, which is cheaper.
    if declared.is_some() || request.inner().body().is_none() {
        return request.bytes().await.map_err(broken);
    }
    let mut chunks = request.stream().map_err(broken)?;
    let mut body = Vec::new();
    while let Some(chunk) = chunks.try_next().await.map_err(broken)? {
        body.extend(chunk);
        if body.len() > max {
            return Err(Error::BodyTooLarge(max));
        }
    }
    Ok(body)
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
    content_type: &'static str,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Reply {
    /// JSON.
    ///
    /// # Panics
    /// Never: what the workers answer are structs with names for fields.
    #[must_use]
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        Self {
            status,
            content_type: "application/json",
            headers: Vec::new(),
            body: serde_json::to_string(body).expect("keys are text"),
        }
    }

    /// Without a body.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            content_type: "",
            headers: Vec::new(),
            body: String::new(),
        }
    }

    /// Text in the format Prometheus scrapes.
    #[must_use]
    pub fn metrics(body: String) -> Self {
        Self {
            status: 200,
            content_type: "text/plain; version=0.0.4",
            headers: Vec::new(),
            body,
        }
    }

    /// A page.
    #[must_use]
    pub fn html(body: String) -> Self {
        Self {
            status: 200,
            content_type: "text/html; charset=utf-8",
            headers: Vec::new(),
            body,
        }
    }

    /// The same with a header more. Its value must be visible ASCII and spaces.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// Makes the answer to a call, with `headers` besides those it needs. An error is logged,
/// if the fault is ours.
///
/// # Errors
/// A header is none.
pub fn respond(
    outcome: Result<Reply, Error>,
    headers: &[(&str, &str)],
) -> worker::Result<Response> {
    let answer = Headers::new();
    for (name, value) in headers {
        answer.set(name, value)?;
    }
    let reply = match outcome {
        Ok(reply) => reply,
        Err(error) => {
            if let Some(line) = error.log_line() {
                log_error(&line);
            }
            if let Some((name, value)) = error.header() {
                answer.set(name, value)?;
            }
            Reply::json(error.status(), &error.body())
        }
    };
    for (name, value) in &reply.headers {
        answer.set(name, value)?;
    }
    let response = Response::builder().with_status(reply.status);
    if reply.body.is_empty() {
        return Ok(response.with_headers(answer).empty());
    }
    answer.set("Content-Type", reply.content_type)?;
    answer.set("Cache-Control", "no-store")?;
    Ok(response.with_headers(answer).fixed(reply.body.into_bytes()))
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

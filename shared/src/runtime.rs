//! The Workers platform: the clock, the log, and requests in and out. No other file
//! of this crate names `worker`.

use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::{StreamExt, pin_mut};
use serde_json::Value;
use worker::js_sys::Uint8Array;
use worker::{
    AbortController, AbortSignal, Date, Delay, Env, Fetch, Headers, Method, Request, RequestInit,
    RequestRedirect, Response, ResponseBody,
};

use crate::error::Error;

/// The largest request body that is read, in bytes.
pub const MAX_BODY_BYTES: usize = 256 << 10;

/// Milliseconds since the Unix epoch. On Workers the clock stands still between I/O.
#[must_use]
pub fn now_ms() -> u64 {
    Date::now().as_millis()
}

/// Waits.
pub async fn sleep(duration: Duration) {
    Delay::from(duration).await;
}

/// Writes a line to the log, for the operator to act on.
pub fn log_error(line: &str) {
    worker::console_error!("{line}");
}

/// The value of a variable or secret of the worker.
#[must_use]
pub fn setting(env: &Env, name: &str) -> Option<String> {
    env.var(name).ok().map(|value| value.to_string())
}

/// A POST to be sent.
#[derive(Debug)]
pub struct Outgoing<'a> {
    /// Where to.
    pub url: &'a str,
    /// Names and values; names are not repeated.
    pub headers: Vec<(&'a str, &'a str)>,
    /// The body.
    pub body: &'a str,
}

/// An answer to a POST.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The `Retry-After` header.
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
    let controller = AbortController::default();
    let signal = controller.signal();
    let mut status = None;
    let outcome = {
        let exchange = exchange(outgoing, &signal, max_body, &mut status);
        let alarm = Delay::from(timeout);
        pin_mut!(exchange);
        match select(exchange, alarm).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Err(format!("timed out after {} ms", timeout.as_millis())),
        }
    };
    // Ends the connection where the time ran out or the rest is not wanted.
    controller.abort();
    outcome.map_err(|error| Failure { status, error })
}

async fn exchange(
    outgoing: Outgoing<'_>,
    signal: &AbortSignal,
    max_body: usize,
    status: &mut Option<u16>,
) -> Result<Answer, String> {
    let headers = Headers::new();
    for (name, value) in &outgoing.headers {
        headers.set(name, value).map_err(phrase)?;
    }
    let mut init = RequestInit::new();
    init.with_method(Method::Post)
        .with_headers(headers)
        .with_redirect(RequestRedirect::Manual)
        .with_body(Some(Uint8Array::from(outgoing.body.as_bytes()).into()));
    let request = Request::new_with_init(outgoing.url, &init).map_err(phrase)?;

    let mut response = Fetch::Request(request)
        .send_with_signal(signal)
        .await
        .map_err(phrase)?;
    *status = Some(response.status_code());
    let retry_after = response.headers().get("retry-after").ok().flatten();
    let (body, truncated) = match response.body() {
        ResponseBody::Empty => (Vec::new(), false),
        _ => read(response.stream().map_err(phrase)?, max_body)
            .await
            .map_err(phrase)?,
    };
    Ok(Answer {
        status: response.status_code(),
        retry_after,
        body,
        truncated,
    })
}

/// Reads at most `max` bytes, and says whether there were more.
async fn read(mut stream: worker::ByteStream, max: usize) -> worker::Result<(Vec<u8>, bool)> {
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        let room = max - body.len();
        if chunk.len() > room {
            body.extend(chunk.iter().take(room));
            return Ok((body, true));
        }
        body.extend(chunk);
    }
    Ok((body, false))
}

/// What the platform says of a failed connection, without its decoration.
fn phrase(error: worker::Error) -> String {
    let text = error.to_string();
    let text = text.trim_start_matches("JavaScript error: ");
    let text = text
        .trim_start_matches("TypeError: ")
        .trim_start_matches("Error: ");
    text.trim_end_matches('.').chars().take(300).collect()
}

/// A request's method as it was sent. `Request::method` takes those it does not know for
/// GET.
#[must_use]
pub fn method(request: &Request) -> String {
    request.inner().method()
}

/// Reads a request's body, which must be JSON by its type if it has one.
///
/// # Errors
/// It is declared as something else, too large, or broken off.
pub async fn read_json_body(request: &mut Request) -> Result<Vec<u8>, Error> {
    let header = |name| request.headers().get(name).ok().flatten();
    if let Some(kind) = header("content-type") {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let kind = kind.to_ascii_lowercase();
        if kind != "application/json" && !kind.ends_with("+json") {
            return Err(Error::UnsupportedMediaType);
        }
    }
    if header("content-encoding").is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
        return Err(Error::UnsupportedMediaType);
    }
    let declared = header("content-length").and_then(|length| length.parse().ok());
    if declared.is_some_and(|length: u64| length > MAX_BODY_BYTES as u64) {
        return Err(Error::BodyTooLarge(MAX_BODY_BYTES));
    }
    if request.inner().body().is_none() {
        return Ok(Vec::new());
    }
    let broken = |_| Error::InvalidBody("The request body could not be read".to_owned());
    let stream = request.stream().map_err(broken)?;
    match read(stream, MAX_BODY_BYTES).await.map_err(broken)? {
        (body, false) => Ok(body),
        (_, true) => Err(Error::BodyTooLarge(MAX_BODY_BYTES)),
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

/// An answer with a JSON body that is already text.
///
/// # Errors
/// The platform refuses a header, which it does not.
pub fn json_response(status: u16, body: &str) -> worker::Result<Response> {
    let headers = Headers::new();
    headers.set("Content-Type", "application/json")?;
    headers.set("Cache-Control", "no-store")?;
    Ok(Response::from_bytes(body.as_bytes().to_vec())?
        .with_headers(headers)
        .with_status(status))
}

/// The answer to a call that failed. Writes the log line, if the fault is ours.
///
/// # Errors
/// As [`json_response`].
pub fn error_response(error: &Error) -> worker::Result<Response> {
    if let Some(line) = error.log_line() {
        log_error(&line);
    }
    let body: Value = error.body();
    let response = json_response(error.status(), &body.to_string())?;
    if let Some((name, value)) = error.header() {
        response.headers().set(name, value)?;
    }
    Ok(response)
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

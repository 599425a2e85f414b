//! One attempt: what is sent, and what the answer means. No I/O.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use http::StatusCode;
use shared::delivery::{Attempt, Cause, Claimed, SignatureHeader};
use shared::endpoint::{EndpointUrl, LocalEndpoints};
use shared::event::EventId;
use shared::platform::{Exchange, Failure, Outgoing};
use shared::signature::{self, Signed};

/// The most of an answer's body that is kept, in characters.
const KEPT_CHARS: usize = 1000;

/// How much of it is read, in bytes: a character has four at most. What comes after that does not count.
pub(crate) const READ_BYTES: usize = 4 * KEPT_CHARS;

/// A day, in seconds.
const MAX_RETRY_AFTER: u64 = 86_400;

/// A signed request, ready to be sent.
#[derive(Debug)]
pub(crate) struct Prepared<'a> {
    url: EndpointUrl,
    headers: Vec<(&'a str, String)>,
    /// The owner's own.
    custom: &'a BTreeMap<String, String>,
    body: &'a str,
}

impl Prepared<'_> {
    pub(crate) fn outgoing(&self) -> Outgoing<'_> {
        Outgoing {
            url: self.url.as_str(),
            headers: self
                .headers
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .chain([("Content-Type", "application/json")])
                .chain(self.custom.iter().map(|(name, value)| (&**name, &**value)))
                .collect(),
            body: self.body,
        }
    }
}

/// Signs a delivery at `timestamp` (Unix seconds). The URL and the event's id are checked
/// again: they may have been stored by other means, or under other rules.
///
/// # Errors
/// One of them is not allowed; the sentence is for the endpoint's owner.
pub(crate) fn prepare<'a>(
    delivery: &'a Claimed,
    payload: &'a str,
    timestamp: u64,
    local: LocalEndpoints,
) -> Result<Prepared<'a>, String> {
    let url = EndpointUrl::parse(&delivery.url, local)
        .map_err(|problem| format!("Not sent: the URL {problem}"))?;
    let event_id = EventId::parse(&delivery.event_id)
        .map_err(|problem| format!("Not sent: the event's id {problem}"))?;
    let signed = Signed {
        secrets: &delivery.secrets,
        event_id: &event_id,
        timestamp,
        body: payload,
    };
    let mut headers = vec![("User-Agent", "Nuke-Webhooks/1.0".to_owned())];
    match &delivery.signature_headers {
        Some(chosen) => headers.extend(
            chosen
                .iter()
                .map(|(name, header)| (name.as_str(), signature::value(*header, signed))),
        ),
        None => {
            let stripe = signature::value(SignatureHeader::Stripe, signed);
            headers.extend([
                ("Nuke-Signature", stripe.clone()),
                ("Nuke-Timestamp", timestamp.to_string()),
                ("Stripe-Signature", stripe),
                ("webhook-id", event_id.as_str().to_owned()),
                ("webhook-timestamp", timestamp.to_string()),
                (
                    "webhook-signature",
                    signature::value(SignatureHeader::Standard, signed),
                ),
            ]);
        }
    }
    if delivery.is_replay {
        headers.push(("webhook-replay", "true".to_owned()));
    }
    Ok(Prepared {
        url,
        headers,
        custom: &delivery.headers,
        body: payload,
    })
}

/// Judges what came of a request that began at `started_at_ms` since the Unix epoch.
pub(crate) fn classify(exchange: Exchange, started_at_ms: u64) -> Attempt {
    let ended_at_ms = started_at_ms.saturating_add(exchange.duration_ms);
    let attempt = Attempt {
        response_status: exchange.status,
        response_time_ms: exchange.duration_ms,
        started_at_ms,
        ..Attempt::default()
    };
    match (exchange.status, exchange.failure) {
        // The status and the headers decide, the body only illustrates.
        (Some(status), failure @ (None | Some(Failure::Unreadable(_)))) => Attempt {
            response_body: Some(match failure {
                Some(Failure::Unreadable(text)) => format!("(The body could not be read: {text})"),
                _ => excerpt(&exchange.body),
            }),
            error: (!(200..300).contains(&status)).then(|| explain(status)),
            cause: match status {
                200..=299 => None,
                300..=399 => Some(Cause::Redirect),
                400..=499 => Some(Cause::ClientError),
                _ => Some(Cause::ServerError),
            },
            retry_after_seconds: match status {
                429 | 503 => exchange
                    .retry_after
                    .and_then(|text| retry_after(&text, ended_at_ms)),
                _ => None,
            },
            ..attempt
        },
        (status, failure) => {
            let failure = failure.unwrap_or(Failure::Lost);
            Attempt {
                error: Some(explain_failure(status, &failure)),
                cause: Some(match failure {
                    Failure::Timeout(_) => Cause::Timeout,
                    _ => Cause::Connection,
                }),
                ..attempt
            }
        }
    }
}

/// How long `Retry-After` asks to wait, in seconds: it says so, or names a date (RFC 9110,
/// section 10.2.3). A fraction of a second is rounded up, though the RFC knows none.
fn retry_after(text: &str, now_ms: u64) -> Option<u32> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let are_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let seconds = if !whole.is_empty() && are_digits(whole) && are_digits(fraction) {
        // The schedule allows far less, so all that is larger is the same.
        let whole: u64 = whole.parse().unwrap_or(u64::MAX);
        whole.saturating_add(u64::from(fraction.bytes().any(|b| b != b'0')))
    } else {
        let until = httpdate::parse_http_date(text).ok()?;
        let until = until.duration_since(UNIX_EPOCH).ok()?;
        let wait = until.saturating_sub(Duration::from_millis(now_ms));
        wait.as_millis().div_ceil(1000) as u64
    };
    Some(seconds.min(MAX_RETRY_AFTER) as u32)
}

/// Says for the endpoint's owner why there was no complete answer.
fn explain_failure(status: Option<u16>, failure: &Failure) -> String {
    let Some(status) = status else {
        return match failure {
            Failure::Timeout(limit) => format!("timed out after {} ms", limit.as_millis()),
            Failure::Lost => "The connection was refused, or lost before an answer came".to_owned(),
            Failure::Unreachable => {
                "Could not connect: the host is unknown, or TLS failed".to_owned()
            }
            Failure::Unreadable(text) | Failure::Other(text) => text.clone(),
        };
    };
    match failure {
        Failure::Lost | Failure::Unreachable => {
            format!("HTTP {status}, but the connection was lost in the middle of the answer")
        }
        _ => format!(
            "HTTP {status}, but the answer did not end: {}",
            explain_failure(None, failure)
        ),
    }
}

fn explain(status: u16) -> String {
    let code = StatusCode::from_u16(status).ok();
    let phrase = match code.and_then(|code| code.canonical_reason()) {
        Some(phrase) => format!(": {phrase}"),
        None => String::new(),
    };
    let note = match status {
        301 | 302 | 303 | 307 | 308 => " (redirects are not followed)",
        _ => "",
    };
    format!("HTTP {status}{phrase}{note}")
}

/// The start of a body as text. Postgres holds no U+0000.
fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(body)
        .chars()
        .take(KEPT_CHARS)
        .map(|c| if c == '\0' { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shared::secret::Secret;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn answers_of_any_bytes_become_text_that_can_be_stored(
            status in 0u16..1000,
            body in proptest::collection::vec(any::<u8>(), 0..40),
            repeat in 0usize..200,
        ) {
            let attempt = classify(answer(status, &body.repeat(repeat)), 0);
            let text = attempt.response_body.unwrap();
            prop_assert!(text.chars().count() <= KEPT_CHARS && !text.contains('\0'));
            prop_assert_eq!(attempt.error.is_none(), (200..300).contains(&status));
        }

        #[test]
        fn deliveries_of_any_text_are_signed_or_refused(
            url in "(https://)?\\PC{0,40}", event_id in "\\PC{0,20}", payload in "\\PC{0,20}",
        ) {
            let mut delivery = delivery(&url);
            delivery.event_id = event_id;
            if let Ok(prepared) = prepare(&delivery, &payload, 1, LocalEndpoints::Refused) {
                let headers = prepared.outgoing().headers;
                prop_assert!(headers.iter().all(|(_, value)| value.is_ascii()));
            }
        }
    }

    const LIMIT: Duration = Duration::from_secs(15);

    const PAYLOAD: &str = r#"{"id": "evt_1"}"#;

    fn delivery(url: &str) -> Claimed {
        Claimed {
            id: "d".to_owned(),
            endpoint_id: "e".to_owned(),
            event_id: "evt_1".to_owned(),
            claim: 1,
            attempts: 0,
            url: url.to_owned(),
            secrets: vec![Secret::new(format!("whsec_{}", "a".repeat(64)))],
            payload: 0,
            headers: BTreeMap::from([("X-Team".to_owned(), "a b".to_owned())]),
            signature_headers: None,
            is_slow: false,
            is_replay: false,
            is_ordered: false,
        }
    }

    fn answer(status: u16, body: &[u8]) -> Exchange {
        Exchange {
            duration_ms: 7,
            status: Some(status),
            body: body.to_vec(),
            ..Exchange::default()
        }
    }

    fn failed(status: Option<u16>, failure: Failure) -> Exchange {
        Exchange {
            duration_ms: 15_000,
            status,
            failure: Some(failure),
            ..Exchange::default()
        }
    }

    #[test]
    fn prepare_signs_the_payload_as_it_is() {
        let delivery = delivery("https://example.com/hook");
        let prepared = prepare(&delivery, PAYLOAD, 1_700_000_000, LocalEndpoints::Refused).unwrap();
        let outgoing = prepared.outgoing();
        let header = |name| {
            outgoing
                .headers
                .iter()
                .find_map(|(n, value)| (*n == name).then_some(*value))
                .unwrap()
        };
        assert_eq!(outgoing.url, "https://example.com/hook");
        assert_eq!(outgoing.body, PAYLOAD);
        assert_eq!(header("Content-Type"), "application/json");
        assert_eq!(header("X-Team"), "a b");
        assert_eq!(header("webhook-id"), "evt_1");
        assert_eq!(header("webhook-timestamp"), "1700000000");
        assert_eq!(header("Nuke-Timestamp"), "1700000000");
        assert_eq!(header("Nuke-Signature"), header("Stripe-Signature"));
        assert!(header("Nuke-Signature").starts_with("t=1700000000,v1="));
        assert!(header("webhook-signature").starts_with("v1,"));
    }

    #[test]
    fn prepare_refuses_a_url_that_is_not_allowed() {
        let delivery = delivery("http://10.0.0.1/");
        let error = prepare(&delivery, PAYLOAD, 1, LocalEndpoints::Refused);
        assert_eq!(error.unwrap_err(), "Not sent: the URL must be an https URL");
    }

    #[test]
    fn prepare_refuses_an_event_id_that_is_no_header() {
        let mut delivery = delivery("https://example.com/");
        delivery.event_id = "two\r\nlines".to_owned();
        let error = prepare(&delivery, PAYLOAD, 1, LocalEndpoints::Refused).unwrap_err();
        assert!(error.starts_with("Not sent: the event's id"), "{error}");
    }

    #[test]
    fn any_2xx_is_a_success_and_nothing_else() {
        for status in [200, 201, 204, 299] {
            assert_eq!(classify(answer(status, b""), 0).error, None, "{status}");
        }
        for (status, expected) in [
            (199, "HTTP 199"),
            (302, "HTTP 302: Found (redirects are not followed)"),
            (404, "HTTP 404: Not Found"),
            (500, "HTTP 500: Internal Server Error"),
            (599, "HTTP 599"),
        ] {
            let attempt = classify(answer(status, b""), 0);
            assert_eq!(attempt.error.as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_failure_is_explained_and_keeps_the_status_that_came_before_it() {
        for (status, failure, expected) in [
            (None, Failure::Timeout(LIMIT), "timed out after 15000 ms"),
            (
                Some(200),
                Failure::Timeout(LIMIT),
                "HTTP 200, but the answer did not end: timed out after 15000 ms",
            ),
            (
                None,
                Failure::Lost,
                "The connection was refused, or lost before an answer came",
            ),
            (
                Some(200),
                Failure::Lost,
                "HTTP 200, but the connection was lost in the middle of the answer",
            ),
            (
                None,
                Failure::Unreachable,
                "Could not connect: the host is unknown, or TLS failed",
            ),
            (None, Failure::Other("odd".to_owned()), "odd"),
        ] {
            let attempt = classify(failed(status, failure), 0);
            assert_eq!(attempt.response_status, status);
            assert_eq!(attempt.response_time_ms, 15_000);
            assert_eq!(attempt.error.as_deref(), Some(expected));
        }
    }

    #[test]
    fn an_answer_whose_body_cannot_be_read_counts_by_its_status() {
        let unreadable = || Failure::Unreadable("Decompression failed".to_owned());
        let attempt = classify(failed(Some(200), unreadable()), 0);
        assert_eq!((attempt.error, attempt.cause), (None, None));
        let excerpt = attempt.response_body.unwrap();
        assert_eq!(
            excerpt,
            "(The body could not be read: Decompression failed)"
        );
        let answer = Exchange {
            retry_after: Some("7".to_owned()),
            ..failed(Some(503), unreadable())
        };
        let attempt = classify(answer, 0);
        assert_eq!(attempt.cause, Some(Cause::ServerError));
        assert_eq!(attempt.retry_after_seconds, Some(7));
    }

    #[test]
    fn each_failure_has_its_cause() {
        for (status, expected) in [
            (204, None),
            (302, Some(Cause::Redirect)),
            (410, Some(Cause::ClientError)),
            (500, Some(Cause::ServerError)),
            (999, Some(Cause::ServerError)),
        ] {
            assert_eq!(classify(answer(status, b""), 0).cause, expected, "{status}");
        }
        for (failure, expected) in [
            (Failure::Timeout(LIMIT), Cause::Timeout),
            (Failure::Lost, Cause::Connection),
            (Failure::Unreachable, Cause::Connection),
        ] {
            assert_eq!(classify(failed(None, failure), 0).cause, Some(expected));
        }
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date_where_it_counts() {
        // 64 seconds and a millisecond before the date below.
        let now_ms = 1_893_456_000_000 - 64_001;
        let seconds = |status, text: &str| {
            let answer = Exchange {
                retry_after: Some(text.to_owned()),
                ..answer(status, b"")
            };
            classify(answer, now_ms - 7).retry_after_seconds
        };
        assert_eq!(seconds(429, "120"), Some(120));
        assert_eq!(seconds(503, " 0 "), Some(0));
        assert_eq!(seconds(503, "Tue, 01 Jan 2030 00:00:00 GMT"), Some(65));
        assert_eq!(seconds(503, "Tue, 01 Jan 2019 00:00:00 GMT"), Some(0));
        for far in ["9".repeat(40), "Tue, 01 Jan 2999 00:00:00 GMT".to_owned()] {
            assert_eq!(seconds(503, &far), Some(86_400));
        }
        for (text, expected) in [("1.5", 2), ("1.0", 1), ("0.001", 1), ("7.", 7)] {
            assert_eq!(seconds(503, text), Some(expected), "{text}");
        }
        for text in ["", "soon", "-1", ".5", "1.5.1", "1,5", "1e3"] {
            assert_eq!(seconds(503, text), None, "{text}");
        }
        assert_eq!(seconds(500, "120"), None);
    }

    #[test]
    fn the_first_thousand_characters_of_any_bytes_are_kept() {
        let body = "é".repeat(2000);
        let attempt = classify(answer(200, body.as_bytes()), 0);
        assert_eq!(attempt.response_body, Some("é".repeat(1000)));
        let attempt = classify(answer(200, b"a\0b\xff"), 0);
        assert_eq!(attempt.response_body.as_deref(), Some("a\u{fffd}b\u{fffd}"));
    }
}

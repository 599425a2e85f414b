//! Sending: the deliveries of a batch are attempted a few at a time, and recorded.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;

use futures_channel::oneshot;
use futures_util::future::{Either, join, join_all, select};
use serde::Serialize;
use serde_json::json;
use shared::delivery::{Attempt, Batch, Cause, Claimed, DeliveryResult, Recorded, Settled, Status};
use shared::error::Error;
use shared::platform;

use crate::attempt;
use crate::invocation::Invocation;

/// How many lanes may send to endpoints whose last attempt timed out.
pub(crate) const SLOW_LANES: usize = 2;

/// How often results are recorded while a batch is under way.
const RECORD_INTERVAL: Duration = Duration::from_secs(5);

/// How long recording may take before it is left for the end of the batch, in milliseconds.
const SLOW_RECORD_MS: u64 = 1000;

/// Waits between the tries at recording, in milliseconds.
const RECORD_BACKOFF_MS: [u64; 2] = [250, 1000];

/// What became of one delivery, as the API answers it.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    pub(crate) endpoint_id: String,
    pub(crate) delivery_id: String,
    /// The place of its payload in the batch.
    #[serde(skip)]
    pub(crate) payload: usize,
    pub(crate) status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) response_status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) response_time_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

impl From<Settled> for Outcome {
    fn from(settled: Settled) -> Self {
        Self {
            endpoint_id: settled.endpoint_id,
            delivery_id: settled.id,
            payload: 0,
            status: settled.status,
            response_status: None,
            response_time_ms: None,
            error: Some(settled.error),
        }
    }
}

/// How many of the outcomes have this status.
pub(crate) fn count<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>, status: Status) -> usize {
    let outcomes = outcomes.into_iter();
    outcomes.filter(|outcome| outcome.status == status).count()
}

/// A delivery and what came of its attempt.
type Attempted = (Claimed, Attempt);

/// Sends the deliveries, a few at a time, and records what came of them: in one round
/// trip, or where slow endpoints hold the batch up, in one every few seconds, so that a
/// crash repeats less and owners see results soon. What cannot be begun in time is given
/// back.
///
/// If recording fails for good, the deliveries are answered as pending: their leases
/// run out, and they are sent again.
pub(crate) async fn send(invocation: &Invocation, batch: Batch) -> Vec<Outcome> {
    let Batch { payloads, claimed } = batch;
    // Borrowed for a moment at a time, never while something is waited for.
    let waiting = RefCell::new(VecDeque::from(claimed));
    let attempted = RefCell::new(Vec::new());
    let lane = async |takes_slow: bool| {
        loop {
            let next = next_delivery(&mut waiting.borrow_mut(), takes_slow);
            let Some(delivery) = next else { break };
            // The database numbers its own list: every place is there.
            let Some(payload) = payloads.get(delivery.payload) else {
                continue;
            };
            let attempt = attempt(invocation, &delivery, payload).await;
            attempted.borrow_mut().push((delivery, attempt));
        }
    };
    let (all_sent, sending) = oneshot::channel();
    let lanes = async {
        join_all((0..invocation.config.concurrency).map(|n| lane(n < SLOW_LANES))).await;
        let _the_recorder_waits = all_sent.send(());
    };
    join(lanes, record_all(invocation, &attempted, sending))
        .await
        .1
}

/// Records what has been attempted, at intervals until all is sent, and then the rest. Gives the
/// outcomes.
async fn record_all(
    invocation: &Invocation,
    attempted: &RefCell<Vec<Attempted>>,
    mut sending: oneshot::Receiver<()>,
) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    // A database that fails or is slow would make the batch outlast its lease.
    let mut is_quick = true;
    loop {
        let interval = Box::pin(platform::sleep(RECORD_INTERVAL));
        if let Either::Left(_) = select(&mut sending, interval).await {
            break;
        }
        // Requests are reserved for the recording at the end.
        if !is_quick || !invocation.can_record() || attempted.borrow().is_empty() {
            continue;
        }
        let done = attempted.take();
        let start = platform::now_ms();
        match record(invocation, &done).await {
            Ok(recorded) => outcomes.extend(settle(done, &recorded, None)),
            Err(_) => {
                attempted.borrow_mut().extend(done);
                is_quick = false;
            }
        }
        is_quick &= platform::now_ms().saturating_sub(start) < SLOW_RECORD_MS;
    }
    let done = attempted.take();
    if !done.is_empty() {
        outcomes.extend(match record_patiently(invocation, &done).await {
            Ok(recorded) => settle(done, &recorded, None),
            Err(error) => {
                platform::log_error(&format!("{} results not recorded: {error}", done.len()));
                let lost = "The result could not be recorded, it will be sent again";
                settle(done, &[], Some(lost))
            }
        });
    }
    outcomes
}

/// A failed attempt's line in the log.
#[derive(Serialize)]
struct FailedAttempt<'a> {
    event: &'static str,
    endpoint_id: &'a str,
    delivery_id: &'a str,
    attempt: i32,
    cause: Option<Cause>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_status: Option<u16>,
    response_time_ms: u64,
    error: &'a str,
}

async fn attempt(invocation: &Invocation, delivery: &Claimed, payload: &str) -> Attempt {
    let released = Attempt {
        released: true,
        ..Attempt::default()
    };
    if invocation.is_late() {
        return released;
    }
    let start = platform::now_ms();
    let local = invocation.config.local_endpoints;
    let attempt = match attempt::prepare(delivery, payload, start / 1000, local) {
        Ok(request) => {
            let timeout = invocation.attempt_time();
            let exchange = platform::post(request.outgoing(), timeout, attempt::READ_BYTES).await;
            let is_cut_short = timeout < invocation.config.timeout
                && exchange.failure == Some(platform::Failure::Timeout(timeout));
            if is_cut_short {
                return released;
            }
            attempt::classify(exchange, start)
        }
        Err(error) => Attempt {
            error: Some(error),
            cause: Some(Cause::NotSent),
            started_at_ms: start,
            ..Attempt::default()
        },
    };
    invocation.count_attempt(attempt.error.is_some());
    if let Some(error) = &attempt.error {
        platform::log(&FailedAttempt {
            event: "attempt_failed",
            endpoint_id: &delivery.endpoint_id,
            delivery_id: &delivery.id,
            attempt: delivery.attempts + 1,
            cause: attempt.cause,
            response_status: attempt.response_status,
            response_time_ms: attempt.response_time_ms,
            error,
        });
    }
    attempt
}

/// Records attempts, trying again where the database cannot be reached.
async fn record_patiently(
    invocation: &Invocation,
    attempts: &[Attempted],
) -> Result<Vec<Recorded>, Error> {
    for ms in RECORD_BACKOFF_MS {
        if let Ok(recorded) = record(invocation, attempts).await {
            return Ok(recorded);
        }
        platform::sleep(Duration::from_millis(ms)).await;
    }
    record(invocation, attempts).await
}

/// Records attempts in one round trip, and gives the deliveries' statuses.
async fn record(invocation: &Invocation, attempts: &[Attempted]) -> Result<Vec<Recorded>, Error> {
    let now = platform::now_ms();
    let results: Vec<DeliveryResult> = attempts
        .iter()
        .map(|(delivery, attempt)| DeliveryResult {
            id: &delivery.id,
            claim: delivery.claim,
            attempts: delivery.attempts,
            released: attempt.released,
            response_status: attempt.response_status,
            response_body: attempt.response_body.as_deref(),
            response_time_ms: attempt.response_time_ms,
            error: attempt.error.as_deref(),
            cause: attempt.cause,
            retry_after_seconds: attempt.retry_after_seconds,
            age_ms: now.saturating_sub(attempt.started_at_ms),
        })
        .collect();
    let results = serde_json::to_string(&results).map_err(|e| Error::Internal(e.to_string()))?;
    let alert_url = invocation.config.alert_url.as_ref();
    let alert_url = alert_url.map(|url| url.as_str());
    let parameters = json!({"results": results, "alert_url": alert_url});
    invocation.call("record_webhook_results", parameters).await
}

/// Takes the next delivery for a lane: the first there is, or the first that is not to a slow
/// endpoint.
fn next_delivery(waiting: &mut VecDeque<Claimed>, takes_slow: bool) -> Option<Claimed> {
    let place = match takes_slow {
        true => 0,
        false => waiting.iter().position(|delivery| !delivery.is_slow)?,
    };
    waiting.remove(place)
}

/// Says how deliveries stand after their attempts were recorded, or were `lost`.
fn settle(attempts: Vec<Attempted>, recorded: &[Recorded], lost: Option<&str>) -> Vec<Outcome> {
    let outcome = |(delivery, attempt): Attempted| Outcome {
        status: match (
            recorded.iter().find(|recorded| recorded.id == delivery.id),
            lost,
        ) {
            (Some(recorded), _) => recorded.status,
            (None, Some(_)) => Status::Pending,
            // It was deleted meanwhile: this attempt was its last.
            (None, None) if attempt.error.is_none() && !attempt.released => Status::Success,
            (None, None) => Status::Failed,
        },
        endpoint_id: delivery.endpoint_id,
        delivery_id: delivery.id,
        payload: delivery.payload,
        response_status: attempt.response_status,
        response_time_ms: Some(attempt.response_time_ms),
        error: attempt.error.or(lost.map(str::to_owned)),
    };
    attempts.into_iter().map(outcome).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_for_all_takes_the_first_and_others_the_first_that_is_not_slow() {
        let slow = [true, true, false, true].into_iter().enumerate();
        let mut deliveries: VecDeque<_> = slow
            .map(|(payload, is_slow)| Claimed {
                payload,
                is_slow,
                ..Claimed::default()
            })
            .collect();
        let mut next = |takes_slow| next_delivery(&mut deliveries, takes_slow).map(|d| d.payload);
        assert_eq!(next(false), Some(2));
        assert_eq!(next(false), None);
        assert_eq!(next(true), Some(0));
        assert_eq!(next(true), Some(1));
        assert_eq!(next(true), Some(3));
        assert_eq!(next(true), None);
    }
}

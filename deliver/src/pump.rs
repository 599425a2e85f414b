//! The pump: sends claimed deliveries and records what came of them.

use std::time::Duration;

use futures_util::future::{Either, ready, select};
use futures_util::{StreamExt, stream};
use serde::Serialize;
use shared::config::DeliverConfig;
use shared::delivery::{Attempt, Batch, Claimed, DeliveryResult, Recorded, Settled, Status};
use shared::error::Error;
use shared::json::Object;
use shared::postgrest::Database;
use shared::runtime;

use crate::attempt;

/// The most of an endpoint's answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 64 << 10;

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
            status: settled.status,
            response_status: None,
            response_time_ms: None,
            error: Some(settled.error),
        }
    }
}

/// Sends the deliveries, a few at a time, and records what came of them: in one round
/// trip, or where slow endpoints hold the batch up, in one every few seconds, so that a
/// crash repeats less and owners see results soon.
///
/// If recording fails for good, the deliveries are answered as pending: their leases
/// run out, and they are sent again.
pub(crate) async fn send(
    database: &Database,
    config: &DeliverConfig,
    Batch { payloads, claimed }: Batch,
) -> Vec<Outcome> {
    let mut outcomes = Vec::with_capacity(claimed.len());
    let mut attempts = stream::iter(claimed)
        // The database numbers its own list: there is none without.
        .filter_map(|delivery| ready(payloads.get(delivery.payload).map(|text| (delivery, text))))
        .map(|(delivery, payload)| async move {
            let attempt = attempt_one(config, &delivery, payload).await;
            (delivery, attempt)
        })
        .buffer_unordered(config.concurrency);
    let mut done = Vec::new();
    let mut interval = Box::pin(runtime::sleep(RECORD_INTERVAL));
    // A database that fails or is slow would make the batch outlast its lease.
    let mut is_quick = true;
    loop {
        match select(attempts.next(), interval).await {
            Either::Left((Some(attempt), rest)) => {
                done.push(attempt);
                interval = rest;
            }
            Either::Left((None, _)) => break,
            Either::Right(_) => {
                if is_quick && !done.is_empty() {
                    let start = runtime::now_ms();
                    match record(database, &done).await {
                        Ok(recorded) => outcomes.extend(settle(done.drain(..), &recorded, None)),
                        Err(_) => is_quick = false,
                    }
                    is_quick &= runtime::now_ms().saturating_sub(start) < SLOW_RECORD_MS;
                }
                interval = Box::pin(runtime::sleep(RECORD_INTERVAL));
            }
        }
    }

    if !done.is_empty() {
        outcomes.extend(match record_patiently(database, &done).await {
            Ok(recorded) => settle(done.drain(..), &recorded, None),
            Err(error) => {
                runtime::log_error(&format!("{} results not recorded: {error}", done.len()));
                let lost = "The result could not be recorded, it will be sent again";
                settle(done.drain(..), &[], Some(lost))
            }
        });
    }
    outcomes
}

/// Says how deliveries stand after their attempts were recorded, or were `lost`.
fn settle(
    attempts: impl Iterator<Item = (Claimed, Attempt)>,
    recorded: &[Recorded],
    lost: Option<&str>,
) -> Vec<Outcome> {
    attempts
        .map(|(delivery, attempt)| Outcome {
            // Not recorded means another claim has overtaken this one.
            status: recorded
                .iter()
                .find(|recorded| recorded.id == delivery.id)
                .map_or(Status::Pending, |recorded| recorded.status),
            endpoint_id: delivery.endpoint_id,
            delivery_id: delivery.id,
            response_status: attempt.response_status,
            response_time_ms: Some(attempt.response_time_ms),
            error: attempt.error.or(lost.map(str::to_owned)),
        })
        .collect()
}

async fn attempt_one(config: &DeliverConfig, delivery: &Claimed, payload: &str) -> Attempt {
    let start = runtime::now_ms();
    let request = match attempt::prepare(delivery, payload, start / 1000, config.local_endpoints) {
        Ok(request) => request,
        Err(error) => {
            return Attempt {
                error: Some(error),
                ..Attempt::default()
            };
        }
    };
    let answer = runtime::post(request.outgoing(), config.timeout, MAX_ANSWER_BYTES).await;
    attempt::classify(answer, runtime::now_ms().saturating_sub(start))
}

/// Records attempts, trying again where the database cannot be reached.
async fn record_patiently(
    database: &Database,
    attempts: &[(Claimed, Attempt)],
) -> Result<Vec<Recorded>, Error> {
    for ms in RECORD_BACKOFF_MS {
        if let Ok(recorded) = record(database, attempts).await {
            return Ok(recorded);
        }
        runtime::sleep(Duration::from_millis(ms)).await;
    }
    record(database, attempts).await
}

/// Records attempts in one round trip, and gives the deliveries' statuses.
async fn record(
    database: &Database,
    attempts: &[(Claimed, Attempt)],
) -> Result<Vec<Recorded>, Error> {
    let results: Vec<DeliveryResult> = attempts
        .iter()
        .map(|(delivery, attempt)| DeliveryResult {
            id: &delivery.id,
            claim: delivery.claim,
            attempts: delivery.attempts,
            response_status: attempt.response_status,
            response_body: attempt.response_body.as_deref(),
            response_time_ms: attempt.response_time_ms,
            error: attempt.error.as_deref(),
        })
        .collect();
    let results = serde_json::to_string(&results).map_err(|e| Error::Internal(e.to_string()))?;
    let parameters = Object::new().with("results", &results);
    database.fetch("record_webhook_results", &parameters).await
}

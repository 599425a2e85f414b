//! The pump: claims deliveries, sends them and records what came of them.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::task::Poll;
use std::time::Duration;

use futures_util::future::{Either, select};
use serde::Serialize;
use shared::config::DeliverConfig;
use shared::decode::Decode;
use shared::delivery::{
    Attempt, Batch, Cause, Claim, Claimed, DeliveryResult, Enqueued, Left, Recorded, Settled,
    Status, Stored,
};
use shared::error::Error;
use shared::event::NewEvent;
use shared::json::Object;
use shared::postgrest::{Caller, Database};
use shared::runtime::{self, Queue};

use crate::attempt;

/// The most of an endpoint's answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 64 << 10;

/// How long before the end of an invocation its last attempts begin.
const LAST_ATTEMPT: Duration = Duration::from_secs(5);

/// How often results are recorded while a batch is under way.
const RECORD_INTERVAL: Duration = Duration::from_secs(5);

/// How long recording may take before it is left for the end of the batch, in milliseconds.
const SLOW_RECORD_MS: u64 = 1000;

/// Waits between the tries at recording, in milliseconds.
const RECORD_BACKOFF_MS: [u64; 2] = [250, 1000];

/// What a batch needs besides its attempts, in requests: a claim, a recording on the way,
/// three tries at the one in the end, and messages put in the queue.
const OVERHEAD: u32 = 6;

/// How long a claim waits where all that is due is held by others.
const BUSY_WAIT: Duration = Duration::from_millis(100);

/// How often a message doubles: 32 batches at a time come of one.
const MAX_LEVEL: u32 = 5;

/// How many lanes may send to endpoints whose last attempt timed out.
const SLOW_LANES: usize = 2;

/// The most calls for upkeep in a tick.
const MAX_UPKEEP_CALLS: usize = 10;

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
pub(crate) fn count<'a>(outcomes: impl Iterator<Item = &'a Outcome>, status: Status) -> usize {
    outcomes.filter(|outcome| outcome.status == status).count()
}

/// One invocation's means to send: the database, the queue, and what the platform allows.
pub(crate) struct Pump {
    config: DeliverConfig,
    database: Database,
    queue: Option<Queue>,
    /// How many requests it may still make.
    subrequests: Cell<u32>,
    /// When attempts are no longer begun, in milliseconds since the Unix epoch.
    deadline: Cell<u64>,
    /// When attempts under way are broken off, in the same unit.
    end: Cell<u64>,
    /// When the invocation began, in the same unit.
    started_at: u64,
    /// How many attempts it has made, and how many of them failed.
    attempts: Cell<usize>,
    failures: Cell<usize>,
}

impl Pump {
    /// For an invocation that begins now, and has all the time it needs.
    pub(crate) fn new(config: DeliverConfig, queue: Option<Queue>) -> Self {
        Self {
            database: Database::new(&config.database, &Caller::Service),
            subrequests: Cell::new(config.max_subrequests),
            deadline: Cell::new(u64::MAX),
            end: Cell::new(u64::MAX),
            started_at: runtime::now_ms(),
            attempts: Cell::new(0),
            failures: Cell::new(0),
            config,
            queue,
        }
    }

    /// How long the invocation has been going on, in milliseconds.
    fn elapsed_ms(&self) -> u64 {
        runtime::now_ms().saturating_sub(self.started_at)
    }

    /// The invocation's line in the log.
    pub(crate) fn log(&self, trigger: &str, status: Option<u16>) {
        let line = Object::new()
            .with("event", "invocation")
            .with("worker", "deliver")
            .with("trigger", trigger)
            .with("status", &status)
            .with("duration_ms", &self.elapsed_ms())
            .with("attempts", &self.attempts.get())
            .with("failures", &self.failures.get());
        runtime::log(&line.without_nulls());
    }

    /// Tells the database how long a tick of the cron took.
    pub(crate) async fn record_tick(&self) -> Result<(), Error> {
        let parameters = Object::new().with("duration_ms", &self.elapsed_ms());
        self.spend(1);
        let recorded = self.database.call("record_webhook_tick", &parameters);
        recorded.await.map(drop)
    }

    /// Has the database do its upkeep: expired leases, statistics, retention. Says whether there is
    /// more to do. A failure is logged: it concerns nothing else.
    pub(crate) async fn upkeep(&self) -> bool {
        self.spend(1);
        let parameters = Object::new()
            .with("retention_days", &self.config.retention_days)
            .with(
                "alert_url",
                &self.config.alert_url.as_ref().map(|url| url.as_str()),
            )
            .without_nulls();
        match self.database.call("run_webhook_upkeep", &parameters).await {
            Ok(answer) => answer == "true",
            Err(error) => {
                runtime::log_error(&error.to_string());
                false
            }
        }
    }

    /// Goes on with the upkeep while there is something to do, time and requests.
    pub(crate) async fn finish_upkeep(&self) {
        for _ in 0..MAX_UPKEEP_CALLS {
            if self.is_late() || self.subrequests.get() <= OVERHEAD || !self.upkeep().await {
                break;
            }
        }
    }

    /// Calls a SQL function whose answer is passed on.
    pub(crate) async fn pass(&self, function: &str, parameters: &Object) -> Result<String, Error> {
        self.spend(1);
        self.database.call(function, parameters).await
    }

    /// The settings.
    pub(crate) fn config(&self) -> &DeliverConfig {
        &self.config
    }

    /// From now on everything has to be over within this time, recording included. An attempt that
    /// has not ended by then is broken off and given back: the receiver may get it twice.
    pub(crate) fn finish_within(&self, time: Duration) {
        let end = time.saturating_sub(RECORD_INTERVAL);
        self.begin_within(end.saturating_sub(LAST_ATTEMPT));
        let end = runtime::now_ms().saturating_add(end.as_millis() as u64);
        self.end.set(end);
    }

    /// From now on attempts are begun for this long.
    pub(crate) fn begin_within(&self, time: Duration) {
        let now = runtime::now_ms();
        self.deadline
            .set(now.saturating_add(time.as_millis() as u64));
    }

    fn is_late(&self) -> bool {
        runtime::now_ms() >= self.deadline.get()
    }

    /// How many deliveries can be sent with the requests that are left.
    fn claim_limit(&self) -> usize {
        let left = self.subrequests.get().saturating_sub(OVERHEAD) as usize;
        left.min(self.config.batch)
    }

    fn spend(&self, subrequests: usize) {
        let left = self.subrequests.get() as usize;
        self.subrequests
            .set(left.saturating_sub(subrequests) as u32);
    }

    /// One round trip to the database.
    async fn call<T: Decode>(&self, function: &str, parameters: &Object) -> Result<T, Error> {
        self.spend(1);
        self.database.fetch(function, parameters).await
    }

    fn claim_parameters(&self, limit: usize) -> Object {
        Object::new()
            .with("claim_limit", &limit)
            .with("lease_seconds", &self.config.lease_seconds())
    }

    /// How many deliveries to slow endpoints can be begun before the deadline, and while the other
    /// lanes send a batch, if each takes its whole time: no more are claimed.
    fn slow_limit(&self) -> usize {
        let left = self.deadline.get().saturating_sub(runtime::now_ms());
        let rounds = left / self.config.timeout.as_millis().max(1) as u64;
        let of_a_batch = self.config.batch.div_ceil(self.config.concurrency);
        usize::try_from(rounds).map_or(of_a_batch, |rounds| rounds.clamp(1, of_a_batch))
            * SLOW_LANES
    }

    /// Stores events, and claims what can be sent of them.
    pub(crate) async fn enqueue(&self, events: &[&NewEvent<'_>]) -> Result<Enqueued, Error> {
        let parameters = self.claim_parameters(self.claim_limit());
        let parameters = parameters.with("events", &to_json(events)?);
        self.call("enqueue_webhook_events", &parameters).await
    }

    /// Stores events, for the pump to send.
    pub(crate) async fn store(&self, events: &[&NewEvent<'_>]) -> Result<Stored, Error> {
        let parameters = Object::new().with("events", &to_json(events)?);
        self.call("store_webhook_events", &parameters).await
    }

    async fn claim(&self, limit: usize) -> Result<Claim, Error> {
        let parameters = self
            .claim_parameters(limit)
            .with("slow_limit", &self.slow_limit());
        self.call("claim_webhook_deliveries", &parameters).await
    }

    async fn fan_out(&self, limit: usize) -> Result<Claim, Error> {
        let parameters = self.claim_parameters(limit);
        self.call("fan_out_webhook_events", &parameters).await
    }

    /// Fans out and claims a batch, of what `left` says may be found. Where there is both, each comes
    /// first in every other round; where one fails, the other goes on.
    ///
    /// # Errors
    /// Nothing that was tried succeeded.
    async fn take(&self, left: Left, round: usize) -> Result<Claim, Error> {
        let mut taken = Claim::default();
        let mut failed = None;
        let mut is_answered = false;
        for step in [round, round + 1] {
            let is_fan_out = step % 2 == 0;
            let limit = self.claim_limit().saturating_sub(taken.batch.claimed.len());
            let is_wanted = if is_fan_out { left.stored } else { left.due };
            if !is_wanted || limit == 0 {
                continue;
            }
            let answer = match is_fan_out {
                true => self.fan_out(limit).await,
                false => self.claim(limit).await,
            };
            match answer {
                Ok(claim) => {
                    taken.batch.extend(claim.batch);
                    taken.settled.extend(claim.settled);
                    taken.left = Left {
                        due: claim.left.due,
                        stored: claim.left.stored || taken.left.stored,
                    };
                    is_answered = true;
                }
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) if !is_answered => Err(error),
            Some(error) => {
                runtime::log_error(&error.to_string());
                Ok(taken)
            }
            None => Ok(taken),
        }
    }

    /// Takes a batch of what is stored and due, and sends it; says, too, what may be left. Where
    /// there is a queue, others are called for that before the sending: twice as many, up to
    /// a limit, as long as there is enough for a whole batch.
    pub(crate) async fn batch(&self, level: u32) -> Result<Vec<Outcome>, Error> {
        let limit = self.claim_limit();
        let everything = Left {
            due: true,
            stored: true,
        };
        let taken = self.take(everything, 0).await?;
        // Where there was nothing to claim, those who hold it will call for others.
        if (taken.left.due || taken.left.stored) && !taken.batch.claimed.is_empty() {
            let doubles = level < MAX_LEVEL && taken.batch.claimed.len() == limit;
            let (level, count) = if doubles { (level + 1, 2) } else { (level, 1) };
            self.call_for_others(level, count).await;
        }
        let mut outcomes = self.send(taken.batch).await;
        outcomes.extend(taken.settled.into_iter().map(Outcome::from));
        Ok(outcomes)
    }

    /// Puts messages in the queue, if there is one: each says that there is work.
    async fn call_for_others(&self, level: u32, count: usize) {
        if let Some(queue) = &self.queue {
            self.spend(1);
            if let Err(cause) = queue.put(level, count).await {
                // The cron finds the work without it.
                runtime::log_error(&format!("nothing put in the queue: {cause}"));
            }
        }
    }

    /// Sees to it that what is due is sent: by others, where there is a queue, or batch by
    /// batch until nothing is left, the time is up, or no more requests may be made.
    pub(crate) async fn run(&self) -> Result<(), Error> {
        if self.queue.is_some() {
            self.call_for_others(0, 1).await;
            return Ok(());
        }
        let mut left = Left {
            due: true,
            stored: true,
        };
        for round in 0.. {
            if self.claim_limit() == 0 || self.is_late() {
                break;
            }
            let taken = self.take(left, round).await?;
            left = taken.left;
            let is_idle = taken.batch.claimed.is_empty() && taken.settled.is_empty();
            self.send(taken.batch).await;
            if !left.due && !left.stored {
                break;
            }
            if is_idle {
                // What is there is being claimed by another worker at this moment.
                runtime::sleep(BUSY_WAIT).await;
            }
        }
        Ok(())
    }

    /// Sends the deliveries, a few at a time, and records what came of them: in one round
    /// trip, or where slow endpoints hold the batch up, in one every few seconds, so that a
    /// crash repeats less and owners see results soon. What cannot be begun in time is given
    /// back.
    ///
    /// If recording fails for good, the deliveries are answered as pending: their leases
    /// run out, and they are sent again.
    pub(crate) async fn send(&self, Batch { payloads, claimed }: Batch) -> Vec<Outcome> {
        self.spend(claimed.len());
        let mut outcomes = Vec::with_capacity(claimed.len());
        // Borrowed for a moment at a time, never while something is waited for.
        let waiting = RefCell::new(VecDeque::from(claimed));
        let attempted = RefCell::new(Vec::new());
        let lane = async |takes_slow: bool| {
            loop {
                let next = next_delivery(&mut waiting.borrow_mut(), takes_slow);
                let Some(delivery) = next else { break };
                // The database numbers its own list: there is none without.
                let Some(payload) = payloads.get(delivery.payload) else {
                    continue;
                };
                let attempt = self.attempt(&delivery, payload).await;
                attempted.borrow_mut().push((delivery, attempt));
            }
        };
        let lanes = (0..self.config.concurrency).map(|n| Box::pin(lane(n < SLOW_LANES)));
        let mut lanes: Vec<_> = lanes.collect();
        let mut sending = poll_fn(|context| {
            lanes.retain_mut(|lane| lane.as_mut().poll(context).is_pending());
            match lanes.is_empty() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        });
        // A database that fails or is slow would make the batch outlast its lease.
        let mut is_quick = true;
        loop {
            let interval = Box::pin(runtime::sleep(RECORD_INTERVAL));
            if let Either::Left(_) = select(&mut sending, interval).await {
                break;
            }
            let done = attempted.take();
            // Reserve requests for the final recording.
            let is_affordable = self.subrequests.get() >= OVERHEAD;
            if !is_quick || !is_affordable || done.is_empty() {
                attempted.replace(done);
                continue;
            }
            let start = runtime::now_ms();
            match self.record(&done).await {
                Ok(recorded) => outcomes.extend(settle(done, &recorded, None)),
                Err(_) => {
                    attempted.replace(done);
                    is_quick = false;
                }
            }
            is_quick &= runtime::now_ms().saturating_sub(start) < SLOW_RECORD_MS;
        }

        let done = attempted.take();
        if !done.is_empty() {
            outcomes.extend(match self.record_patiently(&done).await {
                Ok(recorded) => settle(done, &recorded, None),
                Err(error) => {
                    runtime::log_error(&format!("{} results not recorded: {error}", done.len()));
                    let lost = "The result could not be recorded, it will be sent again";
                    settle(done, &[], Some(lost))
                }
            });
        }
        outcomes
    }

    async fn attempt(&self, delivery: &Claimed, payload: &str) -> Attempt {
        if self.is_late() {
            return Attempt {
                released: true,
                ..Attempt::default()
            };
        }
        let start = runtime::now_ms();
        let local = self.config.local_endpoints;
        let attempt = match attempt::prepare(delivery, payload, start / 1000, local) {
            Ok(request) => {
                let left = Duration::from_millis(self.end.get().saturating_sub(start));
                let timeout = self.config.timeout.min(left);
                let answer = runtime::post(request.outgoing(), timeout, MAX_ANSWER_BYTES).await;
                if answer.is_err()
                    && timeout < self.config.timeout
                    && runtime::now_ms() >= self.end.get()
                {
                    return Attempt {
                        released: true,
                        ..Attempt::default()
                    };
                }
                attempt::classify(answer, start, runtime::now_ms(), runtime::parse_date)
            }
            Err(error) => Attempt {
                error: Some(error),
                cause: Some(Cause::NotSent),
                started_at_ms: start,
                ..Attempt::default()
            },
        };
        self.attempts.set(self.attempts.get() + 1);
        if let Some(error) = &attempt.error {
            self.failures.set(self.failures.get() + 1);
            let line = Object::new()
                .with("event", "attempt_failed")
                .with("endpoint_id", &delivery.endpoint_id)
                .with("delivery_id", &delivery.id)
                .with("attempt", &(delivery.attempts + 1))
                .with("cause", &attempt.cause)
                .with("response_status", &attempt.response_status)
                .with("response_time_ms", &attempt.response_time_ms)
                .with("error", error);
            runtime::log(&line.without_nulls());
        }
        attempt
    }

    /// Records attempts, trying again where the database cannot be reached.
    async fn record_patiently(
        &self,
        attempts: &[(Claimed, Attempt)],
    ) -> Result<Vec<Recorded>, Error> {
        for ms in RECORD_BACKOFF_MS {
            if let Ok(recorded) = self.record(attempts).await {
                return Ok(recorded);
            }
            runtime::sleep(Duration::from_millis(ms)).await;
        }
        self.record(attempts).await
    }

    /// Records attempts in one round trip, and gives the deliveries' statuses.
    async fn record(&self, attempts: &[(Claimed, Attempt)]) -> Result<Vec<Recorded>, Error> {
        let now = runtime::now_ms();
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
        let results =
            serde_json::to_string(&results).map_err(|e| Error::Internal(e.to_string()))?;
        let alert_url = self.config.alert_url.as_ref().map(|url| url.as_str());
        let parameters = Object::new()
            .with("results", &results)
            .with("alert_url", &alert_url)
            .without_nulls();
        self.call("record_webhook_results", &parameters).await
    }
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

fn to_json(events: &[&NewEvent<'_>]) -> Result<String, Error> {
    serde_json::to_string(events).map_err(|e| Error::Internal(e.to_string()))
}

/// Says how deliveries stand after their attempts were recorded, or were `lost`.
fn settle(
    attempts: Vec<(Claimed, Attempt)>,
    recorded: &[Recorded],
    lost: Option<&str>,
) -> Vec<Outcome> {
    attempts
        .into_iter()
        .map(|(delivery, attempt)| Outcome {
            // Not recorded means another claim has overtaken this one.
            status: recorded
                .iter()
                .find(|recorded| recorded.id == delivery.id)
                .map_or(Status::Pending, |recorded| recorded.status),
            endpoint_id: delivery.endpoint_id,
            delivery_id: delivery.id,
            payload: delivery.payload,
            response_status: attempt.response_status,
            response_time_ms: Some(attempt.response_time_ms),
            error: attempt.error.or(lost.map(str::to_owned)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(slow: &[bool]) -> VecDeque<Claimed> {
        let claimed = slow.iter().enumerate().map(|(payload, &is_slow)| Claimed {
            payload,
            is_slow,
            ..Claimed::default()
        });
        claimed.collect()
    }

    #[test]
    fn a_lane_for_all_takes_the_first_and_others_the_first_that_is_not_slow() {
        let mut deliveries = waiting(&[true, true, false, true]);
        let mut next = |takes_slow| next_delivery(&mut deliveries, takes_slow).map(|d| d.payload);
        assert_eq!(next(false), Some(2));
        assert_eq!(next(false), None);
        assert_eq!(next(true), Some(0));
        assert_eq!(next(true), Some(1));
        assert_eq!(next(true), Some(3));
        assert_eq!(next(true), None);
    }

    #[test]
    fn a_batch_that_follows_another_keeps_its_payloads() {
        let batch = |text: &str, slow: &[bool]| Batch {
            payloads: slow.iter().map(|_| text.to_owned()).collect(),
            claimed: waiting(slow).into(),
        };
        let mut first = batch("a", &[false, false]);
        first.extend(batch("b", &[true]));
        let places: Vec<_> = first.claimed.iter().map(|d| d.payload).collect();
        assert_eq!(places, [0, 1, 2]);
        assert_eq!(first.payloads, ["a", "a", "b"]);
    }
}

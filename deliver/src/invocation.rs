//! An invocation of the worker: its settings, and what the platform allows it.

use std::cell::Cell;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::config::DeliverConfig;
use shared::delivery::Batch;
use shared::error::Error;
use shared::platform;
use shared::postgrest::{Credential, Database};
use worker::{Env, Queue};

/// What a batch needs besides its attempts, in requests: a claim, a recording on the way,
/// three tries at the one in the end, and two messages put in the queue.
pub(crate) const OVERHEAD: u32 = 7;

/// Time for the recording at the end of an invocation.
const LAST_RECORDING: Duration = Duration::from_secs(5);

/// How long before the attempts under way are broken off the last of them begin.
const LAST_ATTEMPT: Duration = Duration::from_secs(5);

/// An invocation.
pub(crate) struct Invocation {
    pub(crate) config: DeliverConfig,
    /// The queue that other invocations are called by, if there is one.
    pub(crate) queue: Option<Queue>,
    database: Database,
    started_at_ms: u64,
    /// How many requests it may still make.
    subrequests: Cell<u32>,
    /// How many bytes of payloads it may still send.
    bytes: Cell<u32>,
    /// When attempts are no longer begun, in milliseconds since the Unix epoch.
    deadline_ms: Cell<u64>,
    /// When attempts under way are broken off, in the same unit.
    end_ms: Cell<u64>,
    attempts: Cell<usize>,
    failures: Cell<usize>,
}

/// An invocation's line in the log.
#[derive(Serialize)]
struct Line<'a> {
    event: &'static str,
    worker: &'static str,
    trigger: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    duration_ms: u64,
    attempts: usize,
    failures: usize,
}

impl Invocation {
    /// One that begins now, and has all the time it needs.
    ///
    /// # Errors
    /// A setting is missing or malformed.
    pub(crate) fn new(env: &Env) -> Result<Self, Error> {
        let config = DeliverConfig::from_lookup(&|name| platform::setting(env, name))?;
        Ok(Self {
            database: Database::new(&config.database, &Credential::Service),
            queue: env.queue("WORK").ok(),
            started_at_ms: platform::now_ms(),
            subrequests: Cell::new(config.max_subrequests),
            bytes: Cell::new(config.max_sent_bytes),
            deadline_ms: Cell::new(u64::MAX),
            end_ms: Cell::new(u64::MAX),
            attempts: Cell::new(0),
            failures: Cell::new(0),
            config,
        })
    }

    /// Calls a SQL function: one round trip.
    ///
    /// # Errors
    /// As [`Database::call`].
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        function: &str,
        parameters: Value,
    ) -> Result<T, Error> {
        self.spend(1);
        self.database.call(function, parameters).await
    }

    /// From now on everything has to be over within this time, recording included. An attempt that
    /// has not ended by then is broken off and given back: the receiver may get it twice.
    pub(crate) fn finish_within(&self, time: Duration) {
        let end = time.saturating_sub(LAST_RECORDING);
        self.begin_within(end.saturating_sub(LAST_ATTEMPT));
        self.end_ms.set(from_now(end));
    }

    /// From now on attempts are begun for this long.
    pub(crate) fn begin_within(&self, time: Duration) {
        self.deadline_ms.set(from_now(time));
    }

    /// How long attempts are still begun, in milliseconds.
    pub(crate) fn begins_for_ms(&self) -> u64 {
        self.deadline_ms.get().saturating_sub(platform::now_ms())
    }

    /// Whether attempts are no longer begun.
    pub(crate) fn is_late(&self) -> bool {
        self.begins_for_ms() == 0
    }

    /// How long an attempt may go on that begins now.
    pub(crate) fn attempt_time(&self) -> Duration {
        let left = self.end_ms.get().saturating_sub(platform::now_ms());
        self.config.timeout.min(Duration::from_millis(left))
    }

    /// Whether another batch can be recorded with the requests that are left.
    pub(crate) fn can_record(&self) -> bool {
        self.subrequests.get() >= OVERHEAD
    }

    /// How many bytes of payloads may still be sent.
    pub(crate) fn bytes_left(&self) -> u32 {
        self.bytes.get()
    }

    /// Notes that a batch was claimed, which is sent by this invocation.
    pub(crate) fn spend_on(&self, batch: &Batch) {
        self.spend(batch.claimed.len());
        let left = self.bytes.get() as usize;
        self.bytes
            .set(left.saturating_sub(batch.sent_bytes()) as u32);
    }

    /// How many deliveries can be sent with the requests and the bytes that are left: none where half of
    /// the bytes are sent, because the first delivery of a claim may have more than are left.
    pub(crate) fn claim_limit(&self) -> usize {
        if self.bytes.get() < self.config.max_sent_bytes / 2 {
            return 0;
        }
        let left = self.subrequests.get().saturating_sub(OVERHEAD) as usize;
        left.min(self.config.batch)
    }

    /// Notes requests.
    pub(crate) fn spend(&self, requests: usize) {
        let left = self.subrequests.get() as usize;
        self.subrequests.set(left.saturating_sub(requests) as u32);
    }

    /// Notes an attempt.
    pub(crate) fn count_attempt(&self, is_failure: bool) {
        self.attempts.set(self.attempts.get() + 1);
        self.failures
            .set(self.failures.get() + usize::from(is_failure));
    }

    /// How long it has been going on, in milliseconds.
    pub(crate) fn duration_ms(&self) -> u64 {
        platform::now_ms().saturating_sub(self.started_at_ms)
    }

    /// Writes its line to the log.
    pub(crate) fn log(&self, trigger: &str, status: Option<u16>) {
        platform::log(&Line {
            event: "invocation",
            worker: "deliver",
            trigger,
            status,
            duration_ms: self.duration_ms(),
            attempts: self.attempts.get(),
            failures: self.failures.get(),
        });
    }
}

fn from_now(time: Duration) -> u64 {
    platform::now_ms().saturating_add(time.as_millis() as u64)
}

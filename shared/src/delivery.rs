//! Deliveries, as the database hands them out and takes their results back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// A delivery this worker holds the lease of.
#[derive(Debug, Default, Deserialize)]
pub struct Claimed {
    /// The delivery's id.
    pub id: String,
    /// The endpoint's id.
    pub endpoint_id: String,
    /// The event's id: whatever was stored, and be it by SQL.
    pub event_id: String,
    /// The claim's number: the fence that keeps a late result out.
    pub claim: i32,
    /// How many attempts are recorded so far: the fence that keeps a second result out.
    pub attempts: i32,
    /// Where to send it.
    pub url: String,
    /// What signs it, newest first.
    pub secrets: Vec<Secret>,
    /// The body to send: its place among the batch's payloads.
    pub payload: usize,
    /// What the owner wants sent along: names and values of headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// What the owner wants the signature headers to be, by name, instead of those that every endpoint gets.
    pub signature_headers: Option<BTreeMap<String, SignatureHeader>>,
    /// Whether the endpoint's last attempt timed out.
    #[serde(default)]
    pub is_slow: bool,
    /// Whether a replay has it sent.
    #[serde(default)]
    pub is_replay: bool,
    /// Whether another may leave when it has ended.
    #[serde(default)]
    pub is_ordered: bool,
}

/// What a signature header carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignatureHeader {
    /// The event's id.
    Id,
    /// When the attempt is signed, in seconds since the Unix epoch.
    Timestamp,
    /// The signature of Standard Webhooks and Svix.
    Standard,
    /// Stripe's signature.
    Stripe,
    /// Convoy's advanced signature.
    Convoy,
    /// The body's HMAC-SHA256 by the newest secret, in hex: Convoy's simple signature.
    Hex,
}

/// The kind of a failure, as statistics count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// There was no answer in time, or not all of it.
    Timeout,
    /// There was no answer.
    Connection,
    /// 3xx, which is not followed.
    Redirect,
    /// 4xx.
    ClientError,
    /// 5xx, and what is no status at all.
    ServerError,
    /// Nothing was sent: the endpoint's URL or a header is not allowed.
    NotSent,
}

/// What came of one attempt.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Attempt {
    /// The status of the answer, if there was one.
    pub response_status: Option<u16>,
    /// The start of the answer's body, if there was one.
    pub response_body: Option<String>,
    /// From sending to the end of the answer, in milliseconds.
    pub response_time_ms: u64,
    /// Why it failed, for the endpoint's owner to read. Absent if it did not.
    pub error: Option<String>,
    /// The kind of that failure.
    pub cause: Option<Cause>,
    /// How long the receiver asks to be left alone, in seconds.
    pub retry_after_seconds: Option<u32>,
    /// When it began, in milliseconds since the Unix epoch.
    pub started_at_ms: u64,
    /// Whether it was not made after all: the delivery is given back, to be sent later.
    pub released: bool,
}

/// One attempt's outcome, as `record_webhook_results` takes it.
#[derive(Debug, Serialize)]
pub struct DeliveryResult<'a> {
    /// The delivery's id.
    pub id: &'a str,
    /// The claim it was made under.
    pub claim: i32,
    /// As in [`Claimed`].
    pub attempts: i32,
    /// See [`Attempt`].
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub released: bool,
    /// See [`Attempt`].
    pub response_status: Option<u16>,
    /// See [`Attempt`].
    pub response_body: Option<&'a str>,
    /// See [`Attempt`].
    pub response_time_ms: u64,
    /// See [`Attempt`].
    pub error: Option<&'a str>,
    /// See [`Attempt`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// See [`Attempt`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u32>,
    /// How long ago it began, in milliseconds: the database's clock says when that was.
    pub age_ms: u64,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Never attempted.
    #[default]
    Pending,
    /// Attempted in vain, to be attempted again.
    Retrying,
    /// Arrived.
    Success,
    /// Given up.
    Failed,
}

/// What `record_webhook_results` answers about each delivery it recorded.
#[derive(Debug, Default, Deserialize)]
pub struct Recorded {
    /// The delivery's id.
    pub id: String,
    /// Where it stands now.
    pub status: Status,
}

/// Deliveries this worker holds the leases of, and what they send.
#[derive(Debug, Default, Deserialize)]
pub struct Batch {
    /// Bodies, each once, however many endpoints are sent it.
    pub payloads: Vec<String>,
    /// To be sent.
    pub claimed: Vec<Claimed>,
}

impl Batch {
    /// How many bytes of payloads are sent, each as often as it is.
    #[must_use]
    pub fn sent_bytes(&self) -> usize {
        let claimed = self.claimed.iter();
        claimed
            .filter_map(|claimed| self.payloads.get(claimed.payload))
            .map(String::len)
            .sum()
    }

    /// Whether more may be due when this is sent: deliveries that wait for these.
    #[must_use]
    pub fn is_waited_for(&self) -> bool {
        self.claimed.iter().any(|claimed| claimed.is_ordered)
    }

    /// Takes in another batch, to be sent after this one.
    pub fn extend(&mut self, other: Self) {
        let place = self.payloads.len();
        self.payloads.extend(other.payloads);
        self.claimed
            .extend(other.claimed.into_iter().map(|claimed| Claimed {
                payload: claimed.payload + place,
                ..claimed
            }));
    }
}

/// Where the database may find more work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Left {
    /// Deliveries to be claimed.
    pub due: bool,
    /// Events to be fanned out, or that may be stored while the batch is sent.
    pub stored: bool,
}

/// What `claim_webhook_deliveries` and `fan_out_webhook_events` answer.
#[derive(Debug, Default, Deserialize)]
pub struct Claim {
    /// To be sent.
    pub batch: Batch,
    /// What could no longer be sent, and was settled instead: of a claim.
    #[serde(default)]
    pub settled: Vec<Settled>,
    /// What may be left.
    #[serde(flatten)]
    pub left: Left,
}

/// A delivery that came to its end without another attempt.
#[derive(Debug, Default, Deserialize)]
pub struct Settled {
    /// The delivery's id.
    pub id: String,
    /// The endpoint's id.
    pub endpoint_id: String,
    /// Where it stands now.
    pub status: Status,
    /// Why.
    pub error: String,
}

/// What `enqueue_webhook_events` answers.
#[derive(Debug, Default, Deserialize)]
pub struct Enqueued {
    /// The events, in their order.
    pub events: Vec<EnqueuedEvent>,
    /// To be sent at once.
    pub batch: Batch,
}

/// What `store_webhook_events` answers.
#[derive(Debug, Default, Deserialize)]
pub struct Stored {
    /// The events, in their order. Of each there is only the id, or the refusal.
    pub events: Vec<EnqueuedEvent>,
    /// Whether no worker was sending: this one is the pump now.
    pub pump: bool,
    /// Whether the pump falls behind: this worker should send a batch.
    pub is_behind: bool,
}

/// What became of one event that came in.
#[derive(Debug, Default, Deserialize)]
pub struct EnqueuedEvent {
    /// The event's id: the caller's, or the one it was given.
    pub event_id: String,
    /// How many endpoints had the event already.
    #[serde(default)]
    pub duplicates: u32,
    /// How many deliveries are stored and due, but not claimed here.
    #[serde(default)]
    pub pending: u32,
    /// Whether more endpoints want it than could be seen to at once: they are next.
    #[serde(default)]
    pub more: bool,
    /// The place of its payload in the batch, if something of it is there.
    pub payload: Option<usize>,
    /// Why it is not stored, if it is not.
    pub refused: Option<Refusal>,
}

/// Why the database does not take an event.
#[derive(Debug, Default, Deserialize)]
pub struct Refusal {
    /// The HTTP status it stands for.
    pub status: u16,
    /// A reason programs can tell apart.
    pub code: String,
    /// A sentence.
    pub error: String,
    /// What a payload may have, where it has more.
    pub max_bytes: Option<u64>,
    /// What does not fit the schema of the event's type.
    pub problems: Option<Vec<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_that_follows_another_keeps_its_payloads() {
        let batch = |text: &str, count| Batch {
            payloads: vec![text.to_owned(); count],
            claimed: (0..count)
                .map(|payload| Claimed {
                    payload,
                    ..Claimed::default()
                })
                .collect(),
        };
        let mut first = batch("a", 2);
        first.extend(batch("b", 1));
        let places: Vec<_> = first.claimed.iter().map(|d| d.payload).collect();
        assert_eq!(places, [0, 1, 2]);
        assert_eq!(first.payloads, ["a", "a", "b"]);
        first.claimed.push(Claimed::default());
        assert_eq!(first.sent_bytes(), 4);
    }
}

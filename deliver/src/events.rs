//! The action `deliver`: events come in, one or a batch of them, in two round trips to the
//! database.

use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use shared::delivery::{Enqueued, EnqueuedEvent, Refusal, Status, Stored};
use shared::error::{Error, ErrorBody};
use shared::event::NewEvent;
use shared::parse;
use shared::platform::Reply;

use crate::invocation::Invocation;
use crate::send::{Outcome, count, send};

/// The most events in one call.
const MAX_EVENTS: usize = 100;

/// What is still to be done when the call is answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Rest {
    /// Nothing.
    Nothing,
    /// To send one batch of what is stored and due.
    Batch,
    /// To send what is stored and due until nothing is left.
    Pump,
}

/// The body of a call.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call<'a> {
    pub(crate) action: Option<String>,
    #[serde(borrow)]
    event: Option<NewEvent<'a>>,
    /// Each is taken or refused by itself.
    #[serde(borrow)]
    events: Option<Vec<&'a RawValue>>,
    /// Whether the caller waits for what becomes of them.
    wait: Option<bool>,
}

impl Call<'_> {
    /// Refuses what only the action `deliver` takes.
    ///
    /// # Errors
    /// There is something: it is named.
    pub(crate) fn expect_no_events(&self) -> Result<(), Error> {
        for (field, is_there) in [
            ("event", self.event.is_some()),
            ("events", self.events.is_some()),
            ("wait", self.wait.is_some()),
        ] {
            if is_there {
                return Err(Error::field(field, "is not taken by this action"));
            }
        }
        Ok(())
    }
}

/// Events as they were read.
struct Events<'a> {
    events: Vec<Result<NewEvent<'a>, Error>>,
    /// Whether they came as a list, and are answered as one.
    is_list: bool,
    wait: bool,
}

impl<'a> Events<'a> {
    fn read(call: Call<'a>) -> Result<Self, Error> {
        let (events, is_list) = match (call.event, call.events) {
            (Some(event), None) => (vec![event.check_size()], false),
            (None, Some(list)) if (1..=MAX_EVENTS).contains(&list.len()) => {
                let events = list.into_iter().map(|event| {
                    parse::object(event.get()).and_then(|event: NewEvent| event.check_size())
                });
                (events.collect(), true)
            }
            (None, Some(_)) => {
                let problem = format!("must have 1 to {MAX_EVENTS} entries");
                return Err(Error::field("events", problem));
            }
            (None, None) => return Err(Error::field("event", "is required")),
            (Some(_), Some(_)) => {
                return Err(Error::field("events", "must not come along with event"));
            }
        };
        Ok(Self {
            events,
            is_list,
            wait: call.wait.unwrap_or(true),
        })
    }
}

/// What is answered of one event.
#[derive(Default, Serialize)]
struct EventAnswer {
    event_id: String,
    #[serde(flatten)]
    sent: Option<Sent>,
}

/// What became of an event whose caller waited for it.
#[derive(Serialize)]
struct Sent {
    delivered: usize,
    failed: usize,
    retrying: usize,
    results: Vec<Outcome>,
    pending: usize,
    duplicates: u32,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    more: bool,
}

type Answers = Vec<Result<EventAnswer, Error>>;

#[derive(Serialize)]
struct SingleAnswer {
    success: bool,
    #[serde(flatten)]
    event: EventAnswer,
}

#[derive(Serialize)]
struct ListAnswer<'a> {
    success: bool,
    accepted: usize,
    refused: usize,
    events: Vec<ListEntry<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum ListEntry<'a> {
    Accepted(&'a EventAnswer),
    Refused(ErrorBody<'a>),
}

/// Stores the events, and says what became of each: sends what there is room for in this call, or
/// leaves all of them to the pump, if the caller does not wait.
///
/// # Errors
/// The call as a whole is not understood, its only event is refused, or the database
/// cannot be reached.
pub(crate) async fn deliver(
    invocation: &Invocation,
    call: Call<'_>,
) -> Result<(Reply, Rest), Error> {
    let Events {
        events,
        is_list,
        wait,
    } = Events::read(call)?;
    let accepted: Vec<_> = events.iter().flatten().collect();
    let (answers, rest) = match (accepted.as_slice(), wait) {
        ([], _) => (Vec::new(), Rest::Nothing),
        (accepted, true) => send_now(invocation, accepted).await?,
        (accepted, false) => store(invocation, accepted).await?,
    };
    let mut answers = answers.into_iter();
    let missing = || Error::Internal("an event too few".to_owned());
    let mut answers = events.into_iter().map(|event| {
        event?;
        answers.next().ok_or_else(missing)?
    });
    let status = if wait { 200 } else { 202 };
    if !is_list {
        let event = answers.next().ok_or_else(missing)??;
        let success = true;
        return Ok((Reply::json(status, &SingleAnswer { success, event }), rest));
    }
    let answers: Answers = answers.collect();
    let refused = answers.iter().filter(|answer| answer.is_err()).count();
    let events = answers.iter().map(|answer| match answer {
        Ok(event) => ListEntry::Accepted(event),
        Err(error) => ListEntry::Refused(error.body()),
    });
    let body = ListAnswer {
        success: true,
        accepted: answers.len() - refused,
        refused,
        events: events.collect(),
    };
    Ok((Reply::json(status, &body), rest))
}

/// Stores events and sends what there is room for in this call.
async fn send_now(
    invocation: &Invocation,
    events: &[&NewEvent<'_>],
) -> Result<(Answers, Rest), Error> {
    let parameters = json!({
        "events": to_json(events)?, "claim_limit": invocation.claim_limit(),
        "lease_seconds": invocation.config.lease_seconds(), "max_bytes": invocation.bytes_left(),
    });
    let enqueued: Enqueued = invocation
        .call("enqueue_webhook_events", parameters)
        .await?;
    expect_all(&enqueued.events, events)?;
    invocation.spend_on(&enqueued.batch);
    let mut left = enqueued.events.iter();
    let is_left = left.any(|event| event.more || event.pending > 0);
    let is_left = is_left || enqueued.batch.is_waited_for();
    let mut sent = send(invocation, enqueued.batch).await;
    let answers = enqueued.events.into_iter().map(|event| {
        let own = sent.extract_if(.., |outcome| event.payload == Some(outcome.payload));
        let own = own.collect();
        answer(event, own)
    });
    let rest = if is_left { Rest::Pump } else { Rest::Nothing };
    Ok((answers.collect(), rest))
}

/// Stores events for the pump, which may be this invocation.
async fn store(
    invocation: &Invocation,
    events: &[&NewEvent<'_>],
) -> Result<(Answers, Rest), Error> {
    let parameters = json!({"events": to_json(events)?});
    let stored: Stored = invocation.call("store_webhook_events", parameters).await?;
    expect_all(&stored.events, events)?;
    let answers = stored.events.into_iter().map(|event| match event.refused {
        Some(refusal) => Err(refused(refusal)),
        None => Ok(EventAnswer {
            event_id: event.event_id,
            sent: None,
        }),
    });
    let rest = match (stored.pump, stored.is_behind) {
        (true, _) => Rest::Pump,
        (false, true) => Rest::Batch,
        (false, false) => Rest::Nothing,
    };
    Ok((answers.collect(), rest))
}

/// JSON as text: nothing on the way changes a number.
fn to_json(events: &[&NewEvent<'_>]) -> Result<String, Error> {
    serde_json::to_string(events).map_err(|e| Error::Internal(e.to_string()))
}

fn expect_all(stored: &[EnqueuedEvent], events: &[&NewEvent<'_>]) -> Result<(), Error> {
    match stored.len() == events.len() {
        true => Ok(()),
        false => Err(Error::Unavailable(
            "not as many events came back".to_owned(),
        )),
    }
}

/// What became of one event, of whose deliveries `results` were sent in this call.
fn answer(event: EnqueuedEvent, results: Vec<Outcome>) -> Result<EventAnswer, Error> {
    if let Some(refusal) = event.refused {
        return Err(refused(refusal));
    }
    let count = |status| count(&results, status);
    Ok(EventAnswer {
        event_id: event.event_id,
        sent: Some(Sent {
            delivered: count(Status::Success),
            failed: count(Status::Failed),
            retrying: count(Status::Retrying),
            pending: event.pending as usize + count(Status::Pending),
            results,
            duplicates: event.duplicates,
            more: event.more,
        }),
    })
}

fn refused(refusal: Refusal) -> Error {
    let max_bytes = refusal
        .max_bytes
        .map(|max| ("max_bytes".to_owned(), json!(max)));
    let problems = refusal
        .problems
        .map(|problems| ("problems".to_owned(), json!(problems)));
    Error::Refused {
        status: refusal.status,
        code: refusal.code,
        message: refusal.error,
        details: max_bytes.into_iter().chain(problems).collect(),
    }
}

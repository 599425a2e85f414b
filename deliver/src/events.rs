//! The action `deliver`: events come in, one or a batch of them, in two round trips to the
//! database.

use serde_json::value::RawValue;
use shared::delivery::{Enqueued, EnqueuedEvent, Refusal, Status};
use shared::error::Error;
use shared::event::NewEvent;
use shared::fields::Fields;
use shared::json::Object;
use shared::runtime::Reply;

use crate::pump::{Outcome, Pump, count};

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

/// A call's events as they were read: each by itself is taken or refused.
struct Events<'a> {
    events: Vec<Result<NewEvent<'a>, Error>>,
    /// Whether they came as a list, and are answered as one.
    is_list: bool,
    /// Whether the caller waits for what becomes of them.
    wait: bool,
}

impl<'a> Events<'a> {
    fn parse(mut fields: Fields<'a>) -> Result<Self, Error> {
        let wait = fields.optional("wait", "true or false")?.unwrap_or(true);
        let one = fields.object("event", "event.")?;
        let list: Option<Vec<&RawValue>> = fields.optional("events", "a list of objects")?;
        let (events, is_list) = match (one, list) {
            (Some(event), None) => (vec![Ok(NewEvent::parse(event)?)], false),
            (None, Some(list)) if (1..=MAX_EVENTS).contains(&list.len()) => {
                let parse = |raw: &&'a RawValue| NewEvent::parse(Fields::parse_text(raw.get())?);
                (list.iter().map(parse).collect(), true)
            }
            (None, Some(_)) => {
                let problem = format!("must have 1 to {MAX_EVENTS} entries");
                return Err(fields.error("events", &problem));
            }
            (None, None) => return Err(fields.error("event", "is required")),
            (Some(_), Some(_)) => {
                return Err(fields.error("events", "must not come along with event"));
            }
        };
        fields.finish("action, event, events and wait")?;
        Ok(Self {
            events,
            is_list,
            wait,
        })
    }
}

/// Stores the events, and says what became of each: sends what there is room for in this call, or
/// leaves all of them to the pump, if the caller does not wait.
///
/// # Errors
/// The call as a whole is not understood, its only event is refused, or the database
/// cannot be reached.
pub(crate) async fn deliver(pump: &Pump, fields: Fields<'_>) -> Result<(Reply, Rest), Error> {
    let Events {
        events,
        is_list,
        wait,
    } = Events::parse(fields)?;
    let accepted: Vec<_> = events.iter().flatten().collect();
    let (answers, rest) = match (accepted.as_slice(), wait) {
        ([], _) => (Vec::new(), Rest::Nothing),
        (accepted, true) => send(pump, accepted).await?,
        (accepted, false) => store(pump, accepted).await?,
    };
    let mut answers = answers.into_iter();
    let mut answers = events.into_iter().map(|event| {
        event?;
        let missing = || Error::Internal("an event too few".to_owned());
        answers.next().ok_or_else(missing)?
    });
    let body = if is_list {
        let answers: Vec<_> = answers.collect();
        let refused = answers.iter().filter(|answer| answer.is_err()).count();
        let answers: Vec<_> = answers
            .into_iter()
            .map(|answer| answer.unwrap_or_else(|error| error.body()).to_string())
            .collect();
        Object::new()
            .with("success", &true)
            .with("accepted", &(answers.len() - refused))
            .with("refused", &refused)
            .with_json("events", format!("[{}]", answers.join(",")))
    } else {
        let answer = answers.next().unwrap_or_else(|| Ok(Object::new()))?;
        answer.with("success", &true)
    };
    let status = if wait { 200 } else { 202 };
    Ok((Reply::json(status, body.to_string()), rest))
}

/// What is answered of each event.
type Answers = Vec<Result<Object, Error>>;

/// Stores events and sends what there is room for in this call.
async fn send(pump: &Pump, events: &[&NewEvent<'_>]) -> Result<(Answers, Rest), Error> {
    let Enqueued {
        events: stored,
        batch,
    } = pump.enqueue(events).await?;
    expect_all(&stored, events)?;
    let is_left = stored.iter().any(|event| event.more || event.pending > 0);
    let sent = pump.send(batch).await;
    let answers = stored.into_iter().map(|event| answer(event, &sent));
    let rest = if is_left { Rest::Pump } else { Rest::Nothing };
    Ok((answers.collect(), rest))
}

/// Stores events for the pump, which may be this invocation.
async fn store(pump: &Pump, events: &[&NewEvent<'_>]) -> Result<(Answers, Rest), Error> {
    let stored = pump.store(events).await?;
    expect_all(&stored.events, events)?;
    let answers = stored.events.into_iter().map(|event| match event.refused {
        Some(refusal) => Err(refused(refusal)),
        None => Ok(Object::new().with("event_id", &event.event_id)),
    });
    let rest = match (stored.pump, stored.is_behind) {
        (true, _) => Rest::Pump,
        (false, true) => Rest::Batch,
        (false, false) => Rest::Nothing,
    };
    Ok((answers.collect(), rest))
}

fn expect_all(stored: &[EnqueuedEvent], events: &[&NewEvent<'_>]) -> Result<(), Error> {
    match stored.len() == events.len() {
        true => Ok(()),
        false => Err(Error::Unavailable(
            "the events: unexpected answer".to_owned(),
        )),
    }
}

/// What became of one event, of what was `sent` in this call.
fn answer(event: EnqueuedEvent, sent: &[Outcome]) -> Result<Object, Error> {
    if let Some(refusal) = event.refused {
        return Err(refused(refusal));
    }
    let own: Vec<&Outcome> = sent
        .iter()
        .filter(|outcome| event.payload == Some(outcome.payload))
        .collect();
    let count = |status| count(own.iter().copied(), status);
    let pending = event.pending as usize + count(Status::Pending);
    Ok(Object::new()
        .with("event_id", &event.event_id)
        .with("delivered", &count(Status::Success))
        .with("failed", &count(Status::Failed))
        .with("retrying", &count(Status::Retrying))
        .with("results", &own)
        .with("pending", &pending)
        .with("duplicates", &event.duplicates)
        .with("more", &event.more.then_some(true))
        .without_nulls())
}

fn refused(refusal: Refusal) -> Error {
    let details = Object::new().with("max_bytes", &refusal.max_bytes);
    Error::Refused {
        status: refusal.status,
        code: refusal.code,
        message: refusal.error,
        details: details.without_nulls(),
    }
}

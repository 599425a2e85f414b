//! The action `deliver`: events come in, one or a batch of them, in two round trips to the
//! database.

use serde_json::value::RawValue;
use shared::delivery::{Batch, Enqueued, EnqueuedEvent, Status};
use shared::error::Error;
use shared::event::NewEvent;
use shared::fields::Fields;
use shared::json::Object;
use shared::runtime::Reply;

use crate::pump::{Outcome, Pump, count};

/// The most events in one call.
const MAX_EVENTS: usize = 100;

/// What is still to be done when the call is answered.
#[derive(Default)]
pub(crate) struct Rest {
    /// To be sent, where the caller does not wait for it.
    pub(crate) batch: Option<Batch>,
    /// Whether deliveries are stored that are not in the batch.
    pub(crate) more: bool,
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

/// Stores the events, sends what there is room for in this call, and says what became of
/// each. A caller that does not wait is answered before the sending.
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
    let stored = match accepted.as_slice() {
        [] => Enqueued::default(),
        accepted => pump.enqueue(accepted).await?,
    };
    if stored.events.len() != accepted.len() {
        let cause = "enqueue_webhook_events: unexpected answer".to_owned();
        return Err(Error::Unavailable(cause));
    }
    let more = stored
        .events
        .iter()
        .any(|event| event.more || event.pending > 0);
    let (sent, batch) = match wait {
        true => (Some(pump.send(stored.batch).await), None),
        false => (None, Some(stored.batch)),
    };

    let mut stored_events = stored.events.into_iter();
    let mut answers = events.into_iter().map(|event| match event {
        Ok(_) => match (stored_events.next(), &batch) {
            (None, _) => Err(Error::Internal("an event too few".to_owned())),
            (Some(event), _) => answer(event, sent.as_deref(), batch.as_ref()),
        },
        Err(error) => Err(error),
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
    Ok((Reply::json(status, body.to_string()), Rest { batch, more }))
}

/// What became of one event: of what was `sent` of it, or of what will be.
fn answer(
    event: EnqueuedEvent,
    sent: Option<&[Outcome]>,
    batch: Option<&Batch>,
) -> Result<Object, Error> {
    if let Some(refusal) = event.refused {
        let details = Object::new().with("max_bytes", &refusal.max_bytes);
        return Err(Error::Refused {
            status: refusal.status,
            code: refusal.code,
            message: refusal.error,
            details: details.without_nulls(),
        });
    }
    let answer = Object::new().with("event_id", &event.event_id);
    let is_its_own = |payload: usize| event.payload == Some(payload);
    let (answer, unsent) = match sent {
        Some(sent) => {
            let own: Vec<&Outcome> = sent.iter().filter(|o| is_its_own(o.payload)).collect();
            let count = |status| count(own.iter().copied(), status);
            let answer = answer
                .with("delivered", &count(Status::Success))
                .with("failed", &count(Status::Failed))
                .with("retrying", &count(Status::Retrying))
                .with("results", &own);
            (answer, count(Status::Pending))
        }
        None => {
            let claimed = batch.map_or(&[][..], |batch| &batch.claimed);
            let own = claimed
                .iter()
                .filter(|delivery| is_its_own(delivery.payload));
            (answer, own.count())
        }
    };
    Ok(answer
        .with("pending", &(event.pending as usize + unsent))
        .with("duplicates", &event.duplicates)
        .with("more", &event.more.then_some(true))
        .without_nulls())
}

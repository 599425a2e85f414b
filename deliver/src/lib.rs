//! The worker that takes events in and delivers them.
//!
//! `POST /` (also `/webhooks-deliver` and `/functions/v1/webhooks-deliver`), for
//! holders of the service key only:
//!
//! | body | does |
//! | --- | --- |
//! | `{"action": "deliver", "event": {…}}` | stores the event, sends it to the endpoints that want it, and answers with what became of it |
//! | `{"action": "deliver", "events": [{…}]}` | the same with up to 100 at once, each taken or refused by itself |
//! | … `"wait": false` | answers 202 as soon as they are stored; one worker sends what many such calls stored |
//! | `{"action": "retry"}` | sends one batch of what is due |
//! | `{"action": "wake"}` | answers 202, and sends what is due; also for holders of the wake-up key |
//!
//! `PUT /event-types/:name` keeps the catalogue of event types and `GET /metrics` is for a
//! monitoring system; both are for holders of the service key.
//!
//! The cron trigger has the database do its upkeep, and sends what is stored and due until nothing
//! is left or its time is up. With a queue bound to `WORK`, all of them put messages in instead of
//! sending more than one batch, and its consumer, which is this worker too, claims a batch for each:
//! a message says that there is work and nothing else, so that it does no harm if it is lost,
//! repeated or late.
//!
//! All of them end in [`send::send`]. Nothing is kept here: what this worker has
//! claimed and not recorded when it dies becomes due again by itself.

mod attempt;
mod events;
mod invocation;
mod pump;
mod send;
mod upkeep;

use std::time::Duration;

use futures_channel::oneshot;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use shared::config::DeliverConfig;
use shared::delivery::Status;
use shared::error::Error;
use shared::parse;
use shared::platform::{self, Reply};
use shared::secret::Secret;
use worker::{
    Context, Env, MessageBatch, Method, Request, Response, Result as WorkerResult, ScheduleContext,
    ScheduledEvent, event,
};

use crate::events::Rest;
use crate::invocation::Invocation;
use crate::send::{Outcome, count};

const PREFIXES: [&str; 2] = ["/functions/v1/webhooks-deliver", "/webhooks-deliver"];

/// The largest request body that is read, in bytes: what a claim may hold, too.
const MAX_BODY_BYTES: usize = 4 << 20;

/// The largest description of an event type that is read, in bytes.
const MAX_EVENT_TYPE_BYTES: usize = 256 << 10;

/// How long an invocation may go on after it has answered
/// (<https://developers.cloudflare.com/workers/runtime-apis/context/#waituntil>).
const AFTER_ANSWER: Duration = Duration::from_secs(30);

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> WorkerResult<Response> {
    // Waited for by the platform too: a caller that hangs up does not end the sending.
    let (done, answer) = oneshot::channel();
    context.wait_until(async move {
        let invocation = match Invocation::new(&env) {
            Ok(invocation) => invocation,
            Err(error) => {
                let _caller_is_gone = done.send(Err(error));
                return;
            }
        };
        let (answer, rest) = match handle(request, &invocation).await {
            Ok((reply, rest)) => (Ok(reply), rest),
            Err(error) => (Err(error), Rest::Nothing),
        };
        let status = match &answer {
            Ok(reply) => reply.status,
            Err(error) => error.status(),
        };
        let _caller_is_gone = done.send(answer);
        log(finish(&invocation, rest).await);
        invocation.log("http", Some(status));
    });
    let answer = answer
        .await
        .unwrap_or_else(|_| Err(Error::Internal("the call was given up".to_owned())));
    platform::respond(answer, &[])
}

#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    log(tick(&env).await);
}

/// The consumer of the queue. A message that is no number is taken as the last level, so that it leads
/// to no others.
#[event(queue)]
async fn queue(batch: MessageBatch<u32>, env: Env, _context: Context) -> WorkerResult<()> {
    let level = batch.iter().next().and_then(Result::ok);
    let level = level.map_or(u32::MAX, |message| message.into_body());
    log(consume(&env, level).await);
    Ok(())
}

fn log(outcome: Result<(), Error>) {
    if let Err(error) = outcome {
        platform::log_error(&error.to_string());
    }
}

/// The cron's, every minute: what is stored and due is sent, before and after that comes the upkeep.
async fn tick(env: &Env) -> Result<(), Error> {
    let invocation = Invocation::new(env)?;
    invocation.begin_within(invocation.config.tick);
    let is_more = upkeep::begin(&invocation).await;
    let outcome = pump::run(&invocation).await;
    if is_more {
        upkeep::finish(&invocation).await;
    }
    invocation.log("cron", None);
    outcome?;
    upkeep::record_tick(&invocation).await
}

/// For one message of the queue.
async fn consume(env: &Env, level: u32) -> Result<(), Error> {
    let invocation = Invocation::new(env)?;
    let outcome = pump::batch(&invocation, level).await.map(drop);
    invocation.log("queue", None);
    outcome
}

/// Does what a call's caller does not wait for.
async fn finish(invocation: &Invocation, rest: Rest) -> Result<(), Error> {
    invocation.finish_within(AFTER_ANSWER);
    match rest {
        Rest::Nothing => Ok(()),
        Rest::Batch => pump::batch(invocation, 0).await.map(drop),
        Rest::Pump => pump::run(invocation).await,
    }
}

/// What a call's body has besides what its action takes.
#[derive(Deserialize)]
struct Action {
    action: Option<String>,
}

/// The body of an action that takes nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {
    #[serde(rename = "action")]
    _action: String,
}

/// Answers a call, and says what is to be done after that.
async fn handle(mut request: Request, invocation: &Invocation) -> Result<(Reply, Rest), Error> {
    let (path, method) = (request.path(), request.method());
    let below = platform::path_below(&path, &PREFIXES).or_else(|| path.strip_prefix('/'));
    let below = below.unwrap_or_default();
    let expect = |expected: Method, name| match method == expected {
        true => Ok(()),
        false => Err(Error::MethodNotAllowed(name)),
    };
    match below.split_once('/') {
        None if below.is_empty() => expect(Method::Post, "POST")?,
        None if below == "metrics" => {
            expect(Method::Get, "GET")?;
            return metrics(&request, invocation).await;
        }
        Some(("event-types", name)) => {
            expect(Method::Put, "PUT")?;
            return put_event_type(&mut request, invocation, name).await;
        }
        _ => return Err(Error::NotFound("There is nothing here, try POST /")),
    }
    let caller = authorize(&request, &invocation.config)?;

    let body = platform::read_json_body(&mut request, MAX_BODY_BYTES).await?;
    let Action { action } = parse::body(&body)?;
    match (action.as_deref(), caller) {
        (Some("wake"), _) => {
            let Nothing { .. } = parse::body(&body)?;
            let reply = Reply::json(202, &json!({"message": "Awake"}));
            Ok((reply, Rest::Pump))
        }
        (_, Caller::WakeUp) => Err(Error::Unauthorized),
        (None | Some("deliver"), Caller::Service) => events::deliver(invocation, &body).await,
        (Some("retry"), Caller::Service) => {
            let Nothing { .. } = parse::body(&body)?;
            let outcomes = pump::batch(invocation, 0).await?;
            Ok((retried(outcomes), Rest::Nothing))
        }
        _ => Err(Error::field("action", "must be deliver, retry or wake")),
    }
}

/// `GET /metrics` → 200, text.
async fn metrics(request: &Request, invocation: &Invocation) -> Result<(Reply, Rest), Error> {
    authorize_service(request, &invocation.config)?;
    let text = invocation.call("webhook_metrics", json!({})).await?;
    Ok((Reply::metrics(text), Rest::Nothing))
}

/// `PUT /event-types/:name` `{description?, example?, is_archived?}` → 200. The database knows
/// what a type may be.
async fn put_event_type(
    request: &mut Request,
    invocation: &Invocation,
    name: &str,
) -> Result<(Reply, Rest), Error> {
    authorize_service(request, &invocation.config)?;
    let body = platform::read_json_body(request, MAX_EVENT_TYPE_BYTES).await?;
    let changes: &RawValue = parse::body(&body)?;
    let parameters = json!({"name": name, "changes": changes.get()});
    let data: Box<RawValue> = invocation
        .call("put_webhook_event_type", parameters)
        .await?;
    Ok((Reply::json(200, &Data { data }), Rest::Nothing))
}

/// An answer of the database that is passed on.
#[derive(Serialize)]
struct Data {
    data: Box<RawValue>,
}

/// Who may call.
#[derive(Clone, Copy, PartialEq)]
enum Caller {
    /// Holders of the service key: for everything.
    Service,
    /// Holders of the wake-up key: to wake.
    WakeUp,
}

fn authorize_service(request: &Request, config: &DeliverConfig) -> Result<(), Error> {
    match authorize(request, config)? {
        Caller::Service => Ok(()),
        Caller::WakeUp => Err(Error::Unauthorized),
    }
}

/// Who is calling, by either header Supabase clients use.
fn authorize(request: &Request, config: &DeliverConfig) -> Result<Caller, Error> {
    let header = |name| platform::header(request, name);
    let authorization = header("authorization");
    let token = authorization
        .as_deref()
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token);
    let api_key = header("apikey");
    // All are compared, whatever comes of the first.
    let is = |key: &Secret| {
        let matches = |candidate: Option<&str>| candidate.is_some_and(|text| key.matches(text));
        matches(token) | matches(api_key.as_deref())
    };
    let is_wake_up = config.wake_up_key.as_ref().is_some_and(is);
    match is(&config.service_key) {
        true => Ok(Caller::Service),
        false if is_wake_up => Ok(Caller::WakeUp),
        false => Err(Error::Unauthorized),
    }
}

/// The answer to the action `retry`.
fn retried(results: Vec<Outcome>) -> Reply {
    #[derive(Serialize)]
    struct Retried {
        processed: usize,
        succeeded: usize,
        failed: usize,
        retrying: usize,
        results: Vec<Outcome>,
    }
    if results.is_empty() {
        return Reply::json(200, &json!({"message": "No pending deliveries to retry"}));
    }
    let count = |status| count(&results, status);
    let retried = Retried {
        processed: results.len(),
        succeeded: count(Status::Success),
        failed: count(Status::Failed),
        retrying: count(Status::Retrying),
        results,
    };
    Reply::json(200, &retried)
}

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
//! `PUT /event-types/:name` keeps the catalogue of event types, `POST /events/erase` erases what events say,
//! `POST /portal-links` makes links to the portal, and `GET /metrics` is for a monitoring system; all are for holders of
//! the service key, the metrics also for holders of the metrics key.
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
mod portal_links;
mod pump;
mod send;
mod upkeep;

use std::collections::BTreeMap;
use std::time::Duration;

use futures_channel::oneshot;
use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use shared::config::DeliverConfig;
use shared::delivery::Status;
use shared::error::Error;
use shared::parse::{self, StorableJson};
use shared::platform::{self, Reply};
use shared::secret::Secret;
use worker::{
    Context, Env, MessageBatch, Request, Response, Result as WorkerResult, ScheduleContext,
    ScheduledEvent, event,
};

use crate::events::{Call, Rest};
use crate::invocation::Invocation;
use crate::send::{Outcome, count};

const PREFIXES: [&str; 2] = ["/functions/v1/webhooks-deliver", "/webhooks-deliver"];

/// The largest request body that is read, in bytes: what a claim may hold, too.
const MAX_BODY_BYTES: usize = 4 << 20;

/// The largest body of a call that brings no events, in bytes.
const MAX_SMALL_BODY_BYTES: usize = 256 << 10;

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

/// The consumer of the queue. What a message says does not matter: there is work.
#[event(queue)]
async fn queue(_batch: MessageBatch<IgnoredAny>, env: Env, _context: Context) -> WorkerResult<()> {
    log(consume(&env).await);
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
async fn consume(env: &Env) -> Result<(), Error> {
    let invocation = Invocation::new(env)?;
    let config = &invocation.config;
    let most_leased = config.max_batches as usize * config.batch;
    let outcome = pump::batch(&invocation, Some(most_leased)).await.map(drop);
    invocation.log("queue", None);
    outcome
}

/// Does what a call's caller does not wait for.
async fn finish(invocation: &Invocation, rest: Rest) -> Result<(), Error> {
    invocation.finish_within(AFTER_ANSWER);
    match rest {
        Rest::Nothing => Ok(()),
        Rest::Batch => pump::batch(invocation, None).await.map(drop),
        Rest::Pump => pump::run(invocation).await,
    }
}

/// Answers a call, and says what is to be done after that.
async fn handle(mut request: Request, invocation: &Invocation) -> Result<(Reply, Rest), Error> {
    // As it was sent: the worker crate takes a method it does not know for GET.
    let (path, method) = (request.path(), request.inner().method());
    let below = platform::path_below(&path, &PREFIXES).or_else(|| path.strip_prefix('/'));
    let below = below.unwrap_or_default();
    let expect = |methods: &'static str| match methods.split(", ").any(|name| name == method) {
        true => Ok(()),
        false => Err(Error::MethodNotAllowed(methods)),
    };
    match below.split_once('/') {
        None if below.is_empty() => expect("POST")?,
        None if below == "metrics" => {
            expect("GET, HEAD")?;
            return metrics(&request, invocation).await;
        }
        Some(("events", "erase")) => {
            expect("POST")?;
            return erase(&mut request, invocation).await;
        }
        Some(("event-types", name)) if !name.contains('/') => {
            expect("PUT")?;
            return put_event_type(&mut request, invocation, name).await;
        }
        None if below == "portal-links" => {
            expect("GET, HEAD, POST")?;
            return portal_links(&mut request, invocation).await;
        }
        Some(("portal-links", id)) => {
            expect("DELETE")?;
            expect_service(&request, invocation)?;
            let parameters = json!({"portal_link_id": id});
            pass_on(invocation, "revoke_webhook_portal_link", parameters).await?;
            let message = json!({"message": "Portal link revoked"});
            return Ok((Reply::json(200, &message), Rest::Nothing));
        }
        _ => return Err(Error::NotFound("There is nothing here, try POST /")),
    }
    let caller = authorize(&request, &invocation.config)?;

    let body = platform::read_json_body(&mut request, MAX_BODY_BYTES).await?;
    let call: Call = parse::body(&body)?;
    match (call.action.as_deref(), caller) {
        (Some("wake"), Caller::Service | Caller::WakeUp) => {
            call.expect_no_events()?;
            let reply = Reply::json(202, &json!({"message": "Awake"}));
            Ok((reply, Rest::Pump))
        }
        (_, Caller::WakeUp | Caller::Metrics) => Err(Error::Unauthorized),
        (None | Some("deliver"), Caller::Service) => events::deliver(invocation, call).await,
        (Some("retry"), Caller::Service) => {
            call.expect_no_events()?;
            let outcomes = pump::batch(invocation, None).await?;
            Ok((retried(outcomes), Rest::Nothing))
        }
        _ => Err(Error::field("action", "must be deliver, retry or wake")),
    }
}

/// `GET /metrics` → 200, text. Also for holders of the metrics key.
async fn metrics(request: &Request, invocation: &Invocation) -> Result<(Reply, Rest), Error> {
    if authorize(request, &invocation.config)? == Caller::WakeUp {
        return Err(Error::Unauthorized);
    }
    let text = invocation.call("webhook_metrics", json!({})).await?;
    Ok((Reply::metrics(text), Rest::Nothing))
}

/// `PUT /event-types/:name` `{description?, example?, schema?, validation?, is_archived?}` → 200. The database knows
/// what a type may be.
async fn put_event_type(
    request: &mut Request,
    invocation: &Invocation,
    name: &str,
) -> Result<(Reply, Rest), Error> {
    expect_service(request, invocation)?;
    let body = platform::read_json_body(request, MAX_SMALL_BODY_BYTES).await?;
    let changes = storable_fields(&body)?;
    let parameters = json!({"name": name, "changes": changes});
    let reply = pass_on(invocation, "put_webhook_event_type", parameters).await?;
    Ok((reply, Rest::Nothing))
}

/// `POST /events/erase` `{event_ids | contains, user_id?, dry_run?, cursor?}` → 200: of one owner, or of all.
async fn erase(request: &mut Request, invocation: &Invocation) -> Result<(Reply, Rest), Error> {
    expect_service(request, invocation)?;
    let body = platform::read_json_body(request, MAX_SMALL_BODY_BYTES).await?;
    let parameters = json!({"which": storable_fields(&body)?});
    let reply = pass_on(invocation, "erase_webhook_events_of", parameters).await?;
    Ok((reply, Rest::Nothing))
}

/// `GET /portal-links` → 200, `POST /portal-links` → 201.
async fn portal_links(
    request: &mut Request,
    invocation: &Invocation,
) -> Result<(Reply, Rest), Error> {
    expect_service(request, invocation)?;
    let reply = match request.inner().method().as_str() {
        "POST" => {
            let body = platform::read_json_body(request, MAX_SMALL_BODY_BYTES).await?;
            portal_links::create(invocation, &body).await?
        }
        _ => {
            let parameters = json!({"which": query_fields(request)?});
            pass_on(invocation, "list_webhook_portal_links", parameters).await?
        }
    };
    Ok((reply, Rest::Nothing))
}

/// The parameters of a URL, as JSON: what they may be is for the database to say.
fn query_fields(request: &Request) -> Result<String, Error> {
    let url = request.url().map_err(|e| Error::Internal(e.to_string()))?;
    let mut fields = Map::new();
    for (name, value) in url.query_pairs() {
        fields.insert(name.into_owned(), value.into_owned().into());
    }
    let fields = Value::from(fields).to_string();
    // U+0000 as JSON writes it: the database cannot hold it.
    match fields.contains("\\u0000") {
        true => Err(Error::field(
            "query",
            "must not contain the character U+0000",
        )),
        false => Ok(fields),
    }
}

/// The fields of a body, as JSON that the database can hold: what they may be is for it to say.
fn storable_fields(body: &[u8]) -> Result<String, Error> {
    let fields: BTreeMap<String, &RawValue> = parse::body(body)?;
    for (name, value) in &fields {
        StorableJson::parse(value).map_err(|problem| Error::field(name, problem))?;
    }
    serde_json::to_string(&fields).map_err(|e| Error::Internal(e.to_string()))
}

/// Calls a SQL function and answers 200 with what it says.
async fn pass_on(
    invocation: &Invocation,
    function: &str,
    parameters: Value,
) -> Result<Reply, Error> {
    #[derive(Serialize)]
    struct Answer {
        data: Box<RawValue>,
    }
    let data = invocation.call(function, parameters).await?;
    Ok(Reply::json(200, &Answer { data }))
}

/// Who may call.
#[derive(Clone, Copy, PartialEq)]
enum Caller {
    /// Holders of the service key: for everything.
    Service,
    /// Holders of the wake-up key: to wake.
    WakeUp,
    /// Holders of the metrics key: to read the metrics.
    Metrics,
}

/// Refuses callers without the service key.
fn expect_service(request: &Request, invocation: &Invocation) -> Result<(), Error> {
    match authorize(request, &invocation.config)? {
        Caller::Service => Ok(()),
        Caller::WakeUp | Caller::Metrics => Err(Error::Unauthorized),
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
    let is_metrics = config.metrics_key.as_ref().is_some_and(is);
    match is(&config.service_key) {
        true => Ok(Caller::Service),
        false if is_wake_up => Ok(Caller::WakeUp),
        false if is_metrics => Ok(Caller::Metrics),
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

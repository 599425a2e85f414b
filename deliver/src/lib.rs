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
//! The operator's calls are in [`operator`], the page that makes them in [`console`]. `GET /metrics` is for a monitoring
//! system: for holders of the service key or of the metrics key.
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
mod console;
mod events;
mod invocation;
mod operator;
mod pump;
mod send;
mod upkeep;

use std::time::Duration;

use futures_channel::oneshot;
use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::json;
use shared::config::DeliverConfig;
use shared::delivery::Status;
use shared::error::Error;
use shared::page;
use shared::parse;
use shared::platform::{self, Reply};
use shared::secret::{self, Secret};
use worker::{
    Context, Env, MessageBatch, Request, Response, Result as WorkerResult, ScheduleContext,
    ScheduledEvent, event,
};

use crate::events::{Call, Rest};
use crate::invocation::Invocation;
use crate::operator::Operation;
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
        let (answer, rest) = match handle(request, &env, &invocation).await {
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
async fn handle(
    mut request: Request,
    env: &Env,
    invocation: &Invocation,
) -> Result<(Reply, Rest), Error> {
    // As it was sent: the worker crate takes a method it does not know for GET.
    let (path, method) = (request.path(), request.inner().method());
    let below = platform::path_below(&path, &PREFIXES).or_else(|| path.strip_prefix('/'));
    let below = below.unwrap_or_default();
    let expect = |methods: &'static str| match methods.split(", ").any(|name| name == method) {
        true => Ok(()),
        false => Err(Error::MethodNotAllowed(methods)),
    };
    if let Some(operation) = Operation::parse(below) {
        expect(operation.methods())?;
        return operation.answer(&mut request, invocation).await;
    }
    let is_page = page::is_at(&path, "/console");
    let reply = match below {
        "" => None,
        _ if is_page => {
            expect("GET, HEAD")?;
            Some(console::page(env).await?)
        }
        "console-session" => {
            expect("POST, DELETE")?;
            Some(match method.as_str() {
                "DELETE" => console::close(&request, invocation).await?,
                _ => console::open(&mut request, invocation).await?,
            })
        }
        "metrics" => {
            expect("GET, HEAD")?;
            Some(metrics(&request, invocation).await?)
        }
        _ => return Err(Error::NotFound("There is nothing here, try POST /")),
    };
    if let Some(reply) = reply {
        return Ok((reply, Rest::Nothing));
    }
    expect("POST")?;
    let caller = authorize(&request, &invocation.config)?;
    if matches!(caller, Caller::Metrics | Caller::Console(_)) {
        return Err(Error::Unauthorized);
    }

    let body = platform::read_json_body(&mut request, MAX_BODY_BYTES).await?;
    let call: Call = parse::body(&body)?;
    match (call.action.as_deref(), caller) {
        (Some("wake"), _) => {
            call.expect_no_events()?;
            let reply = Reply::json(202, &json!({"message": "Awake"}));
            Ok((reply, Rest::Pump))
        }
        (_, Caller::WakeUp) => Err(Error::Unauthorized),
        (None | Some("deliver"), _) => events::deliver(invocation, call).await,
        (Some("retry"), _) => {
            call.expect_no_events()?;
            let outcomes = pump::batch(invocation, None).await?;
            Ok((retried(outcomes), Rest::Nothing))
        }
        _ => Err(Error::field("action", "must be deliver, retry or wake")),
    }
}

/// `GET /metrics` → 200, text. Also for holders of the metrics key.
async fn metrics(request: &Request, invocation: &Invocation) -> Result<Reply, Error> {
    match authorize(request, &invocation.config)? {
        Caller::Service | Caller::Metrics => {}
        Caller::WakeUp | Caller::Console(_) => return Err(Error::Unauthorized),
    }
    let text = invocation.call("webhook_metrics", json!({})).await?;
    Ok(Reply::metrics(text))
}

/// Who may call.
#[derive(PartialEq)]
enum Caller {
    /// Holders of the service key: for everything.
    Service,
    /// Who says to have a session of the console: its hash, which the database knows or does not. For the operator's calls.
    Console(String),
    /// Holders of the wake-up key: to wake.
    WakeUp,
    /// Holders of the metrics key: to read the metrics.
    Metrics,
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
        false => match header("x-api-key") {
            Some(session) if session.starts_with(console::PREFIX) => {
                Ok(Caller::Console(secret::token_hash(&session)))
            }
            _ => Err(Error::Unauthorized),
        },
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

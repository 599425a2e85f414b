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
//! All of them end in [`pump::Pump::send`]. Nothing is kept here: what this worker has
//! claimed and not recorded when it dies becomes due again by itself.

mod attempt;
mod events;
mod pump;

use std::convert::Infallible;
use std::time::Duration;

use futures_channel::oneshot;
use shared::config::DeliverConfig;
use shared::delivery::Status;
use shared::error::Error;
use shared::fields::Fields;
use shared::json::Object;
use shared::runtime::{self, Queue, Reply};
use worker::wasm_bindgen::JsValue;
use worker::wasm_bindgen::prelude::wasm_bindgen;
use worker::web_sys::{Request, Response};
use worker::{Context, Env, ScheduleContext, ScheduledEvent, event};

use crate::events::Rest;
use crate::pump::{Outcome, Pump, count};

const PREFIXES: [&str; 2] = ["/functions/v1/webhooks-deliver", "/webhooks-deliver"];

/// The largest request body that is read, in bytes: what a claim may hold, too.
const MAX_BODY_BYTES: usize = 4 << 20;

/// The largest description of an event type that is read, in bytes.
const MAX_EVENT_TYPE_BYTES: usize = 256 << 10;

/// How long an invocation may go on after it has answered
/// (<https://developers.cloudflare.com/workers/runtime-apis/context/#waituntil>).
const AFTER_ANSWER: Duration = Duration::from_secs(30);

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response, Infallible> {
    // Waited for by the platform too: a caller that hangs up does not end the sending.
    let (done, answer) = oneshot::channel();
    context.wait_until(async move {
        let pump = match pump(&env) {
            Ok(pump) => pump,
            Err(error) => {
                let _caller_is_gone = done.send(Err(error));
                return;
            }
        };
        let (answer, rest) = match handle(&request, &pump).await {
            Ok((reply, rest)) => (Ok(reply), Some(rest)),
            Err(error) => (Err(error), None),
        };
        let status = match &answer {
            Ok(reply) => reply.status,
            Err(error) => error.status(),
        };
        let _caller_is_gone = done.send(answer);
        if let Some(rest) = rest {
            log(finish(&pump, rest).await);
        }
        pump.log("http", Some(status));
    });
    let answer = answer
        .await
        .unwrap_or_else(|_| Err(Error::Internal("the call was given up".to_owned())));
    Ok(runtime::respond(answer, &[]))
}

#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    log(tick(&env).await);
}

/// The consumer of the queue. The `event` macro's would panic where this one logs, and bring
/// a decoder for messages of any kind along.
#[wasm_bindgen(
    wasm_bindgen = ::worker::wasm_bindgen,
    wasm_bindgen_futures = ::worker::wasm_bindgen_futures,
    js_sys = ::worker::js_sys
)]
pub async fn queue(messages: JsValue, env: Env, _context: JsValue) {
    let level = runtime::first_message(&messages).unwrap_or(u32::MAX);
    log(consume(&env, level).await);
}

fn log(outcome: Result<(), Error>) {
    if let Err(error) = outcome {
        runtime::log_error(&error.to_string());
    }
}

/// A pump for this invocation.
fn pump(env: &Env) -> Result<Pump, Error> {
    let config = DeliverConfig::from_lookup(&|name| runtime::setting(env, name))?;
    Ok(Pump::new(config, Queue::bound(env, "WORK")))
}

/// The cron's, every minute: what is stored and due is sent, before and after that comes the upkeep.
async fn tick(env: &Env) -> Result<(), Error> {
    let pump = pump(env)?;
    pump.begin_within(pump.config().tick);
    let is_more = pump.upkeep().await;
    let outcome = pump.run().await;
    if is_more {
        pump.finish_upkeep().await;
    }
    pump.log("cron", None);
    outcome?;
    pump.record_tick().await
}

/// For one message of the queue.
async fn consume(env: &Env, level: u32) -> Result<(), Error> {
    let pump = pump(env)?;
    let outcome = pump.batch(level).await.map(drop);
    pump.log("queue", None);
    outcome
}

/// Answers a call, and says what is to be done after that.
async fn handle(request: &Request, pump: &Pump) -> Result<(Reply, Rest), Error> {
    let (path, _) = runtime::path_and_query(request);
    let below = runtime::path_below(&path, &PREFIXES).or_else(|| path.strip_prefix('/'));
    let (below, method) = (below.unwrap_or_default(), request.method());
    let expect = |methods: &'static str| match method == methods {
        true => Ok(()),
        false => Err(Error::MethodNotAllowed(methods)),
    };
    match below.split_once('/') {
        None if below.is_empty() => expect("POST")?,
        None if below == "metrics" => {
            expect("GET")?;
            return metrics(request, pump).await;
        }
        Some(("event-types", name)) => {
            expect("PUT")?;
            return put_event_type(request, pump, name).await;
        }
        _ => return Err(Error::NotFound("There is nothing here, try POST /")),
    }
    let caller = authorize(request, pump.config())?;

    let body = runtime::read_json_body(request, MAX_BODY_BYTES).await?;
    let mut fields = Fields::parse(&body)?;
    let action: Option<String> = fields.optional("action", "a string")?;
    Ok(match (action.as_deref(), caller) {
        (Some("wake"), _) => {
            fields.finish("action")?;
            let body = Object::new().with("message", "Awake");
            (Reply::json(202, body.to_string()), Rest::Pump)
        }
        (_, Caller::WakeUp) => return Err(Error::Unauthorized),
        (None | Some("deliver"), Caller::Service) => events::deliver(pump, fields).await?,
        (Some("retry"), Caller::Service) => {
            fields.finish("action")?;
            let outcomes = pump.batch(0).await?;
            let body = retried(&outcomes).to_string();
            (Reply::json(200, body), Rest::Nothing)
        }
        _ => return Err(fields.error("action", "must be deliver, retry or wake")),
    })
}

/// `GET /metrics` → 200, text.
async fn metrics(request: &Request, pump: &Pump) -> Result<(Reply, Rest), Error> {
    authorize_service(request, pump)?;
    let answer = pump.pass("webhook_metrics", &Object::new()).await?;
    let text = serde_json::from_str(&answer)
        .map_err(|_| Error::Unavailable("webhook_metrics: unexpected answer".to_owned()))?;
    Ok((Reply::metrics(text), Rest::Nothing))
}

/// `PUT /event-types/:name` `{description?, example?, is_archived?}` → 200. The database knows
/// what a type may be.
async fn put_event_type(
    request: &Request,
    pump: &Pump,
    name: &str,
) -> Result<(Reply, Rest), Error> {
    authorize_service(request, pump)?;
    let body = runtime::read_json_body(request, MAX_EVENT_TYPE_BYTES).await?;
    let fields = Fields::parse(&body)?;
    let parameters = Object::new()
        .with("name", name)
        .with("changes", &fields.into_object(&[]).to_string());
    let data = pump.pass("put_webhook_event_type", &parameters).await?;
    let body = Object::new().with_json("data", data);
    Ok((Reply::json(200, body.to_string()), Rest::Nothing))
}

/// Does what a call's caller does not wait for.
async fn finish(pump: &Pump, rest: Rest) -> Result<(), Error> {
    pump.finish_within(AFTER_ANSWER);
    match rest {
        Rest::Nothing => Ok(()),
        Rest::Batch => pump.batch(0).await.map(drop),
        Rest::Pump => pump.run().await,
    }
}

/// Who may call.
enum Caller {
    /// Holders of the service key: for everything.
    Service,
    /// Holders of the wake-up key: to wake.
    WakeUp,
}

fn authorize_service(request: &Request, pump: &Pump) -> Result<(), Error> {
    match authorize(request, pump.config())? {
        Caller::Service => Ok(()),
        Caller::WakeUp => Err(Error::Unauthorized),
    }
}

/// Who is calling, by either header Supabase clients use.
fn authorize(request: &Request, config: &DeliverConfig) -> Result<Caller, Error> {
    let header = |name| runtime::header(request, name);
    let authorization = header("authorization");
    let token = authorization
        .as_deref()
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token);
    let api_key = header("apikey");
    // All are compared, whatever comes of the first.
    let is = |key: &shared::secret::Secret| {
        let matches =
            |candidate: Option<&str>| candidate.is_some_and(|candidate| key.matches(candidate));
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
fn retried(outcomes: &[Outcome]) -> Object {
    if outcomes.is_empty() {
        return Object::new().with("message", "No pending deliveries to retry");
    }
    let count = |status| count(outcomes.iter(), status);
    Object::new()
        .with("processed", &outcomes.len())
        .with("succeeded", &count(Status::Success))
        .with("failed", &count(Status::Failed))
        .with("retrying", &count(Status::Retrying))
        .with("results", outcomes)
}

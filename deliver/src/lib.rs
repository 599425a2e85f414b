//! The worker that takes events in and delivers them.
//!
//! `POST /` (also `/webhooks-deliver` and `/functions/v1/webhooks-deliver`), for
//! holders of the service key only:
//!
//! | body | does |
//! | --- | --- |
//! | `{"action": "deliver", "event": {…}}` | stores the event, sends it to the endpoints that want it, and answers with what became of it |
//! | `{"action": "deliver", "events": [{…}]}` | the same with up to 100 at once, each taken or refused by itself |
//! | … `"wait": false` | answers 202 as soon as they are stored, and sends them then |
//! | `{"action": "retry"}` | sends one batch of what is due |
//! | `{"action": "wake"}` | answers 202, and sends what is due; also for holders of the wake-up key |
//!
//! The cron trigger sends what is due until nothing is left or its time is up. With a queue
//! bound to `WORK`, all of them put messages in instead of sending more than one batch, and
//! its consumer, which is this worker too, claims a batch for each: a message says that there
//! is work and nothing else, so that it does no harm if it is lost, repeated or late.
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

/// How long an invocation may go on after it has answered
/// (<https://developers.cloudflare.com/workers/runtime-apis/context/#waituntil>).
const AFTER_ANSWER: Duration = Duration::from_secs(30);

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response, Infallible> {
    // Waited for by the platform too: a caller that hangs up does not end the sending.
    let (done, answer) = oneshot::channel();
    context.wait_until(async move {
        let (answer, rest) = match handle(&request, &env).await {
            Ok((reply, pump, rest)) => (Ok(reply), Some((pump, rest))),
            Err(error) => (Err(error), None),
        };
        let _caller_is_gone = done.send(answer);
        if let Some((pump, rest)) = rest {
            log(finish(&pump, rest).await);
        }
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

/// The cron's.
async fn tick(env: &Env) -> Result<(), Error> {
    let pump = pump(env)?;
    pump.begin_within(pump.config().tick);
    pump.run().await
}

/// For one message of the queue.
async fn consume(env: &Env, level: u32) -> Result<(), Error> {
    pump(env)?.batch(level).await.map(drop)
}

/// Answers a call, and says what is to be done after that.
async fn handle(request: &Request, env: &Env) -> Result<(Reply, Pump, Rest), Error> {
    let path = runtime::path(request);
    if path != "/" && runtime::path_below(&path, &PREFIXES) != Some("") {
        return Err(Error::NotFound("There is nothing here, try POST /"));
    }
    if request.method() != "POST" {
        return Err(Error::MethodNotAllowed("POST"));
    }
    let pump = pump(env)?;
    let caller = authorize(request, pump.config())?;

    let body = runtime::read_json_body(request, MAX_BODY_BYTES).await?;
    let mut fields = Fields::parse(&body)?;
    let action: Option<String> = fields.optional("action", "a string")?;
    let nothing = Rest {
        batch: None,
        more: false,
    };
    let (reply, rest) = match (action.as_deref(), caller) {
        (Some("wake"), _) => {
            fields.finish("action")?;
            let body = Object::new().with("message", "Awake");
            let rest = Rest {
                more: true,
                ..nothing
            };
            ((202, body.to_string()), rest)
        }
        (_, Caller::WakeUp) => return Err(Error::Unauthorized),
        (None | Some("deliver"), Caller::Service) => events::deliver(&pump, fields).await?,
        (Some("retry"), Caller::Service) => {
            fields.finish("action")?;
            let (outcomes, _) = pump.batch(0).await?;
            ((200, retried(&outcomes).to_string()), nothing)
        }
        _ => return Err(fields.error("action", "must be deliver, retry or wake")),
    };
    Ok((reply, pump, rest))
}

/// Sends what a call's caller did not wait for.
async fn finish(pump: &Pump, Rest { batch, more }: Rest) -> Result<(), Error> {
    pump.finish_within(AFTER_ANSWER);
    if let Some(batch) = batch {
        pump.send(batch).await;
    }
    if more { pump.run().await } else { Ok(()) }
}

/// Who may call.
enum Caller {
    /// Holders of the service key: for everything.
    Service,
    /// Holders of the wake-up key: to wake.
    WakeUp,
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

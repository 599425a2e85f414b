//! The worker that takes events in and delivers them.
//!
//! `POST /` (also `/webhooks-deliver` and `/functions/v1/webhooks-deliver`), for
//! holders of the service key only:
//!
//! | body | does |
//! | --- | --- |
//! | `{"action": "deliver", "event": {…}}` | stores the event, sends it to the endpoints that want it, and answers with what became of it |
//! | `{"action": "retry"}` | sends one batch of what is due |
//!
//! The cron trigger sends what is due until nothing is left or its time is up. All
//! three end in [`pump::send`]. Nothing is kept here: what this worker has claimed and
//! not recorded when it dies becomes due again by itself.

mod attempt;
mod pump;

use std::convert::Infallible;
use std::time::Duration;

use futures_channel::oneshot;
use shared::config::DeliverConfig;
use shared::delivery::{Claim, Enqueued, Status};
use shared::error::Error;
use shared::event::NewEvent;
use shared::fields::Fields;
use shared::json::Object;
use shared::postgrest::{Caller, Database};
use shared::runtime;
use worker::web_sys::{Request, Response};
use worker::{Context, Env, ScheduleContext, ScheduledEvent, event};

use crate::pump::Outcome;

const PREFIXES: [&str; 2] = ["/functions/v1/webhooks-deliver", "/webhooks-deliver"];

/// How long the cron goes on claiming, in milliseconds. The last batch may take a
/// lease's length on top, which stays within the 15 minutes a cron has on Workers.
const CRON_BUDGET_MS: u64 = 50_000;

/// How long the cron waits where all that is due is held by others.
const BUSY_WAIT: Duration = Duration::from_millis(100);

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response, Infallible> {
    // Waited for by the platform too: a caller that hangs up does not end the sending.
    let (done, answer) = oneshot::channel();
    context.wait_until(async move {
        let _caller_is_gone = done.send(handle(&request, &env).await);
    });
    let answer = answer
        .await
        .unwrap_or_else(|_| Err(Error::Internal("the call was given up".to_owned())));
    let reply = answer.map(|answer| (200, answer.to_string()));
    Ok(runtime::respond(reply, &[]))
}

#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    if let Err(error) = tick(&env).await {
        runtime::log_error(&error.to_string());
    }
}

async fn handle(request: &Request, env: &Env) -> Result<Object, Error> {
    let path = runtime::path(request);
    if path != "/" && runtime::path_below(&path, &PREFIXES) != Some("") {
        return Err(Error::NotFound("There is nothing here, try POST /"));
    }
    if request.method() != "POST" {
        return Err(Error::MethodNotAllowed("POST"));
    }
    let config = config(env)?;
    authorize(request, &config)?;
    let database = Database::new(&config.database, &Caller::Service);

    let body = runtime::read_json_body(request).await?;
    let mut fields = Fields::parse(&body)?;
    let action: Option<String> = fields.optional("action", "a string")?;
    match action.as_deref() {
        None | Some("deliver") => {
            let event = fields
                .object("event", "event.")?
                .ok_or_else(|| fields.error("event", "is required"))?;
            let event = NewEvent::parse(event)?;
            fields.finish("action and event")?;
            deliver(&database, &config, &event).await
        }
        Some("retry") => {
            fields.finish("action")?;
            retry(&database, &config).await
        }
        Some(_) => Err(fields.error("action", "must be deliver or retry")),
    }
}

fn config(env: &Env) -> Result<DeliverConfig, Error> {
    DeliverConfig::from_lookup(&|name| runtime::setting(env, name))
}

/// Lets holders of the service key in, by either header Supabase clients use.
fn authorize(request: &Request, config: &DeliverConfig) -> Result<(), Error> {
    let header = |name| runtime::header(request, name);
    let authorization = header("authorization");
    let token = authorization
        .as_deref()
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token);
    let api_key = header("apikey");
    // Both are compared, whatever comes of the first.
    let matches = |candidate: Option<&str>| {
        candidate.is_some_and(|candidate| config.service_key.matches(candidate))
    };
    if matches(token) | matches(api_key.as_deref()) {
        Ok(())
    } else {
        Err(Error::Unauthorized)
    }
}

/// Stores an event and sends it: two round trips to the database.
async fn deliver(
    database: &Database,
    config: &DeliverConfig,
    event: &NewEvent<'_>,
) -> Result<Object, Error> {
    let events = serde_json::to_string(&[event]).map_err(|e| Error::Internal(e.to_string()))?;
    let parameters = claim_parameters(config).with("events", &events);
    let Enqueued { events, batch } = database
        .fetch("enqueue_webhook_events", &parameters)
        .await?;
    let Some(event) = events.into_iter().next() else {
        return Err(Error::Unavailable(
            "enqueue_webhook_events: unexpected answer".to_owned(),
        ));
    };
    if let Some(refusal) = event.refused {
        return Err(Error::Refused {
            status: refusal.status,
            code: refusal.code,
            message: refusal.error,
            details: Object::new()
                .with("max_bytes", &refusal.max_bytes)
                .without_nulls(),
        });
    }

    let outcomes = pump::send(database, config, batch).await;
    let pending = event.pending as usize + count(&outcomes, Status::Pending);
    Ok(Object::new()
        .with("success", &true)
        .with("event_id", &event.event_id)
        .with("delivered", &count(&outcomes, Status::Success))
        .with("failed", &count(&outcomes, Status::Failed))
        .with("retrying", &count(&outcomes, Status::Retrying))
        .with("pending", &pending)
        .with("duplicates", &event.duplicates)
        .with("results", &outcomes))
}

/// Sends one batch of what is due.
async fn retry(database: &Database, config: &DeliverConfig) -> Result<Object, Error> {
    let (outcomes, _) = pump_batch(database, config).await?;
    if outcomes.is_empty() {
        return Ok(Object::new().with("message", "No pending deliveries to retry"));
    }
    Ok(Object::new()
        .with("processed", &outcomes.len())
        .with("succeeded", &count(&outcomes, Status::Success))
        .with("failed", &count(&outcomes, Status::Failed))
        .with("retrying", &count(&outcomes, Status::Retrying))
        .with("results", &outcomes))
}

/// Sends what is due until nothing is left or the time is up.
async fn tick(env: &Env) -> Result<(), Error> {
    let config = config(env)?;
    let database = Database::new(&config.database, &Caller::Service);
    let end = runtime::now_ms() + CRON_BUDGET_MS;
    loop {
        let (outcomes, more) = pump_batch(&database, &config).await?;
        if !more || runtime::now_ms() >= end {
            return Ok(());
        }
        if outcomes.is_empty() {
            // What is due is being claimed by somebody else at this moment.
            runtime::sleep(BUSY_WAIT).await;
        }
    }
}

/// How much a claim may take, and for how long.
fn claim_parameters(config: &DeliverConfig) -> Object {
    Object::new()
        .with("claim_limit", &config.batch)
        .with("lease_seconds", &config.lease_seconds())
}

/// Claims a batch of what is due and sends it. Says, too, whether more may be due.
async fn pump_batch(
    database: &Database,
    config: &DeliverConfig,
) -> Result<(Vec<Outcome>, bool), Error> {
    let parameters = claim_parameters(config);
    let Claim {
        batch,
        settled,
        more,
    } = database
        .fetch("claim_webhook_deliveries", &parameters)
        .await?;
    let mut outcomes = pump::send(database, config, batch).await;
    outcomes.extend(settled.into_iter().map(Outcome::from));
    Ok((outcomes, more))
}

fn count(outcomes: &[Outcome], status: Status) -> usize {
    outcomes.iter().filter(|o| o.status == status).count()
}

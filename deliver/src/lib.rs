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

use serde_json::{Value, json};
use shared::config::DeliverConfig;
use shared::delivery::{Claim, Enqueued, Status};
use shared::error::Error;
use shared::event::NewEvent;
use shared::fields::Fields;
use shared::postgrest::{Caller, Database};
use shared::runtime;
use worker::{Context, Env, Method, Request, Response, ScheduleContext, ScheduledEvent, event};

use crate::pump::Outcome;

const PREFIXES: [&str; 2] = ["/functions/v1/webhooks-deliver", "/webhooks-deliver"];

/// How long the cron goes on claiming, in milliseconds. The last batch may take a
/// lease's length on top, which stays within the 15 minutes a cron has on Workers.
const CRON_BUDGET_MS: u64 = 50_000;

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> worker::Result<Response> {
    match handle(request, &env).await {
        Ok(answer) => runtime::json_response(200, &answer.to_string()),
        Err(error) => runtime::error_response(&error),
    }
}

#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    if let Err(error) = tick(&env).await {
        runtime::log_error(&error.log_line().unwrap_or_else(|| format!("{error:?}")));
    }
}

async fn handle(mut request: Request, env: &Env) -> Result<Value, Error> {
    let path = request.path();
    if path != "/" && runtime::path_below(&path, &PREFIXES) != Some("") {
        return Err(Error::NotFound("There is nothing here, try POST /"));
    }
    if request.method() != Method::Post {
        return Err(Error::MethodNotAllowed("POST"));
    }
    let config = config(env)?;
    authorize(&request, &config)?;
    let database = Database::new(&config.database, &Caller::Service);

    let body = runtime::read_json_body(&mut request).await?;
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
    let header = |name| request.headers().get(name).ok().flatten();
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
) -> Result<Value, Error> {
    let events = serde_json::to_string(&[event]).map_err(|e| Error::Internal(e.to_string()))?;
    let parameters = json!({
        "events": events, "claim_limit": config.batch, "lease_seconds": config.lease_seconds(),
    });
    let Enqueued { events, claimed } = database
        .fetch("enqueue_webhook_events", &parameters)
        .await?;
    let Some(event) = events.first() else {
        return Err(Error::Unavailable(
            "enqueue_webhook_events: unexpected answer".to_owned(),
        ));
    };

    let outcomes = pump::send(database, config, claimed).await;
    Ok(json!({
        "success": true,
        "event_id": event.event_id,
        "delivered": count(&outcomes, Status::Success),
        "failed": count(&outcomes, Status::Failed),
        "retrying": count(&outcomes, Status::Retrying),
        "pending": event.pending as usize + count(&outcomes, Status::Pending),
        "duplicates": event.duplicates,
        "results": outcomes,
    }))
}

/// Sends one batch of what is due.
async fn retry(database: &Database, config: &DeliverConfig) -> Result<Value, Error> {
    let outcomes = pump_batch(database, config).await?;
    if outcomes.is_empty() {
        return Ok(json!({"message": "No pending deliveries to retry"}));
    }
    Ok(json!({
        "processed": outcomes.len(),
        "succeeded": count(&outcomes, Status::Success),
        "failed": count(&outcomes, Status::Failed),
        "retrying": count(&outcomes, Status::Retrying),
        "results": outcomes,
    }))
}

/// Sends what is due until nothing is left or the time is up.
async fn tick(env: &Env) -> Result<(), Error> {
    let config = config(env)?;
    let database = Database::new(&config.database, &Caller::Service);
    let end = runtime::now_ms() + CRON_BUDGET_MS;
    while !pump_batch(&database, &config).await?.is_empty() && runtime::now_ms() < end {}
    Ok(())
}

/// Claims a batch of what is due and sends it.
async fn pump_batch(database: &Database, config: &DeliverConfig) -> Result<Vec<Outcome>, Error> {
    let parameters = json!({
        "claim_limit": config.batch, "lease_seconds": config.lease_seconds(),
    });
    let Claim { claimed, settled } = database
        .fetch("claim_webhook_deliveries", &parameters)
        .await?;
    let mut outcomes = pump::send(database, config, claimed).await;
    outcomes.extend(settled.into_iter().map(Outcome::from));
    Ok(outcomes)
}

fn count(outcomes: &[Outcome], status: Status) -> usize {
    outcomes.iter().filter(|o| o.status == status).count()
}

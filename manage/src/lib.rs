//! The worker owners look after their webhook endpoints with.
//!
//! | call | does |
//! | --- | --- |
//! | `GET /webhooks` | lists the caller's endpoints with delivery counts |
//! | `POST /webhooks` | registers an endpoint; its secret is in the answer |
//! | `GET /webhooks/:id` | shows one, with its 20 newest deliveries |
//! | `PATCH /webhooks/:id` | changes its url, description, events, state, limits or headers |
//! | `DELETE /webhooks/:id` | deletes it and its deliveries |
//! | `POST /webhooks/:id/rotate-secret` | gives it a new secret |
//! | `POST /webhooks/:id/test` | sends it an example event |
//! | `POST /webhooks/:id/filter/test` | says which events a filter would have let through |
//! | `GET /webhooks/:id/stats` | its numbers |
//! | `GET /webhooks/:id/deliveries` | its deliveries, newest first, page by page |
//! | `GET /webhooks/:id/deliveries/:id` | one, with its payload and every attempt |
//! | `POST /webhooks/:id/deliveries/:id/resend` | sends one again |
//! | `POST /webhooks/:id/recover` | sends those again that failed in a window |
//! | `POST /webhooks/:id/replay` | sends it events of the log, or sends them again |
//! | `GET /replays`, `GET /replays/:id`, `POST /replays/:id/cancel` | replays and how far they are |
//! | `POST /deliveries/resend`, `POST /deliveries/cancel` | sends again, or ends, deliveries of all endpoints |
//! | `POST /webhooks/pause`, `POST /webhooks/resume` | switches endpoints off or on |
//! | `POST /events/erase` | erases what events say |
//! | `GET /events` | the events that were for the caller, newest first, page by page |
//! | `GET /events/:id` | one, with what became of it at each endpoint |
//! | `GET /stats` | the numbers of all the caller's endpoints |
//! | `GET /event-types` | what endpoints may subscribe to |
//! | `GET /stats/endpoints` | those of each of them |
//! | `GET /api-keys`, `POST /api-keys`, `DELETE /api-keys/:id` | the caller's API keys |
//! | `GET /portal` | the page on which owners do all of this |
//! | `POST /portal-session`, `DELETE /portal-session` | opens it by a link, and signs out |
//!
//! The same paths exist under `/webhooks-manage` and `/functions/v1/webhooks-manage`, in place
//! of `/webhooks` and in front of the others.
//!
//! The worker holds no key but the publishable one. It checks the shape of what comes
//! in, passes the caller's own credential on to PostgREST in one call, and row-level
//! security decides what that caller may see.

mod account;
mod auth;
mod batch;
mod deliveries;
mod endpoints;
mod events;
mod idempotency;
mod portal;
mod query;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use shared::config::ManageConfig;
use shared::endpoint::LocalEndpoints;
use shared::error::Error;
use shared::parse;
use shared::platform::{self, Reply};
use shared::postgrest::Database;
use uuid::Uuid;
use worker::url::Url;
use worker::{Context, Env, Request, Response, Result as WorkerResult, event};

use crate::auth::Credentials;
use crate::idempotency::IdempotencyKey;
use crate::portal::Portal;
use crate::query::Query;

/// The largest request body that is read, in bytes.
const MAX_BODY_BYTES: usize = 256 << 10;

const PREFIXES: [&str; 3] = [
    "/functions/v1/webhooks-manage",
    "/webhooks-manage",
    "/webhooks",
];

/// What a path stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Resource {
    /// All of the caller's endpoints.
    Endpoints,
    /// One endpoint.
    Endpoint(Uuid),
    /// One endpoint's secret.
    Secret(Uuid),
    /// A test of one endpoint.
    Test(Uuid),
    /// A test of a filter for one endpoint.
    FilterTest(Uuid),
    /// The recovery of what failed at one endpoint.
    Recovery(Uuid),
    /// One endpoint's deliveries.
    Deliveries(Uuid),
    /// One delivery of one endpoint.
    Delivery(Uuid, Uuid),
    /// A delivery that is to be sent again.
    Resend(Uuid, Uuid),
    /// Failed deliveries of all endpoints, that are to be sent again.
    ResendAll,
    /// Waiting deliveries of all endpoints, that are to be ended.
    CancelAll,
    /// Endpoints that are to be switched off.
    Pause,
    /// Endpoints that are to be switched on.
    Resume,
    /// A replay to one endpoint.
    NewReplay(Uuid),
    /// The caller's replays.
    Replays,
    /// One replay.
    Replay(Uuid),
    /// The end of a replay.
    ReplayEnd(Uuid),
    /// The erasure of events; also an event whose id is `erase`.
    Erasure,
    /// The numbers of one endpoint, or of all.
    Stats(Option<Uuid>),
    /// The numbers of each endpoint.
    StatsByEndpoint,
    /// The event log.
    Events,
    /// One event; its id is the last part of the path.
    Event,
    /// The catalogue.
    EventTypes,
    /// The caller's API keys.
    ApiKeys,
    /// One API key.
    ApiKey(Uuid),
}

impl Resource {
    fn parse(path: &str) -> Result<Self, Error> {
        let nothing = Error::NotFound("There is nothing here, try /webhooks");
        let below = platform::path_below(path, &PREFIXES).or_else(|| {
            // What belongs to no endpoint is at the root, too.
            let path = path.trim_end_matches('/').strip_prefix('/')?;
            let first = path.split('/').next();
            first
                .is_some_and(|first| {
                    [
                        "stats",
                        "events",
                        "event-types",
                        "api-keys",
                        "deliveries",
                        "replays",
                    ]
                    .contains(&first)
                })
                .then_some(path)
        });
        let below = below.ok_or(nothing)?;
        let uuid = |text: &str, missing| match Uuid::try_parse(text) {
            // One spelling of the several there are.
            Ok(id) if text.len() == 36 => Ok(id),
            _ => Err(Error::NotFound(missing)),
        };
        let endpoint = |text| uuid(text, "Webhook endpoint not found");
        let delivery = |text| uuid(text, "Delivery not found");
        let segments: Vec<&str> = below.split('/').collect();
        Ok(match segments.as_slice() {
            [""] => Self::Endpoints,
            ["stats"] => Self::Stats(None),
            ["stats", "endpoints"] => Self::StatsByEndpoint,
            ["events"] => Self::Events,
            ["events", "erase"] => Self::Erasure,
            ["events", _] => Self::Event,
            ["deliveries", "resend"] => Self::ResendAll,
            ["deliveries", "cancel"] => Self::CancelAll,
            ["pause"] => Self::Pause,
            ["resume"] => Self::Resume,
            ["replays"] => Self::Replays,
            ["replays", id] => Self::Replay(uuid(id, "Replay not found")?),
            ["replays", id, "cancel"] => Self::ReplayEnd(uuid(id, "Replay not found")?),
            ["event-types"] => Self::EventTypes,
            ["api-keys"] => Self::ApiKeys,
            ["api-keys", id] => Self::ApiKey(uuid(id, "API key not found")?),
            [id] => Self::Endpoint(endpoint(id)?),
            [id, "rotate-secret"] => Self::Secret(endpoint(id)?),
            [id, "test"] => Self::Test(endpoint(id)?),
            [id, "filter", "test"] => Self::FilterTest(endpoint(id)?),
            [id, "replay"] => Self::NewReplay(endpoint(id)?),
            [id, "recover"] => Self::Recovery(endpoint(id)?),
            [id, "stats"] => Self::Stats(Some(endpoint(id)?)),
            [id, "deliveries"] => Self::Deliveries(endpoint(id)?),
            [id, "deliveries", d] => Self::Delivery(endpoint(id)?, delivery(d)?),
            [id, "deliveries", d, "resend"] => Self::Resend(endpoint(id)?, delivery(d)?),
            _ => return Err(Error::NotFound("There is nothing here, try /webhooks")),
        })
    }

    fn methods(self) -> &'static str {
        match self {
            Self::Endpoints | Self::ApiKeys => "GET, HEAD, POST, OPTIONS",
            Self::Endpoint(_) => "GET, HEAD, PATCH, DELETE, OPTIONS",
            Self::Secret(_)
            | Self::Test(_)
            | Self::FilterTest(_)
            | Self::Recovery(_)
            | Self::Resend(..)
            | Self::ResendAll
            | Self::CancelAll
            | Self::Pause
            | Self::Resume
            | Self::NewReplay(_)
            | Self::ReplayEnd(_) => "POST, OPTIONS",
            Self::Erasure => "GET, HEAD, POST, OPTIONS",
            Self::Deliveries(_)
            | Self::Delivery(..)
            | Self::Stats(_)
            | Self::StatsByEndpoint
            | Self::Events
            | Self::Event
            | Self::Replays
            | Self::Replay(_)
            | Self::EventTypes => "GET, HEAD, OPTIONS",
            Self::ApiKey(_) => "DELETE, OPTIONS",
        }
    }

    /// Whether a call makes deliveries due, which the user expects to be sent at once.
    fn makes_due(self) -> bool {
        matches!(
            self,
            Self::Test(_)
                | Self::Recovery(_)
                | Self::Resend(..)
                | Self::ResendAll
                | Self::NewReplay(_)
        )
    }
}

/// The headers a browser app on another origin needs.
const FOR_BROWSERS: [(&str, &str); 5] = [
    ("Access-Control-Allow-Origin", "*"),
    (
        "Access-Control-Allow-Headers",
        "authorization, x-client-info, apikey, content-type, x-api-key, x-webhook-owner, x-region, \
            idempotency-key",
    ),
    (
        "Access-Control-Allow-Methods",
        "GET, HEAD, POST, PATCH, DELETE, OPTIONS",
    ),
    ("Access-Control-Expose-Headers", "Retry-After"),
    ("Access-Control-Max-Age", "86400"),
];

/// An invocation's line in the log.
#[derive(Serialize)]
struct Line<'a> {
    event: &'static str,
    worker: &'static str,
    trigger: &'static str,
    method: &'a str,
    status: u16,
    duration_ms: u64,
}

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> WorkerResult<Response> {
    let started_at = platform::now_ms();
    // As it was sent: the worker crate takes a method it does not know for GET.
    let method = request.inner().method();
    let reply = match method.as_str() {
        "OPTIONS" => Ok(Reply::empty(204)),
        method => handle(request, method, &env).await,
    };
    let status = match &reply {
        Ok(reply) => reply.status,
        Err(error) => error.status(),
    };
    platform::log(&Line {
        event: "invocation",
        worker: "manage",
        trigger: "http",
        method: &method,
        status,
        duration_ms: platform::now_ms().saturating_sub(started_at),
    });
    platform::respond(reply, &FOR_BROWSERS)
}

async fn handle(mut request: Request, method: &str, env: &Env) -> Result<Reply, Error> {
    let path = request.path();
    let expect = |methods: &'static str| match methods.split(", ").any(|name| name == method) {
        true => Ok(()),
        false => Err(Error::MethodNotAllowed(methods)),
    };
    if let Some(portal) = Portal::parse(&path) {
        expect(portal.methods())?;
        return portal.answer(&mut request, env).await;
    }
    let resource = Resource::parse(&path)?;
    expect(resource.methods())?;

    let config = ManageConfig::from_lookup(&|name| platform::setting(env, name))?;
    let header = |name| platform::header(&request, name);
    let credentials = Credentials::read(
        header("authorization").as_deref(),
        header("x-api-key").as_deref(),
        header("x-webhook-owner").as_deref(),
    )?;
    let idempotency_key = IdempotencyKey::parse(header("idempotency-key").as_deref())?;
    let call = Call {
        resource,
        // The platform leaves the body of the answer out.
        method: if method == "HEAD" { "GET" } else { method },
        body: match method {
            "POST" | "PATCH" => platform::read_json_body(&mut request, MAX_BODY_BYTES).await?,
            _ => Vec::new(),
        },
        url: request.url().map_err(|e| Error::Internal(e.to_string()))?,
        local: config.local_endpoints,
        idempotency_key,
    };
    let mut answer = Err(Error::Unauthorized);
    for credential in credentials.in_turn() {
        answer = call
            .answer(&Database::new(&config.database, &credential))
            .await;
        if !matches!(answer, Err(Error::Unauthorized)) {
            break;
        }
    }
    let reply = answer?;
    if resource.makes_due()
        && let Ok(queue) = env.queue("WORK")
        && let Err(cause) = queue.send(0).await
    {
        // The cron finds the work without it.
        platform::log_error(&format!("nothing put in the queue: {cause}"));
    }
    Ok(reply)
}

/// A call, as far as it is independent of who makes it.
struct Call<'a> {
    resource: Resource,
    method: &'a str,
    body: Vec<u8>,
    url: Url,
    local: LocalEndpoints,
    idempotency_key: IdempotencyKey,
}

impl Call<'_> {
    /// Answers the call in the name of the database's caller.
    async fn answer(&self, database: &Database) -> Result<Reply, Error> {
        let Self {
            body,
            local,
            idempotency_key: key,
            ..
        } = self;
        let query = || Query::new(self.url.query_pairs());
        match (self.resource, self.method) {
            (Resource::Endpoints, "GET") => endpoints::list(database, query()).await,
            (Resource::Endpoints, _) => endpoints::create(database, body, *local, key).await,
            (Resource::Endpoint(id), "GET") => endpoints::get(database, id).await,
            (Resource::Endpoint(id), "PATCH") => {
                endpoints::update(database, id, body, *local).await
            }
            (Resource::Endpoint(id), _) => endpoints::delete(database, id).await,
            (Resource::Secret(id), _) => endpoints::rotate_secret(database, id, body, key).await,
            (Resource::Test(id), _) => deliveries::test(database, id, body).await,
            (Resource::FilterTest(id), _) => events::test_filter(database, id, body).await,
            (Resource::ResendAll, _) => {
                batch::deliveries(database, "resend_webhook_deliveries", body).await
            }
            (Resource::CancelAll, _) => {
                batch::deliveries(database, "cancel_webhook_deliveries", body).await
            }
            (Resource::Pause, _) => batch::switch(database, false, body).await,
            (Resource::Resume, _) => batch::switch(database, true, body).await,
            (Resource::NewReplay(id), _) => batch::replay(database, id, body).await,
            (Resource::Replays, _) => batch::replays(database).await,
            (Resource::Replay(id), _) => batch::get_replay(database, id).await,
            (Resource::ReplayEnd(id), _) => batch::cancel_replay(database, id).await,
            (Resource::Erasure, "POST") => batch::erase(database, body).await,
            (Resource::Recovery(id), _) => deliveries::recover(database, id, body).await,
            (Resource::Deliveries(id), _) => deliveries::list(database, id, query()).await,
            (Resource::Delivery(id, delivery), _) => deliveries::get(database, id, delivery).await,
            (Resource::Resend(id, delivery), _) => deliveries::resend(database, id, delivery).await,
            (Resource::Stats(id), _) => account::stats(database, id, query()).await,
            (Resource::StatsByEndpoint, _) => account::stats_by_endpoint(database, query()).await,
            (Resource::Events, _) => events::list(database, query()).await,
            (Resource::Event | Resource::Erasure, _) => events::get(database, &self.url).await,
            (Resource::EventTypes, _) => account::event_types(database).await,
            (Resource::ApiKeys, "GET") => account::api_keys(database).await,
            (Resource::ApiKeys, _) => account::create_api_key(database, body, key).await,
            (Resource::ApiKey(id), _) => account::delete_api_key(database, id).await,
        }
    }
}

/// An answer: what the database answered, and a sentence.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
}

/// Sees that the database answered what its function answers, and passes on what it said.
fn expect<'a, T: Deserialize<'a>>(data: &'a RawValue) -> Result<(), Error> {
    parse::answer::<T>(data.get()).map(drop)
}

/// `{"data": …}`.
fn with_data(status: u16, data: &RawValue) -> Reply {
    let (data, message) = (Some(data), None);
    Reply::json(status, &Answer { data, message })
}

/// `{"data": …, "message": …}`.
fn with_data_and_message(status: u16, data: &RawValue, message: &'static str) -> Reply {
    let (data, message) = (Some(data), Some(message));
    Reply::json(status, &Answer { data, message })
}

/// `{"message": …}`.
fn with_message(status: u16, message: &'static str) -> Reply {
    let (data, message) = (None, Some(message));
    Reply::json(status, &Answer { data, message })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01a20b26-7943-4508-bbe9-f362f2ac4cb3";

    #[test]
    fn every_prefix_leads_to_the_same_resources() {
        let id = Uuid::try_parse(ID).unwrap();
        for prefix in PREFIXES {
            assert_eq!(Resource::parse(prefix), Ok(Resource::Endpoints));
            assert_eq!(
                Resource::parse(&format!("{prefix}/{ID}")),
                Ok(Resource::Endpoint(id))
            );
            assert_eq!(
                Resource::parse(&format!("{prefix}/{ID}/rotate-secret")),
                Ok(Resource::Secret(id))
            );
        }
    }

    #[test]
    fn each_path_leads_to_its_resource() {
        let id = Uuid::try_parse(ID).unwrap();
        for (path, resource) in [
            (format!("/webhooks/{ID}/test"), Resource::Test(id)),
            (
                format!("/webhooks/{ID}/filter/test"),
                Resource::FilterTest(id),
            ),
            (format!("/webhooks/{ID}/recover"), Resource::Recovery(id)),
            (format!("/webhooks/{ID}/stats"), Resource::Stats(Some(id))),
            (
                format!("/webhooks/{ID}/deliveries/"),
                Resource::Deliveries(id),
            ),
            (
                format!("/webhooks/{ID}/deliveries/{ID}"),
                Resource::Delivery(id, id),
            ),
            (
                format!("/webhooks/{ID}/deliveries/{ID}/resend"),
                Resource::Resend(id, id),
            ),
            ("/stats".to_owned(), Resource::Stats(None)),
            ("/events".to_owned(), Resource::Events),
            ("/webhooks/events/a%2Fb".to_owned(), Resource::Event),
            ("/webhooks/events/erase".to_owned(), Resource::Erasure),
            ("/webhooks/pause".to_owned(), Resource::Pause),
            ("/webhooks-manage/resume".to_owned(), Resource::Resume),
            ("/deliveries/resend".to_owned(), Resource::ResendAll),
            (
                "/webhooks/deliveries/cancel".to_owned(),
                Resource::CancelAll,
            ),
            (format!("/webhooks/{ID}/replay"), Resource::NewReplay(id)),
            (format!("/replays/{ID}"), Resource::Replay(id)),
            (
                format!("/webhooks/replays/{ID}/cancel"),
                Resource::ReplayEnd(id),
            ),
            ("/event-types/".to_owned(), Resource::EventTypes),
            (
                "/webhooks-manage/event-types".to_owned(),
                Resource::EventTypes,
            ),
            ("/api-keys".to_owned(), Resource::ApiKeys),
            (format!("/api-keys/{ID}"), Resource::ApiKey(id)),
            (
                format!("/functions/v1/webhooks-manage/api-keys/{ID}"),
                Resource::ApiKey(id),
            ),
        ] {
            assert_eq!(Resource::parse(&path), Ok(resource), "{path}");
        }
    }

    #[test]
    fn unknown_paths_are_not_found() {
        for path in [
            "/",
            "/api-keys/7",
            "/stats/7",
            "/webhooks/01a20b26-7943-4508-bbe9-f362f2ac4cb3/deliveries/7",
            "/webhooks/01a20b26-7943-4508-bbe9-f362f2ac4cb3/attempts",
            "/webhook",
            "/webhooks/7",
            "/webhooks/a/b/c",
            "//webhooks",
        ] {
            assert_eq!(Resource::parse(path).unwrap_err().status(), 404, "{path}");
        }
    }
}

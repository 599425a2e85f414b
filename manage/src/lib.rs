//! The worker owners look after their webhook endpoints with.
//!
//! | call | does |
//! | --- | --- |
//! | `GET /webhooks` | lists the caller's endpoints with delivery counts |
//! | `POST /webhooks` | registers an endpoint; its secret is in the answer |
//! | `GET /webhooks/:id` | shows one, with its 20 newest deliveries |
//! | `PATCH /webhooks/:id` | changes url, description, events or is_active |
//! | `DELETE /webhooks/:id` | deletes it and its deliveries |
//! | `POST /webhooks/:id/rotate-secret` | gives it a new secret |
//!
//! The same paths exist under `/webhooks-manage` and `/functions/v1/webhooks-manage`.
//!
//! The worker holds no key but the publishable one. It checks the shape of what comes
//! in, passes the caller's own credential on to PostgREST in one call, and row-level
//! security decides what that caller may see.

mod auth;
mod endpoints;

use std::convert::Infallible;

use shared::config::ManageConfig;
use shared::error::Error;
use shared::json::Object;
use shared::postgrest::Database;
use shared::runtime::{self, Reply};
use uuid::Uuid;
use worker::web_sys::{Request, Response};
use worker::{Context, Env, event};

/// The largest request body that is read, in bytes.
const MAX_BODY_BYTES: usize = 256 << 10;

const PREFIXES: [&str; 3] = [
    "/functions/v1/webhooks-manage",
    "/webhooks-manage",
    "/webhooks",
];

/// What a path stands for.
#[derive(Debug, PartialEq)]
enum Resource {
    /// All of the caller's endpoints.
    Endpoints,
    /// One endpoint.
    Endpoint(Uuid),
    /// One endpoint's secret.
    Secret(Uuid),
}

impl Resource {
    fn parse(path: &str) -> Result<Self, Error> {
        let below = runtime::path_below(path, &PREFIXES);
        let below = below.ok_or(Error::NotFound("There is nothing here, try /webhooks"))?;
        let id = |text: &str| match Uuid::try_parse(text) {
            // One spelling of the several there are.
            Ok(id) if text.len() == 36 => Ok(id),
            _ => Err(Error::NotFound("Webhook endpoint not found")),
        };
        match below.split_once('/') {
            None if below.is_empty() => Ok(Self::Endpoints),
            None => Ok(Self::Endpoint(id(below)?)),
            Some((endpoint, "rotate-secret")) => Ok(Self::Secret(id(endpoint)?)),
            Some(_) => Err(Error::NotFound("There is nothing here, try /webhooks")),
        }
    }

    fn methods(&self) -> &'static str {
        match self {
            Self::Endpoints => "GET, POST, OPTIONS",
            Self::Endpoint(_) => "GET, PATCH, DELETE, OPTIONS",
            Self::Secret(_) => "POST, OPTIONS",
        }
    }
}

/// The headers a browser app on another origin needs.
const FOR_BROWSERS: [(&str, &str); 5] = [
    ("Access-Control-Allow-Origin", "*"),
    (
        "Access-Control-Allow-Headers",
        "authorization, x-client-info, apikey, content-type, x-api-key",
    ),
    (
        "Access-Control-Allow-Methods",
        "GET, POST, PATCH, DELETE, OPTIONS",
    ),
    ("Access-Control-Expose-Headers", "Retry-After"),
    ("Access-Control-Max-Age", "86400"),
];

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> Result<Response, Infallible> {
    let reply = match request.method().as_str() {
        "OPTIONS" => Ok((204, String::new())),
        method => handle(&request, method, &env).await,
    };
    Ok(runtime::respond(reply, &FOR_BROWSERS))
}

async fn handle(request: &Request, method: &str, env: &Env) -> Result<Reply, Error> {
    let resource = Resource::parse(&runtime::path(request))?;
    if !resource.methods().split(", ").any(|name| name == method) {
        return Err(Error::MethodNotAllowed(resource.methods()));
    }

    let config = ManageConfig::from_lookup(&|name| runtime::setting(env, name))?;
    let header = |name| runtime::header(request, name);
    let caller = auth::caller(header("authorization"), header("x-api-key"))?;
    let database = Database::new(&config.database, &caller);

    let body = match method {
        "POST" | "PATCH" => runtime::read_json_body(request, MAX_BODY_BYTES).await?,
        _ => Vec::new(),
    };
    match (method, resource) {
        ("GET", Resource::Endpoints) => endpoints::list(&database).await,
        ("GET", Resource::Endpoint(id)) => endpoints::get(&database, id).await,
        ("PATCH", Resource::Endpoint(id)) => {
            endpoints::update(&database, id, &body, config.local_endpoints).await
        }
        ("DELETE", Resource::Endpoint(id)) => endpoints::delete(&database, id).await,
        (_, Resource::Secret(id)) => endpoints::rotate_secret(&database, id, &body).await,
        (_, _) => endpoints::create(&database, &body, config.local_endpoints).await,
    }
}

/// `{"data": …, "message": …}` around JSON that is already text.
fn envelope(data: Option<&str>, message: Option<&str>) -> String {
    let mut envelope = Object::new();
    if let Some(data) = data {
        envelope = envelope.with_json("data", data);
    }
    if let Some(message) = message {
        envelope = envelope.with("message", message);
    }
    envelope.to_string()
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
    fn unknown_paths_are_not_found() {
        for path in [
            "/",
            "/webhook",
            "/webhooks/7",
            "/webhooks/a/b/c",
            "//webhooks",
        ] {
            assert_eq!(Resource::parse(path).unwrap_err().status(), 404, "{path}");
        }
    }

    #[test]
    fn envelope_json_format_unchanged() {
        assert_eq!(
            envelope(Some("{\"id\": 1}"), Some("It's \"done\"")),
            r#"{"data":{"id": 1},"message":"It's \"done\""}"#
        );
        assert_eq!(envelope(None, Some("x")), r#"{"message":"x"}"#);
        assert_eq!(envelope(Some("[]"), None), r#"{"data":[]}"#);
    }
}

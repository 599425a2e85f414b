//! The operator's calls about all owners, for holders of the service key and for sessions of the console.
//!
//! The database is told the session's hash, and says whether it may: with the service key there is none. What the
//! fields of a call may be is for the database to say, too.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use shared::error::Error;
use shared::parse::{self, StorableJson};
use shared::platform::{self, Reply};
use worker::Request;

use crate::events::Rest;
use crate::invocation::Invocation;
use crate::{Caller, MAX_SMALL_BODY_BYTES, authorize, console};

/// The function that is told how long deliveries are kept.
const STORAGE: &str = "get_webhook_storage";

/// The function after which deliveries are due.
const RESEND: &str = "resend_webhook_deliveries_of";

/// The calls that give their fields to a SQL function and answer what it says: the method, the path, and the function.
const CALLS: [(&str, &str, &str); 10] = [
    ("GET, HEAD", "operator/overview", "get_webhook_overview"),
    ("GET, HEAD", "operator/stats", "get_webhook_stats_of"),
    ("GET, HEAD", "operator/search", "search_webhooks"),
    (
        "GET, HEAD",
        "operator/event-types",
        "list_webhook_event_types_in_use",
    ),
    ("GET, HEAD", "operator/storage", STORAGE),
    ("POST", "operator/deliveries/resend", RESEND),
    (
        "POST",
        "operator/deliveries/cancel",
        "cancel_webhook_deliveries_of",
    ),
    (
        "POST",
        "operator/endpoints/pause",
        "pause_webhook_endpoints_of",
    ),
    (
        "POST",
        "operator/endpoints/resume",
        "resume_webhook_endpoints_of",
    ),
    ("POST", "events/erase", "erase_webhook_events_of"),
];

/// A call of the operator's, by its path.
pub(crate) enum Operation<'a> {
    /// One of [`CALLS`].
    Call {
        methods: &'static str,
        function: &'static str,
    },
    /// `/operator/audit-log`
    AuditLog,
    /// `/event-types/:name`
    EventType(&'a str),
    /// `/portal-links`
    PortalLinks,
    /// `/portal-links/:id`
    PortalLink(&'a str),
    /// `/console-links`
    ConsoleLinks,
    /// `/console-links/:id`
    ConsoleLink(&'a str),
}

impl<'a> Operation<'a> {
    /// What a path, below the worker's prefixes, stands for, if it is the operator's.
    pub(crate) fn parse(path: &'a str) -> Option<Self> {
        if let Some(&(methods, _, function)) = CALLS.iter().find(|(_, known, _)| *known == path) {
            return Some(Self::Call { methods, function });
        }
        match path.split_once('/').unwrap_or((path, "")) {
            ("operator", "audit-log") => Some(Self::AuditLog),
            ("portal-links", "") => Some(Self::PortalLinks),
            ("portal-links", id) => Some(Self::PortalLink(id)),
            ("console-links", "") => Some(Self::ConsoleLinks),
            ("console-links", id) => Some(Self::ConsoleLink(id)),
            ("event-types", name) if !name.is_empty() && !name.contains('/') => {
                Some(Self::EventType(name))
            }
            _ => None,
        }
    }

    /// As `Allow` lists them.
    pub(crate) fn methods(&self) -> &'static str {
        match self {
            Self::Call { methods, .. } => methods,
            Self::AuditLog => "GET, HEAD",
            Self::EventType(_) => "PUT",
            Self::PortalLinks | Self::ConsoleLinks => "GET, HEAD, POST",
            Self::PortalLink(_) | Self::ConsoleLink(_) => "DELETE",
        }
    }

    /// Answers a call, and says what is to be done after that: what it made due is sent.
    pub(crate) async fn answer(
        self,
        request: &mut Request,
        invocation: &Invocation,
    ) -> Result<(Reply, Rest), Error> {
        let session_hash = match authorize(request, &invocation.config)? {
            Caller::Service => None,
            Caller::Console(session_hash) if !self.is_for_service_key() => Some(session_hash),
            _ => return Err(Error::Unauthorized),
        };
        let fields = fields(request).await?;
        let is_post = request.inner().method() == "POST";
        let mut rest = Rest::Nothing;
        let reply = match self {
            Self::Call { function, .. } => {
                // A parameter that is null is left out: only one function knows this one.
                let retention = (function == STORAGE).then_some(invocation.config.retention_days);
                let parameters = json!({
                    "call": fields, "session_hash": session_hash, "retention_days": retention,
                });
                let data: Box<RawValue> = invocation.call(function, parameters).await?;
                if function == RESEND && has_resent(&data) {
                    rest = Rest::Pump;
                }
                with_data(data)
            }
            Self::AuditLog => {
                let parameters = json!({"call": fields, "session_hash": session_hash});
                let page: Box<RawValue> = invocation
                    .call("list_webhook_audit_log", parameters)
                    .await?;
                Reply::json(200, &page)
            }
            Self::EventType(name) => {
                let parameters =
                    json!({"name": name, "changes": fields, "session_hash": session_hash});
                pass_on(invocation, "put_webhook_event_type", parameters).await?
            }
            Self::PortalLinks if is_post => {
                console::create_portal_link(invocation, fields, session_hash).await?
            }
            Self::PortalLinks => {
                let parameters = json!({"which": fields, "session_hash": session_hash});
                pass_on(invocation, "list_webhook_portal_links", parameters).await?
            }
            Self::PortalLink(id) => {
                let parameters = json!({"portal_link_id": id, "session_hash": session_hash});
                let () = invocation
                    .call("revoke_webhook_portal_link", parameters)
                    .await?;
                Reply::json(200, &json!({"message": "Portal link revoked"}))
            }
            Self::ConsoleLinks if is_post => {
                console::create_console_link(request, invocation, fields).await?
            }
            Self::ConsoleLinks => {
                let parameters = json!({ "which": fields });
                pass_on(invocation, "list_webhook_console_links", parameters).await?
            }
            Self::ConsoleLink(id) => {
                let parameters = json!({"console_link_id": id});
                let () = invocation
                    .call("revoke_webhook_console_link", parameters)
                    .await?;
                Reply::json(200, &json!({"message": "Console link revoked"}))
            }
        };
        Ok((reply, rest))
    }

    /// Whether only the service key may: no session makes others.
    fn is_for_service_key(&self) -> bool {
        matches!(self, Self::ConsoleLinks | Self::ConsoleLink(_))
    }
}

/// The fields of a call, as JSON that the database can hold: of the body, or of the URL where there is none.
async fn fields(request: &mut Request) -> Result<String, Error> {
    match request.inner().method().as_str() {
        method @ ("POST" | "PUT") => {
            let body = platform::read_json_body(request, MAX_SMALL_BODY_BYTES).await?;
            let fields: BTreeMap<String, &RawValue> = match method {
                "POST" => parse::optional_body(&body)?,
                _ => parse::body(&body)?,
            };
            for (name, value) in &fields {
                StorableJson::parse(value).map_err(|problem| Error::field(name, problem))?;
            }
            serde_json::to_string(&fields).map_err(|e| Error::Internal(e.to_string()))
        }
        _ => {
            let url = request.url().map_err(|e| Error::Internal(e.to_string()))?;
            let mut fields = Map::new();
            for (name, value) in url.query_pairs() {
                // The database cannot hold it.
                if name.contains('\0') || value.contains('\0') {
                    let problem = "must not contain the character U+0000";
                    return Err(Error::field("query", problem));
                }
                fields.insert(name.into_owned(), value.into_owned().into());
            }
            Ok(Value::from(fields).to_string())
        }
    }
}

/// Calls a SQL function and answers 200 with what it says.
async fn pass_on(
    invocation: &Invocation,
    function: &str,
    parameters: Value,
) -> Result<Reply, Error> {
    Ok(with_data(invocation.call(function, parameters).await?))
}

/// 200 with this `data`.
fn with_data(data: Box<RawValue>) -> Reply {
    #[derive(Serialize)]
    struct Answer {
        data: Box<RawValue>,
    }
    Reply::json(200, &Answer { data })
}

/// Whether a resend made deliveries due: one that only counted did not.
fn has_resent(data: &RawValue) -> bool {
    #[derive(Deserialize)]
    struct Resent {
        resent: u64,
    }
    serde_json::from_str(data.get()).is_ok_and(|Resent { resent }| resent > 0)
}

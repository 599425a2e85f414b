//! The console: the page, the session that it calls with, and the links that open it and the portal.

use serde_json::{Map, Value, json};
use shared::error::Error;
use shared::page::{self, Sessions};
use shared::platform::{self, Reply};
use shared::secret::{self, Secret};
use worker::{Env, Request};

use crate::MAX_SMALL_BODY_BYTES;
use crate::invocation::Invocation;

/// What sessions begin with.
pub(crate) const PREFIX: &str = "wcs_";

const SESSIONS: Sessions = Sessions {
    prefix: PREFIX,
    cookie: "webhooks_console",
    attributes: "SameSite=Strict",
};

/// `GET /console` and below → 200, the page.
pub(crate) async fn page(env: &Env) -> Result<Reply, Error> {
    let page = platform::asset(env, "/console/page").await?;
    Ok(page::reply(page, "'none'"))
}

/// `POST /console-session` `{token?}` → 200 with the session. A token is taken once; without one the session of the cookie
/// is answered.
pub(crate) async fn open(request: &mut Request, invocation: &Invocation) -> Result<Reply, Error> {
    let body = platform::read_json_body(request, MAX_SMALL_BODY_BYTES).await?;
    let cookies = platform::header(request, "cookie").unwrap_or_default();
    let opening = SESSIONS.opening(&request.path(), &cookies, &body)?;
    let parameters = opening.parameters();
    let data = invocation.call("open_webhook_console", parameters).await?;
    Ok(opening.reply(data))
}

/// `DELETE /console-session` → 200. The session that calls is over.
pub(crate) async fn close(request: &Request, invocation: &Invocation) -> Result<Reply, Error> {
    let header = |name| platform::header(request, name);
    let cookies = header("cookie").unwrap_or_default();
    let closing = SESSIONS.closing(&request.path(), &cookies, header("x-api-key"))?;
    let parameters = closing.parameters();
    let () = invocation.call("close_webhook_console", parameters).await?;
    Ok(closing.reply())
}

/// `POST /portal-links` `{owner, scopes?, expires_in?, endpoint_id?}` → 201, the one answer that holds the link.
pub(crate) async fn create_portal_link(
    invocation: &Invocation,
    link: String,
    session_hash: Option<String>,
) -> Result<Reply, Error> {
    let portal = invocation.config.portal_url.as_deref();
    let portal = portal.ok_or(Error::Misconfigured("PORTAL_URL"))?;
    let token = secret::token("wpl_");
    let parameters = json!({
        "link": link, "token_hash": secret::token_hash(token.expose()), "session_hash": session_hash,
    });
    let link = invocation
        .call("create_webhook_portal_link", parameters)
        .await?;
    Ok(created(link, portal, &token))
}

/// `POST /console-links` `{operator, scopes?, expires_in?}` → 201, the one answer that holds the link: to where the call came.
pub(crate) async fn create_console_link(
    request: &Request,
    invocation: &Invocation,
    link: String,
) -> Result<Reply, Error> {
    let url = request.url().map_err(|e| Error::Internal(e.to_string()))?;
    let console = format!("{}/console", url.origin().ascii_serialization());
    let token = secret::token("wcl_");
    let parameters = json!({
        "link": link, "token_hash": secret::token_hash(token.expose()),
    });
    let link = invocation
        .call("create_webhook_console_link", parameters)
        .await?;
    Ok(created(link, &console, &token))
}

/// The answer to a call that made a link. The token is in the fragment: no server and no log gets it.
fn created(mut link: Map<String, Value>, page: &str, token: &Secret) -> Reply {
    let url = format!("{page}#token={}", token.expose());
    link.insert("url".to_owned(), url.into());
    Reply::json(201, &json!({"data": link}))
}

//! The portal: the page, and the session that it calls with.

use shared::config::{ManageConfig, PortalConfig};
use shared::error::Error;
use shared::page::{self, Sessions};
use shared::platform::{self, Reply};
use shared::postgrest::{Credential, Database};
use worker::{Env, Method, Request};

/// In a frame of another site the cookie is that site's own (CHIPS, draft-cutler-httpbis-partitioned-cookies).
const SESSIONS: Sessions = Sessions {
    prefix: "wps_",
    cookie: "webhooks_portal",
    attributes: "SameSite=None; Partitioned",
};

/// Who has no rights yet, or gives them up.
const NOBODY: Credential = Credential::User {
    token: None,
    api_key: None,
    owner: None,
};

/// The page's file, and where its settings go.
const PAGE: &str = "/portal/page";
const NO_SETTINGS: &str = r#"name="webhooks-portal" content="""#;

/// What needs no credential of an owner: the page, and the calls that give it one and end it.
#[derive(Clone, Copy)]
pub(crate) enum Portal {
    /// The page at `/portal`, and at whatever path it shows.
    Page,
    /// The session that it calls with.
    Session,
}

impl Portal {
    /// What a path stands for, if it is the portal's.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        if page::is_at(path, "/portal") {
            return Some(Self::Page);
        }
        let session = "portal-session";
        let is_session = platform::path_below(path, &crate::PREFIXES) == Some(session)
            || path.trim_matches('/') == session;
        is_session.then_some(Self::Session)
    }

    /// As `Allow` lists them.
    pub(crate) fn methods(self) -> &'static str {
        match self {
            Self::Page => "GET, HEAD, OPTIONS",
            Self::Session => "POST, DELETE, OPTIONS",
        }
    }

    /// Answers a call.
    pub(crate) async fn answer(self, request: &mut Request, env: &Env) -> Result<Reply, Error> {
        let lookup = |name| platform::setting(env, name);
        match self {
            Self::Page => show(env, &PortalConfig::from_lookup(&lookup)?).await,
            Self::Session => {
                let config = ManageConfig::from_lookup(&lookup)?;
                let database = Database::new(&config.database, &NOBODY);
                match request.method() {
                    Method::Delete => close(request, &database).await,
                    _ => open(request, &database).await,
                }
            }
        }
    }
}

/// `GET /portal` and below → 200, the page with the operator's settings.
async fn show(env: &Env, config: &PortalConfig) -> Result<Reply, Error> {
    let page = platform::asset(env, PAGE).await?;
    let settings = serde_json::to_string(config).map_err(|e| Error::Internal(e.to_string()))?;
    let settings = format!(
        r#"name="webhooks-portal" content="{}""#,
        in_attribute(&settings)
    );
    let ancestors = match config.origins.as_slice() {
        [] => "'none'".to_owned(),
        origins => origins.join(" "),
    };
    Ok(page::reply(
        page.replace(NO_SETTINGS, &settings),
        &ancestors,
    ))
}

/// Text as it stands in an attribute of HTML between double quotes.
fn in_attribute(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}

/// `POST /portal-session` `{token?}` → 200 with the session. A token is taken once; without one the session of the cookie
/// is answered.
async fn open(request: &mut Request, database: &Database) -> Result<Reply, Error> {
    let body = platform::read_json_body(request, crate::MAX_BODY_BYTES).await?;
    let cookies = platform::header(request, "cookie").unwrap_or_default();
    let opening = SESSIONS.opening(&request.path(), &cookies, &body)?;
    let data = database
        .call("open_webhook_portal", opening.parameters())
        .await?;
    Ok(opening.reply(data))
}

/// `DELETE /portal-session` → 200. The session that calls is over.
async fn close(request: &Request, database: &Database) -> Result<Reply, Error> {
    let header = |name| platform::header(request, name);
    let cookies = header("cookie").unwrap_or_default();
    let closing = SESSIONS.closing(&request.path(), &cookies, header("x-api-key"))?;
    let () = database
        .call("close_webhook_portal", closing.parameters())
        .await?;
    Ok(closing.reply())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_at_every_path_below_and_the_session_at_every_prefix() {
        for path in ["/portal", "/portal/", "/portal/events/x"] {
            assert!(matches!(Portal::parse(path), Some(Portal::Page)), "{path}");
        }
        for path in [
            "/portal-session",
            "/webhooks/portal-session",
            "/webhooks-manage/portal-session",
            "/functions/v1/webhooks-manage/portal-session",
        ] {
            assert!(
                matches!(Portal::parse(path), Some(Portal::Session)),
                "{path}"
            );
        }
        for path in [
            "/",
            "/portals",
            "/webhooks",
            "/webhooks/portal",
            "/events/portal-session",
        ] {
            assert!(Portal::parse(path).is_none(), "{path}");
        }
    }

    #[test]
    fn settings_cannot_leave_their_attribute() {
        let settings = r#"{"name":"\"><script>&"}"#;
        let escaped = in_attribute(settings);
        assert!(
            !escaped.contains('"') && !escaped.contains('<'),
            "{escaped}"
        );
    }
}

//! The portal: the page, and the session that it calls with.

use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::config::{ManageConfig, PortalConfig};
use shared::error::Error;
use shared::parse::{self, Text};
use shared::platform::{self, Reply};
use shared::postgrest::{Credential, Database};
use shared::secret::{self, Secret};
use uuid::Uuid;
use worker::{Env, Request};

/// The cookie that keeps a session for a reload. Scripts do not see it, and no other call reads it.
const COOKIE: &str = "webhooks_portal";

/// The page's file, and where its settings go.
const PAGE: &str = "/portal/page";
const NO_SETTINGS: &str = r#"name="webhooks-portal" content="""#;

/// What the page may load (<https://www.w3.org/TR/CSP3/>).
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors ";

/// What needs no credential: the page, and the call that gives it one.
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
        if platform::path_below(path, &["/portal"]).is_some() {
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
            Self::Session => "POST, OPTIONS",
        }
    }

    /// Answers a call.
    pub(crate) async fn answer(self, request: &mut Request, env: &Env) -> Result<Reply, Error> {
        let lookup = |name| platform::setting(env, name);
        match self {
            Self::Page => page(env, &PortalConfig::from_lookup(&lookup)?).await,
            Self::Session => open(request, &ManageConfig::from_lookup(&lookup)?).await,
        }
    }
}

/// `GET /portal` and below → 200, the page with the operator's settings.
async fn page(env: &Env, config: &PortalConfig) -> Result<Reply, Error> {
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
    Ok(Reply::html(page.replace(NO_SETTINGS, &settings))
        .with_header(
            "Content-Security-Policy",
            format!("{CONTENT_SECURITY_POLICY}{ancestors}"),
        )
        .with_header("X-Content-Type-Options", "nosniff".to_owned())
        .with_header("Referrer-Policy", "no-referrer".to_owned()))
}

/// Text as it stands in an attribute of HTML between double quotes.
fn in_attribute(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}

/// `POST /portal-session` `{token?}` → 200 with the session. A token is taken once; without one the session of the cookie
/// is answered.
async fn open(request: &mut Request, config: &ManageConfig) -> Result<Reply, Error> {
    #[derive(Default, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Call {
        token: Option<Text>,
    }
    /// The database's answer, and the session.
    #[derive(Deserialize, Serialize)]
    struct Session {
        #[serde(skip_deserializing)]
        session: String,
        owner: Uuid,
        scopes: Vec<String>,
        endpoint_id: Option<Uuid>,
        expires_at: String,
    }
    let body = platform::read_json_body(request, crate::MAX_BODY_BYTES).await?;
    let call: Call = parse::optional_body(&body)?;
    let (session, token_hash) = match &call.token {
        Some(token) => (
            secret::token("wps_"),
            Some(secret::token_hash(token.as_str())),
        ),
        None => (cookie(request).ok_or(Error::Unauthorized)?, None),
    };
    let nobody = Credential::User {
        token: None,
        api_key: None,
        owner: None,
    };
    let parameters = json!({
        "session_hash": secret::token_hash(session.expose()), "token_hash": token_hash,
    });
    let database = Database::new(&config.database, &nobody);
    let mut data: Session = database.call("open_webhook_portal", parameters).await?;
    data.session = session.expose().to_owned();
    // In a frame of another site it is that site's own (CHIPS, draft-cutler-httpbis-partitioned-cookies).
    let cookie = format!(
        "{COOKIE}={}; Path={}; HttpOnly; Secure; SameSite=None; Partitioned",
        session.expose(),
        request.path()
    );
    Ok(Reply::json(200, &json!({"data": data})).with_header("Set-Cookie", cookie))
}

/// The session of an earlier load.
fn cookie(request: &Request) -> Option<Secret> {
    let cookies = platform::header(request, "cookie")?;
    cookies
        .split(';')
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, session)| Secret::new(session.to_owned()))
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

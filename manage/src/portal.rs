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

/// The cookie by which a session outlives a reload. Scripts do not see it, and no other call looks at it.
const COOKIE: &str = "webhooks_portal";

/// The page's file, and where its settings go.
const PAGE: &str = "/portal/page";
const NO_SETTINGS: &str = r#"name="webhooks-portal" content="""#;

/// What the page may load (<https://www.w3.org/TR/CSP3/>).
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors ";

/// `GET /portal` and below → 200, the page with the operator's settings.
pub(crate) async fn page(env: &Env, config: &PortalConfig) -> Result<Reply, Error> {
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

/// `POST /portal-session` `{token?}` → 200 with the session. A token is taken once; without one the session goes on
/// that the cookie is of.
pub(crate) async fn open(request: &mut Request, config: &ManageConfig) -> Result<Reply, Error> {
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
    fn settings_cannot_leave_their_attribute() {
        let settings = r#"{"name":"\"><script>&"}"#;
        let escaped = in_attribute(settings);
        assert!(
            !escaped.contains('"') && !escaped.contains('<'),
            "{escaped}"
        );
    }
}

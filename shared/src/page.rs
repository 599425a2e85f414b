//! Pages for people, and the sessions that links open for them.
//!
//! A link has a token in its fragment, which no server and no log gets. The page takes it out of its address and exchanges it,
//! once, for a session, which it keeps in memory and calls with. A cookie keeps the session for a reload.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::parse::{self, Text};
use crate::platform::{self, Reply};
use crate::secret::{self, Secret};

/// What a page may load (<https://www.w3.org/TR/CSP3/>).
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors ";

/// A page. `ancestors` are the origins that may embed it.
#[must_use]
pub fn reply(html: String, ancestors: &str) -> Reply {
    Reply::html(html)
        .with_header(
            "Content-Security-Policy",
            format!("{CONTENT_SECURITY_POLICY}{ancestors}"),
        )
        .with_header("X-Content-Type-Options", "nosniff".to_owned())
        .with_header("Referrer-Policy", "no-referrer".to_owned())
}

/// Whether a page stands at this path: at its own and at whatever path below it shows. Below `assets` are its files, which the
/// platform serves where they are.
#[must_use]
pub fn is_at(path: &str, own: &str) -> bool {
    platform::path_below(path, &[own]).is_some_and(|below| !below.starts_with("assets/"))
}

/// The sessions of a page.
pub struct Sessions {
    /// What their tokens begin with.
    pub prefix: &'static str,
    /// The cookie that keeps one for a reload. Scripts do not see it, and no other call reads it.
    pub cookie: &'static str,
    /// Where else than on its own site the page may be, as attributes of the cookie.
    pub attributes: &'static str,
}

impl Sessions {
    /// Reads a call for a session, `{token?}`, which came to this path with these cookies and this body: with the token of a
    /// link one is made up, else it is the cookie's.
    ///
    /// # Errors
    /// The body is wrong, or there is neither a token nor a cookie.
    pub fn opening(&self, path: &str, cookies: &str, body: &[u8]) -> Result<Opening, Error> {
        #[derive(Default, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Call {
            token: Option<Text>,
        }
        let call: Call = parse::optional_body(body)?;
        let (session, token_hash) = match &call.token {
            Some(token) => (
                secret::token(self.prefix),
                Some(secret::token_hash(token.as_str())),
            ),
            None => (
                cookie(cookies, self.cookie).ok_or(Error::Unauthorized)?,
                None,
            ),
        };
        let set_cookie = self.set_cookie(path, session.expose());
        Ok(Opening {
            session,
            token_hash,
            set_cookie,
        })
    }

    /// Reads a call that ends the session it has in `X-API-Key`. It came to this path with these cookies: one that has the
    /// session is deleted.
    ///
    /// # Errors
    /// There is no session.
    pub fn closing(
        &self,
        path: &str,
        cookies: &str,
        session: Option<String>,
    ) -> Result<Closing, Error> {
        let session = session.filter(|session| session.starts_with(self.prefix));
        let session = session.ok_or(Error::Unauthorized)?;
        let is_kept = cookie(cookies, self.cookie).is_some_and(|kept| kept.matches(&session));
        Ok(Closing {
            session_hash: secret::token_hash(&session),
            set_cookie: is_kept.then(|| format!("{}; Max-Age=0", self.set_cookie(path, ""))),
        })
    }

    fn set_cookie(&self, path: &str, session: &str) -> String {
        let Self {
            cookie, attributes, ..
        } = self;
        format!("{cookie}={session}; Path={path}; HttpOnly; Secure; {attributes}")
    }
}

/// A session that is about to be opened, if the database agrees.
pub struct Opening {
    session: Secret,
    token_hash: Option<String>,
    set_cookie: String,
}

impl Opening {
    /// What the SQL function that opens it is called with.
    #[must_use]
    pub fn parameters(&self) -> Value {
        json!({
            "session_hash": secret::token_hash(self.session.expose()), "token_hash": self.token_hash,
        })
    }

    /// The answer: the database's, and the session.
    #[must_use]
    pub fn reply(self, mut data: Map<String, Value>) -> Reply {
        data.insert("session".to_owned(), self.session.expose().into());
        Reply::json(200, &json!({"data": data})).with_header("Set-Cookie", self.set_cookie)
    }
}

/// A session that is about to be ended, if the database knows it.
pub struct Closing {
    session_hash: String,
    set_cookie: Option<String>,
}

impl Closing {
    /// What the SQL function that ends it is called with.
    #[must_use]
    pub fn parameters(&self) -> Value {
        json!({ "session_hash": self.session_hash })
    }

    /// The answer.
    #[must_use]
    pub fn reply(self) -> Reply {
        let reply = Reply::json(200, &json!({"message": "Signed out"}));
        match self.set_cookie {
            Some(cookie) => reply.with_header("Set-Cookie", cookie),
            None => reply,
        }
    }
}

/// The session that a cookie of an earlier load has.
fn cookie(cookies: &str, name: &str) -> Option<Secret> {
    cookies
        .split(';')
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(candidate, _)| *candidate == name)
        .map(|(_, session)| Secret::new(session.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_at_every_path_below_but_for_its_files() {
        for path in ["/portal", "/portal/", "/portal/events/x", "/portal/assets"] {
            assert!(is_at(path, "/portal"), "{path}");
        }
        for path in [
            "/",
            "/portals",
            "/webhooks/portal",
            "/portal/assets/gone.js",
        ] {
            assert!(!is_at(path, "/portal"), "{path}");
        }
    }

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let found = |cookies| cookie(cookies, "webhooks_portal").map(|s| s.expose().to_owned());
        assert_eq!(
            found("a=1; webhooks_portal=wps_1;b=2"),
            Some("wps_1".to_owned())
        );
        assert_eq!(found("webhooks_portal_=1; x=webhooks_portal"), None);
        assert_eq!(found(""), None);
    }
}

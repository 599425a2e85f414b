//! Who is calling: read from the headers, judged by the database.

use shared::error::Error;
use shared::postgrest::Credential;
use shared::secret::Secret;
use uuid::Uuid;

/// The longest credential that is passed on, in bytes.
const MAX_CREDENTIAL_LEN: usize = 8192;

/// What a caller presents: a token, an API key, or both. Whether one is valid is not known here.
#[derive(Debug)]
pub(crate) struct Credentials {
    token: Option<Secret>,
    api_key: Option<Secret>,
    owner: Option<Uuid>,
}

impl Credentials {
    /// Reads the headers `Authorization` and `X-API-Key`. What cannot be valid is taken for absent.
    /// `X-Webhook-Owner` says for which owner the caller acts.
    ///
    /// # Errors
    /// There is no credential, or the owner is no UUID.
    pub(crate) fn read(
        authorization: Option<&str>,
        api_key: Option<&str>,
        owner: Option<&str>,
    ) -> Result<Self, Error> {
        let secret = |text: &str| is_plain(text).then(|| Secret::new(text.to_owned()));
        let (scheme, token) = authorization
            .and_then(|value| value.split_once(' '))
            .unwrap_or_default();
        let token = scheme.eq_ignore_ascii_case("bearer").then_some(token);
        let (token, api_key) = (token.and_then(secret), api_key.and_then(secret));
        match (&token, &api_key) {
            (None, None) => Err(Error::Unauthorized),
            _ => Ok(Self {
                token,
                api_key,
                owner: owner.map(parse_owner).transpose()?,
            }),
        }
    }

    /// What to call the database with, until one is accepted: with both, where the token counts if it
    /// is a user's, and then with the key alone. PostgREST refuses a call for a token that it
    /// does not accept, whatever comes along; one that is no JWT (RFC 7519: three parts) is left
    /// out.
    pub(crate) fn in_turn(&self) -> impl Iterator<Item = Credential<'_>> {
        let is_jwt = |token: &&Secret| token.expose().split('.').count() == 3;
        let api_key = self.api_key.as_ref();
        let token = self.token.as_ref();
        let token = token.filter(|token| api_key.is_none() || is_jwt(token));
        let owner = self.owner;
        let first = Credential::User {
            token,
            api_key,
            owner,
        };
        let second = Credential::User {
            token: None,
            api_key,
            owner,
        };
        let is_second = token.is_some() && api_key.is_some();
        [Some(first), is_second.then_some(second)]
            .into_iter()
            .flatten()
    }
}

fn parse_owner(text: &str) -> Result<Uuid, Error> {
    let owner = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
    owner.ok_or_else(|| Error::field("X-Webhook-Owner", "must be a UUID"))
}

/// Whether the text can be sent on as a header: visible ASCII, not too long.
fn is_plain(text: &str) -> bool {
    (1..=MAX_CREDENTIAL_LEN).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn in_turn(authorization: Option<&str>, api_key: Option<&str>) -> Vec<String> {
        let Ok(credentials) = Credentials::read(authorization, api_key, None) else {
            return vec!["none".to_owned()];
        };
        let text = |secret: Option<&Secret>| secret.map_or("", Secret::expose).to_owned();
        let turns = credentials.in_turn().map(|credential| match credential {
            Credential::User { token, api_key, .. } => text(token) + "/" + &text(api_key),
            Credential::Service => "service".to_owned(),
        });
        turns.collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        /// PostgREST's client panics on a value that is no header.
        #[test]
        fn whatever_is_passed_on_is_a_header(
            authorization in proptest::option::of("([Bb]earer )?\\PC{0,20}"),
            api_key in proptest::option::of("(nk_live_)?\\PC{0,20}"),
        ) {
            for turn in in_turn(authorization.as_deref(), api_key.as_deref()) {
                prop_assert!(turn.bytes().all(|b| b.is_ascii_graphic()));
            }
        }
    }

    #[test]
    fn a_bearer_token_or_an_api_key_is_a_credential() {
        assert_eq!(in_turn(Some("Bearer a.b.c"), None), ["a.b.c/"]);
        assert_eq!(in_turn(Some("bearer a"), None), ["a/"]);
        assert_eq!(in_turn(None, Some("nk_live_x")), ["/nk_live_x"]);
        assert_eq!(in_turn(None, Some("x")), ["/x"]);
    }

    #[test]
    fn a_token_goes_before_a_key_and_the_key_is_tried_where_the_token_is_bad() {
        assert_eq!(in_turn(Some("Bearer a.b.c"), Some("x")), ["a.b.c/x", "/x"]);
        for authorization in ["Bearer a", "Bearer ", "Basic a.b.c", "Bearer a b", ""] {
            assert_eq!(
                in_turn(Some(authorization), Some("x")),
                ["/x"],
                "{authorization}"
            );
        }
        assert_eq!(in_turn(Some("Bearer a.b.c"), Some("é")), ["a.b.c/"]);
    }

    #[test]
    fn an_owner_is_a_uuid() {
        let owner = "01a20b26-7943-4508-bbe9-f362f2ac4cb3";
        assert!(Credentials::read(None, Some("x"), Some(owner)).is_ok());
        for owner in ["", "7", "01a20b2679434508bbe9f362f2ac4cb3"] {
            let error = Credentials::read(None, Some("x"), Some(owner)).unwrap_err();
            assert_eq!(error.status(), 400, "{owner}");
        }
    }

    #[test]
    fn anything_else_is_no_credential() {
        let long = format!("Bearer {}", "a".repeat(MAX_CREDENTIAL_LEN + 1));
        for authorization in [
            "",
            "Bearer",
            "Bearer ",
            "Bearer a b",
            "Bearer é",
            "Basic a",
            &long,
        ] {
            assert_eq!(
                in_turn(Some(authorization), None),
                ["none"],
                "{authorization}"
            );
        }
        for key in ["", "nk_live_é", "nk_live_ x"] {
            assert_eq!(in_turn(None, Some(key)), ["none"], "{key}");
        }
        assert_eq!(in_turn(None, None), ["none"]);
    }
}

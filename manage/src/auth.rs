//! Who is calling: read from the headers, judged by the database.

use shared::error::Error;
use shared::postgrest::Credential;
use shared::secret::Secret;

/// The longest credential that is passed on, in bytes.
const MAX_CREDENTIAL_LEN: usize = 8192;

/// The caller's credential. An API key goes before a token: browser clients of
/// Supabase send a token of their project with every request.
///
/// # Errors
/// There is none, or one that cannot be valid. Whether it is valid is not known here.
pub(crate) fn credential(
    authorization: Option<String>,
    api_key: Option<String>,
) -> Result<Credential, Error> {
    if let Some(key) = api_key {
        return match key {
            key if key.starts_with("nk_live_") && is_plain(&key) => {
                Ok(Credential::ApiKey(Secret::new(key)))
            }
            _ => Err(Error::Unauthorized),
        };
    }
    let authorization = authorization.ok_or(Error::Unauthorized)?;
    match authorization.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && is_plain(token) => {
            Ok(Credential::Token(Secret::new(token.to_owned())))
        }
        _ => Err(Error::Unauthorized),
    }
}

/// Whether the text can be sent on as a header: visible ASCII, not too long.
fn is_plain(text: &str) -> bool {
    (1..=MAX_CREDENTIAL_LEN).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        /// PostgREST's client panics on a value that is no header.
        #[test]
        fn whatever_is_passed_on_is_a_header(
            authorization in proptest::option::of("([Bb]earer )?\\PC{0,20}"),
            api_key in proptest::option::of("(nk_live_)?\\PC{0,20}"),
        ) {
            if let Ok(Credential::Token(text) | Credential::ApiKey(text)) = credential(authorization, api_key) {
                prop_assert!(text.expose().bytes().all(|b| b.is_ascii_graphic()));
            }
        }
    }

    fn kind(authorization: Option<&str>, api_key: Option<&str>) -> String {
        match credential(authorization.map(str::to_owned), api_key.map(str::to_owned)) {
            Ok(Credential::Token(token)) => format!("token {}", token.expose()),
            Ok(Credential::ApiKey(key)) => format!("key {}", key.expose()),
            Ok(Credential::Service) => "service".to_owned(),
            Err(error) => error.status().to_string(),
        }
    }

    #[test]
    fn a_bearer_token_or_an_api_key_is_a_credential() {
        assert_eq!(kind(Some("Bearer a.b.c"), None), "token a.b.c");
        assert_eq!(kind(Some("bearer a.b.c"), None), "token a.b.c");
        assert_eq!(kind(None, Some("nk_live_x")), "key nk_live_x");
        assert_eq!(kind(Some("Bearer a"), Some("nk_live_x")), "key nk_live_x");
    }

    #[test]
    fn anything_else_is_unauthorized() {
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
            assert_eq!(kind(Some(authorization), None), "401", "{authorization}");
        }
        for key in ["", "nk_test_x", "NK_LIVE_x", "nk_live_é", "nk_live_ x"] {
            assert_eq!(kind(None, Some(key)), "401", "{key}");
        }
        assert_eq!(kind(None, None), "401");
    }
}

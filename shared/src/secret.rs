//! Text that must not be seen.

use std::fmt;

use hmac::{Hmac, Mac};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A signing secret or a key. `Debug` and `Display` do not show it, it cannot be
/// serialised, and it is compared in constant time.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps the text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `candidate` is this secret. Takes the same time wherever the two
    /// differ, and whatever their lengths: digests are compared.
    #[must_use]
    pub fn matches(&self, candidate: &str) -> bool {
        let ours = Sha256::digest(self.0.as_bytes());
        let theirs = Sha256::digest(candidate.as_bytes());
        ours.ct_eq(&theirs).into()
    }
}

/// Bytes from the platform's source of randomness.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::getrandom(&mut bytes).expect("Workers and operating systems have randomness");
    bytes
}

/// The API key that is made of a seed and a text, and its hash as the database keeps it: `sha256_` and the hex
/// SHA-256 of what follows `nk_live_`. Who has only one of the two cannot make it.
#[must_use]
pub fn api_key(seed: &str, text: &str) -> (Secret, String) {
    let mac = Hmac::<Sha256>::new_from_slice(seed.as_bytes());
    let mac = mac.expect("a key may have any length");
    let key = hex::encode(mac.chain_update(text).finalize().into_bytes());
    let hash = token_hash(&key);
    (Secret(format!("nk_live_{key}")), hash)
}

/// A token that is made up: `prefix` and 64 hex digits of 32 random bytes.
#[must_use]
pub fn token(prefix: &str) -> Secret {
    Secret(format!("{prefix}{}", hex::encode(random::<32>())))
}

/// A token's hash as the database keeps it: `sha256_` and hex.
#[must_use]
pub fn token_hash(token: &str) -> String {
    format!("sha256_{}", hex::encode(Sha256::digest(token)))
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_does_not_show_the_secret() {
        let secret = Secret::new("whsec_0123".to_owned());
        assert_eq!(format!("{secret:?}"), "Secret(redacted)");
    }

    #[test]
    fn an_api_key_is_made_of_a_seed_and_a_text() {
        let (key, hash) = api_key("seed", "text");
        assert_eq!(key.expose().len(), "nk_live_".len() + 64);
        assert_eq!(hash.len(), "sha256_".len() + 64);
        assert_eq!(api_key("seed", "text").1, hash);
        for (seed, text) in [("seed", "text2"), ("seed2", "text"), ("", "")] {
            let (other, other_hash) = api_key(seed, text);
            assert!(key.expose() != other.expose() && hash != other_hash);
        }
    }

    #[test]
    fn matches_only_the_same_text() {
        let secret = Secret::new("sb_secret_abc".to_owned());
        assert!(secret.matches("sb_secret_abc"));
        for other in ["", "sb_secret_ab", "sb_secret_abd", "sb_secret_abcd"] {
            assert!(!secret.matches(other), "{other}");
        }
    }
}

//! Repeated calls: the header `Idempotency-Key`.
//!
//! The database keeps the answer of a call for 24 hours under the hash of its key, and knows a repeated call by
//! the hash of its body. It never has the key itself, from which API keys are made.

use std::fmt;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shared::error::Error;
use shared::event::EventId;

/// The header's name.
const NAME: &str = "Idempotency-Key";

/// What a caller chose for a call, if it did.
pub(crate) struct IdempotencyKey(Option<EventId>);

impl IdempotencyKey {
    /// Reads the header: 1 to 255 visible ASCII characters.
    ///
    /// # Errors
    /// It is something else.
    pub(crate) fn parse(header: Option<&str>) -> Result<Self, Error> {
        let key = header.map(EventId::parse).transpose();
        key.map(Self).map_err(|problem| Error::field(NAME, problem))
    }

    /// The key, or one that is made up.
    pub(crate) fn or_random(&self) -> EventId {
        self.0.clone().unwrap_or_else(EventId::random)
    }

    /// The hashes of the key and of the call, which is a function's name, what it is about and its body. Both
    /// are null for a call that cannot be repeated.
    pub(crate) fn hashes(&self, call: &str, body: &[u8]) -> [Value; 2] {
        let Some(key) = &self.0 else {
            return [Value::Null, Value::Null];
        };
        let request = Sha256::new().chain_update(call).chain_update(b"\n");
        let request = request.chain_update(body).finalize();
        [Sha256::digest(key.as_str()), request].map(|hash| json!(hex::encode(hash)))
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_tell_keys_calls_and_bodies_apart() {
        let hashes =
            |key, call, body: &[u8]| IdempotencyKey::parse(Some(key)).unwrap().hashes(call, body);
        let [key, request] = hashes("a", "create", b"{}");
        assert_eq!(hashes("a", "create", b"{}"), [key.clone(), request.clone()]);
        assert_ne!(hashes("b", "create", b"{}")[0], key);
        assert_ne!(hashes("a", "create", b"{ }")[1], request);
        assert_ne!(hashes("a", "rotate", b"{}")[1], request);
        let unchosen = IdempotencyKey::parse(None).unwrap();
        assert_eq!(unchosen.hashes("create", b"{}"), [Value::Null, Value::Null]);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "a b", "é", &"a".repeat(256)] {
            let error = IdempotencyKey::parse(Some(text)).unwrap_err();
            assert_eq!(error.status(), 400, "{text}");
        }
    }
}

//! Repeated calls: the header `Idempotency-Key`.
//!
//! The database keeps the answer of a call for 24 hours under the hash of its key, and knows a repeated call by
//! the hash of its body. It never has the key itself, from which API keys are made.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shared::error::Error;
use shared::event::EventId;

/// The header's name.
const NAME: &str = "Idempotency-Key";

/// What a caller chose for a call, or would have: a key is made up for a call without one.
#[derive(Debug)]
pub(crate) struct IdempotencyKey {
    text: String,
    is_chosen: bool,
}

impl IdempotencyKey {
    /// Reads the header: 1 to 255 visible ASCII characters.
    ///
    /// # Errors
    /// It is something else.
    pub(crate) fn parse(header: Option<&str>) -> Result<Self, Error> {
        let id = match header {
            Some(text) => EventId::parse(text).map_err(|problem| Error::field(NAME, problem))?,
            None => EventId::random(),
        };
        Ok(Self {
            text: id.as_str().to_owned(),
            is_chosen: header.is_some(),
        })
    }

    /// The key.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The hashes of the key and of the call, which is a function's name, what it is about and its body. Both
    /// are null for a call that cannot be repeated.
    pub(crate) fn hashes(&self, call: &str, body: &[u8]) -> [Value; 2] {
        if !self.is_chosen {
            return [Value::Null, Value::Null];
        }
        let request = Sha256::new().chain_update(call).chain_update(b"\n");
        let request = request.chain_update(body).finalize();
        [Sha256::digest(&self.text), request].map(|hash| json!(hex::encode(hash)))
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

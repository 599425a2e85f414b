//! Signatures of deliveries, in the three conventions receivers know.
//!
//! The secret is `whsec_` and 64 hex digits. With it
//!
//! - `Nuke-Signature` and `Stripe-Signature` carry `t=<unix seconds>,v1=<hex>`, where
//!   v1 is the HMAC-SHA256 of `{t}.{body}` keyed with the whole secret, prefix
//!   included. That is Stripe's scheme (<https://docs.stripe.com/webhooks#verify-manually>),
//!   and its libraries verify it as it is.
//! - `webhook-signature` carries `v1,<base64>`, the HMAC-SHA256 of `{id}.{t}.{body}`
//!   keyed with the base64-decoded characters after the prefix: Standard Webhooks
//!   (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).
//!   64 hex digits happen to be valid base64, of 48 bytes.
//!
//! While a rotation is in its overlap both secrets sign, and each header carries both
//! signatures: `t=…,v1=new,v1=old` and `v1,new v1,old`.

use base64::prelude::{BASE64_STANDARD, Engine};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::event::EventId;
use crate::secret::Secret;

/// What every secret starts with.
const PREFIX: &str = "whsec_";

/// The values of the signature headers of one attempt.
#[derive(Debug, PartialEq, Eq)]
pub struct Signature {
    /// For `Nuke-Signature` and `Stripe-Signature`.
    pub stripe: String,
    /// For `webhook-signature`.
    pub standard: String,
}

/// Signs `body` with each of `secrets`, newest first, at `timestamp` (Unix seconds).
#[must_use]
pub fn sign(secrets: &[Secret], event_id: &EventId, timestamp: u64, body: &str) -> Signature {
    let t = timestamp.to_string();
    let mut stripe = format!("t={t}");
    let mut standard = String::new();
    for secret in secrets {
        let secret = secret.expose();
        let mac = hmac(secret.as_bytes(), &[&t, ".", body]);
        stripe.push_str(",v1=");
        stripe.push_str(&hex::encode(mac));

        let mac = hmac(
            &standard_key(secret),
            &[event_id.as_str(), ".", &t, ".", body],
        );
        if !standard.is_empty() {
            standard.push(' ');
        }
        standard.push_str("v1,");
        standard.push_str(&BASE64_STANDARD.encode(mac));
    }
    Signature { stripe, standard }
}

/// The key Standard Webhooks libraries derive. A secret that is not base64, which
/// this system never made, is used as it is, so that signing cannot fail.
fn standard_key(secret: &str) -> Vec<u8> {
    let secret = secret.strip_prefix(PREFIX).unwrap_or(secret);
    BASE64_STANDARD
        .decode(secret)
        .unwrap_or_else(|_| secret.as_bytes().to_vec())
}

fn hmac(key: &[u8], parts: &[&str]) -> [u8; 32] {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length (RFC 2104)");
    for part in parts {
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(digit: &str) -> Secret {
        Secret::new(format!("whsec_{}", digit.repeat(64)))
    }

    /// Computed with Python's hmac, hashlib and base64 modules.
    #[test]
    fn sign_json_format_unchanged() {
        let id = EventId::parse("evt_1").unwrap();
        let signature = sign(&[secret("a")], &id, 1_700_000_000, r#"{"id": "evt_1"}"#);
        assert_eq!(
            signature.stripe,
            "t=1700000000,v1=9aaa207c387aa6699c645a4021e7842329a362842a12cfb25040635df4b40b67"
        );
        assert_eq!(
            signature.standard,
            "v1,1Mn3smO9FRKW/+hYuYwjlMbkcp+VaAchVpH6Xo+Cwzs="
        );
    }

    #[test]
    fn sign_with_two_secrets_carries_both_newest_first() {
        let id = EventId::parse("evt_1").unwrap();
        let new = sign(&[secret("a")], &id, 1, "{}");
        let old = sign(&[secret("b")], &id, 1, "{}");
        let both = sign(&[secret("a"), secret("b")], &id, 1, "{}");
        let old_v1 = old.stripe.strip_prefix("t=1,").unwrap();
        assert_eq!(both.stripe, format!("{},{old_v1}", new.stripe));
        assert_eq!(both.standard, format!("{} {}", new.standard, old.standard));
    }

    #[test]
    fn sign_with_a_secret_of_another_shape_still_signs() {
        let id = EventId::parse("evt_1").unwrap();
        let signature = sign(&[Secret::new("not base64!".to_owned())], &id, 1, "{}");
        assert!(signature.standard.starts_with("v1,"));
    }
}

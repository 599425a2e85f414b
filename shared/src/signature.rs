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
//!
//! An endpoint may choose other headers, such as those of Svix and Convoy: see [`value`].

use base64::prelude::{BASE64_STANDARD, Engine};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::delivery::SignatureHeader;
use crate::event::EventId;
use crate::secret::Secret;

/// What every secret starts with.
const PREFIX: &str = "whsec_";

/// One attempt that is signed.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// What signs it, newest first.
    pub secrets: &'a [Secret],
    /// The event's id.
    pub event_id: &'a EventId,
    /// When, in seconds since the Unix epoch.
    pub timestamp: u64,
    /// What is sent.
    pub body: &'a str,
}

/// The value of a signature header. Convoy's is of `{t},{body}`, otherwise as Stripe's
/// (<https://www.getconvoy.io/docs/product-manual/signatures>).
#[must_use]
pub fn value(header: SignatureHeader, signed: Signed<'_>) -> String {
    let t = signed.timestamp.to_string();
    match header {
        SignatureHeader::Id => signed.event_id.as_str().to_owned(),
        SignatureHeader::Timestamp => t,
        SignatureHeader::Stripe => with_timestamp(signed, &t, "."),
        SignatureHeader::Convoy => with_timestamp(signed, &t, ","),
        SignatureHeader::Standard => {
            let parts = [signed.event_id.as_str(), ".", &t, ".", signed.body];
            let signatures = signed.secrets.iter().map(|secret| {
                let mac = hmac(&standard_key(secret.expose()), &parts);
                format!("v1,{}", BASE64_STANDARD.encode(mac))
            });
            signatures.collect::<Vec<_>>().join(" ")
        }
        SignatureHeader::Hex => {
            let secret = signed.secrets.first().map(Secret::expose);
            let secret = secret.unwrap_or_default();
            hex::encode(hmac(secret.as_bytes(), &[signed.body]))
        }
    }
}

fn with_timestamp(signed: Signed<'_>, t: &str, separator: &str) -> String {
    let mut value = format!("t={t}");
    for secret in signed.secrets {
        let mac = hmac(secret.expose().as_bytes(), &[t, separator, signed.body]);
        value.push_str(",v1=");
        value.push_str(&hex::encode(mac));
    }
    value
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

    fn values(secrets: &[Secret], body: &str) -> [String; 4] {
        let event_id = EventId::parse("evt_1").unwrap();
        let signed = Signed {
            secrets,
            event_id: &event_id,
            timestamp: 1_700_000_000,
            body,
        };
        [
            SignatureHeader::Stripe,
            SignatureHeader::Standard,
            SignatureHeader::Convoy,
            SignatureHeader::Hex,
        ]
        .map(|header| value(header, signed))
    }

    /// Computed with Python's hmac, hashlib and base64 modules.
    #[test]
    fn value_format_unchanged() {
        assert_eq!(
            values(&[secret("a")], r#"{"id": "evt_1"}"#),
            [
                "t=1700000000,v1=9aaa207c387aa6699c645a4021e7842329a362842a12cfb25040635df4b40b67",
                "v1,1Mn3smO9FRKW/+hYuYwjlMbkcp+VaAchVpH6Xo+Cwzs=",
                "t=1700000000,v1=992b5aae7c919d4138f128e9ce158dcefaf10b53daf6ae47b10d91985bb4c1c0",
                "8dc49ab5bdc56e1decc5a7278d1592fab95bf3e3e4ad0eb7d24017d488459023",
            ]
        );
    }

    #[test]
    fn with_two_secrets_each_value_carries_both_newest_first_but_the_simple_one() {
        let new = values(&[secret("a")], "{}");
        let old = values(&[secret("b")], "{}");
        let both = values(&[secret("a"), secret("b")], "{}");
        for n in [0, 2] {
            let old_v1 = old[n].strip_prefix("t=1700000000,").unwrap();
            assert_eq!(both[n], format!("{},{old_v1}", new[n]));
        }
        assert_eq!(both[1], format!("{} {}", new[1], old[1]));
        assert_eq!(both[3], new[3]);
    }

    #[test]
    fn a_secret_of_another_shape_still_signs() {
        let [_, standard, ..] = values(&[Secret::new("not base64!".to_owned())], "{}");
        assert!(standard.starts_with("v1,"));
    }
}

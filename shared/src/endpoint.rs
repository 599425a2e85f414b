//! Endpoints: where they may be, and what an owner may say about them.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// The longest URL, in bytes.
pub const MAX_URL_LEN: usize = 2048;
/// The longest description, in characters.
pub const MAX_DESCRIPTION_CHARS: usize = 500;
/// The most event types one endpoint may subscribe to.
pub const MAX_EVENTS: usize = 100;

/// Whether endpoints on this machine and in private networks are allowed: only in
/// development (`ALLOW_LOCAL_ENDPOINTS`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalEndpoints {
    /// `http` and local addresses are fine.
    Allowed,
    /// `https` to public hosts only.
    Refused,
}

/// A URL events may be sent to.
///
/// Parsed by the WHATWG rules (<https://url.spec.whatwg.org/>), which `fetch` follows too, and fetched
/// as the parser wrote it: a host written in octal, as one number or with full-width digits
/// is checked as the address it stands for, or is not parsed at all. Names are not
/// resolved here; Workers cannot reach private networks, whatever a name resolves to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointUrl(Url);

impl EndpointUrl {
    /// Checks a URL.
    ///
    /// # Errors
    /// A sentence that says what is wrong, to follow the field's name.
    pub fn parse(text: &str, local: LocalEndpoints) -> Result<Self, &'static str> {
        if text.len() > MAX_URL_LEN {
            return Err("must not be longer than 2048 bytes");
        }
        // A URL parser drops some of these without a word.
        if text
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || c == '\\')
        {
            return Err("must not contain white space, control characters or backslashes");
        }
        // In any case of letters: phones write Https://. A parser would let other spellings pass.
        let is_web = |scheme: &str| {
            ["https", "http"]
                .iter()
                .any(|s| scheme.eq_ignore_ascii_case(s))
        };
        let Some((_, rest)) = text.split_once("://").filter(|(scheme, _)| is_web(scheme)) else {
            return Err("must start with https://");
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.is_empty() {
            return Err("must have a host");
        }
        if !authority.is_ascii() || authority.contains('%') {
            return Err("must have its host in ASCII (international names in punycode)");
        }
        let url = Url::parse(text).map_err(|_| "must be a valid URL")?;
        if authority.contains('@') {
            return Err("must not contain credentials");
        }
        let host = url.host().ok_or("must have a host")?;
        match (url.scheme() == "https", !is_public(&host), local) {
            (true, false, _) | (_, true, LocalEndpoints::Allowed) => Ok(Self(url)),
            (true, true, LocalEndpoints::Refused) => {
                Err("must be a public host: local, private and reserved ones are not allowed")
            }
            (_, _, LocalEndpoints::Allowed) => {
                Err("must be an https URL (http is allowed for local hosts only)")
            }
            (_, _, LocalEndpoints::Refused) => Err("must be an https URL"),
        }
    }

    /// The URL as the parser understood it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Whether a host can be reached from everywhere.
fn is_public(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => is_public_v4(*address),
        Host::Ipv6(address) => is_public_v6(*address),
        Host::Domain(name) => is_public_name(name),
    }
}

/// Whether the address is globally reachable, by the IANA IPv4 special-purpose
/// registry (RFC 6890 and its successors).
fn is_public_v4(address: Ipv4Addr) -> bool {
    // Azure's platform services answer at a public address.
    const AZURE_WIRE_SERVER: [u8; 4] = [168, 63, 129, 16];
    let octets = address.octets();
    !(matches!(
        octets,
        [0 | 10 | 127 | 224..=255, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 168, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [198, 18..=19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
    ) || octets == AZURE_WIRE_SERVER)
}

/// Whether the address is global unicast and stands for no IPv4 address, by the IANA
/// IPv6 special-purpose registry.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // 2000::/3 is all that is assigned as global unicast. It leaves out loopback,
    // IPv4-mapped and -compatible, NAT64, unique local, link-local and multicast.
    (0x2000..=0x3fff).contains(&first)
        // 2001::/23 is for protocols (Teredo, ORCHID), 2001:db8::/32 for documentation.
        && !(first == 0x2001 && (second <= 0x01ff || second == 0x0db8))
        // 6to4
        && first != 0x2002
        // 3fff::/20, documentation
        && !(first == 0x3fff && second <= 0x0fff)
}

/// Whether the name can be one of the public DNS.
fn is_public_name(name: &str) -> bool {
    const LOCAL_SUFFIXES: [&str; 5] = [".local", ".localhost", ".internal", ".home.arpa", ".onion"];
    let name = name.strip_suffix('.').unwrap_or(name);
    let labels: Vec<&str> = name.split('.').collect();
    let top = labels.last().copied().unwrap_or_default();
    labels.len() > 1
        && name.len() <= 253
        && labels.iter().all(|label| is_label(label))
        && (top.bytes().all(|b| b.is_ascii_alphabetic()) || top.starts_with("xn--"))
        && !LOCAL_SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
        && name != "metadata.goog"
}

/// Whether this may stand between the dots of a name (RFC 1123, section 2.1), or is widely used there: with `_`.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn allowed(url: &str) -> bool {
        EndpointUrl::parse(url, LocalEndpoints::Refused).is_ok()
    }

    /// The end-to-end tests register the same ones.
    #[test]
    fn public_https_urls_are_allowed_and_no_others_however_they_are_spelled() {
        let urls: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/endpoint_urls.json")).unwrap();
        for url in urls["allowed"].as_array().unwrap() {
            assert!(allowed(url.as_str().unwrap()), "{url}");
        }
        for url in urls["refused"].as_array().unwrap() {
            assert!(!allowed(url.as_str().unwrap()), "{url}");
        }
        let long = format!("https://example.com/{}", "a".repeat(MAX_URL_LEN));
        assert!(!allowed(&long));
    }

    #[test]
    fn in_development_local_hosts_may_use_http_and_public_ones_may_not() {
        let parse = |url| EndpointUrl::parse(url, LocalEndpoints::Allowed);
        for url in [
            "http://localhost:9000/",
            "http://127.0.0.1:1/",
            "http://10.1.2.3/",
            "https://localhost/",
            "https://example.com/",
        ] {
            assert!(parse(url).is_ok(), "{url}");
        }
        assert_eq!(
            parse("http://example.com/").unwrap_err(),
            "must be an https URL (http is allowed for local hosts only)"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn parse_never_panics(text in "\\PC{0,200}") {
            let _ = EndpointUrl::parse(&text, LocalEndpoints::Refused);
        }

        /// Whatever is let through is fetched: it must be what it says.
        #[test]
        fn what_is_allowed_is_public_however_it_is_written(
            host in "[0-9a-fA-Fx.:\\[\\]%]{1,40}|[a-z0-9.-]{1,20}(local|localhost|internal)\\.?",
            end in "(/[ -~]{0,20})?",
        ) {
            let url = format!("https://{host}{end}");
            if let Ok(url) = EndpointUrl::parse(&url, LocalEndpoints::Refused) {
                let again = Url::parse(url.as_str()).unwrap();
                match again.host().unwrap() {
                    Host::Ipv4(address) => prop_assert!(is_public_v4(address)
                        && !address.is_private() && !address.is_loopback()
                        && !address.is_link_local() && !address.is_multicast()),
                    Host::Ipv6(address) => prop_assert!(is_public_v6(address)
                        && address.to_ipv4().is_none() && !address.is_loopback()
                        && !address.is_multicast() && !address.is_unique_local()),
                    Host::Domain(name) => prop_assert!(is_public_name(name)
                        && name.contains('.')),
                }
            }
        }

        #[test]
        fn no_ipv6_form_of_an_ipv4_address_is_allowed(address in any::<u32>(), form in 0..4) {
            let v4 = Ipv4Addr::from(address);
            let [high, low] = [address >> 16, address & 0xffff];
            let host = match form {
                0 => format!("[::ffff:{v4}]"),
                1 => format!("[::{v4}]"),
                2 => format!("[64:ff9b::{v4}]"),
                _ => format!("[2002:{high:x}:{low:x}::1]"),
            };
            let url = format!("https://{host}/");
            prop_assert!(!allowed(&url), "{}", url);
        }

        #[test]
        fn no_spelling_of_a_private_address_is_allowed(last in any::<u16>(), form in 0..4) {
            let address = u32::from(Ipv4Addr::new(10, 0, 0, 0)) | u32::from(last);
            let host = match form {
                0 => Ipv4Addr::from(address).to_string(),
                1 => address.to_string(),
                2 => format!("{address:#x}"),
                _ => format!("0{address:o}"),
            };
            let url = format!("https://{host}/");
            prop_assert!(!allowed(&url), "{}", url);
        }
    }
}

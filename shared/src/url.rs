//! URLs, parsed by the WHATWG rules: on Workers by the platform's own parser, the one
//! `fetch` uses, and natively, for the tests, by the `url` crate. Taken apart here, from
//! the one spelling a parser gives, so that both ways differ in nothing else.

/// An http or https URL, as the parser wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url(String);

impl Url {
    /// Nothing where the text is no URL, or one of another scheme.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let href = href(text)?;
        let is_http = href.starts_with("https://") || href.starts_with("http://");
        is_http.then_some(Self(href))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// Whether there is a user name or a password.
    pub(crate) fn has_credentials(&self) -> bool {
        self.authority().contains('@')
    }

    /// In lower case and punycode; an IPv4 address in its dotted form, an IPv6 address
    /// in brackets.
    pub(crate) fn host(&self) -> &str {
        let authority = self.authority();
        let host = authority.rsplit('@').next().unwrap_or(authority);
        let end = host.rfind(']').map_or(0, |bracket| bracket + 1);
        match host.get(end..).and_then(|rest| rest.find(':')) {
            Some(colon) => host.get(..end + colon).unwrap_or(host),
            None => host,
        }
    }

    /// What is before the path, which these schemes always have.
    fn authority(&self) -> &str {
        self.0.split('/').nth(2).unwrap_or_default()
    }
}

#[cfg(target_arch = "wasm32")]
fn href(text: &str) -> Option<String> {
    web_sys::Url::new(text).ok().map(|url| url.href())
}

#[cfg(not(target_arch = "wasm32"))]
fn href(text: &str) -> Option<String> {
    url::Url::parse(text).ok().map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_in_any_company() {
        for (text, host, has_credentials) in [
            ("https://example.com", "example.com", false),
            ("http://EXAMPLE.com.:80/@x:1", "example.com.", false),
            ("https://example.com:8443?a@b", "example.com", false),
            ("https://a:b@example.com:1/", "example.com", true),
            ("https://a@[::1]:1/#]", "[::1]", true),
            ("https://[2001:db8::1]", "[2001:db8::1]", false),
            ("https://0x7f.1:1", "127.0.0.1", false),
            ("https://:@example.com/", "example.com", false),
        ] {
            let url = Url::parse(text).unwrap();
            assert_eq!(
                (url.host(), url.has_credentials()),
                (host, has_credentials),
                "{text}"
            );
            assert_eq!(url.is_https(), text.starts_with("https"));
        }
        for text in [
            "",
            "example.com",
            "ftp://example.com/",
            "data:x",
            "https://",
        ] {
            assert_eq!(Url::parse(text), None, "{text}");
        }
    }
}

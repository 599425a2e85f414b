//! The part of reqwest 0.11 that the `postgrest` crate builds requests with.
//!
//! `postgrest` offers two ends: `build()`, which gives a request, and `execute()`,
//! which sends it. Only the first is used here. On Workers the request is sent by
//! the runtime's own `fetch`, with a time-out and without following redirects,
//! neither of which reqwest offers on wasm. `Cargo.toml` puts this crate in
//! reqwest's place, which leaves 100 kB out of each gzipped worker.
//!
//! Deliberately absent: sending. [`RequestBuilder::send`] exists because
//! `postgrest` compiles against it, and always fails.

pub mod header;

use std::fmt;

use header::HeaderMap;

/// A request's method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method(&'static str);

impl Method {
    /// DELETE
    pub const DELETE: Self = Self("DELETE");
    /// GET
    pub const GET: Self = Self("GET");
    /// HEAD
    pub const HEAD: Self = Self("HEAD");
    /// PATCH
    pub const PATCH: Self = Self("PATCH");
    /// POST
    pub const POST: Self = Self("POST");
    /// PUT
    pub const PUT: Self = Self("PUT");
}

/// Makes [`RequestBuilder`]s.
#[derive(Clone, Debug, Default)]
pub struct Client(());

impl Client {
    /// A client.
    #[must_use]
    pub fn new() -> Self {
        Self(())
    }

    /// Starts a request.
    pub fn request(&self, method: Method, url: impl Into<String>) -> RequestBuilder {
        RequestBuilder {
            method,
            url: url.into(),
            headers: HeaderMap::new(),
            query: Vec::new(),
            body: String::new(),
        }
    }
}

/// A request in the making.
#[derive(Debug)]
pub struct RequestBuilder {
    method: Method,
    url: String,
    headers: HeaderMap,
    query: Vec<(String, String)>,
    body: String,
}

impl RequestBuilder {
    /// Replaces the headers.
    #[must_use]
    pub fn headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }

    /// Appends parameters to the URL's query.
    #[must_use]
    pub fn query(mut self, pairs: &[(String, String)]) -> Self {
        self.query.extend_from_slice(pairs);
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: String) -> Self {
        self.body = body;
        self
    }

    /// The finished request.
    ///
    /// # Errors
    /// Never: whether the URL is valid is seen when it is fetched.
    pub fn build(self) -> Result<Request, Error> {
        let mut url = self.url;
        if !self.query.is_empty() {
            let start = url.len() + 1;
            url.push('?');
            url = form_urlencoded::Serializer::for_suffix(url, start)
                .extend_pairs(self.query)
                .finish();
        }
        Ok(Request {
            method: self.method,
            url,
            headers: self.headers,
            body: self.body,
        })
    }

    /// Not here.
    ///
    /// # Errors
    /// Always: see the crate's documentation.
    #[expect(clippy::unused_async, reason = "postgrest awaits it")]
    pub async fn send(self) -> Result<Response, Error> {
        Err(Error("this build of reqwest only builds requests"))
    }
}

/// A finished request, to be sent by someone else.
#[derive(Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The URL, its query included.
    pub url: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; may be empty.
    pub body: String,
}

/// An answer, which there never is.
#[derive(Debug)]
pub enum Response {}

/// Why a request could not be built or sent.
#[derive(Debug)]
pub struct Error(&'static str);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(url: &str, query: &[(&str, &str)]) -> Result<Request, Error> {
        let query: Vec<_> = query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Client::new()
            .request(Method::POST, url)
            .query(&query)
            .body("{}".to_owned())
            .build()
    }

    #[test]
    fn build_without_query_keeps_the_url() {
        let request = build("http://127.0.0.1:1/rest/v1/rpc/f", &[]).unwrap();
        assert_eq!(request.url, "http://127.0.0.1:1/rest/v1/rpc/f");
        assert_eq!(request.body, "{}");
    }

    #[test]
    fn build_escapes_the_query() {
        let request = build("http://127.0.0.1/t", &[("a", "eq.x&y=1"), ("b", "é")]).unwrap();
        assert_eq!(request.url, "http://127.0.0.1/t?a=eq.x%26y%3D1&b=%C3%A9");
    }
}

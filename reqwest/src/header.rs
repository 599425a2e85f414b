//! Headers, as far as `postgrest` sets them.

/// The headers of a request, in the order they were first set.
#[derive(Clone, Debug, Default)]
pub struct HeaderMap(Vec<(String, HeaderValue)>);

impl HeaderMap {
    /// No headers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a header, and gives the value it had.
    pub fn insert(&mut self, name: impl IntoHeaderName, value: HeaderValue) -> Option<HeaderValue> {
        let name = name.into_header_name();
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => Some(std::mem::replace(known, value)),
            None => {
                self.0.push((name, value));
                None
            }
        }
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.0.as_str()))
    }
}

/// The value of a header: visible ASCII, spaces and tabs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderValue(String);

impl HeaderValue {
    /// A value known to be valid.
    #[must_use]
    pub fn from_static(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// Checks a value.
    ///
    /// # Errors
    /// A header cannot hold the text.
    #[expect(clippy::should_implement_trait, reason = "reqwest's name")]
    pub fn from_str(text: &str) -> Result<Self, InvalidHeaderValue> {
        if text
            .bytes()
            .all(|b| (0x20..0x7f).contains(&b) || b == b'\t')
        {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidHeaderValue)
        }
    }
}

/// A header cannot hold the text.
#[derive(Debug)]
pub struct InvalidHeaderValue;

/// What a header may be named by.
pub trait IntoHeaderName {
    /// The name, in lower case.
    fn into_header_name(self) -> String;
}

impl IntoHeaderName for &str {
    fn into_header_name(self) -> String {
        self.to_ascii_lowercase()
    }
}

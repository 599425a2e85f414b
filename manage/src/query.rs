//! The query of a URL, taken apart name by name.

use std::borrow::Cow;

use shared::error::Error;
use shared::parse::Text;

/// Parameters that have not been taken yet.
#[derive(Debug)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// From the names and values of a URL, without what supabase-js adds for Supabase's gateway.
    pub(crate) fn new<'a>(pairs: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>) -> Self {
        let pairs = pairs.filter(|(name, _)| name != "forceFunctionRegion");
        let pairs = pairs.map(|(name, value)| (name.into_owned(), value.into_owned()));
        Self(pairs.collect())
    }

    /// Takes a parameter that may be absent. Of those with the same name the last counts.
    ///
    /// # Errors
    /// It is nothing Postgres can be asked about.
    pub(crate) fn take(&mut self, name: &str) -> Result<Option<Text>, Error> {
        let mut found = None;
        self.0.retain(|(known, value)| {
            let taken = known == name;
            if taken {
                found = Some(value.clone());
            }
            !taken
        });
        let found = found.map(Text::parse).transpose();
        found.map_err(|problem| Error::field(name, problem))
    }

    /// Refuses what has not been taken; `known` are the names there are.
    ///
    /// # Errors
    /// A parameter is left: it is named.
    pub(crate) fn finish(self, known: &str) -> Result<(), Error> {
        match self.0.into_iter().next() {
            None => Ok(()),
            Some((name, _)) => {
                let name: String = name.chars().take(100).collect();
                let problem = format!("is not a known parameter; there are {known}");
                Err(Error::field(name, problem))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Query {
        let mut url = url::Url::parse("https://example.com/").unwrap();
        url.set_query(Some(text));
        Query::new(url.query_pairs())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn queries_of_any_text_never_panic(text in "\\PC{0,40}|([a-c]=?[%&+0-9a-f]{0,6}&?){0,5}") {
            let mut query = parse(&text);
            let _ = query.take("a");
            let _ = query.finish("a");
        }
    }

    #[test]
    fn parameters_are_decoded_and_the_last_one_counts() {
        let mut query =
            parse("since=2026-11-24T08%3A30%3A00%2B01%3A00&a=1&a=x+y&forceFunctionRegion=eu");
        let since = query.take("since").unwrap();
        assert_eq!(since.unwrap().as_str(), "2026-11-24T08:30:00+01:00");
        assert_eq!(query.take("a").unwrap().unwrap().as_str(), "x y");
        assert!(query.take("b").unwrap().is_none());
        assert_eq!(query.finish("a"), Ok(()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = parse("statu=failed").finish("status").unwrap_err();
        let expected = "statu is not a known parameter; there are status";
        assert!(error.to_string().contains(expected), "{error}");
        let error = parse("a=%00").take("a").unwrap_err();
        assert_eq!(error.status(), 400);
    }
}

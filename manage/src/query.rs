//! The query of a URL, taken apart name by name.

use shared::error::Error;

/// Parameters that have not been taken yet.
#[derive(Debug)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Takes the text after the question mark apart.
    pub(crate) fn parse(text: &str) -> Self {
        Self(
            form_urlencoded::parse(text.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    /// Takes a parameter that may be absent. Of those with the same name the last counts.
    ///
    /// # Errors
    /// It is nothing Postgres can be asked about.
    pub(crate) fn take(&mut self, name: &str) -> Result<Option<String>, Error> {
        let mut found = None;
        self.0.retain(|(known, value)| {
            let taken = known == name;
            if taken {
                found = Some(value.clone());
            }
            !taken
        });
        match found {
            Some(value) if value.contains('\0') => {
                let message = format!("{name} must not contain control characters");
                Err(Error::field(name, message))
            }
            found => Ok(found),
        }
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
                let message = format!("{name} is not a known parameter; there are {known}");
                Err(Error::field(name, message))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn queries_of_any_text_never_panic(text in "\\PC{0,40}|([a-c]=?[%&+0-9a-f]{0,6}&?){0,5}") {
            let mut query = Query::parse(&text);
            let _ = query.take("a");
            let _ = query.finish("a");
        }
    }

    #[test]
    fn parameters_are_decoded_and_the_last_one_counts() {
        let mut query = Query::parse("since=2026-11-24T08%3A30%3A00%2B01%3A00&a=1&a=x+y");
        let since = query.take("since").unwrap();
        assert_eq!(since.as_deref(), Some("2026-11-24T08:30:00+01:00"));
        assert_eq!(query.take("a").unwrap().as_deref(), Some("x y"));
        assert_eq!(query.take("b"), Ok(None));
        assert_eq!(query.finish("a"), Ok(()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = Query::parse("statu=failed").finish("status").unwrap_err();
        let expected = "statu is not a known parameter; there are status";
        assert!(error.to_string().contains(expected), "{error}");
        let error = Query::parse("a=%00").take("a").unwrap_err();
        assert_eq!(error.status(), 400);
    }
}

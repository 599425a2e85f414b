//! A JSON object taken apart field by field, so that every error names its field.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::Error;
use crate::json::Object;

/// The fields of a JSON object that have not been taken yet, each as its own text.
#[derive(Debug)]
pub struct Fields<'a> {
    path: &'static str,
    fields: Entries<'a>,
}

impl<'a> Fields<'a> {
    /// Takes a request body apart.
    ///
    /// # Errors
    /// It is not UTF-8, not JSON, or not an object.
    pub fn parse(body: &'a [u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(body)
            .map_err(|_| Error::InvalidBody("The request body is not UTF-8".to_owned()))?;
        Self::parse_text(text)
    }

    /// As [`Fields::parse`].
    ///
    /// # Errors
    /// It is not JSON, or not an object.
    pub fn parse_text(text: &'a str) -> Result<Self, Error> {
        if text.trim_start().starts_with('{') {
            let fields = serde_json::from_str(text).map_err(|e| {
                Error::InvalidBody(format!("The request body is not valid JSON: {e}"))
            })?;
            Ok(Self { path: "", fields })
        } else {
            Err(Error::InvalidBody(
                "The request body must be a JSON object".to_owned(),
            ))
        }
    }

    /// The fields of the object `name`, if it is there. `path` is its dotted name and
    /// a dot, for error messages.
    ///
    /// # Errors
    /// It is there, and is not an object.
    pub fn object(&mut self, name: &str, path: &'static str) -> Result<Option<Fields<'a>>, Error> {
        let fields: Option<Entries> = self.optional(name, "a JSON object")?;
        Ok(fields.map(|fields| Fields { path, fields }))
    }

    /// Takes a field as its own text; a `null` counts as there. Of fields with the same
    /// name the last one counts.
    pub fn raw(&mut self, name: &str) -> Option<&'a RawValue> {
        let mut found = None;
        self.fields.0.retain(|(known, raw)| {
            let taken = known == name;
            if taken {
                found = Some(*raw);
            }
            !taken
        });
        found
    }

    /// Takes a field that may be absent, which is `None`, or `null`, which is
    /// `Some(None)`. `expected` says what it should be, as in "a string".
    ///
    /// # Errors
    /// It is there, and is something else.
    pub fn nullable<T: Deserialize<'a>>(
        &mut self,
        name: &str,
        expected: &str,
    ) -> Result<Option<Option<T>>, Error> {
        let Some(raw) = self.raw(name) else {
            return Ok(None);
        };
        serde_json::from_str(raw.get())
            .map(Some)
            .map_err(|_| self.error(name, &format!("must be {expected}")))
    }

    /// Takes a field that may be absent or `null`.
    ///
    /// # Errors
    /// It is there, and is something else.
    pub fn optional<T: Deserialize<'a>>(
        &mut self,
        name: &str,
        expected: &str,
    ) -> Result<Option<T>, Error> {
        self.nullable(name, expected).map(Option::flatten)
    }

    /// Takes a field that must be there.
    ///
    /// # Errors
    /// It is absent, `null`, or something else.
    pub fn required<T: Deserialize<'a>>(&mut self, name: &str, expected: &str) -> Result<T, Error> {
        self.optional(name, expected)?
            .ok_or_else(|| self.error(name, "is required"))
    }

    /// Refuses what has not been taken.
    ///
    /// # Errors
    /// A field is left: it is named, and `known` are the names there are.
    pub fn finish(self, known: &str) -> Result<(), Error> {
        match self.fields.0.first() {
            None => Ok(()),
            Some((name, _)) => {
                let name: String = name.chars().take(100).collect();
                Err(self.error(&name, &format!("is not a known field; there are {known}")))
            }
        }
    }

    /// The fields that are left: names, and values as JSON.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.fields.0.iter().map(|(name, raw)| (&**name, raw.get()))
    }

    /// The fields as they are, but for those named in `without`.
    #[must_use]
    pub fn into_object(self, without: &[&str]) -> Object {
        self.fields
            .0
            .iter()
            .filter(|(name, _)| !without.contains(&name.as_str()))
            .fold(Object::new(), |object, (name, raw)| {
                object.with_json(name, raw.get())
            })
    }

    /// An error about one of these fields: `problem` is what follows its name.
    #[must_use]
    pub fn error(&self, name: &str, problem: &str) -> Error {
        let field = format!("{}{name}", self.path);
        let message = format!("{field} {problem}");
        Error::InvalidField { field, message }
    }
}

/// The entries of a JSON object, in their order.
#[derive(Debug)]
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}

/// Reads a JSON value only to see that it is one Postgres and receivers can live with:
/// not nested too deeply (serde_json stops at 128 levels), no number beyond a double, no
/// text with U+0000 or a lone surrogate. What else `jsonb` refuses, it says itself.
pub struct Storable;

impl<'de> Deserialize<'de> for Storable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StorableVisitor)
    }
}

struct StorableVisitor;

impl<'de> Visitor<'de> for StorableVisitor {
    type Value = Storable;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Storable, E> {
        Ok(Storable)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Storable, E> {
        Ok(Storable)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Storable, E> {
        Ok(Storable)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Storable, E> {
        Ok(Storable)
    }

    fn visit_unit<E>(self) -> Result<Storable, E> {
        Ok(Storable)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Storable, E> {
        if text.contains('\0') {
            return Err(E::custom("it contains the character U+0000"));
        }
        Ok(Storable)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Storable, A::Error> {
        while items.next_element::<Storable>()?.is_some() {}
        Ok(Storable)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Storable, A::Error> {
        while entries.next_entry::<Storable, Storable>()?.is_some() {}
        Ok(Storable)
    }
}

/// Whether the bytes are one JSON value.
pub(crate) fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn bodies_that_are_almost_json_never_panic(
            body in "[{\\[\\]}:,\"\\\\a-c0-9ue.+-]{0,60}",
            name in "[a-c]{0,3}",
        ) {
            if let Ok(mut fields) = Fields::parse(body.as_bytes()) {
                let _ = fields.optional::<String>(&name, "a string");
                let _ = fields.nullable::<Vec<String>>("a", "a list of strings");
                let _ = fields.optional::<Storable>("b", "a value");
                let _ = fields.object("c", "c.");
                let _ = fields.finish("a");
            }
        }
    }

    fn message(error: &Error) -> String {
        error.body().read()["error"].as_str().unwrap().to_owned()
    }

    #[test]
    fn parse_refuses_what_is_no_object() {
        for body in ["", "[]", "null", "\"x\"", "1"] {
            let error = Fields::parse(body.as_bytes()).unwrap_err();
            assert_eq!(message(&error), "The request body must be a JSON object");
        }
        let error = Fields::parse(b"{\"a\":").unwrap_err();
        assert!(message(&error).starts_with("The request body is not valid JSON"));
        assert!(Fields::parse(b"{\"a\":\"\xff\"}").is_err());
    }

    #[test]
    fn errors_name_the_field_with_its_path() {
        let mut body = Fields::parse(br#"{"event": {"event_type": 1}}"#).unwrap();
        let mut event = body.object("event", "event.").unwrap().unwrap();
        let error = event
            .required::<String>("event_type", "a string")
            .unwrap_err();
        assert_eq!(message(&error), "event.event_type must be a string");
        let error = event.required::<String>("data", "an object").unwrap_err();
        assert_eq!(message(&error), "event.data is required");
    }

    #[test]
    fn finish_names_an_unknown_field() {
        let body = Fields::parse(br#"{"urll": 1}"#).unwrap();
        let error = body.finish("url and events").unwrap_err();
        assert_eq!(
            message(&error),
            "urll is not a known field; there are url and events"
        );
    }

    #[test]
    fn a_huge_or_deep_body_is_an_error_and_no_overflow() {
        let deep = format!("{{\"a\":{}}}", "[".repeat(200_000));
        assert!(Fields::parse(deep.as_bytes()).is_err());
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        let mut body = Fields::parse(deep.as_bytes()).unwrap();
        assert!(body.optional::<Storable>("a", "a value").is_err());
    }

    #[test]
    fn storable_refuses_what_jsonb_refuses() {
        for text in [r#""\u0000""#, r#"{"\u0000":1}"#, r#"["\ud800"]"#, "1e999"] {
            assert!(serde_json::from_str::<Storable>(text).is_err(), "{text}");
        }
        for text in [
            r#"{"a":[1,-2,3.5,12345678901234567890,true,null,"é\ud83d\ude00"]}"#,
            "{}",
        ] {
            assert!(serde_json::from_str::<Storable>(text).is_ok(), "{text}");
        }
    }
}

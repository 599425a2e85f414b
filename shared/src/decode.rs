//! What the database answers, read field by field. Either all of it is understood or none,
//! and why not is nobody's business: a derived `Deserialize`, with a message for each field
//! that may be wrong, is 2 kB of wasm for each type.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::fields::Fields;

/// What can be read from JSON.
pub trait Decode: Default {
    /// Reads it from JSON. Sets `is_broken`, and gives whatever, if the JSON is something
    /// else.
    fn decode(json: &str, is_broken: &mut bool) -> Self;
}

/// Reads it from JSON, if that is what the JSON is.
#[must_use]
pub fn decode<T: Decode>(json: &str) -> Option<T> {
    let mut is_broken = false;
    let decoded = T::decode(json, &mut is_broken);
    (!is_broken).then_some(decoded)
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(json: &str, is_broken: &mut bool) -> Self {
        let items: Vec<&RawValue> = parse(json, is_broken);
        let items = items.iter();
        items.map(|item| T::decode(item.get(), is_broken)).collect()
    }
}

/// The fields of an object.
pub(crate) struct Reader<'a, 'b> {
    fields: Option<Fields<'a>>,
    is_broken: &'b mut bool,
}

impl<'a, 'b> Reader<'a, 'b> {
    pub(crate) fn new(json: &'a str, is_broken: &'b mut bool) -> Self {
        let fields = Fields::parse_text(json).ok();
        *is_broken |= fields.is_none();
        Self { fields, is_broken }
    }

    fn raw(&mut self, name: &str) -> Option<&'a str> {
        let raw = self.fields.as_mut()?.raw(name)?.get();
        (raw != "null").then_some(raw)
    }

    /// A field that must be there.
    pub(crate) fn required<T: Deserialize<'a> + Default>(&mut self, name: &str) -> T {
        let raw = self.raw(name).unwrap_or_default();
        parse(raw, self.is_broken)
    }

    /// A field that may be absent or null.
    pub(crate) fn optional<T: Deserialize<'a> + Default>(&mut self, name: &str) -> Option<T> {
        let raw = self.raw(name)?;
        Some(parse(raw, self.is_broken))
    }

    /// An object of strings that may be absent or null: names and values.
    pub(crate) fn pairs(&mut self, name: &str) -> Vec<(String, String)> {
        let Some(raw) = self.raw(name) else {
            return Vec::new();
        };
        let Ok(fields) = Fields::parse_text(raw) else {
            *self.is_broken = true;
            return Vec::new();
        };
        let pairs = fields.entries();
        pairs
            .map(|(name, value)| (name.to_owned(), parse(value, self.is_broken)))
            .collect()
    }

    /// A field that must be there, as what it stands for.
    pub(crate) fn decode<T: Decode>(&mut self, name: &str) -> T {
        let raw = self.raw(name).unwrap_or_default();
        T::decode(raw, self.is_broken)
    }

    /// A field that may be absent or null, as what it stands for.
    pub(crate) fn decode_optional<T: Decode>(&mut self, name: &str) -> Option<T> {
        let raw = self.raw(name)?;
        Some(T::decode(raw, self.is_broken))
    }
}

fn parse<'a, T: Deserialize<'a> + Default>(json: &'a str, is_broken: &mut bool) -> T {
    let parsed = serde_json::from_str(json);
    *is_broken |= parsed.is_err();
    parsed.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq)]
    struct Answer {
        id: String,
        count: Option<u32>,
        parts: Vec<Answer>,
        pairs: Vec<(String, String)>,
    }

    impl Decode for Answer {
        fn decode(json: &str, is_broken: &mut bool) -> Self {
            let mut fields = Reader::new(json, is_broken);
            Self {
                id: fields.required("id"),
                count: fields.optional("count"),
                parts: fields.decode_optional("parts").unwrap_or_default(),
                pairs: fields.pairs("pairs"),
            }
        }
    }

    #[test]
    fn what_is_there_is_read_and_what_is_unknown_passed_over() {
        let json = r#"[{"id": "a", "new": {}, "count": 1, "parts": [{"id": "b", "pairs": {"c": "d"}}]},
            {"id": "", "count": null}]"#;
        let answers: Vec<Answer> = decode(json).unwrap();
        assert_eq!((&*answers[0].id, answers[0].count), ("a", Some(1)));
        let part = &answers[0].parts[0];
        assert_eq!((&*part.id, part.pairs[0].1.as_str()), ("b", "d"));
        assert_eq!(answers[1], Answer::default());
    }

    #[test]
    fn anything_wrong_anywhere_is_wrong_altogether() {
        for json in [
            "",
            "[]",
            "null",
            "{}",
            r#"{"id": null}"#,
            r#"{"id": 1}"#,
            r#"{"id": "a", "count": -1}"#,
            r#"{"id": "a", "parts": {}}"#,
            r#"{"id": "a", "pairs": []}"#,
            r#"{"id": "a", "pairs": {"c": 1}}"#,
            r#"{"id": "a", "parts": [{"id": "b"}, {}]}"#,
        ] {
            assert_eq!(decode::<Answer>(json), None, "{json}");
        }
    }
}

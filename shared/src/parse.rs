//! Reading JSON so that an error names the field, and quotes no value.

use std::fmt;

use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::error::Error;

/// A field that does not fit.
#[derive(Debug, PartialEq)]
struct Misfit {
    /// Its name, dotted where it is nested; empty for the whole.
    field: String,
    /// What is wrong with it, to follow the name.
    problem: String,
}

/// Reads a value from JSON.
fn from_json<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, Misfit> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { "" } else { &path };
        misfit(path, &error.into_inner())
    })
}

/// Says it in our words: serde's say what was found, which may be a secret.
fn misfit(path: &str, error: &serde_json::Error) -> Misfit {
    let text = error.to_string();
    let text = text
        .rsplit_once(" at line ")
        .map_or(&*text, |(text, _)| text);
    let below = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    let quoted = |prefix| text.strip_prefix(prefix)?.split_once('`');
    if let Some((name, _)) = quoted("missing field `") {
        let problem = "is required".to_owned();
        return Misfit {
            field: below(name),
            problem,
        };
    }
    if let Some((name, rest)) = quoted("unknown field `") {
        // The path may end in the unknown name already.
        let name: String = name.chars().take(100).collect();
        let parent = path
            .strip_suffix(&*name)
            .map(|path| path.trim_end_matches('.'));
        let field = match parent.unwrap_or(path) {
            "" => name,
            parent => format!("{parent}.{name}"),
        };
        let problem = format!("is not a known field{rest}");
        return Misfit { field, problem };
    }
    let field = path.to_owned();
    let problem = match text.rsplit_once(", expected ") {
        Some((found, expected))
            if found.starts_with("invalid ") || found.starts_with("unknown ") =>
        {
            let expected = match expected {
                "a boolean" => "true or false",
                "a sequence" => "a list",
                other => other,
            };
            format!("must be {expected}")
        }
        _ => text.to_owned(),
    };
    Misfit { field, problem }
}

/// Reads an answer of the database.
///
/// # Errors
/// It does not fit ([`Error::Unavailable`]): whatever stands in for the database may speak JSON, too. The
/// log has the place and no value. Which field it is would cost every answer that fits, too.
pub fn answer<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|e| {
        let (line, column) = (e.line(), e.column());
        Error::Unavailable(format!(
            "the answer does not fit at line {line}, column {column}"
        ))
    })
}

/// Reads a request body, which must be a JSON object.
///
/// # Errors
/// It is not UTF-8, not JSON, or not an object, or a field does not fit.
pub fn body<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Error> {
    let text = std::str::from_utf8(body)
        .map_err(|_| Error::InvalidBody("The request body is not UTF-8".to_owned()))?;
    // RFC 8259, section 8.1: a byte order mark may be ignored.
    object(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// As [`body`], where the body may be left out.
///
/// # Errors
/// As [`body`].
pub fn optional_body<'a, T: Deserialize<'a> + Default>(text: &'a [u8]) -> Result<T, Error> {
    match text.is_empty() {
        true => Ok(T::default()),
        false => body(text),
    }
}

/// As [`body`], from a part of one.
///
/// # Errors
/// As [`body`].
pub fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Error> {
    if !text.trim_start().starts_with('{') {
        let message = "The request body must be a JSON object".to_owned();
        return Err(Error::InvalidBody(message));
    }
    // First, so that what is no JSON is not taken for a field that does not fit.
    serde_json::from_str::<IgnoredAny>(text)
        .map_err(|e| Error::InvalidBody(format!("The request body is not valid JSON: {e}")))?;
    from_json(text).map_err(|Misfit { field, problem }| {
        // A list is named, not its entry.
        let field = field.split('[').next().unwrap_or_default();
        Error::field(field, problem)
    })
}

/// Tells a field that is null, which is `Some(None)`, from one that is absent, which is `None`: for
/// `#[serde(default, deserialize_with = "…")]`.
///
/// # Errors
/// It is neither null nor what it should be.
pub fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A whole number from `MIN` to `MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Whole<const MIN: u32, const MAX: u32>(u32);

impl<'de, const MIN: u32, const MAX: u32> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WholeVisitor)
    }
}

struct WholeVisitor<const MIN: u32, const MAX: u32>;

impl<const MIN: u32, const MAX: u32> Visitor<'_> for WholeVisitor<MIN, MAX> {
    type Value = Whole<MIN, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {MIN} to {MAX}")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        match u32::try_from(number) {
            Ok(number) if (MIN..=MAX).contains(&number) => Ok(Whole(number)),
            _ => Err(E::invalid_value(Unexpected::Unsigned(number), &self)),
        }
    }

    /// 24.0 is a whole number (JSON Schema 2020-12, section 4.2.3).
    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
        match number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number) {
            true => self.visit_u64(number as u64),
            false => Err(E::invalid_value(Unexpected::Float(number), &self)),
        }
    }
}

/// A text that Postgres can hold: without U+0000.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Text(String);

impl Text {
    /// Checks the text.
    ///
    /// # Errors
    /// A sentence that says what is wrong, to follow the field's name.
    pub fn parse(text: String) -> Result<Self, &'static str> {
        match text.contains('\0') {
            true => Err("must not contain control characters"),
            false => Ok(Self(text)),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// The most digits a number may have before the point, and after it, written out without an exponent.
const MAX_DIGITS: u64 = 1000;

/// JSON, as the caller wrote it, that Postgres and receivers can live with: not nested too deeply
/// (serde_json stops at 128 levels), no text with U+0000 or a lone surrogate, and no number
/// beyond a double or with more than 1,000 digits before or after the point.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(transparent)]
pub struct StorableJson<'a>(&'a RawValue);

impl<'de> Deserialize<'de> for StorableJson<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(<&RawValue>::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl<'a> StorableJson<'a> {
    /// Checks the JSON.
    ///
    /// # Errors
    /// A sentence that says what is wrong, to follow the field's name.
    pub fn parse(json: &'a RawValue) -> Result<Self, String> {
        let unfit = |problem: &dyn fmt::Display| format!("cannot be stored: {problem}");
        serde_json::from_str::<Storable>(json.get()).map_err(|e| unfit(&e))?;
        match numbers(json.get()).all(|number| digits(number).iter().all(|n| *n <= MAX_DIGITS)) {
            true => Ok(Self(json)),
            false => Err(unfit(&"it contains a number of more than 1000 digits")),
        }
    }

    /// The JSON.
    #[must_use]
    pub fn get(&self) -> &'a str {
        self.0.get()
    }

    /// How many characters its numbers have, written out as Postgres writes them: 1e-7 is 0.0000001.
    #[must_use]
    pub fn number_characters(&self) -> u64 {
        numbers(self.get()).flat_map(digits).sum()
    }
}

/// The numbers in valid JSON.
fn numbers(json: &str) -> impl Iterator<Item = &str> {
    let mut rest = json;
    std::iter::from_fn(move || {
        loop {
            let start = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit())?;
            rest = &rest[start..];
            if let Some(text) = rest.strip_prefix('"') {
                rest = after_string(text);
                continue;
            }
            let is_part = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            let (number, after) = rest.split_at(end);
            rest = after;
            return Some(number);
        }
    })
}

/// What follows a string of valid JSON, from after its first quotation mark.
fn after_string(text: &str) -> &str {
    let mut is_escaped = false;
    let end = text.find(|c| {
        let is_end = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    });
    end.map_or("", |end| &text[end + 1..])
}

/// How many digits a number has before the point and after it, written out without an exponent. An
/// exponent that is too long for an i32 is as good as any that long.
fn digits(number: &str) -> [u64; 2] {
    let number = number.trim_start_matches('-');
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let limit = if exponent.starts_with('-') {
        i32::MIN
    } else {
        i32::MAX
    };
    let exponent: i64 = exponent.parse().unwrap_or(limit).into();
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = (whole.len() as i64 + exponent).max(1);
    let fraction = (fraction.len() as i64 - exponent).max(0);
    [whole.unsigned_abs(), fraction.unsigned_abs()]
}

/// Reads a JSON value only to see that it is one.
struct Storable;

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
        match text.contains('\0') {
            true => Err(E::custom("it contains the character U+0000")),
            false => Ok(Storable),
        }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, expecting = "a JSON object")]
    #[expect(dead_code, reason = "what is read is not looked at")]
    struct Body {
        url: String,
        #[serde(default)]
        count: Option<Whole<1, 100>>,
        #[serde(default, deserialize_with = "nullable")]
        note: Option<Option<Text>>,
        #[serde(default)]
        inner: Option<Box<Body>>,
        #[serde(default)]
        is_set: bool,
    }

    fn problem(text: &str) -> (String, String) {
        match object::<Body>(text) {
            Err(Error::InvalidField { field, message }) => (field, message),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_error_names_its_field_and_quotes_no_value() {
        for (body, field, message) in [
            ("{}", "url", "url is required"),
            (r#"{"url": 7}"#, "url", "url must be a string"),
            (r#"{"url": null}"#, "url", "url must be a string"),
            (
                r#"{"url": "u", "is_set": "a secret, expected by nobody"}"#,
                "is_set",
                "is_set must be true or false",
            ),
            (
                r#"{"url": "u", "inner": {"count": 1}}"#,
                "inner.url",
                "inner.url is required",
            ),
            (
                r#"{"url": "u", "inner": []}"#,
                "inner",
                "inner must be a JSON object",
            ),
            (
                r#"{"url": "u", "inner": {"url": "u", "urll": 1}}"#,
                "inner.urll",
                "inner.urll is not a known field, expected one of `url`, `count`, `note`, `inner`, `is_set`",
            ),
            (
                r#"{"urll": 1}"#,
                "urll",
                "urll is not a known field, expected one of `url`, `count`, `note`, `inner`, `is_set`",
            ),
            (
                r#"{"url": "u", "note": "\u0000"}"#,
                "note",
                "note must not contain control characters",
            ),
        ] {
            assert_eq!(
                problem(body),
                (field.to_owned(), message.to_owned()),
                "{body}"
            );
        }
        for count in ["0", "101", "-1", "1.5", "\"5\"", "99999999999", "[]"] {
            let body = format!(r#"{{"url": "u", "count": {count}}}"#);
            let message = "count must be a whole number from 1 to 100".to_owned();
            assert_eq!(problem(&body), ("count".to_owned(), message));
        }
    }

    #[test]
    fn null_and_absent_are_told_apart() {
        let note = |text| {
            object::<Body>(text)
                .unwrap()
                .note
                .map(|note| note.is_some())
        };
        assert_eq!(note(r#"{"url": "u"}"#), None);
        assert_eq!(note(r#"{"url": "u", "note": null}"#), Some(false));
        assert_eq!(note(r#"{"url": "u", "note": "n"}"#), Some(true));
    }

    #[test]
    fn what_is_no_json_object_is_an_invalid_body() {
        let deep = "{\"a\":".repeat(40_000);
        for text in ["", "{", "[]", "null", "{\"url\": 7, }", &deep] {
            let error = object::<Body>(text).unwrap_err();
            assert!(matches!(error, Error::InvalidBody(_)), "{error:?}");
        }
        assert!(matches!(
            body::<Body>(b"{\"\xff\"}"),
            Err(Error::InvalidBody(_))
        ));
    }

    #[test]
    fn storable_refuses_what_jsonb_refuses_and_what_grows() {
        let parse = |text: &str| {
            let json: Box<RawValue> = serde_json::from_str(text).unwrap();
            StorableJson::parse(&json).map(|json| json.number_characters())
        };
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let long = format!("0.{}", "0".repeat(1001));
        for text in [
            r#""\u0000""#,
            r#"{"\u0000":1}"#,
            r#"["\ud800"]"#,
            "1e999",
            "-1E+309",
            "[0e-1001]",
            "1e-16000",
            "1.5e-1000",
            "1e-99999999999999999999",
            "0e99999999999999999999",
            "0e1000",
            r#"{"a\\": "\"1", "b": 1e-1001}"#,
            &long,
            &deep,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        for (text, characters) in [
            (
                r#"{"a":[1,-2,3.5,12345678901234567890,true,null,"é\ud83d\ude00"]}"#,
                24,
            ),
            (r#"{"1":"1e-2000 \" 1e-2000","b\\":-1.50e2}"#, 3),
            ("{}", 0),
            ("1e300", 301),
            ("[1e-1000, 0.5]", 1003),
            ("0e999", 1000),
        ] {
            assert_eq!(parse(text), Ok(characters), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn bodies_that_are_almost_json_never_panic(
            text in "\\{?[{\\[\\]}:,\"\\\\a-c0-9ue.+-]{0,60}",
        ) {
            let _ = body::<Body>(text.as_bytes());
            if let Ok(json) = serde_json::from_str::<Box<RawValue>>(&text) {
                let _ = StorableJson::parse(&json).map(|json| json.number_characters());
            }
        }
    }
}

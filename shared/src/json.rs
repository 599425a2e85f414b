//! JSON objects, written field by field. `serde_json::Value` would bring 15 kB of a
//! gzipped worker along: a tree of maps, and numbers as floating point.

use std::fmt;

use serde::Serialize;

/// A JSON object in the making: its fields, each value as JSON. `Display` writes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object(Vec<(String, String)>);

impl Object {
    /// Without fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field. What is written here (text, numbers, lists and structs of them) can
    /// always be written as JSON.
    #[must_use]
    pub fn with<T: Serialize + ?Sized>(self, name: &str, value: &T) -> Self {
        let json = serde_json::to_string(value);
        self.with_json(name, json.unwrap_or_else(|_| "null".to_owned()))
    }

    /// Adds a field whose value is JSON already.
    #[must_use]
    pub fn with_json(mut self, name: &str, json: impl Into<String>) -> Self {
        self.0.push((name.to_owned(), json.into()));
        self
    }

    /// Takes a field out: its value as JSON.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(at).1)
    }

    /// Leaves out the fields that are null.
    #[must_use]
    pub fn without_nulls(mut self) -> Self {
        self.0.retain(|(_, json)| json != "null");
        self
    }

    /// The fields: names, and values as JSON.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, json)| (&**name, &**json))
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = '{';
        for (name, json) in &self.0 {
            let name = serde_json::to_string(name).unwrap_or_default();
            write!(f, "{before}{name}:{json}")?;
            before = ',';
        }
        f.write_str(if self.0.is_empty() { "{}" } else { "}" })
    }
}

#[cfg(test)]
impl Object {
    /// What a reader makes of it.
    pub(crate) fn read(&self) -> serde_json::Value {
        serde_json::from_str(&self.to_string()).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_json_format_unchanged() {
        assert_eq!(Object::new().to_string(), "{}");
        let object = Object::new()
            .with("a\"", &[1, 2])
            .with("b", "line\n")
            .with("c", &None::<bool>)
            .with_json("d", "{\"e\": null}");
        let text = r#"{"a\"":[1,2],"b":"line\n","c":null,"d":{"e": null}}"#;
        assert_eq!(object.to_string(), text);
        let names: Vec<_> = object
            .without_nulls()
            .fields()
            .map(|(name, _)| name.to_owned())
            .collect();
        assert_eq!(names, ["a\"", "b", "d"]);
    }
}

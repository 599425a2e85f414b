//! Whether one OpenAPI document breaks clients of another.
//!
//! What a client sends must go on being taken: no field goes, none becomes required, no type, limit or choice gets
//! narrower. What it is answered, or sent as a webhook, must go on being what it was: no field goes or becomes
//! optional, no type or choice gets wider. Error codes may be added.

#![expect(clippy::indexing_slicing, reason = "what a JSON value lacks is null")]

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use crate::contract::follow;

/// Who reads the value.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Reader {
    /// The system: of requests.
    System,
    /// The client or the receiver: of answers and webhooks.
    Client,
}

/// What breaks clients of the document `old` where `new` takes its place, a sentence each.
pub(crate) fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let mut comparison = Comparison {
        old,
        new,
        seen: HashSet::new(),
        breaks: Vec::new(),
    };
    for (kind, reader) in [("paths", Reader::System), ("webhooks", Reader::Client)] {
        for (path, item) in object(&old[kind]) {
            for method in ["get", "put", "post", "patch", "delete"] {
                if let Some(operation) = item.get(method) {
                    let call = format!("{} {path}", method.to_uppercase());
                    comparison.operation(&call, operation, &new[kind][path][method], reader);
                }
            }
        }
    }
    comparison.breaks
}

struct Comparison<'a> {
    old: &'a Value,
    new: &'a Value,
    /// References that were compared.
    seen: HashSet<String>,
    breaks: Vec<String>,
}

impl Comparison<'_> {
    fn breaks(&mut self, place: &str, what: &str) {
        self.breaks.push(format!("{place}: {what}"));
    }

    fn operation(&mut self, call: &str, old: &Value, new: &Value, reader: Reader) {
        if new.is_null() {
            return self.breaks(call, "is gone");
        }
        self.parameters(call, old, new, reader);
        let content = |operation: &Value| operation["requestBody"]["content"].clone();
        self.content(call, &content(old), &content(new), reader);
        if new["requestBody"]["required"] == true && old["requestBody"]["required"] != true {
            self.breaks(call, "the body is required");
        }
        for (status, old) in object(&old["responses"]) {
            let new = &new["responses"][status];
            let place = format!("{call} {status}");
            match (new.is_null(), status.starts_with('2')) {
                (true, true) => self.breaks(&place, "is gone"),
                (true, false) => {}
                (false, _) => {
                    let (old, new) = (follow(self.old, old), follow(self.new, new));
                    let (old, new) = (old["content"].clone(), new["content"].clone());
                    self.content(&place, &old, &new, Reader::Client);
                }
            }
        }
    }

    fn parameters(&mut self, call: &str, old: &Value, new: &Value, reader: Reader) {
        let list = |document: &Value, operation: &Value| -> Vec<Value> {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            parameters.map(|p| follow(document, p).clone()).collect()
        };
        let (old_list, new_list) = (list(self.old, old), list(self.new, new));
        let find = |list: &[Value], name: &Value| list.iter().find(|p| p["name"] == *name).cloned();
        for old in &old_list {
            let place = format!("{call} {}", old["name"]);
            match find(&new_list, &old["name"]) {
                Some(new) => self.schema(&place, &old["schema"], &new["schema"], reader),
                None => self.breaks(&place, "is gone"),
            }
        }
        for new in &new_list {
            let was_required = find(&old_list, &new["name"]).is_some_and(|p| p["required"] == true);
            if reader == Reader::System && new["required"] == true && !was_required {
                self.breaks(&format!("{call} {}", new["name"]), "is required");
            }
        }
    }

    fn content(&mut self, place: &str, old: &Value, new: &Value, reader: Reader) {
        for (kind, old) in object(old) {
            match new.get(kind) {
                Some(new) => self.schema(place, &old["schema"], &new["schema"], reader),
                None => self.breaks(place, &format!("{kind} is gone")),
            }
        }
    }

    fn schema(&mut self, place: &str, old: &Value, new: &Value, reader: Reader) {
        // Once for all places: it may be recursive.
        if old.get("$ref").is_some() && !self.seen.insert(format!("{reader:?} {old} {new}")) {
            return;
        }
        let (old, new) = (follow(self.old, old).clone(), follow(self.new, new).clone());
        // Those that must not get fewer for one reader, and not more for the other.
        let (wide, narrow) = match reader {
            Reader::System => (&new, &old),
            Reader::Client => (&old, &new),
        };
        if !types(wide).is_superset(&types(narrow)) {
            self.breaks(place, &format!("{} became {}", old["type"], new["type"]));
        }
        let is_code = place.ends_with(".code");
        if let (Some(values), false) = (choices(wide), is_code) {
            let kept = choices(narrow);
            if !kept.is_some_and(|kept| kept.iter().all(|value| values.contains(value))) {
                self.breaks(place, "the choice changed");
            }
        }
        if reader == Reader::System {
            self.limits(place, &old, &new);
        }
        self.fields(place, &old, &new, reader);
        for of_many in ["anyOf", "oneOf"] {
            let (old, new) = (list(&old[of_many]), list(&new[of_many]));
            let (wide, narrow) = match reader {
                Reader::System => (new.len(), old.len()),
                Reader::Client => (old.len(), new.len()),
            };
            if narrow > wide {
                self.breaks(place, "the alternatives changed");
            }
            for (nth, (old, new)) in old.iter().zip(&new).enumerate() {
                self.schema(&format!("{place}|{nth}"), old, new, reader);
            }
        }
        for inner in ["items", "additionalProperties"] {
            if old[inner].is_object() {
                self.schema(&format!("{place}[]"), &old[inner], &new[inner], reader);
            }
        }
    }

    fn limits(&mut self, place: &str, old: &Value, new: &Value) {
        for (limit, is_most) in [
            ("maximum", true),
            ("maxLength", true),
            ("maxItems", true),
            ("maxProperties", true),
            ("minimum", false),
            ("minLength", false),
            ("minItems", false),
            ("minProperties", false),
        ] {
            let number = |schema: &Value| schema[limit].as_f64();
            let is_narrower = match (number(old), number(new)) {
                (_, None) => false,
                (None, Some(_)) => true,
                (Some(old), Some(new)) => (is_most && new < old) || (!is_most && new > old),
            };
            if is_narrower {
                self.breaks(place, &format!("{limit} is narrower"));
            }
        }
        for exact in ["pattern", "format"] {
            if !new[exact].is_null() && new[exact] != old[exact] {
                self.breaks(place, &format!("the {exact} changed"));
            }
        }
    }

    fn fields(&mut self, place: &str, old: &Value, new: &Value, reader: Reader) {
        for (name, old) in object(&old["properties"]) {
            let place = format!("{place}.{name}");
            match new["properties"].get(name) {
                Some(new) => self.schema(&place, old, new, reader),
                None => self.breaks(&place, "is gone"),
            }
        }
        let required = |schema: &Value| list(&schema["required"]);
        let (old, new) = (required(old), required(new));
        let (before, after) = match reader {
            Reader::System => (old, new),
            Reader::Client => (new, old),
        };
        for name in after.iter().filter(|name| !before.contains(name)) {
            let what = match reader {
                Reader::System => "is required",
                Reader::Client => "may be missing",
            };
            self.breaks(&format!("{place}.{name}"), what);
        }
    }
}

fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

/// The values that a schema lists, if it does.
fn choices(schema: &Value) -> Option<Vec<Value>> {
    match schema.get("const") {
        Some(value) => Some(vec![value.clone()]),
        None => schema["enum"].as_array().cloned(),
    }
}

/// The types that a schema allows.
fn types(schema: &Value) -> BTreeSet<String> {
    const ALL: [&str; 6] = ["array", "boolean", "null", "number", "object", "string"];
    let named: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => ALL.to_vec(),
    };
    let mut types: BTreeSet<String> = named.into_iter().map(str::to_owned).collect();
    if types.contains("number") {
        types.insert("integer".to_owned());
    }
    types
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({
            "paths": {"/a": {"post": {
                "parameters": [{"name": "q", "schema": {"type": "string", "enum": ["x", "y"]}}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/New"}}}},
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                    "400": {"content": {"application/json": {"schema": {
                        "type": "object", "properties": {"code": {"enum": ["bad"]}}}}}},
                },
            }}},
            "webhooks": {"event": {"post": {
                "parameters": [{"name": "id", "required": true, "schema": {"type": "string"}}],
                "requestBody": {"content": {"application/json": {"schema": {
                    "type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}}}},
            }}},
            "components": {"schemas": {
                "New": {"type": "object", "required": ["url"], "properties": {
                    "url": {"type": "string", "maxLength": 10},
                    "count": {"type": ["integer", "null"], "minimum": 1},
                }},
                "Thing": {"type": "object", "required": ["id"], "properties": {
                    "id": {"type": "string"},
                    "state": {"enum": ["on", "off"]},
                    "children": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
                }},
            }},
        })
    }

    /// The document where the value at `pointer` is another, or gone.
    fn changed(pointer: &str, value: Option<Value>) -> Value {
        let mut document = document();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = document.pointer_mut(parent).unwrap();
        match (parent, value) {
            (Value::Object(parent), Some(value)) => drop(parent.insert(name.to_owned(), value)),
            (Value::Object(parent), None) => drop(parent.remove(name).unwrap()),
            (parent, _) => panic!("{parent}"),
        }
        document
    }

    #[test]
    fn what_breaks_a_client_is_named() {
        const OPERATION: &str = "/paths/~1a/post";
        const NEW: &str = "/components/schemas/New";
        const THING: &str = "/components/schemas/Thing";
        for (pointer, value, expected) in [
            (OPERATION.to_owned(), None, "POST /a: is gone"),
            (
                format!("{OPERATION}/responses/200"),
                None,
                "POST /a 200: is gone",
            ),
            (
                format!("{OPERATION}/parameters"),
                None,
                "POST /a \"q\": is gone",
            ),
            (
                format!("{OPERATION}/parameters"),
                Some(json!([{"name": "q", "schema": {"type": "string", "enum": ["x"]}}])),
                "POST /a \"q\": the choice changed",
            ),
            (
                format!("{OPERATION}/requestBody/required"),
                Some(json!(true)),
                "POST /a: the body is required",
            ),
            (
                format!("{NEW}/properties/count"),
                None,
                "POST /a.count: is gone",
            ),
            (
                format!("{NEW}/required"),
                Some(json!(["url", "count"])),
                "POST /a.\"count\": is required",
            ),
            (
                format!("{NEW}/properties/url/maxLength"),
                Some(json!(9)),
                "POST /a.url: maxLength is narrower",
            ),
            (
                format!("{NEW}/properties/count/minimum"),
                Some(json!(2)),
                "POST /a.count: minimum is narrower",
            ),
            (
                format!("{NEW}/properties/url/pattern"),
                Some(json!("^a")),
                "POST /a.url: the pattern changed",
            ),
            (
                format!("{NEW}/properties/count/type"),
                Some(json!("integer")),
                "POST /a.count: [\"integer\",\"null\"] became \"integer\"",
            ),
            (
                format!("{THING}/properties/id"),
                None,
                "POST /a 200.id: is gone",
            ),
            (
                format!("{THING}/required"),
                Some(json!([])),
                "POST /a 200.\"id\": may be missing",
            ),
            (
                format!("{THING}/properties/id/type"),
                Some(json!(["string", "null"])),
                "POST /a 200.id: \"string\" became [\"string\",\"null\"]",
            ),
            (
                format!("{THING}/properties/state/enum"),
                Some(json!(["on", "off", "new"])),
                "POST /a 200.state: the choice changed",
            ),
            (
                "/webhooks/event/post/parameters".to_owned(),
                None,
                "POST event \"id\": is gone",
            ),
            (
                "/webhooks/event/post/requestBody/content/application~1json/schema/properties/id"
                    .to_owned(),
                None,
                "POST event.id: is gone",
            ),
        ] {
            let breaks = breaks(&document(), &changed(&pointer, value));
            assert!(
                breaks.iter().any(|line| line == expected),
                "{pointer}: {breaks:?}"
            );
        }
    }

    #[test]
    fn additions_break_nobody() {
        for (pointer, value) in [
            ("/paths/~1b", json!({"get": {}})),
            (
                "/components/schemas/New/properties/more",
                json!({"type": "string"}),
            ),
            (
                "/components/schemas/Thing/properties/more",
                json!({"type": "string"}),
            ),
            (
                "/components/schemas/New/properties/url/maxLength",
                json!(11),
            ),
            (
                "/components/schemas/Thing/properties/state/enum",
                json!(["on"]),
            ),
            (
                "/paths/~1a/post/responses/400/content/application~1json/schema/properties/code/enum",
                json!(["bad", "worse"]),
            ),
        ] {
            let breaks = breaks(&document(), &changed(pointer, Some(value)));
            assert_eq!(breaks, Vec::<String>::new(), "{pointer}");
        }
    }
}

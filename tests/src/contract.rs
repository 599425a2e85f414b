//! The OpenAPI document, to which every answer of the workers is held.
//!
//! [`check`] is part of every call that [`Answer::of`](crate::stack::Answer::of) makes. What was exercised goes to a
//! file beside stack.json, and `cargo xtask test` fails where an answer of the document is missing in it.

use std::collections::{HashMap, HashSet};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

/// A worker, by its name.
pub type Worker = &'static str;

/// Where the document is.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../manage/assets/openapi.json");

/// What every HTTP answer may have: no matter of the document.
const TRANSPORT: [&str; 5] = [
    "connection",
    "content-length",
    "content-type",
    "date",
    "transfer-encoding",
];

static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::read);

/// The workers that were started, by the origin of their URL.
static WORKERS: LazyLock<Mutex<HashMap<String, Worker>>> = LazyLock::new(Mutex::default);

/// A call of the document.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Whose it is.
    pub worker: Worker,
    /// In capitals.
    pub method: String,
    /// With `{names}` in it.
    pub path: String,
    /// As the document has it.
    pub value: &'static Value,
    /// This path and the others it is served at.
    pub paths: Vec<String>,
}

impl Operation {
    /// The response of this status.
    #[must_use]
    pub fn response(&self, status: u16) -> Option<&'static Value> {
        let reference = self.value["responses"].get(status.to_string())?;
        Some(CONTRACT.follow(reference))
    }

    /// Whether it takes no credential.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.value["security"] == Value::Array(Vec::new())
    }

    /// Whether one of its answers has this code.
    #[must_use]
    pub fn has_code(&self, status: u16, code: &str) -> bool {
        self.response(status)
            .is_some_and(|response| codes(response).contains(&code))
    }

    /// Examples of the query parameters that it needs.
    #[must_use]
    pub fn query(&self) -> Vec<(&str, &str)> {
        self.needed("query")
    }

    /// Examples of the headers that it needs.
    #[must_use]
    pub fn headers(&self) -> Vec<(&str, &str)> {
        self.needed("header")
    }

    fn needed(&self, place: &str) -> Vec<(&str, &str)> {
        let parameters = self.value["parameters"].as_array().into_iter().flatten();
        let needed = parameters.filter(|p| p["in"] == place && p["required"] == true);
        needed
            .filter_map(|p| Some((p["name"].as_str()?, p["example"].as_str()?)))
            .collect()
    }

    /// The example of its body, if it takes one.
    #[must_use]
    pub fn example(&self) -> Option<&Value> {
        self.value["requestBody"]["content"]["application/json"].get("example")
    }
}

/// The calls of both workers, without the files.
#[must_use]
pub fn operations() -> &'static [Operation] {
    &CONTRACT.operations
}

/// Whether a value is what a schema of the document says.
#[must_use]
pub fn is_valid(schema: &str, value: &Value) -> bool {
    let schema = json!({"$ref": format!("#/components/schemas/{schema}")});
    CONTRACT.validator(&schema).is_valid(value)
}

/// Says where a worker is, so that its answers are checked.
///
/// # Panics
/// The URL is none.
pub fn register(url: &str, worker: Worker) {
    let mut workers = WORKERS.lock().expect("writable");
    workers.insert(origin(&url.parse().expect("a URL")), worker);
}

fn origin(url: &reqwest::Url) -> String {
    url.origin().ascii_serialization()
}

/// Checks an answer, if a worker gave it, and notes that the document's answer was exercised.
///
/// # Panics
/// The document does not have it.
#[track_caller]
pub fn check(method: &Method, url: &reqwest::Url, status: u16, headers: &HeaderMap, body: &Value) {
    let worker = WORKERS.lock().expect("readable").get(&origin(url)).copied();
    if let Some(worker) = worker {
        CONTRACT.check(worker, method, url.path(), status, headers, body);
    }
}

struct Contract {
    document: &'static Value,
    operations: Vec<Operation>,
    /// By the text of the schema.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
    exercised: Mutex<HashSet<String>>,
}

impl Contract {
    fn read() -> Self {
        let text = fs::read_to_string(FILE).expect("`cargo xtask build` makes the document");
        let mut document: Value = serde_json::from_str(&text).expect("it is JSON");
        close(&mut document);
        // It is there until the tests end.
        let document: &'static Value = Box::leak(Box::new(document));
        let mut operations = Vec::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            let Some(aliases) = item.get("x-aliases") else {
                continue;
            };
            let aliases = aliases.as_array().expect("a list").iter();
            let aliases = aliases.map(|alias| alias.as_str().expect("a path"));
            let paths: Vec<String> = [path.as_str()]
                .into_iter()
                .chain(aliases)
                .map(str::to_owned)
                .collect();
            for (method, value) in item.as_object().expect("a path item") {
                if value.get("operationId").is_some() {
                    operations.push(Operation {
                        worker: match value.get("servers") {
                            Some(_) => "deliver",
                            None => "manage",
                        },
                        method: method.to_uppercase(),
                        path: path.clone(),
                        value,
                        paths: paths.clone(),
                    });
                }
            }
        }
        Self {
            document,
            operations,
            validators: Mutex::default(),
            exercised: Mutex::default(),
        }
    }

    /// What a reference stands for.
    fn follow(&self, value: &'static Value) -> &'static Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                let pointer = reference.strip_prefix('#').expect("a local reference");
                self.document.pointer(pointer).expect("it is there")
            }
            None => value,
        }
    }

    #[track_caller]
    fn check(
        &self,
        worker: Worker,
        method: &Method,
        path: &str,
        status: u16,
        headers: &HeaderMap,
        body: &Value,
    ) {
        let named = if *method == Method::HEAD {
            "GET"
        } else {
            method.as_str()
        };
        let call = format!("{worker}: {method} {path} → {status}");
        if *method == Method::OPTIONS && worker == "manage" {
            assert_eq!(status, 204, "{call}");
            return self.check_headers(&call, self.headers_of_manage(), headers);
        }
        // Of two that fit, such as /webhooks/stats and /webhooks/{endpoint_id}, the one that names more of it.
        let names = |operation: &Operation| {
            let fitting = operation.paths.iter().filter(|known| fits(known, path));
            fitting.map(|known| known.matches('{').count()).min()
        };
        let fewest = self.operations.iter().filter_map(names).min();
        let found: Vec<&Operation> = self
            .operations
            .iter()
            .filter(|operation| fewest.is_some() && names(operation) == fewest)
            .collect();
        let operation = found.iter().find(|operation| operation.method == named);
        let (name, response) = match operation {
            Some(operation) if operation.worker == worker => {
                let response = operation.response(status);
                let response =
                    response.unwrap_or_else(|| panic!("{call} is not in the document: {body}"));
                (format!("{named} {}", operation.path), response)
            }
            // The other worker's.
            Some(operation) => {
                assert_eq!(status, 404, "{call}: {body}");
                let response = self.shared(worker, "not_found");
                (format!("{named} {}", operation.path), response)
            }
            None if found.iter().any(|operation| operation.worker == worker) => {
                assert_eq!(status, 405, "{call}: {body}");
                let response = self.shared(worker, "method_not_allowed");
                (worker.to_owned(), response)
            }
            None => {
                assert_eq!(status, 404, "{call}: {body}");
                (worker.to_owned(), self.shared(worker, "not_found"))
            }
        };
        let known = response["headers"].as_object().into_iter().flatten();
        self.check_headers(&call, known, headers);
        if *method != Method::HEAD {
            self.check_body(&call, response, headers, body);
        }
        let code = body.get("code").and_then(Value::as_str).unwrap_or_default();
        self.note(format!("{name} {status} {code}").trim_end());
    }

    /// A response that is no single call's.
    fn shared(&self, worker: Worker, code: &str) -> &'static Value {
        &self.document["components"]["responses"][format!("{worker}.{code}")]
    }

    /// The headers of every answer of `manage`.
    fn headers_of_manage(&self) -> impl Iterator<Item = (&'static String, &'static Value)> + Clone {
        let known = self.document["components"]["headers"].as_object();
        let known = known.into_iter().flatten();
        known.filter(|(name, _)| name.starts_with("Access-"))
    }

    #[track_caller]
    fn check_headers(
        &self,
        call: &str,
        known: impl Iterator<Item = (&'static String, &'static Value)> + Clone,
        headers: &HeaderMap,
    ) {
        for (name, reference) in known.clone() {
            let header = self.follow(reference);
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            match value {
                Some(value) => {
                    let schema = &header["schema"];
                    self.validate(&format!("{call}: header {name}"), schema, &json!(value));
                }
                None => assert_ne!(header["required"], true, "{call}: header {name} is missing"),
            }
        }
        for name in headers.keys() {
            let is_known = known
                .clone()
                .any(|(known, _)| known.eq_ignore_ascii_case(name.as_str()));
            assert!(
                is_known || TRANSPORT.contains(&name.as_str()),
                "{call}: header {name} is not in the document"
            );
        }
    }

    #[track_caller]
    fn check_body(&self, call: &str, response: &Value, headers: &HeaderMap, body: &Value) {
        let declared = headers.get("content-type").and_then(|v| v.to_str().ok());
        let declared = declared.unwrap_or_default();
        let kind = declared.split(';').next().unwrap_or_default();
        let content = response["content"].get(kind);
        let content =
            content.unwrap_or_else(|| panic!("{call}: {declared} is not in the document"));
        self.validate(call, &content["schema"], body);
    }

    /// Made once for each schema.
    fn validator(&self, schema: &Value) -> Arc<Validator> {
        let mut validators = self.validators.lock().expect("writable");
        let validator = validators.entry(schema.to_string()).or_insert_with(|| {
            let whole = json!({"allOf": [schema], "components": self.document["components"]});
            let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012);
            let options = options.should_validate_formats(true);
            Arc::new(options.build(&whole).expect("a valid schema"))
        });
        Arc::clone(validator)
    }

    #[track_caller]
    fn validate(&self, what: &str, schema: &Value, value: &Value) {
        let errors: Vec<String> = self
            .validator(schema)
            .iter_errors(value)
            .map(|error| format!("{} at {}", error.masked(), error.instance_path()))
            .collect();
        assert!(
            errors.is_empty(),
            "{what}: not as the document says: {errors:?}"
        );
    }

    fn note(&self, line: &str) {
        let is_new = self
            .exercised
            .lock()
            .expect("writable")
            .insert(line.to_owned());
        if let (true, Some(stack)) = (is_new, std::env::var_os("WEBHOOKS_STACK")) {
            let file = Path::new(&stack).with_file_name("exercised.txt");
            let file = OpenOptions::new().append(true).create(true).open(file);
            // In one write, so that tests that run at the same time do not mix.
            let line = format!("{line}\n");
            let written = file.and_then(|mut file| file.write_all(line.as_bytes()));
            written.expect("the file is writable");
        }
    }
}

/// The codes that an error response may have.
fn codes(response: &Value) -> Vec<&str> {
    let codes = &response["content"]["application/json"]["schema"]["properties"]["code"]["enum"];
    let codes = codes.as_array().into_iter().flatten();
    codes.filter_map(Value::as_str).collect()
}

/// Whether a path is of this form, `{names}` standing for any part.
fn fits(form: &str, path: &str) -> bool {
    let parts = |path: &str| -> Vec<String> {
        let path = path.trim_end_matches('/');
        path.split('/').map(str::to_owned).collect()
    };
    let (form, path) = (parts(form), parts(path));
    form.len() == path.len()
        && form
            .iter()
            .zip(&path)
            .all(|(form, part)| form.starts_with('{') || form == part)
}

/// Closes the schemas: an answer has no field that the document does not name, unless that says so.
fn close(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if object.get("properties").is_some_and(Value::is_object)
                && object.contains_key("type")
                && !object.contains_key("additionalProperties")
            {
                object.insert("additionalProperties".to_owned(), json!(false));
            }
            object.values_mut().for_each(close);
        }
        Value::Array(list) => list.iter_mut().for_each(close),
        _ => {}
    }
}

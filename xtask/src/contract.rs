//! What the OpenAPI document must be: valid, exercised by the tests in every answer, and no break with the document
//! of the last release.

#![expect(clippy::indexing_slicing, reason = "what a JSON value lacks is null")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::compatibility::breaks;
use crate::{command, run, say};

/// The document as it is built.
const DOCUMENT: &str = "manage/assets/openapi.json";

/// The document of the last release, which a release replaces.
const RELEASED: &str = "openapi/released.json";

/// The TypeScript types of the document.
const TYPES: &str = "clients/typescript/src/api.ts";

/// Codes that no test can bring about in every call: a fault that is not known. One test has a worker panic.
const NOT_EXERCISED: [&str; 1] = ["internal"];

/// Lints the document and compares it with that of the last release.
pub(crate) fn check(root: &Path) -> Result<()> {
    say("the OpenAPI document");
    run(command(root, "redocly").args(["lint", "--config", "openapi/redocly.yaml", DOCUMENT]))?;
    check_types(root)?;
    let breaks = breaks(&read(root, RELEASED)?, &read(root, DOCUMENT)?);
    ensure!(
        breaks.is_empty(),
        "the document breaks clients of the last release:\n    {}",
        breaks.join("\n    ")
    );
    Ok(())
}

/// Sees that the TypeScript types are those of the document; with `UPDATE_SCHEMA` they are made anew.
fn check_types(root: &Path) -> Result<()> {
    let mut node = command(root, "node");
    let made = node.args(["openapi/types.mjs", DOCUMENT]).output()?;
    ensure!(
        made.status.success(),
        "openapi/types.mjs failed: {}",
        String::from_utf8_lossy(&made.stderr)
    );
    let file = root.join(TYPES);
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&file, &made.stdout)?;
    }
    let is_current = fs::read(&file).is_ok_and(|current| current == made.stdout);
    ensure!(
        is_current,
        "{TYPES} is not what the document says: UPDATE_SCHEMA=1 makes it anew"
    );
    Ok(())
}

/// Sees that the tests had every answer of the document, `exercised` being the lines they wrote.
pub(crate) fn expect_exercised(root: &Path, exercised: &str) -> Result<()> {
    let document = read(root, DOCUMENT)?;
    let exercised: BTreeSet<&str> = exercised.lines().collect();
    let answers = answers(&document);
    let missing: Vec<&String> = answers
        .iter()
        .filter(|answer| !exercised.contains(answer.as_str()))
        .collect();
    ensure!(
        missing.is_empty(),
        "no test exercises these answers of the document: {missing:#?}"
    );
    let mut by_status: BTreeMap<&str, usize> = BTreeMap::new();
    for answer in &answers {
        *by_status
            .entry(answer.split(' ').nth(2).unwrap_or_default())
            .or_default() += 1;
    }
    let by_status: Vec<String> = by_status.iter().map(|(s, n)| format!("{s}: {n}")).collect();
    eprintln!(
        "    all {} answers of the document exercised ({})",
        answers.len(),
        by_status.join(", ")
    );
    Ok(())
}

/// The answers of the document, a line each: `POST /webhooks 400 invalid_field`.
fn answers(document: &Value) -> Vec<String> {
    let mut answers = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        // Without, it is a file.
        if item.get("x-aliases").is_none() {
            continue;
        }
        for (method, operation) in item.as_object().into_iter().flatten() {
            for (status, response) in operation["responses"].as_object().into_iter().flatten() {
                let call = format!("{} {path} {status}", method.to_uppercase());
                let response = follow(document, response);
                let codes =
                    &response["content"]["application/json"]["schema"]["properties"]["code"];
                match codes["enum"].as_array() {
                    Some(codes) => answers.extend(
                        codes
                            .iter()
                            .filter_map(Value::as_str)
                            .filter(|code| !NOT_EXERCISED.contains(code))
                            .map(|code| format!("{call} {code}")),
                    ),
                    None => answers.push(call),
                }
            }
        }
    }
    answers
}

/// What a value or the reference that it is stands for.
pub(crate) fn follow<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let pointer = value["$ref"]
        .as_str()
        .and_then(|reference| reference.strip_prefix('#'));
    match pointer {
        Some(pointer) => document.pointer(pointer).unwrap_or(&Value::Null),
        None => value,
    }
}

fn read(root: &Path, file: &str) -> Result<Value> {
    let text = fs::read_to_string(root.join(file)).with_context(|| format!("reading {file}"))?;
    serde_json::from_str(&text).with_context(|| format!("{file} is not JSON"))
}

//! Schemathesis: calls of all kinds, made of the OpenAPI document, and answers held to it.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::{run, say, setup, stack::OwnStack};

/// What of stack.json is needed.
#[derive(Deserialize)]
struct Stack {
    manage_url: String,
    deliver_url: String,
    service_role_key: String,
    user_jwt: String,
}

/// Calls both workers of a stack of its own. Gives why it did not, where Python is missing.
pub(crate) fn run_all(root: &Path) -> Result<Option<String>> {
    let schemathesis = setup::python_folder(root).join("bin/schemathesis");
    if !schemathesis.exists() {
        let why = "schemathesis (python3 with venv is not installed)";
        return Ok(Some(why.to_owned()));
    }
    let stack = OwnStack::start(root, "fuzz", &["--strict"])?;
    let text = fs::read_to_string(&stack.file)?;
    let urls: Stack = serde_json::from_str(&text).context("stack.json")?;
    say("calls made of the OpenAPI document (some minutes)");
    // deliver first: events would be sent to the endpoints that are made up for manage.
    for (url, token, phases, paths) in [
        (
            &urls.deliver_url,
            &urls.service_role_key,
            "examples,coverage,fuzzing",
            "^/(metrics|event-types/.*)?$",
        ),
        (
            &urls.manage_url,
            &urls.user_jwt,
            "examples,coverage,fuzzing,stateful",
            "^/(webhooks|stats|event-types$|api-keys)",
        ),
    ] {
        let mut fuzz = Command::new(&schemathesis);
        fuzz.current_dir(root)
            .args(["--config-file", "tests/fuzz/schemathesis.toml", "run"])
            .args([
                "manage/assets/openapi.json",
                "--url",
                url,
                "--checks",
                "all",
                "--no-color",
            ])
            .args(["--include-path-regex", paths, "--phases", phases])
            // Not as an argument: what fails is shown with those.
            .env("FUZZ_TOKEN", token);
        run(&mut fuzz).with_context(|| format!("the calls to {url}"))?;
    }
    Ok(None)
}

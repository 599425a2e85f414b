//! Schemathesis: calls of all kinds, made of the OpenAPI document, and answers held to it.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{command, run, say, setup, stack::OwnStack};

/// What of stack.json is needed.
#[derive(Deserialize)]
struct Stack {
    manage_url: String,
    deliver_url: String,
    service_role_key: String,
    user_jwt: String,
    database_url: String,
}

/// Owners may have as many endpoints and API keys as are made up.
const LIFT_LIMITS: &str = "import postgres from 'postgres';
const sql = postgres(process.env.DATABASE_URL);
await sql`insert into webhooks.settings
  values ('MAX_ENDPOINTS_PER_USER', 1000000), ('MAX_API_KEYS_PER_USER', 1000000)`;
await sql.end();";

/// The calls of one worker, on a stack of its own: those of `deliver` change the catalogue, which `manage` goes by.
struct Fuzz {
    name: &'static str,
    /// Which of the document's paths, as a regular expression.
    paths: &'static str,
    phases: &'static str,
    url: fn(&Stack) -> &str,
    token: fn(&Stack) -> &str,
}

impl Fuzz {
    fn run(&self, root: &Path, schemathesis: &Path) -> Result<()> {
        let own = OwnStack::start(root, self.name, &["--strict"])?;
        let text = fs::read_to_string(&own.file)?;
        let stack: Stack = serde_json::from_str(&text).context("stack.json")?;
        let mut lift = command(root, "node");
        lift.args(["--input-type=module", "--eval", LIFT_LIMITS]);
        run(lift.env("DATABASE_URL", &stack.database_url))?;
        say("calls made of the OpenAPI document (under a minute)");
        let url = (self.url)(&stack);
        let document = own.file.with_file_name("openapi.json");
        write_document(root, &document)?;
        let mut fuzz = Command::new(schemathesis);
        fuzz.current_dir(root)
            .args(["--config-file", "tests/fuzz/schemathesis.toml", "run"])
            .arg(&document)
            .args(["--url", url])
            .args([
                "--checks",
                "all",
                "--no-color",
                "--include-path-regex",
                self.paths,
            ])
            .args(["--phases", self.phases])
            // Not as an argument: what fails is shown with those.
            .env("FUZZ_TOKEN", (self.token)(&stack));
        run(&mut fuzz).with_context(|| format!("the calls to {url}"))
    }
}

/// Writes the document without the header that chooses an owner: one that is made up is not the caller's.
fn write_document(root: &Path, file: &Path) -> Result<()> {
    let text = fs::read_to_string(root.join("manage/assets/openapi.json"))?;
    let mut document: Value = serde_json::from_str(&text).context("openapi.json")?;
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let items = paths.context("paths")?.values_mut();
    for operation in items
        .filter_map(Value::as_object_mut)
        .flat_map(|item| item.values_mut())
    {
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        if let Some(parameters) = parameters {
            let owner = json!({"$ref": "#/components/parameters/owner"});
            parameters.retain(|parameter| *parameter != owner);
        }
    }
    Ok(fs::write(file, document.to_string())?)
}

/// Calls both workers. Gives why it did not, where Python is missing.
pub(crate) fn run_all(root: &Path) -> Result<Option<String>> {
    let schemathesis = setup::python_folder(root).join("bin/schemathesis");
    if !schemathesis.exists() {
        let why = "schemathesis (python3 with venv is not installed)";
        return Ok(Some(why.to_owned()));
    }
    for fuzz in [
        Fuzz {
            name: "fuzz-deliver",
            paths: "^/(metrics|event-types/.*|portal-links.*|console-.*|operator/.*|webhooks-deliver/.*)?$",
            phases: "examples,coverage,fuzzing",
            url: |stack| &stack.deliver_url,
            token: |stack| &stack.service_role_key,
        },
        Fuzz {
            name: "fuzz-manage",
            paths: "^/(webhooks(/|$)|stats|events|event-types$|api-keys|deliveries|replays|portal-session)",
            phases: "examples,coverage,fuzzing,stateful",
            url: |stack| &stack.manage_url,
            token: |stack| &stack.user_jwt,
        },
    ] {
        fuzz.run(root, &schemathesis)?;
    }
    Ok(None)
}

//! Workers of a test's own, with settings of its own, beside the stack's.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, Command};

use crate::stack::Stack;
use crate::{contract, log_file};

/// How long they may take to start.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Both workers in a workerd of their own. They end when this value is dropped and
/// with it the pipe to their standard input; killed, they would leave workerd behind.
#[derive(Debug)]
pub struct Workers {
    /// Where `manage` is.
    pub manage_url: String,
    /// Where `deliver` is.
    pub deliver_url: String,
    /// Where `tests/caller` is, if it was started too.
    pub caller_url: Option<String>,
    log: Arc<Mutex<String>>,
    input: ChildStdin,
}

impl Workers {
    /// Starts them with the stack's settings, changed by `changes`; a null takes a
    /// setting away.
    ///
    /// # Panics
    /// They do not start: run `cargo xtask build` first.
    pub async fn start(stack: &Stack, changes: &Value) -> Self {
        Self::start_all(stack, changes, &json!({})).await
    }

    /// As [`Workers::start`], with the queue of wrangler.toml bound.
    pub async fn start_with_queue(stack: &Stack, changes: &Value) -> Self {
        Self::start_all(stack, changes, &json!({"queue": true})).await
    }

    /// As [`Workers::start`], with the worker in `tests/caller`.
    pub async fn start_with_caller(stack: &Stack, changes: &Value) -> Self {
        Self::start_all(stack, changes, &json!({"caller": true})).await
    }

    async fn start_all(stack: &Stack, changes: &Value, extras: &Value) -> Self {
        let settings = |own: Value| {
            let mut settings = json!({
                stack.url_setting(): stack.supabase_url, "ALLOW_LOCAL_ENDPOINTS": "true",
                "DELIVERY_BATCH": "50", "MAX_SUBREQUESTS": "1000", "MAX_SENT_BYTES": "67108864",
            });
            merge(&mut settings, &own);
            merge(&mut settings, changes);
            settings
        };
        let mut all = json!({"vars": {
            "manage": settings(json!({"SUPABASE_PUBLISHABLE_KEY": stack.publishable_key})),
            "deliver": settings(json!({"SUPABASE_SERVICE_ROLE_KEY": stack.service_role_key,
                "PORTAL_URL": format!("{}/portal", stack.manage_url)})),
        }});
        merge(&mut all, extras);

        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut child = Command::new(root.join("node_modules/.bin/node"))
            .arg(root.join("stack/workers.mjs"))
            .env("SETTINGS", all.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("Node is installed");
        let log = Arc::new(Mutex::new(String::new()));
        let errors = child.stderr.take().expect("it is piped");
        tokio::spawn(collect(errors, log.clone()));

        let output = child.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(output).lines();
        let ready = tokio::time::timeout(START_LIMIT, lines.next_line()).await;
        let Ok(Ok(Some(ready))) = ready else {
            panic!(
                "the workers did not start: {}",
                log.lock().expect("readable")
            );
        };
        let urls: HashMap<String, String> =
            serde_json::from_str(&ready).expect("a line of JSON says where they are");
        contract::register(&urls["manage_url"], "manage");
        contract::register(&urls["deliver_url"], "deliver");
        Self {
            manage_url: urls["manage_url"].clone(),
            deliver_url: urls["deliver_url"].clone(),
            caller_url: urls.get("caller_url").cloned(),
            log,
            input: child.stdin.take().expect("it is piped"),
        }
    }

    /// Fires the cron trigger.
    pub async fn cron(&mut self) {
        self.input.write_all(b"cron\n").await.expect("they run");
    }

    /// What they have logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.lock().expect("readable").clone()
    }
}

fn merge(settings: &mut Value, changes: &Value) {
    for (name, value) in changes.as_object().expect("settings are an object") {
        let settings = settings.as_object_mut().expect("settings are an object");
        match value {
            Value::Null => settings.remove(name),
            value => settings.insert(name.clone(), value.clone()),
        };
    }
}

async fn collect(errors: tokio::process::ChildStderr, log: Arc<Mutex<String>>) {
    let mut file = log_file("workers");
    let mut lines = BufReader::new(errors).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        writeln!(file, "{line}").expect("writable");
        let mut log = log.lock().expect("writable");
        log.push_str(&line);
        log.push('\n');
    }
}

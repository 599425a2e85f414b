//! `cargo xtask deploy`, as far as it goes without an account: all but the upload.

use std::path::{Path, PathBuf};
use std::process::Output;

use tests::receiver::Receiver;
use tests::stack::Stack;
use tokio::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// `cargo xtask deploy` with these settings and no others.
async fn deploy(arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let mut cargo = Command::new(env!("CARGO"));
    for name in [
        "SUPABASE_URL",
        "POSTGREST_URL",
        "SUPABASE_PUBLISHABLE_KEY",
        "SUPABASE_SERVICE_ROLE_KEY",
        "DATABASE_URL",
    ] {
        cargo.env_remove(name);
    }
    let cargo = cargo
        .args(["xtask", "deploy"])
        .args(arguments)
        .envs(settings.iter().copied())
        .current_dir(root())
        .stdin(std::process::Stdio::null());
    cargo.output().await.expect("cargo runs")
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[tokio::test]
async fn a_dry_run_shows_what_would_be_done_and_bundles_both_workers_without_an_account() {
    let stack = Stack::get();
    let settings = [
        ("SUPABASE_URL", "https://abc.supabase.co"),
        ("SUPABASE_PUBLISHABLE_KEY", "sb_publishable_abc"),
        ("SUPABASE_SERVICE_ROLE_KEY", "sb_secret_abc"),
        ("DATABASE_URL", stack.database_url.as_str()),
        ("RETENTION_DAYS", "30"),
    ];
    let output = deploy(&["--dry-run"], &settings).await;
    let text = text(&output);
    assert!(output.status.success(), "{text}");
    for expected in [
        "deploy webhooks-manage",
        "deploy webhooks-deliver",
        "SUPABASE_URL = https://abc.supabase.co",
        "SUPABASE_SERVICE_ROLE_KEY = (secret)",
        "RETENTION_DAYS = 30",
        "nothing was changed",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    for secret in ["sb_secret_abc", stack.database_url.as_str()] {
        assert!(!text.contains(secret), "{text}");
    }
    for worker in ["manage", "deliver"] {
        let bundle = root().join(".dev/deploy").join(worker);
        let files: Vec<String> = std::fs::read_dir(&bundle)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert!(
            files.iter().any(|file| file.ends_with(".wasm")),
            "{files:?}"
        );
        assert!(files.iter().any(|file| file == "entry.js"), "{files:?}");
    }
}

#[tokio::test]
async fn what_is_missing_is_named_and_nothing_begins() {
    let output = deploy(&["--yes"], &[]).await;
    let text = text(&output);
    assert!(!output.status.success(), "{text}");
    let expected = "the environment variable SUPABASE_URL is missing";
    assert!(
        text.contains(expected) && !text.contains("what will be done"),
        "{text}"
    );
}

/// What comes after the upload, against the workers of the stack.
#[tokio::test]
async fn workers_that_answer_are_waited_for_and_a_test_event_arrives() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let check = async |deliver: &str, receiver: &str| {
        let mut node = Command::new(root().join("node_modules/.bin/node"));
        node.arg(root().join("stack/deployed.mjs"))
            .env("MANAGE_URL", format!("{}/", stack.manage_url))
            .env("DELIVER_URL", deliver)
            .env("SERVICE_KEY", &stack.service_role_key)
            .env("TEST_RECEIVER", receiver)
            .env("TEST_TOKEN", &user.jwt);
        node.output().await.expect("Node is installed")
    };
    let output = check(&stack.deliver_url, &receiver.url).await;
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("a test event arrives"));
    assert_eq!(receiver.arrivals().len(), 1);
    let left = user.get("/webhooks").await;
    assert_eq!(left.body["data"], serde_json::json!([]));

    let failing = Receiver::start(500).await;
    let output = check(&stack.deliver_url, &failing.url).await;
    assert!(!output.status.success());
    assert!(text(&output).contains("HTTP 500"), "{}", text(&output));
    let output = check(&stack.deliver_url, "").await;
    assert!(
        output.status.success() && text(&output).contains("Try it"),
        "{}",
        text(&output)
    );
}

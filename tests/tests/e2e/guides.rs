//! The guides in docs/guides: their shell lines run as they stand.

use std::path::Path;

use tests::private_stack::PrivateStack;
use tokio::process::Command;

/// The blocks of a guide that a reader would paste into a shell.
fn shell(guide: &str) -> String {
    let mut script = String::new();
    for block in guide.split("```sh\n").skip(1) {
        script += block.split("```").next().unwrap();
    }
    script
}

async fn run(name: &str) {
    let private = PrivateStack::start_without_cron(&[]).await;
    let stack = &private.stack;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let guide = std::fs::read_to_string(root.join("docs/guides").join(name)).unwrap();
    let script = shell(&guide);
    assert!(script.lines().count() > 10, "{name} has lines to run");
    let mut path = vec![root.join("node_modules/.bin").canonicalize().unwrap()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let output = Command::new("bash")
        .args(["-eux", "-o", "pipefail", "-c", &script])
        .current_dir(&root)
        .env("PATH", std::env::join_paths(path).unwrap())
        .env("STACK_FILE", private.file())
        .env("MANAGE_URL", &stack.manage_url)
        .env("DELIVER_URL", &stack.deliver_url)
        .env("SERVICE_ROLE_KEY", &stack.service_role_key)
        .env("API_KEY", &stack.api_key)
        .env("RECEIVER_URL", &stack.receiver_url)
        .output()
        .await
        .expect("there is a shell");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {errors}");
    private.stop().await;
}

#[tokio::test]
async fn an_event_type_is_added_as_the_guide_says() {
    run("event-types.md").await;
}

#[tokio::test]
async fn local_development_is_as_the_guide_says() {
    run("local-development.md").await;
}

#[tokio::test]
async fn endpoints_of_svix_and_convoy_move_as_the_guide_says() {
    run("from-svix-and-convoy.md").await;
}

#[tokio::test]
async fn organisations_own_endpoints_as_the_guide_says() {
    run("organisations.md").await;
}

#[tokio::test]
async fn events_are_filtered_replayed_and_erased_as_the_guide_says() {
    run("events.md").await;
}

#[tokio::test]
async fn links_to_the_console_are_made_and_its_calls_answer_as_the_guide_says() {
    run("console.md").await;
}

#[tokio::test]
async fn links_to_the_portal_are_made_as_the_guide_says() {
    run("portal.md").await;
}

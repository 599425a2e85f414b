//! `cargo xtask test`: everything that must hold.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::{build, command, contract, fuzz, run, say, seconds, setup, stack};

/// The end-to-end tests that run SQL on databases of their own: with each of the three sets of session
/// settings in `tests/tests/e2e/database.rs`.
const SQL_TESTS: [&str; 13] = [
    "claims::",
    "emit::",
    "erase::",
    "event_schemas::",
    "event_store::",
    "health::",
    "isolation::",
    "ordering::",
    "regressions::",
    "replays::",
    "retention::",
    "times::",
    "values::",
];

/// Formatting, lints, unit tests, then the end-to-end tests on a stack of their own.
/// With a filter, only the end-to-end tests it names.
pub(crate) fn run_all(root: &Path, filter: Option<&str>) -> Result<()> {
    let mut times: Vec<(&str, Duration)> = Vec::new();
    let mut timed = |name, task: &mut dyn FnMut() -> Result<()>| {
        let start = now();
        task()?;
        times.push((name, start.elapsed()));
        Ok::<(), anyhow::Error>(())
    };

    timed("set-up", &mut || {
        setup::all(root)?;
        setup::python(root)
    })?;
    if filter.is_none() {
        timed("formatting", &mut || {
            say("formatting");
            cargo(root, &["fmt", "--all", "--check"])
        })?;
        timed("lints", &mut || {
            say("lints, native and wasm");
            let deny = ["--", "-D", "warnings"];
            cargo(
                root,
                &[&["clippy", "--workspace", "--all-targets"][..], &deny].concat(),
            )?;
            let wasm = [
                "clippy",
                "--target",
                "wasm32-unknown-unknown",
                "-p",
                "manage",
                "-p",
                "deliver",
                "-p",
                "webhooks-client",
                "-p",
                "caller",
            ];
            cargo(root, &[&wasm[..], &deny].concat())?;
            say("types");
            for project in ["clients/typescript", "portal"] {
                run(command(root, "tsc").args(["--project", project]))?;
            }
            Ok(())
        })?;
        timed("unit tests", &mut || {
            say("unit and property tests");
            cargo(root, &["test", "--lib", "--bins"])
        })?;
    }
    timed("build", &mut || {
        build::workers(root, &build::Worker::ALL)?;
        build::workers(root, &[build::Worker::Caller])?;
        build::clients(root)
    })?;
    if filter.is_none() {
        timed("OpenAPI document", &mut || contract::check(root))?;
    }
    let mut left_out = Vec::new();
    timed("end-to-end tests", &mut || {
        let mut tests = command(root, "cargo");
        run(tests.args(["test", "-p", "tests", "--test", "e2e", "--no-run"]))?;
        let stack = stack::OwnStack::start(root, "test", &[])?;
        say("end-to-end tests");
        let mut tests = command(root, "cargo");
        tests.args(["test", "-p", "tests", "--test", "e2e"]);
        if let Some(filter) = filter {
            ensure!(
                is_test(root, filter)?,
                "no end-to-end test is called {filter}"
            );
            tests.args(["--", filter]);
        }
        run(tests.env("WEBHOOKS_STACK", &stack.file))?;
        left_out.extend(stack.left_out());
        if filter.is_none() {
            contract::expect_exercised(root, &stack.exercised()?)?;
            left_out.extend(browser_tests(root, &stack.file)?);
        }
        for session in ["1", "2"].iter().filter(|_| filter.is_none()) {
            say("SQL tests with other time zones and formats");
            let mut tests = command(root, "cargo");
            tests.args(["test", "--quiet", "-p", "tests", "--test", "e2e", "--"]);
            tests.args(SQL_TESTS).env("WEBHOOKS_STACK", &stack.file);
            run(tests.env("WEBHOOKS_TEST_SESSION", session))?;
        }
        say("looking for secrets in what was logged");
        expect_no_secrets(&stack.logs()?)
    })?;

    if filter.is_none() {
        timed("calls made of the document", &mut || {
            left_out.extend(fuzz::run_all(root)?);
            Ok(())
        })?;
    }
    tell_left_out(&left_out)?;
    say("all green");
    for (name, time) in times {
        eprintln!("    {name}: {}", seconds(time));
    }
    Ok(())
}

/// The tests of the portal in a real browser, if there is one: what to install, if not.
fn browser_tests(root: &Path, stack: &Path) -> Result<Option<String>> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let chromium = named.unwrap_or_else(|| PathBuf::from("/usr/bin/chromium"));
    if !chromium.is_file() {
        return Ok(Some(format!(
            "the browser tests: there is no {}; `apt-get install chromium`, or set CHROMIUM to one",
            chromium.display()
        )));
    }
    say("browser tests");
    let mut tests = command(root, "node");
    tests.args(["--test", "--test-concurrency=1", "portal/tests/*.test.ts"]);
    run(tests.env("WEBHOOKS_STACK", stack).env("CHROMIUM", chromium))?;
    Ok(None)
}

/// Says what was left out because something is not installed, which CI does not let pass.
fn tell_left_out(left_out: &[String]) -> Result<()> {
    for what in left_out {
        say(&format!("left out: {what}"));
    }
    ensure!(
        left_out.is_empty() || std::env::var_os("CI").is_none(),
        "CI is to leave nothing out"
    );
    Ok(())
}

/// Looks through everything that was logged for what a secret, a key or a token looks
/// like. What was logged at all is the check's own check: tests make workers log errors.
fn expect_no_secrets(logs: &[(PathBuf, String)]) -> Result<()> {
    const SHAPES: [&str; 9] = [
        "whsec_",
        "nk_live_",
        "wpl_",
        "wps_",
        "wcl_",
        "wcs_",
        "sb_secret_",
        "eyJhbGciOi",
        "postgres://",
    ];
    for (file, text) in logs {
        for shape in SHAPES {
            ensure!(!text.contains(shape), "{} has a {shape}…", file.display());
        }
    }
    let bytes: usize = logs.iter().map(|(_, text)| text.len()).sum();
    eprintln!("    none in {} files, {bytes} bytes", logs.len());
    Ok(())
}

/// Whether the filter fits a test: cargo calls it a success where it does not.
fn is_test(root: &Path, filter: &str) -> Result<bool> {
    let output = command(root, "cargo")
        .args([
            "test", "--quiet", "-p", "tests", "--test", "e2e", "--", "--list", filter,
        ])
        .output()?;
    Ok(String::from_utf8_lossy(&output.stdout).contains(": test"))
}

fn cargo(root: &Path, arguments: &[&str]) -> Result<()> {
    run(Command::new("cargo").current_dir(root).args(arguments))
}

#[expect(clippy::disallowed_methods, reason = "this program is no worker")]
fn now() -> Instant {
    Instant::now()
}

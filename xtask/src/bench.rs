//! The bench: built, given a stack of its own, and run.

use std::path::Path;

use anyhow::Result;

use crate::{build, command, run, say, setup, stack};

/// Runs the bench with these options.
pub(crate) fn run_all(root: &Path, options: &[String]) -> Result<()> {
    setup::all(root)?;
    let bench = || {
        let mut cargo = command(root, "cargo");
        cargo.args(["run", "--quiet", "--profile", "native", "-p", "bench", "--"]);
        cargo
    };
    if options
        .iter()
        .any(|option| option == "--help" || option == "-h")
    {
        return run(bench().args(options));
    }
    build::workers(root, &build::Worker::ALL)?;
    say("building the bench");
    run(command(root, "cargo").args(["build", "--profile", "native", "-p", "bench"]))?;
    let stack = stack::OwnStack::start(root, "bench", &[])?;
    say("measuring");
    run(bench().args(options).env("WEBHOOKS_STACK", &stack.file))
}

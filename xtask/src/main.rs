//! `cargo xtask`: sets up, builds, runs and tests the project.
//!
//! Needs Rust and Node on the machine, nothing else. Everything else is installed by
//! [`setup`] from the Rust and npm registries, into git-ignored folders.

mod bench;
mod build;
mod check;
mod compatibility;
mod contract;
mod deploy;
mod fuzz;
mod migrate;
mod setup;
mod stack;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};

/// Sets up, builds, runs and tests the webhook system.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Runs everything on this machine: database, API, workers, cron, a receiver
    Dev {
        /// Start with an empty database
        #[arg(long)]
        fresh: bool,
        /// Refuse local endpoints, as in production (ALLOW_LOCAL_ENDPOINTS off)
        #[arg(long)]
        strict: bool,
        /// Give the demo user endpoints of several kinds and an hour of traffic
        #[arg(long)]
        demo: bool,
        /// Serve the portal and the console from their sources, and change them in the browser as they change
        #[arg(long)]
        portal: bool,
    },
    /// Checks formatting and lints, and runs all tests
    Test {
        /// Run only end-to-end tests whose name contains this, and nothing else
        filter: Option<String>,
    },
    /// Measures what the system costs, on a stack of its own (about fifteen minutes)
    #[command(disable_help_flag = true)]
    Bench {
        /// As `cargo xtask bench --help` says
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
    /// Applies the SQL of migrations/ to a database, in one transaction
    ///
    /// What was applied before is not applied again, so that it can be run any time, also under
    /// load. It waits at most five seconds for a lock, and then changes nothing.
    Migrate(migrate::Options),
    /// Deploys: migrates the database, uploads both workers with their settings, and waits until they answer
    ///
    /// Settings are environment variables, as docs/configuration.md names them, and DATABASE_URL; what is missing is
    /// asked for. An account of Cloudflare is wrangler's: `npx wrangler login`, or CLOUDFLARE_API_TOKEN. It can be
    /// repeated: what is there already stays.
    Deploy(deploy::Options),
    /// Builds the workers as they are deployed
    Build {
        /// One of them: manage or deliver
        worker: Option<build::Worker>,
    },
}

fn main() -> ExitCode {
    match perform(&Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\x1b[1;31merror:\x1b[0m {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: &Task) -> Result<()> {
    let root = root();
    match *task {
        Task::Bench { ref options } => bench::run_all(&root, options),
        Task::Migrate(ref options) => migrate::run(&root, options),
        Task::Deploy(ref options) => deploy::run_all(&root, options),
        Task::Dev {
            fresh,
            strict,
            demo,
            portal,
        } => {
            setup::all(&root)?;
            build::workers(&root, &build::Worker::ALL)?;
            let flags = [
                (fresh, "--fresh"),
                (strict, "--strict"),
                (demo, "--demo"),
                (portal, "--portal"),
            ];
            let flags = flags.iter().filter(|(is_set, _)| *is_set);
            stack::dev(&root, flags.map(|(_, flag)| *flag))
        }
        Task::Test { ref filter } => check::run_all(&root, filter.as_deref()),
        Task::Build { worker } => {
            setup::all(&root)?;
            match worker {
                Some(worker) => build::workers(&root, &[worker]),
                None => build::workers(&root, &build::Worker::ALL),
            }
        }
    }
}

/// The workspace's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask is a folder of the workspace")
        .to_owned()
}

/// Says what begins, on standard error like cargo itself.
fn say(what: &str) {
    eprintln!("\x1b[1m==> {what}\x1b[0m");
}

/// `12.3 s`.
fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// A command in the workspace's folder that prefers this project's own tools.
fn command(root: &Path, program: &str) -> Command {
    let mut path = vec![
        root.join("node_modules/.bin"),
        setup::tools(root).join("bin"),
    ];
    path.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    let path = std::env::join_paths(path).expect("entries of PATH, and folders without colons");
    // Looked up here: a child's PATH does not decide where the child itself is found.
    let program = std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
        .unwrap_or_else(|| PathBuf::from(program));
    let mut command = Command::new(program);
    command
        .current_dir(root)
        .env("PATH", path)
        .env("WRANGLER_SEND_METRICS", "false")
        .env("LITE_TELEMETRY", "0")
        .env("DO_NOT_TRACK", "1")
        .env("REDOCLY_TELEMETRY", "off")
        .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    command
}

/// Runs a command to its end.
fn run(command: &mut Command) -> Result<()> {
    let name = format!("{} {}", command.get_program().display(), arguments(command));
    let status = command
        .status()
        .with_context(|| format!("{name} could not be started"))?;
    ensure!(status.success(), "{name} failed ({status})");
    Ok(())
}

fn arguments(command: &Command) -> String {
    let arguments: Vec<_> = command.get_args().map(|a| a.to_string_lossy()).collect();
    arguments.join(" ")
}

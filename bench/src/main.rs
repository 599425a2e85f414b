//! `cargo xtask bench`: what the system costs, measured on a local stack that has nothing
//! else to do. Writes a table to standard output, and the same as JSON to a file.
//!
//! Everything runs on this machine and shares it: the workers, the API server, Postgres,
//! the receiver and the load itself.

#![expect(
    clippy::disallowed_methods,
    reason = "this program is no worker, and measures time"
)]

mod cpu;
mod floor;
mod load;
mod log;
mod receiver;
mod report;
mod size;
mod sql;
mod startup;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use tests::stack::Stack;

use crate::cpu::Processes;
use crate::receiver::Receiver;
use crate::report::Report;

#[derive(Parser)]
#[command(name = "cargo xtask bench", about = "Measures what the system costs")]
struct Cli {
    /// A tenth of the load and of the rows: to see that it works
    #[arg(long)]
    quick: bool,
    /// Only this part; may be given several times
    #[arg(long)]
    only: Vec<Part>,
    /// Rows of the large tables for `sql`; deliveries of one endpoint for `retention`
    #[arg(long)]
    rows: Option<u32>,
    /// Where the figures are written as JSON
    #[arg(long, default_value = ".dev/bench.json")]
    json: PathBuf,
}

/// A part of the bench.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Part {
    /// wasm, raw and gzipped
    Size,
    /// What a worker does before its first request
    Startup,
    /// PostgREST calls per event
    Calls,
    /// Time from POST to arrival
    Latency,
    /// Deliveries per second, and CPU time by part
    Load,
    /// The SQL of the commonest event, and a claim beside an open snapshot
    Event,
    /// Deleting an endpoint with many deliveries, and retention
    Retention,
    /// The SQL functions among many rows
    Sql,
    /// What owners do with their events, among many
    Log,
}

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    let wanted = |part| cli.only.is_empty() || cli.only.contains(&part);
    let root = root();
    let stack = Stack::get();
    let processes = Processes::find(stack_process()?, &stack.database().await).await?;
    let mut receiver = Receiver::start().await?;
    let mut report = Report::default();

    if wanted(Part::Size) {
        size::measure(&root, &mut report)?;
    }
    if wanted(Part::Startup) {
        startup::measure(&root, &mut report)?;
    }
    if wanted(Part::Calls) {
        load::calls(&stack, &receiver, &mut report).await?;
    }
    if wanted(Part::Latency) {
        let events = if cli.quick { 40 } else { 400 };
        load::latency(&stack, &mut receiver, events, &mut report).await?;
    }
    if wanted(Part::Load) {
        let deliveries = if cli.quick { 2_000 } else { 20_000 };
        floor::measure(&root, processes, &receiver, deliveries, &mut report).await?;
        load::throughput(&stack, processes, &receiver, deliveries, &mut report).await?;
    }
    if wanted(Part::Event) {
        sql::commonest_event(&stack, &mut report).await?;
        sql::beside_a_snapshot(&stack, &mut report).await?;
    }
    let rows = cli
        .rows
        .unwrap_or(if cli.quick { 100_000 } else { 1_000_000 });
    if wanted(Part::Retention) {
        sql::deletion_and_retention(&stack, rows, &mut report).await?;
    }
    if wanted(Part::Sql) {
        sql::measure(&stack, [10_000, rows], &mut report).await?;
    }
    if wanted(Part::Log) {
        log::measure(&stack, rows, &mut report).await?;
    }

    println!("{}", report.markdown());
    let file = root.join(&cli.json);
    std::fs::write(&file, report.json())
        .with_context(|| format!("{} could not be written", file.display()))?;
    progress(&format!("as JSON in {}", cli.json.display()));
    Ok(())
}

/// The workspace's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The process that leads the stack.
fn stack_process() -> Result<u32> {
    let stack = std::env::var_os("WEBHOOKS_STACK").context("run `cargo xtask bench`")?;
    let file = Path::new(&stack).with_file_name("stack.pid");
    let text = std::fs::read_to_string(file).context("the stack is not running")?;
    Ok(text.trim().parse()?)
}

/// Says what is being done, on standard error.
fn progress(what: &str) {
    eprintln!("    {what}");
}

/// The time that `share` (0 to 1) of the times do not exceed.
fn percentile(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    let place = (last as f64 * share).round() as usize;
    times.get(place).copied().unwrap_or_default()
}

/// `1.23 ms`.
fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

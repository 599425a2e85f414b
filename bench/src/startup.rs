//! What a worker does before its first request: compiling and instantiating.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::report::Report;
use crate::{milliseconds, percentile};

const RUNS: usize = 5;

/// A profile as V8 writes it; times are in microseconds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    nodes: Vec<Node>,
    samples: Vec<u64>,
    time_deltas: Vec<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    id: u64,
    call_frame: CallFrame,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CallFrame {
    function_name: String,
}

/// The start-up time of each worker, by `wrangler check startup`.
pub(crate) fn measure(root: &Path, report: &mut Report) -> Result<()> {
    for worker in ["manage", "deliver"] {
        let mut times = Vec::new();
        for _ in 0..RUNS {
            times.push(profile(root, worker)?);
        }
        let value = milliseconds(percentile(&mut times, 0.5));
        report.add(
            &format!("start-up of {worker}"),
            value,
            "active time in `wrangler check startup`, median of 5; aim: under 10 ms",
        );
    }
    Ok(())
}

fn profile(root: &Path, worker: &str) -> Result<Duration> {
    let file = root.join(".dev/startup.cpuprofile");
    let output = Command::new(root.join("node_modules/.bin/node"))
        .arg(root.join("node_modules/wrangler/bin/wrangler.js"))
        .args([
            "check",
            "startup",
            &format!("--args=--env {worker}"),
            "--outfile",
        ])
        .arg(&file)
        .current_dir(root)
        .env("WRANGLER_SEND_METRICS", "false")
        .output()
        .context("wrangler could not be started")?;
    let text = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "wrangler check startup failed: {text}"
    );
    let profile: Profile = serde_json::from_str(&fs::read_to_string(&file)?)?;
    fs::remove_file(file)?;
    let is_idle = |id: &u64| {
        let node = profile.nodes.iter().find(|node| node.id == *id);
        node.is_some_and(|node| node.call_frame.function_name == "(idle)")
    };
    let samples = profile.samples.iter().zip(&profile.time_deltas);
    let active: i64 = samples
        .filter(|(id, _)| !is_idle(id))
        .map(|(_, time)| time)
        .sum();
    Ok(Duration::from_micros(active.max(0) as u64))
}

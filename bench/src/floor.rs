//! What workerd itself costs: a Worker that does nothing but send.

use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt, stream};
use tests::stack::client;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::cpu::Processes;
use crate::load::AT_ONCE;
use crate::progress;
use crate::receiver::Receiver;
use crate::report::Report;

/// Deliveries of a call: as in `floor.mjs`.
const DELIVERIES: usize = 100;

/// Deliveries per second, and CPU time, without a database and without signing.
pub(crate) async fn measure(
    root: &Path,
    processes: Processes,
    receiver: &Receiver,
    deliveries: usize,
    report: &mut Report,
) -> Result<()> {
    progress("load: workerd alone");
    let mut child = Command::new(root.join("node_modules/.bin/node"))
        .arg(root.join("bench/floor.mjs"))
        .arg(&receiver.url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("node could not be started")?;
    let output = child.stdout.take().context("it is piped")?;
    let mut lines = BufReader::new(output).lines();
    let url = lines.next_line().await?.context("it did not start")?;

    let client = client();
    let run = async |calls: usize| -> Result<()> {
        let mut answers = stream::iter(0..calls)
            .map(|_| client.post(&url).send())
            .buffer_unordered(AT_ONCE);
        while let Some(answer) = answers.next().await {
            ensure!(answer?.status().is_success(), "it did not send");
        }
        Ok(())
    };
    let calls = deliveries / DELIVERIES;
    run(calls.div_ceil(10)).await?;
    let (before, start) = (processes.cpu()?, Instant::now());
    run(calls).await?;
    let (time, cpu) = (start.elapsed(), processes.cpu()?.since(&before));
    let done = (calls * DELIVERIES) as f64;
    report.add(
        "deliveries per second: workerd alone",
        format!("{:.0}", done / time.as_secs_f64()),
        "a Worker in JavaScript that only sends, 100 a call: nothing built on one workerd is faster",
    );
    report.add(
        "CPU per 1,000: workerd alone",
        cpu.per(done / 1000.0),
        "what workerd's HTTP costs, of each figure below",
    );
    drop(child.stdin.take());
    child.wait().await?;
    Ok(())
}

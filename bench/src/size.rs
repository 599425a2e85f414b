//! What is uploaded.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::report::Report;

/// The size of each worker's wasm.
pub(crate) fn measure(root: &Path, report: &mut Report) -> Result<()> {
    for worker in ["manage", "deliver"] {
        let file = root.join(worker).join("build/index_bg.wasm");
        let wasm = fs::read(&file).context("run `cargo xtask build` first")?;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&wasm)?;
        let value = format!("{} B, {} B gzipped", wasm.len(), gzip.finish()?.len());
        report.add(
            &format!("wasm of {worker}"),
            value,
            "gzip -9; aim: under 300 kB gzipped",
        );
    }
    Ok(())
}

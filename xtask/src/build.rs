//! Building the workers, by worker-build.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;
use serde_json::{Value, json};
use wasmparser::{Parser, Payload};

use crate::{command, run, say};

const TARGET: &str = "wasm32-unknown-unknown";

/// How wasm-opt runs: for size, with inlining off, which compresses better.
const WASM_OPT: [&str; 5] = [
    "-Oz",
    "--always-inline-max-function-size=0",
    "--flexible-inline-max-function-size=0",
    "--one-caller-inline-max-function-size=20",
    "--strip-producers",
];

/// What workerd supports and rustc emits.
const WASM_FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-exception-handling",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Classes that the crates `worker` and `wasm-streams` export to JavaScript whether they are
/// used or not; they are not. A part of their exports' names.
const UNUSED_CLASSES: [&str; 6] = [
    "containerstartupoptions",
    "intounderlyingbytesource",
    "intounderlyingsink",
    "intounderlyingsource",
    "minifyconfig",
    "r2range",
];

/// Makes cargo compile the standard library along with the workers, for size: a panic
/// ends the program at once and without a message, and `Debug` writes nothing. The flags
/// are unstable, hence `RUSTC_BOOTSTRAP`; the toolchain is pinned, so they mean the same
/// tomorrow. They are not in `.cargo/config.toml` because only this build needs them.
const SMALL_STD: [(&str, &str); 4] = [
    ("RUSTC_BOOTSTRAP", "1"),
    ("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort"),
    ("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size"),
    (
        "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
        "-Zunstable-options -Cpanic=immediate-abort -Zfmt-debug=none -Zlocation-detail=none",
    ),
];

/// A worker of this workspace.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Worker {
    Manage,
    Deliver,
    /// Only for the tests.
    #[value(skip)]
    Caller,
}

impl Worker {
    /// Those that are deployed.
    pub(crate) const ALL: [Self; 2] = [Self::Manage, Self::Deliver];

    fn name(self) -> &'static str {
        match self {
            Self::Manage => "manage",
            Self::Deliver => "deliver",
            Self::Caller => "caller",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Manage | Self::Deliver => self.name(),
            Self::Caller => "tests/caller",
        }
    }
}

/// Builds the workers that have changed, and says how large they are.
pub(crate) fn workers(root: &Path, workers: &[Worker]) -> Result<()> {
    say("building the workers");
    let mut build = command(root, "cargo");
    build.args(["build", "--release", "--target", TARGET]);
    for worker in workers {
        build.args(["-p", worker.name()]);
    }
    run(build.envs(SMALL_STD))?;

    let target = target_directory(root)?;
    for worker in workers {
        let name = worker.name();
        let compiled = target
            .join(TARGET)
            .join("release")
            .join(format!("{name}.wasm"));
        let folder = root.join(worker.folder());
        let packed = folder.join("build/index_bg.wasm");
        let compiled_at = modified(&compiled)
            .with_context(|| format!("cargo did not build {}", compiled.display()))?;
        if !modified(&packed).is_ok_and(|packed_at| packed_at > compiled_at) {
            pack(root, &folder)?;
        }
        let wasm = fs::read(&packed).with_context(|| format!("reading {}", packed.display()))?;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&wasm)?;
        eprintln!(
            "    {name}: {} bytes of wasm, {} gzipped",
            wasm.len(),
            gzip.finish()?.len()
        );
    }
    Ok(())
}

/// Runs wasm-bindgen and esbuild on one worker, through worker-build, which would otherwise
/// download them, and then wasm-opt.
fn pack(root: &Path, folder: &Path) -> Result<()> {
    let bin = root.join("node_modules/.bin");
    let mut pack = command(root, "worker-build");
    pack.arg("--release")
        .current_dir(folder)
        .envs(SMALL_STD)
        .env(
            "WASM_BINDGEN_BIN",
            crate::setup::tools(root).join("bin/wasm-bindgen"),
        )
        .env("ESBUILD_BIN", bin.join("esbuild"));
    let output = pack.output().context("worker-build could not be started")?;
    ensure!(
        output.status.success(),
        "worker-build failed on {}:\n{}{}",
        folder.display(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );

    let wasm = folder.join("build/index_bg.wasm");
    shrink(root, &wasm).inspect_err(|_| {
        // Else it would pass for up to date.
        let _ = fs::remove_file(&wasm);
    })
}

/// Drops what nobody calls, and optimizes the rest.
fn shrink(root: &Path, wasm: &Path) -> Result<()> {
    let graph = wasm.with_file_name("exports.json");
    fs::write(&graph, used_exports(&fs::read(wasm)?)?.to_string())?;
    let mut reduce = command(root, "wasm-metadce");
    reduce.arg(wasm).arg("-o").arg(wasm).args(WASM_FEATURES);
    // It prints what it removed.
    let output = reduce.arg("--graph-file").arg(&graph).output()?;
    ensure!(
        output.status.success(),
        "wasm-metadce failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    fs::remove_file(graph)?;
    let mut optimize = command(root, "wasm-opt");
    optimize.arg(wasm).arg("-o").arg(wasm);
    run(optimize.args(WASM_OPT).args(WASM_FEATURES))
}

/// The exports that JavaScript may use, as the graph that wasm-metadce reads.
fn used_exports(wasm: &[u8]) -> Result<Value> {
    let mut exports = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::ExportSection(section) = payload? {
            for export in section {
                exports.push(export?.name);
            }
        }
    }
    let is_used = |name: &&str| !UNUSED_CLASSES.iter().any(|class| name.contains(class));
    let graph = exports
        .into_iter()
        .filter(is_used)
        .map(|name| json!({"name": name, "export": name, "root": true}));
    Ok(graph.collect())
}

fn modified(file: &Path) -> io::Result<SystemTime> {
    fs::metadata(file)?.modified()
}

/// Where cargo puts what it builds, however that is configured.
fn target_directory(root: &Path) -> Result<PathBuf> {
    #[derive(Deserialize)]
    struct Metadata {
        target_directory: PathBuf,
    }
    let output = command(root, "cargo")
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .output()?;
    let metadata: Metadata =
        serde_json::from_slice(&output.stdout).context("cargo metadata failed")?;
    Ok(metadata.target_directory)
}

//! Building the workers, by worker-build.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use clap::ValueEnum;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;

use crate::{command, run, say};

const TARGET: &str = "wasm32-unknown-unknown";

/// What the workers' wasm has, as worker-build tells wasm-opt: what the platform knows and no more.
const WASM_FEATURES: [&str; 7] = [
    "--enable-mutable-globals",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-reference-types",
    "--enable-exception-handling",
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
    /// The workers that are deployed.
    pub(crate) const ALL: [Self; 2] = [Self::Manage, Self::Deliver];

    fn name(self) -> &'static str {
        match self {
            Self::Manage => "manage",
            Self::Deliver => "deliver",
            Self::Caller => "caller",
        }
    }

    /// The page that it serves, as vite knows it.
    fn page(self) -> Option<&'static str> {
        match self {
            Self::Manage => Some("portal"),
            Self::Deliver => Some("console"),
            Self::Caller => None,
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
    let target = target_directory(root)?;
    for worker in workers {
        let name = worker.name();
        let folder = root.join(worker.folder());
        // worker-build does this too, and then what takes longer.
        let mut compile = command(root, "cargo");
        run(compile.args(["build", "--release", "--target", TARGET, "-p", name]))?;
        let compiled = target.join(format!("{TARGET}/release/{name}.wasm"));
        let packed = folder.join("build/index_bg.wasm");
        let compiled_at = modified(&compiled)?;
        if !modified(&packed).is_ok_and(|packed_at| packed_at > compiled_at) {
            build(root, &folder)?;
        }
        if matches!(worker, Worker::Manage) {
            run(command(root, "node").args(["openapi/build.mjs", "manage/assets"]))?;
        }
        if let Some(page) = worker.page() {
            let mut vite = command(root, "vite");
            run(vite.args(["build", "portal", "--mode", page, "--logLevel", "warn"]))?;
        }
        if matches!(worker, Worker::Deliver) {
            let headers = root.join("deliver/assets/_headers");
            fs::copy(root.join("portal/console.headers"), &headers)
                .with_context(|| format!("writing {}", headers.display()))?;
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

/// Builds the TypeScript clients as they would be published.
pub(crate) fn clients(root: &Path) -> Result<()> {
    run(command(root, "tsc").args(["--project", "clients/typescript/tsconfig.build.json"]))
}

/// Runs worker-build, with the tools that it would otherwise download.
fn build(root: &Path, folder: &Path) -> Result<()> {
    let bin = root.join("node_modules/.bin");
    let mut build = command(root, "worker-build");
    build
        .arg("--release")
        .current_dir(folder)
        .env(
            "WASM_BINDGEN_BIN",
            crate::setup::tools(root).join("bin/wasm-bindgen"),
        )
        .env("WASM_OPT_BIN", bin.join("wasm-opt"))
        .env("ESBUILD_BIN", bin.join("esbuild"));
    run(&mut build)?;
    // The names of functions, which worker-build keeps, are a tenth of what is uploaded: a panic logs its message and its
    // place without them.
    let mut strip = command(root, "wasm-opt");
    strip.current_dir(folder).args(WASM_FEATURES);
    run(strip.args([
        "--strip-debug",
        "build/index_bg.wasm",
        "--output",
        "build/index_bg.wasm",
    ]))
}

fn modified(file: &Path) -> Result<SystemTime> {
    let modified = fs::metadata(file).and_then(|metadata| metadata.modified());
    modified.with_context(|| format!("reading {}", file.display()))
}

/// Where cargo puts what it builds, however that is configured.
fn target_directory(root: &Path) -> Result<PathBuf> {
    #[derive(Deserialize)]
    struct Metadata {
        target_directory: PathBuf,
    }
    let mut metadata = command(root, "cargo");
    metadata.args(["metadata", "--format-version=1", "--no-deps", "--offline"]);
    let output = metadata.output()?;
    let metadata: Metadata =
        serde_json::from_slice(&output.stdout).context("cargo metadata failed")?;
    Ok(metadata.target_directory)
}

//! What the machine needs besides Rust and Node, installed where it is missing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{command, run, say};

/// Tools that come as crates. wasm-bindgen must be of the version in Cargo.toml.
const CRATES: [(&str, &str); 2] = [("wasm-bindgen-cli", "0.2.129"), ("worker-build", "0.8.7")];

const TARGET: &str = "wasm32-unknown-unknown";

/// Where the crates' tools are.
pub(crate) fn tools(root: &Path) -> PathBuf {
    root.join(".dev/tools")
}

/// Installs whatever is missing. Quick where nothing is.
pub(crate) fn all(root: &Path) -> Result<()> {
    wasm_target()?;
    npm_packages(root)?;
    for (name, version) in CRATES {
        crate_tool(root, name, version)?;
    }
    Ok(())
}

fn wasm_target() -> Result<()> {
    let output = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .context("rustc could not be started")?;
    let folder = String::from_utf8_lossy(&output.stdout);
    if Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    say(&format!("installing the Rust target {TARGET}"));
    run(Command::new("rustup").args(["target", "add", TARGET]))
        .with_context(|| format!("install the Rust target {TARGET}, or rustup"))
}

/// `npm ci`, where what is installed is not what package-lock.json says.
pub(crate) fn npm_packages(root: &Path) -> Result<()> {
    let wanted = fs::read(root.join("package-lock.json"))?;
    let stamp = root.join("node_modules/.installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    say("installing npm packages (under a minute)");
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    if Command::new(npm).arg("--version").output().is_err() {
        bail!("npm was not found: install Node 20 or newer");
    }
    // Not `command`: npm replaces the very folder that has the newer Node.
    run(Command::new(npm).current_dir(root).args([
        "ci",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]))?;
    fs::write(stamp, wanted)?;
    Ok(())
}

fn crate_tool(root: &Path, name: &str, version: &str) -> Result<()> {
    let folder = tools(root);
    let installed = fs::read_to_string(folder.join(".crates.toml")).unwrap_or_default();
    if installed.contains(&format!("\"{name} {version} ")) {
        return Ok(());
    }
    say(&format!("installing {name} {version} (some minutes, once)"));
    let mut install = command(root, "cargo");
    install
        .args(["install", "--locked", "--force", "--root"])
        .arg(&folder)
        .arg(format!("{name}@{version}"))
        // Cargo's own progress, without a line for every crate.
        .env("CARGO_TERM_PROGRESS_WHEN", "auto");
    run(&mut install)
}

/// What Python programs of the tests need.
const PYTHON_PACKAGES: [&str; 2] = [
    "tests/fuzz/requirements.txt",
    "docs/receiving/python/requirements.txt",
];

/// A virtual environment of Python with the packages of the tests, made where it is missing. Without Python there
/// is none.
pub(crate) fn python(root: &Path) -> Result<()> {
    let folder = python_folder(root);
    let mut wanted = String::new();
    for file in PYTHON_PACKAGES {
        wanted += &fs::read_to_string(root.join(file))?;
    }
    let stamp = folder.join("installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let mut python = Command::new("python3");
    python.args(["-m", "venv", "--clear"]).arg(&folder);
    if !python.output().is_ok_and(|made| made.status.success()) {
        let _ = fs::remove_dir_all(&folder);
        return Ok(());
    }
    say("installing Python packages (under a minute)");
    let mut pip = Command::new(folder.join("bin/pip"));
    pip.current_dir(root)
        .args(["install", "--quiet", "--disable-pip-version-check"]);
    for file in PYTHON_PACKAGES {
        pip.args(["--requirement", file]);
    }
    run(&mut pip)?;
    fs::write(stamp, wanted)?;
    Ok(())
}

/// Where the virtual environment is, if it could be made.
pub(crate) fn python_folder(root: &Path) -> PathBuf {
    root.join(".dev/python")
}

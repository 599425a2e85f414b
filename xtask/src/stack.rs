//! The local stack, which `stack/main.mjs` is: started here, and stopped.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::{command, say};

/// Set by Ctrl-C and by signals that ask to stop.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

const POLL: Duration = Duration::from_millis(50);

/// How long the stack may take to start, and to stop.
const START_LIMIT: Duration = Duration::from_secs(120);
const STOP_LIMIT: Duration = Duration::from_secs(60);

/// Runs the stack with these flags of `stack/main.mjs` until it is interrupted.
pub(crate) fn dev<'a>(root: &Path, flags: impl Iterator<Item = &'a str>) -> Result<()> {
    catch_interrupts()?;
    say("starting the local stack");
    let mut main = program(root, &root.join(".dev"))?;
    let mut child = main
        .args(flags)
        .spawn()
        .context("node could not be started")?;
    loop {
        if let Some(status) = child.try_wait()? {
            ensure!(
                status.success() || INTERRUPTED.load(Ordering::SeqCst),
                "the local stack failed ({status})"
            );
            return Ok(());
        }
        if INTERRUPTED.load(Ordering::SeqCst) {
            eprintln!("\nstopping");
            return stop(&mut child);
        }
        thread::sleep(POLL);
    }
}

/// A stack for tests or for the bench alone, on free ports, empty at its start.
pub(crate) struct OwnStack {
    child: Child,
    /// Its stack.json.
    pub(crate) file: PathBuf,
}

impl OwnStack {
    /// Starts it in `.dev/<name>` and waits until it is ready.
    pub(crate) fn start(root: &Path, name: &str, flags: &[&str]) -> Result<Self> {
        catch_interrupts()?;
        say(&format!("starting a stack for the {name}"));
        let folder = root.join(".dev").join(name);
        fs::create_dir_all(&folder)?;
        let log = folder.join("stack.log");
        let file = folder.join("stack.json");
        let _ = fs::remove_file(&file);
        let _ = fs::remove_dir_all(folder.join("logs"));
        let _ = fs::remove_file(folder.join("exercised.txt"));
        let _ = fs::remove_file(folder.join("left_out.txt"));
        // What tests that failed have left of stacks of their own.
        let _ = fs::remove_dir_all(root.join(".dev/private"));
        // It shows keys.
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let output = options.open(&log)?;
        let child = program(root, &folder)?
            .args(["--fresh", "--random-ports"])
            .args(flags)
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .context("node could not be started")?;
        let mut stack = Self { child, file };
        let mut polls = 0;
        while !stack.file.exists() {
            polls += 1;
            ensure!(
                POLL * polls < START_LIMIT,
                "the stack is not ready after {} s, see {}",
                START_LIMIT.as_secs(),
                log.display()
            );
            if let Some(status) = stack.child.try_wait()? {
                let log = fs::read_to_string(&log).unwrap_or_default();
                bail!("the stack did not start ({status}):\n{log}");
            }
            ensure!(!INTERRUPTED.load(Ordering::SeqCst), "interrupted");
            thread::sleep(POLL);
        }
        Ok(stack)
    }
}

impl OwnStack {
    /// Which answers of the OpenAPI document the tests had, a line each.
    pub(crate) fn exercised(&self) -> Result<String> {
        let file = self.file.with_file_name("exercised.txt");
        fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))
    }

    /// What the tests had to leave out, a line each.
    pub(crate) fn left_out(&self) -> Vec<String> {
        let text = fs::read_to_string(self.file.with_file_name("left_out.txt"));
        text.unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// What the stack has logged since it was ready, and everything the tests started:
    /// files and their texts. Before that, the stack shows keys on purpose.
    pub(crate) fn logs(&self) -> Result<Vec<(PathBuf, String)>> {
        let own = self.file.with_file_name("stack.log");
        let text = fs::read_to_string(&own)?;
        let (_, since_ready) = text
            .split_once("\nReady.")
            .context("the stack's log does not say that it was ready")?;
        let mut logs = vec![(own, since_ready.to_owned())];
        let api = self.file.with_file_name("supabase.log");
        if api.exists() {
            logs.push((api.clone(), fs::read_to_string(api)?));
        }
        if let Ok(folder) = fs::read_dir(self.file.with_file_name("logs")) {
            for entry in folder {
                let file = entry?.path();
                let text = fs::read_to_string(&file)?;
                logs.push((file, text));
            }
        }
        Ok(logs)
    }
}

impl Drop for OwnStack {
    fn drop(&mut self) {
        if let Err(error) = stop(&mut self.child) {
            eprintln!("stopping the stack: {error}");
        }
    }
}

/// `stack/main.mjs`, which stops when the pipe to its standard input closes, be it
/// because this process died.
fn program(root: &Path, folder: &Path) -> Result<Command> {
    fs::create_dir_all(folder)?;
    let migrations = folder.join("migrations.sql");
    fs::write(&migrations, migrations::script()?)?;
    let mut main = command(root, "node");
    main.arg("stack/main.mjs")
        .arg("--with-parent")
        .arg("--dir")
        .arg(folder)
        .arg("--migrations")
        .arg(&migrations)
        .stdin(Stdio::piped());
    Ok(main)
}

fn stop(child: &mut Child) -> Result<()> {
    drop(child.stdin.take());
    let mut polls = 0;
    while child.try_wait()?.is_none() {
        polls += 1;
        if POLL * polls > STOP_LIMIT {
            child.kill()?;
            bail!("it did not stop within {} s", STOP_LIMIT.as_secs());
        }
        thread::sleep(POLL);
    }
    Ok(())
}

/// Has Ctrl-C and signals that ask to stop only noted.
pub(crate) fn catch_interrupts() -> Result<()> {
    match ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::SeqCst)) {
        // By the stack before.
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) => Ok(()),
        Err(error) => Err(error).context("signals could not be caught"),
    }
}

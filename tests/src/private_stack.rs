//! A stack of a test's own, which nobody else sends anything on, and which can be broken.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use uuid::Uuid;

use crate::stack::Stack;
use crate::{eventually, log_file};

/// A whole stack: `stack/main.mjs` in a folder of its own.
#[derive(Debug)]
pub struct PrivateStack {
    /// Where everything is.
    pub stack: Stack,
    folder: PathBuf,
    child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

impl PrivateStack {
    /// Starts one whose workers have these settings.
    ///
    /// # Panics
    /// It does not start.
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        Self::start_all(settings, &[]).await
    }

    /// As [`PrivateStack::start`], where nothing is sent unless the test has it sent.
    pub async fn start_without_cron(settings: &[(&str, &str)]) -> Self {
        Self::start_all(settings, &["--no-cron"]).await
    }

    async fn start_all(settings: &[(&str, &str)], flags: &[&str]) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let folder = root.join(format!(".dev/private/{}", Uuid::new_v4().simple()));
        let mut command = Command::new(root.join("node_modules/.bin/node"));
        // It is to start a database, whatever the tests run against.
        for name in [
            "SUPABASE_URL",
            "POSTGREST_URL",
            "DATABASE_URL",
            "SUPABASE_PUBLISHABLE_KEY",
            "SUPABASE_SERVICE_ROLE_KEY",
            "SUPABASE_JWT_SECRET",
        ] {
            command.env_remove(name);
        }
        std::fs::create_dir_all(&folder).expect("the folder can be created");
        let migrations = folder.join("migrations.sql");
        let script = migrations::script().expect("the files are readable");
        std::fs::write(&migrations, script).expect("the folder is writable");
        let mut child = command
            .arg(root.join("stack/main.mjs"))
            .args(["--random-ports", "--with-parent", "--dir"])
            .arg(&folder)
            .arg("--migrations")
            .arg(&migrations)
            .args(flags)
            .envs(settings.iter().copied())
            .env("LITE_TELEMETRY", "0")
            .env("DO_NOT_TRACK", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log_file("stack"))
            .spawn()
            .expect("Node is installed");
        let file = folder.join("stack.json");
        let output = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let input = child.stdin.take();
        // How long a start may take is not what is tested, and a machine may be busy.
        let stack = eventually("a private stack", Duration::from_secs(180), async || {
            let text = std::fs::read_to_string(&file).ok()?;
            Some(Stack::read(&text))
        })
        .await;
        Self {
            stack,
            folder,
            child,
            input,
            output,
        }
    }

    /// Its stack.json.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.folder.join("stack.json")
    }

    /// The secret its tokens are signed with.
    ///
    /// # Panics
    /// Its files are gone.
    #[must_use]
    pub fn jwt_secret(&self) -> String {
        let keys = std::fs::read_to_string(self.folder.join("keys.json")).expect("readable");
        let keys: serde_json::Value = serde_json::from_str(&keys).expect("JSON");
        keys["jwt_secret"].as_str().expect("a string").to_owned()
    }

    /// Ends `workers`, `api` or `database` as a fault would, and starts it again.
    ///
    /// # Panics
    /// It does not start again.
    pub async fn crash(&mut self, part: &str) {
        let line = format!("crash {part}\n");
        let input = self.input.as_mut().expect("it is not stopped");
        input.write_all(line.as_bytes()).await.expect("it runs");
        loop {
            let line = self.output.next_line().await.expect("it runs");
            if line.expect("it runs") == "crashed" {
                return;
            }
        }
    }

    /// Stops it and deletes its files.
    ///
    /// # Panics
    /// It cannot be waited for.
    pub async fn stop(mut self) {
        drop(self.input.take());
        self.child.wait().await.expect("it ends");
        std::fs::remove_dir_all(&self.folder).expect("its files can be deleted");
    }
}

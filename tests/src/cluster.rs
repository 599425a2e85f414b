//! Databases of a test's own, without workers or an API.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio_postgres::Client;

/// A cluster of one version of Postgres, as npm's binaries make it. Dropped, it ends and
/// its files go, a moment later.
#[derive(Debug)]
pub struct Cluster {
    /// Of its superuser.
    pub url: String,
    child: Child,
}

impl Cluster {
    /// Starts it, empty.
    ///
    /// # Panics
    /// It does not start.
    pub async fn start(version: u32) -> Self {
        let root = root();
        let mut child = Command::new(root.join("node_modules/.bin/node"))
            .arg(root.join("stack/postgres.mjs"))
            .arg(version.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node is installed");
        let output = child.stdout.take().expect("it is piped");
        let line = BufReader::new(output).lines().next_line().await;
        let line = line.expect("readable").expect("Postgres started");
        let ready: Value = serde_json::from_str(&line).expect("a line of JSON");
        let url = ready["database_url"].as_str().expect("a URL").to_owned();
        Self { url, child }
    }

    /// Stops it and waits until its files are gone.
    ///
    /// # Panics
    /// It cannot be waited for.
    pub async fn stop(mut self) {
        drop(self.child.stdin.take());
        self.child.wait().await.expect("it ends");
    }
}

/// Applies the SQL of the system, in one transaction.
///
/// # Panics
/// It does not apply.
pub async fn migrate(database: &Client) {
    let script = migrations::script().expect("the files are readable");
    let transaction = format!("begin;\n{script}\ncommit;");
    if let Err(error) = database.batch_execute(&transaction).await {
        panic!("{error:?}");
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

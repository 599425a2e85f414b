//! What the end-to-end tests stand on: the running stack, clients, receivers, faults.
//!
//! The tests speak HTTP and SQL only. Each has users of its own, so they run in
//! parallel, and against a stack that others use too. That stack may send a test's
//! deliveries at any time (its cron does, every minute), so tests look at what arrived
//! and at the database, not at who did it.

pub mod api_proxy;
pub mod cluster;
pub mod contract;
pub mod private_stack;
pub mod receiver;
pub mod stack;
pub mod workers;

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use uuid::Uuid;

/// A new file for the output of something a test starts. `cargo xtask test` looks through
/// them all for secrets.
///
/// # Panics
/// It cannot be created.
#[must_use]
pub fn log_file(name: &str) -> File {
    let folder = match std::env::var_os("WEBHOOKS_STACK") {
        Some(stack) => Path::new(&stack).with_file_name("logs"),
        None => std::env::temp_dir().join("webhooks-logs"),
    };
    std::fs::create_dir_all(&folder).expect("the folder can be created");
    let file = folder.join(format!("{name}-{}.log", Uuid::new_v4().simple()));
    File::create(file).expect("the file can be created")
}

/// Notes that a test cannot do its work here, for `cargo xtask test` to say.
///
/// # Panics
/// The note cannot be written.
pub fn leave_out(what: &str) {
    println!("left out: {what}");
    if let Some(stack) = std::env::var_os("WEBHOOKS_STACK") {
        let file = Path::new(&stack).with_file_name("left_out.txt");
        let file = File::options().append(true).create(true).open(file);
        let written = file.and_then(|mut file| file.write_all(format!("{what}\n").as_bytes()));
        written.expect("the file is writable");
    }
}

/// Waits until `probe` gives something, at most `limit`.
///
/// # Panics
/// It did not in time.
pub async fn eventually<T>(
    what: &str,
    limit: Duration,
    mut probe: impl AsyncFnMut() -> Option<T>,
) -> T {
    let wait = async {
        loop {
            if let Some(found) = probe().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    match tokio::time::timeout(limit, wait).await {
        Ok(found) => found,
        Err(_) => panic!("not within {limit:?}: {what}"),
    }
}

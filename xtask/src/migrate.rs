//! `cargo xtask migrate`: the SQL of the system, applied to a database or written to a file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::{command, say, setup};

/// What to do with the SQL.
#[derive(Args)]
pub(crate) struct Options {
    /// The database, as its owner: postgres://…  (or the environment variable DATABASE_URL)
    #[arg(long)]
    database_url: Option<String>,
    /// Say what would change, and change nothing
    #[arg(long, conflicts_with_all = ["print", "supabase"])]
    dry_run: bool,
    /// Write the SQL to standard output, for `psql -v ON_ERROR_STOP=1 -1 -f`
    #[arg(long, conflicts_with = "supabase")]
    print: bool,
    /// Write the SQL as a file for `supabase db push` into this folder
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, default_missing_value = "supabase/migrations")]
    supabase: Option<PathBuf>,
}

/// Applies the SQL, or writes it, as the options say.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let script = migrations::script()?;
    if options.print {
        print!("{script}");
        return Ok(());
    }
    match &options.supabase {
        Some(folder) => write_for_supabase(folder, &script),
        None => {
            let url = match &options.database_url {
                Some(url) => url.clone(),
                None => std::env::var("DATABASE_URL")
                    .context("say which database: --database-url, or the variable DATABASE_URL")?,
            };
            apply_to(root, &url, options.dry_run)
        }
    }
}

/// Applies the SQL to a database, or says what would change.
pub(crate) fn apply_to(root: &Path, url: &str, dry_run: bool) -> Result<()> {
    ensure!(
        url.starts_with("postgres://") || url.starts_with("postgresql://"),
        "the database's URL must begin with postgres://"
    );
    let script = migrations::script()?;
    setup::npm_packages(root)?;
    let file = root.join(".dev/migrations.sql");
    fs::create_dir_all(root.join(".dev"))?;
    fs::write(&file, script)?;
    say(match dry_run {
        true => "comparing with the database",
        false => "applying migrations",
    });
    let mut node = command(root, "node");
    node.arg("stack/migrate.mjs").arg(&file);
    if dry_run {
        node.arg("--dry-run");
    }
    // Not as an argument: other users of the machine see those.
    crate::run(node.env("DATABASE_URL", url))
}

/// Supabase runs files by the time in their names, each in a transaction of its own.
fn write_for_supabase(folder: &Path, script: &str) -> Result<()> {
    let output = Command::new("date")
        .args(["-u", "+%Y%m%d%H%M%S"])
        .output()?;
    let time = String::from_utf8(output.stdout)?;
    let file = folder.join(format!("{}_webhooks.sql", time.trim()));
    fs::create_dir_all(folder)?;
    fs::write(&file, format!("begin;\n{script}commit;\n"))
        .with_context(|| format!("{} could not be written", file.display()))?;
    say(&format!("wrote {}: now `supabase db push`", file.display()));
    Ok(())
}

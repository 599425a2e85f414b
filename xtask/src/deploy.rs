//! `cargo xtask deploy`: the database, both workers and their settings, in one command that can be repeated.

use std::fs;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde_json::{Map, Value};

use crate::{build, command, migrate, run, say, setup, stack};

/// What to deploy, and how.
#[derive(Args)]
pub(crate) struct Options {
    /// Show what would be done and bundle both workers, without an account and without changing anything
    #[arg(long)]
    dry_run: bool,
    /// Begin without asking
    #[arg(long)]
    yes: bool,
    /// Leave the database as it is
    #[arg(long)]
    no_migrate: bool,
    /// Where manage answers, if not at its workers.dev address
    #[arg(long, value_name = "URL")]
    manage_url: Option<String>,
    /// Where deliver answers, if not at its workers.dev address
    #[arg(long, value_name = "URL")]
    deliver_url: Option<String>,
    /// Send a test event to this receiver afterwards, in the name of the user of `TEST_TOKEN`
    #[arg(long, value_name = "URL")]
    test_receiver: Option<String>,
}

/// A setting of the workers: where it goes, and what it is for.
struct Setting {
    name: &'static str,
    workers: &'static [&'static str],
    is_secret: bool,
}

const BOTH: &[&str] = &["manage", "deliver"];

/// As docs/configuration.md says. Taken from the environment where they are there.
const SETTINGS: [Setting; 21] = [
    variable("SUPABASE_URL", BOTH),
    variable("POSTGREST_URL", BOTH),
    variable("SUPABASE_PUBLISHABLE_KEY", &["manage"]),
    secret("SUPABASE_SERVICE_ROLE_KEY"),
    secret("WAKE_UP_KEY"),
    secret("METRICS_KEY"),
    variable("DELIVERY_TIMEOUT_MS", &["deliver"]),
    variable("DELIVERY_CONCURRENCY", &["deliver"]),
    variable("DELIVERY_BATCH", &["deliver"]),
    variable("MAX_SUBREQUESTS", &["deliver"]),
    variable("MAX_SENT_BYTES", &["deliver"]),
    variable("MAX_BATCHES", &["deliver"]),
    variable("TICK_SECONDS", &["deliver"]),
    variable("ALERT_WEBHOOK_URL", &["deliver"]),
    variable("RETENTION_DAYS", &["deliver"]),
    variable("PORTAL_URL", &["deliver"]),
    variable("PORTAL_NAME", &["manage"]),
    variable("PORTAL_COLOR", &["manage"]),
    variable("PORTAL_LOGO", &["manage"]),
    variable("PORTAL_ORIGINS", &["manage"]),
    variable("DATABASE_TIMEOUT_MS", BOTH),
];

const fn variable(name: &'static str, workers: &'static [&'static str]) -> Setting {
    Setting {
        name,
        workers,
        is_secret: false,
    }
}

const fn secret(name: &'static str) -> Setting {
    Setting {
        name,
        workers: &["deliver"],
        is_secret: true,
    }
}

/// The values that were given or asked for, by the settings' names.
struct Values {
    settings: Vec<(&'static Setting, String)>,
    database_url: Option<String>,
}

/// Deploys, or shows what that would be.
pub(crate) fn run_all(root: &Path, options: &Options) -> Result<()> {
    let values = Values::read(options)?;
    values.show(options);
    if !options.dry_run && !options.yes {
        ensure!(
            std::io::stdin().is_terminal(),
            "say --yes to begin without being asked"
        );
        let answer = ask("Begin? [y/N] ")?;
        ensure!(answer.eq_ignore_ascii_case("y"), "nothing was changed");
    }
    // From here on Ctrl-C ends the program that runs, and what this one has written is deleted.
    stack::catch_interrupts()?;
    setup::all(root)?;
    if let Some(url) = &values.database_url {
        migrate::apply_to(root, url, options.dry_run)?;
    }
    build::workers(root, &build::Worker::ALL)?;
    let manage = values.deploy(root, "manage", options)?;
    let deliver = values.deploy(root, "deliver", options)?;
    if options.dry_run {
        say("nothing was changed");
        return Ok(());
    }
    let manage = options.manage_url.clone().or(manage);
    let deliver = options.deliver_url.clone().or(deliver);
    let (Some(manage), Some(deliver)) = (manage, deliver) else {
        bail!("wrangler did not say where the workers are: --manage-url and --deliver-url");
    };
    say("waiting until both answer");
    let mut check = command(root, "node");
    check
        .arg("stack/deployed.mjs")
        .env("MANAGE_URL", manage)
        .env("DELIVER_URL", deliver)
        .env("SERVICE_KEY", values.get("SUPABASE_SERVICE_ROLE_KEY"))
        .env(
            "TEST_RECEIVER",
            options.test_receiver.as_deref().unwrap_or_default(),
        );
    run(&mut check)
}

impl Values {
    /// From the environment; what must be there and is not is asked for.
    fn read(options: &Options) -> Result<Self> {
        let given = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let is_plain = given("POSTGREST_URL").is_some();
        ensure!(
            !(is_plain && given("SUPABASE_URL").is_some()),
            "give either SUPABASE_URL or POSTGREST_URL"
        );
        let mut settings = Vec::new();
        for setting in &SETTINGS {
            let is_needed = match setting.name {
                "SUPABASE_URL" | "SUPABASE_PUBLISHABLE_KEY" => !is_plain,
                name => name == "SUPABASE_SERVICE_ROLE_KEY",
            };
            let value = match given(setting.name) {
                None if is_needed && options.dry_run => Some("(missing)".to_owned()),
                None if is_needed => Some(ask_for(setting.name, setting.is_secret)?),
                given => given,
            };
            settings.extend(value.map(|value| (setting, value)));
        }
        let database_url = match (options.no_migrate, given("DATABASE_URL")) {
            (true, _) => None,
            (false, None) if options.dry_run => None,
            (false, None) => Some(ask_for("DATABASE_URL", true)?),
            (false, given) => given,
        };
        ensure!(
            options.test_receiver.is_none() || options.dry_run || given("TEST_TOKEN").is_some(),
            "--test-receiver needs TEST_TOKEN, the token or API key of a user"
        );
        Ok(Self {
            settings,
            database_url,
        })
    }

    fn get(&self, name: &str) -> &str {
        let found = self
            .settings
            .iter()
            .find(|(setting, _)| setting.name == name);
        found.map_or("", |(_, value)| value)
    }

    /// Says what will be done, without values that are secret.
    fn show(&self, options: &Options) {
        say("what will be done");
        match (&self.database_url, options.no_migrate) {
            (Some(_), _) => eprintln!("    database: apply what is new of migrations/"),
            (None, true) => eprintln!("    database: left as it is (--no-migrate)"),
            (None, false) => eprintln!("    database: DATABASE_URL (missing)"),
        }
        for worker in BOTH {
            eprintln!("    {worker}: deploy webhooks-{worker} with");
            for (setting, value) in &self.settings {
                if setting.workers.contains(worker) {
                    let shown = match setting.is_secret && value != "(missing)" {
                        true => "(secret)",
                        false => value,
                    };
                    eprintln!("        {} = {shown}", setting.name);
                }
            }
        }
        eprintln!("    variables that are not listed stay as they are");
    }

    /// Has wrangler deploy a worker, and gives the address that it says.
    fn deploy(&self, root: &Path, worker: &str, options: &Options) -> Result<Option<String>> {
        say(&format!("deploying {worker}"));
        let mut wrangler = command(root, "wrangler");
        wrangler.args(["deploy", "--env", worker, "--keep-vars"]);
        let mut secrets = Map::new();
        let settings = self.settings.iter();
        for (setting, value) in settings.filter(|(setting, _)| setting.workers.contains(&worker)) {
            if setting.is_secret {
                secrets.insert(setting.name.to_owned(), Value::String(value.clone()));
            } else {
                wrangler
                    .arg("--var")
                    .arg(format!("{}:{value}", setting.name));
            }
        }
        if options.dry_run {
            let bundle = root.join(".dev/deploy").join(worker);
            wrangler.arg("--dry-run").arg("--outdir").arg(bundle);
            run(&mut wrangler)?;
            return Ok(None);
        }
        // With the version, so that no version is without them.
        let file = SecretsFile::write(root, &secrets)?;
        if !secrets.is_empty() {
            wrangler.arg("--secrets-file").arg(&file.0);
        }
        let mut child = wrangler
            .stdout(Stdio::piped())
            .spawn()
            .context("wrangler could not be started")?;
        let output = child.stdout.take().context("it is piped")?;
        let mut address = None;
        for line in BufReader::new(output).lines() {
            let line = line?;
            println!("{line}");
            let word = line
                .split_whitespace()
                .find(|word| word.starts_with("https://"));
            if let Some(word) = word.filter(|word| word.ends_with(".workers.dev")) {
                address = Some(word.to_owned());
            }
        }
        let status = child.wait()?;
        ensure!(status.success(), "wrangler deploy failed ({status})");
        Ok(address)
    }
}

/// A file that only this user reads, deleted when it is dropped.
struct SecretsFile(PathBuf);

impl SecretsFile {
    fn write(root: &Path, secrets: &Map<String, Value>) -> Result<Self> {
        let folder = root.join(".dev/deploy");
        fs::create_dir_all(&folder)?;
        let file = folder.join("secrets.json");
        let mut options = fs::File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(&file)?;
        serde_json::to_writer(written, secrets)?;
        Ok(Self(file))
    }
}

impl Drop for SecretsFile {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0) {
            eprintln!("{} could not be deleted: {error}", self.0.display());
        }
    }
}

/// Asks for a setting at the terminal.
fn ask_for(name: &str, is_secret: bool) -> Result<String> {
    ensure!(
        std::io::stdin().is_terminal(),
        "the environment variable {name} is missing"
    );
    let question = format!("{name}: ");
    let answer = match is_secret {
        true => rpassword::prompt_password(question)?,
        false => ask(&question)?,
    };
    ensure!(!answer.is_empty(), "{name} is missing");
    Ok(answer)
}

fn ask(question: &str) -> Result<String> {
    eprint!("{question}");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_setting_of_the_documentation_is_deployed() {
        let documented: BTreeSet<&str> = include_str!("../../docs/configuration.md")
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
            // Of development only.
            .filter(|name| *name != "ALLOW_LOCAL_ENDPOINTS")
            .collect();
        let deployed = SETTINGS.iter().map(|setting| setting.name).collect();
        assert_eq!(documented, deployed);
        for setting in &SETTINGS {
            let row = format!("| `{}` | ", setting.name);
            let text = include_str!("../../docs/configuration.md");
            let row = text.lines().find(|line| line.starts_with(&row)).unwrap();
            assert_eq!(row.contains("secret |"), setting.is_secret, "{row}");
            assert_eq!(row.contains("| both |"), setting.workers == BOTH, "{row}");
        }
    }
}

//! CPU time by part of the stack, from /proc (Linux only).

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};

/// Ticks a second in /proc/*/stat: USER_HZ, which is 100 on every architecture Linux has
/// today (`man 5 proc`).
const TICKS: f64 = 100.0;

/// CPU seconds by part, since each part's start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cpu(BTreeMap<&'static str, f64>);

/// The parts, in the order they are shown.
const PARTS: [&str; 4] = ["workerd", "database", "API server", "load and receiver"];

struct Process {
    parent: u32,
    seconds: f64,
    command: String,
}

/// The processes that lead what is measured.
#[derive(Clone, Copy)]
pub(crate) struct Processes {
    stack: u32,
    database: u32,
}

impl Processes {
    /// Those of the stack, whose leader is `stack`.
    pub(crate) async fn find(stack: u32, database: &tokio_postgres::Client) -> Result<Self> {
        let backend: i32 = database
            .query_one("select pg_backend_pid()", &[])
            .await?
            .get(0);
        let processes = processes()?;
        let backend = processes
            .get(&backend.unsigned_abs())
            .context("the database is local")?;
        Ok(Self {
            stack,
            database: backend.parent,
        })
    }

    /// What they, and this process, have used so far; those of their children that have
    /// ended included.
    pub(crate) fn cpu(&self) -> Result<Cpu> {
        let this = std::process::id();
        let processes = processes()?;
        let mut cpu = Cpu::default();
        for (&id, process) in &processes {
            let mut leader = id;
            while ![self.stack, self.database, this, 0].contains(&leader) {
                leader = processes.get(&leader).map_or(0, |process| process.parent);
            }
            let part = match process.command.as_str() {
                // One from outside is no child of the stack.
                command if command.contains("postgrest") => "API server",
                _ if leader == 0 => continue,
                _ if leader == self.database => "database",
                // This process has workers of its own.
                command if command.contains("workerd") => "workerd",
                command if command.contains("supabase.mjs") => "API server",
                _ if id == this => "load and receiver",
                _ => continue,
            };
            *cpu.0.entry(part).or_default() += process.seconds;
        }
        Ok(cpu)
    }
}

impl Cpu {
    /// What was used since `before`.
    pub(crate) fn since(&self, before: &Self) -> Self {
        let used = self.0.iter().map(|(part, seconds)| {
            (
                *part,
                seconds - before.0.get(part).copied().unwrap_or_default(),
            )
        });
        Self(used.collect())
    }

    /// Seconds per unit, in all and by part.
    pub(crate) fn per(&self, units: f64) -> String {
        let all: f64 = self.0.values().sum();
        let parts = PARTS.map(|part| {
            let seconds = self.0.get(part).copied().unwrap_or_default();
            format!("{part} {:.2}", seconds / units)
        });
        format!("{:.2} s: {}", all / units, parts.join(", "))
    }
}

fn processes() -> Result<BTreeMap<u32, Process>> {
    let mut processes = BTreeMap::new();
    for entry in fs::read_dir("/proc").context("CPU time is read from /proc")? {
        let entry = entry?;
        let Some(id) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        // One that ended meanwhile is none.
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else {
            continue;
        };
        let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        // After the name, which may hold anything: state, parent, …, times as the 12th to 15th.
        let fields: Vec<&str> = match stat.rsplit_once(") ") {
            Some((_, rest)) => rest.split(' ').collect(),
            None => continue,
        };
        let number = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok());
        let ticks: f64 = (11..15).filter_map(number).sum();
        processes.insert(
            id,
            Process {
                parent: number(1).unwrap_or_default() as u32,
                seconds: ticks / TICKS,
                command: String::from_utf8_lossy(&command).replace('\0', " "),
            },
        );
    }
    Ok(processes)
}

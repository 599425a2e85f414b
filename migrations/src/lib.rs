//! The SQL of the system as one script, to be run in one transaction.
//!
//! `NNNN_*.sql` (tables, constraints, indexes) and `rules/NNNN_*.sql` (triggers, policies,
//! privileges) are run once and recorded with a checksum in `webhooks.migrations`;
//! `functions/*.sql` are applied every time. What is no longer in `functions/` is dropped.

use std::fmt::Write;
use std::io::{Error, Result};
use std::path::Path;
use std::{fs, path::PathBuf};

use sha2::{Digest, Sha256};

/// Runs first. Migrations wait for each other, and for others' locks no longer than the time-out.
const PREAMBLE: &str = "\
set local lock_timeout = '5s';
set local client_min_messages = warning;
-- Functions may call each other in any order.
set local check_function_bodies = off;
select pg_advisory_xact_lock(hashtextextended('webhooks.migrations', 0));
create schema if not exists webhooks;
create table if not exists webhooks.migrations (
  name text constraint migrations_pkey primary key,
  checksum text not null,
  applied_at timestamptz not null default now()
);
comment on table webhooks.migrations is 'Files that were run, with the SHA-256 of each.';
create table if not exists webhooks.public_functions (
  name text constraint public_functions_pkey primary key
);
comment on table webhooks.public_functions is
  'Functions in the schema public that are this system''s: those that it no longer has are dropped.';
alter table webhooks.migrations enable row level security;
alter table webhooks.public_functions enable row level security;
";

/// Runs last: drops functions that were not created or replaced by this transaction, of the schema
/// `webhooks` and those recorded of `public`, and has PostgREST load the rest.
const END: &str = "\
do $end$
declare
  old record;
begin
  for old in
    select p.oid::regprocedure as signature
    from pg_catalog.pg_proc p
    where p.xmin <> pg_current_xact_id()::xid
      and (p.pronamespace = 'webhooks'::regnamespace
        or p.pronamespace = 'public'::regnamespace
          and p.proname in (select f.name from webhooks.public_functions f))
  loop
    execute format('drop function %s', old.signature);
  end loop;
end
$end$;
notify pgrst, 'reload schema';
";

/// A file that is run once.
#[derive(Debug)]
pub struct Migration {
    /// As it is recorded: `0001_platform.sql`, `rules/0001_privileges.sql`.
    pub name: String,
    /// Its text.
    pub sql: String,
    /// The SHA-256 of the text, in hex.
    pub checksum: String,
}

/// The files that are run once, before the functions and after them.
///
/// # Errors
/// A file cannot be read.
pub fn migrations() -> Result<(Vec<Migration>, Vec<Migration>)> {
    let root = root();
    Ok((
        numbered(&root, "")?,
        numbered(&root.join("rules"), "rules/")?,
    ))
}

/// Everything as one text without commands of psql, for one transaction: `psql -1 -f`, or
/// `begin` and `commit` around it.
///
/// # Errors
/// A file cannot be read.
pub fn script() -> Result<String> {
    let (tables, rules) = migrations()?;
    let functions: Vec<String> = sql_files(&root().join("functions"))?
        .iter()
        .map(fs::read_to_string)
        .collect::<Result<_>>()?;
    compose(&tables, &functions, &rules)
}

fn compose(tables: &[Migration], functions: &[String], rules: &[Migration]) -> Result<String> {
    let mut script = PREAMBLE.to_owned();
    for migration in tables {
        script += &once(migration)?;
    }
    for function in functions {
        script += function;
        script.push('\n');
    }
    for name in functions.iter().flat_map(|text| public_functions(text)) {
        let insert = "insert into webhooks.public_functions values";
        let _infallible = writeln!(script, "{insert} ('{name}') on conflict do nothing;");
    }
    for migration in rules {
        script += &once(migration)?;
    }
    script += END;
    Ok(script)
}

/// A block that runs a file unless it is recorded, and refuses one that has changed since.
fn once(migration: &Migration) -> Result<String> {
    const TAG: &str = "$webhooks_migration$";
    let Migration {
        name,
        sql,
        checksum,
    } = migration;
    if sql.contains(TAG) {
        return Err(Error::other(format!("{name} must not contain {TAG}")));
    }
    Ok(format!(
        "do $webhooks_guard$
declare
  applied constant text := (select m.checksum from webhooks.migrations m where m.name = '{name}');
begin
  if applied is null then
    execute {TAG}
{sql}
{TAG};
    insert into webhooks.migrations (name, checksum) values ('{name}', '{checksum}');
  elsif applied <> '{checksum}' then
    raise exception 'migrations/{name} was applied with another text: add a new file instead';
  end if;
end
$webhooks_guard$;
"
    ))
}

/// The names of the functions that a text creates in the schema `public`.
fn public_functions(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter_map(|line| line.strip_prefix("create or replace function public."))
        .filter_map(|rest| rest.split('(').next())
}

fn numbered(folder: &Path, prefix: &str) -> Result<Vec<Migration>> {
    let read = |file: PathBuf| {
        let sql = fs::read_to_string(&file)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        Ok(Migration {
            name: format!("{prefix}{name}"),
            checksum: hex::encode(Sha256::digest(&sql)),
            sql,
        })
    };
    sql_files(folder)?.into_iter().map(read).collect()
}

/// The SQL files of a folder, by name.
fn sql_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "sql") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migration(name: &str, sql: &str) -> Migration {
        Migration {
            name: name.to_owned(),
            sql: sql.to_owned(),
            checksum: "c".to_owned(),
        }
    }

    #[test]
    fn tables_come_before_functions_and_rules_after_them() {
        let script = compose(
            &[migration("0001_a.sql", "create table a ();")],
            &["create or replace function public.f(x int) returns int\n…".to_owned()],
            &[migration("rules/0001_b.sql", "create trigger b …;")],
        )
        .unwrap();
        let place = |part: &str| script.find(part).unwrap();
        assert!(place("create table a") < place("function public.f"));
        assert!(place("function public.f") < place("public_functions values ('f')"));
        assert!(place("public_functions values ('f')") < place("create trigger b"));
        assert!(place("create trigger b") < place("drop function"));
    }

    #[test]
    fn a_file_that_would_end_its_own_quotation_is_refused() {
        let error = once(&migration("0001_a.sql", "select $webhooks_migration$")).unwrap_err();
        assert!(error.to_string().contains("0001_a.sql"), "{error}");
    }

    #[test]
    fn the_files_of_this_folder_make_a_script() {
        let script = script().unwrap();
        assert!(script.contains("create or replace function public.enqueue_webhook_events("));
        assert!(script.contains("'rules/0001_privileges.sql'"));
    }
}

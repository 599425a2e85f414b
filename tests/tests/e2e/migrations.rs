//! The migrations apply wherever they should, and again without harm.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tests::cluster::{Cluster, migrate};
use tests::stack::connect;
use tokio_postgres::Client;

use crate::database::{claim, claimed, enqueue, record, upkeep};

/// Everything the migrations decide, as text: tables, columns, indexes, constraints,
/// policies, functions, privileges, the catalogue.
async fn snapshot(database: &Client) -> Vec<String> {
    let rows = database
        .query(
            "select line from (
             select format('column %s.%s.%s %s %s %s', c.table_schema, c.table_name, c.column_name,
                 c.udt_name, case c.is_nullable when 'NO' then 'not null' else 'null' end,
                 coalesce('default ' || c.column_default, ''))
               from information_schema.columns c where c.table_schema in ('public', 'webhooks')
             union all select 'index ' || indexdef from pg_indexes
               where schemaname in ('public', 'webhooks')
             union all select format('constraint %s %s %s', conrelid::regclass, conname,
                 pg_get_constraintdef(oid))
               from pg_constraint where connamespace in ('public'::regnamespace,
                 'webhooks'::regnamespace) and contype <> 'n'
             union all select format('policy %s.%s %s for %s to %s using %s check %s', schemaname,
                 tablename, policyname, cmd, array_to_string(roles, ', '), qual, with_check)
               from pg_policies where schemaname in ('public', 'webhooks')
             union all select format('function %s %s %s %s %s %s', oid::regprocedure,
                 case provolatile when 'i' then 'immutable' when 's' then 'stable'
                   else 'volatile' end,
                 case when prosecdef then 'security definer' else 'security invoker' end,
                 proconfig, proacl, md5(pg_get_functiondef(oid)))
               from pg_proc where pronamespace in ('public'::regnamespace, 'webhooks'::regnamespace)
             union all select format('privileges %s %s%s', oid::regclass, relacl,
                 case when relrowsecurity then ' row-level security' end)
               from pg_class where relnamespace in ('public'::regnamespace,
                 'webhooks'::regnamespace) and relkind in ('r', 'S')
             union all select format('privileges %s.%s %s', attrelid::regclass, attname, attacl)
               from pg_attribute where attacl is not null and attrelid > 16000
             union all select 'trigger ' || pg_get_triggerdef(oid) from pg_trigger
               where not tgisinternal
             union all select 'event type ' || name from public.webhook_event_types
             ) s (line) order by line collate \"C\"",
            &[],
        )
        .await
        .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// migrations/schema.txt, which UPDATE_SCHEMA=1 writes anew.
#[tokio::test]
async fn the_schema_is_the_one_that_is_written_down() {
    let cluster = Cluster::start(18).await;
    let database = connect(&cluster.url).await;
    migrate(&database).await;
    let lines: Vec<String> = snapshot(&database)
        .await
        .into_iter()
        // Without the sums of functions' bodies, which stand in migrations/functions/.
        .map(|line| match line.rsplit_once(' ') {
            Some((rest, sum)) if line.starts_with("function ") && sum.len() == 32 => {
                rest.to_owned()
            }
            _ => line,
        })
        .collect();
    drop(database);
    cluster.stop().await;

    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations/schema.txt");
    let text = lines.join("\n") + "\n";
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap();
    let difference = text
        .lines()
        .zip(written.lines())
        .find(|(now, then)| now != then);
    assert_eq!(difference, None, "set UPDATE_SCHEMA=1 to write it anew");
    assert_eq!(text, written);
}

/// What an earlier version had goes, what somebody else has stays.
#[tokio::test]
async fn a_function_that_is_no_longer_there_is_dropped_and_a_user_s_own_is_not() {
    let cluster = Cluster::start(18).await;
    let database = connect(&cluster.url).await;
    migrate(&database).await;
    let expected = snapshot(&database).await;
    let others = "create function public.my_webhook_helper() returns integer
          language sql as 'select 1'";
    let old = "create function webhooks.earlier(integer) returns integer
          language sql as 'select 1';
        create function public.claim_webhook_deliveries(integer) returns integer
          language sql as 'select 1';
        create or replace function webhooks.no_owner() returns uuid
          language sql as 'select null::uuid'";
    database.batch_execute(old).await.unwrap();
    assert_ne!(snapshot(&database).await, expected);
    migrate(&database).await;
    assert_eq!(snapshot(&database).await, expected);
    database.batch_execute(others).await.unwrap();
    migrate(&database).await;
    let is_there = "select public.my_webhook_helper()";
    assert_eq!(
        database
            .query_one(is_there, &[])
            .await
            .unwrap()
            .get::<_, i32>(0),
        1
    );
    drop(database);
    cluster.stop().await;
}

#[tokio::test]
async fn a_file_that_was_applied_and_changed_is_refused() {
    let cluster = Cluster::start(18).await;
    let database = connect(&cluster.url).await;
    migrate(&database).await;
    let change = "update webhooks.migrations set checksum = 'x' where name = '0002_tables.sql'";
    database.execute(change, &[]).await.unwrap();
    let script = format!("begin;{}commit;", migrations::script().unwrap());
    let error = database.batch_execute(&script).await.unwrap_err();
    let message = error.as_db_error().unwrap().message().to_owned();
    assert!(
        message.contains("0002_tables.sql was applied with another text"),
        "{message}"
    );
    drop(database);
    cluster.stop().await;
}

/// Applied again and again while events are enqueued, claimed and recorded.
#[tokio::test]
async fn applying_them_under_load_fails_no_call_and_loses_no_delivery_and_no_count() {
    let cluster = Cluster::start(18).await;
    let database = connect(&cluster.url).await;
    migrate(&database).await;
    let expected = snapshot(&database).await;
    let user: uuid::Uuid = database
        .query_one(
            "insert into auth.users (id) values (gen_random_uuid()) returning id",
            &[],
        )
        .await
        .unwrap()
        .get(0);
    let endpoints = "insert into public.webhook_endpoints (user_id, url)
        select $1, 'https://example.com/' from generate_series(1, 5)";
    database.execute(endpoints, &[&user]).await.unwrap();

    let is_over = AtomicBool::new(false);
    let load = async |client: Client| {
        let mut sent = 0;
        while !is_over.load(Ordering::SeqCst) {
            let events = json!([{"event_type": "a", "data": {}}, {"event_type": "b", "data": {}}]);
            for answer in [
                enqueue(&client, events).await.unwrap(),
                claim(&client, 50).await,
            ] {
                let results: Vec<_> = claimed(&answer)
                    .iter()
                    .map(|d| {
                        json!({"id": d["id"], "claim": d["claim"],
                        "attempts": d["attempts"], "response_status": 200})
                    })
                    .collect();
                sent += results.len() as i64;
                let recorded = record(&client, json!(results)).await;
                assert_eq!(recorded.as_array().unwrap().len(), results.len());
            }
        }
        sent
    };
    let clients = [connect(&cluster.url).await, connect(&cluster.url).await];
    let [a, b] = clients.map(load);
    let (a, b, ()) = tokio::join!(a, b, async {
        for _ in 0..10 {
            migrate(&database).await;
        }
        is_over.store(true, Ordering::SeqCst);
    });
    assert!(a > 50 && b > 50, "{a} {b}");
    upkeep(&database, 90).await;
    let counts = "select (select count(*) from public.webhook_deliveries where status = 'success'),
        (select sum(deliveries)::bigint from webhooks.endpoint_totals),
        (select sum(attempts)::bigint from webhooks.totals)";
    let row = database.query_one(counts, &[]).await.unwrap();
    for column in 0..3 {
        assert_eq!(row.get::<_, i64>(column), a + b, "{column}");
    }
    assert_eq!(snapshot(&database).await, expected);
    drop(database);
    cluster.stop().await;
}

/// Sends one event through the SQL functions, to see that they work.
async fn deliver_one(database: &Client) {
    let user: uuid::Uuid = database
        .query_one(
            "insert into auth.users (id) values (gen_random_uuid()) returning id",
            &[],
        )
        .await
        .unwrap()
        .get(0);
    database
        .execute(
            "insert into public.webhook_endpoints (user_id, url) values ($1, 'https://example.com/')",
            &[&user],
        )
        .await
        .unwrap();
    let events = r#"[{"event_type": "vehicle.created", "data": {"a": 1}}]"#;
    let enqueued: Value = database
        .query_one(
            "select public.enqueue_webhook_events($1, 10, 60)",
            &[&events],
        )
        .await
        .unwrap()
        .get(0);
    let claimed = &enqueued["batch"]["claimed"][0];
    assert!(
        claimed["secrets"][0]
            .as_str()
            .unwrap()
            .starts_with("whsec_")
    );
    let results = serde_json::json!([{
        "id": claimed["id"], "claim": claimed["claim"], "attempts": claimed["attempts"],
        "response_status": 200,
    }]);
    let recorded: Value = database
        .query_one(
            "select public.record_webhook_results($1)",
            &[&results.to_string()],
        )
        .await
        .unwrap()
        .get(0);
    assert_eq!(recorded[0]["status"], "success");
    let claim: Value = database
        .query_one("select public.claim_webhook_deliveries(10, 60)", &[])
        .await
        .unwrap()
        .get(0);
    assert_eq!(claim["batch"]["claimed"], serde_json::json!([]));
}

async fn applies_to_plain_postgres(version: u32) {
    let cluster = Cluster::start(version).await;
    let database = connect(&cluster.url).await;
    migrate(&database).await;
    let first = snapshot(&database).await;
    migrate(&database).await;
    assert_eq!(
        first,
        snapshot(&database).await,
        "the second time changed something"
    );
    deliver_one(&database).await;
    drop(database);
    cluster.stop().await;
}

#[tokio::test]
async fn they_apply_twice_to_a_plain_postgres_15() {
    applies_to_plain_postgres(15).await;
}

#[tokio::test]
async fn they_apply_twice_to_a_plain_postgres_16() {
    applies_to_plain_postgres(16).await;
}

#[tokio::test]
async fn they_apply_twice_to_a_plain_postgres_17() {
    applies_to_plain_postgres(17).await;
}

#[tokio::test]
async fn they_apply_twice_to_a_plain_postgres_18() {
    applies_to_plain_postgres(18).await;
}

/// The parts of a Supabase project that matter here: its roles, `auth` owned by
/// another role, everything in `public` granted to everybody, and migrations applied
/// by `postgres`, which is no superuser there.
const SUPABASE: &str = "
    create role anon nologin noinherit;
    create role authenticated nologin noinherit;
    create role service_role nologin noinherit bypassrls;
    create role supabase_auth_admin nologin noinherit;
    create role migrator login password 'migrator' createrole createdb bypassrls;
    grant anon, authenticated, service_role to migrator;
    create schema auth authorization supabase_auth_admin;
    create table auth.users (id uuid primary key, email text);
    alter table auth.users owner to supabase_auth_admin;
    create function auth.uid() returns uuid language sql stable as $$
      select coalesce(
        nullif(current_setting('request.jwt.claim.sub', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
    grant usage on schema auth to anon, authenticated, service_role, migrator;
    grant all on auth.users to migrator;
    grant all on schema public to migrator;
    grant create on database postgres to migrator;
    alter default privileges for role migrator in schema public
      grant all on tables to anon, authenticated, service_role;
    alter default privileges for role migrator in schema public
      grant all on functions to anon, authenticated, service_role;
    alter default privileges for role migrator in schema public
      grant all on sequences to anon, authenticated, service_role;
";

#[tokio::test]
async fn they_apply_to_supabase_change_nothing_of_it_and_keep_secrets_from_its_roles() {
    let cluster = Cluster::start(17).await;
    let owner = connect(&cluster.url).await;
    owner.batch_execute(SUPABASE).await.unwrap();
    let auth = "select string_agg(pg_get_functiondef(p.oid) || (select string_agg(attname, ' ')
            from pg_attribute where attrelid = 'auth.users'::regclass and attnum > 0), '')
        from pg_proc p where pronamespace = 'auth'::regnamespace";
    let before: String = owner.query_one(auth, &[]).await.unwrap().get(0);

    let address = cluster.url.split_once('@').unwrap().1;
    let database = connect(&format!("postgres://migrator:migrator@{address}")).await;
    migrate(&database).await;
    let first = snapshot(&database).await;
    migrate(&database).await;
    assert_eq!(first, snapshot(&database).await);
    deliver_one(&database).await;

    let after: String = owner.query_one(auth, &[]).await.unwrap().get(0);
    assert_eq!(before, after);
    for role in ["anon", "authenticated"] {
        for privilege in [
            "has_column_privilege($1, 'public.webhook_endpoints', 'secret', 'select')",
            "has_column_privilege($1, 'public.webhook_endpoints', 'previous_secrets', 'select')",
            "has_table_privilege($1, 'public.webhook_deliveries', 'insert, update, delete')",
            "has_column_privilege($1, 'public.webhook_api_keys', 'key_hash', 'select')",
            "has_schema_privilege($1, 'webhooks', 'create')",
            "has_table_privilege($1, 'webhooks.queue', 'insert, update, delete')",
            "has_function_privilege($1, 'public.claim_webhook_deliveries(integer, integer, integer, integer, integer)', 'execute')",
        ] {
            let sql = format!("select {privilege} from (values ($1::text)) v (role)");
            let has: bool = owner.query_one(&sql, &[&role]).await.unwrap().get(0);
            assert!(!has, "{role}: {privilege}");
        }
    }
    let sequences =
        "select count(*), bool_or(has_sequence_privilege(r.role, s.oid, 'usage, select, update'))
        from pg_class s, (values ('anon'), ('authenticated'), ('public')) r (role)
        where s.relkind = 'S' and (s.relnamespace = 'webhooks'::regnamespace
          or s.relnamespace = 'public'::regnamespace and s.relname like 'webhook%')";
    let row = owner.query_one(sequences, &[]).await.unwrap();
    assert!(row.get::<_, i64>(0) > 9);
    assert!(!row.get::<_, bool>(1), "a sequence is open to users");
    drop((owner, database));
    cluster.stop().await;
}

/// A deployment of the edge functions this system replaces: the objects their migration
/// left, and rows as those functions leave them.
const ORIGINAL: &str = "
    create role anon nologin; create role authenticated nologin;
    create role service_role nologin bypassrls;
    create schema auth;
    create table auth.users (id uuid primary key);
    create function auth.uid() returns uuid language sql stable as 'select null::uuid';
    create table public.webhook_endpoints (
      id uuid primary key default gen_random_uuid(),
      user_id uuid not null references auth.users (id) on delete cascade,
      url text not null, description text,
      events text[] not null default array['*'], secret text not null,
      is_active boolean default true,
      created_at timestamptz default now(), updated_at timestamptz default now(),
      constraint webhook_endpoints_url_valid check (url ~ '^https?://'),
      constraint webhook_endpoints_events_not_empty check (array_length(events, 1) > 0));
    create table public.webhook_deliveries (
      id uuid primary key default gen_random_uuid(),
      endpoint_id uuid not null references public.webhook_endpoints (id) on delete cascade,
      event_type text not null, event_id text not null, payload jsonb not null,
      status text not null default 'pending',
      attempts integer default 0, max_attempts integer default 5,
      response_status integer, response_body text, response_time_ms integer,
      created_at timestamptz default now(), delivered_at timestamptz,
      next_retry_at timestamptz, last_error text,
      constraint webhook_deliveries_status_valid
        check (status in ('pending', 'success', 'failed', 'retrying')));
    create index idx_webhook_endpoints_user_id on public.webhook_endpoints (user_id);
    create index idx_webhook_endpoints_active on public.webhook_endpoints (is_active)
      where is_active = true;
    create index idx_webhook_deliveries_endpoint_id on public.webhook_deliveries (endpoint_id);
    create index idx_webhook_deliveries_status on public.webhook_deliveries (status)
      where status in ('pending', 'retrying');
    create index idx_webhook_deliveries_next_retry on public.webhook_deliveries (next_retry_at)
      where status = 'retrying';
    create index idx_webhook_deliveries_event_id on public.webhook_deliveries (event_id);
    alter table public.webhook_endpoints enable row level security;
    alter table public.webhook_deliveries enable row level security;
    create policy \"Users can view own webhook endpoints\"
      on public.webhook_endpoints for select using (auth.uid() = user_id);
    create policy \"Users can create own webhook endpoints\"
      on public.webhook_endpoints for insert with check (auth.uid() = user_id);
    create policy \"Users can update own webhook endpoints\"
      on public.webhook_endpoints for update using (auth.uid() = user_id);
    create policy \"Users can delete own webhook endpoints\"
      on public.webhook_endpoints for delete using (auth.uid() = user_id);
    create policy \"Users can view own webhook deliveries\"
      on public.webhook_deliveries for select using (endpoint_id in (
        select id from public.webhook_endpoints where user_id = auth.uid()));
    create policy \"Service role can insert webhook deliveries\"
      on public.webhook_deliveries for insert with check (true);
    create policy \"Service role can update webhook deliveries\"
      on public.webhook_deliveries for update using (true);
    create function generate_webhook_secret() returns text language sql as $$ select 'old' $$;
    create function webhook_endpoint_before_insert() returns trigger language plpgsql as $$
      begin return new; end $$;
    create function update_webhook_endpoint_timestamp() returns trigger language plpgsql as $$
      begin return new; end $$;
    create trigger webhook_endpoint_secret_trigger before insert on public.webhook_endpoints
      for each row execute function webhook_endpoint_before_insert();
    create trigger webhook_endpoint_updated_at before update on public.webhook_endpoints
      for each row execute function update_webhook_endpoint_timestamp();
    insert into auth.users values ('00000000-0000-4000-8000-000000000001');
    create table public.api_keys (
      id uuid primary key default gen_random_uuid(), user_id uuid not null,
      key_hash text not null unique, is_active boolean default true, scopes text[]);
    insert into public.api_keys (user_id, key_hash, is_active, scopes)
    select '00000000-0000-4000-8000-000000000001',
      'sha256_' || encode(sha256(convert_to(name, 'UTF8')), 'hex'), is_active, scopes
    from (values ('both', true, array['read', 'write']), ('reader', true, array['read']),
      ('unscoped', true, null), ('revoked', false, array['read'])) v (name, is_active, scopes);
    insert into public.webhook_endpoints (id, user_id, url, secret, is_active, events) values
      ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001',
       'https://example.com/', 'whsec_kept', null, array['*', 'never.catalogued']);
    insert into public.webhook_deliveries
      (endpoint_id, event_type, event_id, payload, status, attempts, created_at) values
      ('00000000-0000-4000-8000-000000000002', 'vehicle.created', 'interrupted', '{}',
       'pending', null, now()),
      ('00000000-0000-4000-8000-000000000002', 'vehicle.created', 'forgotten', '{}',
       'pending', 0, now() - interval '2 months'),
      ('00000000-0000-4000-8000-000000000002', 'vehicle.created', 'twice', '{}',
       'success', 1, now() - interval '2 days'),
      ('00000000-0000-4000-8000-000000000002', 'vehicle.created', 'twice', '{}',
       'success', 1, now());
";

/// The edge functions write while the migrations are applied, and after that.
#[tokio::test]
async fn an_existing_deployment_is_upgraded_while_it_is_in_use() {
    let cluster = Cluster::start(16).await;
    let database = connect(&cluster.url).await;
    database.batch_execute(ORIGINAL).await.unwrap();
    let is_over = AtomicBool::new(false);
    let written = async |client: Client| {
        let mut written = 0;
        let mut after = 0;
        while after < 5 {
            after += i32::from(is_over.load(Ordering::SeqCst));
            // As the edge functions do: a delivery, and then what became of it.
            let insert = "insert into public.webhook_deliveries
                  (endpoint_id, event_type, event_id, payload)
                values ('00000000-0000-4000-8000-000000000002', 'vehicle.created',
                  gen_random_uuid()::text, '{\"id\": 1}') returning id";
            let id: uuid::Uuid = client.query_one(insert, &[]).await.unwrap().get(0);
            let outcome = match written % 3 {
                0 => "status = 'success', attempts = 1, next_retry_at = null",
                1 => "status = 'failed', attempts = 1, next_retry_at = null",
                _ => {
                    "status = 'retrying', attempts = 1,
                    next_retry_at = now() - interval '1 second'"
                }
            };
            let update = format!("update public.webhook_deliveries set {outcome} where id = $1");
            client.execute(&update, &[&id]).await.unwrap();
            written += 1;
        }
        written
    };
    let writer = connect(&cluster.url).await;
    let (written, ()) = tokio::join!(written(writer), async {
        migrate(&database).await;
        is_over.store(true, Ordering::SeqCst);
    });
    assert!(written > 5, "{written}");
    let due = "select count(*) from public.webhook_deliveries
        where status in ('pending', 'retrying')";
    let due: i64 = database.query_one(due, &[]).await.unwrap().get(0);
    let mut found = 0;
    loop {
        let claimed = claimed(&claim(&database, 50).await);
        if claimed.is_empty() {
            break;
        }
        found += claimed.len() as i64;
    }
    assert_eq!(found, due, "all that waits is claimed");
    upkeep(&database, 90).await;
    let counts = "select sum(deliveries)::bigint, sum(failed)::bigint from webhooks.endpoint_totals
        union all select count(*), count(*) filter (where status = 'failed')
        from public.webhook_deliveries";
    let rows = database.query(counts, &[]).await.unwrap();
    let count = |row: usize, column: usize| rows[row].get::<_, i64>(column);
    assert_eq!((count(0, 0), count(0, 1)), (count(1, 0), count(1, 1)));
    drop(database);
    cluster.stop().await;
}

/// The original's API keys count as they did, and the table is as it was.
async fn foreign_keys_are_read_and_left_alone(database: &Client) {
    let caller = async |key: &str, scope: &str| -> bool {
        let statement = "select set_config('request.headers',
            json_build_object('x-api-key', $1::text)::text, false), webhooks.caller($2) is not null";
        let row = database
            .query_one(statement, &[&key, &scope])
            .await
            .unwrap();
        row.get(1)
    };
    for (key, reads, writes) in [
        ("nk_live_both", true, true),
        ("nk_live_reader", true, false),
        ("nk_live_unscoped", true, true),
        ("nk_live_revoked", false, false),
        ("nk_live_unknown", false, false),
    ] {
        let answers = (caller(key, "read").await, caller(key, "write").await);
        assert_eq!(answers, (reads, writes), "{key}");
    }
    let columns = "select string_agg(column_name, ',' order by column_name)
        from information_schema.columns where table_schema = 'public' and table_name = 'api_keys'";
    let columns: String = database.query_one(columns, &[]).await.unwrap().get(0);
    assert_eq!(columns, "id,is_active,key_hash,scopes,user_id");
    let rows = "select count(*) from public.api_keys";
    assert_eq!(
        database
            .query_one(rows, &[])
            .await
            .unwrap()
            .get::<_, i64>(0),
        4
    );
    // Without scopes a key may do both, and one that has expired nothing.
    let other_columns = "alter table public.api_keys drop column scopes,
          add column expires_at timestamptz;
        update public.api_keys set expires_at = now() - interval '1 second'
          where key_hash = 'sha256_' || encode(sha256('both'), 'hex');
        update public.api_keys set expires_at = now() + interval '1 hour'
          where key_hash = 'sha256_' || encode(sha256('unscoped'), 'hex')";
    database.batch_execute(other_columns).await.unwrap();
    for (key, may) in [
        ("nk_live_both", false),
        ("nk_live_reader", true),
        ("nk_live_unscoped", true),
        ("nk_live_revoked", false),
    ] {
        let answers = (caller(key, "read").await, caller(key, "write").await);
        assert_eq!(answers, (may, may), "{key}");
    }
    // And a table of another shape is no error.
    database
        .batch_execute("alter table public.api_keys rename column key_hash to digest")
        .await
        .unwrap();
    assert!(!caller("nk_live_unscoped", "read").await);
    let reset = "select set_config('request.headers', '', false)";
    database.execute(reset, &[]).await.unwrap();
}

#[tokio::test]
async fn they_bring_an_existing_deployment_to_the_same_shape_and_keep_its_rows() {
    let cluster = Cluster::start(16).await;
    let database = connect(&cluster.url).await;
    database
        .batch_execute("create database fresh")
        .await
        .unwrap();
    database.batch_execute(ORIGINAL).await.unwrap();
    migrate(&database).await;
    let upgraded = snapshot(&database).await;
    migrate(&database).await;
    assert_eq!(upgraded, snapshot(&database).await);

    let server = cluster.url.strip_suffix("postgres").unwrap();
    let fresh = connect(&format!("{server}fresh")).await;
    migrate(&fresh).await;
    // The table of API keys is another program's.
    let of_webhooks = |lines: Vec<String>| -> Vec<String> {
        lines
            .into_iter()
            .filter(|line| !line.contains("api_keys") || line.contains("webhook_api_keys"))
            .collect()
    };
    assert_eq!(of_webhooks(upgraded), of_webhooks(snapshot(&fresh).await));
    drop(fresh);
    foreign_keys_are_read_and_left_alone(&database).await;

    let kept: Value = database
        .query_one(
            "select jsonb_build_object('secret', e.secret, 'is_active', e.is_active)
             from public.webhook_endpoints e",
            &[],
        )
        .await
        .unwrap()
        .get(0);
    assert_eq!(
        kept,
        serde_json::json!({"secret": "whsec_kept", "is_active": true})
    );
    // What the old functions left unattended is due now.
    let claim: Value = database
        .query_one("select public.claim_webhook_deliveries(10, 60)", &[])
        .await
        .unwrap()
        .get(0);
    assert_eq!(claim["batch"]["claimed"].as_array().unwrap().len(), 1);
    assert_eq!(claim["batch"]["claimed"][0]["event_id"], "interrupted");
    assert_eq!(
        claim["batch"]["claimed"][0]["secrets"],
        serde_json::json!(["whsec_kept"])
    );
    let forgotten = "select status from public.webhook_deliveries where event_id = 'forgotten'";
    let forgotten: String = database.query_one(forgotten, &[]).await.unwrap().get(0);
    assert_eq!(forgotten, "failed");
    // An event type that nobody had checked is no reason to refuse other changes.
    let switch_off = "update public.webhook_endpoints set is_active = false";
    database.execute(switch_off, &[]).await.unwrap();
    let switch_on = "update public.webhook_endpoints set is_active = true";
    database.execute(switch_on, &[]).await.unwrap();
    deliver_one(&database).await;
    drop(database);
    cluster.stop().await;
}

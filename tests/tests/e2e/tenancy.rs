//! Who may do what: every role against every table and every function.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::stack::{Stack, User};
use tokio_postgres::Client;

/// Somebody who asks the database something.
struct Who {
    name: &'static str,
    role: &'static str,
    claims: Value,
    headers: Value,
}

/// Runs a statement as PostgREST would for somebody, and takes it back. `allowed` means
/// that it was carried out and met rows; `nothing`, that it met none.
async fn outcome(client: &mut Client, who: &Who, statement: &str) -> &'static str {
    let transaction = client.transaction().await.unwrap();
    transaction
        .execute(
            "select set_config('request.jwt.claims', $1, true),
                set_config('request.jwt.claim.sub', coalesce($1::jsonb ->> 'sub', ''), true),
                set_config('request.headers', $2, true)",
            &[&who.claims.to_string(), &who.headers.to_string()],
        )
        .await
        .unwrap();
    // Here, where no claim sees it and takes it away.
    let event = "insert into webhooks.outbox (event_id, event_type, payload)
                 values ('e', 'a', '{}')";
    transaction.batch_execute(event).await.unwrap();
    let role = format!("set local role {}", who.role);
    transaction.batch_execute(&role).await.unwrap();
    match transaction.execute(statement, &[]).await {
        Ok(0) => "nothing",
        Ok(_) => "allowed",
        Err(error) => match error.code().unwrap().code() {
            "42501" => "denied",
            // Its own 401 and 404: it was let in, and told that it is nobody, or that there
            // is nothing.
            "PT401" => "denied",
            "PT404" => "nothing",
            // Let in, and refused for what it asked.
            _ => "allowed",
        },
    }
}

/// anon, user A (the owner), user B, A's API key, the service role.
async fn everybody(owner: &User, other: &User) -> [Who; 5] {
    let key = owner.by_api_key().await;
    let request = key.request(reqwest::Method::GET, "").build().unwrap();
    let key = request.headers()["x-api-key"].to_str().unwrap().to_owned();
    let who = |name, role, claims, headers| Who {
        name,
        role,
        claims,
        headers,
    };
    [
        who("anon", "anon", json!({"role": "anon"}), json!({})),
        who(
            "owner",
            "authenticated",
            json!({"sub": owner.id.to_string()}),
            json!({}),
        ),
        who(
            "other",
            "authenticated",
            json!({"sub": other.id.to_string()}),
            json!({}),
        ),
        who(
            "key",
            "anon",
            json!({"role": "anon"}),
            json!({"x-api-key": key}),
        ),
        who(
            "service",
            "service_role",
            json!({"role": "service_role"}),
            json!({}),
        ),
    ]
}

/// What anon, owner, other, key and service may do, one letter each: `a`llowed, `d`enied,
/// `n`othing there for them.
const TABLES: [(&str, &str, [&str; 4]); 13] = [
    // table, columns to select, [select, insert, update, delete]
    ("api_keys", "id", ["nanaa", "dddda", "dddda", "dddda"]),
    (
        "webhook_attempt_counts",
        "*",
        ["nanaa", "dddda", "dddda", "dddda"],
    ),
    (
        "webhook_deliveries",
        "*",
        ["nanaa", "dddda", "dddda", "dddda"],
    ),
    (
        "webhook_delivery_attempts",
        "*",
        ["nanaa", "dddda", "dddda", "dddda"],
    ),
    (
        "webhook_endpoint_stats",
        "*",
        ["nanaa", "dddda", "dddda", "dddda"],
    ),
    (
        "webhook_endpoints",
        "id",
        ["nanaa", "dadaa", "nanaa", "nanaa"],
    ),
    (
        "webhook_event_types",
        "*",
        ["aaaaa", "dddda", "dddda", "dddda"],
    ),
    ("webhook_outbox", "*", ["dddda", "dddda", "dddda", "dddda"]),
    ("webhook_queue", "*", ["dddda", "dddda", "dddda", "dddda"]),
    (
        "webhook_settings",
        "*",
        ["dddda", "dddda", "dddda", "dddda"],
    ),
    ("webhook_ticks", "*", ["dddda", "dddda", "dddda", "dddda"]),
    ("webhook_totals", "*", ["dddda", "dddda", "dddda", "dddda"]),
    ("webhook_wake_up", "*", ["ddddd", "ddddd", "ddddd", "ddddd"]),
];

const FUNCTIONS: [(&str, &str); 67] = [
    ("claim_webhook_deliveries", "dddda"),
    ("create_webhook_api_key", "daaad"),
    ("create_webhook_endpoint", "daaad"),
    ("delete_webhook_api_key", "dnnad"),
    ("delete_webhook_endpoint", "dnnnd"),
    ("emit_webhook_event", "dddda"),
    ("enqueue_webhook_events", "dddda"),
    ("generate_webhook_secret", "dddda"),
    ("get_webhook_delivery", "dnnnd"),
    ("get_webhook_endpoint", "dnnnd"),
    ("get_webhook_endpoint_stats", "dnnnd"),
    ("get_webhook_stats", "daaad"),
    ("list_webhook_api_keys", "daaad"),
    ("list_webhook_deliveries", "dnnnd"),
    ("list_webhook_endpoints", "daaad"),
    ("list_webhook_event_types", "daaad"),
    ("purge_webhook_deliveries", "dddda"),
    ("put_webhook_event_type", "dddda"),
    ("record_webhook_results", "dddda"),
    ("record_webhook_tick", "dddda"),
    ("recover_webhook_deliveries", "dnnnd"),
    ("resend_webhook_delivery", "dnnnd"),
    ("rotate_webhook_secret", "dnnnd"),
    ("test_webhook_endpoint", "dnnnd"),
    ("update_webhook_endpoint", "dnnnd"),
    ("update_webhook_endpoint_timestamp", "ddddd"),
    ("webhook_back_off_after", "dddda"),
    ("webhook_caller", "aaaaa"),
    ("webhook_claimed_json", "dddda"),
    ("webhook_deliveries_deleted", "ddddd"),
    ("webhook_deliveries_inserted", "ddddd"),
    ("webhook_deliveries_updated", "ddddd"),
    ("webhook_delivery_object", "aaaad"),
    ("webhook_drain_outbox", "dddda"),
    ("webhook_endpoint_before_insert", "ddddd"),
    ("webhook_endpoint_changed", "ddddd"),
    ("webhook_endpoint_check", "ddddd"),
    ("webhook_endpoint_json", "dnnnd"),
    ("webhook_endpoint_object", "aaaad"),
    ("webhook_endpoints_deleted", "ddddd"),
    ("webhook_event_patterns", "aaaaa"),
    ("webhook_event_refusal", "dddda"),
    ("webhook_fan_out", "dddda"),
    ("webhook_header_names", "aaaaa"),
    ("webhook_headers_problem", "aaaaa"),
    ("webhook_judge_health", "dddda"),
    ("webhook_key_object", "aaaad"),
    ("webhook_latency_class", "dddda"),
    ("webhook_latency_ms", "aaaaa"),
    ("webhook_make_test", "aaaad"),
    ("webhook_max_claim_bytes", "dddda"),
    ("webhook_max_payload_bytes", "dddda"),
    ("webhook_metrics", "dddda"),
    ("webhook_note_key_use", "aaaad"),
    ("webhook_parse_time", "aaaad"),
    ("webhook_payload", "dddda"),
    ("webhook_refuse_field", "aaaaa"),
    ("webhook_require_active", "aaaad"),
    ("webhook_require_caller", "daaad"),
    ("webhook_require_delivery", "dnnnd"),
    ("webhook_require_token", "daaad"),
    ("webhook_retry_delay", "dddda"),
    ("webhook_send_again", "aaaad"),
    ("webhook_setting", "aaaaa"),
    ("webhook_stats_object", "aaaad"),
    ("webhook_tell", "dddda"),
    ("webhook_wake_up_deliver", "ddddd"),
];

fn letters(outcomes: &[&str]) -> String {
    outcomes.iter().map(|outcome| &outcome[..1]).collect()
}

#[tokio::test]
async fn every_role_may_do_with_every_table_what_the_matrix_says_and_nothing_else() {
    let stack = Stack::get();
    let (owner, other) = (stack.user().await, stack.user().await);
    let endpoint = owner.register("https://example.com/").await;
    let everybody = everybody(&owner, &other).await;
    let mut client = stack.database().await;
    let (user, id) = (owner.id, &endpoint.id);
    client
        .execute(
            "insert into public.webhook_deliveries (endpoint_id, event_type, event_id, payload,
               next_retry_at) values ($1::text::uuid, 'vehicle.created', 'e', '{}', now() + interval '1 day')",
            &[id],
        )
        .await
        .unwrap();
    let others = format!(
        "insert into webhooks.settings values ('TEST_SETTING', 1) on conflict do nothing;
         insert into webhooks.attempt_counts values ('{id}', now(), 300, 'success', 1, 1);
         insert into public.webhook_delivery_attempts (delivery_id, attempt, endpoint_id,
           attempted_at) values ('{id}', 1, '{id}', now());
         insert into webhooks.totals values ('tenancy', 0, 1) on conflict do nothing;
         insert into webhooks.ticks (ticks, finished_at, duration_ms) values (1, now(), 1)
           on conflict do nothing"
    );
    client.batch_execute(&others).await.unwrap();
    // For each table: the rows concerned, a row to insert, and a change.
    let rows = BTreeMap::from([
        (
            "api_keys",
            (
                format!("user_id = '{user}'"),
                format!("(user_id, key_hash) values ('{user}', gen_random_uuid()::text)"),
                "name = 'x'",
            ),
        ),
        (
            "webhook_deliveries",
            (
                format!("endpoint_id = '{id}'"),
                format!(
                    "(endpoint_id, event_type, event_id, payload) values ('{id}', 'a', 'b', '{{}}')"
                ),
                "last_error = 'x'",
            ),
        ),
        (
            "webhook_endpoints",
            (
                format!("id = '{id}'"),
                format!("(user_id, url) values ('{user}', 'https://example.com/')"),
                "description = 'x'",
            ),
        ),
        (
            "webhook_attempt_counts",
            (
                format!("endpoint_id = '{id}'"),
                format!("values ('{id}', now(), 300, 'success', 2, 1)"),
                "attempts = attempts + 1",
            ),
        ),
        (
            "webhook_delivery_attempts",
            (
                format!("endpoint_id = '{id}'"),
                format!(
                    "(delivery_id, attempt, endpoint_id, attempted_at)
                    values ('{id}', 2, '{id}', now())"
                ),
                "error = 'x'",
            ),
        ),
        (
            "webhook_totals",
            (
                "outcome = 'tenancy'".to_owned(),
                "values ('tenancy', 1, 1)".to_owned(),
                "attempts = attempts + 1",
            ),
        ),
        (
            "webhook_ticks",
            (
                "true".to_owned(),
                "(ticks, finished_at, duration_ms) values (1, now(), 1)
                    on conflict (id) do update set ticks = 1"
                    .to_owned(),
                "ticks = ticks + 1",
            ),
        ),
        (
            "webhook_event_types",
            (
                "name = 'vehicle.created'".to_owned(),
                "(name) values ('tenancy.test')".to_owned(),
                "description = 'x'",
            ),
        ),
        (
            "webhook_endpoint_stats",
            (
                format!("endpoint_id = '{id}'"),
                format!(
                    "(endpoint_id) values ('{id}')
                 on conflict (endpoint_id) do update set failed_deliveries = 0"
                ),
                "failed_deliveries = 0",
            ),
        ),
        (
            "webhook_outbox",
            (
                "true".to_owned(),
                "(event_id, event_type, payload) values ('e', 'a', '{}')".to_owned(),
                "is_wide = is_wide",
            ),
        ),
        (
            "webhook_wake_up",
            (
                "true".to_owned(),
                "(url, key) values ('https://example.com', 'x')".to_owned(),
                "key = 'x'",
            ),
        ),
        (
            "webhook_queue",
            (
                format!("endpoint_id = '{id}'"),
                format!(
                    "(endpoint_id, due_at) values ('{id}', now())
                 on conflict (endpoint_id) do update set due_at = excluded.due_at"
                ),
                "due_at = due_at",
            ),
        ),
        (
            "webhook_settings",
            (
                "name = 'TEST_SETTING'".to_owned(),
                "values ('OTHER_SETTING', 1)".to_owned(),
                "value = 2",
            ),
        ),
    ]);

    let tables = stack
        .sql(
            "select c.relname as name from pg_class c
             where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
             order by 1",
            &[],
        )
        .await;
    let tables: Vec<_> = tables.iter().map(|t| t["name"].as_str().unwrap()).collect();
    let known: Vec<_> = TABLES.iter().map(|(table, ..)| *table).collect();
    assert_eq!(tables, known, "a table that is not in the matrix");

    for (table, columns, expected) in TABLES {
        let (condition, row, change) = &rows[table];
        let statements = [
            format!("select {columns} from public.{table} where {condition}"),
            format!("insert into public.{table} {row}"),
            format!("update public.{table} set {change} where {condition}"),
            format!("delete from public.{table} where {condition}"),
        ];
        for (statement, expected) in statements.iter().zip(expected) {
            let mut outcomes = Vec::new();
            for who in &everybody {
                outcomes.push(outcome(&mut client, who, statement).await);
            }
            assert_eq!(letters(&outcomes), expected, "{statement}");
        }
    }
}

#[tokio::test]
async fn every_role_may_call_the_functions_of_the_matrix_and_no_others() {
    let stack = Stack::get();
    let (owner, other) = (stack.user().await, stack.user().await);
    let everybody = everybody(&owner, &other).await;
    let mut client = stack.database().await;
    // Arguments that say nothing: who is let in is told what is wrong with them, or that
    // there is nothing.
    let functions = stack
        .sql(
            "select p.proname as name, p.prorettype = 'trigger'::regtype as is_trigger,
               format('select public.%I(%s)', p.proname, coalesce((
                 select string_agg(format('%L::%s',
                   case t.typname when 'webhook_deliveries' then null when 'api_keys' then null
                     when 'uuid' then '00000000-0000-4000-8000-000000000000'
                     when 'text' then '[]' when 'int4' then '1' when 'int8' then '1' when 'int2' then '1'
                     when 'bool' then 'true' when 'jsonb' then '{}' when '_text' then '{*}'
                     when '_webhook_outbox' then '{}' when '_uuid' then '{}' else '2026-01-01' end,
                   t.typname), ', ' order by a.ord)
                 from unnest(p.proargtypes) with ordinality as a (type, ord)
                 join pg_type t on t.oid = a.type), '')) as call
             from pg_proc p
             where p.pronamespace = 'public'::regnamespace and p.proname like '%webhook%'
             order by 1",
            &[],
        )
        .await;
    let names: Vec<_> = functions
        .iter()
        .map(|f| f["name"].as_str().unwrap())
        .collect();
    let known: Vec<_> = FUNCTIONS.iter().map(|(function, _)| *function).collect();
    assert_eq!(names, known, "a function that is not in the matrix");

    for (function, (name, expected)) in functions.iter().zip(FUNCTIONS) {
        let call = function["call"].as_str().unwrap();
        let mut outcomes = Vec::new();
        for who in &everybody {
            let found = outcome(&mut client, who, call).await;
            // Trigger functions cannot be called at all; being let in is being told so.
            let is_owner_only = function["is_trigger"] == true && who.name == "service";
            outcomes.push(if is_owner_only { "denied" } else { found });
        }
        assert_eq!(letters(&outcomes), expected, "{name}: {call}");
    }
}

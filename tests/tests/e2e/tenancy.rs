//! Who may do what: every role against every table and every function.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::private_stack::PrivateStack;
use tests::stack::Stack;
use tokio_postgres::Client;
use uuid::Uuid;

/// Somebody who asks the database something.
struct Who {
    name: &'static str,
    role: &'static str,
    claims: Value,
    headers: Value,
    like: Like,
}

/// What somebody may do.
#[derive(Clone, Copy)]
enum Like {
    /// What the matrix says in this column.
    Column(usize),
    /// That, as far as it may be done without a token: a session of the portal of this column's owner.
    Portal(usize),
}

impl Like {
    fn letter(self, expected: &str) -> char {
        let letter = |column| expected.chars().nth(column).unwrap();
        match self {
            Self::Portal(_) if letter(OWNER) != letter(KEY) => letter(KEY),
            Self::Column(column) | Self::Portal(column) => letter(column),
        }
    }
}

/// Runs a statement as PostgREST would for somebody, beside rows of this endpoint, and takes it back. `allowed` means
/// that it was carried out and met rows; `nothing`, that it met none.
async fn outcome(client: &mut Client, who: &Who, endpoint: &str, statement: &str) -> &'static str {
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
    // Here, where no claim and no upkeep sees it and takes it away.
    let rows = format!(
        "insert into webhooks.outbox (owner, event_ref) values (webhooks.no_owner(), 0);
        insert into webhooks.due_log values (gen_random_uuid(), 'infinity');
        insert into webhooks.queue (endpoint_id, owner, due_from)
          values (gen_random_uuid(), webhooks.no_owner(), now());
        insert into webhooks.tally (endpoint_id) values ('{endpoint}');
        insert into webhooks.deleted_endpoints (endpoint_id) values ('{endpoint}');
        insert into webhooks.erased_events values (0)"
    );
    transaction.batch_execute(&rows).await.unwrap();
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
            "PT403" => "denied",
            // It did not say for whom.
            "PT400" if error.as_db_error().unwrap().hint() == Some("owner_required") => "denied",
            // Let in, and refused for what it asked.
            _ => "allowed",
        },
    }
}

/// Who asks, and what belongs to whom.
struct Setup {
    stack: Stack,
    /// The owner of the rows that are asked about, and of an endpoint.
    owner: Uuid,
    endpoint: String,
    /// In the order of the matrix, and those who must be like the first.
    everybody: Vec<Who>,
    /// Whether the reader has a token. With a key only those with a token see keys.
    reader_has_token: bool,
}

fn who(name: &'static str, role: &'static str, claims: Value, headers: Value, like: Like) -> Who {
    Who {
        name,
        role,
        claims,
        headers,
        like,
    }
}

/// Those with a session of the portal: of the owner, one that may only read, ones that ended, another owner's, and the
/// operator's; and one with a session of the console, which is nobody's here.
async fn portals(stack: &Stack, owner: Uuid, other: Uuid) -> Vec<Who> {
    let rows = [
        ("portal", owner, &["read", "write"][..], "", KEY),
        ("portal reader", owner, &["read"], "", READER),
        (
            "expired portal",
            owner,
            &["read", "write"],
            "expires_at = now()",
            ANON,
        ),
        (
            "revoked portal",
            owner,
            &["read", "write"],
            "revoked_at = now()",
            ANON,
        ),
        ("other's portal", other, &["read", "write"], "", OTHER),
        (
            "operator's view",
            owner,
            &["read"],
            "operator = 'ada'",
            READER,
        ),
        (
            "console",
            owner,
            &["read", "write"],
            "user_id = null, operator = 'ada'",
            ANON,
        ),
    ];
    let database = stack.database().await;
    let mut portals = Vec::new();
    for (name, user, scopes, change, column) in rows {
        let session = format!("wps_{}", Uuid::new_v4());
        let insert = "insert into webhooks.page_links
            (user_id, scopes, token_hash, session_hash, seconds, expires_at, opened_at)
            values ($1, $2, gen_random_uuid()::text, 'sha256_' || encode(sha256(convert_to($3, 'UTF8')), 'hex'),
              3600, now() + interval '1 hour', now()) returning id";
        let row = database
            .query_one(insert, &[&user, &scopes, &session])
            .await;
        let id: Uuid = row.unwrap().get(0);
        if !change.is_empty() {
            let update = format!("update webhooks.page_links set {change} where id = $1");
            database.execute(&update, &[&id]).await.unwrap();
        }
        let headers = json!({"x-api-key": session});
        portals.push(who(name, "anon", anon(), headers, Like::Portal(column)));
    }
    portals
}

/// A new API key of an owner.
async fn api_key(stack: &Stack, owner: Uuid, scopes: &[&str]) -> Value {
    let key = Uuid::new_v4().to_string();
    let insert = "insert into public.webhook_api_keys (user_id, scopes, key_hash)
        values ($1, $2, 'sha256_' || encode(sha256(convert_to($3, 'UTF8')), 'hex'))";
    let database = stack.database().await;
    database
        .execute(insert, &[&owner, &scopes, &key])
        .await
        .unwrap();
    json!({"x-api-key": key})
}

fn anon() -> Value {
    json!({"role": "anon"})
}

fn user(id: Uuid) -> Value {
    json!({"sub": id.to_string(), "role": "authenticated"})
}

/// anon, user A (the owner), user B, A's API key, one of A's that may only read, the service role.
async fn plain_users() -> Setup {
    let stack = Stack::get();
    let (owner, other) = (stack.user().await, stack.user().await);
    let endpoint = owner.register("https://example.com/").await.id;
    let key = api_key(&stack, owner.id, &["read", "write"]).await;
    let reader = api_key(&stack, owner.id, &["read"]).await;
    let mut everybody = vec![
        who("anon", "anon", anon(), json!({}), Like::Column(ANON)),
        who(
            "owner",
            "authenticated",
            user(owner.id),
            json!({}),
            Like::Column(OWNER),
        ),
        who(
            "other",
            "authenticated",
            user(other.id),
            json!({}),
            Like::Column(OTHER),
        ),
        who("key", "anon", anon(), key, Like::Column(KEY)),
        who("reader", "anon", anon(), reader, Like::Column(READER)),
        who(
            "service",
            "service_role",
            json!({"role": "service_role"}),
            json!({}),
            Like::Column(SERVICE),
        ),
    ];
    everybody.extend(portals(&stack, owner.id, other.id).await);
    Setup {
        stack,
        owner: owner.id,
        endpoint,
        everybody,
        reader_has_token: false,
    }
}

/// The same with organisations: a member of A who may write and is in B as well, one of B, a key of A, a member of A
/// who may read; and strangers: a user of no organisation, the member of both who did not say for which, and one of B
/// who says A.
async fn organisations(stack: &Stack) -> Setup {
    let [a, b] = [(); 2].map(|()| Uuid::new_v4());
    let [writer, other, reader, stranger] = [(); 4].map(|()| Uuid::new_v4());
    let database = stack.database().await;
    let set_up = format!(
        "delete from public.webhook_api_keys;
         create table public.organisations (id uuid primary key);
         create table public.members (
           organisation uuid references public.organisations, member text, role text);
         create function public.organisation_roles() returns table (owner uuid, role text)
         language sql stable set search_path = '' as $$
           select m.organisation, m.role from public.members m
           where m.member = nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub'
         $$;
         insert into public.organisations values ('{a}'), ('{b}');
         insert into public.members values ('{a}', '{writer}', 'write'), ('{b}', '{writer}', 'write'),
           ('{b}', '{other}', 'write'), ('{a}', '{reader}', 'read'), ('{a}', '{stranger}', 'admin');
         select public.webhook_use_owners('public.organisation_roles()', 'public.organisations');
         insert into public.webhook_endpoints (user_id, url) values ('{a}', 'https://example.com/')"
    );
    database.batch_execute(&set_up).await.unwrap();
    let endpoint = "select id::text as id from public.webhook_endpoints";
    let endpoint = stack.sql(endpoint, &[]).await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let key = api_key(stack, a, &["read", "write"]).await;
    let for_a = json!({"x-webhook-owner": a});
    let mut everybody = vec![
        who("anon", "anon", anon(), json!({}), Like::Column(ANON)),
        who(
            "owner",
            "authenticated",
            user(writer),
            for_a.clone(),
            Like::Column(OWNER),
        ),
        who(
            "other",
            "authenticated",
            user(other),
            json!({}),
            Like::Column(OTHER),
        ),
        who("key", "anon", anon(), key, Like::Column(KEY)),
        who(
            "reader",
            "authenticated",
            user(reader),
            json!({}),
            Like::Column(READER),
        ),
        who(
            "service",
            "service_role",
            json!({"role": "service_role"}),
            json!({}),
            Like::Column(SERVICE),
        ),
        who(
            "stranger",
            "authenticated",
            user(stranger),
            json!({}),
            Like::Column(ANON),
        ),
        who(
            "undecided",
            "authenticated",
            user(writer),
            json!({}),
            Like::Column(ANON),
        ),
        who(
            "impostor",
            "authenticated",
            user(other),
            for_a,
            Like::Column(ANON),
        ),
    ];
    everybody.extend(portals(stack, a, b).await);
    Setup {
        stack: stack.clone(),
        owner: a,
        endpoint,
        everybody,
        reader_has_token: true,
    }
}

/// The columns of the matrix.
const ANON: usize = 0;
const OWNER: usize = 1;
const OTHER: usize = 2;
const KEY: usize = 3;
const READER: usize = 4;
const SERVICE: usize = 5;

/// What anon, owner, other, key, reader and service may do, one letter each: `a`llowed, `d`enied,
/// `n`othing there for them.
const TABLES: [(&str, &str, [&str; 4]); 33] = [
    // table, columns to select, [select, insert, update, delete]
    (
        "public.webhook_api_keys",
        "id",
        ["nanaaa", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "public.webhook_deliveries",
        "*",
        ["nanaaa", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "public.webhook_delivery_attempts",
        "*",
        ["nanaaa", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "public.webhook_endpoints",
        "id",
        ["nanaaa", "dadada", "nanana", "nanana"],
    ),
    (
        "public.webhook_event_types",
        "*",
        ["aaaaaa", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "public.webhook_events",
        "*",
        ["nanaaa", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "webhooks.attempt_counts",
        "*",
        ["nanaaa", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "webhooks.audit_log",
        "*",
        ["ddddda", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "webhooks.deleted_endpoints",
        "*",
        ["ddddda", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "webhooks.due_log",
        "*",
        ["ddddda", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "webhooks.endpoint_health",
        "*",
        ["nanaaa", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "webhooks.endpoint_totals",
        "*",
        ["nanaaa", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "webhooks.erased_events",
        "*",
        ["ddddda", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "webhooks.erasures",
        "*",
        ["ddddda", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "webhooks.generations",
        "*",
        ["ddddda", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "webhooks.idempotent_calls",
        "*",
        ["ddddda", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "webhooks.migrations",
        "*",
        ["dddddd", "dddddd", "dddddd", "dddddd"],
    ),
    (
        "webhooks.outbox",
        "*",
        ["ddddda", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "webhooks.page_links",
        "*",
        ["ddddda", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "webhooks.progress",
        "*",
        ["ddddda", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "webhooks.public_functions",
        "*",
        ["dddddd", "dddddd", "dddddd", "dddddd"],
    ),
    (
        "webhooks.pump",
        "*",
        ["ddddda", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "webhooks.queue",
        "*",
        ["nanaaa", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "webhooks.refused_events",
        "*",
        ["ddddda", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "webhooks.replays",
        "*",
        ["ddddda", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "webhooks.schema_warnings",
        "*",
        ["ddddda", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "webhooks.settings",
        "*",
        ["ddddda", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "webhooks.tally",
        "*",
        ["nanaaa", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "webhooks.tenancy",
        "*",
        ["dddddd", "dddddd", "dddddd", "dddddd"],
    ),
    (
        "webhooks.ticks",
        "*",
        ["ddddda", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "webhooks.totals",
        "*",
        ["ddddda", "ddddda", "ddddda", "ddddda"],
    ),
    (
        "webhooks.wake_up",
        "*",
        ["dddddd", "dddddd", "dddddd", "dddddd"],
    ),
    (
        "webhooks.watches",
        "*",
        ["dddddd", "dddddd", "dddddd", "dddddd"],
    ),
];

const FUNCTIONS: [(&str, &str); 280] = [
    ("public.broadcast_webhook_event", "ddddda"),
    ("public.cancel_webhook_deliveries", "dnnndd"),
    ("public.cancel_webhook_deliveries_of", "ddddda"),
    ("public.cancel_webhook_replay", "dnnndd"),
    ("public.claim_webhook_deliveries", "ddddda"),
    ("public.close_webhook_console", "dddddd"),
    ("public.close_webhook_portal", "dddddd"),
    ("public.create_webhook_api_key", "daaddd"),
    ("public.create_webhook_console_link", "ddddda"),
    ("public.create_webhook_endpoint", "daaadd"),
    ("public.create_webhook_portal_link", "ddddda"),
    ("public.delete_webhook_api_key", "dnnddd"),
    ("public.delete_webhook_endpoint", "dnnndd"),
    ("public.emit_webhook_event", "ddddda"),
    ("public.emit_webhook_events", "ddddda"),
    ("public.enqueue_webhook_events", "ddddda"),
    ("public.erase_webhook_events", "daaadd"),
    ("public.erase_webhook_events_of", "ddddda"),
    ("public.fan_out_webhook_events", "ddddda"),
    ("public.generate_webhook_secret", "ddddda"),
    ("public.get_webhook_delivery", "dnnnnd"),
    ("public.get_webhook_endpoint", "dnnnnd"),
    ("public.get_webhook_endpoint_stats", "dnnnnd"),
    ("public.get_webhook_event", "dnnnnd"),
    ("public.get_webhook_overview", "ddddda"),
    ("public.get_webhook_replay", "dnnnnd"),
    ("public.get_webhook_stats", "daaaad"),
    ("public.get_webhook_stats_of", "ddddda"),
    ("public.get_webhook_storage", "ddddda"),
    ("public.list_webhook_api_keys", "daaddd"),
    ("public.list_webhook_audit_log", "ddddda"),
    ("public.list_webhook_backfills", "ddddda"),
    ("public.list_webhook_console_links", "ddddda"),
    ("public.list_webhook_deliveries", "dnnnnd"),
    ("public.list_webhook_endpoint_stats", "daaaad"),
    ("public.list_webhook_endpoints", "daaaad"),
    ("public.list_webhook_event_types", "daaaad"),
    ("public.list_webhook_event_types_in_use", "ddddda"),
    ("public.list_webhook_events", "daaaad"),
    ("public.list_webhook_portal_links", "ddddda"),
    ("public.list_webhook_replays", "daaaad"),
    ("public.list_webhook_watches", "dddddd"),
    ("public.open_webhook_console", "ddddda"),
    ("public.open_webhook_portal", "aaaaad"),
    ("public.pause_webhook_endpoints_of", "ddddda"),
    ("public.put_webhook_event_type", "ddddda"),
    ("public.record_webhook_results", "ddddda"),
    ("public.record_webhook_tick", "ddddda"),
    ("public.recover_webhook_deliveries", "dnnndd"),
    ("public.replay_webhook_events", "dnnndd"),
    ("public.resend_webhook_deliveries", "dnnndd"),
    ("public.resend_webhook_deliveries_of", "ddddda"),
    ("public.resend_webhook_delivery", "dnnndd"),
    ("public.resume_webhook_endpoints_of", "ddddda"),
    ("public.revoke_webhook_console_link", "dddddn"),
    ("public.revoke_webhook_portal_link", "dddddn"),
    ("public.rotate_webhook_secret", "dnnndd"),
    ("public.run_webhook_upkeep", "ddddda"),
    ("public.search_webhooks", "ddddda"),
    ("public.store_webhook_events", "ddddda"),
    ("public.switch_webhook_endpoints", "daaadd"),
    ("public.test_webhook_endpoint", "dnnndd"),
    ("public.test_webhook_filter", "dnnnnd"),
    ("public.update_webhook_endpoint", "dnnndd"),
    ("public.update_webhook_endpoint_timestamp", "dddddd"),
    ("public.webhook_backfill", "ddddda"),
    ("public.webhook_backfill_set", "ddddda"),
    ("public.webhook_endpoint_before_insert", "dddddd"),
    ("public.webhook_metrics", "ddddda"),
    ("public.webhook_unwatch", "dddddd"),
    ("public.webhook_use_owners", "dddddd"),
    ("public.webhook_watch", "dddddd"),
    ("webhooks.act_on_deliveries", "ddddda"),
    ("webhooks.actor", "ddddda"),
    ("webhooks.add_page_link", "ddddda"),
    ("webhooks.alert", "ddddda"),
    ("webhooks.all_endpoints", "ddddda"),
    ("webhooks.attempts_since", "nnnnnn"),
    ("webhooks.back_off_after", "aaaaaa"),
    ("webhooks.batch", "ddddda"),
    ("webhooks.become_pump", "ddddda"),
    ("webhooks.begin_generation", "ddddda"),
    ("webhooks.begin_idempotent", "ddddda"),
    ("webhooks.caller", "aaaaaa"),
    ("webhooks.cancel", "ddddda"),
    ("webhooks.changes_query", "dddddd"),
    ("webhooks.check_endpoint", "dddddd"),
    ("webhooks.check_endpoint_count", "aaaaaa"),
    ("webhooks.check_event_types", "aaaaaa"),
    ("webhooks.check_filter", "aaaaaa"),
    ("webhooks.check_hash", "ddddda"),
    ("webhooks.check_watch", "dddddd"),
    ("webhooks.claims_of", "ddddda"),
    ("webhooks.close_page_link", "dddddd"),
    ("webhooks.copy_events", "ddddda"),
    ("webhooks.count_deliveries", "dddddd"),
    ("webhooks.count_tally", "ddddda"),
    ("webhooks.current_load", "ddddda"),
    ("webhooks.deliver_to", "ddddda"),
    ("webhooks.deliveries_deleted", "dddddd"),
    ("webhooks.delivery_inserted", "dddddd"),
    ("webhooks.delivery_object", "aaaaad"),
    ("webhooks.delivery_updated", "dddddd"),
    ("webhooks.disable_lost_endpoints", "ddddda"),
    ("webhooks.drop_watch", "dddddd"),
    ("webhooks.due_owners", "ddddda"),
    ("webhooks.emit", "dddddd"),
    ("webhooks.emit_changes", "dddddd"),
    ("webhooks.end_back_off", "ddddda"),
    ("webhooks.end_idempotent", "ddddda"),
    ("webhooks.end_leases", "ddddda"),
    ("webhooks.end_page_link", "ddddda"),
    ("webhooks.end_pump", "ddddda"),
    ("webhooks.end_secrets", "ddddda"),
    ("webhooks.endpoint_changed", "dddddd"),
    ("webhooks.endpoint_object", "aaaaad"),
    ("webhooks.endpoints_deleted", "dddddd"),
    ("webhooks.endpoints_for", "dddddd"),
    ("webhooks.endpoints_from", "ddddda"),
    ("webhooks.endpoints_of", "ddddda"),
    ("webhooks.erase", "ddddda"),
    ("webhooks.erase_answers", "ddddda"),
    ("webhooks.erase_foreign", "ddddda"),
    ("webhooks.erase_found", "ddddda"),
    ("webhooks.event_cursor", "ddddda"),
    ("webhooks.event_object", "dddddd"),
    ("webhooks.event_patterns", "aaaaaa"),
    ("webhooks.event_refusal", "ddddda"),
    ("webhooks.fan_out", "ddddda"),
    ("webhooks.filter_conditions", "dddddd"),
    ("webhooks.filter_path", "aaaaaa"),
    ("webhooks.filter_report", "dddddd"),
    ("webhooks.filter_result", "ddddda"),
    ("webhooks.find_deliveries", "ddddda"),
    ("webhooks.find_erasable", "ddddda"),
    ("webhooks.find_generations", "ddddda"),
    ("webhooks.first_expiry", "ddddda"),
    ("webhooks.foreign_key", "dddddd"),
    ("webhooks.forget_reasons", "aaaaad"),
    ("webhooks.has_lines", "ddddda"),
    ("webhooks.has_reached", "ddddda"),
    ("webhooks.has_room", "ddddda"),
    ("webhooks.headers_problem", "aaaaaa"),
    ("webhooks.health_of", "nnnnnd"),
    ("webhooks.identify", "aaaaaa"),
    ("webhooks.is_behind", "ddddda"),
    ("webhooks.is_behind_another", "aaaaaa"),
    ("webhooks.is_behind_fan_out", "ddddda"),
    ("webhooks.is_due", "ddddda"),
    ("webhooks.is_forgotten", "ddddda"),
    ("webhooks.is_in_payload", "ddddda"),
    ("webhooks.is_reserved_header", "aaaaaa"),
    ("webhooks.is_stored", "ddddda"),
    ("webhooks.is_waiting", "ddddda"),
    ("webhooks.keep_order", "ddddda"),
    ("webhooks.key_columns", "dddddd"),
    ("webhooks.key_hash", "aaaaaa"),
    ("webhooks.key_object", "dddddd"),
    ("webhooks.latency_class", "ddddda"),
    ("webhooks.latency_ms", "aaaaaa"),
    ("webhooks.lease", "ddddda"),
    ("webhooks.live_generations", "ddddda"),
    ("webhooks.lock_event", "ddddda"),
    ("webhooks.logged_events", "dddddd"),
    ("webhooks.make_due", "ddddda"),
    ("webhooks.make_test", "dnnndd"),
    ("webhooks.max_batch_bytes", "ddddda"),
    ("webhooks.max_payload_bytes", "ddddda"),
    ("webhooks.merge_counts", "ddddda"),
    ("webhooks.metadata_problem", "aaaaaa"),
    ("webhooks.minutes_since", "ddddda"),
    ("webhooks.move_waits_from", "ddddda"),
    ("webhooks.next_generation", "ddddda"),
    ("webhooks.next_outbox_owner", "ddddda"),
    ("webhooks.next_turn", "ddddda"),
    ("webhooks.no_owner", "ddddda"),
    ("webhooks.note_action", "ddddda"),
    ("webhooks.note_fan_out_failure", "ddddda"),
    ("webhooks.note_health", "ddddda"),
    ("webhooks.note_in_queue", "ddddda"),
    ("webhooks.note_key_use", "aaaaaa"),
    ("webhooks.note_streaks", "ddddda"),
    ("webhooks.number_refusal", "ddddda"),
    ("webhooks.open_page_link", "ddddda"),
    ("webhooks.operator_endpoint", "ddddda"),
    ("webhooks.order_key", "ddddda"),
    ("webhooks.ordered_due_at", "ddddda"),
    ("webhooks.ordering_problem", "aaaaaa"),
    ("webhooks.origin", "ddddda"),
    ("webhooks.outbox_owners", "ddddda"),
    ("webhooks.owner_of_key", "dddddd"),
    ("webhooks.owner_of_token", "dddddd"),
    ("webhooks.page_link_object", "ddddda"),
    ("webhooks.page_session", "ddddda"),
    ("webhooks.parse_event_cursor", "ddddda"),
    ("webhooks.parse_events", "ddddda"),
    ("webhooks.parse_json", "aaaaaa"),
    ("webhooks.parse_time", "aaaaaa"),
    ("webhooks.parse_uuid", "ddddda"),
    ("webhooks.passes", "ddddda"),
    ("webhooks.payload", "ddddda"),
    ("webhooks.pick_deliveries", "dddddn"),
    ("webhooks.pick_from_outbox", "ddddda"),
    ("webhooks.problems", "ddddda"),
    ("webhooks.purge_audit_log", "ddddda"),
    ("webhooks.purge_counts", "ddddda"),
    ("webhooks.purge_deleted_endpoints", "ddddda"),
    ("webhooks.purge_deliveries", "ddddda"),
    ("webhooks.purge_events", "ddddda"),
    ("webhooks.purge_idempotent_calls", "ddddda"),
    ("webhooks.purge_page_links", "ddddda"),
    ("webhooks.purge_refused_events", "ddddda"),
    ("webhooks.purge_replays", "ddddda"),
    ("webhooks.purge_schema_warnings", "ddddda"),
    ("webhooks.read_emitted", "dddddd"),
    ("webhooks.read_event", "ddddda"),
    ("webhooks.read_fields", "ddddda"),
    ("webhooks.record_attempts", "ddddda"),
    ("webhooks.refuse_field", "aaaaaa"),
    ("webhooks.refuse_filter", "aaaaaa"),
    ("webhooks.release", "ddddda"),
    ("webhooks.release_next", "ddddda"),
    ("webhooks.release_ordered", "ddddda"),
    ("webhooks.renew_pump", "ddddda"),
    ("webhooks.replay_object", "dddddd"),
    ("webhooks.request_header", "aaaaaa"),
    ("webhooks.require_active", "aaaaad"),
    ("webhooks.require_caller", "dddddd"),
    ("webhooks.require_delivery", "dddddd"),
    ("webhooks.require_endpoint", "dddddd"),
    ("webhooks.require_operator", "ddddda"),
    ("webhooks.require_page_session", "dddddd"),
    ("webhooks.require_replay", "dddddd"),
    ("webhooks.require_token", "dddddd"),
    ("webhooks.resend", "ddddda"),
    ("webhooks.retry_delay", "ddddda"),
    ("webhooks.retry_set_aside_events", "ddddda"),
    ("webhooks.retry_wait", "ddddda"),
    ("webhooks.revoke_page_link", "dddddn"),
    ("webhooks.ring_point", "ddddda"),
    ("webhooks.rooms", "dddddn"),
    ("webhooks.row_expression", "dddddd"),
    ("webhooks.run_replays", "ddddda"),
    ("webhooks.scan_replay", "ddddda"),
    ("webhooks.schema_breaks", "ddddda"),
    ("webhooks.schema_problems", "ddddda"),
    ("webhooks.schema_refusal", "ddddda"),
    ("webhooks.schema_types", "ddddda"),
    ("webhooks.send_again", "dnnndd"),
    ("webhooks.set_next_turns", "ddddda"),
    ("webhooks.setting", "aaaaaa"),
    ("webhooks.settle", "ddddda"),
    ("webhooks.signature_headers_problem", "aaaaaa"),
    ("webhooks.signing_secrets", "ddddda"),
    ("webhooks.stats_buckets", "aaaaaa"),
    ("webhooks.stats_by_endpoint", "aaaaad"),
    ("webhooks.stats_object", "aaaaaa"),
    ("webhooks.step_backfill", "ddddda"),
    ("webhooks.step_replay", "ddddda"),
    ("webhooks.store_event", "ddddda"),
    ("webhooks.store_for_pump", "ddddda"),
    ("webhooks.switch_endpoints_of", "ddddda"),
    ("webhooks.take_noted", "ddddda"),
    ("webhooks.take_turns", "ddddda"),
    ("webhooks.take_waiting", "ddddda"),
    ("webhooks.tell", "ddddda"),
    ("webhooks.too_large", "ddddda"),
    ("webhooks.truncate_drained_logs", "ddddda"),
    ("webhooks.turns_of", "ddddda"),
    ("webhooks.unrecorded", "ddddda"),
    ("webhooks.upkeep_step", "ddddda"),
    ("webhooks.utc", "aaaaaa"),
    ("webhooks.validator", "ddddda"),
    ("webhooks.waits_from", "ddddda"),
    ("webhooks.wake_up_deliver", "dddddd"),
    ("webhooks.wanting_endpoints", "dddddn"),
    ("webhooks.watch_object", "dddddd"),
    ("webhooks.with_payload", "ddddda"),
    ("webhooks.worst", "ddddda"),
    ("webhooks.written_generation", "ddddda"),
];

fn letters(outcomes: &[&str]) -> String {
    outcomes.iter().map(|outcome| &outcome[..1]).collect()
}

#[tokio::test]
async fn every_user_may_do_with_tables_and_functions_what_the_matrix_says_and_nothing_else() {
    let setup = plain_users().await;
    check_tables(&setup).await;
    check_functions(&setup).await;
}

#[tokio::test]
async fn every_member_of_an_organisation_may_do_what_the_matrix_says_and_nothing_else() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let setup = organisations(&private.stack).await;
    check_tables(&setup).await;
    check_functions(&setup).await;
    private.stop().await;
}

/// Sees that everybody may do what the matrix says.
fn check(everybody: &[Who], outcomes: &[&str], expected: &str, what: &str) {
    for (who, letter) in everybody.iter().zip(letters(outcomes).chars()) {
        assert_eq!(letter, who.like.letter(expected), "{}: {what}", who.name);
    }
}

async fn check_tables(setup: &Setup) {
    let Setup {
        stack, everybody, ..
    } = setup;
    let mut client = stack.database().await;
    let (user, id) = (setup.owner, &setup.endpoint);
    let others = format!(
        "insert into public.webhook_events (event_id, event_type, user_id, payload)
           values ('e', 'vehicle.created', '{user}', '{{}}');
         insert into public.webhook_deliveries (endpoint_id, event_type, event_id, payload,
           next_retry_at) values ('{id}', 'vehicle.created', 'e', '{{}}', now() + interval '1 day');
         insert into public.webhook_delivery_attempts (delivery_id, attempt, endpoint_id,
           attempted_at) values ('{id}', 1, '{id}', now());
         insert into webhooks.settings values ('TEST_SETTING', 1) on conflict do nothing;
         insert into webhooks.generations values ('webhooks.outbox_generation', 0)
           on conflict do nothing;
         insert into webhooks.attempt_counts values ('{id}', now(), 300, 'success', 1, 1);
         insert into webhooks.endpoint_totals values ('{id}', 1, 0);
         insert into webhooks.endpoint_health (endpoint_id) values ('{id}');
         insert into webhooks.queue (endpoint_id, owner, due_from, waits_until)
           values ('{id}', '{user}', 'infinity', 'infinity')
           on conflict (endpoint_id) do update set owner = excluded.owner;
         insert into webhooks.progress values ('tenancy', null) on conflict do nothing;
         insert into webhooks.totals values ('tenancy', 1) on conflict do nothing;
         insert into webhooks.erasures (actor, events) values ('tenancy', 1);
         insert into webhooks.audit_log (operator, action) values ('tenancy', 'view_owner');
         insert into webhooks.schema_warnings (event_type, event_id) values ('tenancy', 'x');
         insert into webhooks.replays (endpoint_id, query, event_type, key_type, status)
           values ('{id}', 'x', 'x', 'x', 'done');
         insert into webhooks.refused_events (code, error) values ('tenancy', 'x');
         insert into webhooks.idempotent_calls (user_id, key_hash, request_hash) values ('{id}', 'a', 'b');
         insert into webhooks.ticks (ticks, finished_at, duration_ms) values (1, now(), 1)
           on conflict do nothing"
    );
    client.batch_execute(&others).await.unwrap();
    let of_endpoint = format!("endpoint_id = '{id}'");
    let is = |column: &str, value: &str| format!("{column} = '{value}'");
    // For each table: the rows concerned, a row to insert, and a change.
    let rows: BTreeMap<&str, (String, String, &str)> = BTreeMap::from([
        (
            "public.webhook_api_keys",
            (
                is("user_id", &user.to_string()),
                format!("(user_id, key_hash) values ('{user}', gen_random_uuid()::text)"),
                "name = 'x'",
            ),
        ),
        (
            "public.webhook_deliveries",
            (
                of_endpoint.clone(),
                format!(
                    "(endpoint_id, event_type, event_id, payload) values ('{id}', 'a', 'b', '{{}}')"
                ),
                "last_error = 'x'",
            ),
        ),
        (
            "public.webhook_delivery_attempts",
            (
                of_endpoint.clone(),
                format!(
                    "(delivery_id, attempt, endpoint_id, attempted_at)
                    values ('{id}', 2, '{id}', now())"
                ),
                "error = 'x'",
            ),
        ),
        (
            "public.webhook_endpoints",
            (
                is("id", id),
                format!("(user_id, url) values ('{user}', 'https://example.com/')"),
                "description = 'x'",
            ),
        ),
        (
            "public.webhook_event_types",
            (
                is("name", "vehicle.created"),
                "(name) values ('tenancy.test')".to_owned(),
                "description = 'x'",
            ),
        ),
        (
            "public.webhook_events",
            (
                is("user_id", &user.to_string()),
                format!(
                    "(event_id, event_type, user_id, payload) values ('f', 'a', '{user}', '{{}}')"
                ),
                "event_type = 'x'",
            ),
        ),
        (
            "webhooks.attempt_counts",
            (
                of_endpoint.clone(),
                format!("values ('{id}', now(), 300, 'success', 2, 1)"),
                "attempts = attempts + 1",
            ),
        ),
        (
            "webhooks.audit_log",
            (
                is("operator", "tenancy"),
                "(operator, action) values ('tenancy', 'view_owner')".to_owned(),
                "details = details",
            ),
        ),
        (
            "webhooks.deleted_endpoints",
            (
                of_endpoint.clone(),
                "(endpoint_id) values (gen_random_uuid())".to_owned(),
                "deleted_at = now()",
            ),
        ),
        (
            "webhooks.due_log",
            (
                "true".to_owned(),
                format!("values ('{id}', now())"),
                "due_at = due_at",
            ),
        ),
        (
            "webhooks.endpoint_health",
            (
                of_endpoint.clone(),
                "(endpoint_id) values (gen_random_uuid())".to_owned(),
                "is_slow = true",
            ),
        ),
        (
            "webhooks.endpoint_totals",
            (
                of_endpoint.clone(),
                "(endpoint_id) values (gen_random_uuid())".to_owned(),
                "failed = 0",
            ),
        ),
        (
            "webhooks.generations",
            (
                is("generation", "0"),
                "values ('webhooks.outbox_generation', -1)".to_owned(),
                "log_bytes = 0",
            ),
        ),
        (
            "webhooks.migrations",
            (
                "true".to_owned(),
                "values ('x', 'y')".to_owned(),
                "checksum = 'x'",
            ),
        ),
        (
            "webhooks.outbox",
            (
                is("event_ref", "0"),
                format!("(owner, event_ref) values ('{id}', 0)"),
                "failures = failures",
            ),
        ),
        (
            "webhooks.page_links",
            (
                is("user_id", &user.to_string()),
                format!(
                    "(user_id, scopes, token_hash, seconds, expires_at)
                     values ('{user}', '{{read}}', gen_random_uuid()::text, 60, now())"
                ),
                "scopes = scopes",
            ),
        ),
        (
            "webhooks.progress",
            (
                is("task", "tenancy"),
                "values (gen_random_uuid()::text, null)".to_owned(),
                "after_id = null",
            ),
        ),
        (
            "webhooks.public_functions",
            ("true".to_owned(), "values ('x')".to_owned(), "name = name"),
        ),
        (
            "webhooks.pump",
            (
                "true".to_owned(),
                "(leased_until) values (now()) on conflict (id) do update set leased_until = now()"
                    .to_owned(),
                "leased_until = now()",
            ),
        ),
        (
            "webhooks.queue",
            (
                "true".to_owned(),
                format!(
                    "(endpoint_id, owner, due_from) values ('{id}', '{user}', now())
                     on conflict (endpoint_id) do update set due_from = now()"
                ),
                "due_from = due_from",
            ),
        ),
        (
            "webhooks.erased_events",
            (
                is("event_ref", "0"),
                "(event_ref) values (-1)".to_owned(),
                "event_ref = 0",
            ),
        ),
        (
            "webhooks.erasures",
            (
                is("actor", "tenancy"),
                "(actor, events) values ('tenancy', 1)".to_owned(),
                "events = 2",
            ),
        ),
        (
            "webhooks.replays",
            (
                of_endpoint.clone(),
                "(endpoint_id, query, event_type, key_type) values (gen_random_uuid(), 'x', 'x', 'x')"
                    .to_owned(),
                "last_error = 'x'",
            ),
        ),
        (
            "webhooks.schema_warnings",
            (
                is("event_type", "tenancy"),
                "(event_type, event_id) values ('tenancy', 'x')".to_owned(),
                "event_id = 'y'",
            ),
        ),
        (
            "webhooks.settings",
            (
                is("name", "TEST_SETTING"),
                "values ('OTHER_SETTING', 1)".to_owned(),
                "value = 2",
            ),
        ),
        (
            "webhooks.tally",
            (
                of_endpoint.clone(),
                format!("(endpoint_id) values ('{id}')"),
                "failed = 0",
            ),
        ),
        (
            "webhooks.tenancy",
            (
                "true".to_owned(),
                "(owners_function) values ('x')".to_owned(),
                "owners_function = 'x'",
            ),
        ),
        (
            "webhooks.ticks",
            (
                "true".to_owned(),
                "(ticks, finished_at, duration_ms) values (1, now(), 1)
                    on conflict (id) do update set ticks = 1"
                    .to_owned(),
                "ticks = ticks + 1",
            ),
        ),
        (
            "webhooks.totals",
            (
                is("outcome", "tenancy"),
                "values ('tenancy_2', 1)".to_owned(),
                "attempts = attempts + 1",
            ),
        ),
        (
            "webhooks.idempotent_calls",
            (
                is("user_id", &id.to_string()),
                format!("(user_id, key_hash, request_hash) values ('{id}', 'c', 'd')"),
                "answer = answer",
            ),
        ),
        (
            "webhooks.refused_events",
            (
                is("code", "tenancy"),
                "(code, error) values ('tenancy', 'x')".to_owned(),
                "error = error",
            ),
        ),
        (
            "webhooks.wake_up",
            (
                "true".to_owned(),
                "(url, key) values ('https://example.com', 'x')".to_owned(),
                "key = 'x'",
            ),
        ),
        (
            "webhooks.watches",
            (
                "true".to_owned(),
                "(table_name, event_prefix, owner_column, key_columns) values ('pg_class', 'a', 'b', '{}')"
                    .to_owned(),
                "event_prefix = event_prefix",
            ),
        ),
    ]);

    let tables = stack
        .sql(
            "select format('%s.%s', c.relnamespace::regnamespace, c.relname) as name
             from pg_class c
             where c.relkind in ('r', 'p', 'v', 'm') and (c.relnamespace = 'webhooks'::regnamespace
               or c.relnamespace = 'public'::regnamespace and c.relname like 'webhook%')
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
            format!("select {columns} from {table} where {condition}"),
            format!("insert into {table} {row}"),
            format!("update {table} set {change} where {condition}"),
            format!("delete from {table} where {condition}"),
        ];
        for (statement, expected) in statements.iter().zip(expected) {
            let mut outcomes = Vec::new();
            for who in everybody {
                outcomes.push(outcome(&mut client, who, &setup.endpoint, statement).await);
            }
            check(everybody, &outcomes, expected, statement);
        }
    }
}

async fn check_functions(setup: &Setup) {
    let Setup {
        stack, everybody, ..
    } = setup;
    let mut client = stack.database().await;
    // Arguments that say nothing: who is let in is told what is wrong with them, or that
    // there is nothing. Without a session the operator is the service role.
    let functions = stack
        .sql(
            "select format('%s.%s', p.pronamespace::regnamespace, p.proname) as name,
               p.prorettype = 'trigger'::regtype as is_trigger,
               format('select %s.%I(%s)', p.pronamespace::regnamespace, p.proname, coalesce((
                 select string_agg(format('%L::%s',
                   case when p.proargnames[a.ord] = 'session_hash' then null
                     when t.typname = 'uuid' then '00000000-0000-4000-8000-000000000000'
                     when t.typname = 'text' then '[]' when t.typname in ('int4', 'int8', 'int2') then '1'
                     when t.typname = 'bool' then 'true' when t.typname = 'interval' then '1 hour' when t.typname = 'jsonb' then '[]'
                     when t.typname = '_text' then '{*}' when t.typname like '\\_%' then '{}'
                     when t.typtype = 'c' then null
                     when t.typname = 'regprocedure' then null
                     when t.typname = 'regclass' then 'webhooks.outbox_generation'
                     else '2026-01-01' end,
                   t.oid::regtype), ', ' order by a.ord)
                 from unnest(p.proargtypes) with ordinality as a (type, ord)
                 join pg_type t on t.oid = a.type), '')) as call
             from pg_proc p
             where p.pronamespace = 'webhooks'::regnamespace
               or p.pronamespace = 'public'::regnamespace and p.proname like '%webhook%'
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

    for (function, (name, expected)) in functions.iter().zip(&FUNCTIONS) {
        let call = function["call"].as_str().unwrap();
        let mut outcomes = Vec::new();
        for who in everybody {
            let found = outcome(&mut client, who, &setup.endpoint, call).await;
            // Trigger functions cannot be called at all; being let in is being told so.
            let is_owner_only = function["is_trigger"] == true && who.name == "service";
            outcomes.push(if is_owner_only { "denied" } else { found });
        }
        let expected = match *name {
            "public.list_webhook_api_keys" if setup.reader_has_token => "daadad",
            _ => expected,
        };
        check(everybody, &outcomes, expected, &format!("{name}: {call}"));
    }
}

//! What each role may do in the database, past the workers.

use reqwest::{Method, StatusCode};
use serde_json::json;
use tests::stack::{Stack, client};

/// Runs a statement as the API would for `role`, with a user's claims, in a
/// transaction that is rolled back. Gives the number of rows, or the SQLSTATE.
async fn attempt(stack: &Stack, role: &str, claims: &str, statement: &str) -> Result<u64, String> {
    let mut database = stack.database().await;
    let transaction = database.transaction().await.unwrap();
    transaction
        .execute(
            "select set_config('request.jwt.claims', $1, true),
                set_config('request.jwt.claim.sub', coalesce($1::jsonb ->> 'sub', ''), true)",
            &[&claims],
        )
        .await
        .unwrap();
    transaction
        .batch_execute(&format!("set local role {role}"))
        .await
        .unwrap();
    transaction
        .execute(statement, &[])
        .await
        .map_err(|error| error.code().unwrap().code().to_owned())
}

const DENIED: &str = "42501";

#[tokio::test]
async fn no_role_but_the_service_role_reads_secrets() {
    let stack = Stack::get();
    let user = stack.user().await;
    let endpoint = user.register("https://example.com/").await;
    let claims = json!({"sub": user.id.to_string()}).to_string();
    for column in ["secret", "previous_secrets", "*"] {
        let statement = format!(
            "select {column} from public.webhook_endpoints where id = '{}'",
            endpoint.id
        );
        for role in ["anon", "authenticated"] {
            let outcome = attempt(&stack, role, &claims, &statement).await;
            assert_eq!(outcome, Err(DENIED.to_owned()), "{role}: {column}");
        }
        assert_eq!(
            attempt(&stack, "service_role", "{}", &statement).await,
            Ok(1)
        );
    }
    for statement in [
        "update public.webhook_endpoints set secret = 'x'",
        "select 1 from public.webhook_endpoints where secret like 'whsec_0%'",
        "select public.generate_webhook_secret()",
        "select public.claim_webhook_deliveries(10, 10)",
        "select public.fan_out_webhook_events(10, 10)",
        "select public.store_webhook_events('[]')",
        "select webhooks.batch('{}')",
        "select public.enqueue_webhook_events('[]', 10, 10)",
        "select public.record_webhook_results('[]')",
        "select key_hash from public.webhook_api_keys",
    ] {
        for role in ["anon", "authenticated"] {
            let outcome = attempt(&stack, role, &claims, statement).await;
            assert_eq!(outcome, Err(DENIED.to_owned()), "{role}: {statement}");
        }
    }
}

/// Past the workers, by every way PostgREST offers to a user, an API key and nobody.
#[tokio::test]
async fn no_route_of_the_api_shows_a_secret() {
    let stack = Stack::get();
    let user = stack.user().await;
    let endpoint = user.register("https://example.com/").await;
    let rotate = format!("/webhooks/{}/rotate-secret", endpoint.id);
    user.call(Method::POST, &rotate, None)
        .await
        .expect(StatusCode::OK);
    stack.emit(&user, "vehicle.created", json!({})).await;
    let key = user.by_api_key().await.request(Method::GET, "").build();
    let key = key.unwrap().headers()["x-api-key"].clone();
    let base = stack.rest_url();
    let id = &endpoint.id;
    let digits = &endpoint.secret["whsec_".len()..];
    for path in [
        "webhook_endpoints?select=secret".to_owned(),
        "webhook_endpoints?select=previous_secrets".to_owned(),
        "webhook_endpoints?select=*".to_owned(),
        "webhook_endpoints".to_owned(),
        "webhook_endpoints?select=id&secret=like.whsec*".to_owned(),
        "webhook_endpoints?select=id&order=secret".to_owned(),
        "webhook_endpoints?select=id,x:secret".to_owned(),
        "webhook_deliveries?select=id,webhook_endpoints(secret)".to_owned(),
        "webhook_deliveries?select=id,webhook_endpoints(*)".to_owned(),
        "rpc/generate_webhook_secret".to_owned(),
        "rpc/claim_webhook_deliveries?claim_limit=50&lease_seconds=1".to_owned(),
        format!("rpc/get_webhook_endpoint?endpoint_id={id}"),
        "rpc/list_webhook_endpoints".to_owned(),
        format!("rpc/require_endpoint?endpoint_id={id}&scope=read"),
    ] {
        for (name, value) in [
            ("authorization", format!("Bearer {}", user.jwt)),
            ("x-api-key", key.to_str().unwrap().to_owned()),
            ("x-nobody", "1".to_owned()),
        ] {
            for method in [Method::GET, Method::POST] {
                let (url, arguments) = path.split_once('?').unwrap_or((&path, ""));
                let mut request = client()
                    .request(method.clone(), format!("{base}/{path}"))
                    .header("apikey", &stack.publishable_key)
                    .header(name, &value);
                if method == Method::POST {
                    // Only functions are called by POST; a table would take it for a row.
                    if !path.starts_with("rpc/") {
                        continue;
                    }
                    let arguments: serde_json::Map<_, _> = arguments
                        .split('&')
                        .filter_map(|pair| pair.split_once('='))
                        .map(|(name, value)| match value.parse::<u32>() {
                            Ok(number) => (name.to_owned(), json!(number)),
                            Err(_) => (name.to_owned(), json!(value)),
                        })
                        .collect();
                    request = client()
                        .post(format!("{base}/{url}"))
                        .header("apikey", &stack.publishable_key)
                        .header(name, &value)
                        .json(&arguments);
                }
                let answer = request.send().await.unwrap();
                let status = answer.status();
                let text = answer.text().await.unwrap();
                assert!(
                    !text.contains("whsec_") && !text.contains(digits),
                    "{method} {path} as {name}: {status} {text}"
                );
                // Nothing that names the column is answered at all.
                if path.contains("secret") {
                    assert!(
                        status.is_client_error(),
                        "{method} {path} as {name}: {status}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn users_see_and_change_what_is_theirs_and_nothing_else() {
    let stack = Stack::get();
    let (owner, other) = (stack.user().await, stack.user().await);
    let endpoint = owner.register("https://example.com/").await;
    stack.emit(&owner, "vehicle.created", json!({})).await;
    let claims = |id: uuid::Uuid| json!({"sub": id.to_string()}).to_string();
    let id = &endpoint.id;
    let select = format!("select id from public.webhook_endpoints where id = '{id}'");
    let update = format!("update public.webhook_endpoints set description = 'x' where id = '{id}'");
    let delete = format!("delete from public.webhook_endpoints where id = '{id}'");
    let deliveries = format!("select id from public.webhook_deliveries where endpoint_id = '{id}'");
    for statement in [&select, &update, &delete, &deliveries] {
        let run = |claims: String| attempt(&stack, "authenticated", claims.leak(), statement);
        assert_eq!(run(claims(owner.id)).await, Ok(1), "{statement}");
        assert_eq!(run(claims(other.id)).await, Ok(0), "{statement}");
        assert_eq!(run("{}".to_owned()).await, Ok(0), "{statement}");
    }
    let insert = format!(
        "insert into public.webhook_endpoints (user_id, url) values ('{}', 'https://example.com/')",
        owner.id
    );
    let run = |claims: String| attempt(&stack, "authenticated", claims.leak(), &insert);
    assert_eq!(run(claims(owner.id)).await, Ok(1));
    assert_eq!(run(claims(other.id)).await, Err(DENIED.to_owned()));
}

#[tokio::test]
async fn the_limits_hold_past_the_workers_too() {
    let stack = Stack::get();
    let user = stack.user().await;
    let claims = json!({"sub": user.id.to_string()}).to_string();
    let insert = |columns: &str, values: &str| {
        format!(
            "insert into public.webhook_endpoints (user_id, {columns}) values ('{}', {values})",
            user.id
        )
    };
    for statement in [
        insert("url", "'https://example.com/' || repeat('a', 2048)"),
        insert(
            "url, description",
            "'https://example.com/', repeat('a', 501)",
        ),
        insert(
            "url, events",
            "'https://example.com/', array_fill('*'::text, array[101])",
        ),
        insert(
            "url, events",
            "'https://example.com/', array['no.such_type']",
        ),
        insert("url, events", "'https://example.com/', '{}'"),
        insert("url, events", "'https://example.com/', null"),
        insert("url", "'ftp://example.com/'"),
        insert("url", "null"),
        insert("url, is_active", "'https://example.com/', null"),
        // As the function that shows secrets would: no constraint may quote the row.
        "select public.create_webhook_endpoint('ftp://example.com/')".to_owned(),
        "select public.create_webhook_endpoint(null)".to_owned(),
        "select public.create_webhook_endpoint('https://example.com/', null, '{}')".to_owned(),
        "select public.create_webhook_endpoint('https://example.com/', null, '{*}', null)"
            .to_owned(),
    ] {
        let outcome = attempt(&stack, "authenticated", &claims, &statement).await;
        assert_eq!(outcome, Err("PT400".to_owned()), "{statement}");
    }
}

#[tokio::test]
async fn nobody_but_the_service_role_writes_deliveries() {
    let stack = Stack::get();
    let user = stack.user().await;
    let endpoint = user.register("https://example.com/").await;
    let claims = json!({"sub": user.id.to_string()}).to_string();
    let insert = format!(
        "insert into public.webhook_deliveries (endpoint_id, event_type, event_id, payload)
         values ('{}', 'vehicle.created', 'e', '{{}}')",
        endpoint.id
    );
    for statement in [
        insert.as_str(),
        "update public.webhook_deliveries set status = 'success'",
        "delete from public.webhook_deliveries",
        "insert into public.webhook_event_types (name) values ('a.b')",
        "insert into public.webhook_api_keys (user_id, key_hash) values (gen_random_uuid(), 'x')",
    ] {
        for role in ["anon", "authenticated"] {
            let outcome = attempt(&stack, role, &claims, statement).await;
            assert_eq!(outcome, Err(DENIED.to_owned()), "{role}: {statement}");
        }
    }
    assert_eq!(attempt(&stack, "service_role", "{}", &insert).await, Ok(1));
}

#[tokio::test]
async fn every_table_has_row_level_security_and_every_function_a_pinned_search_path() {
    let stack = Stack::get();
    let open = stack
        .sql(
            "select c.oid::regclass::text as name from pg_class c
             where c.relkind in ('r', 'p') and not c.relrowsecurity
               and (c.relnamespace = 'webhooks'::regnamespace
                 or c.relnamespace = 'public'::regnamespace and c.relname like 'webhook%')",
            &[],
        )
        .await;
    assert!(open.is_empty(), "{open:?}");
    let unpinned = stack
        .sql(
            "select p.oid::regprocedure::text as name from pg_proc p
             where (p.pronamespace = 'webhooks'::regnamespace
                 or p.pronamespace = 'public'::regnamespace and p.proname like '%webhook%')
               and not coalesce(p.proconfig @> array['search_path=\"\"'], false)
               -- Parsed when it was created.
               and p.prosqlbody is null",
            &[],
        )
        .await;
    assert!(unpinned.is_empty(), "{unpinned:?}");
}

/// JIT compiles for a second what runs for a millisecond, and plans made while tables are empty
/// read them whole when they are large.
#[tokio::test]
async fn the_functions_of_the_pump_are_planned_without_jit_and_without_reading_whole_tables() {
    let planned = Stack::get()
        .sql(
            "select p.proname as name from pg_proc p
             where p.pronamespace = 'public'::regnamespace
               and p.proconfig @> array['jit=off', 'enable_seqscan=off',
                 'plan_cache_mode=force_generic_plan']
             order by 1",
            &[],
        )
        .await;
    let names: Vec<_> = planned
        .iter()
        .map(|p| p["name"].as_str().unwrap())
        .collect();
    let expected = [
        "claim_webhook_deliveries",
        "enqueue_webhook_events",
        "fan_out_webhook_events",
        "record_webhook_results",
        "run_webhook_upkeep",
        "store_webhook_events",
    ];
    assert_eq!(names, expected);
}

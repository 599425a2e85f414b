//! Faults that the SQL once had. Each test failed before its repair.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::database::{Database, claim, claimed, enqueue, fan_out, pump, record};

/// Long enough for one statement, far shorter than the transaction that is left open.
const AT_ONCE: Duration = Duration::from_secs(3);

async fn endpoint(client: &Client, id: Uuid) -> Uuid {
    let insert = "with u as (
          insert into auth.users (id) values (gen_random_uuid()) returning id)
        insert into public.webhook_endpoints (id, user_id, url)
        select $1, u.id, 'https://example.com/' from u returning id";
    client.query_one(insert, &[&id]).await.unwrap().get(0)
}

async fn make_due(client: &Client, endpoint: Uuid, count: i32, minutes: i32) {
    let insert = "insert into public.webhook_deliveries
          (endpoint_id, event_type, event_id, payload, next_retry_at)
        select $1::uuid, 'a', gen_random_uuid()::text, jsonb_build_object('for', $1::uuid),
          now() - make_interval(mins => $3)
        from generate_series(1, $2)";
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&endpoint, &count, &minutes];
    client.execute(insert, &parameters).await.unwrap();
}

fn answered(claimed: &[Value], answer: &Value) -> Value {
    let result = |delivery: &Value| {
        let mut result = answer.clone();
        for name in ["id", "claim", "attempts"] {
            result[name] = delivery[name].clone();
        }
        result
    };
    claimed.iter().map(result).collect()
}

async fn number(client: &Client, statement: &str) -> i64 {
    client.query_one(statement, &[]).await.unwrap().get(0)
}

async fn slow(client: &Client, endpoint: Uuid) {
    let insert = "insert into webhooks.endpoint_health
        (endpoint_id, consecutive_failures, is_slow) values ($1, 1, true)";
    client.execute(insert, &[&endpoint]).await.unwrap();
}

async fn claim_with_slow(client: &Client, limit: i32, slow_limit: i32) -> Vec<Value> {
    let statement = "select public.claim_webhook_deliveries($1, 60, $2)";
    let row = client.query_one(statement, &[&limit, &slow_limit]).await;
    claimed(&row.unwrap().get(0))
}

/// As when the deletion commits after the lease and before the batch is read.
#[tokio::test]
async fn a_delivery_is_sent_its_own_payload_where_an_endpoint_of_the_batch_was_deleted() {
    let database = Database::start().await;
    let client = &database.client;
    let gone = endpoint(client, Uuid::new_v4()).await;
    let kept = endpoint(client, Uuid::new_v4()).await;
    make_due(client, gone, 1, 2).await;
    make_due(client, kept, 1, 1).await;
    let delete = "delete from public.webhook_endpoints where id = $1";
    client.execute(delete, &[&gone]).await.unwrap();
    let batch = "select webhooks.batch(array(
        select id from public.webhook_deliveries order by next_retry_at))";
    let batch: Value = client.query_one(batch, &[]).await.unwrap().get(0);
    let delivery = &batch["claimed"][0];
    assert_eq!(delivery["endpoint_id"], json!(kept));
    let place = delivery["payload"].as_u64().unwrap() as usize;
    let payload: Value = serde_json::from_str(batch["payloads"][place].as_str().unwrap()).unwrap();
    assert_eq!(payload, json!({"for": kept}));
    database.stop().await;
}

#[tokio::test]
async fn claims_and_fan_outs_go_on_after_billions_of_turns() {
    let database = Database::start().await;
    let client = &database.client;
    let last =
        "select setval('webhooks.turns', least(max_value, 4000000000)) from pg_catalog.pg_sequences
        where schemaname = 'webhooks' and sequencename = 'turns'";
    client.execute(last, &[]).await.unwrap();
    for statement in [
        "select public.claim_webhook_deliveries(1, 60)",
        "select public.fan_out_webhook_events(1, 60)",
    ] {
        client.query_one(statement, &[]).await.expect(statement);
        client.query_one(statement, &[]).await.expect(statement);
    }
    database.stop().await;
}

/// A re-emission of an event that is old enough to be deleted, while retention deletes.
#[tokio::test]
async fn an_event_that_is_emitted_again_is_not_deleted_as_it_is_fanned_out() {
    let database = Database::start().await;
    let client = &database.client;
    let insert = "insert into public.webhook_endpoints (user_id, url)
        values ($1, 'https://example.com/')";
    client.execute(insert, &[&database.user]).await.unwrap();
    let event = json!([{"event_type": "a", "data": {}, "user_id": database.user, "event_id": "e"}]);
    let old =
        "insert into public.webhook_events (event_id, event_type, user_id, payload, created_at)
        values ('e', 'a', $1, '{}', now() - interval '40 days')";
    client.execute(old, &[&database.user]).await.unwrap();
    let mut other = database.another_connection().await;
    let open = other.transaction().await.unwrap();
    let store = "select public.enqueue_webhook_events($1, 0, 60)";
    open.execute(store, &[&event.to_string()]).await.unwrap();
    let upkeep = "select public.run_webhook_upkeep(30)";
    timeout(AT_ONCE, client.execute(upkeep, &[]))
        .await
        .expect("no wait")
        .unwrap();
    open.commit().await.unwrap();
    let batch = &claim(client, 10).await["batch"];
    assert!(batch["payloads"][0].is_string(), "{batch}");
    database.stop().await;
}

/// A worker cannot read a batch in which a payload is null: it would send none of it.
#[tokio::test]
async fn a_delivery_without_a_payload_does_not_spoil_the_batch_of_others() {
    let database = Database::start().await;
    let client = &database.client;
    let broken = endpoint(client, Uuid::new_v4()).await;
    let healthy = endpoint(client, Uuid::new_v4()).await;
    make_due(client, broken, 1, 2).await;
    make_due(client, healthy, 1, 1).await;
    let lose = "update public.webhook_deliveries set payload = null, event_ref = 1
        where endpoint_id = $1";
    client.execute(lose, &[&broken]).await.unwrap();
    let batch = &claim(client, 10).await["batch"];
    let payloads = batch["payloads"].as_array().unwrap();
    assert!(payloads.iter().all(Value::is_string), "{payloads:?}");
    database.stop().await;
}

#[tokio::test]
async fn an_endpoint_that_is_made_again_with_its_id_keeps_its_new_deliveries() {
    let database = Database::start().await;
    let client = &database.client;
    let url = "https://operator.example.com/";
    let news = json!([{"endpoint_id": Uuid::new_v4(), "user_id": null,
        "event_type": "endpoint.failing", "data": {}}]);
    let tell = "select webhooks.tell($1, $2)";
    client.execute(tell, &[&json!([]), &url]).await.unwrap();
    let delete = "delete from public.webhook_endpoints where user_id is null";
    assert_eq!(client.execute(delete, &[]).await.unwrap(), 1);
    client.execute(tell, &[&news, &url]).await.unwrap();
    fan_out(client, 0).await;
    let upkeep = "select public.run_webhook_upkeep(30)";
    client.execute(upkeep, &[]).await.unwrap();
    assert_eq!(claimed(&claim(client, 10).await).len(), 1);
    database.stop().await;
}

#[tokio::test]
async fn an_event_that_leaves_one_endpoint_out_reaches_all_others_of_a_large_owner() {
    let database = Database::start().await;
    let client = &database.client;
    let fill = "insert into public.webhook_endpoints (user_id, url)
        select $1, 'https://example.com/' from generate_series(1, 1200)";
    client.execute(fill, &[&database.user]).await.unwrap();
    let event = "insert into webhooks.outbox (owner, event_ref, except_endpoint)
        select $1, (webhooks.store_event(row('e', 'vehicle.created', $1, null, null, null, '{}', null))).ref,
          (select id from public.webhook_endpoints order by id limit 1)";
    client.execute(event, &[&database.user]).await.unwrap();
    while fan_out(client, 0).await["stored"] == true {}
    assert_eq!(
        number(client, "select count(*) from public.webhook_deliveries").await,
        1199
    );
    database.stop().await;
}

#[tokio::test]
async fn a_slow_endpoint_has_its_turn_in_the_slow_lanes_whatever_others_have_waiting() {
    let database = Database::start().await;
    let client = &database.client;
    // One owner each: 40 with an older backlog, and one with a newer.
    for _ in 0..40 {
        let hanging = endpoint(client, Uuid::new_v4()).await;
        slow(client, hanging).await;
        make_due(client, hanging, 20, 120).await;
    }
    let newer = endpoint(client, Uuid::new_v4()).await;
    slow(client, newer).await;
    make_due(client, newer, 5, 60).await;
    // Drawn by lot: of 41, two at a time, it is left out 300 times once in three million runs.
    for _ in 0..300 {
        let claimed = claim_with_slow(client, 50, 2).await;
        let timed_out =
            json!({"error": "timed out", "cause": "timeout", "response_time_ms": 15_000});
        record(client, answered(&claimed, &timed_out)).await;
        if claimed.iter().any(|d| d["endpoint_id"] == json!(newer)) {
            database.stop().await;
            return;
        }
    }
    panic!("the slow endpoint with newer deliveries got none of 600 places");
}

#[tokio::test]
async fn places_that_slow_endpoints_may_not_have_go_to_others() {
    let database = Database::start().await;
    let client = &database.client;
    for _ in 0..24 {
        let hanging = endpoint(client, Uuid::new_v4()).await;
        slow(client, hanging).await;
        make_due(client, hanging, 20, 1).await;
    }
    let healthy = endpoint(client, Uuid::new_v4()).await;
    make_due(client, healthy, 200, 1).await;
    let claimed = claim_with_slow(client, 50, 4).await;
    assert_eq!(claimed.len(), 50);
    database.stop().await;
}

#[tokio::test]
async fn with_more_owners_than_places_each_endpoint_of_an_owner_has_its_turn() {
    let database = Database::start().await;
    let client = &database.client;
    let fill = "insert into auth.users (id)
          select (lpad(to_hex(n::bigint * 42949673), 8, '0')
            || '-0000-4000-8000-000000000000')::uuid
          from generate_series(1, 99) n;
        insert into public.webhook_endpoints (user_id, url)
          select id, 'https://example.com/' from auth.users
          where id > '00000001-0000-0000-0000-000000000000';
        delete from public.webhook_endpoints where user_id::text like '80000%';
        insert into public.webhook_deliveries
          (endpoint_id, event_type, event_id, payload, next_retry_at)
        select e.id, 'a', n::text, '{}', now() - interval '1 minute'
        from public.webhook_endpoints e, generate_series(1, 100) n;";
    client.batch_execute(fill).await.unwrap();
    let owner = Uuid::parse_str("80000000-0000-4000-8000-000000000001").unwrap();
    let insert = "insert into auth.users (id) values ($1)";
    client.execute(insert, &[&owner]).await.unwrap();
    let mut own = Vec::new();
    for id in ["81000000", "c0000000"] {
        let id = Uuid::parse_str(&format!("{id}-0000-4000-8000-000000000000")).unwrap();
        let insert = "insert into public.webhook_endpoints (id, user_id, url)
            values ($1, $2, 'https://example.com/')";
        client.execute(insert, &[&id, &owner]).await.unwrap();
        make_due(client, id, 300, 1).await;
        own.push(id);
    }
    for _ in 0..200 {
        claim(client, 20).await;
    }
    let mut claims = Vec::new();
    for id in &own {
        let sum = "select sum(claims) from public.webhook_deliveries where endpoint_id = $1";
        claims.push(client.query_one(sum, &[id]).await.unwrap().get::<_, i64>(0));
    }
    assert!(claims.iter().all(|count| *count > 0), "{claims:?}");
    database.stop().await;
}

#[tokio::test]
async fn upkeep_does_not_wait_for_an_endpoint_whose_url_is_being_changed() {
    let database = Database::start().await;
    let client = &database.client;
    let id = endpoint(client, Uuid::new_v4()).await;
    make_due(client, id, 1, 1).await;
    let claimed = claimed(&claim(client, 10).await);
    record(
        client,
        answered(
            &claimed,
            &json!({"response_status": 500, "error": "HTTP 500"}),
        ),
    )
    .await;
    let change = "update public.webhook_endpoints set url = url || 'x' where id = $1";
    client.execute(change, &[&id]).await.unwrap();
    let mut other = database.another_connection().await;
    let open = other.transaction().await.unwrap();
    open.execute(change, &[&id]).await.unwrap();
    let upkeep = "select public.run_webhook_upkeep(30)";
    timeout(AT_ONCE, client.execute(upkeep, &[]))
        .await
        .expect("it waits")
        .unwrap();
    drop(open);
    database.stop().await;
}

#[tokio::test]
async fn results_do_not_wait_for_the_operators_endpoint() {
    let database = Database::start().await;
    let client = &database.client;
    let url = "https://operator.example.com/";
    client
        .execute("select webhooks.tell($1, $2)", &[&json!([]), &url])
        .await
        .unwrap();
    let id = endpoint(client, Uuid::new_v4()).await;
    make_due(client, id, 1, 1).await;
    let results = answered(
        &claimed(&claim(client, 10).await),
        &json!({"response_status": 410}),
    );
    let mut other = database.another_connection().await;
    let open = other.transaction().await.unwrap();
    let change = "update public.webhook_endpoints set description = 'x' where user_id is null";
    open.execute(change, &[]).await.unwrap();
    let statement = "select public.record_webhook_results($1, $2)";
    let text = results.to_string();
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [&text, &url];
    timeout(AT_ONCE, client.execute(statement, &parameters))
        .await
        .expect("it waits")
        .unwrap();
    drop(open);
    database.stop().await;
}

#[tokio::test]
async fn events_set_aside_take_no_place_of_a_fan_out() {
    let database = Database::start().await;
    let client = &database.client;
    let fill = "insert into webhooks.outbox (owner, event_ref, failures, set_aside_at)
        select gen_random_uuid(), -n, 3, now() from generate_series(1, 2000) n";
    client.execute(fill, &[]).await.unwrap();
    let insert = "insert into public.webhook_endpoints (user_id, url)
        values ($1, 'https://example.com/')";
    client.execute(insert, &[&database.user]).await.unwrap();
    let emit = "select public.emit_webhook_event('a', '{}', $1)";
    client.execute(emit, &[&database.user]).await.unwrap();
    assert_eq!(claimed(&fan_out(client, 50).await).len(), 1);
    database.stop().await;
}

/// Old events and a backlog: the last step of the old ones is bounded as all are.
#[tokio::test]
async fn retention_of_events_is_quick_beside_a_large_outbox() {
    let database = Database::start().await;
    let client = &database.client;
    let fill =
        "insert into public.webhook_events (event_id, event_type, user_id, payload, created_at)
          select 'old' || n, 'a', gen_random_uuid(), '{}', now() - interval '40 days'
          from generate_series(1, 5000) n;
        insert into public.webhook_events (event_id, event_type, user_id, payload)
          select 'new' || n, 'a', gen_random_uuid(), '{}' from generate_series(1, 50000) n;
        insert into webhooks.outbox (owner, event_ref)
          select user_id, id from public.webhook_events where event_id like 'new%';";
    client.batch_execute(fill).await.unwrap();
    let upkeep = "select public.run_webhook_upkeep(30)";
    timeout(Duration::from_secs(2), client.execute(upkeep, &[]))
        .await
        .expect("slow")
        .unwrap();
    let old = "select count(*) from public.webhook_events where event_id like 'old%'";
    assert_eq!(number(client, old).await, 0);
    database.stop().await;
}

/// The same id for two audiences, in two orders, at once.
#[tokio::test]
async fn calls_with_the_same_id_for_several_owners_do_not_deadlock() {
    let database = Database::start().await;
    let client = &database.client;
    let slow = "create function public.take_a_while() returns trigger language plpgsql
          as 'begin perform pg_sleep(0.5); return null; end';
        create trigger take_a_while after insert on public.webhook_events
          for each row execute function public.take_a_while();";
    client.batch_execute(slow).await.unwrap();
    let others = database.another_connection().await;
    let [a, b] = [database.user, Uuid::new_v4()]
        .map(|user| json!({"event_type": "a", "data": {}, "user_id": user, "event_id": "e"}));
    let (one, two) = tokio::join!(
        enqueue(client, json!([a, b])),
        enqueue(&others, json!([b, a]))
    );
    assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
    database.stop().await;
}

/// A fan-out takes events in the order of owners, an enqueue by their ids.
#[tokio::test]
async fn a_fan_out_beside_the_same_events_enqueued_again_does_not_deadlock() {
    let database = Database::start().await;
    let client = &database.client;
    let slow = "create function public.take_a_while() returns trigger language plpgsql
          as 'begin perform pg_sleep(0.15); return null; end';
        create trigger take_a_while after insert on public.webhook_deliveries
          for each row execute function public.take_a_while();
        insert into public.webhook_endpoints (user_id, url)
          select id, 'https://example.com/' from auth.users";
    client.batch_execute(slow).await.unwrap();
    let others = database.another_connection().await;
    // A deadlock would last longer than the test.
    for connection in [client, &others] {
        let patience = "set deadlock_timeout = '1min'";
        connection.batch_execute(patience).await.unwrap();
    }
    let events = ["b", "a"]
        .map(|id| json!({"event_type": "a", "data": {}, "user_id": database.user, "event_id": id}));
    for event in &events {
        let store = "select public.store_webhook_events($1)";
        let event = json!([event]).to_string();
        client.execute(store, &[&event]).await.unwrap();
    }
    let both = async {
        tokio::join!(fan_out(client, 50), async {
            tokio::time::sleep(Duration::from_millis(75)).await;
            enqueue(&others, json!(events)).await.unwrap()
        })
    };
    let (fanned_out, enqueued) = timeout(AT_ONCE, both).await.expect("a deadlock");
    let mut deliveries = claimed(&fanned_out);
    deliveries.extend(claimed(&enqueued));
    for answer in pump(client).await {
        deliveries.extend(claimed(&answer));
    }
    assert_eq!(deliveries.len(), 2);
    database.stop().await;
}

//! Events from the database: delivered if the transaction commits, and never else.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::receiver::Receiver;
use tests::stack::{Stack, client};
use tokio_postgres::{Client, GenericClient};
use uuid::Uuid;

use crate::SOON;
use crate::database::{Database, claimed, enqueue, fan_out, pump, upkeep};

/// Emits an event to one owner, or to all.
async fn emit(client: &impl GenericClient, event_type: &str, user: Option<Uuid>) -> String {
    let row = match user {
        Some(user) => {
            let statement = "select public.emit_webhook_event($1, '{\"a\": 1}', $2)";
            client.query_one(statement, &[&event_type, &user]).await
        }
        None => {
            let statement = "select public.broadcast_webhook_event($1, '{\"a\": 1}')";
            client.query_one(statement, &[&event_type]).await
        }
    };
    row.unwrap().get(0)
}

/// The payloads of everything that is claimed until nothing is left.
async fn everything(client: &Client) -> Vec<Value> {
    pump(client).await.iter().flat_map(payloads_of).collect()
}

/// The payload of each delivery of a claim.
fn payloads_of(claim: &Value) -> Vec<Value> {
    let claimed = claimed(claim);
    let payload = |delivery: &Value| {
        let place = delivery["payload"].as_u64().unwrap() as usize;
        let text = claim["batch"]["payloads"][place].as_str().unwrap();
        serde_json::from_str(text).unwrap()
    };
    claimed.iter().map(payload).collect()
}

/// The example of docs/emitting.md, as it stands there.
fn documented_trigger() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/emitting.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut blocks = page.split("```sql\n").skip(1);
    let block = blocks
        .find(|block| block.contains("create trigger"))
        .unwrap();
    block.split("```").next().unwrap().to_owned()
}

#[tokio::test]
async fn the_documented_trigger_emits_what_is_committed_and_nothing_that_is_rolled_back() {
    let database = Database::start().await;
    database.waiting(1, 0, "0").await;
    let trigger = documented_trigger();
    assert!(trigger.lines().count() <= 10, "{trigger}");
    let vehicles = "create table public.vehicles (
            id bigint generated always as identity, user_id uuid, vin text);
        grant insert, update, select on public.vehicles to authenticated;";
    database.client.batch_execute(vehicles).await.unwrap();
    database.client.batch_execute(&trigger).await.unwrap();

    // A user of the application, who may not emit anything by himself.
    let mut users = database.another_connection().await;
    users.batch_execute("set role authenticated").await.unwrap();
    for direct in [
        "select public.emit_webhook_event('vehicle.created', '{}', gen_random_uuid())",
        "select public.broadcast_webhook_event('vehicle.created', '{}')",
    ] {
        let refused = users.execute(direct, &[]).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "42501");
    }

    let user = database.user;
    let insert = |vin: &str| {
        format!("insert into public.vehicles (user_id, vin) values ('{user}', '{vin}')")
    };
    users.batch_execute(&insert("committed")).await.unwrap();
    let transaction = users.transaction().await.unwrap();
    transaction
        .batch_execute(&insert("rolled back"))
        .await
        .unwrap();
    transaction.rollback().await.unwrap();
    let mut transaction = users.transaction().await.unwrap();
    transaction
        .batch_execute(&insert("before the savepoint"))
        .await
        .unwrap();
    let savepoint = transaction.savepoint("s").await.unwrap();
    savepoint
        .batch_execute(&insert("after the savepoint"))
        .await
        .unwrap();
    savepoint.rollback().await.unwrap();
    assert_eq!(
        everything(&database.client).await.len(),
        1,
        "before the commit"
    );
    transaction.commit().await.unwrap();
    let update = "update public.vehicles set vin = 'updated' where vin = 'committed'";
    users.batch_execute(update).await.unwrap();

    let payloads = everything(&database.client).await;
    let mut found: Vec<_> = payloads
        .iter()
        .map(|p| {
            (
                p["type"].as_str().unwrap(),
                p["data"]["vin"].as_str().unwrap(),
            )
        })
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("vehicle.created", "before the savepoint"),
            ("vehicle.updated", "updated")
        ]
    );
    database.stop().await;
}

#[tokio::test]
async fn an_event_emitted_by_sql_or_by_the_api_arrives_like_any_other() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    user.register(&receiver.url).await;
    let by_sql = emit(&stack.database().await, "vehicle.created", Some(user.id)).await;
    // Supabase's gateway wants its own keys in `apikey`, PostgREST a token.
    let (name, key) = match stack.is_plain_postgrest {
        true => (
            "authorization",
            format!("Bearer {}", stack.service_role_key),
        ),
        false => ("apikey", stack.service_role_key.clone()),
    };
    let answer = client()
        .post(format!("{}/rpc/emit_webhook_event", stack.rest_url()))
        .header(name, key)
        .json(&json!({
            "event_type": "vehicle.updated", "data": {"a": 1}, "user_id": user.id.to_string(),
            "event_id": format!("evt_{}", user.id),
        }))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);

    tests::eventually("both arrive", SOON, async || {
        stack
            .deliver(&json!({"action": "retry"}))
            .await
            .expect(StatusCode::OK);
        (receiver.arrivals().len() == 2).then_some(())
    })
    .await;
    let arrivals = receiver.arrivals();
    let ids: HashSet<_> = arrivals
        .iter()
        .map(|a| a.header("webhook-id").to_owned())
        .collect();
    assert_eq!(ids, HashSet::from([by_sql, format!("evt_{}", user.id)]));
    for arrival in arrivals {
        assert_eq!(arrival.json()["data"], json!({"a": 1}));
    }
}

#[tokio::test]
async fn an_event_that_deliver_would_refuse_is_refused_by_sql_too() {
    let database = Database::start().await;
    for (arguments, expected) in [
        ("'a b', '{}'", "event_type must be letters"),
        ("'', '{}'", "event_type must be letters"),
        ("null, '{}'", "event_type must be letters"),
        ("'a', '[]'", "data must be a JSON object"),
        ("'a', 'null'", "data must be a JSON object"),
        ("'a', null", "data must be a JSON object"),
        ("'a', '{}', ''", "event_id must be 1 to 255"),
        ("'a', '{}', 'a b'", "event_id must be 1 to 255"),
        (
            "'a', jsonb_build_object('a', repeat('x', 262144))",
            "more than 262144",
        ),
    ] {
        let statement = format!("select public.broadcast_webhook_event({arguments})");
        let error = database.client.execute(&statement, &[]).await.unwrap_err();
        let error = error.as_db_error().unwrap();
        assert_eq!(error.code().code(), "22023", "{arguments}");
        assert!(error.message().contains(expected), "{}", error.message());
    }
    database.stop().await;
}

#[tokio::test]
async fn the_same_event_id_emitted_twice_is_one_delivery() {
    let database = Database::start().await;
    database.waiting(1, 0, "0").await;
    let statement = "select public.broadcast_webhook_event('a', '{}', 'evt_1')";
    for _ in 0..2 {
        database.client.execute(statement, &[]).await.unwrap();
    }
    assert_eq!(everything(&database.client).await.len(), 1);
    database.client.execute(statement, &[]).await.unwrap();
    assert_eq!(everything(&database.client).await.len(), 0);
    database.stop().await;
}

/// Two transactions that emit in opposite orders, and stay open.
#[tokio::test]
async fn an_open_transaction_that_has_emitted_holds_up_nobody() {
    let database = Database::start().await;
    database.waiting(2, 0, "0").await;
    let mut connections = [
        database.another_connection().await,
        database.another_connection().await,
    ];
    let [first, second] = &mut connections;
    let (first, second) = (
        first.transaction().await.unwrap(),
        second.transaction().await.unwrap(),
    );
    let finish = async {
        emit(&first, "a", Some(database.user)).await;
        emit(&second, "b", None).await;
        emit(&first, "b", None).await;
        emit(&second, "a", Some(database.user)).await;
        let event = json!([{"event_type": "c", "data": {}, "user_id": database.user}]);
        let enqueued = enqueue(&database.client, event).await.unwrap();
        assert_eq!(claimed(&enqueued).len(), 2);
        assert_eq!(everything(&database.client).await.len(), 0);
        first.commit().await.unwrap();
        second.rollback().await.unwrap();
        assert_eq!(everything(&database.client).await.len(), 4);
    };
    tokio::time::timeout(Duration::from_secs(10), finish)
        .await
        .expect("nobody waits");
    database.stop().await;
}

/// Endpoints by the thousand, without the trigger that counts a user's.
async fn many_endpoints(database: &Database, count: i32) {
    let insert = format!(
        "set session_replication_role = replica;
         insert into public.webhook_endpoints (user_id, url, secret)
         select '{}', 'https://example.com/', 'whsec_' || repeat('a', 64)
         from generate_series(1, {count});
         set session_replication_role = origin;",
        database.user
    );
    database.client.batch_execute(&insert).await.unwrap();
}

#[tokio::test]
async fn an_event_for_a_thousand_endpoints_is_accepted_whole_in_one_call() {
    let database = Database::start().await;
    many_endpoints(&database, 1000).await;
    let event = json!([{"event_type": "a", "data": {}}]);
    let enqueued = enqueue(&database.client, event).await.unwrap();
    assert_eq!(enqueued["events"][0]["pending"], 1000 - 50);
    assert_eq!(enqueued["events"][0]["more"], false);
    assert_eq!(claimed(&enqueued).len(), 50);
    assert_eq!(enqueued["batch"]["payloads"].as_array().unwrap().len(), 1);
    assert_eq!(everything(&database.client).await.len(), 1000 - 50);
    database.stop().await;
}

/// For everybody and for one user, over HTTP and by SQL.
#[tokio::test]
async fn a_wider_event_reaches_every_endpoint_once_in_bounded_steps() {
    let database = Database::start().await;
    many_endpoints(&database, 10_500).await;
    let client = &database.client;
    let mut payloads = Vec::new();
    let event = json!([{"event_type": "a", "data": {}}]);
    let enqueued = enqueue(client, event).await.unwrap();
    assert_eq!(enqueued["events"][0]["more"], true);
    payloads.extend(payloads_of(&enqueued));
    let user_s = json!([{"event_type": "b", "data": {}, "user_id": database.user}]);
    payloads.extend(payloads_of(&enqueue(client, user_s).await.unwrap()));
    emit(client, "c", None).await;
    let two = json!([{"event_type": "d", "data": {}}, {"event_type": "e", "data": {}}]);
    payloads.extend(payloads_of(&enqueue(client, two).await.unwrap()));

    let count = "select count(*) from public.webhook_deliveries";
    let mut made: i64 = client.query_one(count, &[]).await.unwrap().get(0);
    loop {
        let step = fan_out(client, 100).await;
        payloads.extend(payloads_of(&step));
        let now: i64 = client.query_one(count, &[]).await.unwrap().get(0);
        assert!((0..=3000).contains(&(now - made)), "{made}, then {now}");
        made = now;
        if step["stored"] == false {
            break;
        }
    }
    assert_eq!(made, 5 * 10_500);
    payloads.extend(everything(client).await);
    for event_type in ["a", "b", "c", "d", "e"] {
        let reached = payloads.iter().filter(|p| p["type"] == event_type).count();
        assert_eq!(reached, 10_500, "{event_type}");
    }
    database.stop().await;
}

#[tokio::test]
async fn an_event_id_that_comes_twice_in_one_batch_is_a_duplicate_the_second_time() {
    let database = Database::start().await;
    database.waiting(2, 0, "0").await;
    let event = json!({"event_type": "a", "data": {}, "event_id": "evt_1"});
    let events = json!([event, event, {"event_type": "a", "data": {}}]);
    let enqueued = enqueue(&database.client, events).await.unwrap();
    let duplicates: Vec<_> = enqueued["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["duplicates"].as_u64().unwrap())
        .collect();
    assert_eq!(duplicates, [0, 2, 0]);
    assert_eq!(claimed(&enqueued).len(), 4);
    database.stop().await;
}

/// Whatever becomes of deliveries, and however they are written.
#[tokio::test]
async fn an_endpoint_s_counts_are_what_counting_would_give() {
    let database = Database::start().await;
    let client = &database.client;
    let endpoints = database.waiting(3, 4, "-1 second").await;
    emit(client, "a", None).await;
    let disable = "update public.webhook_endpoints set is_active = false where id = $1";
    client.execute(disable, &[&endpoints[0]]).await.unwrap();
    let claimed = everything(client).await;
    assert_eq!(claimed.len(), 2 * 5);
    for statement in [
        "update public.webhook_deliveries set status = 'failed' where event_id = '1'",
        "update public.webhook_deliveries set status = 'success' where event_id in ('1', '2')",
        "insert into public.webhook_deliveries (endpoint_id, event_type, event_id, payload, status)
         select id, 'a', 'failed', '{}', 'failed' from public.webhook_endpoints",
    ] {
        client.execute(statement, &[]).await.unwrap();
    }
    let totals = "select coalesce(t.deliveries, 0) + coalesce(u.deliveries, 0) as total,
          coalesce(t.failed, 0) + coalesce(u.failed, 0) as failed
        from public.webhook_endpoints e
        left join webhooks.endpoint_totals t on t.endpoint_id = e.id
        left join (
          select endpoint_id, sum(deliveries) as deliveries, sum(failed) as failed
          from webhooks.tally group by 1
        ) u on u.endpoint_id = e.id
        order by e.id";
    let counted = "select count(*) as total, count(*) filter (where status = 'failed') as failed
        from public.webhook_deliveries group by endpoint_id order by endpoint_id";
    let rows = async |statement: &str| -> Vec<(i64, i64)> {
        let statement = format!("select total::bigint, failed::bigint from ({statement}) c");
        let rows = client.query(&statement, &[]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    };
    let expected = rows(counted).await;
    assert_eq!(
        rows(totals).await,
        expected,
        "as far as counted, and the rest"
    );
    upkeep(client, 90).await;
    let left: i64 = client
        .query_one("select count(*) from webhooks.tally", &[])
        .await
        .unwrap()
        .get(0);
    assert_eq!(left, 0);
    assert_eq!(rows(totals).await, expected, "counted");
    database.stop().await;
}

/// A list that goes through PostgREST in one call, from a backend without `deliver`'s URL.
#[tokio::test]
async fn of_a_list_that_sql_emits_each_event_is_taken_or_refused_by_itself() {
    let database = Database::start().await;
    let user = database.user;
    let events = json!([
        {"event_type": "a", "data": {"n": 1}, "user_id": user, "event_id": "evt_1", "max_attempts": 9},
        {"event_type": "a", "data": {}, "user_id": null, "event_id": "evt_2"},
        {"event_type": "a", "data": {}, "userId": user},
        {"event_type": "a", "data": {}, "user_id": "x"},
        {"event_type": "a", "data": {}, "max_attempts": 101},
        {"event_type": "a", "data": [], "user_id": user},
        {"event_type": "a", "data": {"text": "x".repeat(300_000)}, "user_id": user},
        7,
        {"event_type": "a", "data": {}},
    ]);
    let emit = async |events: &Value| -> Value {
        let statement = "select public.emit_webhook_events($1)";
        let row = database
            .client
            .query_one(statement, &[&events.to_string()])
            .await;
        row.unwrap().get(0)
    };
    let answer = emit(&events).await;
    let codes: Vec<_> = answer["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["code"])
        .collect();
    let field = &json!("invalid_field");
    let expected = [
        &Value::Null,
        field,
        field,
        field,
        field,
        field,
        &json!("payload_too_large"),
        &json!("invalid_body"),
        &Value::Null,
    ];
    assert_eq!(codes, expected);
    assert_eq!(answer["events"][0]["event_id"], "evt_1");
    emit(&events).await;
    let stored = "select event_id, user_id, max_attempts from public.webhook_events order by id";
    let stored = database.client.query(stored, &[]).await.unwrap();
    // The last has no id: repeated, it is another event.
    assert_eq!(stored.len(), 3);
    assert_eq!(stored[0].get::<_, Option<Uuid>>(1), Some(user));
    assert_eq!(stored[0].get::<_, Option<i32>>(2), Some(9));
    assert_eq!(stored[1].get::<_, Option<Uuid>>(1), None);
    for wrong in [json!({}), json!(vec![json!({}); 101])] {
        let statement = "select public.emit_webhook_events($1)";
        let refused = database
            .client
            .query_one(statement, &[&wrong.to_string()])
            .await;
        assert_eq!(refused.unwrap_err().code().unwrap().code(), "PT400");
    }
    database.stop().await;
}

//! The SQL functions a delivery lives by, on a database of their own, where every claim
//! is seen.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::database::{Database, claim, claimed, enqueue, record, upkeep};

/// How many deliveries of each endpoint a claim took.
fn taken(claim: &Value) -> HashMap<String, usize> {
    let mut taken = HashMap::new();
    for delivery in claim["batch"]["claimed"].as_array().unwrap() {
        let endpoint = delivery["endpoint_id"].as_str().unwrap().to_owned();
        *taken.entry(endpoint).or_default() += 1;
    }
    taken
}

/// One claimed delivery's result.
fn result(delivery: &Value, response_status: u16) -> Value {
    json!([{
        "id": delivery["id"], "claim": delivery["claim"], "attempts": delivery["attempts"],
        "response_status": response_status,
        "error": (response_status != 200).then_some("HTTP error"),
    }])
}

#[tokio::test]
async fn pumps_at_the_same_instant_claim_each_delivery_exactly_once() {
    let database = Database::start().await;
    database.waiting(100, 10, "-1 hour").await;
    let pump = async |client: Client| {
        let mut ids = Vec::new();
        loop {
            let claim = claim(&client, 50).await;
            let claimed = claim["batch"]["claimed"].as_array().unwrap();
            ids.extend(claimed.iter().map(|d| d["id"].to_string()));
            if claim["due"] == false {
                return ids;
            }
        }
    };
    let connections = [
        database.another_connection().await,
        database.another_connection().await,
        database.another_connection().await,
    ];
    let [a, b, c] = connections.map(pump);
    let (a, b, c) = tokio::join!(a, b, c);
    assert!(!a.is_empty() && !b.is_empty() && !c.is_empty());
    let mut ids = [a, b, c].concat();
    assert_eq!(ids.len(), 1000);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 1000);
    database.stop().await;
}

#[tokio::test]
async fn every_endpoint_that_is_due_is_in_the_first_claim_whatever_else_waits() {
    let database = Database::start().await;
    database.waiting(5000, 1, "1 hour").await;
    let hog = database.waiting(1, 10_000, "-1 hour").await;
    let others = database.waiting(20, 1, "-1 second").await;
    let claim = claim(&database.client, 50).await;
    let taken = taken(&claim);
    for endpoint in &others {
        assert_eq!(taken.get(&endpoint.to_string()), Some(&1));
    }
    // What the others leave is not left unused.
    assert_eq!(taken[&hog[0].to_string()], 30);
    assert_eq!(claim["due"], true);
    database.stop().await;
}

#[tokio::test]
async fn with_more_backlogs_than_places_each_endpoint_waits_for_one_round_only() {
    let database = Database::start().await;
    let mut endpoints = database.waiting(60, 50, "-1 hour").await;
    endpoints.extend(database.waiting(1, 20, "-1 second").await);
    let endpoints: Vec<String> = endpoints.iter().map(Uuid::to_string).collect();
    let mut left_out = Vec::new();
    for round in 1..=20 {
        let taken = taken(&claim(&database.client, 50).await);
        for endpoint in left_out {
            assert!(
                taken.contains_key(endpoint),
                "left out again in round {round}"
            );
        }
        left_out = endpoints
            .iter()
            .filter(|e| !taken.contains_key(*e))
            .collect();
        assert_eq!(left_out.len(), 11);
    }
    database.stop().await;
}

#[tokio::test]
async fn a_result_counts_once_and_only_for_the_latest_claim() {
    let database = Database::start().await;
    let client = &database.client;
    database.waiting(1, 1, "-1 second").await;
    let first = claim(client, 50).await["batch"]["claimed"][0].clone();
    assert_eq!(
        claim(client, 50).await["batch"]["claimed"],
        json!([]),
        "it is leased"
    );

    // The lease runs out, and another worker claims it.
    let expire = "update public.webhook_deliveries set leased_until = now()";
    client.execute(expire, &[]).await.unwrap();
    upkeep(client, 90).await;
    let second = claim(client, 50).await["batch"]["claimed"][0].clone();
    assert_eq!(first["id"], second["id"]);
    assert_eq!(
        record(client, result(&first, 200)).await,
        json!([{"id": first["id"], "status": "pending"}]),
        "it comes too late"
    );

    // The answer to a call that worked is lost, and the call repeated.
    let expected = json!([{"id": second["id"], "status": "retrying"}]);
    for _ in 0..3 {
        assert_eq!(record(client, result(&second, 500)).await, expected);
    }
    let state = "select attempts, status from public.webhook_deliveries";
    let row = client.query_one(state, &[]).await.unwrap();
    assert_eq!((row.get(0), row.get(1)), (1, "retrying"));

    let due = "update public.webhook_deliveries set next_retry_at = now()";
    client.execute(due, &[]).await.unwrap();
    let third = claim(client, 50).await["batch"]["claimed"][0].clone();
    let expected = json!([{"id": third["id"], "status": "success"}]);
    for _ in 0..2 {
        assert_eq!(record(client, result(&third, 200)).await, expected);
    }
    let row = client.query_one(state, &[]).await.unwrap();
    assert_eq!((row.get(0), row.get(1)), (2, "success"));
    database.stop().await;
}

#[tokio::test]
async fn claims_without_a_result_are_leased_longer_each_time_and_end_at_last() {
    let database = Database::start().await;
    let client = &database.client;
    database.waiting(1, 1, "-1 second").await;
    let lease = "select round(extract(epoch from leased_until - now()))::integer
                 from public.webhook_deliveries";
    let expire = "update public.webhook_deliveries set leased_until = now()";
    let mut leases = Vec::new();
    for _ in 0..20 {
        assert_eq!(
            claim(client, 50).await["batch"]["claimed"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
        let seconds: i32 = client.query_one(lease, &[]).await.unwrap().get(0);
        leases.push(seconds);
        client.execute(expire, &[]).await.unwrap();
        upkeep(client, 90).await;
    }
    assert_eq!(leases[..4], [60, 120, 240, 480]);
    assert_eq!(leases[19], 8 * 3600);
    let last = claim(client, 50).await;
    assert_eq!(last["batch"]["claimed"], json!([]));
    assert_eq!(last["settled"][0]["status"], "failed");
    assert!(
        last["settled"][0]["error"]
            .as_str()
            .unwrap()
            .starts_with("Given up")
    );
    database.stop().await;
}

#[tokio::test]
async fn a_recorded_result_starts_the_count_of_lost_ones_again() {
    let database = Database::start().await;
    let client = &database.client;
    database.waiting(1, 1, "-1 second").await;
    let expire = "update public.webhook_deliveries set leased_until = now()";
    for _ in 0..5 {
        claim(client, 50).await;
        client.execute(expire, &[]).await.unwrap();
        upkeep(client, 90).await;
    }
    let claimed = claim(client, 50).await["batch"]["claimed"][0].clone();
    record(client, result(&claimed, 500)).await;
    let lost = "select unrecorded_claims from public.webhook_deliveries";
    let lost: i32 = client.query_one(lost, &[]).await.unwrap().get(0);
    assert_eq!(lost, 0);
    database.stop().await;
}

#[tokio::test]
async fn the_same_events_from_several_sides_at_once_wait_for_each_other_and_nothing_fails() {
    let database = Database::start().await;
    database.waiting(8, 0, "0").await;
    let ids: Vec<_> = (0..200).map(|n| format!("event-{n}")).collect();
    let events = |ids: &mut dyn Iterator<Item = &String>| -> Value {
        ids.map(|id| json!({"event_type": "vehicle.created", "data": {}, "event_id": id}))
            .collect()
    };
    let (forward, backward) = (events(&mut ids.iter()), events(&mut ids.iter().rev()));
    let clients = [
        database.another_connection().await,
        database.another_connection().await,
        database.another_connection().await,
        database.another_connection().await,
    ];
    let calls = clients.each_ref().map(|client| async {
        enqueue(client, forward.clone()).await?;
        enqueue(client, backward.clone()).await
    });
    let [a, b, c, d] = calls;
    let (a, b, c, d) = tokio::join!(a, b, c, d);
    for outcome in [a, b, c, d] {
        outcome.unwrap();
    }
    let count = "select count(*) from public.webhook_deliveries";
    let count: i64 = database.client.query_one(count, &[]).await.unwrap().get(0);
    assert_eq!(count, 8 * 200);
    database.stop().await;
}

#[tokio::test]
async fn an_endpoint_that_is_being_deleted_holds_up_no_event_and_gets_none() {
    let database = Database::start().await;
    let endpoints = database.waiting(2, 0, "0").await;
    let mut other = database.another_connection().await;
    let deletion = other.transaction().await.unwrap();
    let delete = "delete from public.webhook_endpoints where id = $1";
    deletion.execute(delete, &[&endpoints[0]]).await.unwrap();

    let events = json!([{"event_type": "vehicle.created", "data": {}}]);
    let enqueued = enqueue(&database.client, events.clone());
    let enqueued = tokio::time::timeout(Duration::from_secs(5), enqueued).await;
    let claimed = taken(&enqueued.expect("it waits for nothing").unwrap());
    assert_eq!(claimed.len(), 2, "the deletion is not committed");
    deletion.commit().await.unwrap();
    let claimed = taken(&enqueue(&database.client, events).await.unwrap());
    assert_eq!(
        claimed.keys().collect::<Vec<_>>(),
        [&endpoints[1].to_string()]
    );
    // What came of the first event is out of sight, and purged.
    upkeep(&database.client, 90).await;
    let left = "select count(*) from public.webhook_deliveries where endpoint_id = $1";
    let left = database.client.query_one(left, &[&endpoints[0]]).await;
    assert_eq!(left.unwrap().get::<_, i64>(0), 0);
    database.stop().await;
}

#[tokio::test]
async fn an_endpoint_that_is_being_changed_holds_up_no_claim() {
    let database = Database::start().await;
    let endpoint = database.waiting(1, 1, "-1 second").await[0];
    database.waiting(1, 1, "-1 second").await;
    let expired = "update public.webhook_endpoints
        set previous_secrets = array[row('whsec_old', now())::webhooks.previous_secret],
          secret_expires_at = now()
        where id = $1";
    database
        .client
        .execute(expired, &[&endpoint])
        .await
        .unwrap();
    let mut other = database.another_connection().await;
    let change = other.transaction().await.unwrap();
    let update = "update public.webhook_endpoints set description = 'x' where id = $1";
    change.execute(update, &[&endpoint]).await.unwrap();

    let claim_now = claim(&database.client, 50);
    let claimed = tokio::time::timeout(Duration::from_secs(5), claim_now).await;
    assert_eq!(taken(&claimed.expect("it waits for nobody")).len(), 2);
    change.commit().await.unwrap();
    upkeep(&database.client, 90).await;
    let left = "select count(*) from public.webhook_endpoints where previous_secrets <> '{}'";
    let left: i64 = database.client.query_one(left, &[]).await.unwrap().get(0);
    assert_eq!(left, 0, "the old secret is gone from the database");
    database.stop().await;
}

/// What a worker that was called by the queue asks: so many batches are under way already.
#[tokio::test]
async fn nothing_is_claimed_or_fanned_out_while_as_many_deliveries_are_leased_as_may_be() {
    let database = Database::start().await;
    let client = &database.client;
    database.waiting(1, 30, "-1 second").await;
    let event = json!([{"event_type": "a", "data": {}, "user_id": database.user}]);
    let store = "select public.store_webhook_events($1)";
    client
        .query_one(store, &[&event.to_string()])
        .await
        .unwrap();
    let claim = async |most_leased: Option<i32>| -> Value {
        let statement = "select public.claim_webhook_deliveries(10, 60, null, null, $1)";
        client
            .query_one(statement, &[&most_leased])
            .await
            .unwrap()
            .get(0)
    };
    let fan_out = async |most_leased: i32| -> Value {
        let statement = "select public.fan_out_webhook_events(10, 60, null, $1)";
        client
            .query_one(statement, &[&most_leased])
            .await
            .unwrap()
            .get(0)
    };
    assert_eq!(claimed(&claim(Some(20)).await).len(), 10);
    assert_eq!(claimed(&claim(Some(20)).await).len(), 10);
    for answer in [claim(Some(20)).await, fan_out(20).await] {
        assert_eq!(claimed(&answer).len(), 0);
        assert_eq!(
            (&answer["due"], &answer["stored"]),
            (&json!(true), &json!(true))
        );
    }
    // Others may, and so may it when a lease is over.
    assert_eq!(claimed(&claim(None).await).len(), 10);
    let over = "update public.webhook_deliveries set leased_until = now() where id in (
        select id from public.webhook_deliveries where leased_until is not null limit 11)";
    client.execute(over, &[]).await.unwrap();
    assert_eq!(claimed(&fan_out(20).await).len(), 1);
    database.stop().await;
}

/// Each delivery's payload counts as often as it is sent; the first is always claimed.
#[tokio::test]
async fn a_claim_takes_as_many_bytes_as_may_be_sent_and_one_delivery_at_least() {
    let database = Database::start().await;
    let client = &database.client;
    let add = "insert into public.webhook_endpoints (user_id, url)
        select $1, 'https://example.com/' from generate_series(1, 10)";
    client.execute(add, &[&database.user]).await.unwrap();
    let event = json!([{
        "event_type": "a", "data": {"text": "x".repeat(1000)}, "user_id": database.user,
    }]);
    let forget = "delete from public.webhook_deliveries; truncate webhooks.due_log, webhooks.queue";
    for (bytes, expected) in [(1, 1), (1500, 1), (3500, 3), (1_000_000, 10)] {
        let enqueue = "select public.enqueue_webhook_events($1, 50, 60, $2)";
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 2] =
            [&event.to_string(), &bytes];
        let answer: Value = client.query_one(enqueue, &parameters).await.unwrap().get(0);
        assert_eq!(claimed(&answer).len(), expected, "enqueue {bytes}");
        client.batch_execute(forget).await.unwrap();

        let store = "select public.store_webhook_events($1)";
        client
            .query_one(store, &[&event.to_string()])
            .await
            .unwrap();
        let fan_out = "select public.fan_out_webhook_events(50, 60, $1)";
        let answer: Value = client.query_one(fan_out, &[&bytes]).await.unwrap().get(0);
        assert_eq!(claimed(&answer).len(), expected, "fan-out {bytes}");
        let due = "update public.webhook_deliveries set leased_until = null";
        client.execute(due, &[]).await.unwrap();
        let claim = "select public.claim_webhook_deliveries(50, 60, null, $1)";
        let answer: Value = client.query_one(claim, &[&bytes]).await.unwrap().get(0);
        assert_eq!(claimed(&answer).len(), expected, "claim {bytes}");
        client.batch_execute(forget).await.unwrap();
    }
    database.stop().await;
}

//! Replays: events of the log sent to an endpoint, and backfills: rows of a query.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::eventually;
use tests::receiver::Receiver;
use tests::stack::{Stack, User};

use crate::SOON;
use crate::database::{Database, claimed, pump, upkeep};

async fn emit(stack: &Stack, user: &User, name: &str, event_type: &str, data: Value) {
    let event = json!({"event_type": event_type, "event_id": format!("{name}_{}", user.id),
        "user_id": user.id, "data": data});
    stack
        .deliver(&json!({"event": event}))
        .await
        .expect(StatusCode::OK);
}

async fn replay(user: &User, endpoint: &str, body: Value) -> Value {
    let answer = user
        .post(&format!("/webhooks/{endpoint}/replay"), &body)
        .await;
    answer.expect(StatusCode::OK)["data"].clone()
}

fn names(receiver: &Receiver) -> Vec<String> {
    let arrivals = receiver.arrivals();
    let ids = arrivals
        .iter()
        .map(|a| a.json()["id"].as_str().unwrap().to_owned());
    let mut names: Vec<String> = ids
        .map(|id| id.split('_').next().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_new_endpoint_gets_what_it_missed_and_the_requests_say_that_they_are_a_replay() {
    let stack = Stack::get();
    let user = stack.user().await;
    let old = Receiver::start(200).await;
    user.register(&old.url).await;
    emit(&stack, &user, "a", "vehicle.created", json!({"n": 1})).await;
    emit(&stack, &user, "b", "vehicle.created", json!({"n": 2})).await;
    emit(&stack, &user, "c", "import.completed", json!({"n": 3})).await;
    emit(&stack, &user, "d", "vehicle.deleted", json!({"n": 4})).await;
    emit(&stack, &user, "e", "vehicle.updated", json!({"n": 5})).await;
    emit(&stack, &user, "f", "vehicle.created", json!({"n": 6})).await;
    let erase = json!({"event_ids": [format!("f_{}", user.id)]});
    user.post("/events/erase", &erase)
        .await
        .expect(StatusCode::OK);

    let new = Receiver::start(200).await;
    let body = json!({"url": new.url, "events": ["vehicle.*"], "filter": "$.data.n != 2"});
    let made = user.post("/webhooks", &body).await;
    let id = made.body["data"]["id"].as_str().unwrap().to_owned();
    let since = "2026-01-01";
    let dry = replay(&user, &id, json!({"since": since, "dry_run": true})).await;
    assert_eq!((&dry["replayed"], &dry["erased"]), (&json!(3), &json!(1)));
    assert_eq!((&dry["id"], &dry["status"]), (&Value::Null, &json!("done")));
    assert!(dry["log_begins_at"].is_string());
    let narrow = json!({"since": since, "dry_run": true, "event_types": ["vehicle.created"], "filter": "$.data.n < 5"});
    assert_eq!(replay(&user, &id, narrow).await["replayed"], 1);
    assert_eq!(new.arrivals().len(), 0);

    let made = replay(&user, &id, json!({"since": since})).await;
    assert_eq!(
        (&made["replayed"], &made["status"]),
        (&json!(3), &json!("done"))
    );
    stack.deliver(&json!({"action": "wake"})).await;
    let arrivals = new.wait_for(3, SOON).await;
    assert_eq!(names(&new), ["a", "d", "e"]);
    for arrival in &arrivals {
        assert_eq!(arrival.header("webhook-replay"), "true");
        assert_eq!(
            arrival.header("webhook-id"),
            arrival.json()["id"].as_str().unwrap()
        );
    }
    assert!(
        old.arrivals()
            .iter()
            .all(|a| !a.headers.contains_key("webhook-replay"))
    );
    // Nothing is missing any more.
    assert_eq!(
        replay(&user, &id, json!({"since": since})).await["replayed"],
        0
    );
    let shown = user
        .get(&format!("/replays/{}", made["id"].as_str().unwrap()))
        .await;
    assert_eq!(shown.expect(StatusCode::OK)["data"]["replayed"], 3);
    assert_eq!(
        user.get("/replays").await.body["data"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let other = stack.user().await;
    let path = format!("/replays/{}", made["id"].as_str().unwrap());
    assert_eq!(other.get(&path).await.expect_error(404), "not_found");
    let cancel = other.post(&format!("{path}/cancel"), &json!({})).await;
    assert_eq!(cancel.expect_error(404), "not_found");
}

#[tokio::test]
async fn what_failed_or_everything_is_replayed_under_its_id_or_a_new_one() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let body = json!({"url": receiver.url, "max_attempts": 1});
    let made = user.post("/webhooks", &body).await;
    let id = made.body["data"]["id"].as_str().unwrap().to_owned();
    emit(&stack, &user, "a", "vehicle.created", json!({})).await;
    receiver.answer(500);
    emit(&stack, &user, "b", "vehicle.created", json!({})).await;
    receiver.answer(200);
    let since = "2026-01-01";
    let count = async |only: &str| {
        replay(
            &user,
            &id,
            json!({"since": since, "only": only, "dry_run": true}),
        )
        .await["replayed"]
            .clone()
    };
    assert_eq!(count("missing").await, 0);
    assert_eq!(count("failed").await, 1);
    assert_eq!(count("all").await, 2);
    replay(&user, &id, json!({"since": since, "only": "failed"})).await;
    stack.deliver(&json!({"action": "wake"})).await;
    let arrivals = receiver.wait_for(3, SOON).await;
    assert_eq!(arrivals[2].json()["id"], format!("b_{}", user.id));
    assert_eq!(arrivals[2].header("webhook-replay"), "true");
    eventually("it is recorded", SOON, async || {
        (stack
            .deliveries(&id)
            .await
            .iter()
            .all(|d| d["status"] == "success"))
        .then_some(())
    })
    .await;
    let done = replay(
        &user,
        &id,
        json!({"since": since, "only": "all", "new_ids": true}),
    )
    .await;
    assert_eq!(done["replayed"], 2);
    stack.deliver(&json!({"action": "wake"})).await;
    let arrivals = receiver.wait_for(5, SOON).await;
    for arrival in &arrivals[3..] {
        let id = arrival.json()["id"].as_str().unwrap().to_owned();
        assert!(id.starts_with("replay_"), "{id}");
        assert_eq!(arrival.header("webhook-id"), id);
        assert_eq!(arrival.json()["type"], "vehicle.created");
    }
    // Sent again by hand, it is no replay.
    let delivery = stack.deliveries(&id).await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let resend = format!("/webhooks/{id}/deliveries/{delivery}/resend");
    eventually("it can be resent", SOON, async || {
        let settled = stack
            .deliveries(&id)
            .await
            .iter()
            .all(|d| d["status"] == "success");
        settled.then_some(())
    })
    .await;
    user.post(&resend, &json!({}))
        .await
        .expect(StatusCode::ACCEPTED);
    stack.deliver(&json!({"action": "wake"})).await;
    let arrivals = receiver.wait_for(6, SOON).await;
    assert!(!arrivals[5].headers.contains_key("webhook-replay"));
}

#[tokio::test]
async fn what_is_no_replay_is_refused() {
    let stack = Stack::get();
    let (user, other) = (stack.user().await, stack.user().await);
    let id = user.register("https://example.com/").await.id;
    let path = format!("/webhooks/{id}/replay");
    for body in [
        json!({}),
        json!({"since": "soon"}),
        json!({"since": "2026-01-01", "until": "x"}),
        json!({"since": "2026-01-01", "only": "some"}),
        json!({"since": "2026-01-01", "event_types": []}),
        json!({"since": "2026-01-01", "filter": "$.a >"}),
        json!({"since": "2026-01-01", "new_ids": "yes"}),
        json!({"since": "2026-01-01", "all": true}),
    ] {
        let answer = user.post(&path, &body).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{body}");
    }
    let body = json!({"since": "2026-01-01"});
    assert_eq!(
        other.post(&path, &body).await.expect_error(404),
        "not_found"
    );
    let running =
        "insert into webhooks.replays (endpoint_id, user_id, since, until, which, stepped_at)
        values ($1::text::uuid, $2, now(), now(), 'all', now() + interval '1 day')";
    let database = stack.database().await;
    database.execute(running, &[&id, &user.id]).await.unwrap();
    assert_eq!(
        user.post(&path, &body).await.expect_error(409),
        "replay_running"
    );
    let list = user.get("/replays").await;
    let replay = list.body["data"][0]["id"].as_str().unwrap().to_owned();
    let ended = user
        .post(&format!("/replays/{replay}/cancel"), &json!({}))
        .await;
    assert_eq!(ended.expect(StatusCode::OK)["data"]["status"], "cancelled");
    user.post(&path, &body).await.expect(StatusCode::OK);
    user.post("/webhooks/pause", &json!({}))
        .await
        .expect(StatusCode::OK);
    assert_eq!(
        user.post(&path, &body).await.expect_error(409),
        "endpoint_disabled"
    );
}

/// 3,000 events of the same instant: in steps, each once, never more than a step beyond 1,000 waiting, and live events of
/// others do not wait.
#[tokio::test]
async fn a_large_replay_goes_on_in_steps_behind_what_waits() {
    let database = Database::start().await;
    let client = &database.client;
    let fill =
        "insert into public.webhook_endpoints (user_id, url) values ($1, 'https://example.com/')";
    client.execute(fill, &[&database.user]).await.unwrap();
    let fill =
        "insert into public.webhook_events (event_id, event_type, user_id, payload, created_at)
        select 'e' || n, 'vehicle.created', $1, '{\"data\": {}}', now() - interval '1 hour'
        from generate_series(1, 3000) n";
    client.execute(fill, &[&database.user]).await.unwrap();
    let begin = "insert into webhooks.replays (endpoint_id, user_id, since, until, which)
        select id, user_id, now() - interval '1 day', now(), 'missing' from public.webhook_endpoints";
    client.execute(begin, &[]).await.unwrap();
    let count = async |query: &str| -> i64 { client.query_one(query, &[]).await.unwrap().get(0) };
    let waiting = "select count(*) from public.webhook_deliveries where status = 'pending'";
    upkeep(client, 30).await;
    assert_eq!(count(waiting).await, 1000);
    upkeep(client, 30).await;
    assert_eq!(count(waiting).await, 1000, "until it has sent some");
    let mut rounds = 0;
    loop {
        let sent = "update public.webhook_deliveries set status = 'success', next_retry_at = null
            where status = 'pending'";
        client.execute(sent, &[]).await.unwrap();
        upkeep(client, 30).await;
        let status = "select count(*) from webhooks.replays where status = 'running'";
        if count(status).await == 0 {
            break;
        }
        rounds += 1;
        assert!(rounds < 10);
    }
    assert_eq!(
        count("select count(*) from public.webhook_deliveries").await,
        3000
    );
    assert_eq!(count("select replayed from webhooks.replays").await, 3000);
    assert_eq!(count("select looked_at from webhooks.replays").await, 3000);
    // Statistics count them, and retention forgets the replay.
    assert_eq!(
        count("select sum(deliveries)::bigint from webhooks.endpoint_totals").await,
        3000
    );
    client
        .execute(
            "update webhooks.replays set finished_at = now() - interval '31 days'",
            &[],
        )
        .await
        .unwrap();
    upkeep(client, 30).await;
    assert_eq!(count("select count(*) from webhooks.replays").await, 0);
    database.stop().await;
}

#[tokio::test]
async fn a_replay_to_an_endpoint_that_is_gone_or_off_ends_and_says_why() {
    let database = Database::start().await;
    let client = &database.client;
    let fill = "insert into public.webhook_endpoints (user_id, url, is_active) values ($1, 'https://example.com/', false)";
    client.execute(fill, &[&database.user]).await.unwrap();
    let begin = "insert into webhooks.replays (endpoint_id, user_id, since, until, which)
        select id, user_id, now(), now(), 'all' from public.webhook_endpoints
        union all select gen_random_uuid(), null, now(), now(), 'all'";
    client.execute(begin, &[]).await.unwrap();
    upkeep(client, 30).await;
    let ends = "select last_error from webhooks.replays where status = 'failed' order by 1";
    let rows = client.query(ends, &[]).await.unwrap();
    let ends: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(ends, ["Endpoint was disabled", "The endpoint was deleted"]);
    database.stop().await;
}

#[tokio::test]
async fn rows_of_a_query_are_sent_to_one_endpoint_each_once() {
    let database = Database::start().await;
    let client = &database.client;
    let fill = "insert into public.webhook_endpoints (user_id, url) values
        ($1, 'https://example.com/a'), ($1, 'https://example.com/b')";
    client.execute(fill, &[&database.user]).await.unwrap();
    let id: uuid::Uuid = client
        .query_one(
            "select id from public.webhook_endpoints where url like '%a'",
            &[],
        )
        .await
        .unwrap()
        .get(0);
    client
        .batch_execute(
            "create table public.vehicles (id bigint primary key, vin text, price numeric);
             grant select on public.vehicles to service_role;
             insert into public.vehicles select n, 'v' || n, n from generate_series(1, 1200) n;
             insert into public.vehicles values (2000, repeat('x', 300000), 2000)",
        )
        .await
        .unwrap();
    let call = async |query: &str, event_type: &str| {
        let backfill = "select public.webhook_backfill($1, $2, $3)::text";
        client
            .query_one(backfill, &[&id, &query, &event_type])
            .await
    };
    for (query, event_type) in [
        ("select vin from public.vehicles", "vehicle.created"),
        ("select from nowhere", "vehicle.created"),
        (
            "delete from public.vehicles returning id",
            "vehicle.created",
        ),
        ("select * from public.vehicles", "*"),
    ] {
        assert!(call(query, event_type).await.is_err(), "{query}");
    }
    client.batch_execute("set role service_role").await.unwrap();
    let query = "select id, vin from public.vehicles where price > 100";
    call(query, "vehicle.created").await.unwrap();
    assert!(
        call(query, "vehicle.created").await.is_err(),
        "one at a time"
    );
    let mut sent = 0;
    for _ in 0..20 {
        upkeep(client, 30).await;
        let batch: Vec<Value> = pump(client).await.iter().flat_map(claimed).collect();
        sent += batch.len();
        let done = "update public.webhook_deliveries set status = 'success', next_retry_at = null, leased_until = null
            where status in ('pending', 'retrying')";
        client.execute(done, &[]).await.unwrap();
    }
    assert_eq!(sent, 1100);
    let list = "select public.list_webhook_backfills()";
    let list: Value = client.query_one(list, &[]).await.unwrap().get(0);
    let backfill = &list[0];
    assert_eq!(
        (&backfill["status"], &backfill["sent"]),
        (&json!("done"), &json!(1100))
    );
    assert_eq!(backfill["looked_at"], 1101);
    assert_eq!(backfill["after_id"], "2000");
    client.batch_execute("reset role").await.unwrap();
    let at = "select count(*), count(distinct event_id), count(distinct endpoint_id) from public.webhook_deliveries";
    let row = client.query_one(at, &[]).await.unwrap();
    assert_eq!(
        (
            row.get::<_, i64>(0),
            row.get::<_, i64>(1),
            row.get::<_, i64>(2)
        ),
        (1100, 1100, 1)
    );
    let payload = "select payload from public.webhook_events where event_id like '%\\_101'";
    let payload: String = client.query_one(payload, &[]).await.unwrap().get(0);
    let payload: Value = serde_json::from_str(&payload).unwrap();
    assert_eq!(payload["data"], json!({"id": 101, "vin": "v101"}));
    let refused = "select code from webhooks.refused_events";
    assert_eq!(
        client
            .query_one(refused, &[])
            .await
            .unwrap()
            .get::<_, String>(0),
        "payload_too_large"
    );
    database.stop().await;
}

/// A query that stops working ends its backfill with the reason; mended, it goes on where it was.
#[tokio::test]
async fn a_backfill_that_fails_goes_on_where_it_was() {
    let database = Database::start().await;
    let client = &database.client;
    let fill =
        "insert into public.webhook_endpoints (user_id, url) values ($1, 'https://example.com/a')";
    client.execute(fill, &[&database.user]).await.unwrap();
    client
        .batch_execute(
            "create table public.vehicles (id text primary key);
             insert into public.vehicles select lpad(n::text, 4, '0') from generate_series(1, 700) n",
        )
        .await
        .unwrap();
    let backfill =
        "select public.webhook_backfill(id, 'select id, 1 / (id <> ''0600'')::integer as x
        from public.vehicles', 'vehicle.created')::text from public.webhook_endpoints";
    let id: String = client.query_one(backfill, &[]).await.unwrap().get(0);
    upkeep(client, 30).await;
    let state = "select status || ' ' || coalesce(last_error, '-') || ' ' || after_key from webhooks.replays";
    let state_of = async || -> String { client.query_one(state, &[]).await.unwrap().get(0) };
    assert_eq!(state_of().await, "failed division by zero 0500");
    client
        .execute("delete from public.vehicles where id = '0600'", &[])
        .await
        .unwrap();
    let go_on = "select public.webhook_backfill_set($1::text::uuid, true)";
    assert!(
        client
            .query_one(go_on, &[&id])
            .await
            .unwrap()
            .get::<_, bool>(0)
    );
    upkeep(client, 30).await;
    assert_eq!(state_of().await, "done - 0700");
    let made = "select count(*) from public.webhook_deliveries";
    assert_eq!(
        client.query_one(made, &[]).await.unwrap().get::<_, i64>(0),
        699
    );
    let end = "select public.webhook_backfill_set($1::text::uuid, false)";
    assert!(
        !client
            .query_one(end, &[&id])
            .await
            .unwrap()
            .get::<_, bool>(0)
    );
    database.stop().await;
}

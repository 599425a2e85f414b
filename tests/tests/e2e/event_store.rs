//! Events are stored once, for an audience that is named.

use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::database::{Database, claimed, enqueue, pump};

async fn count(client: &Client, what: &str) -> i64 {
    let statement = format!("select count(*) from {what}");
    client.query_one(&statement, &[]).await.unwrap().get(0)
}

async fn new_user(client: &Client) -> Uuid {
    let insert = "insert into auth.users (id) values (gen_random_uuid()) returning id";
    client.query_one(insert, &[]).await.unwrap().get(0)
}

async fn new_endpoint(client: &Client, user: Uuid, events: &str) -> Uuid {
    let insert = "insert into public.webhook_endpoints (user_id, url, events)
        values ($1, 'https://example.com/', array[$2]) returning id";
    let row = client.query_one(insert, &[&user, &events]).await;
    row.unwrap().get(0)
}

fn event(user: Uuid, id: &str) -> Value {
    json!([{"event_type": "a", "data": {"n": 1}, "user_id": user, "event_id": id}])
}

#[tokio::test]
async fn an_event_that_no_endpoint_wants_is_stored() {
    let database = Database::start().await;
    enqueue(&database.client, event(database.user, "e"))
        .await
        .unwrap();
    let stored = "select event_type, payload from public.webhook_events";
    let row = database.client.query_one(stored, &[]).await.unwrap();
    assert_eq!(row.get::<_, String>(0), "a");
    let payload: Value = serde_json::from_str(row.get(1)).unwrap();
    assert_eq!(payload["data"], json!({"n": 1}));
    assert_eq!(
        count(&database.client, "public.webhook_deliveries").await,
        0
    );
    database.stop().await;
}

#[tokio::test]
async fn the_same_id_is_the_same_event_for_the_same_audience_and_no_endpoint_gets_it_twice() {
    let database = Database::start().await;
    let client = &database.client;
    let other = new_user(client).await;
    new_endpoint(client, database.user, "*").await;
    new_endpoint(client, other, "*").await;
    let first = enqueue(client, event(database.user, "e")).await.unwrap();
    assert_eq!(claimed(&first).len(), 1);
    let again = json!([{"event_type": "b", "data": {}, "user_id": database.user, "event_id": "e"}]);
    let again = enqueue(client, again).await.unwrap();
    assert_eq!(again["events"][0]["duplicates"], 1);
    assert_eq!(count(client, "public.webhook_events").await, 1);

    // An endpoint that registers later gets what was stored first.
    let types = "insert into public.webhook_event_types (name) values ('a'), ('b')";
    client.execute(types, &[]).await.unwrap();
    new_endpoint(client, database.user, "b").await;
    new_endpoint(client, database.user, "a").await;
    let again = json!([{"event_type": "b", "data": {}, "user_id": database.user, "event_id": "e"}]);
    let again = claimed(&enqueue(client, again).await.unwrap());
    assert_eq!(again.len(), 1);
    let sent = "public.webhook_deliveries where event_id = 'e' and event_type = 'a'";
    assert_eq!(count(client, sent).await, 2);

    // For another audience it is another event, and an endpoint that registered meanwhile gets it.
    let others = enqueue(client, event(other, "e")).await.unwrap();
    assert_eq!(claimed(&others).len(), 1);
    assert_eq!(count(client, "public.webhook_events").await, 2);
    new_endpoint(client, database.user, "*").await;
    let again = enqueue(client, event(database.user, "e")).await.unwrap();
    assert_eq!(claimed(&again).len(), 1);
    assert_eq!(again["events"][0]["duplicates"], 2);
    assert_eq!(count(client, "public.webhook_events").await, 2);
    database.stop().await;
}

#[tokio::test]
async fn the_same_id_for_all_owners_is_the_same_event() {
    let database = Database::start().await;
    let client = &database.client;
    new_endpoint(client, database.user, "*").await;
    for already in 0..2 {
        let event = json!([{"event_type": "a", "data": {}, "event_id": "e"}]);
        let answer = enqueue(client, event).await.unwrap();
        assert_eq!(answer["events"][0]["duplicates"], already);
        assert_eq!(count(client, "public.webhook_events").await, 1);
    }
    database.stop().await;
}

#[tokio::test]
async fn deliveries_point_to_their_event_and_a_batch_has_each_payload_once() {
    let database = Database::start().await;
    let client = &database.client;
    for _ in 0..3 {
        new_endpoint(client, database.user, "*").await;
    }
    let events = json!([
        {"event_type": "a", "data": {"n": 1}, "user_id": database.user},
        {"event_type": "a", "data": {"n": 1}, "user_id": database.user},
    ]);
    let enqueued = enqueue(client, events).await.unwrap();
    let payloads = enqueued["batch"]["payloads"].as_array().unwrap();
    assert_eq!(
        payloads.len(),
        2,
        "the same text of two events is two payloads"
    );
    let claimed = claimed(&enqueued);
    assert_eq!(claimed.len(), 6);
    for delivery in &claimed {
        let place = delivery["payload"].as_u64().unwrap() as usize;
        let payload: Value = serde_json::from_str(payloads[place].as_str().unwrap()).unwrap();
        assert_eq!(payload["id"], delivery["event_id"]);
    }
    let copies = "public.webhook_deliveries where payload is not null or event_ref is null";
    assert_eq!(count(client, copies).await, 0);
    database.stop().await;
}

#[tokio::test]
async fn an_owner_reads_events_addressed_to_them_and_those_delivered_to_their_endpoints() {
    let database = Database::start().await;
    let client = &database.client;
    let stranger = new_user(client).await;
    new_endpoint(client, database.user, "import.completed").await;
    for (event_type, user) in [
        ("own", Some(database.user)),
        ("foreign", Some(stranger)),
        ("import.completed", None),
        ("document.uploaded", None),
    ] {
        let mut event = json!({"event_type": event_type, "data": {}});
        if let Some(user) = user {
            event["user_id"] = json!(user);
        }
        enqueue(client, json!([event])).await.unwrap();
    }
    let read = async |user: Uuid| -> Vec<String> {
        let claims = json!({"sub": user.to_string()}).to_string();
        let setup = format!(
            "begin; select set_config('request.jwt.claims', '{claims}', true);
             set local role authenticated"
        );
        client.batch_execute(&setup).await.unwrap();
        let types = "select event_type from public.webhook_events order by id";
        let rows = client.query(types, &[]).await.unwrap();
        client.batch_execute("rollback").await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    };
    assert_eq!(read(database.user).await, ["own", "import.completed"]);
    assert_eq!(read(stranger).await, ["foreign"]);
    assert_eq!(read(Uuid::new_v4()).await, [""; 0]);
    database.stop().await;
}

/// As from a trigger whose row has no owner.
#[tokio::test]
async fn an_event_without_an_owner_tells_nobody_unless_it_is_a_broadcast() {
    let database = Database::start().await;
    let client = &database.client;
    let stranger = new_user(client).await;
    new_endpoint(client, database.user, "*").await;
    new_endpoint(client, stranger, "*").await;
    let setup = "create table public.things (id integer, user_id uuid);
        create function public.thing_changed() returns trigger language plpgsql as $$
        begin
          perform public.emit_webhook_event('thing.created', to_jsonb(new), new.user_id);
          return new;
        end $$;
        create trigger thing_changed after insert on public.things
          for each row execute function public.thing_changed();";
    client.batch_execute(setup).await.unwrap();
    let error = client
        .execute("insert into public.things values (1, null)", &[])
        .await
        .unwrap_err();
    let error = error.as_db_error().unwrap();
    assert_eq!(error.code().code(), "22004");
    assert!(error.message().contains("null would tell every owner"));
    assert!(error.hint().unwrap().contains("broadcast_webhook_event"));
    assert_eq!(count(client, "public.webhook_events").await, 0);

    let broadcast = "select public.broadcast_webhook_event('a', '{}')";
    client.execute(broadcast, &[]).await.unwrap();
    let reached = pump(client).await.iter().flat_map(claimed).count();
    assert_eq!(reached, 2);
    database.stop().await;
}

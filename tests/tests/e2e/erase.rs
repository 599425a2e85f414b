//! Erasing: what an event said is gone everywhere, and what is counted stays.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::eventually;
use tests::private_stack::PrivateStack;
use tests::receiver::Receiver;
use tests::stack::{Answer, Stack, User, client};

use crate::SOON;
use crate::database::{Database, claim, claimed, enqueue, pump, record, upkeep};

async fn emit(stack: &Stack, user: &User, name: &str, data: Value) -> String {
    let id = format!("{name}_{}", user.id);
    let event =
        json!({"event_type": "vehicle.created", "event_id": id, "user_id": user.id, "data": data});
    let answer = stack.deliver(&json!({"event": event})).await;
    answer.expect(StatusCode::OK);
    id
}

/// Calls `deliver` for the operator.
async fn erase_of(stack: &Stack, body: &Value) -> Answer {
    let url = format!("{}/webhooks-deliver/events/erase", stack.deliver_url);
    Answer::of(
        client()
            .post(url)
            .header("apikey", &stack.service_role_key)
            .json(body),
    )
    .await
}

/// Where a text is, in all tables of the system.
async fn tables_with(stack: &Stack, text: &str) -> Vec<String> {
    let tables =
        "select format('%s.%I', c.relnamespace::regnamespace, c.relname) as name from pg_class c
        where c.relkind = 'r' and (c.relnamespace = 'webhooks'::regnamespace
          or c.relnamespace = 'public'::regnamespace and c.relname like 'webhook%')";
    let mut found = Vec::new();
    for table in stack.sql(tables, &[]).await {
        let table = table["name"].as_str().unwrap().to_owned();
        let with = format!(
            "select count(*)::int4 as n from {table} t where t::text like '%' || $1 || '%'"
        );
        if stack.sql(&with, &[&text]).await[0]["n"] != 0 {
            found.push(table);
        }
    }
    found
}

#[tokio::test]
async fn what_is_erased_is_in_no_table_and_its_counts_stay() {
    let stack = Stack::get();
    let (user, other) = (stack.user().await, stack.user().await);
    let ok = Receiver::start(200).await;
    let failing = Receiver::start(500).await;
    let sent = user.register(&ok.url).await.id;
    let retrying = user.register(&failing.url).await.id;
    let secret = format!("secret{}", user.id.simple());
    let id = emit(&stack, &user, "a", json!({"name": secret, "n": 1})).await;
    let kept = emit(&stack, &user, "b", json!({"n": 1})).await;
    let before = tables_with(&stack, &secret).await;
    assert_eq!(before, ["public.webhook_events"]);
    let answers = "select r.body from (
        select d.response_body as body from public.webhook_deliveries d where d.event_id = $1
        union all
        select a.response_body from public.webhook_delivery_attempts a
        join public.webhook_deliveries d on d.id = a.delivery_id where d.event_id = $1) r where r.body is not null";
    assert_eq!(stack.sql(answers, &[&id]).await.len(), 4);

    let which = json!({"contains": {"name": secret}});
    let mut dry = which.clone();
    dry["dry_run"] = json!(true);
    let answer = user.post("/events/erase", &dry).await;
    let counted = json!({"matched": 1, "erased": 0, "next_cursor": null});
    assert_eq!(answer.expect(StatusCode::OK)["data"], counted);
    // Nobody erases what is another's.
    let foreign = other.post("/events/erase", &which).await;
    assert_eq!(foreign.expect(StatusCode::OK)["data"]["matched"], 0);
    let foreign = other
        .post("/events/erase", &json!({"event_ids": [id]}))
        .await;
    assert_eq!(foreign.expect(StatusCode::OK)["data"]["matched"], 0);
    assert_eq!(tables_with(&stack, &secret).await, before);

    let answer = user.post("/events/erase", &which).await;
    assert_eq!(answer.expect(StatusCode::OK)["data"]["erased"], 1);
    assert_eq!(tables_with(&stack, &secret).await, Vec::<String>::new());
    assert_eq!(stack.sql(answers, &[&id]).await, Vec::<Value>::new());
    let again = user.post("/events/erase", &which).await;
    assert_eq!(again.expect(StatusCode::OK)["data"]["matched"], 0);

    let shown = user.get(&format!("/events/{id}")).await;
    let event = &shown.expect(StatusCode::OK)["data"];
    assert!(event["erased_at"].is_string());
    assert_eq!(event["payload"]["data"], json!({}));
    assert_eq!(event["payload"]["erased"], true);
    let of = |endpoint: &str| {
        let endpoints = event["endpoints"].as_array().unwrap();
        endpoints
            .iter()
            .find(|e| e["endpoint_id"] == endpoint)
            .unwrap()["delivery"]
            .clone()
    };
    assert_eq!(of(&sent)["status"], "success");
    let ended = of(&retrying);
    assert_eq!(ended["status"], "failed");
    assert_eq!(ended["last_error"], "The event was erased");
    assert_eq!(ended["attempts"], 1);
    let path = format!(
        "/webhooks/{sent}/deliveries/{}",
        of(&sent)["id"].as_str().unwrap()
    );
    let delivery = user.get(&path).await;
    let delivery = &delivery.expect(StatusCode::OK)["data"];
    assert_eq!(delivery["attempt_log"][0]["response_status"], 200);
    assert_eq!(delivery["attempt_log"][0]["response_body"], Value::Null);
    let resend = user.post(&format!("{path}/resend"), &json!({})).await;
    assert_eq!(resend.expect_error(409), "event_erased");
    let list = user.get("/webhooks").await;
    let stats = &list.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|e| e["id"] == sent)
        .unwrap()["stats"];
    assert_eq!(stats["total_deliveries"], 2);
    let kept = user.get(&format!("/events/{kept}")).await;
    assert_eq!(
        kept.expect(StatusCode::OK)["data"]["erased_at"],
        Value::Null
    );
    let trace = "select actor, events from webhooks.erasures where user_id = $1";
    let trace = stack.sql(trace, &[&user.id]).await;
    assert_eq!(
        trace,
        [json!({"actor": format!("user {}", user.id), "events": 1})]
    );
    // Emitted again under its id, it says nothing to anybody.
    let later = Receiver::start(200).await;
    user.register(&later.url).await;
    emit(&stack, &user, "a", json!({"name": "again"})).await;
    assert_eq!(later.arrivals().len(), 0);
}

#[tokio::test]
async fn the_operator_erases_of_one_owner_or_of_all() {
    let stack = Stack::get();
    let users = [stack.user().await, stack.user().await];
    let receiver = Receiver::start(200).await;
    let mark = format!("m{}", users[0].id.simple());
    let mut ids = Vec::new();
    for user in &users {
        user.register(&receiver.url).await;
        ids.push(emit(&stack, user, "e", json!({"mark": mark})).await);
    }
    let with_null = json!({"contains": {"mark": mark, "more": null}});
    let answer = erase_of(&stack, &with_null).await;
    assert_eq!(answer.expect(StatusCode::OK)["data"]["matched"], 0);
    let of_one = json!({"contains": {"mark": mark}, "user_id": users[0].id, "cursor": null});
    let answer = erase_of(&stack, &of_one).await;
    assert_eq!(answer.expect(StatusCode::OK)["data"]["erased"], 1);
    let answer = erase_of(&stack, &json!({"event_ids": [ids[1], "nothing"]})).await;
    assert_eq!(answer.expect(StatusCode::OK)["data"]["erased"], 1);
    let answer = erase_of(
        &stack,
        &json!({"contains": {"mark": mark}, "dry_run": true}),
    )
    .await;
    assert_eq!(answer.expect(StatusCode::OK)["data"]["matched"], 0);
    for (user, id) in users.iter().zip(&ids) {
        let event = user.get(&format!("/events/{id}")).await;
        let event = &event.expect(StatusCode::OK)["data"];
        assert!(event["erased_at"].is_string(), "{id}");
    }
}

/// On a stack of its own: what is for everyone would reach the receivers of other tests.
#[tokio::test]
async fn what_was_for_everyone_is_erased_by_the_operator_alone_and_else_replayed() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let stack = &private.stack;
    let user = stack.user().await;
    let old = Receiver::start(200).await;
    user.register(&old.url).await;
    for id in ["kept", "erased"] {
        let event = json!({"event_type": "vehicle.created", "event_id": id, "data": {}});
        let answer = stack.deliver(&json!({"event": event})).await;
        assert_eq!(answer.expect(StatusCode::OK)["delivered"], 1);
    }
    let erased = json!({"event_ids": ["erased"]});
    let answer = user.post("/events/erase", &erased).await;
    assert_eq!(answer.expect(StatusCode::OK)["data"]["erased"], 0);
    let answer = erase_of(stack, &erased).await;
    assert_eq!(answer.expect(StatusCode::OK)["data"]["erased"], 1);
    let event = user.get("/events/erased").await;
    let event = &event.expect(StatusCode::OK)["data"];
    assert!(event["erased_at"].is_string());

    let new = Receiver::start(200).await;
    let id = user.register(&new.url).await.id;
    let body = json!({"since": "2026-01-01"});
    let replay = user.post(&format!("/webhooks/{id}/replay"), &body).await;
    let replay = &replay.expect(StatusCode::OK)["data"];
    assert_eq!(
        (&replay["replayed"], &replay["erased"]),
        (&json!(1), &json!(1))
    );
    stack.deliver(&json!({"action": "wake"})).await;
    let arrivals = new.wait_for(1, SOON).await;
    assert_eq!(arrivals[0].json()["id"], "kept");
    assert_eq!(arrivals[0].header("webhook-replay"), "true");
    private.stop().await;
}

#[tokio::test]
async fn what_is_no_erasure_is_refused() {
    let stack = Stack::get();
    let user = stack.user().await;
    for body in [
        json!({}),
        json!({"event_ids": []}),
        json!({"event_ids": ["a b"]}),
        json!({"event_ids": vec!["a"; 1001]}),
        json!({"contains": {}}),
        json!({"contains": []}),
        json!({"contains": {"a": 1}, "event_ids": ["a"]}),
        json!({"contains": {"a": 1}, "cursor": "x"}),
        json!({"contains": {"a": 1}, "dry_run": "yes"}),
    ] {
        let answer = user.post("/events/erase", &body).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{body}");
        let answer = erase_of(&stack, &body).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{body}");
    }
    let answer = user
        .post(
            "/events/erase",
            &json!({"event_ids": ["a"], "user_id": user.id}),
        )
        .await;
    assert_eq!(answer.expect_error(400), "invalid_field");
}

/// An attempt that is under way when its event is erased is the last, and its answer is not kept.
#[tokio::test]
async fn an_event_in_flight_ends_with_its_attempt() {
    let database = Database::start().await;
    let client = &database.client;
    let fill = "insert into public.webhook_endpoints (user_id, url) values
        ($1, 'https://example.com/'), ($1, 'https://example.com/'), ($1, 'https://example.com/')";
    client.execute(fill, &[&database.user]).await.unwrap();
    let event = json!([{"event_type": "vehicle.created", "event_id": "e", "user_id": database.user,
        "data": {"a": 1}}]);
    let batch = claimed(&enqueue(client, event).await.unwrap());
    assert_eq!(batch.len(), 3);
    let erase = "select public.erase_webhook_events_of('{\"event_ids\": [\"e\"]}')";
    client.execute(erase, &[]).await.unwrap();
    let result = |nth: usize, status: u16| {
        json!({"id": batch[nth]["id"], "claim": batch[nth]["claim"], "attempts": 0,
            "response_status": status, "response_body": "secret", "response_time_ms": 1, "age_ms": 0,
            "error": (status > 299).then_some("HTTP 500")})
    };
    record(client, json!([result(0, 500), result(1, 200)])).await;
    // The third's worker died.
    let lapse = "update public.webhook_deliveries set leased_until = now() - interval '1 second'
        where leased_until is not null";
    client.execute(lapse, &[]).await.unwrap();
    upkeep(client, 30).await;
    assert_eq!(claimed(&claim(client, 10).await).len(), 0);
    pump(client).await;
    let ends =
        "select status || ' ' || coalesce(last_error, '-') || ' ' || coalesce(response_body, '-')
        from public.webhook_deliveries order by status, last_error";
    let rows = client.query(ends, &[]).await.unwrap();
    let ends: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(
        ends,
        [
            "failed HTTP 500 -",
            "failed The event was erased -",
            "success - -"
        ]
    );
    let bodies =
        "select count(*) from public.webhook_delivery_attempts where response_body is not null";
    assert_eq!(
        client
            .query_one(bodies, &[])
            .await
            .unwrap()
            .get::<_, i64>(0),
        0
    );
    database.stop().await;
}

/// More deliveries than one step takes: the payload goes at once, the answers with the upkeep.
#[tokio::test]
async fn many_deliveries_of_an_event_are_erased_in_steps() {
    let database = Database::start().await;
    let client = &database.client;
    let fill = "with event as (
          insert into public.webhook_events (event_id, event_type, payload)
          values ('e', 'vehicle.created', '{\"data\": {\"a\": 1}}') returning id)
        insert into public.webhook_deliveries (endpoint_id, event_type, event_id, event_ref, status, response_body,
          next_retry_at)
        select gen_random_uuid(), 'vehicle.created', 'e', event.id, 'success', 'secret', null
        from event, generate_series(1, 12000)";
    client.execute(fill, &[]).await.unwrap();
    let erase = "select public.erase_webhook_events_of('{\"contains\": {\"a\": 1}}') ->> 'erased'";
    let erased: String = client.query_one(erase, &[]).await.unwrap().get(0);
    assert_eq!(erased, "1");
    let left = "select count(*) from public.webhook_deliveries where response_body is not null";
    let after: i64 = client.query_one(left, &[]).await.unwrap().get(0);
    assert_eq!(after, 7000);
    upkeep(client, 30).await;
    let after: i64 = client.query_one(left, &[]).await.unwrap().get(0);
    assert_eq!(after, 0);
    let waiting = "select count(*) from webhooks.erased_events";
    assert_eq!(
        client
            .query_one(waiting, &[])
            .await
            .unwrap()
            .get::<_, i64>(0),
        0
    );
    database.stop().await;
}

/// A search that finds nothing is bounded, and goes on with its cursor.
#[tokio::test]
async fn a_search_among_many_events_goes_on_with_its_cursor() {
    let database = Database::start().await;
    let client = &database.client;
    let fill = "insert into public.webhook_events (event_id, event_type, user_id, payload)
        select 'e' || n, 'a', $1, '{\"data\": {\"n\": ' || n || '}}' from generate_series(1, 25000) n";
    client.execute(fill, &[&database.user]).await.unwrap();
    let mut cursor: Option<String> = None;
    let mut found = 0;
    let mut calls = 0;
    eventually("the end", SOON, async || {
        let erase = "select public.erase_webhook_events_of(
            json_build_object('contains', '{\"n\": 7}'::json, 'cursor', $1::text)::text)";
        let answer: Value = client.query_one(erase, &[&cursor]).await.unwrap().get(0);
        found += answer["erased"].as_i64().unwrap();
        calls += 1;
        cursor = answer["next_cursor"].as_str().map(str::to_owned);
        cursor.is_none().then_some(())
    })
    .await;
    assert_eq!(found, 1);
    assert!(calls >= 3, "{calls}");
    database.stop().await;
}

/// Rows of the system before have their own payload.
#[tokio::test]
async fn deliveries_of_other_programs_are_erased_by_their_event_s_id() {
    let database = Database::start().await;
    let client = &database.client;
    let fill = "with e as (
          insert into public.webhook_endpoints (user_id, url) values ($1, 'https://example.com/'),
            ($2, 'https://example.com/') returning id)
        insert into public.webhook_deliveries (endpoint_id, event_type, event_id, payload, response_body)
        select id, 'a', 'e', '{\"a\": \"secret\"}', 'secret' from e";
    let other = uuid::Uuid::new_v4();
    let insert = "insert into auth.users (id) values ($1)";
    client.execute(insert, &[&other]).await.unwrap();
    client
        .execute(fill, &[&database.user, &other])
        .await
        .unwrap();
    let left = async || -> i64 {
        let left = "select count(*) from public.webhook_deliveries d where d::text like '%secret%'";
        client.query_one(left, &[]).await.unwrap().get(0)
    };
    let erase = "select public.erase_webhook_events_of(
        json_build_object('user_id', $1::uuid, 'event_ids', array['e'])::text)";
    client.execute(erase, &[&database.user]).await.unwrap();
    assert_eq!(left().await, 1);
    let ended = "select status || ' ' || last_error from public.webhook_deliveries where is_erased";
    let ended: String = client.query_one(ended, &[]).await.unwrap().get(0);
    assert_eq!(ended, "failed The event was erased");
    let all = "select public.erase_webhook_events_of('{\"event_ids\": [\"e\"]}')";
    client.execute(all, &[]).await.unwrap();
    assert_eq!(left().await, 0);
    database.stop().await;
}

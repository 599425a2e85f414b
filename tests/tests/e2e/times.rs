//! Times: what is taken, what is answered, and that no setting of the database has a say.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::private_stack::PrivateStack;
use tests::receiver::Receiver;
use tests::stack::Stack;
use uuid::Uuid;

use crate::SOON;
use crate::database::Database;

/// RFC 3339, and what is easily meant by it: the same moment.
const SPELLINGS: [&str; 12] = [
    "2026-03-29T01:30:00Z",
    "2026-03-29t01:30:00z",
    "2026-03-29T01:30:00.0Z",
    "2026-03-29T01:30:00.0000000000000000000000000001Z",
    "2026-03-29T01:30:00+00:00",
    "2026-03-29T01:30:00-00:00",
    "2026-03-29T02:30:00+01:00",
    "2026-03-30T01:29:00+23:59",
    "2026-03-28T01:31:00-23:59",
    "2026-03-29 01:30:00",
    "2026-03-29T01:30",
    "2026-03-29T07:00:00.000+0530",
];

const NO_TIMES: [&str; 16] = [
    "",
    "now",
    "yesterday",
    "infinity",
    "epoch",
    "2026",
    "2026-03",
    "29/03/2026",
    "2026-02-30",
    "2026-03-29T25:00:00Z",
    "2026-03-29T01:60:00Z",
    "2026-03-29T01:30:61Z",
    "2026-03-29T01:30:00+24:00",
    "2026-03-29T01:30:00 Europe/Berlin",
    "2026-03-29T01:30:00CET",
    "0000-01-01T00:00:00Z",
];

#[tokio::test]
async fn every_spelling_of_a_time_is_the_same_moment_whatever_the_session_s_settings() {
    let database = Database::start().await;
    let client = &database.client;
    let parse = "select webhooks.utc(webhooks.parse_time('since', $1))";
    for settings in [
        "set timezone = 'UTC'; set datestyle = 'ISO, MDY'",
        "set timezone = 'Asia/Kolkata'; set datestyle = 'SQL, DMY'; set intervalstyle = 'sql_standard'",
        "set timezone = 'America/New_York'; set datestyle = 'German'; set intervalstyle = 'iso_8601'",
        "set timezone = 'Pacific/Apia'; set datestyle = 'Postgres, YMD'",
    ] {
        client.batch_execute(settings).await.unwrap();
        for text in SPELLINGS {
            let time: String = client.query_one(parse, &[&text]).await.unwrap().get(0);
            assert_eq!(time, "2026-03-29T01:30:00.000000Z", "{text}, {settings}");
        }
        let date: String = client
            .query_one(parse, &[&"2026-03-29"])
            .await
            .unwrap()
            .get(0);
        assert_eq!(date, "2026-03-29T00:00:00.000000Z", "{settings}");
        let finer: String = client
            .query_one(parse, &[&"2026-03-29T01:30:00.1234567+01:00"])
            .await
            .unwrap()
            .get(0);
        assert_eq!(finer, "2026-03-29T00:30:00.123456Z");
        for text in NO_TIMES {
            let refused = client.query_one(parse, &[&text]).await;
            let error = refused.expect_err(text);
            assert_eq!(error.code().unwrap().code(), "PT400", "{text}");
        }
    }
    database.stop().await;
}

#[tokio::test]
async fn times_are_taken_in_every_spelling_wherever_one_is_taken() {
    let user = Stack::get().user().await;
    let id = user.register("https://example.com/").await.id;
    for text in SPELLINGS {
        for name in ["since", "until"] {
            let list = user
                .request(reqwest::Method::GET, &format!("/webhooks/{id}/deliveries"))
                .query(&[(name, text)]);
            let answer = tests::stack::Answer::of(list).await;
            assert_eq!(answer.status, StatusCode::OK, "{name}={text}");
        }
        let later = text.replace("2026-03", "2999-03");
        let key = json!({"name": "k", "expires_at": later});
        let key = user.post("/api-keys", &key).await;
        let shown = key.expect(StatusCode::CREATED)["data"]["expires_at"].clone();
        assert_eq!(shown, "2999-03-29T01:30:00.000000Z", "{text}");
        user.delete(&format!(
            "/api-keys/{}",
            key.body["data"]["id"].as_str().unwrap()
        ))
        .await;
    }
    for text in NO_TIMES {
        let recover = json!({"since": text});
        let answer = user
            .post(&format!("/webhooks/{id}/recover"), &recover)
            .await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{text}");
        assert_eq!(answer.body["field"], "since", "{text}");
    }
}

/// Every text in an answer that looks like a time.
fn times(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let looks_like = text.len() >= 10
                && text
                    .bytes()
                    .take(10)
                    .all(|b| b.is_ascii_digit() || b == b'-' || b == b'/');
            // Ids of digits look like dates.
            if looks_like && !text.contains('_') && Uuid::try_parse(text).is_err() {
                found.push(text.clone());
            }
        }
        Value::Array(values) => values.iter().for_each(|value| times(value, found)),
        Value::Object(entries) => entries.values().for_each(|value| times(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn answers_end_in_z_and_can_be_asked_with_whatever_the_database_s_settings() {
    let mut private = PrivateStack::start_without_cron(&[]).await;
    let user = private.stack.user().await;
    let odd = "alter database postgres set timezone = 'Asia/Kolkata';
        alter database postgres set datestyle = 'SQL, DMY';
        alter database postgres set intervalstyle = 'sql_standard'";
    private
        .stack
        .database()
        .await
        .batch_execute(odd)
        .await
        .unwrap();
    private.crash("api").await;
    let stack = &private.stack;
    let receiver = Receiver::start(410).await;
    let id = user.register(&receiver.url).await.id;
    stack
        .emit(&user, "vehicle.created", json!({}))
        .await
        .expect(StatusCode::OK);
    let key = json!({"name": "k", "expires_at": "2999-01-01T00:00:00+05:30"});
    user.post("/api-keys", &key)
        .await
        .expect(StatusCode::CREATED);
    let zone = stack
        .sql("select current_setting('timezone') as zone", &[])
        .await;
    assert_eq!(zone[0]["zone"], "Asia/Kolkata");

    let mut found = Vec::new();
    let list = format!("/webhooks/{id}/deliveries");
    for path in [
        "/webhooks",
        "/api-keys",
        "/stats?window=30d",
        "/stats?window=1h",
        &format!("/webhooks/{id}"),
        &format!("/webhooks/{id}/stats?window=24h"),
        &list,
    ] {
        times(user.get(path).await.expect(StatusCode::OK), &mut found);
    }
    let deliveries = user.get(&list).await.body["data"].clone();
    let delivery = format!("{list}/{}", deliveries[0]["id"].as_str().unwrap());
    times(user.get(&delivery).await.expect(StatusCode::OK), &mut found);
    assert!(found.len() > 60, "{found:?}");
    for time in &found {
        assert!(time.ends_with('Z') && time.contains('T'), "{time}");
    }
    // A day has 24 hours of UTC.
    let stats = user.get("/stats?window=30d").await.body["data"]["buckets"].clone();
    for bucket in stats.as_array().unwrap() {
        assert!(
            bucket["start"]
                .as_str()
                .unwrap()
                .ends_with("T00:00:00.000000Z"),
            "{bucket}"
        );
    }
    // As they are, in a query and in a body.
    let created_at = deliveries[0]["created_at"].as_str().unwrap();
    let since = user.get(&format!("{list}?since={created_at}")).await;
    assert_eq!(
        since.expect(StatusCode::OK)["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let until = user.get(&format!("{list}?until={created_at}")).await;
    assert_eq!(
        until.expect(StatusCode::OK)["data"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
    user.patch(&format!("/webhooks/{id}"), &json!({"is_active": true}))
        .await
        .expect(StatusCode::OK);
    let recover = json!({"since": created_at});
    let recovered = user
        .post(&format!("/webhooks/{id}/recover"), &recover)
        .await;
    assert_eq!(
        recovered.expect(StatusCode::ACCEPTED)["data"]["recovered"],
        1
    );
    receiver.answer(200);
    stack
        .deliver(&json!({"action": "retry"}))
        .await
        .expect(StatusCode::OK);
    receiver.wait_for(2, SOON).await;
    tokio::time::timeout(Duration::from_secs(30), private.stop())
        .await
        .expect("it ends");
}

/// A key of another program's table may expire at a time without a zone: it is UTC.
#[tokio::test]
async fn a_foreign_key_s_time_without_a_zone_is_utc() {
    let database = Database::start().await;
    let client = &database.client;
    let hash = "sha256_ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let create = format!(
        "create table public.api_keys (user_id uuid, key_hash text, expires_at timestamp);
         insert into public.api_keys values ('{}', '{hash}', now() at time zone 'UTC' + interval '1 minute');
         select set_config('request.headers', '{{\"x-api-key\": \"abc\"}}', false);",
        database.user
    );
    client.batch_execute(&create).await.unwrap();
    for zone in ["UTC", "Asia/Kolkata", "America/New_York"] {
        client
            .batch_execute(&format!("set timezone = '{zone}'"))
            .await
            .unwrap();
        for (change, is_known) in [("+ interval '0'", true), ("- interval '2 minutes'", false)] {
            let update = format!("update public.api_keys set expires_at = expires_at {change}");
            client.batch_execute(&update).await.unwrap();
            let caller = "select webhooks.caller('read') is not null";
            let caller: bool = client.query_one(caller, &[]).await.unwrap().get(0);
            assert_eq!(caller, is_known, "{zone} {change}");
        }
        let back = "update public.api_keys set expires_at = now() at time zone 'UTC' + interval '1 minute'";
        client.batch_execute(back).await.unwrap();
    }
    database.stop().await;
}

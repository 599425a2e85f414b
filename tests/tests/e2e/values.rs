//! Values that one side takes and the other does not: each is taken or refused by itself, at once, and
//! the refusal names the field.

use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use reqwest::{Method, StatusCode};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use shared::parse::StorableJson;
use tests::api_proxy::{ApiProxy, Mode};
use tests::receiver::Receiver;
use tests::stack::{Answer, Stack, client};
use tests::workers::Workers;
use tokio::time::Instant;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::SOON;
use crate::database::Database;

/// Long enough for any refusal.
const AT_ONCE: Duration = Duration::from_secs(1);

/// JSON in which numbers and strings are as odd as the grammar allows.
fn odd_json() -> impl Strategy<Value = String> {
    let digits = prop_oneof![
        4 => "[0-9]{1,4}",
        1 => (1usize..1500).prop_map(|n| "7".repeat(n)),
        1 => (1usize..1500).prop_map(|n| "0".repeat(n)),
    ];
    let exponent = prop_oneof![
        4 => Just(String::new()),
        2 => "[eE][+-]?[0-9]{1,3}",
        1 => "[eE][+-]?[0-9]{4,6}",
        1 => "[eE][+-]?[0-9]{10,25}",
    ];
    let whole = digits.clone().prop_map(|digits| {
        let digits = digits.trim_start_matches('0').to_owned();
        if digits.is_empty() {
            "0".to_owned()
        } else {
            digits
        }
    });
    let fraction = proptest::option::of(digits)
        .prop_map(|digits| digits.map_or(String::new(), |digits| format!(".{digits}")));
    let number = ("-?", whole, fraction, exponent)
        .prop_map(|(sign, whole, fraction, exponent)| sign + &whole + &fraction + &exponent);
    let string = prop_oneof![
        r#""[a-zé\u{2028}\u{7f}\u{fffe}\u{10ffff} ]{0,8}""#,
        r#""(\\u[0-9a-fA-F]{4}|\\["\\/bfnrt]|[a-z0-9e.+-]){0,6}""#,
        r#""(\\u[dD][89a-fA-F][0-9a-f]{2}){0,3}""#,
    ];
    let leaf = prop_oneof![4 => number, 3 => string.clone(), 1 => "true|false|null"];
    let value = leaf.prop_recursive(6, 40, 6, move |inner| {
        let name = string.clone();
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6)
                .prop_map(|v| format!("[{}]", v.join(", "))),
            proptest::collection::vec((name, inner.clone()), 0..6).prop_map(|v| {
                let entries: Vec<_> = v.into_iter().map(|(n, v)| format!("{n} :{v}")).collect();
                format!("{{{}}}", entries.join(","))
            }),
            (
                inner,
                prop_oneof![Just(100usize), Just(126), Just(127), Just(128), Just(300)]
            )
                .prop_map(|(v, depth)| "[".repeat(depth) + &v + &"]".repeat(depth)),
        ]
    });
    // Not all of it is JSON.
    (
        value,
        "[ \\t]{0,1}",
        proptest::option::weighted(0.05, "[,\\]}x\u{0}\u{1}]"),
    )
        .prop_map(|(value, space, junk)| space + &value + &junk.unwrap_or_default())
}

/// What `StorableJson` says, and what the refusal is if there is one.
fn ours(text: &str) -> Result<u64, String> {
    let json: Box<RawValue> = serde_json::from_str(text).map_err(|e| e.to_string())?;
    StorableJson::parse(&json).map(|json| json.number_characters())
}

/// What Postgres says: whether it takes the text as jsonb, and how many bytes it writes it with.
async fn theirs(client: &Client, texts: &[String]) -> Vec<Option<i32>> {
    let statement = "select case when not t ~ '\\x01' and pg_input_is_valid(t, 'jsonb')
          then octet_length(t::jsonb::text) end
        from unnest($1::text[]) with ordinality as t (t, nth) order by nth";
    let rows = client.query(statement, &[&texts]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn what_is_taken_here_jsonb_takes_and_writes_with_no_more_characters_than_were_counted() {
    let database = Database::start().await;
    let mut runner = TestRunner::default();
    let strategy = odd_json();
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..20 {
        let texts: Vec<String> = (0..500)
            .map(|_| {
                strategy
                    .new_tree(&mut runner)
                    .unwrap()
                    .current()
                    .replace('\0', "\u{1}")
            })
            .collect();
        for (text, theirs) in texts.iter().zip(theirs(&database.client, &texts).await) {
            match (ours(text), theirs) {
                (Ok(numbers), bytes) => {
                    let bytes = bytes.unwrap_or_else(|| panic!("jsonb refuses {text}"));
                    // White space between entries, and what an escape stands for.
                    let most = numbers as usize + 2 * text.len();
                    assert!(bytes as usize <= most, "{bytes} bytes of {text}");
                    taken += 1;
                }
                (Err(problem), Some(_)) => {
                    let is_documented = ["number out of range", "1000 digits", "recursion limit"]
                        .iter()
                        .any(|limit| problem.contains(limit));
                    assert!(is_documented, "{problem}: {text}");
                    refused += 1;
                }
                (Err(_), None) => refused += 1,
            }
        }
    }
    println!("{taken} taken, {refused} refused");
    assert!(taken > 1000 && refused > 1000);
    database.stop().await;
}

/// Values that Postgres cannot hold, or would write with far more characters than they have.
fn bad_values() -> Vec<String> {
    let many = |text: &str, bytes: usize| format!("[{}0]", text.repeat(bytes / text.len()));
    [
        "1e400",
        "-1e400",
        "1E+400",
        "1e131072",
        "1e-1001",
        "0e-1001",
        "1.5e-1000",
        "1e-16383",
        "1e-16384",
        "1e-999999",
        "0e-99999999999999999999",
        "1e-99999999999999999999",
        "1e99999999999999999999",
        r#""\u0000""#,
        r#"{"\u0000": 1}"#,
        r#""\ud800""#,
        r#""\udc00\ud800""#,
    ]
    .into_iter()
    .map(str::to_owned)
    .chain([
        "9".repeat(400),
        format!("0.{}", "1".repeat(1001)),
        format!("0.{}", "0".repeat(20_000)),
        "[".repeat(200) + &"]".repeat(200),
        many("1e-1000,", 90_000),
        many("1e308,", 600_000),
        many("1e-16000,", 600_000),
        many("-1.7e308,", 300_000),
        many("0e-1000,", 90_000),
    ])
    .collect()
}

fn event(user: &Uuid, data: &str) -> String {
    format!(r#"{{"event_type":"vehicle.created","user_id":"{user}","data":{{"x":{data}}}}}"#)
}

#[tokio::test]
async fn each_event_of_a_call_is_taken_or_refused_by_itself_and_at_once() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    user.register(&receiver.url).await;
    let post = async |body: String| {
        let request = client()
            .post(&stack.deliver_url)
            .header("apikey", &stack.service_role_key)
            .body(body);
        let start = Instant::now();
        let answer = Answer::of(request).await;
        let elapsed = start.elapsed();
        assert!(elapsed < AT_ONCE, "{elapsed:?}");
        answer
    };
    let values = bad_values();
    for value in &values {
        let sight = &value[..value.len().min(60)];
        let answer = post(format!(r#"{{"event":{}}}"#, event(&user.id, value))).await;
        let status = answer.status.as_u16();
        assert!([400, 413].contains(&status), "{status}: {sight}");
        // Its neighbours are stored.
        let [good, bad] = ["1", value].map(|value| event(&user.id, value));
        let answer = post(format!(
            r#"{{"wait":false,"events":[{good},{bad},{good}]}}"#
        ))
        .await;
        let body = answer.expect(StatusCode::ACCEPTED);
        assert_eq!(
            (&body["accepted"], &body["refused"]),
            (&json!(2), &json!(1)),
            "{sight}"
        );
        let code = body["events"][1]["code"].as_str().unwrap();
        assert!(
            ["invalid_field", "payload_too_large"].contains(&code),
            "{code}: {sight}"
        );
    }
    // At the latest with the cron.
    receiver
        .wait_for(2 * values.len(), Duration::from_secs(90))
        .await;

    // At the limits: each arrives as it was.
    for value in ["1e308", "-1.7e308", "1e-1000", "12345678901234567890.10"] {
        let before = receiver.arrivals().len();
        post(format!(r#"{{"event":{}}}"#, event(&user.id, value)))
            .await
            .expect(StatusCode::OK);
        let arrivals = receiver.wait_for(before + 1, SOON).await;
        let written_out = match value {
            "1e308" => format!("1{}", "0".repeat(308)),
            "-1.7e308" => format!("-17{}", "0".repeat(307)),
            "1e-1000" => format!("0.{}1", "0".repeat(999)),
            other => other.to_owned(),
        };
        let body = &arrivals[before].body;
        assert!(
            body.contains(&format!(r#""x": {written_out}}}"#)),
            "{value}: {body}"
        );
    }
}

/// A business transaction whose trigger emits what a user put in a column.
#[tokio::test]
async fn sql_refuses_what_grows_as_an_error_or_counted_at_once() {
    let database = Database::start().await;
    let client = &database.client;
    client
        .batch_execute(
            "create table orders (id serial, data jsonb);
             create function order_added() returns trigger language plpgsql as $$
             begin
               perform public.emit_webhook_event('order.created', new.data,
                 '00000000-0000-4000-8000-000000000001', on_refusal => tg_argv[0]);
               return null;
             end $$;
             create trigger added after insert on orders
               for each row execute function order_added('raise');",
        )
        .await
        .unwrap();
    let insert = "insert into orders (data) values (('{\"x\": ' || $1 || '}')::jsonb)";
    let insert = async |value: &str| {
        let start = Instant::now();
        let outcome = client.execute(insert, &[&value]).await;
        let elapsed = start.elapsed();
        assert!(elapsed < 2 * AT_ONCE, "{elapsed:?}");
        outcome.map_err(|error| error.code().map(|code| code.code().to_owned()))
    };
    let held_by_jsonb = [
        "1e400".to_owned(),
        "1e-1001".to_owned(),
        "0e-16000".to_owned(),
        format!("[{}0]", "1e-1000,".repeat(20_000)),
        format!("[{}0]", "1e-16000,".repeat(60_000)),
        format!("[{}0]", "0e-16000,".repeat(60_000)),
        format!("[{}0]", "1e308,".repeat(500_000)),
        format!("\"{}\"", "x".repeat(300_000)),
    ];
    for value in &held_by_jsonb {
        assert_eq!(insert(value).await, Err(Some("22023".to_owned())));
    }
    let orders = "select count(*) from orders";
    let count =
        async |statement: &str| -> i64 { client.query_one(statement, &[]).await.unwrap().get(0) };
    assert_eq!(count(orders).await, 0);

    let counted = "drop trigger added on orders;
        create trigger added after insert on orders
          for each row execute function order_added('count');";
    client.batch_execute(counted).await.unwrap();
    for value in &held_by_jsonb {
        assert_eq!(insert(value).await, Ok(1));
    }
    assert_eq!(insert("1").await, Ok(1));
    let refused = held_by_jsonb.len() as i64;
    assert_eq!(count(orders).await, refused + 1);
    assert_eq!(
        count("select count(*) from webhooks.refused_events").await,
        refused
    );
    assert_eq!(count("select count(*) from public.webhook_events").await, 1);
    let metrics = "select public.webhook_metrics()";
    let metrics: String = client.query_one(metrics, &[]).await.unwrap().get(0);
    assert!(metrics.contains(&format!("\nwebhooks_refused_events {refused}\n")));

    // They go with retention.
    let age =
        "update webhooks.refused_events set refused_at = now() - interval '40 days' where id < 4";
    client.execute(age, &[]).await.unwrap();
    crate::database::upkeep(client, 30).await;
    assert_eq!(
        count("select count(*) from webhooks.refused_events").await,
        refused - 3
    );
    database.stop().await;
}

#[tokio::test]
async fn a_value_that_the_database_refuses_is_the_caller_s_fault_and_named() {
    let stack = Stack::get();
    let user = stack.user().await;
    let id = user.register("https://example.com/").await.id;
    let raw = async |request: reqwest::RequestBuilder, body: String| {
        let request = request.header("content-type", "application/json");
        Answer::of(request.body(body)).await
    };
    for value in [
        r#"{"X-A": 1e400}"#,
        r#"{"X-A": 1e999999}"#,
        r#"{"X-A": "\u0000"}"#,
        r#"{"\u0000": "a"}"#,
        r#"{"X-A": "\ud800"}"#,
        r#"{"X-A": [1e-99999]}"#,
        r#"{"X-A": null}"#,
        "[]",
        "7",
        r#""x""#,
        r#"{"X-A": {"a": 1}}"#,
    ] {
        for (request, start) in [
            (
                user.request(Method::POST, "/webhooks"),
                r#"{"url": "https://example.com/", "#,
            ),
            (user.request(Method::PATCH, &format!("/webhooks/{id}")), "{"),
        ] {
            let answer = raw(request, format!(r#"{start}"headers": {value}}}"#)).await;
            let code = answer.expect_error(400);
            let field = answer.body["field"].as_str().unwrap_or_default();
            let named = field.starts_with("headers") || code == "invalid_body";
            assert!(named, "{value}: {}", answer.body);
        }
    }
    for value in [
        r#"{"a": 1e400}"#,
        r#"{"a": "\u0000"}"#,
        r#"{"a": 1e-16000}"#,
        r#"{"a": 1e999999}"#,
    ] {
        let url = format!("{}/event-types/odd.values", stack.deliver_url);
        let request = client().put(url).header("apikey", &stack.service_role_key);
        let answer = raw(request, format!(r#"{{"example": {value}}}"#)).await;
        answer.expect_error(400);
        assert_eq!(answer.body["field"], "example", "{value}: {}", answer.body);
    }
    let since = user
        .get(&format!(
            "/webhooks/{id}/deliveries?since=2026-13-45T99:99:99Z"
        ))
        .await;
    assert_eq!(
        (since.expect_error(400), &since.body["field"]),
        ("invalid_field", &json!("since"))
    );
}

/// Whatever is left of the kind: not "the database cannot be reached", on both workers.
#[tokio::test]
async fn data_exceptions_and_constraints_are_answered_400_on_both_workers() {
    let stack = Stack::get();
    let proxy = ApiProxy::start(&stack).await;
    let workers = Workers::start(&stack, &json!({stack.url_setting(): proxy.url})).await;
    let stack = stack.with_workers(&workers);
    let user = Stack::get().user().await.on(&stack);
    for (status, body) in [
        (
            400,
            r#"{"code": "22003", "message": "value overflows numeric format"}"#,
        ),
        (
            400,
            r#"{"code": "22P02", "message": "invalid input syntax: a secret"}"#,
        ),
        (
            400,
            r#"{"code": "22P05", "message": "unsupported Unicode escape sequence"}"#,
        ),
        (
            400,
            r#"{"code": "22023", "message": "cannot extract elements from a scalar"}"#,
        ),
        (
            400,
            r#"{"code": "23514", "message": "violates check constraint"}"#,
        ),
        (409, r#"{"code": "23505", "message": "duplicate key"}"#),
    ] {
        proxy.set(Mode::Answer(status, body));
        let event: Value = json!({"event": {"event_type": "a", "data": {}}});
        for answer in [
            user.post("/webhooks", &json!({"url": "https://example.com/"}))
                .await,
            stack.deliver(&event).await,
        ] {
            assert_eq!(answer.expect_error(400), "invalid_value", "{body}");
            assert!(!answer.body.to_string().contains("secret"));
        }
    }
}

//! What receivers answer: the status line and the headers decide, the body only illustrates.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::receiver::{Receiver, raw};
use tests::stack::Stack;
use tests::workers::Workers;
use tokio::time::Instant;
use uuid::Uuid;

/// What is sent back, byte for byte, and whether the connection stays open after that.
struct Case {
    name: &'static str,
    head: &'static str,
    body: Vec<u8>,
    stays_open: bool,
    /// The delivery's status, and a part of the attempt's excerpt or error.
    expected: (&'static str, &'static str),
}

fn cases() -> Vec<Case> {
    let closed = |name, head, body: &[u8], expected| Case {
        name,
        head,
        body: body.to_vec(),
        stays_open: false,
        expected,
    };
    // abc, by the program gzip.
    let gzip = [
        31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 75, 76, 74, 6, 0, 194, 65, 36, 53, 3, 0, 0, 0,
    ];
    let chunked = "200 OK\r\nTransfer-Encoding: chunked";
    let long = format!("1388\r\n{}\r\n", "y".repeat(5000));
    let unread = ("success", "could not be read");
    let lost = ("retrying", "connection was lost");
    vec![
        closed(
            "gzip that is none",
            "200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5",
            b"hello",
            unread,
        ),
        closed(
            "no gzip at all",
            "200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0",
            b"",
            unread,
        ),
        closed(
            "gzip cut short",
            "200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 12",
            &gzip[..12],
            unread,
        ),
        closed(
            "gzip and more",
            "200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 25",
            &[&gzip[..], b"xx"].concat(),
            unread,
        ),
        closed(
            "empty chunked gzip",
            "200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked",
            b"0\r\n\r\n",
            unread,
        ),
        closed(
            "gzip",
            "200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 23",
            &gzip,
            ("success", "abc"),
        ),
        closed(
            "br that is none",
            "200 OK\r\nContent-Encoding: br\r\nContent-Length: 5",
            b"hello",
            unread,
        ),
        closed(
            "no br at all",
            "200 OK\r\nContent-Encoding: br\r\nContent-Length: 0",
            b"",
            unread,
        ),
        closed(
            "an unknown coding",
            "200 OK\r\nContent-Encoding: rot13\r\nContent-Length: 5",
            b"uryyb",
            ("success", "uryyb"),
        ),
        closed(
            "a charset that is none",
            "200 OK\r\nContent-Type: text/plain; charset=nope\r\nContent-Length: 5",
            b"hello",
            ("success", "hello"),
        ),
        closed(
            "utf-16",
            "200 OK\r\nContent-Type: text/plain; charset=utf-16\r\nContent-Length: 4",
            b"\xff\xfeh\0",
            ("success", "h"),
        ),
        closed(
            "a type that is none",
            "200 OK\r\nContent-Type: ;;;\r\nContent-Length: 5",
            b"hello",
            ("success", "hello"),
        ),
        closed(
            "a broken chunk after the last wanted byte",
            chunked,
            format!("{long}ZZZ\r\n").as_bytes(),
            ("success", "yyy"),
        ),
        closed(
            "cut off after the last wanted byte",
            chunked,
            long.as_bytes(),
            ("success", "yyy"),
        ),
        closed(
            "no length, and closed",
            "200 OK\r\nX-A: b",
            b"hello",
            ("success", "hello"),
        ),
        closed(
            "a body longer than declared",
            "200 OK\r\nContent-Length: 2",
            b"hello",
            ("success", "he"),
        ),
        Case {
            stays_open: true,
            ..closed(
                "no end after the last wanted byte",
                chunked,
                long.as_bytes(),
                ("success", "yyy"),
            )
        },
        // Not complete before the last wanted byte: nobody knows what the receiver wanted to say.
        closed(
            "cut off before the last wanted byte",
            chunked,
            b"5\r\nhello\r\n",
            lost,
        ),
        closed(
            "shorter than declared",
            "200 OK\r\nContent-Length: 50",
            b"hello",
            lost,
        ),
        Case {
            stays_open: true,
            ..closed(
                "no end before the last wanted byte",
                chunked,
                b"5\r\nhello\r\n",
                ("retrying", "did not end"),
            )
        },
        closed(
            "an error with a broken body",
            "500 Oops\r\nContent-Encoding: gzip\r\nContent-Length: 5",
            b"hello",
            ("retrying", "HTTP 500"),
        ),
        closed(
            "gone with a broken body",
            "410 Gone\r\nContent-Encoding: br\r\nContent-Length: 5",
            b"hello",
            ("failed", "HTTP 410"),
        ),
    ]
}

#[tokio::test]
async fn a_complete_answer_counts_by_its_status_whatever_its_body_is() {
    let stack = Stack::get();
    let settings = json!({"DELIVERY_TIMEOUT_MS": "1500"});
    let workers = Workers::start(&stack, &settings).await;
    let own = stack.with_workers(&workers);
    for case in cases() {
        let user = stack.user().await;
        let answer = [
            format!("HTTP/1.1 {}\r\n\r\n", case.head).as_bytes(),
            &case.body,
        ]
        .concat();
        let endpoint = user.register(&raw(answer, case.stays_open).await).await;
        let start = Instant::now();
        let sent = own.emit(&user, "vehicle.created", json!({})).await;
        let result = sent.expect(StatusCode::OK)["results"][0].clone();
        let (status, text) = case.expected;
        assert_eq!(result["status"], status, "{}: {result}", case.name);
        if status == "success" {
            let elapsed = start.elapsed();
            assert!(
                elapsed < Duration::from_millis(1400),
                "{}: {elapsed:?}",
                case.name
            );
        }
        let kept = stack.deliveries(&endpoint.id).await[0].clone();
        let said = format!("{}{}", kept["response_body"], kept["last_error"]);
        assert!(said.contains(text), "{}: {said}", case.name);
    }
}

#[tokio::test]
async fn retry_after_is_heard_with_a_fraction_and_beside_a_broken_body() {
    let stack = Stack::get();
    for (head, body, least, most) in [
        (
            "503 X\r\nRetry-After: 90\r\nContent-Encoding: gzip\r\nContent-Length: 5",
            "hello",
            88.0,
            91.0,
        ),
        (
            "429 X\r\nRetry-After: 90\r\nContent-Encoding: br\r\nContent-Length: 0",
            "",
            88.0,
            91.0,
        ),
        (
            "503 X\r\nRetry-After: 89.5\r\nContent-Length: 0",
            "",
            88.0,
            91.0,
        ),
        (
            "429 X\r\nRetry-After: 1e9\r\nContent-Length: 0",
            "",
            58.0,
            61.0,
        ),
    ] {
        let user = stack.user().await;
        let answer = format!("HTTP/1.1 {head}\r\n\r\n{body}").into_bytes();
        let endpoint = user.register(&raw(answer, false).await).await;
        stack
            .emit(&user, "vehicle.created", json!({}))
            .await
            .expect(StatusCode::OK);
        let wait = "select extract(epoch from next_retry_at - now())::float8 as seconds
            from public.webhook_deliveries where endpoint_id = $1";
        let id = Uuid::parse_str(&endpoint.id).unwrap();
        let wait = stack.sql(wait, &[&id]).await[0]["seconds"]
            .as_f64()
            .unwrap();
        assert!((least..=most).contains(&wait), "{head}: {wait}");
    }
}

/// Whatever is deleted while the request is under way: what is answered is what happened to it.
#[tokio::test]
async fn a_delivery_whose_endpoint_or_user_is_deleted_under_way_is_reported_as_what_happened() {
    let stack = Stack::get();
    for (status, expected) in [(200, "success"), (500, "failed"), (410, "failed")] {
        for deletion in ["endpoint", "user", "delivery"] {
            let user = stack.user().await;
            let receiver = Receiver::start_slow(status, Duration::from_millis(700)).await;
            let endpoint = user.register(&receiver.url).await;
            let id = Uuid::parse_str(&endpoint.id).unwrap();
            let emit = stack.emit(&user, "vehicle.created", json!({}));
            let delete = async {
                receiver.wait_for(1, crate::SOON).await;
                let database = stack.database().await;
                match deletion {
                    "endpoint" => {
                        let path = format!("/webhooks/{}", endpoint.id);
                        user.call(Method::DELETE, &path, None)
                            .await
                            .expect(StatusCode::OK);
                    }
                    "user" => {
                        let delete = "delete from auth.users where id = $1";
                        database.execute(delete, &[&user.id]).await.unwrap();
                    }
                    // As the purge of a deleted endpoint does.
                    _ => {
                        let delete = "delete from public.webhook_deliveries where endpoint_id = $1";
                        database.execute(delete, &[&id]).await.unwrap();
                    }
                }
            };
            let (answer, ()) = futures_util::join!(emit, delete);
            let body = answer.expect(StatusCode::OK);
            let result = &body["results"][0];
            assert_eq!(result["status"], expected, "{deletion}, {status}: {body}");
            assert_eq!(result["response_status"], status);
            let counts = json!([
                body["delivered"],
                body["failed"],
                body["pending"],
                body["retrying"]
            ]);
            let counted = if expected == "success" {
                json!([1, 0, 0, 0])
            } else {
                json!([0, 1, 0, 0])
            };
            assert_eq!(counts, counted, "{deletion}, {status}");
            // Nothing of it waits for another attempt.
            let waiting: Vec<Value> = stack
                .sql(
                    "select 1 from public.webhook_deliveries
                     where endpoint_id = $1 and status in ('pending', 'retrying')",
                    &[&id],
                )
                .await;
            assert!(waiting.is_empty(), "{deletion}, {status}");
        }
    }
}

//! The OpenAPI document: what it says every call may be answered, every call is answered. Answers are held to
//! it by [`tests::contract`], here as in all other tests.

use futures_util::stream;
use reqwest::{Body, Method, RequestBuilder};
use serde_json::{Value, json};
use tests::api_proxy::{ApiProxy, Mode};
use tests::contract::{Operation, is_valid, operations};
use tests::receiver::Receiver;
use tests::stack::{Answer, Stack, User, client};
use tests::workers::Workers;
use uuid::Uuid;

/// What paths of calls may name.
struct Names {
    endpoint: String,
    delivery: String,
    event: String,
    api_key: String,
    replay: String,
}

impl Names {
    /// An endpoint with a delivery, and an API key.
    async fn of(stack: &Stack, user: &User) -> Self {
        let receiver = Receiver::start(200).await;
        let endpoint = user.register(&receiver.url).await.id;
        let sent = stack.emit(user, "vehicle.created", json!({})).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let key = user.post("/api-keys", &json!({"name": "contract"})).await;
        let path = format!("/webhooks/{endpoint}/replay");
        let replay = user.post(&path, &json!({"since": "2026-01-01"})).await;
        Self {
            endpoint,
            delivery: text(&sent.body["results"][0]["delivery_id"]),
            event: text(&sent.body["event_id"]),
            api_key: text(&key.body["data"]["id"]),
            replay: text(&replay.body["data"]["id"]),
        }
    }

    /// Names of nothing.
    fn of_nothing() -> Self {
        let [endpoint, delivery, event, api_key, replay] =
            [(); 5].map(|()| Uuid::new_v4().to_string());
        Self {
            endpoint,
            delivery,
            event,
            api_key,
            replay,
        }
    }

    fn in_path(&self, path: &str) -> String {
        path.replace("{endpoint_id}", &self.endpoint)
            .replace("{delivery_id}", &self.delivery)
            .replace("{event_id}", &self.event)
            .replace("{api_key_id}", &self.api_key)
            .replace("{replay_id}", &self.replay)
            .replace("{name}", "contract.test")
    }
}

/// A request for a call, without a credential and without a body.
fn request(stack: &Stack, operation: &Operation, names: &Names) -> RequestBuilder {
    let base = match operation.worker {
        "manage" => &stack.manage_url,
        _ => &stack.deliver_url,
    };
    let method: Method = operation.method.parse().unwrap();
    let url = format!("{base}{}", names.in_path(&operation.path));
    let request = client().request(method, url).query(&operation.query());
    let headers = operation.headers().into_iter();
    headers.fold(request, |request, (name, value)| {
        request.header(name, value)
    })
}

fn with_credential(
    request: RequestBuilder,
    stack: &Stack,
    user: &User,
    operation: &Operation,
) -> RequestBuilder {
    match operation.worker {
        "manage" => request.bearer_auth(&user.jwt),
        _ => request.header("apikey", &stack.service_role_key),
    }
}

fn with_example(request: RequestBuilder, operation: &Operation) -> RequestBuilder {
    match operation.example() {
        Some(example) => request.json(example),
        None => request,
    }
}

/// Sends each call with its example to `stack`, where it is answered with this status and code.
async fn expect_of_all(stack: &Stack, user: &User, names: &Names, status: u16, code: &str) {
    for operation in operations() {
        assert!(
            operation.has_code(status, code),
            "{} {} lacks {code}",
            operation.method,
            operation.path
        );
        let request = request(stack, operation, names);
        let request = with_credential(request, stack, user, operation);
        let answer = Answer::of(with_example(request, operation)).await;
        assert_eq!(answer.expect_error(status), code, "{}", operation.path);
    }
}

#[tokio::test]
async fn no_call_is_open_to_strangers() {
    let stack = Stack::get();
    let user = stack.user().await;
    let names = Names::of(&stack, &user).await;
    for operation in operations() {
        for key in [None, Some("x"), Some("a.b.c")] {
            let mut request = with_example(request(&stack, operation, &names), operation);
            if let Some(key) = key {
                request = request.bearer_auth(key).header("apikey", key);
            }
            let answer = Answer::of(request).await;
            assert_eq!(
                answer.expect_error(401),
                "unauthorized",
                "{}",
                operation.path
            );
        }
    }
}

/// The paths of the Supabase functions, and others: the same calls.
#[tokio::test]
async fn every_call_is_served_at_all_its_paths() {
    let stack = Stack::get();
    let user = stack.user().await;
    let names = Names::of(&stack, &user).await;
    let reads = operations()
        .iter()
        .filter(|operation| operation.method == "GET");
    for operation in reads {
        let mut answers = Vec::new();
        for path in &operation.paths {
            let path = path.clone();
            let aliased = Operation {
                path,
                ..operation.clone()
            };
            let request = request(&stack, &aliased, &names);
            let answer = Answer::of(with_credential(request, &stack, &user, operation)).await;
            assert_eq!(answer.status, 200, "{}", aliased.path);
            answers.push(answer.body);
        }
        assert!(answers.len() >= 3, "{}", operation.path);
        // These are about all owners, and so about what other tests do.
        if operation.path != "/metrics" && !operation.path.starts_with("/operator/") {
            answers.dedup();
            assert_eq!(answers.len(), 1, "{}", operation.path);
        }
    }
    for operation in operations() {
        for path in &operation.paths {
            let path = path.clone();
            let aliased = Operation {
                path,
                ..operation.clone()
            };
            let answer = Answer::of(request(&stack, &aliased, &names)).await;
            assert_eq!(answer.status, 401, "{} {}", operation.method, aliased.path);
        }
    }
}

#[tokio::test]
async fn every_call_says_what_is_wrong_behind_it() {
    let stack = Stack::get();
    let user = stack.user().await;
    let names = Names::of(&stack, &user).await;
    let proxy = ApiProxy::start(&stack).await;
    let settings = json!({stack.url_setting(): proxy.url});
    let workers = Workers::start(&stack, &settings).await;
    let behind = stack.with_workers(&workers);
    for (mode, status, code) in [
        (Mode::Answer(502, ""), 503, "database_unavailable"),
        (Mode::Answer(429, "{}"), 429, "too_many_requests"),
        (
            Mode::Answer(400, r#"{"code": "22P05", "message": "x"}"#),
            400,
            "invalid_value",
        ),
    ] {
        proxy.set(mode);
        expect_of_all(&behind, &user, &names, status, code).await;
    }
    let settings = json!({"DATABASE_TIMEOUT_MS": "never"});
    let workers = Workers::start(&stack, &settings).await;
    let misconfigured = stack.with_workers(&workers);
    expect_of_all(&misconfigured, &user, &names, 500, "misconfigured").await;
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let stack = Stack::get();
    let user = stack.user().await;
    let names = Names::of(&stack, &user).await;
    let no_names = Names::of_nothing();
    for operation in operations() {
        // Asked of the other worker.
        let other = Stack {
            manage_url: stack.deliver_url.clone(),
            deliver_url: stack.manage_url.clone(),
            ..stack.clone()
        };
        // Both have this one.
        if operation.path != "/events/erase" {
            let answer = Answer::of(request(&other, operation, &names)).await;
            assert_eq!(answer.expect_error(404), "not_found", "{}", operation.path);
        }
        if operation.worker == "manage" && operation.path.contains("_id}") {
            let request = request(&stack, operation, &no_names);
            let request = with_credential(request, &stack, &user, operation);
            let answer = Answer::of(with_example(request, operation)).await;
            assert_eq!(answer.expect_error(404), "not_found", "{}", operation.path);
        }
    }
}

#[tokio::test]
async fn every_call_with_a_body_refuses_what_is_none() {
    let stack = Stack::get();
    let user = stack.user().await;
    let names = Names::of(&stack, &user).await;
    for operation in operations() {
        if operation.example().is_none() {
            continue;
        }
        let send = async |body: String, kind: &str| {
            let request = request(&stack, operation, &names);
            let request = with_credential(request, &stack, &user, operation);
            Answer::of(request.header("content-type", kind).body(body)).await
        };
        let json = "application/json";
        for (body, kind, status, code) in [
            ("[1]".to_owned(), json, 400, "invalid_body"),
            (r#"{"nothing": 1}"#.to_owned(), json, 400, "invalid_field"),
            ("{}".to_owned(), "text/xml", 415, "unsupported_media_type"),
        ] {
            let answer = send(body, kind).await;
            assert_eq!(answer.expect_error(status), code, "{}", operation.path);
        }
        // The length alone is enough.
        let most = if operation.path == "/" {
            4 << 20
        } else {
            256 << 10
        };
        let nothing = stream::pending::<Result<Vec<u8>, std::io::Error>>();
        let request = request(&stack, operation, &names)
            .header("content-length", most + 1)
            .body(Body::wrap_stream(nothing));
        let answer = Answer::of(with_credential(request, &stack, &user, operation)).await;
        assert_eq!(answer.expect_error(413), "body_too_large");
        assert_eq!(answer.body["max_bytes"], most);
    }
}

#[tokio::test]
async fn a_key_that_may_only_read_changes_nothing() {
    let stack = Stack::get();
    let user = stack.user().await;
    let names = Names::of(&stack, &user).await;
    let body = json!({"name": "reader", "scopes": ["read"]});
    let made = user.post("/api-keys", &body).await;
    let key = made.body["data"]["key"].as_str().unwrap();
    let mut refused = 0;
    for operation in operations() {
        if operation.worker != "manage" || operation.is_public() {
            continue;
        }
        let request = request(&stack, operation, &names).header("x-api-key", key);
        let answer = Answer::of(with_example(request, operation)).await;
        let expected = ["token_required", "insufficient_scope"]
            .into_iter()
            .find(|code| operation.has_code(403, code));
        match expected {
            Some(code) => {
                assert_eq!(answer.expect_error(403), code, "{}", operation.path);
                refused += 1;
            }
            None => {
                // It changes nothing.
                let is_test = operation.path.ends_with("/filter/test");
                assert!(operation.method == "GET" || is_test);
                assert_eq!(answer.status, 200, "{}", operation.path);
            }
        }
    }
    assert_eq!(
        refused, 17,
        "fourteen that change something, three about API keys"
    );
}

/// Users are owners here: each acts for itself and nobody else.
#[tokio::test]
async fn no_call_is_made_for_an_owner_that_is_not_the_caller_s() {
    let stack = Stack::get();
    let user = stack.user().await;
    let names = Names::of(&stack, &user).await;
    for operation in operations() {
        if operation.worker != "manage" || operation.is_public() {
            continue;
        }
        let call = async |owner: &str| {
            let request = request(&stack, operation, &names).header("x-webhook-owner", owner);
            let request = with_credential(request, &stack, &user, operation);
            Answer::of(with_example(request, operation)).await
        };
        let other = Uuid::new_v4().to_string();
        let refused = call(&other).await;
        assert_eq!(
            refused.expect_error(403),
            "wrong_owner",
            "{}",
            operation.path
        );
        let refused = call("me").await;
        assert_eq!(
            refused.expect_error(400),
            "invalid_field",
            "{}",
            operation.path
        );
        assert_eq!(refused.body["field"], "X-Webhook-Owner");
        if operation.method == "GET" {
            assert_eq!(call(&user.id.to_string()).await.status, 200);
        }
    }
}

/// The list of names stands in the document and in the database: they are the same.
#[tokio::test]
async fn header_names_are_reserved_in_the_document_as_in_the_database() {
    const WORDS: &str = "webhook- nuke- svix- stripe-signature content- transfer-encoding connection keep-alive host te \
        trailer upgrade expect http2-settings accept-encoding date user-agent range if- max-forwards priority \
        early-data alt- cf- cdn- sec- proxy- via x-via forwarded x-forwarded x-original- x-rewrite- x-envoy- x-amzn- \
        x-amz-cf- x-real- x-client-ip client-ip true-client-ip x-true-client-ip x-cluster-client-ip x-remote- remote- \
        x-originating-ip x-host x-azure- x-appengine- fastly- fly- akamai- x-akamai- x-vercel- x-nf- x-http-method \
        x-method-override x-middleware- access-control- service-worker tenant-id x-tenant authorization";
    let names = WORDS.split_whitespace().flat_map(|word| {
        let word = word.to_owned();
        [
            word.clone(),
            word.to_uppercase(),
            word.replace('-', "_"),
            format!("{word}x"),
            format!("x{word}"),
        ]
    });
    let names: Vec<String> = names.collect();
    let is_reserved = "select n.name, webhooks.is_reserved_header(n.name) as is_reserved from unnest($1::text[]) as n (name)";
    let rows = Stack::get().sql(is_reserved, &[&names]).await;
    assert_eq!(rows.len(), names.len());
    for row in rows {
        let name = row["name"].as_str().unwrap();
        let is_allowed = is_valid("RequestHeaders", &json!({name: "a"}));
        assert_eq!(is_allowed, row["is_reserved"] == false, "{name}");
        let is_ours = ["webhook-", "nuke-", "svix-"]
            .iter()
            .any(|prefix| name.to_lowercase().replace('_', "-").starts_with(prefix))
            || name.to_lowercase().replace('_', "-") == "stripe-signature";
        let is_allowed = is_valid("SignatureHeaders", &json!({name: "hex"}));
        assert_eq!(is_allowed, row["is_reserved"] == false || is_ours, "{name}");
    }
}

/// However a method is called: what is not in the document is no other one by another name.
#[tokio::test]
async fn a_method_that_the_document_lacks_is_not_allowed() {
    let stack = Stack::get();
    let user = stack.user().await;
    let names = Names::of(&stack, &user).await;
    for operation in operations() {
        for method in ["QUERY", "PROPFIND"] {
            let path = names.in_path(&operation.path);
            let base = match operation.worker {
                "manage" => &stack.manage_url,
                _ => &stack.deliver_url,
            };
            let method: Method = method.parse().unwrap();
            let request = client().request(method, format!("{base}{path}"));
            let request = with_credential(request, &stack, &user, operation);
            let answer = Answer::of(request).await;
            assert_eq!(answer.expect_error(405), "method_not_allowed", "{path}");
            assert!(answer.headers.contains_key("allow"));
        }
    }
}

/// Clients and people find the document at the worker itself.
#[tokio::test]
async fn the_document_and_its_page_are_served_and_load_nothing_from_elsewhere() {
    let stack = Stack::get();
    let get = async |path: &str| {
        let answer = client()
            .get(format!("{}{path}", stack.manage_url))
            .send()
            .await;
        let answer = answer.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        (answer.headers().clone(), answer.text().await.unwrap())
    };
    let (headers, document) = get("/openapi.json").await;
    assert!(
        headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("application/json")
    );
    assert_eq!(headers["access-control-allow-origin"], "*");
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let (headers, page) = get("/docs").await;
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self';"),
        "{policy}"
    );
    let scripts: Vec<&str> = page.split("src=\"").skip(1).collect();
    assert_eq!(scripts.len(), 2);
    for script in scripts {
        let path = script.split('"').next().unwrap();
        assert!(path.starts_with("/docs/"), "{path}");
        get(path).await;
    }
}

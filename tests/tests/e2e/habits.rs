//! What clients of the functions before, and common tools, send without being asked to.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::receiver::Receiver;
use tests::stack::{Answer, Stack, client, token};
use tests::workers::Workers;
use uuid::Uuid;

use crate::SOON;

/// Types that JSON comes with: from `fetch` and supabase-js with a string or a buffer, `curl -d`, .NET, PHP.
const TYPES_OF_JSON: [&str; 12] = [
    "application/json",
    "application/json; charset=utf-8",
    "APPLICATION/JSON",
    "application/cloudevents+json",
    "application/vnd.api+json; x=y",
    "text/plain",
    "text/plain;charset=UTF-8",
    "Text/Plain; charset=us-ascii",
    "text/json",
    "application/x-www-form-urlencoded",
    "application/octet-stream",
    "",
];

const OTHER_TYPES: [&str; 6] = [
    "multipart/form-data; boundary=x",
    "text/html",
    "application/xml",
    "text/xml",
    "image/png",
    "application/jsonp",
];

#[tokio::test]
async fn json_is_taken_under_any_type_that_clients_send_it_as_on_both_workers() {
    let stack = Stack::get();
    let user = stack.user().await;
    let requests = || {
        let url = json!({"url": "https://example.com/"}).to_string();
        let nobody = Uuid::new_v4();
        let event = json!({"event": {"event_type": "a", "user_id": nobody, "data": {}}});
        let deliver = client().post(&stack.deliver_url);
        [
            (user.request(Method::POST, "/webhooks"), url),
            (
                deliver.header("apikey", &stack.service_role_key),
                event.to_string(),
            ),
        ]
    };
    for kind in TYPES_OF_JSON {
        for (request, body) in requests() {
            // Some begin with a byte order mark.
            for body in [body.clone(), format!("\u{feff}{body}")] {
                let request = request.try_clone().unwrap().header("content-type", kind);
                let answer = Answer::of(request.body(body)).await;
                assert!(answer.status.is_success(), "{kind}: {}", answer.body);
            }
        }
    }
    for kind in OTHER_TYPES {
        for (request, body) in requests() {
            let request = request.header("content-type", kind).body(body);
            let answer = Answer::of(request).await;
            assert_eq!(answer.expect_error(415), "unsupported_media_type", "{kind}");
            let said = answer.body["error"].as_str().unwrap();
            assert!(said.contains("application/json"), "{said}");
        }
    }
}

#[tokio::test]
async fn what_functions_js_adds_is_ignored() {
    let stack = Stack::get();
    let user = stack.user().await;
    let id = user.register("https://example.com/").await.id;
    let preflight = client()
        .request(Method::OPTIONS, format!("{}/webhooks", stack.manage_url))
        .header("origin", "https://app.example.com")
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,x-client-info,apikey,content-type,x-region",
        );
    let answer = Answer::of(preflight).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let allowed = answer.headers["access-control-allow-headers"]
        .to_str()
        .unwrap()
        .to_owned();
    let allowed: Vec<_> = allowed.split(", ").collect();
    for header in [
        "authorization",
        "x-client-info",
        "apikey",
        "content-type",
        "x-region",
    ] {
        assert!(allowed.contains(&header), "{header}");
    }
    for path in [
        "/webhooks?forceFunctionRegion=eu-west-1".to_owned(),
        format!("/webhooks/{id}/deliveries?forceFunctionRegion=eu-west-1&limit=5"),
        "/stats?window=1h&forceFunctionRegion=any".to_owned(),
        format!("/functions/v1/webhooks-manage/{id}?forceFunctionRegion=any"),
    ] {
        let request = user
            .request(Method::GET, &path)
            .header("x-region", "eu-west-1");
        Answer::of(request).await.expect(StatusCode::OK);
    }
    let event = json!({"event": {"event_type": "a", "user_id": user.id, "data": {}}});
    let request = client()
        .post(format!(
            "{}/functions/v1/webhooks-deliver?forceFunctionRegion=x",
            stack.deliver_url
        ))
        .header("apikey", &stack.service_role_key)
        .header("x-region", "eu-west-1");
    Answer::of(request.json(&event))
        .await
        .expect(StatusCode::OK);
    // A parameter that is misspelt is still named.
    let answer = user
        .get(&format!("/webhooks/{id}/deliveries?forcefunctionregion=x"))
        .await;
    answer.expect_error(400);
}

#[tokio::test]
async fn head_answers_as_get_without_a_body() {
    let stack = Stack::get();
    let user = stack.user().await;
    let id = user.register("https://example.com/").await.id;
    let missing = format!("/webhooks/{}", Uuid::new_v4());
    let mut requests: Vec<[reqwest::RequestBuilder; 2]> = Vec::new();
    for path in [
        "/webhooks",
        &format!("/webhooks/{id}"),
        "/event-types",
        "/stats",
        "/nothing",
        &missing,
    ] {
        requests.push([Method::HEAD, Method::GET].map(|method| user.request(method, path)));
    }
    requests.push([Method::HEAD, Method::GET].map(|method| {
        client()
            .request(method, format!("{}/metrics", stack.deliver_url))
            .header("apikey", &stack.service_role_key)
    }));
    for [head, get] in requests {
        let (head, get) = (Answer::of(head).await, Answer::of(get).await);
        assert_eq!(head.status, get.status);
        assert_eq!(
            head.headers.get("content-type"),
            get.headers.get("content-type")
        );
        assert_eq!(head.body, Value::Null);
        assert_ne!(get.body, Value::Null);
    }
    let post_only = user.request(Method::HEAD, &format!("/webhooks/{id}/test"));
    assert_eq!(Answer::of(post_only).await.status, 405);
}

#[tokio::test]
async fn a_scheme_in_capitals_is_a_url_and_is_delivered_to() {
    let stack = Stack::get();
    let user = stack.user().await;
    for scheme in ["Https", "HTTPS", "hTTps"] {
        let id = user
            .register(&format!("{scheme}://example.com/Hook"))
            .await
            .id;
        let shown = user.get(&format!("/webhooks/{id}")).await;
        assert_eq!(
            shown.expect(StatusCode::OK)["data"]["url"],
            format!("{scheme}://example.com/Hook")
        );
    }
    let other = stack.user().await;
    let receiver = Receiver::start(200).await;
    other
        .register(&receiver.url.replace("http://", "Http://"))
        .await;
    stack
        .emit(&other, "vehicle.created", json!({}))
        .await
        .expect(StatusCode::OK);
    receiver.wait_for(1, SOON).await;
    for url in [
        "ftp://example.com/",
        "Javascript://example.com/",
        "HTTPS:example.com",
        "https:/example.com",
    ] {
        let answer = user.post("/webhooks", &json!({"url": url})).await;
        assert_eq!(
            (answer.expect_error(400), &answer.body["field"]),
            ("invalid_field", &json!("url"))
        );
    }
}

/// The functions before took the token first, and then the key, with or without its prefix.
#[tokio::test]
async fn a_key_counts_without_its_prefix_and_where_the_token_is_bad() {
    let stack = Stack::get();
    let (user, other) = (stack.user().await, stack.user().await);
    let own = user.register("https://example.com/own").await.id;
    let key = user.post("/api-keys", &json!({"name": "k"})).await;
    let key = key.expect(StatusCode::CREATED)["data"]["key"]
        .as_str()
        .unwrap()
        .to_owned();
    let bare = key.strip_prefix("nk_live_").unwrap().to_owned();
    let ask = async |authorization: Option<String>, key: Option<&str>| {
        let mut request = client().get(format!("{}/webhooks", stack.manage_url));
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        if let Some(key) = key {
            request = request.header("x-api-key", key);
        }
        let answer = Answer::of(request).await;
        let ids: Vec<String> = answer.body["data"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|e| e["id"].as_str().unwrap().to_owned())
            .collect();
        (answer.status.as_u16(), ids.contains(&own))
    };
    let claims =
        json!({"sub": user.id.to_string(), "role": "authenticated", "exp": 4_102_444_800_u64});
    let forged = token(
        &json!({"alg": "HS256", "typ": "JWT"}),
        &claims,
        "another secret, of any length at all",
    );
    let bearer = |token: &str| Some(format!("Bearer {token}"));
    for key in [&key, &bare] {
        for authorization in [
            None,
            bearer(&forged),
            bearer("not-a-jwt"),
            bearer("a.b.c"),
            bearer("é"),
            bearer(&stack.publishable_key),
            Some("Basic eA==".to_owned()),
            Some("Bearer".to_owned()),
            Some(String::new()),
        ] {
            assert_eq!(
                ask(authorization.clone(), Some(key)).await,
                (200, true),
                "{authorization:?}"
            );
        }
        // A good token goes first: what it may see is what is seen.
        assert_eq!(ask(bearer(&other.jwt), Some(key)).await, (200, false));
    }
    for wrong in ["nk_live_x", "x", "nk_test_x", "NK_LIVE_x", ""] {
        assert_eq!(ask(None, Some(wrong)).await.0, 401, "{wrong}");
        assert_eq!(ask(bearer(&forged), Some(wrong)).await.0, 401, "{wrong}");
        assert_eq!(
            ask(bearer(&user.jwt), Some(wrong)).await,
            (200, true),
            "{wrong}"
        );
    }
    // Nothing is done twice, or in the wrong name.
    let request = client()
        .post(format!("{}/webhooks", stack.manage_url))
        .header("authorization", format!("Bearer {forged}"))
        .header("x-api-key", &bare)
        .json(&json!({"url": "https://example.com/once"}));
    Answer::of(request).await.expect(StatusCode::CREATED);
    let count = "select count(*) as count from public.webhook_endpoints where user_id = $1";
    assert_eq!(stack.sql(count, &[&user.id]).await[0]["count"], 2);
}

#[tokio::test]
async fn metrics_have_a_key_of_their_own_which_opens_nothing_else() {
    let stack = Stack::get();
    let settings = json!({"METRICS_KEY": "metrics_key_1", "WAKE_UP_KEY": "wake_up_key_1"});
    let workers = Workers::start(&stack, &settings).await;
    let url = &workers.deliver_url;
    let get = async |key: &str| {
        let request = client()
            .get(format!("{url}/metrics"))
            .header("authorization", format!("Bearer {key}"));
        Answer::of(request).await.status.as_u16()
    };
    assert_eq!(get("metrics_key_1").await, 200);
    assert_eq!(get(&stack.service_role_key).await, 200);
    for key in ["wake_up_key_1", "metrics_key_2", "metrics_key", "x"] {
        assert_eq!(get(key).await, 401, "{key}");
    }
    let event = json!({"event": {"event_type": "a", "data": {}}});
    for body in [
        json!({"action": "wake"}),
        json!({"action": "retry"}),
        event,
        json!({}),
    ] {
        let request = client()
            .post(url)
            .header("authorization", "Bearer metrics_key_1")
            .json(&body);
        assert_eq!(Answer::of(request).await.expect_error(401), "unauthorized");
    }
    let put = client()
        .put(format!("{url}/event-types/a.b"))
        .header("apikey", "metrics_key_1");
    Answer::of(put.json(&json!({}))).await.expect_error(401);
}

/// Headers that frame the message, sign it, say who is asking, or change what is done with it.
const RESERVED: [&str; 44] = [
    "webhook-id",
    "Webhook-Signature",
    "nuke-signature",
    "Stripe-Signature",
    "svix-id",
    "Content-Type",
    "Content-Length",
    "content-encoding",
    "Content-Md5",
    "Transfer-Encoding",
    "Connection",
    "Keep-Alive",
    "Host",
    "X-Host",
    "TE",
    "Trailer",
    "Upgrade",
    "Expect",
    "Via",
    "Date",
    "User-Agent",
    "Range",
    "If-Match",
    "Max-Forwards",
    "CF-Connecting-IP",
    "CDN-Loop",
    "Sec-Fetch-Site",
    "Proxy-Authorization",
    "Forwarded",
    "X-Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Real-IP",
    "X-Client-IP",
    "Client-IP",
    "True-Client-IP",
    "X-Cluster-Client-IP",
    "Fastly-Client-IP",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-HTTP-Method-Override",
    "X-HTTP-Method",
    "X-Method-Override",
    "Access-Control-Allow-Origin",
];

#[tokio::test]
async fn reserved_headers_are_refused_however_they_are_written() {
    let stack = Stack::get();
    let user = stack.user().await;
    let spellings: Vec<String> = RESERVED
        .iter()
        .flat_map(|name| {
            [
                (*name).to_owned(),
                name.to_uppercase(),
                name.to_lowercase(),
                name.replace('-', "_"),
                name.replacen('-', "_", 1).to_uppercase(),
            ]
        })
        .collect();
    let refused = "select name from unnest($1::text[]) as name
        where webhooks.headers_problem(jsonb_build_object(name, 'x')) is null";
    let taken = stack.sql(refused, &[&spellings]).await;
    assert!(taken.is_empty(), "{taken:?}");
    for name in ["true_client_ip", "Cdn-Loop", "X_HTTP_METHOD_OVERRIDE"] {
        let body = json!({"url": "https://example.com/", "headers": {name: "x"}});
        let answer = user.post("/webhooks", &body).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{name}");
        assert_eq!(answer.body["field"], "headers", "{name}");
    }
    let names = json!({"X-Team": "a", "x_team": "b"});
    let twice = user
        .post(
            "/webhooks",
            &json!({"url": "https://example.com/", "headers": names}),
        )
        .await;
    twice.expect_error(400);
    let own = json!({"Authorization": "Bearer x", "X-Api-Key": "k", "X-Team": "t", "Cookie": "a=b", "api_token": "x"});
    let body = json!({"url": "https://example.com/", "headers": own});
    user.post("/webhooks", &body)
        .await
        .expect(StatusCode::CREATED);
}

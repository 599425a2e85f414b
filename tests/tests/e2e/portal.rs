//! The portal for owners: links to it, the sessions they open, and the page as it is served.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tests::stack::{Answer, Stack, User, client};
use tests::workers::Workers;
use uuid::Uuid;

/// A call of the operator's backend.
fn operator(stack: &Stack, method: Method, path: &str) -> RequestBuilder {
    client()
        .request(method, format!("{}{path}", stack.deliver_url))
        .header("apikey", &stack.service_role_key)
}

/// A link to the portal of an owner, as it is answered.
async fn link(stack: &Stack, body: &Value) -> Value {
    let request = operator(stack, Method::POST, "/portal-links").json(body);
    Answer::of(request).await.expect(StatusCode::CREATED)["data"].clone()
}

/// The token of a link.
fn token(link: &Value) -> &str {
    let url = link["url"].as_str().unwrap();
    url.split_once("#token=").unwrap().1
}

/// What the page does first.
async fn open(stack: &Stack, body: &Value) -> Answer {
    let url = format!("{}/portal-session", stack.manage_url);
    Answer::of(client().post(url).json(body)).await
}

/// A call with a session.
async fn call(stack: &Stack, session: &Value, method: Method, path: &str, body: &Value) -> Answer {
    let url = format!("{}{path}", stack.manage_url);
    let request = client().request(method, url).json(body);
    Answer::of(request.header("x-api-key", session.as_str().unwrap())).await
}

async fn session(stack: &Stack, user: &User, scopes: &[&str]) -> Value {
    let link = link(stack, &json!({"owner": user.id, "scopes": scopes})).await;
    let opened = open(stack, &json!({"token": token(&link)})).await;
    opened.expect(StatusCode::OK)["data"]["session"].clone()
}

#[tokio::test]
async fn a_link_opens_the_portal_once_for_its_owner_alone() {
    let stack = Stack::get();
    let (user, other) = (stack.user().await, stack.user().await);
    let (own, others) = (
        user.register("https://example.com/").await,
        other.register("https://example.com/").await,
    );
    let asked = json!({"owner": user.id, "expires_in": 120, "endpoint_id": own.id});
    let link = link(&stack, &asked).await;
    let start = format!("{}/portal#token=wpl_", stack.manage_url);
    assert!(link["url"].as_str().unwrap().starts_with(&start), "{link}");
    let answer = open(&stack, &json!({"token": token(&link)})).await;
    let opened = answer.expect(StatusCode::OK)["data"].clone();
    assert_eq!(
        (&opened["owner"], &opened["endpoint_id"], &opened["scopes"]),
        (&json!(user.id), &json!(own.id), &json!(["read", "write"]))
    );
    let again = open(&stack, &json!({"token": token(&link)})).await;
    assert_eq!(again.expect_error(401), "unauthorized");
    // Nor beside the session that it opened.
    let used = "select public.open_webhook_portal(l.session_hash, l.token_hash) from webhooks.page_links l where l.user_id = $1";
    let database = stack.database().await;
    let refused = database.query(used, &[&user.id]).await.unwrap_err();
    assert_eq!(refused.code().unwrap().code(), "PT401");
    // The token was the link's: it is not what the page calls with.
    let by_token = call(
        &stack,
        &json!(token(&link)),
        Method::GET,
        "/webhooks",
        &json!({}),
    )
    .await;
    assert_eq!(by_token.expect_error(401), "unauthorized");

    let session = &opened["session"];
    let listed = call(&stack, session, Method::GET, "/webhooks", &json!({})).await;
    let listed = &listed.expect(StatusCode::OK)["data"];
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["id"], own.id);
    let path = format!("/webhooks/{}", others.id);
    let stranger = call(&stack, session, Method::GET, &path, &json!({})).await;
    assert_eq!(stranger.expect_error(404), "not_found");
    let path = format!("/webhooks/{}", own.id);
    let changed = json!({"description": "by the portal"});
    let changed = call(&stack, session, Method::PATCH, &path, &changed).await;
    changed.expect(StatusCode::OK);

    let text =
        "select string_agg(l::text, ' ') as text from webhooks.page_links l where l.user_id = $1";
    let stored = stack.sql(text, &[&user.id]).await[0]["text"].to_string();
    for secret in [token(&link), session.as_str().unwrap()] {
        assert!(!stored.contains(secret.rsplit('_').next().unwrap()));
    }
}

#[tokio::test]
async fn a_session_outlives_a_reload_by_a_cookie_that_scripts_do_not_see() {
    let stack = Stack::get();
    let user = stack.user().await;
    let link = link(&stack, &json!({"owner": user.id})).await;
    let url = format!("{}/portal-session", stack.manage_url);
    let request = client().post(&url).json(&json!({"token": token(&link)}));
    let response = request.send().await.unwrap();
    let cookie = response.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .to_owned();
    for attribute in [
        "HttpOnly",
        "Secure",
        "SameSite=None",
        "Partitioned",
        "Path=/portal-session",
    ] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let opened: Value = response.json().await.unwrap();
    let pair = cookie.split(';').next().unwrap();
    let request = client().post(&url).header("cookie", format!("a=b; {pair}"));
    let reloaded = Answer::of(request).await;
    assert_eq!(reloaded.expect(StatusCode::OK)["data"], opened["data"]);
    // No other call takes the cookie.
    let list = client()
        .get(format!("{}/webhooks", stack.manage_url))
        .header("cookie", pair);
    assert_eq!(Answer::of(list).await.expect_error(401), "unauthorized");
    for body in [json!({}), json!({"token": "wpl_made_up"})] {
        assert_eq!(open(&stack, &body).await.expect_error(401), "unauthorized");
    }
    let odd = open(&stack, &json!({"token": 7})).await;
    assert_eq!(odd.expect_error(400), "invalid_field");
}

#[tokio::test]
async fn who_signs_out_has_no_session_and_no_cookie() {
    let stack = Stack::get();
    let user = stack.user().await;
    let (own, others) = (
        session(&stack, &user, &["read"]).await,
        session(&stack, &user, &["read"]).await,
    );
    let url = format!("{}/portal-session", stack.manage_url);
    let sign_out = async |session: &Value, cookie: &Value| {
        let cookie = format!("a=b; webhooks_portal={}", cookie.as_str().unwrap());
        let request = client().delete(&url).header("cookie", cookie);
        let request = request.header("x-api-key", session.as_str().unwrap());
        request.send().await.unwrap()
    };
    let list =
        async |session: &Value| call(&stack, session, Method::GET, "/webhooks", &json!({})).await;

    // The cookie of another session stays.
    let response = sign_out(&own, &others).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(!response.headers().contains_key("set-cookie"));
    assert_eq!(list(&own).await.expect_error(401), "unauthorized");
    assert_eq!(
        sign_out(&own, &own).await.status(),
        StatusCode::UNAUTHORIZED
    );
    list(&others).await.expect(StatusCode::OK);

    let response = sign_out(&others, &others).await;
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("webhooks_portal=; Path=/portal-session; "));
    assert!(cookie.contains("; Partitioned") && cookie.ends_with("; Max-Age=0"));
    assert_eq!(list(&others).await.expect_error(401), "unauthorized");
    // Neither a cookie alone nor a key is a session.
    let key = user.post("/api-keys", &json!({"name": "x"})).await;
    let key = key.body["data"]["key"].clone();
    assert_eq!(
        sign_out(&key, &own).await.status(),
        StatusCode::UNAUTHORIZED
    );
    list(&key).await.expect(StatusCode::OK);
    let session = session(&stack, &user, &["read"]).await;
    let by_cookie = client()
        .delete(&url)
        .header("cookie", format!("webhooks_portal={session}"));
    assert_eq!(
        Answer::of(by_cookie).await.expect_error(401),
        "unauthorized"
    );
    list(&session).await.expect(StatusCode::OK);
    let path = "/portal-session";
    let without_cookie = call(&stack, &session, Method::DELETE, path, &json!({})).await;
    without_cookie.expect(StatusCode::OK);
    assert_eq!(list(&session).await.expect_error(401), "unauthorized");
}

#[tokio::test]
async fn a_link_that_may_read_changes_nothing_and_no_session_manages_api_keys() {
    let stack = Stack::get();
    let user = stack.user().await;
    let endpoint = user.register("https://example.com/").await;
    let reader = session(&stack, &user, &["read"]).await;
    let path = format!("/webhooks/{}", endpoint.id);
    let call = async |session: &Value, method, path: &str| {
        call(&stack, session, method, path, &json!({"is_active": false})).await
    };
    call(&reader, Method::GET, &path)
        .await
        .expect(StatusCode::OK);
    let refused = call(&reader, Method::PATCH, &path).await;
    assert_eq!(refused.expect_error(403), "insufficient_scope");
    let writer = session(&stack, &user, &["read", "write"]).await;
    for session in [&reader, &writer] {
        let keys = call(session, Method::GET, "/api-keys").await;
        assert_eq!(keys.expect_error(403), "token_required");
    }
}

#[tokio::test]
async fn links_and_sessions_end_by_time_and_by_revocation() {
    let stack = Stack::get();
    let user = stack.user().await;
    let database = stack.database().await;
    let end = "update webhooks.page_links set expires_at = now() - interval '25 hours' where user_id = $1";
    let unopened = link(&stack, &json!({"owner": user.id})).await;
    let session_that_ends = session(&stack, &user, &["read"]).await;
    database.execute(end, &[&user.id]).await.unwrap();
    let late = open(&stack, &json!({"token": token(&unopened)})).await;
    assert_eq!(late.expect_error(401), "unauthorized");
    let late = call(
        &stack,
        &session_that_ends,
        Method::GET,
        "/webhooks",
        &json!({}),
    )
    .await;
    assert_eq!(late.expect_error(401), "unauthorized");
    // A day later they are gone.
    let upkeep = "select webhooks.purge_page_links(1000)";
    database.execute(upkeep, &[]).await.unwrap();
    let left = "select count(*)::int as n from webhooks.page_links where user_id = $1";
    assert_eq!(stack.sql(left, &[&user.id]).await[0]["n"], 0);

    let revoked = link(&stack, &json!({"owner": user.id})).await;
    let opened = open(&stack, &json!({"token": token(&revoked)})).await;
    let opened = opened.expect(StatusCode::OK)["data"]["session"].clone();
    let list = async || {
        let path = format!("/portal-links?owner={}", user.id);
        let answer = Answer::of(operator(&stack, Method::GET, &path)).await;
        answer.expect(StatusCode::OK)["data"]
            .as_array()
            .unwrap()
            .clone()
    };
    let listed = list().await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["id"], revoked["id"]);
    assert!(listed[0]["opened_at"].is_string() && listed[0].get("url").is_none());
    let path = format!("/portal-links/{}", revoked["id"].as_str().unwrap());
    for _ in 0..2 {
        let answer = Answer::of(operator(&stack, Method::DELETE, &path)).await;
        answer.expect(StatusCode::OK);
    }
    assert_eq!(list().await, Vec::<Value>::new());
    let refused = call(&stack, &opened, Method::GET, "/webhooks", &json!({})).await;
    assert_eq!(refused.expect_error(401), "unauthorized");
    for id in [Uuid::new_v4().to_string(), "x".to_owned()] {
        let request = operator(&stack, Method::DELETE, &format!("/portal-links/{id}"));
        assert_eq!(Answer::of(request).await.expect_error(404), "not_found");
    }
}

#[tokio::test]
async fn what_is_no_link_is_refused_by_the_name_of_its_field() {
    let stack = Stack::get();
    let (user, other) = (stack.user().await, stack.user().await);
    let others = other.register("https://example.com/").await;
    for (field, body) in [
        ("owner", json!({})),
        ("owner", json!({"owner": "x"})),
        ("owner", json!({"owner": Uuid::new_v4()})),
        ("scopes", json!({"owner": user.id, "scopes": []})),
        ("scopes", json!({"owner": user.id, "scopes": ["admin"]})),
        ("expires_in", json!({"owner": user.id, "expires_in": 59})),
        ("expires_in", json!({"owner": user.id, "expires_in": 1e3})),
        (
            "expires_in",
            json!({"owner": user.id, "expires_in": 86_401}),
        ),
        (
            "endpoint_id",
            json!({"owner": user.id, "endpoint_id": others.id}),
        ),
        (
            "capabilities",
            json!({"owner": user.id, "capabilities": ["read"]}),
        ),
    ] {
        let request = operator(&stack, Method::POST, "/portal-links").json(&body);
        let answer = Answer::of(request).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{body}");
        assert_eq!(answer.body["field"], field, "{body}");
    }
    for path in [
        "/portal-links?owner=x",
        "/portal-links?nothing=1",
        "/portal-links?owner=%00",
    ] {
        let answer = Answer::of(operator(&stack, Method::GET, path)).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{path}");
    }
    for (method, path) in [
        (Method::POST, "/portal-links"),
        (Method::DELETE, "/portal-links/x"),
    ] {
        let request = client().request(method, format!("{}{path}", stack.deliver_url));
        let answer = Answer::of(request.json(&json!({"owner": user.id}))).await;
        assert_eq!(answer.expect_error(401), "unauthorized");
    }
}

#[tokio::test]
async fn the_page_says_what_the_operator_set_and_loads_from_its_own_host_alone() {
    let stack = Stack::get();
    let page = client().get(format!("{}/portal/endpoints/x", stack.manage_url));
    let page = page.send().await.unwrap();
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.contains("default-src 'none'") && policy.ends_with("frame-ancestors 'none'"),
        "{policy}"
    );
    let html = page.text().await.unwrap();
    let sources: Vec<&str> = html
        .split(['"', '\''])
        .filter(|text| {
            text.starts_with("http:") || text.starts_with("https:") || text.starts_with("//")
        })
        .collect();
    assert_eq!(sources, Vec::<&str>::new());
    // What it loads is there, with a year to be kept.
    let script = html
        .split("src=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let script = client()
        .get(format!("{}{script}", stack.manage_url))
        .send()
        .await
        .unwrap();
    assert_eq!(script.status(), StatusCode::OK);
    let kept = script.headers()["cache-control"].to_str().unwrap();
    assert!(kept.contains("immutable"), "{kept}");

    let origins = "https://app.example.com http://localhost:3000";
    let settings = json!({"PORTAL_NAME": "\"><script>alert(1)</script>", "PORTAL_COLOR": "#7c3aed",
        "PORTAL_ORIGINS": origins, "PORTAL_URL": null});
    let workers = Workers::start(&stack, &settings).await;
    let page = client()
        .get(format!("{}/portal", workers.manage_url))
        .send()
        .await
        .unwrap();
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.ends_with(&format!("frame-ancestors {origins}")),
        "{policy}"
    );
    let html = page.text().await.unwrap();
    assert!(
        !html.contains("<script>alert") && html.contains("#7c3aed"),
        "{html}"
    );
    // These do not know where the portal is.
    let stack = stack.with_workers(&workers);
    let request = operator(&stack, Method::POST, "/portal-links").json(&json!({}));
    let answer = Answer::of(request).await;
    assert_eq!(answer.expect_error(500), "misconfigured");
    assert_eq!(answer.body["setting"], "PORTAL_URL");
}

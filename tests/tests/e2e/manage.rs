//! Owners look after their endpoints.

use std::time::SystemTime;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::private_stack::PrivateStack;
use tests::receiver::Receiver;
use tests::stack::{Answer, Stack, client, token};
use tests::workers::Workers;

#[tokio::test]
async fn create_answers_the_endpoint_with_its_secret_once() {
    let user = Stack::get().user().await;
    let created = user
        .post(
            "/webhooks",
            &json!({"url": "https://example.com/hook", "description": "orders"}),
        )
        .await;
    let endpoint = &created.expect(StatusCode::CREATED)["data"];
    assert_eq!(endpoint["url"], "https://example.com/hook");
    assert_eq!(endpoint["description"], "orders");
    assert_eq!(endpoint["events"], json!(["*"]));
    assert_eq!(endpoint["is_active"], true);
    assert!(created.body["message"].as_str().unwrap().contains("secret"));
    let secret = endpoint["secret"].as_str().unwrap();
    let digits = secret.strip_prefix("whsec_").unwrap();
    assert!(digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit()));

    let id = endpoint["id"].as_str().unwrap();
    for path in ["/webhooks".to_owned(), format!("/webhooks/{id}")] {
        let shown = user.get(&path).await;
        assert!(!shown.expect(StatusCode::OK).to_string().contains(digits));
        assert!(!shown.body.to_string().contains("\"secret\""));
    }
}

#[tokio::test]
async fn list_has_the_callers_endpoints_newest_first_with_counts() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    assert_eq!(
        user.get("/webhooks").await.expect(StatusCode::OK)["data"],
        json!([])
    );
    let first = user.register(&receiver.url).await;
    let second = user.register_for(&receiver.url, &["vehicle.deleted"]).await;
    stack
        .emit(&user, "vehicle.created", json!({}))
        .await
        .expect(StatusCode::OK);
    receiver.answer(500);
    stack
        .deliver(
            &json!({"event": {"event_type": "vehicle.updated", "data": {},
            "user_id": user.id.to_string(), "max_attempts": 1}}),
        )
        .await
        .expect(StatusCode::OK);

    let list = user.get("/webhooks").await;
    let list = list.expect(StatusCode::OK)["data"].as_array().unwrap();
    let ids: Vec<_> = list.iter().map(|e| e["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [&second.id, &first.id]);
    assert_eq!(
        list[1]["stats"],
        json!({"total_deliveries": 2, "failed_deliveries": 1})
    );
    assert_eq!(
        list[0]["stats"],
        json!({"total_deliveries": 0, "failed_deliveries": 0})
    );
    let mut fields: Vec<_> = list[0].as_object().unwrap().keys().collect();
    fields.sort();
    assert_eq!(
        fields,
        [
            "created_at",
            "description",
            "disabled_at",
            "disabled_reason",
            "events",
            "filter",
            "headers",
            "health",
            "id",
            "is_active",
            "max_attempts",
            "metadata",
            "ordering",
            "rate_limit_per_minute",
            "retry_schedule",
            "secret_expires_at",
            "signature_headers",
            "stats",
            "updated_at",
            "url"
        ]
    );
}

#[tokio::test]
async fn get_has_the_twenty_newest_deliveries() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(201).await;
    let endpoint = user.register(&receiver.url).await;
    for n in 0..22 {
        let event = json!({"event_type": "vehicle.created", "data": {"n": n},
            "event_id": format!("{}-{n}", user.id), "user_id": user.id.to_string()});
        stack
            .deliver(&json!({"event": event}))
            .await
            .expect(StatusCode::OK);
    }
    let answer = user.get(&format!("/webhooks/{}", endpoint.id)).await;
    let data = &answer.expect(StatusCode::OK)["data"];
    let recent = data["recent_deliveries"].as_array().unwrap();
    let ids: Vec<_> = recent
        .iter()
        .map(|d| d["event_id"].as_str().unwrap())
        .collect();
    let expected: Vec<_> = (2..22).rev().map(|n| format!("{}-{n}", user.id)).collect();
    assert_eq!(ids, expected);
    let mut fields: Vec<_> = recent[0].as_object().unwrap().keys().collect();
    fields.sort();
    assert_eq!(
        fields,
        [
            "attempts",
            "created_at",
            "delivered_at",
            "event_id",
            "event_type",
            "id",
            "last_error",
            "response_status",
            "response_time_ms",
            "status"
        ]
    );
    assert_eq!(recent[0]["status"], "success");
    assert_eq!(recent[0]["response_status"], 201);
}

#[tokio::test]
async fn update_changes_what_it_names_and_nothing_else() {
    let user = Stack::get().user().await;
    let created = user
        .post(
            "/webhooks",
            &json!({"url": "https://example.com/a", "description": "d"}),
        )
        .await;
    let before = created.expect(StatusCode::CREATED)["data"].clone();
    let path = format!("/webhooks/{}", before["id"].as_str().unwrap());

    let answer = user
        .patch(
            &path,
            &json!({"events": ["vehicle.created"], "is_active": false}),
        )
        .await;
    let after = &answer.expect(StatusCode::OK)["data"];
    assert_eq!(after["events"], json!(["vehicle.created"]));
    assert_eq!(after["is_active"], false);
    assert_eq!(after["url"], before["url"]);
    assert_eq!(after["description"], "d");
    assert_ne!(after["updated_at"], before["updated_at"]);

    let answer = user
        .patch(
            &path,
            &json!({"url": "https://example.com/b", "description": null}),
        )
        .await;
    let after = &answer.expect(StatusCode::OK)["data"];
    assert_eq!(after["url"], "https://example.com/b");
    assert_eq!(after["description"], json!(null));
    assert_eq!(after["events"], json!(["vehicle.created"]));
}

#[tokio::test]
async fn delete_removes_the_endpoint_at_once_and_its_deliveries_with_the_next_upkeep() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let endpoint = user.register(&receiver.url).await;
    stack
        .emit(&user, "vehicle.created", json!({}))
        .await
        .expect(StatusCode::OK);
    let path = format!("/webhooks/{}", endpoint.id);
    user.delete(&path).await.expect(StatusCode::OK);
    assert_eq!(user.get(&path).await.expect_error(404), "not_found");
    assert_eq!(user.delete(&path).await.expect_error(404), "not_found");
    let upkeep = "select public.run_webhook_upkeep(90)";
    stack.database().await.execute(upkeep, &[]).await.unwrap();
    assert!(stack.deliveries(&endpoint.id).await.is_empty());
}

#[tokio::test]
async fn rotate_answers_a_new_secret() {
    let user = Stack::get().user().await;
    let endpoint = user.register("https://example.com/hook").await;
    let path = format!("/webhooks/{}/rotate-secret", endpoint.id);
    let rotated = user.call(Method::POST, &path, None).await;
    let rotated = &rotated.expect(StatusCode::OK)["data"];
    let secret = &rotated["secret"];
    assert!(secret.as_str().unwrap().starts_with("whsec_"));
    assert_ne!(*secret, endpoint.secret);
    // The one before signs, too, for a day, unless it is not to.
    assert!(rotated["secret_expires_at"].is_string(), "{rotated}");
    let cut_over = user.post(&path, &json!({"expires_in_hours": 0})).await;
    let cut_over = &cut_over.expect(StatusCode::OK)["data"];
    assert_eq!(cut_over["secret_expires_at"], Value::Null);
}

#[tokio::test]
async fn an_unknown_event_type_is_refused_and_the_valid_ones_are_named() {
    let user = Stack::get().user().await;
    let valid = json!([
        "*",
        "document.uploaded",
        "import.completed",
        "observation.created",
        "vehicle.created",
        "vehicle.deleted",
        "vehicle.updated"
    ]);
    let endpoint = user.register("https://example.com/hook").await;
    let body =
        json!({"url": "https://example.com/", "events": ["vehicle.created", "vehicle.sold"]});
    let answers = [
        user.post("/webhooks", &body).await,
        user.patch(
            &format!("/webhooks/{}", endpoint.id),
            &json!({"events": ["vehicle.sold"]}),
        )
        .await,
    ];
    for answer in answers {
        assert_eq!(answer.expect_error(400), "unknown_event_type");
        assert_eq!(answer.body["error"], "Invalid event type: vehicle.sold");
        // The catalogue is shared: another test may have added a type.
        let named = answer.body["valid_events"].as_array().unwrap();
        for name in valid.as_array().unwrap() {
            assert!(named.contains(name), "{name}");
        }
    }
}

#[tokio::test]
async fn one_more_event_type_is_an_insert() {
    let stack = Stack::get();
    let user = stack.user().await;
    let name = format!("added.{}", user.id.simple());
    let database = stack.database().await;
    database
        .execute(
            "insert into public.webhook_event_types (name) values ($1)",
            &[&name],
        )
        .await
        .unwrap();
    user.register_for("https://example.com/", &[&name]).await;
    database
        .execute(
            "delete from public.webhook_event_types where name = $1",
            &[&name],
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn others_endpoints_are_not_found_and_stay_as_they_are() {
    let stack = Stack::get();
    let (owner, other) = (stack.user().await, stack.user().await);
    let endpoint = owner.register("https://example.com/hook").await;
    let path = format!("/webhooks/{}", endpoint.id);
    for caller in [other.clone(), other.by_api_key().await] {
        assert_eq!(caller.get(&path).await.expect_error(404), "not_found");
        let answer = caller.patch(&path, &json!({"is_active": false})).await;
        assert_eq!(answer.expect_error(404), "not_found");
        assert_eq!(caller.delete(&path).await.expect_error(404), "not_found");
        let rotate = format!("{path}/rotate-secret");
        let answer = caller.call(Method::POST, &rotate, None).await;
        assert_eq!(answer.expect_error(404), "not_found");
        assert_eq!(caller.get("/webhooks").await.body["data"], json!([]));
    }
    let shown = owner.get(&path).await;
    assert_eq!(shown.expect(StatusCode::OK)["data"]["is_active"], true);
    let kept = stack
        .sql(
            "select e.secret from public.webhook_endpoints e where e.id::text = $1",
            &[&endpoint.id],
        )
        .await;
    assert_eq!(kept[0]["secret"], endpoint.secret);
}

#[tokio::test]
async fn an_api_key_does_what_its_users_token_does() {
    let user = Stack::get().user().await;
    let key = user.by_api_key().await;
    let endpoint = key.register("https://example.com/hook").await;
    let path = format!("/webhooks/{}", endpoint.id);
    user.get(&path).await.expect(StatusCode::OK);
    key.patch(&path, &json!({"description": "by key"}))
        .await
        .expect(StatusCode::OK);
    key.call(Method::POST, &format!("{path}/rotate-secret"), None)
        .await
        .expect(StatusCode::OK);
    assert_eq!(
        user.get("/webhooks").await.body["data"][0]["description"],
        "by key"
    );
    key.delete(&path).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_credential_that_is_not_valid_is_unauthorized_and_says_no_more() {
    let stack = Stack::get();
    let user = stack.user().await;
    let key = user.by_api_key().await;
    let revoked = user.by_api_key().await;
    let expired = user.by_api_key().await;
    for (who, change) in [
        (&revoked, "is_active = false"),
        (&expired, "expires_at = now()"),
    ] {
        let raw = who.request(Method::GET, "").build().unwrap();
        let raw = raw.headers()["x-api-key"].to_str().unwrap().to_owned();
        let statement = format!(
            "update public.webhook_api_keys set {change} where key_hash = 'sha256_' ||
             encode(sha256(convert_to(substr($1, 9), 'UTF8')), 'hex')"
        );
        let database = stack.database().await;
        assert_eq!(database.execute(&statement, &[&raw]).await.unwrap(), 1);
    }
    key.get("/webhooks").await.expect(StatusCode::OK);

    let bearer = |token: &str| ("authorization", format!("Bearer {token}"));
    let mut tampered = user.jwt.clone();
    tampered.truncate(tampered.len() - 4);
    tampered.push_str("AAAA");
    let wrong = [
        bearer("nonsense"),
        bearer("a.b.c"),
        bearer(&tampered),
        bearer(&stack.publishable_key),
        bearer(&stack.service_role_key),
        ("authorization", format!("Basic {}", user.jwt)),
        ("x-api-key", "nk_live_unknown".to_owned()),
        ("x-api-key", "nk_test_unknown".to_owned()),
        ("x-unrelated", "x".to_owned()),
    ];
    let mut bodies = Vec::new();
    for (name, value) in wrong {
        let request = client()
            .get(format!("{}/webhooks", stack.manage_url))
            .header(name, &value);
        let answer = Answer::of(request).await;
        assert_eq!(answer.expect_error(401), "unauthorized", "{name}: {value}");
        bodies.push(answer.body);
    }
    for who in [revoked, expired] {
        bodies.push(who.get("/webhooks").await.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
}

#[tokio::test]
async fn a_token_that_was_not_issued_for_now_by_us_for_a_user_is_unauthorized() {
    let private = PrivateStack::start(&[]).await;
    let stack = &private.stack;
    let user = stack.user().await;
    let secret = private.jwt_secret();
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let header = json!({"alg": "HS256", "typ": "JWT"});
    let claims = |change: &dyn Fn(&mut Value)| {
        let mut claims = json!({"sub": user.id.to_string(), "role": "authenticated",
            "aud": "authenticated", "exp": now + 600});
        change(&mut claims);
        claims
    };
    let call = async |token: String| {
        let request = client()
            .get(format!("{}/webhooks", stack.manage_url))
            .header("authorization", format!("Bearer {token}"));
        Answer::of(request).await
    };
    let good = claims(&|_| {});
    call(token(&header, &good, &secret))
        .await
        .expect(StatusCode::OK);

    let unsigned = token(&json!({"alg": "none", "typ": "JWT"}), &good, &secret);
    let wrong = [
        (
            "expired",
            token(&header, &claims(&|c| c["exp"] = json!(now - 600)), &secret),
        ),
        (
            "not yet valid",
            token(&header, &claims(&|c| c["nbf"] = json!(now + 600)), &secret),
        ),
        (
            "another key",
            token(&header, &good, "another secret of forty characters......"),
        ),
        ("alg none", unsigned.clone()),
        (
            "unsigned",
            unsigned[..=unsigned.rfind('.').unwrap()].to_owned(),
        ),
        (
            "no role",
            token(&header, &claims(&|c| c["role"] = json!("nobody")), &secret),
        ),
        (
            "service role",
            token(
                &header,
                &claims(&|c| {
                    c["role"] = json!("service_role");
                    c["sub"] = Value::Null;
                }),
                &secret,
            ),
        ),
        (
            "no sub",
            token(&header, &claims(&|c| c["sub"] = Value::Null), &secret),
        ),
        (
            "sub no id",
            token(&header, &claims(&|c| c["sub"] = json!("admin")), &secret),
        ),
    ];
    let mut bodies = Vec::new();
    for (what, token) in wrong {
        let answer = call(token).await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.body);
        bodies.push(answer.body);
    }

    // A key goes with its user, and a token outlives its user for nothing.
    let key = user.by_api_key().await;
    key.get("/webhooks").await.expect(StatusCode::OK);
    let delete = "delete from auth.users where id = $1";
    let database = stack.database().await;
    database.execute(delete, &[&user.id]).await.unwrap();
    bodies.push(key.get("/webhooks").await.body);
    let create = json!({"url": "https://example.com/"});
    let answer = user.post("/webhooks", &create).await;
    assert_eq!(answer.expect_error(401), "unauthorized");
    bodies.push(answer.body);
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    private.stop().await;
}

#[tokio::test]
async fn a_user_has_a_hundred_endpoints_and_no_more_unless_the_setting_says_otherwise() {
    let private = PrivateStack::start(&[]).await;
    let stack = &private.stack;
    let user = stack.user().await;
    let body = json!({"url": "https://example.com/"});
    for _ in 0..100 {
        user.post("/webhooks", &body)
            .await
            .expect(StatusCode::CREATED);
    }
    let refused = user.post("/webhooks", &body).await;
    assert_eq!(refused.expect_error(400), "too_many_endpoints");
    assert_eq!(refused.body["max_endpoints"], 100);
    stack.user().await.register("https://example.com/").await;

    let raise = "insert into webhooks.settings values ('MAX_ENDPOINTS_PER_USER', 101)";
    stack.database().await.execute(raise, &[]).await.unwrap();
    user.post("/webhooks", &body)
        .await
        .expect(StatusCode::CREATED);
    let refused = user.post("/webhooks", &body).await;
    assert_eq!(refused.expect_error(400), "too_many_endpoints");
    private.stop().await;
}

#[tokio::test]
async fn in_production_local_endpoints_are_refused_when_registered_and_when_sent_to() {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    let endpoint = user.register(&receiver.url).await;
    let workers = Workers::start(&stack, &json!({"ALLOW_LOCAL_ENDPOINTS": null})).await;
    let strict = stack.with_workers(&workers);
    let strict_user = user.on(&strict);
    let urls: Value = serde_json::from_str(include_str!("../../endpoint_urls.json")).unwrap();
    let mut refused: Vec<_> = urls["refused"].as_array().unwrap().iter().collect();
    let local = json!(receiver.url);
    refused.push(&local);
    let path = format!("/webhooks/{}", endpoint.id);
    for url in refused {
        for answer in [
            strict_user.post("/webhooks", &json!({"url": url})).await,
            strict_user.patch(&path, &json!({"url": url})).await,
        ] {
            assert_eq!(answer.expect_error(400), "invalid_field", "{url}");
            assert_eq!(answer.body["field"], "url");
        }
    }
    let other = stack.user().await.on(&strict);
    for url in urls["allowed"].as_array().unwrap() {
        let answer = other.post("/webhooks", &json!({"url": url})).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{url}: {}", answer.body);
        assert_eq!(&answer.body["data"]["url"], url);
    }
    let answer = strict.emit(&user, "vehicle.created", json!({})).await;
    let result = answer.expect(StatusCode::OK)["results"][0].clone();
    assert_eq!(result["error"], "Not sent: the URL must be an https URL");
    assert!(receiver.arrivals().is_empty());
}

#[tokio::test]
async fn the_paths_of_the_supabase_functions_lead_to_the_same_place() {
    let user = Stack::get().user().await;
    let endpoint = user.register("https://example.com/hook").await;
    for prefix in [
        "/webhooks",
        "/webhooks-manage",
        "/functions/v1/webhooks-manage",
    ] {
        let list = user.get(prefix).await;
        assert_eq!(list.expect(StatusCode::OK)["data"][0]["id"], endpoint.id);
        let one = user.get(&format!("{prefix}/{}", endpoint.id)).await;
        assert_eq!(one.expect(StatusCode::OK)["data"]["id"], endpoint.id);
    }
}

#[tokio::test]
async fn a_browser_app_may_call() {
    let stack = Stack::get();
    let preflight = client()
        .request(Method::OPTIONS, format!("{}/webhooks", stack.manage_url))
        .header("Origin", "https://app.example.com")
        .header("Access-Control-Request-Method", "PATCH")
        .header("Access-Control-Request-Headers", "x-api-key, content-type");
    let answer = Answer::of(preflight).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let header = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("access-control-allow-origin"), "*");
    assert!(header("access-control-allow-methods").contains("PATCH"));
    assert!(header("access-control-allow-headers").contains("x-api-key"));
    // An error must be readable by the app, too.
    let refused = client().get(format!("{}/webhooks", stack.manage_url));
    let refused = Answer::of(refused).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refused.headers["access-control-allow-origin"], "*");
}

//! Owners of the operator's own making: organisations, whose members read or write.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::contract::operations;
use tests::private_stack::PrivateStack;
use tests::receiver::Receiver;
use tests::stack::{Answer, Stack, client, token};
use uuid::Uuid;

/// A stack whose owners are what a claim of the token says: `{"organisations": {"<id>": "read" | "write"}}`.
async fn start() -> PrivateStack {
    let private = PrivateStack::start_without_cron(&[]).await;
    let set_up = "delete from public.webhook_api_keys;
        create table public.organisations (id uuid primary key);
        create function public.claimed_owners() returns table (owner uuid, role text)
        language sql stable set search_path = '' as $$
          select c.key::uuid, c.value #>> '{}' from jsonb_each(
            nullif(current_setting('request.jwt.claims', true), '')::jsonb -> 'organisations') c
        $$;
        select public.webhook_use_owners('public.claimed_owners()', 'public.organisations')";
    let database = private.stack.database().await;
    database.batch_execute(set_up).await.unwrap();
    private
}

async fn organisation(stack: &Stack) -> Uuid {
    let insert = "insert into public.organisations values (gen_random_uuid()) returning id";
    let database = stack.database().await;
    database.query_one(insert, &[]).await.unwrap().get(0)
}

/// A member's token. Its subject is no UUID, as with many who issue tokens.
fn member(private: &PrivateStack, organisations: &[(Uuid, &str)]) -> String {
    let organisations: serde_json::Map<_, _> = organisations
        .iter()
        .map(|(id, role)| (id.to_string(), json!(role)))
        .collect();
    let claims = json!({"sub": "auth0|7", "role": "authenticated", "exp": 4_102_444_800_u64,
        "organisations": organisations});
    token(
        &json!({"alg": "HS256", "typ": "JWT"}),
        &claims,
        &private.jwt_secret(),
    )
}

async fn call(
    stack: &Stack,
    token: &str,
    owner: Option<Uuid>,
    method: Method,
    path: &str,
    body: Value,
) -> Answer {
    let mut request = client()
        .request(method, format!("{}{path}", stack.manage_url))
        .bearer_auth(token);
    if let Some(owner) = owner {
        request = request.header("x-webhook-owner", owner.to_string());
    }
    if !body.is_null() {
        request = request.json(&body);
    }
    Answer::of(request).await
}

#[tokio::test]
async fn members_act_for_their_organisation_by_token_and_by_its_keys() {
    let private = start().await;
    let stack = &private.stack;
    let (a, b) = (organisation(stack).await, organisation(stack).await);
    let writer = member(&private, &[(a, "write"), (b, "read")]);
    let reader = member(&private, &[(a, "read")]);
    let stranger = member(&private, &[]);
    let receiver = Receiver::start(200).await;
    let new = json!({"url": receiver.url});
    let get = |token, owner, path| call(stack, token, owner, Method::GET, path, Value::Null);
    let post = |token, owner, path, body| call(stack, token, owner, Method::POST, path, body);

    let made = post(&writer, Some(a), "/webhooks", new.clone()).await;
    let id = made.expect(StatusCode::CREATED)["data"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/webhooks/{id}");
    // An event for the organisation is its endpoints'.
    let event = json!({"event_type": "vehicle.created", "user_id": a, "data": {}, "event_id": "e"});
    let sent = stack.deliver(&json!({"event": event})).await;
    assert_eq!(sent.expect(StatusCode::OK)["delivered"], 1);

    get(&reader, None, &path).await.expect(StatusCode::OK);
    get(&reader, Some(a), "/events/e")
        .await
        .expect(StatusCode::OK);
    let stats = get(&writer, Some(a), "/stats").await;
    stats.expect(StatusCode::OK);
    let refused = post(&reader, None, "/webhooks", new.clone()).await;
    assert_eq!(refused.expect_error(403), "insufficient_scope");
    let refused = post(&reader, None, "/api-keys", json!({"name": "x"})).await;
    assert_eq!(refused.expect_error(403), "insufficient_scope");
    let path_of_key = format!("/api-keys/{}", Uuid::new_v4());
    let refused = call(
        stack,
        &reader,
        None,
        Method::DELETE,
        &path_of_key,
        Value::Null,
    )
    .await;
    assert_eq!(refused.expect_error(403), "insufficient_scope");
    // For the other one the writer is a reader, who sees nothing of the first.
    let refused = post(&writer, Some(b), "/webhooks", new.clone()).await;
    assert_eq!(refused.expect_error(403), "insufficient_scope");
    assert_eq!(
        get(&writer, Some(b), &path).await.expect_error(404),
        "not_found"
    );
    let undecided = get(&writer, None, "/webhooks").await;
    assert_eq!(undecided.expect_error(400), "owner_required");
    let mut owners = [a.to_string(), b.to_string()];
    owners.sort();
    assert_eq!(undecided.body["owners"], json!(owners));
    assert_eq!(
        get(&reader, Some(b), "/webhooks").await.expect_error(403),
        "wrong_owner"
    );
    assert_eq!(
        get(&stranger, None, "/webhooks").await.expect_error(403),
        "no_owner"
    );
    assert_eq!(
        get(&stranger, Some(a), "/webhooks").await.expect_error(403),
        "no_owner"
    );

    // A key is the organisation's, whoever made it.
    let key = post(&writer, Some(a), "/api-keys", json!({"name": "ci"})).await;
    let key = key.expect(StatusCode::CREATED)["data"]["key"]
        .as_str()
        .unwrap()
        .to_owned();
    let by_key = |owner: Option<Uuid>| {
        let request = client()
            .get(format!("{}/webhooks", stack.manage_url))
            .header("x-api-key", &key);
        match owner {
            Some(owner) => request.header("x-webhook-owner", owner.to_string()),
            None => request,
        }
    };
    let list = Answer::of(by_key(None)).await;
    assert_eq!(list.expect(StatusCode::OK)["data"][0]["id"], id);
    Answer::of(by_key(Some(a))).await.expect(StatusCode::OK);
    assert_eq!(
        Answer::of(by_key(Some(b))).await.expect_error(403),
        "wrong_owner"
    );
    let keys = get(&reader, None, "/api-keys").await;
    assert_eq!(
        keys.expect(StatusCode::OK)["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    // Limits are the owner's.
    let limit = "insert into webhooks.settings values ('MAX_ENDPOINTS_PER_USER', 1)";
    stack.database().await.execute(limit, &[]).await.unwrap();
    let full = post(&writer, Some(a), "/webhooks", new).await;
    assert_eq!(full.expect_error(400), "too_many_endpoints");
    // With the organisation goes what it has.
    let delete = "delete from public.organisations where id = $1";
    stack.database().await.execute(delete, &[&a]).await.unwrap();
    assert_eq!(
        Answer::of(by_key(None)).await.expect_error(401),
        "unauthorized"
    );
    let left = "select 1 from public.webhook_endpoints";
    assert_eq!(stack.sql(left, &[]).await.len(), 0);
    private.stop().await;
}

#[tokio::test]
async fn what_gives_no_owners_is_refused_and_users_can_be_owners_again() {
    let private = start().await;
    let stack = &private.stack;
    let database = stack.database().await;
    let bad = "create function public.bad() returns text language sql as 'select 1::text';
        create function public.more(x text) returns table (owner uuid, role text) language sql as 'select null::uuid, x'";
    database.batch_execute(bad).await.unwrap();
    for arguments in [
        "'public.bad()'",
        "'public.more(text)'",
        "'public.nothing()'",
        "null, 'public.organisations'",
        "'public.claimed_owners()', 'public.webhook_events'",
    ] {
        let call = format!("select public.webhook_use_owners({arguments})");
        assert!(database.batch_execute(&call).await.is_err(), "{call}");
    }
    let a = organisation(stack).await;
    let writer = member(&private, &[(a, "write")]);
    let list = call(stack, &writer, None, Method::GET, "/webhooks", Value::Null).await;
    list.expect(StatusCode::OK);
    // Whoever has endpoints must be a user.
    let made = call(
        stack,
        &writer,
        None,
        Method::POST,
        "/webhooks",
        json!({"url": "https://example.com/"}),
    )
    .await;
    made.expect(StatusCode::CREATED);
    let back = "select public.webhook_use_owners()";
    assert!(database.batch_execute(back).await.is_err());
    database
        .execute("delete from public.organisations", &[])
        .await
        .unwrap();
    database.batch_execute(back).await.unwrap();
    let list = call(stack, &writer, None, Method::GET, "/webhooks", Value::Null).await;
    assert_eq!(list.expect_error(401), "unauthorized");
    let user = stack.user().await;
    user.register("https://example.com/").await;
    private.stop().await;
}

/// Who acts for several owners and does not say for which, or for none, is told so by every call.
#[tokio::test]
async fn every_call_wants_one_owner() {
    let private = start().await;
    let stack = &private.stack;
    let (a, b) = (organisation(stack).await, organisation(stack).await);
    for (token, status, code) in [
        (
            member(&private, &[(a, "write"), (b, "write")]),
            400,
            "owner_required",
        ),
        (member(&private, &[]), 403, "no_owner"),
    ] {
        for operation in operations() {
            if operation.worker != "manage" || operation.is_public() {
                continue;
            }
            let path: String = operation
                .path
                .split('/')
                .map(|part| match part.starts_with('{') {
                    true => Uuid::new_v4().to_string(),
                    false => part.to_owned(),
                })
                .collect::<Vec<_>>()
                .join("/");
            let method: Method = operation.method.parse().unwrap();
            let body = operation.example().cloned().unwrap_or_default();
            let answer = call(stack, &token, None, method, &path, body).await;
            assert_eq!(
                answer.expect_error(status),
                code,
                "{} {path}",
                operation.method
            );
        }
    }
    private.stop().await;
}

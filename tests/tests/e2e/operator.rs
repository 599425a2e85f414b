//! The operator's calls about all owners, and the console: its links, its sessions, what they may do and what is logged.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::private_stack::PrivateStack;
use tests::receiver::{Receiver, nobody};
use tests::stack::{Answer, Endpoint, Stack, User, client};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::SOON;

/// A call of `deliver` with the service key.
async fn by_key(stack: &Stack, method: Method, path: &str, body: &Value) -> Answer {
    let request = client().request(method, format!("{}{path}", stack.deliver_url));
    Answer::of(request.header("apikey", &stack.service_role_key).json(body)).await
}

/// Somebody with a session of the console.
struct Operator<'a> {
    stack: &'a Stack,
    name: String,
    link: Value,
    session: String,
}

impl<'a> Operator<'a> {
    async fn new(stack: &'a Stack, scopes: &[&str]) -> Self {
        let name = format!("{}@example.com", Uuid::new_v4());
        let asked = json!({"operator": name, "scopes": scopes});
        let answer = by_key(stack, Method::POST, "/console-links", &asked).await;
        let link = answer.expect(StatusCode::CREATED)["data"].clone();
        let answer = open(stack, token(&link)).await;
        let opened = &answer.expect(StatusCode::OK)["data"];
        assert_eq!(opened["operator"], name);
        assert_eq!(opened["scopes"], json!(scopes));
        let session = opened["session"].as_str().unwrap().to_owned();
        Self {
            stack,
            name,
            link,
            session,
        }
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request = client().request(method, format!("{}{path}", self.stack.deliver_url));
        Answer::of(request.header("x-api-key", &self.session).json(body)).await
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.call(Method::GET, path, &json!({})).await;
        answer.expect(StatusCode::OK)["data"].clone()
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.call(Method::POST, path, body).await;
        answer.expect(StatusCode::OK)["data"].clone()
    }

    /// What the audit log has of this one, newest first: action, owner and details. Others write it, too.
    async fn logged(&self) -> Vec<(String, Value, Value)> {
        let (mut own, mut query) = (Vec::new(), String::new());
        loop {
            let path = format!("/operator/audit-log{query}");
            let answer = self.call(Method::GET, &path, &json!({})).await;
            let page = answer.expect(StatusCode::OK);
            let entries = page["data"].as_array().unwrap().iter();
            own.extend(
                entries
                    .filter(|entry| entry["operator"] == self.name)
                    .map(|entry| {
                        let action = entry["action"].as_str().unwrap().to_owned();
                        (action, entry["owner"].clone(), entry["details"].clone())
                    }),
            );
            if page["next_before"].is_null() {
                return own;
            }
            query = format!("?before={}", page["next_before"]);
        }
    }

    async fn last_action(&self) -> String {
        self.logged().await.swap_remove(0).0
    }
}

/// The token of a link.
fn token(link: &Value) -> &str {
    link["url"]
        .as_str()
        .unwrap()
        .split_once("#token=")
        .unwrap()
        .1
}

/// What the console does first.
async fn open(stack: &Stack, token: &str) -> Answer {
    let url = format!("{}/console-session", stack.deliver_url);
    Answer::of(client().post(url).json(&json!({ "token": token }))).await
}

/// Sends an event to a user's endpoints that has one attempt.
async fn emit(stack: &Stack, user: &User, event_id: &str) {
    let event = json!({"event_type": "vehicle.created", "data": {"vin": "1"}, "max_attempts": 1,
        "user_id": user.id, "event_id": event_id});
    let answer = stack.deliver(&json!({"event": event})).await;
    answer.expect(StatusCode::OK);
}

/// An endpoint that fails, with `count` failed deliveries.
async fn failing(stack: &Stack, user: &User, count: usize) -> Endpoint {
    let endpoint = user.register(&nobody().await).await;
    for _ in 0..count {
        emit(stack, user, &Uuid::new_v4().to_string()).await;
    }
    endpoint
}

/// Changes what is in the database.
async fn change(stack: &Stack, statement: &str, parameters: &[&(dyn ToSql + Sync)]) {
    let changed = stack.database().await.execute(statement, parameters).await;
    changed.expect("the SQL is right");
}

async fn statuses(stack: &Stack, endpoint: &Endpoint) -> Vec<String> {
    let deliveries = stack.deliveries(&endpoint.id).await;
    let status = |d: &Value| d["status"].as_str().unwrap().to_owned();
    deliveries.iter().map(status).collect()
}

#[tokio::test]
async fn a_link_opens_the_console_once_and_its_session_opens_what_is_the_operators_alone() {
    let stack = Stack::get();
    let user = stack.user().await;
    let operator = Operator::new(&stack, &["read", "write"]).await;
    let start = format!("{}/console#token=wcl_", stack.deliver_url);
    assert!(operator.link["url"].as_str().unwrap().starts_with(&start));
    let again = open(&stack, token(&operator.link)).await;
    assert_eq!(again.expect_error(401), "unauthorized");

    operator.get("/operator/overview").await;
    assert_eq!(operator.last_action().await, "open_console");
    // It is no service key: it sends nothing, makes no other session, and is nobody to manage.
    for (method, path) in [
        (Method::POST, "/"),
        (Method::GET, "/metrics"),
        (Method::GET, "/console-links"),
        (Method::POST, "/console-links"),
    ] {
        let answer = operator.call(method, path, &json!({})).await;
        assert_eq!(answer.expect_error(401), "unauthorized", "{path}");
    }
    let request = client()
        .get(format!("{}/webhooks", stack.manage_url))
        .header("x-api-key", &operator.session);
    assert_eq!(Answer::of(request).await.expect_error(401), "unauthorized");
    // Nor do a token, a key or a session of the portal open what is the operator's.
    let portal = by_key(
        &stack,
        Method::POST,
        "/portal-links",
        &json!({"owner": user.id}),
    )
    .await;
    let portal = portal.expect(StatusCode::CREATED)["data"].clone();
    assert_eq!(
        open(&stack, token(&portal)).await.expect_error(401),
        "unauthorized"
    );
    let url = format!("{}/portal-session", stack.manage_url);
    let answer = Answer::of(client().post(&url).json(&json!({"token": token(&portal)}))).await;
    let session = answer.expect(StatusCode::OK)["data"]["session"].clone();
    let hash = "select 'sha256_' || encode(sha256(convert_to($1, 'UTF8')), 'hex') as hash";
    let hash = stack.sql(hash, &[&session.as_str().unwrap()]).await[0]["hash"]
        .as_str()
        .unwrap()
        .to_owned();
    let named_like_one = format!("wcs_{}", &session.as_str().unwrap()[4..]);
    for credential in [session.as_str().unwrap(), &named_like_one, &hash, "wcs_"] {
        let request = client()
            .get(format!("{}/operator/overview", stack.deliver_url))
            .header("x-api-key", credential);
        assert_eq!(Answer::of(request).await.expect_error(401), "unauthorized");
    }
    let by_portal = "select webhooks.require_operator($1, 'read')::text";
    let refused = stack.database().await.query(by_portal, &[&hash]).await;
    assert_eq!(refused.unwrap_err().code().unwrap().code(), "PT401");

    let listed = by_key(&stack, Method::GET, "/console-links", &json!({})).await;
    let listed = listed.expect(StatusCode::OK)["data"]
        .as_array()
        .unwrap()
        .clone();
    let own = listed
        .iter()
        .find(|link| link["id"] == operator.link["id"])
        .unwrap();
    assert!(
        own["opened_at"].is_string() && own.get("url").is_none(),
        "{own}"
    );
    let path = format!("/console-links/{}", operator.link["id"].as_str().unwrap());
    by_key(&stack, Method::DELETE, &path, &json!({}))
        .await
        .expect(StatusCode::OK);
    let revoked = operator
        .call(Method::GET, "/operator/overview", &json!({}))
        .await;
    assert_eq!(revoked.expect_error(401), "unauthorized");
    // A link to the one page is none to the other.
    let id = portal["id"].as_str().unwrap();
    let answer = by_key(
        &stack,
        Method::DELETE,
        &format!("/console-links/{id}"),
        &json!({}),
    )
    .await;
    assert_eq!(answer.expect_error(404), "not_found");
}

#[tokio::test]
async fn a_session_of_the_console_outlives_a_reload_by_a_cookie_that_scripts_do_not_see() {
    let stack = Stack::get();
    let asked = json!({"operator": "ada", "expires_in": 60});
    let answer = by_key(&stack, Method::POST, "/console-links", &asked).await;
    let link = answer.expect(StatusCode::CREATED)["data"].clone();
    let url = format!("{}/console-session", stack.deliver_url);
    let request = client().post(&url).json(&json!({"token": token(&link)}));
    let response = request.send().await.unwrap();
    let cookie = response.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .to_owned();
    for attribute in [
        "HttpOnly",
        "Secure",
        "SameSite=Strict",
        "Path=/console-session",
    ] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let opened: Value = response.json().await.unwrap();
    let pair = cookie.split(';').next().unwrap();
    let reloaded = Answer::of(client().post(&url).header("cookie", pair)).await;
    assert_eq!(reloaded.expect(StatusCode::OK)["data"], opened["data"]);
    let overview = client()
        .get(format!("{}/operator/overview", stack.deliver_url))
        .header("cookie", pair);
    assert_eq!(Answer::of(overview).await.expect_error(401), "unauthorized");
    assert_eq!(
        Answer::of(client().post(&url)).await.expect_error(401),
        "unauthorized"
    );
}

#[tokio::test]
async fn an_operator_who_signs_out_ends_the_session_and_what_was_made_with_it() {
    let stack = Stack::get();
    let user = stack.user().await;
    let operator = Operator::new(&stack, &["read"]).await;
    let asked = json!({"owner": user.id});
    let answer = operator.call(Method::POST, "/portal-links", &asked).await;
    let view = answer.expect(StatusCode::CREATED)["data"].clone();
    let call = async |method, path| operator.call(method, path, &json!({})).await;
    let closed = call(Method::DELETE, "/console-session").await;
    closed.expect(StatusCode::OK);
    for (method, path) in [
        (Method::DELETE, "/console-session"),
        (Method::GET, "/operator/overview"),
    ] {
        let refused = call(method, path).await;
        assert_eq!(refused.expect_error(401), "unauthorized", "{path}");
    }
    let url = format!("{}/portal-session", stack.manage_url);
    let opened = Answer::of(client().post(url).json(&json!({"token": token(&view)}))).await;
    assert_eq!(opened.expect_error(401), "unauthorized");
    let log = "select l.action from webhooks.audit_log l where l.operator = $1 order by l.id desc limit 1";
    assert_eq!(
        stack.sql(log, &[&operator.name]).await[0]["action"],
        "close_console"
    );
}

#[tokio::test]
async fn the_overview_says_what_waits_what_fails_and_what_needs_somebody() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let stack = &private.stack;
    let operator = Operator::new(stack, &["read"]).await;
    let codes = async || {
        let overview = operator.get("/operator/overview").await;
        let problems = overview["problems"].as_array().unwrap().clone();
        let code = |p: &Value| p["code"].as_str().unwrap().to_owned();
        problems.iter().map(code).collect::<Vec<_>>()
    };
    assert_eq!(codes().await, Vec::<String>::new());

    let (user, other) = (stack.user().await, stack.user().await);
    let receiver = Receiver::start(200).await;
    let fine = other.register(&receiver.url).await;
    // Ten failures in a row would have it back off: of each there are seven.
    user.register(&nobody().await).await;
    user.register(&nobody().await).await;
    let newest = failing(stack, &user, 7).await;
    emit(stack, &other, "fine").await;
    receiver.wait_for(1, SOON).await;
    let count = "select webhooks.count_tally(null)";
    change(stack, count, &[]).await;
    let overview = operator.get("/operator/overview").await;
    let worst = overview["worst_endpoints"].as_array().unwrap();
    assert_eq!(worst.len(), 3, "{worst:?}");
    let worst = worst.iter().find(|entry| entry["id"] == newest.id).unwrap();
    assert!(
        worst["url"]
            .as_str()
            .unwrap()
            .starts_with("http://127.0.0.1:")
    );
    assert_eq!(
        *worst,
        json!({"id": newest.id, "url": worst["url"], "owner": user.id, "is_active": true,
            "disabled_reason": null, "attempts": 7, "failed": 7, "consecutive_failures": 7})
    );
    assert_eq!(
        overview["worst_owners"],
        json!([{"owner": user.id, "failing_endpoints": 3, "failed": 21}])
    );
    assert_eq!(overview["endpoints"]["failing"], 3);
    assert_eq!(overview["success_rate"], json!(0.0455));
    assert!(overview["attempts_per_minute"].as_f64().unwrap() > 0.0);
    let stats = operator.get("/operator/stats?window=1h").await;
    assert_eq!(stats["attempts"], 22);
    assert_eq!(stats["failures_by_cause"], json!({"connection": 21}));
    let path = format!("/operator/stats?window=1h&owner={}", other.id);
    assert_eq!(operator.get(&path).await["attempts"], 1);
    assert_eq!(codes().await, ["most_attempts_fail"]);

    // A delivery that has waited for long, and no tick that ever ended.
    let wait = "insert into public.webhook_deliveries (endpoint_id, event_type, event_id, payload, next_retry_at)
        values ($1, 'vehicle.created', 'waits', '{}', now() - interval '20 minutes')";
    let fine = Uuid::parse_str(&fine.id).unwrap();
    change(stack, wait, &[&fine]).await;
    let set_aside = "insert into webhooks.outbox (owner, event_ref, set_aside_at) values (webhooks.no_owner(), 0, now())";
    change(stack, set_aside, &[]).await;
    let refused = "insert into webhooks.refused_events (code, error) values ('x', 'x')";
    change(stack, refused, &[]).await;
    let alert = "insert into webhooks.endpoint_health (endpoint_id, consecutive_failures) values (webhooks.operator_endpoint(), 3)";
    change(stack, alert, &[]).await;
    assert_eq!(
        codes().await,
        [
            "cron_stopped",
            "events_set_aside",
            "deliveries_wait",
            "most_attempts_fail",
            "events_refused",
            "alert_url_fails"
        ]
    );
    let overview = operator.get("/operator/overview").await;
    assert_eq!(
        (
            &overview["backlog"],
            &overview["outbox"],
            &overview["set_aside"],
            &overview["last_tick"]
        ),
        (&json!(1), &json!(1), &json!(1), &Value::Null)
    );
    assert!(overview["oldest_due_at"].is_string());
    assert_eq!(
        overview["endpoints"]["failing"], 3,
        "the operator's own is not counted"
    );
    change(stack, "select public.record_webhook_tick(7)", &[]).await;
    let overview = operator.get("/operator/overview").await;
    assert_eq!(overview["last_tick"]["duration_ms"], 7);
    assert!(!codes().await.contains(&"cron_stopped".to_owned()));
    let late = "update webhooks.ticks set finished_at = now() - interval '6 minutes'";
    change(stack, late, &[]).await;
    assert_eq!(codes().await[0], "cron_stopped");
    private.stop().await;
}

#[tokio::test]
async fn the_operator_finds_events_deliveries_endpoints_and_owners() {
    let stack = Stack::get();
    let user = stack.user().await;
    let operator = Operator::new(&stack, &["read"]).await;
    let name = Uuid::new_v4().simple().to_string();
    let endpoint = user.register(&format!("https://example.com/{name}")).await;
    let event_id = Uuid::new_v4().to_string();
    let off = "update public.webhook_endpoints set is_active = false where id::text = $1";
    change(&stack, off, &[&endpoint.id]).await;
    emit(&stack, &user, &event_id).await;
    let search = async |text: &str| operator.get(&format!("/operator/search?text={text}")).await;
    let ids = |found: &Value, kind: &str, field: &str| {
        let list = found[kind].as_array().unwrap().iter();
        list.map(|entry| entry[field].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let by_event = search(&event_id).await;
    assert_eq!(ids(&by_event, "events", "event_id"), [event_id.as_str()]);
    assert_eq!(by_event["events"][0]["owner"], user.id.to_string());
    assert_eq!(
        ids(&by_event, "deliveries", "endpoint_id"),
        [endpoint.id.as_str()]
    );
    let delivery = ids(&by_event, "deliveries", "id").remove(0);
    assert_eq!(
        ids(&search(&delivery).await, "deliveries", "id"),
        [delivery]
    );
    let by_id = search(&endpoint.id).await;
    assert_eq!(ids(&by_id, "endpoints", "id"), [endpoint.id.as_str()]);
    let by_url = search(&name.to_uppercase()).await;
    assert_eq!(ids(&by_url, "endpoints", "id"), [endpoint.id.as_str()]);
    let by_owner = search(&user.id.to_string()).await;
    assert_eq!(
        by_owner["owners"],
        json!([{"owner": user.id, "endpoints": 1, "active_endpoints": 0}])
    );
    assert_eq!(ids(&by_owner, "endpoints", "id"), [endpoint.id]);
    // What patterns of SQL would mean is text here.
    let nothing = json!({"events": [], "deliveries": [], "endpoints": [], "owners": []});
    for text in ["%25%25%25", "___", "'--"] {
        assert_eq!(search(text).await, nothing, "{text}");
    }
}

#[tokio::test]
async fn what_the_operator_does_to_deliveries_is_counted_first_then_done_and_logged() {
    let stack = Stack::get();
    let (user, other) = (stack.user().await, stack.user().await);
    let operator = Operator::new(&stack, &["read", "write"]).await;
    let endpoint = failing(&stack, &user, 3).await;
    let others = failing(&stack, &other, 1).await;
    let receiver = Receiver::start(200).await;
    user.patch(
        &format!("/webhooks/{}", endpoint.id),
        &json!({"url": receiver.url}),
    )
    .await
    .expect(StatusCode::OK);

    let resend = "/operator/deliveries/resend";
    let which = json!({"owner": user.id, "dry_run": true});
    let counted = operator.post(resend, &which).await;
    assert_eq!(
        counted,
        json!({"matched": 3, "resent": 0, "more": false, "next_cursor": null})
    );
    assert_eq!(
        operator.last_action().await,
        "open_console",
        "a count is not logged"
    );
    assert_eq!(statuses(&stack, &endpoint).await, ["failed"; 3]);
    for none in [
        json!({"owner": user.id, "event_type": "vehicle.sold"}),
        json!({"owner": user.id, "until": "2020-01-01T00:00:00Z"}),
        json!({"owner": Uuid::new_v4()}),
    ] {
        assert_eq!(operator.post(resend, &none).await["matched"], 0, "{none}");
    }
    let done = operator
        .post(resend, &json!({"owner": user.id, "event_type": null}))
        .await;
    assert_eq!(
        done,
        json!({"matched": 3, "resent": 3, "more": false, "next_cursor": null})
    );
    receiver.wait_for(3, SOON).await;
    assert_eq!(statuses(&stack, &others).await, ["failed"]);
    let (action, owner, details) = operator.logged().await.swap_remove(0);
    assert_eq!(
        (action.as_str(), &owner),
        ("resend_deliveries", &json!(user.id))
    );
    assert_eq!(details, json!({"matched": 3, "resent": 3}));

    let wait = "insert into public.webhook_deliveries (endpoint_id, event_type, event_id, payload, next_retry_at)
        values ($1::text::uuid, 'vehicle.created', gen_random_uuid()::text, '{}', now() + interval '1 hour')";
    change(&stack, wait, &[&others.id]).await;
    let cancel = "/operator/deliveries/cancel";
    let which = json!({"endpoint_id": others.id, "dry_run": true});
    assert_eq!(operator.post(cancel, &which).await["matched"], 1);
    let done = operator
        .post(cancel, &json!({"endpoint_id": others.id}))
        .await;
    assert_eq!(
        done,
        json!({"matched": 1, "cancelled": 1, "more": false, "next_cursor": null})
    );
    let errors = "select count(*)::int as n from public.webhook_deliveries
        where endpoint_id::text = $1 and last_error = 'Cancelled by the operator'";
    assert_eq!(stack.sql(errors, &[&others.id]).await[0]["n"], 1);
    assert_eq!(operator.last_action().await, "cancel_deliveries");
}

#[tokio::test]
async fn deliveries_of_all_owners_are_acted_on_step_by_step_and_never_by_mistake() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let stack = &private.stack;
    let operator = Operator::new(stack, &["read", "write"]).await;
    // The operator's own endpoint is not meant.
    let many = "set session_replication_role = replica;
        insert into public.webhook_endpoints (user_id, url, secret)
          select gen_random_uuid(), 'https://example.com/' || n, 'x' from generate_series(1, 2300) as n;
        insert into public.webhook_endpoints (id, url, secret)
          values (webhooks.operator_endpoint(), 'https://alerts.example.com/token', 'x');
        insert into public.webhook_deliveries (endpoint_id, event_type, event_id, payload, status, next_retry_at)
          select e.id, 'x', gen_random_uuid()::text, '{}', 'pending', now() + interval '1 hour'
          from public.webhook_endpoints e";
    let database = stack.database().await;
    database.batch_execute(many).await.unwrap();
    for unset in [json!({}), json!({"owner": null}), json!({"all": false})] {
        for what in ["resend", "cancel"] {
            let path = format!("/operator/deliveries/{what}");
            let answer = operator.call(Method::POST, &path, &unset).await;
            assert_eq!(answer.expect_error(400), "invalid_field", "{unset}");
            assert_eq!(answer.body["field"], "owner");
        }
    }
    let run = async |dry_run: bool| {
        let (mut steps, mut matched, mut cancelled, mut cursor) = (0, 0, 0, Value::Null);
        loop {
            let call = json!({"all": true, "dry_run": dry_run, "cursor": cursor});
            let answer = operator.post("/operator/deliveries/cancel", &call).await;
            steps += 1;
            matched += answer["matched"].as_u64().unwrap();
            cancelled += answer["cancelled"].as_u64().unwrap();
            cursor = answer["next_cursor"].clone();
            assert_eq!(answer["more"], !cursor.is_null());
            if cursor.is_null() {
                return (steps, matched, cancelled);
            }
        }
    };
    assert_eq!(run(true).await, (3, 2300, 0));
    // More at a thousand endpoints than a step takes.
    let more = "insert into public.webhook_deliveries (endpoint_id, event_type, event_id, payload, status, next_retry_at)
        select (select e.id from public.webhook_endpoints e where e.user_id is not null order by e.id limit 1), 'x',
          gen_random_uuid()::text, '{}', 'pending', now() + interval '1 hour' from generate_series(1, 9500)";
    change(stack, more, &[]).await;
    assert_eq!(run(false).await, (4, 11_800, 11_800));
    let left = "select count(*)::int as n from public.webhook_deliveries where status = 'pending'";
    assert_eq!(stack.sql(left, &[]).await[0]["n"], 1, "the operator's own");
    // Nor is its URL shown, which may hold a token.
    let found = operator
        .get("/operator/search?text=alerts.example.com")
        .await;
    assert_eq!(found["endpoints"], json!([]));
    let id = "00000000-0000-4000-8000-000000000000";
    let found = operator.get(&format!("/operator/search?text={id}")).await;
    assert_eq!(found["endpoints"], json!([]));
    private.stop().await;
}

#[tokio::test]
async fn what_the_operator_pauses_its_owner_is_told_and_what_an_owner_switched_off_stays_off() {
    let stack = Stack::get();
    let user = stack.user().await;
    let operator = Operator::new(&stack, &["read", "write"]).await;
    let endpoint = user.register("https://example.com/a").await;
    let own = user.register("https://example.com/b").await;
    let show = async |endpoint: &Endpoint| {
        let answer = user.get(&format!("/webhooks/{}", endpoint.id)).await;
        let shown = &answer.expect(StatusCode::OK)["data"];
        (
            shown["is_active"] == true,
            shown["disabled_reason"].clone(),
            shown["disabled_at"].is_string(),
        )
    };
    let on = (true, Value::Null, false);
    assert_eq!(show(&own).await, on);
    user.patch(
        &format!("/webhooks/{}", own.id),
        &json!({"is_active": false}),
    )
    .await
    .expect(StatusCode::OK);
    let off_by_owner = (false, Value::Null, true);
    assert_eq!(show(&own).await, off_by_owner);

    let all = json!({"owner": user.id});
    let counted = operator
        .post(
            "/operator/endpoints/pause",
            &json!({"owner": user.id, "dry_run": true}),
        )
        .await;
    assert_eq!(counted, json!({"matched": 1, "changed": 0}));
    assert_eq!(show(&endpoint).await, on);
    let paused = operator.post("/operator/endpoints/pause", &all).await;
    assert_eq!(paused, json!({"matched": 1, "changed": 1}));
    let reason = json!("Paused by the operator");
    assert_eq!(show(&endpoint).await, (false, reason, true));
    assert_eq!(show(&own).await, off_by_owner);
    let again = operator.post("/operator/endpoints/pause", &all).await;
    assert_eq!(again, json!({"matched": 0, "changed": 0}));
    let ids = json!({"endpoint_ids": [endpoint.id, own.id]});
    let resumed = operator.post("/operator/endpoints/resume", &ids).await;
    assert_eq!(resumed, json!({"matched": 1, "changed": 1}));
    assert_eq!(show(&endpoint).await, on);
    assert_eq!(show(&own).await, off_by_owner);
    // What the owner switches off while it is paused is off for the owner's reasons.
    operator.post("/operator/endpoints/pause", &ids).await;
    let path = format!("/webhooks/{}", endpoint.id);
    let described = user.patch(&path, &json!({"description": "x"})).await;
    described.expect(StatusCode::OK);
    assert_eq!(show(&endpoint).await.1, "Paused by the operator");
    let switched = user.patch(&path, &json!({"is_active": false})).await;
    switched.expect(StatusCode::OK);
    assert_eq!(show(&endpoint).await, off_by_owner);
    let resumed = operator.post("/operator/endpoints/resume", &ids).await;
    assert_eq!(resumed, json!({"matched": 0, "changed": 0}));
    let actions: Vec<String> = operator
        .logged()
        .await
        .into_iter()
        .map(|(action, ..)| action)
        .collect();
    assert_eq!(
        actions,
        [
            "resume_endpoints",
            "pause_endpoints",
            "resume_endpoints",
            "pause_endpoints",
            "pause_endpoints",
            "open_console"
        ]
    );
}

#[tokio::test]
async fn who_may_read_the_console_changes_nothing() {
    let stack = Stack::get();
    let user = stack.user().await;
    let endpoint = user.register("https://example.com/").await;
    let operator = Operator::new(&stack, &["read"]).await;
    let id = &endpoint.id;
    for (method, path, body) in [
        (
            Method::POST,
            "/operator/deliveries/resend",
            json!({"endpoint_id": id}),
        ),
        (
            Method::POST,
            "/operator/deliveries/cancel",
            json!({"endpoint_id": id}),
        ),
        (
            Method::POST,
            "/operator/endpoints/pause",
            json!({"owner": user.id}),
        ),
        (
            Method::POST,
            "/operator/endpoints/resume",
            json!({"owner": user.id}),
        ),
        (
            Method::POST,
            "/webhooks-deliver/events/erase",
            json!({"user_id": user.id, "event_ids": ["x"]}),
        ),
        (
            Method::PUT,
            "/event-types/vehicle.created",
            json!({"description": "x"}),
        ),
        (Method::DELETE, "/portal-links/x", json!({})),
    ] {
        let answer = operator.call(method, path, &body).await;
        assert_eq!(answer.expect_error(403), "insufficient_scope", "{path}");
    }
    let shown = user.get(&format!("/webhooks/{id}")).await;
    assert_eq!(shown.expect(StatusCode::OK)["data"]["is_active"], true);
    operator.get("/portal-links").await;
}

#[tokio::test]
async fn the_operators_view_of_an_owner_is_read_only_marked_and_logged() {
    let stack = Stack::get();
    let (user, other) = (stack.user().await, stack.user().await);
    let endpoint = user.register("https://example.com/").await;
    let others = other.register("https://example.com/").await;
    let operator = Operator::new(&stack, &["read"]).await;
    let asked = json!({"owner": user.id, "endpoint_id": endpoint.id});
    let answer = operator.call(Method::POST, "/portal-links", &asked).await;
    let link = &answer.expect(StatusCode::CREATED)["data"];
    assert_eq!(
        (&link["scopes"], &link["operator"]),
        (&json!(["read"]), &json!(operator.name))
    );
    let url = format!("{}/portal-session", stack.manage_url);
    let opened = Answer::of(client().post(&url).json(&json!({"token": token(link)}))).await;
    let opened = &opened.expect(StatusCode::OK)["data"];
    assert_eq!(opened["operator"], operator.name);
    let by_view = async |method, path: &str| {
        let request = client()
            .request(method, format!("{}{path}", stack.manage_url))
            .header("x-api-key", opened["session"].as_str().unwrap());
        Answer::of(request.json(&json!({"is_active": false}))).await
    };
    let path = format!("/webhooks/{}", endpoint.id);
    by_view(Method::GET, &path).await.expect(StatusCode::OK);
    let refused = by_view(Method::PATCH, &path).await;
    assert_eq!(refused.expect_error(403), "insufficient_scope");
    let stranger = by_view(Method::GET, &format!("/webhooks/{}", others.id)).await;
    assert_eq!(stranger.expect_error(404), "not_found");
    let (action, owner, details) = operator.logged().await.swap_remove(0);
    assert_eq!((action.as_str(), owner), ("view_owner", json!(user.id)));
    assert_eq!(details, json!({"endpoint_id": endpoint.id}));

    let writes = json!({"owner": user.id, "scopes": ["read", "write"]});
    let answer = operator.call(Method::POST, "/portal-links", &writes).await;
    assert_eq!(answer.expect_error(400), "invalid_field");
    assert_eq!(answer.body["field"], "scopes");
    let long = json!({"owner": user.id, "expires_in": 901});
    let answer = operator.call(Method::POST, "/portal-links", &long).await;
    assert_eq!(answer.expect_error(400), "invalid_field");
    assert_eq!(answer.body["field"], "expires_in");
    // What the session opened ends with it: views that are open, and links to others.
    let answer = operator.call(Method::POST, "/portal-links", &asked).await;
    let unopened = answer.expect(StatusCode::CREATED)["data"].clone();
    let path_of_link = format!("/console-links/{}", operator.link["id"].as_str().unwrap());
    by_key(&stack, Method::DELETE, &path_of_link, &json!({}))
        .await
        .expect(StatusCode::OK);
    let ended = by_view(Method::GET, &path).await;
    assert_eq!(ended.expect_error(401), "unauthorized");
    let late = Answer::of(
        client()
            .post(&url)
            .json(&json!({"token": token(&unopened)})),
    )
    .await;
    assert_eq!(late.expect_error(401), "unauthorized");
    // The owner's own link is the owner's.
    let answer = by_key(
        &stack,
        Method::POST,
        "/portal-links",
        &json!({"owner": user.id}),
    )
    .await;
    assert_eq!(
        answer.expect(StatusCode::CREATED)["data"]["operator"],
        Value::Null
    );
}

#[tokio::test]
async fn the_catalogue_says_who_uses_a_type_and_what_was_erased_or_changed_is_logged() {
    let stack = Stack::get();
    let user = stack.user().await;
    let operator = Operator::new(&stack, &["read", "write"]).await;
    let group = format!("g{}", Uuid::new_v4().simple());
    let name = |end: &str| format!("{group}.{end}");
    for end in ["named", "unused"] {
        let path = format!("/event-types/{}", name(end));
        let answer = operator
            .call(Method::PUT, &path, &json!({"description": end}))
            .await;
        answer.expect(StatusCode::OK);
    }
    user.register_for("https://example.com/a", &[&name("named")])
        .await;
    user.register_for("https://example.com/b", &[&format!("{group}.*")])
        .await;
    let event = json!({"event_type": name("unknown"), "data": {"vin": "secret"}, "user_id": user.id, "event_id": group});
    stack
        .deliver(&json!({"event": event, "wait": false}))
        .await
        .expect(StatusCode::ACCEPTED);
    let types = operator.get("/operator/event-types").await;
    let used = |end: &str| {
        let types = types.as_array().unwrap();
        let entry = types
            .iter()
            .find(|entry| entry["name"] == name(end))
            .unwrap();
        (
            entry["is_in_catalogue"] == true,
            entry["subscribers"].clone(),
            entry["recent_events"].clone(),
        )
    };
    assert_eq!(used("named"), (true, json!(2), json!(0)));
    assert_eq!(used("unused"), (true, json!(1), json!(0)));
    assert_eq!(used("unknown"), (false, json!(1), json!(1)));
    assert!(
        types
            .as_array()
            .unwrap()
            .iter()
            .all(|entry| entry["name"] != format!("{group}.*"))
    );
    let (action, _, details) = operator.logged().await.swap_remove(0);
    assert_eq!(action, "put_event_type");
    assert_eq!(
        details,
        json!({"name": name("unused"), "changed": ["description"]})
    );

    let which = json!({"user_id": user.id, "contains": {"vin": "secret"}});
    assert_eq!(
        operator
            .post("/webhooks-deliver/events/erase", &which)
            .await["erased"],
        1
    );
    let (action, owner, details) = operator.logged().await.swap_remove(0);
    assert_eq!((action.as_str(), owner), ("erase_events", json!(user.id)));
    assert_eq!(details, json!({"erased": 1}), "not what was erased");
    let trace = "select actor from webhooks.erasures where user_id = $1";
    assert_eq!(
        stack.sql(trace, &[&user.id]).await[0]["actor"],
        format!("operator {}", operator.name)
    );
}

#[tokio::test]
async fn storage_tells_how_large_tables_are_and_for_how_long_the_oldest_event_should_be_gone() {
    let private = PrivateStack::start_without_cron(&[("RETENTION_DAYS", "2")]).await;
    let stack = &private.stack;
    let operator = Operator::new(stack, &["read"]).await;
    let storage = async || operator.get("/operator/storage").await;
    let empty = storage().await;
    assert_eq!(
        (
            &empty["retention_days"],
            &empty["oldest_event_at"],
            &empty["retention_lag_seconds"]
        ),
        (&json!(2), &Value::Null, &json!(0))
    );
    let insert = "insert into public.webhook_events (event_id, event_type, payload, created_at)
        select 'old ' || n, 'vehicle.created', repeat('x', 1000), now() - interval '50 hours' from generate_series(1, 5000) as n";
    change(stack, insert, &[]).await;
    let full = storage().await;
    let lag = full["retention_lag_seconds"].as_i64().unwrap();
    assert!((7200..7260).contains(&lag), "{lag}");
    let table = &full["tables"][0];
    assert_eq!(
        table["name"], "public.webhook_events",
        "the largest is first"
    );
    assert!(table["bytes"].as_i64().unwrap() > 5_000_000);
    private.stop().await;
}

#[tokio::test]
async fn the_audit_log_is_read_page_by_page_and_kept_for_a_year() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let stack = &private.stack;
    let operator = Operator::new(stack, &["read"]).await;
    let fill = "insert into webhooks.audit_log (operator, action, at)
        select 'x', 'view_owner', now() - n * interval '2 days' from generate_series(197, 1, -1) as n";
    change(stack, fill, &[]).await;
    let page = async |query: &str| {
        let path = format!("/operator/audit-log{query}");
        let answer = operator.call(Method::GET, &path, &json!({})).await;
        answer.expect(StatusCode::OK).clone()
    };
    let (mut seen, mut query) = (Vec::new(), String::new());
    loop {
        let page = page(&query).await;
        seen.extend(
            page["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| entry["id"].as_i64().unwrap()),
        );
        if page["next_before"].is_null() {
            break;
        }
        query = format!("?before={}", page["next_before"]);
    }
    assert_eq!(seen.len(), 200, "two full pages, and no third");
    assert!(seen.is_sorted_by(|a, b| a > b), "each once, newest first");
    change(stack, "select public.run_webhook_upkeep(90)", &[]).await;
    let left = "select count(*)::int as n, min(at) > now() - interval '367 days' as is_young from webhooks.audit_log";
    let left = stack.sql(left, &[]).await;
    assert_eq!(
        (&left[0]["is_young"], &left[0]["n"]),
        (&json!(true), &json!(185))
    );
    private.stop().await;
}

#[tokio::test]
async fn what_the_operator_asks_wrongly_is_refused_by_the_name_of_its_field() {
    let stack = Stack::get();
    let operator = Operator::new(&stack, &["read", "write"]).await;
    let long = "x".repeat(256);
    for (path, field) in [
        ("/operator/overview?x=1".to_owned(), "x"),
        ("/operator/event-types?x=1".to_owned(), "x"),
        ("/operator/stats?window=2h".to_owned(), "window"),
        ("/operator/stats?owner=x".to_owned(), "owner"),
        ("/operator/search".to_owned(), "text"),
        ("/operator/search?text=ab".to_owned(), "text"),
        ("/operator/search?text=a%20b".to_owned(), "text"),
        (format!("/operator/search?text={long}"), "text"),
        ("/operator/audit-log?before=-1".to_owned(), "before"),
        ("/operator/audit-log?before=1e3".to_owned(), "before"),
        (
            "/operator/storage?retention_days=1".to_owned(),
            "retention_days",
        ),
    ] {
        let answer = operator.call(Method::GET, &path, &json!({})).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{path}");
        assert_eq!(answer.body["field"], field, "{path}");
    }
    let answer = by_key(&stack, Method::GET, "/console-links?x=1", &json!({})).await;
    assert_eq!(answer.expect_error(400), "invalid_field");
    let id = Uuid::new_v4();
    for (path, body, field) in [
        (
            "/operator/deliveries/resend",
            json!({"user_id": id}),
            "user_id",
        ),
        (
            "/operator/deliveries/resend",
            json!({"endpoint_id": id}),
            "endpoint_id",
        ),
        (
            "/operator/deliveries/resend",
            json!({"all": true, "event_type": ""}),
            "event_type",
        ),
        (
            "/operator/deliveries/resend",
            json!({"all": true, "since": "yesterday"}),
            "since",
        ),
        (
            "/operator/deliveries/cancel",
            json!({"dry_run": "yes"}),
            "dry_run",
        ),
        ("/operator/endpoints/pause", json!({}), "owner"),
        (
            "/operator/endpoints/pause",
            json!({"endpoint_ids": []}),
            "endpoint_ids",
        ),
        (
            "/operator/endpoints/resume",
            json!({"endpoint_ids": ["x"]}),
            "endpoint_ids",
        ),
    ] {
        let answer = operator.call(Method::POST, path, &body).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{path} {body}");
        assert_eq!(answer.body["field"], field, "{path} {body}");
    }
    for (body, field) in [
        (json!({}), "operator"),
        (json!({"operator": ""}), "operator"),
        (json!({"operator": "a\nb"}), "operator"),
        (json!({"operator": " ada"}), "operator"),
        (json!({"operator": "a\u{202e}b"}), "operator"),
        (json!({"operator": "Service Key"}), "operator"),
        (json!({"operator": "x".repeat(101)}), "operator"),
        (json!({"operator": "ada", "scopes": ["admin"]}), "scopes"),
        (json!({"operator": "ada", "expires_in": 1}), "expires_in"),
        (json!({"operator": "ada", "owner": id}), "owner"),
    ] {
        let answer = by_key(&stack, Method::POST, "/console-links", &body).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{body}");
        assert_eq!(answer.body["field"], field, "{body}");
    }
}

#[tokio::test]
async fn the_console_is_framed_by_nobody_and_loads_from_its_own_host_alone() {
    let stack = Stack::get();
    let page = client().get(format!("{}/console/owners/x", stack.deliver_url));
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
    let script = html
        .split("src=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert!(script.starts_with("/console/assets/"), "{script}");
    let script = client()
        .get(format!("{}{script}", stack.deliver_url))
        .send()
        .await
        .unwrap();
    assert_eq!(script.status(), StatusCode::OK);
    let kept = script.headers()["cache-control"].to_str().unwrap();
    assert!(kept.contains("immutable"), "{kept}");
    for (method, path, status) in [
        (Method::POST, "/console", StatusCode::METHOD_NOT_ALLOWED),
        (
            Method::GET,
            "/console/assets/gone.js",
            StatusCode::NOT_FOUND,
        ),
    ] {
        let request = client().request(method, format!("{}{path}", stack.deliver_url));
        assert_eq!(request.send().await.unwrap().status(), status, "{path}");
    }
}

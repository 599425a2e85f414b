//! Schemas of event types. pg_jsonschema is not part of the local database: a stand-in here has its functions' names, and
//! knows `required` and the types of properties.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::private_stack::PrivateStack;
use tests::stack::{Answer, Stack, client};

use crate::database::{Database, enqueue};

const STAND_IN: &str = r#"
create schema if not exists extensions;
grant usage on schema extensions to anon, authenticated, service_role;
create function extensions.jsonschema_validation_errors(schema json, instance json) returns text[]
language plpgsql as $$
begin
  if schema ->> 'type' = 'broken' then
    raise exception 'unknown type broken';
  end if;
  return array(
    select format('"%s" is a required property', r) from json_array_elements_text(schema -> 'required') as r
    where not instance::jsonb ? r
    union all
    select format('%s is not of type "%s"', instance -> p.key, p.value ->> 'type')
    from json_each(schema -> 'properties') as p
    where instance::jsonb ? p.key and json_typeof(instance -> p.key) <> p.value ->> 'type');
end $$;
create function extensions.jsonb_matches_schema(schema json, instance jsonb) returns boolean
language sql as 'select extensions.jsonschema_validation_errors(schema, instance::json) = ''{}''';
"#;

fn schema() -> Value {
    json!({"type": "object", "required": ["vin"],
        "properties": {"vin": {"type": "string"}, "price": {"type": "number"}}})
}

async fn put(stack: &Stack, name: &str, body: &Value) -> Answer {
    let request = client().put(format!("{}/event-types/{name}", stack.deliver_url));
    Answer::of(request.header("apikey", &stack.service_role_key).json(body)).await
}

#[tokio::test]
async fn events_are_held_to_the_schema_of_their_type() {
    let private = PrivateStack::start_without_cron(&[]).await;
    let stack = &private.stack;
    let user = stack.user().await;
    // Without pg_jsonschema it is documentation only, and says so.
    let made = put(
        stack,
        "boat.sold",
        &json!({"schema": schema(), "validation": "refuse"}),
    )
    .await;
    let data = &made.expect(StatusCode::OK)["data"];
    assert_eq!(
        (&data["is_enforced"], &data["schema"]),
        (&json!(false), &schema())
    );
    let emit = async |data: Value| {
        stack
            .deliver(
                &json!({"event": {"event_type": "boat.sold", "data": data, "user_id": user.id}}),
            )
            .await
    };
    emit(json!({})).await.expect(StatusCode::OK);
    let types = user.get("/event-types").await;
    let types = types.body["data"].as_array().unwrap();
    assert!(
        types
            .iter()
            .any(|t| t["name"] == "boat.sold" && t["schema"] == schema())
    );

    stack
        .database()
        .await
        .batch_execute(STAND_IN)
        .await
        .unwrap();
    let put_again = put(stack, "boat.sold", &json!({"example": {"vin": "v"}})).await;
    assert_eq!(
        put_again.expect(StatusCode::OK)["data"]["is_enforced"],
        true
    );
    let refused = emit(json!({"price": "7"})).await;
    assert_eq!(refused.expect_error(400), "schema_violation");
    assert_eq!(
        refused.body["problems"],
        json!([
            "\"vin\" is a required property",
            "\"7\" is not of type \"number\""
        ])
    );
    emit(json!({"vin": "v", "price": 7, "more": true}))
        .await
        .expect(StatusCode::OK);
    // Each of a list by itself.
    let list = json!({"wait": false, "events": [
        {"event_type": "boat.sold", "data": {"vin": "v"}}, {"event_type": "boat.sold", "data": {}}]});
    let answer = stack.deliver(&list).await;
    let answer = answer.expect(StatusCode::ACCEPTED);
    assert_eq!(
        (&answer["accepted"], &answer["refused"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(answer["events"][1]["code"], "schema_violation");
    // So is a test, of what its owner wrote.
    let endpoint = user.register("https://example.com/").await;
    let path = format!("/webhooks/{}/test", endpoint.id);
    let test = json!({"event_type": "boat.sold", "data": {}});
    let test = user.post(&path, &test).await;
    assert_eq!(test.expect_error(400), "schema_violation");
    // With a warning it is taken and counted.
    put(stack, "boat.sold", &json!({"validation": "warn"}))
        .await
        .expect(StatusCode::OK);
    emit(json!({})).await.expect(StatusCode::OK);
    let shown = put(stack, "boat.sold", &json!({})).await;
    assert_eq!(shown.expect(StatusCode::OK)["data"]["warnings"], 1);
    let metrics = client()
        .get(format!("{}/metrics", stack.deliver_url))
        .bearer_auth(&stack.service_role_key);
    let metrics = Answer::of(metrics).await;
    assert!(
        metrics
            .body
            .as_str()
            .unwrap()
            .contains("\nwebhooks_schema_warnings 1\n")
    );

    for (body, field) in [
        (json!({"schema": []}), "schema"),
        (json!({"schema": {"a": "b".repeat(66_000)}}), "schema"),
        (
            json!({"schema": {"type": "broken"}, "validation": "refuse"}),
            "schema",
        ),
        (json!({"validation": "sometimes"}), "validation"),
        (json!({"validation": "warn", "schema": null}), "validation"),
        (json!({"example": {}, "validation": "refuse"}), "example"),
    ] {
        let answer = put(stack, "boat.sold", &body).await;
        assert_eq!(answer.expect_error(400), "invalid_field", "{body}");
        assert_eq!(answer.body["field"], field, "{body}");
    }
    // Without its schema, nothing is held to it.
    let bare = put(stack, "boat.sold", &json!({"schema": null})).await;
    assert_eq!(bare.expect(StatusCode::OK)["data"]["validation"], "none");
    private.stop().await;
}

#[tokio::test]
async fn a_change_that_breaks_receivers_is_told_apart_from_one_that_does_not() {
    let stack = Stack::get();
    let name = format!("change.t{}", uuid::Uuid::new_v4().simple());
    let change = async |schema: Value| {
        let answer = put(&stack, &name, &json!({"schema": schema})).await;
        answer.expect(StatusCode::OK)["data"]["breaking"].clone()
    };
    let object = |required: Value, properties: Value| json!({"type": "object", "required": required, "properties": properties});
    let full = json!({
        "n": {"type": "number"}, "state": {"enum": ["a", "b"]},
        "list": {"type": "array", "items": {"type": "object", "required": ["x"],
            "properties": {"x": {"type": ["string", "null"]}}}}});
    assert_eq!(change(object(json!(["n"]), full.clone())).await, json!([]));
    // Narrower, and more: what receivers know still holds.
    let mut narrower = full.clone();
    narrower["n"] = json!({"type": "integer"});
    narrower["state"] = json!({"const": "a"});
    narrower["more"] = json!({"type": "string"});
    narrower["list"]["items"]["properties"]["x"] = json!({"type": "string"});
    assert_eq!(
        change(object(json!(["n", "state"]), narrower)).await,
        json!([])
    );
    let wider = json!({
        "n": {"type": ["integer", "null"]}, "state": {"enum": ["a", "b", "c"]},
        "list": {"type": "array", "items": {"properties": {"x": {"type": "string"}}}}});
    assert_eq!(
        change(object(json!(["n"]), wider)).await,
        json!([
            "data.state is no longer always there",
            "data.list[] may be of another type",
            "data.list[].x is no longer always there",
            "data.more is gone",
            "data.n may be of another type",
        ])
    );
    assert_eq!(change(json!({})).await.as_array().unwrap().len(), 5);
    // Whatever stands where lists and objects should be.
    for odd in [
        json!({"type": 7, "required": "n", "properties": [], "enum": {}, "items": true}),
        json!({"type": ["string", 1], "required": [1], "properties": {"a": 7}, "enum": [null]}),
        json!({"properties": {"a": {"properties": {"b": null}}}}),
        json!({"properties": {"a": {"properties": 7}}}),
    ] {
        change(odd).await;
    }
    let gone = put(&stack, &name, &json!({"is_archived": true})).await;
    gone.expect(StatusCode::OK);
}

/// Emitted by SQL; and a schema that stopped working refuses nothing.
#[tokio::test]
async fn sql_is_held_to_schemas_as_http_is() {
    let database = Database::start().await;
    let client = &database.client;
    client.batch_execute(STAND_IN).await.unwrap();
    let put = "select public.put_webhook_event_type('boat.sold', $1)";
    let set = json!({"schema": schema(), "validation": "refuse"}).to_string();
    client.query_one(put, &[&set]).await.unwrap();
    let emit = async |data: &str| {
        let emit = "select public.emit_webhook_event('boat.sold', $1::text::jsonb, $2)";
        client.query_one(emit, &[&data, &database.user]).await
    };
    let error = emit("{}").await.unwrap_err();
    let error = error.as_db_error().unwrap();
    assert_eq!(error.code().code(), "22023");
    assert_eq!(
        error.message(),
        "data does not fit the schema of boat.sold: \"vin\" is a required property"
    );
    emit("{\"vin\": \"v\"}").await.unwrap();
    let counted = "select public.emit_webhook_event('boat.sold', '{}', $1, on_refusal => 'count')";
    client.query_one(counted, &[&database.user]).await.unwrap();
    // A watched table, too, whose transaction goes on.
    client
        .batch_execute(
            "create table public.boats (id integer primary key, owner uuid);
             select public.webhook_watch('public.boats', 'boat', 'owner');
             update public.webhook_event_types set name = 'boat.created' where name = 'boat.sold'",
        )
        .await
        .unwrap();
    let insert = "insert into public.boats values (1, $1)";
    client.execute(insert, &[&database.user]).await.unwrap();
    let refused = "select count(*) from webhooks.refused_events where code = 'schema_violation'";
    assert_eq!(
        client
            .query_one(refused, &[])
            .await
            .unwrap()
            .get::<_, i64>(0),
        2
    );
    let broken = "update public.webhook_event_types set schema = '{\"type\": \"broken\"}' where name = 'boat.created'";
    client.execute(broken, &[]).await.unwrap();
    let event = json!([{"event_type": "boat.created", "data": {}, "user_id": database.user}]);
    let answer = enqueue(client, event).await.unwrap();
    assert_eq!(answer["events"][0]["refused"], Value::Null);
    database.stop().await;
}

//! Whatever one owner's endpoints and events do, and whatever else happens in the database, the
//! deliveries of others go on.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, timeout};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::database::{Database, claim, claimed, enqueue, fan_out, pump, record, upkeep};

/// No statement may take longer.
const BOUND: Duration = Duration::from_secs(1);

/// Owners with as many endpoints each. Gives the owners' endpoints.
async fn owners(database: &Database, owners: usize, endpoints: i32) -> Vec<Vec<Uuid>> {
    let mut all = Vec::new();
    for _ in 0..owners {
        let insert = "with u as (
              insert into auth.users (id) values (gen_random_uuid()) returning id)
            insert into public.webhook_endpoints (user_id, url)
            select u.id, 'https://example.com/' from u, generate_series(1, $1) returning id";
        let rows = database.client.query(insert, &[&endpoints]).await.unwrap();
        all.push(rows.iter().map(|row| row.get(0)).collect());
    }
    all
}

/// Deliveries that are due.
async fn make_due(client: &Client, endpoints: &[Uuid], count: i32) {
    let insert = "insert into public.webhook_deliveries
          (endpoint_id, event_type, event_id, payload, next_retry_at)
        select e, 'a', gen_random_uuid()::text, '{}', now() - interval '1 minute'
        from unnest($1::uuid[]) e, generate_series(1, $2)";
    client.execute(insert, &[&endpoints, &count]).await.unwrap();
}

/// The results of attempts that were all answered like this.
fn results(claimed: &[Value], answer: &Value) -> Value {
    let result = |delivery: &Value| {
        let mut result = answer.clone();
        for name in ["id", "claim", "attempts"] {
            result[name] = delivery[name].clone();
        }
        result
    };
    claimed.iter().map(result).collect()
}

fn ok() -> Value {
    json!({"response_status": 200, "response_time_ms": 5})
}

fn timed_out() -> Value {
    json!({"error": "timed out after 15000 ms", "cause": "timeout", "response_time_ms": 15_000})
}

fn endpoints_of(claimed: &[Value]) -> Vec<Uuid> {
    let ids = claimed.iter().map(|d| d["endpoint_id"].as_str().unwrap());
    ids.map(|id| Uuid::parse_str(id).unwrap()).collect()
}

/// The time a call takes, and its answer.
async fn timed<T>(call: impl Future<Output = T>) -> (Duration, T) {
    let start = Instant::now();
    let answer = timeout(Duration::from_secs(20), call).await;
    (start.elapsed(), answer.expect("it ends"))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Endpoints by the thousand, without the trigger that counts an owner's.
async fn many_endpoints(database: &Database, count: i32) {
    let insert = format!(
        "set session_replication_role = replica;
         insert into public.webhook_endpoints (user_id, url, secret)
         select '{}', 'https://example.com/', 'whsec_' || repeat('a', 64)
         from generate_series(1, {count});
         set session_replication_role = origin;",
        database.user
    );
    database.client.batch_execute(&insert).await.unwrap();
}

/// Eleven events of 250 kB to 10,000 endpoints each.
#[tokio::test]
async fn a_fan_out_of_any_width_and_weight_goes_in_short_steps_beside_claims_of_others() {
    let database = Database::start().await;
    many_endpoints(&database, 10_000).await;
    let other = owners(&database, 1, 1).await[0][0];
    let client = &database.client;
    let text = "x".repeat(250_000);
    let event = json!({"event_type": "a", "data": {"text": text}, "user_id": database.user});
    let (time, _) = timed(enqueue(client, json!([event.clone()]))).await;
    assert!(time < BOUND, "enqueue: {time:?}");
    let events = vec![event; 10];
    let (time, _) = timed(enqueue(client, json!(events))).await;
    assert!(time < BOUND, "enqueue of ten: {time:?}");

    let others = database.another_connection().await;
    let (mut longest, mut longest_claim, mut steps) = (Duration::ZERO, Duration::ZERO, 0);
    let mut is_left = true;
    while is_left && steps < 1000 {
        let fanning_out = timed(fan_out(client, 50));
        let claiming = async {
            make_due(&others, &[other], 1).await;
            let start = Instant::now();
            // Its turn comes within few claims, whatever else became due.
            for round in 0.. {
                let claim = claim(&others, 50).await;
                if endpoints_of(&claimed(&claim)).contains(&other) {
                    break;
                }
                assert!(round < 5, "it is not claimed");
            }
            start.elapsed()
        };
        let ((time, answer), claim_time) = tokio::join!(fanning_out, claiming);
        longest = longest.max(time);
        longest_claim = longest_claim.max(claim_time);
        is_left = answer["stored"] == true;
        steps += 1;
    }
    let count = "select count(*) from public.webhook_deliveries where endpoint_id <> $1";
    let made: i64 = client.query_one(count, &[&other]).await.unwrap().get(0);
    assert_eq!(made, 110_000, "after {steps} steps");
    println!(
        "{steps} steps, the longest {longest:?}; another owner's claim within {longest_claim:?}"
    );
    assert!(longest < BOUND, "{longest:?}");
    assert!(longest_claim < BOUND, "{longest_claim:?}");
    database.stop().await;
}

#[tokio::test]
async fn an_event_whose_fan_out_fails_is_set_aside_alone_and_shown() {
    let database = Database::start().await;
    let client = &database.client;
    owners(&database, 1, 2).await;
    let failing = "create function public.fail() returns trigger language plpgsql as
            $$ begin raise exception 'not this one'; end $$;
        create trigger fail before insert on public.webhook_deliveries
            for each row when (new.event_type = 'bad') execute function public.fail();
        select public.broadcast_webhook_event('bad', '{}');
        select public.broadcast_webhook_event('good', '{}');";
    client.batch_execute(failing).await.unwrap();
    let types: Vec<_> = timeout(Duration::from_secs(10), pump(client))
        .await
        .expect("it comes to an end")
        .iter()
        .flat_map(claimed)
        .collect();
    assert_eq!(types.len(), 2, "{types:?}");
    let aside = "select failures, last_error from webhooks.outbox where set_aside_at is not null";
    let row = client.query_one(aside, &[]).await.unwrap();
    assert_eq!((row.get::<_, i32>(0), row.get(1)), (3, "not this one"));
    let metrics: String = client
        .query_one("select public.webhook_metrics()", &[])
        .await
        .unwrap()
        .get(0);
    assert!(
        metrics.contains("\nwebhooks_events_set_aside 1\n"),
        "{metrics}"
    );

    // What was wrong is put right, and it is tried again.
    let again = "drop trigger fail on public.webhook_deliveries;
        select webhooks.retry_set_aside_events()";
    client.batch_execute(again).await.unwrap();
    assert_eq!(pump(client).await.iter().flat_map(claimed).count(), 2);
    database.stop().await;
}

#[tokio::test]
async fn an_owner_with_a_hundred_hanging_endpoints_leaves_the_first_places_to_others() {
    let database = Database::start().await;
    let client = &database.client;
    let hanging = owners(&database, 1, 100).await.remove(0);
    let others: Vec<Uuid> = owners(&database, 9, 1).await.concat();
    make_due(client, &hanging, 5).await;
    make_due(client, &others, 10).await;
    // Unknown as yet: each owner has an equal share, and owners take turns in the batch.
    let first = claimed(&claim(client, 50).await);
    assert_eq!(first.len(), 50);
    let places = endpoints_of(&first);
    for round in places[..40].chunks(10) {
        let own = round.iter().filter(|id| hanging.contains(id)).count();
        assert!(own <= 1, "{own} of a round");
        for other in &others {
            assert!(round.contains(other), "each owner is in each round");
        }
    }

    // All of them time out, again and again: they get what the slow lanes can begin.
    for _ in 0..12 {
        let statement = "select public.claim_webhook_deliveries(100, 60, 100)";
        let answer: Value = client.query_one(statement, &[]).await.unwrap().get(0);
        let all = claimed(&answer);
        let (own, rest): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|d| hanging.contains(&endpoints_of(std::slice::from_ref(d))[0]));
        record(client, results(&own, &timed_out())).await;
        record(client, results(&rest, &ok())).await;
    }
    let due = "update public.webhook_deliveries set next_retry_at = now() - interval '1 second'
        where status in ('pending', 'retrying') and leased_until is null";
    client.execute(due, &[]).await.unwrap();
    make_due(client, &others, 10).await;
    let statement = "select public.claim_webhook_deliveries(50, 60, 6)";
    let answer: Value = client.query_one(statement, &[]).await.unwrap().get(0);
    let claimed = claimed(&answer);
    let slow = claimed.iter().filter(|d| d["is_slow"] == true).count();
    assert!((1..=6).contains(&slow), "{slow}");
    assert_eq!(claimed.len() - slow, 50.min(others.len() * 10) - slow);
    for other in &others {
        assert!(endpoints_of(&claimed).contains(other));
    }
    database.stop().await;
}

#[tokio::test]
async fn with_more_owners_than_places_each_is_served_within_a_few_claims() {
    let database = Database::start().await;
    let client = &database.client;
    let all: Vec<Uuid> = owners(&database, 60, 1).await.concat();
    make_due(client, &all, 20).await;
    let mut served = std::collections::HashSet::new();
    for round in 1.. {
        served.extend(endpoints_of(&claimed(&claim(client, 20).await)));
        if served.len() == all.len() {
            break;
        }
        assert!(
            round < 10,
            "{} of 60 owners after {round} claims",
            served.len()
        );
    }
    database.stop().await;
}

#[tokio::test]
async fn a_delivery_that_was_claimed_and_given_back_keeps_its_due_time() {
    let database = Database::start().await;
    let client = &database.client;
    let endpoint = owners(&database, 1, 1).await[0][0];
    make_due(client, &[endpoint], 3).await;
    let due = "select id::text, next_retry_at::text from public.webhook_deliveries order by 1";
    let state = async || -> Vec<(String, String)> {
        let rows = client.query(due, &[]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    };
    let before = state().await;
    for _ in 0..3 {
        let claimed = claimed(&claim(client, 3).await);
        assert_eq!(claimed.len(), 3, "it is due again at once");
        assert_eq!(state().await, before);
        record(client, results(&claimed, &json!({"released": true}))).await;
    }
    assert_eq!(state().await, before);
    database.stop().await;
}

/// Sends events one by one: each is enqueued for a claim, or stored for a fan-out.
async fn send_events(client: &Client, user: Uuid, count: usize) {
    let event = json!([{"event_type": "a", "data": {}, "user_id": user}]).to_string();
    for n in 0..count {
        let answer = if n % 2 == 0 {
            let enqueue = "select public.enqueue_webhook_events($1, 0, 60)";
            client.execute(enqueue, &[&event]).await.unwrap();
            claim(client, 50).await
        } else {
            let store = "select public.store_webhook_events($1)";
            client.execute(store, &[&event]).await.unwrap();
            fan_out(client, 50).await
        };
        let claimed = claimed(&answer);
        assert_eq!(claimed.len(), 1);
        record(client, results(&claimed, &ok())).await;
        if n % 1000 == 999 {
            upkeep(client, 30).await;
        }
    }
}

/// The times of a claim of 50, of a claim of one event, and of a claim and a fan-out that find nothing.
async fn times(client: &Client, user: Uuid, endpoints: &[Uuid]) -> [Duration; 4] {
    make_due(client, endpoints, 60).await;
    let [mut full, mut single, mut empty, mut fan_outs] = [const { Vec::new() }; 4];
    for _ in 0..22 {
        let (time, answer) = timed(claim(client, 50)).await;
        full.push(time);
        // Else its lease would end while the events after this are sent, on a busy machine.
        record(client, results(&claimed(&answer), &ok())).await;
    }
    for answer in pump(client).await {
        record(client, results(&claimed(&answer), &ok())).await;
    }
    let event = json!([{"event_type": "a", "data": {}, "user_id": user}]).to_string();
    for _ in 0..21 {
        let enqueue = "select public.enqueue_webhook_events($1, 0, 60)";
        client.execute(enqueue, &[&event]).await.unwrap();
        let (time, answer) = timed(claim(client, 50)).await;
        single.push(time);
        record(client, results(&claimed(&answer), &ok())).await;
        empty.push(timed(claim(client, 50)).await.0);
        fan_outs.push(timed(fan_out(client, 50)).await.0);
    }
    [full, single, empty, fan_outs].map(median)
}

/// A snapshot and, as a dump has them, locks; an event and a delivery that are not committed.
#[tokio::test]
async fn beside_an_open_transaction_claims_and_fan_outs_are_at_most_twice_as_slow() {
    let database = Database::start().await;
    let client = &database.client;
    let endpoints = owners(&database, 4, 5).await.concat();
    database.waiting(1, 0, "0").await;
    send_events(client, database.user, 500).await;
    let before = times(client, database.user, &endpoints).await;
    let idle = database.another_connection().await;
    let open = "begin isolation level repeatable read;
        lock table webhooks.outbox, webhooks.due_log, webhooks.queue in access share mode;
        select public.broadcast_webhook_event('other', '{}');
        insert into webhooks.due_log (endpoint_id, due_at) values (gen_random_uuid(), now())";
    idle.batch_execute(open).await.unwrap();
    send_events(client, database.user, 12_000).await;
    // Half a millisecond for what else the machine does; it may also be busier than it was, for a while.
    let bounds = before.map(|before| 2 * before + Duration::from_micros(500));
    let mut after = [Duration::MAX; 4];
    for _ in 0..5 {
        let again = times(client, database.user, &endpoints).await;
        for (after, again) in after.iter_mut().zip(again) {
            *after = again.min(*after);
        }
        if after
            .iter()
            .zip(&bounds)
            .all(|(after, bound)| after < bound)
        {
            break;
        }
    }
    println!("claims of 50, of 1, of none, fan-out of none: {before:?}, beside it {after:?}");
    for (after, bound) in after.into_iter().zip(bounds) {
        assert!(after < bound, "{after:?} {bound:?}");
    }
    idle.batch_execute("commit").await.unwrap();
    database.stop().await;
}

/// Lines of the logs that are committed long after later ones, as often as generations change.
#[tokio::test]
async fn what_is_committed_late_is_found_at_once() {
    let database = Database::start().await;
    let client = &database.client;
    let endpoint = database.waiting(1, 0, "0").await[0];
    let late = database.another_connection().await;
    let open = format!(
        "begin; select public.emit_webhook_event('late', '{{}}', '{}');
         insert into public.webhook_deliveries (endpoint_id, event_type, event_id, payload)
         values ('{endpoint}', 'late', 'other', '{{}}');",
        database.user
    );
    late.batch_execute(&open).await.unwrap();
    let generations =
        "select min(generation), max(generation) from webhooks.generations group by log";
    send_events(client, database.user, 3_000).await;
    for row in client.query(generations, &[]).await.unwrap() {
        let (first, last): (i32, i32) = (row.get(0), row.get(1));
        assert!(first == 1 && last > 3, "{first} to {last}");
    }
    late.batch_execute("commit").await.unwrap();
    assert_eq!(claimed(&fan_out(client, 50).await).len(), 1);
    assert_eq!(claimed(&claim(client, 50).await).len(), 1);
    // Then the first generation is over.
    send_events(client, database.user, 2).await;
    for row in client.query(generations, &[]).await.unwrap() {
        assert!(row.get::<_, i32>(0) > 1);
    }
    database.stop().await;
}

/// A backup has a sequence as it was later than the tables.
#[tokio::test]
async fn after_a_backup_with_sequences_ahead_of_the_tables_upkeep_finds_what_is_stored() {
    let database = Database::start().await;
    let client = &database.client;
    let endpoint = database.waiting(1, 0, "0").await[0];
    let ahead = format!(
        "select setval('webhooks.outbox_generation', 77), setval('webhooks.due_log_generation', 77),
           setval('webhooks.waits_from', extract(epoch from now())::bigint + 3600);
         select public.emit_webhook_event('a', '{{}}', '{}');
         insert into public.webhook_deliveries
           (endpoint_id, event_type, event_id, payload, next_retry_at)
         values ('{endpoint}', 'a', 'due', '{{}}', now()),
           ('{endpoint}', 'a', 'later', '{{}}', now() + interval '1 second');",
        database.user
    );
    client.batch_execute(&ahead).await.unwrap();
    let sent = async || pump(client).await.iter().flat_map(claimed).count();
    assert_eq!(sent().await, 0);
    upkeep(client, 30).await;
    assert_eq!(sent().await, 2);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    upkeep(client, 30).await;
    assert_eq!(sent().await, 1);
    database.stop().await;
}

/// On a connection that has planned everything while the tables were empty. A step of upkeep looks at
/// up to 5,000 of the 100,000 endpoints.
#[tokio::test]
async fn among_three_hundred_thousand_deliveries_nothing_is_slow_without_analyze() {
    let database = Database::start().await;
    let client = &database.client;
    for statement in [
        "alter system set autovacuum = off",
        "select pg_reload_conf()",
    ] {
        client.execute(statement, &[]).await.unwrap();
    }
    // Everything is planned while there is nothing at all.
    claim(client, 50).await;
    record(client, json!([])).await;
    upkeep(client, 90).await;
    let event = json!([{"event_type": "a", "data": {}, "user_id": database.user}]);
    let endpoint = owners(&database, 1, 1).await[0][0];
    make_due(client, &[endpoint], 1).await;
    for _ in 0..6 {
        enqueue(client, event.clone()).await.unwrap();
        let claimed = claimed(&claim(client, 50).await);
        record(client, results(&claimed, &timed_out())).await;
        upkeep(client, 90).await;
    }
    let fill = format!(
        "set session_replication_role = replica;
         insert into public.webhook_endpoints (user_id, url, secret)
         select case when n <= 5 then '{user}'::uuid else gen_random_uuid() end,
           'https://example.com/', 'whsec_' || repeat('a', 64)
         from generate_series(1, 100000) n;
         insert into public.webhook_events (event_id, event_type, payload)
         select n::text, 'a', '{{}}' from generate_series(1, 300000) n;
         insert into public.webhook_deliveries
           (endpoint_id, event_type, event_id, event_ref, status, next_retry_at)
         select e.id, 'a', v.event_id, v.id,
           case when v.id % 2 = 0 then 'pending' else 'success' end, now() - interval '1 hour'
         from (
           select id from public.webhook_endpoints order by user_id = '{user}' desc limit 3000
         ) e, public.webhook_events v
         where v.event_id in (select n::text from generate_series(1, 100) n);
         insert into webhooks.due_log
         select distinct endpoint_id, now() - interval '1 hour' from public.webhook_deliveries;
         set session_replication_role = origin;",
        user = database.user
    );
    // By another session: a change of session_replication_role, or a temporary table, forgets what was
    // planned.
    let filling = database.another_connection().await;
    filling.batch_execute(&fill).await.unwrap();
    claim(client, 50).await;
    let mut times: [Vec<Duration>; 4] = Default::default();
    for _ in 0..11 {
        times[0].push(timed(enqueue(client, event.clone())).await.0);
        let (time, answer) = timed(claim(client, 50)).await;
        times[1].push(time);
        let claimed = claimed(&answer);
        assert_eq!(claimed.len(), 50);
        times[2].push(timed(record(client, results(&claimed, &ok()))).await.0);
        times[3].push(timed(upkeep(client, 90)).await.0);
    }
    let [enqueue, claim, record, upkeep] = times.map(median);
    println!(
        "among 300,000: enqueue {enqueue:?}, claim of 50 {claim:?}, record of 50 {record:?},
         upkeep {upkeep:?}"
    );
    let bound = Duration::from_millis(30);
    assert!(enqueue < bound && claim < bound && record < bound && upkeep < 2 * bound);
    database.stop().await;
}

#[tokio::test]
async fn a_transaction_that_holds_an_endpoint_holds_up_nothing_but_that_endpoint() {
    let database = Database::start().await;
    let client = &database.client;
    let endpoints = owners(&database, 1, 3).await.remove(0);
    for (statement, is_deletion) in [
        (
            "update public.webhook_endpoints set url = 'https://example.com/new',
            rate_limit_per_minute = 1000 where id = $1",
            false,
        ),
        ("delete from public.webhook_endpoints where id = $1", true),
    ] {
        make_due(client, &endpoints, 2).await;
        let mut other = database.another_connection().await;
        let held = other.transaction().await.unwrap();
        held.execute(statement, &[&endpoints[0]]).await.unwrap();
        let everything = async {
            let event = json!([{"event_type": "a", "data": {}}]);
            let enqueued = claimed(&enqueue(client, event).await.unwrap());
            assert_eq!(enqueued.len(), 3);
            record(client, results(&enqueued, &json!({"response_status": 410}))).await;
            let broadcast = "select public.broadcast_webhook_event('b', '{}')";
            client.execute(broadcast, &[]).await.unwrap();
            let answers = pump(client).await;
            let all: Vec<Value> = answers.iter().flat_map(claimed).collect();
            record(client, results(&all, &timed_out())).await;
            upkeep(client, 90).await;
        };
        timeout(Duration::from_secs(5), everything)
            .await
            .expect("it waits for nothing");
        held.commit().await.unwrap();
        // What was disabled meanwhile is the others, not the one that was held.
        let active = "select count(*) from public.webhook_endpoints where is_active";
        let active: i64 = client.query_one(active, &[]).await.unwrap().get(0);
        assert_eq!(active, i64::from(!is_deletion));
        let reset =
            "update public.webhook_endpoints set is_active = true, rate_limit_per_minute = null,
              updated_at = now() - interval '1 minute';
            delete from webhooks.endpoint_health";
        client.batch_execute(reset).await.unwrap();
    }
    database.stop().await;
}

/// Deliveries of one endpoint by the hundred thousand, that have ended.
async fn fill(client: &Client, endpoint: Uuid, count: i32) {
    let fill = format!(
        "set session_replication_role = replica;
         insert into public.webhook_events (event_id, event_type, payload)
         select 'big-' || n, 'a', '{{}}' from generate_series(1, {count}) n
         on conflict do nothing;
         insert into public.webhook_deliveries
           (endpoint_id, event_type, event_id, event_ref, status, attempts, next_retry_at)
         select '{endpoint}', 'a', e.event_id, e.id,
           case when e.id % 4 = 0 then 'pending' else 'success' end, 1, now()
         from public.webhook_events e where e.event_id like 'big-%';
         insert into public.webhook_delivery_attempts
           (delivery_id, attempt, endpoint_id, attempted_at)
         select d.id, 1, d.endpoint_id, now() from public.webhook_deliveries d
         where d.endpoint_id = '{endpoint}';
         insert into webhooks.due_log values ('{endpoint}', now());
         set session_replication_role = origin;"
    );
    client.batch_execute(&fill).await.unwrap();
}

#[tokio::test]
async fn deleting_an_endpoint_or_an_owner_is_quick_and_their_deliveries_are_purged_in_steps() {
    const MANY: i32 = 100_000;
    let database = Database::start().await;
    let client = &database.client;
    let kept = owners(&database, 1, 1).await[0][0];
    make_due(client, &[kept], 3).await;
    let insert = "insert into public.webhook_endpoints (user_id, url)
        values ($1, 'https://example.com/') returning id";
    for deletion in [
        "delete from public.webhook_endpoints where id = $1",
        "delete from auth.users where id = (
            select user_id from public.webhook_endpoints where id = $1)",
    ] {
        let endpoint: Uuid = client
            .query_one(insert, &[&database.user])
            .await
            .unwrap()
            .get(0);
        fill(client, endpoint, MANY).await;
        claim(client, 1).await;
        let (time, deleted) = timed(client.execute(deletion, &[&endpoint])).await;
        assert_eq!(deleted.unwrap(), 1);
        println!("deleted in {time:?}: an endpoint with {MANY} deliveries");
        assert!(time < Duration::from_millis(200), "{time:?}");

        let claims = json!({"sub": database.user.to_string()}).to_string();
        let as_owner = format!(
            "begin; select set_config('request.jwt.claims', '{claims}', true);
             set local role authenticated"
        );
        client.batch_execute(&as_owner).await.unwrap();
        let seen = "select count(*) from public.webhook_deliveries";
        let seen: i64 = client.query_one(seen, &[]).await.unwrap().get(0);
        client.batch_execute("rollback").await.unwrap();
        assert_eq!(seen, 0);
        // None of them is claimed, and none is in the way of others.
        let all = endpoints_of(
            &pump(client)
                .await
                .iter()
                .flat_map(claimed)
                .collect::<Vec<_>>(),
        );
        assert!(all.iter().all(|id| *id == kept), "{all:?}");

        let start = Instant::now();
        let (mut longest, mut calls) = (Duration::ZERO, 0);
        loop {
            let step = client.query_one("select public.run_webhook_upkeep(90)", &[]);
            let (time, more) = timed(step).await;
            longest = longest.max(time);
            calls += 1;
            if !more.unwrap().get::<_, bool>(0) {
                break;
            }
        }
        println!(
            "purged in {:?}, {calls} calls, the longest {longest:?}",
            start.elapsed()
        );
        assert!(longest < 2 * BOUND, "{longest:?}");
        let left = "select (select count(*) from public.webhook_deliveries where endpoint_id = $1)
            + (select count(*) from public.webhook_delivery_attempts where endpoint_id = $1)";
        let left: i64 = client.query_one(left, &[&endpoint]).await.unwrap().get(0);
        assert_eq!(left, 0);
        let others = "select count(*) from public.webhook_deliveries where endpoint_id = $1";
        let others: i64 = client.query_one(others, &[&kept]).await.unwrap().get(0);
        assert_eq!(others, 3);
    }
    database.stop().await;
}

#[tokio::test]
async fn deletions_of_several_endpoints_beside_all_else_fail_nothing() {
    let database = Database::start().await;
    let client = &database.client;
    let endpoints = owners(&database, 1, 40).await.remove(0);
    make_due(client, &endpoints, 10).await;
    let is_over = std::sync::atomic::AtomicBool::new(false);
    let load = async |client: Client| {
        let mut rounds = 0;
        while !is_over.load(std::sync::atomic::Ordering::SeqCst) {
            let event = json!([{"event_type": "a", "data": {}}]);
            let mut all = claimed(&enqueue(&client, event).await.unwrap());
            all.extend(claimed(&claim(&client, 50).await));
            let answer = json!({"response_status": if rounds % 2 == 0 { 200 } else { 500 },
                "error": if rounds % 2 == 0 { None } else { Some("HTTP 500") }});
            record(&client, results(&all, &answer)).await;
            upkeep(&client, 90).await;
            rounds += 1;
        }
        rounds
    };
    let deleting = async {
        let mut connection = database.another_connection().await;
        for pair in endpoints.chunks(4) {
            // In an order of the caller's own.
            let transaction = connection.transaction().await.unwrap();
            for id in pair.iter().rev() {
                let delete = "delete from public.webhook_endpoints where id = $1";
                transaction.execute(delete, &[id]).await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            transaction.commit().await.unwrap();
        }
        is_over.store(true, std::sync::atomic::Ordering::SeqCst);
    };
    let clients = [
        database.another_connection().await,
        database.another_connection().await,
        database.another_connection().await,
    ];
    let [a, b, c] = clients.map(load);
    let (a, b, c, ()) = tokio::join!(a, b, c, deleting);
    assert!(a > 2 && b > 2 && c > 2, "{a} {b} {c}");
    database.stop().await;
}

//! What is old is deleted in steps, and what is needed stays.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::database::{Database, claimed, pump, upkeep};

#[tokio::test]
async fn retention_deletes_deliveries_events_and_counts_that_are_old_and_keeps_what_is_needed() {
    let database = Database::start().await;
    let client = &database.client;
    let endpoint = database.waiting(1, 0, "0").await[0];
    let fill = format!(
        "insert into public.webhook_events (event_id, event_type, payload, created_at) values
           ('old', 'a', '{{}}', now() - interval '40 days'),
           ('unwanted', 'a', '{{}}', now() - interval '40 days'),
           ('live', 'a', '{{}}', now() - interval '40 days'),
           ('waiting', 'a', '{{}}', now() - interval '40 days'),
           ('young', 'a', '{{}}', now() - interval '20 days');
         insert into webhooks.outbox (owner, event_ref, set_aside_at)
           select webhooks.no_owner(), id, now() from public.webhook_events where event_id = 'waiting';
         insert into public.webhook_deliveries
           (endpoint_id, event_type, event_id, event_ref, status, next_retry_at, created_at)
         select '{endpoint}', 'a', event_id, id,
           case event_id when 'live' then 'retrying' else 'success' end,
           case event_id when 'live' then now() + interval '1 hour' end, created_at
         from public.webhook_events where event_id in ('old', 'live', 'young');
         insert into public.webhook_delivery_attempts
           (delivery_id, attempt, endpoint_id, attempted_at)
         select id, 1, endpoint_id, created_at from public.webhook_deliveries;
         insert into webhooks.attempt_counts values
           ('{endpoint}', date_bin('1 day', now() - interval '50 days', 'epoch'), 86400,
             'success', 1, 1),
           ('{endpoint}', date_bin('1 day', now() - interval '20 days', 'epoch'), 86400,
             'success', 1, 1);"
    );
    client.batch_execute(&fill).await.unwrap();
    upkeep(client, 30).await;
    let texts = async |statement: &str| -> Vec<String> {
        let rows = client.query(statement, &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    };
    let deliveries = "select event_id from public.webhook_deliveries order by 1";
    assert_eq!(texts(deliveries).await, ["live", "young"]);
    let events = "select event_id from public.webhook_events order by 1";
    assert_eq!(texts(events).await, ["live", "waiting", "young"]);
    let attempts = "select d.event_id from public.webhook_delivery_attempts a
        left join public.webhook_deliveries d on d.id = a.delivery_id order by 1";
    assert_eq!(texts(attempts).await, ["live", "young"]);
    let counts = "select count(*)::text from webhooks.attempt_counts";
    assert_eq!(texts(counts).await, ["1"]);
    database.stop().await;
}

/// An old delivery that is being sent again, and an old event that is emitted again.
#[tokio::test]
async fn retention_waits_for_no_row_that_is_in_use_and_keeps_it() {
    let database = Database::start().await;
    let client = &database.client;
    let endpoint = database.waiting(1, 0, "0").await[0];
    let fill = format!(
        "insert into public.webhook_events (event_id, event_type, user_id, payload, created_at)
           select n, 'a', '{}', '{{}}', now() - interval '40 days'
           from unnest(array['used', 'unused', 'resent', 'old']) n;
         insert into public.webhook_deliveries
           (endpoint_id, event_type, event_id, event_ref, status, next_retry_at, created_at)
         select '{endpoint}', 'a', event_id, id, 'success', null, created_at
         from public.webhook_events where event_id in ('resent', 'old');",
        database.user
    );
    client.batch_execute(&fill).await.unwrap();
    let user = database.another_connection().await;
    let open = format!(
        "begin;
         select public.emit_webhook_event('a', '{{}}', '{}', 'used');
         update public.webhook_deliveries set status = 'pending', next_retry_at = now()
         where event_id = 'resent'",
        database.user
    );
    user.batch_execute(&open).await.unwrap();
    timeout(Duration::from_secs(3), upkeep(client, 30))
        .await
        .expect("it waits");
    user.batch_execute("commit").await.unwrap();
    let sent: Vec<_> = pump(client).await.iter().flat_map(claimed).collect();
    let mut ids: Vec<_> = sent
        .iter()
        .map(|d| d["event_id"].as_str().unwrap())
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, ["resent", "used"]);
    let left = "select count(*) from public.webhook_events";
    assert_eq!(
        client.query_one(left, &[]).await.unwrap().get::<_, i64>(0),
        2
    );
    database.stop().await;
}

/// 5,000,000 deliveries a day are 3,472 a minute, and each tick of the cron calls upkeep once.
#[tokio::test]
async fn one_call_a_minute_deletes_more_than_five_million_deliveries_a_day() {
    let database = Database::start().await;
    let client = &database.client;
    database.waiting(20, 0, "0").await;
    let fill = "set session_replication_role = replica;
        insert into public.webhook_events (event_id, event_type, payload, created_at)
        select n::text, 'a', '{}', now() - interval '40 days' from generate_series(1, 2000) n;
        insert into public.webhook_deliveries
          (endpoint_id, event_type, event_id, event_ref, status, next_retry_at, created_at)
        select e.id, 'a', v.event_id, v.id, 'success', null, v.created_at
        from public.webhook_events v, public.webhook_endpoints e;
        insert into public.webhook_delivery_attempts
          (delivery_id, attempt, endpoint_id, attempted_at)
        select id, 1, endpoint_id, created_at from public.webhook_deliveries;
        set session_replication_role = origin;";
    client.batch_execute(fill).await.unwrap();
    let left = "select count(*) from public.webhook_deliveries";
    let mut before: i64 = client.query_one(left, &[]).await.unwrap().get(0);
    let start = Instant::now();
    let total = before;
    while before > 0 {
        let call = Instant::now();
        let statement = "select public.run_webhook_upkeep(30)";
        client.execute(statement, &[]).await.unwrap();
        assert!(
            call.elapsed() < Duration::from_secs(2),
            "{:?}",
            call.elapsed()
        );
        let now: i64 = client.query_one(left, &[]).await.unwrap().get(0);
        assert!(
            before - now >= 3472.min(before),
            "{} in a call",
            before - now
        );
        before = now;
    }
    let rate = total as f64 / start.elapsed().as_secs_f64();
    println!("{total} deliveries with their attempts deleted at {rate:.0} a second");
    database.stop().await;
}

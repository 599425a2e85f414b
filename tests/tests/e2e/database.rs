//! A database of a test's own, where it sees every claim, and the functions a delivery
//! lives by.

use serde_json::Value;
use tests::cluster::{Cluster, migrate};
use tests::stack::connect;
use tokio_postgres::Client;
use uuid::Uuid;

/// A migrated database with one user.
pub(crate) struct Database {
    cluster: Cluster,
    pub(crate) client: Client,
    pub(crate) user: Uuid,
}

/// Settings of a session that no function may depend on: time zone, DateStyle, IntervalStyle. All SQL
/// tests run with each: `cargo xtask test` says which by WEBHOOKS_TEST_SESSION.
const SESSIONS: [[&str; 3]; 3] = [
    ["Asia/Kolkata", "SQL, DMY", "sql_standard"],
    ["America/New_York", "German, YMD", "iso_8601"],
    ["UTC", "ISO, MDY", "postgres"],
];

impl Database {
    pub(crate) async fn start() -> Self {
        let cluster = Cluster::start(18).await;
        let nth = std::env::var("WEBHOOKS_TEST_SESSION").map_or(0, |nth| nth.parse().unwrap());
        let [zone, dates, intervals] = SESSIONS[nth];
        let settings = format!(
            "alter database postgres set timezone = '{zone}';
             alter database postgres set datestyle = '{dates}';
             alter database postgres set intervalstyle = '{intervals}'"
        );
        connect(&cluster.url)
            .await
            .batch_execute(&settings)
            .await
            .unwrap();
        let client = connect(&cluster.url).await;
        migrate(&client).await;
        let lift = "insert into webhooks.settings values ('MAX_ENDPOINTS_PER_USER', 1000000)";
        client.execute(lift, &[]).await.unwrap();
        let user = Uuid::new_v4();
        let insert = "insert into auth.users (id) values ($1)";
        client.execute(insert, &[&user]).await.unwrap();
        Self {
            cluster,
            client,
            user,
        }
    }

    pub(crate) async fn another_connection(&self) -> Client {
        connect(&self.cluster.url).await
    }

    /// Endpoints with deliveries due `due` from now, as an interval.
    pub(crate) async fn waiting(&self, endpoints: i32, deliveries: i32, due: &str) -> Vec<Uuid> {
        let statement = format!(
            "with e as (
               insert into public.webhook_endpoints (user_id, url)
               select $1, 'https://example.com/' from generate_series(1, $2) returning id),
             d as (
               insert into public.webhook_deliveries
                 (endpoint_id, event_type, event_id, payload, next_retry_at)
               select e.id, 'vehicle.created', n::text, '{{}}', now() + interval '{due}'
               from e, generate_series(1, $3) n)
             select id from e"
        );
        let rows = self
            .client
            .query(&statement, &[&self.user, &endpoints, &deliveries])
            .await
            .unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    pub(crate) async fn stop(self) {
        drop(self.client);
        self.cluster.stop().await;
    }
}

/// Claims what is due.
pub(crate) async fn claim(client: &Client, limit: i32) -> Value {
    let statement = "select public.claim_webhook_deliveries($1, 60)";
    client.query_one(statement, &[&limit]).await.unwrap().get(0)
}

/// Fans out what is stored, and claims up to `limit` of it.
pub(crate) async fn fan_out(client: &Client, limit: i32) -> Value {
    let statement = "select public.fan_out_webhook_events($1, 60)";
    client.query_one(statement, &[&limit]).await.unwrap().get(0)
}

/// The deliveries of an answer's batch.
pub(crate) fn claimed(answer: &Value) -> Vec<Value> {
    answer["batch"]["claimed"].as_array().unwrap().clone()
}

/// Fans out and claims until nothing is left, as the pump does, and gives the answers.
pub(crate) async fn pump(client: &Client) -> Vec<Value> {
    let mut answers = Vec::new();
    loop {
        let fanned_out = fan_out(client, 100).await;
        let claim = claim(client, 500).await;
        let is_done = fanned_out["stored"] == false && claim["due"] == false;
        answers.extend([fanned_out, claim]);
        if is_done {
            return answers;
        }
    }
}

/// Upkeep with a retention of `days`, until nothing is left to do.
pub(crate) async fn upkeep(client: &Client, days: i32) {
    let statement = "select public.run_webhook_upkeep($1)";
    while client
        .query_one(statement, &[&days])
        .await
        .unwrap()
        .get::<_, bool>(0)
    {}
}

pub(crate) async fn record(client: &Client, results: Value) -> Value {
    let statement = "select public.record_webhook_results($1)";
    let row = client.query_one(statement, &[&results.to_string()]).await;
    row.unwrap().get(0)
}

pub(crate) async fn enqueue(
    client: &Client,
    events: Value,
) -> Result<Value, tokio_postgres::Error> {
    let statement = "select public.enqueue_webhook_events($1, 50, 60)";
    let row = client.query_one(statement, &[&events.to_string()]).await?;
    Ok(row.get(0))
}

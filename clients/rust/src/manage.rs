//! A client of `manage`: endpoints, deliveries, statistics, event types and API keys. Fields and calls are described
//! in the OpenAPI document, which `manage` serves at `/openapi.json`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::platform::Place;
use crate::{Call, DEFAULT_TIMEOUT, Fault};

/// Who is calling. `Debug` does not show it.
#[derive(Clone)]
pub enum Credential {
    /// A user's token: a JWT of Supabase Auth, for example.
    Token(String),
    /// An API key.
    ApiKey(String),
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(redacted)")
    }
}

/// What is shown once: a signing secret or an API key. `Debug` does not show it.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq)]
pub struct CallError {
    /// `timeout`, `unreachable`, `unexpected_answer`, or the code of the answer, such as `not_found`.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// The HTTP status, where an answer came.
    pub status: Option<u16>,
    /// What else the answer says, such as `field` and `valid_events`.
    pub details: Map<String, Value>,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

impl Error for CallError {}

/// An endpoint.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the OpenAPI document says it")]
pub struct Endpoint {
    pub id: String,
    pub url: String,
    pub description: Option<String>,
    pub events: Vec<String>,
    pub is_active: bool,
    pub created_at: String,
    pub updated_at: String,
    pub rate_limit_per_minute: Option<u32>,
    pub max_attempts: Option<u32>,
    pub headers: Vec<String>,
    pub signature_headers: Option<BTreeMap<String, String>>,
    pub retry_schedule: Option<Vec<u32>>,
    pub metadata: BTreeMap<String, String>,
    pub filter: Option<String>,
    pub ordering: Ordering,
    pub disabled_reason: Option<String>,
    pub disabled_at: Option<String>,
    pub secret_expires_at: Option<String>,
    pub health: Health,
}

/// How an endpoint does.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the OpenAPI document says it")]
pub struct Health {
    pub state: HealthState,
    pub consecutive_failures: u32,
    pub failing_since: Option<String>,
    pub next_attempt_at: Option<String>,
}

/// What kind of trouble an endpoint has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    /// None.
    Ok,
    /// More than half of the attempts of an hour failed.
    Failing,
    /// Ten attempts in a row failed: there is one a minute until one succeeds.
    BackingOff,
}

/// What is sent one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ordering {
    /// Nothing.
    None,
    /// All of the endpoint's events.
    Endpoint,
    /// Those with the same value at this path, such as `$.data.id`.
    Key(String),
}

/// An endpoint and something more.
#[derive(Clone, Debug, Deserialize)]
pub struct EndpointWith<T> {
    /// The endpoint.
    #[serde(flatten)]
    pub endpoint: Endpoint,
    /// What the call adds.
    #[serde(flatten)]
    pub more: T,
}

/// Of a list of endpoints.
#[derive(Clone, Copy, Debug, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Counts {
    pub total_deliveries: u64,
    pub failed_deliveries: u64,
}

/// Counts of an endpoint's deliveries.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct WithStats {
    /// The counts.
    pub stats: Counts,
}

/// The secret, which is shown once.
#[derive(Clone, Debug, Deserialize)]
pub struct WithSecret {
    /// What signs deliveries.
    pub secret: Secret,
}

/// An endpoint's newest deliveries.
#[derive(Clone, Debug, Deserialize)]
pub struct WithDeliveries {
    /// At most 20. `max_attempts` and `next_retry_at` are not among their fields.
    pub recent_deliveries: Vec<Delivery>,
}

/// A delivery.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the OpenAPI document says it")]
pub struct Delivery {
    pub id: String,
    pub event_type: String,
    pub event_id: String,
    pub status: Status,
    pub attempts: u32,
    pub max_attempts: Option<u32>,
    pub response_status: Option<u16>,
    pub response_time_ms: Option<u64>,
    pub created_at: String,
    pub delivered_at: Option<String>,
    pub next_retry_at: Option<String>,
    pub last_error: Option<String>,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the OpenAPI document says it")]
pub enum Status {
    Pending,
    Retrying,
    Success,
    Failed,
}

/// A delivery with what was sent and every attempt.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the OpenAPI document says it")]
pub struct DeliveryWithAttempts {
    #[serde(flatten)]
    pub delivery: Delivery,
    pub response_body: Option<String>,
    pub payload: Option<Value>,
    pub attempt_log: Vec<Attempt>,
}

/// An attempt.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the OpenAPI document says it")]
pub struct Attempt {
    pub attempt: u32,
    pub attempted_at: String,
    pub response_status: Option<u16>,
    pub response_time_ms: Option<u64>,
    pub response_body: Option<String>,
    pub error: Option<String>,
}

/// A page of deliveries.
#[derive(Clone, Debug, Deserialize)]
pub struct Page {
    /// Newest first.
    pub data: Vec<Delivery>,
    /// For [`Filter::cursor`] of the next page. None on the last one.
    pub next_cursor: Option<String>,
}

/// Which deliveries a list has. The default is the 50 newest.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "the OpenAPI document says it")]
pub struct Filter {
    pub status: Option<Status>,
    pub event_type: Option<String>,
    pub since: Option<String>,
    pub until: Option<String>,
    pub limit: Option<u8>,
    pub cursor: Option<String>,
}

/// What a filter says of events.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the OpenAPI document says it")]
pub struct FilterTest {
    pub tested: u32,
    pub matched: u32,
    pub events: Vec<FilterReport>,
}

/// What a filter says of one event.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the OpenAPI document says it")]
pub struct FilterReport {
    pub event_id: Option<String>,
    pub event_type: Option<String>,
    pub created_at: Option<String>,
    pub matches: Option<bool>,
    pub conditions: Vec<Condition>,
}

/// One of the conditions that a filter joins by `&&`.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the OpenAPI document says it")]
pub struct Condition {
    pub condition: String,
    pub matches: Option<bool>,
}

/// An event that was for the caller.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the OpenAPI document says it")]
pub struct Event {
    pub event_id: String,
    pub event_type: String,
    pub created_at: String,
    pub deliver_at: Option<String>,
    pub expires_at: Option<String>,
    pub erased_at: Option<String>,
    pub audience: String,
}

/// A page of the event log.
#[derive(Clone, Debug, Deserialize)]
pub struct EventPage {
    /// Newest first. It may be empty, and another page follow.
    pub data: Vec<Event>,
    /// For [`EventFilter::cursor`] of the next page. None on the last one.
    pub next_cursor: Option<String>,
}

/// Which events a list has. The default is the 50 newest.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "the OpenAPI document says it")]
pub struct EventFilter {
    pub event_type: Option<String>,
    pub since: Option<String>,
    pub until: Option<String>,
    pub search: Option<String>,
    /// A JSON object, as text.
    pub contains: Option<String>,
    pub limit: Option<u8>,
    pub cursor: Option<String>,
}

/// An event, its payload and what became of it at each endpoint.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the OpenAPI document says it")]
pub struct EventWithEndpoints {
    #[serde(flatten)]
    pub event: Event,
    pub payload: Value,
    pub endpoints: Vec<EventAtEndpoint>,
}

/// What became of an event at one endpoint.
#[derive(Clone, Debug, Deserialize)]
pub struct EventAtEndpoint {
    /// The endpoint's id.
    pub endpoint_id: String,
    /// Its URL.
    pub url: String,
    /// The delivery, if there is one.
    pub delivery: Option<Delivery>,
    /// Why there is none, if there is none.
    pub reason: Option<String>,
}

/// What an endpoint is to be. What is `None` is left as it is, or has its default.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "the OpenAPI document says it")]
pub struct EndpointChanges {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit_per_minute: Option<Option<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<Option<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature_headers: Option<Option<BTreeMap<String, String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_schedule: Option<Option<Vec<u32>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ordering: Option<Ordering>,
    /// Only for a new endpoint: a secret that receivers have already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// Which events are replayed. Times are RFC 3339.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "the OpenAPI document says it")]
pub struct NewReplay {
    pub since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_types: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// `missing`, `failed` or `all`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only: Option<String>,
    pub new_ids: bool,
    pub dry_run: bool,
}

/// A replay, and how far it is.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the OpenAPI document says it")]
pub struct Replay {
    pub id: Option<String>,
    pub endpoint_id: String,
    pub status: String,
    pub since: String,
    pub until: String,
    pub event_types: Option<Vec<String>>,
    pub filter: Option<String>,
    pub only: String,
    pub new_ids: bool,
    pub looked_at: u64,
    pub replayed: u64,
    pub erased: u64,
    pub log_begins_at: Option<String>,
    pub created_at: Option<String>,
    pub finished_at: Option<String>,
    pub last_error: Option<String>,
}

/// Which deliveries. The default is all that may be meant. Times are RFC 3339.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "the OpenAPI document says it")]
pub struct WhichDeliveries {
    pub endpoint_id: Option<String>,
    pub event_type: Option<String>,
    pub since: Option<String>,
    pub until: Option<String>,
    pub dry_run: bool,
}

/// Which endpoints. The default is all.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "the OpenAPI document says it")]
pub struct WhichEndpoints {
    pub endpoint_ids: Option<Vec<String>>,
    pub metadata: Option<BTreeMap<String, String>>,
    pub dry_run: bool,
}

/// Which events are erased: by their ids, or by an object that their data contains.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "the OpenAPI document says it")]
pub struct Erasure {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_ids: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contains: Option<Value>,
    pub dry_run: bool,
    pub cursor: Option<String>,
}

/// What a call about many came to.
#[derive(Clone, Debug, Deserialize)]
pub struct Counted {
    /// How many fit.
    pub matched: u32,
    /// How many were changed. None was by a dry run.
    #[serde(alias = "resent", alias = "cancelled", alias = "erased")]
    pub changed: u32,
    /// Whether a further call is needed.
    #[serde(default)]
    pub more: bool,
    /// For [`Erasure::cursor`] of the further call, where one is needed.
    #[serde(default)]
    pub next_cursor: Option<String>,
}

/// How many deliveries are due again.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Recovery {
    /// How many.
    pub recovered: u32,
    /// Whether there are others, for another call.
    pub more: bool,
}

/// Statistics.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the OpenAPI document says it")]
pub struct Stats {
    pub window: String,
    pub attempts: u64,
    pub success_rate: Option<f64>,
    pub failures_by_cause: BTreeMap<String, u64>,
    pub response_time_ms: BTreeMap<String, Option<f64>>,
    pub backlog: u64,
    pub oldest_due_at: Option<String>,
    pub buckets: Vec<Bucket>,
}

/// A part of the window of [`Stats`].
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the OpenAPI document says it")]
pub struct Bucket {
    pub start: String,
    pub attempts: u64,
    pub failed: u64,
}

/// An event type of the catalogue.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the OpenAPI document says it")]
pub struct EventType {
    pub name: String,
    pub description: Option<String>,
    pub example: Option<Value>,
    pub schema: Option<Value>,
}

/// What an API key may do.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Scope {
    Read,
    Write,
}

/// An API key.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the OpenAPI document says it")]
pub struct ApiKey {
    pub id: String,
    pub name: Option<String>,
    pub scopes: Vec<Scope>,
    pub is_active: bool,
    pub expires_at: Option<String>,
    pub last_used_at: Option<String>,
    pub created_at: String,
    /// The key itself, in the answer that made it and nowhere else.
    pub key: Option<Secret>,
}

/// A client of `manage` in one caller's name.
#[derive(Clone, Debug)]
pub struct Manage {
    place: Place,
    credential: Credential,
    owner: Option<String>,
    timeout: Duration,
}

/// An answer: its data, or nothing of interest.
#[derive(Debug, Deserialize)]
struct Data<T> {
    data: T,
}

type Answer<T> = Result<T, CallError>;

/// Each call fails with a [`CallError`]. The `idempotency_key`s are 1 to 255 visible ASCII characters that cannot be
/// guessed: repeated with the same one within 24 hours, the call gives the same answer, secret included.
#[expect(clippy::missing_errors_doc, reason = "it stands here once")]
impl Manage {
    pub(crate) fn new(place: Place, credential: Credential) -> Self {
        Self {
            place,
            credential,
            owner: None,
            timeout: DEFAULT_TIMEOUT,
        }
    }

    /// Makes calls for this owner, where the caller acts for several.
    #[must_use]
    pub fn for_owner(self, owner: impl Into<String>) -> Self {
        let owner = Some(owner.into());
        Self { owner, ..self }
    }

    /// Gives a call this much time instead of five seconds.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// All endpoints, newest first.
    pub async fn endpoints(&self) -> Answer<Vec<EndpointWith<WithStats>>> {
        self.data("GET", "/webhooks", None, None).await
    }

    /// Registers an endpoint. The answer has its secret.
    pub async fn create_endpoint(
        &self,
        endpoint: &EndpointChanges,
        idempotency_key: Option<&str>,
    ) -> Answer<EndpointWith<WithSecret>> {
        let body = Some(json!(endpoint));
        self.data("POST", "/webhooks", body, idempotency_key).await
    }

    /// One endpoint with its newest deliveries.
    pub async fn endpoint(&self, id: &str) -> Answer<EndpointWith<WithDeliveries>> {
        self.data("GET", &endpoint_path(id, ""), None, None).await
    }

    /// Changes an endpoint.
    pub async fn update_endpoint(&self, id: &str, changes: &EndpointChanges) -> Answer<Endpoint> {
        let body = Some(json!(changes));
        self.data("PATCH", &endpoint_path(id, ""), body, None).await
    }

    /// Deletes an endpoint and its deliveries.
    pub async fn delete_endpoint(&self, id: &str) -> Answer<()> {
        self.call("DELETE", &endpoint_path(id, ""), None, None)
            .await
            .map(|IgnoredAny| ())
    }

    /// Gives an endpoint a new secret. The one before goes on signing for `expires_in_hours`, 24 by default.
    pub async fn rotate_secret(
        &self,
        id: &str,
        expires_in_hours: Option<u8>,
        idempotency_key: Option<&str>,
    ) -> Answer<EndpointWith<WithSecret>> {
        let body = Some(json!({"expires_in_hours": expires_in_hours}));
        let path = endpoint_path(id, "/rotate-secret");
        self.data("POST", &path, body, idempotency_key).await
    }

    /// Sends an endpoint an example.
    pub async fn test_endpoint(&self, id: &str, event_type: Option<&str>) -> Answer<Delivery> {
        let body = Some(json!({"event_type": event_type}));
        let path = endpoint_path(id, "/test");
        self.data("POST", &path, body, None).await
    }

    /// Says which of the newest events, 20 or `last`, a filter would have let through to an endpoint.
    pub async fn test_filter(
        &self,
        id: &str,
        filter: &str,
        last: Option<u8>,
    ) -> Answer<FilterTest> {
        let body = Some(json!({"filter": filter, "last": last}));
        let path = endpoint_path(id, "/filter/test");
        self.data("POST", &path, body, None).await
    }

    /// Has the deliveries sent again that failed in a window, of RFC 3339 times.
    pub async fn recover_deliveries(
        &self,
        id: &str,
        since: &str,
        until: Option<&str>,
    ) -> Answer<Recovery> {
        let body = Some(json!({"since": since, "until": until}));
        let path = endpoint_path(id, "/recover");
        self.data("POST", &path, body, None).await
    }

    /// Has events of the log sent to an endpoint.
    pub async fn replay_events(&self, id: &str, replay: &NewReplay) -> Answer<Replay> {
        let path = endpoint_path(id, "/replay");
        self.data("POST", &path, Some(json!(replay)), None).await
    }

    /// The newest replays.
    pub async fn replays(&self) -> Answer<Vec<Replay>> {
        self.data("GET", "/replays", None, None).await
    }

    /// One replay.
    pub async fn replay(&self, id: &str) -> Answer<Replay> {
        let path = format!("/replays/{}", escaped(id));
        self.data("GET", &path, None, None).await
    }

    /// Ends a replay.
    pub async fn cancel_replay(&self, id: &str) -> Answer<Replay> {
        let path = format!("/replays/{}/cancel", escaped(id));
        self.data("POST", &path, None, None).await
    }

    /// Has failed deliveries sent again.
    pub async fn resend_deliveries(&self, which: &WhichDeliveries) -> Answer<Counted> {
        let body = Some(json!(which));
        self.data("POST", "/deliveries/resend", body, None).await
    }

    /// Ends deliveries that wait.
    pub async fn cancel_deliveries(&self, which: &WhichDeliveries) -> Answer<Counted> {
        let body = Some(json!(which));
        self.data("POST", "/deliveries/cancel", body, None).await
    }

    /// Switches endpoints off.
    pub async fn pause_endpoints(&self, which: &WhichEndpoints) -> Answer<Counted> {
        let body = Some(json!(which));
        self.data("POST", "/webhooks/pause", body, None).await
    }

    /// Switches endpoints on.
    pub async fn resume_endpoints(&self, which: &WhichEndpoints) -> Answer<Counted> {
        let body = Some(json!(which));
        self.data("POST", "/webhooks/resume", body, None).await
    }

    /// Erases what events say.
    pub async fn erase_events(&self, which: &Erasure) -> Answer<Counted> {
        let body = Some(json!(which));
        self.data("POST", "/events/erase", body, None).await
    }

    /// A page of an endpoint's deliveries.
    pub async fn deliveries(&self, id: &str, filter: &Filter) -> Answer<Page> {
        let path = endpoint_path(id, "/deliveries") + &query(&json!(filter));
        self.call("GET", &path, None, None).await
    }

    /// One delivery.
    pub async fn delivery(&self, id: &str, delivery_id: &str) -> Answer<DeliveryWithAttempts> {
        let path = endpoint_path(id, "/deliveries/") + &escaped(delivery_id);
        self.data("GET", &path, None, None).await
    }

    /// Has one delivery sent again.
    pub async fn resend_delivery(&self, id: &str, delivery_id: &str) -> Answer<Delivery> {
        let path = endpoint_path(id, "/deliveries/") + &escaped(delivery_id) + "/resend";
        self.data("POST", &path, None, None).await
    }

    /// A page of the event log.
    pub async fn events(&self, filter: &EventFilter) -> Answer<EventPage> {
        let path = "/events".to_owned() + &query(&json!(filter));
        self.call("GET", &path, None, None).await
    }

    /// One event.
    pub async fn event(&self, event_id: &str) -> Answer<EventWithEndpoints> {
        let path = format!("/events/{}", escaped(event_id));
        self.data("GET", &path, None, None).await
    }

    /// The statistics of one endpoint, or of all, for `1h`, `24h`, `7d` or `30d`.
    pub async fn stats(&self, endpoint: Option<&str>, window: &str) -> Answer<Stats> {
        let path = match endpoint {
            Some(id) => endpoint_path(id, "/stats"),
            None => "/stats".to_owned(),
        };
        let path = path + &query(&json!({"window": window}));
        self.data("GET", &path, None, None).await
    }

    /// The catalogue.
    pub async fn event_types(&self) -> Answer<Vec<EventType>> {
        self.data("GET", "/event-types", None, None).await
    }

    /// The caller's API keys.
    pub async fn api_keys(&self) -> Answer<Vec<ApiKey>> {
        self.data("GET", "/api-keys", None, None).await
    }

    /// Makes an API key. `expires_at` is an RFC 3339 time.
    pub async fn create_api_key(
        &self,
        name: &str,
        scopes: &[Scope],
        expires_at: Option<&str>,
        idempotency_key: Option<&str>,
    ) -> Answer<ApiKey> {
        let body = json!({"name": name, "scopes": scopes, "expires_at": expires_at});
        self.data("POST", "/api-keys", Some(body), idempotency_key)
            .await
    }

    /// Deletes an API key.
    pub async fn delete_api_key(&self, id: &str) -> Answer<()> {
        let path = format!("/api-keys/{}", escaped(id));
        self.call("DELETE", &path, None, None)
            .await
            .map(|IgnoredAny| ())
    }

    async fn data<T: DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        idempotency_key: Option<&str>,
    ) -> Answer<T> {
        let answer = self.call(method, path, body, idempotency_key).await;
        answer.map(|Data { data }| data)
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        idempotency_key: Option<&str>,
    ) -> Answer<T> {
        let mut headers = vec![match &self.credential {
            Credential::Token(token) => ("authorization", format!("Bearer {token}")),
            Credential::ApiKey(key) => ("x-api-key", key.clone()),
        }];
        if let Some(owner) = &self.owner {
            headers.push(("x-webhook-owner", owner.clone()));
        }
        if body.is_some() {
            headers.push(("content-type", "application/json".to_owned()));
        }
        if let Some(key) = idempotency_key {
            headers.push(("idempotency-key", key.to_owned()));
        }
        let body = body.map(|body| body.to_string());
        let call = Call {
            method,
            path,
            headers,
            body,
        };
        let (status, answer) = self.place.send(call, self.timeout).await.map_err(failed)?;
        read(status, &answer)
    }
}

fn endpoint_path(id: &str, rest: &str) -> String {
    format!("/webhooks/{}{rest}", escaped(id))
}

/// The text as one part of a path or a query: all but unreserved characters escaped (RFC 3986, section 2.3).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                escaped.push(byte.into());
            }
            _ => escaped += &format!("%{byte:02X}"),
        }
    }
    escaped
}

/// The fields that are not null, as a query.
fn query(fields: &Value) -> String {
    let mut query = String::new();
    for (name, value) in fields.as_object().into_iter().flatten() {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => escaped(text),
            other => other.to_string(),
        };
        let sign = if query.is_empty() { '?' } else { '&' };
        query += &format!("{sign}{name}={text}");
    }
    query
}

fn failed(fault: Fault) -> CallError {
    let failure = fault.into_failure(String::new());
    CallError {
        code: failure.code,
        message: failure.message,
        status: failure.status,
        details: Map::new(),
    }
}

/// What an answer says.
fn read<T: DeserializeOwned>(status: u16, answer: &str) -> Answer<T> {
    #[derive(Deserialize)]
    struct Refusal {
        code: String,
        error: String,
        #[serde(flatten)]
        details: Map<String, Value>,
    }
    if (200..300).contains(&status)
        && let Ok(answer) = serde_json::from_str(answer)
    {
        return Ok(answer);
    }
    Err(match serde_json::from_str(answer) {
        Ok(Refusal {
            code,
            error: message,
            details,
        }) => CallError {
            code,
            message,
            status: Some(status),
            details,
        },
        Err(_) => CallError {
            code: "unexpected_answer".to_owned(),
            message: "The answer is not one of manage".to_owned(),
            status: Some(status),
            details: Map::new(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_part_of_a_path_whatever_is_in_them() {
        assert_eq!(endpoint_path("../x?", "/test"), "/webhooks/..%2Fx%3F/test");
        let filter = Filter {
            status: Some(Status::Failed),
            since: Some("2026-11-24T00:00:00+01:00".to_owned()),
            limit: Some(5),
            ..Filter::default()
        };
        assert_eq!(
            query(&json!(filter)),
            "?limit=5&since=2026-11-24T00%3A00%3A00%2B01%3A00&status=failed"
        );
        assert_eq!(query(&json!(Filter::default())), "");
    }

    #[test]
    fn an_error_keeps_what_helps_and_nonsense_is_no_answer() {
        let answer = r#"{"error": "No", "code": "invalid_field", "field": "url"}"#;
        let error = read::<IgnoredAny>(400, answer).unwrap_err();
        assert_eq!((&*error.code, error.status), ("invalid_field", Some(400)));
        assert_eq!(error.details["field"], "url");
        for (status, answer) in [(200, "<html>"), (502, ""), (302, "{}")] {
            let error = read::<Data<Vec<IgnoredAny>>>(status, answer).unwrap_err();
            assert_eq!(error.code, "unexpected_answer", "{status} {answer}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let text = format!(
            "{:?}{:?}",
            Credential::Token("abc".into()),
            Secret("abc".into())
        );
        assert!(!text.contains("abc"), "{text}");
    }
}

//! The stack under test, users on it, and their clients.

use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio_postgres::NoTls;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::contract;

/// Where everything is: `.dev/stack.json`, or the file `WEBHOOKS_STACK` names.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the keys are those of the README")]
pub struct Stack {
    pub manage_url: String,
    pub deliver_url: String,
    pub supabase_url: String,
    pub publishable_key: String,
    pub service_role_key: String,
    pub database_url: String,
    pub user_jwt: String,
    pub api_key: String,
    pub receiver_url: String,
    /// Whether `supabase_url` is a PostgREST without Supabase's paths and its Auth: only where the tests
    /// run against one, and never for a private stack.
    #[serde(skip)]
    pub is_plain_postgrest: bool,
}

impl Stack {
    /// The running stack.
    ///
    /// # Panics
    /// None is running.
    #[must_use]
    pub fn get() -> Self {
        let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.dev/stack.json");
        let file = std::env::var_os("WEBHOOKS_STACK").map_or(default, Into::into);
        let text = std::fs::read_to_string(&file).unwrap_or_else(|_| {
            panic!(
                "no stack at {}: use `cargo xtask test`, or start one with `cargo xtask dev`",
                file.display()
            )
        });
        let stack = Self::read(&text);
        Self {
            is_plain_postgrest: std::env::var_os("POSTGREST_URL").is_some(),
            ..stack
        }
    }

    /// The stack that this stack.json describes.
    pub(crate) fn read(text: &str) -> Self {
        let stack: Self = serde_json::from_str(text).expect("stack.json has the documented keys");
        contract::register(&stack.manage_url, "manage");
        contract::register(&stack.deliver_url, "deliver");
        stack
    }

    /// The setting that tells workers where `supabase_url` is: another one where it
    /// stands for a PostgREST without Supabase's paths.
    #[must_use]
    pub fn url_setting(&self) -> &'static str {
        match self.is_plain_postgrest {
            true => "POSTGREST_URL",
            false => "SUPABASE_URL",
        }
    }

    /// Where PostgREST's tables and functions are.
    #[must_use]
    pub fn rest_url(&self) -> String {
        match self.is_plain_postgrest {
            true => self.supabase_url.clone(),
            false => format!("{}/rest/v1", self.supabase_url),
        }
    }

    /// The same stack behind other workers.
    #[must_use]
    pub fn with_workers(&self, workers: &crate::workers::Workers) -> Self {
        Self {
            manage_url: workers.manage_url.clone(),
            deliver_url: workers.deliver_url.clone(),
            ..self.clone()
        }
    }

    /// A connection to the database as its owner.
    pub async fn database(&self) -> tokio_postgres::Client {
        connect(&self.database_url).await
    }

    /// Runs SQL as its owner.
    pub async fn sql(&self, statement: &str, parameters: &[&(dyn ToSql + Sync)]) -> Vec<Value> {
        let statement = format!("with q as ({statement}) select to_jsonb(q) from q");
        let rows = self.database().await.query(&statement, parameters).await;
        let rows = rows.expect("the SQL is right");
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// A new user.
    pub async fn user(&self) -> User {
        let (id, jwt) = match self.is_plain_postgrest {
            true => self.mint_user().await,
            false => self.sign_up().await,
        };
        User {
            stack: self.clone(),
            id,
            credential: ("authorization", format!("Bearer {jwt}")),
            jwt,
        }
    }

    async fn sign_up(&self) -> (Uuid, String) {
        let email = format!("{}@example.com", Uuid::new_v4());
        let answer: Value = client()
            .post(format!("{}/auth/v1/signup", self.supabase_url))
            .header("apikey", &self.publishable_key)
            .json(&json!({"email": email, "password": Uuid::new_v4()}))
            .send()
            .await
            .expect("Supabase Auth answers")
            .json()
            .await
            .expect("Supabase Auth answers JSON");
        let id = answer["user"]["id"].as_str().expect("a user was made");
        let jwt = answer["access_token"].as_str().expect("a token was made");
        (Uuid::parse_str(id).expect("a UUID"), jwt.to_owned())
    }

    /// For a PostgREST without Supabase Auth.
    async fn mint_user(&self) -> (Uuid, String) {
        let secret = std::env::var("SUPABASE_JWT_SECRET").expect("POSTGREST_URL comes with it");
        let database = self.database().await;
        let id: Uuid = database
            .query_one(
                "insert into auth.users (id) values (gen_random_uuid()) returning id",
                &[],
            )
            .await
            .expect("auth.users takes rows")
            .get(0);
        let claims = json!({
            "sub": id.to_string(), "role": "authenticated", "exp": 4_102_444_800_u64,
        });
        (
            id,
            token(&json!({"alg": "HS256", "typ": "JWT"}), &claims, &secret),
        )
    }

    /// Calls `deliver` with the service key.
    pub async fn deliver(&self, body: &Value) -> Answer {
        let request = client()
            .post(&self.deliver_url)
            .header("apikey", &self.service_role_key)
            .json(body);
        Answer::of(request).await
    }

    /// Sends an event to one user's endpoints.
    pub async fn emit(&self, user: &User, event_type: &str, data: Value) -> Answer {
        self.deliver(&json!({"event": {
            "event_type": event_type, "data": data, "user_id": user.id.to_string(),
        }}))
        .await
    }

    /// Makes an endpoint's waiting deliveries due now.
    pub async fn make_due(&self, endpoint_id: &str) {
        self.database()
            .await
            .execute(
                "update public.webhook_deliveries set next_retry_at = now(), leased_until = null
                 where endpoint_id = $1 and status in ('pending', 'retrying')",
                &[&Uuid::parse_str(endpoint_id).expect("a UUID")],
            )
            .await
            .expect("the SQL is right");
    }

    /// An endpoint's deliveries, oldest first.
    pub async fn deliveries(&self, endpoint_id: &str) -> Vec<Value> {
        self.sql(
            "select * from public.webhook_deliveries where endpoint_id = $1
             order by created_at, event_id",
            &[&Uuid::parse_str(endpoint_id).expect("a UUID")],
        )
        .await
    }
}

/// A connection to a database.
///
/// # Panics
/// There is none at this URL.
pub async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .expect("the database answers");
    tokio::spawn(connection);
    client
}

/// A signed token (RFC 7519, HS256).
#[must_use]
pub fn token(header: &Value, claims: &Value, secret: &str) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let unsigned = format!("{}.{}", encode(header), encode(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key length");
    mac.update(unsigned.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    format!("{unsigned}.{signature}")
}

/// A client that follows no redirect and waits for nobody forever.
#[must_use]
pub fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(60))
        .build()
        .expect("a client")
}

/// A user, and the credential its calls are made with.
#[derive(Clone, Debug)]
pub struct User {
    stack: Stack,
    /// In auth.users.
    pub id: Uuid,
    /// The user's token.
    pub jwt: String,
    credential: (&'static str, String),
}

impl User {
    /// The same user by a new API key.
    pub async fn by_api_key(&self) -> Self {
        let raw = Uuid::new_v4().simple().to_string();
        let hash: String = Sha256::digest(raw.as_bytes())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        self.stack
            .database()
            .await
            .execute(
                "insert into public.webhook_api_keys (user_id, key_hash) values ($1, $2)",
                &[&self.id, &format!("sha256_{hash}")],
            )
            .await
            .expect("webhook_api_keys takes rows");
        Self {
            credential: ("x-api-key", format!("nk_live_{raw}")),
            ..self.clone()
        }
    }

    /// The same user on a stack with other workers.
    #[must_use]
    pub fn on(&self, stack: &Stack) -> Self {
        Self {
            stack: stack.clone(),
            ..self.clone()
        }
    }

    /// A request to `manage` that has the credential.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        client()
            .request(method, format!("{}{path}", self.stack.manage_url))
            .header(self.credential.0, &self.credential.1)
    }

    /// Calls `manage`.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(body);
        }
        Answer::of(request).await
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    /// `POST`.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    /// `PATCH`.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::PATCH, path, Some(body)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    /// Registers an endpoint for every event.
    pub async fn register(&self, url: &str) -> Endpoint {
        self.register_for(url, &["*"]).await
    }

    /// Registers an endpoint.
    pub async fn register_for(&self, url: &str, events: &[&str]) -> Endpoint {
        let answer = self
            .post("/webhooks", &json!({"url": url, "events": events}))
            .await;
        let data = answer.expect(StatusCode::CREATED)["data"].clone();
        let text = |name: &str| data[name].as_str().expect("a string").to_owned();
        Endpoint {
            id: text("id"),
            secret: text("secret"),
        }
    }
}

/// A registered endpoint.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Endpoint {
    pub id: String,
    pub secret: String,
}

/// An answer of a worker.
#[derive(Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    /// Sends a request, and holds the answer to the OpenAPI document. What is not JSON is a string.
    #[expect(clippy::missing_panics_doc, reason = "a test may panic")]
    pub async fn of(request: RequestBuilder) -> Self {
        let (client, request) = request.build_split();
        let request = request.expect("a request");
        let (method, url) = (request.method().clone(), request.url().clone());
        let response = client.execute(request).await.expect("the worker answers");
        let status = response.status();
        let headers = response.headers().clone();
        let text = response.text().await.expect("the answer is complete");
        let kind = headers.get("content-type").map(|kind| kind.as_bytes());
        let body = match kind {
            _ if text.is_empty() => Value::Null,
            Some(b"application/json") => serde_json::from_str(&text)
                .unwrap_or_else(|_| panic!("not JSON, with status {status}: {text}")),
            _ => Value::String(text),
        };
        contract::check(&method, &url, status.as_u16(), &headers, &body);
        Self {
            status,
            headers,
            body,
        }
    }

    /// The body, where the status is the one expected.
    ///
    /// # Panics
    /// It is another.
    #[track_caller]
    pub fn expect(&self, status: StatusCode) -> &Value {
        assert_eq!(self.status, status, "{}", self.body);
        &self.body
    }

    /// The code of an error, where the status is the one expected.
    ///
    /// # Panics
    /// It is another, or the body is not an error.
    #[track_caller]
    pub fn expect_error(&self, status: u16) -> &str {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert!(
            self.body["error"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{}",
            self.body
        );
        self.body["code"].as_str().expect("an error has a code")
    }
}

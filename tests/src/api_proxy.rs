//! Stands between workers and PostgREST: counts calls, and fails them on request.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

use crate::stack::{Stack, client};

/// What the proxy does with a call.
#[derive(Clone, Debug)]
pub enum Mode {
    /// Passes it on.
    Pass,
    /// Answers with this status and body.
    Answer(u16, &'static str),
    /// Never answers.
    Hang,
    /// Passes calls on, except those of this function: they are answered with 500.
    Fail(&'static str),
    /// Passes calls on, but loses the answer to the next one of this function.
    LoseAnswer(&'static str),
    /// Passes calls on, those of this function after a while.
    Delay(&'static str, Duration),
}

/// A proxy in front of the stack's PostgREST.
#[derive(Clone, Debug)]
pub struct ApiProxy {
    /// For `SUPABASE_URL`.
    pub url: String,
    target: String,
    mode: Arc<Mutex<Mode>>,
    calls: Arc<Mutex<Vec<String>>>,
    bodies: Arc<Mutex<String>>,
}

impl ApiProxy {
    /// Starts a proxy that passes calls on.
    ///
    /// # Panics
    /// No port is free.
    pub async fn start(stack: &Stack) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let proxy = Self {
            url: format!("http://{address}"),
            target: stack.supabase_url.clone(),
            mode: Arc::new(Mutex::new(Mode::Pass)),
            calls: Arc::default(),
            bodies: Arc::default(),
        };
        let app = Router::new().fallback(handle).with_state(proxy.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        proxy
    }

    /// Changes what happens to calls.
    pub fn set(&self, mode: Mode) {
        *self.mode.lock().expect("writable") = mode;
    }

    /// The paths that were called since the last time this was asked.
    #[must_use]
    pub fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut *self.calls.lock().expect("writable"))
    }

    /// All that was sent to PostgREST and answered by it so far.
    #[must_use]
    pub fn bodies(&self) -> String {
        self.bodies.lock().expect("readable").clone()
    }
}

async fn handle(
    State(proxy): State<ApiProxy>,
    method: axum::http::Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    proxy
        .calls
        .lock()
        .expect("writable")
        .push(uri.path().to_owned());
    let mode = proxy.mode.lock().expect("readable").clone();
    match mode {
        Mode::Answer(status, body) => {
            (StatusCode::from_u16(status).expect("a status"), body).into_response()
        }
        Mode::Hang => {
            tokio::time::sleep(Duration::from_secs(3600)).await;
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
        Mode::Fail(function) if uri.path().ends_with(function) => {
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Mode::Pass | Mode::Fail(_) | Mode::LoseAnswer(_) | Mode::Delay(..) => {
            if let Mode::Delay(function, delay) = mode
                && uri.path().ends_with(function)
            {
                tokio::time::sleep(delay).await;
            }
            let sent = String::from_utf8_lossy(&body).into_owned();
            let mut request = client().request(method, format!("{}{uri}", proxy.target));
            for (name, value) in &headers {
                if name != "host" && name != "content-length" {
                    request = request.header(name, value);
                }
            }
            let answer = request.body(body).send().await.expect("PostgREST answers");
            let status = answer.status();
            let headers = answer.headers().clone();
            let body = answer.bytes().await.expect("PostgREST answers in full");
            let mut bodies = proxy.bodies.lock().expect("writable");
            *bodies += &sent;
            *bodies += &String::from_utf8_lossy(&body);
            drop(bodies);
            if matches!(mode, Mode::LoseAnswer(function) if uri.path().ends_with(function)) {
                proxy.set(Mode::Pass);
                return StatusCode::BAD_GATEWAY.into_response();
            }
            let mut response = (status, body).into_response();
            if let Some(kind) = headers.get("content-type") {
                response.headers_mut().insert("content-type", kind.clone());
            }
            response
        }
    }
}

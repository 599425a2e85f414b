//! The receiver of the load: counts, and remembers when what it waits for came.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// Answers 200 to everything.
pub(crate) struct Receiver {
    pub(crate) url: String,
    count: Arc<AtomicU64>,
    /// The `webhook-id` and the time of each arrival, in their order.
    pub(crate) arrivals: mpsc::UnboundedReceiver<(String, Instant)>,
}

impl Receiver {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let count = Arc::new(AtomicU64::new(0));
        let (sender, arrivals) = mpsc::unbounded_channel();
        let counter = count.clone();
        let app = Router::new().fallback(move |headers: HeaderMap, _body: Bytes| {
            counter.fetch_add(1, Ordering::Relaxed);
            let id = headers.get("webhook-id").and_then(|id| id.to_str().ok());
            // Nobody listens while the bench ends.
            let _ = sender.send((id.unwrap_or_default().to_owned(), Instant::now()));
            async { "ok" }
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self {
            url,
            count,
            arrivals,
        })
    }

    /// How many have arrived since the start.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

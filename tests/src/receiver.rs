//! Receivers: servers that endpoints point to, well-behaved or not.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::IntoResponse;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::eventually;

/// One request that arrived.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Arrival {
    /// What follows the receiver's URL, `/` if nothing does.
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Arrival {
    /// A header's value.
    ///
    /// # Panics
    /// It is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .unwrap_or_else(|| panic!("no header {name}"))
            .to_str()
            .expect("headers are ASCII")
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("the body is JSON")
    }
}

/// A server that keeps what arrives and answers with a status that can be changed. A port is soon used again, and
/// the endpoints of a test before still get what is sent to everyone: what is not for this receiver's URL is refused
/// and not kept.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// Where it is: a path of its own.
    pub url: String,
    status: Arc<AtomicU16>,
    arrivals: Arc<Mutex<Vec<Arrival>>>,
    delay: Duration,
    /// Requests in progress now, and the most there have been.
    gauge: Arc<Mutex<(usize, usize)>>,
}

impl Receiver {
    /// Starts one that answers `status`, a redirect with a `Location` to itself.
    pub async fn start(status: u16) -> Self {
        Self::start_slow(status, Duration::ZERO).await
    }

    /// Starts one that takes its time to answer.
    pub async fn start_slow(status: u16, delay: Duration) -> Self {
        let listener = listener().await;
        let root = format!("/{}", uuid::Uuid::new_v4().simple());
        let receiver = Self {
            url: format!("{}{root}", url_of(&listener)),
            status: Arc::new(AtomicU16::new(status)),
            arrivals: Arc::default(),
            delay,
            gauge: Arc::default(),
        };
        let state = receiver.clone();
        let app = Router::new().fallback(move |uri: Uri, headers: HeaderMap, body: Bytes| {
            let state = state.clone();
            let path = uri.path().strip_prefix(&root).map(str::to_owned);
            async move {
                let Some(path) = path else {
                    return StatusCode::NOT_FOUND.into_response();
                };
                state.count(1);
                let answer = state.take(&path, headers, &body);
                tokio::time::sleep(state.delay).await;
                state.count(-1);
                answer.into_response()
            }
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        receiver
    }

    fn count(&self, change: isize) {
        let mut gauge = self.gauge.lock().expect("no test panics in here");
        gauge.0 = gauge.0.wrapping_add_signed(change);
        gauge.1 = gauge.1.max(gauge.0);
    }

    /// The most requests that were in progress at the same time.
    ///
    /// # Panics
    /// Never: no test panics while it counts.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.gauge.lock().expect("no test panics in there").1
    }

    fn take(&self, path: &str, headers: HeaderMap, body: &[u8]) -> impl IntoResponse + use<> {
        let arrival = Arrival {
            path: if path.is_empty() { "/" } else { path }.to_owned(),
            headers,
            body: String::from_utf8(body.to_vec()).expect("bodies are UTF-8"),
        };
        self.arrivals
            .lock()
            .expect("no test panics in here")
            .push(arrival);
        let status = StatusCode::from_u16(self.status.load(Ordering::SeqCst))
            .expect("tests use real statuses");
        let location = format!("{}/redirected", self.url);
        let body = if status == StatusCode::NO_CONTENT {
            ""
        } else {
            "the receiver's answer"
        };
        (status, [(header::LOCATION, location)], body)
    }

    /// Changes what it answers.
    pub fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// What has arrived.
    #[must_use]
    pub fn arrivals(&self) -> Vec<Arrival> {
        self.arrivals
            .lock()
            .expect("no test panics in there")
            .clone()
    }

    /// What has arrived, once it is `count` or more.
    pub async fn wait_for(&self, count: usize, limit: Duration) -> Vec<Arrival> {
        eventually(&format!("{count} arrivals"), limit, async || {
            Some(self.arrivals()).filter(|arrivals| arrivals.len() >= count)
        })
        .await
    }
}

/// How a receiver misbehaves.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// Takes the request and never answers.
    Hang,
    /// Sends a status and headers, and never the body they promise.
    HangInBody,
    /// Closes the connection with a reset instead of answering.
    Reset,
    /// Answers something that is not HTTP.
    Nonsense,
    /// Answers 200 with a body that does not end.
    Endless,
    /// Answers 200 with a body of 100 MB.
    Huge,
    /// Answers 200 with a body that comes byte by byte, one a second.
    Trickle,
    /// Promises a longer body than it sends.
    ShortBody,
    /// Sends a body longer than it promised.
    LongBody,
    /// Sends an interim answer (103), then 200.
    Interim,
    /// Answers 200 with bytes that are no UTF-8, and a U+0000.
    NotUtf8,
    /// Answers 200 with what it calls gzip and is not.
    NotGzip,
}

/// Starts a receiver that misbehaves, and gives its URL.
pub async fn faulty(fault: Fault) -> String {
    let listener = listener().await;
    let url = url_of(&listener);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(misbehave(stream, fault));
        }
    });
    url
}

/// Starts a receiver that sends these bytes for each request, and then closes the connection or leaves it
/// open. Gives its URL.
pub async fn raw(answer: Vec<u8>, stays_open: bool) -> String {
    let listener = listener().await;
    let url = url_of(&listener);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = [0; 8192];
                let _ = stream.read(&mut request).await?;
                stream.write_all(&answer).await?;
                match stays_open {
                    true => forever(stream).await,
                    false => stream.shutdown().await,
                }
            });
        }
    });
    url
}

async fn misbehave(mut stream: TcpStream, fault: Fault) -> std::io::Result<()> {
    // The request's headers, and most likely its body.
    let mut request = [0; 8192];
    let _ = stream.read(&mut request).await?;
    match fault {
        Fault::Hang => forever(stream).await,
        Fault::HangInBody => {
            let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nstart";
            stream.write_all(head).await?;
            forever(stream).await
        }
        Fault::Reset => stream.set_linger(Some(Duration::ZERO)),
        Fault::Nonsense => stream.write_all(b"220 mail.example.com ESMTP\r\n").await,
        Fault::Huge => {
            let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n";
            stream.write_all(head).await?;
            let block = [b'x'; 10_000];
            for _ in 0..10_000 {
                stream.write_all(&block).await?;
            }
            Ok(())
        }
        Fault::Trickle => {
            let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
            stream.write_all(head).await?;
            loop {
                stream.write_all(b"x").await?;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        Fault::ShortBody => {
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort";
            stream.write_all(answer).await
        }
        Fault::LongBody => {
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nmuch longer";
            stream.write_all(answer).await
        }
        Fault::Interim => {
            let answer = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n\
                HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
            stream.write_all(answer).await
        }
        Fault::NotUtf8 => {
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\na\xff\0b";
            stream.write_all(answer).await
        }
        Fault::NotGzip => {
            let answer =
                b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnot gzip";
            stream.write_all(answer).await
        }
        Fault::Endless => {
            let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n";
            stream.write_all(head).await?;
            let block = [b'x'; 16384];
            loop {
                stream.write_all(&block).await?;
            }
        }
    }
}

/// Holds the connection until the other side closes it.
async fn forever(mut stream: TcpStream) -> std::io::Result<()> {
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.map(|_| ())
}

/// A URL where nobody listens.
pub async fn nobody() -> String {
    // Freed when it goes out of scope.
    url_of(&listener().await)
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a loopback port is free")
}

fn url_of(listener: &TcpListener) -> String {
    let address = listener.local_addr().expect("it is bound");
    format!("http://{address}")
}

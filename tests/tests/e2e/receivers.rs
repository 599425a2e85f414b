//! The receivers in docs/receiving, each run against real deliveries: what they must take and what they must refuse.
//!
//! Where an interpreter is not installed, its test says so, and `cargo xtask test` lists what was left out. CI leaves
//! nothing out.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shared::delivery::SignatureHeader;
use shared::event::EventId;
use shared::secret::Secret;
use shared::signature::{self, Signed};
use tests::receiver::{Arrival, Receiver};
use tests::stack::{Stack, client};
use tests::{eventually, leave_out};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use uuid::Uuid;

use crate::SOON;

/// A receiver of docs/receiving, as it is started.
struct Program {
    /// For people.
    name: &'static str,
    /// Its folder.
    folder: &'static str,
    /// What must be installed: a command of the machine, or a path in the repository.
    needs: &'static str,
    /// What makes it ready, once. `{out}` is a folder for what it makes.
    build: &'static [&'static str],
    /// `{out}` and `{port}` are put in.
    run: &'static [&'static str],
    has_library: bool,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

/// The command or file that this program needs, if it is there.
fn find(needs: &str) -> Option<PathBuf> {
    if needs.contains('/') {
        return Some(root().join(needs)).filter(|file| file.exists());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(needs))
        .find(|file| file.is_file())
}

/// A program that runs.
struct Running {
    url: String,
    child: Child,
    out: PathBuf,
}

impl Program {
    fn command(&self, words: &[&str], out: &Path, port: u16) -> Command {
        let first = find(self.needs).unwrap();
        let put_in = |word: &str| {
            word.replace("{out}", out.to_str().unwrap())
                .replace("{port}", &port.to_string())
        };
        let mut command = match words[0] {
            "{}" => Command::new(first),
            other => Command::new(put_in(other)),
        };
        command
            .args(words[1..].iter().map(|word| put_in(word)))
            .current_dir(root().join("docs/receiving").join(self.folder))
            .env("CARGO_TARGET_DIR", root().join("target/receiving"))
            .env("GOCACHE", root().join(".dev/go"))
            .env("PORT", port.to_string())
            .env("WEBHOOK_IDS", out.join("ids.txt"))
            .stdin(Stdio::null());
        command
    }

    async fn start(&self, secret: &str) -> Running {
        let out = std::env::temp_dir().join(format!("webhooks-{}", Uuid::new_v4().simple()));
        std::fs::create_dir(&out).unwrap();
        if !self.build.is_empty() {
            let built = self.command(self.build, &out, 0).output().await.unwrap();
            let errors = String::from_utf8_lossy(&built.stderr);
            assert!(built.status.success(), "{}: {errors}", self.name);
        }
        let port = {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listener.local_addr().unwrap().port()
        };
        let log = std::fs::File::create(out.join("stdout")).unwrap();
        let child = self
            .command(self.run, &out, port)
            .env("WEBHOOK_SECRET", secret)
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let url = format!("http://127.0.0.1:{port}");
        let running = Running { url, child, out };
        eventually(self.name, SOON, async || {
            client().get(&running.url).send().await.ok().map(drop)
        })
        .await;
        running
    }
}

impl Running {
    async fn stop(mut self) {
        self.child.kill().await.unwrap();
        std::fs::remove_dir_all(&self.out).unwrap();
    }

    fn output(&self) -> String {
        std::fs::read_to_string(self.out.join("stdout")).unwrap()
    }
}

/// Sends what arrived elsewhere, maybe changed, and gives the answer.
async fn post(url: &str, headers: &HeaderMap, body: &str) -> (u16, Value) {
    let mut request = client().post(url).body(body.to_owned());
    for (name, value) in headers {
        if name.as_str().starts_with("webhook-") || name == "content-type" {
            request = request.header(name, value);
        }
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap())
}

/// The headers of a delivery that is validly signed, at another time.
fn signed_at(arrival: &Arrival, secret: &str, timestamp: u64) -> HeaderMap {
    let event_id = EventId::parse(arrival.header("webhook-id")).unwrap();
    let signed = Signed {
        secrets: &[Secret::new(secret.to_owned())],
        event_id: &event_id,
        timestamp,
        body: &arrival.body,
    };
    let mut headers = arrival.headers.clone();
    let signature = signature::value(SignatureHeader::Standard, signed);
    headers.insert("webhook-signature", signature.parse().unwrap());
    headers.insert("webhook-timestamp", HeaderValue::from(timestamp));
    headers
}

async fn try_out(program: Program) {
    if find(program.needs).is_none() {
        leave_out(&format!(
            "the receiver in {} ({} is not installed)",
            program.name, program.needs
        ));
        return;
    }
    let stack = Stack::get();
    let secret = format!("whsec_{:x}", Sha256::digest(Uuid::new_v4()));
    let running = program.start(&secret).await;
    for route in ["/by-hand", "/with-library"] {
        if program.has_library || route == "/by-hand" {
            try_route(&program, &stack, &running, route, &secret).await;
        }
    }
    running.stop().await;
}

async fn try_route(program: &Program, stack: &Stack, running: &Running, route: &str, secret: &str) {
    let name = format!("{} {route}", program.name);
    let url = format!("{}{route}", running.url);
    let user = stack.user().await;
    let copy = Receiver::start(200).await;
    let mut ids = Vec::new();
    for url in [&url, &copy.url] {
        let body = json!({"url": url, "secret": secret});
        let made = user.post("/webhooks", &body).await;
        ids.push(made.body["data"]["id"].as_str().unwrap().to_owned());
    }
    // As the database has it: numbers beyond a double's digits, all kinds of characters.
    let data = r#"{"text": "é ✓ 😀 \u2028 </script> \\", "n": 12345678901234567890, "x": 0.10}"#;
    let emit = async |event_id: &str| {
        let event = format!(
            r#"{{"event": {{"event_type": "vehicle.created", "user_id": "{}", "event_id": "{event_id}", "data": {data}}}}}"#,
            user.id
        );
        let request = client().post(&stack.deliver_url).body(event);
        let request = request.header("apikey", &stack.service_role_key);
        let answer = tests::stack::Answer::of(request).await;
        assert_eq!(answer.body["delivered"], 2, "{name}: {}", answer.body);
    };

    let first = format!("evt_{}", Uuid::new_v4());
    emit(&first).await;
    let arrival = copy.wait_for(1, SOON).await.remove(0);
    let (headers, body) = (&arrival.headers, &arrival.body);
    assert!(
        body.contains("12345678901234567890") && body.contains('\u{2028}'),
        "{body}"
    );

    let (status, answer) = post(&url, headers, body).await;
    assert_eq!(
        (status, &answer["duplicate"]),
        (200, &json!(true)),
        "{name}"
    );
    let now = arrival.header("webhook-timestamp").parse::<u64>().unwrap();
    let changed = |header: &'static str, value: &str| {
        let mut headers = headers.clone();
        headers.insert(header, value.parse().unwrap());
        headers
    };
    let signature = arrival.header("webhook-signature");
    let tampered = match signature.ends_with("A=") {
        true => signature.replace("A=", "E="),
        false => format!("{}A=", &signature[..signature.len() - 2]),
    };
    let other_body = body.replace("0.10", "0.11");
    for (what, headers, body) in [
        ("a tampered body", headers.clone(), &other_body),
        (
            "a tampered signature",
            changed("webhook-signature", &tampered),
            body,
        ),
        ("another id", changed("webhook-id", "evt_other"), body),
        ("no signature", changed("webhook-signature", "v1,"), body),
        (
            "nonsense",
            changed("webhook-signature", "t=1,v1=%%% v1,é"),
            body,
        ),
        ("no number", changed("webhook-timestamp", "soon"), body),
        (
            "an old timestamp",
            signed_at(&arrival, secret, now - 360),
            body,
        ),
        (
            "a timestamp to come",
            signed_at(&arrival, secret, now + 360),
            body,
        ),
        ("no headers", HeaderMap::new(), body),
    ] {
        let (status, answer) = post(&url, &headers, body).await;
        assert_eq!(status, 400, "{name}: {what}: {answer}");
    }
    // A little old is not too old.
    let (status, _) = post(&url, &signed_at(&arrival, secret, now - 240), body).await;
    assert_eq!(status, 200, "{name}");

    // The receiver knows the secret before.
    for id in &ids {
        let path = format!("/webhooks/{id}/rotate-secret");
        user.post(&path, &json!({}))
            .await
            .expect(reqwest::StatusCode::OK);
    }
    let second = format!("evt_{}", Uuid::new_v4());
    emit(&second).await;
    let rotated = copy.wait_for(2, SOON).await.remove(1);
    assert_eq!(rotated.header("webhook-signature").split(' ').count(), 2);

    for (id, body) in [(first, body), (second, &rotated.body)] {
        let hash = format!("{:x}", Sha256::digest(body.as_bytes()));
        let lines = eventually(&name, SOON, async || {
            let output = running.output();
            let lines: Vec<Value> = output
                .lines()
                .filter(|line| line.contains(&id))
                .filter_map(|line| serde_json::from_str(&line[line.find('{')?..]).ok())
                .collect();
            (!lines.is_empty()).then_some(lines)
        })
        .await;
        assert_eq!(lines.len(), 1, "{name}: handled once: {lines:?}");
        assert_eq!(lines[0]["data_sha256"], hash.as_str(), "{name}");
        assert_eq!(lines[0]["type"], "vehicle.created", "{name}");
    }
    // Nothing that a sender can do ends it.
    let mut socket = tokio::net::TcpStream::connect(running.url.strip_prefix("http://").unwrap())
        .await
        .unwrap();
    socket
        .write_all(b"POST /by-hand HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
        .await
        .unwrap();
    drop(socket);
    let large = "x".repeat((1 << 20) + 1);
    let (status, _) = post(&url, headers, &large).await;
    assert_eq!(status, 413, "{name}");
    let (status, _) = post(&url, headers, body).await;
    assert_eq!(status, 200, "{name}");
}

const NODE: &str = "node_modules/.bin/node";

#[tokio::test]
async fn the_receiver_in_javascript_for_node() {
    try_out(Program {
        name: "JavaScript",
        folder: "javascript",
        needs: NODE,
        build: &[],
        run: &["{}", "node.mjs"],
        has_library: true,
    })
    .await;
}

#[tokio::test]
async fn the_receiver_in_javascript_for_workers_in_deno() {
    try_out(Program {
        name: "JavaScript for Deno",
        folder: "javascript",
        needs: "node_modules/.bin/deno",
        build: &[],
        run: &[
            "{}",
            "serve",
            "--no-remote",
            "--allow-env",
            "--allow-read",
            "--host",
            "127.0.0.1",
            "--port",
            "{port}",
            "worker.js",
        ],
        has_library: true,
    })
    .await;
}

#[tokio::test]
async fn the_receiver_in_javascript_for_workers_in_bun() {
    try_out(Program {
        name: "JavaScript for Bun",
        folder: "javascript",
        needs: "node_modules/.bin/bun",
        build: &[],
        run: &["{}", "-e", "import worker from './worker.js'; Bun.serve({ ...worker, hostname: '127.0.0.1', port: process.env.PORT })"],
        has_library: true,
    })
    .await;
}

#[tokio::test]
async fn the_receiver_in_typescript() {
    try_out(Program {
        name: "TypeScript",
        folder: "typescript",
        needs: NODE,
        build: &[],
        run: &["{}", "receiver.ts"],
        has_library: true,
    })
    .await;
}

#[tokio::test]
async fn the_receiver_in_python() {
    try_out(Program {
        name: "Python",
        folder: "python",
        needs: ".dev/python/bin/python",
        build: &[],
        run: &["{}", "receiver.py"],
        has_library: true,
    })
    .await;
}

#[tokio::test]
async fn the_receiver_in_ruby() {
    try_out(Program {
        name: "Ruby",
        folder: "ruby",
        needs: "ruby",
        build: &[],
        run: &["{}", "receiver.rb"],
        has_library: false,
    })
    .await;
}

#[tokio::test]
async fn the_receiver_in_go() {
    try_out(Program {
        name: "Go",
        folder: "go",
        needs: "go",
        build: &["{}", "build", "-o", "{out}/receiver", "main.go"],
        run: &["{out}/receiver"],
        has_library: false,
    })
    .await;
}

#[tokio::test]
async fn the_receiver_in_php() {
    try_out(Program {
        name: "PHP",
        folder: "php",
        needs: "php",
        build: &[],
        run: &["{}", "-S", "127.0.0.1:{port}", "receiver.php"],
        has_library: false,
    })
    .await;
}

#[tokio::test]
async fn the_receiver_in_java() {
    try_out(Program {
        name: "Java",
        folder: "java",
        needs: "java",
        build: &[],
        run: &["{}", "Receiver.java"],
        has_library: false,
    })
    .await;
}

#[tokio::test]
async fn the_receiver_in_rust() {
    try_out(Program {
        name: "Rust",
        folder: "rust",
        needs: "cargo",
        build: &["{}", "build", "--quiet", "--locked"],
        run: &["../../../target/receiving/debug/webhook-receiver"],
        has_library: true,
    })
    .await;
}

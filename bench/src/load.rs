//! Load: events through the real workers to a real receiver.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt, stream};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::api_proxy::ApiProxy;
use tests::stack::{Stack, User, client};
use tests::workers::Workers;
use uuid::Uuid;

use crate::cpu::{Cpu, Processes};
use crate::receiver::Receiver;
use crate::report::Report;
use crate::{milliseconds, percentile, progress};

/// Deliveries claimed at a time: one event's to 100 endpoints are one batch.
const BATCH: &str = "100";

/// Calls under way at a time.
pub(crate) const AT_ONCE: usize = 8;

/// How long a run may take.
const LIMIT: Duration = Duration::from_secs(300);

/// A user with endpoints at the receiver.
struct Load {
    /// The stacks whose workers take turns.
    stacks: Vec<Stack>,
    user: User,
    client: reqwest::Client,
}

impl Load {
    async fn new(stacks: &[Stack], receiver: &Receiver, endpoints: usize) -> Result<Self> {
        let first = stacks.first().context("there is a stack")?;
        let user = first.user().await;
        for n in 0..endpoints {
            user.register(&format!("{}/{n}", receiver.url)).await;
        }
        Ok(Self {
            stacks: stacks.to_vec(),
            user,
            client: client(),
        })
    }

    fn event(&self, id: &str) -> Value {
        json!({
            "event_type": "vehicle.updated", "user_id": self.user.id.to_string(), "event_id": id,
            "data": {"vin": "1FTFW1E50PFA00001", "mileage": 48210, "color": "Oxford White"},
        })
    }

    /// One call of as many events, by the `turn`th worker.
    async fn call(&self, turn: usize, events: usize, wait: bool) -> Result<()> {
        let mut events = (0..events).map(|_| self.event(&Uuid::new_v4().to_string()));
        let body = match events.len() {
            1 => json!({"event": events.next(), "wait": wait}),
            _ => json!({"events": events.collect::<Vec<_>>(), "wait": wait}),
        };
        let stack = self
            .stacks
            .get(turn % self.stacks.len())
            .context("there is a stack")?;
        send(&self.client, stack, &body).await
    }

    /// Calls until everything has arrived, and gives the time and the CPU time that took.
    async fn run(
        &self,
        processes: Processes,
        receiver: &Receiver,
        calls: usize,
        shape: &Shape,
    ) -> Result<(Duration, Cpu)> {
        let deliveries = (calls * shape.events * shape.endpoints) as u64;
        let before = processes.cpu()?;
        let target = receiver.count() + deliveries;
        let start = Instant::now();
        let mut answers = stream::iter(0..calls)
            .map(|turn| self.call(turn, shape.events, shape.wait))
            .buffer_unordered(AT_ONCE);
        while let Some(answer) = answers.next().await {
            answer?;
        }
        while receiver.count() < target {
            ensure!(
                start.elapsed() < LIMIT,
                "{} of {deliveries} deliveries did not arrive",
                target - receiver.count()
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok((start.elapsed(), processes.cpu()?.since(&before)))
    }
}

async fn send(client: &reqwest::Client, stack: &Stack, body: &Value) -> Result<()> {
    let request = client
        .post(&stack.deliver_url)
        .header("apikey", &stack.service_role_key);
    let answer = request.json(body).send().await?;
    let status = answer.status();
    let text = answer.text().await?;
    ensure!(
        status == StatusCode::OK || status == StatusCode::ACCEPTED,
        "deliver answered {status}: {text}"
    );
    Ok(())
}

/// A kind of load.
struct Shape {
    endpoints: usize,
    /// Events in a call.
    events: usize,
    /// Whether the answer waits for the sending.
    wait: bool,
    meaning: &'static str,
}

/// How often each is measured: the median counts.
const RUNS: usize = 3;

/// The most calls of a run.
const MOST_CALLS: usize = 3_000;

const SHAPES: [Shape; 8] = [
    Shape {
        endpoints: 1,
        events: 1,
        wait: true,
        meaning: "the commonest event; aim: 400 per s",
    },
    Shape {
        endpoints: 1,
        events: 1,
        wait: false,
        meaning: "the commonest event, stored and sent by the pump; Svix: 789 per s, 2.3 s of CPU",
    },
    Shape {
        endpoints: 10,
        events: 1,
        wait: true,
        meaning: "the TypeScript functions: 225 per s",
    },
    Shape {
        endpoints: 10,
        events: 1,
        wait: false,
        meaning: "Svix: 2,456 per s, 0.70 s of CPU",
    },
    Shape {
        endpoints: 100,
        events: 1,
        wait: true,
        meaning: "the TypeScript functions: 213 per s",
    },
    Shape {
        endpoints: 100,
        events: 1,
        wait: false,
        meaning: "Svix: 4,142 per s, 0.46 s of CPU",
    },
    Shape {
        endpoints: 1,
        events: 100,
        wait: true,
        meaning: "100 events a call; Svix: 800-1,000 per s, 1.9 s of CPU",
    },
    Shape {
        endpoints: 10,
        events: 10,
        wait: true,
        meaning: "10 events a call; Svix: 2,500-3,300 per s, 0.57 s of CPU",
    },
];

/// Deliveries per second, and CPU time by part: with one workerd, which is one thread, and
/// with two.
pub(crate) async fn throughput(
    stack: &Stack,
    processes: Processes,
    receiver: &Receiver,
    deliveries: usize,
    report: &mut Report,
) -> Result<()> {
    let settings = json!({"DELIVERY_BATCH": BATCH, "MAX_SUBREQUESTS": "10000"});
    let workers = [
        Workers::start(stack, &settings).await,
        Workers::start(stack, &settings).await,
    ];
    let stacks = workers
        .each_ref()
        .map(|workers| stack.with_workers(workers));
    for (stacks, note) in [(&stacks[..1], ""), (&stacks[..], ", two workerds")] {
        for shape in &SHAPES {
            let name = format!(
                "{} endpoint{}, {} event{} a call{}{note}",
                shape.endpoints,
                if shape.endpoints == 1 { "" } else { "s" },
                shape.events,
                if shape.events == 1 { "" } else { "s" },
                if shape.wait { "" } else { ", wait: false" },
            );
            progress(&format!("load: {name}"));
            let load = Load::new(stacks, receiver, shape.endpoints).await?;
            let calls = (deliveries / shape.events / shape.endpoints).min(MOST_CALLS);
            // What is compiled and cached on the way is not what is measured.
            load.run(processes, receiver, calls.div_ceil(10), shape)
                .await?;
            let done = (calls * shape.events * shape.endpoints) as f64;
            let mut runs = Vec::new();
            for _ in 0..RUNS {
                let (time, cpu) = load.run(processes, receiver, calls, shape).await?;
                runs.push((done / time.as_secs_f64(), cpu));
            }
            runs.sort_by(|(a, _), (b, _)| a.total_cmp(b));
            let (rate, cpu) = runs.get(RUNS / 2).context("there are runs")?;
            report.add(
                &format!("deliveries per second: {name}"),
                format!("{rate:.0}"),
                shape.meaning,
            );
            report.add(
                &format!("CPU per 1,000: {name}"),
                cpu.per(done / 1000.0),
                "seconds in all, and of them",
            );
        }
    }
    Ok(())
}

/// PostgREST calls per event.
pub(crate) async fn calls(stack: &Stack, receiver: &Receiver, report: &mut Report) -> Result<()> {
    let proxy = ApiProxy::start(stack).await;
    let settings = json!({stack.url_setting(): proxy.url, "DELIVERY_BATCH": BATCH,
        "MAX_SUBREQUESTS": "1000"});
    let workers = Workers::start(stack, &settings).await;
    let stack = stack.with_workers(&workers);
    for endpoints in [1, 10, 100] {
        let load = Load::new(std::slice::from_ref(&stack), receiver, endpoints).await?;
        let _registrations = proxy.take_calls();
        load.call(0, 1, true).await?;
        report.add(
            &format!("PostgREST calls per event, {endpoints} endpoints"),
            proxy.take_calls().len().to_string(),
            "counted by a proxy; aim: 2; the TypeScript functions: 4, 31, 301",
        );
    }
    Ok(())
}

/// Time from POST to arrival, at 20 events a second to one endpoint.
pub(crate) async fn latency(
    stack: &Stack,
    receiver: &mut Receiver,
    events: usize,
    report: &mut Report,
) -> Result<()> {
    progress("latency: 20 events a second");
    let load = Load::new(std::slice::from_ref(stack), receiver, 1).await?;
    for _ in 0..20 {
        load.call(0, 1, true).await?;
    }
    while receiver.arrivals.try_recv().is_ok() {}

    let mut sent = HashMap::new();
    let mut ticks = tokio::time::interval(Duration::from_millis(50));
    let mut calls = Vec::new();
    for _ in 0..events {
        ticks.tick().await;
        let id = Uuid::new_v4().to_string();
        let body = json!({"event": load.event(&id)});
        let (client, stack) = (load.client.clone(), stack.clone());
        sent.insert(id, Instant::now());
        calls.push(tokio::spawn(
            async move { send(&client, &stack, &body).await },
        ));
    }
    for call in calls {
        call.await??;
    }
    let mut times = Vec::new();
    while let Ok((id, arrived_at)) = receiver.arrivals.try_recv() {
        let sent_at = sent.get(&id).context("an event of this run")?;
        times.push(arrived_at.duration_since(*sent_at));
    }
    ensure!(times.len() == events, "{} of {events} arrived", times.len());
    for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
        report.add(
            &format!("POST to arrival, {name}"),
            milliseconds(percentile(&mut times, share)),
            "20 events a second, one endpoint; p50 of Svix: 3 ms, of the TypeScript functions: 10 ms",
        );
    }
    Ok(())
}

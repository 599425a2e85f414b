//! The dashboard and the alerts in docs/operate: they ask for the metrics that there are, as what they are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::eventually;
use tests::receiver::Receiver;
use tests::stack::{Answer, Stack, client};
use tokio::process::Command;

use crate::SOON;

/// The labels that Prometheus gives to what it scrapes.
const OF_PROMETHEUS: [&str; 2] = ["instance", "job"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A file of docs/operate.
fn file(name: &str) -> String {
    std::fs::read_to_string(root().join("docs/operate").join(name)).unwrap()
}

fn dashboard() -> Value {
    serde_json::from_str(&file("grafana.json")).unwrap()
}

/// The rules of alerts.yaml, read by the library that builds the OpenAPI document.
async fn alerts() -> Vec<Value> {
    const PROGRAM: &str = r#"
        import fs from "node:fs";
        import { parse } from "yaml";
        console.log(JSON.stringify(parse(fs.readFileSync("docs/operate/alerts.yaml", "utf8"))));
    "#;
    let output = Command::new(root().join("node_modules/.bin/node"))
        .args(["--input-type=module", "--eval", PROGRAM])
        .current_dir(root())
        .output()
        .await
        .expect("Node is installed");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let file: Value = serde_json::from_slice(&output.stdout).unwrap();
    let groups = file["groups"].as_array().unwrap();
    let rules = groups
        .iter()
        .flat_map(|group| group["rules"].as_array().unwrap());
    rules.cloned().collect()
}

/// The panels of the dashboard that are no rows.
fn panels(dashboard: &Value) -> Vec<&Value> {
    let panels = dashboard["panels"].as_array().unwrap().iter();
    panels.filter(|panel| panel["type"] != "row").collect()
}

/// The expressions of the panels, each with its panel's title.
fn panel_expressions(dashboard: &Value) -> Vec<(String, String)> {
    let mut expressions = Vec::new();
    for panel in panels(dashboard) {
        for target in panel["targets"].as_array().unwrap() {
            expressions.push((text(&panel["title"]), text(&target["expr"])));
        }
    }
    expressions
}

/// The expressions of the variables, the panels and the alerts, each with where it stands.
async fn all_expressions(dashboard: &Value) -> Vec<(String, String)> {
    let mut expressions = panel_expressions(dashboard);
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    for variable in variables.iter().filter(|v| v["type"] == "query") {
        for query in [&variable["definition"], &variable["query"]["query"]] {
            expressions.push((text(&variable["name"]), text(query)));
        }
    }
    for alert in alerts().await {
        expressions.push((text(&alert["alert"]), text(&alert["expr"])));
    }
    expressions
}

/// A string that is not empty.
#[track_caller]
fn text(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    assert!(!text.is_empty(), "{value} is no text");
    text.to_owned()
}

/// The values of each label.
type Labels = BTreeMap<String, BTreeSet<String>>;

/// A metric that `/metrics` declares.
#[derive(Debug, Default)]
struct Metric {
    kind: String,
    labels: Labels,
}

type Metrics = BTreeMap<String, Metric>;

/// Reads Prometheus' text format.
fn read_metrics(text: &str) -> Metrics {
    let mut metrics = Metrics::new();
    for line in text.lines() {
        if let Some(declared) = line.strip_prefix("# TYPE ") {
            let (name, kind) = declared.split_once(' ').unwrap();
            metrics.entry(name.to_owned()).or_default().kind = kind.to_owned();
        } else if !line.starts_with('#') {
            for used in read(line).metrics {
                let metric = metrics.entry(used.name).or_default();
                for (label, _, value) in used.labels {
                    metric.labels.entry(label).or_default().insert(value);
                }
            }
        }
    }
    metrics
}

/// What the running stack declares when there has been a tick of the cron and an attempt that succeeded: some metrics
/// are there only then.
async fn declared() -> Metrics {
    let stack = Stack::get();
    let user = stack.user().await;
    let receiver = Receiver::start(200).await;
    user.register(&receiver.url).await;
    let answer = stack.emit(&user, "vehicle.created", json!({})).await;
    answer.expect(StatusCode::OK);
    let database = stack.database().await;
    let tick = "select public.record_webhook_tick(1)";
    database.batch_execute(tick).await.unwrap();

    // Another worker may have taken the delivery, and record it later.
    eventually("an attempt is counted", SOON, async || {
        let request = client()
            .get(format!("{}/metrics", stack.deliver_url))
            .bearer_auth(&stack.service_role_key);
        let answer = Answer::of(request).await;
        let metrics = read_metrics(answer.expect(StatusCode::OK).as_str().unwrap());
        let outcomes = metrics
            .get("webhooks_attempts_total")?
            .labels
            .get("outcome")?;
        outcomes.contains("success").then_some(metrics)
    })
    .await
}

/// A metric where an expression asks for it.
#[derive(Debug, PartialEq)]
struct Used {
    name: String,
    /// The function whose argument it is.
    function: String,
    /// Label, operator and value of each matcher.
    labels: Vec<(String, String, String)>,
}

/// What an expression asks for.
#[derive(Debug, Default)]
struct Asked {
    metrics: Vec<Used>,
    /// The labels it groups and matches by.
    groupings: Vec<String>,
}

/// Finds the metrics of an expression of PromQL, of which it reads no more than words, parentheses and selectors.
fn read(expression: &str) -> Asked {
    let mut asked = Asked::default();
    let mut open: Vec<&str> = Vec::new();
    let mut word = "";
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        let length = rest.find(|c| !is_of_a_word(c)).unwrap_or(rest.len());
        let around = open.last().copied().unwrap_or_default();
        if length > 0 {
            (word, rest) = rest.split_at(length);
            if word.starts_with("webhooks_") {
                asked.metrics.push(Used {
                    name: word.to_owned(),
                    function: around.to_owned(),
                    labels: Vec::new(),
                });
            } else if ["by", "without", "on", "ignoring"].contains(&around) {
                asked.groupings.push(word.to_owned());
            }
            continue;
        }
        rest = &rest[first.len_utf8()..];
        match first {
            ' ' | '\n' => continue,
            '(' => open.push(word),
            ')' => {
                open.pop().expect("a parenthesis was opened");
            }
            '{' => {
                let (selector, after) = rest.split_once('}').expect("the selector ends");
                let metric = asked.metrics.last_mut().expect("a metric is selected");
                assert_eq!(metric.name, word, "{expression}");
                metric.labels = selector.split(',').map(matcher).collect();
                rest = after;
            }
            '"' => panic!("a string that is in no selector: {expression}"),
            _ => {}
        }
        word = "";
    }
    assert!(open.is_empty(), "{expression}");
    asked
}

fn is_of_a_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

/// Label, operator and value of `label="value"`.
fn matcher(text: &str) -> (String, String, String) {
    let (left, value) = text.trim().split_once('"').expect("a value in quotes");
    let value = value.strip_suffix('"').expect("the value ends");
    let (label, operator) = left.split_at(left.find(['=', '!']).expect("an operator"));
    (
        label.trim().to_owned(),
        operator.trim().to_owned(),
        value.to_owned(),
    )
}

/// What is wrong with an expression.
fn problems(expression: &str, metrics: &Metrics) -> Vec<String> {
    let asked = read(expression);
    let mut problems = Vec::new();
    if asked.metrics.is_empty() {
        problems.push("it asks for no metric".to_owned());
    }
    for used in &asked.metrics {
        let name = &used.name;
        let Some(metric) = metrics.get(name) else {
            problems.push(format!("{name} is not declared"));
            continue;
        };
        let is_rate = ["rate", "increase"].contains(&used.function.as_str());
        match metric.kind.as_str() {
            "counter" if !is_rate => problems.push(format!("{name} is a counter, without a rate")),
            "gauge" if is_rate => problems.push(format!("{name} is a gauge, with a rate")),
            "counter" | "gauge" => {}
            other => problems.push(format!("{name} is a {other}")),
        }
        for (label, operator, value) in &used.labels {
            if OF_PROMETHEUS.contains(&label.as_str()) {
                continue;
            }
            let is_fixed = ["=", "!="].contains(&operator.as_str()) && !value.starts_with('$');
            match metric.labels.get(label) {
                None => problems.push(format!("{name} has no label {label}")),
                Some(values) if is_fixed && !values.contains(value) => {
                    problems.push(format!("{label} of {name} is never {value}"));
                }
                Some(_) => {}
            }
        }
    }
    for label in &asked.groupings {
        let exists = OF_PROMETHEUS.contains(&label.as_str())
            || asked.metrics.iter().any(|used| {
                let metric = metrics.get(&used.name);
                metric.is_some_and(|metric| metric.labels.contains_key(label))
            });
        if !exists {
            problems.push(format!("there is no label {label} to group by"));
        }
    }
    problems
}

#[tokio::test]
async fn the_dashboard_and_the_alerts_ask_for_metrics_that_exist_as_what_they_are() {
    let metrics = declared().await;
    let dashboard = dashboard();
    let mut found = Vec::new();
    for (place, expression) in all_expressions(&dashboard).await {
        for problem in problems(&expression, &metrics) {
            found.push(format!("{place}: {problem}: {expression}"));
        }
    }
    // What texts say of metrics is true, too.
    for name in ["grafana.json", "alerts.yaml", "README.md"] {
        for word in file(name).split(|c| !is_of_a_word(c)) {
            if word.starts_with("webhooks_") && !metrics.contains_key(word) {
                found.push(format!("{name}: {word} is not declared"));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test]
async fn every_metric_is_on_the_dashboard() {
    let mut missing = declared().await;
    for (_, expression) in panel_expressions(&dashboard()) {
        for used in read(&expression).metrics {
            missing.remove(&used.name);
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

/// Without a stack: the test itself would notice.
#[test]
fn an_expression_that_could_never_answer_is_found() {
    let metrics = read_metrics(
        "# HELP webhooks_a A\n# TYPE webhooks_a gauge\nwebhooks_a 1\n\
         # TYPE webhooks_b_total counter\nwebhooks_b_total{outcome=\"success\"} 2\n\
         webhooks_b_total{outcome=\"timeout\"} 1\n",
    );
    for right in [
        "time() - webhooks_a{job=\"$job\"} > 300",
        "absent(webhooks_a)",
        "sum by (outcome) (rate(webhooks_b_total[5m]))",
        "sum by (job, instance) (increase(webhooks_b_total{outcome!=\"success\", job=\"x\"}[5m])) > 2 * (webhooks_a offset 1h)",
        "rate(webhooks_b_total{outcome=~\"t.*\"}[5m]) and on (outcome) rate(webhooks_b_total{outcome=\"$outcome\"}[5m])",
    ] {
        assert_eq!(problems(right, &metrics), Vec::<String>::new(), "{right}");
    }
    for (wrong, problem) in [
        ("vector(1)", "it asks for no metric"),
        ("webhooks_c > 0", "webhooks_c is not declared"),
        (
            "sum(webhooks_b_total)",
            "webhooks_b_total is a counter, without a rate",
        ),
        ("rate(webhooks_a[5m])", "webhooks_a is a gauge, with a rate"),
        (
            "webhooks_a{outcome=\"success\"}",
            "webhooks_a has no label outcome",
        ),
        (
            "rate(webhooks_b_total{outcome=\"succes\"}[5m])",
            "outcome of webhooks_b_total is never succes",
        ),
        (
            "sum by (outcomes) (rate(webhooks_b_total[5m]))",
            "there is no label outcomes to group by",
        ),
    ] {
        assert_eq!(problems(wrong, &metrics), [problem], "{wrong}");
    }
}

#[test]
fn every_panel_says_what_to_do_and_asks_the_chosen_prometheus() {
    let dashboard = dashboard();
    text(&dashboard["uid"]);
    let variable = &dashboard["templating"]["list"][0];
    assert_eq!(variable["type"], "datasource");
    assert_eq!(variable["query"], "prometheus");
    let source = json!({"type": "prometheus", "uid": format!("${{{}}}", text(&variable["name"]))});

    let all = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<_> = all.iter().map(|panel| panel["id"].as_u64()).collect();
    assert!(ids.len() == all.len() && !ids.contains(&None), "{ids:?}");
    let rows = all.iter().filter(|panel| panel["type"] == "row");
    let rows: Vec<_> = rows.map(|row| text(&row["title"])).collect();
    assert_eq!(rows, ["Now", "Attempts", "Upkeep"]);
    for panel in panels(&dashboard) {
        let title = text(&panel["title"]);
        text(&panel["description"]);
        let defaults = &panel["fieldConfig"]["defaults"];
        text(&defaults["unit"]);
        assert!(defaults["thresholds"]["steps"].is_array(), "{title}");
        assert_eq!(panel["datasource"], source, "{title}");
        for target in panel["targets"].as_array().unwrap() {
            assert_eq!(target["datasource"], source, "{title}");
        }
    }
}

#[tokio::test]
async fn every_alert_says_what_to_do_and_is_in_the_table() {
    let mut alerts_of_file = BTreeSet::new();
    for alert in alerts().await {
        let name = text(&alert["alert"]);
        let fields: BTreeSet<_> = alert.as_object().unwrap().keys().collect();
        assert!(
            fields
                .into_iter()
                .eq(["alert", "annotations", "expr", "for", "labels"]),
            "{name}"
        );
        text(&alert["annotations"]["summary"]);
        text(&alert["annotations"]["description"]);
        let severity = text(&alert["labels"]["severity"]);
        assert!(
            ["critical", "warning"].contains(&severity.as_str()),
            "{name}: {severity}"
        );
        let minutes = text(&alert["for"]);
        let minutes = minutes.strip_suffix('m').map(str::parse::<u8>);
        assert!(matches!(minutes, Some(Ok(1..))), "{name}: {minutes:?}");
        assert!(alerts_of_file.insert((name, severity)), "twice: {alert}");
    }
    let readme = file("README.md");
    let rows = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let rows: BTreeSet<_> = rows
        .map(|(name, rest)| {
            let cells: Vec<_> = rest.split(" | ").collect();
            assert_eq!(cells.len(), 3, "{name}");
            (name.to_owned(), cells[0].to_owned())
        })
        .collect();
    assert_eq!(rows, alerts_of_file);
}

#[tokio::test]
async fn the_queries_that_alerts_point_to_run() {
    let database = Stack::get().database().await;
    let readme = file("README.md");
    let queries = readme.split("```sql\n").skip(1);
    let queries: Vec<_> = queries
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert_eq!(queries.len(), 4);
    for query in queries {
        let rows = database.simple_query(query).await;
        assert!(rows.is_ok(), "{rows:?}: {query}");
    }
    for alert in alerts().await {
        let description = text(&alert["annotations"]["description"]).to_lowercase();
        for rest in description.split("query ").skip(1) {
            let number = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap();
            assert!(
                readme.contains(&format!("\nQuery {number}, ")),
                "{description}"
            );
        }
    }
}

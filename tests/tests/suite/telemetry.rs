//! What an OpenTelemetry collector is told of a run: everything that it was made of, once, and no text of it.

mod collector;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use stepwell_tests::{Project, Provider, Reply};

use collector::{Collector, Manner, Told, total};

/// Fans out, fails and tries again, and asks a model in each step.
const FLOW: &str = r#"
name = "traced"
[[steps]]
id = "plan"
uses = "plugins/worker.wasm"
inputs.topic = "peppermint"
settings.calls = 2
settings.items = ["x", "y"]
  [[steps.steps]]
  id = "each"
  uses = "plugins/worker.wasm"
  for_each = "parent.items"
  inputs.topic = "{{ item }}"
  settings.calls = 1
  settings.fan = 3
  settings.fail = 1
  settings.checkpoint = true
[[steps]]
id = "join"
uses = "plugins/worker.wasm"
inputs.topic = "{{ steps.plan.each.result }}"
settings.calls = 1
"#;

/// A project whose runs are told to this address.
fn told_to(url: &str, provider: &Provider) -> Project {
    let mut project = Project::of_worker(provider, FLOW);
    project.set("OTEL_EXPORTER_OTLP_ENDPOINT", url);
    project.set("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20secret");
    // On a machine that is busy an answer may be late, and what had none is told once more.
    project.set("OTEL_EXPORTER_OTLP_TIMEOUT", "60000");
    project
}

/// Every execution of a run's JSON, by how a person names it.
fn executions(steps: &Value, found: &mut BTreeSet<String>) {
    for step in steps.as_array().unwrap() {
        for execution in step["executions"].as_array().unwrap() {
            found.insert(execution["name"].as_str().unwrap().to_owned());
        }
        executions(&step["steps"], found);
    }
}

/// Asserts that spans are one whole trace of the newest run, each below what it is a part of.
fn is_whole(project: &Project, spans: &[Told]) {
    let run = project.run(&["status", "--json"]).exits_with(0).json();
    let trace = run["id"].as_str().unwrap().replace('-', "");
    let ids: BTreeSet<&str> = spans.iter().map(|span| span.id.as_str()).collect();
    assert_eq!(ids.len(), spans.len(), "an id is doubled: {spans:?}");
    assert!(spans.iter().all(|span| span.trace == trace), "{spans:?}");
    let by_id: BTreeMap<&str, &Told> = spans.iter().map(|it| (it.id.as_str(), it)).collect();
    let roots: Vec<_> = spans.iter().filter(|span| span.parent.is_empty()).collect();
    let [root] = roots.as_slice() else {
        panic!("{roots:?}");
    };
    assert_eq!(root.name, "invoke_workflow traced");
    assert_eq!(root.text("stepwell.outcome"), "success");
    let parent = |span: &Told| by_id[span.parent.as_str()].clone();
    let of_execution = |span: &&Told| span.name.starts_with("step ");
    let mut expected = BTreeSet::new();
    executions(&run["steps"], &mut expected);
    let names = spans.iter().filter(of_execution);
    let names: BTreeSet<_> = names
        .map(|span| span.text("stepwell.execution").to_owned())
        .collect();
    assert_eq!(names, expected);
    for span in spans.iter().filter(of_execution) {
        assert_eq!(span.parent, root.id);
    }
    let calls = project
        .run(&["calls", "last", "--json"])
        .exits_with(0)
        .json();
    let expected: BTreeSet<_> = calls
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].clone())
        .collect_strings();
    let calls: Vec<_> = spans
        .iter()
        .filter(|it| it.name == "chat test-model")
        .collect();
    let told: BTreeSet<_> = calls
        .iter()
        .map(|it| it.text("stepwell.call.id").to_owned())
        .collect();
    assert_eq!(told, expected);
    for call in &calls {
        let attempt = parent(call);
        assert_eq!(attempt.name, "attempt");
        assert_eq!(
            attempt.numbers["stepwell.attempt"],
            call.numbers["stepwell.attempt"]
        );
        let execution = parent(&attempt);
        assert!(of_execution(&&execution), "{execution:?}");
        for above in [&attempt, &execution] {
            assert_eq!(
                above.text("stepwell.execution"),
                call.text("stepwell.execution")
            );
        }
        assert_eq!(call.text("gen_ai.provider.name"), "local");
        assert_eq!(call.text("gen_ai.request.model"), "test-model");
    }
    for (name, spent) in [
        ("gen_ai.usage.input_tokens", "input_tokens"),
        ("gen_ai.usage.output_tokens", "output_tokens"),
    ] {
        let told: i64 = calls.iter().filter_map(|call| call.numbers.get(name)).sum();
        assert_eq!(Some(told), run["spent"][spent].as_i64(), "{name}");
    }
}

trait Strings {
    fn collect_strings(self) -> BTreeSet<String>;
}

impl<I: Iterator<Item = Value>> Strings for I {
    fn collect_strings(self) -> BTreeSet<String> {
        self.map(|value| value.as_str().unwrap().to_owned())
            .collect()
    }
}

#[test]
fn a_run_is_one_trace_with_every_execution_and_call_and_no_text_of_it() {
    let (provider, collector) = (Provider::echo(), Collector::start(Manner::Answers(200)));
    let project = told_to(&collector.url(), &provider);
    let finished = project.run(&["run", "flow.toml"]).exits_with(0);
    assert!(!finished.stderr.contains("warn"), "{}", finished.stderr);
    let spans = collector.spans();
    is_whole(&project, &spans);
    let failed = spans
        .iter()
        .filter(|span| span.text("error.type") == "transient");
    let retried = spans.iter().filter(|span| span.name == "attempt").count();
    assert!(failed.count() > 0 || retried > 4, "{spans:?}");

    let metrics = collector.metrics();
    let run = project.run(&["status", "--json"]).exits_with(0).json();
    let tokens = &metrics["gen_ai.client.token.usage"];
    for (kind, spent) in [("input", "input_tokens"), ("output", "output_tokens")] {
        assert_eq!(
            Some(total(tokens, Some(kind))),
            run["spent"][spent].as_f64()
        );
    }
    assert_eq!(total(&metrics["stepwell.runs"], Some("success")), 1.0);
    assert_eq!(total(&metrics["stepwell.executions"], Some("success")), 4.0);

    let asked = provider.received();
    let texts = asked.iter().map(|it| it.asked.as_str());
    for request in collector.requests() {
        assert!(request.head.contains("x-key: a secret"), "{}", request.head);
        let body = String::from_utf8_lossy(&request.body).into_owned();
        for text in texts
            .clone()
            .chain(["peppermint", "sk-test-secret", "a secret"])
        {
            assert!(!body.contains(text), "`{text}` was told");
        }
    }
}

#[test]
fn a_run_that_was_killed_and_resumed_is_one_trace() {
    let collector = Collector::start(Manner::Answers(200));
    let provider = Provider::start(|number, received| match number {
        1 => Reply::Silence,
        _ => Reply::Text(received.asked.clone()),
    });
    let project = told_to(&collector.url(), &provider);
    let mut child = project.spawn(&["run", "flow.toml"]);
    provider.wait_for_requests(2);
    collector.wait_for_spans();
    child.kill().unwrap();
    child.wait().unwrap();
    let before = collector.spans();
    let names: Vec<_> = before.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["chat test-model"]);
    let _ = project.run(&["resume", "--resend"]).exits_with(0);
    is_whole(&project, &collector.spans());
}

#[test]
fn a_server_tells_of_its_runs_and_a_command_that_hands_one_over_tells_nothing() {
    let provider = Provider::echo();
    let (of_server, of_command) = (
        Collector::start(Manner::Answers(200)),
        Collector::start(Manner::Answers(200)),
    );
    let mut project = told_to(&of_server.url(), &provider);
    let serving = project.serve(&[]);
    project.set("OTEL_EXPORTER_OTLP_ENDPOINT", &of_command.url());
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let _ = serving.terminate().exits_with(0);
    assert_eq!(of_command.connections(), 0);
    is_whole(&project, &of_server.spans());
}

#[test]
fn a_collector_that_is_gone_or_refuses_or_never_answers_changes_nothing_of_a_run() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let refusing = Collector::start(Manner::Answers(500));
    let silent = Collector::start(Manner::Never);
    for (url, why) in [
        (nobody, "Connection refused"),
        (refusing.url(), "it answers 500"),
        (silent.url(), "no answer within 5s"),
    ] {
        let provider = Provider::echo();
        let project = told_to(&url, &provider);
        let finished = project.run(&["run", "flow.toml"]).exits_with(0);
        let finished = finished.says(&["and the last metrics weren't sent", why]);
        assert_eq!(
            finished.stderr.matches("WARN").count(),
            1,
            "{}",
            finished.stderr
        );
        let run = project.run(&["status", "--json"]).exits_with(0).json();
        assert_eq!(run["status"], "success");
    }
}

#[test]
fn nobody_is_told_where_it_is_switched_off() {
    let (provider, collector) = (Provider::echo(), Collector::start(Manner::Answers(200)));
    let mut project = told_to(&collector.url(), &provider);
    project.set("OTEL_SDK_DISABLED", "true");
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(collector.connections(), 0);
}

#[test]
fn a_variable_that_cannot_be_followed_is_said_before_anything_begins() {
    let provider = Provider::echo();
    let mut project = told_to("http://127.0.0.1:9", &provider);
    project.set("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let _ = project.run(&["run", "flow.toml"]).exits_with(4).says(&[
        "error: the variable OTEL_EXPORTER_OTLP_PROTOCOL is `grpc`, and only `http/protobuf` is spoken",
        "hint: unset it",
    ]);
    let runs = project.run(&["runs", "--json"]).exits_with(0).json();
    assert_eq!(runs.as_array().map(Vec::len), Some(0));
}

#[test]
fn what_is_said_can_be_lines_of_json() {
    let provider = Provider::echo();
    let mut project = told_to("http://127.0.0.1:9", &provider);
    project.set("STEPWELL_LOG_FORMAT", "json");
    let finished = project.run(&["run", "flow.toml"]).exits_with(0);
    let missing = project.run(&["run", "missing.toml"]).exits_with(4);
    let said = [finished.stderr.as_str(), missing.stderr.as_str()].concat();
    let mut levels = BTreeSet::new();
    for line in said.lines() {
        let object: Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        for field in ["timestamp", "level", "message", "target"] {
            assert!(object[field].is_string(), "{line}");
        }
        levels.insert(object["level"].as_str().unwrap().to_owned());
    }
    assert_eq!(levels, ["ERROR", "INFO", "WARN"].map(str::to_owned).into());
}

#[test]
fn a_call_that_failed_is_told_as_failed_with_its_time_and_its_code() {
    let provider = Provider::start(|_, _| Reply::Status(401, Vec::new(), "no such key".into()));
    provider.slow_down(std::time::Duration::from_millis(60));
    let collector = Collector::start(Manner::Answers(200));
    let project = told_to(&collector.url(), &provider);
    let _ = project.run(&["run", "flow.toml"]).exits_with(1);
    let spans = collector.spans();
    let calls: Vec<&Told> = spans
        .iter()
        .filter(|it| it.name.starts_with("chat "))
        .collect();
    assert_eq!(calls.len(), 1, "{spans:?}");
    assert_eq!(
        calls[0].text("stepwell.outcome"),
        "failure",
        "{:?}",
        calls[0]
    );
    assert_eq!(calls[0].text("error.type"), "authentication");
    assert!(calls[0].is_error);
    assert!(calls[0].length >= 60_000_000, "{:?}", calls[0]);
    let metrics = collector.metrics();
    let duration = &metrics["gen_ai.client.operation.duration"];
    assert!(
        total(duration, Some("authentication")) > 0.0,
        "{duration:?}"
    );
    assert_eq!(
        total(duration, None),
        total(duration, Some("authentication"))
    );
}

#[test]
fn a_collector_that_takes_nothing_at_first_is_asked_again_at_the_end_of_a_command() {
    let provider = Provider::echo();
    let collector = Collector::start(Manner::AnswersFirst(503));
    let project = told_to(&collector.url(), &provider);
    let finished = project.run(&["run", "flow.toml"]).exits_with(0);
    assert!(!finished.stderr.contains("sent"), "{}", finished.stderr);
    let spans = collector.spans();
    let roots = spans.iter().filter(|it| it.parent.is_empty()).count();
    assert!(roots >= 1, "{spans:?}");
    assert!(!collector.metrics().is_empty());
}

#[test]
fn a_failure_is_an_error_among_lines_of_json() {
    let provider = Provider::start(|_, _| Reply::Status(401, Vec::new(), "no such key".into()));
    let mut project = told_to("http://127.0.0.1:9", &provider);
    project.set("STEPWELL_LOG_FORMAT", "json");
    let finished = project.run(&["run", "flow.toml"]).exits_with(1);
    let level = |wanted: &str| {
        let lines = finished.stderr.lines();
        let objects = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut fitting = objects.filter(|it| it["message"].as_str().unwrap().contains(wanted));
        fitting
            .next()
            .map(|it| it["level"].as_str().unwrap().to_owned())
    };
    assert_eq!(
        level("call failed").as_deref(),
        Some("WARN"),
        "{}",
        finished.stderr
    );
    assert_eq!(
        level("plan failed: ").as_deref(),
        Some("ERROR"),
        "{}",
        finished.stderr
    );
    assert_eq!(
        level("run ended: failure").as_deref(),
        Some("ERROR"),
        "{}",
        finished.stderr
    );
}

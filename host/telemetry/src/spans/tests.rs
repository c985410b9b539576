use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use serde_json::json;
use stepwell_contract::{Position, RunId};
use uuid::Uuid;

use super::*;

const RUN: &str = "0198a000-0000-7000-8000-000000000001";

fn key() -> ExecutionKey {
    ExecutionKey {
        run: RunId(RUN.parse().unwrap()),
        path: "build/code".parse().unwrap(),
        take: 2,
        at: vec![
            Position::default(),
            Position {
                item: Some(1),
                round: 1,
            },
        ],
    }
}

fn period() -> Period {
    Period {
        from: Timestamp::from_second(1).unwrap(),
        to: Timestamp::from_second(3).unwrap(),
    }
}

/// A span as lines: its name, its ids, its time, its attributes and its events.
fn shown(span: &Span) -> String {
    let hex = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
    let seconds = |nanoseconds: u64| nanoseconds as f64 / 1e9;
    let status = span.status.as_ref().unwrap();
    assert_eq!((status.message.as_str(), span.flags), ("", 0x101));
    let mut lines = vec![
        format!("{} (kind {}, status {})", span.name, span.kind, status.code),
        format!(
            "{} {} < {}",
            hex(&span.trace_id),
            hex(&span.span_id),
            hex(&span.parent_span_id)
        ),
        format!(
            "{}-{}",
            seconds(span.start_time_unix_nano),
            seconds(span.end_time_unix_nano)
        ),
    ];
    lines.extend(span.attributes.iter().map(attribute));
    for event in &span.events {
        lines.push(format!("{} {}", event.name, seconds(event.time_unix_nano)));
        lines.extend(
            event
                .attributes
                .iter()
                .map(|it| format!("  {}", attribute(it))),
        );
    }
    lines.join("\n")
}

fn attribute(attribute: &KeyValue) -> String {
    let shown = value(attribute.value.as_ref().unwrap());
    format!("{} = {shown}", attribute.key)
}

fn value(value_of: &AnyValue) -> String {
    match value_of.value.as_ref().unwrap() {
        Value::StringValue(text) => text.clone(),
        Value::BoolValue(flag) => flag.to_string(),
        Value::IntValue(number) => number.to_string(),
        Value::DoubleValue(number) => number.to_string(),
        Value::ArrayValue(array) => {
            let values: Vec<_> = array.values.iter().map(value).collect();
            format!("[{}]", values.join(", "))
        }
        other => panic!("{other:?}"),
    }
}

fn call(error: Option<&str>) -> CallRecord {
    let digest = stepwell_contract::Digest::of("");
    let attempt = |number: u32, second: i64| {
        json!({
            "number": number, "started_at": Timestamp::from_second(second).unwrap(), "sent": digest,
            "headers": [["x-secret", "a header"]], "duration_ms": 1500,
        })
    };
    let mut attempts = [attempt(1, 10), attempt(2, 12)];
    attempts[0]["error"] = json!({"code": "server-error", "message": "what a provider said"});
    attempts[0]["status"] = json!(503);
    attempts[1]["first_token_ms"] = json!(250);
    attempts[1]["usage"] = json!({
        "input_tokens": 100, "output_tokens": 20, "cache_read_tokens": 64, "cache_write_tokens": null,
        "reasoning_tokens": 5,
    });
    attempts[1]["money"] = json!(1500);
    serde_json::from_value(json!({
        "id": Uuid::from_u128(7), "execution": key(), "attempt": 3, "sequence": 0, "question": digest,
        "occurrence": 0, "model": "writer", "provider": "gemini", "provider_model": "gemini-3",
        "request": digest, "prompts": [["code", 4], ["house", 0]],
        "state": if error.is_some() { "failed" } else { "answered" }, "attempts": attempts,
        "finish": error.is_none().then_some("stop"),
        "error": error.map(|code| json!({"code": code, "message": "what a provider said"})),
        "created_at": Timestamp::from_second(9).unwrap(), "ended_at": Timestamp::from_second(14).unwrap(),
    }))
    .unwrap()
}

#[test]
fn a_call_is_told_by_the_conventions_with_every_time_that_it_was_sent() {
    assert_eq!(
        shown(&of_call(&call(None), Some("gemini-3-001"))),
        "\
chat gemini-3 (kind 3, status 0)
0198a000000070008000000000000001 SPAN < PARENT
10-14
gen_ai.operation.name = chat
gen_ai.provider.name = gcp.gemini
gen_ai.request.model = gemini-3
gen_ai.response.model = gemini-3-001
gen_ai.response.finish_reasons = [stop]
gen_ai.response.time_to_first_chunk = 0.25
gen_ai.usage.input_tokens = 100
gen_ai.usage.output_tokens = 20
gen_ai.usage.cache_read.input_tokens = 64
gen_ai.usage.reasoning.output_tokens = 5
gen_ai.prompt.name = code
gen_ai.prompt.version = 4
stepwell.prompts = [code v4, house (no version)]
stepwell.call.id = 00000000-0000-0000-0000-000000000007
stepwell.model = writer
stepwell.provider = gemini
stepwell.step = build/code
stepwell.execution = build/code[1]#2
stepwell.attempt = 3
stepwell.cost_usd = 0.0015
stepwell.outcome = success
stepwell.call.sent 10
  stepwell.call.attempt = 1
  http.response.status_code = 503
  stepwell.call.duration_ms = 1500
  error.type = server-error
stepwell.call.sent 12
  stepwell.call.attempt = 2
  stepwell.call.duration_ms = 1500"
            .replace("SPAN", &hex(SpanOf::Call(Uuid::from_u128(7))))
            .replace(
                "PARENT",
                &hex(SpanOf::Attempt {
                    key: &key(),
                    number: 3
                })
            )
    );
}

fn hex(of: SpanOf<'_>) -> String {
    of.id().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn an_error_is_told_by_its_code_alone() {
    let span = shown(&of_call(&call(Some("rate-limited")), None));
    assert!(
        span.starts_with("chat gemini-3 (kind 3, status 2)\n"),
        "{span}"
    );
    assert!(span.contains("\nerror.type = rate-limited\n"), "{span}");
    let span = shown(&of_call(&call(Some("what a provider said")), None));
    assert!(span.contains("\nerror.type = _OTHER\n"), "{span}");
    for text in ["what a provider said", "a header"] {
        assert!(!span.contains(text), "{span}");
    }
}

#[test]
fn an_execution_stands_below_its_run_and_its_attempts_below_it() {
    let key = key();
    let outcome = Outcome::Failure("trap".into());
    let execution = of_execution(&key, (0, 0), Some("builtin:code"), period(), &outcome);
    assert_eq!(
        shown(&execution),
        "\
step build/code (kind 1, status 2)
0198a000000070008000000000000001 SPAN < PARENT
1-3
stepwell.step = build/code
stepwell.execution = build/code[1]#2
stepwell.take = 2
stepwell.plugin = builtin:code
stepwell.outcome = failure
error.type = trap"
            .replace("SPAN", &hex(SpanOf::Execution { key: &key, end: 0 }))
            .replace(
                "PARENT",
                &hex(SpanOf::Run {
                    run: key.run,
                    end: 0
                })
            )
    );
    let attempt = of_attempt(&key, (4, 0), None, period(), &Outcome::GoesOn);
    assert_eq!(attempt.parent_span_id, execution.span_id);
    assert!(shown(&attempt).ends_with("stepwell.attempt = 4\nstepwell.outcome = goes-on"));
    // It failed, and was taken further.
    let again = of_execution(&key, (1, 1), None, period(), &Outcome::Success);
    assert_eq!(again.parent_span_id, execution.span_id);
    assert_ne!(again.span_id, execution.span_id);
}

#[test]
fn a_run_is_the_root_of_its_trace_and_no_span_is_shorter_than_nothing() {
    let record: RunRecord = serde_json::from_value(json!({
        "id": RUN, "workflow": "coding", "definition": stepwell_contract::Digest::of(""),
        "workspace": "/home/ada/secret", "inputs": {"request": "a text"}, "label": "a label",
        "state": "success", "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
    }))
    .unwrap();
    let backwards = Period {
        from: period().to,
        to: period().from,
    };
    let root = of_run(&record, 0, backwards, &Outcome::Success, false);
    assert_eq!(
        shown(&root),
        "\
invoke_workflow coding (kind 1, status 0)
0198a000000070008000000000000001 SPAN < \n3-3
gen_ai.operation.name = invoke_workflow
gen_ai.workflow.name = coding
stepwell.run.id = 0198a000-0000-7000-8000-000000000001
stepwell.replayed = false
stepwell.outcome = success"
            .replace(
                "SPAN",
                &hex(SpanOf::Run {
                    run: record.id,
                    end: 0
                })
            )
    );
    let again = of_run(&record, 1, period(), &Outcome::Success, false);
    assert_eq!(again.parent_span_id, root.span_id);
}

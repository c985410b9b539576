//! The step `implementation` on the fake host.

#![allow(clippy::unwrap_used, reason = "a test may")]

use serde_json::{Value, json};
use stepwell_plugin_implementation::Implementation;
use stepwell_sdk::testing::FakeHost;
use stepwell_sdk::{Failure, FailureKind, Inputs};

fn inputs() -> Inputs {
    Inputs::new().with("design", "# The design")
}

fn subtask(id: &str, files: &[&str], needs: &[&str]) -> Value {
    json!({"id": id, "title": "T", "description": "D", "files": files, "depends_on": needs})
}

fn read(answer: &str) -> Result<Value, Failure> {
    let documents = FakeHost::new().process_response(&Implementation, &inputs(), answer)?;
    Ok(serde_json::from_str(documents.get("subtasks").unwrap()).unwrap())
}

fn ids(subtasks: &Value) -> Vec<&str> {
    let subtasks = subtasks.as_array().unwrap();
    subtasks
        .iter()
        .map(|subtask| subtask["id"].as_str().unwrap())
        .collect()
}

#[test]
fn one_call_makes_the_plan() {
    let plan = json!([
        subtask("model", &["./src/model.py"], &[]),
        subtask("cli", &["src/cli.py"], &["model"])
    ]);
    let host = FakeHost::new().answer(plan.to_string());
    let documents = host.execute(&Implementation, &inputs()).unwrap();
    let subtasks: Value = serde_json::from_str(documents.get("subtasks").unwrap()).unwrap();
    assert_eq!(ids(&subtasks), ["model", "cli"]);
    assert_eq!(subtasks[0]["files"][0], "src/model.py");
    assert_eq!(subtasks[0].get("depends_on"), None);
    assert!(host.prompts_sent()[0].contains("# The design"));
}

#[test]
fn each_comes_after_what_it_depends_on() {
    let plan = json!([
        subtask("cli", &["c.py"], &["report", "model"]),
        subtask("report", &["r.py"], &["model"]),
        subtask("model", &["m.py"], &[]),
        subtask("docs", &["README.md"], &[]),
    ]);
    assert_eq!(
        ids(&read(&plan.to_string()).unwrap()),
        ["model", "report", "cli", "docs"]
    );
}

#[test]
fn untidy_answers() {
    let plan = json!([subtask("a", &["a.py"], &[])]).to_string();
    for answer in [
        format!("My plan [in short]:\r\n\r\n```json\r\n{plan}\r\n```\r\nShall I begin?"),
        format!("```\n{plan}\n```"),
        format!("{{\"subtasks\": {plan}}}"),
        plan.replace("}]", "},\n]"),
        format!("Use this layout:\n```text\nsrc/\n```\nand\n{plan}"),
    ] {
        assert_eq!(ids(&read(&answer).unwrap()), ["a"], "{answer}");
    }
}

#[test]
fn everything_that_is_wrong_is_named() {
    let plan = json!([
        subtask("A b", &["../a.py"], &[]),
        subtask("b", &["/etc/b"], &["nobody"]),
        subtask("b", &[], &[]),
    ]);
    let failure = read(&plan.to_string()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
    for part in [
        "the id `A b`",
        "`../a.py` leads outside",
        "`/etc/b` isn't relative",
        "depends on `nobody`",
        "the id `b` is there twice",
        "`b` names no file",
    ] {
        assert!(
            failure.message.contains(part),
            "{part}: {}",
            failure.message
        );
    }
}

#[test]
fn a_circle_is_named() {
    let plan = json!([subtask("a", &["a"], &["b"]), subtask("b", &["b"], &["a"])]);
    let failure = read(&plan.to_string()).unwrap_err();
    assert!(failure.message.contains("`a`, `b`"), "{}", failure.message);
}

#[test]
fn no_plan_is_an_invalid_response_and_the_retry_says_so() {
    assert!(read("[]").unwrap_err().message.contains("no subtask"));
    let host = FakeHost::new()
        .answer("I'd start with the parser.")
        .answer(json!([subtask("a", &["a.py"], &[])]).to_string());
    let failure = host.execute(&Implementation, &inputs()).unwrap_err();
    assert!(
        failure.message.contains("JSON array"),
        "{}",
        failure.message
    );
    host.retry(&Implementation, &inputs(), &failure).unwrap();
    assert!(host.prompts_sent()[1].contains("it must be a JSON array"));
}

#[test]
fn with_a_report_only_what_mends_it_is_planned() {
    let plan = json!([subtask("mend", &["src/model.py"], &[])]).to_string();
    let host = FakeHost::new().answer(plan.clone()).answer(plan);
    let first = inputs().with("report", "").with("earlier_plan", "");
    host.execute(&Implementation, &first).unwrap();
    let second = inputs()
        .with("report", "test_total: 3 instead of 4")
        .with("earlier_plan", "[the plan of before]");
    host.execute(&Implementation, &second).unwrap();
    let sent = host.prompts_sent();
    assert!(sent[0].contains("Split the work") && !sent[0].contains("report"));
    assert!(!sent[1].contains("Split the work"));
    for part in ["3 instead of 4", "[the plan of before]", "what mends"] {
        assert!(sent[1].contains(part), "{part}");
    }
}

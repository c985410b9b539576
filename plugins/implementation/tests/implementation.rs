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

#[test]
fn where_only_tests_are_missing_nothing_has_to_be_planned() {
    let host = FakeHost::new().answer("[]");
    let report = inputs().with("report", "FR-2 is in the code, and no test holds it");
    let documents = host.execute(&Implementation, &report).unwrap();
    assert_eq!(documents.get("subtasks"), Some("[]"));
    assert!(host.prompts_sent()[0].contains("Tests that are\nmissing are written by others"));
}

/// A subtask that says which of its files are there.
fn saying(files: &[&str], existing: &[&str]) -> Value {
    let mut subtask = subtask("a", files, &[]);
    subtask["existing"] = json!(existing);
    subtask
}

fn package() -> FakeHost {
    FakeHost::new()
        .file("package/src/report.py", "")
        .file("package/src/[x]/odd.py", "")
        .file("README.md", "")
        .file("docs/\u{fc}ber.md", "")
        .file("docs/u\u{308}bung/a.md", "")
        .ignored_file("package/src/version.py")
        .ignores("build/**")
}

/// What the step makes of a plan in the package.
fn planned(plan: &[Value]) -> Result<Value, Failure> {
    let host = package().answer(json!(plan).to_string());
    let documents = host.execute(&Implementation, &inputs())?;
    Ok(serde_json::from_str(documents.get("subtasks").unwrap()).unwrap())
}

#[test]
fn each_file_of_a_plan_is_there_or_new() {
    let plan = [
        subtask(
            "model",
            &["package/src/report.py", "package/src/new.py"],
            &[],
        ),
        subtask("cli", &["package/src/new.py", "cli.py"], &["model"]),
    ];
    let subtasks = planned(&plan).unwrap();
    assert_eq!(subtasks[0]["existing"], json!(["package/src/report.py"]));
    assert_eq!(
        subtasks[1]["existing"],
        json!(["package/src/new.py"]),
        "a piece before it writes the file"
    );
    for path in [
        "app/[id]/page.tsx",
        "{{ name }}/{ }.py",
        "docs/u\u{308}bung/b.md",
        "docs/\u{fc}.md",
    ] {
        assert_eq!(
            planned(&[subtask("a", &[path], &[])]).unwrap()[0]["files"],
            json!([path])
        );
    }
    // What is said of other files than its own is nothing that it plans.
    let plan = [saying(&["cli.py"], &["nowhere.py", "../up.py"])];
    assert_eq!(planned(&plan).unwrap()[0].get("existing"), None);
}

#[test]
fn a_path_that_cannot_be_is_told_with_the_nearest() {
    for (path, told) in [
        (
            "package/src",
            "`package/src` is a folder: name the file in it, such as `package/src/[x]/odd.py`, `package/src/report.py`",
        ),
        (
            "README.md/part.md",
            "would stand below `README.md`, which is a file",
        ),
        (
            "package/src/version.py",
            "`package/src/version.py` is a path that git ignores",
        ),
        (
            "build/made.py",
            "`build/made.py` is a path that git ignores",
        ),
        (".git/hooks/pre-commit", "closed to every step"),
        ("package/.stepwell/notes.md", "closed to every step"),
        ("stepwell.toml", "closed to every step"),
        (
            "package/src/Report.py",
            "`package/src/Report.py` differs from `package/src/report.py`",
        ),
        (
            "Package/src/other.py",
            "`Package` differs from `package`, which is there",
        ),
        (
            "docs/u\u{308}ber.md",
            "differs from `docs/\u{fc}ber.md`, which is there, by how its letters are composed alone",
        ),
        (
            "docs/\u{fc}bung/b.md",
            "differs from `docs/u\u{308}bung`, which is there, by how its letters are composed alone",
        ),
        (
            "package/src/*.py",
            "`package/src/*.py` is a pattern, and no file",
        ),
        ("src/module?.py", "is a pattern, and no file"),
        ("src/{a,b}.py", "is a pattern, and no file"),
    ] {
        let failure = planned(&[subtask("a", &[path], &[])]).unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidResponse);
        assert!(failure.message.contains(told), "{}", failure.message);
    }
}

#[test]
fn the_paths_of_a_plan_go_together() {
    // Also what a piece before it writes is a file, and what stands before it in the same piece.
    for (plan, told) in [
        (
            vec![
                subtask("a", &["tool"], &[]),
                subtask("b", &["tool/cli.py"], &["a"]),
            ],
            "below `tool`",
        ),
        (
            vec![subtask("a", &["tool", "tool/cli.py"], &[])],
            "below `tool`",
        ),
        (
            vec![subtask("a", &["tool/cli.py", "tool"], &[])],
            "`tool` is a folder",
        ),
        (
            vec![subtask("a", &["cli.py", "Cli.py"], &[])],
            "`Cli.py` differs from `cli.py`",
        ),
    ] {
        let failure = planned(&plan).unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidResponse);
        assert!(failure.message.contains(told), "{}", failure.message);
    }
    let twice = planned(&[subtask("a", &["cli.py", "cli.py"], &[])]).unwrap();
    assert_eq!(twice[0]["files"], json!(["cli.py"]));
    assert_eq!(twice[0].get("existing"), None, "it isn't there yet");
}

#[test]
fn what_is_said_to_exist_has_to_be_there() {
    for (path, told) in [
        (
            "src/report.py",
            "`src/report.py` is said to exist and isn't there, but these are: `package/src/report.py`;",
        ),
        ("other/report.py", "these are: `package/src/report.py`;"),
        (
            "package/src/parser.py",
            "these are: `package/src/[x]/odd.py`, `package/src/report.py`;",
        ),
        ("far.py", "isn't there; leave it out of `existing`"),
    ] {
        let failure = planned(&[saying(&[path], &[path])]).unwrap_err();
        assert!(failure.message.contains(told), "{}", failure.message);
    }
    // Where nothing is said the file is new, and whoever looks on may wonder.
    let plan = json!([subtask("a", &["src/report.py"], &[])]).to_string();
    let host = package().answer(plan);
    host.execute(&Implementation, &inputs()).unwrap();
    assert!(
        host.log_lines()[0].contains("`package/src/report.py` is there"),
        "{:?}",
        host.log_lines()
    );
}

#[test]
fn the_plan_is_made_from_the_map() {
    let plan = json!([subtask("a", &["a.py"], &[])]).to_string();
    let host = FakeHost::new().answer(plan.clone()).answer(plan);
    let surveyed = inputs()
        .with("map", "src/report.py (12)")
        .with("conventions", "Keep functions short.")
        .with("baseline", "Test functions: 3");
    host.execute(&Implementation, &surveyed).unwrap();
    host.execute(&Implementation, &inputs()).unwrap();
    let sent = host.prompts_sent();
    for part in [
        "<map>\nsrc/report.py (12)\n</map>",
        "<conventions>\nKeep functions short.\n</conventions>",
        "<baseline>\nTest functions: 3\n</baseline>",
    ] {
        assert!(sent[0].contains(part), "{part}: {}", sent[0]);
    }
    for part in ["<map>", "<conventions>", "<baseline>", "The project as it"] {
        assert!(!sent[1].contains(part), "{part}: {}", sent[1]);
    }
}

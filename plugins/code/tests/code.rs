//! The step `code` on the fake host.

#![allow(clippy::unwrap_used, reason = "a test may")]

use stepwell_plugin_code::Code;
use stepwell_sdk::testing::FakeHost;
use stepwell_sdk::{FailureKind, Inputs};

const GOOD: &str = "I wrote the parser.\r\nIt raises `ParseError`.\r\n\r\n### FILE: src/tool/parser.py\r\n```python\r\ndef parse(text):\r\n    \"\"\"Parses.\r\n\r\n    ```python\r\n    parse('a')\r\n    ```\r\n    \"\"\"\r\n```\r\n\r\n### FILE: src/tool/__init__.py\r\n```python\r\n```\r\n";

fn inputs() -> Inputs {
    Inputs::new()
        .with(
            "subtask",
            r#"{"id": "parser", "title": "Parser", "description": "Write it", "files": ["src/tool/parser.py", "src/tool/__init__.py"]}"#,
        )
        .with("design", "# The design")
}

#[test]
fn the_files_are_written_and_listed() {
    let host = FakeHost::new().answer(GOOD);
    let documents = host.execute(&Code, &inputs()).unwrap();
    let parser = host.file_text("src/tool/parser.py").unwrap();
    assert!(parser.starts_with("def parse(text):\n"), "{parser}");
    assert!(
        parser.ends_with("    ```\n    \"\"\"\n"),
        "a fence inside stays: {parser}"
    );
    assert_eq!(host.file_text("src/tool/__init__.py").unwrap(), "");
    let files = documents.get("files").unwrap();
    assert!(files.contains("\"src/tool/parser.py\""), "{files}");
    assert!(
        files.contains(&format!("\"bytes\": {}", parser.len())),
        "{files}"
    );
    assert_eq!(
        documents.get("summary"),
        Some("I wrote the parser.\nIt raises `ParseError`.")
    );
}

#[test]
fn a_file_that_is_there_keeps_its_line_ends() {
    let host = FakeHost::new()
        .file("src/tool/parser.py", "def parse(text):\r\n    pass")
        .answer(GOOD);
    let documents = host.execute(&Code, &inputs()).unwrap();
    let parser = host.file_text("src/tool/parser.py").unwrap();
    assert!(parser.starts_with("def parse(text):\r\n"), "{parser:?}");
    assert!(parser.ends_with("    \"\"\""), "{parser:?}");
    let bytes = format!("\"bytes\": {}", parser.len());
    assert!(documents.get("files").unwrap().contains(&bytes));
}

#[test]
fn the_model_sees_what_was_written_before_the_subtasks_files_first() {
    let host = FakeHost::new()
        .file("a.py", "A = 1\n")
        .file("src/tool/parser.py", "OLD = 1\n")
        .file("logo.png", [0xff, 0xfe, 0x00])
        .answer(GOOD);
    host.execute(&Code, &inputs()).unwrap();
    let sent = &host.prompts_sent()[0];
    let (old, a) = (sent.find("OLD = 1").unwrap(), sent.find("A = 1").unwrap());
    assert!(old < a);
    assert!(sent.contains("not shown: logo.png"));
}

#[test]
fn a_file_that_cant_be_read_fails_only_the_subtask_that_it_belongs_to() {
    let host = FakeHost::new()
        .file("a.py", "A = 1\n")
        .unreadable_file("secrets.env")
        .answer(GOOD);
    host.execute(&Code, &inputs()).unwrap();
    let sent = &host.prompts_sent()[0];
    assert!(sent.contains("not shown: secrets.env"), "{sent}");

    let host = FakeHost::new()
        .unreadable_file("src/tool/parser.py")
        .answer(GOOD);
    let failure = host.execute(&Code, &inputs()).unwrap_err();
    assert!(failure.message.contains("parser.py"), "{failure:?}");
    assert!(host.prompts_sent().is_empty(), "nothing is paid for it");
}

#[test]
fn what_doesnt_fit_is_only_named() {
    let host = FakeHost::new()
        .setting("context_bytes", "100")
        .file("big.py", "x = 1\n".repeat(100))
        .file("small.py", "y = 1\n")
        .answer(GOOD);
    host.execute(&Code, &inputs()).unwrap();
    let sent = &host.prompts_sent()[0];
    assert!(sent.contains("y = 1") && !sent.contains("x = 1"));
    assert!(sent.contains("not shown: big.py"));
}

#[test]
fn a_missing_file_is_an_invalid_response_nothing_is_written_and_the_retry_says_it() {
    let (partial, _) = GOOD.split_once("### FILE: src/tool/__init__").unwrap();
    let host = FakeHost::new().answer(partial).answer(GOOD);
    let failure = host.execute(&Code, &inputs()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
    assert!(failure.message.contains("`src/tool/__init__.py`"));
    assert!(host.file_paths().is_empty());
    host.retry(&Code, &inputs(), &failure).unwrap();
    assert!(host.prompts_sent()[1].contains("the files `src/tool/__init__.py` are missing"));
}

#[test]
fn nothing_leaves_the_workspace() {
    let answer = format!("{GOOD}### FILE: ../../etc/passwd\n```\nx\n```\n");
    let host = FakeHost::new().answer(answer);
    let failure = host.execute(&Code, &inputs()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
    assert!(failure.message.contains("leads outside"));
    assert!(host.file_paths().is_empty());
}

#[test]
fn an_answer_that_breaks_off_is_an_invalid_response() {
    let cut = &GOOD[..GOOD.find("parse('a')").unwrap()];
    let failure = FakeHost::new()
        .process_response(&Code, &inputs(), cut)
        .unwrap_err();
    assert!(
        failure.message.contains("`src/tool/parser.py` breaks off"),
        "{}",
        failure.message
    );
}

#[test]
fn a_file_beyond_the_plan_is_written_and_remarked_on() {
    let answer = format!("{GOOD}\n### FILE: extra.py\n```python\nz = 1\n```\n");
    let host = FakeHost::new().answer(answer);
    host.execute(&Code, &inputs()).unwrap();
    assert_eq!(host.file_text("extra.py").unwrap(), "z = 1\n");
    assert!(host.log_lines()[0].contains("`extra.py`"));
}

#[test]
fn a_subtask_that_is_none_is_refused() {
    let inputs = Inputs::new().with("subtask", "write the parser");
    let failure = FakeHost::new().execute(&Code, &inputs).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidInput);
}

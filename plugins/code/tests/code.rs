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
        .setting("turns", "0")
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
        .setting("turns", "0")
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
        .setting("turns", "0")
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

/// A file of 2,500 lines, as Windows writes it: with a byte order mark, and without a last line end.
fn long() -> String {
    let line = |number: u32| format!("def f{number}(x):\r\n    return x + {number}\r\n\r\n");
    let text: String = (1..=833).map(line).collect();
    format!("\u{feff}{}", text.trim_end())
}

const MEND: &str = "`f500` adds too little.\n\n### FILE: src/tool/parser.py\n```python\n<<<<<<< SEARCH\ndef f500(x):\n    return x + 500\n=======\ndef f500(x):\n    return x + 501\n>>>>>>> REPLACE\n```\n\n### FILE: src/tool/__init__.py\n```python\n```\n";

fn about_f500() -> Inputs {
    let subtask = r#"{"id": "mend", "description": "Mend `f500`", "files": ["src/tool/parser.py", "src/tool/__init__.py"]}"#;
    Inputs::new().with("subtask", subtask)
}

#[test]
fn a_line_of_a_long_file_is_mended_and_no_other_byte_changes() {
    let host = FakeHost::new()
        .setting("context_bytes", "8000")
        .file("src/tool/parser.py", long())
        .answer(MEND);
    let documents = host.execute(&Code, &about_f500()).unwrap();
    let sent = &host.prompts_sent()[0];
    assert!(
        sent.contains("def f500(x):\n    return x + 500\n"),
        "{sent}"
    );
    assert!(sent.contains("which has 2498 lines"), "{sent}");
    assert!(sent.len() < 20_000, "{}", sent.len());
    let mended = host.file_text("src/tool/parser.py").unwrap();
    assert_eq!(mended, long().replace("x + 500\r", "x + 501\r"));
    let bytes = format!("\"bytes\": {}", mended.len());
    assert!(documents.get("files").unwrap().contains(&bytes));
}

#[test]
fn a_file_that_was_not_shown_whole_is_not_replaced() {
    let host = FakeHost::new()
        .setting("context_bytes", "8000")
        .file("src/tool/parser.py", long())
        .file("z.py", "z = 1\n".repeat(2_000))
        .answer(GOOD)
        .answer(MEND);
    let failure = host.execute(&Code, &about_f500()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
    assert!(
        failure
            .message
            .contains("`src/tool/parser.py`: it is there, and wasn't shown whole"),
        "{failure:?}"
    );
    assert_eq!(host.file_text("src/tool/parser.py").unwrap(), long());
    // Nor is one that nobody spoke of.
    let beside = format!("{MEND}\n### FILE: z.py\n```python\nz = 2\n```\n");
    let host = FakeHost::new()
        .setting("context_bytes", "8000")
        .file("src/tool/parser.py", long())
        .file("z.py", "z = 1\n".repeat(2_000))
        .answer(beside)
        .answer(MEND);
    let failure = host.execute(&Code, &about_f500()).unwrap_err();
    assert!(
        failure.message.contains("`z.py`: it is there"),
        "{failure:?}"
    );
    // What fits of the same answer isn't written either.
    assert_eq!(host.file_text("src/tool/parser.py").unwrap(), long());
    host.retry(&Code, &about_f500(), &failure).unwrap();
    assert!(
        host.file_text("src/tool/parser.py")
            .unwrap()
            .contains("x + 501\r")
    );
}

#[test]
fn an_edit_that_does_not_fit_goes_back_with_the_nearest_lines() {
    let wrong = MEND.replace("    return x + 500\n", "    return x + 5000\n");
    let host = FakeHost::new()
        .file("src/tool/parser.py", long())
        .answer(wrong)
        .answer(MEND);
    let failure = host.execute(&Code, &about_f500()).unwrap_err();
    host.retry(&Code, &about_f500(), &failure).unwrap();
    let sent = &host.prompts_sent()[1];
    assert!(
        sent.contains("the nearest are lines 1498 to 1499:\ndef f500(x):\n    return x + 500\n"),
        "{sent}"
    );
}

#[test]
fn a_diff_is_as_good_as_edits() {
    let diff = "```diff\n--- a/src/tool/parser.py\n+++ b/src/tool/parser.py\n@@ -7,2 +7,2 @@\n def f500(x):\n-    return x + 500\n+    return x + 501\n```\n\n### FILE: src/tool/__init__.py\n```python\n```\n";
    let host = FakeHost::new()
        .file("src/tool/parser.py", long())
        .answer(diff);
    host.execute(&Code, &about_f500()).unwrap();
    assert!(
        host.file_text("src/tool/parser.py")
            .unwrap()
            .contains("x + 501\r")
    );
}

#[test]
fn what_is_not_there_can_not_be_edited() {
    let host = FakeHost::new().answer(MEND);
    let failure = host.execute(&Code, &about_f500()).unwrap_err();
    assert!(
        failure.message.contains("no such file to change"),
        "{failure:?}"
    );
    let host = FakeHost::new()
        .file("src/tool/parser.py", [0xff, 0xfe, 0x00])
        .answer(MEND);
    let failure = host.execute(&Code, &about_f500()).unwrap_err();
    assert!(failure.message.contains("it isn't text"), "{failure:?}");
}

#[test]
fn twenty_thousand_names_take_no_more_room_than_their_share() {
    let mut host = FakeHost::new()
        .setting("context_bytes", "8000")
        .answer(GOOD);
    for number in 0..20_000 {
        host = host.file(&format!("data/{number}.csv"), "1,2\n".repeat(100));
    }
    host.execute(&Code, &inputs()).unwrap();
    let sent = &host.prompts_sent()[0];
    assert!(
        sent.len() < 20_000 && sent.contains("more\n"),
        "{}",
        sent.len()
    );
}

#[test]
fn a_stored_answer_says_what_it_changes() {
    let documents = FakeHost::new()
        .process_response(&Code, &about_f500(), MEND)
        .unwrap();
    assert!(documents.get("files").unwrap().contains("\"edits\": 1"));
}

fn edit(old: &str, new: &str) -> String {
    serde_json::json!({ "path": "src/tool/parser.py", "old": old, "new": new }).to_string()
}

const INIT: (&str, &str) = (
    "write",
    r#"{"path": "src/tool/__init__.py", "content": ""}"#,
);

#[test]
fn a_line_of_a_long_file_is_mended_by_tools_and_no_other_byte_changes() {
    let edit = edit("    return x + 500", "    return x + 501");
    let host = FakeHost::new()
        .setting("context_bytes", "8000")
        .file("src/tool/parser.py", long())
        .file("src/other.py", "OTHER = 1\n")
        .tool_calls(&[("search", r#"{"pattern": "f500"}"#)])
        .tool_calls(&[("edit", &edit), INIT])
        .answer(
            "`f500` adds one more:\n\n`src/tool/parser.py`\n```python\n    return x + 501\n```\n",
        );
    let documents = host.execute(&Code, &about_f500()).unwrap();
    let mended = host.file_text("src/tool/parser.py").unwrap();
    assert_eq!(mended, long().replace("x + 500\r", "x + 501\r"));
    assert_eq!(host.file_text("src/tool/__init__.py").unwrap(), "");
    let files = documents.get("files").unwrap();
    assert!(
        files.contains(&format!("\"bytes\": {}", mended.len())),
        "{files}"
    );
    // What the answer quotes tells of the work, and isn't done again.
    let summary = documents.get("summary").unwrap();
    assert!(summary.contains("    return x + 501"), "{summary}");
    let sent = &host.prompts_sent()[0];
    assert!(
        sent.contains("Work in the workspace by your tools: `list`"),
        "{sent}"
    );
    assert!(!sent.contains("<<<<<<< SEARCH") && !sent.contains("OTHER = 1"));
    assert!(sent.contains("not shown: src/other.py"), "{sent}");
    assert!(host.log_lines().is_empty(), "{:?}", host.log_lines());
}

#[test]
fn what_tools_changed_and_what_the_answer_changes_add_up() {
    let edit = edit("    return x + 500", "    return x + 501");
    let answer = "Done.\n\n### FILE: src/tool/parser.py\n```python\n<<<<<<< SEARCH\ndef f500(x):\n    return x + 501\n=======\ndef f500(x):\n    return x + 502\n>>>>>>> REPLACE\n```\n\n### FILE: src/new.py\n```python\nNEW = 1\n```\n";
    let host = FakeHost::new()
        .file("src/tool/parser.py", long())
        .file("src/tool/__init__.py", "")
        .file("old.py", "OLD = 1\n")
        .tool_calls(&[
            ("edit", &edit),
            ("read", r#"{"path": "old.py"}"#),
            ("remove", r#"{"path": "old.py"}"#),
            ("write", r#"{"path": "scratch.py", "content": "S = 1\n"}"#),
            ("remove", r#"{"path": "scratch.py"}"#),
        ])
        .answer(answer);
    let documents = host.execute(&Code, &about_f500()).unwrap();
    let mended = host.file_text("src/tool/parser.py").unwrap();
    assert_eq!(mended, long().replace("x + 500\r", "x + 502\r"));
    let files: serde_json::Value = serde_json::from_str(documents.get("files").unwrap()).unwrap();
    let expected = serde_json::json!([
        { "path": "old.py", "removed": true },
        { "path": "src/new.py", "bytes": 8 },
        { "path": "src/tool/parser.py", "bytes": mended.len() },
    ]);
    assert_eq!(files, expected);
    assert_eq!(documents.get("summary"), Some("Done."));
}

#[test]
fn a_file_that_is_neither_changed_nor_there_is_missing_after_tools_too() {
    let edit = edit("    return x + 500", "    return x + 501");
    let host = FakeHost::new()
        .file("src/tool/parser.py", long())
        .tool_calls(&[("edit", &edit)])
        .answer("Done.");
    let failure = host.execute(&Code, &about_f500()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
    assert!(
        failure
            .message
            .contains("the files `src/tool/__init__.py` are missing"),
        "{failure:?}"
    );
}

#[test]
fn who_looked_and_then_answers_in_text_is_taken_at_that() {
    let read = [(
        "read",
        r#"{"path": "src/tool/parser.py", "first": 1490, "last": 1510}"#,
    )];
    let host = FakeHost::new()
        .file("src/tool/parser.py", long())
        .tool_calls(&read)
        .answer(MEND);
    host.execute(&Code, &about_f500()).unwrap();
    let mended = host.file_text("src/tool/parser.py").unwrap();
    assert_eq!(mended, long().replace("x + 500\r", "x + 501\r"));
}

#[test]
fn a_stored_answer_of_one_who_worked_by_tools_is_its_summary() {
    let documents = FakeHost::new()
        .process_response(&Code, &about_f500(), "All done.")
        .unwrap();
    assert_eq!(documents.get("files"), Some("[]"));
    assert_eq!(documents.get("summary"), Some("All done."));
}

#[test]
fn a_file_that_is_only_quoted_is_not_replaced() {
    let quoted = "Nothing is wrong with `src/tool/parser.py`:\n\n```python\ndef f500(x):\n    return x + 500\n```\n";
    let host = FakeHost::new()
        .file(
            "src/tool/parser.py",
            "def f500(x):\n    return x + 500\n\n\nMORE = 1\n",
        )
        .file("src/tool/__init__.py", "")
        .answer(quoted)
        .answer("Nothing to change: it adds 500 as it should.");
    let failure = host.execute(&Code, &about_f500()).unwrap_err();
    assert!(failure.message.contains("is quoted"), "{failure:?}");
    let documents = host.retry(&Code, &about_f500(), &failure).unwrap();
    assert_eq!(documents.get("files"), Some("[]"));
    assert!(
        host.file_text("src/tool/parser.py")
            .unwrap()
            .contains("MORE")
    );
    assert!(host.log_lines()[0].contains("changed nothing"));
}

#[test]
fn a_file_that_git_ignores_is_not_written_over_in_text_either() {
    let answer = "Done.\n\n### FILE: src/tool/parser.py\n```python\nx = 1\n```\n\n### FILE: src/tool/__init__.py\n```python\ny = 1\n```\n";
    let host = FakeHost::new()
        .ignored_file("src/tool/__init__.py")
        .answer(answer);
    let failure = host.execute(&Code, &inputs()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
    assert!(failure.message.contains("git ignores"), "{failure:?}");
    assert!(host.file_paths().is_empty());
}

#[test]
fn what_the_project_says_of_itself_is_shown() {
    let answer = "Done.\n\n### FILE: src/tool/parser.py\n```python\nx = 1\n```\n\n### FILE: src/tool/__init__.py\n```python\n```\n";
    let host = FakeHost::new().answer(answer).answer(answer);
    let surveyed = inputs()
        .with("map", "src/tool/cli.py (12)")
        .with("conventions", "Keep functions short.");
    host.execute(&Code, &surveyed).unwrap();
    // Nothing was surveyed, and nothing speaks of it.
    let _ = host.execute(&Code, &inputs());
    let sent = host.prompts_sent();
    for part in [
        "<map>\nsrc/tool/cli.py (12)\n</map>",
        "<conventions>\nKeep functions short.\n</conventions>",
    ] {
        assert!(sent[0].contains(part), "{part}: {}", sent[0]);
    }
    for part in ["<map>", "<conventions>"] {
        assert!(!sent[1].contains(part), "{part}: {}", sent[1]);
    }
}

#[test]
fn changes_by_a_link_and_by_the_file_are_of_one_file() {
    let edit = |path: &str, old: &str, new: &str| {
        format!(
            "### FILE: {path}\n```python\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n```\n\n"
        )
    };
    let linked = || {
        FakeHost::new()
            .file("src/tool/parser.py", "x = 1\ny = 1\n")
            .file("src/tool/__init__.py", "")
            .link("parser.py", "src/tool/parser.py")
    };
    let init = edit("src/tool/__init__.py", "", "z = 1");
    let host = linked().answer(
        edit("src/tool/parser.py", "x = 1", "x = 2") + &edit("parser.py", "y = 1", "y = 2") + &init,
    );
    let documents = host.execute(&Code, &inputs()).unwrap();
    assert_eq!(
        host.file_text("src/tool/parser.py").unwrap(),
        "x = 2\ny = 2\n"
    );
    let files = documents.get("files").unwrap();
    assert!(!files.contains("\"parser.py\""), "{files}");
    // Which of two texts it is to have, nobody knows.
    let whole = "### FILE: parser.py\n```python\nz = 1\n```\n\n";
    let host = linked().answer(edit("src/tool/parser.py", "x = 1", "x = 2") + whole + &init);
    let failure = host.execute(&Code, &inputs()).unwrap_err();
    assert!(
        failure
            .message
            .contains("`parser.py` is a link to `src/tool/parser.py`"),
        "{failure:?}"
    );
}

#[test]
fn a_block_that_is_no_whole_file_never_replaces_one() {
    const THERE: &str =
        "import os\n\n\ndef parse(text):\n    return text\n\n\ndef other():\n    return os.name\n";
    let about_one = || {
        Inputs::new().with(
            "subtask",
            r#"{"id": "parser", "title": "Parser", "description": "Mend it", "files": ["src/tool/parser.py"]}"#,
        )
    };
    for (inside, reason) in [
        (
            "def parse(text):\n    return text.strip()\n\n# ... existing code ...\n",
            "`# ... existing code ...`, stands for lines that are left out",
        ),
        (
            "import os\n\n...\n\ndef other():\n    return 1\n",
            "stands for lines that are left out",
        ),
        ("+import sys\n", "names no lines that are there"),
    ] {
        let answer = format!("### FILE: src/tool/parser.py\n```python\n{inside}```\n");
        let host = FakeHost::new()
            .setting("turns", "0")
            .file("src/tool/parser.py", THERE)
            .answer(&answer);
        let failure = host.execute(&Code, &about_one()).unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidResponse);
        assert!(failure.message.contains(reason), "{}", failure.message);
        assert_eq!(host.file_text("src/tool/parser.py").unwrap(), THERE);
    }
    for inside in [
        "<search>\n    return text\n</search>\n<replace>\n    return text.strip()\n</replace>\n",
        "{\"old\": \"    return text\\n\", \"new\": \"    return text.strip()\\n\"}\n",
    ] {
        let answer = format!("### FILE: src/tool/parser.py\n```python\n{inside}```\n");
        let host = FakeHost::new()
            .setting("turns", "0")
            .file("src/tool/parser.py", THERE)
            .answer(&answer);
        host.execute(&Code, &about_one()).unwrap();
        let expected = THERE.replace("return text\n", "return text.strip()\n");
        assert_eq!(host.file_text("src/tool/parser.py").unwrap(), expected);
    }
}

/// A file that is there, and a subtask of that alone.
const TOTAL: &str = "def total(a, b):\n    return a + b\n";

fn about_total() -> Inputs {
    let subtask = r#"{"id": "total", "description": "Mend it", "files": ["a.py"]}"#;
    Inputs::new().with("subtask", subtask)
}

#[test]
fn a_change_in_a_form_that_is_not_read_is_no_work_that_was_done() {
    let edit = "<<<<<<< SEARCH\n    return a + b\n=======\n    return a - b\n>>>>>>> REPLACE\n";
    let call = r#"{"name": "edit", "arguments": {"path": "a.py", "old": "a + b", "new": "a - b"}}"#;
    for answer in [
        format!("<tool_call>\n{call}\n</tool_call>"),
        format!("```json\n{call}\n```\n"),
        call.to_owned(),
        "<function=edit>\n<parameter=path>a.py</parameter>\n</function>".to_owned(),
        format!("```\n{edit}```\n"),
        edit.to_owned(),
        "@@ -1,2 +1,2 @@\n def total(a, b):\n-    return a + b\n+    return a - b\n".to_owned(),
        "<file path=\"a.py\">\ndef total(a, b):\n    return a - b\n</file>".to_owned(),
        "Here it is:\n\n```python\ndef total(a, b):\n    return a - b\n```\n".to_owned(),
        // Whatever form it is, no line says that nothing was meant to change.
        r#"{"files": {"a.py": "def total(a, b):\n    return a - b\n"}}"#.to_owned(),
        "cat > a.py <<'EOF'\ndef total(a, b):\n    return a - b\nEOF\n".to_owned(),
        "    --- a/a.py\n    +++ b/a.py\n    @@ -1,2 +1,2 @@\n".to_owned(),
        "Action: edit\nAction Input: {\"path\": \"a.py\"}".to_owned(),
        "I made `total` subtract.".to_owned(),
    ] {
        let host = FakeHost::new()
            .file("a.py", TOTAL)
            .answer(&answer)
            .answer(format!("### FILE: a.py\n```python\n{edit}```\n"));
        let failure = host.execute(&Code, &about_total()).unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidResponse, "{answer}");
        assert!(failure.message.contains("### FILE: path"), "{failure:?}");
        assert_eq!(host.file_text("a.py").unwrap(), TOTAL);
        // Told so, the model has it read.
        host.retry(&Code, &about_total(), &failure).unwrap();
        assert!(host.file_text("a.py").unwrap().contains("a - b"));
        assert!(host.prompts_sent()[1].contains("### FILE: path"));
    }
}

#[test]
fn a_diff_without_a_fence_is_as_good_as_one_in_a_fence() {
    let hunk = " def total(a, b):\n-    return a + b\n+    return a - b\n";
    let unified = format!("--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n{hunk}");
    let patch = format!("*** Begin Patch\n*** Update File: a.py\n@@\n{hunk}*** End Patch\n");
    for answer in [
        format!("I changed the sign:\n\ndiff --git a/a.py b/a.py\n{unified}\nThat's all."),
        unified,
        format!("```sh\napply_patch <<'EOF'\n{patch}EOF\n```\n"),
        patch,
    ] {
        for turns in ["0", "20"] {
            let host = FakeHost::new()
                .setting("turns", turns)
                .file("a.py", TOTAL)
                .answer(&answer);
            host.execute(&Code, &about_total()).unwrap();
            let text = host.file_text("a.py").unwrap();
            assert_eq!(text, TOTAL.replace("a + b", "a - b"), "{answer}");
        }
    }
}

#[test]
fn a_call_in_the_text_behind_work_by_tools_is_refused() {
    let edit = serde_json::json!({ "path": "a.py", "old": "a + b", "new": "a - b" }).to_string();
    let host = FakeHost::new()
        .file("a.py", TOTAL)
        .tool_calls(&[("edit", &edit)])
        .answer("Next:\n\n<tool_call>\n{\"name\": \"write\", \"arguments\": {}}\n</tool_call>\n");
    let failure = host.execute(&Code, &about_total()).unwrap_err();
    assert!(
        failure.message.contains("calls a tool in its text"),
        "{failure:?}"
    );
}

#[test]
fn who_says_that_nothing_is_to_change_may_quote_what_is_there() {
    for answer in [
        "Nothing to change: `total` adds already.",
        "It is there:\n\n```python\ndef total(a, b):\n    return a + b\n```\n\n**Nothing to change:** it adds.",
        "`a.py` has it:\n\n```python\ndef total(a, b):\n```\nNothing to change: a call like `{\"name\": \"x\", \"arguments\": {}}` works.",
    ] {
        for turns in ["0", "20"] {
            let host = FakeHost::new()
                .setting("turns", turns)
                .file("a.py", TOTAL)
                .answer(answer);
            let documents = host.execute(&Code, &about_total()).unwrap();
            assert_eq!(documents.get("files"), Some("[]"), "{answer}");
            assert_eq!(host.file_text("a.py").unwrap(), TOTAL);
        }
    }
    // Of one file it says nothing of the others, and a change is a change.
    let edit = "### FILE: a.py\n```python\n<<<<<<< SEARCH\n    return a + b\n=======\n    return a - b\n>>>>>>> REPLACE\n```\n";
    for answer in [
        format!("Nothing to change: `b.py` is right.\n\n{edit}"),
        format!("{edit}\nNothing to change: `b.py` is right."),
        format!("{edit}\nNothing to change in `b.py`."),
    ] {
        for turns in ["0", "20"] {
            let host = FakeHost::new()
                .setting("turns", turns)
                .file("a.py", TOTAL)
                .answer(&answer);
            host.execute(&Code, &about_total()).unwrap();
            assert!(
                host.file_text("a.py").unwrap().contains("a - b"),
                "{answer}"
            );
        }
    }
    for answer in [
        "Nothing to change in `b.py`.",
        "<tool_call>\n{\"name\": \"edit\", \"arguments\": {}}\n</tool_call>\nNothing to change: `b.py` is right.",
        "**a.py**\n```python\ndef total(a, b):\n    return a - b\n```\n\nNothing to change: `b.py` is right.",
    ] {
        let host = FakeHost::new().file("a.py", TOTAL).answer(answer);
        let failure = host.execute(&Code, &about_total()).unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidResponse, "{answer}");
    }
    // A file that isn't there is no less missing.
    let host = FakeHost::new().answer("Nothing to change: it is there.");
    let failure = host.execute(&Code, &about_total()).unwrap_err();
    assert!(failure.message.contains("missing"), "{failure:?}");
}

#[test]
fn an_edit_in_the_text_behind_work_by_tools_is_made_or_told_to_be_missing() {
    let edit = serde_json::json!({ "path": "a.py", "old": "a + b", "new": "a - b" }).to_string();
    let diff = |path: &str, old: &str, new: &str| {
        format!(
            "Done.\n\n```diff\n--- a/{path}\n+++ b/{path}\n@@ -2,1 +2,1 @@\n-    return {old}\n+    return {new}\n```\n"
        )
    };
    let host = |answer: String| {
        FakeHost::new()
            .file("a.py", TOTAL)
            .file("c.py", "def other(a, b):\n    return a * b\n")
            .tool_calls(&[("edit", &edit)])
            .answer(answer)
    };
    // What it tells of was done.
    let done = host(diff("a.py", "a + b", "a - b"));
    done.execute(&Code, &about_total()).unwrap();
    assert!(done.file_text("a.py").unwrap().contains("a - b"));
    // This wasn't.
    let left = host(diff("c.py", "a * b", "a / b"));
    let failure = left.execute(&Code, &about_total()).unwrap_err();
    assert!(
        failure
            .message
            .contains("an edit of `c.py` stands in the text"),
        "{failure:?}"
    );
}

#[test]
fn a_file_drafted_in_thinking_is_not_written() {
    for tag in ["think", "reasoning"] {
        let answer = format!(
            "Sure.\n<{tag}>\n### FILE: helper.py\n```python\nbad = 1\n```\n</{tag}>\n\n### FILE: a.py\n```python\n{TOTAL}```\n"
        );
        let host = FakeHost::new().answer(answer);
        let failure = host.execute(&Code, &about_total()).unwrap_err();
        assert!(
            failure.message.contains("`helper.py` stands behind"),
            "{failure:?}"
        );
        assert!(host.file_paths().is_empty());
    }
}

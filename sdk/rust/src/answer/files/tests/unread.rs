//! Changes in a form that isn't read: refused with the form that is, never passed over.

use super::*;

const EDIT: &str = "<<<<<<< SEARCH\nreturn a + b\n=======\nreturn a - b\n>>>>>>> REPLACE\n";
const CALL: &str =
    r#"{"name": "edit", "arguments": {"path": "a.py", "old": "a + b", "new": "a - b"}}"#;

fn refused(text: &str) -> String {
    assert!(holds_files(text), "passed over: {text}");
    changes(text).unwrap_err().join("; ")
}

#[test]
fn a_call_in_the_text_is_refused() {
    for call in [
        format!("<tool_call>\n{CALL}\n</tool_call>\n"),
        format!("<tool_call>{CALL}</tool_call>\n"),
        format!("<tool_call>\n{CALL}\n"),
        "<tool_call>edit\n<arg_key>path</arg_key>\n<arg_value>a.py</arg_value>\n</tool_call>\n".to_owned(),
        "<function=edit>\n<parameter=path>a.py</parameter>\n</function>\n".to_owned(),
        "<function_calls>\n<invoke name=\"edit\">\n<parameter name=\"path\">a.py</parameter>\n</invoke>\n</function_calls>\n".to_owned(),
        format!("[TOOL_CALLS] [{CALL}]\n"),
        "[TOOL_CALLS]edit{\"path\": \"a.py\"}\n".to_owned(),
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.edit:0\n".to_owned(),
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function\n".to_owned(),
        format!("<|python_tag|>{CALL}\n"),
        "```tool_code\nedit(path=\"a.py\", old=\"a + b\", new=\"a - b\")\n```\n".to_owned(),
        format!("```tool_call\n{CALL}\n```\n"),
    ] {
        for before in ["", "I change the sign.\n\n", "### FILE: b.py\n```python\nx = 1\n```\n\n"] {
            let told = refused(&format!("{before}{call}"));
            assert!(told.contains("calls a tool in its text") && told.contains("### FILE: path"), "{told}");
        }
    }
    // As JSON alone it may be an example, where the answer has something else.
    for call in [
        CALL.to_owned(),
        format!("```json\n{CALL}\n```\n"),
        format!("I call it:\n\n{CALL}\n"),
        format!("```\n[{CALL}, {CALL}]\n```\n"),
        r#"{"tool_calls": [{"type": "function", "function": {"name": "edit", "arguments": "{}"}}]}"#.to_owned(),
        r#"{"tool": "edit", "args": {"path": "a.py"}}"#.to_owned(),
        CALL[..CALL.len() - 4].to_owned(),
        format!("```json\n<tool_call>{CALL}</tool_call>\n```\n"),
    ] {
        let told = refused(&call);
        assert!(told.contains("calls a tool in its text"), "{told}");
        let beside = format!("### FILE: b.py\n```python\nx = 1\n```\n\nFor example:\n\n{call}");
        assert_eq!(read(&beside), one("b.py", "x = 1\n"), "{beside}");
    }
}

#[test]
fn a_call_is_refused_behind_work_by_tools_too() {
    let told =
        marked_changes(&format!("Done.\n\n<tool_call>\n{CALL}\n</tool_call>\n")).unwrap_err();
    assert!(told[0].contains("calls a tool"), "{told:?}");
    // What is quoted tells of the work.
    for quoted in [
        format!("```json\n{CALL}\n```\n"),
        format!("```\n{EDIT}```\n"),
        "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x\n+y\n".to_owned(),
        "The tag `<tool_call>` is read now.\n<tool_call> is one of them.\n".to_owned(),
    ] {
        assert_eq!(marked_changes(&quoted), Ok(Vec::new()), "{quoted}");
    }
}

#[test]
fn an_edit_without_a_name_or_a_fence_is_refused() {
    let file = "### FILE: b.py\n```python\nx = 1\n```\n\n";
    for edit in [
        format!("```\n{EDIT}```\n"),
        format!("So:\n\n```python\n{EDIT}```\n"),
        EDIT.to_owned(),
        format!("a.py\n{EDIT}"),
        format!("Here:\n\n{EDIT}\nDone."),
        "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> mine\n".to_owned(),
        "<edit>\n<path>a.py</path>\n<old>x</old>\n<new>y</new>\n</edit>\n".to_owned(),
        "<search>\nx\n</search>\n<replace>\ny\n</replace>\n".to_owned(),
        "<file path=\"a.py\">\nx = 1\n</file>\n".to_owned(),
        "<file>\n<path>a.py</path>\n<content>\nx = 1\n</content>\n</file>\n".to_owned(),
        "<write_to_file>\n<path>a.py</path>\n<content>\nx = 1\n</content>\n</write_to_file>\n"
            .to_owned(),
    ] {
        for before in ["", file] {
            let told = refused(&format!("{before}{edit}"));
            assert!(told.contains("### FILE: path"), "{told}\n{before}{edit}");
        }
    }
    for edit in [
        "```json\n{\"path\": \"a.py\", \"old\": \"x\", \"new\": \"y\"}\n```\n",
        "{\"path\": \"a.py\", \"old\": \"x\", \"new\": \"y\"}\n",
        "```\n<search>\nx\n</search>\n<replace>\ny\n</replace>\n```\n",
        "```diff\n-x\n+y\n```\n",
        "```\n*** a.py\n--- a.py\n***************\n*** 3,4 ****\n! x\n```\n",
        "```sh\ncat > a.py <<'EOF'\nx = 1\nEOF\n```\n",
        "```bash\nsed -i 's/x/y/' a.py\n```\n",
    ] {
        let told = refused(edit);
        assert!(told.contains("### FILE: path"), "{told}\n{edit}");
    }
}

#[test]
fn edits_of_several_files_as_json_are_not_those_of_one() {
    let text = "### FILE: a.py\n```json\n[{\"path\": \"b.py\", \"old\": \"x\", \"new\": \"y\"}, {\"path\": \"a.py\", \"old\": \"x\", \"new\": \"y\"}]\n```\n";
    let told = refused(text);
    assert!(told.contains("edits of several files"), "{told}");
}

#[test]
fn what_only_speaks_of_a_change_is_none() {
    for text in [
        "Nothing is to be done.\n",
        "The tag `<tool_call>` is read.\n<tool_call> is one of them, <edit> another.\n",
        "It looks so:\n\n```python\nx = 1\n```\n",
        "Run it:\n\n```sh\npython a.py > out.txt\ncat <<EOF | python a.py\nx\nEOF\n```\n",
        "It prints:\n\n```json\n{\"name\": \"Ada\", \"words\": 3}\n```\n",
        "- one\n+ two\n--- \n",
        "Before\n---\n+++\nafter\n",
        "<details>\n<summary>More</summary>\ntext\n</details>\n",
    ] {
        assert!(!holds_files(text), "{:?}\n{text}", changes(text));
    }
}

#[test]
fn of_a_file_between_tags_of_thinking_nobody_knows_whether_it_is_meant() {
    let file = |path: &str| format!("### FILE: {path}\n```python\nx = 1\n```\n");
    let diff = "--- a/c.py\n+++ b/c.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n";
    for name in ["think", "thinking", "reasoning", "scratchpad"] {
        for draft in [file("c.py"), diff.to_owned(), format!("```\n{EDIT}```\n")] {
            for text in [
                format!("<{name}>\n{draft}</{name}>\n\n{}", file("a.py")),
                format!("Sure.\n<{name}>\n{draft}</{name}>\n\n{}", file("a.py")),
                format!(
                    "Sure.\n<{name}>First this:\n\n{draft}\nDone.</{name}>\n\n{}",
                    file("a.py")
                ),
                format!("Sure.\n<{name}>\n{draft}"),
                format!("{}\n<{name}>\n{draft}</{name}>\n", file("a.py")),
            ] {
                let told = refused(&text);
                assert!(
                    told.contains(&format!("stands behind `<{name}>`")),
                    "{told}\n{text}"
                );
            }
        }
        // What holds no block is only said.
        let said = format!("<{name}>\nI write `a.py`.\n</{name}>\n\n{}", file("a.py"));
        assert_eq!(read(&said), one("a.py", "x = 1\n"));
        let spoken_of = format!(
            "<{name}> is read, and `</{name}>`, too.\n\n{}",
            file("a.py")
        );
        assert_eq!(read(&spoken_of), one("a.py", "x = 1\n"));
    }
    let inside = format!(
        "### FILE: a.md\n````\n<think>\n{}</think>\n````\n",
        file("b.py")
    );
    assert_eq!(read(&inside)[0].0, "a.md");
}

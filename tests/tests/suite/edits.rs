//! The step `code` on files that are there: few lines change, and nothing else.

use std::os::unix::fs::PermissionsExt as _;

use stepwell_tests::{Project, Provider};

pub(super) const FLOW: &str = r#"
name = "mend"

[[steps]]
id = "code"
uses = "builtin:code"
inputs.subtask = '{"title": "Mend the rate", "description": "`rate_731` is two too high.", "files": ["src/rates.py"]}'
grants.workspace = "write"
"#;

/// Two thousand lines as Windows writes them, with a byte order mark and no last line end.
pub(super) fn rates() -> String {
    let lines: Vec<String> = (1..=2_000)
        .map(|number| format!("rate_{number} = {}", number * 7))
        .collect();
    format!("\u{feff}{}", lines.join("\r\n"))
}

fn edit(old: &str, new: &str) -> String {
    format!(
        "`rate_731` is two less now; nothing else had to change.\n\n### FILE: src/rates.py\n```python\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n```\n"
    )
}

fn project(provider: &Provider) -> Project {
    let project = Project::with_provider(provider);
    project.write("flow.toml", FLOW);
    project.write("src/rates.py", &rates());
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(project.join("src/rates.py"), executable).unwrap();
    project
}

/// How many tokens a text has at most: none has fewer than a byte, and few have fewer than three.
fn tokens(text: &str) -> usize {
    text.len() / 2
}

#[test]
fn a_line_of_two_thousand_costs_few_tokens_and_changes_no_other_byte() {
    let answer = edit("rate_731 = 5117", "rate_731 = 5115");
    assert!(tokens(&answer) < 1_000);
    let provider = Provider::echo();
    provider.answer_next(&[&answer]);
    let project = project(&provider);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let expected = rates().replace("rate_731 = 5117\r", "rate_731 = 5115\r");
    assert_eq!(project.read("src/rates.py").unwrap(), expected);
    let mode = std::fs::metadata(project.join("src/rates.py"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o755);
    let status = project.run(&["status", "--json"]).exits_with(0).json();
    assert_eq!(status["spent"]["calls"], 1);
    assert!(status["spent"]["output_tokens"].as_u64().unwrap() < 1_000);
    let diff = project
        .run(&["files", "last", "--diff"])
        .exits_with(0)
        .stdout;
    let changed = diff
        .lines()
        .filter(|line| line.starts_with(['+', '-']) && line.contains("rate_"));
    assert_eq!(changed.count(), 2, "{diff}");
}

#[test]
fn an_edit_that_does_not_fit_is_asked_for_again_with_the_nearest_lines() {
    let provider = Provider::echo();
    let wrong = edit("rate_730 = 5110\nrate_731 = 5118", "rate_731 = 5115");
    let right = edit("rate_731 = 5117", "rate_731 = 5115");
    provider.answer_next(&[&wrong, &right]);
    let project = project(&provider);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let asked = &provider.received()[1].asked;
    assert!(
        asked.contains("the nearest are lines 730 to 731:\nrate_730 = 5110\nrate_731 = 5117\n"),
        "{asked}"
    );
    let expected = rates().replace("rate_731 = 5117\r", "rate_731 = 5115\r");
    assert_eq!(project.read("src/rates.py").unwrap(), expected);
}

#[test]
fn what_was_not_shown_whole_is_never_replaced() {
    let whole = "### FILE: src/rates.py\n```python\nrate_731 = 5115\n```\n";
    let provider = Provider::start(move |_, _| stepwell_tests::Reply::Text(whole.to_owned()));
    let project = project(&provider);
    project.write(
        "flow.toml",
        &format!("{FLOW}settings.context_bytes = 5000\n"),
    );
    let run = project.run(&["run", "flow.toml"]).exits_with(1);
    run.says(&["`src/rates.py`", "wasn't shown whole"]);
    assert_eq!(project.read("src/rates.py").unwrap(), rates());
    // What it speaks of was shown.
    assert!(provider.received()[0].asked.contains("rate_731 = 5117\n"));
}

#[test]
fn line_ends_of_both_kinds_stay_where_they_are() {
    let there = "\u{feff}one = 1\ntwo = 2\r\nthree = 3\rfour = 4\r\nfive = 5\n";
    let provider = Provider::echo();
    provider.answer_next(&[&edit(
        "one = 1\ntwo = 2\nthree = 3\nfour = 4",
        "one = 10\ntwo = 20\nthree = 3\nhalf = 0\nfour = 40",
    )]);
    let project = project(&provider);
    project.write("src/rates.py", there);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(
        project.read("src/rates.py").unwrap(),
        "\u{feff}one = 10\ntwo = 20\r\nthree = 3\rhalf = 0\r\nfour = 40\r\nfive = 5\n"
    );
}

#[test]
fn an_edit_without_its_fence_is_told_what_it_lacks() {
    let fenced = edit("rate_731 = 5117", "rate_731 = 5115");
    let bare = fenced.replace("```python\n", "").replace("```\n", "");
    let provider = Provider::echo();
    provider.answer_next(&[&bare, &fenced]);
    let project = project(&provider);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let received = provider.received();
    assert_eq!(received.len(), 2);
    assert!(
        received[1]
            .asked
            .contains("the fence around its edits is missing"),
        "{}",
        received[1].asked
    );
}

#[test]
fn a_file_and_a_link_to_it_are_one_file_that_changed() {
    let answer = edit("rate_731 = 5117", "rate_731 = 5115")
        + "\n### FILE: linked.py\n```python\n<<<<<<< SEARCH\nrate_732 = 5124\n=======\nrate_732 = 5122\n>>>>>>> REPLACE\n```\n";
    let provider = Provider::echo();
    provider.answer_next(&[&answer]);
    let project = project(&provider);
    std::os::unix::fs::symlink("src/rates.py", project.join("linked.py")).unwrap();
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let expected = rates()
        .replace("rate_731 = 5117\r", "rate_731 = 5115\r")
        .replace("rate_732 = 5124\r", "rate_732 = 5122\r");
    assert_eq!(project.read("src/rates.py").unwrap(), expected);
    let listed = project.run(&["files", "--json"]).exits_with(0).json();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    let files: serde_json::Value =
        serde_json::from_str(&project.document("code", "files")).unwrap();
    assert_eq!(files.as_array().unwrap().len(), 1, "{files}");
    assert_eq!(files[0]["path"], "src/rates.py");
}

#[test]
fn a_diff_in_a_fence_of_code_changes_its_lines_and_is_not_the_file() {
    let provider = Provider::echo();
    provider.answer_next(&[
        "### FILE: src/rates.py\n```python\n--- src/rates.py\n+++ src/rates.py\n@@ -730,3 +730,3 @@\n rate_730 = 5110\n-rate_731 = 5117\n+rate_731 = 5115\n rate_732 = 5124\n```\n",
    ]);
    let project = project(&provider);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let expected = rates().replace("rate_731 = 5117\r", "rate_731 = 5115\r");
    assert_eq!(project.read("src/rates.py").unwrap(), expected);
}

#[test]
fn an_edit_in_a_form_that_is_not_read_is_told_to_the_model_and_writes_nothing() {
    let provider = Provider::echo();
    let foreign = "### FILE: src/rates.py\n```python\n<<<<<<< HEAD\nrate_731 = 5117\n=======\nrate_731 = 5115\n>>>>>>> new\n```\n";
    provider.answer_next(&[foreign, &edit("rate_731 = 5117", "rate_731 = 5115")]);
    let project = project(&provider);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let asked = &provider.received()[1].asked;
    assert!(asked.contains("as a change does"), "{asked}");
    let expected = rates().replace("rate_731 = 5117\r", "rate_731 = 5115\r");
    assert_eq!(project.read("src/rates.py").unwrap(), expected);
}

#[test]
fn a_text_that_leaves_lines_out_is_never_written_and_the_model_is_told() {
    const THERE: &str = "rate_731 = 5117\n\n\ndef rate():\n    return rate_731\n";
    let left_out =
        "### FILE: src/rates.py\n```python\nrate_731 = 5115\n\n# ... existing code ...\n```\n";
    let as_json = "### FILE: src/rates.py\n```json\n{\"old\": \"rate_731 = 5117\\n\", \"new\": \"rate_731 = 5115\\n\"}\n```\n";
    let provider = Provider::echo();
    provider.answer_next(&[left_out, as_json]);
    let project = project(&provider);
    project.write("src/rates.py", THERE);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let asked = &provider.received()[1].asked;
    assert!(
        asked.contains("`# ... existing code ...`, stands for lines that are left out: change the file by edits"),
        "{asked}"
    );
    assert_eq!(
        project.read("src/rates.py").unwrap(),
        THERE.replace("5117", "5115")
    );
}

#[test]
fn a_file_whose_string_holds_the_markers_of_a_merge_is_a_file() {
    const TEST: &str = "CONFLICT = \"\"\"\n<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> other\n\"\"\"\n\n\ndef test_it():\n    assert CONFLICT\n";
    let provider = Provider::echo();
    provider.answer_next(&[&format!("### FILE: src/rates.py\n```python\n{TEST}```\n")]);
    let project = project(&provider);
    project.write("src/rates.py", "rate_731 = 5117\n");
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(project.read("src/rates.py").unwrap(), TEST);
}

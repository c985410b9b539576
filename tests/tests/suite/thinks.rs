//! Models that think in the text of their answers: what they think is no part of what they do, whoever opened the tag.

use stepwell_tests::{Project, Provider};

const FLOW: &str = r#"
name = "thinks"

[[steps]]
id = "first"
uses = "builtin:code"
inputs.subtask = '{"title": "Make it", "description": "Make it.", "files": ["a.py"]}'
grants.workspace = "write"

[[steps]]
id = "second"
uses = "builtin:code"
inputs.subtask = '{"title": "Make it", "description": "Make it, too.", "files": ["b.py"]}'
inputs.requirement = "After {{ steps.first.files }}"
grants.workspace = "write"
"#;

fn file(path: &str) -> String {
    format!("### FILE: {path}\n```python\nx = 1\n```\n")
}

fn ran(answers: [&str; 2], more: &str) -> Project {
    let provider = Provider::echo();
    provider.answer_next(&answers);
    let project = Project::with_provider(&provider);
    let settings = project.read("stepwell.toml").unwrap();
    let plain = "writer = \"local/test-model\"";
    let table = format!("writer = {{ model = \"local/test-model\"{more} }}");
    project.write("stepwell.toml", &settings.replace(plain, &table));
    project.write("flow.toml", FLOW);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    for path in ["a.py", "b.py"] {
        assert_eq!(project.read(path).as_deref(), Some("x = 1\n"), "{path}");
    }
    assert_eq!(project.read("draft.py"), None);
    project
}

/// What is shown of a call.
fn shown(project: &Project, number: usize) -> String {
    let calls = project
        .run(&["calls", "last", "--json"])
        .exits_with(0)
        .json();
    let id = calls[number]["id"].as_str().unwrap().to_owned();
    project.run(&["calls", "show", &id]).exits_with(0).stdout
}

#[test]
fn a_model_whose_server_opens_the_tag_is_set_up_so() {
    let answers =
        ["a.py", "b.py"].map(|path| format!("Hm, let me see.\n</think>\n\n{}", file(path)));
    let project = ran([&answers[0], &answers[1]], ", thinking_prefilled = true");
    let shown = shown(&project, 0);
    let (thought, answer) = (shown.find("Hm, let me see."), shown.find("### FILE: a.py"));
    assert!(thought.is_some() && answer.is_some(), "{shown}");
    assert!(shown.contains("reasoning"), "{shown}");
    assert_eq!(
        project.document("first", "files").matches("path").count(),
        1
    );
    assert!(
        !project
            .run(&["docs", "get", "last", "first", "summary"])
            .stdout
            .contains("Hm")
    );
}

#[test]
fn a_model_that_was_seen_to_think_may_leave_its_tag_out() {
    let first = format!(
        "<think>\nIt ends with `</think>`, I know.\n\n{}\nNo.\n</think>\n\n{}",
        file("draft.py"),
        file("a.py")
    );
    let second = format!("Hm, let me see.\n</think>\n\n{}", file("b.py"));
    let project = ran([&first, &second], "");
    let shown = shown(&project, 1);
    assert!(
        shown.contains("reasoning") && shown.contains("Hm, let me see."),
        "{shown}"
    );
    assert!(
        !project
            .run(&["docs", "get", "last", "second", "summary"])
            .stdout
            .contains("Hm")
    );
}

//! What a person is told at a gate and after it: what their yes does, who said it, and what a no dropped.

use stepwell_tests::Project;

use crate::gated::{BOTH, FLOW, ONE, about, waiting_at};

fn say(project: &Project, answers: &[&str], code: i32) {
    let answers = answers.iter().flat_map(|answer| ["--answer", *answer]);
    let resume: Vec<&str> = std::iter::once("resume").chain(answers).collect();
    let _ = project.run(&resume).exits_with(code);
}

/// What an earlier take wrote and the new one doesn't is removed by the yes, and a line that a person added goes: both are shown.
#[test]
fn the_form_shows_what_a_yes_removes_and_what_of_a_person_it_replaces() {
    let (project, _provider) = waiting_at(FLOW, &[BOTH, ONE]);
    say(&project, &["decision=yes"], 0);
    assert_eq!(project.read("b.py").as_deref(), Some("print(\"b\")\n"));
    let _ = project
        .run(&["step", "run", "code", "--run", "last"])
        .exits_with(0);
    project.write("a.py", "print(\"new a\")\nprint(\"mine\")\n");
    let _ = project.run(&["resume"]).exits_with(3);
    let about = about(&project);
    for part in [
        "`b.py` (removed",
        "-print(\"b\")",
        "against what stands there now",
        "-print(\"mine\")",
        "+print(\"newer a\")",
    ] {
        assert!(about.contains(part), "{part}: {about}");
    }
    say(&project, &["decision=yes"], 0);
    assert_eq!(project.read("b.py"), None);
}

#[test]
fn a_gate_without_the_grant_says_that_it_shows_no_files() {
    let without = FLOW.replace("grants.workspace = \"read\"\n", "");
    let (project, _provider) = waiting_at(&without, &[BOTH]);
    let status = project.run(&["status", "--json"]).exits_with(0).json();
    let guidance = status["questions"][0]["form"]["guidance"].as_str().unwrap();
    for part in [
        "The run changed files, and none of them is shown",
        "add `grants.workspace = \"read\"` to step `take`",
    ] {
        assert!(guidance.contains(part), "{part}: {guidance}");
    }
    // As it says.
    project.write("flow.toml", FLOW);
    let _ = project.run(&["resume"]).exits_with(3);
    assert!(about(&project).contains("`b.py` (new)"));
}

#[test]
fn status_says_who_agreed_and_what_they_changed() {
    let document = r#"
name = "text"
[inputs.text]
[[steps]]
id = "agree"
uses = "builtin:gate"
inputs.document = "{{ inputs.text }}"
"#;
    let project = Project::new();
    project.write("stepwell.toml", "");
    project.write("flow.toml", document);
    let run = [
        "run",
        "flow.toml",
        "--input",
        "text=# One",
        "--answer",
        "decision=yes",
        "--answer",
        "note=well done",
        "--answer",
        "correction=# Two",
    ];
    let _ = project.run(&run).exits_with(0);
    let told = project.run(&["status"]).exits_with(0).stdout;
    for part in [
        "decision: yes, by ",
        "just now",
        "note: well done",
        "-# One",
        "+# Two",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

/// What a no dropped is kept: it can be looked at, and taken all the same.
#[test]
fn what_was_dropped_is_shown_and_can_be_taken() {
    let (project, _provider) = waiting_at(FLOW, &[BOTH]);
    say(&project, &["decision=no"], 1);
    let shown = project.run(&["files", "last", "--diff"]).exits_with(0);
    assert_eq!(shown.stdout, "");
    let _ = shown.says(&["`--dropped` shows what a person said no to"]);
    let dropped = project
        .run(&["files", "last", "--diff", "--dropped"])
        .exits_with(0)
        .stdout;
    assert!(
        dropped.contains("+print(\"new a\")") && dropped.contains("+++ b/b.py"),
        "{dropped}"
    );
    let nothing = project.run(&["files", "last", "--restore", "b.py"]);
    let _ = nothing.exits_with(4).says(&[
        "a person said no to what the run wrote into `b.py`",
        "--restore b.py --text ",
        "takes it all the same",
    ]);
    let listed = project
        .run(&["files", "last", "--json"])
        .exits_with(0)
        .json();
    let text = |path: &str| {
        let files = listed.as_array().unwrap().iter();
        let mut files = files.filter(|file| file["path"] == path);
        files.next().unwrap()["after"].as_str().unwrap().to_owned()
    };
    // What somebody wrote since isn't lost.
    project.write("a.py", "mine\n");
    let take = [
        "files",
        "last",
        "--restore",
        "a.py",
        "--text",
        &text("a.py"),
    ];
    let _ = project
        .run(&take)
        .exits_with(4)
        .says(&["`a.py` was changed since"]);
    project.write("a.py", "print(\"a\")\n");
    let _ = project.run(&take).exits_with(0);
    assert_eq!(project.read("a.py").as_deref(), Some("print(\"new a\")\n"));
    let take = [
        "files",
        "last",
        "--restore",
        "b.py",
        "--text",
        &text("b.py"),
    ];
    let _ = project.run(&take).exits_with(0);
    assert_eq!(project.read("b.py").as_deref(), Some("print(\"b\")\n"));
    // And what it replaced is given back.
    let _ = project
        .run(&["files", "last", "--restore", "a.py"])
        .exits_with(0);
    assert_eq!(project.read("a.py").as_deref(), Some("print(\"a\")\n"));
}

#[test]
fn changes_for_which_nothing_repeats_are_warned_of_by_a_check() {
    let project = Project::new();
    project.write("stepwell.toml", "");
    let changes = "name = \"c\"\n[[steps]]\nid = \"take\"\nuses = \"builtin:gate\"\nsettings.changes = true\n";
    project.write("flow.toml", changes);
    let _ = project
        .run(&["run", "flow.toml", "--check"])
        .exits_with(0)
        .says(&[
            "nothing repeats where step `take` is answered `changes`",
            "repeat = { while = \"steps.take.decision\", is = \"changes\" }",
        ]);
}

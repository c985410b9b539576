//! A gate before files: nothing gets into the workspace but by a person's yes, whatever is killed in between.

use std::time::Duration;

use stepwell_tests::{Project, Provider, Reply, Sweep};

use crate::gated::KEEPS;

const FLOW: &str = r#"
name = "agreed"

[[steps]]
id = "code"
uses = "builtin:code"
inputs.subtask = '{"title": "Greet", "description": "Two files that greet.", "files": ["a.py", "b.py"]}'
grants.workspace = "write"

[[steps]]
id = "take"
uses = "builtin:gate"
inputs.after = "{{ steps.code.files }}"
settings.question = "Shall this go in?"
grants.workspace = "read"

[[steps]]
id = "notes"
uses = "builtin:refine"
when = { value = "steps.take.note", is = "notes" }
inputs.requirement = "{{ steps.code.summary | default('') }}"
"#;

const ANSWER: &str = "Both greet.\n\n### FILE: a.py\n```python\nprint(\"new a\")\n```\n\n### FILE: b.py\n```python\nprint(\"b\")\n```\n";

/// A project with a run that waits for a yes.
fn waiting() -> (Project, Provider) {
    let provider = Provider::echo();
    provider.answer_next(&[ANSWER]);
    let project = Project::with_provider(&provider);
    project.write("flow.toml", FLOW);
    project.write("a.py", "print(\"a\")\n");
    let _ = project.run(&["run", "flow.toml"]).exits_with(3);
    (project, provider)
}

fn assert_untouched(project: &Project) {
    assert_eq!(project.read("a.py").as_deref(), Some("print(\"a\")\n"));
    assert_eq!(project.read("b.py"), None);
}

#[test]
fn a_yes_brings_the_files_in_and_the_person_saw_what_changes() {
    let (project, provider) = waiting();
    assert_untouched(&project);
    let status = project.run(&["status", "--json"]).exits_with(0).json();
    let form = &status["questions"][0]["form"];
    assert_eq!(form["questions"][0]["text"], "Shall this go in?");
    let about = form["about"].as_str().unwrap();
    for part in [
        "`a.py` (changed)",
        "-print(\"a\")\n+print(\"new a\")",
        "`b.py` (new)",
    ] {
        assert!(about.contains(part), "{part}: {about}");
    }
    let files = project.run(&["files", "last"]).exits_with(0).stdout;
    assert_eq!(
        files.matches("not in the workspace yet").count(),
        2,
        "{files}"
    );
    let resumed = project.run(&["resume", "--answer", "decision=yes", "--answer", "note="]);
    let _ = resumed.exits_with(0);
    assert_eq!(project.read("a.py").as_deref(), Some("print(\"new a\")\n"));
    assert_eq!(project.read("b.py").as_deref(), Some("print(\"b\")\n"));
    assert_eq!(project.document("take", "decision").trim(), "yes");
    // What asks for a note was left out, and says why.
    let status = project.run(&["status"]).exits_with(0).stdout;
    let reason = "`steps.take.note` is empty, and would have to be `notes`";
    assert!(
        status.contains("skipped") && status.contains(reason),
        "{status}"
    );
    assert_eq!(provider.received().len(), 1);
}

#[test]
fn a_no_ends_the_run_as_declined_and_touches_nothing() {
    let (project, provider) = waiting();
    let resumed = project.run(&[
        "resume",
        "--answer",
        "decision=no",
        "--answer",
        "note=too loud",
    ]);
    let _ = resumed
        .exits_with(1)
        .says(&["declined", "the person said no: too loud"]);
    assert_untouched(&project);
    let files = project.run(&["files", "last"]).exits_with(0).stdout;
    assert!(files.contains("dropped: a person said no to it"), "{files}");
    // It is neither asked again nor paid for again.
    let _ = project.run(&["resume"]).exits_with(1).says(&["declined"]);
    assert_untouched(&project);
    assert_eq!(provider.received().len(), 1);
}

#[test]
fn an_answer_beforehand_asks_nobody_and_nobody_there_is_no_yes() {
    let provider = Provider::echo();
    provider.answer_next(&[ANSWER; 3]);
    let project = Project::with_provider(&provider);
    project.write("flow.toml", FLOW);
    let _ = project
        .run(&["run", "flow.toml", "--no-questions"])
        .exits_with(1);
    assert_eq!(project.read("b.py"), None);
    // What may be left empty needs no answer.
    for told in [&[][..], &["--no-questions"]] {
        std::fs::remove_file(project.path().join("b.py")).ok();
        let run = ["run", "flow.toml", "--answer", "take/decision=yes"];
        let _ = project.run(&[&run[..], told].concat()).exits_with(0);
        assert_eq!(project.read("b.py").as_deref(), Some("print(\"b\")\n"));
    }
}

/// A key that nobody asks for is perhaps misspelt.
#[test]
fn an_answer_that_nobody_asks_for_is_named() {
    let provider = Provider::echo();
    provider.answer_next(&[ANSWER]);
    let project = Project::with_provider(&provider);
    project.write("flow.toml", FLOW);
    let run = ["run", "flow.toml", "--answer", "take/decison=yes"];
    let waits = project.run(&run).exits_with(3);
    let _ = waits.says(&[
        "`take/decison` is answered beforehand, and no step has asked for it so far",
        "take/decision=TEXT",
    ]);
    let status = project.run(&["status", "--json"]).exits_with(0).json();
    assert_eq!(status["unasked"], serde_json::json!(["take/decison"]));
    let _ = project
        .run(&["resume", "--answer", "decision=yes"])
        .exits_with(0)
        .says(&["no step asked for `take/decison`"]);
    let status = project.run(&["status", "--json"]).exits_with(0).json();
    assert_eq!(status["unasked"], serde_json::json!(["take/decison"]));
}

/// A step is carried out anew while a gate waits.
#[test]
fn who_runs_a_step_before_an_open_gate_is_told_of_it() {
    let (project, provider) = waiting();
    provider.answer_next(&[ANSWER]);
    let again = ["step", "run", "code", "--run", "last"];
    let again = project.run(&again).exits_with(0);
    let _ = again.says(&["what follows is still to be done", "goes on with it"]);
    assert_untouched(&project);
    let _ = project.run(&["resume"]).exits_with(3);
    let _ = project
        .run(&["resume", "--answer", "decision=yes"])
        .exits_with(0);
    assert_eq!(project.read("b.py").as_deref(), Some("print(\"b\")\n"));
}

#[test]
fn who_thinks_better_of_a_no_is_asked_once_more() {
    let (project, provider) = waiting();
    let no = project.run(&["resume", "--answer", "decision=no"]);
    let no = no
        .exits_with(1)
        .says(&["the run ended as declined", "`stepwell step run take --run"]);
    assert!(
        !no.stderr.contains("tries again what failed"),
        "{}",
        no.stderr
    );
    // What answered the gate before answers nothing now.
    let _ = project
        .run(&["step", "run", "take", "--run", "last"])
        .exits_with(3);
    assert_untouched(&project);
    let status = project.run(&["status", "--json"]).exits_with(0).json();
    let about = status["questions"][0]["form"]["about"].as_str().unwrap();
    assert!(about.contains("`b.py` (new)"), "{about}");
    let _ = project
        .run(&["resume", "--answer", "decision=yes"])
        .exits_with(0);
    assert_eq!(project.read("b.py").as_deref(), Some("print(\"b\")\n"));
    assert_eq!(provider.received().len(), 1);
}

/// What was said last is meant, and what was said before a gate is carried out again is not meant for it.
#[test]
fn an_older_yes_never_lets_in_what_a_newer_no_refuses() {
    for older in ["take/decision=yes", "decision=yes"] {
        for newer in ["take/decision=no", "decision=no"] {
            let provider = Provider::echo();
            provider.answer_next(&[ANSWER]);
            let project = Project::with_provider(&provider);
            project.write("flow.toml", FLOW);
            project.write("a.py", "print(\"a\")\n");
            // The yes is held: the run stops before the gate.
            let run = ["run", "flow.toml", "--until", "code", "--answer", older];
            let _ = project.run(&run).exits_with(3);
            let _ = project
                .run(&["resume", "--answer", newer])
                .exits_with(1)
                .says(&["declined"]);
            assert_untouched(&project);
            // Given to a gate that has ended, it asks nobody and means nothing.
            let _ = project.run(&["resume", "--answer", older]).exits_with(1);
            let _ = project
                .run(&["step", "run", "take", "--run", "last"])
                .exits_with(3);
            assert_untouched(&project);
        }
    }
}

#[test]
fn what_is_held_was_never_there_to_be_brought_back() {
    let (project, _provider) = waiting();
    project.write("a.py", "mine\n");
    for more in [&[][..], &["--force"]] {
        let restore = ["files", "last", "--restore", "a.py"];
        let _ = project
            .run(&[&restore[..], more].concat())
            .exits_with(4)
            .says(&["has put nothing into `a.py` so far"]);
    }
    assert_eq!(project.read("a.py").as_deref(), Some("mine\n"));
}

#[test]
fn an_answer_may_stand_in_a_file() {
    let provider = Provider::echo();
    let project = Project::with_provider(&provider);
    project.write(
        "flow.toml",
        &ON_A_BRANCH.replace("publish = \"branch\"\n", ""),
    );
    project.write("corrected.md", "# Corrected\n");
    let run = ["run", "flow.toml", "--input", "text=# Hello"];
    let answers = [
        "agree/decision=yes",
        "agree/correction=@corrected.md",
        "take/decision=yes",
    ];
    let answers = answers.iter().flat_map(|answer| ["--answer", *answer]);
    let run: Vec<&str> = run.into_iter().chain(answers).collect();
    let _ = project.run(&run).exits_with(0);
    // What is kept is what was agreed to.
    assert_eq!(project.read("docs/a.md").as_deref(), Some("# Corrected\n"));
    let missing = [
        "run",
        "flow.toml",
        "--input",
        "text=x",
        "--answer",
        "decision=@gone.md",
    ];
    let _ = project.run(&missing).exits_with(4).says(&[
        "gone.md",
        "`--answer decision=@FILE` reads the answer from a file",
    ]);
}

#[test]
fn where_a_document_cannot_be_kept_is_said_before_anything_is_asked() {
    let provider = Provider::echo();
    let project = Project::with_provider(&provider);
    for (path, why) in [
        (".git/x", "closed to every step"),
        ("stepwell.toml", "closed to every step"),
        ("flow.toml", "closed to every step"),
        ("folder", "folder"),
        ("file/below.md", "`file` is a file"),
    ] {
        project.write("folder/there.md", "");
        project.write("file", "");
        project.write(
            "flow.toml",
            &KEPT.replace(
                "keep.requirement = \"docs/wish.md\"",
                &format!("keep.requirement = \"{path}\""),
            ),
        );
        for run in [
            &["run", "flow.toml", "--input", "wish=x"][..],
            &["run", "flow.toml", "--check"],
        ] {
            let _ = project.run(run).exits_with(4).says(&[
                &format!("step `wish` can't be kept in `{path}`"),
                why,
                "name another file in `keep`",
            ]);
        }
    }
    assert!(provider.received().is_empty());
}

/// Killed while the yes, or the no, is being carried out; whoever resumes comes to the same.
#[test]
fn killed_after_the_answer_the_run_ends_as_it_would_have() {
    let moments = (0..60).map(|step| 20 + step * 5);
    for pause in Sweep::from_environment().of(moments) {
        for (said, code) in [("yes", 0), ("no", 1)] {
            let (project, provider) = waiting();
            let decision = format!("decision={said}");
            let resume = ["resume", "--answer", &decision, "--answer", "note="];
            let mut child = project.spawn(&resume);
            std::thread::sleep(Duration::from_millis(pause));
            child.kill().unwrap();
            child.wait().unwrap();
            let status = project.run(&["status", "--json"]).exits_with(0).json();
            if !["success", "failure"].contains(&status["status"].as_str().unwrap()) {
                // Its answer may not have been taken.
                let again = match status["questions"].as_array().unwrap().is_empty() {
                    true => &resume[..1],
                    false => &resume[..],
                };
                let _ = project.run(again).exits_with(code);
            }
            match said {
                "no" => assert_untouched(&project),
                _ => {
                    assert_eq!(project.read("a.py").as_deref(), Some("print(\"new a\")\n"));
                    assert_eq!(project.read("b.py").as_deref(), Some("print(\"b\")\n"));
                }
            }
            let left: Vec<String> = project.files().into_iter().map(|(path, _)| path).collect();
            assert!(
                !left.iter().any(|path| path.contains("stepwell-")),
                "{left:?}"
            );
            assert_eq!(provider.received().len(), 1, "after {pause} ms");
        }
    }
}

const KEPT: &str = r#"
name = "kept"
[inputs]
wish = {}
existing = { file = "docs/wish.md", default = "" }

[[steps]]
id = "wish"
uses = "builtin:refine"
inputs.requirement = "{{ inputs.wish }}"
inputs.conventions = "So far: {{ inputs.existing }}"
keep.requirement = "docs/wish.md"

[[steps]]
id = "agree"
uses = "builtin:gate"
inputs.document = "{{ steps.wish.requirement }}"
grants.workspace = "read"
"#;

fn wish(requirement: &str) -> String {
    format!(
        "<document>\n# Wish\n\n## 1 Overview\n\n### 1.1 Background\n\nBecause.\n\n### 1.2 User persona\n\nAda.\n\n### 1.3 User journey\n\nShe runs it.\n\n## 2 Requirements\n\n### 2.1 Functional requirements\n\n- **FR-1** {requirement}\n\n## 3 Assumptions\n\n- None.\n</document>"
    )
}

#[test]
fn a_requirement_lives_in_the_repository_and_its_changes_are_shown_before_they_get_there() {
    let provider = Provider::echo();
    provider.answer_next(&[&wish("It reads."), &wish("It reads and writes.")]);
    let project = Project::with_provider(&provider);
    project.write("flow.toml", KEPT);
    let yes = [
        "--answer",
        "decision=yes",
        "--answer",
        "note=",
        "--answer",
        "correction=",
    ];
    let first = ["run", "flow.toml", "--input", "wish=read"];
    let _ = project.run(&[&first[..], &yes].concat()).exits_with(0);
    assert!(project.read("docs/wish.md").unwrap().contains("It reads."));

    let _ = project
        .run(&["run", "flow.toml", "--input", "wish=write, too"])
        .exits_with(3);
    let asked = &provider.received()[1].asked;
    assert!(asked.contains("It reads."), "{asked}");
    assert!(!project.read("docs/wish.md").unwrap().contains("writes"));
    let told = project.run(&["status"]).exits_with(0).stdout;
    for part in [
        "`requirement` is kept in docs/wish.md",
        "changed: - **FR-1** It reads.",
        "to: - **FR-1** It reads and writes.",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let status = project.run(&["status", "--json"]).exits_with(0).json();
    let about = status["questions"][0]["form"]["about"].as_str().unwrap();
    assert!(
        about.contains("+- **FR-1** It reads and writes."),
        "{about}"
    );
    let _ = project.run(&[&["resume"][..], &yes].concat()).exits_with(0);
    assert!(
        project
            .read("docs/wish.md")
            .unwrap()
            .contains("It reads and writes.")
    );
    let status = project.run(&["status", "--json"]).exits_with(0).json();
    let answered = &status["steps"][1]["executions"][0]["answered"][0];
    assert_eq!(answered["key"], "decision");
    assert!(!answered["by"].as_str().unwrap().is_empty(), "{answered}");
}

const ON_A_BRANCH: &str = r#"
name = "apart"
publish = "branch"
[inputs]
text = {}
[[steps]]
id = "agree"
uses = "builtin:gate"
inputs.document = "{{ inputs.text }}"
keep.document = "docs/a.md"
[[steps]]
id = "take"
uses = "builtin:gate"
inputs.after = "{{ steps.agree.decision }}"
grants.workspace = "read"
"#;

#[test]
fn a_branch_has_what_a_person_said_yes_to_and_nothing_else() {
    for (said, code, branches) in [("yes", 0, 1), ("no", 1, 0)] {
        let project = Project::new();
        let git = |arguments: &[&str]| {
            let out = std::process::Command::new("git")
                .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"])
                .args(arguments)
                .current_dir(project.path())
                .output()
                .unwrap();
            assert!(out.status.success(), "{arguments:?}: {out:?}");
            String::from_utf8(out.stdout).unwrap()
        };
        project.write("flow.toml", ON_A_BRANCH);
        let _ = git(&["init", "--quiet"]);
        let _ = git(&["add", "flow.toml"]);
        let _ = git(&["commit", "--quiet", "--message", "first"]);
        let answers = ["decision=yes", "note=", "correction="];
        let mut run = vec!["run", "flow.toml", "--input", "text=# Hello"];
        for answer in &answers {
            run.extend(["--answer", answer]);
        }
        let _ = project.run(&run).exits_with(3);
        let made = || git(&["branch", "--list", "stepwell/*"]).lines().count();
        assert_eq!(made(), 0, "{said}");
        let decision = format!("decision={said}");
        let resume = ["resume", "--answer", &decision, "--answer", "note="];
        let _ = project.run(&resume).exits_with(code);
        assert_eq!(made(), branches, "{said}");
        assert_eq!(project.read("docs/a.md"), None, "the working tree stays");
        if said == "yes" {
            let branch = git(&[
                "branch",
                "--list",
                "--format=%(refname:short)",
                "stepwell/*",
            ]);
            let kept = git(&["show", &format!("{}:docs/a.md", branch.trim())]);
            assert_eq!(kept, "# Hello\n");
        }
    }
}

const TEXTS: &str = r#"
name = "texts"
[inputs.text]

[[steps]]
id = "make"
uses = "builtin:code"
inputs.subtask = '{"title": "Greet", "description": "A file that greets.", "files": ["a.py"]}'
inputs.requirement = "{{ inputs.text }}"
grants.workspace = "write"

[[steps]]
id = "take"
uses = "builtin:gate"
inputs.document = "{{ steps.make.summary | default('') }}"
inputs.after = "{{ steps.make.files }}"
grants.workspace = "read"
"#;

fn writes(line: &str) -> String {
    format!("It says {line}.\n\n### FILE: a.py\n```python\n{line}\n```\n")
}

/// A yes is one to what was shown, whoever changes what it was about meanwhile, and whichever way it comes.
#[test]
fn a_yes_to_what_has_changed_since_lets_nothing_in() {
    let provider = Provider::echo();
    provider.answer_next(&[&writes("harmless = 1"), &writes("other = 2")]);
    let project = Project::with_provider(&provider);
    project.write("flow.toml", TEXTS);
    let run = ["run", "flow.toml", "--input", "text=x"];
    let _ = project.run(&run).exits_with(3);
    let status = || project.run(&["status", "--json"]).exits_with(0).json();
    let shown = status()["questions"][0]["id"].clone();
    let again = ["step", "run", "make", "--run", "last"];
    let _ = project.run(&again).exits_with(0);
    // Nobody is asked about what was before.
    let stale = status();
    assert_eq!(stale["waiting_for"], "stale", "{stale}");
    assert_eq!(stale["questions"].as_array().unwrap().len(), 0);
    let yes = ["resume", "--answer", "take/decision=yes"];
    let _ = project.run(&yes).exits_with(4).says(&[
        "what step `take` asked about has changed since",
        "stepwell resume",
    ]);
    assert_eq!(project.read("a.py"), None);
    let _ = project.run(&["resume"]).exits_with(3);
    let asked = status();
    assert_ne!(asked["questions"][0]["id"], shown);
    let about = asked["questions"][0]["form"]["about"].as_str().unwrap();
    assert!(about.contains("+other = 2"), "{about}");
    let _ = project.run(&yes).exits_with(0);
    assert_eq!(project.read("a.py").as_deref(), Some("other = 2\n"));
}

const SUBTASKS: &str = r#"[{"id": "one", "title": "One", "description": "x", "files": ["one.py"]}, {"id": "two", "title": "Two", "description": "x", "files": ["two.py"]}]"#;

/// Each item's gate is answered by itself.
#[test]
fn gates_of_items_are_told_apart() {
    let provider = Provider::start(|_, received| {
        if received.asked.starts_with("You plan the implementation") {
            return Reply::Text(SUBTASKS.into());
        }
        let name = match received.asked.contains("one.py") {
            true => "one",
            false => "two",
        };
        Reply::Text(format!(
            "Done.\n\n### FILE: {name}.py\n```python\n{name} = 1\n```\n"
        ))
    });
    let project = Project::with_provider(&provider);
    project.write(
        "flow.toml",
        r#"
name = "items"
[[steps]]
id = "plan"
uses = "builtin:implementation"
inputs.design = "x"

  [[steps.steps]]
  id = "each"
  for_each = "parent.subtasks"
  concurrency = 2

    [[steps.steps.steps]]
    id = "code"
    uses = "builtin:code"
    inputs.subtask = "{{ item }}"
    grants.workspace = "write"

    [[steps.steps.steps]]
    id = "ok"
    uses = "builtin:gate"
    inputs.after = "{{ steps.plan.each.code.files }}"
    grants.workspace = "read"
"#,
    );
    let run = ["run", "flow.toml"];
    let _ = project.run(&run).exits_with(3).says(&[
        "--answer 'plan/each[0]/ok/decision=TEXT'",
        "--answer 'plan/each[1]/ok/decision=TEXT'",
    ]);
    let either = ["resume", "--answer", "plan/each/ok/decision=yes"];
    let _ = project.run(&either).exits_with(4).says(&[
        "`decision` is asked for by several at once: plan/each[0]/ok, plan/each[1]/ok",
        "plan/each[0]/ok/decision",
    ]);
    let third = ["resume", "--answer", "plan/each[2]/ok/decision=yes"];
    let _ = project
        .run(&third)
        .exits_with(4)
        .says(&["nothing that waits asks for `decision`"]);
    let second = ["resume", "--answer", "plan/each[1]/ok/decision=yes"];
    let _ = project.run(&second).exits_with(3);
    assert_eq!(project.read("one.py"), None);
    assert_eq!(project.read("two.py").as_deref(), Some("two = 1\n"));
    let first = ["resume", "--answer", "plan/each/ok/decision=yes"];
    let _ = project.run(&first).exits_with(0);
    assert_eq!(project.read("one.py").as_deref(), Some("one = 1\n"));
}

/// What is kept stays there, whatever a later take or round finds, and a person's file is replaced by their yes alone.
#[test]
fn a_kept_file_stays_and_only_a_yes_replaces_it() {
    let project = Project::new();
    project.write("stepwell.toml", "");
    project.write("flow.toml", KEEPS);
    let yes = ["--answer", "take/decision=yes"];
    let _ = project
        .run(&[&["run", "flow.toml"][..], &yes].concat())
        .exits_with(0);
    let kept = || project.read("docs/agreed.md");
    assert_eq!(kept().as_deref(), Some("# Agreed\n"));
    // The same text again.
    let again = ["step", "run", "take", "--run", "last"];
    let _ = project.run(&[&again[..], &yes].concat()).exits_with(0);
    assert_eq!(kept().as_deref(), Some("# Agreed\n"));

    project.write("docs/agreed.md", "mine, agreed last year\n");
    project.write(
        "changes.toml",
        r##"
name = "changes"
[[steps]]
id = "g"
repeat = { while = "steps.g.take.decision", is = "changes", otherwise = "go-on" }

  [[steps.steps]]
  id = "take"
  uses = "builtin:gate"
  inputs.document = "# Agreed"
  settings.changes = true
  keep.document = "docs/agreed.md"
"##,
    );
    let changes = [
        "run",
        "changes.toml",
        "--answer",
        "g/take/decision=changes",
        "--answer",
        "g/take/note=shorter",
    ];
    let _ = project.run(&changes).exits_with(3);
    assert_eq!(kept().as_deref(), Some("mine, agreed last year\n"));
    let no = ["resume", "--answer", "g/take/decision=no"];
    let _ = project.run(&no).exits_with(1);
    assert_eq!(kept().as_deref(), Some("mine, agreed last year\n"));
    let _ = project.run(&changes).exits_with(3);
    let yes = ["resume", "--answer", "g/take/decision=yes"];
    let _ = project.run(&yes).exits_with(0);
    assert_eq!(kept().as_deref(), Some("# Agreed\n"));
}

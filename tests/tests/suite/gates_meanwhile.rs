//! A person works on in the workspace while a gate waits for them: what a yes does is looked at anew whenever it is shown, and what it
//! replaced of theirs is said and can be brought back.

use std::sync::{Arc, OnceLock};

use serde_json::Value;
use stepwell_tests::{Project, Provider, Reply};

use crate::gated::{BOTH, FLOW, KEEPS, ONE, about, of, status, waiting_at};
use crate::terminal::Terminal;

const MINE: &str = "print(\"a\")\nprint(\"mine\")\n";

fn waiting() -> (Project, Provider) {
    waiting_at(FLOW, &[BOTH])
}

const YES: [&str; 3] = ["resume", "--answer", "take/decision=yes"];

#[test]
fn a_yes_to_what_was_shown_before_is_refused_and_what_is_different_is_shown() {
    let (project, _provider) = waiting();
    let shown = status(&project)["questions"][0]["id"].clone();
    assert!(!about(&project).contains("Since this was asked"));
    project.write("a.py", MINE);
    // Whoever looks sees what a yes does now, and it is another form.
    assert_ne!(status(&project)["questions"][0]["id"], shown);
    let printed = project.run(&["status", "--about"]).exits_with(0).stdout;
    for part in [
        "Since this was asked, somebody changed what a yes is about",
        "`a.py` (replaced)",
        "-print(\"mine\")",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    assert!(!printed.contains("`b.py` (made"), "{printed}");
    let _ = project.run(&YES).exits_with(4).says(&[
        "what step `take` asked about has changed since it asked (`a.py`)",
        "stepwell resume",
    ]);
    assert_eq!(project.read("a.py").as_deref(), Some(MINE));
    // Asked anew, and changed once more.
    let asked = project.run(&["resume"]).exits_with(3);
    let _ = asked.says(&["was changed by somebody else since it was shown (`a.py`)"]);
    std::fs::remove_file(project.join("a.py")).unwrap();
    let _ = project.run(&YES).exits_with(4);
    // As it was when it was asked first: nothing is different.
    project.write("a.py", "print(\"a\")\n");
    let _ = project.run(&["resume"]).exits_with(3);
    assert_eq!(status(&project)["questions"][0]["id"], shown);
    assert!(!about(&project).contains("Since this was asked"));
    let _ = project.run(&YES).exits_with(0);
    assert_eq!(project.read("a.py").as_deref(), Some("print(\"new a\")\n"));
}

/// A text that a person wrote, and what stands in its place.
#[test]
fn what_a_yes_replaced_is_told_by_every_face_with_what_brings_it_back() {
    let (project, _provider) = waiting();
    project.write("a.py", MINE);
    let _ = project.run(&["resume"]).exits_with(3);
    let quiet = project
        .run(&[&["-q"][..], &YES].concat())
        .exits_with(0)
        .says(&["`a.py` was changed by somebody else", "--restore a.py"]);
    assert_eq!(project.read("a.py").as_deref(), Some("print(\"new a\")\n"));
    let status = status(&project);
    let told = status["warnings"].as_array().unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["step"], "code");
    let remedy = &told[0]["remedy"];
    assert_eq!(
        (&remedy["kind"], &remedy["path"]),
        (&"restore-file".into(), &"a.py".into())
    );
    let text = remedy["text"].as_str().unwrap();
    let hex = &text.strip_prefix("sha256:").unwrap()[..12];
    let run = status["id"].as_str().unwrap();
    let command = format!("`stepwell files {run} --restore a.py --text {hex}`");
    let message = "`a.py` was changed by somebody else; the step's text has replaced it";
    let shown = project.run(&["status"]).exits_with(0).stdout;
    for told in [&quiet.stdout, &shown] {
        assert!(told.contains(message) && told.contains(&command), "{told}");
    }
    let server = project.serve(&[]);
    let over_api = server.get(&format!("/api/runs/{run}")).json();
    assert_eq!(over_api["warnings"], status["warnings"]);
    let page = server.get(&format!("/runs/{run}")).body;
    assert!(
        page.contains("was changed by somebody else; the step's text has replaced it")
            && page.contains("Put it back"),
        "{page}"
    );
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let put_back = format!(
        "step=code&of=code&path=a.py&text={}",
        text.replace(':', "%3A")
    );
    let done = server.ask(
        "POST",
        &format!("/runs/{run}/files/restore"),
        &form,
        &put_back,
    );
    assert_eq!(done.status, 303, "{done:?}");
    assert_eq!(project.read("a.py").as_deref(), Some(MINE));
}

#[test]
fn what_a_yes_removes_though_somebody_changed_it_is_told() {
    let (project, _provider) = of(FLOW, &[BOTH, ONE]);
    let yes = ["run", "flow.toml", "--answer", "take/decision=yes"];
    let _ = project.run(&yes).exits_with(0);
    let _ = project
        .run(&["step", "run", "code", "--run", "last"])
        .exits_with(0);
    let _ = project.run(&["resume"]).exits_with(3);
    project.write("b.py", "mine\n");
    assert!(about(&project).contains("`b.py` (removed)"));
    let _ = project.run(&["resume"]).exits_with(3);
    let told = project.run(&YES).exits_with(0).stdout;
    assert_eq!(project.read("b.py"), None);
    let message = "`b.py` was changed by somebody else; the step has removed it";
    assert!(told.contains(message), "{told}");
    let _ = project
        .run(&["files", "last", "--restore", "b.py"])
        .exits_with(0);
    assert_eq!(project.read("b.py").as_deref(), Some("mine\n"));
}

/// What somebody changed while the step ran is there still, and nothing says otherwise, until a yes replaces it.
#[test]
fn nothing_is_said_to_be_replaced_before_it_is() {
    let place: Arc<OnceLock<std::path::PathBuf>> = Arc::default();
    let file = Arc::clone(&place);
    let provider = Provider::start(move |_, _| {
        std::fs::write(file.get().unwrap(), MINE).unwrap();
        Reply::Text(BOTH.into())
    });
    let project = Project::with_provider(&provider);
    project.write("flow.toml", FLOW);
    project.write("a.py", "print(\"a\")\n");
    place.set(project.join("a.py")).unwrap();
    let waits = project.run(&["run", "flow.toml"]).exits_with(3);
    let listed = project.run(&["files", "last"]).exits_with(0).stdout;
    let shown = project.run(&["status"]).exits_with(0).stdout;
    for told in [&waits.stdout, &waits.stderr, &listed, &shown] {
        for too_early in ["replaced a text", "replaces it", "has replaced"] {
            assert!(!told.contains(too_early), "{too_early}: {told}");
        }
    }
    assert!(
        listed.contains("somebody else changed it since"),
        "{listed}"
    );
    assert!(
        shown.contains("once it is published, the step's text replaces that"),
        "{shown}"
    );
    let files = project.run(&["files", "last", "--json"]).json();
    assert_eq!(files[0]["replaced_foreign"], false);
    let _ = project
        .run(&YES)
        .exits_with(0)
        .says(&["`a.py` was changed by somebody else while the step ran"]);
    let listed = project.run(&["files", "last"]).exits_with(0).stdout;
    assert!(listed.contains("replaced a text"), "{listed}");
}

#[test]
fn at_a_terminal_who_answers_what_was_changed_meanwhile_is_asked_again() {
    let (project, _provider) = of(FLOW, &[BOTH]);
    let mut terminal = Terminal::start(&project, &["run", "flow.toml"]);
    terminal.shows("take asks:").shows("(1 of 2)").shows("> ");
    project.write("a.py", MINE);
    terminal.types("yes").shows("take asks:").shows("> ");
    assert_eq!(project.read("a.py").as_deref(), Some(MINE));
    terminal
        .types("/show")
        .shows("Since this was asked")
        .shows("print(\"mine\")")
        .shows("> ")
        .types("yes")
        .shows("(2 of 2)")
        .shows("> ")
        .types("");
    let (rest, code) = terminal.ends();
    assert_eq!(code, 0, "{rest}");
    assert_eq!(project.read("a.py").as_deref(), Some("print(\"new a\")\n"));
    let view = status(&project);
    let take = &view["steps"][1]["executions"][0];
    assert_eq!(take["answered"].as_array().unwrap().len(), 2, "{take}");
}

#[test]
fn at_a_terminal_beside_a_server_they_are_asked_again_too() {
    let (project, _provider) = waiting();
    let server = project.serve(&[]);
    let run = server.last_run();
    let mut terminal = Terminal::start(&project, &["resume"]);
    terminal.shows("take asks:").shows("(1 of 2)").shows("> ");
    project.write("a.py", MINE);
    terminal
        .types("yes")
        .shows("(2 of 2)")
        .shows("> ")
        .types("")
        .shows("take asks:")
        .shows("> ")
        .types("/show")
        .shows("Since this was asked")
        .shows("> ")
        .types("yes")
        .shows("(2 of 2)")
        .shows("> ")
        .types("");
    let (rest, code) = terminal.ends();
    assert_eq!(code, 0, "{rest}");
    assert_eq!(server.at_rest(&run)["status"], "success");
    assert_eq!(project.read("a.py").as_deref(), Some("print(\"new a\")\n"));
}

#[test]
fn the_page_shows_what_a_yes_does_now_and_takes_no_older_one() {
    let (project, _provider) = waiting();
    let server = project.serve(&[]);
    let run = server.last_run();
    let asked = |server: &stepwell_tests::Serving| {
        server.get(&format!("/api/runs/{run}")).json()["questions"][0].clone()
    };
    let before = asked(&server);
    project.write("a.py", MINE);
    let page = server.get(&format!("/runs/{run}")).body;
    assert!(page.contains("Since this was asked"), "{page}");
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let answer = |id: &Value| {
        let id = id.as_str().unwrap().replace(':', "%3A");
        let body = format!("step=take&form={id}&answer.decision=yes&answer.note=&optional=note");
        server.ask("POST", &format!("/runs/{run}/answers"), &form, &body)
    };
    let old = answer(&before["id"]);
    assert_eq!(old.status, 412, "{old:?}");
    assert_eq!(project.read("a.py").as_deref(), Some(MINE));
    let new = answer(&asked(&server)["id"]);
    assert_eq!(new.status, 303, "{new:?}");
    assert_eq!(server.at_rest(&run)["status"], "success");
    assert_eq!(project.read("a.py").as_deref(), Some("print(\"new a\")\n"));
}

#[test]
fn a_form_names_the_file_in_which_its_yes_keeps_a_document() {
    let project = Project::new();
    project.write("stepwell.toml", "");
    project.write("flow.toml", KEEPS);
    let _ = project.run(&["run", "flow.toml"]).exits_with(3);
    let said = about(&project);
    let new = "A yes also puts `document` into `docs/agreed.md`, which is new.";
    assert!(said.contains("# Agreed") && said.contains(new), "{said}");
    // Somebody makes one there.
    project.write("docs/agreed.md", "mine\n");
    let said = about(&project);
    assert!(
        said.contains("`docs/agreed.md` (replaced)") && said.contains("-mine\n+# Agreed\n"),
        "{said}"
    );
    let _ = project
        .run(&YES)
        .exits_with(4)
        .says(&["(`docs/agreed.md`)"]);
    let _ = project.run(&["resume"]).exits_with(3);
    let told = project.run(&YES).exits_with(0).stdout;
    assert!(
        told.contains("`docs/agreed.md` was changed by somebody else"),
        "{told}"
    );
    assert_eq!(
        project.read("docs/agreed.md").as_deref(),
        Some("# Agreed\n")
    );
    // What is there before is shown at once.
    project.write("docs/agreed.md", "older\n");
    let _ = project.run(&["run", "flow.toml"]).exits_with(3);
    let said = about(&project);
    assert!(
        said.contains("in the place of what stands there:") && said.contains("-older\n+# Agreed\n"),
        "{said}"
    );
    let _ = project.run(&YES).exits_with(0);
    let _ = project.run(&["run", "flow.toml"]).exits_with(3);
    assert!(about(&project).contains("where it stands already"));
}

#[test]
fn what_was_decided_in_earlier_rounds_is_shown_too() {
    let project = Project::new();
    project.write("stepwell.toml", "");
    project.write(
        "flow.toml",
        r##"
name = "rounds"
[[steps]]
id = "g"
repeat = { while = "steps.g.take.decision", is = "changes" }

  [[steps.steps]]
  id = "take"
  uses = "builtin:gate"
  inputs.document = "# Agreed"
  settings.changes = true
"##,
    );
    let first = [
        "run",
        "flow.toml",
        "--answer",
        "g/take/decision=changes",
        "--answer",
        "g/take/note=shorter, please",
    ];
    let _ = project.run(&first).exits_with(3);
    let _ = project
        .run(&["resume", "--answer", "g/take/decision=yes"])
        .exits_with(0);
    let told = project.run(&["status"]).exits_with(0).stdout;
    for part in [
        "take: decision: changes, by ",
        "take: note: shorter, please",
        "    decision: yes, by ",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

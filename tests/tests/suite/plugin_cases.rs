//! `stepwell plugin test`: cases as data, for the built-in steps and for any component, without a model or a store.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use stepwell_tests::{Project, until};

fn plugins() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins")
}

/// The built-in steps that are built with the program: those in Rust.
fn built_in() -> Vec<String> {
    let folders = std::fs::read_dir(plugins()).unwrap();
    let folders = folders.map(|entry| entry.unwrap().path());
    let in_rust = folders.filter(|folder| folder.join("Cargo.toml").exists());
    let mut names: Vec<String> = in_rust
        .map(|folder| folder.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert!(names.len() > 10, "{names:?}");
    names
}

/// An empty folder, whose plugin `worker` has these cases.
fn worker(cases: &str) -> Project {
    let project = Project::new();
    project.add_guest("worker");
    project.write("cases.toml", cases);
    project
}

const TEST: [&str; 4] = ["plugin", "test", "plugins/worker.wasm", "cases.toml"];

#[test]
fn every_built_in_step_keeps_to_its_cases_also_where_it_is_ended_on_its_way() {
    let project = Project::new();
    for name in built_in() {
        let cases = plugins().join(&name).join("cases.toml");
        let (uses, cases) = (format!("builtin:{name}"), cases.display().to_string());
        let tested = ["plugin", "test", &uses, &cases];
        let plain = project.run(&tested).exits_with(0).shows(&["all passed"]);
        assert!(!plain.stdout.contains("ended"), "{}", plain.stdout);
        let ended = [&tested[..], &["--crash"]].concat();
        let _ = project
            .run(&ended)
            .exits_with(0)
            .shows(&["ended ", "started again", "all passed"]);
    }
    assert!(!project.join(".stepwell").exists(), "it needs no store");
}

#[test]
fn what_differs_is_shown_line_by_line() {
    let project = worker(
        r#"
[[cases]]
id = "writes a file"
inputs.topic = "tea"
settings.calls = 1
settings.files = 1
grants.workspace = "write"
responses = ["green"]
checks = [{ contains = "black" }, { prompt = 1, contains = "coffee" }]
[cases.expect]
documents = { result = "Work on tea.\nblack", items = "[]" }
files = {}
calls = 2
[[cases]]
id = "does nothing"
"#,
    );
    let tested = project.run(&TEST).exits_with(1).shows(&[
        "FAILED  writes a file\n",
        "  the document `result` is another one\n",
        "  --- expected\n  +++ came\n",
        "  -black\n",
        "  +green\n",
        "  the file tea/file_0.txt isn't expected\n",
        "  it made 1 call to a model, and should make 2\n",
        "  should hold: the document contains “black”\n",
        "  should hold: prompt 1 contains “coffee”\n",
        "ok      does nothing\n",
        "2 cases: 1 failed\n",
    ]);
    assert!(!tested.stdout.contains("`items`"), "{}", tested.stdout);
    let only = [&TEST[..], &["--case", "does nothing"]].concat();
    let _ = project
        .run(&only)
        .exits_with(0)
        .shows(&["1 case: all passed\n"]);
    let told = project.run(&[&TEST[..], &["--json"]].concat());
    let told = told.exits_with(1).json();
    assert_eq!((&told["passed"], &told["failed"]), (&1.into(), &1.into()));
    assert_eq!(told["cases"][0]["id"], "writes a file");
    let kinds = told["cases"][0]["mismatches"].as_array().unwrap();
    let kinds: Vec<_> = kinds.iter().map(|found| &found["kind"]).collect();
    assert_eq!(kinds, ["text", "text", "calls", "check", "check"]);
    let _ = project
        .run(&[&TEST[..], &["--case", "does"]].concat())
        .exits_with(4)
        .says(&["the case file has no case `does`", "does nothing"]);
    assert!(!project.join(".stepwell").exists());
}

#[test]
fn what_nobody_answers_fails_with_what_was_asked() {
    let project = worker(
        r#"
[defaults]
inputs.topic = "tea"
[[cases]]
id = "asks too often"
settings.calls = 2
responses = ["green"]
[[cases]]
id = "asks too seldom"
settings.calls = 1
responses = ["green", "black", "white"]
[[cases]]
id = "asks the person"
settings.ask = ["cup"]
[[cases]]
id = "fails"
settings.fail = 9
retries = 0
[[cases]]
id = "should fail"
expect.failure = { kind = "invalid-response" }
[[cases]]
id = "fails as it should"
settings.fail = 9
retries = 1
expect.failure = { kind = "invalid-response", contains = "good enough" }
[[cases]]
id = "is told of an error"
settings.calls = 1
retries = 0
responses = [{ error = "content-filtered", message = "not that" }]
expect.failure = { kind = "content-filtered", contains = "not that" }
"#,
    );
    let _ = project.run(&TEST).exits_with(1).shows(&[
        "no response is left for call 2, which asks:\n    tea call 1\n",
        "2 of 3 responses were never asked for\n",
        "it asks the person, and the case has no answer:\n    answers.cup = \"…\"  # What about cup?\n",
        "it failed: invalid-response: not good enough yet",
        "it succeeded, and should fail: invalid-response\n",
        "ok      fails as it should\n",
        "ok      is told of an error\n",
        "7 cases: 5 failed\n",
    ]);
}

#[test]
fn a_case_has_what_a_workflow_would_give() {
    let project = worker(
        r##"
[defaults]
inputs.topic = "tea"
[[cases]]
id = "a prompt, files and answers"
prompts.worker = { file = "prompt.j2" }
files."a.txt" = "one\n"
workspace = "folder"
grants.workspace = "read"
settings.read = "b.txt"
settings.search = "one"
settings.ask = ["cup"]
answers.cup = "blue"
documents.design.text = "# The design"
documents."design/refine".text = "# The better one"
expect.documents = { result = "Say tea.\nfound a.txt:1:one\ncup: blue\ntwo\n\nfound a.txt:1:one", items = "[]" }
[[cases]]
id = "nobody"
settings.ask = ["cup"]
nobody = true
checks = [{ contains = "blue", not = true }]
[[cases]]
id = "recorded"
settings.calls = 1
cassette = "tea.cassette"
checks = [{ contains = "recorded green" }, { answer = true, equals = "recorded green" }]
"##,
    );
    project.write("prompt.j2", "Say {{ topic }}.");
    project.write("folder/b.txt", "two\n");
    project.write(
        "tea.cassette",
        "stepwell-cassette 1\nmatch = \"sequence\"\n\n=== call plan/brew #1\n\nrecorded green\n=== end\n",
    );
    let _ = project.run(&TEST).exits_with(0);
}

#[test]
fn a_case_may_name_a_version_that_the_project_keeps() {
    let project = worker(
        "[[cases]]\ninputs.topic = \"tea\"\nprompts.worker = { version = 2 }\nchecks = [{ contains = \"Second: tea\" }]\n",
    );
    let _ = project
        .run(&TEST)
        .exits_with(4)
        .says(&["there is no version 2 of `worker`: the project keeps none"]);
    assert!(
        !project.join(".stepwell").exists(),
        "looking makes no store"
    );
    for text in ["First: {{ topic }}", "Second: {{ topic }}"] {
        let add = ["prompt", "add", "worker", "--text", text];
        let _ = project.run(&add).exits_with(0);
    }
    let _ = project.run(&TEST).exits_with(0);
    let runs = project.run(&["runs", "--json"]).exits_with(0).stdout;
    assert!(!runs.contains("\"id\""), "the store is left alone: {runs}");
}

#[test]
fn blessing_writes_what_came_and_leaves_the_rest() {
    let project = worker(
        r#"# The cases of tea.
[[cases]]
id = "new"                # says nothing yet
inputs.topic = "tea"
settings.calls = 1
responses = ["green"]

[[cases]]
id = "old"
inputs.topic = "tea"
checks = [{ contains = "coffee" }]

[cases.expect]            # to the letter
calls = 9                 # too many
documents.result = { file = "result.md" }
documents.gone = "x"

[[cases]]
id = "fails"
settings.fail = 9
retries = 0
expect.calls = 0
"#,
    );
    // A document that the step doesn't declare is a problem of the file.
    let _ = project
        .run(&TEST)
        .exits_with(4)
        .says(&["the plugin `worker` has no document `gone`"]);
    let cases = project.read("cases.toml").unwrap();
    let cases = cases.replace("documents.gone = \"x\"\n", "");
    project.write("cases.toml", &cases);
    project.write("result.md", "another text");
    let blessed = project.run(&[&TEST[..], &["--bless"]].concat());
    let _ = blessed.exits_with(1).shows(&[
        "blessed new\n",
        "FAILED  old\n",
        "should hold: the document contains “coffee”",
        "it failed: invalid-response",
        "3 cases, 2 blessed: 2 failed",
    ]);
    let cases = project.read("cases.toml").unwrap();
    for kept in [
        "# The cases of tea.\n",
        "id = \"new\"                # says nothing yet\n",
        "[cases.expect]            # to the letter\n",
        "calls = 0                 # too many\n",
        "documents.result = { file = \"result.md\" }\n",
        "documents.result = \"\"\"\nWork on tea.\ngreen\"\"\"\n",
        "checks = [{ contains = \"coffee\" }]\n",
        "expect.calls = 0\n",
    ] {
        assert!(cases.contains(kept), "{kept}:\n{cases}");
    }
    assert_eq!(project.read("result.md").unwrap(), "Work on tea.");
    let again = project.run(&[&TEST[..], &["--case", "new"]].concat());
    let _ = again.exits_with(0);
    let before = project.read("cases.toml").unwrap();
    let _ = project
        .run(&[&TEST[..], &["--bless", "--case", "new"]].concat())
        .exits_with(0);
    assert_eq!(project.read("cases.toml").unwrap(), before);
}

#[test]
fn a_step_that_asks_otherwise_when_it_is_started_again_is_found() {
    let project = worker(
        r#"
[[cases]]
id = "repeats itself"
inputs.topic = "tea"
settings = { calls = 2, fan = 2, checkpoint = true, files = 1, ask = ["cup"] }
answers.cup = "blue"
grants.workspace = "write"
responses = ["one", "two", "three", "four"]
[[cases]]
id = "counts its starts"
settings.counts_starts = true
responses = ["one"]
"#,
    );
    let _ = project.run(&TEST).exits_with(0);
    let crashed = project.run(&[&TEST[..], &["--crash"]].concat());
    let _ = crashed.exits_with(1).shows(&[
        "ok      repeats itself",
        "FAILED  counts its starts",
        "and started again, it comes to something else",
        "call 1 asks in other words\n",
        "-start 1",
        "+start 2",
        "2 cases: 1 failed",
    ]);
}

#[test]
fn every_problem_of_the_file_is_told_at_once_with_its_place() {
    let project = worker(
        "[[cases]]\ninputs.topc = \"tea\"\nrespones = [\"x\"]\n\n[[cases]]\nchecks = [{ regex = \"(\" }]\nexpect.documents.reslt = \"x\"\n",
    );
    let _ = project.run(&TEST).exits_with(4).says(&[
        "the plugin `worker` has no input `topc`\n",
        "cases.toml:2:8\n",
        "did you mean `topic`?",
        "unknown key `respones` in a case\n",
        "cases.toml:3:1\n",
        "did you mean `responses`?",
        "this is not a regular expression",
        "cases.toml:6:",
        "the plugin `worker` has no document `reslt`",
        "did you mean `result`?",
        "the case file has 4 problems",
    ]);
    let none = ["plugin", "test", "plugins/worker.wasm", "gone.toml"];
    let _ = project.run(&none).exits_with(4).says(&[
        "gone.toml can't be read",
        "name the file with the plugin's cases",
    ]);
    let none = ["plugin", "test", "builtin:refien", "cases.toml"];
    let _ = project.run(&none).exits_with(4).says(&["builtin:refien"]);
}

#[test]
fn a_prompt_of_a_case_is_looked_into_before_anything_runs() {
    let project = worker(
        "[[cases]]\nid = \"of coffee\"\nprompts.worker = \"Work on\\n{{ topik }}.\"\n\n[[cases]]\nid = \" \"\n\n[[cases]]\nresponses = [{ error = \"timeout\", message = \"\" }]\n",
    );
    let refused = project.run(&TEST).exits_with(4).says(&[
        "the prompt `worker` of the case `of coffee`, line 2, column 4: `topik` is not a variable of this prompt",
        "cases.toml:3:9\n",
        "did you mean `topic`?",
        "an `id` is a word or a few in one line",
        "cases.toml:6:6\n",
        "the error says nothing",
        "cases.toml:9:",
        "the case file has 3 problems",
    ]);
    assert_eq!(refused.stdout, "");
}

#[test]
fn an_answer_that_nothing_asked_for_is_told() {
    let project = worker(
        r#"
[defaults]
answers.jug = "green"
[[cases]]
id = "misspelt"
settings.ask = ["cup"]
answers = { cup = "blue", cpu = "red" }
[[cases]]
id = "asks for what all have"
settings.ask = ["jug"]
"#,
    );
    let _ = project.run(&TEST).exits_with(1).shows(&[
        "FAILED  misspelt\n  nothing asked for the answers `cpu`\n",
        "ok      asks for what all have",
    ]);
}

#[test]
fn blessing_keeps_how_lines_end_and_what_stands_before_them() {
    let cases = "\u{feff}# Of an editor.\r\n[[cases]]\r\nid = \"one\"\r\ninputs.topic = \"tea\"\r\nsettings.calls = 1\r\nresponses = [\"green\"]\r\n";
    let project = worker(cases);
    let bless = [&TEST[..], &["--bless"]].concat();
    let _ = project.run(&bless).exits_with(0);
    let blessed = project.read("cases.toml").unwrap();
    assert!(blessed.starts_with(cases), "{blessed}");
    let lines = blessed.matches('\n').count();
    assert_eq!(lines, blessed.matches("\r\n").count(), "{blessed}");
    // And it says what came.
    let _ = project.run(&TEST).exits_with(0).shows(&["all passed"]);
}

/// Whether a folder has a folder in one of its folders.
fn holds_folders(folder: &Path) -> bool {
    let within = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let paths = entries.map(|entry| entry.path());
        paths.filter(|path| path.is_dir()).collect()
    };
    within(folder).iter().any(|each| !within(each).is_empty())
}

#[test]
fn who_is_stopped_leaves_nothing_behind() {
    let project = Project::new();
    project.add_guest("hostile");
    let case = r#"
[[cases]]
inputs.do = "loops-forever"
grants.workspace = "write"
files = { "some/file.txt" = "text" }
"#;
    project.write("cases.toml", case);
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let temporary = tempfile::tempdir().unwrap();
        let test = ["plugin", "test", "plugins/hostile.wasm", "cases.toml"];
        let mut testing = project.command(&test);
        testing.env("TMPDIR", temporary.path());
        let mut testing = testing.stderr(Stdio::null()).spawn().unwrap();
        until("the case should be under way", || {
            holds_folders(temporary.path()).then_some(())
        });
        let id = testing.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status();
        assert!(sent.unwrap().success());
        assert_eq!(testing.wait().unwrap().code(), Some(code));
        let left = std::fs::read_dir(temporary.path()).unwrap().flatten();
        let left: Vec<_> = left.map(|entry| entry.path()).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

//! Commands while another process holds the store: they go through it, and who gives them notices nothing.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use rexpect::process::WaitStatus;
use rexpect::session::spawn_command;
use stepwell_tests::{Finished, Project, Provider, Reply};

const FLOW: &str = r#"
name = "held"
[[steps]]
id = "first"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
settings.calls = 1
settings.files = 1
grants.workspace = "write"
"#;

const ASKS: &str = r#"
name = "asks"
[[steps]]
id = "first"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
settings.ask = ["name", "colour"]
[[steps]]
id = "beside"
uses = "plugins/worker.wasm"
inputs.topic = "beside"
settings.calls = 1
"#;

fn project(provider: &Provider) -> Project {
    let project = Project::of_worker(provider, FLOW);
    project.write("asks.toml", ASKS);
    project
}

#[test]
fn every_command_says_through_a_server_what_it_says_without_one() {
    let provider = Provider::echo();
    let project = project(&provider);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let _ = project
        .run(&["prompt", "add", "worker", "--text", "Do {{ topic }}."])
        .exits_with(0);
    let commands: [&[&str]; 15] = [
        &["status", "--json"],
        &["runs", "--json"],
        &["docs", "list", "--json"],
        &["docs", "list", "--text"],
        &["docs", "get", "last", "first", "result"],
        &["docs", "get", "last", "nowhere", "result"],
        &["files", "--json"],
        &["files", "--diff"],
        &["files", "--diff", "--context", "0"],
        &["calls", "--json"],
        &["prompt", "list", "--json"],
        &["prompt", "show", "worker"],
        &["prompt", "diff", "worker"],
        &["prompt", "show", "worker", "9"],
        &["plugin", "list", "--json"],
    ];
    let say = || {
        commands.map(|arguments| {
            let Finished {
                code,
                stdout,
                stderr,
            } = project.run(arguments);
            (arguments.join(" "), code, stdout, stderr)
        })
    };
    let without = say();
    let serving = project.serve(&[]);
    let through = say();
    for (without, through) in without.iter().zip(&through) {
        assert_eq!(through, without);
    }
    drop(serving);
}

#[test]
fn a_run_through_a_server_looks_like_one_without() {
    let provider = Provider::echo();
    let project = project(&provider);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let alone = project.run(&["run", "flow.toml"]).exits_with(0);
    let serving = project.serve(&[]);
    let through = project.run(&["run", "flow.toml"]).exits_with(0);
    let lines = |finished: &Finished| finished.stdout.lines().count();
    assert_eq!(lines(&through), lines(&alone), "{}", through.stdout);
    assert!(
        through.stderr.contains("first"),
        "progress is shown: {}",
        through.stderr
    );
    // A prompt that is changed there is what the next run uses at once.
    let _ = project
        .run(&["prompt", "add", "worker", "--text", "Do {{ topic }}."])
        .exits_with(0);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert!(project.document("first", "result").contains("Do tea."));
    let _ = project.run(&["prompt", "use", "worker", "1"]).exits_with(0);
    let again = project
        .run(&["step", "run", "first", "--run", "last"])
        .exits_with(0);
    assert!(again.stdout.contains("Work on tea."), "{}", again.stdout);
    let _ = project.run(&["run", "nothing.toml"]).exits_with(4);
    project.write(
        "bad.toml",
        "name = \"bad\"\n[[steps]]\nid = \"a\"\nuses = \"builtin:none\"\n",
    );
    let _ = project
        .run(&["run", "bad.toml"])
        .exits_with(4)
        .says(&["bad.toml:4", "builtin:none"]);
    drop(serving);
}

#[test]
fn a_waiting_run_is_answered_through_a_server() {
    let provider = Provider::echo();
    let project = project(&provider);
    let serving = project.serve(&[]);
    let _ = project
        .run(&["run", "asks.toml"])
        .exits_with(3)
        .says(&["What about name?", "resume"]);
    let _ = project
        .run(&["resume", "--answer", "name=Ada"])
        .exits_with(3)
        .says(&["What about colour?"]);
    let _ = project
        .run(&["resume", "--answer", "colour=red"])
        .exits_with(0);
    assert!(
        project
            .document("first", "result")
            .contains("name: Ada\ncolour: red")
    );
    assert_eq!(provider.journal().len(), 1, "nothing is asked twice");
    drop(serving);
}

#[test]
fn a_person_at_a_terminal_is_asked_through_a_server() {
    let provider = Provider::echo();
    let project = project(&provider);
    let serving = project.serve(&[]);
    provider.hold();
    let mut command = project.command(&["run", "asks.toml"]);
    command.stdin(Stdio::inherit()).env("TERM", "xterm");
    let mut terminal = spawn_command(command, Some(30_000)).unwrap();
    // The other step is still under way.
    terminal.exp_string("What about name?").unwrap();
    terminal.send_line("Ada").unwrap();
    terminal.exp_string("What about colour?").unwrap();
    terminal.send_line("red").unwrap();
    provider.wait_for_requests(1);
    provider.release();
    terminal.exp_eof().unwrap();
    assert!(matches!(
        terminal.process().wait().unwrap(),
        WaitStatus::Exited(_, 0)
    ));
    assert!(
        project
            .document("first", "result")
            .contains("name: Ada\ncolour: red")
    );
    drop(serving);
}

#[test]
fn a_run_lets_other_commands_in_and_refuses_a_second_run() {
    let provider = Provider::echo();
    let project = project(&provider);
    provider.hold();
    let running = project.spawn(&["run", "asks.toml"]);
    provider.wait_for_requests(1);
    let mut watchers = Vec::new();
    let status = project.run(&["status", "--json"]).exits_with(0).json();
    assert_eq!(status["status"], "started");
    let _ = project
        .run(&["prompt", "add", "worker", "--text", "Do {{ topic }}."])
        .exits_with(0);
    let _ = project
        .run(&["run", "flow.toml"])
        .exits_with(5)
        .says(&["stepwell serve"]);
    let _ = project.run(&["cancel", "last"]).exits_with(5);
    let socket = project.join(".stepwell/socket");
    let mode = std::fs::metadata(&socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // It can be watched by others; who looks away doesn't stop it.
    let looks = project.run(&["status"]).exits_with(0);
    assert!(
        looks.stderr.contains("the run is under way"),
        "{}",
        looks.stderr
    );
    for looks_away in [true, false] {
        let mut watching = project.spawn(&["resume"]);
        let mut said = BufReader::new(watching.stderr.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        assert!(line.contains("is under way"), "{line}");
        if looks_away {
            let id = watching.id().to_string();
            let sent = Command::new("kill").args(["-INT", &id]).status();
            assert!(sent.unwrap().success());
            assert_eq!(watching.wait().unwrap().code(), Some(130));
        } else {
            watchers.push((watching, said));
        }
    }
    // Its questions are answered from here, while it goes on.
    let answering = project.spawn(&["resume", "--answer", "name=Ada", "--answer", "colour=red"]);
    // The step that was asked ends while the other one is still under way.
    let document = ["docs", "get", "last", "first", "result"];
    while project.run(&document).code != 0 {}
    provider.release();
    let ended: Finished = running.wait_with_output().unwrap().into();
    let _ = ended.exits_with(0);
    for (mut watching, mut said) in watchers {
        let (mut results, mut progress) = (String::new(), String::new());
        said.read_to_string(&mut progress).unwrap();
        let mut stdout = watching.stdout.take().unwrap();
        stdout.read_to_string(&mut results).unwrap();
        assert!(watching.wait().unwrap().success(), "{progress}");
        assert!(progress.contains("first succeeded"), "{progress}");
        assert!(results.contains("success"), "{results}");
    }
    let answered: Finished = answering.wait_with_output().unwrap().into();
    let _ = answered.exits_with(0);
    assert!(
        project
            .document("first", "result")
            .contains("name: Ada\ncolour: red")
    );
    assert!(!socket.exists());
    // What was changed meanwhile is what the next run uses.
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert!(project.document("first", "result").contains("Do tea."));
}

#[test]
fn a_comparison_through_a_server_survives_its_end() {
    let provider = Provider::echo();
    let project = project(&provider);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let add = ["prompt", "add", "worker", "--text", "Do {{ topic }}."];
    let _ = project.run(&add).exits_with(0);
    let serving = project.serve(&[]);
    let compare = ["compare", "first", "--run", "last", "--json"];
    // The answer of one cell comes; the other one is under way when the server dies.
    provider.reply_next([Reply::Text("echo".into()), Reply::Silence]);
    let watching = project.spawn(&compare);
    provider.wait_for_requests(3);
    let has_ended = |cell: &serde_json::Value| cell["status"] == "success";
    let came = || serving.get("/api/comparisons/last").json();
    while !came()["cells"].as_array().unwrap().iter().any(has_ended) {}
    serving.kill();
    let cut_off: Finished = watching.wait_with_output().unwrap().into();
    let _ = cut_off
        .exits_with(5)
        .says(&["is gone", "`stepwell comparison resume "]);
    let serving = project.serve(&[]);
    let id = "/api/comparisons/last/outcome?wait=true";
    assert_eq!(serving.get(id).json()["status"], "finished");
    assert_eq!(provider.received().len(), 4, "what came is not asked again");
    // What is there is not run again, and the terminal tells what the API does.
    let through = project.run(&compare).exits_with(0).json();
    assert_eq!(provider.received().len(), 4);
    let view = serving.get("/api/comparisons/last").json();
    assert_eq!(through["variants"], view["variants"]);
    let doctor = project.run(&["doctor"]);
    assert!(
        doctor.stdout.contains("commands go through it"),
        "{}",
        doctor.stdout
    );
    drop(serving);
}

#[test]
fn who_watches_a_run_goes_on_with_the_next_server() {
    let provider = Provider::echo();
    let project = project(&provider);
    let serving = project.serve(&[]);
    provider.reply_next([Reply::Silence]);
    let watching = project.spawn(&["run", "flow.toml"]);
    provider.wait_for_requests(1);
    serving.kill();
    let serving = project.serve(&[]);
    let ended: Finished = watching.wait_with_output().unwrap().into();
    let ended = ended.exits_with(0);
    // What happens under the second server is shown as it happens.
    assert!(ended.stderr.contains("first succeeded"), "{}", ended.stderr);
    assert!(ended.stdout.contains("success"), "{}", ended.stdout);
    drop(serving);
}

#[test]
fn what_a_killed_process_leaves_behind_is_in_nobodys_way() {
    let provider = Provider::echo();
    let project = project(&provider);
    project.serve(&[]).kill();
    assert!(project.join(".stepwell/socket").exists());
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let serving = project.serve(&[]);
    let _ = project.run(&["status"]).exits_with(0);
    drop(serving);
}

#[test]
fn a_store_with_a_long_path_is_reached_too() {
    let provider = Provider::echo();
    let mut project = project(&provider);
    let deep = project.join(&"a-folder-with-a-long-name/".repeat(6));
    project.set("STEPWELL_STORE", deep.to_str().unwrap());
    let serving = project.serve(&[]);
    let _ = project
        .run(&["prompt", "add", "worker", "--text", "x"])
        .exits_with(0);
    let prompts = serving.get("/api/prompts").json();
    let mut prompts = prompts.as_array().unwrap().iter();
    assert!(prompts.any(|prompt| prompt["name"] == "worker" && prompt["stored"] == true));
    let _ = serving.terminate().exits_with(0);
    assert!(std::fs::symlink_metadata(deep.join("socket")).is_err());
}

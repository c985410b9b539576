//! `stepwell.lock` and what was begun before: what somebody took out of it runs no more, in no run, comparison or trial, unless a person lets that one
//! use it. And no other folder than the project's own passes it.

use std::process::Command;

use serde_json::{Value, json};
use stepwell_tests::{Finished, Project, Provider, Reply, rebuilt, until};

use crate::terminal::Terminal;

const FLOW: &str = r#"
name = "locked"
[[steps]]
id = "first"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
settings.calls = 1
[[steps]]
id = "second"
uses = "plugins/worker.wasm"
inputs.topic = "milk"
settings.calls = 1
"#;

const BUILT: &str = "Work on {{ topic }}.";
const SINGS: &str = "Sing of {{ topic }}!";
const UNAGREED: i32 = 7;

/// Lays another plugin over the one that is there.
fn lay_over(project: &Project, text: &str) {
    let component = rebuilt("worker", &[(BUILT, text)]);
    std::fs::write(project.join("plugins/worker.wasm"), component).unwrap();
}

fn update(project: &Project) -> String {
    let _ = project
        .run(&["plugin", "update", "flow.toml", "--accept"])
        .exits_with(0);
    project.read("stepwell.lock").unwrap()
}

/// A project whose run waits after its first step, and whose lock has another plugin by now.
fn superseded(provider: &Provider) -> (Project, String) {
    let project = Project::of_worker(provider, FLOW);
    update(&project);
    let _ = project
        .run(&["run", "flow.toml", "--until", "first"])
        .exits_with(3);
    lay_over(&project, SINGS);
    let locked = update(&project);
    project.write("new.md", "Dance with {{ topic }}.");
    (project, locked)
}

const TRY: [&str; 7] = ["step", "try", "first", "--run", "last", "--text", "new.md"];

#[test]
fn what_was_taken_out_of_the_lock_runs_no_more() {
    let provider = Provider::echo();
    let (project, locked) = superseded(&provider);
    let paid = provider.received().len();
    let compare = [
        "compare",
        "first",
        "--run",
        "last",
        "--models",
        "writer,thinker",
    ];
    for command in [
        &["resume"][..],
        &["resume", "--locked"],
        &TRY,
        &[&TRY[..], &["--look"]].concat(),
        &compare,
    ] {
        let _ = project.run(command).exits_with(UNAGREED).says(&[
            "was begun with plugins that",
            "`plugins/worker.wasm` was worker 1.0.0 when it began, sha256:",
            "agreed to is worker 1.0.0 now, sha256:",
            "it asks models",
            "--accept",
        ]);
    }
    // Gone altogether.
    let without = "form = 1\n";
    project.write("stepwell.lock", without);
    let _ = project
        .run(&["resume"])
        .exits_with(UNAGREED)
        .says(&["nothing is agreed to under that name, or not any more"]);
    assert_eq!(project.read("stepwell.lock").unwrap(), without);
    project.write("stepwell.lock", &locked);
    assert_eq!(provider.received().len(), paid);

    // A yes is the run's own, and it is remembered.
    let accepted = project.run(&["resume", "--accept"]).exits_with(0);
    let _ = accepted.says(&["was worker 1.0.0 when it began", "may use that"]);
    assert_eq!(project.read("stepwell.lock").unwrap(), locked);
    let _ = project.run(&TRY).exits_with(0);
    let _ = project.run(&compare).exits_with(0);
    // What is current needs none.
    let _ = project
        .run(&["run", "flow.toml", "--until", "first", "--locked"])
        .exits_with(3);
    let _ = project.run(&["resume"]).exits_with(0);
}

#[test]
fn a_step_that_is_run_again_takes_what_is_agreed_to_now() {
    let provider = Provider::echo();
    let (project, _) = superseded(&provider);
    let _ = project
        .run(&["step", "run", "first", "--run", "last"])
        .exits_with(0);
    // The other one keeps what the run was begun with.
    let _ = project.run(&["resume"]).exits_with(UNAGREED);
    let _ = project
        .run(&["step", "run", "second", "--run", "last"])
        .exits_with(0);
    lay_over(&project, "Draw by {{ topic }}.");
    let again = ["step", "run", "second", "--run", "last"];
    let _ = project.run(&again).exits_with(UNAGREED);
    let _ = project
        .run(&[&again[..], &["--accept"]].concat())
        .exits_with(0);
}

#[test]
fn a_comparison_that_goes_on_is_held_against_it_too() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    update(&project);
    let _ = project
        .run(&["run", "flow.toml", "--until", "first"])
        .exits_with(3);
    let compare = [
        "compare",
        "first",
        "--run",
        "last",
        "--models",
        "writer,thinker",
        "--max-tokens",
        "1",
    ];
    let _ = project.run(&compare).exits_with(1);
    lay_over(&project, SINGS);
    update(&project);
    let paid = provider.received().len();
    let resume = ["comparison", "resume", "--max-tokens", "100000"];
    let refused = project.run(&resume).exits_with(UNAGREED);
    let _ = refused.says(&["comparison ", "was begun with plugins that", "--accept"]);
    assert_eq!(provider.received().len(), paid);
    let _ = project
        .run(&[&resume[..], &["--accept"]].concat())
        .exits_with(0);
}

#[test]
fn whoever_is_at_the_terminal_is_asked_for_the_run_alone() {
    let provider = Provider::echo();
    let (project, locked) = superseded(&provider);
    let mut terminal = Terminal::start(&project, &["resume"]);
    terminal.shows("when it began").shows("(yes or no)");
    terminal.types("no").shows("nothing was started");
    assert_eq!(terminal.ends().1, 1);
    let mut terminal = Terminal::start(&project, &["resume"]);
    terminal.shows("Let it use that all the same?").types("yes");
    assert_eq!(terminal.ends().1, 0);
    assert_eq!(project.read("stepwell.lock").unwrap(), locked);
}

#[test]
fn a_server_refuses_what_was_begun_with_it_and_tells_it_as_data() {
    let provider = Provider::echo();
    let (project, locked) = superseded(&provider);
    let refused = project.run(&["resume", "--json"]).exits_with(UNAGREED);
    let refused: Value = serde_json::from_str(refused.stderr.trim()).unwrap();
    assert_eq!(refused["plugins"]["differences"][0]["kind"], "pinned");
    let serving = project.serve(&[]);
    let run = serving.last_run();
    let resume = || serving.post(&format!("/api/runs/{run}/resume"), &json!({}));
    let answered = resume();
    assert_eq!(answered.status, 409, "{}", answered.body);
    let problem = answered.json();
    assert_eq!(problem["code"], "plugins-differ");
    let difference = &problem["plugins"]["differences"][0];
    assert_eq!(difference["uses"], "plugins/worker.wasm");
    assert_ne!(
        difference["plugin"]["digest"],
        difference["agreed"]["digest"]
    );
    let lock = |agreement: Value| {
        let request = json!({ "run": run, "agreement": agreement });
        serving.post("/api/plugins/lock", &request).json()
    };
    let seen = lock(json!("look"));
    assert_eq!(
        (&seen["refused"], &seen["agreed"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(lock(json!({ "shown": seen["shown"] }))["agreed"], true);
    assert!(resume().status < 300);
    assert_eq!(serving.at_rest(&run)["status"], "success");
    assert_eq!(project.read("stepwell.lock").unwrap(), locked);
    serving.kill();
}

#[test]
fn a_server_that_begins_leaves_such_a_run_as_it_is_and_says_why() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    update(&project);
    let serving = project.serve(&[]);
    provider.reply_next([Reply::Silence, Reply::Silence]);
    let run = serving.start(&project, "flow.toml");
    provider.wait_for_requests(2);
    serving.kill();
    lay_over(&project, SINGS);
    update(&project);
    let asked = provider.received().len();
    let serving = project.serve(&[]);
    let view = until("the server should say why it doesn't go on", || {
        let view = serving.at_rest(&run);
        (!view["problem"].is_null()).then_some(view)
    });
    assert_eq!(view["status"], "interrupted", "{view}");
    assert_eq!(view["problem"]["code"], "not-agreed", "{view}");
    assert_eq!(provider.received().len(), asked);
    let status = project.run(&["status", &run]).exits_with(0);
    let _ = status.says(&["was begun with plugins that", "--accept"]);
    let _ = project
        .run(&["resume", &run, "--accept", "--resend"])
        .exits_with(0);
    serving.kill();
}

/// A command in another folder than the project's.
fn from(project: &Project, folder: &std::path::Path, arguments: &[&str]) -> Finished {
    let mut command: Command = project.command(arguments);
    command.current_dir(folder).output().unwrap().into()
}

#[test]
fn no_other_folder_passes_the_lock_of_a_definition_or_of_the_project() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    update(&project);
    let elsewhere = tempfile::tempdir().unwrap();
    let sub = project.join("sub");
    std::fs::create_dir_all(sub.join(".stepwell")).unwrap();
    std::os::unix::fs::symlink(project.path(), elsewhere.path().join("link")).unwrap();
    let (flow, configuration) = (project.join("flow.toml"), project.join("stepwell.toml"));
    let (flow, configuration) = (flow.to_str().unwrap(), configuration.to_str().unwrap());
    let check = |folder: &std::path::Path, flow: &str| {
        let command = [
            "--config",
            configuration,
            "run",
            flow,
            "--check",
            "--locked",
        ];
        from(&project, folder, &command)
    };
    let places = [
        (elsewhere.path(), flow),
        (elsewhere.path(), "link/flow.toml"),
        (&sub, "../flow.toml"),
    ];
    for (folder, flow) in places {
        let _ = check(folder, flow).exits_with(0);
    }
    lay_over(&project, SINGS);
    for (folder, flow) in places {
        let refused = check(folder, flow).exits_with(UNAGREED);
        let _ = refused.says(&["`plugins/worker.wasm` is another one", "stepwell.lock"]);
    }
    // And the project's own holds back what another folder's definition names.
    lay_over(&project, BUILT);
    let text = FLOW.replace(
        "plugins/worker.wasm",
        project.join("plugins/worker.wasm").to_str().unwrap(),
    );
    let theirs = elsewhere.path().join("theirs.toml");
    std::fs::write(&theirs, text).unwrap();
    let theirs = theirs.to_str().unwrap();
    let _ = project.run(&["run", theirs, "--check"]).exits_with(0);
    lay_over(&project, SINGS);
    let _ = project
        .run(&["run", theirs, "--check"])
        .exits_with(UNAGREED);
}

#[test]
fn what_the_lock_says_of_a_plugin_is_held_against_it() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let locked = update(&project);
    let line = locked.lines().find(|line| line.starts_with("asks-models"));
    let line = format!("{}\n", line.unwrap());
    let edited = locked
        .replace(&line, "")
        .replace("plugin-version = \"1.0.0\"", "plugin-version = \"9.0.0\"");
    project.write("stepwell.lock", &edited);
    for command in [
        &["run", "flow.toml", "--check"][..],
        &["run", "flow.toml"],
        &["plugin", "update"],
    ] {
        let _ = project.run(command).exits_with(UNAGREED).says(&[
            "`plugins/worker.wasm` has the digest that was agreed to, and is something else than what is written beside it",
            "written is worker 9.0.0, it is worker 1.0.0",
            "new: it asks models",
        ]);
    }
    assert_eq!(update(&project), locked);
}

#[test]
fn what_a_definition_names_elsewhere_is_not_fetched_before_a_yes() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let source = format!("oci://{}/ada/notes:1", server.local_addr().unwrap());
    project.write("flow.toml", &FLOW.replace("plugins/worker.wasm", &source));
    for command in [
        &["run", "flow.toml"][..],
        &["run", "flow.toml", "--check"],
        &["run", "flow.toml", "--locked"],
        &["plugin", "update", "flow.toml"],
        &["step", "prompt", "first", "--in", "flow.toml"],
    ] {
        let refused = project.run(command).exits_with(UNAGREED);
        if !command.contains(&"--locked") {
            let _ = refused.says(&[&source, "isn't fetched", "plugin update", "flow.toml"]);
        }
    }
    let _ = project.run(&["prompt", "list"]).exits_with(0);
    let mut terminal = Terminal::start(&project, &["run", "flow.toml"]);
    terminal
        .shows(&source)
        .shows("Fetch it, to see what it is?");
    terminal.types("no").shows("nothing was started");
    assert_eq!(terminal.ends().1, 1);
    let asked = server.accept().map_err(|error| error.kind());
    assert_eq!(asked.err(), Some(std::io::ErrorKind::WouldBlock));
}

#[test]
fn what_may_be_secret_in_an_address_is_neither_taken_nor_shown() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    for source in [
        "oci://ada:hunter2@registry.invalid/ada/notes:1".to_owned(),
        format!("https://ada:hunter2@files.invalid/notes.wasm#sha256:{hex}"),
        format!("https://files.invalid/notes.wasm?token=hunter2#sha256:{hex}"),
    ] {
        project.write("flow.toml", &FLOW.replace("plugins/worker.wasm", &source));
        for command in [
            &["run", "flow.toml"][..],
            &["run", "flow.toml", "--accept"],
            &["run", "flow.toml", "--check", "--json"],
            &["plugin", "update", "flow.toml", "--accept"],
            &["plugin", "update", &source, "--accept"],
            &["plugin", "check", &source],
            &["step", "run", &source],
        ] {
            let refused = project.run(command).exits_with(4);
            let said = format!("{}{}", refused.stdout, refused.stderr);
            assert!(!said.contains("hunter2"), "{command:?}: {said}");
            assert!(
                said.contains("would be kept and shown with it"),
                "{command:?}: {said}"
            );
        }
    }
    assert_eq!(project.read("stepwell.lock"), None);
}

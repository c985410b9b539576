//! `stepwell.lock`: where it is, nothing is run that nobody agreed to, whoever asks for it; where it isn't, another plugin than in the
//! run before is told of.

use std::process::Stdio;

use serde_json::{Value, json};
use stepwell_tests::{Project, Provider, guest, rebuilt};

use crate::terminal::Terminal;

const FLOW: &str = r#"
name = "locked"
[[steps]]
id = "first"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
"#;

const BUILT: &str = "Work on {{ topic }}.";
const SINGS: &str = "Sing of {{ topic }}!";
const DRAWS: &str = "Draw by {{ topic }}.";

/// How a command ends that nobody agreed to the plugins of.
const UNAGREED: i32 = 7;

fn project(provider: &Provider) -> Project {
    Project::of_worker(provider, FLOW)
}

/// Lays another plugin over the one that is there: it differs by the text of its prompt.
fn lay_over(project: &Project, text: &str) {
    let component = rebuilt("worker", &[(BUILT, text)]);
    std::fs::write(project.join("plugins/worker.wasm"), component).unwrap();
}

fn agree(project: &Project) -> String {
    let _ = project
        .run(&["plugin", "update", "flow.toml", "--accept"])
        .exits_with(0);
    project.read("stepwell.lock").unwrap()
}

fn runs(project: &Project) -> usize {
    let listed = project.run(&["runs", "--json"]).exits_with(0).json();
    listed.as_array().unwrap().len()
}

#[test]
fn what_nobody_agreed_to_is_not_run() {
    let provider = Provider::echo();
    let project = project(&provider);
    let locked = agree(&project);
    assert!(
        locked.contains("[plugins.\"plugins/worker.wasm\"]"),
        "{locked}"
    );
    assert!(locked.contains("asks-models = ["), "{locked}");
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let paid = provider.received().len();

    lay_over(&project, SINGS);
    let news = [
        "`plugins/worker.wasm` is another one",
        "its prompt `worker` has another text",
        "stepwell plugin update",
        "--accept",
    ];
    for command in [
        &["run", "flow.toml"][..],
        &["run", "flow.toml", "--check"],
        &["run", "flow.toml", "--estimate"],
        &["run", "flow.toml", "--locked"],
        &["step", "run", "plugins/worker.wasm", "--input", "topic=tea"],
        &["step", "run", "first", "--in", "flow.toml"],
        &["step", "run", "first", "--run", "last"],
        &[
            "step",
            "run",
            "first",
            "--run",
            "last",
            "--plugin",
            "plugins/worker.wasm",
        ],
        &["plugin", "update"],
        &["plugin", "update", "--locked"],
    ] {
        let refused = project.run(command).exits_with(UNAGREED);
        let _ = refused.says(&news);
    }
    assert_eq!(project.read("stepwell.lock").unwrap(), locked);
    assert_eq!((provider.received().len(), runs(&project)), (paid, 1));

    // What a run began with is what it goes on with; and what is put back was agreed to.
    lay_over(&project, BUILT);
    let _ = project.run(&["run", "flow.toml", "--locked"]).exits_with(0);
    lay_over(&project, SINGS);
    let accepted = project.run(&["run", "flow.toml", "--accept"]);
    let _ = accepted
        .exits_with(0)
        .says(&["is another one", "agreed: stepwell.lock"]);
    let _ = project.run(&["run", "flow.toml", "--locked"]).exits_with(0);
    assert_ne!(project.read("stepwell.lock").unwrap(), locked);
}

#[test]
fn a_plugin_that_fits_no_more_is_told_of_as_another_one() {
    let provider = Provider::echo();
    let project = project(&provider);
    let check = &["run", "flow.toml", "--locked", "--check"];
    let _ = project.run(check).exits_with(UNAGREED);
    let _ = agree(&project);
    let _ = project.run(check).exits_with(0);
    // It has no input of that name.
    std::fs::copy(guest("nothing"), project.join("plugins/worker.wasm")).unwrap();
    for command in [
        &["run", "flow.toml"][..],
        &["run", "flow.toml", "--check"],
        check,
    ] {
        let refused = project.run(command).exits_with(UNAGREED);
        let _ = refused.says(&["`plugins/worker.wasm` is another one"]);
    }
}

#[test]
fn what_is_new_in_it_is_named() {
    let provider = Provider::echo();
    let project = project(&provider);
    let _ = agree(&project);
    std::fs::copy(guest("hostile"), project.join("plugins/worker.wasm")).unwrap();
    let _ = project
        .run(&["plugin", "update"])
        .exits_with(UNAGREED)
        .says(&[
            "worker 1.0.0 before, hostile 1.0.0 now",
            "new: it adds versions of prompts or makes one current, if granted (prompts.add)",
        ]);
    // A step more, a plugin more.
    lay_over(&project, BUILT);
    project.add_guest("nothing");
    let more = format!(
        "{FLOW}[[steps]]\nid = \"second\"\nuses = \"plugins/nothing.wasm\"\n[[steps]]\nid = \"third\"\nuses = \"builtin:refine\"\ninputs.requirement = \"tea\"\n"
    );
    project.write("flow.toml", &more);
    let refused = project.run(&["run", "flow.toml"]).exits_with(UNAGREED);
    let refused = refused.says(&[
        "`plugins/nothing.wasm` is new: nothing",
        "the built-in steps of Stepwell",
    ]);
    assert!(!refused.stderr.contains("worker"), "{}", refused.stderr);
    let before = project.read("stepwell.lock").unwrap();
    let locked = agree(&project);
    assert!(locked.len() > before.len());
    assert_eq!(
        agree(&project),
        locked,
        "it is the same for the same plugins"
    );
    // What isn't there any more goes, where somebody agrees.
    std::fs::remove_file(project.join("plugins/nothing.wasm")).unwrap();
    let gone = project.run(&["plugin", "update", "--accept", "--json"]);
    let gone = gone.exits_with(0).json();
    assert_eq!(
        gone["differences"],
        json!([{"kind": "gone", "uses": "plugins/nothing.wasm"}])
    );
    assert!(!project.read("stepwell.lock").unwrap().contains("nothing"));
}

#[test]
fn without_a_lock_every_plugin_runs_and_another_one_is_told_of() {
    let provider = Provider::echo();
    let project = project(&provider);
    let news = "not the plugins of the run before";
    let first = project.run(&["run", "flow.toml"]).exits_with(0);
    assert!(!first.stderr.contains(news), "{}", first.stderr);
    assert_eq!(project.read("stepwell.lock"), None);
    let _ = project
        .run(&["run", "flow.toml", "--locked"])
        .exits_with(UNAGREED)
        .says(&["there is no", "stepwell.lock", "stepwell plugin update"]);
    let _ = project.run(&["plugin", "update"]).exits_with(UNAGREED);

    lay_over(&project, SINGS);
    let second = project.run(&["run", "flow.toml"]).exits_with(0);
    let _ = second.says(&[
        news,
        "step `first` uses worker 1.0.0",
        "where it was worker 1.0.0",
    ]);
    let status = project.run(&["status"]).exits_with(0);
    let _ = status.shows(&[
        "plugins/worker.wasm  worker 1.0.0",
        "the run before had worker 1.0.0",
    ]);
    let step = &project.run(&["status", "--json"]).exits_with(0).json()["steps"][0];
    assert_eq!(step["plugin_title"], "worker 1.0.0");
    assert_ne!(step["plugin"], step["plugin_before"]["digest"]);
    let third = project.run(&["run", "flow.toml"]).exits_with(0);
    assert!(
        !third.stderr.contains(news),
        "it is told once: {}",
        third.stderr
    );
}

#[test]
fn whoever_is_at_the_terminal_is_asked() {
    let provider = Provider::echo();
    let project = project(&provider);
    let mut terminal = Terminal::start(&project, &["plugin", "update", "flow.toml"]);
    terminal.shows("is new: worker 1.0.0").shows("(yes or no)");
    terminal.types("yes");
    assert_eq!(terminal.ends().1, 0);
    let locked = project.read("stepwell.lock").unwrap();
    lay_over(&project, SINGS);
    let run = ["run", "flow.toml"];
    let mut terminal = Terminal::start(&project, &run);
    terminal.shows("is another one").shows("(yes or no)");
    terminal.types("no").shows("nothing was started");
    assert_eq!(terminal.ends().1, 1);
    assert_eq!(project.read("stepwell.lock").unwrap(), locked);
    // A yes is to what was shown, and to nothing else.
    let mut terminal = Terminal::start(&project, &run);
    terminal.shows("is another one").shows("(yes or no)");
    lay_over(&project, DRAWS);
    terminal.types("yes").shows("changed since they were shown");
    assert_eq!(terminal.ends().1, UNAGREED);
    assert_eq!(project.read("stepwell.lock").unwrap(), locked);
    let mut terminal = Terminal::start(&project, &run);
    terminal.shows("(yes or no)").types("yes");
    assert_eq!(terminal.ends().1, 0);
    assert_eq!(runs(&project), 1);
}

#[test]
fn what_is_no_lock_lets_nothing_pass() {
    let provider = Provider::echo();
    let project = project(&provider);
    let locked = agree(&project);
    for (text, reason) in [
        ("<<<<<<< ours\n", "damaged"),
        ("", "damaged"),
        (
            &locked.replace("form = 1", "form = 2"),
            "a later version of Stepwell wrote it",
        ),
        (&"#".repeat(2 << 20), "larger"),
    ] {
        project.write("stepwell.lock", text);
        for command in [&["run", "flow.toml"][..], &["plugin", "update", "--accept"]] {
            let refused = project.run(command).exits_with(4);
            let _ = refused.says(&["stepwell.lock can't be read", reason, "version control"]);
        }
        assert_eq!(project.read("stepwell.lock").unwrap(), text);
    }
    project.write("elsewhere", "a line that is nobody's business");
    for target in ["elsewhere", "nowhere"] {
        std::fs::remove_file(project.join("stepwell.lock")).unwrap();
        std::os::unix::fs::symlink(target, project.join("stepwell.lock")).unwrap();
        let refused = project.run(&["run", "flow.toml"]).exits_with(4);
        let refused = refused.says(&["it is a link"]);
        assert!(!refused.stderr.contains("business"), "{}", refused.stderr);
    }
    std::fs::remove_file(project.join("stepwell.lock")).unwrap();
    std::fs::create_dir(project.join("stepwell.lock")).unwrap();
    let _ = project
        .run(&["run", "flow.toml"])
        .exits_with(4)
        .says(&["a folder"]);
}

#[test]
fn a_server_refuses_and_agrees_as_a_command_does() {
    let provider = Provider::echo();
    let project = project(&provider);
    let _ = agree(&project);
    lay_over(&project, SINGS);
    let serving = project.serve(&[]);
    let definition = serving.get("/api/definition?file=flow.toml").json();
    let start = json!({ "definition": definition });
    let refused = serving.post("/api/runs", &start);
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert_eq!(refused.json()["code"], "plugins-differ");
    let lock = |agreement: Value| {
        let request = json!({ "definition": definition, "agreement": agreement });
        serving.post("/api/plugins/lock", &request)
    };
    let seen = lock(json!("look")).json();
    assert_eq!(seen["differences"][0]["kind"], "changed");
    assert_eq!(seen["agreed"], false);
    lay_over(&project, DRAWS);
    let late = lock(json!({ "shown": seen["shown"] }));
    assert_eq!(
        (late.status, late.json()["code"].clone()),
        (409, json!("plugins-differ"))
    );
    let seen = lock(json!("look")).json();
    let taken = lock(json!({ "shown": seen["shown"] })).json();
    assert_eq!(taken["agreed"], true);
    assert_eq!(serving.post("/api/runs", &start).status, 201);
    // Beside a server a command asks that.
    lay_over(&project, SINGS);
    let _ = project.run(&["run", "flow.toml"]).exits_with(UNAGREED);
    let _ = project.run(&["run", "flow.toml", "--accept"]).exits_with(0);
    serving.kill();
}

#[test]
fn two_who_agree_at_once_both_stand_in_it() {
    let provider = Provider::echo();
    let project = project(&provider);
    let names: Vec<String> = (0..6)
        .map(|number| format!("plugins/own{number}.wasm"))
        .collect();
    for name in &names {
        std::fs::copy(guest("nothing"), project.join(name)).unwrap();
    }
    let agreeing: Vec<_> = names
        .iter()
        .map(|name| {
            let mut command = project.command(&["plugin", "update", name, "--accept"]);
            command.stdout(Stdio::null()).stderr(Stdio::null());
            command.spawn().unwrap()
        })
        .collect();
    for mut agreeing in agreeing {
        assert!(agreeing.wait().unwrap().success());
    }
    let locked = project.read("stepwell.lock").unwrap();
    for name in &names {
        assert!(
            locked.contains(&format!("[plugins.\"{name}\"]")),
            "{name}: {locked}"
        );
    }
    let left: Vec<_> = project.files().into_iter().map(|(name, _)| name).collect();
    assert!(
        !left.iter().any(|name| name.contains(".stepwell.lock.")),
        "{left:?}"
    );
}

#[test]
fn who_comes_over_the_network_gets_nothing_fetched_that_nobody_agreed_to() {
    let provider = Provider::echo();
    let project = project(&provider);
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let source = format!("oci://{}/ada/notes:1", server.local_addr().unwrap());
    project.write("flow.toml", &FLOW.replace("plugins/worker.wasm", &source));
    let serving = project.serve(&[]);
    let definition = serving.get("/api/definition?file=flow.toml").json();
    let plugins = json!({ "plugins": [source], "renew": true, "agreement": "all" });
    for answered in [
        serving.post("/api/definitions/check", &definition),
        serving.post("/api/runs", &json!({ "definition": definition })),
        serving.post("/api/plugins/lock", &plugins),
        serving.post("/api/plugin/check", &json!({ "uses": source })),
    ] {
        assert_eq!(answered.status, 422, "{}", answered.body);
        assert!(
            answered.body.contains("over the network"),
            "{}",
            answered.body
        );
    }
    let asked = server.accept().map_err(|error| error.kind());
    assert_eq!(asked.err(), Some(std::io::ErrorKind::WouldBlock));
    assert_eq!(project.read("stepwell.lock"), None);
    serving.kill();
}

//! Signatures that are demanded: what isn't signed by whom the operator names is neither looked into nor run, whoever asks for it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener};

use serde_json::{Value, json};
use stepwell_contract::Digest;
use stepwell_tests::{Project, Provider, Reply, rebuilt, until};

const FLOW: &str = r#"
name = "signed"
[[steps]]
id = "first"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
"#;

const WORKER: &str = "plugins/worker.wasm";

/// How a command ends whose plugin isn't signed as it has to be.
const UNSIGNED: i32 = 7;

/// A project whose plugins have to be signed by `keys/team.key`.
fn project(provider: &Provider) -> Project {
    let mut project = Project::of_worker(provider, FLOW);
    project.set("COSIGN_PASSWORD", "correct horse");
    let _ = project
        .run(&["plugin", "key", "new", "team", "--into", "keys"])
        .exits_with(0);
    demand(
        &project,
        "[sources.team]\nfrom = \"plugins\"\nkeys = [\"keys/team.pub\"]\n",
    );
    project
}

/// Puts what is demanded in the place of what was.
fn demand(project: &Project, sources: &str) {
    let text = project.read("stepwell.toml").unwrap();
    let before = text.split("[sources").next().unwrap();
    project.write("stepwell.toml", &format!("{before}{sources}"));
}

fn sign(project: &Project) {
    let _ = project
        .run(&["plugin", "sign", WORKER, "--key", "keys/team.key"])
        .exits_with(0);
}

#[test]
fn nothing_that_nobody_signed_is_looked_into_or_run() {
    let provider = Provider::echo();
    let project = project(&provider);
    for command in [
        &["run", "flow.toml"][..],
        &["run", "flow.toml", "--check"],
        &["run", "flow.toml", "--estimate"],
        &["step", "run", WORKER, "--input", "topic=tea"],
        &["step", "run", "first", "--in", "flow.toml"],
        &["plugin", "inspect", WORKER],
        &["plugin", "check", WORKER],
        &["plugin", "update", "flow.toml", "--accept"],
        &["plugin", "update", WORKER, "--accept"],
    ] {
        let refused = project.run(command).exits_with(UNSIGNED);
        let _ = refused.says(&[
            "`[sources.team]` demands that it is signed by the key sha256:",
            "it has no signature",
            "plugin verify",
        ]);
    }
    assert_eq!(project.read("stepwell.lock"), None);
    assert!(provider.received().is_empty());

    sign(&project);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let pair = project.read("keys/team.pub").unwrap();
    assert!(pair.starts_with("-----BEGIN PUBLIC KEY-----"), "{pair}");
    let status: Value = project
        .run(&["status", "last", "--json"])
        .exits_with(0)
        .json();
    let key = status["steps"][0]["plugin_signed_by"].as_str().unwrap();
    let inspected = project.run(&["plugin", "inspect", WORKER]).exits_with(0);
    let _ = inspected.shows(&[&format!("signed by {key}")]);

    // Another component beside the same signature, and another file of the same name beside none.
    let component = rebuilt(
        "worker",
        &[("Work on {{ topic }}.", "Sing of {{ topic }}!")],
    );
    std::fs::write(project.join(WORKER), component).unwrap();
    let refused = project.run(&["run", "flow.toml"]).exits_with(UNSIGNED);
    let _ = refused.says(&["by none of these keys, or of something else"]);
}

#[test]
fn the_narrowest_source_decides_and_a_key_that_is_taken_out_holds_no_more() {
    let provider = Provider::echo();
    let project = project(&provider);
    sign(&project);
    let _ = project
        .run(&["plugin", "update", "flow.toml", "--accept"])
        .exits_with(0);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let _ = project
        .run(&["plugin", "key", "new", "second", "--into", "keys"])
        .exits_with(0);
    // What the lock has is refused, too.
    let all = "[sources.all]\nfrom = \"*\"\nkeys = [\"keys/second.pub\"]\n";
    demand(&project, all);
    let refused = project.run(&["run", "flow.toml"]).exits_with(UNSIGNED);
    let _ = refused.says(&["`[sources.all]`", "by none of these keys"]);
    for (narrower, code) in [
        (
            "from = \"plugins\"\nkeys = [\"keys/second.pub\", \"keys/team.pub\"]",
            0,
        ),
        ("from = \"plugins/worker.wasm\"\nunsigned = true", 0),
        ("from = \"plugin\"\nunsigned = true", UNSIGNED),
        ("from = \"plugins/../other\"\nunsigned = true", UNSIGNED),
        ("from = \"plugins\"", UNSIGNED),
    ] {
        demand(&project, &format!("{all}[sources.narrow]\n{narrower}\n"));
        let _ = project.run(&["run", "flow.toml"]).exits_with(code);
    }
    // A built-in step comes with the program.
    let _ = project
        .run(&["plugin", "inspect", "builtin:refine"])
        .exits_with(0);
}

#[test]
fn a_key_that_cannot_be_read_lets_nothing_pass() {
    let provider = Provider::echo();
    let project = project(&provider);
    sign(&project);
    for (text, said) in [
        (None, "it can't be read"),
        (Some(""), "it holds no key"),
        (
            project.read("keys/team.key").as_deref(),
            "it is a private key",
        ),
    ] {
        match text {
            Some(text) => project.write("keys/team.pub", text),
            None => std::fs::remove_file(project.join("keys/team.pub")).unwrap(),
        }
        let refused = project.run(&["run", "flow.toml"]).exits_with(4);
        let _ = refused.says(&["keys/team.pub of `[sources.team]` can't be used", said]);
    }
}

#[test]
fn a_run_that_has_begun_keeps_its_plugins() {
    let provider = Provider::echo();
    let project = project(&provider);
    sign(&project);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    std::fs::remove_file(project.join("plugins/worker.wasm.sig")).unwrap();
    let _ = project.run(&["status", "last"]).exits_with(0);
    let _ = project.run(&["docs", "list", "last"]).exits_with(0);
    let refused = project
        .run(&["step", "run", "first", "--run", "last", "--plugin", WORKER])
        .exits_with(UNSIGNED);
    let _ = refused.says(&["it has no signature"]);
}

/// Serves files on this machine, and counts nothing: what isn't there is told so.
fn serve_files(files: Vec<(&'static str, std::path::PathBuf)>) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut line = String::new();
            let mut read = BufReader::new(stream.try_clone().unwrap());
            let _ = read.read_line(&mut line);
            let mut header = String::from("-");
            while !header.trim().is_empty() {
                header.clear();
                let _ = read.read_line(&mut header);
            }
            let path = line.split(' ').nth(1).unwrap_or_default();
            let file = files.iter().find(|(named, _)| *named == path);
            let body = file.and_then(|(_, file)| std::fs::read(file).ok());
            let status = if body.is_some() {
                "200 OK"
            } else {
                "404 Not Found"
            };
            let body = body.unwrap_or_default();
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            );
            let _ = stream.write_all(&[head.as_bytes(), &body].concat());
        }
    });
    port
}

#[test]
fn nothing_unsigned_is_pulled_from_where_a_signature_is_demanded() {
    let provider = Provider::echo();
    let project = project(&provider);
    let file = project.join(WORKER);
    let port = serve_files(vec![
        ("/worker.wasm", file.clone()),
        ("/worker.wasm.sig", file.with_extension("wasm.sig")),
    ]);
    let digest = Digest::of(std::fs::read(&file).unwrap());
    let source = format!("http://127.0.0.1:{port}/worker.wasm#{digest}");
    let pull = ["plugin", "pull", &source, "-o", "copied.wasm"];
    let test = ["plugin", "test", &source, "cases.toml"];
    project.write("cases.toml", "[[cases]]\ninputs.topic = \"tea\"\n");
    let sources = format!(
        "[sources.team]\nfrom = \"http://127.0.0.1:{port}/\"\nkeys = [\"keys/team.pub\"]\n"
    );
    demand(&project, &sources);
    for command in [&pull[..], &pull[..3], &test] {
        let refused = project.run(command).exits_with(UNSIGNED);
        let _ = refused.says(&[
            "`[sources.team]` demands that it is signed by the key sha256:",
            "it has no signature",
            "plugin verify",
        ]);
    }
    assert_eq!(project.read("copied.wasm"), None);
    sign(&project);
    let pulled = project.run(&pull).exits_with(0);
    let _ = pulled.shows(&["signed by     sha256:"]);
    assert!(project.join("copied.wasm").exists());
    let _ = project.run(&test).exits_with(0);
    // Where nobody demands one, none is looked for.
    std::fs::remove_file(file.with_extension("wasm.sig")).unwrap();
    demand(&project, "");
    let again = ["plugin", "pull", &source];
    let _ = project.run(&again).exits_with(0);
}

/// A project with a run that waits after its first step, and a second key.
fn begun(provider: &Provider) -> Project {
    let project = project(provider);
    let first = format!("{FLOW}settings.calls = 1\n");
    let second = first.split("[[steps]]").last().unwrap();
    let second = second.replace("\"first\"", "\"second\"");
    project.write("flow.toml", &format!("{first}[[steps]]{second}"));
    sign(&project);
    let _ = project
        .run(&["run", "flow.toml", "--until", "first"])
        .exits_with(3);
    let _ = project
        .run(&["plugin", "key", "new", "second", "--into", "keys"])
        .exits_with(0);
    project.write("new.md", "Dance with {{ topic }}.");
    project
}

/// Demands one of these keys of what lies in `plugins`.
fn demand_keys(project: &Project, keys: &[&str]) {
    let keys: Vec<_> = keys.iter().map(|key| format!("keys/{key}.pub")).collect();
    let sources = format!("[sources.team]\nfrom = \"plugins\"\nkeys = {keys:?}\n");
    demand(project, &sources);
}

const NOT_BY_THESE: [&str; 2] = [
    "`[sources.team]` demands that it is signed by the key sha256:",
    "by none of these keys",
];

#[test]
fn what_was_begun_goes_no_further_once_its_key_is_taken_out() {
    let provider = Provider::echo();
    let project = begun(&provider);
    let paid = provider.received().len();
    let try_first = ["step", "try", "first", "--run", "last", "--text", "new.md"];
    let compare = [
        "compare",
        "first",
        "--run",
        "last",
        "--models",
        "writer,thinker",
    ];
    demand_keys(&project, &["second"]);
    for command in [
        &["resume"][..],
        &["resume", "--accept"],
        &["step", "run", "first", "--run", "last"],
        &["step", "reprocess", "last", "first"],
        &["step", "prompt", "first", "--run", "last"],
        &try_first,
        &compare,
    ] {
        let refused = project.run(command).exits_with(UNSIGNED);
        let _ = refused.says(&NOT_BY_THESE);
    }
    assert_eq!(provider.received().len(), paid);
    // What is there can be looked at all the same.
    let _ = project.run(&["status", "last"]).exits_with(0);

    // The key is back: what lies beside the file by now is no matter.
    std::fs::remove_file(project.join("plugins/worker.wasm.sig")).unwrap();
    demand_keys(&project, &["second", "team"]);
    let _ = project.run(&try_first).exits_with(0);
    let _ = project.run(&["resume"]).exits_with(0);
}

#[test]
fn what_was_begun_goes_on_by_another_signature() {
    let provider = Provider::echo();
    let project = begun(&provider);
    demand_keys(&project, &["second"]);
    let _ = project.run(&["resume"]).exits_with(UNSIGNED);
    let _ = project
        .run(&["plugin", "sign", WORKER, "--key", "keys/second.key"])
        .exits_with(0);
    let _ = project.run(&["resume"]).exits_with(0);
}

#[test]
fn what_began_before_anybody_demanded_a_signature_needs_one_now() {
    let provider = Provider::echo();
    let project = begun(&provider);
    demand(&project, "");
    let _ = project
        .run(&["run", "flow.toml", "--until", "first"])
        .exits_with(3);
    std::fs::remove_file(project.join("plugins/worker.wasm.sig")).unwrap();
    demand_keys(&project, &["team"]);
    let refused = project.run(&["resume"]).exits_with(UNSIGNED);
    let _ = refused.says(&["it has no signature"]);
    sign(&project);
    let _ = project.run(&["resume"]).exits_with(0);
}

#[test]
fn a_comparison_goes_no_further_once_its_key_is_taken_out() {
    let provider = Provider::echo();
    let project = begun(&provider);
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
    let paid = provider.received().len();
    demand_keys(&project, &["second"]);
    let resume = ["comparison", "resume", "--max-tokens", "100000"];
    let refused = project.run(&resume).exits_with(UNSIGNED);
    let _ = refused.says(&NOT_BY_THESE);
    assert_eq!(provider.received().len(), paid);
    demand_keys(&project, &["team"]);
    let _ = project.run(&resume).exits_with(0);
}

#[test]
fn a_server_leaves_a_run_whose_key_is_taken_out_as_it_is_and_says_why() {
    let provider = Provider::echo();
    let project = begun(&provider);
    let serving = project.serve(&[]);
    provider.reply_next([Reply::Silence, Reply::Silence]);
    let asked = provider.received().len();
    let run = serving.start(&project, "flow.toml");
    provider.wait_for_requests(asked + 2);
    serving.kill();
    demand_keys(&project, &["second"]);
    let serving = project.serve(&[]);
    let view = until("the server should say why it doesn't go on", || {
        let view = serving.at_rest(&run);
        (!view["problem"].is_null()).then_some(view)
    });
    assert_eq!(view["status"], "interrupted", "{view}");
    assert_eq!(view["problem"]["code"], "unsigned", "{view}");
    let refused = serving.post(&format!("/api/runs/{run}/resume"), &json!({}));
    assert_eq!(refused.json()["code"], "plugin-unsigned");
    assert_eq!(provider.received().len(), asked + 2);
    let status = project.run(&["status", &run]).exits_with(0);
    let _ = status.says(&NOT_BY_THESE);
    serving.kill();
    demand_keys(&project, &["team"]);
    let _ = project.run(&["resume", &run, "--resend"]).exits_with(0);
}

/// Whoever could change a key could sign as its owner.
#[test]
fn no_step_reads_or_writes_a_key_of_the_operator() {
    let provider = Provider::echo();
    for deed in ["writes-file", "reads-file"] {
        let lines = format!(
            "inputs.do = \"{deed}\"\ninputs.path = \"team.pub\"\ngrants.workspace = \"write\""
        );
        let project = crate::hostile::project(&provider, &lines);
        project.write("team.pub", "a key");
        let text = project.read("stepwell.toml").unwrap();
        let sources =
            "[sources.team]\nfrom = \"oci://registry.example.org/\"\nkeys = [\"team.pub\"]\n";
        project.write("stepwell.toml", &format!("{text}{sources}"));
        let _ = project
            .run(&["run", "flow.toml", "--until", "bad"])
            .exits_with(3);
        let out = project.document("bad", "out");
        assert!(out.starts_with("Err(") && out.contains("team.pub"), "{out}");
        assert_eq!(project.read("team.pub").as_deref(), Some("a key"));
    }
}

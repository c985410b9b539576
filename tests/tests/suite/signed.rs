//! Signatures that are demanded: what isn't signed by whom the operator names is neither looked into nor run, whoever asks for it.

use serde_json::Value;
use stepwell_tests::{Project, Provider, rebuilt};

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

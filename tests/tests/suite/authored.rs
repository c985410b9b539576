//! One plugin from its first line to a run: begun, built, checked, tested, and changed while a server uses it.

use std::path::Path;

use serde_json::Value;
use stepwell_tests::{Project, Provider, guest};

use crate::developed::Watching;

const FLOW: &str = r#"
name = "tells"
[[steps]]
id = "told"
uses = "plugins/wise_step.wasm"
inputs.changes = "- tea"
"#;

const CASES: &str = r#"
[[cases]]
id = "keeps the notes alone"
inputs.changes = "faster reading"
responses = ["Here they are:\n- Reading is faster."]
checks = [{ prompt = 1, contains = "for:\nfaster reading" }]
expect.documents.notes = "- Reading is faster."

[[cases]]
id = "asks again for a list"
inputs.changes = "x"
responses = ["none", "- x"]
expect.calls = 2
"#;

/// An author's terminal, in which `cargo` builds what needs no network: what the SDK depends on is here, since the guests of these tests
/// are built from it.
#[allow(
    clippy::disallowed_methods,
    reason = "a test has no command that would hand the environment down"
)]
fn terminal(provider: &Provider) -> Project {
    let mut project = Project::with_provider(provider);
    for name in ["CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] {
        if let Ok(value) = std::env::var(name) {
            project.set(name, &value);
        }
    }
    project.set("CARGO_NET_OFFLINE", "true");
    // Beside the guests: the SDK is compiled once, and not for each run of the test.
    let guest = guest("worker");
    let kept = guest.ancestors().nth(3).unwrap().join("authored");
    project.set("CARGO_BUILD_BUILD_DIR", kept.to_str().unwrap());
    project
}

#[test]
fn a_plugin_is_begun_checked_tested_and_changed_while_it_is_used() {
    let provider = Provider::echo();
    let project = terminal(&provider);
    let new = [
        "plugin",
        "new",
        "wise_step",
        "--lang",
        "rust",
        "--into",
        "wise",
        "--json",
    ];
    let begun: Value = project.run(&new).exits_with(0).json();
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    std::fs::copy(lock, project.join("wise/Cargo.lock")).unwrap();
    let _ = project
        .run(&["plugin", "dev", "wise", "--once"])
        .exits_with(0);
    let component = format!("wise/{}", begun["component"].as_str().unwrap());
    let checked = project.run(&["plugin", "check", &component, "--strict"]);
    let _ = checked.exits_with(0).shows(&[
        "wise_step 0.1.0",
        "asks models",
        "Write release notes, as a list, for:\n  an example of changes",
        "it can be used",
    ]);
    project.write("wise/cases.toml", CASES);
    for crash in [&[][..], &["--crash"]] {
        let test = ["plugin", "test", &component, "wise/cases.toml"];
        let tested = project.run(&[&test[..], crash].concat());
        let _ = tested.exits_with(0).shows(&["2 cases: all passed"]);
    }

    project.write("flow.toml", FLOW);
    let mut watching = Watching::begin(&project, &["wise", "--to", "plugins/wise_step.wasm"]);
    watching.says("wise_step 0.1.0 is at plugins/wise_step.wasm");
    watching.says("watching");
    let serving = project.serve(&[]);
    let notes = || {
        let run = serving.start(&project, "flow.toml");
        assert_eq!(serving.at_rest(&run)["status"], "success");
        project.document("told", "notes")
    };
    assert_eq!(notes().trim_end(), "- tea");

    let source = project.read("wise/src/lib.rs").unwrap();
    project.write(
        "wise/src/lib.rs",
        &source.replace("notes.join", "note.join"),
    );
    let said = watching.says("watching");
    assert!(
        said.contains("`note`") && said.contains("plugins/wise_step.wasm stays as it was"),
        "{said}"
    );
    assert_eq!(notes().trim_end(), "- tea");
    let louder = source.replace("notes.join(\"\\n\")", "notes.join(\"\\n\").to_uppercase()");
    assert_ne!(louder, source);
    project.write("wise/src/lib.rs", &louder);
    watching.says("wise_step 0.1.0 is at plugins/wise_step.wasm");
    watching.says("watching");
    assert_eq!(notes().trim_end(), "- TEA");
    assert_eq!(watching.interrupt(), Some(0));
    let _ = serving.terminate().exits_with(0);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(project.document("told", "notes").trim_end(), "- TEA");
}

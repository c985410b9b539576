//! The JSON of a run has a published schema, and keeps to it.

#![allow(
    clippy::disallowed_methods,
    reason = "it reads the switch of whoever runs it"
)]

use std::path::Path;

use stepwell_tests::{Project, Provider};

#[test]
fn the_schema_of_a_run_is_the_published_one() {
    let made = Project::new().run(&["schema", "run"]).exits_with(0).stdout;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/run.schema.json");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == made,
        "`BLESS=1` writes {} anew",
        path.display()
    );
}

#[test]
fn runs_in_every_state_keep_to_their_schema() {
    let provider = Provider::echo();
    let project = Project::with_provider(&provider);
    project.add_guest("worker");
    project.write(
        "flow.toml",
        r#"
name = "flow"
[[steps]]
id = "plan"
uses = "plugins/worker.wasm"
inputs.topic = "plan"
settings.ask = ["name"]
settings.items = ["x", "y"]
  [[steps.steps]]
  id = "each"
  uses = "plugins/worker.wasm"
  for_each = "parent.items"
  inputs.topic = "{{ item }}"
  settings.calls = 1
  settings.files = 1
  grants.workspace = "write"
[[steps]]
id = "fails"
uses = "plugins/worker.wasm"
inputs.topic = "{{ steps.plan.each.result }}"
settings.fail = 9
retries = 0
"#,
    );
    let schema = project.run(&["schema", "run"]).exits_with(0).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let check = |state: &str| {
        let run = project
            .run(&["status", "last", "--json"])
            .exits_with(0)
            .json();
        assert_eq!(run["status"], state);
        let problems: Vec<_> = validator
            .iter_errors(&run)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(problems.is_empty(), "{state}: {problems:#?}");
    };
    let _ = project.run(&["run", "flow.toml"]).exits_with(3);
    check("waiting");
    let _ = project
        .run(&["resume", "--answer", "name=Ada"])
        .exits_with(1);
    check("failure");
    let _ = project
        .run(&[
            "run",
            "flow.toml",
            "--until",
            "plan",
            "--answer",
            "name=Ada",
        ])
        .exits_with(3);
    check("waiting");
    let _ = project.run(&["cancel", "last"]).exits_with(0);
    check("cancelled");
}

//! What is said to a user who mistyped, mixed up or left out something: what is wrong, and what to type instead.

use stepwell_tests::{Project, Provider};

const FLOW: &str = r#"
name = "guided"
[[steps]]
id = "one"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
settings.items = ["a", "b", "c"]
[[steps]]
id = "each"
uses = "plugins/worker.wasm"
for_each = "steps.one.items"
inputs.topic = "{{ item }}"
"#;

#[test]
fn a_plugin_alone_takes_no_version_of_a_prompt() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let alone = ["step", "run", "plugins/worker.wasm", "--input", "topic=tea"];
    for option in [["--prompt", "3"], ["--plugin", "builtin:code"]] {
        let _ = project
            .run(&[&alone[..], &option].concat())
            .exits_with(2)
            .says(&[option[0], "hint:", "--run RUN", "stepwell prompt use"]);
    }
    assert!(!project.join(".stepwell").exists());
}

//! Names that the operator gives to plugins: what definitions and commands say instead of where a plugin is.

use serde_json::json;
use stepwell_tests::{Project, Provider, rebuilt};

const FLOW: &str = r#"
name = "named"
[[steps]]
id = "first"
uses = "notes"
inputs.topic = "tea"
"#;

/// How a command ends that nobody agreed to the plugins of.
const UNAGREED: i32 = 7;

#[test]
fn a_definition_names_what_the_operator_chose() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let before = project.read("stepwell.toml").unwrap();
    let unknown = project.run(&["run", "flow.toml"]).exits_with(4);
    let _ = unknown.says(&["notes", "stepwell plugin add notes"]);

    let added = ["plugin", "add", "notes", "plugins/worker.wasm"];
    let _ = project.run(&added).exits_with(0).shows(&[
        "notes is worker 1.0.0, from plugins/worker.wasm (stepwell.toml)",
        "`uses = \"notes\"`",
    ]);
    let named = "[plugins]\nnotes = \"plugins/worker.wasm\"\n";
    let after = project.read("stepwell.toml").unwrap();
    assert_eq!(after, format!("{before}\n{named}"));
    // Once more is no other.
    let _ = project.run(&added).exits_with(0);
    assert_eq!(project.read("stepwell.toml").unwrap(), after);
    // A file of this machine needs no lock, and none is begun for it.
    assert_eq!(project.read("stepwell.lock"), None);

    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let alone = ["step", "run", "notes", "--input", "topic=tea"];
    let _ = project.run(&alone).exits_with(0);
    let inspected = project.run(&["plugin", "inspect", "notes"]).exits_with(0);
    let _ = inspected.shows(&["worker"]);
    let _ = project.run(&["plugin", "check", "notes"]).exits_with(0);

    // From a folder below, too: the name is the project's, and a path of it starts at the operator's file.
    std::fs::create_dir(project.join("deep")).unwrap();
    project.write("deep/flow.toml", FLOW);
    let _ = project.run(&["run", "deep/flow.toml"]).exits_with(0);

    let listed = project
        .run(&["plugin", "list", "--json"])
        .exits_with(0)
        .json();
    let listed = listed.as_array().unwrap();
    let notes: Vec<_> = listed.iter().filter(|it| it["name"] == "notes").collect();
    assert_eq!(notes.len(), 1, "{listed:?}");
    assert_eq!(notes[0]["uses"], "plugins/worker.wasm");
    assert_eq!(notes[0]["description"]["name"], "worker");
    assert!(listed.iter().any(|it| it["uses"] == "builtin:refine"));

    let _ = project.run(&["plugin", "remove", "notes"]).exits_with(0);
    assert_eq!(project.read("stepwell.toml").unwrap(), before);
    let _ = project.run(&["run", "flow.toml"]).exits_with(4);
    let _ = project
        .run(&["plugin", "remove", "notes"])
        .exits_with(4)
        .says(&["no plugin has the name `notes`"]);
}

#[test]
fn a_lock_has_what_a_name_stands_for() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let other = rebuilt(
        "worker",
        &[("Work on {{ topic }}.", "Sing of {{ topic }}!")],
    );
    std::fs::write(project.join("plugins/other.wasm"), other).unwrap();
    let added = ["plugin", "add", "notes", "plugins/worker.wasm", "--accept"];
    let _ = project.run(&added).exits_with(0);
    let locked = project.read("stepwell.lock").unwrap();
    assert!(
        locked.contains("plugins.\"plugins/worker.wasm\""),
        "{locked}"
    );
    let _ = project.run(&["run", "flow.toml", "--locked"]).exits_with(0);

    // What nobody agreed to gets no name without a yes.
    let other = ["plugin", "add", "other", "plugins/other.wasm"];
    let refused = project.run(&other).exits_with(UNAGREED);
    let _ = refused.says(&["`plugins/other.wasm` is new"]);
    assert!(!project.read("stepwell.toml").unwrap().contains("other"));
    // A name isn't handed on by the way.
    let taken = project.run(&["plugin", "add", "notes", "plugins/other.wasm", "--accept"]);
    let _ = taken.exits_with(4).says(&["stepwell plugin remove notes"]);

    // Where the name means another one, nobody agreed to that.
    let configuration = project.read("stepwell.toml").unwrap();
    let turned = configuration.replace("plugins/worker.wasm", "plugins/other.wasm");
    project.write("stepwell.toml", &turned);
    let refused = project.run(&["run", "flow.toml"]).exits_with(UNAGREED);
    let _ = refused.says(&["`plugins/other.wasm` is new"]);
    project.write("stepwell.toml", &configuration);

    let removed = project.run(&["plugin", "remove", "notes", "--json"]);
    assert_eq!(removed.exits_with(0).json()["unlocked"], json!(true));
    let locked = project.read("stepwell.lock").unwrap();
    assert!(!locked.contains("worker"), "{locked}");
    project.write(
        "flow.toml",
        &FLOW.replace("\"notes\"", "\"plugins/worker.wasm\""),
    );
    let _ = project.run(&["run", "flow.toml"]).exits_with(UNAGREED);
}

#[test]
fn a_plugin_with_two_names_stays_agreed_to_under_the_other() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    for name in ["notes", "papers"] {
        let added = ["plugin", "add", name, "plugins/worker.wasm", "--accept"];
        let _ = project.run(&added).exits_with(0);
    }
    let _ = project.run(&["plugin", "remove", "papers"]).exits_with(0);
    let _ = project.run(&["run", "flow.toml", "--locked"]).exits_with(0);
}

#[test]
fn the_operator_alone_says_what_a_name_means() {
    // Over the network a path below the project may be named, and what lies elsewhere only as the operator's own choice.
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let elsewhere = tempfile::tempdir().unwrap();
    let component = elsewhere.path().join("worker.wasm");
    std::fs::rename(project.join("plugins/worker.wasm"), &component).unwrap();
    let component = component.display().to_string();
    let _ = project
        .run(&["plugin", "add", "notes", &component])
        .exits_with(0);
    let serving = project.serve(&[]);
    let named = serving.get("/api/plugin?uses=notes");
    assert_eq!(named.status, 200, "{}", named.body);
    let by_path = serving.get(&format!("/api/plugin?uses={component}"));
    assert_eq!(by_path.status, 422, "{}", by_path.body);
    assert_eq!(by_path.json()["code"], "out-of-reach");
    let definition = serving.get("/api/definition?file=flow.toml").json();
    let started = serving.post("/api/runs", &json!({ "definition": definition }));
    assert_eq!(started.status, 201, "{}", started.body);
    let listed = serving.get("/api/plugins/project").json();
    assert_eq!(listed["plugins"][0]["name"], "notes", "{listed}");
    serving.kill();
}

#[test]
fn what_is_no_name_or_says_nowhere_is_refused() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let before = project.read("stepwell.toml").unwrap();
    let add = |name: &str, plugin: &str| project.run(&["plugin", "add", name, plugin]);
    let _ = add("Notes", "plugins/worker.wasm").exits_with(2);
    let _ = add("notes", "worker")
        .exits_with(4)
        .says(&["`./worker`", "builtin:worker"]);
    let _ = add("notes", "plugins/none.wasm").says(&["plugins/none.wasm"]);
    let _ = add("notes", "ftp://host/a").exits_with(4);
    let _ = add("notes", "stepwell.toml").exits_with(4);
    assert_eq!(project.read("stepwell.toml").unwrap(), before);

    for (line, says) in [
        ("notes = \"other\"", "a name"),
        ("notes = \" \"", "empty"),
        ("\"No Tes\" = \"a.wasm\"", "write `no_tes`"),
        ("notes = 1", "text"),
    ] {
        project.write("stepwell.toml", &format!("{before}\n[plugins]\n{line}\n"));
        let refused = project.run(&["run", "flow.toml"]).exits_with(4);
        let _ = refused.says(&["stepwell.toml", says]);
    }
}

#[test]
fn a_plugin_that_has_a_name_is_closed_to_steps() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    project.add_guest("hostile");
    let added = ["plugin", "add", "hostile", "plugins/hostile.wasm"];
    let _ = project.run(&added).exits_with(0);
    project.write(
        "flow.toml",
        "name = \"closed\"\n[[steps]]\nid = \"s\"\nuses = \"hostile\"\ninputs.do = \"writes-file\"\n\
         inputs.path = \"plugins/hostile.wasm\"\ngrants.workspace = \"write\"\n",
    );
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let out = project.document("s", "out");
    assert!(out.starts_with("Err("), "{out}");
}

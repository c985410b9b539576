//! Which folders a request over TCP may name: the project's, whatever it calls the path, unless the operator allows another.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stepwell_tests::Project;

use crate::strangers::{FLOW, project};

/// A folder beside the project with a definition, a plugin and a workspace, and links to them in the project.
fn outside(project: &Project) -> tempfile::TempDir {
    let outside = tempfile::tempdir_in(project.path().parent().unwrap()).unwrap();
    std::fs::create_dir(outside.path().join("plugins")).unwrap();
    std::fs::copy(
        project.join("plugins/worker.wasm"),
        outside.path().join("plugins/worker.wasm"),
    )
    .unwrap();
    std::fs::write(outside.path().join("flow.toml"), FLOW).unwrap();
    for (place, link) in [
        ("", "linked"),
        ("flow.toml", "linked.toml"),
        ("plugins/worker.wasm", "linked.wasm"),
    ] {
        std::os::unix::fs::symlink(outside.path().join(place), project.join(link)).unwrap();
    }
    outside
}

/// Every request that names a path, with a path that leads to a folder outside.
fn requests(project: &Project, outside: &str, folder: &str) -> BTreeMap<String, (String, Value)> {
    let own = project.join("flow.toml");
    let of = |uses: &str, more: &str| {
        format!("name = \"x\"\n{more}[[steps]]\nid = \"first\"\nuses = \"{uses}\"\n")
    };
    let plugin = format!("{folder}/plugins/worker.wasm");
    let foreign = json!({ "text": FLOW, "file": format!("{outside}/flow.toml") });
    let by_plugin = json!({ "text": of(&plugin, ""), "file": own });
    let by_workspace = json!({ "text": of("plugins/worker.wasm", &format!("workspace = \"{folder}\"\n")), "file": own });
    let inside = json!({ "text": FLOW, "file": own });
    let alone = |more: Value| {
        let mut request = json!({ "plugin": "plugins/worker.wasm", "folder": project.path() });
        request
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        request
    };
    let compared = |within: Value, step: &str, cases: Value| json!({ "step": step, "within": within, "cases": cases });
    let in_definition =
        |definition: &Value| json!({ "kind": "definition", "definition": definition });
    let judged =
        json!([{ "id": "1", "checks": [{ "judge": { "uses": plugin, "criteria": "good" } }] }]);
    let nothing = json!([]);
    let named = [
        (
            "run: definition",
            "/api/runs",
            json!({ "definition": foreign }),
        ),
        (
            "run: plugin",
            "/api/runs",
            json!({ "definition": by_plugin }),
        ),
        (
            "run: workspace",
            "/api/runs",
            json!({ "definition": inside, "workspace": folder }),
        ),
        (
            "run: workspace of the definition",
            "/api/runs",
            json!({ "definition": by_workspace }),
        ),
        (
            "alone: plugin",
            "/api/plugin-runs",
            alone(json!({ "plugin": plugin })),
        ),
        (
            "alone: folder",
            "/api/plugin-runs",
            alone(json!({ "folder": outside })),
        ),
        (
            "alone: workspace",
            "/api/plugin-runs",
            alone(json!({ "workspace": folder })),
        ),
        (
            "check: definition",
            "/api/definitions/check",
            foreign.clone(),
        ),
        ("check: plugin", "/api/definitions/check", by_plugin.clone()),
        (
            "again: plugin",
            "/api/runs/last/rerun?step=first",
            json!({ "plugin": plugin }),
        ),
        (
            "compare: definition",
            "/api/comparisons",
            compared(in_definition(&foreign), "first", nothing.clone()),
        ),
        (
            "compare: plugin",
            "/api/comparisons",
            compared(in_definition(&by_plugin), "first", nothing.clone()),
        ),
        (
            "compare: workspace of the definition",
            "/api/comparisons",
            compared(in_definition(&by_workspace), "first", nothing.clone()),
        ),
        (
            "compare: alone",
            "/api/comparisons",
            compared(json!({ "kind": "plugin" }), &plugin, nothing.clone()),
        ),
        (
            "compare: folder",
            "/api/comparisons",
            compared(
                json!({ "kind": "plugin", "folder": outside }),
                "plugins/worker.wasm",
                nothing,
            ),
        ),
        (
            "compare: judge",
            "/api/comparisons",
            compared(in_definition(&inside), "first", judged),
        ),
    ];
    // A definition may only name a relative one.
    let can_be = |name: &str| !(name.ends_with("of the definition") && folder.starts_with('/'));
    named
        .into_iter()
        .filter(|(name, ..)| can_be(name))
        .map(|(name, address, body)| (name.to_owned(), (address.to_owned(), body)))
        .collect()
}

#[test]
fn over_tcp_nothing_is_named_outside_of_the_project_unless_the_operator_allows_it() {
    let (_provider, project) = project();
    let outside = outside(&project);
    let real = outside.path().display().to_string();
    let name = outside.path().file_name().unwrap().to_str().unwrap();
    let linked = project.join("linked").display().to_string();
    let upwards = format!("{}/../{name}", project.path().display());
    let forms = [
        (real.as_str(), real.clone()),
        (&linked, "linked".into()),
        (&upwards, format!("../{name}")),
    ];
    let seen = |folder: &str| {
        [
            format!("/api/plugin?uses={folder}/plugins/worker.wasm"),
            format!("/api/plugin?uses=plugins/worker.wasm&folder={folder}"),
        ]
    };
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);

    let serving = project.serve(&[]);
    for (outside, folder) in &forms {
        for (what, (address, body)) in requests(&project, outside, folder) {
            let answered = serving.post(&address, &body);
            assert_eq!(answered.status, 422, "{what} by {folder}: {answered:?}");
            assert!(
                answered.body.contains("allow-folder"),
                "{what} by {folder}: {answered:?}"
            );
        }
        for address in seen(outside) {
            let answered = serving.get(&address);
            assert_eq!(
                answered.json()["code"],
                "out-of-reach",
                "{address}: {answered:?}"
            );
        }
    }
    let lone = serving.get("/api/plugin?uses=linked.wasm");
    assert_eq!(lone.json()["code"], "out-of-reach", "{lone:?}");
    // Whether something lies out there isn't told, either.
    for path in ["/dev/zero", "/etc/passwd", "/nowhere", "/proc/self/environ"] {
        let answered = serving.get(&format!("/api/plugin?uses={path}"));
        assert_eq!(
            answered.json()["code"],
            "out-of-reach",
            "{path}: {answered:?}"
        );
    }
    for uses in [
        format!("builtin:../{name}/plugins/worker"),
        format!("builtin:{real}/plugins/worker"),
    ] {
        let answered = serving.get(&format!("/api/plugin?uses={uses}"));
        assert_eq!(answered.status, 422, "{uses}: {answered:?}");
    }
    let listed = serving.get("/api/definitions").json().to_string();
    assert!(
        listed.contains("flow.toml") && !listed.contains("linked"),
        "{listed}"
    );
    for linked in [
        "linked.toml",
        "linked/flow.toml",
        "../x.toml",
        &format!("{real}/flow.toml"),
    ] {
        let answered = serving.get(&format!("/api/definition?file={linked}"));
        assert_eq!(answered.status, 404, "{linked}: {answered:?}");
    }
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let started = serving.ask("POST", "/runs", &form, "definition=linked.toml");
    assert_eq!(started.status, 422, "{started:?}");
    assert_eq!(
        serving.get("/api/runs").json()["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    // Over the socket all is as before.
    let flow = outside.path().join("flow.toml");
    let _ = project
        .run(&["run", flow.to_str().unwrap(), "--workspace", &real])
        .exits_with(0);
    let component = format!("{real}/plugins/worker.wasm");
    let _ = project
        .run(&["plugin", "inspect", &component])
        .exits_with(0);
    // What such a run was begun with stays its own; another plugin gets nothing of its workspace.
    assert_eq!(serving.get("/api/runs/last").status, 200);
    let again = |body: &Value| serving.post("/api/runs/last/rerun?step=first", body);
    let other = again(&json!({ "plugin": project.join("plugins/worker.wasm") }));
    assert_eq!(other.json()["code"], "out-of-reach", "{other:?}");
    let restored = serving.post("/api/runs/last/files/restore", &json!({ "path": "x" }));
    assert_eq!(restored.status, 422, "{restored:?}");
    assert_eq!(again(&json!({})).status, 200);
    let _ = serving.terminate().exits_with(0);

    let serving = project.serve(&["--allow", &real]);
    for (outside, folder) in &forms {
        for (what, (address, body)) in requests(&project, outside, folder) {
            let _ = serving.at_rest("last");
            let answered = serving.post(&address, &body);
            let done = answered.status < 300 || answered.json()["code"] == "judge";
            assert!(done, "{what} by {folder}: {answered:?}");
        }
        for address in seen(outside) {
            assert_eq!(serving.get(&address).status, 200, "{address}");
        }
    }
    assert_eq!(serving.get("/api/definition?file=linked.toml").status, 200);
    let _ = project
        .run(&[
            "serve",
            "--allow",
            "nowhere",
            "--listen",
            "127.0.0.1:0",
            "--store",
            "other",
        ])
        .exits_with(4)
        .says(&["nowhere"]);
}

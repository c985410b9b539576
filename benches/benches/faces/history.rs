//! The history of a project: a comparison, and ten thousand runs that each asked a model once.

use serde_json::{Value, json};
use stepwell_benches::Connection;
use stepwell_benches::matrix::COMMAND;
use stepwell_tests::Project;

const RUNS: usize = 10_000;
const CLIENTS: usize = 8;

/// Compares in the project, and gives the comparison's id.
pub(crate) fn compared(project: &Project) -> String {
    let _ = project.run(&COMMAND).exits_with(0);
    let shown = ["comparison", "show", "--json"];
    let view = project.run(&shown).exits_with(0).json();
    view["id"].as_str().unwrap().to_owned()
}

/// Makes the runs, by a server that is gone when they are.
pub(crate) fn runs(project: &Project) {
    project.add_guest("nothing");
    let server = project.serve(&[]);
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let mut connection = Connection::open(&server.address, &server.token);
            scope.spawn(move || {
                for run in 0..RUNS / CLIENTS {
                    let text = format!(
                        "name = \"orders\"\n[[steps]]\nid = \"nothing\"\nuses = \"plugins/nothing.wasm\"\n\
                         inputs.ask = \"question {run} of {client}\"\n"
                    );
                    one(&mut connection, &json!({ "text": text, "file": project.join("flow.toml") }));
                }
            });
        }
    });
    assert_eq!(server.terminate().code, 0);
}

/// Starts a run, and waits for its end.
fn one(connection: &mut Connection, definition: &Value) {
    let request = json!({ "definition": definition }).to_string();
    let (status, answer) = connection.ask("POST", "/api/runs", &request);
    assert_eq!(status, 201, "{answer}");
    let run: Value = serde_json::from_str(&answer).unwrap();
    let run = run["id"].as_str().unwrap();
    let outcome = connection.get(&format!("/api/runs/{run}/outcome?wait=true"));
    assert!(outcome.contains("success"), "{outcome}");
}

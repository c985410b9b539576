//! Two thousand runs: listed, found, and one of them.

use serde_json::json;
use stepwell_tests::Project;

use crate::{pages, run, served};

const RUNS: usize = 2_000;
const CLIENTS: usize = 4;

pub(crate) fn measure(project: &Project) {
    project.add_guest("nothing");
    let server = project.serve(&[]);
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let mut connection = stepwell_benches::Connection::open(&server.address, &server.token);
            scope.spawn(move || {
                for number in (client..RUNS).step_by(CLIENTS) {
                    run(&mut connection, &request(project, number));
                }
            });
        }
    });
    assert_eq!(server.terminate().code, 0);

    let (server, mut connection) = served(project, "2,000 runs");
    let last = connection.get("/api/runs/last");
    let last: serde_json::Value = serde_json::from_str(&last).unwrap();
    let last = last["id"].as_str().unwrap();
    pages(
        &mut connection,
        &[
            ("first page of 2,000 runs", "/runs"),
            (
                "of them those with a word that 1 has",
                "/runs?search=order-1234",
            ),
            ("those with a word that none has", "/runs?search=nowhere"),
            ("those of a workflow of 20", "/runs?workflow=flow_7"),
            ("those that failed, which are none", "/runs?status=failure"),
            ("the same over the API", "/api/runs?status=failure"),
            ("one of them", &format!("/runs/{last}")),
            ("the form that starts one", "/runs/new"),
            ("the form that picks one to compare", "/comparisons/new"),
            ("the calls", "/calls"),
            ("the prompts", "/prompts"),
        ],
    );
    crate::resident("memory after these", server.id(), "–");
}

/// Such a run as a person starts: some hundred words, and each of a hundred workflows twenty times.
fn request(project: &Project, number: usize) -> serde_json::Value {
    let text = format!(
        "name = \"flow_{}\"\n[inputs]\nfeature = {{ description = \"What you want\" }}\n[[steps]]\nid = \"nothing\"\n\
         uses = \"plugins/nothing.wasm\"\ninputs.ask = \"{{{{ inputs.feature }}}}\"\n",
        number % 100
    );
    let feature = format!(
        "# Feature order-{number}\n\n{}",
        "They open the list, choose a month and press Export. ".repeat(20)
    );
    json!({
        "definition": { "text": text, "file": project.join("flow.toml") },
        "inputs": { "feature": feature },
    })
}

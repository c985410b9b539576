//! A run of 300 items, each with its call and two documents.

use serde_json::json;
use stepwell_benches::Connection;
use stepwell_tests::Project;

use crate::{pages, run, served};

pub(crate) fn measure(project: &Project) {
    project.add_guest("worker");
    let items: Vec<String> = (0..300).map(|item| format!("\"item {item}\"")).collect();
    let text = format!(
        "name = \"many\"\n[[steps]]\nid = \"list\"\nuses = \"plugins/worker.wasm\"\nsettings.items = [{}]\n\
         [[steps]]\nid = \"work\"\nuses = \"plugins/worker.wasm\"\nfor_each = \"steps.list.items\"\n\
         inputs.topic = \"{{{{ item }}}}\"\nsettings.calls = 1\n",
        items.join(", ")
    );
    let server = project.serve(&[]);
    let mut connection = Connection::open(&server.address, &server.token);
    let definition = json!({ "text": text, "file": project.join("flow.toml") });
    let run = run(&mut connection, &json!({ "definition": definition }));
    assert_eq!(server.terminate().code, 0);

    let (server, mut connection) = served(project, "a run of 300 items");
    pages(
        &mut connection,
        &[
            (
                "a run of 300 items and 602 documents",
                &format!("/runs/{run}"),
            ),
            ("its step of 300 items", &format!("/runs/{run}?step=work")),
            (
                "one of its items",
                &format!("/runs/{run}?step=work&of=work%5B250%5D"),
            ),
            (
                "a page of its documents",
                &format!("/runs/{run}/documents?step=work"),
            ),
            ("its calls", &format!("/calls?run={run}")),
            ("the same run over the API", &format!("/api/runs/{run}")),
        ],
    );
    crate::resident("memory after these", server.id(), "–");
}

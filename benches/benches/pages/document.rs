//! A document of 5 MB with an earlier revision.

use serde_json::json;
use stepwell_benches::Connection;
use stepwell_tests::Project;

use crate::{pages, run, served};

const LINES: usize = 55_000;

pub(crate) fn measure(project: &Project) {
    project.add_guest("worker");
    let text = "name = \"long\"\n[[steps]]\nid = \"work\"\nuses = \"plugins/worker.wasm\"\n";
    let server = project.serve(&[]);
    let mut connection = Connection::open(&server.address, &server.token);
    let definition = json!({ "text": text, "file": project.join("flow.toml") });
    let run = run(&mut connection, &json!({ "definition": definition }));
    for revision in [1, 2] {
        let path = format!("/api/runs/{run}/documents/result?step=work");
        let body = json!({ "text": document(revision) }).to_string();
        let (status, answer) = connection.ask("PUT", &path, &body);
        assert_eq!(status, 200, "{answer}");
    }
    assert_eq!(server.terminate().code, 0);

    let (server, mut connection) = served(project, "a document of 5 MB");
    let of = "step=work&name=result".to_owned();
    let document = format!("/runs/{run}/document?{of}");
    pages(
        &mut connection,
        &[
            (
                "the step with the document of 5 MB",
                &format!("/runs/{run}?step=work"),
            ),
            ("the document", &document),
            (
                "what differs from its revision before",
                &format!("{document}&against=2"),
            ),
            (
                "the same beside each other",
                &format!("{document}&against=2&diff=beside"),
            ),
            ("all of it", &format!("/runs/{run}/document/text?{of}")),
            ("its editor", &format!("{document}&correct=yes")),
        ],
    );
    crate::resident("memory after these", server.id(), "–");
}

/// Every thousandth line is another one in each revision.
fn document(revision: u32) -> String {
    let line = |number: usize| {
        let changed = if number.is_multiple_of(1_000) {
            revision
        } else {
            0
        };
        format!(
            "- **FR-{number}.{changed}** All orders of a month are exported, each with its date, its customer, its sum.\n"
        )
    };
    (0..LINES).map(line).collect()
}

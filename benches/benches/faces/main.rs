//! What a person waits for at the faces: a comparison in the terminal, prompts over HTTP, pages, events of a run, and looks through a workspace.
//! `cargo bench --package stepwell-benches --bench faces`.
//!
//! The program is the real one, in processes of its own. Figures are medians, and their aim stands beside them.

#![allow(
    clippy::unwrap_used,
    reason = "a benchmark can't go on without its material"
)]

mod answers;
mod history;
mod matrix;
mod pages;
mod prompts;
mod surveying;
mod watchers;

use stepwell_benches::{Connection, asked, resident, table};
use stepwell_tests::Project;

/// How much memory the server may take.
const AIM: &str = "40 MiB";

fn main() {
    table();
    // `cargo bench --package stepwell-benches --bench faces -- surveying` is that part alone, and so is `answers`.
    let is_wanted = |part: &str| asked().iter().any(|word| word == part);
    if is_wanted("surveying") {
        return surveying::measure();
    }
    if is_wanted("answers") {
        return answers::measure();
    }
    matrix::measure();
    answers::measure();
    surveying::measure();
    let provider = stepwell_benches::matrix::provider();
    let empty = Project::with_provider(&provider);
    let server = empty.serve(&[]);
    resident(
        "memory of `stepwell serve` in an empty project",
        server.id(),
        AIM,
    );
    drop(server);
    served();
}

/// What a server costs in a project with a history.
fn served() {
    let provider = stepwell_benches::matrix::provider();
    let project = stepwell_benches::matrix::project(&provider);
    let compared = history::compared(&project);
    history::runs(&project);
    let server = project.serve(&[]);
    resident("memory with 10,000 runs, after the start", server.id(), AIM);
    let mut connection = Connection::open(&server.address, &server.token);
    prompts::measure(&mut connection);
    pages::measure(&mut connection, &compared);
    resident("memory after these", server.id(), AIM);
    watchers::measure(&project, &provider, &server);
    resident("memory after the watchers have gone", server.id(), AIM);
}

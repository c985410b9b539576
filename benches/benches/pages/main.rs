//! The pages where much is kept: server time, bytes, and the server's memory, with 2,000 runs, a run of 300 items, a document
//! of 5 MB and a comparison of 2,000 cells. `cargo bench --package stepwell-benches --bench pages`.
//!
//! The program is the real one. A time goes from the request to the last byte of the answer, on a connection that stays.

#![allow(
    clippy::unwrap_used,
    reason = "a benchmark can't go on without its material"
)]

mod comparison;
mod document;
mod items;
mod runs;

use std::time::{Duration, Instant};

use stepwell_benches::{Connection, median, resident, row, shown, table};
use stepwell_tests::{Project, Provider, Serving};

const TIMES: usize = 15;

fn main() {
    table();
    let provider = stepwell_benches::matrix::provider();
    for measure in [runs::measure, items::measure, document::measure] {
        measure(&Project::with_provider(&provider));
    }
    comparison::measure(&provider);
}

/// A server, and a connection to it.
fn served(project: &Project, what: &str) -> (Serving, Connection) {
    let server = project.serve(&[]);
    resident(&format!("memory with {what}"), server.id(), "–");
    let connection = Connection::open(&server.address, &server.token);
    (server, connection)
}

/// A row for each page: how long the server takes for it, and how large it is.
fn pages(connection: &mut Connection, pages: &[(&str, &str)]) {
    for (what, path) in pages {
        let mut length = 0;
        let times = (0..TIMES).map(|_| {
            let start = Instant::now();
            length = connection.get(path).len();
            start.elapsed()
        });
        let time: Duration = median(times.collect());
        row(what, &format!("{}, {}", shown(time), size(length)), "–");
    }
}

fn size(bytes: usize) -> String {
    match bytes {
        ..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// Starts a run, and waits for its end.
fn run(connection: &mut Connection, request: &serde_json::Value) -> String {
    let (status, answer) = connection.ask("POST", "/api/runs", &request.to_string());
    assert_eq!(status, 201, "{answer}");
    let run: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let run = run["id"].as_str().unwrap().to_owned();
    let outcome = connection.get(&format!("/api/runs/{run}/outcome?wait=true"));
    assert!(outcome.contains("success"), "{outcome}");
    run
}

/// The provider of the matrix with another number of cases.
fn compared(provider: &Provider, cases: usize) -> Project {
    let project = stepwell_benches::matrix::project(provider);
    let cases = stepwell_benches::matrix::cases_of(cases);
    project.write("cases.json", &cases.to_string());
    project
}

//! Pages and listings of a project with a history, from the request to the last byte.

use std::time::Instant;

use serde_json::Value;
use stepwell_benches::{Connection, median, row, shown};

const TIMES: usize = 21;

pub(crate) fn measure(connection: &mut Connection, comparison: &str) {
    let listed: Value = serde_json::from_str(&connection.get("/api/runs?limit=1000")).unwrap();
    let far = listed["items"][999]["id"].as_str().unwrap().to_owned();
    let comparison = format!("/comparisons/{comparison}");
    for (what, path, aim) in [
        ("first page of the list of 10,000 runs", "/runs", "100 ms"),
        (
            "a page of it, 1,000 runs back",
            &format!("/runs?before={far}"),
            "100 ms",
        ),
        ("a run", &format!("/runs/{far}"), "100 ms"),
        ("a comparison of 200 cells", &comparison, "100 ms"),
        (
            "the same with a case opened",
            &format!("{comparison}?case=7"),
            "100 ms",
        ),
        ("list of 10,000 calls with totals", "/calls", "20 ms"),
        ("`/metrics` with 10,000 runs", "/metrics", "20 ms"),
    ] {
        let mut length = 0;
        let mut times = Vec::new();
        for _ in 0..TIMES {
            let start = Instant::now();
            length = connection.get(path).len();
            times.push(start.elapsed());
        }
        row(
            &format!("{what} ({} KiB)", length / 1024),
            &shown(median(times)),
            aim,
        );
    }
}

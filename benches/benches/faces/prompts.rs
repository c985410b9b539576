//! Writing and reading versions of a prompt over HTTP, on one connection.

use std::time::Instant;

use serde_json::json;
use stepwell_benches::{Connection, median, row, shown};

const TIMES: usize = 1000;

pub(crate) fn measure(connection: &mut Connection) {
    let (mut written, mut read) = (Vec::new(), Vec::new());
    for number in 1..=TIMES {
        let content = format!("Write a poem of {number} lines.\n\n{{{{ topic }}}}\n");
        let body = json!({ "name": "measured", "content": content }).to_string();
        let start = Instant::now();
        let (status, answer) = connection.ask("POST", "/api/prompts", &body);
        written.push(start.elapsed());
        assert_eq!(status, 201, "{answer}");
        let path = format!("/api/prompts/measured/versions/{number}");
        let start = Instant::now();
        let version = connection.get(&path);
        read.push(start.elapsed());
        assert!(version.contains("Write a poem"), "{version}");
    }
    let what = "writing a version of a prompt over HTTP, durable";
    row(what, &shown(median(written)), "1 ms");
    let what = "reading a version of a prompt over HTTP";
    row(what, &shown(median(read)), "0.2 ms");
}

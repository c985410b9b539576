//! Makes the project of the matrix and answers its requests until its standard input ends, for whoever measures from
//! outside: `cargo run --release --package stepwell-benches --example matrix`.

#![allow(clippy::print_stdout, reason = "it says where everything is")]

use std::io::Read as _;

use stepwell_benches::matrix;

fn main() -> std::io::Result<()> {
    let provider = matrix::provider();
    let project = matrix::project(&provider);
    let place = serde_json::json!({
        "url": provider.url(),
        "project": project.path(),
        "command": matrix::COMMAND,
        "versions": matrix::VERSIONS,
        "own_seconds": matrix::own_time(&provider).as_secs_f64(),
    });
    println!("{place}");
    std::io::stdin().read_to_end(&mut Vec::new()).map(drop)
}

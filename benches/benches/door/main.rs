//! What the door to the models adds to a call: `cargo bench --package stepwell-benches --bench door`.
//!
//! A call through it is made durable before it is sent and before its answer is handed on. Beside it stands the same request by a
//! client of reqwest alone, in turns with it. The provider is a process of its own that answers at once, so that what is measured
//! is neither's. The sandbox has no part in it: a step is a function here. `plain`, `stream`, `crowd` or `memory` is one part
//! alone.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark prints what it measured, and can't go on without its material"
)]

mod bare;
mod crowd;
mod memory;
mod one_by_one;
mod process;
mod provider;
mod step;

use stepwell_benches::{asked, table};

fn main() {
    let words = asked();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [provider::WORD] => return provider::serve(),
        [memory::WORD, how, address] => return memory::held(how, address),
        _ => {}
    }
    let provider = provider::Process::start();
    let is_wanted = |part: &str| words.is_empty() || words.iter().any(|word| word == part);
    table();
    if is_wanted("plain") {
        runtime().block_on(one_by_one::plain(&provider));
    }
    if is_wanted("stream") {
        runtime().block_on(one_by_one::stream(&provider));
    }
    if is_wanted("crowd") {
        runtime().block_on(crowd::measure(&provider));
    }
    if is_wanted(memory::WORD) {
        memory::measure(&provider);
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

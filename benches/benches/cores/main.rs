//! What a second core is worth: executions that do nothing, by one task, by two on two threads, and by 64 on two threads.
//!
//! They are carried out in turns, so that a ratio is of one machine at one time: `cargo bench --package stepwell-benches --bench cores`.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark prints what it measured, and can't go on without its material"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use stepwell_benches::{Loaded, Quiet, median, row, shown, table};
use stepwell_sandbox::{Sandbox, SandboxSettings};
use stepwell_tests::guest;

const ROUNDS: usize = 15;
const EXECUTIONS: u32 = 6_400;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(cores());
}

async fn cores() {
    let cache = tempfile::tempdir().unwrap();
    let settings = SandboxSettings {
        cache_folder: Some(cache.path().to_owned()),
        ..SandboxSettings::default()
    };
    let sandbox = Arc::new(Sandbox::new(settings).unwrap());
    let component: Arc<[u8]> = std::fs::read(guest("nothing")).unwrap().into();
    let step = Loaded::new(sandbox, &component, Arc::new(Quiet::default())).await;
    // As often as it takes until every place of the pool that is used was used.
    each(&step, 64).await;

    let (mut alone, mut two, mut crowd) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(each(&step, 1).await);
        two.push(each(&step, 2).await);
        crowd.push(each(&step, 64).await);
    }
    let ratio = |many: &[Duration], few: &[Duration]| {
        let pairs = many.iter().zip(few);
        let mut ratios: Vec<f64> = pairs
            .map(|(many, few)| few.as_secs_f64() / many.as_secs_f64())
            .collect();
        ratios.sort_by(f64::total_cmp);
        format!("{:.2} ×", ratios[ratios.len() / 2])
    };
    table();
    row(
        "two tasks on two threads, against one",
        &ratio(&two, &alone),
        "1.8 ×",
    );
    row(
        "64 tasks on two threads, against two",
        &ratio(&crowd, &two),
        "1 ×",
    );
    row("an execution, one task", &shown(median(alone)), "25 µs");
    row("the same by two tasks, each", &shown(median(two)), "–");
    row("the same by 64 tasks, each", &shown(median(crowd)), "–");
}

/// How long one execution takes of the whole time, where so many tasks share them.
async fn each(step: &Loaded, tasks: u32) -> Duration {
    let start = Instant::now();
    let tasks: Vec<_> = (0..tasks)
        .map(|_| {
            let step = step.clone();
            tokio::spawn(async move {
                for _ in 0..EXECUTIONS / tasks {
                    step.execute(vec![]).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    start.elapsed() / EXECUTIONS
}

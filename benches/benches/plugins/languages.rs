//! The same step in each language: what it takes to load it and to carry it out.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use stepwell_benches::{Loaded, Quiet, median, shown};
use stepwell_contract::Text;

use crate::{load, sandbox};

/// So often each is compiled, loaded from the cache, and carried out.
const COMPILED: usize = 3;
const LOADED: usize = 15;
const EXECUTED: usize = 300;

/// A component with what was measured of it.
struct Measured {
    language: String,
    component: Arc<[u8]>,
    cold: Vec<Duration>,
    cached: Vec<Duration>,
    executions: Vec<Duration>,
    /// For a second, on two cores.
    rate: f64,
}

pub(crate) async fn measure(languages: &[(String, String)]) {
    let kept = tempfile::tempdir().unwrap();
    let mut all: Vec<Measured> = languages
        .iter()
        .map(|(language, path)| Measured {
            language: language.clone(),
            component: fs::read(path).unwrap().into(),
            cold: Vec::new(),
            cached: Vec::new(),
            executions: Vec::new(),
            rate: 0.0,
        })
        .collect();
    for _ in 0..COMPILED {
        for it in &mut all {
            let fresh = tempfile::tempdir().unwrap();
            it.cold.push(load(fresh.path(), &it.component).await);
        }
    }
    let sandbox = sandbox(kept.path());
    let mut steps = Vec::new();
    for it in &all {
        let host = Arc::new(Quiet::answering("- Reading is twice as fast."));
        steps.push(Loaded::new(Arc::clone(&sandbox), &it.component, host).await);
    }
    for _ in 0..LOADED {
        for it in &mut all {
            it.cached.push(load(kept.path(), &it.component).await);
        }
    }
    for _ in 0..EXECUTED {
        for (it, step) in all.iter_mut().zip(&steps) {
            let begun = Instant::now();
            step.execute(inputs()).await;
            it.executions.push(begun.elapsed());
        }
    }
    for (it, step) in all.iter_mut().zip(&steps) {
        it.rate = rate(step, median(it.executions.clone())).await;
    }
    table(all);
}

fn inputs() -> Vec<Text> {
    vec![Text::new("changes", "faster reading")]
}

/// How many are carried out in a second by two at once, in about two seconds.
async fn rate(step: &Loaded, one: Duration) -> f64 {
    let count = (2.0 / one.as_secs_f64()).clamp(20.0, 50_000.0) as u32;
    let begun = Instant::now();
    let tasks: Vec<_> = (0..2)
        .map(|_| {
            let step = step.clone();
            tokio::spawn(async move {
                for _ in 0..count {
                    step.execute(inputs()).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    f64::from(2 * count) / begun.elapsed().as_secs_f64()
}

fn table(all: Vec<Measured>) {
    println!(
        "| language | component | compiled and described | loaded from the cache | carried out | at two at a time |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    for it in all {
        println!(
            "| {} | {:.2} MB | {} | {} | {} | {:.0}/s |",
            it.language,
            it.component.len() as f64 / 1e6,
            shown(median(it.cold)),
            shown(median(it.cached)),
            shown(median(it.executions)),
            it.rate,
        );
    }
}

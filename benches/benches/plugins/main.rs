//! What a plugin costs before and while it works, by language and beside other ways of running somebody else's code:
//! `benches/plugins/measure.py DIR`, which builds what is measured and names it here.
//!
//! `LANGUAGE=FILE` is a component of the project that `stepwell plugin new` writes; `beside=FOLDER` is where the programs of
//! `benches/beside/extism` were built.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark prints what it measured, and can't go on without its material"
)]

mod beside;
mod languages;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use stepwell_benches::asked;
use stepwell_sandbox::{Sandbox, SandboxSettings};

/// The word before the folder of what is measured beside.
const BESIDE: &str = "beside";

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let words: Vec<(String, String)> = asked()
        .into_iter()
        .filter_map(|word| {
            let (name, path) = word.split_once('=')?;
            Some((name.to_owned(), path.to_owned()))
        })
        .collect();
    let (beside, languages): (Vec<_>, Vec<_>) =
        words.into_iter().partition(|(name, _)| name == BESIDE);
    if languages.is_empty() && beside.is_empty() {
        println!("benches/plugins/measure.py builds what is measured, and names it");
    }
    if !languages.is_empty() {
        runtime.block_on(languages::measure(&languages));
    }
    for (_, folder) in beside {
        runtime.block_on(beside::measure(Path::new(&folder)));
    }
}

/// A sandbox whose compiled plugins are kept in a folder.
fn sandbox(cache: &Path) -> Arc<Sandbox> {
    let settings = SandboxSettings {
        cache_folder: Some(cache.to_owned()),
        ..SandboxSettings::default()
    };
    Arc::new(Sandbox::new(settings).unwrap())
}

/// How long it takes to load a component in a sandbox that has just been made.
async fn load(cache: &Path, component: &Arc<[u8]>) -> Duration {
    use stepwell_contract::StepRunner as _;

    let sandbox = sandbox(cache);
    let begun = Instant::now();
    sandbox.load(Arc::clone(component)).await.unwrap();
    begun.elapsed()
}

//! What calls in flight take of memory: each way in a process of its own, since what was freed stays with a process.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use stepwell_benches::{mebibytes, row};

use crate::bare::Bare;
use crate::provider::{self, Process};
use crate::step::{drive, engine, request, start};

/// What such a process is started with.
pub(crate) const WORD: &str = "memory";
const CALLS: usize = 1000;

pub(crate) fn measure(provider: &Process) {
    for (how, what) in [
        ("bare", "by reqwest alone"),
        ("step", "of one step, which asks them all at once"),
        ("runs", "of as many runs"),
    ] {
        let told = Command::new(std::env::current_exe().unwrap())
            .args([WORD, how, &provider.address])
            .output()
            .unwrap();
        assert!(
            told.status.success(),
            "{}",
            String::from_utf8_lossy(&told.stderr)
        );
        let measured = String::from_utf8(told.stdout).unwrap();
        row(
            &format!("memory of {CALLS} calls in flight, {what}"),
            measured.trim(),
            "–",
        );
        let start = Instant::now();
        while provider::held(&provider.address) > 0 {
            std::thread::sleep(Duration::from_millis(10));
            assert!(start.elapsed() < Duration::from_secs(30), "they are gone");
        }
    }
}

/// Holds so many calls in flight, prints what they take, and ends.
pub(crate) fn held(how: &str, address: &str) {
    let runtime = crate::runtime();
    let folder = tempfile::tempdir().unwrap();
    let before = match how {
        "bare" => runtime.block_on(bare(address)),
        "step" => runtime.block_on(step(address, folder.path())),
        _ => runtime.block_on(runs(address, folder.path())),
    };
    let start = Instant::now();
    while provider::held(address) < CALLS {
        std::thread::sleep(Duration::from_millis(10));
        assert!(start.elapsed() < Duration::from_secs(60), "all are sent");
    }
    std::thread::sleep(Duration::from_millis(500));
    let taken = resident() - before;
    println!(
        "{taken:.0} MiB ({:.0} KiB each)",
        taken * 1024.0 / CALLS as f64
    );
    runtime.shutdown_background();
}

fn resident() -> f64 {
    mebibytes(std::process::id(), "VmRSS")
}

async fn bare(address: &str) -> f64 {
    Bare::to(address, "plain").ask(0).await;
    let bare = Bare::to(address, "silent");
    let before = resident();
    for number in 0..CALLS {
        let bare = bare.clone();
        tokio::spawn(async move { bare.ask(number).await });
    }
    before
}

async fn step(address: &str, folder: &std::path::Path) -> f64 {
    warm_up(address).await;
    let engine = engine(folder, (address, "silent"), |host| {
        Box::pin(async move {
            let _ = host.complete_all((0..CALLS).map(request).collect()).await;
        })
    });
    let run = start(&engine).await;
    let before = resident();
    tokio::spawn(async move { drive(&engine, run).await });
    before
}

async fn runs(address: &str, folder: &std::path::Path) -> f64 {
    warm_up(address).await;
    let number = AtomicUsize::new(0);
    let engine = engine(folder, (address, "silent"), move |host| {
        let number = number.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            let _ = host.complete(request(number)).await;
        })
    });
    let mut runs = Vec::new();
    for _ in 0..CALLS {
        runs.push(start(&engine).await);
    }
    let before = resident();
    for run in runs {
        let engine = engine.clone();
        tokio::spawn(async move { drive(&engine, run).await });
    }
    before
}

/// A call that is answered, so that what is made once is made.
async fn warm_up(address: &str) {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path(), (address, "plain"), |host| {
        Box::pin(async move { crate::step::ask(&host, 0).await })
    });
    let run = start(&engine).await;
    drive(&engine, run).await;
}

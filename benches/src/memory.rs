//! What a process holds in memory.

use std::time::Duration;

use crate::row;

/// A row with the resident memory of a process that has come to rest.
pub fn resident(what: &str, process: u32, aim: &str) {
    std::thread::sleep(Duration::from_millis(1500));
    row(
        what,
        &format!("{:.1} MiB", mebibytes(process, "VmRSS")),
        aim,
    );
}

/// A figure of a process, such as `VmRSS` (now) or `VmHWM` (the most so far).
#[must_use]
pub fn mebibytes(process: u32, figure: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with(figure))
        .unwrap();
    let kibibytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kibibytes / 1024.0
}

//! The machine that a benchmark ran on, as far as it decides what came out.

use std::fs;
use std::io::Write as _;
use std::time::Instant;

use crate::figures::{median, shown};

/// How often a file is written through to the disk, to find out what that takes.
const WRITES: usize = 51;

/// A line that says it: processor, kernel, what it takes until the disk has something, and the day.
pub(crate) fn described() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processor
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or(std::env::consts::ARCH, |(_, model)| model.trim());
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel = match kernel.trim() {
        "" => std::env::consts::OS.to_owned(),
        release => format!("{} {release}", std::env::consts::OS),
    };
    let day = jiff::Zoned::now().date();
    format!(
        "{cores} cores of {model}, {kernel}, `fdatasync` {}, {day}",
        written_through()
    )
}

/// What it takes until the disk has 4 KiB more, where the stores of the benchmarks lie.
fn written_through() -> String {
    let times = || {
        let mut file = tempfile::tempfile()?;
        let mut times = Vec::new();
        for _ in 0..WRITES {
            file.write_all(&[7; 4096])?;
            let start = Instant::now();
            file.sync_data()?;
            times.push(start.elapsed());
        }
        std::io::Result::Ok(times)
    };
    times().map_or_else(
        |error| format!("unknown ({error})"),
        |times| shown(median(times)),
    )
}

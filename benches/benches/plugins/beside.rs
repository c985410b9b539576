//! The same work as a step, as a module of Extism and as a process, one of each in turns.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use stepwell_benches::{Loaded, Quiet, median, shown};
use stepwell_contract::Text;

use crate::{load, sandbox};

const LOADED: usize = 15;
const EXECUTED: usize = 1000;
const LINES: usize = 64;

/// What a row is of: the times of the step, of the module and of the process.
type Times = [Vec<Duration>; 3];

pub(crate) async fn measure(built: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("changes.txt");
    fs::write(&input, changes()).unwrap();
    let component = built.join("wasm32-wasip2/small/measured_step.wasm");
    let module = built.join("wasm32-unknown-unknown/small/measured_module.wasm");
    let process = built.join("small/measured-process");
    let mut extism = Extism::start(
        &built.join("release/measured-host"),
        &module,
        &input,
        folder.path(),
    );
    println!("\n| | Stepwell | Extism | a process |\n| --- | --- | --- | --- |");
    let sizes = [&component, &module, &process].map(|file| fs::metadata(file).unwrap().len());
    let [step, module, process_size] = sizes.map(|bytes| format!("{:.0} kB", bytes as f64 / 1e3));
    println!("| size | {step} | {module} | {process_size} |");

    let component: Arc<[u8]> = fs::read(component).unwrap().into();
    loading(&component, &mut extism).await;
    let cache = tempfile::tempdir().unwrap();
    let step = Loaded::new(
        sandbox(cache.path()),
        &component,
        Arc::new(Quiet::default()),
    )
    .await;
    carrying_out(&step, &mut extism, &process).await;
}

async fn loading(component: &Arc<[u8]>, extism: &mut Extism) {
    let kept = tempfile::tempdir().unwrap();
    load(kept.path(), component).await;
    let (mut cold, mut cached) = (Times::default(), Times::default());
    for _ in 0..LOADED {
        let fresh = tempfile::tempdir().unwrap();
        cold[0].push(load(fresh.path(), component).await);
        cold[1].push(extism.does("cold", 0));
        cached[0].push(load(kept.path(), component).await);
        cached[1].push(extism.does("cached", 0));
    }
    row("compiled", cold);
    row("loaded from the cache", cached);
}

async fn carrying_out(step: &Loaded, extism: &mut Extism, process: &Path) {
    let expected = step.execute(inputs()).await[0].value.clone();
    assert_eq!(expected.lines().count(), LINES / 2);
    let mut times = Times::default();
    let mut kept = Vec::new();
    for _ in 0..EXECUTED {
        let begun = Instant::now();
        let documents = step.execute(inputs()).await;
        times[0].push(begun.elapsed());
        assert_eq!(documents[0].value, expected);
        times[1].push(extism.does("new", expected.len()));
        kept.push(extism.does("kept", expected.len()));
        let begun = Instant::now();
        let said = by_process(process);
        times[2].push(begun.elapsed());
        assert_eq!(said, expected);
    }
    row("carried out, in a room of its own each time", times);
    println!(
        "| carried out, in the same room as before | – | {} | – |",
        shown(median(kept))
    );
}

fn row(what: &str, times: Times) {
    let mut line = format!("| {what}");
    for times in times {
        let told = if times.is_empty() {
            "–".to_owned()
        } else {
            shown(median(times))
        };
        write!(line, " | {told}").unwrap();
    }
    println!("{line} |");
}

/// Some 4 kB, half of whose lines stand twice.
fn changes() -> String {
    let line = |at: usize| {
        format!(
            "Change {:02}: reading is faster, and what was read is kept until it is asked for\n",
            at / 2
        )
    };
    (0..LINES).map(line).collect()
}

fn inputs() -> Vec<Text> {
    vec![Text::new("changes", changes())]
}

fn by_process(program: &Path) -> String {
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(changes().as_bytes())
        .unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

/// Extism's host, a process that says how long each thing took it.
struct Extism {
    child: Child,
    asks: ChildStdin,
    says: BufReader<ChildStdout>,
}

impl Extism {
    fn start(program: &Path, module: &Path, input: &Path, folder: &Path) -> Self {
        let mut child = Command::new(program)
            .args([module, input, folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            asks: child.stdin.take().unwrap(),
            says: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    /// Does a thing once, which is to give a text of this length.
    fn does(&mut self, word: &str, length: usize) -> Duration {
        writeln!(self.asks, "{word}").unwrap();
        let mut line = String::new();
        self.says.read_line(&mut line).unwrap();
        let (took, said) = line.trim_end().split_once(' ').unwrap();
        assert_eq!(said.parse::<usize>().unwrap(), length, "{word}");
        Duration::from_nanos(took.parse().unwrap())
    }
}

impl Drop for Extism {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

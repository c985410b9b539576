//! What it takes to look through a workspace: the step `survey`, and a search by a step, of 200, 1,000 and 5,000 files; beside `rg`, where
//! it is installed.
//!
//! The time is that of the whole command, from its start to its end.

use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use stepwell_benches::{median, row, shown};
use stepwell_tests::{Project, Provider};

const SURVEY: &str = "name = \"look\"\n[[steps]]\nid = \"look\"\nuses = \"builtin:survey\"\n\
    inputs.request = \"Export the notes of a month\"\ngrants.workspace = \"read\"\n";

/// A step that searches twice, before its calls and at its end; the second is answered by the first one's memo.
fn search() -> String {
    format!(
        "name = \"look\"\n[[steps]]\nid = \"look\"\nuses = \"plugins/worker.wasm\"\n\
         settings.search = '{PATTERN}'\ngrants.workspace = \"read\"\n"
    )
}

const NOTHING: &str = "name = \"look\"\n[[steps]]\nid = \"look\"\nuses = \"plugins/worker.wasm\"\n";

/// What is searched for, by the step and by `rg`.
const PATTERN: &str = r"^\s*def \w*_42_\w*\(";

/// How often each is measured, in turns.
const TIMES: usize = 9;

pub(crate) fn measure() {
    let has_rg = Command::new("rg")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    for files in [200, 1_000, 5_000] {
        let project = workspace(files);
        let mut looks = vec![
            Look::new(
                format!("`stepwell run` of a step that does nothing, beside {files} files"),
                || run(&project, NOTHING),
            ),
            Look::new(format!("`survey` of {files} files"), || {
                run(&project, SURVEY)
            })
            .aims(if files == 5_000 { "2 s" } else { "–" }),
            Look::new(format!("a search over {files} files"), || {
                run(&project, &search())
            }),
        ];
        if has_rg {
            looks.push(Look::new(format!("`rg` over {files} files"), || {
                rg(&project, &[])
            }));
            looks.push(Look::new(
                format!("`rg` over {files} files, in one thread"),
                || rg(&project, &["--threads", "1"]),
            ));
        }
        in_turns(&mut looks);
        for look in looks {
            row(&look.what, &shown(median(look.times)), look.aim);
        }
    }
}

/// What is measured, and the times that it took.
struct Look<'a> {
    what: String,
    aim: &'static str,
    once: Box<dyn Fn() -> Duration + 'a>,
    times: Vec<Duration>,
}

impl<'a> Look<'a> {
    fn new(what: String, once: impl Fn() -> Duration + 'a) -> Self {
        Self {
            what,
            aim: "–",
            once: Box::new(once),
            times: Vec::new(),
        }
    }

    fn aims(mut self, aim: &'static str) -> Self {
        self.aim = aim;
        self
    }
}

/// Each once, again and again: whatever else the machine does meanwhile slows all of them.
fn in_turns(looks: &mut [Look<'_>]) {
    for turn in 0..=TIMES {
        for look in &mut *looks {
            let took = (look.once)();
            // The first one compiles the component, and reads the files from the disk.
            if turn > 0 {
                look.times.push(took);
            }
        }
    }
}

/// A search by `rg`, which prints what the step is told.
fn rg(project: &Project, more: &[&str]) -> Duration {
    let begin = Instant::now();
    let status = Command::new("rg")
        .args(more)
        .args(["--line-number", PATTERN])
        .current_dir(project.path())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    // 1 says that nothing was found.
    assert!(matches!(status.code(), Some(0 | 1)));
    begin.elapsed()
}

/// A project with so many modules, of some 2 kB each, which refer to each other.
fn workspace(files: usize) -> Project {
    let project = Project::of_worker(&Provider::echo(), NOTHING);
    for number in 0..files {
        let mut text = format!(
            "from package.part_{} import Store_{}\n",
            number / 7 % 50,
            number / 7
        );
        for function in 0..12 {
            let _ = write!(
                text,
                "\n\ndef make_{number}_{function}(notes: list[str], most: int = 3) -> dict[str, int]:\n    \
                 \"\"\"Gives what notes have.\"\"\"\n    found = {{}}\n    for note in notes[:most]:\n        \
                 found[note] = found.get(note, 0) + len(note) * {function}\n    return found\n"
            );
        }
        let _ = write!(
            text,
            "\n\nclass Store_{number}:\n    def add(self, note: str) -> None:\n        self.notes.append(note)\n"
        );
        project.write(
            &format!("src/package/part_{}/module_{number}.py", number % 50),
            &text,
        );
    }
    project
}

fn run(project: &Project, definition: &str) -> Duration {
    project.write("flow.toml", definition);
    let begin = Instant::now();
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    begin.elapsed()
}

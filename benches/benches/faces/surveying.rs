//! What it takes to look through a workspace: the step `survey`, and a search by a step, of 200, 1,000 and 5,000 files.
//!
//! The time is that of the whole command, from its start to its end.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use stepwell_benches::{median, row, shown};
use stepwell_tests::{Project, Provider};

const SURVEY: &str = "name = \"look\"\n[[steps]]\nid = \"look\"\nuses = \"builtin:survey\"\n\
    inputs.request = \"Export the notes of a month\"\ngrants.workspace = \"read\"\n";

/// Twice, before its calls and at its end; the second is answered by the first one's memo.
const SEARCH: &str = "name = \"look\"\n[[steps]]\nid = \"look\"\nuses = \"plugins/worker.wasm\"\n\
    settings.search = '^\\s*def \\w*_42_\\w*\\('\ngrants.workspace = \"read\"\n";

const NOTHING: &str = "name = \"look\"\n[[steps]]\nid = \"look\"\nuses = \"plugins/worker.wasm\"\n";

pub(crate) fn measure() {
    for files in [200, 1_000, 5_000] {
        let project = workspace(files);
        let nothing = run(&project, NOTHING);
        row(
            &format!("`stepwell run` of a step that does nothing, beside {files} files"),
            &shown(nothing),
            "–",
        );
        let aim = if files == 5_000 { "2 s" } else { "–" };
        let survey = run(&project, SURVEY);
        row(&format!("`survey` of {files} files"), &shown(survey), aim);
        let search = run(&project, SEARCH);
        row(&format!("a search over {files} files"), &shown(search), "–");
    }
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
    let once = || {
        let begin = Instant::now();
        let _ = project.run(&["run", "flow.toml"]).exits_with(0);
        begin.elapsed()
    };
    // The first one compiles the component.
    once();
    median((0..5).map(|_| once()).collect())
}

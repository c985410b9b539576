//! Reading an answer of 5 MB, by the command: from the start of the process to its end, beside the same with a short answer.

use std::time::{Duration, Instant};

use stepwell_benches::{median, row, shown};
use stepwell_tests::{Project, Provider, Reply};

const TIMES: usize = 7;
const LONG: usize = 5_000_000;

/// A document in a frame and a file in a fence: the two ways in which steps read answers.
const FLOW: &str = r##"
name = "long"
[[steps]]
id = "document"
uses = "builtin:refine"
inputs.requirement = "# Export of orders"
[[steps]]
id = "file"
uses = "builtin:code"
inputs.subtask = "{\"title\": \"Words\", \"description\": \"Write words.py.\", \"files\": [\"words.py\"]}"
inputs.design = "One module, words.py."
grants.workspace = "write"
"##;

pub(crate) fn measure() {
    for (step, answer) in [
        ("document", document as fn(usize) -> String),
        ("file", file),
    ] {
        let (long, short) = (times(step, &answer(LONG)), times(step, &answer(1_000)));
        let what = format!("a step whose answer is a {step} of 5 MB");
        row(&what, &shown(long), "–");
        row("the same of 1 kB", &shown(short), "–");
    }
}

/// The median of some runs of a step, with this for an answer.
fn times(step: &str, answer: &str) -> Duration {
    let text = answer.to_owned();
    let provider = Provider::start(move |_, _| Reply::Text(text.clone()));
    let project = Project::with_provider(&provider);
    project.write("flow.toml", FLOW);
    let run = ["step", "run", step, "--in", "flow.toml"];
    // The first one may compile the step.
    let _ = project.run(&run).exits_with(0);
    let taken = (0..TIMES).map(|_| {
        // One that is there and too long to be shown isn't replaced.
        let _ = std::fs::remove_file(project.join("words.py"));
        let start = Instant::now();
        let ended = project.run(&run);
        let taken = start.elapsed();
        let _ = ended.exits_with(0);
        taken
    });
    median(taken.collect())
}

fn document(bytes: usize) -> String {
    let line = "- **FR-1** All orders of a month are exported, each with its date, its customer and its sum.\n";
    format!(
        "<document>\n# Export of orders\n\n## 1 Overview\n\n### 1.1 Background\n\nOrders are counted by hand.\n\n### 1.2 User persona\n\n\
         An accountant.\n\n### 1.3 User journey\n\nThey press Export.\n\n## 2 Requirements\n\n### 2.1 Functional requirements\n\n{}</document>\n",
        line.repeat(bytes / line.len())
    )
}

fn file(bytes: usize) -> String {
    let line = "    \"a line of some words, as they stand in a table of words\",\n";
    format!(
        "### FILE: words.py\n```python\nWORDS = [\n{}]\n```\n",
        line.repeat(bytes / line.len())
    )
}

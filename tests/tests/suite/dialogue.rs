//! The dialogue about a requirement, from outside: at a terminal, by the API's view of a run, and where nobody is there.

use stepwell_tests::Project;

use crate::terminal::Terminal;

const FLOW: &str = r#"
name = "asked"
[inputs]
feature = { description = "What you want" }
[[steps]]
id = "requirement"
uses = "builtin:requirement"
inputs.feature = "{{ inputs.feature }}"
settings.rounds = 2
"#;

const FEATURE: &str = "feature=A report of my expenses for each month that says which category has cost more than it may";

/// A model that always finds one thing more.
const ANSWERS: &str = r##"stepwell-cassette 1
match = "sequence"
default-model = "default"

Written by hand for the test.

=== call requirement #1

{"questions": [{"key": "currency", "question": "Which currency are the amounts of the report in, and may a ledger hold several of them?", "choices": ["one", "several"], "suggested": "one"}]}

=== call requirement #2

DRAFT

=== call requirement #3

{"questions": [{"key": "refunds", "question": "Do refunds count?"}]}

=== call requirement #4

DRAFT

=== call requirement #5

{"questions": [{"key": "year", "question": "Which year is meant?"}]}

=== end
"##;

const DRAFT: &str = "\
# Expenses

## 1 Overview

### 1.1 Background

People keep their expenses in a file and want to know at the end of each month what they have spent, and on what they spent it.

### 1.2 User persona

Ada.

### 1.3 User journey

1. She runs it.

## 2 Requirements

### 2.1 Functional requirements

- **FR-1** It reports.
";

fn project() -> Project {
    let project = Project::new();
    project.write("flow.toml", FLOW);
    project.write("answers.cassette", &ANSWERS.replace("DRAFT", DRAFT));
    project
}

const RUN: [&str; 6] = [
    "run",
    "flow.toml",
    "--replay",
    "answers.cassette",
    "--input",
    FEATURE,
];

/// Of the drawing of a run, and of what is told while plugins are made ready, nothing is left above a form.
#[track_caller]
fn assert_no_drawing(text: &str) {
    for line in text.lines() {
        let drawn = [
            "⠋",
            "⠙",
            "⠹",
            "⠸",
            "⠼",
            "⠴",
            "⠦",
            "⠧",
            "⠇",
            "⠏",
            "▸",
            "? requirement",
        ];
        let told = ["asks model", "compiling ", "preparing "];
        let is_drawn = drawn.iter().any(|mark| line.trim_start().starts_with(mark));
        assert!(
            !is_drawn && !told.iter().any(|told| line.contains(told)),
            "{text}"
        );
    }
}

#[test]
fn at_a_terminal_each_form_stands_alone_and_breaks_at_words() {
    let project = project();
    let mut terminal = Terminal::start_of_width(&project, 50, &RUN);
    terminal.shows("(1 of 2)").shows("> ");
    let text = terminal.picture().join("\n");
    let (_, form) = text.split_once("requirement asks:").unwrap();
    for line in form.lines() {
        assert!(line.chars().count() <= 50, "{line}");
    }
    assert!(
        text.contains("(1 of 2) Which currency are the amounts of the\n  report in, and may a ledger hold several of\n  them?"),
        "{text}"
    );
    assert!(
        text.contains("  > A report of my expenses for each month that\n  > says which"),
        "{text}"
    );
    assert!(text.contains("Ctrl-D"), "{text}");
    assert_no_drawing(&text);

    terminal.types("").shows("(2 of 2)").shows("> ").types("");
    terminal
        .shows("leaves these open")
        .shows("Do refunds count?")
        .shows("> ");
    let both = terminal.picture().join("\n");
    let (_, second) = both.split_once("The draft leaves these open").unwrap();
    assert!(
        second.contains("People keep their expenses in a file and want to\n  know"),
        "{second}"
    );
    assert!(
        !second.contains("A report of my expenses") && !second.contains("Ctrl-D"),
        "{second}"
    );
    assert_no_drawing(&both);
    terminal.types("no");
    let (rest, code) = terminal.ends();
    assert_eq!(code, 0, "{rest}");
    assert!(
        rest.contains("still open") && rest.contains("Which year is meant?"),
        "{rest}"
    );
    let document = project.document("requirement", "requirement");
    assert_eq!(
        document,
        format!("{DRAFT}\n## 4 Open points\n\n- Which year is meant?\n")
    );
}

#[test]
fn a_long_draft_is_shown_when_it_is_asked_for() {
    let project = project();
    let long = DRAFT.replace("Ada.", &"Somebody else, too.\n\n".repeat(300));
    project.write("answers.cassette", &ANSWERS.replace("DRAFT", &long));
    let mut terminal = Terminal::start_of_width(&project, 60, &RUN);
    terminal.shows("(1 of 2)").shows("> ").types("");
    terminal.shows("(2 of 2)").shows("> ").types("");
    terminal.shows("Do refunds count?").shows("> ");
    let text = terminal.picture().join("\n");
    assert!(
        text.contains("lines: /show shows it.") && !text.contains("Somebody else"),
        "{text}"
    );
    terminal.types("/show").shows("Somebody else, too.");
    // The question stands below it again.
    terminal.shows("Do refunds count?").shows("> ").types("no");
    let (rest, code) = terminal.ends();
    assert_eq!(code, 0, "{rest}");
}

#[test]
fn a_run_that_waits_has_the_draft_at_hand() {
    let project = project();
    let answers = ["--answer", "currency=one", "--answer", "enough=go on"];
    let run = [&RUN[..], &answers].concat();
    let waits = project.run(&run).exits_with(3).says(&[
        "The draft leaves these open",
        "Do refunds count?",
        "--about",
    ]);
    assert!(
        !waits.stderr.contains("It reports"),
        "not all of it, unasked"
    );
    let about = project.run(&["status", "--about"]).exits_with(0);
    assert_eq!(about.stdout, DRAFT);
    let view = project.run(&["status", "--json"]).exits_with(0).json();
    assert_eq!(view["questions"][0]["form"]["about"], DRAFT.trim_end());
    assert_eq!(view["questions"][0]["form"]["guidance"], "");
}

#[test]
fn who_says_that_it_is_enough_is_asked_no_more() {
    let project = project();
    let answers = ["--answer", "currency=one", "--answer", "enough=enough"];
    let run = [&RUN[..], &answers].concat();
    let done = project.run(&run).exits_with(0);
    assert!(!done.stderr.contains("still open"), "{}", done.stderr);
    assert_eq!(project.document("requirement", "requirement"), DRAFT);
}

#[test]
fn where_nobody_is_there_what_is_open_is_said() {
    let project = project();
    let run = [&RUN[..], &["--no-questions"]].concat();
    let _ = project
        .run(&run)
        .exits_with(0)
        .says(&["warning: still open", "Which currency"]);
    let document = project.document("requirement", "requirement");
    assert!(
        document.contains("## 4 Open points\n\n- Which currency"),
        "{document}"
    );
    // And it is found again by who wasn't there.
    let status = project.run(&["status"]).exits_with(0);
    assert!(
        status.stdout.contains("warning: still open"),
        "{}",
        status.stdout
    );
    let view = project.run(&["status", "--json"]).exits_with(0).json();
    let warned = &view["steps"][0]["executions"][0]["warnings"];
    let first = warned[0].as_str().unwrap_or_default();
    assert!(first.starts_with("still open"), "{warned}");
}

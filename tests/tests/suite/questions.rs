//! Questions: answered beforehand, in parts, days later, at a terminal, and by nobody.

use stepwell_tests::{Project, Provider};

use crate::terminal::Terminal;

const ASKS: &str = r#"
name = "asks"
[[steps]]
id = "first"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
settings.calls = 1
settings.ask = ["name", "colour"]
[[steps]]
id = "beside"
uses = "plugins/worker.wasm"
inputs.topic = "beside"
settings.calls = 1
[[steps]]
id = "after"
uses = "plugins/worker.wasm"
inputs.topic = "{{ steps.first.result }}"
"#;

const ANSWERED: &str = "Work on tea.\necho tea call 0\nname: Ada\ncolour: red";

#[test]
fn all_answers_are_given_beforehand() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, ASKS);
    let _ = project
        .run(&[
            "run",
            "flow.toml",
            "--answer",
            "name=Ada",
            "--answer",
            "first/colour=red",
        ])
        .exits_with(0);
    assert_eq!(project.document("first", "result").trim_end(), ANSWERED);
}

#[test]
fn a_run_sleeps_until_each_answer_comes() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, ASKS);
    let _ = project.run(&["run", "flow.toml"]).exits_with(3).says(&[
        "What about name?",
        "Please answer.",
        "the run waits for answers",
        "--answer first/name=TEXT",
    ]);
    // What doesn't depend on the answer is done.
    assert!(project.document("beside", "result").contains("echo beside"));
    let status = project.run(&["status", "--json"]).exits_with(0).json();
    assert_eq!(
        (
            status["status"].as_str(),
            status["waiting_for"].as_str(),
            status["steps"][0]["status"].as_str(),
            status["steps"][2]["status"].as_str(),
        ),
        (
            Some("waiting"),
            Some("answers"),
            Some("waiting"),
            Some("pending")
        )
    );
    assert_eq!(
        status["questions"][0]["form"]["questions"][0]["key"],
        "name"
    );
    let shown = project.run(&["status"]).exits_with(0);
    let told = format!("{}{}", shown.stdout, shown.stderr);
    assert!(told.contains("first/name="), "shows how to answer: {told}");

    // Nothing new: it still waits, and asks no model.
    let asked = provider.journal();
    let _ = project
        .run(&["resume"])
        .exits_with(3)
        .says(&["What about name?"]);
    // Another question's answer is kept for when it comes.
    let _ = project
        .run(&["resume", "last", "--answer", "colour=red"])
        .exits_with(3)
        .says(&["--answer first/name=TEXT"]);
    let _ = project
        .run(&["resume", "last", "--answer", "first/name=Ada"])
        .exits_with(0);
    assert_eq!(project.document("first", "result").trim_end(), ANSWERED);
    assert!(project.document("after", "result").contains("name: Ada"));
    assert_eq!(
        provider.journal(),
        asked,
        "what was answered is not asked again"
    );
}

#[test]
fn some_answers_are_given_and_the_others_are_asked_for() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, ASKS);
    let partly = project
        .run(&["run", "flow.toml", "--answer", "name=Ada"])
        .exits_with(3)
        .says(&["What about colour?", "--answer first/colour=TEXT"]);
    drop(partly);
    let _ = project
        .run(&["resume", "--answer", "colour=red"])
        .exits_with(0);
    assert_eq!(project.document("first", "result").trim_end(), ANSWERED);
}

#[test]
fn an_answer_that_nobody_asks_for() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, ASKS);
    let arguments = [
        "run",
        "flow.toml",
        "--answer",
        "name=Ada",
        "--answer",
        "colour=red",
        "--answer",
        "colou=blue",
    ];
    let run = project.run(&arguments).exits_with(0);
    assert!(
        run.stderr.contains("colou"),
        "says that it was not used: {}",
        run.stderr
    );
}

#[test]
fn nobody_is_there() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, ASKS);
    let _ = project
        .run(&["run", "flow.toml", "--no-questions", "--answer", "name=Ada"])
        .exits_with(0);
    let result = project.document("first", "result");
    assert!(result.contains("name: Ada"), "{result}");
    assert!(
        result.contains("colour: ") && !result.contains("colour: \n"),
        "{result}"
    );
    // A run that waits may be let go on in the same way.
    let _ = project.run(&["run", "flow.toml"]).exits_with(3);
    let _ = project.run(&["resume", "--no-questions"]).exits_with(0);
}

#[test]
fn a_waiting_run_can_be_cancelled() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, ASKS);
    let _ = project.run(&["run", "flow.toml"]).exits_with(3);
    let _ = project.run(&["cancel", "last"]).exits_with(0);
    let _ = project
        .run(&["resume", "last", "--answer", "name=Ada"])
        .exits_with(4)
        .says(&["cancelled", "hint:"]);
    let status = project.run(&["status", "--json"]).exits_with(0).json();
    assert_eq!(status["status"], "cancelled");
}

#[test]
fn at_a_terminal() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, ASKS);
    let mut terminal = Terminal::start(&project, &["run", "flow.toml"]);
    terminal
        .shows("first asks:")
        .shows("Please answer.")
        .shows("What about name?")
        .shows("> ")
        .types("Ada")
        .shows("What about colour?")
        .shows("> ")
        // An empty line is no answer where nothing is suggested.
        .types("")
        .shows("please give an answer")
        .shows("> ")
        .types("red");
    let (rest, code) = terminal.ends();
    assert_eq!(code, 0, "{rest}");
    assert!(rest.contains("success"), "{rest}");
    assert_eq!(project.document("first", "result").trim_end(), ANSWERED);
}

#[test]
fn several_lines_at_a_terminal() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, ASKS);
    let mut terminal = Terminal::start(&project, &["run", "flow.toml", "--answer", "name=Ada"]);
    terminal
        .shows("What about colour?")
        .shows("> ")
        .types("\"\"\"")
        .types("red")
        .types("and blue")
        .types("\"\"\"");
    let (rest, code) = terminal.ends();
    assert_eq!(code, 0, "{rest}");
    let result = project.document("first", "result");
    assert!(result.contains("colour: red\nand blue"), "{result}");
}

#[test]
fn several_lines_may_end_at_the_end_of_a_line() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, ASKS);
    let mut terminal = Terminal::start(&project, &["run", "flow.toml"]);
    terminal
        .shows("What about name?")
        .shows("> ")
        .types("\"\"\"Ada Lovelace\"\"\"")
        .shows("What about colour?")
        .shows("> ")
        .types("\"\"\"red")
        .types("and blue\"\"\"");
    let (rest, code) = terminal.ends();
    assert_eq!(code, 0, "{rest}");
    let result = project.document("first", "result");
    assert!(
        result.contains("name: Ada Lovelace\ncolour: red\nand blue"),
        "{result}"
    );
}

#[test]
fn a_line_in_another_encoding_is_typed_again() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, ASKS);
    let mut terminal = Terminal::start(&project, &["run", "flow.toml"]);
    terminal
        .shows("What about name?")
        .shows("> ")
        .types_bytes(b"caf\xe9\n")
        .shows("not UTF-8")
        .shows("type it again")
        .shows("> ")
        .types("Ada")
        .shows("What about colour?")
        .shows("> ")
        .types("\"\"\"")
        .types("red")
        .types_bytes(b"and \xfc\n")
        .shows("type it again")
        .types("and blue")
        .types("\"\"\"");
    let (rest, code) = terminal.ends();
    assert_eq!(code, 0, "{rest}");
    let result = project.document("first", "result");
    assert!(
        result.contains("name: Ada\ncolour: red\nand blue"),
        "{result}"
    );
}

#[test]
fn a_person_may_take_longer_than_the_step() {
    let provider = Provider::echo();
    // It does nothing but ask: what it needs itself is a moment.
    let asks = ASKS.replacen("settings.calls = 1", "limits.wall = \"600ms\"", 1);
    let project = Project::of_worker(&provider, &asks);
    let mut terminal = Terminal::start(&project, &["run", "flow.toml", "--answer", "name=Ada"]);
    terminal.shows("What about colour?").shows("> ");
    std::thread::sleep(std::time::Duration::from_millis(700));
    terminal.types("red");
    let (rest, code) = terminal.ends();
    assert_eq!(code, 0, "{rest}");
    let result = project.document("first", "result");
    assert!(
        result.trim_end().ends_with("name: Ada\ncolour: red"),
        "{result}"
    );
}

#[test]
fn control_c_at_a_question_leaves_a_waiting_run() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, ASKS);
    let mut terminal = Terminal::start(&project, &["run", "flow.toml"]);
    terminal
        .shows("What about name?")
        .shows("> ")
        .types("Ada")
        .shows("What about colour?")
        .shows("> ")
        .presses_control('c');
    let (rest, code) = terminal.ends();
    assert_eq!(code, 3, "{rest}");
    assert!(rest.contains("--answer first/colour=TEXT"), "{rest}");
    let status = project.run(&["status", "--json"]).exits_with(0).json();
    assert_eq!(status["status"], "waiting");
    // Answers given at the terminal are kept.
    let _ = project
        .run(&["resume", "--answer", "colour=red"])
        .exits_with(0);
    assert_eq!(project.document("first", "result").trim_end(), ANSWERED);
}

#[test]
fn control_d_at_a_question_answers_later() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, ASKS);
    let mut terminal = Terminal::start(&project, &["run", "flow.toml"]);
    terminal
        .shows("What about name?")
        .shows("> ")
        .presses_control('d');
    let (rest, code) = terminal.ends();
    assert_eq!(code, 3, "{rest}");
    // And at a terminal on another day.
    let mut terminal = Terminal::start(&project, &["resume"]);
    terminal
        .shows("What about name?")
        .shows("> ")
        .types("Ada")
        .shows("What about colour?")
        .shows("> ")
        .types("red");
    let (rest, code) = terminal.ends();
    assert_eq!(code, 0, "{rest}");
    assert_eq!(project.document("first", "result").trim_end(), ANSWERED);
}

#[test]
fn control_c_elsewhere_leaves_an_interrupted_run() {
    let provider = Provider::echo();
    provider.hold();
    let project = Project::of_worker(&provider, ASKS);
    let mut terminal = Terminal::start(&project, &["run", "flow.toml"]);
    provider.wait_for_requests(2);
    terminal.presses_control('c');
    let (rest, code) = terminal.ends();
    assert_eq!(code, 130, "{rest}");
    assert!(rest.contains("stepwell resume"), "{rest}");
    let status = project.run(&["status", "--json"]).exits_with(0).json();
    assert_eq!(status["status"], "interrupted");
    provider.release();
    let arguments = ["resume", "--answer", "name=Ada", "--answer", "colour=red"];
    let _ = project.run(&arguments).exits_with(0);
    assert_eq!(project.document("first", "result").trim_end(), ANSWERED);
}

#[test]
fn a_form_can_be_declined_at_a_terminal() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, ASKS);
    let mut terminal = Terminal::start(&project, &["run", "flow.toml"]);
    terminal
        .shows("What about name?")
        .shows("> ")
        .types("/decline")
        .shows("What about colour?")
        .shows("> ")
        .types("red");
    let (rest, code) = terminal.ends();
    assert_eq!(code, 0, "{rest}");
    let result = project.document("first", "result");
    assert!(
        result.contains("declined") && result.contains("colour: red"),
        "{result}"
    );
}

#[test]
fn a_form_can_be_declined_at_a_terminal_beside_a_server() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, ASKS);
    let serving = project.serve(&[]);
    let mut terminal = Terminal::start(&project, &["run", "flow.toml"]);
    terminal
        .shows("What about name?")
        .shows("> ")
        .types("/decline")
        .shows("What about colour?")
        .shows("> ")
        .types("red");
    let (rest, code) = terminal.ends();
    assert_eq!(code, 0, "{rest}");
    let result = project.document("first", "result");
    assert!(
        result.contains("declined") && result.contains("colour: red"),
        "{result}"
    );
    drop(serving);
}

//! The step `gate` on the fake host.

#![allow(clippy::unwrap_used, reason = "a test may")]

use stepwell_plugin_gate::Gate;
use stepwell_sdk::testing::FakeHost;
use stepwell_sdk::{Documents, Failure, FailureKind, Inputs};

fn execute(host: &FakeHost, document: &str) -> Result<Documents, Failure> {
    host.execute(&Gate, &Inputs::new().with("document", document))
}

#[test]
fn a_yes_agrees_to_the_text_that_is_shown() {
    let host = FakeHost::new().person(&[
        ("decision", "Yes"),
        ("note", "looks good"),
        ("correction", ""),
    ]);
    let documents = execute(&host, "# Plan\n").unwrap();
    assert_eq!(documents.get("decision"), Some("yes"));
    assert_eq!(documents.get("note"), Some("looks good"));
    assert_eq!(documents.get("document"), Some("# Plan\n"));
    assert_eq!(documents.get("correction"), None);
    let forms = host.forms();
    assert_eq!(forms.len(), 1);
    assert_eq!(forms[0].about().as_deref(), Some("# Plan"));
    assert_eq!(forms[0].questions[0].choices, ["yes", "no"]);
}

#[test]
fn a_no_ends_it_with_what_was_said() {
    let host = FakeHost::new().person(&[
        ("decision", "no"),
        ("note", "too large"),
        ("correction", ""),
    ]);
    let failure = execute(&host, "# Plan").unwrap_err();
    assert!(matches!(failure.kind, FailureKind::Declined));
    assert_eq!(failure.message, "the person said no: too large");
    assert!(!failure.retryable);
}

#[test]
fn what_the_person_corrects_is_the_text_that_is_agreed_to() {
    let host = FakeHost::new().person(&[
        ("decision", "yes"),
        ("note", ""),
        ("correction", "# Plan\n\nTwo lines."),
    ]);
    let documents = execute(&host, "# Plan\n\nOne line.\n").unwrap();
    assert_eq!(documents.get("document"), Some("# Plan\n\nTwo lines.\n"));
    let correction = documents.get("correction").unwrap();
    assert!(
        correction.contains("-One line.\n+Two lines.\n"),
        "{correction}"
    );
}

#[test]
fn changes_are_asked_for_only_where_they_can_be_made_and_with_words() {
    let host = FakeHost::new()
        .setting("changes", "true")
        .person(&[("decision", "changes")])
        .person(&[("decision", "changes"), ("note", "shorter")]);
    let documents = execute(&host, "").unwrap();
    assert_eq!(documents.get("decision"), Some("changes"));
    assert_eq!(documents.get("note"), Some("shorter"));
    let forms = host.forms();
    assert_eq!(forms.len(), 2);
    assert!(
        forms[1].guidance.contains("didn't say which"),
        "{}",
        forms[1].guidance
    );

    let host = FakeHost::new()
        .person(&[("decision", "changes"), ("note", "x")])
        .person(&[("decision", "yes")]);
    assert_eq!(execute(&host, "").unwrap().get("decision"), Some("yes"));
    assert!(host.forms()[1].guidance.contains("`changes` is no answer"));
}

#[test]
fn a_text_that_may_not_be_corrected_asks_for_no_correction() {
    let keys = |correct: &str| {
        let host = FakeHost::new()
            .setting("correct", correct)
            .person(&[("decision", "yes")]);
        let documents = execute(&host, "# Report").unwrap();
        assert_eq!(documents.get("document"), Some("# Report\n"));
        let forms = host.forms();
        let keys = forms[0].questions.iter();
        keys.map(|question| question.key.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(keys("true"), ["decision", "note", "correction"]);
    assert_eq!(keys("false"), ["decision", "note"]);
}

#[test]
fn an_answer_that_is_never_clear_is_no_yes_and_no_no() {
    let unclear = |host: FakeHost, _| host.person(&[("decision", "hm")]);
    let host = (0..5).fold(FakeHost::new(), unclear);
    let failure = execute(&host, "").unwrap_err();
    assert_eq!(failure.kind.code(), "unanswered");
}

#[test]
fn nobody_there_and_nothing_said_is_no_no() {
    for host in [FakeHost::new().nobody(), FakeHost::new().declines()] {
        let failure = execute(&host, "# Plan").unwrap_err();
        assert_eq!(failure.kind.code(), "unanswered");
    }
}

#[test]
fn what_the_run_changed_is_shown() {
    let host = FakeHost::new()
        .changed_file("new.py", None)
        .file("new.py", "print(1)\n")
        .changed_file("old.py", Some("a\nb\n"))
        .file("old.py", "a\nc\n")
        .changed_file("gone.py", Some("x\n"))
        .person(&[("decision", "yes"), ("note", "")]);
    execute(&host, "").unwrap();
    let about = host.forms()[0].about().unwrap();
    for part in [
        "`new.py` (new)",
        "+print(1)\n",
        "`old.py` (changed)",
        "-b\n+c\n",
        "`gone.py` (removed)",
    ] {
        assert!(about.contains(part), "{part}: {about}");
    }
    let host = FakeHost::new()
        .changed_file("new.py", None)
        .file("new.py", "print(1)\n")
        .setting("diff", "false")
        .person(&[("decision", "yes"), ("note", "")]);
    execute(&host, "").unwrap();
    assert_eq!(host.forms()[0].about(), None);
}

#[test]
fn a_diff_that_is_too_long_names_what_it_leaves_out() {
    let long = "line\n".repeat(20_000);
    let host = FakeHost::new()
        .changed_file("a.txt", None)
        .file("a.txt", &long)
        .changed_file("b.txt", None)
        .file("b.txt", "short\n")
        .person(&[("decision", "yes"), ("note", "")]);
    execute(&host, "").unwrap();
    let about = host.forms()[0].about().unwrap();
    assert!(about.contains("1 more file changed") && about.contains("- `a.txt`"));
    assert!(about.contains("+short"));
}

/// What a yes removes or replaces is what stands there now, whoever wrote it.
#[test]
fn what_a_yes_does_to_what_stands_there_is_shown() {
    let host = FakeHost::new()
        // An earlier take made it, and the person let it in.
        .changed_file("left.py", None)
        .published_file("left.py", Some("left\n"))
        .changed_file("mine.py", Some("a\n"))
        .published_file("mine.py", Some("a\nmine\n"))
        .file("mine.py", "a\nnew\n")
        // It is in already.
        .changed_file("in.py", Some("a\n"))
        .published_file("in.py", Some("b\n"))
        .file("in.py", "b\n")
        .person(&[("decision", "yes"), ("note", "")]);
    execute(&host, "").unwrap();
    let about = host.forms()[0].about().unwrap();
    for part in [
        "`left.py` (removed;",
        "-left\n",
        "`mine.py` (changed;",
        "-mine\n+new\n",
        "`in.py` (changed)",
        "-a\n+b\n",
    ] {
        assert!(about.contains(part), "{part}: {about}");
    }
}

#[test]
fn files_that_it_may_not_see_are_said_to_be_there() {
    let host = FakeHost::new()
        .without_workspace()
        .person(&[("decision", "yes"), ("note", "")]);
    execute(&host, "").unwrap();
    let forms = host.forms();
    assert_eq!(forms[0].about(), None);
    let guidance = &forms[0].guidance;
    assert!(
        guidance.starts_with("The run changed files, and none of them is shown: "),
        "{guidance}"
    );
    assert!(!guidance.contains("nothing to show"), "{guidance}");
}

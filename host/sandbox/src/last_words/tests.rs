//! What guests of several languages wrote before they broke, as their toolchains have it.

use super::*;

#[track_caller]
fn line(output: &str, language: Option<&Language>) -> String {
    of(output, language).unwrap().line
}

const PYTHON: &str = r#"Traceback (most recent call last):
  File "/0/app.py", line 12, in describe
    return self.made()
           ~~~~~~~~~^^
  File "/0/app.py", line 31, in made
    raise ValueError("no such colour")
ValueError: no such colour

thread '<unnamed>' (1) panicked at runtime/src/interpreter.rs:51:18:
called `Result::unwrap()` on an `Err` value: PyErr { .. }
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
"#;

#[test]
fn of_python_it_is_the_last_line_of_its_traceback() {
    for language in [Some(&Language::Python), None] {
        assert_eq!(line(PYTHON, language), "ValueError: no such colour");
    }
    let chained = "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 'x'\n\n\
        During handling of the above exception, another exception occurred:\n\n\
        Traceback (most recent call last):\n  File \"a.py\", line 3, in g\nRuntimeError: it has no x\n";
    assert_eq!(line(chained, None), "RuntimeError: it has no x");
    assert_eq!(
        of("Traceback (most recent call last):\n  File \"a", None),
        None
    );
}

#[test]
fn a_module_that_python_lacks_is_to_be_imported_at_the_top() {
    let output = "Traceback (most recent call last):\n  File \"/0/app.py\", line 3, in execute\n    import colorsys\n\
        ModuleNotFoundError: No module named 'colorsys'\n";
    let words = of(output, Some(&Language::Python)).unwrap();
    assert_eq!(
        words.line,
        "ModuleNotFoundError: No module named 'colorsys'"
    );
    assert_eq!(words.mend, Some(GuestMend::ImportAtTop));
    assert_eq!(of(PYTHON, None).unwrap().mend, None);
}

#[test]
fn of_rust_it_is_the_last_panic_with_its_place() {
    let output =
        "hello\n\nthread '<unnamed>' (1) panicked at src/lib.rs:10:5:\nboom\nnote: run with …\n";
    for language in [Some(&Language::Rust), None] {
        assert_eq!(line(output, language), "panicked at src/lib.rs:10:5: boom");
    }
    let logged = format!("ParseError: it was only logged\n{output}");
    assert_eq!(line(&logged, None), "panicked at src/lib.rs:10:5: boom");
    assert_eq!(of("nothing of the sort", None), None);
}

#[test]
fn of_go_it_is_what_panicked() {
    let output = "panic: runtime error: index out of range [3] with length 2\n\ngoroutine 1 [running]:\nmain.describe(...)\n\t/src/main.go:14\n";
    for language in [Some(&Language::Go), None] {
        let said = line(output, language);
        assert_eq!(
            said,
            "panic: runtime error: index out of range [3] with length 2"
        );
    }
    let asleep =
        "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\n";
    assert_eq!(
        line(asleep, None),
        "fatal error: all goroutines are asleep - deadlock!"
    );
}

#[test]
fn of_javascript_it_is_what_nobody_caught() {
    let thrown = "TypeError: inputs.topics is undefined\n    at describe (step.js:7:11)\n    at RangeError: (step.js)\n";
    for language in [Some(&Language::JavaScript), None] {
        assert_eq!(
            line(thrown, language),
            "TypeError: inputs.topics is undefined"
        );
    }
    let uncaught = "Uncaught (in promise) Error: no such colour\n    at made (step.js:3:9)\n\n\
        thread '<unnamed>' panicked at crates/runtime/src/lib.rs:88:10:\ncalled `Option::unwrap()`\n";
    let words = line(uncaught, Some(&Language::JavaScript));
    assert_eq!(words, "Error: no such colour");
}

#[test]
fn of_javascript_in_quickjs_it_is_what_was_thrown_and_where() {
    let output = r#"
thread '<unnamed>' (1) panicked at crates/runtime/src/interpreter.rs:51:31:
Failed to call 'describe': Exception(Exception { message: Some("no such \"colour\"\nat all"), stack: Some("    at made (/bad.js:1:29)\n    at describe (/bad.js:3:23)\n") })
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
"#;
    for language in [Some(&Language::JavaScript), None] {
        let said = line(output, language);
        assert_eq!(said, "no such \"colour\", at made (/bad.js:1:29)");
    }
    let cut = "Exception { message: Some(\"no such";
    assert_eq!(line(cut, None), "no such");
}

//! What became of each requirement, for a person, and for the steps that are to mend what is left.

use std::fmt::Write as _;

use crate::claims::CodePlace;
use crate::trace::{Held, State, Trace, Traced};

pub(crate) fn markdown(trace: &Trace) -> String {
    let met = trace.requirements.len() - trace.left().count();
    let mut text = format!(
        "# Requirements: {}\n\n{met} of {} are in the code and held by a test.\n",
        trace.verdict(),
        trace.requirements.len()
    );
    if trace.left().next().is_some() {
        text.push_str("\n## Left to do\n\n");
        for left in trace.left() {
            let _ = writeln!(text, "- **{}** {}", cell(&left.id), to_do(left));
        }
    }
    text.push_str("\n## Each of them\n\n| requirement | state | code | tests | |\n| --- | --- | --- | --- | --- |\n");
    for traced in &trace.requirements {
        let says = match traced.says.is_empty() {
            true => String::new(),
            false => format!(" {}", cell(&traced.says)),
        };
        let code: Vec<String> = traced.code.iter().map(place).collect();
        let tests: Vec<String> = traced.tests.iter().map(held).collect();
        let _ = writeln!(
            text,
            "| **{}**{says} | {} | {} | {} | {} |",
            cell(&traced.id),
            word(traced.state),
            code.join(", "),
            tests.join(", "),
            cell(&traced.note)
        );
    }
    text
}

/// The requirements that no test holds, a line each.
pub(crate) fn untested(trace: &Trace) -> String {
    let untested = trace
        .left()
        .filter(|left| matches!(left.state, State::Untested | State::Missing));
    untested
        .map(|left| {
            format!(
                "- **{}** {}{}\n",
                cell(&left.id),
                says(left),
                cell(&left.note)
            )
        })
        .collect()
}

/// What a requirement says, in brackets, with a space behind it.
fn says(traced: &Traced) -> String {
    match traced.says.is_empty() {
        true => String::new(),
        false => format!("({}) ", cell(&traced.says)),
    }
}

fn to_do(left: &Traced) -> String {
    let what = match left.state {
        State::Missing => "is nowhere in the code: write it, with a test that fails without it.".to_owned(),
        State::Untested => {
            let gone: Vec<String> = left.tests.iter().map(held).collect();
            match gone.is_empty() {
                true => "is in the code, and no test holds it: write one that fails without it.".to_owned(),
                false => format!("is in the code, and no test that ran and passed holds it ({}): write one.", gone.join(", ")),
            }
        }
        State::Failed => "has a test that doesn't pass: mend the code, or the test where it asks for something else.".to_owned(),
        State::Met => String::new(),
    };
    let note = match left.note.is_empty() {
        true => String::new(),
        false => format!(" {}", cell(&left.note)),
    };
    format!("{}{what}{note}", says(left))
}

fn word(state: State) -> &'static str {
    match state {
        State::Met => "met",
        State::Failed => "its test fails",
        State::Untested => "untested",
        State::Missing => "missing",
    }
}

fn place(place: &CodePlace) -> String {
    match place.line {
        Some(line) => format!("`{}:{line}`", cell(&place.path)),
        None => format!("`{}`", cell(&place.path)),
    }
}

fn held(held: &Held) -> String {
    match &held.outcome {
        Some(outcome) => format!("`{}` {outcome}", cell(&held.test)),
        None => format!("`{}`", cell(&held.test)),
    }
}

/// A text on one line that begins no column.
fn cell(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('|', "\\|")
}

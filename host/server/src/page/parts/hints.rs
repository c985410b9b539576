//! What helps, for somebody at the page.
//!
//! The engine's hints name commands of the terminal. What the page can do itself is said by its own words; what only
//! the terminal can do is said to be done there.

use maud::{Markup, html};

use super::texts::sentence;

/// How a hint names a command of the terminal.
const COMMAND: &str = "`stepwell ";

/// Commands, each with what does the same on the page. Of two that begin alike the longer one comes first.
const ON_THE_PAGE: [(&str, &str); 17] = [
    ("calls", "the page “Calls”"),
    ("comparison resume", "“Go on”"),
    ("comparisons", "the page “Comparisons”"),
    ("compare --", ""),
    ("compare", "“Compare versions”"),
    ("docs list", "the page of the run"),
    ("docs put", "“Correct it” on its page"),
    ("plugin list", "the page “Plugins”"),
    ("prompt diff", "“Compare with” on the prompt's page"),
    ("prompt edit", "“Edit” on the prompt's page"),
    ("prompt list", "the page “Prompts”"),
    ("prompt use", "“Make current” on the prompt's page"),
    ("resume --", ""),
    ("resume", "“Try again” or “Go on”"),
    ("runs", "the page “Runs”"),
    ("run", "“Start a run”"),
    ("step run", "“Run this step again”"),
];

/// A hint of the engine.
pub(crate) fn hint(said: &str) -> Markup {
    let at_the_page = at_the_page(said);
    html! {
        @if at_the_page.contains(COMMAND) { "At the terminal: " (super::said(&at_the_page)) }
        @else { (sentence(&at_the_page)) }
    }
}

/// A hint whose commands are named as the page names them, as far as it can do what they do.
fn at_the_page(hint: &str) -> String {
    let mut words = String::new();
    let mut rest = hint;
    while let Some(at) = rest.find(COMMAND) {
        let (before, from) = rest.split_at(at);
        words.push_str(before);
        let Some(length) = from[1..].find('`').map(|end| end + 2) else {
            rest = from;
            break;
        };
        let (command, after) = from.split_at(length);
        let asked = &command[COMMAND.len()..length - 1];
        let begins = |known: &str| {
            let follows = asked.strip_prefix(known);
            follows.is_some_and(|more| {
                more.is_empty() || more.starts_with(' ') || known.ends_with('-')
            })
        };
        let known = ON_THE_PAGE.iter().find(|(known, _)| begins(known));
        match known {
            Some((_, words_of_it)) if !words_of_it.is_empty() => words.push_str(words_of_it),
            _ => words.push_str(command),
        }
        rest = after;
    }
    words + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_page_can_do_is_said_in_its_words() {
        for (said, expected) in [
            (
                "`stepwell calls` shows what the model answered; `stepwell resume` asks again",
                "The page “Calls” shows what the model answered; “Try again” or “Go on” asks again",
            ),
            (
                "raise `limits.cpu` of step `a`, then `stepwell resume`",
                "Raise <code>limits.cpu</code> of step <code>a</code>, then “Try again” or “Go on”",
            ),
            (
                "`stepwell step run a --run 7` takes the new one",
                "“Run this step again” takes the new one",
            ),
            (
                "`stepwell doctor` shows the models",
                "At the terminal: <code>stepwell doctor</code> shows the models",
            ),
            (
                "`stepwell resume --record FILE`",
                "At the terminal: <code>stepwell resume --record FILE</code>",
            ),
            ("an order of fields", "An order of fields"),
        ] {
            assert_eq!(hint(said).into_string(), expected);
        }
    }
}

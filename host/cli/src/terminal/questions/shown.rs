//! What a person reads where they are asked. Pure: it is told how wide and how high the terminal is.

use stepwell_contract::{Form, Question};

use super::heard::SHOW;
use crate::terminal::Style;
use crate::terminal::style::{plain, plain_line};
use crate::terminal::wrapping::wrapped;

/// How much there is room for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

const INDENT: &str = "  ";

/// What a person should know before the first question of a form. How answers are typed is said to who was asked nothing before.
pub(super) fn introduction(
    step: &str,
    form: &Form,
    helps: bool,
    style: Style,
    room: Room,
) -> String {
    let asks = style.strong(&format!("{step} asks:"));
    let title = style.strong(&plain_line(&form.title));
    let mut text = wrapped(&format!("{asks} {title}"), room.columns, "", INDENT);
    if !form.guidance.trim().is_empty() {
        text += &indented(&form.guidance, room);
        text.push('\n');
    }
    if form.about.is_some() {
        text += &about(form, style, room);
        text.push('\n');
    }
    if helps {
        let how = "Enter takes the suggestion, \"\"\" begins and ends an answer of several lines, /decline declines, Ctrl-D answers \
                   later.";
        for line in wrapped(how, room.columns, "", "").lines() {
            text += &format!("{}\n", style.dim(line));
        }
        text.push('\n');
    }
    text
}

/// What a form is about: the text itself where a screen has room for it, else how it is shown.
fn about(form: &Form, style: Style, room: Room) -> String {
    let text = whole(form, room);
    let lines = text.lines().count();
    if lines <= room.rows {
        return format!("{}\n{text}", style.dim("It is about this text:"));
    }
    let told = format!("It is about a text of {lines} lines: {SHOW} shows it.");
    wrapped(&told, room.columns, INDENT, INDENT)
}

/// The text that a form is about.
pub(super) fn whole(form: &Form, room: Room) -> String {
    indented(form.about.as_deref().unwrap_or_default(), room)
}

/// A question with its choices and its suggestion.
pub(super) fn shown(question: &Question, place: &str, style: Style, room: Room) -> String {
    let place = format!("{} ", style.dim(place));
    let mut text = wrapped(&plain(&question.text), room.columns, &place, INDENT);
    for (index, choice) in question.choices.iter().enumerate() {
        let number = format!("{INDENT}{}  ", index + 1);
        let below = " ".repeat(number.len());
        text += &wrapped(&plain(choice), room.columns, &number, &below);
    }
    if let Some(suggested) = question.suggested.as_ref().filter(|text| !text.is_empty()) {
        let enter = format!("{INDENT}{} ", style.dim("Enter:"));
        let below = " ".repeat(INDENT.len() + "Enter: ".len());
        text += &wrapped(&plain(suggested), room.columns, &enter, &below);
    }
    if question.is_annotated("multiline", "true") {
        let how = "several lines; an empty line ends the answer";
        text += &format!("{INDENT}{}\n", style.dim(how));
    }
    text
}

fn indented(text: &str, room: Room) -> String {
    wrapped(&plain(text.trim_end()), room.columns, INDENT, INDENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room {
        rows: 6,
        columns: 24,
    };

    fn form(about: &str) -> Form {
        Form {
            title: "The draft leaves these open".into(),
            guidance: String::new(),
            about: Some(about.into()),
            questions: Vec::new(),
        }
    }

    fn introduced(form: &Form, helps: bool) -> String {
        introduction("requirement", form, helps, Style::new(false), ROOM)
    }

    #[test]
    fn a_short_text_is_shown_and_a_long_one_is_offered() {
        let short = introduced(&form("# Draft\n\nOne sentence that is long."), false);
        assert!(
            short.contains("  # Draft\n\n  One sentence that is\n  long.\n"),
            "{short}"
        );
        let long = introduced(&form(&"line\n".repeat(30)), false);
        let words: Vec<&str> = long.split_whitespace().collect();
        assert!(
            words.join(" ").contains("of 30 lines: /show shows it."),
            "{long}"
        );
        assert!(!long.contains("  line\n"), "{long}");
    }

    #[test]
    fn every_line_is_as_wide_as_the_terminal_at_most() {
        let question = Question {
            key: "k".into(),
            text: "Which period does a report of expenses cover?\n(Sums depend on it.)".into(),
            choices: vec!["a calendar month, as it is named".into()],
            suggested: Some("a calendar month, as it is named".into()),
            annotations: Vec::new(),
        };
        let mut text = shown(&question, "(1 of 2)", Style::new(false), ROOM);
        text += &introduced(&form("A text that is wider than the terminal."), true);
        for line in text.lines() {
            assert!(line.chars().count() <= ROOM.columns, "{line}");
        }
        assert!(
            text.contains("(1 of 2) Which period\n  does a report of\n"),
            "{text}"
        );
    }

    #[test]
    fn how_to_answer_is_said_once() {
        assert!(introduced(&form("x"), true).contains("Ctrl-D"));
        assert!(!introduced(&form("x"), false).contains("Ctrl-D"));
    }
}

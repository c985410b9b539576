//! What a person types as an answer, and what it means. Nothing here reads or writes.

use stepwell_contract::{Form, Question};

/// Opens and closes an answer of several lines.
pub(super) const FENCE: &str = "\"\"\"";
/// Declines the whole form.
const DECLINE: &str = "/decline";
/// Shows the text that the form is about.
pub(super) const SHOW: &str = "/show";

/// What a line of the person means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Answer(String),
    Declined,
    /// The text that the form is about is to be shown.
    Show,
    /// It can't be taken; says why.
    Again(String),
}

/// An answer of several lines, as far as it is typed.
#[derive(Default)]
pub(super) struct Fenced {
    lines: Vec<String>,
    begun: bool,
}

impl Fenced {
    /// Takes a line; says whether the answer goes on. A fence at a line's end ends it, and so does one alone on a line.
    pub(super) fn takes(&mut self, line: &str) -> bool {
        let last = line.trim_end().strip_suffix(FENCE);
        let text = last.unwrap_or(line);
        // The lines of the fences hold no text of their own.
        let is_edge = last.is_some() || !self.begun;
        self.begun = true;
        if !(is_edge && text.trim().is_empty()) {
            self.lines.push(text.to_owned());
        }
        last.is_none()
    }

    pub(super) fn text(self) -> String {
        self.lines.join("\n")
    }
}

/// What a line means that is no answer.
pub(super) fn command(line: &str, form: &Form) -> Option<Heard> {
    match line.trim() {
        DECLINE => Some(Heard::Declined),
        SHOW if form.about.is_some() => Some(Heard::Show),
        _ => None,
    }
}

/// What one line means as an answer to a question.
pub(super) fn understand(line: &str, question: &Question, form: &Form) -> Heard {
    let text = line.trim();
    if let Some(command) = command(text, form) {
        return command;
    }
    if text.is_empty() {
        return match &question.suggested {
            Some(suggested) => Heard::Answer(suggested.clone()),
            None if !question.is_required() => Heard::Answer(String::new()),
            None => Heard::Again("please give an answer; Ctrl-D answers later".into()),
        };
    }
    if question.choices.is_empty() || question.choices.iter().any(|choice| choice == text) {
        return Heard::Answer(line.trim_end().to_owned());
    }
    match text.parse::<usize>() {
        Ok(number) => match number
            .checked_sub(1)
            .and_then(|index| question.choices.get(index))
        {
            Some(choice) => Heard::Answer(choice.clone()),
            None => Heard::Again(format!(
                "please choose 1 to {}, or answer in your own words",
                question.choices.len()
            )),
        },
        Err(_) => Heard::Answer(line.trim_end().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use stepwell_contract::Text;

    use super::*;

    fn question(choices: &[&str], suggested: Option<&str>) -> Question {
        Question {
            key: "k".into(),
            text: "?".into(),
            choices: choices.iter().map(|choice| (*choice).into()).collect(),
            suggested: suggested.map(str::to_owned),
            annotations: Vec::new(),
        }
    }

    fn understood(line: &str, question: &Question) -> Heard {
        understand(line, question, &about(None))
    }

    fn about(text: Option<&str>) -> Form {
        Form {
            title: "t".into(),
            guidance: String::new(),
            about: text.map(str::to_owned),
            questions: Vec::new(),
        }
    }

    fn answer(text: &str) -> Heard {
        Heard::Answer(text.into())
    }

    #[test]
    fn a_number_chooses_and_other_words_are_taken_as_they_are() {
        let asked = question(&["tea", "coffee"], None);
        assert_eq!(understood(" 2 ", &asked), answer("coffee"));
        assert_eq!(understood("tea", &asked), answer("tea"));
        assert_eq!(understood("water, please", &asked), answer("water, please"));
        for bad in ["0", "3"] {
            assert!(matches!(understood(bad, &asked), Heard::Again(why) if why.contains("1 to 2")));
        }
        assert_eq!(understood("42", &question(&[], None)), answer("42"));
        assert_eq!(
            understood("42", &question(&["42", "43"], None)),
            answer("42"),
            "the text of a choice goes first"
        );
    }

    #[test]
    fn enter_takes_the_suggestion_or_nothing_where_nothing_is_needed() {
        assert_eq!(understood("", &question(&["a"], Some("b"))), answer("b"));
        assert!(matches!(
            understood("  ", &question(&[], None)),
            Heard::Again(_)
        ));
        let mut optional = question(&[], None);
        optional.annotations.push(Text::new("required", "false"));
        assert_eq!(understood("", &optional), answer(""));
    }

    #[test]
    fn a_fence_ends_an_answer_wherever_its_line_ends() {
        let typed = |lines: &[&str]| {
            let mut answer = Fenced::default();
            let open: Vec<bool> = lines.iter().map(|line| answer.takes(line)).collect();
            assert!(open[..open.len() - 1].iter().all(|open| *open), "{lines:?}");
            (answer.text(), open.ends_with(&[true]))
        };
        for (lines, expected) in [
            (&["one line\"\"\""][..], "one line"),
            (&["", "a", "b", "\"\"\""], "a\nb"),
            (&["a", "  b", "third\"\"\" "], "a\n  b\nthird"),
            (&["", "", "a", "", "b\"\"\""], "\na\n\nb"),
            (&["\"\"\""], ""),
        ] {
            assert_eq!(typed(lines), (expected.to_owned(), false));
        }
        assert_eq!(typed(&["", "a \"\"\" b"]), ("a \"\"\" b".to_owned(), true));
    }

    #[test]
    fn a_form_can_be_declined() {
        assert_eq!(
            understood("/decline", &question(&["a"], Some("a"))),
            Heard::Declined
        );
    }

    #[test]
    fn the_text_is_shown_where_there_is_one() {
        let asked = question(&[], None);
        let understand = |form: &Form| understand(" /show ", &asked, form);
        assert_eq!(understand(&about(Some("# Draft"))), Heard::Show);
        assert_eq!(understand(&about(None)), answer(" /show"));
    }
}

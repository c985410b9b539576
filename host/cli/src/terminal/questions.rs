//! Asks the person at the terminal: one question at a time, whatever runs beside it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use stepwell_contract::{Form, Question};
use stepwell_engine::{Person, PersonsAnswer};
use tokio::sync::{Mutex, MutexGuard};

use super::keyboard::{Keyboard, Typed};
use super::style::{plain, plain_line};
use super::{Interrupts, Screen, Style};

/// Opens and closes an answer of several lines.
const FENCE: &str = "\"\"\"";
/// How long another step's form waits for the next question of this one. It comes as soon as the answer is durable;
/// where it never does, because its step has ended, nobody waits for it for long.
const NEXT_QUESTION: Duration = Duration::from_secs(1);
/// Declines the whole form.
const DECLINE: &str = "/decline";

/// The person at the terminal.
pub(crate) struct TerminalPerson {
    screen: Arc<Screen>,
    interrupts: Arc<Interrupts>,
    keyboard: Keyboard,
    /// Held while a question is asked.
    form: Mutex<Option<OpenForm>>,
}

/// The form whose questions are being asked.
struct OpenForm {
    step: String,
    title: String,
    /// When its last question was answered, while others of it are open.
    more_since: Option<Instant>,
}

/// What a line of the person means.
#[derive(Debug, PartialEq, Eq)]
enum Heard {
    Answer(String),
    Declined,
    /// It can't be taken; says why.
    Again(String),
}

/// An answer of several lines, as far as it is typed.
#[derive(Default)]
struct Fenced {
    lines: Vec<String>,
    begun: bool,
}

impl Fenced {
    /// Takes a line; says whether the answer goes on. A fence at a line's end ends it, and so does one alone on a line.
    fn takes(&mut self, line: &str) -> bool {
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

    fn text(self) -> String {
        self.lines.join("\n")
    }
}

/// The screen is held while this lives, also when the run is stopped in the middle of a question.
struct Asking<'a>(&'a TerminalPerson);

impl TerminalPerson {
    pub(crate) fn new(screen: Arc<Screen>, interrupts: Arc<Interrupts>) -> Self {
        Self {
            screen,
            interrupts,
            keyboard: Keyboard::default(),
            form: Mutex::default(),
        }
    }

    /// Waits until a form's question may be asked: one form is finished before the next one begins.
    async fn turn(&self, step: &str, title: &str) -> MutexGuard<'_, Option<OpenForm>> {
        loop {
            let form = self.form.lock().await;
            let others = form.as_ref().filter(|form| form.is_other(step, title));
            let waits = others
                .and_then(|form| form.more_since)
                .is_some_and(|since| since.elapsed() < NEXT_QUESTION);
            if !waits || *self.interrupts.later().borrow() {
                return form;
            }
            drop(form);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// One line; none is "not now", from now on.
    async fn line(&self) -> Option<String> {
        let mut later = self.interrupts.later().subscribe();
        loop {
            let line = tokio::select! {
                line = self.keyboard.line() => line,
                _ = later.wait_for(|later| *later) => None,
            };
            match line {
                Some(Typed::Line(line)) => return Some(line),
                // What was typed before it is kept.
                Some(Typed::Foreign) => self.screen.ask_more(
                    "this line is not UTF-8, as your terminal should send it; please type it again\n> ",
                ),
                None => {
                    self.interrupts.later().send_replace(true);
                    return None;
                }
            }
        }
    }

    /// The lines up to an empty one.
    async fn lines_until_empty(&self) -> Option<String> {
        let mut lines = Vec::new();
        loop {
            let line = self.line().await?;
            if line.trim().is_empty() {
                return Some(lines.join("\n"));
            }
            lines.push(line);
        }
    }

    /// What stands between two fences; `first` is what follows the first of them on its line.
    async fn fenced(&self, first: &str) -> Option<String> {
        let mut answer = Fenced::default();
        let mut open = answer.takes(first);
        while open {
            open = answer.takes(&self.line().await?);
        }
        Some(answer.text())
    }

    async fn ask(&self, question: &Question) -> Option<Heard> {
        let line = self.line().await?;
        if let Some(rest) = line.trim_start().strip_prefix(FENCE) {
            return Some(Heard::Answer(self.fenced(rest).await?));
        }
        if question.is_annotated("multiline", "true")
            && !line.trim().is_empty()
            && line.trim() != DECLINE
        {
            let more = self.lines_until_empty().await?;
            let text = if more.is_empty() {
                line
            } else {
                format!("{line}\n{more}")
            };
            return Some(Heard::Answer(text));
        }
        Some(understand(&line, question))
    }
}

#[async_trait]
impl Person for TerminalPerson {
    async fn answer(
        &self,
        step: &str,
        form: &Form,
        question: usize,
        answers: &[Option<String>],
    ) -> PersonsAnswer {
        let mut open = self.turn(step, &form.title).await;
        let Some(asked) = form.questions.get(question) else {
            return PersonsAnswer::Later;
        };
        if *self.interrupts.later().borrow() {
            return PersonsAnswer::Later;
        }
        self.interrupts.asking(true);
        let asking = Asking(self);
        let style = self.screen.style();
        let is_new = open
            .as_ref()
            .is_none_or(|open| open.is_other(step, &form.title));
        let introduction = if is_new {
            introduction(step, form, style)
        } else {
            String::new()
        };
        let place = format!("({} of {})", question + 1, form.questions.len());
        self.screen
            .ask(&format!("\n{introduction}{}", shown(asked, &place, style)));
        let answer = loop {
            self.screen.ask_more("> ");
            match self.ask(asked).await {
                None => break PersonsAnswer::Later,
                Some(Heard::Declined) => break PersonsAnswer::Declined,
                Some(Heard::Answer(text)) => break PersonsAnswer::Text(text),
                Some(Heard::Again(why)) => self.screen.ask_more(&format!("{why}\n")),
            }
        };
        let others = answers
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != question);
        let more = matches!(answer, PersonsAnswer::Text(_))
            && others.into_iter().any(|(_, other)| other.is_none());
        *open = Some(OpenForm {
            step: step.to_owned(),
            title: form.title.clone(),
            more_since: more.then(Instant::now),
        });
        drop(asking);
        answer
    }
}

impl OpenForm {
    fn is_other(&self, step: &str, title: &str) -> bool {
        self.step != step || self.title != title
    }
}

/// What a person should know before the first question of a form.
fn introduction(step: &str, form: &Form, style: Style) -> String {
    let asks = style.strong(&format!("{step} asks:"));
    let mut text = format!("{asks} {}\n", style.strong(&plain_line(&form.title)));
    if !form.guidance.trim().is_empty() {
        text += &format!("{}\n", indented(&form.guidance));
    }
    for line in [
        "Enter takes the suggestion, \"\"\" begins and ends an answer of several lines,",
        "/decline declines, Ctrl-D answers later.",
    ] {
        text += &format!("{}\n", style.dim(line));
    }
    text + "\n"
}

/// A question with its choices and its suggestion.
fn shown(question: &Question, place: &str, style: Style) -> String {
    let asked = plain(&question.text).replace('\n', "\n  ");
    let mut text = format!("{} {asked}\n", style.dim(place));
    for (index, choice) in question.choices.iter().enumerate() {
        text += &format!("  {}  {}\n", index + 1, plain(choice));
    }
    if let Some(suggested) = question.suggested.as_ref().filter(|text| !text.is_empty()) {
        text += &format!("  {} {}\n", style.dim("Enter:"), plain(suggested));
    }
    if question.is_annotated("multiline", "true") {
        let how = "several lines; an empty line ends the answer";
        text += &format!("  {}\n", style.dim(how));
    }
    text
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.interrupts.asking(false);
        self.0.screen.asked();
    }
}

/// What one line means as an answer to a question.
fn understand(line: &str, question: &Question) -> Heard {
    let text = line.trim();
    if text == DECLINE {
        return Heard::Declined;
    }
    if text.is_empty() {
        return match &question.suggested {
            Some(suggested) => Heard::Answer(suggested.clone()),
            None if question.is_annotated("required", "false") => Heard::Answer(String::new()),
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

fn indented(text: &str) -> String {
    plain(text.trim_end())
        .lines()
        .map(|line| format!("  {line}"))
        .collect::<Vec<_>>()
        .join("\n")
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

    fn answer(text: &str) -> Heard {
        Heard::Answer(text.into())
    }

    #[test]
    fn a_number_chooses_and_other_words_are_taken_as_they_are() {
        let asked = question(&["tea", "coffee"], None);
        assert_eq!(understand(" 2 ", &asked), answer("coffee"));
        assert_eq!(understand("tea", &asked), answer("tea"));
        assert_eq!(understand("water, please", &asked), answer("water, please"));
        for bad in ["0", "3"] {
            assert!(matches!(understand(bad, &asked), Heard::Again(why) if why.contains("1 to 2")));
        }
        assert_eq!(understand("42", &question(&[], None)), answer("42"));
        assert_eq!(
            understand("42", &question(&["42", "43"], None)),
            answer("42"),
            "the text of a choice goes first"
        );
    }

    #[test]
    fn enter_takes_the_suggestion_or_nothing_where_nothing_is_needed() {
        assert_eq!(understand("", &question(&["a"], Some("b"))), answer("b"));
        assert!(matches!(
            understand("  ", &question(&[], None)),
            Heard::Again(_)
        ));
        let mut optional = question(&[], None);
        optional.annotations.push(Text::new("required", "false"));
        assert_eq!(understand("", &optional), answer(""));
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
            understand("/decline", &question(&["a"], Some("a"))),
            Heard::Declined
        );
    }
}

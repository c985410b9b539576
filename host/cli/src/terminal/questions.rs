//! Asks the person at the terminal: one question at a time, whatever runs beside it.

use std::sync::{Arc, Mutex as StdMutex, PoisonError, mpsc};

use async_trait::async_trait;
use stepwell_contract::{Form, Question};
use stepwell_engine::{Person, PersonsAnswer};
use tokio::sync::{Mutex, oneshot};

use super::style::{plain, plain_line};
use super::{Interrupts, Screen};

/// Opens and closes an answer of several lines.
const FENCE: &str = "\"\"\"";
/// Declines the whole form.
const DECLINE: &str = "/decline";

/// The person at the terminal.
pub(crate) struct TerminalPerson {
    screen: Arc<Screen>,
    interrupts: Arc<Interrupts>,
    keyboard: Keyboard,
    /// Held while a question is asked; knows whose form was introduced last.
    introduced: Mutex<Option<(String, String)>>,
}

/// What a line of the person means.
#[derive(Debug, PartialEq, Eq)]
enum Heard {
    Answer(String),
    Declined,
    /// It can't be taken; says why.
    Again(String),
}

/// Reads standard input on a thread of its own, a line whenever one is asked for: no task waits for a person, and
/// nobody waits for the thread when the command ends.
#[derive(Default)]
struct Keyboard {
    requests: StdMutex<Option<mpsc::Sender<oneshot::Sender<Option<String>>>>>,
}

/// The screen is held while this lives, also when the run is stopped in the middle of a question.
struct Asking<'a>(&'a TerminalPerson);

impl TerminalPerson {
    pub(crate) fn new(screen: Arc<Screen>, interrupts: Arc<Interrupts>) -> Self {
        Self {
            screen,
            interrupts,
            keyboard: Keyboard::default(),
            introduced: Mutex::default(),
        }
    }

    /// One line; none is "not now", from now on.
    async fn line(&self) -> Option<String> {
        let mut later = self.interrupts.later().subscribe();
        let line = tokio::select! {
            line = self.keyboard.line() => line,
            _ = later.wait_for(|later| *later) => None,
        };
        if line.is_none() {
            self.interrupts.later().send_replace(true);
        }
        line
    }

    /// The lines up to an end.
    async fn lines_until(&self, end: &str) -> Option<String> {
        let mut lines = Vec::new();
        loop {
            let line = self.line().await?;
            if line.trim() == end {
                return Some(lines.join("\n"));
            }
            lines.push(line);
        }
    }

    async fn ask(&self, question: &Question) -> Option<Heard> {
        let line = self.line().await?;
        if let Some(rest) = line.trim_start().strip_prefix(FENCE) {
            let text = self.lines_until(FENCE).await?;
            let text = if rest.is_empty() {
                text
            } else {
                format!("{rest}\n{text}")
            };
            return Some(Heard::Answer(text));
        }
        if is_annotated(question, "multiline", "true")
            && !line.trim().is_empty()
            && line.trim() != DECLINE
        {
            let more = self.lines_until("").await?;
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
        let mut introduced = self.introduced.lock().await;
        let Some(asked) = form.questions.get(question) else {
            return PersonsAnswer::Later;
        };
        if *self.interrupts.later().borrow() {
            return PersonsAnswer::Later;
        }
        self.interrupts.asking(true);
        let asking = Asking(self);
        let style = self.screen.style();
        let form_of = (step.to_owned(), form.title.clone());
        let mut text = String::from("\n");
        if introduced.as_ref() != Some(&form_of) {
            text += &format!(
                "{} {}\n",
                style.strong(&format!("{step} asks:")),
                style.strong(&plain_line(&form.title))
            );
            if !form.guidance.trim().is_empty() {
                text += &format!("{}\n", indented(&form.guidance));
            }
            text += &style.dim("Enter takes the suggestion, \"\"\" begins and ends an answer of several lines, /decline declines,\nCtrl-D answers later.\n");
            text.push('\n');
            *introduced = Some(form_of);
        }
        let number = format!(
            "({} of {})",
            question + 1,
            answers.len().max(form.questions.len())
        );
        let question_text = plain(&asked.text).replace('\n', "\n  ");
        text += &format!("{} {question_text}\n", style.dim(&number));
        for (index, choice) in asked.choices.iter().enumerate() {
            text += &format!("  {}  {}\n", index + 1, plain(choice));
        }
        if let Some(suggested) = asked
            .suggested
            .as_ref()
            .filter(|suggested| !suggested.is_empty())
        {
            text += &format!("  {} {}\n", style.dim("Enter:"), plain(suggested));
        }
        if is_annotated(asked, "multiline", "true") {
            text += &format!(
                "  {}\n",
                style.dim("several lines; an empty line ends the answer")
            );
        }
        self.screen.ask(&text);
        let answer = loop {
            self.screen.ask_more("> ");
            match self.ask(asked).await {
                None => break PersonsAnswer::Later,
                Some(Heard::Declined) => break PersonsAnswer::Declined,
                Some(Heard::Answer(text)) => break PersonsAnswer::Text(text),
                Some(Heard::Again(why)) => self.screen.ask_more(&format!("{why}\n")),
            }
        };
        drop(asking);
        answer
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.interrupts.asking(false);
        self.0.screen.asked();
    }
}

impl Keyboard {
    async fn line(&self) -> Option<String> {
        let (answer, line) = oneshot::channel();
        self.requests().send(answer).ok()?;
        line.await.ok().flatten()
    }

    fn requests(&self) -> mpsc::Sender<oneshot::Sender<Option<String>>> {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = || {
            let (sender, receiver) = mpsc::channel::<oneshot::Sender<Option<String>>>();
            std::thread::spawn(move || {
                while let Ok(answer) = receiver.recv() {
                    let mut line = String::new();
                    let read = std::io::stdin()
                        .read_line(&mut line)
                        .ok()
                        .filter(|bytes| *bytes > 0);
                    let _ =
                        answer.send(read.map(|_| line.trim_end_matches(['\r', '\n']).to_owned()));
                }
            });
            sender
        };
        requests.get_or_insert_with(begin).clone()
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
            None if is_annotated(question, "required", "false") => Heard::Answer(String::new()),
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

fn is_annotated(question: &Question, name: &str, json: &str) -> bool {
    question
        .annotations
        .iter()
        .any(|annotation| annotation.name == name && annotation.value.trim() == json)
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
    fn a_form_can_be_declined() {
        assert_eq!(
            understand("/decline", &question(&["a"], Some("a"))),
            Heard::Declined
        );
    }
}

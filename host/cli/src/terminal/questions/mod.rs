//! Asks the person at the terminal: one question at a time, whatever runs beside it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use stepwell_contract::{Form, Question};
use stepwell_engine::{Person, PersonsAnswer};
use tokio::sync::{Mutex, MutexGuard};

use super::keyboard::{Keyboard, Typed};
use super::wrapping::wrapped;
use super::{Interrupts, Screen};

mod heard;
mod shown;

use heard::{FENCE, Fenced, Heard, command, understand};
use shown::{introduction, shown, whole};

pub(crate) use shown::Room;

/// How long another step's form waits for the next question of this one. It comes as soon as the answer is durable;
/// where it never does, because its step has ended, nobody waits for it for long.
const NEXT_QUESTION: Duration = Duration::from_secs(1);

/// The person at the terminal.
pub(crate) struct TerminalPerson {
    /// Who it is.
    user: String,
    screen: Arc<Screen>,
    interrupts: Arc<Interrupts>,
    keyboard: Keyboard,
    /// Held while a question is asked.
    asked: Mutex<Asked>,
}

/// What the person was asked so far.
#[derive(Default)]
struct Asked {
    /// The form whose questions are being asked; none between two of them.
    form: Option<OpenForm>,
    /// Whether they know how answers are typed.
    is_helped: bool,
}

/// The form whose questions are being asked.
struct OpenForm {
    step: String,
    title: String,
    /// What it is about: where that has changed, the person has to read it anew.
    about: Option<String>,
    /// When its last question was answered: others of it are open.
    more_since: Instant,
}

/// The screen is held while this lives, also when the run is stopped in the middle of a question.
struct Asking<'a>(&'a TerminalPerson);

impl TerminalPerson {
    pub(crate) fn new(user: String, screen: Arc<Screen>, interrupts: Arc<Interrupts>) -> Self {
        Self {
            user,
            screen,
            interrupts,
            keyboard: Keyboard::default(),
            asked: Mutex::default(),
        }
    }

    /// Waits until a form's question may be asked: one form is finished before the next one begins.
    async fn turn(&self, step: &str, title: &str) -> MutexGuard<'_, Asked> {
        loop {
            let asked = self.asked.lock().await;
            let others = asked
                .form
                .as_ref()
                .filter(|form| form.is_other(step, title));
            let waits = others.is_some_and(|form| form.more_since.elapsed() < NEXT_QUESTION);
            if !waits || *self.interrupts.later().borrow() {
                return asked;
            }
            drop(asked);
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

    async fn hear(&self, question: &Question, form: &Form) -> Option<Heard> {
        let line = self.line().await?;
        if let Some(rest) = line.trim_start().strip_prefix(FENCE) {
            return Some(Heard::Answer(self.fenced(rest).await?));
        }
        if question.is_annotated("multiline", "true")
            && !line.trim().is_empty()
            && command(&line, form).is_none()
        {
            let more = self.lines_until_empty().await?;
            let text = if more.is_empty() {
                line
            } else {
                format!("{line}\n{more}")
            };
            return Some(Heard::Answer(text));
        }
        Some(understand(&line, question, form))
    }
}

#[async_trait]
impl Person for TerminalPerson {
    fn name(&self) -> String {
        self.user.clone()
    }

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
        let (style, room) = (self.screen.style(), self.screen.room_to_ask());
        let is_new = open
            .form
            .as_ref()
            .is_none_or(|open| open.is_other(step, &form.title) || open.about != form.about);
        let introduction = match is_new {
            true => introduction(step, form, !open.is_helped, style, room),
            false => String::new(),
        };
        open.is_helped = true;
        let place = format!("({} of {})", question + 1, form.questions.len());
        let question_text = shown(asked, &place, style, room);
        self.screen.ask(&format!("\n{introduction}{question_text}"));
        let answer = loop {
            self.screen.ask_more("> ");
            match self.hear(asked, form).await {
                None => break PersonsAnswer::Later,
                Some(Heard::Declined) => break PersonsAnswer::Declined,
                Some(Heard::Answer(text)) => break PersonsAnswer::Text(text),
                Some(Heard::Show) => {
                    let text = whole(form, room);
                    self.screen.ask_more(&format!("\n{text}\n{question_text}"));
                }
                Some(Heard::Again(why)) => {
                    self.screen.ask_more(&wrapped(&why, room.columns, "", ""));
                }
            }
        };
        let is_open =
            |(index, answer): (usize, &Option<String>)| index != question && answer.is_none();
        let more =
            matches!(answer, PersonsAnswer::Text(_)) && answers.iter().enumerate().any(is_open);
        // A form that is over is none any more: the next one of its title is another one.
        open.form = more.then(|| OpenForm {
            step: step.to_owned(),
            title: form.title.clone(),
            about: form.about.clone(),
            more_since: Instant::now(),
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

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.interrupts.asking(false);
        self.0.screen.asked();
    }
}

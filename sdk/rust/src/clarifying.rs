//! A document that is made clear with the person behind the run.
//!
//! What is open is asked, a draft is written and analysed, and what the analysis finds is asked in turn: until it finds nothing, the
//! person says that it is enough, or no more forms may be filled in. What is open then stands in the document and is warned of.
//! What is asked and what is written is the business of the step, and so are the words of both.

use std::collections::BTreeSet;

use crate::answer::{self, DocumentFormat, OPEN_POINTS};
use crate::dialogue::{Answers, DialogueError, DialogueErrorKind, Form, Question};
use crate::tools::{self, Access, Offer};
use crate::{Documents, Failure, Field, context, progress};

/// How many forms a person is asked to fill in, unless the setting says otherwise. It only ends what doesn't end by itself:
/// each form lets the person do that.
pub const ROUNDS: u32 = 10;

/// The name of the setting.
const SETTING: &str = "rounds";
/// The key of the question by which the person ends the questions.
const ENOUGH: &str = "enough";
const GO_ON: &str = "go on";

/// The setting that bounds the forms, for a step's description.
#[must_use]
pub fn rounds_setting() -> Field {
    let told = format!("How many forms the person is asked at most ({ROUNDS}); 0 asks nothing");
    Field::optional(SETTING, told).schema(r#"{"type":"integer","minimum":0}"#)
}

/// How many forms the person may be asked.
///
/// # Errors
/// The setting is no such number.
pub fn rounds() -> Result<u32, Failure> {
    context::setting_or(SETTING, ROUNDS)
}

/// What a model is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// What is open before anything is written. Answered as [`answer::questions`] reads it.
    Questions,
    /// The document, from all that is known.
    Draft,
    /// What in the newest draft can be read in two ways, or is missing. Answered as [`answer::questions`] reads it.
    Analysis,
}

impl Stage {
    /// The first one.
    #[must_use]
    pub fn first(rounds: u32) -> Self {
        match rounds {
            0 => Self::Draft,
            _ => Self::Questions,
        }
    }
}

/// What is known so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    clarifications: String,
    draft: String,
}

impl Known {
    /// What the person was asked and answered, one entry for each question; may be empty.
    #[must_use]
    pub fn clarifications(&self) -> &str {
        self.clarifications.trim()
    }

    /// The newest draft; may be empty.
    #[must_use]
    pub fn draft(&self) -> &str {
        self.draft.trim()
    }
}

/// What the person reads, and what is told of their answers.
#[derive(Debug, Clone)]
pub struct Words {
    /// The name of the document that is made clear.
    pub document: &'static str,
    /// The title of a form before there is a draft.
    pub before: &'static str,
    /// The title of a form about a draft.
    pub about_draft: &'static str,
    /// What the person should know before the first form, as Markdown. It isn't said again.
    pub guidance: String,
    /// The section in which the model writes down what it assumes.
    pub assumptions: &'static str,
}

/// A step whose document is made clear with the person.
pub trait Clarify {
    /// What the person reads.
    fn words(&self) -> Words;

    /// The form of the document.
    fn format(&self) -> DocumentFormat;

    /// What is sent to the model, which may be offered tools.
    ///
    /// # Errors
    /// The prompt can't be filled.
    fn fill(&self, stage: Stage, known: &Known, offer: Offer) -> Result<String, Failure>;

    /// The documents in an answer to [`Stage::Draft`].
    ///
    /// # Errors
    /// The answer can't be used.
    fn read(&self, answer: &str) -> Result<Documents, Failure>;
}

/// Makes the document clear, with as many forms as this.
///
/// # Errors
/// The model can't be asked, its answer can't be used, or the person declines.
pub fn clarify(step: &impl Clarify, rounds: u32) -> Result<Documents, Failure> {
    let mut talk = Talk::new(step, rounds);
    if talk.goes_on {
        let questions = talk.questions(Stage::Questions)?;
        talk.put(questions)?;
    }
    loop {
        let answer = tools::ask(Access::Look, |offer| {
            let prompt = step.fill(Stage::Draft, &talk.known, offer)?;
            talk.warn_of_unread_answers(&prompt);
            Ok(prompt)
        })?;
        let documents = step.read(&answer)?;
        let draft = documents.get(talk.words.document).unwrap_or_default();
        draft.clone_into(&mut talk.known.draft);
        if talk.goes_on {
            let questions = talk.questions(Stage::Analysis)?;
            if talk.put(questions)? {
                continue;
            }
        }
        return Ok(talk.end(documents));
    }
}

/// How far it is.
struct Talk<'s, S> {
    step: &'s S,
    words: Words,
    /// Forms that may still be asked.
    left: u32,
    /// Whether the draft is analysed and asked about.
    goes_on: bool,
    /// Whether the person has read the guidance.
    introduced: bool,
    /// Whether it was said that the prompt leaves the answers out.
    warned: bool,
    known: Known,
    /// What nobody has answered.
    open: Vec<String>,
    /// Keys of questions that were asked, each once in an execution.
    keys: BTreeSet<String>,
}

impl<'s, S: Clarify> Talk<'s, S> {
    fn new(step: &'s S, rounds: u32) -> Self {
        Self {
            step,
            words: step.words(),
            left: rounds,
            goes_on: rounds > 0,
            introduced: false,
            warned: false,
            known: Known::default(),
            open: Vec::new(),
            keys: BTreeSet::from([ENOUGH.to_owned()]),
        }
    }

    /// What the model finds open.
    fn questions(&mut self, stage: Stage) -> Result<Vec<Question>, Failure> {
        let answer = tools::ask(Access::Look, |offer| {
            self.step.fill(stage, &self.known, offer)
        })?;
        answer::questions(&answer, &mut self.keys)
    }

    /// A prompt of the project may have no place for what the person answered: the model doesn't read it then.
    fn warn_of_unread_answers(&mut self, prompt: &str) {
        let answers = self.known.clarifications();
        if !answers.is_empty() && !prompt.contains(answers) && !self.warned {
            self.warned = true;
            progress::warn(
                "the prompt has no `{{ clarifications }}`: the model that writes the document isn't told what the person answered",
            );
        }
    }

    /// Puts the questions to the person, where one may still be asked; says whether a draft has to follow.
    fn put(&mut self, questions: Vec<Question>) -> Result<bool, Failure> {
        if questions.is_empty() {
            return Ok(false);
        }
        let asked: Vec<String> = questions.iter().map(|it| it.text.clone()).collect();
        if self.left == 0 {
            self.open.extend(asked);
            return Ok(false);
        }
        self.left -= 1;
        match self.ask(questions) {
            Ok(answers) => self.take(&answers),
            Err(error) if error.kind == DialogueErrorKind::NobodyThere => {
                progress::info("nobody answers: what is open becomes an assumption");
                self.goes_on = false;
                for question in &asked {
                    self.note(question, "");
                }
                self.open.extend(asked);
            }
            Err(error) => return Err(error.into()),
        }
        Ok(true)
    }

    fn ask(&mut self, questions: Vec<Question>) -> Result<Answers, DialogueError> {
        let title = match self.known.draft.is_empty() {
            true => self.words.before,
            false => self.words.about_draft,
        };
        let mut form = Form::new(title);
        // Whoever has filled in one form needs not read the same again.
        if !std::mem::replace(&mut self.introduced, true) {
            form = form.guidance(self.words.guidance.as_str());
        }
        form.questions = questions;
        if self.left > 0 {
            form = form.question(enough());
        }
        form.ask_about(self.known.draft())
    }

    fn take(&mut self, answers: &Answers) {
        if is_enough(answers.text(ENOUGH)) {
            self.goes_on = false;
        }
        for answer in answers.iter().filter(|answer| answer.key != ENOUGH) {
            self.note(&answer.question, &answer.text);
        }
    }

    fn note(&mut self, question: &str, answer: &str) {
        let assumed = format!(
            "(none: assume what is sensible and write it down under `{}`)",
            self.words.assumptions
        );
        let answer = match answer {
            "" => &assumed,
            answer => answer,
        };
        let question = question.replace('\n', " ");
        let entry = format!("- {question}\n  Answer: {answer}\n");
        self.known.clarifications.push_str(&entry);
    }

    /// The documents, with what is open in the one that should be clear.
    fn end(self, documents: Documents) -> Documents {
        let name = self.words.document;
        let Some(draft) = documents.get(name).filter(|_| !self.open.is_empty()) else {
            return documents;
        };
        for point in &self.open {
            let point = point.replace('\n', " ");
            progress::warn(format!(
                "still open, see `{OPEN_POINTS}` in the document `{name}`: {point}"
            ));
        }
        let text = self.step.format().with_open_points(draft, &self.open);
        documents.with(name, text)
    }
}

/// Whether that is enough, in the words that people have for it.
fn is_enough(answer: &str) -> bool {
    let answer = answer.to_lowercase();
    let words: Vec<&str> = answer
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let says = |word: &str| words.contains(&word);
    match words.as_slice() {
        // The second of the two choices, and the answer to the question's end.
        ["2" | "yes" | "y" | "stop" | "done" | "end"] => true,
        _ => says(ENOUGH) && !says("not") && !says("isn"),
    }
}

/// The question by which the person says whether they want to be asked on.
fn enough() -> Question {
    Question::new(
        ENOUGH,
        "Go on asking while anything is unclear, or is this enough?",
    )
    .choices([GO_ON, ENOUGH])
    .suggest(GO_ON)
    .optional()
}

#[cfg(test)]
mod tests {
    use super::is_enough;

    #[test]
    fn enough_has_many_words() {
        for answer in [
            "enough",
            "Enough, thanks!",
            "that is enough",
            "yes",
            "Yes.",
            "2",
            "stop",
        ] {
            assert!(is_enough(answer), "{answer}");
        }
        for answer in [
            "",
            "go on",
            "1",
            "not enough",
            "that isn't enough yet",
            "no",
        ] {
            assert!(!is_enough(answer), "{answer}");
        }
    }
}

//! Questions to the person behind the run.

use crate::bindings::stepwell::plugin::types::Text;
use crate::host::call;

pub use crate::bindings::stepwell::plugin::dialogue::{
    DialogueError, DialogueErrorKind, Form, Question,
};

/// The name of the hint that holds what a form's questions are about. It stands at the first of them, for all.
const ABOUT: &str = "about";
/// How much of it is handed over: a form may have 256 KiB in all.
const MOST_ABOUT: usize = 96 << 10;

impl Form {
    /// Questions that are asked together, under a title.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            guidance: String::new(),
            questions: Vec::new(),
        }
    }

    /// What the person should know before answering, as Markdown.
    #[must_use]
    pub fn guidance(mut self, markdown: impl Into<String>) -> Self {
        self.guidance = markdown.into();
        self
    }

    /// Adds a question.
    #[must_use]
    pub fn question(mut self, question: Question) -> Self {
        self.questions.push(question);
        self
    }

    /// The text that the questions are about, as [`ask_about`](Self::ask_about) hands it over.
    #[must_use]
    pub fn about(&self) -> Option<String> {
        let annotations = &self.questions.first()?.annotations;
        let about = annotations.iter().find(|hint| hint.name == ABOUT)?;
        serde_json::from_str(&about.value).ok()
    }

    /// The same as [`ask`](Self::ask), about a text in Markdown, such as a draft: the person can read it where they are asked.
    /// It isn't read by anybody else, and so the end of one that is too long for a form is left out.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub fn ask_about(mut self, text: &str) -> Result<Answers, DialogueError> {
        let text = text.trim_end();
        if let Some(first) = self.questions.first_mut().filter(|_| !text.is_empty()) {
            let end = text.floor_char_boundary(MOST_ABOUT);
            let cut = if end < text.len() { "\n\n…" } else { "" };
            let json = serde_json::json!(format!("{}{cut}", &text[..end])).to_string();
            first.annotations.push(Text::new(ABOUT, json));
        }
        self.ask()
    }

    /// Asks, and waits for the answers: the run may sleep until they come.
    ///
    /// # Errors
    /// Nobody is there ([`DialogueErrorKind::NobodyThere`]: go on with assumptions, and write them down), or the
    /// person declines.
    pub fn ask(self) -> Result<Answers, DialogueError> {
        let texts = call(|host| host.ask(&self))?;
        let answered = self
            .questions
            .into_iter()
            .zip(texts)
            .map(|(question, text)| Answer {
                key: question.key,
                question: question.text,
                text: text.trim().to_owned(),
            })
            .collect();
        Ok(Answers(answered))
    }
}

impl Question {
    /// A question for free text. The key names it for answers that are given beforehand.
    pub fn new(key: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            text: text.into(),
            choices: Vec::new(),
            suggested: None,
            annotations: Vec::new(),
        }
    }

    /// Ready answers to choose from.
    #[must_use]
    pub fn choices<T: Into<String>>(mut self, choices: impl IntoIterator<Item = T>) -> Self {
        self.choices = choices.into_iter().map(Into::into).collect();
        self
    }

    /// The answer that the step suggests.
    #[must_use]
    pub fn suggest(mut self, answer: impl Into<String>) -> Self {
        self.suggested = Some(answer.into());
        self
    }

    /// May be left empty.
    #[must_use]
    pub fn optional(self) -> Self {
        self.annotation("required", "false")
    }

    /// Wants room for many lines.
    #[must_use]
    pub fn multiline(self) -> Self {
        self.annotation("multiline", "true")
    }

    /// Any other hint, as name and JSON value.
    #[must_use]
    pub fn annotation(mut self, name: impl Into<String>, json: impl Into<String>) -> Self {
        self.annotations.push(Text::new(name, json));
        self
    }
}

/// One question as it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The question's key.
    pub key: String,
    /// The question.
    pub question: String,
    /// The answer, without white space around it; may be empty.
    pub text: String,
}

/// The answers to a form, in the order of its questions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers(Vec<Answer>);

impl Answers {
    /// The answer to a question; empty if there is none.
    #[must_use]
    pub fn text(&self, key: &str) -> &str {
        self.0
            .iter()
            .find(|answer| answer.key == key)
            .map(|answer| answer.text.as_str())
            .unwrap_or_default()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Answer> {
        self.0.iter()
    }
}

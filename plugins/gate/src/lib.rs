//! The step `gate`: shows a text and what the run changed, and waits for a person's yes, no or changes.
//!
//! What the steps before it wrote stays out of the workspace until it says yes: the host sees to that, because the step
//! declares itself a gate.

use stepwell_sdk::dialogue::{Answers, DialogueError, DialogueErrorKind, Form, Question};
use stepwell_sdk::{Description, Documents, Failure, Field, Inputs, Step, context};

mod changes;
mod decision;

use decision::Decision;

/// The step.
#[derive(Debug, Default)]
pub struct Gate;

stepwell_sdk::export!(Gate);

/// How often an answer that can't be understood is asked for again.
const TRIES: usize = 5;

/// The setting by which a person may ask for changes.
const CHANGES: &str = "changes";

const DECISION: &str = "decision";
const NOTE: &str = "note";
const CORRECTION: &str = "correction";
const DOCUMENT: &str = "document";

impl Step for Gate {
    fn describe(&self) -> Description {
        Description::new(
            "gate",
            env!("CARGO_PKG_VERSION"),
            "Shows a text and what the run changed, and waits for a person's yes; until then nothing of it is published.",
        )
        .input(Field::optional("document", "The text that is to be agreed to"))
        .input(Field::optional(
            "before",
            "The text as it was so far: then the person is shown what changes in it, too",
        ))
        .input(Field::optional(
            "after",
            "Anything else that it waits for, such as a document of the steps whose files are to be agreed to",
        ))
        .document(Field::required(
            DECISION,
            "`yes`, or `changes` where something is to be done first; after a `no` the step fails, and there is none",
        ))
        .document(Field::required(
            NOTE,
            "What the person said of it, such as what to change; may be empty",
        ))
        .document(Field::required(
            "document",
            "The text that was agreed to, as the person corrected it; empty where none was given",
        ))
        .document(Field::optional(
            CORRECTION,
            "What the person changed in the text, as a unified diff",
        ))
        .text_setting("title", "What the form is called")
        .text_setting("question", "What the person is asked")
        .setting(
            Field::optional(
                CHANGES,
                "Whether the person may ask for changes: then `decision` is `changes`, for a `repeat` around the gate",
            )
            .schema(r#"{"type":"boolean"}"#),
        )
        .setting(
            Field::optional(
                "correct",
                "Whether the person may correct the text that is shown (true)",
            )
            .schema(r#"{"type":"boolean"}"#),
        )
        .setting(
            Field::optional("diff", "Whether it shows what the run changed (true)")
                .schema(r#"{"type":"boolean"}"#),
        )
        .optional_grant(
            "workspace",
            "read",
            "it shows the person what the run changed in the workspace",
        )
        .gate(DECISION, &[Decision::Yes.word()])
        .sent_back(CHANGES, Decision::Changes.word())
        .corrected_in(CORRECTION)
    }

    fn execute(&self, inputs: &Inputs) -> Result<Documents, Failure> {
        let asked = Asked::new(inputs.text("document"), inputs.text("before"))?;
        let mut unclear = String::new();
        for _ in 0..TRIES {
            let answers = asked
                .form(&unclear)
                .ask_about(&asked.about)
                .map_err(|error| unanswered(&error))?;
            match asked.read(&answers) {
                Ok(documents) => return Ok(documents),
                Err(Misread::No(failure)) => return Err(failure),
                Err(Misread::Unclear(why)) => unclear = why,
            }
        }
        Err(Failure::other(
            "unanswered",
            format!("the gate got no clear answer: {unclear}"),
        ))
    }

    fn process_response(&self, _: &Inputs, _: &str) -> Result<Documents, Failure> {
        Err(Failure::other(
            "no-model",
            "a gate asks no model, so that there is no answer to read",
        ))
    }
}

/// What the person is asked, and about what.
struct Asked<'i> {
    document: &'i str,
    title: String,
    question: String,
    may_ask_for_changes: bool,
    may_correct: bool,
    about: String,
    /// Why no files are shown, though the run changed some.
    unseen: Option<String>,
}

/// Why an answer isn't a yes, and no changes either.
enum Misread {
    /// The person said no.
    No(Failure),
    /// It can't be told what the person wants.
    Unclear(String),
}

impl<'i> Asked<'i> {
    fn new(document: &'i str, before: &str) -> Result<Self, Failure> {
        let files = match context::setting_or("diff", true)? {
            true => changes::shown()?,
            false => changes::Shown::default(),
        };
        let changed = changes::since(before, document);
        let mut parts = vec![changed.as_str(), document, files.diff.as_str()];
        parts.retain(|part| !part.trim().is_empty());
        let about = parts.join("\n\n---\n\n");
        let question = "Is this what you want?".to_owned();
        Ok(Self {
            document,
            title: context::setting_or("title", "Your consent".to_owned())?,
            question: context::setting_or("question", question)?,
            may_ask_for_changes: context::setting_or(CHANGES, false)?,
            may_correct: context::setting_or("correct", true)?,
            about,
            unseen: files.unseen,
        })
    }

    fn form(&self, unclear: &str) -> Form {
        let mut guidance = match &self.unseen {
            Some(why) => format!("The run changed files, and none of them is shown: {why}. "),
            None if self.about.is_empty() => {
                "There is nothing to show: the run changed no file, and no text was given. "
                    .to_owned()
            }
            None => String::new(),
        };
        if !unclear.is_empty() {
            guidance = format!("{unclear}. {guidance}");
        }
        guidance.push_str(
            "`yes` goes on with it. `no` ends the run, and nothing of it gets into the workspace.",
        );
        let mut choices = vec![Decision::Yes.word(), Decision::No.word()];
        let mut note = "Anything to note? It is kept with the decision.";
        if self.may_ask_for_changes {
            guidance
                .push_str(" `changes` lets the steps before it work once more, with what you say.");
            choices.push(Decision::Changes.word());
            note = "What should be changed, or anything to note";
        }
        let mut form = Form::new(self.title.as_str())
            .guidance(guidance)
            .question(Question::new(DECISION, self.question.as_str()).choices(choices))
            .question(Question::new(NOTE, note).optional().multiline());
        if self.may_correct && !self.document.is_empty() {
            let asked =
                "The text as it should be, where you correct it yourself; empty leaves it as it is";
            form = form.question(Question::new(CORRECTION, asked).optional().multiline());
        }
        form
    }

    fn read(&self, answers: &Answers) -> Result<Documents, Misread> {
        let said = answers.text(DECISION);
        let note = answers.text(NOTE);
        let decision = Decision::of(said)
            .filter(|it| self.may_ask_for_changes || *it != Decision::Changes)
            .ok_or_else(|| {
                Misread::Unclear(format!(
                    "`{}` is no answer that is offered",
                    beginning(said)
                ))
            })?;
        if decision == Decision::No {
            let why = if note.is_empty() {
                String::new()
            } else {
                format!(": {note}")
            };
            return Err(Misread::No(Failure::declined(format!(
                "the person said no{why}"
            ))));
        }
        let correction = answers.text(CORRECTION);
        if decision == Decision::Changes && note.is_empty() && correction.is_empty() {
            return Err(Misread::Unclear(
                "you asked for changes and didn't say which".into(),
            ));
        }
        let mut documents = Documents::one(DECISION, decision.word()).with(NOTE, note);
        let agreed = match correction {
            "" => self.document,
            corrected => corrected,
        };
        let line = |text: &str| match text.is_empty() {
            true => String::new(),
            false => format!("{text}\n"),
        };
        if agreed != self.document {
            let diff = changes::unified(&line(self.document), &line(agreed), DOCUMENT);
            documents = documents.with(CORRECTION, diff);
        }
        documents = documents.with(DOCUMENT, line(agreed));
        Ok(documents)
    }
}

/// Nobody said yes, and nobody said no either: what is held stays held, and whoever resumes is asked again.
fn unanswered(error: &DialogueError) -> Failure {
    let why = match error.kind {
        DialogueErrorKind::NobodyThere => {
            "a gate needs a person, and nobody will answer".to_owned()
        }
        DialogueErrorKind::Declined => "the person neither agreed nor said no".to_owned(),
        DialogueErrorKind::Other(_) => error.message.clone(),
    };
    Failure::other("unanswered", why)
}

/// The first few characters of what somebody said.
fn beginning(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.chars().take(40).collect()
}

//! The step `requirement`: from a feature request to a requirement document.
//!
//! It asks the person what the request leaves open, drafts, looks through its own draft for what can be read in two
//! ways, and asks on, until nothing is ambiguous, the person says that it is enough, or all rounds are used.

use std::collections::BTreeSet;

use stepwell_sdk::answer::{self, DocumentFormat, Outline};
use stepwell_sdk::dialogue::{DialogueErrorKind, Form, Question};
use stepwell_sdk::{
    Description, Documents, Failure, Field, Inputs, Prompt, Step, chat, context, progress,
};

/// How many forms a person is asked to fill in, unless a setting says otherwise.
const ROUNDS: u32 = 3;
/// The key of the question by which the person ends the questions.
const ENOUGH: &str = "enough";

/// The step.
#[derive(Debug, Default)]
pub struct Requirement;

stepwell_sdk::export!(Requirement);

impl Step for Requirement {
    fn describe(&self) -> Description {
        let common = |prompt: Prompt| {
            prompt
                .variable("feature", "The feature request, in the person's words")
                .variable("guidance", "Wishes of the definition; may be empty")
                .variable("language", "The language of the text; may be empty")
        };
        let existing = "The document of the feature that is changed; may be empty";
        let answers = "What the person was asked and answered; may be empty";
        Description::new(
            "requirement",
            env!("CARGO_PKG_VERSION"),
            "Turns a feature request into a requirement document, asking the person what is open.",
        )
        .input(Field::required(
            "feature",
            "What you want, in your own words",
        ))
        .input(Field::optional(
            "existing_requirement",
            "The complete requirement document of the feature that is changed",
        ))
        .document(Field::required(
            "requirement",
            "The requirement document, in Markdown",
        ))
        .prompt(
            common(Prompt::new(
                "requirement",
                include_str!("../prompts/draft.j2"),
            ))
            .variable("existing_requirement", existing)
            .variable("clarifications", answers)
            .variable("draft", "The draft so far; empty for the first one"),
        )
        .prompt(
            common(Prompt::new(
                "requirement_questions",
                include_str!("../prompts/questions.j2"),
            ))
            .variable("existing_requirement", existing),
        )
        .prompt(
            common(Prompt::new(
                "requirement_review",
                include_str!("../prompts/review.j2"),
            ))
            .variable("clarifications", answers)
            .variable("draft", "The draft to review"),
        )
        .setting(
            Field::optional(
                "rounds",
                "How many forms the person is asked at most (3); 0 asks nothing",
            )
            .schema(r#"{"type":"integer","minimum":0}"#),
        )
        .text_setting("guidance", "Wishes that are added to each prompt")
        .text_setting("language", "The language of the document")
    }

    fn construct_prompt(&self, inputs: &Inputs) -> Result<Option<String>, Failure> {
        let work = Work::new(inputs)?;
        let first = if work.rounds > 0 {
            work.fill("requirement_questions")
        } else {
            work.fill("requirement")
        };
        first.map(Some)
    }

    fn process_response(&self, inputs: &Inputs, response: &str) -> Result<Documents, Failure> {
        let document = DocumentFormat::of(outline(), inputs.template()).read(response)?;
        Ok(Documents::one("requirement", document))
    }

    fn execute(&self, inputs: &Inputs) -> Result<Documents, Failure> {
        let mut work = Work::new(inputs)?;
        if work.may_ask() {
            work.ask_about("requirement_questions")?;
        }
        loop {
            let answer = chat::ask(work.fill("requirement")?)?;
            let documents = self.process_response(inputs, &answer)?;
            work.draft = documents.get("requirement").unwrap_or_default().to_owned();
            if !work.may_ask() || !work.ask_about("requirement_review")? {
                return Ok(documents);
            }
        }
    }
}

/// The sections of a requirement document.
fn outline() -> Outline {
    Outline::new()
        .group("1", "Overview")
        .section("1.1", "Background", &["context", "motivation"])
        .section(
            "1.2",
            "User persona",
            &["personas", "users", "target users"],
        )
        .section("1.3", "User journey", &["journeys", "user flow"])
        .group("2", "Requirements")
        .section("2.1", "Functional requirements", &["functionality"])
        .optional("3", "Assumptions", &["assumptions made"])
}

/// How far an execution is.
struct Work<'a> {
    inputs: &'a Inputs,
    /// Forms that may still be asked.
    rounds: u32,
    clarifications: String,
    draft: String,
    /// Keys of questions that were asked, each once in an execution.
    keys: BTreeSet<String>,
}

impl<'a> Work<'a> {
    fn new(inputs: &'a Inputs) -> Result<Self, Failure> {
        inputs.required("feature")?;
        Ok(Self {
            inputs,
            rounds: context::setting_or("rounds", ROUNDS)?,
            clarifications: String::new(),
            draft: String::new(),
            keys: BTreeSet::from([ENOUGH.to_owned()]),
        })
    }

    fn may_ask(&self) -> bool {
        self.rounds > 0
    }

    fn fill(&self, prompt: &str) -> Result<String, Failure> {
        let existing = self.inputs.text("existing_requirement");
        let given = [
            ("existing_requirement", existing),
            ("clarifications", self.clarifications.trim()),
            ("draft", self.draft.trim()),
        ];
        self.inputs.fill(&Requirement.describe(), prompt, &given)
    }

    /// Lets the model look for what is open and asks the person; says whether anything was.
    fn ask_about(&mut self, prompt: &str) -> Result<bool, Failure> {
        let answer = chat::ask(self.fill(prompt)?)?;
        let questions = answer::questions(&answer, &mut self.keys)?;
        if questions.is_empty() {
            return Ok(false);
        }
        self.rounds -= 1;
        let asked: Vec<String> = questions
            .iter()
            .map(|question| question.text.clone())
            .collect();
        match self.form(questions).ask() {
            Ok(answers) => {
                if answers.text(ENOUGH).eq_ignore_ascii_case(ENOUGH) {
                    self.rounds = 0;
                }
                for answer in answers.iter().filter(|answer| answer.key != ENOUGH) {
                    self.note(&answer.question, &answer.text);
                }
            }
            Err(error) if error.kind == DialogueErrorKind::NobodyThere => {
                progress::info("nobody answers: what is open becomes an assumption");
                self.rounds = 0;
                for question in asked {
                    self.note(&question, "");
                }
            }
            Err(error) => return Err(error.into()),
        }
        Ok(true)
    }

    fn form(&self, questions: Vec<Question>) -> Form {
        let feature = self.inputs.text("feature").replace('\n', "\n> ");
        let guidance = include_str!("guidance.md").replace("{feature}", &format!("> {feature}"));
        let title = if self.draft.is_empty() {
            "Questions about the feature"
        } else {
            "The draft leaves these open"
        };
        let mut form = Form::new(title).guidance(guidance);
        form.questions = questions;
        if self.rounds == 0 {
            return form;
        }
        let enough = "Go on asking while anything is unclear, or is this enough?";
        form.question(
            Question::new(ENOUGH, enough)
                .choices(["go on", ENOUGH])
                .suggest("go on")
                .optional(),
        )
    }

    fn note(&mut self, question: &str, answer: &str) {
        let answer = match answer {
            "" => "(none: assume what is sensible and write it down under `3 Assumptions`)",
            answer => answer,
        };
        let entry = format!("- {}\n  Answer: {answer}\n", question.replace('\n', " "));
        self.clarifications.push_str(&entry);
    }
}

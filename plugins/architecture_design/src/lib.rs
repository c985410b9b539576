//! The step `architecture_design`: from a requirement to a design document and its PlantUML diagram.

use std::collections::BTreeSet;

use stepwell_sdk::answer::{self, Outline};
use stepwell_sdk::dialogue::{DialogueErrorKind, Form};
use stepwell_sdk::{
    Description, Documents, Failure, Field, Inputs, Prompt, Step, chat, context, progress,
};

/// What every element of the diagram is marked as.
const STEREOTYPES: &[&str] = &["New", "Existing"];

/// The step.
#[derive(Debug, Default)]
pub struct ArchitectureDesign;

stepwell_sdk::export!(ArchitectureDesign);

impl Step for ArchitectureDesign {
    fn describe(&self) -> Description {
        let common = |prompt: Prompt| {
            prompt
                .variable("requirement", "The requirement document")
                .variable(
                    "existing_design",
                    "The design of the system that it becomes part of; may be empty",
                )
                .variable("guidance", "Wishes of the definition; may be empty")
                .variable("language", "The language of the text; may be empty")
        };
        Description::new(
            "architecture_design",
            env!("CARGO_PKG_VERSION"),
            "Turns a requirement into an architecture design with a PlantUML diagram.",
        )
        .input(Field::required("requirement", "The requirement document"))
        .input(Field::optional(
            "existing_design",
            "The design of the system that the feature becomes part of",
        ))
        .document(Field::required(
            "design",
            "The design document, in Markdown",
        ))
        .document(Field::required("diagram", "Its diagram alone, in PlantUML"))
        .prompt(
            common(Prompt::new(
                "architecture_design",
                include_str!("../prompts/design.j2"),
            ))
            .variable(
                "clarifications",
                "What the person was asked and answered; may be empty",
            ),
        )
        .prompt(common(Prompt::new(
            "architecture_design_questions",
            include_str!("../prompts/questions.j2"),
        )))
        .setting(
            Field::optional(
                "ask",
                "Whether the person may be asked before the design is made (true)",
            )
            .schema(r#"{"type":"boolean"}"#),
        )
        .text_setting("guidance", "Wishes that are added to each prompt")
        .text_setting("language", "The language of the document")
    }

    fn construct_prompt(&self, inputs: &Inputs) -> Result<Option<String>, Failure> {
        let prompt = if context::setting_or("ask", true)? {
            "architecture_design_questions"
        } else {
            "architecture_design"
        };
        self.fill(prompt, inputs, "").map(Some)
    }

    fn process_response(&self, _: &Inputs, response: &str) -> Result<Documents, Failure> {
        let mut problems = Vec::new();
        let diagram = answer::diagram(response);
        match &diagram {
            None => problems
                .push("there is no PlantUML diagram from `@startuml` to `@enduml`".to_owned()),
            Some(diagram) => {
                problems.extend(
                    answer::check_diagram(diagram, STEREOTYPES)
                        .err()
                        .unwrap_or_default(),
                );
            }
        }
        let report = outline().read(response);
        if let Err(failure) = &report {
            problems.insert(0, failure.message.clone());
        }
        match (report, diagram) {
            (Ok(mut report), Some(diagram)) if problems.is_empty() => {
                report.set_section("Diagram", &answer::fenced("plantuml", &diagram));
                Ok(Documents::one("design", report.render()).with("diagram", diagram))
            }
            _ => Err(Failure::invalid_response(problems.join("; "))),
        }
    }

    fn execute(&self, inputs: &Inputs) -> Result<Documents, Failure> {
        let clarifications = if context::setting_or("ask", true)? {
            self.clarify(inputs)?
        } else {
            String::new()
        };
        let answer = chat::ask(self.fill("architecture_design", inputs, &clarifications)?)?;
        self.process_response(inputs, &answer)
    }
}

/// The sections of a design document.
fn outline() -> Outline {
    Outline::new()
        .section(
            "1",
            "High-level design",
            &[
                "overview",
                "architecture overview",
                "high level architecture",
            ],
        )
        .section("2", "Design patterns", &["patterns"])
        .section("3", "New components", &[])
        .section(
            "4",
            "Existing components",
            &["existing components used", "reused components"],
        )
        .section(
            "5",
            "Interactions",
            &["component interactions", "interaction between components"],
        )
        .section("6", "External dependencies", &["dependencies"])
        .section(
            "7",
            "Diagram",
            &[
                "plantuml diagram",
                "component diagram",
                "class diagram",
                "architecture diagram",
            ],
        )
        .optional("8", "Assumptions", &["assumptions made"])
}

impl ArchitectureDesign {
    fn fill(&self, prompt: &str, inputs: &Inputs, answers: &str) -> Result<String, Failure> {
        let given = [("clarifications", answers.trim())];
        inputs.fill(&self.describe(), prompt, &given)
    }

    /// Asks the person what stands in the way of a design; empty where nothing does.
    fn clarify(&self, inputs: &Inputs) -> Result<String, Failure> {
        let answer = chat::ask(self.fill("architecture_design_questions", inputs, "")?)?;
        let questions = answer::questions(&answer, &mut BTreeSet::new())?;
        if questions.is_empty() {
            return Ok(String::new());
        }
        let asked: Vec<String> = questions
            .iter()
            .map(|question| question.text.clone())
            .collect();
        let mut form =
            Form::new("Questions about the design").guidance(include_str!("guidance.md"));
        form.questions = questions;
        match form.ask() {
            Ok(answers) => Ok(answers
                .iter()
                .map(|answer| note(&answer.question, &answer.text))
                .collect()),
            Err(error) if error.kind == DialogueErrorKind::NobodyThere => {
                progress::info("nobody answers: what is open becomes an assumption");
                Ok(asked.iter().map(|question| note(question, "")).collect())
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn note(question: &str, answer: &str) -> String {
    let answer = match answer {
        "" => "(none: decide, and write it down under `8 Assumptions`)",
        answer => answer,
    };
    format!("- {}\n  Answer: {answer}\n", question.replace('\n', " "))
}

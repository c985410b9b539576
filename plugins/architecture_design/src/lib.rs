//! The step `architecture_design`: from a requirement to a design document and its PlantUML diagram.

use std::collections::BTreeSet;

use stepwell_sdk::answer::{self, DocumentFormat, Outline};
use stepwell_sdk::dialogue::{DialogueErrorKind, Form};
use stepwell_sdk::{
    Description, Documents, Failure, Field, Inputs, Prompt, Step, chat, context, progress,
};

/// What every element of the diagram is marked as, one of these.
const MARKS: &[&str] = &["New", "Existing", "Used-By", "Part-Of"];

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
        .document(Field::optional(
            "diagram",
            "Its diagrams alone, in PlantUML; none where the prompt asks for none",
        ))
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

    fn process_response(&self, inputs: &Inputs, response: &str) -> Result<Documents, Failure> {
        let format = DocumentFormat::of(outline(), inputs.template());
        let diagram = answer::diagram(response);
        let mut problems = Vec::new();
        match &diagram {
            None if !format.wants_diagram() => {}
            None => problems
                .push("there is no PlantUML diagram from `@startuml` to `@enduml`".to_owned()),
            Some(diagram) => {
                // A project's format has marks of its own, if any.
                let marks = format.own().map_or(&[][..], |_| MARKS);
                let checked = answer::check_diagram(diagram, marks);
                problems.extend(checked.err().unwrap_or_default());
            }
        }
        match read(&format, response, diagram.as_deref()) {
            Ok(design) if problems.is_empty() => {
                let documents = Documents::one("design", design);
                Ok(match diagram {
                    Some(diagram) => documents.with("diagram", diagram),
                    None => documents,
                })
            }
            Ok(_) => Err(Failure::invalid_response(problems.join("; "))),
            Err(failure) => {
                problems.insert(0, failure.message);
                Err(Failure::invalid_response(problems.join("; ")))
            }
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

/// The design document. In the step's own form the diagram stands in its section, wherever the model put it.
fn read(format: &DocumentFormat, response: &str, diagram: Option<&str>) -> Result<String, Failure> {
    let Some(outline) = format.own() else {
        return format.read(response);
    };
    let mut report = outline.read(response)?;
    if let Some(diagram) = diagram {
        let body = report.section(DIAGRAM).unwrap_or_default();
        // What is said beside the diagrams, or between several of them, stays.
        let says_more =
            answer::without_blocks(body).lines().count() > 0 || answer::blocks(body).len() > 1;
        if !says_more || answer::diagram(body).as_deref() != Some(diagram) {
            report.set_section(DIAGRAM, &answer::fenced("plantuml", diagram));
        }
    }
    Ok(report.render())
}

/// The section of the diagram.
const DIAGRAM: &str = "Diagram";

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
            DIAGRAM,
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

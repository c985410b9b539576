//! The step `architecture_design`: from a requirement to a design document and its PlantUML diagram.
//!
//! It asks the person what stands in the way of a design, drafts it, looks through its own draft for what only the person can
//! decide, and asks on. The dialogue itself is the SDK's.

use stepwell_sdk::answer::{self, DocumentFormat, Outline};
use stepwell_sdk::clarifying::{self, Clarify, Known, Stage, Words};
use stepwell_sdk::tools::Offer;
use stepwell_sdk::{Description, Documents, Failure, Field, Inputs, Prompt, Step, context};

/// The document; its diagram is one of its own, too.
const DOCUMENT: &str = "design";

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
                .surveyed()
                .tools()
                .variable(
                    "existing_design",
                    "The design of the system that it becomes part of; may be empty",
                )
                .variable("guidance", "Wishes of the definition; may be empty")
                .variable("language", "The language of the text; may be empty")
        };
        let answers = "What the person was asked and answered; may be empty";
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
        .surveyed()
        .document(Field::required(
            DOCUMENT,
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
            .variable("clarifications", answers)
            .variable("draft", "The draft so far; empty for the first one"),
        )
        .prompt(common(Prompt::new(
            "architecture_design_questions",
            include_str!("../prompts/questions.j2"),
        )))
        .prompt(
            common(Prompt::new(
                "architecture_design_review",
                include_str!("../prompts/review.j2"),
            ))
            .variable("clarifications", answers)
            .variable("draft", "The draft to review"),
        )
        .setting(
            Field::optional(
                "ask",
                "Whether the person may be asked (true); false is the same as no round",
            )
            .schema(r#"{"type":"boolean"}"#),
        )
        .setting(clarifying::rounds_setting())
        .looks_further()
        .text_setting("guidance", "Wishes that are added to each prompt")
        .text_setting("language", "The language of the document")
    }

    fn construct_prompt(&self, inputs: &Inputs) -> Result<Option<String>, Failure> {
        let first = Stage::first(rounds()?);
        Work { inputs }
            .fill(first, &Known::default(), Offer::Nothing)
            .map(Some)
    }

    fn process_response(&self, inputs: &Inputs, response: &str) -> Result<Documents, Failure> {
        let format = Work { inputs }.format();
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
                let documents = Documents::one(DOCUMENT, design);
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
        clarifying::clarify(&Work { inputs }, rounds()?)
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
        .open_points("9")
}

/// The design as it is made clear with the person.
struct Work<'a> {
    inputs: &'a Inputs,
}

impl Clarify for Work<'_> {
    fn words(&self) -> Words {
        Words {
            document: DOCUMENT,
            before: "Questions about the design",
            about_draft: "The draft of the design leaves these open",
            guidance: include_str!("guidance.md").to_owned(),
            assumptions: "8 Assumptions",
        }
    }

    fn format(&self) -> DocumentFormat {
        DocumentFormat::of(outline(), self.inputs.template())
    }

    fn fill(&self, stage: Stage, known: &Known, offer: Offer) -> Result<String, Failure> {
        let prompt = match stage {
            Stage::Questions => "architecture_design_questions",
            Stage::Draft => "architecture_design",
            Stage::Analysis => "architecture_design_review",
        };
        let given = [
            ("clarifications", known.clarifications()),
            ("draft", known.draft()),
            ("tools", &offer.named()),
        ];
        let description = ArchitectureDesign.describe();
        self.inputs.fill(&description, prompt, &given)
    }

    fn read(&self, answer: &str) -> Result<Documents, Failure> {
        ArchitectureDesign.process_response(self.inputs, answer)
    }
}

/// How many forms the person may be asked; none where they may not be asked at all.
fn rounds() -> Result<u32, Failure> {
    match context::setting_or("ask", true)? {
        true => clarifying::rounds(),
        false => Ok(0),
    }
}

//! The step `requirement`: from a feature request to a requirement document.
//!
//! It asks the person what the request leaves open, drafts, looks through its own draft for what can be read in two
//! ways, and asks on, until nothing is ambiguous or the person says that it is enough. The dialogue itself is the SDK's.

use stepwell_sdk::answer::DocumentFormat;
use stepwell_sdk::clarifying::{self, Clarify, Known, Stage, Words};
use stepwell_sdk::requirements::{Required, outline};
use stepwell_sdk::tools::Offer;
use stepwell_sdk::{Description, Documents, Failure, Field, Inputs, Prompt, Step};

/// The document.
const DOCUMENT: &str = "requirement";

/// The step.
#[derive(Debug, Default)]
pub struct Requirement;

stepwell_sdk::export!(Requirement);

impl Step for Requirement {
    fn describe(&self) -> Description {
        let common = |prompt: Prompt| {
            prompt
                .variable("feature", "The feature request, in the person's words")
                .surveyed()
                .tools()
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
        .surveyed()
        .document(Field::required(
            DOCUMENT,
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
            .variable("existing_requirement", existing)
            .variable("clarifications", answers)
            .variable("draft", "The draft to review"),
        )
        .setting(clarifying::rounds_setting())
        .looks_further()
        .text_setting("guidance", "Wishes that are added to each prompt")
        .text_setting("language", "The language of the document")
    }

    fn construct_prompt(&self, inputs: &Inputs) -> Result<Option<String>, Failure> {
        let first = Stage::first(clarifying::rounds()?);
        let work = Work::new(inputs)?;
        work.fill(first, &Known::default(), Offer::Nothing)
            .map(Some)
    }

    fn process_response(&self, inputs: &Inputs, response: &str) -> Result<Documents, Failure> {
        let document = Work { inputs }.format().read(response)?;
        Ok(Documents::one(DOCUMENT, document))
    }

    fn execute(&self, inputs: &Inputs) -> Result<Documents, Failure> {
        let documents = clarifying::clarify(&Work::new(inputs)?, clarifying::rounds()?)?;
        Required::of(documents.get(DOCUMENT).unwrap_or_default()).warn();
        Ok(documents)
    }
}

/// The requirement as it is made clear with the person.
struct Work<'a> {
    inputs: &'a Inputs,
}

impl<'a> Work<'a> {
    fn new(inputs: &'a Inputs) -> Result<Self, Failure> {
        inputs.required("feature")?;
        Ok(Self { inputs })
    }
}

impl Clarify for Work<'_> {
    fn words(&self) -> Words {
        let feature = self.inputs.text("feature").replace('\n', "\n> ");
        let guidance = include_str!("guidance.md").replace("{feature}", &format!("> {feature}"));
        Words {
            document: DOCUMENT,
            before: "Questions about the feature",
            about_draft: "The draft leaves these open",
            guidance,
            assumptions: "3 Assumptions",
        }
    }

    fn format(&self) -> DocumentFormat {
        DocumentFormat::of(outline(), self.inputs.template())
    }

    fn fill(&self, stage: Stage, known: &Known, offer: Offer) -> Result<String, Failure> {
        let prompt = match stage {
            Stage::Questions => "requirement_questions",
            Stage::Draft => "requirement",
            Stage::Analysis => "requirement_review",
        };
        let given = [
            (
                "existing_requirement",
                self.inputs.text("existing_requirement"),
            ),
            ("clarifications", known.clarifications()),
            ("draft", known.draft()),
            ("tools", &offer.named()),
        ];
        self.inputs.fill(&Requirement.describe(), prompt, &given)
    }

    fn read(&self, answer: &str) -> Result<Documents, Failure> {
        Requirement.process_response(self.inputs, answer)
    }
}

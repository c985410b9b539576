//! The step `refine`: improves a requirement document.

use stepwell_sdk::answer::Outline;
use stepwell_sdk::{Description, Documents, Failure, Field, Inputs, Prompt, Step};

/// The step.
#[derive(Debug, Default)]
pub struct Refine;

stepwell_sdk::export!(Refine);

impl Step for Refine {
    fn describe(&self) -> Description {
        Description::new(
            "refine",
            env!("CARGO_PKG_VERSION"),
            "Improves a requirement document: clearer, complete, without contradictions.",
        )
        .input(Field::required("requirement", "The requirement document"))
        .document(Field::required(
            "requirement",
            "The improved document, in Markdown",
        ))
        .prompt(
            Prompt::new("refine", include_str!("../prompts/refine.j2"))
                .variable("requirement", "The requirement document")
                .variable("guidance", "Wishes of the definition; may be empty")
                .variable("language", "The language of the text; may be empty"),
        )
        .text_setting("guidance", "Wishes that are added to the prompt")
        .text_setting("language", "The language of the document")
    }

    fn process_response(&self, _: &Inputs, response: &str) -> Result<Documents, Failure> {
        let document = outline().read(response)?.render();
        Ok(Documents::one("requirement", document))
    }
}

/// The sections of a requirement document, as the step `requirement` writes it.
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

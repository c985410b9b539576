//! The step `refine`: improves a requirement document.

use stepwell_sdk::answer::{self, DocumentFormat};
use stepwell_sdk::requirements::{Required, outline};
use stepwell_sdk::tools::{self, Access, Offer};
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
        .surveyed()
        .document(Field::required(
            "requirement",
            "The improved document, in Markdown",
        ))
        .prompt(
            Prompt::new("refine", include_str!("../prompts/refine.j2"))
                .variable("requirement", "The requirement document")
                .surveyed()
                .tools()
                .variable(
                    "own_form",
                    "Says something where the document has another form than the intrinsic one; it is kept then",
                )
                .variable("guidance", "Wishes of the definition; may be empty")
                .variable("language", "The language of the text; may be empty"),
        )
        .looks_further()
        .text_setting("guidance", "Wishes that are added to the prompt")
        .text_setting("language", "The language of the document")
    }

    fn construct_prompt(&self, inputs: &Inputs) -> Result<Option<String>, Failure> {
        self.fill(inputs, Offer::Nothing).map(Some)
    }

    fn execute(&self, inputs: &Inputs) -> Result<Documents, Failure> {
        let answer = tools::ask(Access::Look, |offer| self.fill(inputs, offer))?;
        let documents = self.process_response(inputs, &answer)?;
        Required::of(documents.get("requirement").unwrap_or_default()).warn();
        Ok(documents)
    }

    fn process_response(&self, inputs: &Inputs, response: &str) -> Result<Documents, Failure> {
        let format = format(inputs);
        let mut document = format.read(response)?;
        // What nobody has decided isn't decided by leaving it out.
        if answer::open_points(&document).is_empty() {
            let open = answer::open_points(inputs.text("requirement"));
            document = format.with_open_points(&document, &open);
        }
        Ok(Documents::one("requirement", document))
    }
}

impl Refine {
    fn fill(&self, inputs: &Inputs, offer: Offer) -> Result<String, Failure> {
        let own_form = if has_own_form(inputs) { "true" } else { "" };
        let given = [("own_form", own_form), ("tools", &offer.named())];
        inputs.fill(&self.describe(), "refine", &given)
    }
}

/// The format that the prompt asks for. The intrinsic one keeps that of the document, whichever it is.
fn format(inputs: &Inputs) -> DocumentFormat {
    let asked = DocumentFormat::of(outline(), inputs.template());
    match asked.own() {
        Some(_) if has_own_form(inputs) => {
            DocumentFormat::of(outline(), Some(inputs.text("requirement")))
        }
        _ => asked,
    }
}

/// Whether the document has sections, and others than this step would give it.
fn has_own_form(inputs: &Inputs) -> bool {
    let document = inputs.text("requirement");
    let headings = document.lines().filter(|line| line.starts_with('#'));
    headings.count() > 1 && outline().read(document).is_err()
}

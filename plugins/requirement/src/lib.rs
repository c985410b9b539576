//! The step `requirement`: from a feature request to a requirement document.

use stepwell_sdk::{Description, Documents, Failure, Field, Inputs, Prompt, Step};

/// The step.
#[derive(Debug, Default)]
pub struct Requirement;

stepwell_sdk::export!(Requirement);

impl Step for Requirement {
    fn describe(&self) -> Description {
        Description::new(
            "requirement",
            env!("CARGO_PKG_VERSION"),
            "Turns a feature request into a requirement document.",
        )
        .input(Field::required("feature", "What you want, in your own words"))
        .input(Field::optional(
            "existing_requirement",
            "The requirement document of the feature it changes",
        ))
        .document(Field::required("requirement", "The requirement document"))
        .prompt(
            Prompt::new(
                "requirement",
                "Write a requirement document for this feature:\n\n{{ feature }}\n{{ existing_requirement }}",
            )
            .variable("feature", "The feature request")
            .variable("existing_requirement", "The document that it changes, or nothing"),
        )
    }

    fn process_response(&self, _: &Inputs, response: &str) -> Result<Documents, Failure> {
        if response.trim().is_empty() {
            return Err(Failure::invalid_response("the answer is empty"));
        }
        Ok(Documents::one("requirement", response.trim()))
    }
}

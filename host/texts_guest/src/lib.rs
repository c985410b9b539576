//! Fills templates, holds values against JSON Schemas and searches with regular expressions, inside the sandbox.
//!
//! It is a step like any other, of which the host calls `process-response` alone: that function may call nothing of the host.
//! The work itself is done by the crate `stepwell-texts`, as it is natively.

use stepwell_sdk::{Description, Documents, Failure, Field, Inputs, Step};
use stepwell_texts::apart;

/// The step.
#[derive(Debug, Default)]
pub struct Texts;

stepwell_sdk::export!(Texts);

impl Step for Texts {
    fn describe(&self) -> Description {
        Description::new(
            "texts",
            env!("CARGO_PKG_VERSION"),
            "Fills templates, holds values against JSON Schemas, and searches with regular expressions.",
        )
        .document(Field::required(apart::ANSWER, "What came of it, as JSON"))
    }

    fn process_response(&self, inputs: &Inputs, operation: &str) -> Result<Documents, Failure> {
        let answer = apart::answer(operation, |name| inputs.get(name));
        let answer = answer.map_err(|error| Failure::invalid_input(error.to_string()))?;
        Ok(Documents::one(apart::ANSWER, answer))
    }
}

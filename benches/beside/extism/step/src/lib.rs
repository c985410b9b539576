//! The work as a step.

use stepwell_sdk::{Description, Documents, Failure, Field, Inputs, Step};

#[derive(Default)]
struct Notes;

stepwell_sdk::export!(Notes);

impl Step for Notes {
    fn describe(&self) -> Description {
        Description::new("measured", "1.0.0", "Writes a list in order.")
            .input(Field::required("changes", "What changed, a line each"))
            .document(Field::required("notes", "The same in order"))
    }

    fn process_response(&self, inputs: &Inputs, _: &str) -> Result<Documents, Failure> {
        Ok(Documents::one(
            "notes",
            measured_work::notes(inputs.text("changes")),
        ))
    }
}

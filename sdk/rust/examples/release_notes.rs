//! A complete step: `cargo build --release --target wasm32-wasip2 --example release_notes` makes the component.

use stepwell_sdk::{Description, Documents, Failure, Field, Inputs, Prompt, Step};

/// Writes release notes from a list of changes.
#[derive(Default)]
pub struct ReleaseNotes;

stepwell_sdk::export!(ReleaseNotes);

impl Step for ReleaseNotes {
    fn describe(&self) -> Description {
        Description::new("release_notes", "0.1.0", "Writes release notes.")
            .input(Field::required("changes", "What changed, a line each"))
            .document(Field::required("notes", "The release notes"))
            .prompt(
                Prompt::new(
                    "release_notes",
                    "Write release notes, as a list, for:\n{{ changes }}",
                )
                .variable("changes", "What changed"),
            )
    }

    fn process_response(&self, _: &Inputs, response: &str) -> Result<Documents, Failure> {
        let notes: Vec<&str> = response
            .lines()
            .filter(|line| line.starts_with("- "))
            .collect();
        if notes.is_empty() {
            return Err(Failure::invalid_response("it holds no list"));
        }
        Ok(Documents::one("notes", notes.join("\n")))
    }
}

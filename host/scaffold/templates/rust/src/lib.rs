//! Writes release notes from a list of changes.

use stepwell_sdk::{Description, Documents, Failure, Field, Inputs, Prompt, Step};

const PROMPT: &str = "Write release notes, as a list, for:\n{{ changes }}";

/// The step.
#[derive(Default)]
pub struct ReleaseNotes;

stepwell_sdk::export!(ReleaseNotes);

impl Step for ReleaseNotes {
    fn describe(&self) -> Description {
        let version = env!("CARGO_PKG_VERSION");
        Description::new("PLUGIN_NAME", version, "Writes release notes.")
            .input(Field::required("changes", "What changed, a line each"))
            .document(Field::required("notes", "The release notes, a list"))
            .prompt(Prompt::new("PLUGIN_NAME", PROMPT).variable("changes", "What changed"))
    }

    fn process_response(&self, _: &Inputs, response: &str) -> Result<Documents, Failure> {
        let is_note = |line: &&str| line.starts_with("- ");
        let notes: Vec<&str> = response.lines().filter(is_note).collect();
        if notes.is_empty() {
            return Err(Failure::invalid_response("it holds no list"));
        }
        Ok(Documents::one("notes", notes.join("\n")))
    }
}

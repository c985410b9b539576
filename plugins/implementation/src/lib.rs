//! The step `implementation`: splits a design into subtasks, in an order in which they can be done.
//!
//! It writes no code: its sub-step `code` does, once for each subtask.

use stepwell_sdk::answer;
use stepwell_sdk::{Description, Documents, Failure, Field, Inputs, Prompt, Step};

mod plan;

use plan::Plan;

/// The step.
#[derive(Debug, Default)]
pub struct Implementation;

stepwell_sdk::export!(Implementation);

impl Step for Implementation {
    fn describe(&self) -> Description {
        Description::new(
            "implementation",
            env!("CARGO_PKG_VERSION"),
            "Splits a design into subtasks, each with the files that it writes.",
        )
        .input(Field::required("design", "The design document"))
        .input(Field::optional("requirement", "The requirement document"))
        .input(Field::optional(
            "report",
            "The report of the tests of the round before: with it, only what mends the failures is planned",
        ))
        .input(Field::optional(
            "earlier_plan",
            "The subtasks of the round before",
        ))
        .document(
            Field::required(
                "subtasks",
                "The subtasks, in the order in which they are done",
            )
            .schema(include_str!("schema.json")),
        )
        .prompt(
            Prompt::new(
                "implementation",
                include_str!("../prompts/implementation.j2"),
            )
            .variable("design", "The design document")
            .variable("requirement", "The requirement document; may be empty")
            .variable("report", "The report of the tests; empty in the first round")
            .variable("earlier_plan", "The subtasks of the round before; may be empty")
            .variable("guidance", "Wishes of the definition; may be empty"),
        )
        .text_setting("guidance", "Wishes that are added to the prompt")
    }

    fn process_response(&self, _: &Inputs, response: &str) -> Result<Documents, Failure> {
        let plan: Plan = answer::json_of(response).map_err(|problem| {
            Failure::invalid_response(format!(
                "{problem}; it must be a JSON array of objects with `id`, `title`, `description` and `files`"
            ))
        })?;
        let subtasks = plan
            .checked()
            .map_err(|problems| Failure::invalid_response(problems.join("; ")))?;
        let text = serde_json::to_string_pretty(&subtasks)
            .map_err(|error| Failure::other("serialise", error.to_string()))?;
        Ok(Documents::one("subtasks", text))
    }
}

//! The step `implementation`: splits a design into subtasks, in an order in which they can be done.
//!
//! It writes no code: its sub-step `code` does, once for each subtask.

use stepwell_sdk::answer;
use stepwell_sdk::tools::{self, Access};
use stepwell_sdk::{Description, Documents, Failure, Field, Inputs, Prompt, Step};

mod paths;
mod plan;

use paths::Paths;
use plan::{Plan, Purpose, Subtask};

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
        .surveyed()
        .input(Field::optional(
            "baseline",
            "The tests that are there, as the step survey counts them",
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
            .surveyed()
            .tools()
            .variable("baseline", "The tests that are there; may be empty")
            .variable("report", "The report of the tests; empty in the first round")
            .variable("earlier_plan", "The subtasks of the round before; may be empty")
            .variable("guidance", "Wishes of the definition; may be empty"),
        )
        .setting(tools::turns_setting())
        .text_setting("guidance", "Wishes that are added to the prompt")
        .optional_grant(
            "workspace",
            "read",
            "it holds the paths that it plans against the files that are there, and its model looks further before it plans",
        )
    }

    fn process_response(&self, inputs: &Inputs, response: &str) -> Result<Documents, Failure> {
        document(&subtasks_of(inputs, response)?)
    }

    fn execute(&self, inputs: &Inputs) -> Result<Documents, Failure> {
        let answer = tools::ask(Access::Look, |offer| {
            inputs.fill(
                &self.describe(),
                "implementation",
                &[("tools", &offer.named())],
            )
        })?;
        let mut subtasks = subtasks_of(inputs, &answer)?;
        if let Some(paths) = Paths::seen()? {
            paths.check(&mut subtasks)?;
        }
        document(&subtasks)
    }
}

/// The subtasks of an answer, in the order in which they are done.
fn subtasks_of(inputs: &Inputs, response: &str) -> Result<Vec<Subtask>, Failure> {
    let purpose = match inputs.text("report").trim() {
        "" => Purpose::Build,
        _ => Purpose::Mend,
    };
    let plan: Plan = answer::json_of(response).map_err(|problem| {
        Failure::invalid_response(format!(
            "{problem}; it must be a JSON array of objects with `id`, `title`, `description` and `files`"
        ))
    })?;
    plan.checked(purpose)
        .map_err(|problems| Failure::invalid_response(problems.join("; ")))
}

fn document(subtasks: &[Subtask]) -> Result<Documents, Failure> {
    let text = serde_json::to_string_pretty(subtasks)
        .map_err(|error| Failure::other("serialise", error.to_string()))?;
    Ok(Documents::one("subtasks", text))
}

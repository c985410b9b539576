//! The step `improve`: proposes a better version of a prompt from what failed with it.
//!
//! Whether the proposal is better nobody knows before it was tried: that is not this step's to say.

mod answer;
mod shown;

use stepwell_sdk::{Description, Documents, Failure, Field, Inputs, Prompt, Step};

/// The step.
#[derive(Debug, Default)]
pub struct Improve;

stepwell_sdk::export!(Improve);

impl Step for Improve {
    fn describe(&self) -> Description {
        Description::new(
            "improve",
            env!("CARGO_PKG_VERSION"),
            "Proposes a better version of a prompt from what failed with it, with a model.",
        )
        .input(Field::required("prompt", "The template as it is now"))
        .input(Field::required(
            "failures",
            "What failed with it: a JSON list of cases with their inputs, what came of them, and what was found",
        ))
        .input(Field::optional(
            "variables",
            "The variables that a template may use: a JSON list of names with what each holds",
        ))
        .input(Field::optional(
            "standing",
            "How many of the cases pass with it, and their score: a JSON object",
        ))
        .input(Field::optional(
            "earlier",
            "What was proposed before, and what came of it: a JSON list",
        ))
        .document(Field::required("prompt", "The proposed template"))
        .document(Field::required("reason", "Why it should be better"))
        .prompt(
            Prompt::new("improve", include_str!("../prompts/improve.j2"))
                .variable("prompt", "The template as it is now")
                .variable("variables", "The variables that a template may use; may be empty")
                .variable("standing", "How many of the cases pass with it; may be empty")
                .variable("failures", "What failed with it")
                .variable("earlier", "What was proposed before; may be empty")
                .variable("guidance", "Wishes of the definition; may be empty"),
        )
        .text_setting("guidance", "Wishes that are added to the prompt")
    }

    fn construct_prompt(&self, inputs: &Inputs) -> Result<Option<String>, Failure> {
        let failures = shown::failures(&inputs.json::<Vec<shown::Failed>>("failures")?);
        let variables = shown::variables(&optional(inputs, "variables")?);
        let earlier = shown::earlier(&optional(inputs, "earlier")?);
        let standing = match inputs.text("standing") {
            "" => String::new(),
            _ => shown::standing(&inputs.json("standing")?),
        };
        let given = [
            ("prompt", inputs.text("prompt")),
            ("variables", variables.trim_end()),
            ("standing", &standing),
            ("failures", failures.trim_end()),
            ("earlier", earlier.trim_end()),
        ];
        inputs.fill(&self.describe(), "improve", &given).map(Some)
    }

    fn process_response(&self, _: &Inputs, response: &str) -> Result<Documents, Failure> {
        let proposal = answer::read(response)?;
        Ok(Documents::one("prompt", proposal.template).with("reason", proposal.reason))
    }
}

/// A list that needn't be given.
fn optional<T: serde::de::DeserializeOwned>(
    inputs: &Inputs,
    name: &str,
) -> Result<Vec<T>, Failure> {
    match inputs.text(name) {
        "" => Ok(Vec::new()),
        _ => inputs.json(name),
    }
}

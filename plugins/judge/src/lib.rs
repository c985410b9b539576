//! The step `judge`: says how well the outcome of another step fulfils the criteria of a case.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use stepwell_sdk::answer::json_of;
use stepwell_sdk::{Description, Documents, Failure, Field, Inputs, Prompt, Step};

/// What is judged by where a case says nothing else.
const CRITERIA: &str = "The work does what its inputs ask for: completely, correctly, and without anything that isn't asked for.";

/// The step.
#[derive(Debug, Default)]
pub struct Judge;

stepwell_sdk::export!(Judge);

/// What the model says. The reason stands first, so that the score follows from it.
#[derive(Debug, Serialize, Deserialize)]
struct Verdict {
    reason: String,
    score: f64,
    passed: bool,
}

impl Step for Judge {
    fn describe(&self) -> Description {
        Description::new(
            "judge",
            env!("CARGO_PKG_VERSION"),
            "Judges the outcome of another step by criteria, with a model.",
        )
        .input(Field::optional("criteria", "What the outcome is judged by"))
        .input(Field::optional(
            "inputs",
            "What the step was given: a JSON object of names and texts",
        ))
        .input(Field::optional(
            "documents",
            "What the step wrote: a JSON object of names and texts",
        ))
        .input(Field::optional(
            "files",
            "The files that it wrote: a JSON object of paths and texts",
        ))
        .document(
            Field::required("verdict", "The score, whether it passes, and why, as JSON")
                .schema(include_str!("verdict.json")),
        )
        .prompt(
            Prompt::new("judge", include_str!("../prompts/judge.j2"))
                .variable("criteria", "What the outcome is judged by")
                .variable("inputs", "What the step was given; may be empty")
                .variable("work", "The documents and files that it wrote")
                .variable("guidance", "Wishes of the definition; may be empty"),
        )
        .text_setting("guidance", "Wishes that are added to the prompt")
    }

    fn construct_prompt(&self, inputs: &Inputs) -> Result<Option<String>, Failure> {
        let criteria = match inputs.text("criteria") {
            "" => CRITERIA,
            criteria => criteria,
        };
        let work = blocks("document", &texts(inputs, "documents")?)
            + &blocks("file", &texts(inputs, "files")?);
        let work = match work.trim() {
            "" => "(nothing: it wrote no document and no file)",
            work => work,
        };
        let given = blocks("input", &texts(inputs, "inputs")?);
        let given = [
            ("criteria", criteria),
            ("inputs", given.trim()),
            ("work", work),
        ];
        inputs.fill(&self.describe(), "judge", &given).map(Some)
    }

    fn process_response(&self, _: &Inputs, response: &str) -> Result<Documents, Failure> {
        let verdict: Verdict = json_of(response).map_err(Failure::invalid_response)?;
        if !(0.0..=1.0).contains(&verdict.score) {
            return Err(Failure::invalid_response(format!(
                "the score {} isn't between 0 and 1",
                verdict.score
            )));
        }
        if verdict.reason.trim().is_empty() {
            return Err(Failure::invalid_response("the reason is empty"));
        }
        let text = serde_json::to_string(&verdict)
            .map_err(|error| Failure::invalid_response(error.to_string()))?;
        Ok(Documents::one("verdict", text))
    }
}

/// The texts of an input that holds names and texts; none where it isn't given.
fn texts(inputs: &Inputs, name: &str) -> Result<BTreeMap<String, String>, Failure> {
    match inputs.text(name) {
        "" => Ok(BTreeMap::new()),
        _ => inputs.json(name),
    }
}

/// Each text between tags that say what it is.
fn blocks(what: &str, texts: &BTreeMap<String, String>) -> String {
    let mut all = String::new();
    for (name, text) in texts {
        let _ = writeln!(
            all,
            "<{what} name={name:?}>\n{}\n</{what}>\n",
            text.trim_end()
        );
    }
    all
}

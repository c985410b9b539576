//! The step `verify`: requirement by requirement, where it is in the code, which test holds it, and whether that passed.
//!
//! The model says where things are. What it says is held against the requirement document, the files and the results of the tests:
//! a requirement counts as met only if a test that ran and passed holds it.

use stepwell_sdk::answer::json_of;
use stepwell_sdk::requirements::{MOST, Required};
use stepwell_sdk::tools::{self, Access, Offer};
use stepwell_sdk::workspace::{self, WorkspaceErrorKind};
use stepwell_sdk::{Description, Documents, Failure, Field, Inputs, Prompt, Step, progress};

mod claims;
mod report;
mod results;
mod trace;

use claims::Claims;
use results::Results;
use trace::Trace;

/// The step.
#[derive(Debug, Default)]
pub struct Verify;

stepwell_sdk::export!(Verify);

/// The verdicts of tests that already ask for another round: nothing is asked of a model then.
const FAILED: [&str; 2] = ["failed", "error"];

impl Step for Verify {
    fn describe(&self) -> Description {
        Description::new(
            "verify",
            env!("CARGO_PKG_VERSION"),
            "Says of each requirement where the code fulfils it, which test holds it, and whether that passed.",
        )
        .input(Field::required("requirement", "The requirement document"))
        .input(Field::optional(
            "verdict",
            "The verdict of the step testing: `failed` and `error` are handed on, and nothing is asked",
        ))
        .input(Field::optional("report", "The report of the step testing"))
        .input(Field::optional(
            "results",
            "The document `results` of the step testing: what a test came to is taken from there",
        ))
        .input(Field::optional(
            "after",
            "Anything else that it waits for, such as the documents `files` of the step code",
        ))
        .surveyed()
        .document(Field::required(
            "verdict",
            "`verified`, `incomplete` where a requirement isn't met, or `failed` or `error` as the tests say",
        ))
        .document(Field::required(
            "report",
            "What became of each requirement, and what is left to do, in Markdown",
        ))
        .document(
            Field::required("trace", "The same, as JSON").schema(include_str!("trace.json")),
        )
        .document(Field::required(
            "untested",
            "The requirements that no test holds, for the step that writes tests; empty where there are none",
        ))
        .prompt(
            Prompt::new("verify", include_str!("../prompts/verify.j2"))
                .variable("requirement", "The requirement document")
                .variable("ids", "The ids of the requirements; may be empty")
                .variable("counted", "The requirements where the document gives them no ids, with numbers; may be empty")
                .variable("tests", "The tests and what each came to; may be empty")
                .variable("after", "What the steps before wrote; may be empty")
                .surveyed()
                .tools()
                .variable("guidance", "Wishes of the definition; may be empty"),
        )
        .looks_further()
        .text_setting("guidance", "Wishes that are added to the prompt")
    }

    fn construct_prompt(&self, inputs: &Inputs) -> Result<Option<String>, Failure> {
        match handed_on(inputs) {
            Some(_) => Ok(None),
            None => self.fill(inputs, Offer::Nothing).map(Some),
        }
    }

    fn execute(&self, inputs: &Inputs) -> Result<Documents, Failure> {
        if let Some(documents) = handed_on(inputs) {
            return Ok(documents);
        }
        let required = Required::of(inputs.text("requirement"));
        if required.is_unknown() {
            progress::warn(
                "the requirement document has neither ids nor a list in a section of requirements: only what the model names is looked at",
            );
        }
        if required.ids().len() > MOST {
            return Err(Failure::invalid_input(format!(
                "the requirement document has more than {MOST} requirements: hold its parts against the code one by one"
            )));
        }
        required.warn_of_doubled();
        let answer = tools::ask(Access::Look, |offer| self.fill(inputs, offer))?;
        let claims = claims(inputs, &answer)?;
        let mut missing = Vec::new();
        for (path, last) in claims.files() {
            missing.extend(is_missing(path, last)?);
        }
        if inputs.text("results").is_empty() {
            // Nobody says which tests there are: they are where their files are, at most.
            for path in claims.files_of_tests() {
                missing.extend(is_missing(path, None)?);
            }
            progress::warn(
                "no results of tests were given (`inputs.results`): which test holds a requirement is as the model says, and whether it passes isn't known",
            );
        }
        if !missing.is_empty() {
            return Err(Failure::invalid_response(format!(
                "these places aren't there: {}",
                missing.join(", ")
            )));
        }
        documents(inputs, claims)
    }

    fn process_response(&self, inputs: &Inputs, response: &str) -> Result<Documents, Failure> {
        match handed_on(inputs) {
            Some(documents) => Ok(documents),
            None => documents(inputs, claims(inputs, response)?),
        }
    }
}

impl Verify {
    fn fill(&self, inputs: &Inputs, offer: Offer) -> Result<String, Failure> {
        let required = Required::of(inputs.text("requirement"));
        let given = [
            ("ids", &*required.ids().join(", ")),
            ("counted", &required.counted()),
            ("tests", &Results::of(inputs)?.listed()),
            ("tools", &offer.named()),
        ];
        inputs.fill(&self.describe(), "verify", &given)
    }
}

/// The documents where the tests already say that there is something to mend.
fn handed_on(inputs: &Inputs) -> Option<Documents> {
    let verdict = FAILED
        .into_iter()
        .find(|word| *word == inputs.text("verdict"))?;
    let report = match inputs.text("report") {
        "" => format!("The tests say `{verdict}`."),
        report => report.to_owned(),
    };
    let documents = Documents::one("verdict", verdict).with("report", report);
    let trace = Trace::default();
    Some(with_trace(documents, &trace))
}

/// What the model says, as far as the requirement document alone can tell that it is complete.
fn claims(inputs: &Inputs, answer: &str) -> Result<Claims, Failure> {
    let claims: Claims = json_of(answer).map_err(Failure::invalid_response)?;
    let problems = claims.problems(&Required::of(inputs.text("requirement")).ids());
    match problems.is_empty() {
        true => Ok(claims),
        false => Err(Failure::invalid_response(problems.join("; "))),
    }
}

fn documents(inputs: &Inputs, claims: Claims) -> Result<Documents, Failure> {
    let trace = Trace::of(claims, &Results::of(inputs)?);
    let documents =
        Documents::one("verdict", trace.verdict()).with("report", report::markdown(&trace));
    Ok(with_trace(documents, &trace))
}

fn with_trace(documents: Documents, trace: &Trace) -> Documents {
    documents
        .with("trace", trace.json())
        .with("untested", report::untested(trace))
}

/// The path, if there is no such file, or no such line in it. Where the step sees no files, nothing can be said.
fn is_missing(path: &str, last: Option<u32>) -> Result<Option<String>, Failure> {
    match workspace::read(path) {
        Ok(bytes) => {
            let lines = String::from_utf8_lossy(&bytes).lines().count();
            let beyond = last.filter(|last| usize::try_from(*last).is_ok_and(|last| last > lines));
            Ok(beyond.map(|line| format!("line {line} of `{path}`, which has {lines}")))
        }
        Err(error) => match error.kind {
            WorkspaceErrorKind::NotFound | WorkspaceErrorKind::InvalidPath => {
                Ok(Some(format!("`{path}`")))
            }
            WorkspaceErrorKind::Denied | WorkspaceErrorKind::TooLarge => Ok(None),
            WorkspaceErrorKind::Other(_) => Err(error.into()),
        },
    }
}

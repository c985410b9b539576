//! The step `survey`: reads the workspace and writes a map of it, what it says of its conventions, and what tests it has.
//!
//! It asks no model and no person, and writes no file. What it makes of texts is a library without a host: [`Survey`].

mod baseline;
mod conventions;
mod definitions;
mod kinds;
mod map;
mod patterns;
mod python;
mod references;
mod survey;
mod words;

use stepwell_sdk::workspace::{self, WorkspaceErrorKind};
use stepwell_sdk::{Description, Documents, Failure, Field, Inputs, Step, context, progress};

pub use definitions::{Definition, Outline, Unread};
pub use kinds::{Apart, Kind, Language, is_test};
pub use map::{Mapped, map};
pub use references::Mentions;
pub use survey::{Budgets, Survey, Surveyed};

/// Tokens of the map, unless a setting says otherwise.
const MAP_TOKENS: u32 = 6_000;
/// Tokens of the conventions, likewise.
const CONVENTIONS_TOKENS: u32 = 3_000;

/// Files, and their bytes, that are read at once.
const FILES_AT_ONCE: usize = 500;
const BYTES_AT_ONCE: u32 = 4 << 20;

/// Unread files that the log names; further ones are in the map.
const MOST_WARNINGS: usize = 20;

/// The step.
#[derive(Debug, Default)]
pub struct SurveyStep;

stepwell_sdk::export!(SurveyStep);

impl Step for SurveyStep {
    fn describe(&self) -> Description {
        const NUMBER: &str = r#"{"type":"integer","minimum":0,"maximum":1000000}"#;
        Description::new(
            "survey",
            env!("CARGO_PKG_VERSION"),
            "Reads the workspace: a map of its files and definitions, its conventions, its tests. Asks no model.",
        )
        .input(Field::optional(
            "request",
            "What is to be done: files and definitions that share its words come first",
        ))
        .document(Field::required(
            "map",
            "The files with their sizes and, of source files, what they define, the most telling first",
        ))
        .document(Field::required(
            "conventions",
            "What files for agents and contributors, the README and the build files say of style, layout and tests",
        ))
        .document(Field::required(
            "baseline",
            "The tests that are there: files, how many test functions, and the framework",
        ))
        .setting(
            Field::optional("map_tokens", "Tokens that the map has at most (6000)").schema(NUMBER),
        )
        .setting(
            Field::optional("conventions_tokens", "Tokens that the conventions have at most (3000)").schema(NUMBER),
        )
        .text_setting("paths", "A glob that names the files to survey (**)")
        .grant("workspace", "read", "it reads the files that it maps")
    }

    fn process_response(&self, _: &Inputs, _: &str) -> Result<Documents, Failure> {
        Err(Failure::other(
            "no-model",
            "a survey asks no model, so that there is no answer to read",
        ))
    }

    fn execute(&self, inputs: &Inputs) -> Result<Documents, Failure> {
        let budgets = Budgets {
            map: context::setting_or("map_tokens", MAP_TOKENS)?,
            conventions: context::setting_or("conventions_tokens", CONVENTIONS_TOKENS)?,
        };
        let paths: String = context::setting_or("paths", "**".to_owned())?;
        let entries = workspace::entries(&paths)?;
        let mut survey = Survey::of(entries.into_iter().map(|entry| (entry.path, entry.bytes)));
        for paths in batches(&survey) {
            read(&mut survey, &paths)?;
        }
        let surveyed = survey.done(inputs.text("request"), budgets);
        for (path, why) in surveyed.unread.iter().take(MOST_WARNINGS) {
            progress::warn(format!("`{path}` is mapped by its name alone: {why}"));
        }
        Ok(Documents::one("map", surveyed.map)
            .with("conventions", surveyed.conventions)
            .with("baseline", surveyed.baseline))
    }
}

/// What is to be read, in parts that cross the boundary at once.
fn batches(survey: &Survey) -> Vec<Vec<String>> {
    let mut batches: Vec<Vec<String>> = Vec::new();
    let mut bytes_left = 0;
    for (path, bytes) in survey.wants() {
        match batches.last_mut() {
            Some(batch) if bytes <= bytes_left && batch.len() < FILES_AT_ONCE => {
                batch.push(path.to_owned());
                bytes_left -= bytes;
            }
            _ => {
                batches.push(vec![path.to_owned()]);
                bytes_left = BYTES_AT_ONCE.saturating_sub(bytes);
            }
        }
    }
    batches
}

fn read(survey: &mut Survey, paths: &[String]) -> Result<(), Failure> {
    let contents = workspace::skim(paths)?;
    for (path, content) in paths.iter().zip(contents) {
        match content {
            Ok(content) => survey.take(path, Ok(&content)),
            Err(error) if error.kind == WorkspaceErrorKind::NotFound => survey.is_gone(path),
            Err(error) => survey.take(path, Err(Unread::Refused(error.message))),
        }
    }
    Ok(())
}

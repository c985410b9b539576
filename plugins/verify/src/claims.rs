//! What the model says of each requirement.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use stepwell_sdk::requirements::MOST;

/// Places and tests of a requirement, at most.
const MOST_PLACES: usize = 50;

/// What the model says.
#[derive(Debug, Deserialize)]
pub(crate) struct Claims {
    pub(crate) requirements: Vec<Claim>,
}

/// What it says of one requirement.
#[derive(Debug, Deserialize)]
pub(crate) struct Claim {
    pub(crate) id: String,
    /// What is required, in a few words.
    #[serde(default)]
    pub(crate) says: String,
    /// Where the code fulfils it; empty where nothing does.
    #[serde(default)]
    pub(crate) code: Vec<CodePlace>,
    /// The tests that would fail if it weren't fulfilled.
    #[serde(default)]
    pub(crate) tests: Vec<String>,
    /// What is missing, or anything that has to be known.
    #[serde(default)]
    pub(crate) note: String,
}

/// A place in the code.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, serde::Serialize)]
pub(crate) struct CodePlace {
    pub(crate) path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<u32>,
}

impl Claims {
    /// What the answer lacks or has too much, held against the ids of the document.
    pub(crate) fn problems(&self, ids: &[String]) -> Vec<String> {
        let mut problems = Vec::new();
        if self.requirements.is_empty() {
            problems.push("it names no requirement".to_owned());
        }
        if self.requirements.len() > MOST {
            problems.push(format!("it names more than {MOST} requirements"));
        }
        let mut seen = BTreeSet::new();
        for Claim {
            id, code, tests, ..
        } in &self.requirements
        {
            if !seen.insert(id.as_str()) {
                problems.push(format!("`{id}` stands there twice"));
            }
            if !ids.is_empty() && !ids.contains(id) {
                problems.push(format!("there is no requirement `{id}`"));
            }
            if code.len() > MOST_PLACES || tests.len() > MOST_PLACES {
                problems.push(format!(
                    "`{id}` names more than {MOST_PLACES} places or tests"
                ));
            }
        }
        let left: Vec<&str> = ids
            .iter()
            .map(String::as_str)
            .filter(|id| !seen.contains(id))
            .collect();
        if !left.is_empty() {
            problems.push(format!("it says nothing of {}", left.join(", ")));
        }
        problems.truncate(20);
        problems
    }

    /// The files of the tests that it names, each once, as far as their names say so.
    pub(crate) fn files_of_tests(&self) -> BTreeSet<&str> {
        let tests = self.requirements.iter().flat_map(|claim| &claim.tests);
        let files =
            tests.filter_map(|test| Some(test.trim().trim_matches('`').split_once("::")?.0));
        files.filter(|file| !file.is_empty()).collect()
    }

    /// The files that it names, each once, with the last line of it that is named.
    pub(crate) fn files(&self) -> BTreeMap<&str, Option<u32>> {
        let mut files = BTreeMap::new();
        for place in self.requirements.iter().flat_map(|claim| &claim.code) {
            let last: &mut Option<u32> = files.entry(place.path.as_str()).or_default();
            *last = (*last).max(place.line);
        }
        files
    }
}

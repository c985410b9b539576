//! What the tests came to, as the step `testing` writes it.

use std::collections::BTreeMap;

use serde::Deserialize;
use stepwell_sdk::{Failure, Inputs};

/// Tests that the prompt names at most.
const MOST_LISTED: usize = 1_000;

/// What the tests came to, by their ids; none where nobody says it.
#[derive(Debug, Default)]
pub(crate) struct Results(Option<BTreeMap<String, String>>);

#[derive(Deserialize)]
struct Written {
    tests: Vec<Test>,
}

#[derive(Deserialize)]
struct Test {
    id: String,
    outcome: String,
}

/// What is known of a test that the model names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Known<'r> {
    /// Nobody says what the tests came to.
    Untold,
    /// No test has such a name.
    NoSuchTest,
    /// What it came to, in the words of the step `testing`: the worst, where the name stands for several.
    Came(&'r str),
}

impl Results {
    pub(crate) fn of(inputs: &Inputs) -> Result<Self, Failure> {
        if inputs.text("results").is_empty() {
            return Ok(Self::default());
        }
        let written: Written = inputs.json("results")?;
        let tests = written
            .tests
            .into_iter()
            .map(|test| (test.id, test.outcome));
        Ok(Self(Some(tests.collect())))
    }

    /// A test by its id, by its name alone, or without the parameters in which it ran several times.
    pub(crate) fn known(&self, named: &str) -> Known<'_> {
        let Some(tests) = &self.0 else {
            return Known::Untold;
        };
        let named = named.trim().trim_matches('`');
        let is_meant = |id: &str| {
            let plain = id.split_once('[').map_or(id, |(plain, _)| plain);
            let ends_so = |id: &str| {
                id.strip_suffix(named).is_some_and(|before| {
                    before.is_empty() || before.ends_with("::") || before.ends_with('/')
                })
            };
            ends_so(id) || ends_so(plain)
        };
        let mut meant = tests
            .iter()
            .filter(|(id, _)| !named.is_empty() && is_meant(id))
            .peekable();
        if meant.peek().is_none() {
            return Known::NoSuchTest;
        }
        let mut outcomes: Vec<&str> = meant.map(|(_, outcome)| outcome.as_str()).collect();
        outcomes.sort_by_key(|outcome| *outcome == PASSED);
        outcomes
            .first()
            .map_or(Known::NoSuchTest, |worst| Known::Came(worst))
    }

    /// The tests and their outcomes, a line each.
    pub(crate) fn listed(&self) -> String {
        let tests = self.0.iter().flatten();
        let mut lines: Vec<String> = tests
            .map(|(id, outcome)| format!("{id}: {outcome}"))
            .collect();
        if lines.len() > MOST_LISTED {
            let more = lines.len() - MOST_LISTED;
            lines.truncate(MOST_LISTED);
            lines.push(format!("and {more} more"));
        }
        lines.join("\n")
    }
}

/// The outcome of a test that passed.
pub(crate) const PASSED: &str = "passed";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_found_by_what_models_call_it_and_the_worst_of_several_counts() {
        let json = r#"{"tests":[
            {"id":"tests/test_a.py::test_one","outcome":"passed"},
            {"id":"tests/test_a.py::test_many[1]","outcome":"passed"},
            {"id":"tests/test_a.py::test_many[2]","outcome":"failed"}]}"#;
        let results = Results::of(&Inputs::new().with("results", json)).unwrap();
        for (named, known) in [
            ("tests/test_a.py::test_one", Known::Came("passed")),
            ("`test_one`", Known::Came("passed")),
            ("test_a.py::test_one", Known::Came("passed")),
            ("test_many", Known::Came("failed")),
            ("test_many[1]", Known::Came("passed")),
            ("one", Known::NoSuchTest),
            ("", Known::NoSuchTest),
        ] {
            assert_eq!(results.known(named), known, "{named}");
        }
        let untold = Results::of(&Inputs::new()).unwrap();
        assert_eq!(untold.known("test_one"), Known::Untold);
    }
}

//! What became of each requirement.

use serde::Serialize;

use crate::claims::{Claim, Claims, CodePlace};
use crate::results::{Known, PASSED, Results};

/// What became of each requirement, in the order of the document.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Trace {
    pub(crate) requirements: Vec<Traced>,
}

/// What became of one.
#[derive(Debug, Serialize)]
pub(crate) struct Traced {
    pub(crate) id: String,
    pub(crate) says: String,
    pub(crate) state: State,
    pub(crate) code: Vec<CodePlace>,
    pub(crate) tests: Vec<Held>,
    pub(crate) note: String,
}

/// A test that is said to hold a requirement.
#[derive(Debug, Serialize)]
pub(crate) struct Held {
    pub(crate) test: String,
    /// What it came to; none where nobody says so, `no such test` where there is none.
    pub(crate) outcome: Option<String>,
}

/// Where a requirement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// In the code, and a test that passed holds it.
    Met,
    /// A test of it didn't pass.
    Failed,
    /// In the code, and no test holds it.
    Untested,
    /// Nowhere in the code.
    Missing,
}

/// What is said of a test that there isn't.
const NO_SUCH_TEST: &str = "no such test";

impl Trace {
    pub(crate) fn of(claims: Claims, results: &Results) -> Self {
        let requirements = claims.requirements.into_iter();
        Self {
            requirements: requirements.map(|claim| traced(claim, results)).collect(),
        }
    }

    pub(crate) fn verdict(&self) -> &'static str {
        match self.left().next() {
            None => "verified",
            Some(_) => "incomplete",
        }
    }

    /// The requirements that aren't met.
    pub(crate) fn left(&self) -> impl Iterator<Item = &Traced> {
        let all = self.requirements.iter();
        all.filter(|traced| traced.state != State::Met)
    }

    pub(crate) fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

fn traced(claim: Claim, results: &Results) -> Traced {
    let tests: Vec<Held> = claim
        .tests
        .into_iter()
        .map(|test| {
            let outcome = match results.known(&test) {
                Known::Untold => None,
                Known::NoSuchTest => Some(NO_SUCH_TEST.to_owned()),
                Known::Came(outcome) => Some(outcome.to_owned()),
            };
            Held { test, outcome }
        })
        .collect();
    let holds = |held: &Held| {
        held.outcome
            .as_deref()
            .is_none_or(|outcome| outcome == PASSED)
    };
    let breaks = |held: &Held| {
        let outcome = held.outcome.as_deref();
        outcome.is_some_and(|outcome| ["failed", "error", "ended"].contains(&outcome))
    };
    // A test is no code that fulfils anything.
    let state = if claim.code.iter().all(|place| is_of_tests(&place.path)) {
        State::Missing
    } else if tests.iter().any(breaks) {
        State::Failed
    } else if tests.iter().any(holds) {
        State::Met
    } else {
        State::Untested
    };
    Traced {
        id: claim.id,
        says: claim.says,
        state,
        code: claim.code,
        tests,
        note: claim.note,
    }
}

/// Whether a file is one of tests, by the names that the runners of tests look for.
fn is_of_tests(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.split('.').next().unwrap_or(name);
    let mut folders = folders.split('/');
    stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem == "conftest"
        || name.contains(".test.")
        || name.contains(".spec.")
        || folders.any(|folder| ["tests", "test", "__tests__"].contains(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_tests_are_known_by_their_names() {
        for path in [
            "tests/a.py",
            "src/test_a.py",
            "a_test.go",
            "conftest.py",
            "src/a.test.ts",
            "web/__tests__/a.js",
        ] {
            assert!(is_of_tests(path), "{path}");
        }
        for path in [
            "src/a.py",
            "testing.py",
            "contest/latest.py",
            "src/attest/x.py",
        ] {
            assert!(!is_of_tests(path), "{path}");
        }
    }
}

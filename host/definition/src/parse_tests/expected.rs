//! What has to come of a test: to the letter, and by checks.

use stepwell_contract::suggestion;

use super::Tests;
use crate::case_rules::check_path;
use crate::parts_of_cases::Checks;
use crate::reader::Table;
use crate::test_cases::{Expected, ExpectedFailure, TestCheck};
use crate::values::string;

/// The most checks of a case.
const MOST_CHECKS: usize = 1_000;

impl Tests<'_> {
    pub(super) fn expected(&mut self, opened: &Table<'_, '_>) -> Option<Expected> {
        let expect = opened.below("expect", "`expect`", self.reading.problems)?;
        let entries = expect.entries_of("documents", self.reading.problems);
        self.check_names("document", &entries, &self.plugin.documents);
        let mut texts = |key| {
            let is_there = expect.entry(key).is_some();
            is_there.then(|| self.reading.texts(&expect, key))
        };
        let (documents, files) = (texts("documents"), texts("files"));
        let removed = self.removed(&expect);
        let problems = &mut *self.reading.problems;
        let failure = expect.below("failure", "`failure`", problems);
        Some(Expected {
            documents,
            files,
            removed,
            calls: expect.number("calls", problems),
            failure: failure.and_then(|failure| {
                failure.lacks("kind", "the failure has no `kind`", None, problems);
                let contains = failure.text("contains", problems);
                Some(ExpectedFailure {
                    kind: failure.text("kind", problems)?,
                    contains,
                })
            }),
        })
    }

    fn removed(&mut self, expect: &Table<'_, '_>) -> Option<Vec<String>> {
        expect.entry("removed")?;
        let problems = &mut *self.reading.problems;
        let mut removed = Vec::new();
        for value in expect.list("removed", problems) {
            let Some(path) = string(value, "removed", problems) else {
                continue;
            };
            if let Err(reason) = check_path(&path.value) {
                problems.error("file-path", path.span, reason, None);
            }
            removed.push(path.value);
        }
        removed.sort();
        Some(removed)
    }

    pub(super) fn checks(&mut self, opened: &Table<'_, '_>) -> Vec<TestCheck> {
        let values = opened.list("checks", self.reading.problems);
        if values.len() > MOST_CHECKS {
            let place = opened.entry("checks").map_or(0..0, |entry| entry.place());
            let message = format!("a case has at most {MOST_CHECKS} checks");
            let problems = &mut *self.reading.problems;
            problems.error("too-large", place, message, None);
            return Vec::new();
        }
        let mut checks = Vec::new();
        for value in values {
            let Some(read) = self.reading.check(value, &Checks::TESTED) else {
                continue;
            };
            let documents = self.plugin.documents.iter();
            let known = documents.map(|document| document.name.as_str());
            let named = read.check.target.document.as_deref();
            if let Some(name) = named.filter(|name| !known.clone().any(|known| known == *name)) {
                let message = format!(
                    "the plugin `{}` writes no document `{name}`",
                    self.plugin.name
                );
                let hint = suggestion(name, known.clone(), "documents");
                let problems = &mut *self.reading.problems;
                problems.error("unknown-name", value.span(), message, hint);
            }
            checks.push(TestCheck {
                check: read.check,
                prompt: read.prompt,
            });
        }
        checks
    }
}

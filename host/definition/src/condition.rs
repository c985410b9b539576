//! `when`: a step that is carried out only if a text says so.
//!
//! Only the shape is read here. What its reference means is for the check.

use crate::definition::WhenDefinition;
use crate::diagnostics::Problems;
use crate::keys;
use crate::reader::Table;
use crate::says::{ReferenceKey, WordsKey};
use crate::values;

const VALUE: ReferenceKey = ReferenceKey {
    key: "value",
    code: "bad-when",
    expected: "name a document or an input, such as `value = \"steps.review.decision\"`",
    may_be_defaulted: false,
};

const TO_CARRY_OUT: WordsKey = WordsKey {
    code: "bad-when",
    purpose: "the step to be carried out",
    examples: [r#""yes""#, r#"["yes", "passed"]"#],
};

/// The table `when`.
pub(crate) fn when(
    table: &Table<'_, '_>,
    what: &str,
    problems: &mut Problems,
) -> Option<WhenDefinition> {
    let entry = table.entry("when")?;
    let Some(inner) = entry.value.get_ref().as_table() else {
        values::wrong_type(entry.value, "when", "a table", problems);
        problems.hint("write `when = { value = \"steps.STEP.DOCUMENT\", is = \"TEXT\" }`");
        return None;
    };
    let what = format!("`when` of {what}");
    let table = Table::open(inner, entry.place(), &what, &keys::WHEN, problems);
    for (key, line) in [
        (
            "value",
            "add `value = \"steps.STEP.DOCUMENT\"`, the document or input that says whether the step is carried out",
        ),
        (
            "is",
            "add `is = \"TEXT\"`, what it says for the step to be carried out",
        ),
    ] {
        if !table.has_something_like(key) {
            let message = format!("{what} has no `{key}`");
            problems.error("missing-key", entry.place(), message, line);
        }
    }
    Some(WhenDefinition {
        value: VALUE.read(&table, problems),
        words: TO_CARRY_OUT.read(&table, problems),
    })
}

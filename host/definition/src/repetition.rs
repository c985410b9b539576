//! What makes a step run several times: `for_each`, once for each item, and `repeat`, round after round.
//!
//! Only the shape is read here. What their references mean is for the check.

use crate::definition::Otherwise;
use crate::definition::RepeatDefinition;
use crate::diagnostics::Problems;
use crate::keys::{self, MOST_TIMES, TIMES};
use crate::reader::{Refused, Table};
use crate::says::{ReferenceKey, WordsKey};
use crate::template::RawReference;
use crate::values;

const FOR_EACH: ReferenceKey = ReferenceKey {
    key: "for_each",
    code: "bad-for-each",
    expected: "name a document that holds a JSON array, such as `for_each = \"parent.subtasks\"`",
    may_be_defaulted: true,
};

const WHILE: ReferenceKey = ReferenceKey {
    key: "while",
    code: "bad-repeat",
    expected: "name a document of this step or of one below it, such as `while = \"steps.build.testing.verdict\"`",
    may_be_defaulted: false,
};

const FOR_ANOTHER_ROUND: WordsKey = WordsKey {
    code: "bad-repeat",
    purpose: "another round",
    examples: [r#""failed""#, r#"["failed", "error"]"#],
};

/// The key `for_each`.
pub(crate) fn for_each(table: &Table<'_, '_>, problems: &mut Problems) -> Option<RawReference> {
    FOR_EACH.read(table, problems)
}

/// The table `repeat`.
pub(crate) fn repeat(
    table: &Table<'_, '_>,
    what: &str,
    problems: &mut Problems,
) -> Option<RepeatDefinition> {
    let entry = table.entry("repeat")?;
    let Some(inner) = entry.value.get_ref().as_table() else {
        values::wrong_type(entry.value, "repeat", "a table", problems);
        problems.hint("write `repeat = { while = \"steps.STEP.DOCUMENT\", is = \"TEXT\" }`");
        return None;
    };
    let what = format!("`repeat` of {what}");
    let table = Table::open(inner, entry.place(), &what, &keys::REPEAT, problems);
    for (key, line) in [
        (
            "while",
            "add `while = \"steps.STEP.DOCUMENT\"`, the document that says whether there is another round",
        ),
        (
            "is",
            "add `is = \"TEXT\"`, what the document says for another round",
        ),
    ] {
        if !table.has_something_like(key) {
            let message = format!("{what} has no `{key}`");
            problems.error("missing-key", entry.place(), message, line);
        }
    }
    let before = problems.found.len();
    let times = table.number("times", problems).unwrap_or(TIMES);
    for problem in &mut problems.found[before..] {
        problem.hint = Some(format!(
            "`times` is how many more rounds there may be after the first, from 1 to {MOST_TIMES}; take `repeat` out where there is one only"
        ));
    }
    Some(RepeatDefinition {
        document: WHILE.read(&table, problems),
        words: FOR_ANOTHER_ROUND.read(&table, problems),
        times,
        otherwise: otherwise(&table, problems),
    })
}

/// The key `otherwise`.
fn otherwise(table: &Table<'_, '_>, problems: &mut Problems) -> Option<Otherwise> {
    let word = table.word_or("otherwise", problems, |given| Refused {
        code: "bad-repeat",
        message: format!("`otherwise` can't be `{given}`"),
        kind: "values",
    });
    word.map(|word| word.value)
}

//! Writes what came into the file of the cases, as what is expected; its comments and its form stay.
//!
//! A case that says nothing yet is given all that came of it. One that says something is given that anew, as far as it is expected to the
//! letter: checks are a person's. A failure takes the place of nothing else.

use std::collections::BTreeMap;

use stepwell_definition::TestCase;
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, TomlError, Value};

use crate::came::{Came, Ended};
use crate::results::{CaseResult, Mismatch};

/// What is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blessed {
    /// The text of the file.
    pub text: String,
    /// Texts that it names by path, by that path.
    pub files: BTreeMap<String, String>,
}

/// The text of the file, in which the cases expect what came of them. What is no longer amiss then is taken from the results.
///
/// # Errors
/// The text is no TOML: it was changed since it was read.
pub fn bless(
    source: &str,
    cases: &[TestCase],
    results: &mut [CaseResult],
) -> Result<Blessed, TomlError> {
    let form = Form::of(source);
    let mut document: DocumentMut = form.read(source).parse()?;
    let mut files = BTreeMap::new();
    for result in results {
        let of_result = |case: &&TestCase| case.place == result.place;
        let Some(case) = cases.iter().find(of_result) else {
            continue;
        };
        let Some(came) = result.came.clone().filter(|_| can_be_blessed(case, result)) else {
            continue;
        };
        let Some(table) = case_table(&mut document, case.place) else {
            continue;
        };
        expect(table, case, &came, form, &mut files);
        tidy(&mut document, case.place);
        result.blessed = true;
        let says_nothing = says_nothing(case);
        result.mismatches.retain(|mismatch| {
            let is_failure = matches!(mismatch, Mismatch::Failed { .. });
            !(mismatch.is_of_what_came() || (says_nothing && is_failure))
        });
    }
    Ok(Blessed {
        text: form.write(document.to_string()),
        files,
    })
}

/// How a file is written that isn't of its TOML: what comes first, and how its lines end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Form {
    has_mark: bool,
    has_returns: bool,
}

/// What some editors write first into a file of Unicode.
const BYTE_ORDER_MARK: char = '\u{feff}';

impl Form {
    fn of(source: &str) -> Self {
        let (all, with_returns) = (source.matches('\n'), source.matches("\r\n"));
        let with_returns = with_returns.count();
        Self {
            has_mark: source.starts_with(BYTE_ORDER_MARK),
            // Where lines end in both ways none of them is that of the file: they end as TOML's own do.
            has_returns: with_returns > 0 && with_returns == all.count(),
        }
    }

    /// The text without all that.
    fn read(self, source: &str) -> String {
        let text = source.strip_prefix(BYTE_ORDER_MARK).unwrap_or(source);
        match self.has_returns {
            true => text.replace("\r\n", "\n"),
            false => text.to_owned(),
        }
    }

    /// A text as a value. Over several lines of TOML the ends of its lines would be those of the file.
    fn value(self, text: &str) -> Value {
        if !self.has_returns || !text.contains('\n') {
            return text.into();
        }
        // JSON writes a text as TOML does, but for one character.
        let line = serde_json::Value::from(text).to_string();
        let line = line.replace('\u{7f}', "\\u007f");
        line.parse().unwrap_or_else(|_| text.into())
    }

    /// The text with it.
    fn write(self, text: String) -> String {
        let text = match self.has_returns {
            true => text.replace('\n', "\r\n"),
            false => text,
        };
        match self.has_mark {
            true => format!("{BYTE_ORDER_MARK}{text}"),
            false => text,
        }
    }
}

/// Whether a case says nothing of what has to come.
fn says_nothing(case: &TestCase) -> bool {
    case.expect.is_none() && case.checks.is_empty()
}

fn can_be_blessed(case: &TestCase, result: &CaseResult) -> bool {
    let amiss = &result.mismatches;
    let is_other_end = |mismatch: &Mismatch| {
        let is_failed = matches!(mismatch, Mismatch::Failed { .. }) && !says_nothing(case);
        is_failed || matches!(mismatch, Mismatch::Succeeded { .. })
    };
    let is_whole = !amiss.iter().any(|mismatch| {
        mismatch.is_of_the_case()
            || matches!(
                mismatch,
                Mismatch::Unused { .. } | Mismatch::UnusedAnswers { .. }
            )
            || is_other_end(mismatch)
    });
    let has_news = says_nothing(case) || amiss.iter().any(Mismatch::is_of_what_came);
    is_whole && has_news
}

/// The table of a case, which may be written in either way.
fn case_table(document: &mut DocumentMut, place: usize) -> Option<&mut dyn TableLike> {
    match document.get_mut("cases")? {
        Item::ArrayOfTables(tables) => Some(tables.get_mut(place)?),
        Item::Value(Value::Array(array)) => Some(array.get_mut(place)?.as_inline_table_mut()?),
        _ => None,
    }
}

/// What stood before the end of a case of one line stands before a comma, once something follows.
fn tidy(document: &mut DocumentMut, place: usize) {
    let cases = document.get_mut("cases").and_then(Item::as_array_mut);
    let case = cases.and_then(|cases| cases.get_mut(place)?.as_inline_table_mut());
    let Some(case) = case else { return };
    let last = case.len().saturating_sub(1);
    for (_, value) in case.iter_mut().take(last) {
        value.decor_mut().set_suffix("");
    }
}

/// Writes what a case expects.
fn expect(
    case_table: &mut dyn TableLike,
    case: &TestCase,
    came: &Came,
    form: Form,
    files: &mut BTreeMap<String, String>,
) {
    let all = says_nothing(case);
    let expected = case.expect.clone().unwrap_or_default();
    let Some(table) = below(case_table, "expect", false) else {
        return;
    };
    if let Ended::Failure { code, message } = &came.ended
        && let Some(failure) = below(table, "failure", true)
    {
        put(failure, "kind", form.value(code));
        let words = expected.failure.and_then(|failure| failure.contains);
        let is_said = words.is_some_and(|words| message.contains(&words));
        if !is_said {
            put(failure, "contains", form.value(message));
        }
    }
    let has_documents = all && !came.documents.is_empty();
    if has_documents || expected.documents.is_some() {
        texts(table, "documents", &came.documents, form, files);
    }
    if (all && !came.files.is_empty()) || expected.files.is_some() {
        texts(table, "files", &came.files, form, files);
    }
    if (all && !came.removed.is_empty()) || expected.removed.is_some() {
        put(
            table,
            "removed",
            Value::Array(Array::from_iter(&came.removed)),
        );
    }
    if all || expected.calls.is_some() {
        let calls = i64::try_from(came.calls.len()).unwrap_or(i64::MAX);
        put(table, "calls", calls.into());
    }
}

/// Writes texts; those that stand in files of their own are left to the caller.
fn texts(
    table: &mut dyn TableLike,
    key: &str,
    came: &BTreeMap<String, String>,
    form: Form,
    files: &mut BTreeMap<String, String>,
) {
    let Some(table) = below(table, key, true) else {
        return;
    };
    let gone: Vec<String> = table
        .iter()
        .map(|(name, _)| name.to_owned())
        .filter(|name| !came.contains_key(name))
        .collect();
    for name in gone {
        table.remove(&name);
    }
    for (name, text) in came {
        let named = table.get(name).and_then(Item::as_table_like);
        let file = named.and_then(|named| named.get("file")?.as_str());
        match file {
            Some(file) => {
                files.insert(file.to_owned(), text.clone());
            }
            None => put(table, name, form.value(text)),
        }
    }
}

/// The table under a key, which is made where there is none: with a head of its own, or by dots.
fn below<'t>(
    table: &'t mut dyn TableLike,
    key: &str,
    is_dotted: bool,
) -> Option<&'t mut dyn TableLike> {
    if !table.contains_key(key) {
        let mut made = Table::new();
        made.set_dotted(is_dotted);
        // Within a table of one line it becomes one, too.
        table.insert(key, Item::Table(made));
    }
    table.get_mut(key)?.as_table_like_mut()
}

/// Puts a value into the place of another one, and keeps what stands around that.
fn put(table: &mut dyn TableLike, key: &str, mut value: Value) {
    if let Some(old) = table.get_mut(key).and_then(Item::as_value_mut) {
        *value.decor_mut() = old.decor().clone();
        *old = value;
        return;
    }
    table.insert(key, Item::Value(value));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(place: usize, expect: Option<stepwell_definition::Expected>) -> TestCase {
        TestCase {
            id: place.to_string(),
            place,
            expect,
            ..TestCase::default()
        }
    }

    fn result(place: usize, came: Came, mismatches: Vec<Mismatch>) -> CaseResult {
        CaseResult {
            id: place.to_string(),
            place,
            blessed: false,
            mismatches,
            crashes: None,
            came: Some(came),
        }
    }

    fn came(text: &str) -> Came {
        Came {
            documents: BTreeMap::from([("text".to_owned(), text.to_owned())]),
            removed: vec!["old.md".to_owned()],
            ..Came::default()
        }
    }

    #[test]
    fn cases_of_one_line_stay_of_one_line() -> Result<(), TomlError> {
        let source = "cases = [\n    { id = \"0\" }, # the first\n    { id = \"1\" },\n]\n";
        let mut results = [result(1, came("a\nb\n"), Vec::new())];
        let blessed = bless(source, &[case(0, None), case(1, None)], &mut results)?;
        assert!(
            blessed.text.starts_with(
                "cases = [\n    { id = \"0\" }, # the first\n    { id = \"1\", expect = {"
            ),
            "{}",
            blessed.text
        );
        let read: toml::Table = toml::from_str(&blessed.text).unwrap_or_default();
        assert_eq!(
            read["cases"][1]["expect"]["documents"]["text"].as_str(),
            Some("a\nb\n")
        );
        assert_eq!(
            read["cases"][1]["expect"]["removed"][0].as_str(),
            Some("old.md")
        );
        assert!(results[0].blessed);
        Ok(())
    }

    #[test]
    fn a_failure_takes_the_place_of_nothing_that_was_expected() -> Result<(), TomlError> {
        let source = "[[cases]]\nexpect.calls = 1\n";
        let failed = Came {
            ended: Ended::Failure {
                code: "trap".into(),
                message: "it broke".into(),
            },
            ..Came::default()
        };
        let mismatch = Mismatch::Failed {
            code: "trap".into(),
            message: "it broke".into(),
        };
        let mut results = [result(0, failed.clone(), vec![mismatch.clone()])];
        let expected = stepwell_definition::Expected {
            calls: Some(1),
            ..stepwell_definition::Expected::default()
        };
        let blessed = bless(source, &[case(0, Some(expected))], &mut results)?;
        assert_eq!(
            (blessed.text.as_str(), results[0].passed()),
            (source, false)
        );

        let mut results = [result(0, failed, vec![mismatch])];
        let blessed = bless("[[cases]]\n", &[case(0, None)], &mut results)?;
        assert!(
            blessed.text.contains("failure.kind = \"trap\"\n"),
            "{}",
            blessed.text
        );
        assert!(results[0].passed());
        Ok(())
    }

    #[test]
    fn lines_end_as_they_did_and_what_comes_first_stays() -> Result<(), TomlError> {
        let source = "\u{feff}# mine\r\n[[cases]]\r\nid = \"0\"\r\n";
        let mut results = [result(0, came("a\nb\n"), Vec::new())];
        let blessed = bless(source, &[case(0, None)], &mut results)?.text;
        assert!(blessed.starts_with(source), "{blessed}");
        let ends = |text: &str| text.matches('\n').count();
        assert_eq!(ends(&blessed), blessed.matches("\r\n").count());
        let read: toml::Table = toml::from_str(&blessed).unwrap_or_default();
        let documents = &read["cases"][0]["expect"]["documents"];
        assert_eq!(documents["text"].as_str(), Some("a\nb\n"));
        Ok(())
    }
}

//! Every diagnostic, as a person sees it: a file beside what is said about it.
//!
//! `tests/diagnostics/NAME.toml` (or `.json`) is read as a definition, or as a configuration, a case file or the tests of a
//! plugin if NAME starts with `configuration-`, `cases-` or `tests-`, and what is found must be the text of `NAME.txt`. `BLESS=1 cargo test -p
//! stepwell-definition` writes the texts anew; read what changed before you commit it.

#![allow(clippy::unwrap_used, reason = "also what a test calls is a test")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use stepwell_definition::Diagnostic;

fn problems(name: &str, source: &str, file: &str) -> Vec<Diagnostic> {
    if name.starts_with("configuration-") {
        common::configuration(source, file).1
    } else if name.starts_with("cases-") {
        common::cases(source, file).1
    } else if name.starts_with("tests-") {
        common::tests(source, file).1
    } else {
        common::plan(source, file).1
    }
}

fn said(name: &str, source: &str, file: &str) -> String {
    let problems = problems(name, source, file);
    let texts: Vec<_> = problems
        .iter()
        .map(|problem| problem.render(source))
        .collect();
    texts.join("\n")
}

fn examples(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap();
    let paths = files.map(|entry| entry.unwrap().path());
    let is_example = |path: &PathBuf| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        matches!(extension, Some("toml" | "json"))
    };
    paths.filter(is_example).collect()
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the switch of whoever runs the test"
)]
fn every_problem_is_said_as_it_was_agreed() {
    let bless = std::env::var_os("BLESS").is_some();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for path in examples(&folder) {
        seen += 1;
        let name = path.file_stem().unwrap().to_str().unwrap();
        let file = path.file_name().unwrap().to_str().unwrap();
        let found = said(name, &fs::read_to_string(&path).unwrap(), file);
        let expected = path.with_extension("txt");
        if bless {
            fs::write(&expected, &found).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != found {
            wrong.push(format!("== {name}\n{found}"));
        }
    }
    assert!(seen > 40, "the files are gone: {seen}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_has_an_example() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut declared = std::collections::BTreeSet::new();
    let files = fs::read_dir(&sources).unwrap();
    let below = fs::read_dir(sources.join("parse_tests")).unwrap();
    let files = files.chain(below).map(|entry| entry.unwrap().path());
    for file in files.filter(|path| path.is_file()) {
        let text = fs::read_to_string(file).unwrap();
        let (text, _) = text.split_once("#[cfg(test)]").unwrap_or((&text, ""));
        for call in ["problems.error(", "problems.warning("] {
            for after in text.split(call).skip(1) {
                if let Some(code) = after.trim_start().strip_prefix('"') {
                    declared.insert(code.split('"').next().unwrap().to_owned());
                }
            }
        }
    }
    // Those whose files would be long: `endless.rs` has them.
    for code in ["too-many-references", "too-many-steps"] {
        declared.remove(code);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics");
    for path in examples(&folder) {
        let source = fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        problems(name, &source, name).iter().for_each(|problem| {
            declared.remove(problem.code.as_ref());
        });
    }
    assert!(declared.is_empty(), "no example shows {declared:?}");
}

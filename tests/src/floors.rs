//! The floors of a crate whose modules stand above one another: none imports from one above it.
//!
//! Where a floor isn't a crate, the compiler doesn't keep it; this reads the sources instead.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The imports that go up a floor, each as `file:line: module -> module`. A module that no floor names is one, too.
///
/// `floors` are the crate's modules from the ground up; those in one list stand on the same floor and don't import each
/// other. What `lib.rs` or `main.rs` hands on of a module counts as the module's own.
#[must_use]
pub fn upward_imports(sources: &Path, floors: &[&[&str]]) -> Vec<String> {
    let mut height = BTreeMap::new();
    for (floor, modules) in floors.iter().enumerate() {
        height.extend(modules.iter().map(|module| ((*module).to_owned(), floor)));
    }
    let root = ["lib.rs", "main.rs"].map(|name| sources.join(name));
    let handed_on: BTreeMap<String, String> = root
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok())
        .flat_map(|text| paths_after(&text, &["pub use ", "pub(crate) use "]))
        .filter_map(|(_, path)| Some((path.last()?.clone(), path.first()?.clone())))
        .collect();
    let mut wrong = Vec::new();
    for file in rust_files(sources) {
        let Ok(below) = file.strip_prefix(sources) else {
            continue;
        };
        let Some(module) = below.iter().next().and_then(|part| part.to_str()) else {
            continue;
        };
        let module = module.trim_end_matches(".rs");
        if ["lib", "main"].contains(&module) {
            continue;
        }
        let Some(own) = height.get(module) else {
            wrong.push(format!(
                "{}: `{module}` stands on no floor",
                below.display()
            ));
            continue;
        };
        let text = fs::read_to_string(&file).unwrap();
        let mut out = paths_out(&text, depth_of(below));
        out.retain(|(_, path)| height.contains_key(&path[0]) || handed_on.contains_key(&path[0]));
        for (line, path) in crate_paths(&text).into_iter().chain(out) {
            let Some(first) = path.first() else { continue };
            let target = handed_on.get(first).unwrap_or(first);
            let up = match height.get(target) {
                Some(floor) => target != module && floor >= own,
                None => true,
            };
            if up {
                wrong.push(format!("{}:{line}: {module} -> {target}", below.display()));
            }
        }
    }
    wrong
}

/// Every path into the crate, wherever it stands: in a `use`, or in the code.
fn crate_paths(text: &str) -> Vec<(usize, Vec<String>)> {
    paths_after(&without_comments(text), &["crate::"])
}

/// Every path that leads by `super::` out of a module that is so many deep, as one into the crate. In a module within the file it
/// leads less far: then it names nothing of the crate, as a rule.
fn paths_out(text: &str, depth: usize) -> Vec<(usize, Vec<String>)> {
    let paths = paths_after(&without_comments(text), &["super::"]).into_iter();
    let out = paths.filter_map(|(line, path)| {
        let further = path.iter().take_while(|part| *part == "super").count();
        let path = path.into_iter().skip(further).collect::<Vec<_>>();
        (1 + further >= depth && !path.is_empty()).then_some((line, path))
    });
    out.collect()
}

/// How many modules deep a file is: `state/board/units.rs` is three, and so is `state/board/units/mod.rs`.
fn depth_of(below: &Path) -> usize {
    let depth = below.iter().count();
    depth - usize::from(below.ends_with("mod.rs"))
}

pub(crate) fn without_comments(text: &str) -> String {
    let lines = text.lines();
    let code: Vec<&str> = lines
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect();
    code.join("\n")
}

/// The paths that stand after one of these words, with the lines that they begin in; a group is each of its paths.
pub(crate) fn paths_after(text: &str, words: &[&str]) -> Vec<(usize, Vec<String>)> {
    let mut paths = Vec::new();
    for word in words {
        for (at, _) in text.match_indices(word) {
            let before = text[..at].chars().next_back();
            let is_part = |before: char| before.is_alphanumeric() || before == '_' || before == '$';
            // Of several `super::` the first begins the path.
            if before.is_some_and(is_part) || text[..at].ends_with("super::") {
                continue;
            }
            let line = text[..at].matches('\n').count() + 1;
            let rest = &text[at + word.len()..];
            let mut found = Vec::new();
            tree(rest, &mut Vec::new(), &mut found);
            paths.extend(found.into_iter().map(|path| (line, path)));
        }
    }
    paths
}

/// Reads one tree of a `use`, and gives what is left of the text.
fn tree<'t>(text: &'t str, before: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> &'t str {
    let depth = before.len();
    let mut text = text.trim_start();
    loop {
        if let Some(group) = text.strip_prefix('{') {
            text = group;
            loop {
                text = tree(text, before, found).trim_start();
                match text.strip_prefix(',') {
                    Some(more) if !more.trim_start().starts_with('}') => text = more,
                    Some(more) => text = more.trim_start(),
                    None => break,
                }
            }
            text = text.strip_prefix('}').unwrap_or(text);
            break;
        }
        let end = text
            .find(|character: char| !(character.is_alphanumeric() || character == '_'))
            .unwrap_or(text.len());
        if end == 0 {
            break;
        }
        before.push(text[..end].to_owned());
        text = &text[end..];
        match text.strip_prefix("::") {
            Some(more) => text = more,
            None => {
                found.push(before.clone());
                break;
            }
        }
    }
    before.truncate(depth);
    text
}

pub(crate) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_out_of_its_group() {
        let text =
            "use crate::{a::{B, c::D}, e};\nfn f() { crate::g::h(); } // crate::no\nmy_crate::x();";
        let paths: Vec<String> = crate_paths(text)
            .into_iter()
            .map(|(line, path)| format!("{line} {}", path.join("::")))
            .collect();
        assert_eq!(paths, ["1 a::B", "1 a::c::D", "1 e", "2 g::h"]);
    }

    #[test]
    fn what_goes_up_is_told_and_what_goes_down_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write(
            "lib.rs",
            "mod low;\nmod high;\nmod loose;\npub use high::Top;\n",
        );
        write("low.rs", "use crate::high::x;\nuse crate::Top;\n");
        write("high.rs", "use crate::low::y;\n");
        write("loose.rs", "");
        fs::create_dir_all(folder.path().join("low/deep")).unwrap();
        write(
            "low/deep/mod.rs",
            "use super::super::high::x;\nuse super::high::y;\n",
        );
        write(
            "low/deep/er.rs",
            "use super::{super::super::{Top, low}, high};\n",
        );
        let mut wrong = upward_imports(folder.path(), &[&["low"], &["high"]]);
        wrong.sort();
        assert_eq!(
            wrong,
            [
                "loose.rs: `loose` stands on no floor",
                "low.rs:1: low -> high",
                "low.rs:2: low -> high",
                "low/deep/er.rs:1: low -> high",
                "low/deep/mod.rs:1: low -> high"
            ]
        );
    }
}

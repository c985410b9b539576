//! A document that says by which tests something was tried names tests that are there.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn below(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            below(&path, ending, found);
        } else if path.extension().is_some_and(|it| it == ending) {
            found.push(path);
        }
    }
}

/// The folder with the tests of a crate's target, as `cargo test` names both.
fn tests_of(package: &str, target: &str) -> PathBuf {
    let folders = match package {
        "stepwell-tests" => root().join("tests"),
        "stepwell-store" => root().join("store"),
        package => root()
            .join("host")
            .join(package.trim_start_matches("stepwell-").replace('-', "_")),
    };
    folders.join("tests").join(target)
}

/// What a command of cargo's names, as far as it isn't there.
fn missing_of_cargo(command: &str) -> Vec<String> {
    let (mut package, mut target, mut filters) = ("", "suite", Vec::new());
    let mut words = command.split_whitespace().skip(2);
    while let Some(word) = words.next() {
        match word {
            "-p" => package = words.next().unwrap_or_default(),
            "--test" => target = words.next().unwrap_or_default(),
            option if option.starts_with('-') => {}
            filter => filters.push(filter),
        }
    }
    let folder = tests_of(package, target);
    let file = folder.with_extension("rs");
    if !folder.is_dir() && !file.is_file() {
        return vec![command.to_owned()];
    }
    let is_missing = |filter: &&str| {
        let (module, test) = filter.split_once("::").unwrap_or(("", filter));
        let of_module = folder.join(format!("{module}.rs"));
        let source = std::fs::read_to_string(if module.is_empty() { &file } else { &of_module });
        !source.is_ok_and(|source| source.contains(&format!("fn {test}")))
    };
    filters
        .into_iter()
        .filter(is_missing)
        .map(|filter| format!("{filter} of {command}"))
        .collect()
}

/// What `tests/outside -k` names, as far as it isn't there.
fn missing_of_outside(command: &str) -> Vec<String> {
    let (_, filter) = command.split_once(" -k ").unwrap_or(("", ""));
    let mut files = Vec::new();
    below(&root().join("tests/outside.d"), "py", &mut files);
    let tests: String = files
        .iter()
        .map(|file| {
            format!(
                "{}\n{}",
                file.display(),
                std::fs::read_to_string(file).unwrap()
            )
        })
        .collect();
    let words = filter.trim_matches('"').split(" or ");
    words
        .filter(|word| !tests.contains(*word))
        .map(|word| format!("{word} of {command}"))
        .collect()
}

#[test]
fn every_test_that_a_document_names_is_there() {
    let mut pages = Vec::new();
    below(&root().join("docs"), "md", &mut pages);
    let (mut missing, mut seen) = (Vec::new(), 0);
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        // What stands between backquotes: a command is on one line.
        let quoted = text
            .lines()
            .flat_map(|line| line.split('`').skip(1).step_by(2));
        for command in quoted.flat_map(|commands| commands.split(" && ")) {
            let of_command = match command {
                it if it.starts_with("cargo test -p ") => missing_of_cargo(it),
                it if it.starts_with("tests/outside -k ") => missing_of_outside(it),
                _ => continue,
            };
            seen += 1;
            missing.extend(of_command);
        }
    }
    assert!(seen > 40, "{seen}");
    assert_eq!(missing, Vec::<String>::new());
}

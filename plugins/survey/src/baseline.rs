//! The tests that are there: their files, how many test functions they have, and by which framework they are run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::kinds::{Language, is_test};

/// Test files that are named; further ones are counted.
const MOST_NAMED: usize = 100;

/// A framework of tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Framework {
    Pytest,
    Unittest,
    CargoTest,
    GoTest,
    Jest,
    Mocha,
    Vitest,
    NodeTest,
    JUnit,
    XUnit,
    NUnit,
    GoogleTest,
    Catch2,
    RSpec,
    Minitest,
    PhpUnit,
    XcTest,
}

/// What a text has that says by which framework tests are run; in files of which language, or in any that says how the project is built.
const SIGNS: &[(Framework, Option<Language>, &[&str])] = &[
    (
        Framework::Pytest,
        Some(Language::Python),
        &["import pytest", "from pytest"],
    ),
    (
        Framework::Unittest,
        Some(Language::Python),
        &["import unittest", "from unittest"],
    ),
    (Framework::GoTest, Some(Language::Go), &["\"testing\""]),
    (
        Framework::CargoTest,
        Some(Language::Rust),
        &["#[test]", "#[tokio::test"],
    ),
    (
        Framework::NodeTest,
        Some(Language::JavaScript),
        &["'node:test'", "\"node:test\""],
    ),
    (
        Framework::Vitest,
        Some(Language::JavaScript),
        &["'vitest'", "\"vitest\""],
    ),
    (Framework::JUnit, Some(Language::Java), &["org.junit"]),
    (
        Framework::JUnit,
        Some(Language::Kotlin),
        &["org.junit", "kotlin.test"],
    ),
    (Framework::XUnit, Some(Language::CSharp), &["using Xunit"]),
    (Framework::NUnit, Some(Language::CSharp), &["using NUnit"]),
    (Framework::GoogleTest, Some(Language::C), &["gtest/gtest.h"]),
    (
        Framework::Catch2,
        Some(Language::C),
        &["catch2/", "catch.hpp"],
    ),
    (
        Framework::RSpec,
        Some(Language::Ruby),
        &["RSpec.describe", "require 'rspec'", "spec_helper"],
    ),
    (
        Framework::Minitest,
        Some(Language::Ruby),
        &[
            "minitest/autorun",
            "Minitest::Test",
            "ActiveSupport::TestCase",
        ],
    ),
    (
        Framework::PhpUnit,
        Some(Language::Php),
        &["PHPUnit\\Framework"],
    ),
    (Framework::XcTest, Some(Language::Swift), &["import XCTest"]),
    (
        Framework::Pytest,
        None,
        &[
            "[tool.pytest",
            "[pytest]",
            "[tool:pytest]",
            "\"pytest",
            "'pytest",
            "run pytest",
            "- pytest",
        ],
    ),
    (Framework::Jest, None, &["\"jest\"", "\"jest "]),
    (Framework::Mocha, None, &["\"mocha\"", "\"mocha "]),
    (Framework::Vitest, None, &["\"vitest\"", "\"vitest "]),
];

impl Framework {
    fn name(self) -> &'static str {
        match self {
            Self::Pytest => "pytest",
            Self::Unittest => "unittest",
            Self::CargoTest => "cargo test",
            Self::GoTest => "go test",
            Self::Jest => "jest",
            Self::Mocha => "mocha",
            Self::Vitest => "vitest",
            Self::NodeTest => "node:test",
            Self::JUnit => "JUnit",
            Self::XUnit => "xUnit",
            Self::NUnit => "NUnit",
            Self::GoogleTest => "GoogleTest",
            Self::Catch2 => "Catch2",
            Self::RSpec => "RSpec",
            Self::Minitest => "Minitest",
            Self::PhpUnit => "PHPUnit",
            Self::XcTest => "XCTest",
        }
    }
}

/// The tests as they are gathered.
#[derive(Debug, Default)]
pub(crate) struct Baseline {
    /// Test functions by file. Some languages have them beside the code.
    files: BTreeMap<String, u32>,
    frameworks: BTreeMap<Framework, BTreeSet<String>>,
}

impl Baseline {
    /// Takes what a source file has of tests.
    pub(crate) fn take(&mut self, language: Language, path: &str, text: &str, tests: u32) {
        let by_its_path = is_test(path);
        let beside_the_code = matches!(language, Language::Rust) && tests > 0;
        if !by_its_path && !beside_the_code {
            return;
        }
        let of_none = tests == 0;
        if !of_none {
            self.files.insert(path.to_owned(), tests);
        }
        self.signs(Some(language), path, text);
    }

    /// Takes what a file that says how the project is built says of tests.
    pub(crate) fn take_build(&mut self, path: &str, text: &str) {
        self.signs(None, path, text);
    }

    fn signs(&mut self, language: Option<Language>, path: &str, text: &str) {
        for (framework, of, signs) in SIGNS {
            if *of == language && signs.iter().any(|sign| text.contains(sign)) {
                let paths = self.frameworks.entry(*framework).or_default();
                paths.insert(path.to_owned());
            }
        }
    }

    /// The document.
    pub(crate) fn text(&self) -> String {
        let functions: u32 = self
            .files
            .values()
            .fold(0, |all, tests| all.saturating_add(*tests));
        let mut text = match self.files.len() {
            0 => "There are no tests.\n".to_owned(),
            1 => format!("Test functions: {functions}, in 1 file.\n"),
            files => format!("Test functions: {functions}, in {files} files.\n"),
        };
        if self.frameworks.is_empty() && !self.files.is_empty() {
            text.push_str("Framework: none that is known.\n");
        }
        for (framework, paths) in &self.frameworks {
            let first = paths.first().map_or("", String::as_str);
            let others = match paths.len() {
                0 | 1 => String::new(),
                2 => " and 1 other".to_owned(),
                many => format!(" and {} others", many - 1),
            };
            // Writing to a string can't fail.
            let _ = writeln!(text, "Framework: {} (by {first}{others})", framework.name());
        }
        if !self.files.is_empty() {
            text.push('\n');
        }
        for (path, tests) in self.files.iter().take(MOST_NAMED) {
            let _ = writeln!(text, "- {path}: {tests}");
        }
        if let Some(others) = self.files.len().checked_sub(MOST_NAMED + 1) {
            let _ = writeln!(text, "- and {} others", others + 1);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_counted_with_their_frameworks() {
        let mut baseline = Baseline::default();
        assert_eq!(baseline.text(), "There are no tests.\n");
        baseline.take(Language::Python, "src/a.py", "import pytest", 1);
        baseline.take(Language::Python, "tests/conftest.py", "import pytest", 0);
        baseline.take(Language::Python, "tests/test_a.py", "import pytest", 2);
        baseline.take(Language::Rust, "src/lib.rs", "#[test]", 3);
        baseline.take_build("pyproject.toml", "[tool.pytest.ini_options]");
        assert_eq!(
            baseline.text(),
            "Test functions: 5, in 2 files.\n\
             Framework: pytest (by pyproject.toml and 2 others)\n\
             Framework: cargo test (by src/lib.rs)\n\
             \n\
             - src/lib.rs: 3\n\
             - tests/test_a.py: 2\n"
        );
    }
}

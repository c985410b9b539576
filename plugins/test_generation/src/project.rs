//! How a project keeps its tests: where they lie, how they are named, and which fixtures there are.
//!
//! Everything here is pure, from paths and texts: what the project has no tests of, it has no habits of, and then tests go to
//! `tests/test_….py`.

use std::collections::{BTreeMap, BTreeSet};

/// Where tests lie.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TestPlace {
    /// In this folder, or below it, such as `tests` or `src/thing/tests`.
    Folder(String),
    /// In the folders of the code that they test.
    Beside,
    /// In the project's top folder.
    Top,
}

/// How files of tests are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// `test_thing.py`
    Before,
    /// `thing_test.py`
    Behind,
}

/// The habits of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Habits {
    /// Where its tests lie, most of them first; never empty.
    pub(crate) places: Vec<TestPlace>,
    /// How most of them are named.
    pub(crate) naming: Naming,
    /// The folders that hold code, each with a `/` at its end; empty for the top one.
    code: BTreeSet<String>,
}

impl Habits {
    /// The habits that show in the paths of all Python files.
    #[must_use]
    pub(crate) fn of(paths: &[String]) -> Self {
        let code: BTreeSet<String> = (paths.iter().filter(|path| !is_of_tests(path)))
            .map(|path| folder_of(path).to_owned())
            .collect();
        let mut counts: BTreeMap<TestPlace, usize> = BTreeMap::new();
        let mut behind = 0;
        let mut all = 0;
        for path in paths.iter().filter(|path| holds_tests(path)) {
            *counts.entry(place_of(path, &code)).or_default() += 1;
            behind += usize::from(!name_of(path).starts_with("test_"));
            all += 1;
        }
        let mut places: Vec<(TestPlace, usize)> = counts.into_iter().collect();
        places.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let mut places: Vec<TestPlace> = places.into_iter().map(|(place, _)| place).collect();
        if places.is_empty() {
            places.push(TestPlace::Folder("tests".to_owned()));
        }
        let naming = match behind * 2 > all {
            true => Naming::Behind,
            false => Naming::Before,
        };
        Self {
            places,
            naming,
            code,
        }
    }

    /// Why a new file can't lie at a path; none where it can.
    #[must_use]
    pub(crate) fn refuse(&self, path: &str) -> Option<String> {
        let in_folder = |place: &TestPlace| match place {
            TestPlace::Folder(folder) => path
                .strip_prefix(folder.as_str())
                .is_some_and(|rest| rest.starts_with('/')),
            TestPlace::Beside | TestPlace::Top => false,
        };
        // What isn't a test, such as data that tests read, has its place in a folder of tests alone.
        let is_test = holds_tests(path) || name_of(path) == "conftest.py";
        let elsewhere = |place: &TestPlace| match place {
            TestPlace::Folder(_) => false,
            TestPlace::Beside => is_test && self.code.contains(folder_of(path)),
            TestPlace::Top => is_test && folder_of(path).is_empty(),
        };
        let mut places = self.places.iter();
        if places.any(|place| in_folder(place) || elsewhere(place)) {
            return None;
        }
        Some(format!("`{path}` doesn't lie {}", self.places[0].told()))
    }

    /// The path of an example, as the project would name it.
    #[must_use]
    pub(crate) fn example(&self) -> String {
        let name = match self.naming {
            Naming::Before => "test_module.py",
            Naming::Behind => "module_test.py",
        };
        match &self.places[0] {
            TestPlace::Folder(folder) => format!("{folder}/{name}"),
            TestPlace::Beside => {
                let folder = self.code.iter().find(|folder| !folder.is_empty());
                format!("{}{name}", folder.map_or("", String::as_str))
            }
            TestPlace::Top => name.to_owned(),
        }
    }

    /// The habits in words.
    #[must_use]
    pub(crate) fn told(&self) -> String {
        format!(
            "Tests lie {}; a file of them is named like `{}`.",
            self.places[0].told(),
            self.example()
        )
    }
}

impl TestPlace {
    fn told(&self) -> String {
        match self {
            Self::Folder(folder) => format!("below `{folder}/`"),
            Self::Beside => "beside the code that they test".to_owned(),
            Self::Top => "in the project's top folder".to_owned(),
        }
    }
}

fn place_of(path: &str, code: &BTreeSet<String>) -> TestPlace {
    if let Some(folder) = folder_of_tests(path) {
        return TestPlace::Folder(folder.to_owned());
    }
    let folder = folder_of(path);
    if folder.is_empty() {
        return TestPlace::Top;
    }
    match code.contains(folder) {
        true => TestPlace::Beside,
        false => TestPlace::Folder(folder.trim_end_matches('/').to_owned()),
    }
}

/// The outermost folder on the way to a file that is named for tests.
fn folder_of_tests(path: &str) -> Option<&str> {
    let mut end = 0;
    let folders = folder_of(path);
    for part in folders.split_terminator('/') {
        end += part.len();
        if matches!(part, "tests" | "test") {
            return Some(&path[..end]);
        }
        end += 1;
    }
    None
}

/// The folder of a file, with a `/` at its end; empty for the top one.
fn folder_of(path: &str) -> &str {
    &path[..path.rfind('/').map_or(0, |at| at + 1)]
}

fn name_of(path: &str) -> &str {
    &path[folder_of(path).len()..]
}

/// Whether pytest looks for tests in a file.
#[must_use]
pub(crate) fn holds_tests(path: &str) -> bool {
    let name = name_of(path);
    name.ends_with(".py") && (name.starts_with("test_") || name.ends_with("_test.py"))
}

/// Whether a file belongs to the tests, and not to what they test.
#[must_use]
pub(crate) fn is_of_tests(path: &str) -> bool {
    holds_tests(path) || name_of(path) == "conftest.py" || folder_of_tests(path).is_some()
}

/// The names of the fixtures that a conftest.py defines.
#[must_use]
pub(crate) fn fixtures(conftest: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut decorated = false;
    for line in conftest.lines().map(str::trim_start) {
        if line.starts_with('@') {
            decorated |= line.contains("fixture");
        } else if let Some(rest) = line
            .strip_prefix("def ")
            .or_else(|| line.strip_prefix("async def "))
        {
            let name = rest.split(['(', ' ']).next().unwrap_or_default();
            if decorated && !name.is_empty() {
                found.push(name.to_owned());
            }
            decorated = false;
        }
    }
    found
}

/// Whether a test speaks of a module of the code: it imports it, or is named for it.
#[must_use]
pub(crate) fn is_about(test: &str, text: &str, code: &str) -> bool {
    let stem = name_of(code).trim_end_matches(".py");
    let module = match stem {
        "__init__" | "__main__" => folder_of(code).trim_end_matches('/'),
        _ => stem,
    };
    let module = module.rsplit('/').next().unwrap_or(module);
    if module.is_empty() {
        return false;
    }
    let own = name_of(test).trim_end_matches(".py");
    let own = own.strip_prefix("test_").unwrap_or(own);
    let own = own.strip_suffix("_test").unwrap_or(own);
    let mut imports = text.lines().map(str::trim_start).filter(|line| {
        line.starts_with("import ") || line.starts_with("from ") || line.contains("import_module(")
    });
    let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
    own == module || imports.any(|line| line.split(|it| !is_letter(it)).any(|word| word == module))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn habits(paths: &[&str]) -> Habits {
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        Habits::of(&paths)
    }

    #[test]
    fn tests_go_where_the_project_has_them() {
        for (paths, example, fit, unfit) in [
            (
                &["thing.py"][..],
                "tests/test_module.py",
                "tests/a/data.json",
                "test_a.py",
            ),
            (
                &["thing.py", "test/test_thing.py"],
                "test/test_module.py",
                "test/conftest.py",
                "tests/test_a.py",
            ),
            (
                &["thing/a.py", "thing/a_test.py", "thing/b_test.py"],
                "thing/module_test.py",
                "thing/c_test.py",
                "thing/c.py",
            ),
            (
                &["thing.py", "test_thing.py"],
                "test_module.py",
                "conftest.py",
                "helpers.py",
            ),
            (
                &["src/t/a.py", "src/t/tests/test_a.py"],
                "src/t/tests/test_module.py",
                "src/t/tests/deep/test_b.py",
                "tests/test_b.py",
            ),
            (
                &["a.py", "checks/test_a.py"],
                "checks/test_module.py",
                "checks/test_b.py",
                "test_b.py",
            ),
        ] {
            let habits = habits(paths);
            assert_eq!(habits.example(), example);
            assert_eq!(habits.refuse(example), None, "{paths:?}");
            assert_eq!(habits.refuse(fit), None, "{paths:?}");
            assert!(habits.refuse(unfit).is_some(), "{paths:?}: {unfit}");
        }
    }

    #[test]
    fn most_tests_decide_and_all_places_are_taken() {
        let habits = habits(&[
            "a.py",
            "tests/test_a.py",
            "tests/test_b.py",
            "extra/test_c.py",
        ]);
        assert_eq!(habits.places[0], TestPlace::Folder("tests".to_owned()));
        assert_eq!(habits.refuse("extra/test_d.py"), None);
    }

    #[test]
    fn fixtures_are_those_that_are_marked_so() {
        let text = "import pytest\n\n@pytest.fixture(scope='session')\n@other\ndef store(tmp_path):\n    def inner(): ...\n\n@fixture\nasync def client(): ...\n\ndef helper(): ...\n";
        assert_eq!(fixtures(text), ["store", "client"]);
    }

    #[test]
    fn a_test_is_about_what_it_imports_or_is_named_for() {
        assert!(is_about(
            "tests/test_x.py",
            "from thing.parser import parse\n",
            "thing/parser.py"
        ));
        assert!(is_about("tests/test_parser.py", "", "thing/parser.py"));
        assert!(is_about("thing/parser_test.py", "", "thing/parser.py"));
        assert!(is_about(
            "tests/test_x.py",
            "import thing\n",
            "src/thing/__init__.py"
        ));
        assert!(!is_about(
            "tests/test_x.py",
            "import parsers\n# parser\n",
            "thing/parser.py"
        ));
    }
}

//! How a project keeps its tests: where they lie, how they are named, and which fixtures there are.
//!
//! Everything here is pure, from paths and texts: what the project has no tests of, it has no habits of, and then tests go to
//! `tests/test_….py`.

use std::collections::{BTreeMap, BTreeSet};

use crate::configuration::{USUAL, fits};
use crate::layout::{Layout, folder_of, lies_in, name_of};

/// Where tests lie.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TestPlace {
    /// In this folder, or below it, such as `tests`.
    Folder(String),
    /// In a folder of this name in that of the code, such as `src/thing/tests`.
    Inside {
        /// The folder's own name.
        name: String,
        /// One that is there.
        like: String,
    },
    /// In the folders of the code that they test.
    Beside,
    /// In the project's top folder.
    Top,
}

/// The habits of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Habits {
    /// Where its tests lie, most of them first; never empty.
    pub(crate) places: Vec<TestPlace>,
    layout: Layout,
    /// The folders that hold code, each with a `/` at its end; empty for the top one.
    code: BTreeSet<String>,
    /// The folders of tests in those of code that there are.
    inside: BTreeSet<String>,
    example: String,
}

impl Habits {
    /// The habits that show in the paths of all Python files.
    #[must_use]
    pub(crate) fn of(paths: &[String], layout: &Layout) -> Self {
        let code: BTreeSet<String> = (paths.iter().filter(|path| !layout.is_of_tests(path)))
            .map(|path| folder_of(path).to_owned())
            .collect();
        let is_within = |path: &str| {
            layout.within.is_empty() || layout.within.iter().any(|it| lies_in(path, it))
        };
        let mut counts: BTreeMap<TestPlace, usize> = BTreeMap::new();
        let mut inside = BTreeSet::new();
        let mut likes: BTreeMap<String, String> = BTreeMap::new();
        let mut names = vec![0; layout.names.len()];
        for path in (paths.iter()).filter(|path| layout.holds_tests(path) && is_within(path)) {
            let mut place = place_of(path, &code, layout);
            if let TestPlace::Folder(folder) = &place
                && let Some((of, name)) = folder.rsplit_once('/')
                && !layout.own.contains(folder)
                && code.iter().any(|code| lies_in(code, of))
            {
                inside.insert(folder.clone());
                let like = likes
                    .entry(name.to_owned())
                    .or_insert_with(|| folder.clone());
                place = TestPlace::Inside {
                    name: name.to_owned(),
                    like: like.clone(),
                };
            }
            *counts.entry(place).or_default() += 1;
            let named = (layout.names.iter()).position(|it| fits(name_of(it), name_of(path)));
            if let Some(count) = named.and_then(|at| names.get_mut(at)) {
                *count += 1;
            }
        }
        let mut places: Vec<(TestPlace, usize)> = counts.into_iter().collect();
        places.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let mut places: Vec<TestPlace> = places.into_iter().map(|(place, _)| place).collect();
        for own in layout.own.iter().map(|own| TestPlace::Folder(own.clone())) {
            if !places.contains(&own) {
                places.push(own);
            }
        }
        if places.is_empty() {
            places.push(match layout.within.is_empty() {
                true => TestPlace::Folder("tests".to_owned()),
                false => TestPlace::Beside,
            });
        }
        let mut habits = Self {
            places,
            layout: layout.clone(),
            code,
            inside,
            example: String::new(),
        };
        habits.example = habits.example_of(&habits.name(&names), paths);
        habits
    }

    /// How a new file of tests is named: as most are, where there may be more than one of that name.
    fn name(&self, counts: &[usize]) -> String {
        let is_open = |pattern: &str| name_of(pattern).contains(['*', '?', '[']);
        let patterns = || self.layout.names.iter().zip(counts);
        let any_open = patterns().any(|(pattern, _)| is_open(pattern));
        let mut best: Option<(&str, usize)> = None;
        for (pattern, count) in patterns().filter(|(it, _)| !any_open || is_open(it)) {
            if best.is_none_or(|(_, most)| *count > most) {
                best = Some((pattern, *count));
            }
        }
        named_as(best.map_or(USUAL[0], |(pattern, _)| name_of(pattern)))
    }

    fn example_of(&self, name: &str, paths: &[String]) -> String {
        match &self.places[0] {
            TestPlace::Folder(folder) => format!("{folder}/{name}"),
            TestPlace::Inside { like, .. } => format!("{like}/{name}"),
            TestPlace::Beside => {
                let is_within = |folder: &str| {
                    let within = &self.layout.within;
                    within.is_empty() || within.iter().any(|it| lies_in(folder, it))
                };
                let folders = || {
                    self.code
                        .iter()
                        .filter(|it| !it.is_empty() && is_within(it))
                };
                let path = |folder: &String| format!("{folder}{name}");
                let free = folders().map(path).find(|path| !paths.contains(path));
                let path = free.or_else(|| folders().map(path).next());
                path.unwrap_or_else(|| match self.layout.within.first() {
                    Some(within) => format!("{within}/{name}"),
                    None => name.to_owned(),
                })
            }
            TestPlace::Top => name.to_owned(),
        }
    }

    /// Why a new file can't lie at a path; none where it can.
    #[must_use]
    pub(crate) fn refuse(&self, path: &str) -> Option<String> {
        let layout = &self.layout;
        if !layout.within.is_empty() && !layout.within.iter().any(|it| lies_in(path, it)) {
            let within: Vec<_> = layout.within.iter().map(|it| format!("`{it}/`")).collect();
            return Some(format!(
                "`{path}` doesn't lie below {}, where alone the project's configuration has pytest look for tests",
                within.join(" or ")
            ));
        }
        // What isn't a test, such as data that tests read, has its place in a folder of tests alone.
        let is_test = layout.holds_tests(path) || name_of(path) == "conftest.py";
        let is_there = |place: &TestPlace| match place {
            TestPlace::Folder(folder) => lies_in(path, folder),
            TestPlace::Inside { name, .. } => self.is_inside(path, name),
            TestPlace::Beside => is_test && self.code.contains(folder_of(path)),
            TestPlace::Top => is_test && folder_of(path).is_empty(),
        };
        if self.places.iter().any(is_there) {
            return None;
        }
        Some(format!("`{path}` doesn't lie {}", self.told_places()))
    }

    /// Whether a path lies in a folder of tests that is in one of code, as those are that there are.
    fn is_inside(&self, path: &str, name: &str) -> bool {
        let mut end = 0;
        for part in folder_of(path).split_terminator('/') {
            let of = path[..end].trim_end_matches('/');
            end += part.len();
            let folder = &path[..end];
            end += 1;
            if part != name || of.is_empty() {
                continue;
            }
            let holds_code = self.code.contains(&format!("{of}/"));
            let like = |there: &String| {
                let Some((other, last)) = there.rsplit_once('/') else {
                    return false;
                };
                let parent = |it: &str| it.rsplit_once('/').map_or("", |(it, _)| it).to_owned();
                // Beside the code itself, or where what is beside it has its tests, too.
                let as_there = holds_code && self.code.contains(&format!("{other}/"));
                last == name && (as_there || parent(of) == parent(other))
            };
            let is_of_code = self.code.iter().any(|code| lies_in(code, of));
            if self.inside.contains(folder) || is_of_code && self.inside.iter().any(like) {
                return true;
            }
        }
        false
    }

    /// Why a file of an answer says nothing though it holds tests: pytest doesn't look for any in one of its name.
    #[must_use]
    pub(crate) fn refuse_name(&self, path: &str, text: &str) -> Option<String> {
        let is_usual = USUAL.iter().any(|pattern| fits(pattern, name_of(path)));
        if self.layout.holds_tests(path) || !is_usual || !text.contains("def test") {
            return None;
        }
        Some(format!(
            "`{path}` isn't named as pytest looks for tests here: name it like `{}`",
            self.example()
        ))
    }

    /// The path of an example, as the project would name it.
    #[must_use]
    pub(crate) fn example(&self) -> String {
        self.example.clone()
    }

    /// The habits in words.
    #[must_use]
    pub(crate) fn told(&self) -> String {
        let mut told = format!(
            "Tests lie {}; a file of them is named like `{}`.",
            self.told_places(),
            self.example
        );
        if self.layout.function() != "test_…" {
            told += &format!(
                " A function of them is named like `{}`.",
                self.layout.function()
            );
        }
        told
    }

    fn told_places(&self) -> String {
        let told: Vec<_> = self.places.iter().take(5).map(TestPlace::told).collect();
        told.join(", or ")
    }
}

impl TestPlace {
    fn told(&self) -> String {
        match self {
            Self::Folder(folder) => format!("below `{folder}/`"),
            Self::Inside { name, like } => {
                format!("in a folder `{name}/` in that of the code, as `{like}/` is")
            }
            Self::Beside => "beside the code that they test".to_owned(),
            Self::Top => "in the project's top folder".to_owned(),
        }
    }
}

/// The name that fits a pattern.
fn named_as(pattern: &str) -> String {
    let mut name = String::new();
    let mut word = Some("module");
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '*' => name += word.take().unwrap_or_default(),
            '?' => name.push('x'),
            '[' => {
                let set: String = letters.by_ref().take_while(|it| *it != ']').collect();
                name.push(match set.starts_with('!') {
                    true => '_',
                    false => set.chars().next().unwrap_or('_'),
                });
            }
            it => name.push(it),
        }
    }
    match name.ends_with(".py") {
        true => name,
        false => format!("{name}.py"),
    }
}

fn place_of(path: &str, code: &BTreeSet<String>, layout: &Layout) -> TestPlace {
    if let Some(folder) = layout.folder_of_tests(path) {
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
    use crate::configuration::Configuration;

    fn habits(paths: &[&str]) -> Habits {
        configured(Configuration::default(), paths)
    }

    fn configured(configuration: Configuration, paths: &[&str]) -> Habits {
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        Habits::of(&paths, &Layout::of(configuration, &paths))
    }

    fn configuration(folders: &[&str], files: &[&str]) -> Configuration {
        let owned = |them: &[&str]| them.iter().map(|it| (*it).to_owned()).collect();
        let usual = Configuration::default();
        Configuration {
            folders: owned(folders),
            files: if files.is_empty() {
                usual.files
            } else {
                owned(files)
            },
            functions: usual.functions,
        }
    }

    #[test]
    fn tests_go_where_the_configuration_looks_for_them() {
        for (folders, files, paths, example, fit, unfit) in [
            (
                &["check"][..],
                &["check_*.py"][..],
                &["a.py", "check/check_a.py"][..],
                "check/check_module.py",
                "check/deep/check_b.py",
                "tests/test_a.py",
            ),
            (
                &["test"],
                &[],
                &["p/a.py"],
                "test/test_module.py",
                "test/conftest.py",
                "tests/test_a.py",
            ),
            (
                &["qa/"],
                &["*_spec.py"],
                &["p/a.py"],
                "qa/module_spec.py",
                "qa/b_spec.py",
                "p/b_spec.py",
            ),
            // One that isn't there says nothing where tests lie elsewhere: pytest looks everywhere.
            (
                &["gone"],
                &[],
                &["a.py", "tests/test_a.py"],
                "tests/test_module.py",
                "tests/test_b.py",
                "gone/test_b.py",
            ),
            (
                &["src"],
                &[],
                &["src/p/a.py", "src/p/a_test.py"],
                "src/p/module_test.py",
                "src/p/b_test.py",
                "tests/test_b.py",
            ),
            (
                &["./tests/unit", "tests/more"],
                &[],
                &["a.py", "tests/unit/test_a.py"],
                "tests/unit/test_module.py",
                "tests/more/test_b.py",
                "tests/test_b.py",
            ),
            (
                &["packages/*/tests"],
                &[],
                &[
                    "packages/p/a.py",
                    "packages/p/tests/test_a.py",
                    "packages/q/b.py",
                ],
                "packages/p/tests/test_module.py",
                "packages/p/tests/test_b.py",
                "tests/test_b.py",
            ),
            (
                &["."],
                &["*.py"],
                &["a.py", "tests/all.py"],
                "tests/test_module.py",
                "tests/b.py",
                "b.py",
            ),
            (
                &[],
                &["tests.py", "test_*.py"],
                &["app/models.py", "app/tests.py", "shop/models.py"],
                "app/test_module.py",
                "shop/tests.py",
                "tests/test_b.py",
            ),
            (
                &[],
                &["tests.py"],
                &["app/models.py", "app/tests.py", "shop/models.py"],
                "shop/tests.py",
                "shop/tests.py",
                "shop/more.py",
            ),
        ] {
            let habits = configured(configuration(folders, files), paths);
            assert_eq!(habits.example(), example, "{paths:?}");
            assert_eq!(habits.refuse(example), None, "{paths:?}");
            assert_eq!(habits.refuse(fit), None, "{paths:?}");
            assert!(habits.refuse(unfit).is_some(), "{paths:?}: {unfit}");
        }
    }

    #[test]
    fn each_package_may_have_its_tests_as_another_one_has() {
        for (paths, fit, unfit) in [
            (
                &["p1/a.py", "p1/tests/test_a.py", "p2/b.py"][..],
                "p2/tests/test_n.py",
                "tests/test_n.py",
            ),
            (
                &["app1/models.py", "app1/tests/test_a.py", "app2/models.py"],
                "app2/tests/deep/test_n.py",
                "app2/test_n.py",
            ),
            (
                &[
                    "packages/p/src/p/a.py",
                    "packages/p/tests/test_a.py",
                    "packages/q/src/q/b.py",
                ],
                "packages/q/tests/test_n.py",
                "packages/tests/test_n.py",
            ),
            (
                &["src/t/a.py", "src/t/tests/test_a.py", "src/t/sub/b.py"],
                "src/t/sub/tests/test_n.py",
                "src/u/tests/test_n.py",
            ),
        ] {
            let habits = habits(paths);
            assert_eq!(habits.refuse(fit), None, "{paths:?}");
            assert!(habits.refuse(unfit).is_some(), "{paths:?}: {unfit}");
        }
    }

    #[test]
    fn a_name_in_which_pytest_looks_for_no_test_is_refused() {
        let checks = Configuration {
            functions: vec!["check_*".to_owned()],
            ..configuration(&["check"], &["check_*.py"])
        };
        let habits = configured(checks, &["p/a.py", "check/check_a.py"]);
        assert!(
            habits
                .refuse_name("check/test_c.py", "def test_c(): ...")
                .is_some()
        );
        assert_eq!(habits.refuse_name("check/test_c.py", "DATA = 1"), None);
        assert!(
            habits.told().contains("is named like `check_…`"),
            "{}",
            habits.told()
        );
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

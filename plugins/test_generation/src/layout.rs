//! Which files of a project hold tests, and which folders are of tests alone, by its configuration of pytest and by their names.
//!
//! It knows paths alone, and nothing of where new tests should go.

use std::collections::BTreeSet;

use crate::configuration::{Configuration, USUAL, fits};

/// Which files hold tests, and which folders are of tests alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Patterns of the names of files that hold tests; never empty, and none that every file fits.
    pub(crate) names: Vec<String>,
    /// Whether besides each file holds tests that lies in a folder of tests.
    all_among_tests: bool,
    functions: Vec<String>,
    /// The folders in which alone pytest looks for tests; none where it is everywhere.
    pub(crate) within: Vec<String>,
    /// Those of them that hold nothing but tests.
    pub(crate) own: Vec<String>,
}

impl Layout {
    /// What follows from a configuration and the paths of all Python files.
    #[must_use]
    pub(crate) fn of(configuration: Configuration, paths: &[String]) -> Self {
        let is_vague = |pattern: &String| matches!(pattern.as_str(), "*.py" | "*");
        let all_among_tests = configuration.files.iter().any(is_vague);
        let mut names = configuration.files;
        names.retain(|pattern| !is_vague(pattern));
        if names.is_empty() {
            names = USUAL.map(str::to_owned).to_vec();
        }
        let mut layout = Self {
            names,
            all_among_tests,
            functions: configuration.functions,
            within: Vec::new(),
            own: Vec::new(),
        };
        let within = folders_of(&configuration.folders, paths);
        // Where none of them is there, pytest looks everywhere; the first test makes one.
        let is_there = |folder: &String| paths.iter().any(|path| lies_in(path, folder));
        if within.iter().any(is_there) || !paths.iter().any(|path| layout.holds_tests(path)) {
            let own = |folder: &&String| layout.is_own(folder, paths);
            layout.own = within.iter().filter(own).cloned().collect();
            layout.within = within;
        }
        layout
    }

    /// Whether a folder that the configuration names holds tests and no code.
    fn is_own(&self, folder: &str, paths: &[String]) -> bool {
        if folder.split('/').any(is_named_for_tests) {
            return true;
        }
        let (mut tests, mut others) = (0, 0);
        for path in paths.iter().filter(|path| lies_in(path, folder)) {
            match name_of(path) {
                "__init__.py" | "conftest.py" => {}
                _ if self.holds_tests(path) => tests += 1,
                _ => others += 1,
            }
        }
        tests > others || (tests, others) == (0, 0)
    }

    /// Whether pytest looks for tests in a file, by its name.
    #[must_use]
    pub(crate) fn holds_tests(&self, path: &str) -> bool {
        let is_named = |pattern: &String| match pattern.contains('/') {
            true => fits(&format!("*/{pattern}"), &format!("/{path}")),
            false => fits(pattern, name_of(path)),
        };
        let is_among = || {
            let is_helper = matches!(name_of(path), "__init__.py" | "conftest.py");
            self.all_among_tests && !is_helper && self.folder_of_tests(path).is_some()
        };
        path.ends_with(".py") && (self.names.iter().any(is_named) || is_among())
    }

    /// Whether a file belongs to the tests, and not to what they test.
    #[must_use]
    pub(crate) fn is_of_tests(&self, path: &str) -> bool {
        self.holds_tests(path)
            || name_of(path) == "conftest.py"
            || self.folder_of_tests(path).is_some()
    }

    /// Whether a text has a function that is a test.
    #[must_use]
    pub(crate) fn has_a_test(&self, text: &str) -> bool {
        // A class of the module `unittest` names them as that does.
        let unittest = text.contains("TestCase");
        text.lines().any(|line| {
            let line = line.trim_start();
            let line = line.strip_prefix("async ").unwrap_or(line);
            let Some(rest) = line.strip_prefix("def ") else {
                return false;
            };
            let name = rest.trim_start().split(['(', ' ']).next().unwrap_or("");
            let is_one = |it: &String| name.starts_with(it.as_str()) || fits(it, name);
            self.functions.iter().any(is_one) || unittest && name.starts_with("test")
        })
    }

    /// A name of a function that is a test.
    #[must_use]
    pub(crate) fn function(&self) -> String {
        let name = self.functions.first().map_or("test", String::as_str);
        match name.contains(['*', '?', '[']) {
            true => name.replace(['*', '?'], "…"),
            false => format!("{}_…", name.trim_end_matches('_')),
        }
    }

    /// The outermost folder on the way to a file that is of tests.
    #[must_use]
    pub(crate) fn folder_of_tests<'a>(&self, path: &'a str) -> Option<&'a str> {
        let own = self.own.iter().find(|folder| lies_in(path, folder));
        if let Some(folder) = own.and_then(|folder| path.get(..folder.len())) {
            return Some(folder);
        }
        let mut end = 0;
        for part in folder_of(path).split_terminator('/') {
            end += part.len();
            if is_named_for_tests(part) {
                return Some(&path[..end]);
            }
            end += 1;
        }
        None
    }
}

/// The folders that the configuration names, those that its patterns mean among the folders of these paths.
fn folders_of(named: &[String], paths: &[String]) -> Vec<String> {
    let mut found = BTreeSet::new();
    for folder in named {
        let plain: Vec<&str> = (folder.split('/').filter(|it| !matches!(*it, "" | "."))).collect();
        if plain.is_empty() {
            // The top folder: everything is below it.
            return Vec::new();
        }
        if folder.contains(['*', '?', '[']) {
            let folders = paths.iter().flat_map(|path| {
                let parts: Vec<&str> = folder_of(path).split_terminator('/').collect();
                (1..=parts.len()).map(move |end| parts[..end].join("/"))
            });
            found.extend(folders.filter(|it| {
                let parts: Vec<&str> = it.split('/').collect();
                fits_parts(&plain, &parts)
            }));
        } else if !folder.ends_with(".py") && !plain.contains(&"..") {
            found.insert(plain.join("/"));
        }
    }
    found.into_iter().collect()
}

/// Whether the parts of a path fit those of a pattern, of which `**` stands for any number.
fn fits_parts(pattern: &[&str], parts: &[&str]) -> bool {
    match pattern.split_first() {
        None => parts.is_empty(),
        Some((&"**", rest)) => (0..=parts.len()).any(|at| fits_parts(rest, &parts[at..])),
        Some((first, rest)) => (parts.split_first())
            .is_some_and(|(part, parts)| fits(first, part) && fits_parts(rest, parts)),
    }
}

fn is_named_for_tests(part: &str) -> bool {
    matches!(part, "tests" | "test")
}

/// Whether a path lies in a folder, or below it. A folder with a `/` at its end lies in itself.
pub(crate) fn lies_in(path: &str, folder: &str) -> bool {
    (path.strip_prefix(folder)).is_some_and(|rest| rest.starts_with('/'))
}

/// The folder of a file, with a `/` at its end; empty for the top one.
pub(crate) fn folder_of(path: &str) -> &str {
    &path[..path.rfind('/').map_or(0, |at| at + 1)]
}

pub(crate) fn name_of(path: &str) -> &str {
    &path[folder_of(path).len()..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_tests_follows_from_the_configuration() {
        let paths = [
            "p/a.py",
            "check/check_a.py",
            "check/helper.py",
            "check/check_b.py",
        ];
        let paths = paths.map(str::to_owned);
        let checks = Configuration {
            functions: vec!["check_*".to_owned()],
            files: vec!["check_*.py".to_owned()],
            folders: vec!["check".to_owned()],
        };
        let layout = Layout::of(checks, &paths);
        assert!(layout.holds_tests("check/check_c.py") && !layout.holds_tests("check/test_c.py"));
        assert!(layout.is_of_tests("check/helper.py") && !layout.is_of_tests("p/a.py"));
        assert!(
            layout.has_a_test("async def check_it():\n") && !layout.has_a_test("def test_it():\n")
        );
        assert!(layout.has_a_test("class A(TestCase):\n    def test_it(self):\n"));
    }
}

//! What a project's configuration of pytest says of where its tests lie and how they are named, read as pytest does.
//!
//! It finds no files: whoever asks hands over their texts. What can't be read says nothing.

/// The files that may configure pytest, in the order in which it looks: the first that does is the only one.
const NAMES: [&str; 7] = [
    "pytest.toml",
    ".pytest.toml",
    "pytest.ini",
    ".pytest.ini",
    "pyproject.toml",
    "tox.ini",
    "setup.cfg",
];

/// How pytest names files of tests where a project says nothing else.
pub(crate) const USUAL: [&str; 2] = ["test_*.py", "*_test.py"];

/// What is configured, or what pytest takes instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Configuration {
    /// Patterns of the names of files that hold tests.
    pub(crate) files: Vec<String>,
    /// How functions of tests begin, or patterns of their names.
    pub(crate) functions: Vec<String>,
    /// The folders in which tests are looked for, which may be patterns; none where it is everywhere.
    pub(crate) folders: Vec<String>,
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            files: USUAL.map(str::to_owned).to_vec(),
            functions: vec!["test".to_owned()],
            folders: Vec::new(),
        }
    }
}

impl Configuration {
    /// What the first of the files says that configures pytest, each read by its path.
    ///
    /// # Errors
    /// One can't be asked for.
    pub(crate) fn read<E>(
        mut text_of: impl FnMut(&str) -> Result<Option<String>, E>,
    ) -> Result<Self, E> {
        for name in NAMES {
            let values = match text_of(name)? {
                Some(text) => Values::of(name, &text),
                None => None,
            };
            if let Some(values) = values {
                let usual = Self::default();
                let or = |found: Vec<String>, otherwise| match found.is_empty() {
                    true => otherwise,
                    false => found,
                };
                return Ok(Self {
                    files: or(values.words("python_files"), usual.files),
                    functions: or(values.words("python_functions"), usual.functions),
                    folders: values.words("testpaths"),
                });
            }
        }
        Ok(Self::default())
    }
}

/// The values of one file.
enum Values {
    Toml(toml::Table),
    Ini(Vec<(String, String)>),
}

impl Values {
    /// None where the file says nothing of pytest.
    fn of(name: &str, text: &str) -> Option<Self> {
        let toml = |text: &str| text.parse::<toml::Table>().ok();
        match name {
            "pytest.toml" | ".pytest.toml" => {
                let mut file = toml(text).unwrap_or_default();
                match file.remove("pytest") {
                    Some(toml::Value::Table(values)) => Some(Self::Toml(values)),
                    _ => Some(Self::Toml(toml::Table::new())),
                }
            }
            "pyproject.toml" => {
                let mut values = toml(text)?.get("tool")?.get("pytest")?.as_table()?.clone();
                match values.remove("ini_options") {
                    Some(toml::Value::Table(values)) => Some(Self::Toml(values)),
                    _ if values.is_empty() => None,
                    _ => Some(Self::Toml(values)),
                }
            }
            "setup.cfg" => section(text, "tool:pytest").map(Self::Ini),
            "tox.ini" => section(text, "pytest").map(Self::Ini),
            _ => Some(Self::Ini(section(text, "pytest").unwrap_or_default())),
        }
    }

    /// The words of a value, which may be a list of them.
    fn words(&self, key: &str) -> Vec<String> {
        let split = |text: &str| shlex::split(text).unwrap_or_default();
        match self {
            Self::Toml(values) => match values.get(key) {
                Some(toml::Value::String(text)) => split(text),
                Some(toml::Value::Array(items)) => (items.iter())
                    .filter_map(|item| item.as_str().map(str::to_owned))
                    .collect(),
                _ => Vec::new(),
            },
            Self::Ini(values) => (values.iter())
                .find(|(name, _)| name == key)
                .map_or_else(Vec::new, |(_, text)| split(text)),
        }
    }
}

/// The keys of one section of an INI file, each with its value, whose further lines are set in; none where there is no such section.
fn section(text: &str, wanted: &str) -> Option<Vec<(String, String)>> {
    let mut found: Option<Vec<(String, String)>> = None;
    let mut inside = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with(char::is_whitespace) {
            let last = found.as_mut().and_then(|values| values.last_mut());
            if let (true, Some((_, value))) = (inside, last) {
                *value += "\n";
                *value += without_comment(trimmed);
            }
        } else if let Some(name) = trimmed.strip_prefix('[') {
            inside = name.split(']').next() == Some(wanted);
            if inside {
                found.get_or_insert_default();
            }
        } else if let (true, Some((key, value))) = (inside, trimmed.split_once(['=', ':'])) {
            let value = without_comment(value.trim()).to_owned();
            found
                .get_or_insert_default()
                .push((key.trim().to_owned(), value));
        }
    }
    found
}

fn without_comment(line: &str) -> &str {
    line.split(" #").next().unwrap_or(line).trim_end()
}

/// Whether a text fits a pattern of a shell, in which `*` stands for any letters, also for those that part folders.
#[must_use]
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut place) = (0, 0);
    // Where the last `*` stands, and how far it reaches by now.
    let mut star: Option<(usize, usize)> = None;
    while place < text.len() {
        let one = pattern.get(at).copied();
        if one == Some('*') {
            star = Some((at, place));
            at += 1;
        } else if let Some(next) = one.and_then(|_| fits_one(&pattern, at, text[place])) {
            at = next;
            place += 1;
        } else if let Some((begins, reaches)) = star {
            star = Some((begins, reaches + 1));
            at = begins + 1;
            place = reaches + 1;
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|left| *left == '*')
}

/// Where the pattern goes on after one letter, if that fits.
fn fits_one(pattern: &[char], at: usize, letter: char) -> Option<usize> {
    let same = |it: char| (it == letter).then_some(at + 1);
    match pattern[at] {
        '?' => Some(at + 1),
        '[' => {
            let not = pattern.get(at + 1) == Some(&'!');
            let begin = at + 1 + usize::from(not);
            // One that stands first is a letter.
            let Some(end) = (begin + 1..pattern.len()).find(|end| pattern[*end] == ']') else {
                return same('[');
            };
            let set = &pattern[begin..end];
            let mut any = false;
            let mut index = 0;
            while index < set.len() {
                if index + 2 < set.len() && set[index + 1] == '-' {
                    any |= (set[index]..=set[index + 2]).contains(&letter);
                    index += 3;
                } else {
                    any |= set[index] == letter;
                    index += 1;
                }
            }
            (any != not).then_some(end + 1)
        }
        it => same(it),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> Configuration {
        let text_of = |name: &str| {
            let found = files.iter().find(|(path, _)| *path == name);
            Ok::<_, std::convert::Infallible>(found.map(|(_, text)| (*text).to_owned()))
        };
        let Ok(read) = Configuration::read(text_of);
        read
    }

    #[test]
    fn every_file_that_configures_pytest_is_read() {
        for (name, text) in [
            (
                "pyproject.toml",
                "[tool.pytest.ini_options]\ntestpaths = ['check', 'qa']\npython_files = 'check_*.py \"*_spec.py\"'\n",
            ),
            (
                "pyproject.toml",
                "[tool.pytest]\ntestpaths = ['check', 'qa']\npython_files = ['check_*.py', '*_spec.py']\n",
            ),
            (
                "pytest.toml",
                "[pytest]\ntestpaths = ['check', 'qa']\npython_files = ['check_*.py', '*_spec.py']\n",
            ),
            (
                "pytest.ini",
                "[pytest]\n# more\ntestpaths =\n    check\n    # no\n    qa\npython_files: check_*.py *_spec.py\n",
            ),
            (
                "tox.ini",
                "[tox]\ntestpaths = no\n[pytest]\ntestpaths = check qa\r\npython_files = check_*.py\n  *_spec.py  # so\n[other]\ntestpaths = no\n",
            ),
            (
                "setup.cfg",
                "[tool:pytest]\ntestpaths = check qa\npython_files = check_*.py *_spec.py\n",
            ),
        ] {
            let found = read(&[(name, text)]);
            assert_eq!(found.folders, ["check", "qa"], "{name}: {text}");
            assert_eq!(found.files, ["check_*.py", "*_spec.py"], "{name}: {text}");
            assert_eq!(found.functions, ["test"], "{name}");
        }
    }

    #[test]
    fn the_first_file_that_configures_pytest_is_the_only_one() {
        let setup = ("setup.cfg", "[tool:pytest]\ntestpaths = a\n");
        for (first, folders) in [
            (("pytest.ini", ""), &[][..]),
            (("pyproject.toml", "[project]\nname = 'a'\n"), &["a"]),
            (("pyproject.toml", "no toml"), &["a"]),
            (("tox.ini", "[tox]\n"), &["a"]),
            (("tox.ini", "[pytest]\npython_functions = check\n"), &[]),
        ] {
            assert_eq!(read(&[setup, first]).folders, folders, "{first:?}");
        }
        assert_eq!(read(&[]), Configuration::default());
    }

    #[test]
    fn patterns_are_those_of_a_shell() {
        for (pattern, fit, unfit) in [
            ("test_*.py", "test_a.py", "test_a.pyi"),
            ("*_test.py", "a_test_test.py", "a_tests.py"),
            ("t?st[_-]*", "tost-a", "tost.a"),
            ("[!a-c]x", "dx", "bx"),
            ("*/it/check_*.py", "/a/it/check_b.py", "/check_b.py"),
            ("[x", "[x", "x"),
            ("", "", "a"),
        ] {
            assert!(fits(pattern, fit), "{pattern}");
            assert!(!fits(pattern, unfit), "{pattern}");
        }
    }
}

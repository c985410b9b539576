//! What a project says of how it is worked on: the files for agents and contributors, the README, the build files.
//!
//! It quotes and judges nothing. Of files that say more than that, it takes the parts that speak of it.

mod parts;

use std::collections::BTreeMap;

use stepwell_sdk::answer::fenced;
use stepwell_sdk::chat::bytes_of_tokens;

/// Bytes of one such file that are read.
pub(crate) const LARGEST: u32 = 256 << 10;

/// Folders down to which such files count: what lies deeper speaks of a part.
const DEEPEST: usize = 2;

/// What a file is to the conventions. What comes first is quoted first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Says {
    /// It was written for whoever works on the code by a model: all of it counts.
    ForAgents,
    /// It was written for whoever works on the code: its sections on that count.
    ForContributors,
    /// How the project is built and checked: its parts on that count.
    Build,
    /// Its sections on that count.
    Readme,
}

/// How much of the room one file may take, in hundredths, while others want room, too.
const fn share(says: Says) -> usize {
    match says {
        Says::ForAgents => 60,
        Says::ForContributors => 40,
        Says::Build | Says::Readme => 25,
    }
}

const FOR_AGENTS: &[&str] = &[
    ".clinerules",
    ".cursorrules",
    ".windsurfrules",
    "agent.md",
    "agents.md",
    "claude.md",
    "conventions.md",
    "copilot-instructions.md",
    "gemini.md",
];

const BUILD: &[&str] = &[
    ".editorconfig",
    ".flake8",
    ".pre-commit-config.yaml",
    ".rubocop.yml",
    "build.gradle",
    "build.gradle.kts",
    "cargo.toml",
    "cmakelists.txt",
    "composer.json",
    "gemfile",
    "go.mod",
    "justfile",
    "makefile",
    "noxfile.py",
    "package.json",
    "package.swift",
    "pom.xml",
    "pyproject.toml",
    "pytest.ini",
    "rakefile",
    "ruff.toml",
    "rustfmt.toml",
    "setup.cfg",
    "setup.py",
    "tox.ini",
    "tsconfig.json",
];

impl Says {
    /// What the path of a file says of it; none where it says nothing of how to work.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let path = path.to_ascii_lowercase();
        if path.starts_with(".cursor/rules/") || path == ".github/copilot-instructions.md" {
            return Some(Self::ForAgents);
        }
        if path.starts_with(".github/workflows/") && path.ends_with(".yml")
            || path == ".gitlab-ci.yml"
        {
            return Some(Self::Build);
        }
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let depth = folders
            .split('/')
            .filter(|folder| !folder.is_empty())
            .count();
        if depth > DEEPEST {
            return None;
        }
        let stem = name.split('.').next().unwrap_or(name);
        if FOR_AGENTS.contains(&name) {
            Some(Self::ForAgents)
        } else if matches!(
            stem,
            "contributing" | "development" | "developing" | "hacking" | "style" | "styleguide"
        ) {
            (!name.ends_with(".py")).then_some(Self::ForContributors)
        } else if depth == 0 && BUILD.contains(&name)
            || name == "pyproject.toml"
            || name == "package.json"
        {
            Some(Self::Build)
        } else if depth == 0 && stem == "readme" {
            Some(Self::Readme)
        } else {
            None
        }
    }
}

/// The conventions as they are gathered.
#[derive(Debug, Default)]
pub(crate) struct Conventions {
    said: BTreeMap<(Says, usize, String), String>,
}

impl Conventions {
    /// Takes what a file says.
    pub(crate) fn take(&mut self, says: Says, path: &str, text: &str) {
        let parts = parts::of(says, path, text);
        if !parts.trim().is_empty() {
            let depth = path.matches('/').count();
            self.said.insert((says, depth, path.to_owned()), parts);
        }
    }

    /// The document, in at most so many tokens.
    pub(crate) fn text(&self, budget: u32) -> String {
        const NONE: &str = "The project says nothing of its conventions.\n";
        let room = bytes_of_tokens(budget);
        if self.said.is_empty() {
            return if NONE.len() <= room {
                NONE.to_owned()
            } else {
                String::new()
            };
        }
        let mut text = String::new();
        let mut others = self.said.len();
        for ((says, _, path), parts) in &self.said {
            others -= 1;
            let left = room - text.len();
            let most = if others == 0 {
                left
            } else {
                left.min(room * share(*says) / 100)
            };
            if let Some(quoted) = quoted(path, parts, most) {
                text.push_str(&quoted);
            }
        }
        text
    }
}

/// A file's parts under its name, cut between lines where they are longer than so many bytes.
fn quoted(path: &str, parts: &str, most: usize) -> Option<String> {
    const CUT: &str = "[the rest is left out]\n";
    let whole = format!("## {path}\n\n{}\n\n", fenced("", parts.trim_end()));
    if whole.len() <= most {
        return Some(whole);
    }
    let around = whole.len() - parts.trim_end().len();
    let room = most.checked_sub(around + CUT.len() + 1)?;
    let kept = &parts[..parts.floor_char_boundary(room)];
    let kept = &kept[..kept.rfind('\n')? + 1];
    let cut = format!("## {path}\n\n{}\n\n", fenced("", &format!("{kept}{CUT}")));
    (cut.len() <= most && !kept.trim().is_empty()).then_some(cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_say_how_to_work_are_known() {
        let cases = [
            ("AGENTS.md", Some(Says::ForAgents)),
            ("web/CLAUDE.md", Some(Says::ForAgents)),
            ("CONTRIBUTING.rst", Some(Says::ForContributors)),
            ("pyproject.toml", Some(Says::Build)),
            ("a/b/c/pyproject.toml", None),
            ("README.md", Some(Says::Readme)),
            ("docs/README.md", None),
            ("src/style.py", None),
        ];
        for (path, says) in cases {
            assert_eq!(Says::of(path), says, "{path}");
        }
    }

    #[test]
    fn what_is_told_stays_within_its_budget() {
        let mut conventions = Conventions::default();
        conventions.take(
            Says::ForAgents,
            "AGENTS.md",
            &"Write plainly.\n".repeat(100),
        );
        conventions.take(Says::Build, "Makefile", "test:\n\tpytest\n");
        for budget in 0..700 {
            let text = conventions.text(budget);
            assert!(text.len() <= bytes_of_tokens(budget), "{budget}: {text}");
        }
        let text = conventions.text(200);
        assert!(text.contains("[the rest is left out]"), "{text}");
        assert!(text.contains("## Makefile"), "{text}");
    }
}

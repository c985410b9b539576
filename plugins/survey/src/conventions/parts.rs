//! The parts of a file that speak of how the project is worked on.

use super::Says;

/// Words of a heading, or of a line, that speaks of it.
const TELLING: &[&str] = &[
    "build",
    "check",
    "code",
    "coding",
    "command",
    "contribut",
    "convention",
    "develop",
    "format",
    "guideline",
    "hacking",
    "install",
    "layout",
    "lint",
    "naming",
    "organi",
    "run",
    "setup",
    "structure",
    "style",
    "test",
    "type",
    "usage",
];

/// Tables of a file in TOML or INI that speak of it.
const TABLES: &[&str] = &[
    "build",
    "dependencies",
    "dependency-groups",
    "dev-dependencies",
    "features",
    "flake8",
    "lints",
    "mypy",
    "optional-dependencies",
    "options",
    "package",
    "profile",
    "project",
    "pytest",
    "ruff",
    "testenv",
    "tool",
    "tox",
    "workspace",
];

/// Lines above and below one that speaks of it, in a text without headings.
const AROUND: usize = 2;

pub(super) fn of(says: Says, path: &str, text: &str) -> String {
    let path = path.to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    match says {
        Says::ForAgents => text.to_owned(),
        Says::ForContributors => match sections(text, true) {
            parts if parts.is_empty() => text.to_owned(),
            parts => parts,
        },
        Says::Readme => sections(text, false),
        Says::Build => match name {
            "package.json" => members_of_json(text),
            name if name.ends_with(".toml") || name.ends_with(".cfg") || name.ends_with(".ini") => {
                tables(text)
            }
            "makefile" | "justfile" | "rakefile" => recipes(text),
            name if name.ends_with(".yml") || name.ends_with(".yaml") || name == "setup.py" => {
                lines(text)
            }
            "pom.xml" | "cmakelists.txt" | "build.gradle" | "build.gradle.kts" | "gemfile"
            | "noxfile.py" => lines(text),
            _ => text.to_owned(),
        },
    }
}

fn tells(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    TELLING.iter().any(|word| line.contains(word))
}

/// The sections of a text in Markdown or reStructuredText whose headings speak of it, with what stands below them; and what
/// stands before the first heading below the title, where `with_beginning` says so.
fn sections(text: &str, with_beginning: bool) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut parts = String::new();
    let mut telling = with_beginning;
    let mut telling_level = usize::MAX;
    let mut in_code = false;
    for (index, line) in lines.iter().enumerate() {
        in_code ^= line.trim_start().starts_with("```");
        let below = lines.get(index + 1).copied().unwrap_or_default();
        if !in_code && let Some(level) = heading(line, below) {
            let within = telling && level > telling_level && level > 1;
            if !within {
                telling = tells(line) || with_beginning && level == 1;
                telling_level = level;
            }
        }
        if telling {
            parts.push_str(line);
            parts.push('\n');
        }
    }
    parts
}

/// The level of a heading: by its signs, or by the line below it.
fn heading(line: &str, below: &str) -> Option<usize> {
    let signs = line.len() - line.trim_start_matches('#').len();
    if (1..=6).contains(&signs) && line[signs..].starts_with(' ') {
        return Some(signs);
    }
    let underlined = below.len() >= 3 && !line.trim().is_empty() && line.len() <= below.len() + 2;
    let of_one_sign = |sign: char| below.chars().all(|character| character == sign);
    match underlined {
        true if of_one_sign('=') => Some(1),
        true if of_one_sign('-') => Some(2),
        true if of_one_sign('~') || of_one_sign('^') => Some(3),
        _ => None,
    }
}

/// The tables of a file in TOML or INI that speak of it.
fn tables(text: &str) -> String {
    let mut parts = String::new();
    // What stands above the first table, as in a file of one tool.
    let mut telling = true;
    for line in text.lines() {
        if let Some(table) = line.strip_prefix('[') {
            let table = table.trim_start_matches('[').to_ascii_lowercase();
            let mut words = table.split(|character: char| {
                !(character.is_ascii_alphanumeric() || character == '-' || character == '_')
            });
            telling = words.any(|word| TABLES.contains(&word));
        }
        let line = line.trim_end();
        if telling && !line.is_empty() {
            parts.push_str(line);
            parts.push('\n');
        }
    }
    parts
}

/// What scripts and tools a `package.json` names, as it stands there. It isn't read as JSON: one with a mistake says it, too.
fn members_of_json(text: &str) -> String {
    const MEMBERS: &[&str] = &[
        "\"devDependencies\"",
        "\"engines\"",
        "\"jest\"",
        "\"name\"",
        "\"scripts\"",
        "\"type\"",
        "\"workspaces\"",
    ];
    let mut parts = String::new();
    let mut depth = 0_i32;
    let mut telling = false;
    for line in text.lines() {
        let word = line.trim_start();
        if depth == 1 {
            telling = MEMBERS.iter().any(|member| word.starts_with(member));
        }
        if telling {
            parts.push_str(line);
            parts.push('\n');
        }
        depth += count(line, ['{', '[']) - count(line, ['}', ']']);
    }
    parts
}

fn count(line: &str, of: [char; 2]) -> i32 {
    i32::try_from(line.matches(of).count()).unwrap_or(i32::MAX)
}

/// The names of recipes, with what those do that speak of it.
fn recipes(text: &str) -> String {
    let mut parts = String::new();
    let mut telling = false;
    for line in text.lines() {
        let is_body = line.starts_with([' ', '\t']);
        if !is_body {
            telling = tells(line);
        }
        if telling && !line.trim().is_empty() {
            parts.push_str(line);
            parts.push('\n');
        }
    }
    parts
}

/// The lines that speak of it, with those around them.
fn lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut parts = String::new();
    let mut last = 0;
    for (index, line) in lines.iter().enumerate() {
        if !tells(line) {
            continue;
        }
        let from = index.saturating_sub(AROUND).max(last);
        let to = (index + AROUND + 1).min(lines.len());
        if from > last && last > 0 {
            parts.push_str("…\n");
        }
        for line in lines.get(from..to).unwrap_or_default() {
            parts.push_str(line.trim_end());
            parts.push('\n');
        }
        last = last.max(to);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_that_speak_of_work_are_taken_with_what_is_below_them() {
        let text = "# Notes\nA tool.\n\n## Development\nRun it.\n### Details\nSo.\n```sh\n# Sponsors\npytest\n```\n## Sponsors\nThanks.\n";
        let parts = sections(text, false);
        assert_eq!(
            parts,
            "## Development\nRun it.\n### Details\nSo.\n```sh\n# Sponsors\npytest\n```\n"
        );
        let underlined = "Notes\n=====\nA tool.\n\nTests\n-----\npytest\n\nThanks\n------\nAll.\n";
        assert_eq!(sections(underlined, false), "Tests\n-----\npytest\n\n");
    }

    #[test]
    fn build_files_are_cut_to_what_speaks_of_work() {
        let toml = "[project]\nname = \"notes\"\n\n[project.urls]\nHome = \"x\"\n[tool.pytest.ini_options]\naddopts = \"-q\"\n[other]\na = 1\n";
        let parts = of(Says::Build, "pyproject.toml", toml);
        assert!(
            parts.contains("addopts") && parts.contains("name") && !parts.contains("a = 1"),
            "{parts}"
        );
        let json = "{\n  \"name\": \"notes\",\n  \"author\": {\n    \"name\": \"x\"\n  },\n  \"scripts\": {\n    \"test\": \"jest\"\n  }\n}\n";
        assert_eq!(
            of(Says::Build, "package.json", json),
            "  \"name\": \"notes\",\n  \"scripts\": {\n    \"test\": \"jest\"\n  }\n"
        );
        let make = "all: a\n\techo\ntest:\n\tpytest\nclean:\n\trm a\n";
        assert_eq!(of(Says::Build, "Makefile", make), "test:\n\tpytest\n");
    }
}

//! The step `survey` on the fake host.

#![allow(clippy::unwrap_used, reason = "a test may")]

use stepwell_plugin_survey::SurveyStep;
use stepwell_sdk::Inputs;
use stepwell_sdk::chat::estimated_tokens;
use stepwell_sdk::testing::FakeHost;

const STORE: &str = "\
import json


class Store:
    def __init__(self, path):
        self.path = path

    def add(self, note: str) -> int:
        return 1

    def of_month(self, month):
        return []


def _hidden():
    pass
";

fn package() -> FakeHost {
    FakeHost::new()
        .file("src/notes/__init__.py", "")
        .file("src/notes/store.py", STORE)
        .file("src/notes/cli.py", "from notes.store import Store\n\n\ndef main(arguments=None):\n    Store('x').add('y')\n")
        .file("src/notes/export.py", "from notes.store import Store\n\n\ndef to_csv(store: Store) -> str:\n    return ''\n")
        .file("tests/test_store.py", "import pytest\n\n\ndef test_add():\n    pass\n\n\nclass TestMonth:\n    def test_none(self):\n        pass\n")
        .file("web/app.ts", "export function start(root: Element) {\n}\n")
        .file("pyproject.toml", "[project]\nname = \"notes\"\n\n[tool.pytest.ini_options]\naddopts = \"-q\"\n")
        .file("AGENTS.md", "Keep functions short.\n")
        .file("README.md", "# Notes\nKeeps notes.\n\n## Development\nRun `pytest`.\n\n## Thanks\nTo all.\n")
        .file("LICENSE", "MIT")
        .file("poetry.lock", "x = 1\n")
        .file("logo.png", [0, 159, 146, 150])
}

#[test]
fn a_package_is_mapped_the_most_telling_first() {
    let documents = package().execute(&SurveyStep, &Inputs::new()).unwrap();
    assert_eq!(
        documents.get("map").unwrap(),
        "The files of the workspace with their bytes, and what they define with its line; what matters most stands first.\n\
         \n\
         src/notes/store.py (213)\n\
         \x20 4: class Store\n\
         \x20   5: def __init__(self, path)\n\
         \x20   8: def add(self, note: str) -> int\n\
         \x20   11: def of_month(self, month)\n\
         \x20 15: def _hidden()\n\
         src/notes/export.py (79)\n\
         \x20 4: def to_csv(store: Store) -> str\n\
         src/notes/cli.py (82)\n\
         \x20 4: def main(arguments=None)\n\
         web/app.ts (41)\n\
         \x20 1: export function start(root: Element)\n\
         tests/test_store.py (98)\n\
         \x20 4: def test_add()\n\
         \x20 8: class TestMonth\n\
         \x20   9: def test_none(self)\n\
         AGENTS.md (22)\n\
         README.md (70)\n\
         pyproject.toml (67)\n\
         src/notes/__init__.py (0)\n\
         \n\
         Not listed: 1 lock file, 1 licence, 1 binary file.\n"
    );
}

#[test]
fn what_is_near_the_request_comes_first() {
    let inputs = Inputs::new().with("request", "Export all notes of a month as CSV");
    let host = package().setting("map_tokens", "70");
    let documents = host.execute(&SurveyStep, &inputs).unwrap();
    let map = documents.get("map").unwrap();
    assert!(
        map.contains("src/notes/export.py (79)\n  4: def to_csv"),
        "{map}"
    );
    assert!(map.contains("Left out for want of room: "), "{map}");
    assert!(estimated_tokens(map) <= 70, "{map}");
}

#[test]
fn conventions_and_tests_are_told() {
    let documents = package().execute(&SurveyStep, &Inputs::new()).unwrap();
    let conventions = documents.get("conventions").unwrap();
    assert!(
        conventions.starts_with("## AGENTS.md\n\n```\nKeep functions short.\n```\n"),
        "{conventions}"
    );
    assert!(
        conventions.contains("addopts") && conventions.contains("Run `pytest`."),
        "{conventions}"
    );
    assert!(!conventions.contains("Thanks"), "{conventions}");
    assert_eq!(
        documents.get("baseline").unwrap(),
        "Test functions: 2, in 1 file.\n\
         Framework: pytest (by pyproject.toml and 1 other)\n\
         \n\
         - tests/test_store.py: 2\n"
    );
}

#[test]
fn what_cannot_be_read_is_named_and_the_survey_goes_on() {
    let host = package()
        .unreadable_file("src/secret.py")
        .file(
            "src/deep.py",
            format!("x = {}1{}", "(\n".repeat(5_000), ")\n".repeat(5_000)),
        )
        .file("src/other.py", [0xff, 0xfe, 0])
        .file("src/large.py", " ".repeat(2 << 20));
    let documents = host.execute(&SurveyStep, &Inputs::new()).unwrap();
    let map = documents.get("map").unwrap();
    for line in [
        "src/secret.py (0; not read: `src/secret.py` can't be read: permission denied)",
        "src/deep.py (20005; not read: it nests too deeply)",
        "src/other.py (3; not read: it isn't UTF-8)",
        "src/large.py (2097152; not read: it is too large)",
        "Not read: 4 files.",
        "src/notes/store.py (213)",
    ] {
        assert!(map.lines().any(|it| it == line), "{line}: {map}");
    }
    assert_eq!(host.log_lines().len(), 4, "{:?}", host.log_lines());
}

#[test]
fn an_empty_workspace_has_a_survey_too() {
    let documents = FakeHost::new()
        .execute(&SurveyStep, &Inputs::new())
        .unwrap();
    assert_eq!(documents.get("map"), Some("The workspace has no files.\n"));
    assert_eq!(documents.get("baseline"), Some("There are no tests.\n"));
}

#[test]
fn a_glob_says_what_is_surveyed() {
    let host = package().setting("paths", "\"web/**\"");
    let documents = host.execute(&SurveyStep, &Inputs::new()).unwrap();
    let map = documents.get("map").unwrap();
    assert!(
        map.contains("web/app.ts") && !map.contains("store.py"),
        "{map}"
    );
}

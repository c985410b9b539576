"""Projects under test: by the step `testing`, and by the native pytest beside it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from program import PATIENCE, Project

PROJECTS = Path(__file__).resolve().parent / "projects"

DEFINITION = """
name = "check"
workspace = "workspace"

[[steps]]
id = "testing"
uses = "builtin:testing"
grants.workspace = "copy"
grants.clock = "real"
{more}
"""


class Outcome:
    """What the step wrote of a project."""

    def __init__(self, project: Project):
        self.project = project

        def text(name):
            return project.json("docs", "get", "last", "testing", name)["text"]

        self.verdict, self.report = text("verdict"), text("report")
        self.results = json.loads(text("results"))
        self.by_id = {test["id"]: test for test in self.results["tests"]}
        self.outcomes = {test["id"]: test["outcome"] for test in self.results["tests"]}


def project_of(folder: Path, source: Path, more: str = "") -> Project:
    """A project of Stepwell's whose workspace is a copy of `source`, and whose only step is `testing`."""
    given = folder / "given"
    given.mkdir(parents=True)
    (given / "workflow.toml").write_text(DEFINITION.format(more=more), encoding="utf-8")
    shutil.copytree(source, given / "workspace", ignore=shutil.ignore_patterns("__pycache__"))
    return Project(folder / "project", given)


def run_step(folder: Path, source: Path, more: str = "") -> Outcome:
    """Runs the step on a copy of `source`."""
    project = project_of(folder, source, more)
    project.run("run", "workflow.toml")
    return Outcome(project)


def written(folder: Path, files: dict[str, str]) -> Path:
    """A folder with these files."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


# A plugin of pytest that writes down what pytest says, in a process of its own.
RECORDER = '''
import json, os

def note(*what):
    with open(os.environ["RECORDED"], "a") as file:
        file.write(json.dumps(what) + "\\n")

def pytest_runtest_logreport(report):
    note(report.nodeid, report.when, report.outcome, hasattr(report, "wasxfail"))

def pytest_collectreport(report):
    if report.outcome != "passed":
        note(report.nodeid, "collect", report.outcome, False)
'''


# How the native pytest is run: its tests end as they would, and it leaves nothing behind.
OPTIONS_OF_NATIVE = ["-p", "recorder_of_outcomes", "-p", "no:cacheprovider", "--continue-on-collection-errors", "-q"]


def recorder_in(folder: Path) -> tuple[Path, Path]:
    """A folder with the plugin that records, and the file that it records into."""
    plugins = written(folder / "plugins", {"recorder_of_outcomes.py": RECORDER})
    recorded = folder / "recorded"
    recorded.touch()
    return plugins, recorded


def natively(folder: Path, source: Path) -> tuple[int, dict[str, str]]:
    """Runs the native pytest on a copy of `source`. Gives its exit code, and the outcome of each test by its id."""
    work = folder / "workspace"
    shutil.copytree(source, work, ignore=shutil.ignore_patterns("__pycache__"))
    plugins, recorded = recorder_in(folder)
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *OPTIONS_OF_NATIVE],
        cwd=work,
        # Of this runner's own environment nothing may reach the project's tests.
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(plugins),
            # Nor what else this environment adds to pytest: it may load before a project's module of the same name.
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "RECORDED": str(recorded),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    print(ended.stdout, ended.stderr)
    return ended.returncode, outcomes_of(recorded)


def outcomes_of(recorded: Path) -> dict[str, str]:
    """The outcome of each test by its id, from what was recorded."""
    outcomes: dict[str, str] = {}
    for line in recorded.read_text().splitlines():
        id, when, outcome, expected = json.loads(line)
        if outcome == "failed":
            outcomes[id] = "failed" if when == "call" or outcomes.get(id) == "failed" else "error"
        elif outcome == "skipped":
            outcomes.setdefault(id, "xfailed" if expected else "skipped")
        elif when == "call":
            outcomes.setdefault(id, "xpassed" if expected else "passed")
    return outcomes

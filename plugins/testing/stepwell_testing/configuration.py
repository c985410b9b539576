"""What decides which tests run and what their outcomes are: the project's own configuration of pytest.

All of it is honoured, since a project's tests mean something only with it. But it is code, and code may be wrong about itself:
so whatever it leaves out or turns round is named, and none of that counts as passed.
"""

import ast
import hashlib
import inspect
import os
import unittest

import pytest

from .surroundings import WORKSPACE

# An environment that isn't one keeps its folder from being looked into.
NAMES = ("conftest.py", "pyvenv.cfg", "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "pyproject.toml", "tox.ini", "setup.cfg")

_ANYWHERE = ("conftest.py", "pyvenv.cfg")

# Functions of a conftest.py that decide on outcomes, and not only on what surrounds the tests.
_DECIDING = (
    "pytest_pyfunc_call",
    "pytest_runtest_call",
    "pytest_runtest_logreport",
    "pytest_runtest_makereport",
    "pytest_runtest_protocol",
    "pytest_runtestloop",
    "pytest_report_teststatus",
)

# Arguments of the definition by which it says itself that only some tests run.
_CHOOSING = ("-k", "-m", "--deselect", "--ignore", "--lf", "--last-failed", "-x", "--maxfail")


def files() -> dict[str, str]:
    """The files of the workspace that configure pytest, with the digest of each."""
    found = {}
    for folder, folders, names in os.walk(WORKSPACE):
        folders[:] = [name for name in folders if name not in ("node_modules", "__pycache__", ".venv")]
        for name in names:
            if name in NAMES and (name in _ANYWHERE or folder == WORKSPACE):
                path = os.path.join(folder, name)
                try:
                    with open(path, "rb") as file:
                        found[os.path.relpath(path, WORKSPACE)] = hashlib.sha256(file.read()).hexdigest()
                except OSError:
                    pass
    return found


class Watch:
    """Sees what the configuration does in one session."""

    def __init__(self, given: list[str]):
        self._chosen_by_the_definition = any(word.startswith(_CHOOSING) or "::" in word for word in given)
        self._files = files()
        self._config = None
        self.deselected: list[str] = []
        self.turned: list[str] = []
        self.rewritten: list[str] = []

    def begin(self, config) -> None:
        self._config = config

    def chosen(self, found: list[str], left: list[str]) -> None:
        """Takes which tests there were, and which of them are left to run."""
        if not self._chosen_by_the_definition:
            kept = set(left)
            self.deselected = [test for test in found if test not in kept]

    def end(self) -> None:
        """Looks whether the files are what they were."""
        now = files()
        self.rewritten = sorted(path for path in {*self._files, *now} if self._files.get(path) != now.get(path))

    def remarks(self) -> dict:
        return {
            "deselected": self.deselected,
            "turned": self.turned,
            "rewritten": self.rewritten,
            "deciding": self._deciding(),
        }

    def _deciding(self) -> list[str]:
        """The functions of the project that decide on outcomes, whatever plugin they are part of."""
        if self._config is None:
            return []
        found = set()
        for name in _DECIDING:
            for hook in getattr(self._config.hook, name).get_hookimpls():
                function = inspect.unwrap(getattr(hook.function, "__func__", hook.function))
                path = getattr(getattr(function, "__code__", None), "co_filename", "")
                if path.startswith(WORKSPACE + "/"):
                    found.add(f"{os.path.relpath(path, WORKSPACE)}: {name}")
        return sorted(found)


def is_function_as_before(name: str, before: bytes | None, now: bytes) -> bool:
    """Whether a file had this very function before, wherever in it."""

    def functions(text):
        try:
            nodes = ast.walk(ast.parse(text))
        except (SyntaxError, ValueError):
            return []
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        return [ast.dump(node) for node in nodes if isinstance(node, kinds) and node.name == name]

    return before is not None and functions(before) == functions(now) != []


def tell_the_truth(item, error: BaseException, report, watch: Watch) -> None:
    """A test whose code raised an error has failed, or its failure was expected by a mark: whatever else a hook of the project
    made of it."""
    if report.failed or isinstance(error, (pytest.skip.Exception, unittest.SkipTest, pytest.exit.Exception)):
        return
    is_expected = isinstance(error, pytest.xfail.Exception) or any(item.iter_markers("xfail"))
    if is_expected and hasattr(report, "wasxfail"):
        return
    if hasattr(report, "wasxfail"):
        del report.wasxfail
    watch.turned.append(report.nodeid)
    made = report.outcome
    report.outcome = "failed"
    report.longrepr = f"{type(error).__name__}: {error}\n\nThe project's own configuration of pytest had made this failure `{made}`."

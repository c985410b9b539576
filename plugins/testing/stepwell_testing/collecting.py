"""Where pytest looks for tests, and the tests that this run wrote and that it doesn't find there.

Whoever writes `tests/test_new.py` where the project's configuration has `testpaths = ["check"]` has written a test that never runs.
"""

import ast
import fnmatch
import os
import re
import shlex
from pathlib import Path

import pytest
from _pytest.config import findpaths
from _pytest.pathlib import fnmatch_ex

from . import outcomes
from .surroundings import WORKSPACE

# How pytest names files, functions and classes of tests where a project says nothing else.
_FILES = ["test_*.py", "*_test.py"]
_FUNCTIONS = ["test"]
_CLASSES = ["Test"]

# Words of a definition's arguments by which it says itself where tests are looked for.
_PLACING = ("--ignore", "--pyargs", "-c", "--config-file", "--rootdir", "-o", "--override-ini")

_A_TEST = re.compile(rb"^\s*(async\s+def|def|class)\s+[Tt]est", re.MULTILINE)


class Names:
    """What the project's configuration says of where its tests are and how they are named."""

    def __init__(self):
        try:
            _, _, self._values, _ = findpaths.locate_config(Path(WORKSPACE), [Path(WORKSPACE)])
        except (Exception, pytest.fail.Exception):  # It can't be read: pytest itself will say so.
            self._values = {}
        self.files = self._words("python_files", _FILES)
        self.functions = self._words("python_functions", _FUNCTIONS)
        self.classes = self._words("python_classes", _CLASSES)
        self.folders = self._words("testpaths", [])

    def _words(self, name: str, usual: list[str]) -> list[str]:
        value = getattr(self._values.get(name), "value", None)
        try:
            words = shlex.split(value) if isinstance(value, str) else value
        except ValueError:
            return usual
        is_list = isinstance(words, list) and all(isinstance(word, str) for word in words)
        return words if is_list and words else usual

    def are_of(self, path: str) -> bool:
        """Whether pytest looks for tests in files of that name."""
        return path.endswith(".py") and any(fnmatch_ex(pattern, Path(WORKSPACE, path)) for pattern in self.files)

    def say_so(self, path: str) -> bool:
        """Whether a file is named as those of tests are, and not as every file may be."""
        return any(fnmatch_ex(pattern, Path(WORKSPACE, path)) for pattern in self.files if pattern not in ("*.py", "*"))


def uncollected(paths: list[str], collected: list[str] | None, found: list[dict], given: list[str]) -> list[str]:
    """Those files that hold tests and of which pytest saw none.

    `collected` are the files of the tests that pytest saw; none where it came to see none. `given` are the arguments of the definition.
    """
    is_placed = any(word.startswith(_PLACING) or "::" in word or os.path.exists(f"{WORKSPACE}/{word}") for word in given)
    broken = {one["id"] for one in found if one["kind"] == outcomes.FILE}
    if collected is None or is_placed or keeps_all_away(broken):
        return []
    names = Names()
    seen = {*collected, *broken}
    return [path for path in paths if path not in seen and _is_of_tests(path, names)]


def keeps_all_away(broken: set[str]) -> bool:
    """Whether something couldn't be loaded without which whole folders of tests aren't looked at."""
    return any(id in ("pytest", ".") or "::" not in id and not os.path.splitext(id)[1] or id.endswith("conftest.py") for id in broken)


def _is_of_tests(path: str, names: Names) -> bool:
    """Whether a file looks as if somebody meant it to hold tests."""
    if not path.endswith(".py") or os.path.basename(path) == "conftest.py":
        return False
    try:
        with open(f"{WORKSPACE}/{path}", "rb") as file:
            text = file.read(1 << 20)
    except OSError:
        return False
    is_named = names.say_so(path) or any(fnmatch.fnmatch(os.path.basename(path), pattern) for pattern in _FILES)
    if not is_named and not _is_among_tests(path, names):
        return False
    try:
        tests = list(_tests(ast.parse(text), names))
    except (SyntaxError, ValueError, RecursionError):
        return is_named and bool(_A_TEST.search(text))
    # A helper among the tests may be called like one.
    return bool(tests) and (is_named or any(map(_asserts, tests)))


def _is_among_tests(path: str, names: Names) -> bool:
    folders = os.path.dirname(path).split("/")
    ways = ["/".join(folders[: end + 1]) for end in range(len(folders))]
    among = any(fnmatch.fnmatch(way, pattern.strip("/")) for way in ways for pattern in names.folders)
    return among or "tests" in folders or "test" in folders


def _tests(module: ast.Module, names: Names):
    """The functions of a module that are meant as tests, as far as their names say so."""
    functions = [*names.functions, *_FUNCTIONS]
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            is_unittest = any("TestCase" in ast.unparse(base) for base in node.bases)
            if is_unittest or _fits(node.name, [*names.classes, *_CLASSES]):
                yield from (it for it in node.body if _is_function(it) and _fits(it.name, functions))
        elif _is_function(node) and _fits(node.name, functions):
            if not any("fixture" in ast.unparse(decorator) for decorator in node.decorator_list):
                yield node


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))


def _fits(name: str, patterns: list[str]) -> bool:
    """As pytest does: a name begins so, or fits a pattern that has signs of one."""
    return any(name.startswith(it) or any(sign in it for sign in "*?[") and fnmatch.fnmatch(name, it) for it in patterns)


def _asserts(function: ast.AST) -> bool:
    def is_one(node):
        called = node.func if isinstance(node, ast.Call) else None
        name = getattr(called, "attr", None) or getattr(called, "id", "")
        return isinstance(node, ast.Assert) or name.startswith(("assert", "raises", "fail"))

    return any(is_one(node) for node in ast.walk(function))

"""What the step `testing` says after a change: what failed before it, too, and what the change itself decides."""

import json

import pytest

from program import Project
from under_test import Outcome, written

DEFINITION = """
name = "check"
workspace = "workspace"

[[steps]]
id = "code"
uses = "builtin:code"
inputs.subtask = '''{subtask}'''
grants.workspace = "write"

[[steps]]
id = "testing"
uses = "builtin:testing"
inputs.after = "{{{{ steps.code.files }}}}"
grants.workspace = "copy"
grants.clock = "real"
{more}
"""

CASSETTE = """stepwell-cassette 1
match = "sequence"
default-model = "default"

Written by hand.

=== call code #1

The change.

"""

BEFORE = {
    "thing.py": "def add(a, b):\n    return a + b\n\n\ndef half(a):\n    return a // 3\n",
    "tests/test_thing.py": """import pathlib

from thing import add, half


def test_add():
    assert add(1, 2) == 3


def test_half():
    assert half(4) == 2


def test_removed():
    assert pathlib.Path("thing.py").read_text().count("def ") == 2
""",
    "tests/test_broken.py": "import nowhere_at_all\n\n\ndef test_it():\n    pass\n",
}


def changed(folder, change: dict[str, str], before=BEFORE, more="") -> Outcome:
    """What the step says once a step before it has written these files."""
    subtask = json.dumps({"title": "x", "description": "x", "files": list(change)})
    given = written(folder / "given", {"workflow.toml": DEFINITION.format(subtask=subtask, more=more)})
    written(given / "workspace", before)
    files = "".join(f"### FILE: {path}\n````python\n{text}````\n\n" for path, text in change.items())
    (given / "cassette").write_text(CASSETTE + files, encoding="utf-8")
    project = Project(folder / "project", given)
    project.run("run", "workflow.toml", "--replay", "cassette")
    return Outcome(project)


def test_what_failed_before_is_not_blamed_on_the_change(tmp_path):
    ours = changed(tmp_path, {"other.py": "ONE = 1\n", "test_other.py": "import other\n\n\ndef test_one():\n    assert other.ONE == 1\n"})
    older = {test["id"]: test["before"] for test in ours.results["tests"] if "before" in test}
    assert older == {"tests/test_thing.py::test_half": "failed", "tests/test_broken.py": "error"}, ours.report
    assert ours.verdict == "failed-before" and ours.results["failed_before"] == 2
    assert "## Failed before, too (2)" in ours.report and "## Failed (" not in ours.report
    assert ours.outcomes["test_other.py::test_one"] == "passed"


def test_what_passed_before_and_fails_now_is_blamed(tmp_path):
    thing = BEFORE["thing.py"].replace("a + b", "a - b") + "\n\ndef more():\n    pass\n"
    ours = changed(tmp_path, {"thing.py": thing})
    blamed = {id for id, outcome in ours.outcomes.items() if outcome == "failed" and "before" not in ours.by_id[id]}
    assert blamed == {"tests/test_thing.py::test_add", "tests/test_thing.py::test_removed"}, ours.report
    assert ours.by_id["tests/test_thing.py::test_half"]["before"] == "failed"
    assert ours.verdict == "failed"
    assert ours.report.index("## Failed (2)") < ours.report.index("## Failed before, too (2)")


def test_a_test_that_the_run_wrote_is_never_excused(tmp_path):
    tests = BEFORE["tests/test_thing.py"] + "\n# Seen.\n"
    ours = changed(tmp_path, {"tests/test_thing.py": tests})
    assert ours.outcomes["tests/test_thing.py::test_half"] == "failed"
    assert "before" not in ours.by_id["tests/test_thing.py::test_half"] and ours.verdict == "failed", ours.report


def test_what_never_ended_before_is_not_blamed_either(tmp_path):
    before = {"test_loop.py": "def test_loop():\n    while True:\n        pass\n\n\ndef test_fine():\n    pass\n"}
    ours = changed(tmp_path, {"other.py": "ONE = 1\n"}, before, 'limits = { cpu = "3s", wall = "1m" }')
    assert ours.outcomes == {"test_loop.py::test_loop": "ended", "test_loop.py::test_fine": "passed"}
    assert ours.by_id["test_loop.py::test_loop"]["before"] == "ended" and ours.verdict == "failed-before", ours.report


def test_what_lay_elsewhere_lies_there_again(tmp_path):
    before = {"test_a.py": "import thing.parts\n\n\ndef test_a():\n    assert thing.parts.ONE == 1\n", "thing/old.py": ""}
    ours = changed(tmp_path, {"thing/parts/__init__.py": "TWO = 2\n", "thing/old.py": "# x\n"}, before)
    # It wasn't to be loaded then, and loads now: a failure of another kind is a failure of the change.
    assert ours.outcomes == {"test_a.py::test_a": "failed"} and ours.verdict == "failed", ours.report


WRITTEN = {
    "conftest.py": "def pytest_collection_modifyitems(items):\n    items[:] = [item for item in items if item.name != 'test_half']\n",
}


@pytest.mark.parametrize("path", ["conftest.py", "pytest.ini"])
def test_what_the_run_wrote_of_the_configuration_is_named(tmp_path, path):
    before = {"test_a.py": "def test_a():\n    pass\n"}
    text = "# nothing\n" if path == "conftest.py" else "[pytest]\n"
    ours = changed(tmp_path, {path: text}, before)
    assert ours.results["configuration"]["written"] == [path] and ours.verdict == "passed"
    assert f"This run wrote a file that decides how tests run: `{path}`" in ours.report


def test_tests_that_the_run_itself_leaves_out_have_not_passed(tmp_path):
    ours = changed(tmp_path, WRITTEN, {path: text for path, text in BEFORE.items() if "broken" not in path})
    assert ours.verdict == "error" and ours.results["configuration"]["deselected"] == ["tests/test_thing.py::test_half"], ours.report


TWO_FILES = {
    "calc.py": "def add(a, b):\n    return a + b\n",
    "tests/test_calc.py": "from calc import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n",
    "tests/test_other.py": "def test_other():\n    pass\n",
}
BROKEN = {"calc.py": "def add(a, b):\n    return a - b\n", "tests/test_new.py": "def test_new():\n    pass\n"}

# What keeps the old test from being collected, and whether its own file is as it was.
HIDING = {
    "collect_ignore": ({"conftest.py": "collect_ignore = ['tests/test_calc.py']\n"}, "hidden"),
    "ignored by a hook": ({"conftest.py": "def pytest_ignore_collect(collection_path):\n    return collection_path.name == 'test_calc.py' or None\n"}, "hidden"),
    "--ignore": ({"pytest.ini": "[pytest]\naddopts = --ignore=tests/test_calc.py\n"}, "hidden"),
    "python_files": ({"pytest.ini": "[pytest]\npython_files = test_new.py\n"}, "hidden"),
    "python_functions": ({"pytest.ini": "[pytest]\npython_functions = test_n*\n"}, "hidden"),
    "testpaths": ({"pytest.ini": "[pytest]\ntestpaths = more\n", "more/test_more.py": "def test_more():\n    pass\n"}, "hidden"),
    "norecursedirs": ({"setup.cfg": "[tool:pytest]\nnorecursedirs = tests\n", "test_more.py": "def test_more():\n    pass\n"}, "hidden"),
    "an environment that is none": ({"tests/pyvenv.cfg": "\n", "test_more.py": "def test_more():\n    pass\n"}, "hidden"),
    "__test__": ({"tests/test_calc.py": "__test__ = False\n" + TWO_FILES["tests/test_calc.py"]}, "gone"),
    "emptied": ({"tests/test_calc.py": "# gone\n"}, "gone"),
    "renamed": ({"tests/test_calc.py": TWO_FILES["tests/test_calc.py"].replace("test_add", "_add")}, "gone"),
    "skipped as a whole": ({"tests/test_calc.py": "import pytest\n\npytest.skip('no', allow_module_level=True)\n\n\n" + TWO_FILES["tests/test_calc.py"]}, "gone"),
}


@pytest.mark.parametrize("how", HIDING, ids=lambda how: how.replace(" ", "-"))
def test_tests_that_were_there_and_are_not_collected_any_more_are_named(how, tmp_path):
    change, kind = HIDING[how]
    ours = changed(tmp_path, BROKEN | change, TWO_FILES)
    named = ours.results["configuration"][kind]
    assert "tests/test_calc.py::test_add" in named and "`tests/test_calc.py::test_add`" in ours.report, ours.report
    # Whoever takes a test away may have been asked to; whoever hides it from pytest was not.
    assert ours.verdict == ("error" if kind == "hidden" else "partial"), ours.report


def test_other_parameters_of_a_test_are_no_other_test(tmp_path):
    tests = "import pytest\n\n\n@pytest.mark.parametrize('a', [{}])\ndef test_a(a):\n    assert a\n"
    ours = changed(tmp_path, {"test_a.py": tests.format("3, 4")}, {"test_a.py": tests.format("1, 2")})
    assert ours.verdict == "passed" and ours.results["configuration"]["gone"] == [], ours.report


def test_of_named_files_alone_the_tests_are_missed(tmp_path):
    more = 'inputs.files = "tests/test_new.py"'
    ours = changed(tmp_path, BROKEN | {"tests/test_other.py": "# gone\n"}, TWO_FILES, more)
    assert ours.verdict == "passed" and ours.outcomes == {"tests/test_new.py::test_new": "passed"}, ours.report


SWALLOWS = "import pytest\n\n\n@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_call(item):\n    try:\n        return (yield)\n    except Exception:\n        return None\n"
MADE_UP = {
    "pytest_pyfunc_call": "def pytest_pyfunc_call(pyfuncitem):\n    return True\n",
    "pytest_runtest_logreport": "def pytest_runtest_logreport(report):\n    report.outcome = 'passed'\n",
    "pytest_runtest_call": SWALLOWS,
}


@pytest.mark.parametrize("name", MADE_UP)
def test_functions_that_decide_on_outcomes_are_not_the_runs_to_write(name, tmp_path):
    before = {"test_a.py": "def test_a():\n    pass\n"}
    ours = changed(tmp_path, {"conftest.py": MADE_UP[name]}, before)
    assert ours.verdict == "error" and ours.results["configuration"]["decided"] == [f"conftest.py: {name}"], ours.report
    # What the project had before is its own affair, whatever else the run adds to the file.
    before["conftest.py"] = MADE_UP[name]
    ours = changed(tmp_path / "older", {"conftest.py": MADE_UP[name] + "\n\nONE = 1\n"}, before)
    assert ours.verdict == "passed" and ours.results["configuration"]["deciding"] == [f"conftest.py: {name}"], ours.report

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


OLD = {
    "calc.py": "def add(a, b):\n    return a + b\n",
    "test_calc.py": "from calc import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n\n\ndef test_other():\n    pass\n",
}
MARKS = "import pytest\n\n\ndef pytest_collection_modifyitems(items):\n    for item in items:\n        if item.name == 'test_add':\n            item.add_marker(pytest.mark.{})\n"
SETUP = "import pytest\n\n\ndef pytest_runtest_setup(item):\n    if item.name == 'test_add':\n        pytest.skip('not now')\n"
FIXTURE = "import pytest\n\n\n@pytest.fixture(autouse=True)\ndef around(request):\n    if request.node.name == 'test_add':\n        pytest.skip('not now')\n"
CODE_SKIPS = {"calc.py": "import unittest\n\n\ndef add(a, b):\n    raise unittest.SkipTest('not now')\n"}
WRONG = {"calc.py": BROKEN["calc.py"]}

# What keeps an old test from saying anything: where that is seen, and the verdict.
SILENCING = {
    "skip by a mark": (WRONG | {"conftest.py": MARKS.format("skip")}, "silenced", "error"),
    "xfail by a mark": (WRONG | {"conftest.py": MARKS.format("xfail")}, "silenced", "error"),
    "a fixture that skips": (WRONG | {"conftest.py": FIXTURE}, "silenced", "error"),
    "a setup that skips": (WRONG | {"conftest.py": SETUP}, "silenced", "error"),
    "a plugin of the configuration": (WRONG | {"quiet.py": MARKS.format("skip"), "pytest.ini": "[pytest]\naddopts = -p quiet\n"}, "silenced", "error"),
    "code that skips": (CODE_SKIPS, "silenced", "partial"),
    "a mark in its own file": (WRONG | {"test_calc.py": "import pytest\n" + OLD["test_calc.py"].replace("def test_add", "@pytest.mark.skip\ndef test_add")}, "set_aside", "partial"),
}


@pytest.mark.parametrize("how", SILENCING, ids=lambda how: how.replace(" ", "-"))
def test_tests_that_ran_and_are_skipped_now_are_named(how, tmp_path):
    change, kind, verdict = SILENCING[how]
    ours = changed(tmp_path, change, OLD)
    assert ours.verdict == verdict, ours.report
    assert ours.results["configuration"][kind] == ["test_calc.py::test_add"] and "`test_calc.py::test_add`" in ours.report, ours.report


def test_an_old_failure_is_not_to_be_expected_by_the_run(tmp_path):
    before = OLD | {"calc.py": BROKEN["calc.py"]}
    ours = changed(tmp_path, {"conftest.py": MARKS.format("xfail")}, before)
    assert ours.verdict == "error" and ours.results["configuration"]["silenced"] == ["test_calc.py::test_add"], ours.report


def test_what_was_skipped_before_may_be_skipped_now(tmp_path):
    marked = "import pytest\n\n\n@pytest.mark.skip\ndef test_a():\n    pass\n\n\n@pytest.mark.xfail\ndef test_b():\n    assert 0\n\n\ndef test_c():\n    pass\n"
    ours = changed(tmp_path, {"conftest.py": "ONE = 1\n", "other.py": "ONE = 1\n"}, {"test_a.py": marked})
    assert ours.verdict == "passed" and ours.results["configuration"]["silenced"] == [], ours.report


A_TEST = "def test_new():\n    assert 1\n"
CHECKS = {
    "pyproject.toml": "[tool.pytest.ini_options]\ntestpaths = ['check']\npython_files = ['check_*.py']\n",
    "check/check_a.py": "def test_a():\n    pass\n",
}

# What the run wrote that pytest doesn't look at.
UNSEEN = {
    "another folder and name": (CHECKS, "tests/test_new.py", A_TEST),
    "another folder": (CHECKS | {"pyproject.toml": "[tool.pytest]\ntestpaths = ['check']\n", "check/test_a.py": A_TEST}, "tests/test_new.py", A_TEST),
    "another name": (CHECKS, "check/test_new.py", A_TEST),
    "no name of tests at all": ({"tests/test_a.py": A_TEST}, "tests/new.py", A_TEST),
    "another name of functions": (
        {"setup.cfg": "[tool:pytest]\npython_functions = check_*\n", "test_a.py": "def check_a():\n    pass\n"},
        "test_new.py",
        A_TEST,
    ),
    "a folder that isn't looked into": (
        {"tox.ini": "[pytest]\nnorecursedirs = slow\n", "test_a.py": A_TEST},
        "slow/test_new.py",
        "import unittest\n\n\nclass Slow(unittest.TestCase):\n    def test_new(self):\n        self.assertTrue(1)\n",
    ),
    "what a conftest ignores": ({"conftest.py": "collect_ignore_glob = ['*_new.py']\n", "test_a.py": A_TEST}, "test_new.py", A_TEST),
}


@pytest.mark.parametrize("how", UNSEEN, ids=lambda how: how.replace(" ", "-"))
def test_tests_that_the_run_wrote_and_pytest_does_not_collect_are_named(how, tmp_path):
    before, path, text = UNSEEN[how]
    ours = changed(tmp_path, {path: text}, before)
    assert ours.verdict == "partial", ours.report
    assert ours.results["configuration"]["uncollected"] == [path] and f"none of it ran: `{path}`" in ours.report, ours.report


def test_what_holds_no_test_is_not_missed(tmp_path):
    helpers = "import pytest\n\n\n@pytest.fixture\ndef test_data():\n    return 1\n\n\ndef test_client():\n    return object()\n"
    files = {"check/check_b.py": A_TEST, "tests/helpers.py": helpers, "tests/conftest.py": "def test_like():\n    assert 0\n", "load_test.py": "ONE = 1\n"}
    ours = changed(tmp_path, files, CHECKS)
    assert ours.verdict == "passed" and ours.results["configuration"]["uncollected"] == [], ours.report
    assert ours.outcomes == {"check/check_a.py::test_a": "passed", "check/check_b.py::test_new": "passed"}


def test_files_are_named_as_the_project_names_its_tests(tmp_path):
    ours = changed(tmp_path, {"check/check_b.py": A_TEST, "check/helper.py": "ONE = 1\n"}, CHECKS, 'inputs.files = "{{ steps.code.files }}"')
    assert ours.verdict == "passed" and ours.outcomes == {"check/check_b.py::test_new": "passed"}, ours.report


def test_tests_that_the_definition_itself_leaves_out_are_not_missed(tmp_path):
    ours = changed(tmp_path, {"tests/test_new.py": A_TEST}, CHECKS, 'settings.arguments = ["check"]')
    assert ours.verdict == "passed" and ours.results["configuration"]["uncollected"] == [], ours.report


GENERATION = """
name = "check"
workspace = "workspace"

[[steps]]
id = "generation"
uses = "builtin:test_generation"
grants.workspace = "write"

[[steps]]
id = "testing"
uses = "builtin:testing"
inputs.{reads} = "{{{{ steps.generation.tests }}}}"
grants.workspace = "copy"
grants.clock = "real"
"""


@pytest.mark.parametrize("reads", ["after", "files"])
def test_tests_are_written_where_the_configuration_has_pytest_look(tmp_path, reads):
    given = written(tmp_path / "given", {"workflow.toml": GENERATION.format(reads=reads)})
    written(given / "workspace", CHECKS | {"calc.py": OLD["calc.py"]})
    # The first answer is refused, and asked for again.
    answers = "".join(f"=== call generation #{number}\n\n### FILE: {path}\n````python\n{A_TEST}````\n\n" for number, path in ((1, "tests/test_new.py"), (2, "check/check_new.py")))
    (given / "cassette").write_text(CASSETTE.partition("=== call")[0] + answers, encoding="utf-8")
    project = Project(tmp_path / "project", given)
    project.run("run", "workflow.toml", "--replay", "cassette")
    ours = Outcome(project)
    asked = {"check/check_new.py::test_new": "passed"} | ({"check/check_a.py::test_a": "passed"} if reads == "after" else {})
    assert ours.verdict == "passed" and ours.outcomes == asked, ours.report

"""The step `testing` tells the truth: what wasn't run, can't run or lies about itself hasn't passed."""

import pytest

from under_test import Outcome, project_of, run_step, written

PERMISSIONS = """
import os
import shutil
import stat

import pytest


def test_read_only(tmp_path):
    path = tmp_path / "file"
    path.write_text("x")
    path.chmod(0o444)
    assert not os.access(path, os.W_OK) and os.access(path, os.R_OK)
    assert shutil.copy(path, tmp_path / "copy").stat().st_mode & 0o777 == 0o444
    path.chmod(0o200)
    with pytest.raises(PermissionError):
        path.read_text()
    path.chmod(0o644)
    path.write_text("y")


def test_executable(tmp_path):
    path = tmp_path / "script"
    path.touch()
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    assert os.access(path, os.X_OK)
    assert path.stat().st_size == 0 and path.stat().st_mtime_ns > 0
"""


def test_permissions_of_files_are_what_was_set(tmp_path):
    ours = run_step(tmp_path / "ours", written(tmp_path / "source", {"test_modes.py": PERMISSIONS}))
    assert set(ours.outcomes.values()) == {"passed"}, ours.report


def test_options_of_plugins_that_are_not_there_are_left_out_and_said(tmp_path):
    options = "--cov=thing --cov-report term-missing -n 4 --timeout 60 -ra --strict-markers -p xdist --of-ours -m 'not slow'"
    conftest = "def pytest_addoption(parser):\n    parser.addoption('--of-ours', action='store_true')\n"
    tests = "import pytest\n\n\ndef test_a(request):\n    assert request.config.getoption('--of-ours')\n\n\n@pytest.mark.slow\ndef test_b():\n    pass\n"
    ini = f"addopts = {options}\ntimeout = 5\nmarkers = slow: it is\nrequired_plugins = pytest-cov>=2\n"
    for number, (name, text) in enumerate(
        {
            "pytest.ini": f"[pytest]\n{ini}",
            "tox.ini": f"[pytest]\n{ini}",
            "setup.cfg": f"[tool:pytest]\n{ini}",
            "pyproject.toml": f'[tool.pytest.ini_options]\naddopts = """{options}"""\ntimeout = "5"\nmarkers = ["slow: it is"]\nrequired_plugins = ["pytest-cov>=2"]\n',
        }.items()
    ):
        source = written(tmp_path / f"source{number}", {name: text, "conftest.py": conftest, "test_a.py": tests})
        ours = run_step(tmp_path / str(number), source)
        assert ours.outcomes == {"test_a.py::test_a": "passed"}, f"{name}: {ours.report}"
        for words in ("`--cov=thing`", "`--cov-report term-missing`", "`-n 4`", "`--timeout 60`", "`-p xdist`", "`timeout`", "`pytest-cov>=2`"):
            assert f"- Left out: " in ours.report and words in ours.report, f"{name}: {words}: {ours.report}"
        assert "--of-ours" not in "".join(ours.results["configuration"]["left_out"])
        assert ours.results["configuration"]["deselected"] == ["test_a.py::test_b"]
        assert ours.verdict == "partial", "what the project leaves out hasn't passed"


SECOND = """
import time


def _compute(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass

"""


def test_many_slow_tests_are_no_endless_loop(tmp_path):
    text = SECOND + "".join(f"def test_{number}():\n    _compute(1)\n\n\n" for number in range(60))
    ours = run_step(tmp_path / "ours", written(tmp_path / "source", {"test_slow.py": text}), 'limits = { cpu = "20s", wall = "2m" }')
    assert ours.verdict == "passed" and ours.results["counts"]["passed"] == 60, ours.report
    assert list(ours.outcomes) == [f"test_slow.py::test_{number}" for number in range(60)]


def test_what_git_ignores_is_named_and_a_line_includes_it(tmp_path):
    files = {
        ".gitignore": "version.py\n_made.py\n",
        "pyproject.toml": "[project]\nname = 'thing'\nversion = '1'\n",
        "src/thing/__init__.py": "from .version import VERSION\n",
        "src/thing/version.py": "VERSION = 1\n",
        "src/thing/parts.py": "from . import _made\n",
        "src/thing/_made.py": "ONE = 1\n",
        "tests/test_thing.py": "import thing\n\n\ndef test_it():\n    assert thing.VERSION == 1\n\n\ndef test_parts():\n    from thing import parts\n",
    }
    source = written(tmp_path / "source", files)
    ours = run_step(tmp_path / "without", source)
    line = 'grants.include = ["src/thing/version.py"]'
    assert ours.verdict == "blocked" and ours.outcomes == {"tests/test_thing.py": "blocked"}, ours.report
    assert line in ours.report and "git ignores" in ours.report
    # Nothing that the run could mend, so it is a success; but no plain one.
    status = ours.project.json("status", "last")
    warned = status["steps"][0]["executions"][0]["warnings"]
    assert status["status"] == "success" and len(warned) == 1 and "the verdict of the tests is `blocked`" in warned[0], warned
    assert "the verdict of the tests is `blocked`" in ours.project.run("status", "last").stdout
    ours = run_step(tmp_path / "with", source, line)
    assert ours.verdict == "blocked" and 'grants.include = ["src/thing/_made.py"]' in ours.report, ours.report
    assert ours.outcomes == {"tests/test_thing.py::test_it": "passed", "tests/test_thing.py::test_parts": "blocked"}
    ours = run_step(tmp_path / "both", source, 'grants.include = ["src/thing/version.py", "src/thing/_made.py"]')
    assert ours.verdict == "passed", ours.report


def test_packages_of_the_project_are_lent_and_never_written(tmp_path):
    text = """
import os

import pytest


def test_it():
    import written_in_python

    assert written_in_python.ONE == 1


def test_in_c():
    import written_in_c._speedups


def test_no_way_out():
    with pytest.raises(OSError):
        open("/packages/new", "w")
    with pytest.raises(OSError):
        os.remove("/packages/written_in_python.py")
    with pytest.raises(OSError):
        open("/packages/link/secret")
    with pytest.raises(OSError):
        open("/packages/../secret")
"""
    source = written(
        tmp_path / "source",
        {"pyproject.toml": "[project]\nname = 'a'\nversion = '1'\ndependencies = ['written-in-python>=1']\n", "test_a.py": text},
    )
    ours = run_step(tmp_path / "without", source)
    assert ours.outcomes["test_a.py::test_it"] == "blocked" and "grants.read = [{ path = " in ours.report, ours.report
    project = project_of(tmp_path / "lent", source, 'grants.read = [{ path = "packages", at = "/packages" }]')
    packages = written(
        project.folder / "packages",
        {"written_in_python.py": "ONE = 1\n", "written_in_c/__init__.py": "", "written_in_c/_speedups.cpython-313-x86_64-linux-gnu.so": ""},
    )
    outside = written(tmp_path / "outside", {"secret": "secret"})
    (packages / "link").symlink_to(outside)
    project.run("run", "workflow.toml")
    ours = Outcome(project)
    assert ours.outcomes == {"test_a.py::test_it": "passed", "test_a.py::test_in_c": "unsupported", "test_a.py::test_no_way_out": "passed"}
    assert ours.verdict == "passed" and (packages / "written_in_python.py").exists()


LIARS = {
    "catches a refusal and goes wrong": (
        {"test_a.py": "import socket\n\n\ndef test_a():\n    try:\n        socket.create_connection(('127.0.0.1', 1))\n    except OSError:\n        assert 1 == 2\n\n\ndef test_b():\n    pass\n"},
        "failed",
    ),
    "catches a refusal and raises another error from it": (
        {
            "work.py": "import subprocess\n\n\ndef work():\n    try:\n        subprocess.run(['true'])\n    except OSError as error:\n        raise ValueError('a wrong sum') from error\n",
            "test_a.py": "import work\n\n\ndef test_a():\n    work.work()\n\n\ndef test_b():\n    pass\n",
        },
        "failed",
    ),
    "makes another error of a refusal": (
        {
            "test_a.py": "import socket\n\n\ndef test_a():\n    try:\n        socket.create_connection(('127.0.0.1', 1))\n    except OSError as error:\n        raise RuntimeError(error)\n\n\ndef test_b():\n    pass\n",
        },
        "failed",
    ),
    "skips all": ({"test_a.py": "import pytest\n\npytestmark = pytest.mark.skip\n\n\ndef test_a():\n    assert 0\n"}, "skipped"),
    "expects all to fail": ({"test_a.py": "import pytest\n\n\n@pytest.mark.xfail\ndef test_a():\n    assert 0\n"}, "skipped"),
    "deselects": (
        {
            "conftest.py": "def pytest_collection_modifyitems(items):\n    items[:] = [item for item in items if item.name != 'test_a']\n",
            "test_a.py": "def test_a():\n    assert 0\n\n\ndef test_b():\n    pass\n",
        },
        "partial",
    ),
    "deselects all": (
        {"conftest.py": "def pytest_collection_modifyitems(items):\n    items.clear()\n", "test_a.py": "def test_a():\n    assert 0\n"},
        "partial",
    ),
    "makes a pass of a failure": (
        {
            "conftest.py": "import pytest\n\n\n@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_makereport():\n    report = yield\n    report.outcome = 'passed'\n    return report\n",
            "test_a.py": "def test_a():\n    assert 0\n",
        },
        "failed",
    ),
    "makes a skip of a failure": (
        {
            "conftest.py": "import pytest\n\n\n@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_makereport():\n    report = yield\n    if report.failed:\n        report.outcome, report.longrepr = 'skipped', ('a', 1, 'b')\n    return report\n",
            "test_a.py": "def test_a():\n    assert 0\n\n\ndef test_b():\n    pass\n",
        },
        "failed",
    ),
    "makes a pass of a report": (
        {
            "conftest.py": "import pytest\n\n\n@pytest.hookimpl(tryfirst=True)\ndef pytest_runtest_logreport(report):\n    report.outcome = 'passed'\n    report.longrepr = None\n",
            "test_a.py": "def test_a():\n    assert 0\n",
        },
        "failed",
    ),
    "makes a failure that was expected of one that was not": (
        {
            "conftest.py": "import pytest\n\n\n@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_makereport():\n    report = yield\n    if report.failed:\n        report.outcome, report.wasxfail = 'skipped', 'so'\n    return report\n",
            "test_a.py": "def test_a():\n    assert 0\n\n\ndef test_b():\n    pass\n",
        },
        "failed",
    ),
    "takes no notice of what a test raises": (
        {
            "conftest.py": "import pytest\n\n\n@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_call(item):\n    try:\n        return (yield)\n    except AssertionError:\n        return None\n",
            "test_a.py": "def test_a():\n    assert 0\n",
        },
        "failed",
    ),
    "takes a skip for what a test raises": (
        {
            "conftest.py": "import pytest\n\n\n@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_call(item):\n    try:\n        return (yield)\n    except AssertionError:\n        pytest.skip('no')\n",
            "test_a.py": "def test_a():\n    assert 0\n\n\ndef test_b():\n    pass\n",
        },
        "failed",
    ),
    "rewrites its own configuration": (
        {"test_a.py": "import pathlib\n\npathlib.Path('pytest.ini').write_text('[pytest]\\n')\n\n\ndef test_a():\n    pass\n"},
        "error",
    ),
    "runs nothing of a test": (
        {"conftest.py": "def pytest_runtest_protocol():\n    return True\n", "test_a.py": "def test_a():\n    assert 0\n"},
        "error",
    ),
    "ends before the last test": (
        {"test_a.py": "import pytest\n\n\ndef test_a():\n    pytest.exit('enough')\n\n\ndef test_b():\n    assert 0\n"},
        "error",
    ),
}


@pytest.mark.parametrize("liar", LIARS, ids=lambda liar: liar.replace(" ", "-"))
def test_code_that_lies_about_its_tests_has_not_passed(liar, tmp_path):
    files, verdict = LIARS[liar]
    ours = run_step(tmp_path / "ours", written(tmp_path / "source", files))
    assert ours.verdict == verdict, ours.report


def test_what_the_definition_says_wrongly_is_nothing_for_the_code_to_mend(tmp_path):
    source = written(tmp_path / "source", {"test_x.py": "def test_a(): pass\n"})
    ours = run_step(tmp_path / "ours", source, 'settings.arguments = ["--an-invention"]')
    assert ours.verdict == "blocked" and "settings.arguments" in ours.report, ours.report


def test_a_refusal_that_python_carries_on_is_still_one(tmp_path):
    text = """
import urllib.request

import pytest


def test_opened():
    urllib.request.urlopen("http://127.0.0.1:1/")


def test_raised_again():
    try:
        urllib.request.urlopen("http://127.0.0.1:1/")
    except OSError:
        raise


def test_imports():
    try:
        import _curses
    except ImportError as error:
        raise ImportError("it needs curses") from error


def test_passes():
    pass
"""
    ours = run_step(tmp_path / "ours", written(tmp_path / "source", {"test_a.py": text}))
    assert ours.verdict == "passed", ours.report
    assert [ours.outcomes[f"test_a.py::test_{name}"] for name in ("opened", "raised_again", "imports")] == ["unsupported"] * 3, ours.report


EXTENSION = "cpython-313-x86_64-linux-gnu.so"

# How code asks for a module in C, the packages that are lent, and the test.
IN_C = {
    "out of its own package": ({"lib/__init__.py": "from . import _c\n"}, {}, "import lib\n"),
    "a name out of it": ({"lib/__init__.py": "from ._c import one\n"}, {}, "import lib\n"),
    "from without": ({"lib/__init__.py": ""}, {}, "from lib import _c\n"),
    "in words of its own": (
        {"lib/__init__.py": "try:\n    from . import _c\nexcept ImportError:\n    raise ImportError('build it first')\n"},
        {},
        "import lib\n",
    ),
    "of the project": ({}, {"own/__init__.py": "from . import _speed\n", f"own/_speed.{EXTENSION}": ""}, "import own\n"),
    "of the project and ignored": (
        {},
        {".gitignore": "*.so\n", "own/__init__.py": "from . import _speed\n", f"own/_speed.{EXTENSION}": ""},
        "import own\n",
    ),
}


@pytest.mark.parametrize("how", IN_C, ids=lambda how: how.replace(" ", "-"))
def test_a_module_in_c_is_not_possible_here_however_it_is_imported(how, tmp_path):
    lent, own, imports = IN_C[how]
    source = written(tmp_path / "source", own | {"test_a.py": imports + "\n\ndef test_a():\n    pass\n"})
    project = project_of(tmp_path / "lent", source, 'grants.read = [{ path = "packages", at = "/packages" }]')
    written(project.folder / "packages", lent | {f"lib/_c.{EXTENSION}": ""})
    project.run("run", "workflow.toml")
    ours = Outcome(project)
    assert ours.verdict == "unsupported" and ours.outcomes == {"test_a.py": "unsupported"}, ours.report
    assert "which is in C" in ours.report


@pytest.mark.parametrize("imports", ["from lib import nothing\n", "from os import nothing\n", "from own import nothing\n"])
def test_a_name_that_is_nowhere_is_the_codes_own_mistake(imports, tmp_path):
    source = written(tmp_path / "source", {"own/__init__.py": "", "test_a.py": imports})
    project = project_of(tmp_path / "lent", source, 'grants.read = [{ path = "packages", at = "/packages" }]')
    written(project.folder / "packages", {"lib/__init__.py": "", f"lib/_c.{EXTENSION}": ""})
    project.run("run", "workflow.toml")
    ours = Outcome(project)
    assert ours.verdict == "error", ours.report


def test_a_refusal_that_was_caught_while_loading_is_none(tmp_path):
    text = "import socket\n\ntry:\n    socket.create_connection(('127.0.0.1', 1))\nexcept OSError as error:\n    raise ValueError('a wrong sum') from error\n"
    ours = run_step(tmp_path / "ours", written(tmp_path / "source", {"test_a.py": text}))
    assert ours.verdict == "error", ours.report


# How code does without a module that git ignores, and the file that it is.
CAUGHT = {
    "from its package": ("try:\n    from ._version import version\nexcept ImportError:\n    version = 'unknown'\n", "own/_version.py"),
    "out of its package": ("try:\n    from . import _version\n    version = _version.version\nexcept Exception:\n    version = ''\n", "own/_version.py"),
    "by its whole name": (
        "import builtins\ntry:\n    from own._version import version\nexcept (builtins.ModuleNotFoundError, KeyError):\n    version = ''\n",
        "own/_version.py",
    ),
    "suppressed": ("import contextlib\nversion = ''\nwith contextlib.suppress(ImportError):\n    import local_settings\n    version = local_settings.version\n", "local_settings.py"),
}


@pytest.mark.parametrize("how", CAUGHT, ids=lambda how: how.replace(" ", "-"))
def test_an_ignored_module_whose_import_is_caught_is_named_where_tests_fail(how, tmp_path):
    code, path = CAUGHT[how]
    files = {
        ".gitignore": "_version.py\nlocal_settings.py\n",
        "own/__init__.py": code,
        path: "version = '1'\n",
        "own/other.py": "try:\n    import simplejson\nexcept ImportError:\n    import json\n",
        "test_a.py": "import own\n\n\ndef test_a():\n    assert own.version == '1'\n",
    }
    source = written(tmp_path / "source", files)
    ours = run_step(tmp_path / "without", source)
    line = f'grants.include = ["{path}"]'
    assert ours.verdict == "failed" and line in ours.report and "`own/__init__.py` imports" in ours.report, ours.report
    assert len(ours.results["configuration"]["caught"]) == 1, ours.results["configuration"]
    ours = run_step(tmp_path / "with", source, line)
    assert ours.verdict == "passed" and ours.results["configuration"]["caught"] == [], ours.report


def test_an_ignored_module_that_nobody_made_is_named_too(tmp_path):
    files = {
        ".gitignore": "_version.py\n",
        "src/own/__init__.py": CAUGHT["from its package"][0],
        "pyproject.toml": "[project]\nname = 'own'\nversion = '1'\n",
        "test_a.py": "import own\n\n\ndef test_a():\n    assert own.version == '1'\n",
    }
    ours = run_step(tmp_path / "ours", written(tmp_path / "source", files))
    assert 'grants.include = ["src/own/_version.py"]' in ours.report and "isn't in the workspace at all" in ours.report, ours.report

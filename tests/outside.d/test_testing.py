"""The step `testing`: it agrees with the native pytest on everything that can work in the sandbox."""

import json

import pytest

from program import ROOT, Project
from under_test import PROJECTS, natively, project_of, run_step, written

# What pytest's exit codes say.
VERDICTS = {0: {"passed"}, 1: {"failed", "error"}, 2: {"error"}, 3: {"error"}, 4: {"error"}, 5: {"nothing"}}

ALL = sorted(path for path in PROJECTS.iterdir() if path.is_dir())


def test_there_are_twenty_of_them():
    assert len(ALL) >= 20


@pytest.mark.parametrize("source", ALL, ids=lambda source: source.name)
def test_it_agrees_with_the_native_pytest(source, tmp_path):
    ours = run_step(tmp_path / "ours", source)
    code, native = natively(tmp_path / "native", source)
    tests = {id: outcome for id, outcome in ours.outcomes.items() if id != "pytest"}
    assert tests == native, ours.report
    assert ours.verdict in VERDICTS[code], ours.report
    # What pytest refused to begin with is said, though no test can be named.
    assert ("pytest" in ours.outcomes) == (code == 4), ours.report
    counted = {name: count for name, count in ours.results["counts"].items() if count}
    assert sum(counted.values()) == len(ours.outcomes)
    assert ours.results["verdict"] == ours.verdict and ours.report.startswith(f"# Tests: {ours.verdict}\n")
    assert ours.project.files() == ours.project.given, "the tests ran on a copy"


def test_the_report_says_what_a_person_needs(tmp_path):
    report = run_step(tmp_path, PROJECTS / "13_bugs").report
    for words in (
        "3 passed, 11 failed in ",
        "### `tests/test_paging.py::test_page`",
        "E       assert [0, 1] == [0, 1, 2]",
        "E         Right contains one more item: 2",
        "tests/test_paging.py:7: AssertionError",
        "the first stays as it is",
        "Failed: DID NOT RAISE ValueError",
        "Its standard output:\n\n```text\nto be seen\n```",
        "The above exception was the direct cause of the following exception",
        "- `tests/test_paging.py::test_average`",
    ):
        assert words in report, f"{words}\n\n{report}"


def test_the_results_keep_to_their_schema(tmp_path):
    ours = run_step(tmp_path, PROJECTS / "14_broken")
    inspected = ours.project.json("plugin", "inspect", "builtin:testing")
    schema = next(it["schema"] for it in inspected["description"]["documents"] if it["name"] == "results")
    schema = json.loads(schema)
    entry = schema["properties"]["tests"]["items"]
    assert ours.results.keys() == set(schema["required"]) and ours.results["verdict"] in schema["properties"]["verdict"]["enum"]
    for test in ours.results["tests"]:
        assert set(entry["required"]) <= test.keys() <= entry["properties"].keys()
        assert test["outcome"] in entry["properties"]["outcome"]["enum"] and test["kind"] in ("test", "file")


UNSUPPORTED = """
import asyncio
import concurrent.futures
import multiprocessing
import os
import socket
import subprocess
import sys
import threading
import urllib.request

import pytest


def test_thread():
    thread = threading.Thread(target=print)
    thread.start()
    thread.join()


def test_pool():
    with concurrent.futures.ThreadPoolExecutor() as pool:
        assert list(pool.map(str, [1])) == ["1"]


def test_in_a_thread():
    assert asyncio.run(asyncio.to_thread(lambda: 1)) == 1


def test_subprocess():
    assert subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True, text=True).stdout == "1\\n"


def test_system():
    assert os.system("true") == 0


def test_process():
    process = multiprocessing.Process(target=print)
    process.start()
    process.join()


def test_socket():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))


def test_url():
    urllib.request.urlopen("http://127.0.0.1:1/")


def test_caught_and_so_failing():
    try:
        subprocess.run(["ls"])
    except OSError:
        pass
    else:
        return
    assert False, "a consequence"


def test_permissions(tmp_path):
    path = tmp_path / "file"
    path.touch()
    path.chmod(0o600)
    assert path.stat().st_mode & 0o777 == 0o600


def test_c_extension():
    import ctypes

    ctypes.c_int(1)


def test_expected():
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", 1))


def test_fine():
    pass
"""

NEEDS = {
    "test_thread": "threads",
    "test_pool": "threads",
    "test_in_a_thread": "threads",
    "test_subprocess": "other processes",
    "test_system": "other processes",
    "test_process": "other processes",
    "test_socket": "the network (sockets)",
    "test_url": "the network (sockets)",
    "test_c_extension": "the module `ctypes`",
}


def test_what_cannot_work_is_named(tmp_path):
    ours = run_step(tmp_path / "tested", written(tmp_path / "source", {"test_needs.py": UNSUPPORTED}))
    assert {id.partition("::")[2]: test["needs"] for id, test in ours.by_id.items() if "needs" in test} == {
        name: [what] for name, what in NEEDS.items()
    }
    # A refusal that was caught is no excuse for what came of it; permissions are kept beside the files.
    assert ours.outcomes["test_needs.py::test_caught_and_so_failing"] == "failed"
    assert ours.by_id["test_needs.py::test_caught_and_so_failing"]["met"] == ["other processes"]
    assert ours.outcomes["test_needs.py::test_permissions"] == "passed"
    assert ours.results["counts"]["unsupported"] == len(NEEDS) and ours.results["counts"]["passed"] == 3
    assert ours.verdict == "failed"
    assert "It needs threads." in ours.report and "It was refused other processes before, and went on." in ours.report


def test_what_cannot_be_tested_here_is_nobodys_fault_and_no_success(tmp_path):
    alone = "import subprocess\n\n\ndef test_it():\n    subprocess.run(['ls'])\n"
    ours = run_step(tmp_path / "alone", written(tmp_path / "one", {"test_a.py": alone}))
    assert ours.verdict == "unsupported", ours.report
    beside = alone + "\n\ndef test_other():\n    pass\n"
    assert run_step(tmp_path / "beside", written(tmp_path / "two", {"test_a.py": beside})).verdict == "passed"


def test_only_the_named_files_are_run(tmp_path):
    files = {f"tests/test_{name}.py": f"def test_{name}():\n    assert '{name}' != 'b'\n" for name in "abc"}
    source = written(tmp_path / "source", files)
    named = json.dumps([{"path": "tests/test_a.py", "bytes": 1}, {"path": "tests/test_c.py", "bytes": 1}, {"path": "main.py"}])
    for number, text in enumerate((named, "tests/test_a.py\ntests/test_c.py\n")):
        ours = run_step(tmp_path / str(number), source, f"inputs.files = '''{text}'''")
        assert ours.outcomes == {"tests/test_a.py::test_a": "passed", "tests/test_c.py::test_c": "passed"}
    assert run_step(tmp_path / "gone", source, 'inputs.files = "tests/test_z.py"').verdict == "nothing"


def test_arguments_of_pytest(tmp_path):
    files = {"test_x.py": "def test_a(): assert 0\ndef test_b(): pass\ndef test_c(): pass\n"}
    source = written(tmp_path / "source", files)
    assert run_step(tmp_path / "k", source, 'settings.arguments = ["-k", "b"]').outcomes == {"test_x.py::test_b": "passed"}
    ours = run_step(tmp_path / "x", source, 'settings.arguments = ["-x"]')
    assert ours.outcomes == {"test_x.py::test_a": "failed", "test_x.py::test_b": "not-run", "test_x.py::test_c": "not-run"}
    assert "stopping after 1 failures" in ours.by_id["test_x.py::test_b"]["message"]


def test_a_project_below_src_is_tested_as_if_it_were_installed(tmp_path):
    source = written(
        tmp_path / "source",
        {
            "pyproject.toml": "[project]\nname = 'thing'\nversion = '1'\n",
            "src/thing/__init__.py": "ONE = 1\n",
            "tests/test_thing.py": "import thing\n\n\ndef test_one():\n    assert thing.ONE == 1\n",
        },
    )
    assert run_step(tmp_path / "tested", source).outcomes == {"tests/test_thing.py::test_one": "passed"}


def test_long_reports_are_cut_and_say_so(tmp_path):
    text = "def test_long():\n    print('o' * 100_000)\n    assert 'a' * 50_000 == 'b'\n"
    text += "import pytest\n@pytest.mark.parametrize('n', range(400))\ndef test_many(n):\n    print('x' * 1000)\n    assert n < 0, 'z' * 300\n"
    ours = run_step(tmp_path / "tested", written(tmp_path / "source", {"test_long.py": text}))
    assert ours.results["counts"]["failed"] == 401
    assert "characters were cut here" in ours.by_id["test_long.py::test_long"]["output"]["standard output"]
    assert len(ours.report) < 400_000 and "there is no more room here" in ours.report
    assert "`test_long.py::test_many[399]`" in ours.report, "each failure is named"


def test_where_it_is_not_built_an_optional_step_is_left_out(tmp_path):
    source = written(tmp_path / "source", {"test_x.py": "def test_x(): pass\n"})
    project = project_of(tmp_path / "needed", source)
    project.variables["STEPWELL_PLUGINS"] = str(tmp_path / "nowhere")
    project.variables["XDG_DATA_HOME"] = str(tmp_path / "data")
    refused = project.run("run", "workflow.toml", code=4).stderr
    said = "the built-in step `testing` isn't built yet"
    assert said in refused and str(tmp_path / "nowhere") in refused and "plugins/testing/build" in refused

    project = project_of(tmp_path / "optional", source, "optional = true")
    project.variables["STEPWELL_PLUGINS"] = str(tmp_path / "nowhere")
    project.variables["XDG_DATA_HOME"] = str(tmp_path / "data")
    ended = project.run("run", "workflow.toml")
    assert said in ended.stderr and "`plugins/testing/build` in a checkout" in ended.stderr and "error:" not in ended.stderr
    assert project.json("status", "last")["status"] == "success"


def test_the_first_time_says_that_it_compiles(tmp_path):
    source = written(tmp_path / "source", {"test_x.py": "def test_x(): pass\n"})
    project = project_of(tmp_path / "project", source)
    project.variables["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    said = "compiling `builtin:testing`, "
    assert said in project.run("run", "workflow.toml").stderr
    assert said not in project.run("run", "workflow.toml").stderr


# Each test takes as long on every machine.
TAKES_ITS_TIME = """
import time

import pytest


@pytest.mark.parametrize("number", range(30))
def test_takes_its_time(number):
    until = time.perf_counter() + 0.4
    while time.perf_counter() < until:
        pass
"""


def test_a_suite_that_one_instance_has_no_time_for_takes_several(tmp_path):
    """Twelve seconds of healthy tests where an instance has five: none of them is blamed."""
    source = written(tmp_path / "source", {"test_long.py": TAKES_ITS_TIME})
    ours = run_step(tmp_path / "ours", source, 'limits = { cpu = "5s", wall = "5s" }')
    assert (ours.verdict, set(ours.outcomes.values()), len(ours.outcomes)) == ("passed", {"passed"}, 30)
    status = ours.project.json("status", "last")
    assert len(status["steps"][0]["executions"][0]["attempts"]) >= 3


def test_it_keeps_to_its_cases(tmp_path):
    (tmp_path / "given").mkdir()
    project = Project(tmp_path / "project", tmp_path / "given")
    tested = project.run("plugin", "test", "builtin:testing", str(ROOT / "plugins/testing/cases.toml"))
    assert "5 cases: all passed" in tested.stdout

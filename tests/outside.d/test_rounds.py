"""The demonstration whose code is tested in the sandbox: a mistake, the tests that find it, and the round that mends it."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from program import DEMONSTRATION, OUTSIDE, PATIENCE, Project

RUN = ("run", "automated_coding.toml", "--input", "feature=@feature.md", "--replay", "automated_coding.cassette")
ROUNDS = ("build~1", "build~2")
FAILED = "tests/test_report.py::test_only_the_month_counts"


def project(folder) -> Project:
    made = Project(folder / "project")
    made.variables["STEPWELL_PLUGINS"] = str(OUTSIDE / "plugins")
    return made


@pytest.fixture(scope="module")
def tested(tmp_path_factory) -> Project:
    made = project(tmp_path_factory.mktemp("tested"))
    made.ended = made.run(*RUN)
    return made


def test_the_second_round_mends_what_the_first_got_wrong(tested):
    def document(build, name):
        return tested.run("docs", "get", "last", f"{build}/testing", name).stdout

    assert [document(build, "verdict").strip() for build in ROUNDS] == ["failed", "passed"]
    assert document("build", "verdict").strip() == "passed", "without a number the last round is meant"
    report = document("build~1", "report")
    assert FAILED in report and "1500.00" in report
    # Both rounds ran the same tests.
    of_rounds = [json.loads(document(build, "results"))["tests"] for build in ROUNDS]
    first, second = ({test["id"]: test["outcome"] for test in tests} for tests in of_rounds)
    assert first.keys() == second.keys() and len(first) > 20
    assert first[FAILED] == "failed" and set(second.values()) == {"passed"}


def test_the_report_is_what_the_next_round_is_asked_with(tested):
    prompts = {place: tested.call(call)["prompt"] for place, call in calls_of(tested).items()}
    for asked in ("build~2/implementation", "build~2/implementation/code[0]"):
        assert FAILED in prompts[asked] and "1500.00" in prompts[asked], asked
    assert FAILED not in prompts["build/implementation"]


def calls_of(tested: Project) -> dict[str, dict]:
    return {call["execution"]: call for call in tested.json("calls", "last")}


def test_every_answer_of_the_cassette_was_asked_for(tested):
    asked = len(tested.json("calls", "last"))
    assert asked == (DEMONSTRATION / "automated_coding.cassette").read_text(encoding="utf-8").count("\n=== call ")


def test_a_person_sees_what_changed_between_rounds(tested):
    # At the end each file stands once, by what became of it since the run began.
    files = tested.ended.stdout.partition("\nfiles in ")[2]
    assert files.count("expenses/report.py") == 1 and re.search(r"^ +added +expenses/report\.py$", files, re.MULTILINE), files
    changes = tested.run("files", "last", "--round", "2", "--diff").stdout
    assert changes.count("\n+++ ") == 1, changes
    assert "-        if expense.day.month == number:" in changes
    assert '+        if expense.day.strftime("%Y-%m") == month:' in changes
    status = tested.run("status", "last").stdout
    assert "round 2 of at most 3" in status
    calls = tested.json("calls", "last", "--round", "2")
    assert [call["execution"] for call in calls] == ["build~2/implementation", "build~2/implementation/code[0]"]


def test_what_comes_out_passes_the_native_pytest(tested):
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tested.workspace,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize("pause", [0.15, 0.4, 0.6, 0.8, 1.0])
def test_killed_in_a_round_it_goes_on_there(tested, tmp_path, pause):
    made = project(tmp_path)
    arguments, kills = RUN, 0
    while True:
        process = made.start(*arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            # From the third time on it is left alone, so that the test ends.
            _, stderr = process.communicate(timeout=pause if kills < 3 else PATIENCE)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += 1
            time.sleep(0.01)
            # It may have been killed before there was a store.
            kept = (made.folder / ".stepwell/stepwell.redb").exists()
            listed = made.run("runs", "--json", code=0).stdout if kept else "[]"
            runs = json.loads(listed)
            if runs and runs[0]["status"] == "success":
                break
            # Killed before the run was written down, it begins anew.
            arguments = ("resume", "last", "--replay", "automated_coding.cassette") if runs else RUN
            continue
        assert process.returncode == 0, stderr
        break
    expected, found = (
        {place: text for place, text in it.documents().items() if place[1] not in ("report", "results")} for it in (tested, made)
    )
    assert found == expected
    assert made.files() == tested.files()
    # No answer that was stored is asked for again.
    assert len(made.json("calls", "last")) == len(tested.json("calls", "last"))

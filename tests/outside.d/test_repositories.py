"""The workflow `automated_coding`, whole, on three small repositories: by tools, in text and with thinking, killed and resumed."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from program import PATIENCE
from rules import Way
from sent import Sent
from tasks import PROSE, REPOSITORIES, Repository, git
from worked import RUN, Worked

@pytest.fixture
def worked(tmp_path):
    """Makes one of the repositories, and carries the workflow out in it."""

    def run(repository: Repository, way: Way = Way.TOOLS, **more) -> Worked:
        made = Worked(tmp_path, repository, way, **more)
        with made:
            made.ended = made.project.start(*RUN, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            out, err = made.ended.communicate(timeout=PATIENCE)
            made.told = out + err
            made.provider.asked()
            assert made.ended.returncode == 0, made.told
        return made

    return run


def natively(folder: Path, *tests: str) -> subprocess.CompletedProcess:
    """The native pytest on the working tree, without the options that a project has for plugins."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=", *tests],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{folder}/src:{folder}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


# A model without tools is told of by the configuration, or found out: the latter is tried once.
TRIED = [(name, way) for name in REPOSITORIES for way in (Way.TOOLS, Way.TEXT, Way.THINKING)] + [("tides", Way.REFUSING)]


@pytest.mark.parametrize(("name", "way"), TRIED)
def test_what_is_asked_for_is_built_and_nothing_else_changes(worked, name, way):
    made = worked(REPOSITORIES[name], way)
    repository, folder = made.repository, made.folder
    assert made.document("build/testing", "verdict").strip() == "passed", made.document("build/testing", "report")
    # Only what the request is about: these lines of these files, and a file of tests.
    assert made.numbers() == repository.changed, git(folder, "diff")
    assert made.added() == list(repository.added)
    subtasks = json.loads(made.document("build/implementation", "subtasks"))
    assert {path for subtask in subtasks for path in subtask["files"]} == set(repository.changed)
    assert all(subtask["existing"] == subtask["files"] for subtask in subtasks)
    for path, before in made.given.items():
        assert_that_no_other_byte_changed(folder, path, before)
    if repository.ignored:
        assert (folder / repository.ignored).read_text(encoding="utf-8") == 'version = "1.4.2"\n'
    assert_that_the_verdict_means_it(made)
    assert ("`tools = false` for it in stepwell.toml spares" in made.told) == (way == Way.REFUSING)
    offered = {bool(request.get("tools")) for request in made.provider.received}
    assert offered == {Way.TOOLS: {True}, Way.TEXT: {False}, Way.THINKING: {True}, Way.REFUSING: {True, False}}[way]
    requirement = made.document("requirement", "requirement")
    assert repository.task.feature.split()[-1] in requirement and "a thought was carried out" not in requirement


def assert_that_no_other_byte_changed(folder: Path, path: str, before: bytes):
    """What git shows as unchanged is the same to the byte, line ends and the last line included."""
    after = (folder / path).read_bytes()
    added = re.findall(rb"^\+(?!\+\+)(.*)$", git_bytes(folder, "diff", "--unified=0", "--", path), re.MULTILINE)
    kept = [line for line in after.splitlines(keepends=True) if line.rstrip(b"\n") not in added]
    assert all(line in before.splitlines(keepends=True) for line in kept)
    assert after.endswith(b"\n") == before.endswith(b"\n")
    assert (b"\r\n" in before) == (b"\r\n" in after) and after.count(b"\n") - after.count(b"\r\n") in (0, after.count(b"\n"))


def git_bytes(folder: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True).stdout


def assert_that_the_verdict_means_it(made: Worked):
    """The tests that were there and those that were written ran and passed; these fail without the change; pytest says the same."""
    outcomes = made.outcomes()
    assert set(outcomes.values()) == {"passed"}
    files = {id.partition("::")[0] for id in outcomes}
    tests = [path for path in git(made.folder, "ls-files").splitlines() if re.search(r"test_\w+\.py$|_test\.py$", path)]
    assert files == {*tests, *made.repository.added}
    native = natively(made.folder)
    assert native.returncode == 0, native.stdout
    git(made.folder, "stash", "push", "--quiet", "--", *made.repository.changed)
    without = natively(made.folder, *made.repository.added)
    assert without.returncode != 0, "the tests pass without the change"
    git(made.folder, "stash", "pop", "--quiet")
    assert made.numbers() == made.repository.changed


def test_what_failed_before_is_not_blamed_on_the_change(worked):
    broken = {"notes/broken_test.py": "def test_of_somebody():\n    assert 1 == 2\n"}
    made = worked(REPOSITORIES["notes"], broken=broken)
    assert made.document("build/testing", "verdict").strip() == "failed-before"
    assert "the verdict of the tests is `failed-before`, not `passed`" in made.told
    before = {test["id"] for test in made.results()["tests"] if "before" in test}
    assert before == {"notes/broken_test.py::test_of_somebody"}
    assert {outcome for id, outcome in made.outcomes().items() if id not in before} == {"passed"}
    # It asked for no further round, and nobody mended what isn't asked for.
    assert made.numbers() == made.repository.changed and made.added() == list(made.repository.added)
    assert not any(call["execution"].startswith("build~2") for call in made.calls())


def test_a_request_that_no_code_answers_is_done_without_new_tests(worked):
    made = worked(PROSE)
    assert made.numbers() == PROSE.changed and made.added() == []
    assert json.loads(made.document("build/test_generation", "tests")) == []
    assert "no test is written" in made.told
    # Those that were there ran.
    assert made.document("build/testing", "verdict").strip() == "passed" and made.outcomes()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Worked:
    """The mend of one line by tools, to its end."""
    with Worked(tmp_path_factory.mktemp("undisturbed"), REPOSITORIES["units"]) as made:
        made.project.run(*RUN)
        made.asked = made.provider.asked()
    return made


def turns_of_the_code(made: Worked) -> list[int]:
    """Which of its requests are those of the loop that changes the file."""
    return [number for number, request in enumerate(made.provider.received) if Sent(request).step == "code"]


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_killed_in_a_loop_of_tools_it_asks_nothing_twice_and_edits_the_same(tmp_path, undisturbed, turn):
    """Killed while the answer of this turn is awaited: of what was found before, of what was read, of the edit."""
    silent = turns_of_the_code(undisturbed)[turn]
    with Worked(tmp_path, REPOSITORIES["units"]) as made:
        made.provider.most = silent
        kill_after(made, silent + 1, RUN)
        assert made.numbers() == {}, "nothing is changed before the step succeeds"
        made.provider.most = None
        made.project.run("resume")
        asked = made.provider.asked()
        # The one that had no answer is sent as it was; nothing else is sent twice.
        assert asked == undisturbed.asked[: silent + 1] + undisturbed.asked[silent:]
        assert_same_end(made, undisturbed)


def test_killed_again_and_again_no_stored_answer_is_asked_for_again(tmp_path, undisturbed):
    """Each life ends about when its eighth request is answered, until one comes to its own end."""
    lives, stored = 0, set()
    with Worked(tmp_path, REPOSITORIES["units"]) as made:
        command = RUN
        while True:
            before = len(made.provider.asked())
            was_killed = kill_after(made, before + 8, command, pause=0.02 * (lives % 3))
            asked = made.provider.asked()[before:]
            assert not stored & set(asked) and len(asked) == len(set(asked))
            lives += 1
            status = made.project.json("status", "last")["status"]
            if not was_killed or status == "success":
                break
            # Nothing is asked beside something else here, so that the first so many are those that were answered.
            answered = sum(call["state"] == "answered" for call in made.calls())
            stored = set(undisturbed.asked[:answered])
            command = ("resume",)
        assert lives > 2 and set(made.provider.asked()) == set(undisturbed.asked)
        assert_same_end(made, undisturbed)


def kill_after(made: Worked, requests: int, command: tuple[str, ...], pause: float = 0) -> bool:
    """Kills the program once the provider got so many requests; false if it ended before."""
    process = made.project.start(*command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + PATIENCE
    while len(made.provider.received) < requests and process.poll() is None:
        assert time.monotonic() < deadline, "it hangs"
        time.sleep(0.005)
    time.sleep(pause)
    process.send_signal(signal.SIGKILL)
    return process.wait(PATIENCE) == -signal.SIGKILL


def assert_same_end(made: Worked, undisturbed: Worked):
    assert made.project.json("status", "last")["status"] == "success"
    assert made.document("build/testing", "verdict") == undisturbed.document("build/testing", "verdict")
    assert git_bytes(made.folder, "diff") == git_bytes(undisturbed.folder, "diff")
    assert made.added() == undisturbed.added()
    assert len(made.calls()) == len(undisturbed.asked)


def test_what_git_ignores_and_nobody_includes_is_named_with_its_line(tmp_path):
    """The definition as `init` writes it: the tests can't run, and the report says which line lets them."""
    with Worked(tmp_path, REPOSITORIES["tides"], Way.TEXT, includes=False) as made:
        told = made.project.run(*RUN).stderr
        assert made.document("build/testing", "verdict").strip() == "blocked"
        report = made.document("build/testing", "report")
        said = re.search(r"`(grants\.include = \[[^`]*\])`", report)
        assert said, report
        # Who doesn't read the report is told, too: the run has succeeded.
        warned = made.project.run("status", "last").stdout
        for shown in (told, warned):
            assert "`blocked`, not `passed`" in shown and said[1] in shown, shown
        assert made.numbers() == made.repository.changed
        # The line that the report names, and the tests alone, once more: no model is asked.
        made.include(said[1])
        asked = len(made.provider.asked())
        again = made.project.run("step", "run", "build/testing", "--in", "automated_coding.toml", "--input", "after=")
        assert "=== build/testing verdict ===\npassed\n" in again.stdout
        assert len(made.provider.asked()) == asked

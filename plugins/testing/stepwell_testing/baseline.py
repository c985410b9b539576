"""What was there before: the tests that fail are run on the files as the run found them, in an instance of their own, and the tests
that there were are held against those that there are.

What failed already says nothing of the change. A test in a file that the run itself wrote is never excused: it was written
for this code. A test that isn't collected any more would have said something, whatever keeps it away.
"""

import os
import re

from wit_world.imports import workspace

from . import collecting, configuration, outcomes
from .surroundings import WORKSPACE

STAGE = "before_"


def changed() -> list[str]:
    """The paths that the run wrote or removed."""
    try:
        return workspace.changed()
    except Exception:  # Whatever the host says no with: then nothing is known of before.
        return []


def to_run(found: list[dict], paths: list[str]) -> list[str]:
    """The tests and files whose failure may be older than the change, and the tests that may have run before it and don't now."""
    written = set(paths)
    blamed = (one for one in found if one["outcome"] in outcomes.BLAMED)
    older = [one["id"] for one in blamed if _file(one["id"]) not in written]
    quiet = [one["id"] for one in found if one["kind"] == outcomes.TEST and one["outcome"] in _QUIET]
    return older + [test for test in quiet if _file(test) not in written or _before(_file(test)) is not None]


# What says nothing of a test's code, and of which outcomes of before it took the place. An expected failure that happened to pass may
# fail as expected again.
_QUIET = {
    outcomes.SKIPPED: (outcomes.PASSED, outcomes.XPASSED, *outcomes.BLAMED),
    outcomes.XFAILED: (outcomes.PASSED, *outcomes.BLAMED),
}


def silenced(found: list[dict], before: dict[str, dict], paths: list[str]) -> dict[str, list[str]]:
    """The tests that ran before and are skipped or expected to fail now: `silenced` in files that are as they were, and `set_aside` in
    files that the run changed.
    """
    tests = [one for one in found if one["kind"] == outcomes.TEST and one["id"] in before]
    quiet = [one["id"] for one in tests if before[one["id"]]["outcome"] in _QUIET.get(one["outcome"], ())]
    written = set(paths)
    return {
        "silenced": [test for test in quiet if _file(test) not in written],
        "set_aside": [test for test in quiet if _file(test) in written],
    }


# What a file speaks of that may hold tests, whatever it is called.
_OF_TESTS = re.compile(rb"\b_*[Tt]est|unittest|pytest|>>>")


def may_hide(paths: list[str]) -> bool:
    """Whether what the run changed may keep tests from being collected that were before."""
    return any(_may_hide(path) for path in paths)


def _may_hide(path: str) -> bool:
    if os.path.basename(path) in configuration.NAMES:
        return True
    text = _before(path)
    return text is not None and bool(_OF_TESTS.search(path.encode() + b"\n" + text))


def missing(before: list[str] | None, now, paths: list[str]) -> dict[str, list[str]]:
    """The tests that there were and that aren't collected any more: `gone` from files that the run changed, and `hidden` in files that
    are as they were.
    """
    # Parameters are data: other ones are no other test.
    there = {_function(test) for test in [*now.tests, *now.remarks.get("deselected", [])]}
    # Of what couldn't be loaded that is said already.
    broken = {one["id"] for one in now.outcomes.values() if one["kind"] == outcomes.FILE and one["outcome"] != outcomes.SKIPPED}
    if collecting.keeps_all_away(broken):
        return {"gone": [], "hidden": []}
    lacking = [test for test in before or [] if _function(test) not in there and _file(test) not in broken]
    written = set(paths)
    return {
        "gone": [test for test in lacking if _file(test) in written],
        "hidden": [test for test in lacking if _file(test) not in written],
    }


def _function(test: str) -> str:
    return test.partition("[")[0]


def _file(test: str) -> str:
    return test.partition("::")[0]


def deciding(entries: list[str], paths: list[str]) -> list[str]:
    """Those of the functions that decide on outcomes that the run itself wrote."""
    written = set(paths)

    def is_written(entry: str) -> bool:
        path, _, name = entry.partition(": ")
        if path not in written:
            return False
        try:
            with open(os.path.join(WORKSPACE, path), "rb") as file:
                return not configuration.is_function_as_before(name, _before(path), file.read())
        except OSError:  # Its tests took it away.
            return True

    return [entry for entry in entries if is_written(entry)]


def restore(paths: list[str]) -> None:
    """Makes the copy of the workspace what it was before the run."""
    texts = {path: _before(path) for path in paths}
    # A file may have been where a folder is now, or the other way round.
    for path in texts:
        place = os.path.join(WORKSPACE, path)
        if os.path.isfile(place) or os.path.islink(place):
            os.remove(place)
        _remove_empty(os.path.dirname(place))
    for path, text in texts.items():
        if text is not None:
            place = os.path.join(WORKSPACE, path)
            if not os.path.isdir(os.path.dirname(place)):
                os.makedirs(os.path.dirname(place))
            with open(place, "wb") as file:
                file.write(text)


def _before(path: str) -> bytes | None:
    try:
        return workspace.read_before(path)
    except Exception:  # There was none, or it can't be read.
        return None


def _remove_empty(folder: str) -> None:
    """Without its last file there is no folder: Python would take it for a package."""
    while folder != WORKSPACE and os.path.isdir(folder) and not os.listdir(folder):
        os.rmdir(folder)
        folder = os.path.dirname(folder)


def files_of(tests: list[str]) -> list[str] | None:
    """The files that hold these tests, as far as they are there; none where something beside a test is asked for."""
    if not all("::" in test for test in tests):
        return None
    named = dict.fromkeys(test.partition("::")[0] for test in tests)
    return [path for path in named if os.path.exists(os.path.join(WORKSPACE, path))]


def excuse(found: list[dict], before: dict[str, dict], paths: list[str]) -> None:
    """Marks what failed before, too, but for what is in files that the run wrote."""
    written = set(paths)
    for one in found:
        then = None if _file(one["id"]) in written else before.get(one["id"])
        if one["outcome"] in outcomes.BLAMED and then and then["outcome"] in outcomes.BLAMED:
            one["before"] = then["outcome"]

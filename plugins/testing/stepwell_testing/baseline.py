"""What was there before: the tests that fail are run on the files as the run found them, in an instance of their own.

What failed already says nothing of the change. A test in a file that the run itself wrote is never excused: it was written
for this code.
"""

import os

from wit_world.imports import workspace

from . import outcomes
from .surroundings import WORKSPACE

STAGE = "before_"


def changed() -> list[str]:
    """The paths that the run wrote or removed."""
    try:
        return workspace.changed()
    except Exception:  # Whatever the host says no with: then nothing is known of before.
        return []


def to_run(found: list[dict], paths: list[str]) -> list[str]:
    """The tests and files whose failure may be older than the change."""
    written = set(paths)
    blamed = (one for one in found if one["outcome"] in outcomes.BLAMED)
    return [one["id"] for one in blamed if one["id"].partition("::")[0] not in written]


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


def excuse(found: list[dict], before: dict[str, dict]) -> None:
    """Marks what failed before, too."""
    for one in found:
        then = before.get(one["id"])
        if one["outcome"] in outcomes.BLAMED and then and then["outcome"] in outcomes.BLAMED:
            one["before"] = then["outcome"]

"""What git hides from the copy of the workspace, and where in the workspace a module may lie.

Nothing here says what follows from it.
"""

import re
import sys

from wit_world.imports import workspace

from .surroundings import WORKSPACE

# What may stand in a pattern without meaning more than itself.
_PLAIN = re.compile(r"[\w./ -]+")


def ignored(path: str, ends: str = "") -> list[str]:
    """The files that git ignores, of this path, or of those that begin with it and go on as a pattern says."""
    try:
        return workspace.ignored(path + ends) if _PLAIN.fullmatch(path) else []
    except Exception:  # Whatever the host says no with: then nothing is known of it.
        return []


def would_be(path: str) -> bool:
    """Whether git ignores a path, be there a file or not."""
    try:
        return workspace.is_ignored(path)
    except Exception:  # As above.
        return False


def places(name: str) -> list[str]:
    """Where in the workspace a module may lie, without the end of its name."""
    place = name.replace(".", "/")
    roots = dict.fromkeys([WORKSPACE, f"{WORKSPACE}/src", *sys.path])
    inside = [root for root in roots if root == WORKSPACE or root.startswith(WORKSPACE + "/")]
    return [f"{root[len(WORKSPACE) + 1 :]}/{place}".lstrip("/") for root in inside]


def files(place: str) -> list[str]:
    """The files that hold a module which lies there."""
    return [f"{place}.py", f"{place}/__init__.py"]

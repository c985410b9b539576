"""Modules of the project that git ignores and whose import the code catches: a `_version.py` that a build made, for one.

Without such a module the code goes on as something else, so that no error names it. Whether a test fails of that isn't known here.
"""

import ast
import os
import re

from . import hidden
from .surroundings import WORKSPACE

# The most files that are looked into, and the most modules that are named.
MOST_FILES = 5_000
MOST_NAMED = 20

_CATCHING = ("ImportError", "ModuleNotFoundError", "Exception", "BaseException")
# Only a text with this in it is read as code.
_MAY_CATCH = re.compile(rb"\bexcept\b|\bsuppress\b")


def caught() -> list[str]:
    """A sentence for each module that git ignores, isn't in the copy, and is imported where the failure is caught."""
    named = {}
    for importing in _python_files():
        for places in _modules_of(importing):
            paths = [path for place in places for path in hidden.files(place)]
            if any(os.path.exists(f"{WORKSPACE}/{path}") for path in (*places, *paths)):
                continue
            path, is_there = _ignored_file(paths)
            if path and path not in named:
                named[path] = _said(path, importing, is_there)
        if len(named) >= MOST_NAMED:
            break
    return list(named.values())


def _said(path: str, importing: str, is_there: bool) -> str:
    line = f'`grants.include = ["{path}"]`'
    begins = f"`{importing}` imports `{path}`, which git ignores, and goes on without it"
    if is_there:
        return f"{begins}: it isn't in the copy of the workspace. This line of the step includes it: {line}"
    return f"{begins}: it isn't in the workspace at all. Where it was made, this line of the step includes it: {line}"


def _ignored_file(paths: list[str]) -> tuple[str | None, bool]:
    """Which of the files that may hold a module git ignores, and whether it is there."""
    for path in paths:
        if path in hidden.ignored(path):
            return path, True
    for path in paths:
        if os.path.isdir(os.path.dirname(f"{WORKSPACE}/{path}")) and hidden.would_be(path):
            return path, False
    return None, False


def _python_files() -> list[str]:
    found = []
    for folder, folders, names in os.walk(WORKSPACE):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in ("node_modules", "__pycache__"))
        found += [os.path.relpath(os.path.join(folder, name), WORKSPACE) for name in sorted(names) if name.endswith(".py")]
        if len(found) >= MOST_FILES:
            break
    return found[:MOST_FILES]


def _modules_of(path: str) -> list[list[str]]:
    """For each module that a file imports and can do without, where it may lie."""
    try:
        with open(f"{WORKSPACE}/{path}", "rb") as file:
            text = file.read(1 << 20)
        if not _MAY_CATCH.search(text):
            return []
        nodes = list(ast.walk(ast.parse(text)))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return []
    bodies = [node.body for node in nodes if _catches(node)]
    imports = [node for body in bodies for statement in body for node in ast.walk(statement)]
    return [places for node in imports for places in _asked_for(node, path)]


def _catches(node: ast.AST) -> bool:
    """Whether a statement goes on where an import in it fails."""
    if isinstance(node, ast.Try):
        return any(handler.type is None or _names_an_error_of_imports(handler.type) for handler in node.handlers)
    if isinstance(node, (ast.With, ast.AsyncWith)):
        calls = [item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call)]
        return any(_last_name(call.func) == "suppress" and any(map(_names_an_error_of_imports, call.args)) for call in calls)
    return False


def _names_an_error_of_imports(node: ast.expr) -> bool:
    kinds = node.elts if isinstance(node, ast.Tuple) else [node]
    return any(_last_name(kind) in _CATCHING for kind in kinds)


def _last_name(node: ast.expr) -> str:
    return getattr(node, "attr", None) or getattr(node, "id", "")


def _asked_for(node: ast.AST, path: str) -> list[list[str]]:
    """For each module that one statement imports, where it may lie."""
    if isinstance(node, ast.Import):
        return [hidden.places(name.name) for name in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    if node.level:
        # From the folder of the file, and one further up for each dot after the first.
        parts = os.path.dirname(path).split("/")
        if node.level - 1 >= len(parts):
            return []
        parts = [part for part in parts[: len(parts) - (node.level - 1)] if part]
        modules = ["/".join([*parts, *(node.module or "").split(".")]).rstrip("/")]
    else:
        modules = hidden.places(node.module or "")
    # What is taken out of a package may be a module, too.
    packages = [module for module in modules if os.path.isdir(f"{WORKSPACE}/{module}")]
    below = [[f"{package}/{name.name}".lstrip("/") for package in packages] for name in node.names]
    return [places for places in ([module for module in modules if module], *below) if places]

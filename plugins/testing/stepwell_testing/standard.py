"""Python's standard library, imported while building: at run time there is no folder to import it from.

It is put aside then, and an import gets it only where the workspace has no module of that name. A project's own
`statistics.py` goes before the standard library's, as it does everywhere.
"""

import ast
import contextlib
import importlib.machinery
import io
import pkgutil
import sys
import warnings

import pluggy

# Modules that need a screen, that are the interpreter's own tests or installers, or that do something on import.
LEFT_OUT = {
    "__hello__",
    "__phello__",
    "_android_support",
    "_apple_support",
    "_ios_support",
    "_pyrepl",
    "antigravity",
    "ensurepip",
    "idlelib",
    "pydoc_data",
    "test",
    "this",
    "tkinter",
    "turtle",
    "turtledemo",
    "venv",
}

_kept = {}
# What a package imports of its own when it is imported.
_together: dict[str, list[str]] = {}


def preload() -> None:
    """Imports pytest whole, and of the standard library what can be imported, which it puts aside."""
    for package in ("_pytest", "iniconfig", "packaging", "pluggy"):
        _import_whole(package)
    # Asked for at run time, when no package's metadata is there to read it from.
    pluggy.__version__ = pluggy.__version__
    before = set(sys.modules)
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        for name in sorted(sys.stdlib_module_names - LEFT_OUT):
            _import_whole(name)
    # Of a package that stays only those modules do that were imported with it.
    for name in set(sys.modules) - before:
        _kept[name] = sys.modules.pop(name)
    for name in [name for name, module in _kept.items() if hasattr(module, "__path__")]:
        _together[name] = _imported_with(name)
    sys.meta_path.append(Finder)


def _imported_with(package: str) -> list[str]:
    """The modules below a package that are imported when it is, by what their sources say."""
    found, open_ones = [], [package]
    while open_ones:
        name = open_ones.pop()
        for other in _imports_of(name):
            if other.startswith(package + ".") and other in _kept and other not in found:
                found.append(other)
                open_ones.append(other)
    return found


def _imports_of(name: str) -> list[str]:
    """What a module imports when it is executed."""
    try:
        tree = ast.parse(_kept[name].__spec__.loader.get_source(name) or "")
    except Exception:  # It has no source, such as one in C.
        return []
    around = name.split(".") if hasattr(_kept[name], "__path__") else name.split(".")[:-1]
    found, nodes = [], list(tree.body)
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = around[: len(around) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            found += [module, *(f"{module}.{alias.name}" for alias in node.names)]
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            nodes += [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt | ast.ExceptHandler)]
    return found


def _import_whole(name: str) -> None:
    """Imports a module with all below it, as far as it can be had."""
    # A module of another system fails in its own way; a few call `sys.exit`.
    with contextlib.suppress(BaseException):
        __import__(name)
    for folder in getattr(sys.modules.get(name), "__path__", ()):
        for module in pkgutil.iter_modules([folder], name + "."):
            if module.name.rpartition(".")[2] not in ("__main__", "test", "tests"):
                _import_whole(module.name)


class Finder:
    """Gives out what was put aside. It stands last among the finders."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        module = _kept.get(name)
        if module is None:
            return None
        is_package = hasattr(module, "__path__")
        spec = importlib.machinery.ModuleSpec(name, Finder, is_package=is_package)
        if is_package:
            spec.submodule_search_locations = list(module.__path__)
        return spec

    @staticmethod
    def create_module(spec):
        return _kept[spec.name]

    @staticmethod
    def exec_module(module):
        """It was executed while building, and imported some of what lies below it: so that is imported, too."""
        for name in _together.get(module.__name__, ()):
            if name in _kept:
                sys.modules.setdefault(name, _kept[name])


def is_there(name: str) -> bool:
    return name in _kept or name in sys.modules


def module(name: str):
    """A module of the standard library, wherever it is."""
    return _kept.get(name) or sys.modules.get(name)

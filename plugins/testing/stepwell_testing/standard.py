"""Python's standard library, imported while building: at run time there is no folder to import it from.

It is put aside then, and an import gets it only where the workspace has no module of that name. A project's own
`statistics.py` goes before the standard library's, as it does everywhere.
"""

import contextlib
import importlib
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
    for name in _kept:
        parent, _, own = name.rpartition(".")
        if parent in sys.modules and getattr(sys.modules[parent], own, None) is _kept[name]:
            _import_when_asked_for(sys.modules[parent], own)
    sys.meta_path.append(Finder)


def _import_when_asked_for(parent, own: str) -> None:
    """Takes a module that is put aside out of a package that stays: whoever asks the package for it imports it."""
    delattr(parent, own)
    otherwise = parent.__dict__.get("__getattr__")

    def find(name):
        if name == own:
            return importlib.import_module(f"{parent.__name__}.{own}")
        if otherwise is not None:
            return otherwise(name)
        raise AttributeError(f"module {parent.__name__!r} has no attribute {name!r}", name=name, obj=parent)

    parent.__getattr__ = find


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
        """It was executed while building, with all below it: so that is imported, too."""
        below = module.__name__ + "."
        for name, kept in _kept.items():
            if name.startswith(below):
                sys.modules.setdefault(name, kept)


def is_there(name: str) -> bool:
    return name in _kept or name in sys.modules


def module(name: str):
    """A module of the standard library, wherever it is."""
    return _kept.get(name) or sys.modules.get(name)

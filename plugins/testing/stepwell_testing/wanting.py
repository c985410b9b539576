"""What a project needs that only its operator can give, each with the line of the definition that gives it.

No change of the code can mend these: a file that git ignores, so that the copy of the workspace lacks it; a package that the
project depends on.
"""

import configparser
import os
import re
import sys
import tomllib

from . import hidden
from .surroundings import PACKAGES, WORKSPACE

# Packages whose modules have other names.
_MODULES = {
    "attrs": "attr",
    "beautifulsoup4": "bs4",
    "opencv-python": "cv2",
    "pillow": "pil",
    "protobuf": "google",
    "pycryptodome": "crypto",
    "pyjwt": "jwt",
    "python-dateutil": "dateutil",
    "python-dotenv": "dotenv",
    "pyyaml": "yaml",
    "scikit-learn": "sklearn",
    "setuptools-scm": "setuptools_scm",
}

LEND_PACKAGES = 'grants.read = [{ path = ".venv/lib/python3.13/site-packages", at = "/packages" }]'


def wanted(error: BaseException | None) -> str | None:
    """What an error shows to be wanting, in a sentence that names the line; none where the code can mend it."""
    seen = set()
    while isinstance(error, BaseException) and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, ImportError) and error.name:
            return _of_import(error)
        error = error.__cause__ or error.__context__
    return None


def _of_import(error: ImportError) -> str | None:
    for name in _names(error):
        for path in [file for place in hidden.places(name) for file in hidden.files(place)]:
            if path in hidden.ignored(path):
                return (
                    f"The module `{name}` is the file `{path}`, which git ignores, so that it isn't in the copy of the workspace. "
                    f'This line of the step includes it: `grants.include = ["{path}"]`'
                )
    if not isinstance(error, ModuleNotFoundError):
        return None
    top = error.name.partition(".")[0]
    if top in sys.stdlib_module_names or _is_of_the_project(top) or not _is_declared(top):
        return None
    if os.path.isdir(PACKAGES):
        return f"The project depends on the package of the module `{top}`, and the folder that is lent as `{PACKAGES}` doesn't hold it."
    return (
        f"The project depends on the package of the module `{top}`, which isn't in the sandbox. A line of the step lends what is "
        f"installed, as far as it is written in Python: `{LEND_PACKAGES}`, with the folder where it lies."
    )


def _names(error: ImportError) -> list[str]:
    """The modules that an import may have asked for, in full."""
    further = getattr(error, "name_from", None)
    if isinstance(error, ModuleNotFoundError) or not further:
        return [error.name]
    return [f"{error.name}.{further}"]


def _is_of_the_project(top: str) -> bool:
    places = (f"{WORKSPACE}/{top}", f"{WORKSPACE}/{top}.py", f"{WORKSPACE}/src/{top}", f"{WORKSPACE}/src/{top}.py")
    return any(os.path.exists(place) for place in places)


def _is_declared(top: str) -> bool:
    """Whether the project says that it depends on the package of a module."""
    return any(top.lower() in _modules(requirement) for requirement in _requirements())


def _modules(requirement: str) -> list[str]:
    """The modules that a package most likely holds."""
    found = re.match(r"\s*([A-Za-z0-9][\w.-]*)", requirement)
    if not found:
        return []
    package = re.sub(r"[-_.]+", "-", found[1]).lower()
    # One that is named with dots shares its first part with others.
    return [_MODULES.get(package, package.replace("-", "_")), found[1].lower().partition(".")[0].replace("-", "_")]


def _requirements() -> list[str]:
    found = []
    try:
        with open(f"{WORKSPACE}/pyproject.toml", "rb") as file:
            project = tomllib.load(file)
        found += _strings(project.get("project", {}).get("dependencies"))
        found += _strings(project.get("project", {}).get("optional-dependencies"))
        found += _strings(project.get("dependency-groups"))
        poetry = project.get("tool", {}).get("poetry", {})
        groups = [poetry, *poetry.get("group", {}).values()]
        found += [name for group in groups for key in ("dependencies", "dev-dependencies") for name in group.get(key, {})]
    except (OSError, ValueError, AttributeError):
        pass
    try:
        setup = configparser.ConfigParser(interpolation=None)
        setup.read(f"{WORKSPACE}/setup.cfg", encoding="utf-8")
        if setup.has_section("options"):
            found += setup["options"].get("install_requires", "").splitlines()
            found += setup["options"].get("tests_require", "").splitlines()
        if setup.has_section("options.extras_require"):
            found += [line for value in setup["options.extras_require"].values() for line in value.splitlines()]
    except (configparser.Error, OSError, ValueError):
        pass
    for folder in (WORKSPACE, f"{WORKSPACE}/requirements"):
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            continue
        for name in names:
            if name.endswith(".txt") and ("requirements" in name or folder != WORKSPACE):
                with open(f"{folder}/{name}", encoding="utf-8", errors="replace") as file:
                    found += [line for line in file.read(1 << 20).splitlines() if not line.lstrip().startswith(("#", "-"))]
    return found


def _strings(value) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [text for item in value for text in _strings(item)] if isinstance(value, list) else []

"""The options of pytest that a project's configuration asks for and that nobody here knows: they are left out, and said.

Most are of plugins that aren't here, such as `--cov` or `-n`. What the definition's own `arguments` say isn't touched.
"""

import importlib.metadata
import os

from _pytest.config import Config, PytestPluginManager
from pluggy._compat import DistFacade

from . import standard
from .surroundings import PACKAGES, WORKSPACE

VIA_CONFIGURATION = "via addopts config"

# Plugins that can't work here, whatever packages are lent: by the names under which they register.
_CANNOT_WORK = {"xdist", "xdist.looponfail", "pytest_cov", "timeout", "pytest_forked", "rerunfailures", "pytest-parallel", "pytest_mp"}

# Options of well-known plugins whose value may stand in a word of its own.
_WITH_VALUE = {
    "-n", "--numprocesses", "--dist", "--maxprocesses", "--tx", "--rsyncdir", "--cov", "--cov-report", "--cov-config", "--cov-context",
    "--cov-fail-under", "--timeout", "--timeout-method", "--reruns", "--reruns-delay", "--only-rerun", "--html", "--css", "--ds", "--dc",
    "--asyncio-mode", "--randomly-seed", "--random-order-bucket", "--splits", "--group", "--alluredir", "--benchmark-storage", "--workers",
}  # fmt: skip

# What this session was told, and doesn't follow; a sentence each.
left_out: list[str] = []


def prepare() -> None:
    """Has pytest ask here before it refuses to begin."""
    validate, unknown_keys = Config._validate_args, Config._get_unknown_ini_keys

    def validate_args(self, args, via):
        if via == VIA_CONFIGURATION:
            args = known_of(args, self)
        return validate(self, args, via)

    def get_unknown_ini_keys(self):
        keys = unknown_keys(self)
        for key in sorted(keys):
            _say(f"`{key}`, a key of the project's configuration of pytest that no plugin here knows")
        return set()

    def validate_plugins(self):
        here = {facade.project_name for _, facade in self.pluginmanager.list_plugin_distinfo()}
        for plugin in self.getini("required_plugins"):
            if plugin.split("=")[0].split(">")[0].split("<")[0].strip() not in here:
                _say(f"the plugin `{plugin}`, which the project's configuration requires")

    Config._validate_args = validate_args
    Config._get_unknown_ini_keys = get_unknown_ini_keys
    Config._validate_plugins = validate_plugins
    PytestPluginManager.load_setuptools_entrypoints = _load_entry_points


def known_of(words: list[str], config: Config) -> list[str]:
    """The words of `addopts` that pytest, or a conftest.py of the project, can take."""
    known = _options(config)
    kept, words = [], list(words)
    while words:
        word = words.pop(0)
        if word == "--":
            return kept + [word, *words]
        if word == "-p" or word.startswith("-p") and not word.startswith("--"):
            plugin = words.pop(0) if word == "-p" and words else word[2:]
            if plugin.startswith("no:") or _can_be_imported(plugin):
                kept += ["-p", plugin]
            else:
                _say(f"`-p {plugin}`, a plugin that isn't here")
            continue
        name = word.partition("=")[0]
        if not word.startswith("-") or _is_known(name, known) or _is_named_by_the_project(name):
            kept.append(word)
            continue
        shown = word
        takes = name in _WITH_VALUE or name[:2] in _WITH_VALUE and len(name) == 2
        if "=" not in word and words and not words[0].startswith("-") and (takes or not _is_path(words[0])):
            shown = f"{word} {words.pop(0)}"
        _say(f"`{shown}`, an option that no plugin here knows")
    return kept


def _options(config: Config) -> set[str]:
    """Every option that is known by now."""
    groups = [*config._parser._groups, config._parser._anonymous]
    return {name for group in groups for option in group.options for name in option.names()} | {"-h", "--help", "-V", "--version"}


def _is_known(name: str, known: set[str]) -> bool:
    if name.startswith("--"):
        # pytest takes no abbreviations of long options.
        return name in known
    # Several short ones in one word, such as `-ra` or `-vv`.
    return name[:2] in known and name[:2] != "-n"


def _is_named_by_the_project(name: str) -> bool:
    """Whether a conftest.py of the project may define an option: it is read later than the words are."""
    for folder, folders, names in os.walk(WORKSPACE):
        folders[:] = [it for it in folders if not it.startswith(".") and it != "node_modules"]
        if "conftest.py" in names:
            try:
                with open(f"{folder}/conftest.py", encoding="utf-8", errors="replace") as file:
                    if name in file.read(1 << 20):
                        return True
            except OSError:
                pass
    return False


def _can_be_imported(name: str) -> bool:
    if name.partition(".")[0] in _CANNOT_WORK:
        return False
    if standard.is_there(name) or standard.is_there(f"_pytest.{name}"):
        return True
    place = name.replace(".", "/")
    roots = (WORKSPACE, f"{WORKSPACE}/src", PACKAGES)
    return any(os.path.exists(f"{root}/{place}{end}") for root in roots for end in (".py", "/__init__.py"))


def _is_path(word: str) -> bool:
    return os.path.exists(os.path.join(WORKSPACE, word))


def _load_entry_points(self, group, name=None) -> int:
    """As pytest does, but that a plugin which can't be loaded here keeps no test from running."""
    count = 0
    if not os.path.isdir(PACKAGES):
        return count
    for distribution in importlib.metadata.distributions(path=[PACKAGES]):
        for entry in distribution.entry_points:
            taken = self.get_plugin(entry.name) or self.is_blocked(entry.name)
            if entry.group != group or (name is not None and entry.name != name) or taken:
                continue
            if entry.name in _CANNOT_WORK:
                _say(f"the plugin `{entry.name}`, which can't work in the sandbox")
                continue
            try:
                plugin = entry.load()
            except Exception as error:
                _say(f"the plugin `{entry.name}`, which can't be loaded: {type(error).__name__}: {error}")
                continue
            self.register(plugin, name=entry.name)
            self._plugin_distinfo.append((plugin, DistFacade(distribution)))
            count += 1
    return count


def _say(what: str) -> None:
    if what not in left_out:
        left_out.append(what)

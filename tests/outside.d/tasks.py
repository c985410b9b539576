"""Three small repositories, and what is to be built in each: a feature, a mend of one line, and an option that shows a version.

What each task says of its repository it takes from what the model was sent (`sent.py`).
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rules import Change, Task
from sent import Sent

FOLDER = Path(__file__).resolve().parent / "repositories"
sys.path.insert(0, str(FOLDER))
import units  # noqa: E402


class Markdown(Task):
    """A further format, in a package whose tests stand beside the code."""

    feature = """`notes export` should write Markdown, too: with `--format markdown` it prints a list, one item for each note in their order, such as
`- 2026-03-01: Buy milk`. No notes are no text. Put it beside `to_json`; CSV stays what it prints without the option."""
    word = "to_json"

    def plan(self, sent: Sent) -> list[dict]:
        library, command = sent.find(r"\bnotes/export\.py\b")[0], sent.find(r"\bnotes/cli\.py\b")[0]
        return [
            piece("markdown", f"`to_markdown(notes) -> str` beside `to_json`, and its entry `markdown` in FORMATS of {library}", library),
            piece("option", "`--format` takes `markdown`, too", command, after=["markdown"]),
        ]

    def changes(self, sent: Sent, paths: list[str]) -> list[Change]:
        return [self.change(sent, path) for path in paths]

    def change(self, sent: Sent, path: str) -> Change:
        if path.endswith("cli.py"):
            line = sent.block(path, r"choices=\[", r"choices=\[")
            return Change(path, [(line, re.sub(r'"\](?=, default)', '", "markdown"]', line))])
        # As the functions beside it say it.
        parameters = sent.find(r"def to_json(\(.*\)) -> str:")[1]
        day = sent.find(r"note\.day\.isoformat\(\)")[0]
        function = (
            f'def to_markdown{parameters} -> str:\n    """A list with an item for each note."""\n'
            f'    return "".join(f"- {{{day}}}: {{note.text}}\\n" for note in notes)\n\n\n'
        )
        formats = sent.block(path, r"^FORMATS", r"^FORMATS")
        last = sent.block(path, r'^    "json": ', r'^    "json": ')
        return Change(path, [(formats, function + formats), (last, last + "\n" + last.replace("json", "markdown"))])

    def tests(self, sent: Sent) -> dict[str, str]:
        folder = sent.find(r"### FILE: ([\w/]+)/export\.py")[1]
        ending = "_test.py" if re.search(rf"\b{folder}/\w+_test\.py", sent.text) else None
        path = f"{folder}/markdown{ending}" if ending else "tests/test_markdown.py"
        package = folder.replace("/", ".")
        return {
            path: (
                f"from datetime import date\n\nimport pytest\n\nfrom {package}.cli import main\nfrom {package}.export import to_markdown\n"
                f'from {package}.store import Note\n\nNOTES = [Note(date(2026, 3, 1), "Buy milk"), Note(date(2026, 3, 2), "Call home")]\n'
                'ITEMS = "- 2026-03-01: Buy milk\\n- 2026-03-02: Call home\\n"\n\n\n'
                '@pytest.mark.parametrize(("notes", "text"), [([], ""), (NOTES, ITEMS)])\ndef test_each_note_is_an_item(notes, text):\n'
                "    assert to_markdown(notes) == text\n\n\ndef test_the_command_takes_the_format(tmp_path, capsys):\n"
                '    path = tmp_path / "notes.txt"\n    path.write_text("2026-03-01 Buy milk\\n2026-03-02 Call home\\n", encoding="utf-8")\n'
                '    assert main(["export", str(path), "--format", "markdown"]) == 0\n    assert capsys.readouterr().out == ITEMS\n'
            )
        }


class Mend(Task):
    """One line of a module of 2,500."""

    feature = units.FEATURE
    word = "def pints_to_litres("

    def plan(self, sent: Sent) -> list[dict]:
        path = sent.find(r"\b[\w/]*units\.py\b")[0]
        right = sent.find(r"pint holds ([\d.]+) litres")[1]
        return [piece("pint", f"`pints_to_litres` of {path} multiplies by {right}; nothing else changes", path)]

    def wanted(self, sent: Sent, paths: list[str]) -> list[tuple[str, dict]]:
        asked = sent.calls()
        if not asked:
            return [("search", {"pattern": "def pints_to_litres", "literal": True}), ("search", {"pattern": r"\bpints\b", "paths": paths[0]})]
        if len(asked) > 2:
            return []
        line = int(sent.find(r"units\.py:(\d+): def pints_to_litres")[1])
        return [("read", {"path": paths[0], "first": line - 5, "last": line + 10})]

    def changes(self, sent: Sent, paths: list[str]) -> list[Change]:
        (path,) = paths
        right = sent.find(r"multiplies by ([\d.]+);")[1]
        if not sent.lines(path):
            # A model that is shown no line of the file, and is to send all of it, sends what it knows.
            return [Change(path, new=f"def pints_to_litres(value: float) -> float:\n    return value * {right}\n")]
        # The same factor is right elsewhere: the name of the function tells the place.
        there = sent.block(path, r"^def pints_to_litres\(", r"^    return ")
        return [Change(path, [(there, re.sub(r"(?<=\* )[\d.]+$", right, there))])]

    def tests(self, sent: Sent) -> dict[str, str]:
        module = sent.find(r"\b(\w[\w/]*units)\.py\b")[1]
        right = sent.find(r"pint holds ([\d.]+) litres")[1]
        return {
            "tests/test_pints.py": (
                f"import pytest\n\nfrom {module.replace('/', '.')} import pints_to_litres\n\n\n"
                f"def test_a_pint_is_the_imperial_one():\n    assert pints_to_litres(1) == pytest.approx({right})\n"
            )
        }


class Version(Task):
    """An option, in a package whose version lies in a module that git ignores."""

    feature = """`tides --version` should print the name and the version of the package, such as `tides 1.4.2`, and end with exit code 0.
It takes the version from `__version__`."""
    word = "__version__"

    def plan(self, sent: Sent) -> list[dict]:
        command = sent.find(r"\bsrc/tides/cli\.py\b")[0]
        paths = [command]
        # Whoever reads where the version comes from may want to write there.
        if module := re.search(r"from tides\.(\w+) import version", sent.text):
            ignored = f"src/tides/{module[1]}.py"
            if "git ignores" not in sent.remark():
                paths.append(ignored)
        return [piece("version", "`--version` prints `tides` and `__version__` of the package", *paths)]

    def wanted(self, sent: Sent, paths: list[str]) -> list[tuple[str, dict]]:
        if sent.turn == 0:
            return [("read", {"path": path}) for path in paths] + [("search", {"pattern": "__version__", "literal": True})]
        if sent.turn == 1 and (module := re.search(r"from tides\.(\w+) import version", sent.text)):
            return [("write", {"path": f"src/tides/{module[1]}.py", "content": 'version = "9.9.9"\n'})]
        return []

    def changes(self, sent: Sent, paths: list[str]) -> list[Change]:
        (path,) = paths
        importing = sent.block(path, r"^from tides import ", r"^from tides import ")
        making = sent.block(path, r"top = argparse\.ArgumentParser", r"top = argparse\.ArgumentParser")
        name = re.search(r'prog="(\w+)"', making)[1]
        option = f'    top.add_argument("--version", action="version", version=f"{name} {{__version__}}")'
        return [Change(path, [(importing, importing.replace("import ", "import __version__, ", 1)), (making, f"{making}\n{option}")])]

    def tests(self, sent: Sent) -> dict[str, str]:
        package = sent.find(r"### FILE: src/(\w+)/cli\.py")[1]
        return {
            "tests/test_version.py": (
                f"import pytest\n\nimport {package}\nfrom {package}.cli import main\n\n\n"
                "def test_the_version_is_printed(capsys):\n    with pytest.raises(SystemExit) as ended:\n        main([\"--version\"])\n"
                f'    assert ended.value.code == 0\n    assert capsys.readouterr().out == f"{package} {{{package}.__version__}}\\n"\n'
            )
        }


class Prose(Task):
    """A line of the README: nothing that a test could try."""

    feature = "The README should say that `notes export` takes `--month 2026-03`, below the line that shows how it exports."
    word = "--month"

    def plan(self, sent: Sent) -> list[dict]:
        month = sent.find(r"--month [\d-]+")[0]
        return [piece("readme", f"a line with `{month}` below the one of `notes export`", sent.find(r"\bREADME\.md\b")[0])]

    def changes(self, sent: Sent, paths: list[str]) -> list[Change]:
        line = sent.block(paths[0], "notes export FILE", "notes export FILE")
        month = sent.find(r"--month [\d-]+")[0]
        return [Change(paths[0], [(line, line + "\n" + re.sub("--format csv", month, line))])]


def piece(id: str, description: str, *files: str, after: list[str] | None = None) -> dict:
    """A piece of work on files that are there."""
    depends = {"depends_on": after} if after else {}
    return {"id": id, "title": id, "description": description, "files": list(files), "existing": list(files)} | depends


@dataclass(frozen=True)
class Repository:
    """One of the three, and what is to come of its task."""

    name: str
    task: type[Task]
    write: Callable[[Path], None]
    # The files that the task changes, with how many lines it adds and removes in each, and those that it adds.
    changed: dict[str, tuple[int, int]]
    added: tuple[str, ...]
    # What git ignores and the tests need.
    ignored: str | None = None


def copied(name: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        shutil.copytree(FOLDER / name, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))

    return write


def tides(folder: Path) -> None:
    """With the module that its installation writes, and that git ignores."""
    copied("tides")(folder)
    (folder / "src/tides/_version.py").write_text('version = "1.4.2"\n', encoding="utf-8")


# The first one again, with a request that no code answers.
PROSE = Repository("prose", Prose, copied("notes"), {"README.md": (1, 0)}, ())

REPOSITORIES = {
    it.name: it
    for it in (
        Repository("notes", Markdown, copied("notes"), {"notes/export.py": (6, 0), "notes/cli.py": (1, 1)}, ("notes/markdown_test.py",)),
        Repository("units", Mend, units.write, {"measures/units.py": (1, 1)}, ("tests/test_pints.py",)),
        Repository("tides", Version, tides, {"src/tides/cli.py": (2, 1)}, ("tests/test_version.py",), "src/tides/_version.py"),
    )
}


def git(folder: Path, *arguments: str) -> str:
    """What git says, in a repository and as nobody in particular."""
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "-c", "core.autocrlf=false", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def commit(folder: Path) -> None:
    """Makes a repository of a folder, with one commit of all that isn't ignored."""
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "As it stands")

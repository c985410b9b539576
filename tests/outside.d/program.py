"""The real binary in a project of its own: a fresh copy of a folder, such as the demonstration's."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from cassette import Place

ROOT = Path(__file__).resolve().parents[2]
DEMONSTRATION = ROOT / "examples" / "automated_coding"
BINARY = os.environ["STEPWELL_BINARY"]
OUTSIDE = Path(os.environ["STEPWELL_OUTSIDE"])
# Nothing takes longer than this unless it hangs.
PATIENCE = 300


class Project:
    """A copy of a folder, of the demonstration's if nothing else is said, in which commands are run."""

    def __init__(self, folder: Path, source: Path = DEMONSTRATION):
        self.folder = folder
        # What the steps see; the definition names it.
        self.workspace = folder / "workspace"
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns(".stepwell", "__pycache__", ".pytest_cache"))
        if source == DEMONSTRATION:
            for workflow in ("automated_coding.toml", "untested_coding.toml"):
                text = (ROOT / "workflows" / workflow).read_text(encoding="utf-8")
                text = text.replace("\n[inputs]", 'workspace = "workspace"\n\n[inputs]', 1)
                (folder / workflow).write_text(text, encoding="utf-8")
        self.given = self.files()
        self.variables = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
        # One cache of compiled code for all tests: otherwise each would compile every step anew.
        self.variables["XDG_CACHE_HOME"] = str(OUTSIDE / "cache")
        self.variables["STEPWELL_PLUGINS"] = str(OUTSIDE / "plugins")

    def start(self, *arguments: str, **options) -> subprocess.Popen:
        return subprocess.Popen(
            [BINARY, *arguments], cwd=self.folder, env=self.variables, stdin=subprocess.DEVNULL, text=True, **options
        )

    def run(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess:
        """Runs a command to its end, which must be this exit code."""
        with self.start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            stdout, stderr = process.communicate(timeout=PATIENCE)
        shown = f"stepwell {' '.join(arguments[:3])} …: exit code {process.returncode}\n{stdout}\n{stderr}"
        assert process.returncode == code, shown
        return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)

    def json(self, *arguments: str):
        return json.loads(self.run(*arguments, "--json").stdout)

    def files(self) -> dict[str, bytes]:
        """Every file of the workspace with its bytes."""
        paths = (path for path in sorted(self.workspace.rglob("*")) if path.is_file())
        return {str(path.relative_to(self.workspace)): path.read_bytes() for path in paths}

    def written(self) -> dict[str, bytes]:
        """The files that were not there at the beginning, or are others now."""
        return {name: data for name, data in self.files().items() if self.given.get(name) != data}

    def documents(self) -> dict[tuple[str, str], str]:
        """The text of every document, by execution and name."""
        listed = self.json("docs", "list", "last")
        return {
            (it["execution"], it["name"]): self.json("docs", "get", "last", it["execution"], it["name"])["text"]
            for it in listed
        }

    def calls(self) -> dict[Place, dict]:
        """Every call of the newest run, by its place."""
        return {place_of(call): call for call in self.json("calls", "last")}

    def call(self, call: dict) -> dict:
        """Everything that is kept of a call."""
        return self.json("calls", "show", call["id"])


def place_of(call: dict) -> Place:
    """The place of a call: its execution is named as in `implementation/code[2]`."""
    items = tuple(int(item) for item in re.findall(r"\[([0-9]+)\]", call["execution"]))
    return Place(call["step"], items, call["sequence"])

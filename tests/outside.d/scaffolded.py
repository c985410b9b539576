"""A project as `stepwell plugin new` writes it, in which an author's commands are carried out."""

import json
import os
import shutil
import subprocess
import tomllib
from pathlib import Path

from pages import environment
from program import BINARY, OUTSIDE, ROOT

# Nothing takes longer than this unless it hangs.
PATIENCE = 600
EXTENSIONS = {"rust": "rs", "python": "py", "javascript": "js", "go": "go", "c": "c"}
# Go keeps what it compiled here, fetches nothing, and compiles one package at a time: it has a compiler for each processor, and those are others' as well.
GO = {
    "GOCACHE": str(OUTSIDE / "cache/go"),
    "GOPATH": str(OUTSIDE / "go"),
    "GOENV": "off",
    "GOFLAGS": "-p=1",
    "GOPROXY": "off",
    "GOTOOLCHAIN": "local",
}


def variables() -> dict[str, str]:
    """An author's terminal. What the SDK in Rust is compiled to is kept between tests: each project would compile it anew."""
    toolchain = tomllib.loads((ROOT / "rust-toolchain.toml").read_text(encoding="utf-8"))["toolchain"]["channel"]
    return environment() | GO | {
        "PATH": f"{Path(BINARY).parent}{os.pathsep}{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(OUTSIDE / "cache"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "RUSTUP_TOOLCHAIN": toolchain,
        "CARGO_BUILD_BUILD_DIR": str(OUTSIDE / "guide"),
    }


class Scaffolded:
    """A project of a new plugin."""

    def __init__(self, around: Path, language: str, *options: str, name: str = "wise_step"):
        self.folder = around / "in a folder"
        command = [BINARY, "plugin", "new", name, "--lang", language, "--into", str(self.folder), "--json", *options]
        said = subprocess.run(command, cwd=around, env=variables(), check=True, capture_output=True, text=True).stdout
        self.begun = json.loads(said)
        self.component = self.folder / self.begun["component"]
        if language == "rust":
            self.pin()

    def pin(self):
        """What the SDK depends on: the versions that this repository was tested with, not the newest of the day."""
        shutil.copy(ROOT / "Cargo.lock", self.folder)

    def shell(self, command: str) -> str:
        """What a command prints, which must succeed."""
        ended = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self.folder,
            env=variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
        )
        assert ended.returncode == 0, f"exit code {ended.returncode} of `{command}`\n{ended.stdout}"
        return ended.stdout

    def next(self) -> list[str]:
        """The commands that come next, without the one that goes there."""
        return [command for command in self.begun["next"] if not command.startswith("cd ")]

    def follow(self):
        """Does all that the project says comes next: it is made ready, tested, built, looked at and run."""
        for command in self.next():
            self.shell(command)
        self.has_run()

    def has_run(self):
        """The workflow's second answer was a list, after the first one was none and the model was told."""
        assert self.component.is_file()
        assert self.shell("stepwell docs get last notes notes").strip() == "- Reading is twice as fast."
        calls = json.loads(self.shell("stepwell calls last --json"))
        assert len(calls) == 2
        prompts = [json.loads(self.shell(f"stepwell calls show {call['id']} --json"))["request"]["messages"][-1]["parts"][0]["text"] for call in calls]
        assert prompts[0] == "Write release notes, as a list, for:\nfaster reading"
        assert prompts[1].startswith(prompts[0]) and "it holds no list" in prompts[1]

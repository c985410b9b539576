"""Pages of documentation, carried out as they stand: their files are written, their commands run, in the order of the page.

A comment before a fenced block says what it is:

    <!-- run -->             a command that must succeed; `<!-- run: 0 3 -->`: with one of these exit codes
    <!-- background: TEXT -->  a command that goes on until the page ends; what follows waits until it has printed TEXT
    <!-- shown: WHY -->      a command that isn't run here, and why not; that it can be read is tested in host/cli
    <!-- file: NAME -->      a file; `<!-- add: NAME -->`: more of it

Every block of shell commands has one; blocks of other languages without one are only shown. The working directory holds from
block to block, as in a person's terminal.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"^(?:<!-- (run|background|shown|file|add)(?:: (.+?))? -->\n)?(`{3,})(\w*)\n(.*?)^\3$", re.MULTILINE | re.DOTALL)
MARK = re.compile(r"^<!-- (?:run|background|shown|file|add)\b", re.MULTILINE)
# Nothing takes longer than this unless it hangs.
PATIENCE = 600


@dataclass
class Block:
    kind: str | None
    argument: str
    language: str
    body: str


def blocks(page: Path) -> list[Block]:
    """What a page says to do. A block of commands that nobody marked is an error: it would be promised and never tried."""
    text = page.read_text(encoding="utf-8")
    found = [Block(kind or None, argument, language, body) for kind, argument, _, language, body in BLOCK.findall(text)]
    marked = [block for block in found if block.kind]
    assert len(marked) == len(MARK.findall(text)), f"{page}: a mark without a block behind it"
    # Only what a shell takes has to be tried: other languages are told by their names.
    for block in found:
        assert block.kind or block.language not in ("sh", "bash", "shell", "console", "zsh"), f"{page}: nothing says how this is tried:\n{block.body}"
        assert block.kind not in ("background", "shown", "file", "add") or block.argument, f"{page}: {block.kind} of what?"
    return marked


class Terminal:
    """What a person types into: a working directory, an environment, and what runs beside."""

    def __init__(self, folder: Path, environment: dict[str, str], patience: int = PATIENCE, shown: bool = False):
        self.folder = folder
        self.environment = environment
        self.patience = patience
        # Whether what commands print goes on to whoever runs this.
        self.shown = shown
        self.beside: list[subprocess.Popen] = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.beside:
            process.terminate()
        for process in self.beside:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()

    def carry_out(self, page: Path, these: list[Block] | None = None) -> int:
        """Does what a page says, or these blocks of it; gives how many commands there were."""
        commands = 0
        for block in blocks(page) if these is None else these:
            if self.shown:
                say(f"{block.kind} {block.argument}\n{block.body.strip()}")
            if block.kind == "run":
                self.run(block.body, {int(code) for code in (block.argument or "0").split()}, page.name)
            elif block.kind == "background":
                self.start(block.body, block.argument, page.name)
            elif block.kind in ("file", "add"):
                path = self.folder / block.argument
                path.parent.mkdir(parents=True, exist_ok=True)
                with open(path, "a" if block.kind == "add" else "w", encoding="utf-8") as file:
                    file.write(block.body)
            commands += block.kind in ("run", "background")
        return commands

    def run(self, body: str, codes: set[int], name: str):
        """Runs a block of commands; the working directory that it ends in is that of the next one."""
        with tempfile.NamedTemporaryFile("r", encoding="utf-8") as place:
            ended = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", f"trap 'pwd > {place.name}' EXIT\n{body}"],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=None if self.shown else subprocess.PIPE,
                stderr=None if self.shown else subprocess.STDOUT,
                text=True,
                timeout=self.patience,
            )
            assert ended.returncode in codes, f"{name}: exit code {ended.returncode} of\n{body}\n{ended.stdout or ''}"
            self.folder = Path(place.read().strip())

    def start(self, body: str, until: str, name: str):
        """Starts a command that goes on, and waits until it has said that it is ready."""
        with tempfile.NamedTemporaryFile("r", encoding="utf-8") as said:
            with open(said.name, "w", encoding="utf-8") as output:
                # The shell makes way for the command, so that the command is what is ended.
                process = subprocess.Popen(
                    ["bash", "-euc", f"exec {body}"],
                    cwd=self.folder,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                )
            self.beside.append(process)
            deadline = time.monotonic() + self.patience
            while until not in (text := Path(said.name).read_text(encoding="utf-8")):
                assert process.poll() is None and time.monotonic() < deadline, f"{name}: {body}\n{text}"
                time.sleep(0.02)


def environment() -> dict[str, str]:
    """Of this process's variables those that a fresh terminal has, without a key of any provider."""
    kept = ("HOME", "USER", "PATH", "LANG", "TMPDIR", "CARGO_HOME", "RUSTUP_HOME")
    # How packages are had is this machine's affair.
    prefixes = ("PIP_", "CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTRIES_", "CARGO_SOURCE_", "RUSTUP_DIST_", "SSL_CERT_")
    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")
    return {
        name: value
        for name, value in os.environ.items()
        if name in kept or name.startswith(prefixes) or name.upper() in proxies
    }


def say(text: str):
    print(f"== {text}", file=sys.stderr, flush=True)

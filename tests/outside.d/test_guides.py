"""The guides, carried out as they stand: their files are written, their commands run, in the order of the page.

A comment before a fenced block says what it is: `<!-- run -->`, `<!-- run: 0 3 -->` with its exit codes,
`<!-- file: NAME -->`, or `<!-- add: NAME -->` for more of a file. Blocks without one are only shown.
"""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from program import BINARY, OUTSIDE, PATIENCE, ROOT

GUIDES = ROOT / "docs" / "guides"
BLOCK = re.compile(r"^<!-- (run|file|add)(?:: (.+?))? -->\n(`{3,})\w*\n(.*?)^\3$", re.MULTILINE | re.DOTALL)


def carry_out(guide: str, folder: Path):
    """Does what a guide says, in a folder."""
    toolchain = tomllib.loads((ROOT / "rust-toolchain.toml").read_text(encoding="utf-8"))["toolchain"]["channel"]
    kept = ("HOME", "TMPDIR", "LANG", "CARGO_HOME", "RUSTUP_HOME")
    environment = {name: os.environ[name] for name in kept if name in os.environ} | {
        "PATH": f"{Path(BINARY).parent}{os.pathsep}{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(OUTSIDE / "cache"),
        "RUSTUP_TOOLCHAIN": toolchain,
        "STEPWELL": str(ROOT),
    }
    text = (GUIDES / guide).read_text(encoding="utf-8")
    blocks = BLOCK.findall(text)
    assert len(blocks) == len(re.findall(r"^<!-- (?:run|file|add)", text, re.MULTILINE)), "a block that can't be read"
    commands = 0
    for what, name, _, body in blocks:
        if what == "run":
            ended = subprocess.run(
                ["bash", "-euc", body],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=2 * PATIENCE,
            )
            expected = [int(code) for code in (name or "0").split()]
            shown = f"{guide}: exit code {ended.returncode} of\n{body}\n{ended.stdout}\n{ended.stderr}"
            assert ended.returncode in expected, shown
            commands += 1
        else:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "a" if what == "add" else "w", encoding="utf-8") as file:
                file.write(body)
    assert commands, f"{guide} has no command"


@pytest.fixture(scope="session")
def first(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("first")
    carry_out("first-workflow.md", folder)
    return folder


def test_the_first_workflow(first):
    assert (first / "wordcount/count.py").is_file()


@pytest.mark.parametrize("guide", ["prompts.md", "models.md", "compare.md"])
def test_what_follows_the_first_workflow(first, tmp_path, guide):
    shutil.copytree(first, tmp_path / "project")
    carry_out(guide, tmp_path / "project")


def test_a_step_in_rust(tmp_path):
    # The versions that this repository was tested with, not the newest of the day.
    (tmp_path / "release_notes").mkdir()
    shutil.copy(ROOT / "Cargo.lock", tmp_path / "release_notes")
    # What the step depends on is compiled once, not in every run of this test.
    (OUTSIDE / "guide").mkdir(exist_ok=True)
    (tmp_path / "release_notes/target").symlink_to(OUTSIDE / "guide")
    carry_out("plugins-in-rust.md", tmp_path)


def test_a_step_in_python(tmp_path):
    carry_out("plugins-in-python.md", tmp_path)


def test_every_guide_is_carried_out():
    known = {"first-workflow.md", "prompts.md", "compare.md", "models.md", "serve.md"}
    known |= {"plugins-in-rust.md", "plugins-in-python.md"}
    assert {path.name for path in GUIDES.glob("*.md")} == known


def test_every_link_leads_somewhere():
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md"), ROOT / "wit/README.md"]
    broken = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert not broken

"""The guides, carried out as they stand, one after the other in one folder: in the order in which the README lists them."""

import os
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from pages import Terminal, blocks, environment
from program import BINARY, OUTSIDE, ROOT
from registries import REGISTRY
from scaffolded import GO

GUIDES = ROOT / "docs" / "guides"
# Those of its list; a link in a sentence leads to a page that one comes to later.
LISTED = re.findall(r"^- \[[^\]]+\]\(docs/guides/([a-z-]+\.md)\)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
# Pages with commands that begin in a folder of their own.
ALONE = ["examples/automated_coding/README.md"]


def terminal(folder: Path) -> Terminal:
    toolchain = tomllib.loads((ROOT / "rust-toolchain.toml").read_text(encoding="utf-8"))["toolchain"]["channel"]
    variables = environment() | GO | {
        "PATH": os.pathsep.join([str(Path(BINARY).parent), str(REGISTRY.parent), os.environ["PATH"]]),
        "XDG_CACHE_HOME": str(OUTSIDE / "cache"),
        "STEPWELL_PLUGINS": str(OUTSIDE / "plugins"),
        "RUSTUP_TOOLCHAIN": toolchain,
        # The SDK is compiled once, not in every run of this test.
        "CARGO_BUILD_BUILD_DIR": str(OUTSIDE / "guide"),
        "STEPWELL": str(ROOT),
    }
    return Terminal(folder, variables)


@pytest.fixture(scope="module")
def followed(tmp_path_factory) -> Path:
    """The folder in which a person follows one guide after the other."""
    return tmp_path_factory.mktemp("guides")


def pinned(folder: Path):
    """What a step in Rust depends on: the versions that this repository was tested with, not the newest of the day."""
    for manifest in folder.glob("*/Cargo.toml"):
        if not (lock := manifest.with_name("Cargo.lock")).exists():
            shutil.copy(ROOT / "Cargo.lock", lock)


@pytest.mark.parametrize("guide", [pytest.param(guide, id=guide) for guide in LISTED])
def test_a_guide(followed, guide):
    with terminal(followed) as opened:
        commands = 0
        for block in blocks(GUIDES / guide):
            commands += opened.carry_out(GUIDES / guide, [block])
            pinned(followed)
        assert commands, f"{guide} has no command"
    if guide == "first-workflow.md":
        assert (followed / "wordcount/count.py").is_file()


@pytest.mark.parametrize("page", ALONE)
def test_a_page_of_its_own(tmp_path, page):
    with terminal(tmp_path) as opened:
        opened.environment["TMPDIR"] = str(tmp_path)
        assert opened.carry_out(ROOT / page)


def test_every_guide_is_listed_in_the_readme():
    assert sorted(LISTED) == sorted(path.name for path in GUIDES.glob("*.md"))


def test_a_block_that_nobody_marked_is_an_error(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```sh\nstepwell status\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="nothing says how this is tried"):
        blocks(page)
    page.write_text("<!-- run -->\n\n```sh\nstepwell status\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="a mark without a block"):
        blocks(page)
    page.write_text("<!-- run: 1 -->\n```sh\nfalse\n```\n", encoding="utf-8")
    with Terminal(tmp_path, environment()) as opened:
        assert opened.carry_out(page) == 1
        page.write_text("<!-- run -->\n```sh\nfalse\n```\n", encoding="utf-8")
        with pytest.raises(AssertionError, match="exit code 1"):
            opened.carry_out(page)


def test_every_link_leads_somewhere():
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md"), ROOT / "wit/README.md"]
    broken = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert not broken

"""Packages as they lie at PyPI, for tests that run their tests: taken from the registry that pip is configured for, by hash."""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from program import OUTSIDE, PATIENCE

FOLDER = OUTSIDE / "packages"
TYPE = "application/vnd.pypi.simple.v1+json"


@dataclass(frozen=True)
class Package:
    """A source package, and what a definition says for its tests."""

    name: str
    version: str
    sha256: str
    # What git ignores and its modules import.
    include: tuple[str, ...] = ()
    # What is lent to it: requirements with hashes.
    needs: tuple[str, ...] = ()
    # The options of its configuration, without those that need a plugin.
    options: str = ""
    # Parts of the ids of tests that skip themselves where a module of the standard library isn't there.
    skips: tuple[str, ...] = ()
    # Parts of the ids of tests that only an older Python has than the sandbox's.
    older: tuple[str, ...] = ()

    # What one instance may compute.
    cpu: str = "30s"

    @property
    def stem(self) -> str:
        return f"{self.name}-{self.version}"

    def source(self) -> Path:
        """Its folder, downloaded and unpacked once."""
        place = FOLDER / self.stem
        if not place.exists():
            archive = FOLDER / f"{self.stem}.tar.gz"
            FOLDER.mkdir(parents=True, exist_ok=True)
            archive.write_bytes(self._download())
            with tarfile.open(archive) as opened:
                opened.extractall(FOLDER / f".{self.stem}", filter="data")
            (FOLDER / f".{self.stem}" / self.stem).rename(place)
        return place

    def _download(self) -> bytes:
        page = f"{_index().rstrip('/')}/{self.name.replace('_', '-')}/"
        asked = urllib.request.Request(page, headers={"Accept": TYPE})
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
            files = json.load(answer)["files"]
        address = next(file["url"] for file in files if file["filename"] == f"{self.stem}.tar.gz")
        with urllib.request.urlopen(urllib.parse.urljoin(page, address), timeout=PATIENCE) as answer:
            content = answer.read()
        assert hashlib.sha256(content).hexdigest() == self.sha256, f"{self.stem} is another file than it was"
        return content

    def packages(self) -> Path | None:
        """A folder with what it needs, installed once; none where it needs nothing."""
        if not self.needs:
            return None
        place = FOLDER / f"{self.stem}-needs"
        if not place.exists():
            FOLDER.mkdir(parents=True, exist_ok=True)
            listed = FOLDER / f"{self.stem}.txt"
            listed.write_text("\n".join(self.needs) + "\n")
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "--only-binary=:all:"]
            made = FOLDER / f".{self.stem}-needs"
            subprocess.run([*pip, "--target", made, "--requirement", listed], check=True, timeout=PATIENCE)
            made.rename(place)
        return place


def _index() -> str:
    """The registry that pip is configured for."""
    asked = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    configured = subprocess.run(asked, capture_output=True, text=True)
    return os.environ.get("PIP_INDEX_URL") or configured.stdout.strip() or "https://pypi.org/simple"


OF_DATES = (
    "freezegun==1.5.5 --hash=sha256:cd557f4a75cf074e84bc374249b9dd491eaeacd61376b9eb3c423282211619d2",
    "python-dateutil==4.0.0 --hash=sha256:a5e246f79eb80475e691bf93862cead98decd8a498cf53ba0516fcdc0f50dc1c",
    "six==1.17.0 --hash=sha256:4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274",
)
OF_LETTERS = ("text-unidecode==1.3 --hash=sha256:1311f10e8b895935241623731c2ba64f4c455287888b18189350b67134a822e8",)

PACKAGES = [
    # `--cov` in its options.
    Package("semver", "3.1.2", "bea193552413194252d33ff26ce0962b76669bd1c6fb17e8e203ac37f072feaf", options="--doctest-glob=docs/*.rst"),
    # In `test/`, with a version that git ignores.
    Package("tabulate", "0.10.0", "e2cfde8f79420f6deeffdeda9aaec3b6bc5abce947655d17ac662b126e48a60d", include=("tabulate/version.py",), skips=("numpy", "pandas")),
    # In the top folder.
    Package(
        "six",
        "1.17.0",
        "ff70335d468e7eb6ec65b95b99d3a2836546063f63acc5171de367e834932a81",
        skips=("[tkinter", "[dbm_gnu", "[dbm_ndbm"),
        older=("[URLopener]", "[FancyURLopener]"),
    ),
    # Beside the code.
    Package("toolz", "1.2.0", "9667a038e9d6ecba37995e26cb2f59ec6420b6ad8dd9677de59db9b956b08490"),
    # In `testing/`, the package below `src/`, with a version that git ignores.
    Package("iniconfig", "2.3.1", "67f4b9c50da0dedf52af349e7749a80a9057a5031199791b906c3bb3ae878960", include=("src/iniconfig/_version.py",)),
    Package("xmltodict", "1.0.4", "6d94c9f834dd9e44514162799d344d815a3a4faec913717a9ecbfa5be1bb8e61"),
    # With packages that it depends on.
    Package(
        "python_slugify",
        "9.2.0",
        "cee32948083476013804de1667724fb1362dacb71e47b1d5d92adf8db6ee3298",
        needs=OF_LETTERS,
        skips=("test_ascii_input_skips_backend_import",),
    ),
    Package(
        "humanize",
        "4.17.0",
        "1d6a36c453dbfbb3f0b34601d2e0b4ce5d48d780305cd45714843f0068fde6ac",
        # Its translations are ignored, too, and its tests skip without them.
        include=("src/humanize/_version.py", "src/humanize/locale"),
        needs=OF_DATES,
        skips=("test_update_translations",),
        options="--doctest-modules",
    ),
    Package("sqlparse", "0.6.1", "ca722573f848ff2d30e40ea30f53a104b7dea7635ea9285891263eb2c58fb6e7"),
    Package("cachetools", "8.0.2", "30ac523adfc118b51d2b2e7bad8a0ddb31370dfe2700c7f10ca224f36ccf81e0"),
    Package("mistune", "3.4.0", "2eaf7952af928ca8d33b779762effc1da517b62c6ad85ec8ca957e3b07b9782a"),
    # More than an instance has time for unless it is given more: one of its tests alone computes for half a minute.
    Package("more_itertools", "11.2.1", "cbf08fd0af284dc69718b9b76a8e6203df624d70209ea511e4219d350c856f63", cpu="60s"),
]

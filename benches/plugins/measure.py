#!/usr/bin/env python3
"""What a plugin costs, by language, and beside Extism and a process for each step, on the same machine within one run.

    benches/plugins/measure.py DIR

It builds the program and, with its commands, a project of `stepwell plugin new` in each language in DIR; then the programs of
`benches/beside/extism`. Everything of it is kept there, so that the next time only what changed is built. What is measured, and how,
is in `benches/benches/plugins`.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"), "release", "stepwell").resolve()
EXTISM = ROOT / "benches" / "beside" / "extism"
LANGUAGES = ["rust", "c", "go", "javascript", "python"]
CHECKS = 9


def run(command: list | str, folder: Path, **variables: str) -> str:
    """What a command prints; if it fails, everything ends with what it said."""
    words = command if isinstance(command, str) else [str(word) for word in command]
    shell = isinstance(command, str)
    ended = subprocess.run(words, shell=shell, cwd=folder, env=os.environ | variables, capture_output=True, text=True)
    if ended.returncode:
        sys.exit(f"{command}: exit code {ended.returncode}\n{ended.stdout}\n{ended.stderr}")
    return ended.stdout


def project(language: str, into: Path) -> Path:
    """The component of a project in a language, built by the project's own commands."""
    folder = into / language
    # The commands name `stepwell`.
    here = {"PATH": f"{BINARY.parent}:{os.environ['PATH']}"}
    told = into / f"{language}.json"
    if not folder.exists():
        told.write_text(run([BINARY, "plugin", "new", "measured", "--lang", language, "--into", folder, "--json"], into))
        begun = json.loads(told.read_text())
        for command in begun["next"][1 : begun["next"].index(begun["build"]) + 1]:
            run(command, folder, **here)
    return folder / json.loads(told.read_text())["component"]


def beside(into: Path) -> Path:
    """Where what is measured beside was built."""
    target = into / "beside"
    build = ["cargo", "build", "--locked", "--target-dir", target]
    run(["rustup", "target", "add", "wasm32-unknown-unknown"], EXTISM)
    run([*build, "--release", "--package", "measured-host"], EXTISM)
    run([*build, "--profile", "small", "--package", "measured-process"], EXTISM)
    run([*build, "--profile", "small", "--package", "measured-module", "--target", "wasm32-unknown-unknown"], EXTISM)
    run([*build, "--profile", "small", "--package", "measured-step", "--target", "wasm32-wasip2"], EXTISM)
    return target


def checks(components: dict[str, Path], into: Path):
    """How long `plugin check` takes, from the start of the process to its end."""
    print("\n| `plugin check` | with nothing in the cache | from the cache |\n| --- | --- | --- |")
    for language, component in components.items():
        cache = into / "cache"
        shutil.rmtree(cache, ignore_errors=True)
        took = []
        for _ in range(CHECKS):
            begun = time.perf_counter()
            run([BINARY, "plugin", "check", component], into, XDG_CACHE_HOME=str(cache))
            took.append(time.perf_counter() - begun)
        print(f"| {language} | {took[0]:.2f} s | {statistics.median(took[1:]) * 1000:.0f} ms |", flush=True)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    into = Path(sys.argv[1]).resolve()
    into.mkdir(parents=True, exist_ok=True)
    run(["cargo", "build", "--release", "--locked", "--package", "stepwell"], ROOT)
    components = {language: project(language, into) for language in LANGUAGES}
    told = [f"{language}={component}" for language, component in components.items()]
    bench = ["cargo", "bench", "--locked", "--package", "stepwell-benches", "--bench", "plugins", "--"]
    print(run([*bench, *told, f"beside={beside(into)}"], ROOT), end="")
    checks(components, into)


main()

#!/usr/bin/env python3
"""What the step `testing` costs, beside the native pytest in a subprocess.

    cargo build --release --package stepwell && plugins/testing/build
    benches/testing/measure.py

Run it with a Python that has the same pytest as plugins/testing/requirements.txt. Native and sandboxed runs are interleaved;
quoted are medians, and the ratio within one run of this script.
"""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"), "release", "stepwell").resolve()
TIMES = 11

DEFINITION = """name = "measured"
workspace = "workspace"

[[steps]]
id = "testing"
uses = "builtin:testing"
grants = { workspace = "copy", clock = "real" }
"""

TESTS = """import pytest

def add(one, other):
    return one + other

@pytest.mark.parametrize("number", range(%d))
def test_adds(number, tmp_path):
    assert add(number, 1) == number + 1
"""


def project(folder: Path, tests: int) -> Path:
    (folder / "workspace").mkdir(parents=True)
    (folder / "workspace" / "test_it.py").write_text(TESTS % tests)
    (folder / "measured.toml").write_text(DEFINITION)
    return folder


def timed(command: list, folder: Path, variables: dict) -> float:
    begun = time.perf_counter()
    ended = subprocess.run([str(word) for word in command], cwd=folder, env=variables, capture_output=True, text=True)
    took = time.perf_counter() - begun
    if ended.returncode:
        sys.exit(f"{command}: exit code {ended.returncode}\n{ended.stdout}\n{ended.stderr}")
    return took


def attempt(folder: Path, variables: dict) -> dict:
    """The last attempt of the newest run, as the store has it."""
    status = subprocess.run([BINARY, "status", "--json"], cwd=folder, env=variables, capture_output=True, text=True, check=True)
    return json.loads(status.stdout)["steps"][0]["executions"][0]["attempts"][-1]


def row(what: str, measured: str):
    print(f"| {what} | {measured} |")


def main():
    with tempfile.TemporaryDirectory() as scratch:
        variables = dict(os.environ, XDG_CACHE_HOME=str(Path(scratch, "cache")), PYTHONDONTWRITEBYTECODE="1", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
        print("| what | measured |\n| --- | --- |")
        for tests in (1, 200):
            folder = project(Path(scratch, str(tests)), tests)
            if tests == 1:
                row("the first run: compiling included", f"{timed([BINARY, 'run', 'measured.toml'], folder, variables):.1f} s")
            timed([BINARY, "run", "measured.toml"], folder, variables)
            sandboxed, native, within, memory = [], [], [], []
            for _ in range(TIMES):
                sandboxed.append(timed([BINARY, "run", "measured.toml"], folder, variables))
                last = attempt(folder, variables)
                within.append(last["wall_ms"] / 1000)
                memory.append(last["memory"])
                pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
                native.append(timed(pytest, folder / "workspace", variables))
            ours, theirs = statistics.median(sandboxed), statistics.median(native)
            name = f"{tests} test{'s' if tests > 1 else ''}"
            row(f"{name}: process start to report, from the cache", f"{ours:.3f} s")
            row(f"{name}: of it the execution", f"{statistics.median(within):.3f} s")
            row(f"{name}: native pytest in a subprocess", f"{theirs:.3f} s")
            row(f"{name}: against native", f"{ours / theirs:.2f} ×")
            row(f"{name}: memory of the sandbox", f"{max(memory) / 2**20:.0f} MiB")
            shutil.rmtree(folder)
        native_memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        row("greatest resident memory of any process", f"{native_memory:.0f} MiB")


if __name__ == "__main__":
    main()

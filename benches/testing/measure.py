#!/usr/bin/env python3
"""What the step `testing` costs, beside the native pytest in a subprocess.

    cargo build --release --package stepwell && plugins/testing/build
    benches/testing/measure.py [packages]

With `packages` it measures suites of packages from PyPI, which it downloads. `STEPWELL_BINARY` names another build. Run it with a Python that has the same pytest as plugins/testing/requirements.txt. Native and sandboxed runs are interleaved;
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
BUILT = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"), "release", "stepwell")
BINARY = Path(os.environ.get("STEPWELL_BINARY", BUILT)).resolve()
TIMES = 11
# Packages take seconds.
TIMES_OF_PACKAGES = 3
# Of those that tests/outside.d/packages.py names, by what they are: many small tests, few, long ones, ones with packages of their own.
MEASURED = ("mistune", "sqlparse", "xmltodict", "toolz", "python_slugify", "more_itertools")

DEFINITION = """name = "measured"
workspace = "workspace"

[[steps]]
id = "testing"
uses = "builtin:testing"
grants.workspace = "copy"
grants.clock = "real"
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


def timed(command: list, folder: Path, variables: dict, codes=(0,)) -> float:
    begun = time.perf_counter()
    ended = subprocess.run([str(word) for word in command], cwd=folder, env=variables, capture_output=True, text=True)
    took = time.perf_counter() - begun
    if ended.returncode not in codes:
        sys.exit(f"{command}: exit code {ended.returncode}\n{ended.stdout}\n{ended.stderr}")
    return took


def attempt(folder: Path, variables: dict) -> dict:
    """The last attempt of the newest run, as the store has it."""
    status = subprocess.run([BINARY, "status", "--json"], cwd=folder, env=variables, capture_output=True, text=True, check=True)
    return json.loads(status.stdout)["steps"][0]["executions"][0]["attempts"][-1]


def row(what: str, measured: str):
    print(f"| {what} | {measured} |")


def packages(variables: dict):
    """Suites as they lie at PyPI, beside the native pytest: the same tests, but for those that can't run in the sandbox."""
    sys.path.insert(0, str(ROOT / "tests" / "outside.d"))
    os.environ.setdefault("STEPWELL_BINARY", str(BINARY))
    os.environ.setdefault("STEPWELL_OUTSIDE", str(ROOT / "target" / "outside"))
    from packages import PACKAGES

    print("| package | tests | native | in the sandbox | instances | against native |\n| --- | --- | --- | --- | --- | --- |")
    for package in (package for package in PACKAGES if package.name in MEASURED):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch, "project")
            shutil.copytree(package.source(), folder / "workspace")
            more = f'limits = {{ files = 3000, cpu = "{package.cpu}", wall = "10m" }}\n'
            path = [folder / "workspace" / "src", folder / "workspace"]
            if package.needs:
                shutil.copytree(package.packages(), folder / "site-packages")
                more += 'grants.read = [{ path = "site-packages", at = "/packages" }]\n'
                path.append(folder / "site-packages")
            (folder / "measured.toml").write_text(DEFINITION + more)
            native = dict(variables, PYTHONPATH=os.pathsep.join(map(str, path)))
            pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", f"addopts={package.options}"]
            timed([BINARY, "run", "measured.toml"], folder, variables)
            ours, theirs = [], []
            for _ in range(TIMES_OF_PACKAGES):
                ours.append(timed([BINARY, "run", "measured.toml"], folder, variables))
                theirs.append(timed(pytest, folder / "workspace", native, codes=(0, 1)))
            instances = attempt(folder, variables)["number"]
            results = subprocess.run([BINARY, "docs", "get", "last", "testing", "results"], cwd=folder, env=variables, capture_output=True, text=True)
            tests = len(json.loads(results.stdout)["tests"])
            ours, theirs = statistics.median(ours), statistics.median(theirs)
            print(f"| {package.name} | {tests} | {theirs:.1f} s | {ours:.1f} s | {instances} | {ours / theirs:.2f} × |", flush=True)


def main():
    if "packages" in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as cache:
            packages(dict(os.environ, XDG_CACHE_HOME=cache, PYTHONDONTWRITEBYTECODE="1", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"))
        return
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

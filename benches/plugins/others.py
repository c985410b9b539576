#!/usr/bin/env python3
"""What it costs to hold plugins of others to what was agreed to: a pull from a registry, and a run with fifty locked plugins.

    benches/plugins/others.py DIR

It builds the program, and measures in DIR, which it empties. It wants what `tests/outside` installs: Debian's registry, which is
started on loopback, and `curl`. What is measured beside each other is measured in turns; figures are medians.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
BINARY = TARGET / "release" / "stepwell"
os.environ.setdefault("STEPWELL_BINARY", str(BINARY))
os.environ.setdefault("STEPWELL_OUTSIDE", str(TARGET / "outside"))
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests" / "outside.d"))

from registries import debians, digest  # noqa: E402

TURNS = 21
LARGE = 20_000_000
MANY = 50


def run(folder: Path, *words: str | Path) -> float:
    """How long a command takes, from the start of its process to its end; if it fails, everything ends with what it said."""
    begun = time.perf_counter()
    ended = subprocess.run([str(word) for word in words], cwd=folder, capture_output=True, text=True)
    took = time.perf_counter() - begun
    if ended.returncode:
        sys.exit(f"{words}: exit code {ended.returncode}\n{ended.stdout}\n{ended.stderr}")
    return took


def number(value: int) -> bytes:
    """As the binary format writes it (LEB128)."""
    written = b""
    while value > 127:
        written += bytes([value & 127 | 128])
        value >>= 7
    return written + bytes([value])


def marked(component: bytes, content: bytes) -> bytes:
    """The same component with a custom section: another one by its digest."""
    body = number(4) + b"mark" + content
    return component + b"\0" + number(len(body)) + body


def told(what: str, took: dict[str, list[float]], beside: tuple[str, str]):
    one, other = beside
    ratio = statistics.median(a / b for a, b in zip(took[one], took[other]))
    print(f"{what}: {ratio:.2f} times as long {one} as {other}")
    for name, times in took.items():
        print(f"  {name}: {statistics.median(times) * 1000:.1f} ms", flush=True)


def pulls(component: bytes, into: Path):
    """A pull of a large plugin into an empty cache, beside a bare download of the same bytes."""
    large = marked(component, os.urandom(LARGE - len(component)))
    (into / "large.wasm").write_bytes(large)
    with debians(into / "registry") as address:
        name = f"{address}/team/large"
        run(into, BINARY, "plugin", "push", "large.wasm", f"oci://{name}:1")
        blob = f"http://{address}/v2/team/large/blobs/{digest(large)}"
        took: dict[str, list[float]] = {"by plugin pull": [], "by curl": [], "by plugin pull, from the cache": []}
        for _ in range(TURNS):
            shutil.rmtree(into / "cache", ignore_errors=True)
            pull = (BINARY, "plugin", "pull", f"oci://{name}:1", "--output", "pulled.wasm")
            took["by plugin pull"].append(run(into, *pull))
            took["by plugin pull, from the cache"].append(run(into, *pull))
            took["by curl"].append(run(into, "curl", "--noproxy", "*", "-sSf", "-o", "curled.wasm", blob))
    assert (into / "pulled.wasm").read_bytes() == large
    told(f"a plugin of {LARGE // 1_000_000} MB from a registry on loopback", took, ("by plugin pull", "by curl"))


def locked(component: bytes, into: Path):
    """A run of fifty steps, each with a plugin of its own, in a project that agreed to all of them, and in one without a lock."""
    took: dict[str, list[float]] = {"with a lock": [], "without one": []}
    for name in took:
        plugins = into / name / "plugins"
        plugins.mkdir(parents=True)
        flow = 'name = "many"\n'
        for index in range(MANY):
            (plugins / f"p{index}.wasm").write_bytes(marked(component, str(index).encode()))
            flow += f'[[steps]]\nid = "s{index}"\nuses = "plugins/p{index}.wasm"\n'
        (into / name / "flow.toml").write_text(flow, encoding="utf-8")
    run(into / "with a lock", BINARY, "plugin", "update", "flow.toml", "--accept")
    # Compiled and described once, as in any project that is used.
    for name in took:
        run(into / name, BINARY, "run", "flow.toml")
    for _ in range(TURNS):
        for name, times in took.items():
            times.append(run(into / name, BINARY, "run", "flow.toml"))
    told(f"a run of {MANY} steps with as many plugins", took, ("with a lock", "without one"))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    into = Path(sys.argv[1]).resolve()
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    os.environ["XDG_CACHE_HOME"] = str(into / "cache")
    run(ROOT, "cargo", "build", "--release", "--locked", "--package", "stepwell")
    run(ROOT, "cargo", "build", "--release", "--locked", "--target", "wasm32-wasip2", "--target-dir", TARGET / "guests", "--package", "stepwell-fixture-nothing")
    component = (TARGET / "guests/wasm32-wasip2/release/stepwell_fixture_nothing.wasm").read_bytes()
    pulls(component, into)
    locked(component, into)


main()

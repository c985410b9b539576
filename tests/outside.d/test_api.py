"""The HTTP API against its own description, by schemathesis: nothing that it sends may break the server or the promise."""

import json
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import openapi_spec_validator
import pytest

from conftest import RUN
from program import Project

TOKEN = "a-token-of-these-tests-alone"
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
# Streams don't end, and who waits for a run at work waits.
ENDLESS = ["/api/stream", "/api/runs/{run}/stream", "/api/comparisons/{comparison}/stream"]
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,unsupported_method"


# What there is to be found: schemathesis makes the rest up.
CONFIGURATION = """[parameters]
"path.run" = "last"
"path.comparison" = "last"
"path.name" = ["requirement", "refine"]
"query.step" = "requirement"
"""


@pytest.fixture
def done(tmp_path) -> Project:
    """A project with a run that is done."""
    project = Project(tmp_path / "project")
    project.run(*RUN, "--replay", "untested_coding.cassette")
    return project


@pytest.fixture
def served(done):
    """A server of it, which replays its answers: its address."""
    project = done
    project.variables["STEPWELL_TOKEN"] = TOKEN
    process = project.start(
        "serve", "--listen", "127.0.0.1:0", "--replay", "untested_coding.cassette", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        address = process.stdout.readline().split()[-1]
        yield address
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0
        process.stdout.close()


def ask(address: str, path: str):
    shown = {"Authorization": f"Bearer {TOKEN}"}
    return urllib.request.urlopen(urllib.request.Request(address + path, headers=shown), timeout=60)


def read(address: str, path: str):
    with ask(address, path) as answer:
        return json.load(answer)


def test_the_api_keeps_what_its_description_promises(served, tmp_path):
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION, encoding="utf-8")
    excluded = [word for path in ENDLESS for word in ("--exclude-path", path)]
    command = [
        SCHEMATHESIS, "run", f"{served}/api/openapi.json", "--checks", CHECKS, "--phases", "examples,coverage,fuzzing",
        "--max-examples", "10", "--generation-deterministic", "--workers", "1", "--request-timeout", "30",
        "--header", f"Authorization: Bearer {TOKEN}", *excluded,
    ]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout[-20000:] + ended.stderr[-5000:]
    # What it asks for may well have removed every run.
    assert isinstance(read(served, "/api/runs")["items"], list), "it still answers"


def test_the_description_is_valid_openapi(served):
    description = read(served, "/api/openapi.json")
    assert description["openapi"].startswith("3.1.")
    openapi_spec_validator.validate(description)


def test_the_api_and_the_command_tell_the_same(done, request):
    run = done.json("status", "last")
    told = {
        "/api/runs/last": run,
        "/api/runs": done.json("runs"),
        f"/api/documents?run={run['id']}": done.json("docs", "list", "last"),
        f"/api/calls?run={run['id']}": done.json("calls", "last"),
        "/api/prompts": done.json("prompt", "list"),
    }
    address = request.getfixturevalue("served")
    for path, expected in told.items():
        answer = read(address, path)
        assert (answer["items"] if "items" in answer else answer) == expected, path


def test_two_hundred_watchers_see_the_same_events(served):
    count = len(read(served, "/api/runs/last/events")["items"])
    seen = []

    def watch():
        with ask(served, "/api/runs/last/stream") as stream:
            ids = []
            while len(ids) < count:
                line = stream.readline()
                if line.startswith(b"id:"):
                    ids.append(int(line.split(b":")[1]))
            seen.append(ids)

    watchers = [threading.Thread(target=watch) for _ in range(200)]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join(timeout=60)
    assert seen == [list(range(1, count + 1))] * 200

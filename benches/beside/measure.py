#!/usr/bin/env python3
"""A comparison beside promptfoo's, and prompts over HTTP beside MLflow's registry, on the same machine within one run.

    cargo build --release --package stepwell --package stepwell-benches --bin stepwell --example matrix
    npm install --prefix DIR promptfoo && python3 -m venv DIR/venv && DIR/venv/bin/pip install mlflow
    benches/beside/measure.py DIR

Everything is on loopback: the provider is the one in Rust, neither program sends anything home or looks for updates, and
promptfoo's cache is off. Runs of both are interleaved; quoted are medians, and their ratios.
"""

import http.client
import json
import os
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILT = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"), "release").resolve()
MATRICES = 5
PROMPTS = 300


def row(what: str, ours: float, theirs: float, unit: str):
    print(f"| {what} | {ours:.2f} {unit} | {theirs:.2f} {unit} | {theirs / ours:.1f} × |", flush=True)


def timed(command: list, folder: Path, variables: dict, codes=(0,)) -> float:
    begun = time.perf_counter()
    ended = subprocess.run([str(word) for word in command], cwd=folder, env=variables, capture_output=True, text=True)
    took = time.perf_counter() - begun
    if ended.returncode not in codes:
        sys.exit(f"{command}: exit code {ended.returncode}\n{ended.stdout}\n{ended.stderr}")
    return took


def promptfoo_configuration(matrix: dict, cases: list) -> dict:
    """The same prompts, cases and checks, as promptfoo takes them."""
    settings = {"apiBaseUrl": matrix["url"], "apiKey": "sk-test-secret"}
    checks = lambda case: [{"type": "contains", "value": check["contains"]} for check in case["checks"]]
    return {
        "prompts": matrix["versions"],
        "providers": [{"id": "openai:chat:test-model", "config": settings}],
        "tests": [{"vars": case["inputs"], "assert": checks(case)} for case in cases],
    }


def matrices(scratch: Path, installed: Path):
    """Two versions of a prompt on a hundred cases, from the start of the process to its end."""
    with subprocess.Popen([BUILT / "examples" / "matrix"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as provider:
        matrix = json.loads(provider.stdout.readline())
        project = Path(matrix["project"])
        cases = json.loads((project / "cases.json").read_text())["cases"]
        theirs_at = scratch / "promptfoo"
        theirs_at.mkdir()
        (theirs_at / "config.json").write_text(json.dumps(promptfoo_configuration(matrix, cases)))
        quiet = {f"PROMPTFOO_DISABLE_{what}": "1" for what in ("TELEMETRY", "UPDATE", "REMOTE_GENERATION", "SHARING")}
        variables = dict(os.environ, PROMPTFOO_CONFIG_DIR=str(theirs_at / "settings"), LOCAL_KEY="sk-test-secret", **quiet)
        entry = installed / "node_modules" / "promptfoo" / "dist" / "src" / "entrypoint.js"
        promptfoo = ["node", entry, "eval", "--config", "config.json", "--no-cache", "--no-progress-bar", "--no-table", "--no-share"]
        promptfoo += ["--max-concurrency", "8", "--output", "results.json"]
        ours, theirs, within = [], [], []
        for attempt in range(MATRICES + 1):
            copy = scratch / f"project-{attempt}"
            shutil.copytree(project, copy)
            # A check that fails is no failure of promptfoo: it ends with 100.
            both = timed([BUILT / "stepwell", *matrix["command"]], copy, variables), timed(promptfoo, theirs_at, variables, (0, 100))
            results = json.loads((theirs_at / "results.json").read_text())["results"]
            if results["stats"]["errors"] or results["stats"]["successes"] != len(cases):
                sys.exit(f"promptfoo came to other results: {results['stats']}")
            # The first makes caches and a database.
            if attempt:
                ours.append(both[0])
                theirs.append(both[1])
                within.append(results["stats"].get("durationMs", 0) / 1000)
        provider.stdin.close()
    row("2 versions × 100 cases by the command", statistics.median(ours), statistics.median(theirs), "s")
    version = json.loads((installed / "node_modules" / "promptfoo" / "package.json").read_text())["version"]
    print(f"\npromptfoo {version}; by its own count {statistics.median(within):.2f} s of it are the evaluation. ", end="")
    print(f"The provider alone takes {matrix['own_seconds']:.3f} s.\n")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """A server on loopback, asked on one connection."""

    def __init__(self, command: list, folder: Path, port: int, ready: str, variables: dict, token: str = ""):
        self.shown = {"Authorization": f"Bearer {token}"} if token else {}
        self.log = (folder / "server.log").open("w")
        self.process = subprocess.Popen([str(word) for word in command], cwd=folder, env=variables, stdout=self.log, stderr=self.log)
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        deadline = time.monotonic() + 120
        while True:
            try:
                self.ask("GET", ready)
                # A connection that idles while the other server starts would be cut.
                self.connection.close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    sys.exit(f"{command} doesn't answer")
                self.connection.close()
                time.sleep(0.2)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def ask(self, method: str, path: str, body=None) -> dict:
        headers = {"Content-Type": "application/json", **self.shown}
        self.connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            sys.exit(f"{method} {path}: {answer.status} {text[:400]!r}")
        return json.loads(text) if text.startswith(b"{") else {}

    def timed(self, *request) -> float:
        begun = time.perf_counter()
        self.ask(*request)
        return (time.perf_counter() - begun) * 1000


def prompts(scratch: Path, installed: Path):
    """Versions of one prompt, written and read over HTTP."""
    ours_at, theirs_at = scratch / "stepwell", scratch / "mlflow"
    ours_at.mkdir()
    theirs_at.mkdir()
    token = secrets.token_hex(32)
    variables = dict(os.environ, MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true", STEPWELL_TOKEN=token)
    port, other = free_port(), free_port()
    mlflow = [installed / "venv" / "bin" / "mlflow", "server", "--host", "127.0.0.1", "--port", other, "--workers", "1"]
    mlflow += ["--backend-store-uri", f"sqlite:///{theirs_at}/mlflow.db"]
    stepwell = [BUILT / "stepwell", "serve", "--listen", f"127.0.0.1:{port}"]
    registry = "/api/2.0/mlflow"
    with Server(stepwell, ours_at, port, "/healthz", variables, token) as ours, Server(mlflow, theirs_at, other, "/health", variables) as theirs:
        # What MLflow's own client sends for `register_prompt`: a registered model and its versions, with tags.
        is_prompt = {"key": "mlflow.prompt.is_prompt", "value": "true"}
        theirs.ask("POST", f"{registry}/registered-models/create", {"name": "measured", "tags": [is_prompt]})
        figures = [[], [], [], []]
        for number in range(1, PROMPTS + 1):
            text = f"Write a poem of {number} lines.\n\n{{{{ topic }}}}\n"
            added = {"name": "measured", "content": text}
            version = {"name": "measured", "source": "dummy-source", "tags": [is_prompt, {"key": "_mlflow_prompt_type", "value": "text"}, {"key": "mlflow.prompt.text", "value": text}]}
            figures[0].append(ours.timed("POST", "/api/prompts", added))
            figures[1].append(theirs.timed("POST", f"{registry}/model-versions/create", version))
            figures[2].append(ours.timed("GET", f"/api/prompts/measured/versions/{number}"))
            figures[3].append(theirs.timed("GET", f"{registry}/model-versions/get?name=measured&version={number}"))
        written, their_written, read, their_read = map(statistics.median, figures)
    row("writing a version of a prompt over HTTP", written, their_written, "ms")
    row("reading a version of a prompt over HTTP", read, their_read, "ms")
    version = subprocess.run([installed / "venv" / "bin" / "mlflow", "--version"], capture_output=True, text=True, check=True)
    print(f"\n{version.stdout.strip()}, on SQLite, one worker.")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    installed = Path(sys.argv[1]).resolve()
    print("| what | Stepwell | the other | |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as scratch:
        matrices(Path(scratch), installed)
        prompts(Path(scratch), installed)


if __name__ == "__main__":
    main()

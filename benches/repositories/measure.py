#!/usr/bin/env python3
"""What the workflow sends to models and receives from them in the three small repositories of the tests, as the provider sees it.

    cargo build --release --package stepwell && tests/outside --collect-only
    npm install --prefix DIR gpt-tokenizer
    benches/repositories/measure.py DIR [BINARY[=PLUGINS] ...]

Run it with a Python that has what `tests/outside` installs. Without a BINARY it measures the release build; the step `testing` of
another state lies in a folder of its own. The answers come from rules,
so that the figures say what the program sends and what it asks for, not how good a model is: each answer is as short as it may be.

Counted are the texts of all messages of each request with the calls of tools in them, and the descriptions of the tools that it offers;
of each answer its text and its calls. Names of roles and what a provider adds are not. Tokens are those of `o200k_base`. A conversation
is sent anew with each of its turns, and is counted anew each time: what a provider's cache would spare isn't taken off.

The request names the files that it is about, so that a program whose model is shown no file before it plans can do it at all.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
os.environ.setdefault("STEPWELL_OUTSIDE", str(TARGET / "outside"))
os.environ.setdefault("STEPWELL_BINARY", str(TARGET / "release" / "stepwell"))
sys.path.insert(0, str(ROOT / "tests" / "outside.d"))

import program  # noqa: E402
from rules import Way  # noqa: E402
from tasks import REPOSITORIES  # noqa: E402
from worked import INCLUDE, RUN, Worked  # noqa: E402

COUNTER = """
const { countTokens } = require(process.argv[1]);
const read = require("node:fs").readFileSync(0, "utf8");
console.log(JSON.stringify(JSON.parse(read).map((text) => countTokens(text, { disallowedSpecial: new Set() }))));
"""


def tokens(installed: Path, texts: list[str]) -> int:
    """How many tokens the texts have together."""
    command = ["node", "-e", COUNTER, installed / "node_modules" / "gpt-tokenizer"]
    counted = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=True)
    return sum(json.loads(counted.stdout))


def sent(request: dict) -> list[str]:
    """The texts of a request."""
    texts = [message.get("content") or "" for message in request["messages"]]
    calls = [call["function"] for message in request["messages"] for call in message.get("tool_calls") or []]
    return texts + [json.dumps(it) for it in calls + [tool["function"] for tool in request.get("tools") or []]]


def received(answer: dict) -> list[str]:
    """The texts of an answer; of one that is an error none."""
    calls = [{"name": call["name"], "arguments": call["arguments"]} for call in answer.get("toolCalls", [])]
    return [answer.get("content", "")] + [json.dumps(it) for it in calls]


class Measured(Worked):
    """Also by a program that can't include an ignored file: its definition doesn't say how."""

    def include(self, line: str) -> None:
        if INCLUDE in (self.folder / "automated_coding.toml").read_text(encoding="utf-8"):
            super().include(line)


def measure(installed: Path, name: str, way: Way, plugins: str) -> tuple[str, bool]:
    """Runs the workflow in a repository. Gives the row of a table, and whether tools were offered."""
    repository = REPOSITORIES[name]
    hint = f"\nThat is in {' and '.join(repository.changed)}.\n"
    with tempfile.TemporaryDirectory() as scratch, Measured(Path(scratch), repository, way, hint=hint) as made:
        if plugins:
            made.project.variables["STEPWELL_PLUGINS"] = plugins
        with made.project.start(*RUN, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            told, _ = process.communicate(timeout=program.PATIENCE)
        if made.provider.problems:
            sys.exit("\n".join(made.provider.problems))
        asked = [text for request in made.provider.received for text in sent(request)]
        answered = [text for answer in made.provider.answered if answer for text in received(answer)]
        if process.returncode == 0:
            end = made.document("build/testing", "verdict").strip()
        else:
            end = next((line for line in told.splitlines() if line.startswith("error")), told[-200:])
        lines = ", ".join(f"{path} +{added} −{removed}" for path, (added, removed) in made.numbers().items())
        count = len(made.provider.received)
        has_tools = any(request.get("tools") for request in made.provider.received)
        by = "tools" if has_tools else "text"
        row = f"| {name} | {by} | {count} | {tokens(installed, asked):,} | {tokens(installed, answered):,} | {end}; {lines or 'nothing changed'} |"
        return row, has_tools


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    installed = Path(sys.argv[1]).resolve()
    for named in sys.argv[2:] or [program.BINARY]:
        binary, _, plugins = named.partition("=")
        program.BINARY = str(Path(binary).resolve())
        print(f"{program.BINARY}\n\n| repository | by | requests | sent | received | what came of it |\n| --- | --- | --- | --- | --- | --- |")
        for name in REPOSITORIES:
            row, has_tools = measure(installed, name, Way.TOOLS, plugins)
            print(row, flush=True)
            if has_tools:
                print(measure(installed, name, Way.TEXT, plugins)[0], flush=True)
        print()


if __name__ == "__main__":
    main()

"""A model provider that nobody here wrote: the npm package `@copilotkit/aimock`, on loopback, in OpenAI's format.

`Provider` answers each prompt with the text that is agreed for it, refuses every other one, and keeps a journal. `ruled.py` has one
that answers by rules.
"""

import json
import re
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import NamedTuple

from program import OUTSIDE, PATIENCE

LIBRARY = OUTSIDE / "node/node_modules/@copilotkit/aimock/dist"

PIECES = 20


class Asked(NamedTuple):
    """What is asked: the last text of the user, and which call of a tool was answered since, if one was."""

    prompt: str
    after: str | None = None


class Agreed(NamedTuple):
    """What is answered: its place, its text, and what it asks of tools."""

    place: str
    text: str
    tools: list[dict] = []


class Server:
    """A server in a process of its own, from entering to leaving the context. It prints where it listens."""

    def __init__(self, said: Path, command: list):
        self.said, self.command = said, [str(word) for word in command]

    def __enter__(self):
        with open(self.said, "w", encoding="utf-8") as said:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        deadline = time.monotonic() + PATIENCE
        while not (address := re.search(r"listening on (http://\S+)", self.said.read_text(encoding="utf-8"))):
            assert self.process.poll() is None and time.monotonic() < deadline, self.said.read_text(encoding="utf-8")
            time.sleep(0.02)
        self.url = address[1]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Provider(Server):
    """Answers as it is agreed."""

    def __init__(self, folder: Path, answers: dict[Asked, Agreed], seconds: float = 0):
        """Each answer takes about so many seconds, in `PIECES`."""
        # A prompt is found by being part of what is asked. So the longest go first: a repeated prompt holds the first. And what a
        # tool answered goes before the prompt alone, which still stands above it.
        longest_first = sorted(answers.items(), key=lambda item: (-len(item[0].prompt), item[0].after is None))
        fixtures = [
            {
                "match": {"userMessage": asked.prompt} | ({"toolCallId": asked.after} if asked.after else {}),
                "response": {"content": text, "id": place} | ({"toolCalls": tools} if tools else {}),
                "chunkSize": len(text) // PIECES + 1,
                "latency": int(seconds * 1000 / PIECES),
            }
            for asked, (place, text, tools) in longest_first
        ]
        written = folder / "fixtures.json"
        written.write_text(json.dumps({"fixtures": fixtures}), encoding="utf-8")
        command = ["node", LIBRARY / "cli.js", "--port", "0", "--strict", "--fixtures", written]
        super().__init__(folder / "provider.txt", command)

    def journal(self) -> list[dict]:
        """Everything that was asked so far, oldest first."""
        with urllib.request.urlopen(f"{self.url}/__aimock/journal", timeout=PATIENCE) as response:
            return [entry for entry in json.load(response) if entry["path"].endswith("/chat/completions")]

    def asked(self) -> list[str]:
        """The places of the prompts that were asked so far. One that nobody agreed on is a failure."""
        entries = self.journal()
        refused = [entry for entry in entries if entry["response"].get("fixture") is None]
        assert not refused, f"not what the replay sent:\n{json.dumps(refused, indent=1)[:20_000]}"
        return [entry["response"]["fixture"]["response"]["id"] for entry in entries]

"""Reads a cassette as far as the tests need it: the answers of models and of the person, by place.

Written from the description of the format (`host/llm/src/cassette/format.md`), apart from the program's own reader, so
that the two check each other. It doesn't read the requests, and it knows no errors in an answer's place.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

MARK = "=== "


@dataclass(frozen=True, order=True)
class Place:
    """Where a call stands: its step, the item at each level, and how many calls of the execution came before it."""

    step: str
    items: tuple[int, ...]
    sequence: int

    def __str__(self):
        items = f" {list(self.items)}" if self.items else ""
        return f"{self.step}{items} #{self.sequence + 1}"


@dataclass(frozen=True)
class Answer:
    """What the person answers to a question."""

    step: str | None
    key: str
    text: str


@dataclass
class Cassette:
    calls: dict[Place, str]
    answers: list[Answer]
    # What the model asks of its tools beside that text, where it does: each with its id, name and arguments.
    tools: dict[Place, list[dict]]

    def answer_arguments(self):
        """The person's answers as arguments of a command."""
        return [
            word
            for answer in self.answers
            for word in ("--answer", f"{answer.step + '/' if answer.step else ''}{answer.key}={answer.text}")
        ]


def read(path: Path) -> Cassette:
    # Line ends are kept as they are: they belong to the answers.
    with open(path, encoding="utf-8", newline="") as file:
        lines = file.read().removesuffix("\n").split("\n")
    assert lines[0].strip() == "stepwell-cassette 1", lines[0]
    starts = [number for number, line in enumerate(lines) if line.startswith(MARK)]
    calls, answers, tools = {}, [], {}
    for start, end in zip(starts, [*starts[1:], len(lines)]):
        title = lines[start][len(MARK) :].strip()
        word, _, rest = title.partition(" ")
        if word == "end":
            break
        body = lines[start + 1 : end]
        if word == "call":
            place = read_place(rest, calls)
            assert place not in calls, f"{place} stands twice in {path}"
            calls[place] = text_of(body)
        elif word == "answer":
            step, _, key = rest.rpartition(" ")
            answers.append(Answer(step or None, json.loads(key) if key.startswith('"') else key, text_of(body)))
        elif word == "message":
            parts = json.loads("\n".join(body))["message"]["parts"]
            asked = [part["tool-call"] for part in parts if "tool-call" in part]
            tools[place] = [{"id": it["id"], "name": it["name"], "arguments": it["arguments_json"]} for it in asked]
        else:
            assert word == "request", f"{path}:{start + 1}: {title}"
    return Cassette(calls, answers, tools)


def read_place(text: str, before: dict[Place, str]) -> Place:
    step, *words = text.split()
    items, sequence = (), None
    for word in words:
        if match := re.fullmatch(r"\[([0-9,]+)\]", word):
            items = tuple(int(item) for item in match[1].split(","))
        elif match := re.fullmatch(r"#([0-9]+)", word):
            sequence = int(match[1]) - 1
        else:
            assert re.fullmatch(r"~[1,]+", word), f"{word} in {text}"
    if sequence is None:
        beside = [place.sequence for place in before if (place.step, place.items) == (step, items)]
        sequence = beside[-1] + 1 if beside else 0
    return Place(step, items, sequence)


def text_of(lines: list[str]) -> str:
    """What follows the fields and the empty line after them."""
    empty = next((number for number, line in enumerate(lines) if not line.strip()), len(lines))
    return "\n".join(re.sub(r"^\\(?=\\*=== )", "", line) for line in lines[empty + 1 :])

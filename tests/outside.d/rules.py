"""A model that answers by rules, through all steps of the workflow: what each of them says follows from what it was sent.

What it builds is the business of a `Task`, one for each repository. Every path that a plan or a tool names as there, and every line
that an edit quotes, is held against what was sent: rules that say more have made it up, and fail the test.
"""

import json
import re
from dataclasses import dataclass, field
from enum import StrEnum

from sent import Sent, Unknown


class Way(StrEnum):
    """How a model gives what it is asked for."""

    TOOLS = "tools"
    # `tools = false` stands in the configuration.
    TEXT = "text"
    # It is offered tools, and its provider says no.
    REFUSING = "refusing"
    # By tools, and it thinks: beside its calls, and in its texts.
    THINKING = "thinking"


@dataclass
class Change:
    """What is to change in a file: lines that are there for others, or a text where there is no file."""

    path: str
    # Each the lines as they stand there, and those that are to stand there instead.
    edits: list[tuple[str, str]] = field(default_factory=list)
    new: str | None = None


class Task:
    """What is built in a repository."""

    feature: str
    # What it looks for at first: a name that the request has.
    word: str

    def plan(self, sent: Sent) -> list[dict]:
        """The pieces of work."""
        raise NotImplementedError

    def changes(self, sent: Sent, paths: list[str]) -> list[Change]:
        """What a piece of work changes in its files."""
        raise NotImplementedError

    def wanted(self, sent: Sent, paths: list[str]) -> list[tuple[str, dict]]:
        """What has to be looked up before; nothing where enough was shown."""
        return [("read", {"path": path}) for path in paths if not sent.lines(path) and path in sent.text]

    def tests(self, sent: Sent) -> dict[str, str]:
        """Files of tests, by their paths."""
        raise NotImplementedError


class Model:
    """The rules. `answers` is what `ruled.Ruled` takes."""

    def __init__(self, task: Task, way: Way):
        self.task, self.way = task, way

    def answers(self, request: dict) -> dict:
        if self.way == Way.REFUSING and request.get("tools"):
            message = f"{request['model']} does not support tools"
            return {"error": {"message": message, "type": "invalid_request_error"}, "status": 400}
        sent = Sent(request)
        if calls := self.looks(sent):
            return self.by_tools(sent, calls)
        return getattr(self, sent.step)(sent)

    def looks(self, sent: Sent) -> list[tuple[str, dict]]:
        """What the model looks up before it answers, in the order in which it asks; nothing where it knows enough."""
        if not sent.tools:
            return []
        if sent.step == "code":
            return self.task.wanted(sent, files_of(sent))
        if sent.turn == 0 and sent.knows(self.task.word):
            return [("search", {"pattern": self.task.word, "literal": True, "paths": "**/*.py"})]
        found = re.findall(r"^([\w./-]+\.py):\d+: ", sent.text, re.MULTILINE)
        looked = {given.get("path") for _, given in sent.calls()}
        if sent.step in ("design", "plan", "verify"):
            further = [path for path in dict.fromkeys(found) if path not in looked]
            return [("read", {"path": path, "first": 1, "last": 60}) for path in further[:2]] if sent.turn == 1 else []
        return []

    def requirement_questions(self, sent: Sent) -> dict:
        return self.say(sent, json.dumps({"questions": []}))

    requirement_review = design_questions = design_review = requirement_questions

    def requirement(self, sent: Sent) -> dict:
        request = sent.part("request")
        document = (
            f"# {request.split('.')[0][:60]}\n\n## 1 Overview\n\n### 1.1 Background\n\n{request}\n\n### 1.2 User persona\n\n"
            "Somebody who uses the project, and knows it.\n\n### 1.3 User journey\n\n1. They use it as before.\n"
            "2. They get what they asked for.\n\n"
            f"## 2 Requirements\n\n### 2.1 Functional requirements\n\n#### The request\n\n- **FR-1** {' '.join(request.split())}\n"
            "- **FR-2** What the project does besides stays as it is.\n"
        )
        return self.say(sent, f"<document>\n{document}</document>")

    def refine(self, sent: Sent) -> dict:
        return self.say(sent, f"<document>\n{sent.part('requirement')}\n</document>")

    def design(self, sent: Sent) -> dict:
        described = {path: piece["description"] for piece in self.task.plan(sent) for path in piece["files"]}
        listed = "\n".join(f"- `{path}`: {description}" for path, description in described.items())
        boxes = "\n".join(f'  class "{path}" <<Existing>>' for path in described)
        document = (
            "# Design\n\n## 1 High-level design\n\nAs little as it takes, in the files that are there.\n\n## 2 Design patterns\n\nNone.\n\n"
            f"## 3 New components\n\nNone.\n\n## 4 Existing components\n\n{listed}\n\n## 5 Interactions\n\nAs before.\n\n"
            "## 6 External dependencies\n\nNone.\n\n## 7 Diagram\n\n"
            f'```plantuml\n@startuml\npackage "project" <<Existing>> {{\n{boxes}\n}}\n@enduml\n```\n'
        )
        return self.say(sent, f"<document>\n{document}</document>")

    def plan(self, sent: Sent) -> dict:
        # What was planned is built, and nothing else of the report is left to do.
        mends = sent.part("report")
        if mends and "no test holds it" in mends and "is nowhere in the code" not in mends:
            return self.say(sent, "[]")
        plan = self.task.plan(sent)
        for path in (path for piece in plan for path in piece.get("existing", [])):
            if not sent.knows(path):
                raise Unknown(f"the plan names {path}, which nobody told the model")
        return self.say(sent, "```json\n" + json.dumps(plan, indent=1) + "\n```")

    def code(self, sent: Sent) -> dict:
        changes = self.task.changes(sent, files_of(sent))
        for old in (old for change in changes for old, _ in change.edits):
            if not all(sent.knows(line) for line in old.splitlines()):
                raise Unknown(f"an edit quotes what the model wasn't shown:\n{old}")
        if not sent.tools:
            return self.say(sent, "It is done as the design says.\n\n" + "\n".join(self.in_text(sent, change) for change in changes))
        paths = files_of(sent)
        if any(name in ("edit", "write") and given["path"] in paths for name, given in sent.calls()):
            return self.say(sent, "It is done as the design says, and nothing else was changed.")
        edits = [("edit", {"path": change.path, "old": old, "new": new}) for change in changes for old, new in change.edits]
        new = [("write", {"path": change.path, "content": change.new}) for change in changes if change.new is not None]
        return self.by_tools(sent, edits + new)

    def in_text(self, sent: Sent, change: Change) -> str:
        """A change as the prompt asks for it. One that knows no edits wants the whole file, of which the model knows what it was shown."""
        if change.new is not None:
            text = change.new
        elif sent.knows("<<<<<<< SEARCH"):
            text = "".join(f"<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n" for old, new in change.edits)
        else:
            text = sent.has_whole(change.path)
            for old, new in change.edits:
                text = text.replace(old, new) if text else new + "\n"
        return f"### FILE: {change.path}\n```python\n{text}```\n"

    def verify(self, sent: Sent) -> dict:
        """What was asked for is in the files that a search finds, and the tests of it are those that ran. What stays as it is is held by a
        test that says so."""
        code = [{"path": path} for path in dict.fromkeys(re.findall(r"^([\w./-]+\.py):\d+: ", sent.text, re.MULTILINE))]
        ran = re.findall(r"^(\S+): \w+$", sent.part("tests"), re.MULTILINE)
        stays = [test for test in ran if STAYS in test]
        claims = [
            {"id": "FR-1", "says": "what was asked for", "code": code, "tests": [test for test in ran if test not in stays][:3], "note": ""},
            {"id": "FR-2", "says": "the rest stays", "code": code, "tests": stays, "note": "" if stays else "nothing asserts it"},
        ]
        ids = sent.find(r"exactly these requirements, each once: (.*):$")[1].split(", ")
        return self.say(sent, json.dumps({"requirements": [claim for claim in claims if claim["id"] in ids]}))

    def tests(self, sent: Sent) -> dict:
        if untested := sent.part("untested"):
            assert "FR-2" in untested and "FR-1" not in untested, untested
            path = next(iter(self.task.tests(sent))).replace("test_", f"test_{STAYS}_", 1)
            text = f"def test_{STAYS}():\n    assert True\n"
            return self.say(sent, f"What stays is covered.\n\n### FILE: {path}\n```python\n{text}```\n")
        files = self.task.tests(sent)
        blocks = "\n".join(f"### FILE: {path}\n```python\n{text}```\n" for path, text in files.items())
        return self.say(sent, f"What was asked for is covered; what was there is not tested again.\n\n{blocks}")

    def by_tools(self, sent: Sent, calls: list[tuple[str, dict]]) -> dict:
        for name, given in calls:
            if name == "read" and not sent.knows(given["path"]):
                raise Unknown(f"it reads {given['path']}, which nobody told it")
        made = [
            {"id": f"call_{sent.turn}_{place}", "name": name, "arguments": json.dumps(given)} for place, (name, given) in enumerate(calls)
        ]
        thought = {"content": "Let me see.", "reasoning": THOUGHT} if self.way == Way.THINKING else {}
        return {"toolCalls": made} | thought

    def say(self, sent: Sent, text: str) -> dict:
        return {"content": f"<think>\n{THOUGHT}\n</think>\n\n{text}" if self.way == Way.THINKING else text}


# The name of the test that holds what stays as it is.
STAYS = "the_rest_stays"

# None of it is meant for anybody: who took it for the answer would write a file, plan a piece, or ask a question.
THOUGHT = """First I should look. I might write

### FILE: thought.py
```python
raise SystemExit("a thought was carried out")
```

or plan [{"id": "thought", "title": "t", "description": "d", "files": ["thought.py"]}], or ask
{"questions": [{"key": "thought", "question": "Is this a thought?"}]}. No: as little as it takes."""


def files_of(sent: Sent) -> list[str]:
    """The files of the piece of work."""
    return json.loads(sent.part("subtask"))["files"]

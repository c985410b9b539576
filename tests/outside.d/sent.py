"""What a model was sent, and what it can know from that: the question, the tools that it has, and each line of a file that it saw."""

import json
import re

# How each prompt begins, and what its answer is for.
STEPS = {
    "You prepare a requirement document": "requirement_questions",
    "You write the requirement document": "requirement",
    "You review a requirement document": "requirement_review",
    "You improve a requirement document": "refine",
    "You are about to design": "design_questions",
    "You design the architecture": "design",
    "You review the design": "design_review",
    "You plan the implementation": "plan",
    "You write the code of one piece": "code",
    "You write the tests": "tests",
    "You hold every requirement": "verify",
}


class Unknown(AssertionError):
    """The rules would say what nobody told them."""


class Sent:
    """A request as its model reads it."""

    def __init__(self, request: dict):
        self.messages = request["messages"]
        self.tools = [tool["function"]["name"] for tool in request.get("tools") or []]
        self.question = text_of(self.messages[0])
        self.text = "\n".join(text_of(message) for message in self.messages)
        # How often it has answered in this conversation.
        self.turn = sum(message["role"] == "assistant" for message in self.messages)
        step = [name for beginning, name in STEPS.items() if self.question.startswith(beginning)]
        if len(step) != 1:
            raise Unknown(f"what is asked here? {self.question[:200]}")
        self.step = step[0]

    def part(self, name: str) -> str:
        """What stands between the marks of this name; nothing where there are none."""
        found = re.search(rf"<{name}>\n(.*?)\n</{name}>", self.question, re.DOTALL)
        return found[1] if found else ""

    def remark(self) -> str:
        """What was wrong with the answer before, where something was."""
        found = re.search(r"Your previous answer to this could not be used: (.*)", self.text)
        return found[1] if found else ""

    def find(self, pattern: str) -> re.Match:
        """What the model can only say because it was sent."""
        found = re.search(pattern, self.text, re.MULTILINE)
        if not found:
            raise Unknown(f"nothing that was sent in the step {self.step} has {pattern}:\n{self.text[-3_000:]}")
        return found

    def knows(self, text: str) -> bool:
        return text in self.text

    def calls(self) -> list[tuple[str, dict]]:
        """What it has asked of its tools so far."""
        asked = (call["function"] for message in self.messages for call in message.get("tool_calls") or [])
        return [(call["name"], json.loads(call["arguments"])) for call in asked]

    def has_whole(self, path: str) -> str | None:
        """A file that stands in the question from its first line to its last."""
        found = re.search(rf"^### FILE: {re.escape(path)}\n(`{{3,}})\w*\n(.*?)^\1$", self.question, re.MULTILINE | re.DOTALL)
        return found[2] if found else None

    def lines(self, path: str) -> dict[int, str]:
        """Each line of a file that was shown in any way, by its number."""
        known: dict[int, str] = {}
        whole = self.has_whole(path)
        if whole is not None:
            known |= dict(enumerate(whole.splitlines(), 1))
        name = re.escape(path)
        parts = re.search(rf"^### PARTS OF {name}, .*?(?=^### |^Further files|^</files>)", self.question, re.MULTILINE | re.DOTALL)
        for first, _, text in re.findall(r"^lines (\d+) to \d+:\n(`{3,})\w*\n(.*?)^\2$", parts[0] if parts else "", re.MULTILINE | re.DOTALL):
            known |= dict(enumerate(text.splitlines(), int(first)))
        for message in self.messages[1:]:
            told = text_of(message)
            if read := re.match(rf"{name}, lines (\d+) to (\d+) of \d+:\n", told):
                first, last = int(read[1]), int(read[2])
                known |= dict(zip(range(first, last + 1), told[read.end() :].splitlines()))
        return known

    def block(self, path: str, first: str, last: str) -> str:
        """The lines from the one that matches `first` to the next that matches `last`, as far as all of them were shown."""
        known = self.lines(path)
        for start in (number for number, line in sorted(known.items()) if re.search(first, line)):
            number = start
            while number in known:
                if re.search(last, known[number]):
                    return "\n".join(known[it] for it in range(start, number + 1))
                number += 1
        raise Unknown(f"{path} was shown without the lines from {first} to {last}: {self.text[-3_000:]}")


def text_of(message: dict) -> str:
    content = message.get("content") or ""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)

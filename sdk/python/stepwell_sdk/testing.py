"""A host for a step's own tests: scripted answers go in, what the step asked comes out.

It keeps files in memory, and fails a test, naming the function, where the real host would end the attempt. It has no store, and checks no
grants. Of a template it fills `{{ name }}` and nothing else.
"""

import re
from collections.abc import Sequence
from enum import Enum
from fnmatch import fnmatchcase

from . import attempt
from .failure import Failure
from .host import Question, carried_out_by
from .step import Step

VARIABLE = re.compile(r"\{\{\s*([a-z][a-z0-9_]*)\s*\}\}")


class Phase(Enum):
    """Which of the step's functions runs, and so what it may call."""

    CONSTRUCT_PROMPT = "construct_prompt"
    PROCESS_RESPONSE = "process_response"
    EXECUTE = "execute"


class FakeHost:
    """A host that answers from a script."""

    def __init__(
        self,
        answers: Sequence[str | Failure] = (),
        person: dict[str, str] | None = None,
        settings: dict[str, str] | None = None,
        files: dict[str, bytes | str] | None = None,
        prompts: dict[str, str] | None = None,
    ):
        # What the model answers, in this order; a failure is raised.
        self.answers = list(answers)
        # What the person answers, by key; nobody is there if it is none.
        self.person = person
        # As JSON.
        self.settings = dict(settings or {})
        self.files = {path: text.encode() if isinstance(text, str) else text for path, text in (files or {}).items()}
        # Templates that stand in the place of intrinsic ones.
        self.prompts = dict(prompts or {})
        self.prompts_sent: list[str] = []
        self.asked: list[Question] = []
        self.logged: list[str] = []
        self.checkpoints: dict[str, bytes] = {}
        self._known: dict[str, str] = {}
        self._phase = Phase.EXECUTE
        self._attempt = 1
        self._previous_end: str | None = None

    def execute(self, step: Step, inputs: dict[str, str]) -> dict[str, str]:
        """Executes the step, as its first attempt."""
        self._attempt, self._previous_end = 1, None
        return self._during(Phase.EXECUTE, step, lambda all_inputs: attempt.carry_out(step, all_inputs), inputs)

    def retry(self, step: Step, inputs: dict[str, str], failure: Failure) -> dict[str, str]:
        """Executes the step again after a failure, as the host would: what it asked before is up to the script."""
        self._attempt += 1
        self._previous_end = f"{failure.kind}: {failure.message}"
        return self._during(Phase.EXECUTE, step, lambda all_inputs: attempt.carry_out(step, all_inputs), inputs)

    def construct_prompt(self, step: Step, inputs: dict[str, str]) -> str | None:
        """The first prompt that the step would send."""
        return self._during(Phase.CONSTRUCT_PROMPT, step, step.construct_prompt, inputs)

    def process_response(self, step: Step, inputs: dict[str, str], response: str) -> dict[str, str]:
        """The documents in an answer."""
        return self._during(Phase.PROCESS_RESPONSE, step, lambda all_inputs: step.process_response(all_inputs, response), inputs)

    def _during(self, phase, step, work, inputs):
        description = step.describe()
        self._known = {prompt.name: prompt.intrinsic for prompt in description.prompts} | self.prompts
        if description.prompts:
            inputs = inputs | {"$prompt": self._known[description.prompts[0].name]}
        self._phase = phase
        with carried_out_by(_Pure(self) if phase is Phase.PROCESS_RESPONSE else self):
            return work(inputs)

    def _in_execute(self, function: str) -> None:
        assert self._phase is Phase.EXECUTE, f"`{function}` may only be called in `execute`: the host would end the attempt"

    # What a step calls.

    def complete(self, prompts: Sequence[str]) -> list[str]:
        self._in_execute("ask")
        answers = []
        for prompt in prompts:
            self.prompts_sent.append(prompt)
            assert self.answers, f"the script has no answer to {prompt!r}"
            answer = self.answers.pop(0)
            if isinstance(answer, Failure):
                raise answer
            answers.append(answer)
        return answers

    def render(self, prompt: str, variables: dict[str, str]) -> str:
        template = self._known.get(prompt)
        if template is None:
            raise Failure.other("prompt-not-found", f"there is no prompt `{prompt}`")
        missing = set(VARIABLE.findall(template)) - set(variables)
        if missing:
            raise Failure.other("missing-variable", f"the prompt `{prompt}` wants {', '.join(sorted(missing))}")
        rest = VARIABLE.sub("", template)
        assert "{{" not in rest and "{%" not in rest, f"the fake host fills `{{{{ name }}}}` alone: give it another text of `{prompt}`"
        return VARIABLE.sub(lambda found: variables[found[1]], template)

    def setting(self, name: str) -> str | None:
        return self.settings.get(name)

    def attempt(self) -> int:
        return self._attempt

    def previous_end(self) -> str | None:
        return self._previous_end

    def load_checkpoint(self, key: str) -> bytes | None:
        return self.checkpoints.get(key)

    def save_checkpoint(self, key: str, value: bytes) -> None:
        self._in_execute("save_checkpoint")
        self.checkpoints[key] = value

    def ask_person(self, title: str, questions: Sequence[Question], guidance: str) -> list[str]:
        self._in_execute("ask_person")
        self.asked.extend(questions)
        if self.person is None:
            raise Failure.other("nobody-there", "nobody will answer")
        return [self.person.get(question.key, "") for question in questions]

    def list_files(self, pattern: str) -> list[str]:
        self._in_execute("list_files")
        return sorted(path for path in self.files if pattern == "**" or fnmatchcase(path, pattern.replace("**/", "*")))

    def read_file(self, path: str) -> bytes:
        self._in_execute("read_file")
        if path not in self.files:
            raise Failure.other("file-not-found", f"there is no file {path}")
        return self.files[path]

    def write_file(self, path: str, content: bytes) -> None:
        self._in_execute("write_file")
        self.files[path] = content

    def log(self, level: str, message: str) -> None:
        self._in_execute("log")
        self.logged.append(f"{level}: {message}")

    def advance(self, done: int, total: int, label: str) -> None:
        self._in_execute("advance")


class _Pure:
    """What `process_response` finds: nothing may be called."""

    def __init__(self, host: FakeHost):
        self.host = host

    def __getattr__(self, function: str):
        raise AssertionError(f"`process_response` calls `{function}`: the host would end the attempt")

"""Makes a component of a step: what the contract says on one side, what this package says on the other.

It can only be imported while componentize-py builds the component, which makes the modules of the contract.
"""

import json
import re
from collections.abc import Sequence

from componentize_py_types import Err
from wit_world.imports import chat, context, dialogue, documents, progress, prompts, types, workspace

from . import attempt
from .description import Description, Field
from .failure import Failure
from .host import Question, carried_out_by
from .step import Step

# What isn't imported while the component is built isn't in it: a step may want these under their own names.
__all__ = ["documents", "exported"]

# What a failure is called in the contract, unless its kind is a code of its own.
KINDS = {
    "invalid-input": types.FailureKind_InvalidInput,
    "invalid-response": types.FailureKind_InvalidResponse,
    "denied": types.FailureKind_Denied,
    "declined": types.FailureKind_Declined,
}
# Refusals that say what stands in the way, whatever was called.
DENIED = {"denied", "over-budget", "too-large"}
# What may be gone at the next attempt.
PASSING = {"prompt-unavailable", "checkpoint-unavailable"}
# What the host's codes are called where they alone would not say of what they are.
NAMED = {"prompt": {"not-found": "prompt-not-found", "unavailable": "prompt-unavailable"}, "file": {"not-found": "file-not-found"}}
# Of what an error is whose code alone would not say it.
NOT_FOUND = {prompts.PromptError: "prompt", workspace.WorkspaceError: "file"}


def exported(step: type[Step]) -> type:
    """The class `Guest` of a component whose step is this one."""

    class Guest:
        def describe(self) -> types.Description:
            return description(step().describe())

        def construct_prompt(self, inputs: list[types.Text]) -> str | None:
            return lent(lambda: step().construct_prompt(by_name(inputs)))

        def process_response(self, inputs: list[types.Text], response: str) -> list[types.Text]:
            return texts(lent(lambda: step().process_response(by_name(inputs), response)))

        def execute(self, inputs: list[types.Text]) -> list[types.Text]:
            return texts(lent(lambda: attempt.carry_out(step(), by_name(inputs))))

    return Guest


def lent(work):
    """Carries something out by the real host; a failure goes out as the contract has it."""
    with carried_out_by(RealHost()):
        try:
            return work()
        except Failure as failure:
            raise failed(failure) from failure
        except Err as error:
            # A step may call the contract's functions itself, and let a refusal pass.
            if isinstance(error.value, types.Failure):
                raise
            if not hasattr(error.value, "kind"):
                raise RuntimeError(f"the step raised `Err` with {error.value!r}, which is no failure") from error
            raise failed(refused(error, NOT_FOUND.get(type(error.value), ""))) from error


def failed(failure: Failure) -> Err:
    make = KINDS.get(failure.kind)
    kind = make() if make else types.FailureKind_Other(failure.kind)
    return Err(types.Failure(kind, failure.message, failure.retryable))


def by_name(inputs: list[types.Text]) -> dict[str, str]:
    return {text.name: text.value for text in inputs}


def texts(named: dict[str, str]) -> list[types.Text]:
    return [types.Text(name, value) for name, value in named.items()]


def description(said: Description) -> types.Description:
    return types.Description(
        name=said.name,
        version=said.version,
        summary=said.summary,
        prompts=[types.Prompt(prompt.name, prompt.intrinsic, fields(prompt.variables)) for prompt in said.prompts],
        inputs=fields(said.inputs),
        documents=fields(said.documents),
        settings=fields(said.settings),
        grants=[types.Text(grant.name, grant.value) for grant in said.grants if not grant.optional],
        annotations=texts(said.all_annotations()),
    )


def fields(said: Sequence[Field]) -> list[types.Field]:
    schema = lambda field: None if field.schema is None else json.dumps(field.schema, ensure_ascii=False)  # noqa: E731
    return [types.Field(field.name, field.description, field.required, schema(field)) for field in said]


def code_of(kind: object, of: str = "") -> str:
    """A case of a variant as the contract writes it, such as `rate-limited`; of `other`, what it says."""
    value = getattr(kind, "value", None)
    if isinstance(value, str):
        return value
    word = re.sub(r"(?<!^)([A-Z])", r"-\1", type(kind).__name__.rpartition("_")[2]).lower()
    return NAMED.get(of, {}).get(word, word)


def refused(error: Err, of: str = "") -> Failure:
    """What a refusal of the host becomes. It has retried what is worth retrying."""
    code, message = code_of(error.value.kind, of), error.value.message
    if code in DENIED:
        return Failure.denied(message)
    if code == "declined":
        return Failure.declined(message)
    if code == "schema-mismatch":
        return Failure.invalid_response(message)
    return Failure.other(code, message, retryable=code in PASSING)


def whole(answer: chat.Response) -> str:
    """The text of an answer, if its end was said."""
    reason = code_of(answer.finish_reason)
    if reason in ("stop", "tool-calls"):
        return answer.text
    if reason == "content-filter":
        raise Failure.other("content-filtered", "the model, or its provider's filter, refused to answer")
    if reason == "length":
        raise Failure.invalid_response("the answer was cut off at the most output tokens: be briefer")
    raise Failure.invalid_response(f"the answer ended with `{reason}`: nobody knows whether that is its whole")


def request(prompt: str) -> chat.Request:
    return chat.Request(
        messages=[chat.Message(chat.Role.USER, [chat.Part_Text(prompt)], options=[])],
        model=None,
        max_output_tokens=None,
        temperature=None,
        stop=[],
        answer_schema=None,
        tools=[],
        tool_choice=chat.ToolChoice_Auto(),
        options=[],
    )


class RealHost:
    """The host that carries the component out."""

    def complete(self, asked: Sequence[str]) -> list[str]:
        requests = [request(prompt) for prompt in asked]
        try:
            if len(requests) == 1:
                return [whole(chat.complete(requests[0]))]
            answers = chat.complete_all(requests)
        except Err as error:
            raise refused(error) from error
        for answer in answers:
            if isinstance(answer, Err):
                raise refused(answer)
        return [whole(answer.value) for answer in answers]

    def render(self, prompt: str, variables: dict[str, str]) -> str:
        try:
            return prompts.render(prompt, texts(variables))
        except Err as error:
            raise refused(error, "prompt") from error

    def setting(self, name: str) -> str | None:
        return context.setting(name)

    def attempt(self) -> int:
        return context.attempt()

    def previous_end(self) -> str | None:
        return context.previous_end()

    def load_checkpoint(self, key: str) -> bytes | None:
        return context.load_checkpoint(key)

    def save_checkpoint(self, key: str, value: bytes) -> None:
        try:
            context.save_checkpoint(key, value)
        except Err as error:
            raise refused(error) from error

    def ask_person(self, title: str, questions: Sequence[Question], guidance: str) -> list[str]:
        try:
            return dialogue.ask(dialogue.Form(title, guidance, [question(one) for one in questions]))
        except Err as error:
            raise refused(error) from error

    def list_files(self, pattern: str) -> list[str]:
        try:
            return [entry.path for entry in workspace.entries(pattern)]
        except Err as error:
            raise refused(error, "file") from error

    def read_file(self, path: str) -> bytes:
        try:
            return workspace.read(path)
        except Err as error:
            raise refused(error, "file") from error

    def write_file(self, path: str, content: bytes) -> None:
        try:
            workspace.write(path, content)
        except Err as error:
            raise refused(error, "file") from error

    def log(self, level: str, message: str) -> None:
        progress.log(progress.Level[level.upper()], message)

    def advance(self, done: int, total: int, label: str) -> None:
        progress.advance(done, total, label)


def question(asked: Question) -> dialogue.Question:
    annotations = {"required": asked.required, "multiline": asked.multiline}
    said = texts({name: json.dumps(value) for name, value in annotations.items()})
    return dialogue.Question(asked.key, asked.text, list(asked.choices), asked.suggested, said)

"""Prompts that are filled, and questions to the model."""

from collections.abc import Sequence

from . import attempt
from .failure import Failure
from .host import current


def fill(prompt: str, variables: dict[str, str]) -> str:
    """Fills the version of a prompt that this execution uses."""
    return current().render(prompt, variables)


def ask(prompt: str) -> str:
    """One question to the step's model; an answer that is cut off or empty is an invalid response."""
    return ask_all([prompt])[0]


def ask_all(prompts: Sequence[str]) -> list[str]:
    """Asks at the same time, within the host's limits; the answers come in the order of the questions."""
    answers = current().complete(attempt.prepared(prompts))
    if not all(answer.strip() for answer in answers):
        raise Failure.invalid_response("the answer is empty")
    return answers

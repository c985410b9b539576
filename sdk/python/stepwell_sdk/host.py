"""What the host lends a step. In a component it is the real one, in a test a fake one; a step doesn't see which."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Question:
    """A question to the person behind the run."""

    # Names it for answers that are given beforehand.
    key: str
    text: str
    # Ready answers to choose from; empty for free text.
    choices: Sequence[str] = ()
    suggested: str | None = None
    required: bool = True
    multiline: bool = False


class Host(Protocol):
    """What either host has. What goes wrong outside is raised as a `Failure`."""

    def complete(self, prompts: Sequence[str]) -> list[str]: ...

    def render(self, prompt: str, variables: dict[str, str]) -> str: ...

    def setting(self, name: str) -> str | None: ...

    def attempt(self) -> int: ...

    def previous_end(self) -> str | None: ...

    def load_checkpoint(self, key: str) -> bytes | None: ...

    def save_checkpoint(self, key: str, value: bytes) -> None: ...

    def ask_person(self, title: str, questions: Sequence[Question], guidance: str) -> list[str]: ...

    def list_files(self, pattern: str) -> list[str]: ...

    def read_file(self, path: str) -> bytes: ...

    def write_file(self, path: str, content: bytes) -> None: ...

    def log(self, level: str, message: str) -> None: ...

    def advance(self, done: int, total: int, label: str) -> None: ...


_current: list[Host] = []


def current() -> Host:
    """The host that carries the step out."""
    if not _current:
        raise RuntimeError("there is no host: a test carries a step out by `stepwell_sdk.testing.FakeHost`")
    return _current[-1]


class carried_out_by:
    """Within it, a host is the one that carries the step out."""

    def __init__(self, host: Host):
        self.host = host

    def __enter__(self) -> Host:
        _current.append(self.host)
        return self.host

    def __exit__(self, *_: object) -> None:
        _current.pop()


def setting(name: str, default: Any = None) -> Any:
    """A setting of the step in the definition, as what its JSON says."""
    said = current().setting(name)
    return default if said is None else json.loads(said)


def ask_person(title: str, questions: Sequence[Question], guidance: str = "") -> list[str]:
    """Asks the person; the answers come in the order of the questions. Where nobody will answer, the failure's kind is `nobody-there`."""
    return current().ask_person(title, questions, guidance)


def list_files(pattern: str = "**") -> list[str]:
    """The paths in the workspace that match a glob, sorted. Needs the grant `workspace`."""
    return current().list_files(pattern)


def read_file(path: str) -> bytes:
    """A file of the workspace. Where there is none, the failure's kind is `file-not-found`."""
    return current().read_file(path)


def write_file(path: str, content: bytes | str) -> None:
    """Writes a file; others see it when the step succeeds. Needs the grant `workspace` = `write`."""
    current().write_file(path, content.encode() if isinstance(content, str) else content)


def log(message: str, level: str = "info") -> None:
    """Says something to whoever watches the run; the level is `debug`, `info`, `warn` or `error`."""
    current().log(level, message)


def advance(done: int, total: int, label: str) -> None:
    """Says how far the step is, such as 3 of 7 with the label `writing parser.py`."""
    current().advance(done, total, label)

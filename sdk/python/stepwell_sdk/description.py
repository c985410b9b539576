"""What a step says of itself."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Field:
    """An input that a step reads, a variable of its prompt, a document that it writes, or a setting."""

    # `[a-z][a-z0-9_]*`.
    name: str
    description: str
    required: bool = True
    # A JSON Schema of its text, against which the host holds it.
    schema: dict | None = None


@dataclass(frozen=True)
class Prompt:
    """A prompt that the step uses: people make versions of it, and this is the first."""

    name: str
    intrinsic: str
    variables: Sequence[Field] = ()


@dataclass(frozen=True)
class Grant:
    """What the step is to be allowed, such as `workspace` = `write`, and why."""

    name: str
    value: str
    reason: str
    # Whether the step can do without it.
    optional: bool = False


@dataclass(frozen=True)
class Description:
    """What a step is, reads and writes."""

    name: str
    version: str
    summary: str
    inputs: Sequence[Field] = ()
    documents: Sequence[Field] = ()
    # The first one is what `construct_prompt` fills.
    prompts: Sequence[Prompt] = ()
    settings: Sequence[Field] = ()
    grants: Sequence[Grant] = ()
    # What else the host knows, by name, as what becomes JSON.
    annotations: dict = field(default_factory=dict)

    def all_annotations(self) -> dict[str, str]:
        """The annotations as JSON, with the reason for each grant, and those that the step can do without."""
        every = dict(self.annotations)
        every.update({grant.name: grant.reason for grant in self.grants})
        if optional := {grant.name: grant.value for grant in self.grants if grant.optional}:
            every["optional-grants"] = optional
        return {name: json.dumps(value, ensure_ascii=False) for name, value in every.items()}

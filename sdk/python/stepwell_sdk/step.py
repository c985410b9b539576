"""The class that a step is."""

from abc import ABC, abstractmethod

from .description import Description
from .failure import Failure
from .host import setting
from .prompting import ask, fill


class Step(ABC):
    """One unit of work in a workflow. Only `describe` and `process_response` have to be written."""

    @abstractmethod
    def describe(self) -> Description:
        """What the step is, reads and writes. May call no function of the host."""

    @abstractmethod
    def process_response(self, inputs: dict[str, str], response: str) -> dict[str, str]:
        """The documents in a model's answer, by name. Pure: it calls no function of the host, so that a stored answer can be parsed again
        by a newer step for free. Among the inputs is `$prompt`, the template that is in force. Raises `Failure.invalid_response`."""

    def construct_prompt(self, inputs: dict[str, str]) -> str | None:
        """The first prompt that `execute` would send; none where the step asks no model. It may read prompts and settings, and call no
        other function of the host."""
        description = self.describe()
        if not description.prompts:
            return None
        prompt = description.prompts[0]
        settings = {field.name for field in description.settings}
        variables = {}
        for variable in prompt.variables:
            text = inputs.get(variable.name)
            if text is None and variable.name in settings:
                text = setting(variable.name, "")
                if not isinstance(text, str):
                    raise Failure.invalid_input(f"the setting `{variable.name}` is no text")
            variables[variable.name] = (text or "").strip()
        return fill(prompt.name, variables)

    def execute(self, inputs: dict[str, str]) -> dict[str, str]:
        """The step's work, from its inputs to its documents. After a failure the host starts it again from the beginning; what it asked
        before is answered as before."""
        prompt = self.construct_prompt(inputs)
        return self.process_response(inputs, "" if prompt is None else ask(prompt))

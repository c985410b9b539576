"""Write steps of Stepwell workflows in Python.

The class `Step` is what a step is; the functions are what the host lends it. `stepwell_sdk.component` makes a component of it, and
`stepwell_sdk.testing` has a fake host for tests.
"""

from .description import Description, Field, Grant, Prompt
from .failure import Failure
from .host import Question, advance, ask_person, list_files, log, read_file, setting, write_file
from .prompting import ask, ask_all, fill
from .step import Step

__all__ = [
    "Description",
    "Failure",
    "Field",
    "Grant",
    "Prompt",
    "Question",
    "Step",
    "advance",
    "ask",
    "ask_all",
    "ask_person",
    "fill",
    "list_files",
    "log",
    "read_file",
    "setting",
    "write_file",
]

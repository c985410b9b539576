"""What the step says of itself."""

import json
import pathlib

from wit_world.imports.types import Description, Field, Text

from . import verdicts

VERSION = "0.1.0"

# Read while building: at run time there are no such files.
SCHEMA = (pathlib.Path(__file__).parent / "results.schema.json").read_text(encoding="utf-8")

ARGUMENTS = {"type": "array", "items": {"type": "string"}}


def description() -> Description:
    def reason(name: str, value: str) -> Text:
        return Text(name, json.dumps(value))

    return Description(
        name="testing",
        version=VERSION,
        summary="Runs the workspace's tests with pytest, inside the sandbox, and reports what passed.",
        prompts=[],
        inputs=[
            Field(
                "files",
                "The test files to run: a path in each line, or JSON in which each `path` names one, such as the "
                "document `tests` of the step test_generation; else all tests of the workspace",
                False,
                None,
            ),
            Field(
                "after",
                "Documents of the steps that write the files, so that the tests run after them; it isn't read",
                False,
                None,
            ),
        ],
        documents=[
            Field("verdict", f"In one word: {', '.join(f'`{word}`' for word in verdicts.WORDS)}", True, None),
            Field("report", "What passed and what didn't, with the details of each failure, as Markdown", True, None),
            Field("results", "The same as JSON", True, SCHEMA),
        ],
        settings=[
            Field("arguments", "Further arguments of pytest, such as `[\"-k\", \"ledger\"]`", False, json.dumps(ARGUMENTS)),
        ],
        grants=[Text("workspace", "copy"), Text("clock", "real")],
        annotations=[
            reason("workspace", "tests run on a copy of the workspace, which is thrown away"),
            reason("clock", "tests measure durations and may sleep"),
        ],
    )

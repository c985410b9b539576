"""A step on the SDK in Python that uses all that it has, and reports what it got."""

import json

from stepwell_sdk import (
    Description, Failure, Field, Grant, Prompt, Question, Step,
    advance, ask, ask_all, ask_person, fill, list_files, log, read_file, setting, write_file,
)  # fmt: skip

TEXT = Field("text", "The text")


class ReleaseNotes(Step):
    def describe(self):
        return Description(
            name="busy",
            version="0.1.0",
            summary="Does everything.",
            inputs=[TEXT],
            documents=[Field("report", "What it got", schema={"type": "object"})],
            prompts=[Prompt("busy", "{{ style }}: {{ text }}", [TEXT, Field("style", "How")])],
            settings=[Field("style", "How", required=False, schema={"type": "string"}), Field("number", "A number", required=False)],
            grants=[Grant("workspace", "write", "it writes"), Grant("clock", "real", "it waits", optional=True)],
        )

    def process_response(self, inputs, response):
        return {"report": response}

    def execute(self, inputs):
        log("begins", level="warn")
        advance(1, 2, "half")
        write_file("out.txt", read_file("in.txt").decode() + "é")
        report = {
            "prompt": self.construct_prompt(inputs),
            "number": setting("number", 7),
            "answers": ask_all(["one", "two"]),
            "person": ask_person("Who", [Question("who", "Who is it?", choices=["me", "you"], required=False)], guidance="Say."),
            "files": list_files("*.txt"),
            "missing": failure_of(lambda: read_file("missing.txt")),
            "outside": failure_of(lambda: write_file("../out.txt", "")),
            "unknown": failure_of(lambda: fill("unknown", {})),
            "silent": failure_of(lambda: ask("three")),
            "template": inputs["$prompt"],
        }
        return self.process_response(inputs, json.dumps(report, ensure_ascii=False))


def failure_of(work):
    try:
        work()
    except Failure as failure:
        return failure.kind
    return None

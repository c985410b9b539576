"""A step on the SDK in Python that calls the contract's functions itself, and lets pass whatever comes of it."""

from stepwell_sdk import Description, Field, Step
from stepwell_sdk.host import setting


class ReleaseNotes(Step):
    def describe(self):
        return Description(
            name="refused",
            version="0.1.0",
            summary="Lets everything pass.",
            documents=[Field("out", "None ever comes")],
            settings=[Field("how", "Which of them")],
        )

    def process_response(self, inputs, response):
        return {"out": response}

    def execute(self, inputs):
        from componentize_py_types import Err
        from wit_world.imports import dialogue, prompts, types, workspace

        match setting("how"):
            case "reads":
                workspace.read("a.txt")
            case "misses":
                prompts.get("unknown", 1)
            case "asks":
                dialogue.ask(dialogue.Form("Who", "", [dialogue.Question("who", "Who is it?", [], None, [])]))
            case "fails":
                raise Err(types.Failure(types.FailureKind_Other("own"), "in its own words", False))
            case "raises":
                raise Err("no failure")
        return {"out": "it passed"}

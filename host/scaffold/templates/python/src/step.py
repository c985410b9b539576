"""Writes release notes from a list of changes."""

from stepwell_sdk import Description, Failure, Field, Prompt, Step

PROMPT = "Write release notes, as a list, for:\n{{ changes }}"


class ReleaseNotes(Step):
    def describe(self) -> Description:
        return Description(
            name="PLUGIN_NAME",
            version="0.1.0",
            summary="Writes release notes.",
            inputs=[Field("changes", "What changed, a line each")],
            documents=[Field("notes", "The release notes, a list")],
            prompts=[Prompt("PLUGIN_NAME", PROMPT, [Field("changes", "What changed")])],
        )

    def process_response(self, inputs: dict[str, str], response: str) -> dict[str, str]:
        notes = [line for line in response.splitlines() if line.startswith("- ")]
        if not notes:
            raise Failure.invalid_response("it holds no list")
        return {"notes": "\n".join(notes)}

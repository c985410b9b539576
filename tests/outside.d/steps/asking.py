"""A step that asks what a test wants asked, in every way that the contract has: with pictures, tools, schemas and options."""

import base64
import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import chat
from wit_world.imports.types import Description, Field, Text

ROLES = {"system": chat.Role.SYSTEM, "user": chat.Role.USER, "assistant": chat.Role.ASSISTANT, "tool": chat.Role.TOOL}
ASKED = Field("asked", "What is asked, as JSON", required=True, schema=None)
ANSWERS = Field("answers", "What was answered, as JSON", required=True, schema=None)


class Guest(exports.Guest):
    def describe(self) -> Description:
        return Description("asking", "0.1.0", "Asks what it is told to.", [], [ASKED], [ANSWERS], [], [], [])

    def construct_prompt(self, inputs: list[Text]) -> str | None:
        return None

    def process_response(self, inputs: list[Text], response: str) -> list[Text]:
        return []

    def execute(self, inputs: list[Text]) -> list[Text]:
        asked = next(json.loads(it.value) for it in inputs if it.name == "asked")
        return [Text("answers", json.dumps([conversation(it) for it in asked], ensure_ascii=False))]


def conversation(asked: dict) -> dict:
    """Asks, answers the calls of tools, and says all that is still to be said; what came last."""
    messages = [message(it) for it in asked["messages"]]
    further = [message(it) for it in asked.get("further", [])]
    told = []
    while True:
        try:
            answer = chat.complete(request(asked, messages))
        except Err as error:
            return {"error": type(error.value.kind).__name__.split("_")[-1], "message": error.value.message, "told": told}
        messages.append(answer.message)
        told.append(answer.text)
        calls = [part.value for part in answer.message.parts if isinstance(part, chat.Part_ToolCall)]
        if calls:
            results = [result(asked, call) for call in calls]
            if asked.get("results") == "apart":
                messages += [chat.Message(chat.Role.TOOL, [it], []) for it in results]
            else:
                messages.append(chat.Message(chat.Role.TOOL, results, []))
        elif further:
            messages.append(further.pop(0))
        else:
            return {"text": answer.text, "told": told, "finish": type(answer.finish_reason).__name__.split("_")[-1]}


def result(asked: dict, call) -> chat.Part_ToolResult:
    told = asked.get("tell", {}).get(call.name, {"content": f"{call.name} got {call.arguments_json}"})
    pictures = [attachment(it) for it in told.get("attach", [])]
    return chat.Part_ToolResult(chat.ToolResult(call.id, told["content"], pictures, told.get("is_error", False)))


def message(it: dict) -> chat.Message:
    parts = [chat.Part_Text(it["text"])] + [chat.Part_Attachment(attachment(each)) for each in it.get("attach", [])]
    return chat.Message(ROLES[it["role"]], parts, options(it))


def attachment(it: dict) -> chat.Attachment:
    return chat.Attachment(it["type"], base64.b64decode(it["data"]))


def options(it: dict) -> list[Text]:
    return [Text(name, json.dumps(value)) for name, value in it.get("options", {}).items()]


def request(asked: dict, messages: list) -> chat.Request:
    tools = [chat.Tool(it["name"], it.get("description", ""), json.dumps(it["schema"]), options(it)) for it in asked.get("tools", [])]
    choices = {"auto": chat.ToolChoice_Auto, "none": chat.ToolChoice_None_, "required": chat.ToolChoice_Required}
    return chat.Request(
        messages=messages,
        model=None,
        max_output_tokens=asked.get("most"),
        temperature=asked.get("temperature"),
        stop=asked.get("stop", []),
        answer_schema=json.dumps(asked["schema"]) if "schema" in asked else None,
        tools=tools,
        tool_choice=choices[asked.get("choice", "auto")](),
        options=options(asked),
    )

"""What OpenAI's Responses API wants of a request that keeps nothing at the server, and how it answers.

From OpenAI's documents: the API's reference, reasoning without state, function calling, structured outputs, streaming events.
"""

import json
import re

from strict import Answer, Format, Usage, digest, event, hold_schema, hold_tools, must, pieces
from strict_chat import hold_strict


class Responses(Format):
    kind = "openai-responses"
    path = "/v1/responses"
    key_header = "authorization"
    key_prefix = "Bearer "
    model = "gpt-strict-5"

    def __init__(self):
        # All items of an answer, by the ids of its calls; reasoning by what is encrypted of it.
        self.said: dict[str, list[dict]] = {}
        self.thoughts: dict[str, dict] = {}

    def check(self, headers: dict[str, str], request: dict) -> None:
        must(request.get("store") is False, "store: nothing may stay at the server")
        must("previous_response_id" not in request and "conversation" not in request, "Previous response not found: nothing is kept")
        must(
            "reasoning.encrypted_content" in request.get("include", []),
            "include: without reasoning.encrypted_content what was thought is lost",
        )
        most = request.get("max_output_tokens", 16)
        must(most >= 16, f"Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got {most} instead.")
        effort = request.get("reasoning", {}).get("effort", "low")
        must(effort in ("none", "minimal", "low", "medium", "high", "xhigh", "max"), f"reasoning.effort: {effort}")
        must("stop" not in request, "Unknown parameter: 'stop'")
        tools = request.get("tools", [])
        must(tools or "tools" not in request, "tools: [] is too short")
        must(all(tool["type"] == "function" for tool in tools), "tools: type")
        hold_tools([(tool["name"], tool.get("parameters")) for tool in tools], r"[a-zA-Z0-9_-]{1,64}", "parameters")
        for tool in tools:
            # Said by nobody, it is so.
            if tool.get("strict", True):
                hold_strict(tool["parameters"])
        must(tools or "tool_choice" not in request, "Tool choice is only allowed when tools are specified")
        form = request.get("text", {}).get("format", {"type": "text"})
        if form["type"] == "json_schema":
            must(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", form.get("name", "")), "Missing required parameter: 'text.format.name'")
            hold_schema(form["schema"])
            if form.get("strict"):
                hold_strict(form["schema"])
        self.hold_items(request["input"])

    def hold_items(self, items: list[dict]) -> None:
        must(isinstance(items, list) and items, "input: a list of items is wanted")
        waiting: list[str] = []
        for at, item in enumerate(items):
            kind = item.get("type", "message")
            must(kind in ("message", "function_call", "function_call_output", "reasoning"), f"input[{at}].type: {kind}")
            if kind == "function_call_output":
                must(
                    item["call_id"] in waiting, f"input[{at}]: No tool call found for function call output with call_id {item['call_id']}."
                )
                waiting.remove(item["call_id"])
                continue
            if kind == "function_call":
                self.hold_turn(items, at)
                waiting.append(item["call_id"])
                continue
            must(not waiting, f"input[{at}]: No tool output found for function call {waiting}.")
            if kind == "reasoning":
                self.hold_reasoning(items, at)
                continue
            self.hold_message(at, item)
        must(not waiting, f"No tool output found for function call {waiting}.")
        last = items[-1]
        must(last.get("type") == "function_call_output" or last.get("role") == "user", "input: the last item is the model's own")

    def hold_message(self, at: int, item: dict) -> None:
        must(item["role"] in ("user", "assistant", "system", "developer"), f"input[{at}].role: {item['role']}")
        content = item["content"]
        must(content, f"input[{at}].content: nothing")
        if isinstance(content, str):
            return
        mine = ("output_text", "refusal") if item["role"] == "assistant" else ("input_text", "input_image", "input_file")
        for part in content:
            must(part["type"] in mine, f"Invalid value: '{part['type']}'. Supported values are: {mine}. input[{at}]")
            if part["type"] == "input_image":
                must(part.get("detail") in ("low", "high", "auto", "original"), f"input[{at}]: detail of an image")

    def hold_reasoning(self, items: list[dict], at: int) -> None:
        item = items[at]
        secret = item.get("encrypted_content")
        must(secret, f"Item with id '{item.get('id')}' not found. Items are not persisted when `store` is set to false.")
        said = self.thoughts.get(secret)
        must(said is not None, f"The encrypted content for item {item.get('id')} could not be verified.")
        must(item == said, f"input[{at}]: reasoning isn't what it was: {item}, {said}")
        follows = items[at + 1] if at + 1 < len(items) else {}
        theirs = follows.get("type") in ("function_call", "reasoning") or follows.get("role") == "assistant"
        must(theirs, f"Item '{item['id']}' of type 'reasoning' was provided without its required following item.")

    def hold_turn(self, items: list[dict], at: int) -> None:
        """All that was said beside a call stands around it as it was said."""
        call = items[at]["call_id"]
        said = self.said.get(call)
        must(said is not None, f"input[{at}]: a call that nobody made: {call}")
        place = next(number for number, item in enumerate(said) if item.get("call_id") == call)
        came = [plain(item) for item in items[max(0, at - place) : at - place + len(said)]]
        must(
            came == [plain(item) for item in said],
            f"input[{at}]: the answer isn't what was said (an item 'reasoning' may be missing):\n{json.dumps(came)}\n{json.dumps(said)}",
        )

    def asked(self, request: dict) -> dict:
        messages, system, attached = [], [], 0
        for item in request["input"]:
            match item.get("type", "message"):
                case "function_call":
                    call = {"id": item["call_id"], "function": {"name": item["name"], "arguments": item["arguments"]}}
                    if messages and messages[-1]["role"] == "assistant":
                        messages[-1].setdefault("tool_calls", []).append(call)
                    else:
                        messages.append({"role": "assistant", "content": "", "tool_calls": [call]})
                case "function_call_output":
                    messages.append({"role": "tool", "tool_call_id": item["call_id"], "content": text_of(item["output"])})
                case "message" if item["role"] in ("system", "developer"):
                    system.append(text_of(item["content"]))
                case "message":
                    messages.append({"role": item["role"], "content": text_of(item["content"])})
                    attached += sum(it["type"] != "input_text" for it in item["content"] if isinstance(it, dict) and item["role"] == "user")
        form = request.get("text", {}).get("format", {})
        return {
            "system": "".join(system),
            "messages": messages,
            "tools": [{"function": {"name": tool["name"]}} for tool in request.get("tools", []) if request.get("tool_choice") != "none"],
            "schema": form.get("schema"),
            "attached": attached,
        }

    def usage(self, request: dict, answer: Answer) -> Usage:
        usage = super().usage(request, answer)
        usage.cache_read = usage.input // 3
        return usage

    def stream(self, request: dict, answer: Answer, usage: Usage) -> list[str]:
        seed = digest(request)
        items: list[dict] = []

        def think(id: str, text: str) -> None:
            if text:
                item = {
                    "id": id,
                    "type": "reasoning",
                    "summary": [{"type": "summary_text", "text": text}],
                    "encrypted_content": f"gAAA{id}==",
                }
                self.thoughts[item["encrypted_content"]] = item
                items.append(item)

        think(f"rs_{seed}", answer.thought)
        if answer.text:
            part = {"type": "output_text", "text": answer.text, "annotations": [], "logprobs": []}
            phase = "commentary" if answer.calls else "final_answer"
            items.append(
                {"id": f"msg_{seed}", "type": "message", "role": "assistant", "status": "completed", "content": [part], "phase": phase}
            )
        think(f"rs_{seed}after", answer.afterthought)
        for place, (name, given) in enumerate(answer.calls):
            call = {"id": f"fc_{seed}{place}", "type": "function_call", "status": "completed", "call_id": f"call_{seed}_{place}"}
            items.append(call | {"name": name, "arguments": json.dumps(given)})
        self.said |= {item["call_id"]: items for item in items if "call_id" in item}
        numbers = iter(range(100_000))

        def said(kind: str, **fields) -> str:
            return event(f"response.{kind}", {"type": f"response.{kind}", "sequence_number": next(numbers)} | fields)

        def response(status: str, **fields) -> dict:
            head = {"id": f"resp_{seed}", "object": "response", "created_at": 1, "status": status, "model": request["model"]}
            return head | {"error": None, "incomplete_details": None, "output": [], "store": False, "usage": None} | fields

        events = [said("created", response=response("in_progress")), said("in_progress", response=response("in_progress"))]
        for index, item in enumerate(items):
            events += streamed(said, index, item, seed)
        told = {
            "input_tokens": usage.input,
            "input_tokens_details": {"cached_tokens": usage.cache_read},
            "output_tokens": usage.output,
            "output_tokens_details": {"reasoning_tokens": usage.reasoning},
            "total_tokens": usage.input + usage.output,
        }
        return [*events, said("completed", response=response("completed", output=items, usage=told))]

    def error(self, status: int, word: str, message: str) -> dict:
        return {"error": {"message": message, "type": word, "param": None, "code": word}}

    def error_events(self, word: str, message: str) -> list[str]:
        return [event("error", {"type": "error", "sequence_number": 9, "code": word, "message": message, "param": None})]


def streamed(said, index: int, item: dict, seed: str) -> list[str]:
    """The events of one item: its beginning, its pieces, each whole, and itself."""
    at = {"output_index": index, "item_id": item["id"]}
    match item["type"]:
        case "reasoning":
            at |= {"summary_index": 0}
            (part,) = item["summary"]
            inner = [said("reasoning_summary_part.added", part={"type": "summary_text", "text": ""}, **at)]
            inner += [said("reasoning_summary_text.delta", delta=piece, **at) for piece in pieces(part["text"], seed)]
            inner += [said("reasoning_summary_text.done", text=part["text"], **at), said("reasoning_summary_part.done", part=part, **at)]
            begun = item | {"summary": [], "encrypted_content": "gAAAbegun"}
        case "message":
            at |= {"content_index": 0}
            (part,) = item["content"]
            inner = [said("content_part.added", part=part | {"text": ""}, **at)]
            inner += [said("output_text.delta", delta=piece, logprobs=[], **at) for piece in pieces(part["text"], seed)]
            inner += [said("output_text.done", text=part["text"], logprobs=[], **at), said("content_part.done", part=part, **at)]
            begun = item | {"content": [], "status": "in_progress"}
        case _:
            inner = [said("function_call_arguments.delta", delta=piece, **at) for piece in pieces(item["arguments"], seed)]
            inner.append(said("function_call_arguments.done", arguments=item["arguments"], name=item["name"], **at))
            begun = item | {"arguments": "", "status": "in_progress"}
    return [said("output_item.added", output_index=index, item=begun), *inner, said("output_item.done", output_index=index, item=item)]


def plain(item: dict) -> dict:
    """An item without what need not come back."""
    match item.get("type", "message"):
        case "message":
            return {"role": item.get("role"), "text": text_of(item["content"]), "phase": item.get("phase")}
        case "function_call":
            return {name: item[name] for name in ("type", "call_id", "name", "arguments")}
    return item


def text_of(content) -> str:
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)

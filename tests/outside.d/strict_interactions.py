"""What Google's Interactions API wants of a request that keeps nothing at the server, and how it answers.

From Google's documents: the API's reference, function calling and thinking without state, streaming, API errors.
"""

import json

from strict import Answer, Format, Usage, digest, event, hold_schema, hold_tools, must, pieces


class Interactions(Format):
    kind = "gemini-interactions"
    path = "/v1beta/interactions"
    key_header = "x-goog-api-key"
    model = "gemini-strict-5"

    def __init__(self):
        # All steps of an answer, by the ids of its calls; thoughts by their signatures.
        self.said: dict[str, list[dict]] = {}
        self.thoughts: dict[str, dict] = {}

    def check(self, headers: dict[str, str], request: dict) -> None:
        must(headers.get("api-revision") == "2026-05-20", "Api-Revision: 2026-05-20 is wanted for steps")
        must("authorization" not in headers and "key=" not in request.get("path", ""), "the key is sent twice")
        must(request.get("store") is False, "store: nothing may stay at the server")
        must("previous_interaction_id" not in request and "background" not in request, "nothing is kept at the server")
        must(("model" in request) != ("agent" in request), "either a model or an agent")
        must(request.get("system_instruction", "x").strip(), "system_instruction: empty")
        tools = request.get("tools", [])
        must(tools or "tools" not in request, "tools: empty")
        must(all(tool["type"] == "function" for tool in tools), "The value is not supported for 'type' at 'tools[0]'.")
        hold_tools([(tool["name"], tool.get("parameters")) for tool in tools], r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}", "parameters")
        form = request.get("response_format")
        if form is not None:
            must(form["type"] == "text" and form.get("mime_type") == "application/json", f"response_format: {form}")
            hold_schema(form["schema"])
        config = request.get("generation_config", {"max_output_tokens": 1})
        must(config, "generation_config: empty")
        must(config.get("thinking_level", "low") in ("minimal", "low", "medium", "high"), "generation_config.thinking_level")
        must(0 <= config.get("temperature", 1) <= 2, "generation_config.temperature")
        must(config.get("max_output_tokens", 1) >= 1, "generation_config.max_output_tokens")
        must(len(config.get("stop_sequences", [])) <= 5, "generation_config.stop_sequences: at most five")
        must(tools or "tool_choice" not in config, "generation_config.tool_choice: without tools")
        self.hold_steps(request["input"])

    def hold_steps(self, steps: list[dict]) -> None:
        must(isinstance(steps, list) and steps, "input: steps are wanted")
        must(steps[0]["type"] == "user_input", "input: the first step is the user's")
        waiting: dict[str, str] = {}
        for at, step in enumerate(steps):
            match step["type"]:
                case "function_result":
                    must(step["call_id"] in waiting, f"input[{at}]: no function call has the id {step['call_id']}")
                    name = waiting.pop(step["call_id"])
                    must(step.get("name", name) == name, f"input[{at}]: a result of {step.get('name')}, and {name} was called")
                    continue
                case "function_call":
                    must(isinstance(step["arguments"], dict), f"input[{at}].arguments: an object is wanted")
                    self.hold_turn(steps, at)
                    waiting[step["id"]] = step["name"]
                    continue
                case "thought":
                    said = self.thoughts.get(step.get("signature", ""))
                    must(said is not None, f"input[{at}]: Invalid thought signature: {step.get('signature')}")
                    must(plain(step) == plain(said), f"input[{at}]: a thought isn't what it was: {step}, {said}")
                case "user_input" | "model_output":
                    must(step["content"], f"input[{at}].content: nothing")
                    for content in step["content"]:
                        must(content["type"] != "text" or content["text"], f"input[{at}].content: an empty text")
                case other:
                    must(False, f"input[{at}].type: {other}")
            must(not waiting, f"input[{at}]: the number of function results must be that of the function calls, missing: {[*waiting]}")
        must(not waiting, f"function calls without results: {[*waiting]}")
        must(steps[-1]["type"] in ("user_input", "function_result"), "input: the last step is the model's own")

    def hold_turn(self, steps: list[dict], at: int) -> None:
        call = steps[at]["id"]
        said = self.said.get(call)
        must(said is not None, f"input[{at}]: a call that nobody made: {call}")
        place = next(number for number, step in enumerate(said) if step.get("id") == call)
        came = steps[max(0, at - place) : at - place + len(said)]
        must(
            [plain(it) for it in came] == [plain(it) for it in said],
            f"input[{at}]: the answer isn't what was said (a thought's signature may be missing):\n{json.dumps(came)}\n{json.dumps(said)}",
        )

    def asked(self, request: dict) -> dict:
        messages, attached = [], 0
        may_call = request.get("generation_config", {}).get("tool_choice") != "none"
        for step in request["input"]:
            match step["type"]:
                case "function_call":
                    call = {"id": step["id"], "function": {"name": step["name"], "arguments": json.dumps(step["arguments"])}}
                    if messages and messages[-1]["role"] == "assistant":
                        messages[-1].setdefault("tool_calls", []).append(call)
                    else:
                        messages.append({"role": "assistant", "content": "", "tool_calls": [call]})
                case "function_result":
                    result = step["result"]
                    said = result if isinstance(result, str) else texts(result)
                    messages.append({"role": "tool", "tool_call_id": step["call_id"], "content": said})
                case "model_output":
                    messages.append({"role": "assistant", "content": texts(step["content"])})
                case "user_input":
                    messages.append({"role": "user", "content": texts(step["content"])})
                    attached += sum(content["type"] != "text" for content in step["content"])
        return {
            "system": request.get("system_instruction", ""),
            "messages": messages,
            "tools": [{"function": {"name": tool["name"]}} for tool in request.get("tools", []) if may_call],
            "schema": (request.get("response_format") or {}).get("schema"),
            "attached": attached,
        }

    def usage(self, request: dict, answer: Answer) -> Usage:
        usage = super().usage(request, answer)
        usage.cache_read = usage.input // 3
        return usage

    def stream(self, request: dict, answer: Answer, usage: Usage) -> list[str]:
        seed = digest(request)
        steps: list[dict] = []

        def think(signature: str, text: str) -> None:
            if text:
                step = {"type": "thought", "signature": signature, "summary": [{"type": "text", "text": it} for it in pieces(text, seed)]}
                self.thoughts[signature] = step
                steps.append(step)

        think(f"RXBv{seed}", answer.thought)
        if answer.text:
            steps.append({"type": "model_output", "content": [{"type": "text", "text": answer.text}]})
        think(f"RXBw{seed}", answer.afterthought)
        for place, (name, given) in enumerate(answer.calls):
            steps.append({"type": "function_call", "id": f"fn-{seed}-{place}", "name": name, "arguments": given})
        self.said |= {step["id"]: steps for step in steps if step["type"] == "function_call"}
        head = {"id": f"v1_{seed}", "object": "interaction", "model": request["model"]}
        events = [said("interaction.created", interaction=head | {"status": "in_progress"})]
        events.append(said("interaction.status_update", interaction_id=head["id"], status="in_progress"))
        for index, step in enumerate(steps):
            events += streamed(index, step, seed)
        told = {
            "total_tokens": usage.input + usage.output,
            "total_input_tokens": usage.input,
            "total_cached_tokens": usage.cache_read,
            "total_output_tokens": usage.output - usage.reasoning,
            "total_thought_tokens": usage.reasoning,
            "total_tool_use_tokens": 0,
        }
        status = "requires_action" if answer.calls else "completed"
        ended = head | {
            "status": status,
            "created": "2026-05-12T18:44:51Z",
            "updated": "2026-05-12T18:44:51Z",
            "service_tier": "standard",
            "usage": told,
        }
        return [*events, said("interaction.completed", interaction=ended), event("done", "[DONE]")]

    def error(self, status: int, word: str, message: str) -> dict:
        word = "invalid_request" if word == "invalid_request_error" else word
        return {"error": {"code": word, "message": message}}

    def error_events(self, word: str, message: str) -> list[str]:
        return [said("error", error={"code": word, "message": message})]


def streamed(index: int, step: dict, seed: str) -> list[str]:
    match step["type"]:
        case "thought":
            inner = [{"type": "thought_summary", "content": content} for content in step["summary"]]
            inner.append({"type": "thought_signature", "signature": step["signature"]})
            begun = {"type": "thought"}
        case "model_output":
            (content,) = step["content"]
            inner = [{"type": "text", "text": piece} for piece in pieces(content["text"], seed)]
            begun = {"type": "model_output"}
        case _:
            given = json.dumps(step["arguments"])
            inner = [{"type": "arguments_delta", "arguments": piece} for piece in pieces(given, seed)]
            begun = step | {"arguments": {}}
    deltas = [said("step.delta", index=index, delta=delta) for delta in inner]
    return [said("step.start", index=index, step=begun), *deltas, said("step.stop", index=index)]


def said(kind: str, **fields) -> str:
    return event(kind, fields | {"event_type": kind})


def plain(step: dict) -> dict:
    """A step, with the pieces of a summary as one text: in which pieces it came says nothing."""
    return step | ({"summary": texts(step.get("summary", []))} if step["type"] == "thought" else {})


def texts(content: list[dict]) -> str:
    return "".join(it["text"] for it in content if it["type"] == "text")

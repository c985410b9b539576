"""What OpenAI's chat completions want of a request, and how they answer.

From OpenAI's documents. Thoughts are DeepSeek's: `reasoning_content`, which has to come back as it was with the calls that it led to, and
is refused where there were none. OpenAI itself doesn't send them.
"""

import json
import re

from strict import Answer, Format, Usage, digest, event, hold_schema, hold_tools, must, pieces


class Chat(Format):
    kind = "openai-chat"
    path = "/v1/chat/completions"
    key_header = "authorization"
    key_prefix = "Bearer "
    model = "gpt-strict-5"

    def __init__(self):
        # What was said, by the ids of its calls.
        self.said: dict[str, dict] = {}

    def check(self, headers: dict[str, str], request: dict) -> None:
        must(request.get("stream_options") in (None, {"include_usage": True}), f"stream_options: {request.get('stream_options')}")
        must(
            not {"max_tokens", "max_completion_tokens"} <= request.keys(),
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported",
        )
        must(0 <= request.get("temperature", 1) <= 2, "temperature: between 0 and 2")
        must(request.get("reasoning_effort", "low") in ("none", "minimal", "low", "medium", "high", "xhigh", "max"), "reasoning_effort")
        must(1 <= len(request.get("stop", ["."])) <= 4, "stop: one to four")
        tools = request.get("tools", [])
        must(tools or "tools" not in request, "[] is too short - 'tools'")
        must(all(tool["type"] == "function" for tool in tools), "tools: type")
        hold_tools([(tool["function"]["name"], tool["function"].get("parameters")) for tool in tools], r"[a-zA-Z0-9_-]{1,64}", "parameters")
        must(tools or "tool_choice" not in request, "'tool_choice' is only allowed when 'tools' are specified")
        form = request.get("response_format")
        if form is not None:
            must(form["type"] == "json_schema", f"response_format: {form['type']}")
            must(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", form["json_schema"]["name"]), "response_format.json_schema.name")
            hold_schema(form["json_schema"]["schema"])
            if form["json_schema"].get("strict"):
                hold_strict(form["json_schema"]["schema"])
        self.hold_messages(request["messages"])

    def hold_messages(self, messages: list[dict]) -> None:
        must(messages, "[] is too short - 'messages'")
        waiting: list[str] = []
        for at, message in enumerate(messages):
            role, content = message["role"], message.get("content")
            must(role in ("developer", "system", "user", "assistant", "tool"), f"messages[{at}].role: {role}")
            must(role not in ("developer", "system") or at == 0, f"messages[{at}]: the system message must be at the beginning")
            if role == "tool":
                must(
                    message["tool_call_id"] in waiting,
                    f"messages[{at}]: messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
                )
                must(isinstance(content, (str, list)), f"messages[{at}].content: expected a string")
                waiting.remove(message["tool_call_id"])
                continue
            must(
                not waiting,
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
                f"The following tool_call_ids did not have response messages: {waiting}",
            )
            calls = message.get("tool_calls", [])
            must(calls or "tool_calls" not in message, f"messages[{at}].tool_calls: too short")
            must(not calls or role == "assistant", f"messages[{at}]: calls of a {role}")
            must(content is not None or calls, f"Invalid value for 'content': expected a string, got null. messages[{at}]")
            must(content != [] and (content != "" or calls or role == "assistant"), f"messages[{at}].content: nothing")
            waiting = [call["id"] for call in calls]
            must(
                all(len(id) <= 40 for id in waiting),
                f"messages[{at}].tool_calls: string too long. Expected a string with maximum length 40",
            )
            if role == "assistant":
                self.hold_turn(at, message, calls)
        must(not waiting, f"tool_call_ids did not have response messages: {waiting}")
        must(messages[-1]["role"] in ("user", "tool"), "the last message is the model's own")

    def hold_turn(self, at: int, message: dict, calls: list[dict]) -> None:
        if not calls:
            must("reasoning_content" not in message, f"messages[{at}].reasoning_content: not taken where nothing was called")
            return
        said = self.said.get(calls[0]["id"])
        must(said is not None, f"messages[{at}]: a call that nobody made: {calls[0]['id']}")
        if "reasoning_content" in said:
            must("reasoning_content" in message, "The `reasoning_content` in the thinking mode must be passed back to the API.")
        came = {name: message.get(name) or "" for name in ("content", "reasoning_content")}
        was = {name: said.get(name) or "" for name in ("content", "reasoning_content")}
        must(came == was, f"messages[{at}]: the turn isn't what was said: {came}, {was}")
        must(calls == said["tool_calls"], f"messages[{at}].tool_calls: not what was called: {calls}, {said['tool_calls']}")

    def other_fields(self, request: dict) -> set[str]:
        return {f"/messages/{at}/reasoning_content" for at in range(len(request.get("messages", [])))}

    def asked(self, request: dict) -> dict:
        system = [it["content"] for it in request["messages"] if it["role"] in ("system", "developer")]
        messages = [it for it in request["messages"] if it["role"] not in ("system", "developer")]
        parts = [part for it in messages if isinstance(it.get("content"), list) for part in it["content"]]
        return request | {
            "system": "".join(system),
            "messages": messages,
            "tools": request.get("tools") if request.get("tool_choice") != "none" else [],
            "schema": (request.get("response_format") or {}).get("json_schema", {}).get("schema"),
            "attached": sum(part["type"] == "image_url" for part in parts),
        }

    def usage(self, request: dict, answer: Answer) -> Usage:
        usage = super().usage(request, answer)
        # It keeps what repeats by itself.
        usage.cache_read = usage.input // 3
        return usage

    def stream(self, request: dict, answer: Answer, usage: Usage) -> list[str]:
        seed = digest(request)
        calls = [
            {"id": f"call_{seed}_{place}", "type": "function", "function": {"name": name, "arguments": json.dumps(given)}}
            for place, (name, given) in enumerate(answer.calls)
        ]
        said = {"content": answer.text, "reasoning_content": answer.thought + answer.afterthought, "tool_calls": calls}
        self.said |= {call["id"]: said for call in calls}

        def chunk(delta: dict, finish: str | None = None) -> str:
            choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
            return event(None, head | {"choices": [choice], "usage": None, "obfuscation": "xyz"})

        head = {
            "id": f"chatcmpl-{seed}",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": request["model"],
            "service_tier": "default",
        }
        events = [chunk({"role": "assistant", "content": None, "reasoning_content": ""})]
        events += [chunk({"content": None, "reasoning_content": piece}) for piece in pieces(answer.thought, seed)]
        events += [chunk({"content": piece, "reasoning_content": None}) for piece in pieces(answer.text, seed)]
        events += [chunk({"content": None, "reasoning_content": piece}) for piece in pieces(answer.afterthought, seed)]
        for index, call in enumerate(calls):
            begins = call | {"index": index, "function": {"name": call["function"]["name"], "arguments": ""}}
            events.append(chunk({"tool_calls": [begins]}))
            for piece in pieces(call["function"]["arguments"], seed):
                events.append(chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}))
        events.append(chunk({}, "tool_calls" if calls else "stop"))
        if request.get("stream_options"):
            told = {
                "prompt_tokens": usage.input,
                "completion_tokens": usage.output,
                "total_tokens": usage.input + usage.output,
                "prompt_tokens_details": {"cached_tokens": usage.cache_read, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": usage.reasoning, "audio_tokens": 0},
            }
            events.append(event(None, head | {"choices": [], "usage": told}))
        return [*events, event(None, "[DONE]")]

    def error(self, status: int, word: str, message: str) -> dict:
        return {"error": {"message": message, "type": word, "param": None, "code": word}}

    def error_events(self, word: str, message: str) -> list[str]:
        return [event(None, self.error(500, word, message))]


def hold_strict(schema: dict) -> None:
    """What a schema has to be where it is said to be strict."""
    if schema.get("type") == "object":
        must(schema.get("additionalProperties") is False, "'additionalProperties' is required to be supplied and to be false")
        missing = schema.get("properties", {}).keys() - set(schema.get("required", []))
        must(not missing, f"'required' is required to include every key in properties: {missing}")
    for inner in [*schema.get("properties", {}).values(), *schema.get("anyOf", []), schema.get("items", {})]:
        hold_strict(inner)

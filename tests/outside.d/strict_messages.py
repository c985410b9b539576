"""What Anthropic's Messages API wants of a request, and how it answers.

From its documents: Messages, streaming, extended and adaptive thinking, tool use, structured outputs, prompt caching, errors.
"""

import json
import re

from strict import Answer, Format, Refused, Usage, digest, event, hold_schema, hold_tools, must, pieces, tokens

THOUGHTS = ("thinking", "redacted_thinking")
# So many tokens it takes before anything is kept, and so many blocks it looks back from a mark.
LEAST_KEPT, LOOKED_BACK = 1024, 20


class Messages(Format):
    kind = "anthropic-messages"
    path = "/v1/messages"
    key_header = "x-api-key"
    model = "claude-strict-5"

    def __init__(self):
        # What was said, by the ids of its calls; thoughts by their signatures.
        self.said: dict[str, list[dict]] = {}
        self.thoughts: dict[str, dict] = {}
        # What is kept of the beginnings of requests, as digests.
        self.kept: set[str] = set()

    def check(self, headers: dict[str, str], request: dict) -> None:
        must(headers.get("anthropic-version") == "2023-06-01", "anthropic-version: header is required")
        must("authorization" not in headers, "the key is sent twice")
        most = request.get("max_tokens")
        must(isinstance(most, int) and most >= 1, "max_tokens: Field required")
        self.hold_thinking(request)
        tools = request.get("tools", [])
        must(tools or "tools" not in request, "tools: List should have at least 1 item")
        hold_tools([(tool["name"], tool.get("input_schema")) for tool in tools], r"[a-zA-Z0-9_-]{1,128}", "input_schema")
        for tool in tools:
            outer = {"oneOf", "anyOf", "allOf"} & tool["input_schema"].keys()
            must(not outer, f"tools.{tool['name']}.input_schema: does not support {outer} at the top level")
        must(tools or "tool_choice" not in request, "tool_choice: may only be specified while providing tools")
        for stop in request.get("stop_sequences", []):
            must(stop.strip(), "stop_sequences: each stop sequence must contain non-whitespace")
        self.hold_output(request.get("output_config"))
        self.hold_system(request.get("system"))
        self.hold_messages(request)
        hold_marks(request)

    def hold_thinking(self, request: dict) -> None:
        thinking = request.get("thinking", {"type": "disabled"})
        must(thinking["type"] in ("adaptive", "disabled", "enabled"), f"thinking.type: {thinking}")
        if thinking["type"] == "enabled":
            budget = thinking.get("budget_tokens", 0)
            must(1024 <= budget < request["max_tokens"], "thinking.budget_tokens: at least 1024 and less than max_tokens")
        if thinking["type"] == "disabled":
            must(0 <= request.get("temperature", 1) <= 1, "temperature: between 0 and 1")
            return
        must(request.get("temperature", 1) == 1, "`temperature` may only be set to 1 when thinking is enabled")
        must("top_k" not in request, "`top_k` must be unset when thinking is enabled")
        forced = request.get("tool_choice", {"type": "auto"})["type"] in ("any", "tool")
        must(not forced, "Thinking may not be enabled when tool_choice forces tool use")

    def hold_output(self, output: dict | None) -> None:
        if output is None:
            return
        must(output and not output.keys() - {"effort", "format"}, f"output_config: {output}")
        must(output.get("effort", "low") in ("low", "medium", "high", "xhigh", "max"), f"output_config.effort: {output}")
        if "format" in output:
            must(output["format"].keys() == {"type", "schema"}, f"output_config.format: {output['format'].keys()}")
            must(output["format"]["type"] == "json_schema", "output_config.format.type")
            hold_schema(output["format"]["schema"])
            hold_answer_schema(output["format"]["schema"], "output_config.format.schema")

    def hold_system(self, system) -> None:
        for block in system if isinstance(system, list) else []:
            must(block["type"] == "text" and block["text"].strip(), "system: text content blocks must contain non-whitespace text")
        must(system != [] and system != "", "system: must not be empty")

    def hold_messages(self, request: dict) -> None:
        messages = request["messages"]
        must(messages and messages[0]["role"] == "user", 'messages: first message must use the "user" role')
        must(
            messages[-1]["role"] == "user",
            "This model does not support assistant message prefill. The conversation must end with a user message.",
        )
        waiting: list[str] = []
        seen: set[str] = set()
        for at, message in enumerate(messages):
            must(message["role"] == ("user", "assistant")[at % 2], 'messages: roles must alternate between "user" and "assistant"')
            content = message["content"]
            blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
            must(blocks, f"messages.{at}: all messages must have non-empty content")
            for block in blocks:
                if block["type"] == "text":
                    must(block["text"].strip(), f"messages.{at}: text content blocks must contain non-whitespace text")
            results = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
            strange = [id for id in results if id not in waiting]
            must(not strange, f"messages.{at}: unexpected `tool_use_id` found in `tool_result` blocks: {strange}")
            missing = [id for id in waiting if id not in results]
            must(not missing, f"messages.{at}: `tool_use` ids were found without `tool_result` blocks immediately after: {missing}")
            must(len(set(results)) == len(results), f"messages.{at}: each tool_use must have a single result: {results}")
            first = [block["type"] for block in blocks[: len(results)]]
            must(first == ["tool_result"] * len(results), f"messages.{at}: tool_result blocks come first in the content")
            waiting = [block["id"] for block in blocks if block["type"] == "tool_use"]
            must(not seen & set(waiting), f"messages.{at}: `tool_use` ids must be unique")
            seen |= set(waiting)
            if message["role"] == "assistant":
                self.hold_turn(request, at, blocks)
            else:
                kinds = {block["type"] for block in blocks} - {"text", "image", "document", "tool_result"}
                must(not kinds, f"messages.{at}: {kinds} in a user's turn")
        for id in seen:
            must(re.fullmatch(r"[a-zA-Z0-9_-]+", id), f"tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$': {id}")

    def hold_turn(self, request: dict, at: int, blocks: list[dict]) -> None:
        """What the model said comes back as it was said."""
        plain = [{name: value for name, value in block.items() if name != "cache_control"} for block in blocks]
        for block in plain:
            if block["type"] == "thinking":
                said = self.thoughts.get(block.get("signature", ""))
                must(said is not None, f"messages.{at}: Invalid `signature` in `thinking` block")
                must(said == block, f"messages.{at}: `thinking` blocks cannot be modified: {block} was {said}")
            if block["type"] == "redacted_thinking":
                must(block in self.thoughts.values(), f"messages.{at}: Invalid `data` in `redacted_thinking` block")
        calls = [block["id"] for block in plain if block["type"] == "tool_use"]
        if not calls:
            return
        said = self.said.get(calls[0])
        must(said is not None, f"messages.{at}: a call that nobody made: {calls[0]}")
        thinking = request.get("thinking", {"type": "disabled"})["type"]
        if thinking == "disabled":
            said = [block for block in said if block["type"] not in THOUGHTS]
        # Where it thinks as it sees fit, a turn may begin without.
        if thinking == "enabled":
            must(plain[0]["type"] in THOUGHTS, f"messages.{at}: Expected `thinking` or `redacted_thinking`, but found `{plain[0]['type']}`")
        # White space alone is refused, so that it can't come back.
        said = [block for block in said if block.get("text", ".").strip()]
        must(plain == said, f"messages.{at}: the turn isn't what was said:\n{json.dumps(plain)}\n{json.dumps(said)}")

    def other_fields(self, request: dict) -> set[str]:
        # Newer models don't take it, and the library has left it out with them.
        return {"/temperature"}

    def asked(self, request: dict) -> dict:
        messages = []
        for message in request["messages"]:
            blocks = message["content"] if isinstance(message["content"], list) else [{"type": "text", "text": message["content"]}]
            if message["role"] == "assistant":
                calls = [
                    {"id": block["id"], "function": {"name": block["name"], "arguments": json.dumps(block["input"])}}
                    for block in blocks
                    if block["type"] == "tool_use"
                ]
                messages.append({"role": "assistant", "content": texts(blocks)} | ({"tool_calls": calls} if calls else {}))
                continue
            for block in blocks:
                if block["type"] == "tool_result":
                    content = block.get("content", "")
                    content = content if isinstance(content, str) else texts(content)
                    messages.append({"role": "tool", "tool_call_id": block["tool_use_id"], "content": content})
            if said := texts(blocks):
                messages.append({"role": "user", "content": said})
        system = request.get("system")
        schema = request.get("output_config", {}).get("format", {}).get("schema")
        may_call = request.get("tool_choice", {"type": "auto"})["type"] != "none"
        tools = [{"function": {"name": tool["name"]}} for tool in request.get("tools", []) if may_call]
        return {
            "system": system if isinstance(system, str) else texts(system or []),
            "messages": messages,
            "tools": tools,
            "schema": schema,
            "attached": sum(
                block["type"] in ("image", "document") for it in request["messages"] for block in it["content"] if isinstance(block, dict)
            ),
        }

    def usage(self, request: dict, answer: Answer) -> Usage:
        usage = super().usage(request, answer)
        beginnings, marked, total, so_far = [], [], 0, ""
        for block, is_marked in blocks_of(request):
            so_far = digest(so_far, request["model"], block)
            total += tokens(json.dumps(block))
            beginnings.append((so_far, total))
            if is_marked and total >= LEAST_KEPT:
                marked.append(len(beginnings) - 1)
        for mark in reversed(marked):
            found = [it for it in beginnings[max(0, mark - LOOKED_BACK) : mark + 1] if it[0] in self.kept]
            if found:
                usage.cache_read = found[-1][1]
                break
        if marked:
            usage.cache_write = max(0, beginnings[marked[-1]][1] - usage.cache_read)
            self.kept |= {beginnings[mark][0] for mark in marked}
        usage.input = max(total, usage.cache_read + usage.cache_write + 1)
        return usage

    def stream(self, request: dict, answer: Answer, usage: Usage) -> list[str]:
        seed = digest(request)
        thinks = request.get("thinking", {"type": "disabled"})["type"] != "disabled"
        content: list[dict] = []
        if thinks and answer.thought:
            content.append({"type": "thinking", "thinking": answer.thought, "signature": f"sig/{seed}+=="})
            # Some of it nobody may read.
            content.append({"type": "redacted_thinking", "data": f"red/{seed}+=="})
        if answer.text:
            content.append({"type": "text", "text": answer.text})
        if thinks and answer.afterthought:
            content.append({"type": "thinking", "thinking": answer.afterthought, "signature": f"after/{seed}+=="})
        for place, (name, given) in enumerate(answer.calls):
            content.append({"type": "tool_use", "id": f"toolu_{seed}_{place}", "name": name, "input": given})
        for block in content:
            if block["type"] in THOUGHTS:
                self.thoughts[block.get("signature", block.get("data"))] = block
            if block["type"] == "tool_use":
                self.said[block["id"]] = content
        told = {
            "input_tokens": usage.input - usage.cache_read - usage.cache_write,
            "cache_creation_input_tokens": usage.cache_write,
            "cache_read_input_tokens": usage.cache_read,
            "cache_creation": {"ephemeral_5m_input_tokens": usage.cache_write, "ephemeral_1h_input_tokens": 0},
            "output_tokens": 1,
            "service_tier": "standard",
        }
        message = {
            "id": f"msg_{seed}",
            "type": "message",
            "role": "assistant",
            "model": request["model"],
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": told,
        }
        events = [said("message_start", message=message)]
        for index, block in enumerate(content):
            events.append(said("content_block_start", index=index, content_block=beginning(block)))
            if index == 0:
                events.append(said("ping"))
            events += [said("content_block_delta", index=index, delta=delta) for delta in deltas(block, seed)]
            events.append(said("content_block_stop", index=index))
        ended = {"stop_reason": "tool_use" if answer.calls else "end_turn", "stop_sequence": None}
        last = {"output_tokens": usage.output, "output_tokens_details": {"thinking_tokens": usage.reasoning}}
        events.append(said("message_delta", delta=ended, usage=last))
        events.append(said("message_stop"))
        return events

    def error(self, status: int, word: str, message: str) -> dict:
        return {"type": "error", "error": {"type": word, "message": message}, "request_id": "req_strict"}

    def error_events(self, word: str, message: str) -> list[str]:
        return [said("error", error={"type": word, "message": message})]


def said(kind: str, **fields) -> str:
    return event(kind, {"type": kind} | fields)


def beginning(block: dict) -> dict:
    """A block as a stream begins it."""
    empty = {"thinking": {"thinking": "", "signature": ""}, "text": {"text": ""}, "tool_use": {"input": {}}}
    return block | empty.get(block["type"], {})


def deltas(block: dict, seed: str) -> list[dict]:
    match block["type"]:
        case "text":
            return [{"type": "text_delta", "text": piece} for piece in pieces(block["text"], seed)]
        case "thinking":
            thought = [{"type": "thinking_delta", "thinking": piece} for piece in pieces(block["thinking"], seed)]
            return [*thought, {"type": "signature_delta", "signature": block["signature"]}]
        case "tool_use":
            given = json.dumps(block["input"]) if block["input"] else ""
            return [{"type": "input_json_delta", "partial_json": piece} for piece in ["", *pieces(given, seed)]]
    return []


def texts(blocks: list[dict]) -> str:
    return "".join(block["text"] for block in blocks if block["type"] == "text")


def blocks_of(request: dict):
    """All that can be kept, in the order in which it is read, each with whether there is a mark on it."""
    system = request.get("system") or []
    system = [{"type": "text", "text": system}] if isinstance(system, str) else system
    every = [*request.get("tools", []), *system]
    for message in request["messages"]:
        content = message["content"]
        content = [{"type": "text", "text": content}] if isinstance(content, str) else content
        every += [block | {"role": message["role"]} for block in content]
    last = max((at for at, block in enumerate(every) if block.get("type") not in THOUGHTS), default=None)
    for at, block in enumerate(every):
        is_marked = bool(block.get("cache_control")) or (at == last and bool(request.get("cache_control")))
        yield {name: value for name, value in block.items() if name != "cache_control"}, is_marked


def hold_marks(request: dict) -> None:
    """At most four marks, those of an hour before those of five minutes, and none on thoughts or in what a mark can't reach."""
    places: list[tuple[str, dict]] = [(f"tools.{tool['name']}", tool) for tool in request.get("tools", [])]
    places += [("system", block) for block in request.get("system", []) if isinstance(block, dict)]
    for at, message in enumerate(request["messages"]):
        for block in message["content"] if isinstance(message["content"], list) else []:
            inner = block.get("content", []) if block["type"] == "tool_result" else []
            places += [(f"messages.{at}.tool_result", it) for it in inner if isinstance(it, dict)]
            places.append((f"messages.{at}", block))
    places.append(("the request", {"cache_control": request.get("cache_control")}))
    marks = [(where, holder, holder["cache_control"]) for where, holder in places if holder.get("cache_control") is not None]
    must(len(marks) <= 4, f"A maximum of 4 blocks with cache_control may be provided. Found {len(marks)}.")
    is_short = False
    for where, holder, mark in marks:
        must(holder.get("type") not in THOUGHTS, f"{where}: cache_control cannot be set on thinking blocks")
        must(mark.get("type") == "ephemeral" and not mark.keys() - {"type", "ttl"}, f"{where}: cache_control: {mark}")
        must(mark.get("ttl", "5m") in ("5m", "1h"), f"{where}: cache_control.ttl: {mark}")
        is_hour = mark.get("ttl") == "1h"
        must(not (is_hour and is_short), f"{where}: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block")
        is_short = is_short or not is_hour


# What a schema of an answer may say. Bounds of numbers, texts and long lists are refused.
TAKEN = {
    "$defs", "$ref", "additionalProperties", "allOf", "anyOf", "const", "default", "definitions", "description", "enum", "format", "items",
    "minItems", "properties", "required", "title", "type",
}  # fmt: skip
FORMATS = {"date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "time", "uri", "uuid"}


def hold_answer_schema(schema: dict, where: str) -> None:
    strange = schema.keys() - TAKEN
    must(not strange, f"{where}: For '{schema.get('type')}' type, properties {sorted(strange)} are not supported")
    if schema.get("type") == "object":
        must(
            schema.get("additionalProperties") is False,
            f"{where}: For 'object' type, 'additionalProperties' must be explicitly set to false",
        )
    must(schema.get("minItems", 0) in (0, 1), f"{where}: For 'array' type, 'minItems' values other than 0 or 1 are not supported")
    must(schema.get("format", "date") in FORMATS, f"{where}: format {schema.get('format')} is not supported")
    if "enum" in schema and not all(it is None or isinstance(it, (str, int, float, bool)) for it in schema["enum"]):
        raise Refused(f"{where}: complex types within enums are not supported")
    for name in ("properties", "$defs", "definitions"):
        for key, inner in schema.get(name, {}).items():
            hold_answer_schema(inner, f"{where}.{key}")
    for name in ("anyOf", "allOf"):
        for inner in schema.get(name, []):
            hold_answer_schema(inner, where)
    if isinstance(schema.get("items"), dict):
        hold_answer_schema(schema["items"], f"{where}.items")

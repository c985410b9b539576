"""The golden files of the wire formats, held against the providers' own libraries: they read the same out of an answer, and know
every field of a request."""

import json
import pathlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anthropic
import openai
import pytest
from google import genai

from sdk_types import unknown_fields

GOLDEN = pathlib.Path(__file__).parents[2] / "host/llm/tests/golden"
ASKED = {"role": "user", "content": "Hi"}


def read_by_us(path):
    return json.loads(path.with_suffix(".read.json").read_text(encoding="utf-8"))


def answers():
    """Every answer that is one; what an error becomes is ours to say."""
    for path in sorted(GOLDEN.glob("*/answers/*")):
        if not path.name.endswith(".read.json") and "error" not in read_by_us(path):
            yield pytest.param(path, id=f"{path.parts[-3]}-{path.name}")


def requests():
    for path in sorted(GOLDEN.glob("*/requests/*.json")):
        if "error" not in json.loads(path.read_text(encoding="utf-8")):
            yield pytest.param(path, id=f"{path.parts[-3]}-{path.name}")


class Provider:
    """Answers every request with the same bytes."""

    def __init__(self, path):
        body, is_stream = path.read_bytes(), path.suffix == ".sse"

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["content-length"]))
                self.send_response(200)
                self.send_header("content-type", "text/event-stream" if is_stream else "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.is_stream = is_stream
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def by_anthropic(provider):
    client = anthropic.Anthropic(api_key="k", base_url=provider.url, max_retries=0)
    asked = {"model": "m", "max_tokens": 5, "messages": [ASKED]}
    if provider.is_stream:
        with client.messages.stream(**asked) as stream:
            message = stream.get_final_message()
    else:
        message = client.messages.create(**asked)
    blocks, usage = message.content, message.usage
    return {
        "text": "".join(block.text for block in blocks if block.type == "text"),
        "calls": [(block.name, block.input) for block in blocks if block.type == "tool_use"],
        "kept": [block.model_dump(mode="json", exclude_unset=True) for block in blocks if block.type not in ("text", "tool_use")],
        "input": usage.input_tokens + (usage.cache_read_input_tokens or 0) + (usage.cache_creation_input_tokens or 0),
        "output": usage.output_tokens,
    }


def by_openai_chat(provider):
    client = openai.OpenAI(api_key="k", base_url=provider.url, max_retries=0)
    asked = {"model": "m", "messages": [ASKED]}
    if provider.is_stream:
        with client.chat.completions.stream(**asked) as stream:
            for _ in stream:
                pass
            completion = stream.current_completion_snapshot
    else:
        completion = client.chat.completions.create(**asked)
    message, usage = completion.choices[0].message, completion.usage
    calls = [call.function for call in message.tool_calls or []]
    return {
        "text": message.content or "",
        "calls": [(call.name, json.loads(call.arguments)) for call in calls],
        "input": usage.prompt_tokens,
        "output": usage.completion_tokens,
    }


def by_openai_responses(provider):
    client = openai.OpenAI(api_key="k", base_url=provider.url, max_retries=0)
    if provider.is_stream:
        events = list(client.responses.create(model="m", input="Hi", stream=True))
        streamed = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        response = events[-1].response
    else:
        streamed, response = "", client.responses.create(model="m", input="Hi")
    calls = [item for item in response.output if item.type == "function_call"]
    return {
        "text": response.output_text or streamed,
        "calls": [(call.name, json.loads(call.arguments)) for call in calls],
        "input": response.usage and response.usage.input_tokens,
        "output": response.usage and response.usage.output_tokens,
    }


def by_google(provider):
    client = genai.Client(api_key="k", http_options={"base_url": provider.url})
    if provider.is_stream:
        texts, calls, usage = [], {}, None
        for event in client.interactions.create(model="m", input="Hi", stream=True):
            match event.event_type:
                case "step.start" if event.step.type == "model_output":
                    texts += [content.text for content in event.step.content or []]
                case "step.start" if event.step.type == "function_call":
                    calls[event.index] = [event.step.name, event.step.arguments or ""]
                case "step.delta" if event.delta.type == "text":
                    texts.append(event.delta.text)
                case "step.delta" if event.delta.type == "arguments_delta":
                    calls[event.index][1] += event.delta.arguments
                case "interaction.completed":
                    usage = event.interaction.usage
        read = lambda arguments: arguments if isinstance(arguments, dict) else json.loads(arguments or "{}")
        calls = [(name, read(arguments)) for name, arguments in calls.values()]
    else:
        interaction = client.interactions.create(model="m", input="Hi")
        steps, usage = interaction.steps, interaction.usage
        texts = [content.text for step in steps if step.type == "model_output" for content in step.content]
        calls = [(step.name, step.arguments) for step in steps if step.type == "function_call"]
    return {
        "text": "".join(texts),
        "calls": calls,
        "input": usage and usage.total_input_tokens + (usage.total_tool_use_tokens or 0),
        "output": usage and usage.total_output_tokens + usage.total_thought_tokens,
    }


LIBRARIES = {
    "anthropic-messages": by_anthropic,
    "gemini-interactions": by_google,
    "openai-chat": by_openai_chat,
    "openai-responses": by_openai_responses,
}


@pytest.mark.parametrize("path", list(answers()))
def test_a_providers_own_library_reads_the_same(path):
    with Provider(path) as provider:
        theirs = LIBRARIES[path.parts[-3]](provider)
    read = read_by_us(path)
    parts = read["message"]["parts"]
    calls = [part["tool-call"] for part in parts if "tool-call" in part]
    ours = {
        "text": read["text"],
        "calls": [(call["name"], json.loads(call["arguments_json"])) for call in calls],
        "kept": [part["opaque"]["content"] for part in parts if "opaque" in part],
        "input": read["usage"]["input_tokens"],
        "output": read["usage"]["output_tokens"],
    }
    assert {name: ours[name] for name in theirs} == theirs


# What the step itself sets, what newer models of a provider no longer take, and what other servers want back.
ELSEWHERE = {"/seed", "/temperature", "/messages/1/reasoning_content", "/messages/1/reasoning_details"}


@pytest.mark.parametrize("path", list(requests()))
@pytest.mark.filterwarnings("ignore:.*DEPRECATED")
def test_a_providers_own_types_know_every_field(path):
    request = json.loads(path.read_text(encoding="utf-8"))
    assert unknown_fields(path.parts[-3], request) <= ELSEWHERE

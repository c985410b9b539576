"""A provider on loopback that takes nothing its documents don't allow: one server for all wire formats, in the process of the test.

What a format wants of a request, and how it answers, is in a file of its own (`strict_chat.py`, `strict_messages.py`,
`strict_responses.py`, `strict_interactions.py`). What is said is a rule of the test: a function from what was asked to an `Answer`.

It is written from the providers' documents and holds nothing of the program's. It knows no prices, and it isn't polite: answers come
in pieces of any size, cut anywhere.
"""

import hashlib
import json
import random
import re
import socket
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from pydantic import ValidationError

from program import PATIENCE
from sdk_types import unknown_fields


class Refused(Exception):
    """What is wrong with a request, in the words of its provider as far as they are known."""


def must(holds, hint: str) -> None:
    if not holds:
        raise Refused(hint)


@dataclass
class Answer:
    """What a model says: thoughts, a text, and calls of tools, each with its name and arguments."""

    text: str = ""
    calls: list[tuple[str, dict]] = field(default_factory=list)
    thought: str = ""
    # What it thinks between its text and its calls.
    afterthought: str = ""


@dataclass
class Usage:
    """Tokens, counted as the program is to count them: all of the input, and with the output what was thought."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0


@dataclass
class Received:
    """A request, and what became of it."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float
    request: dict = field(default_factory=dict)
    # `whole` and `part` of an answer, `error`, or nothing at all.
    got: str = "nothing"
    usage: Usage | None = None

    @property
    def id(self) -> str:
        """The same of two requests that are the same to the byte."""
        return hashlib.sha256(self.body).hexdigest()[:16]


class Format:
    """What a wire format wants of a request, and how it answers. Knows what it has said, since some of it has to come back."""

    kind: str
    path: str
    # What the server lets in: a header's name, and what stands before the key.
    key_header: str
    key_prefix = ""
    model: str

    def check(self, headers: dict[str, str], request: dict) -> None:
        """Raises `Refused`."""
        raise NotImplementedError

    def asked(self, request: dict) -> dict:
        """What a model reads, in the form of OpenAI's chat completions, as `sent.Sent` takes it."""
        raise NotImplementedError

    def stream(self, request: dict, answer: Answer, usage: Usage) -> list[str]:
        """The events of an answer as they go over the wire; keeps in mind what has to come back."""
        raise NotImplementedError

    def usage(self, request: dict, answer: Answer) -> Usage:
        said = [answer.text, *(name + json.dumps(given) for name, given in answer.calls)]
        thought = tokens(answer.thought + answer.afterthought)
        return Usage(tokens(json.dumps(request)), tokens("".join(said)) + thought, reasoning=thought)

    def error(self, status: int, word: str, message: str) -> dict:
        """The body of a refusal."""
        raise NotImplementedError

    def error_events(self, word: str, message: str) -> list[str]:
        """How a stream says that it broke."""
        raise NotImplementedError

    def hold_fields(self, request: dict) -> None:
        """Nothing stands in a request that the provider's own library doesn't know."""
        try:
            strange = unknown_fields(self.kind, request) - self.other_fields(request)
        except (ValidationError, AssertionError) as error:
            raise Refused(f"the provider's own types refuse it: {error}") from error
        must(not strange, f"unknown parameters: {', '.join(sorted(strange))}")

    def other_fields(self, request: dict) -> set[str]:
        """What the library doesn't know, and the documents do."""
        return set()


def tokens(text: str) -> int:
    return len(text) // 4 + 1 if text else 0


def digest(*parts) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:20]


def hold_tools(tools: list[tuple[str, dict]], names: str, schemas: str) -> None:
    """The names and schemas of tools: `names` is a pattern, `schemas` says where they stand."""
    seen = [name for name, _ in tools]
    must(len(set(seen)) == len(seen), f"tools: Tool names must be unique: {seen}")
    for name, schema in tools:
        must(re.fullmatch(names, name), f"tools: the name {name!r} doesn't match {names}")
        must(isinstance(schema, dict) and schema.get("type") == "object", f"{schemas} of {name}: a schema of an object is wanted")
        hold_schema(schema)


def hold_schema(schema: dict) -> None:
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise Refused(f"Invalid schema: {error.message}") from error


def pieces(text: str, seed: str) -> list[str]:
    """A text in pieces of many sizes."""
    sizes, cut, at = random.Random(seed), [], 0
    while at < len(text):
        size = sizes.choice((1, 2, 3, 5, 8, 40, 200))
        cut.append(text[at : at + size])
        at += size
    return cut


def event(name: str | None, data) -> str:
    data = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return (f"event: {name}\n" if name else "") + f"data: {data}\n\n"


@dataclass
class Fails:
    """Answers with a status of failure."""

    status: int
    body: dict | str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Breaks:
    """Half of the answer, then these events; without any the connection ends where it stands."""

    events: list[str] | None = None


@dataclass
class Holds:
    """Goes silent: before the answer, in the middle of it, or behind its end with the connection left open."""

    where: str


class Strict:
    """The server, from entering to leaving the context."""

    def __init__(self, form: Format, rules: Callable[[dict], Answer], key: str):
        self.form, self.rules, self.key = form, rules, key
        self.received: list[Received] = []
        # What was refused, as hints, and what the rules couldn't answer. Either fails a test.
        self.problems: list[str] = []
        # What happens instead of an answer: asked with the number of the request, from 0.
        self.instead: Callable[[int, Received], object] = lambda number, received: None
        self.more_headers: dict[str, str] = {}
        # What becomes of the text of an answer on its way, and what stands beside the status.
        self.on_the_way: Callable[[str], str] = lambda text: text
        self.reason: str | None = None
        self.lock, self.over = threading.Lock(), threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    def settings(self, more: str = "") -> str:
        """The provider and its model in `stepwell.toml`."""
        version = self.form.path.split("/")[1]
        return f'[providers.local]\nkind = "{self.form.kind}"\nbase_url = "{self.url}/{version}"\nkey_variable = "STRICT_KEY"\n{more}\n'

    def hold(self) -> None:
        """Fails with what was refused, where something was."""
        assert not self.problems, "\n".join(self.problems)[:20_000]

    def ids(self) -> list[str]:
        """What was asked so far, each request by its bytes."""
        with self.lock:
            return [it.id for it in self.received]

    def paid(self) -> list[str]:
        """The requests whose answers went out whole."""
        with self.lock:
            return [it.id for it in self.received if it.got == "whole"]

    def spent(self) -> Usage:
        total = Usage()
        for usage in (it.usage for it in self.received if it.usage and it.got == "whole"):
            for name in vars(total):
                setattr(total, name, getattr(total, name) + getattr(usage, name))
        return total

    def wait_for(self, number: int, process=None) -> bool:
        """Waits until so many requests came; false where the program ended before."""
        deadline = time.monotonic() + PATIENCE
        while len(self.received) < number:
            assert time.monotonic() < deadline, f"it hangs after {len(self.received)} requests"
            if process is not None and process.poll() is not None:
                return len(self.received) >= number
            time.sleep(0.002)
        return True

    def take(self, handler: BaseHTTPRequestHandler) -> Received:
        body = handler.rfile.read(int(handler.headers["content-length"]))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        received = Received(handler.path, headers, body, time.monotonic())
        with self.lock:
            number = len(self.received)
            self.received.append(received)
        received.number = number
        return received

    def check(self, received: Received) -> None:
        form = self.form
        must(received.path == form.path, f"Not found: {received.path}")
        must(received.headers.get("content-type", "").split(";")[0] == "application/json", "content-type must be application/json")
        given = received.headers.get(form.key_header, "")
        must(given == form.key_prefix + self.key, f"no valid key in the header {form.key_header}")
        try:
            received.request = json.loads(received.body.decode("utf-8"))
        except ValueError as error:
            raise Refused(f"the body is not JSON in UTF-8: {error}") from error
        must(received.request.get("stream") is True, "it is to be streamed")
        form.hold_fields(received.request)
        form.check(received.headers, received.request)

    def reply(self, handler, received: Received) -> None:
        form = self.form
        try:
            self.check(received)
        except Refused as refused:
            self.problems.append(f"request {received.number}, {form.kind}: {refused}\n{received.body.decode()[:3_000]}")
            # In the format's own shape. Nobody asks again after this one.
            return self.fail(handler, received, Fails(400, form.error(400, "invalid_request_error", str(refused))))
        instead = self.instead(received.number, received)
        if isinstance(instead, Fails):
            return self.fail(handler, received, instead)
        try:
            answer = instead if isinstance(instead, Answer) else self.rules(form.asked(received.request))
        except Exception:
            self.problems.append(traceback.format_exc())
            return self.fail(handler, received, Fails(400, form.error(400, "invalid_request_error", "the rules have no answer")))
        received.usage = form.usage(received.request, answer)
        events = [self.on_the_way(it) for it in form.stream(received.request, answer, received.usage)]
        if isinstance(instead, Holds) and instead.where == "before":
            self.over.wait(PATIENCE)
            return None
        half = "".join(events[: max(1, len(events) // 2)]).encode()
        self.begin(handler)
        if isinstance(instead, Breaks):
            received.got = "part"
            self.send(handler, half + self.on_the_way("".join(instead.events or [])).encode(), received.id)
            return self.end(handler, cleanly=instead.events is not None)
        if isinstance(instead, Holds) and instead.where == "middle":
            received.got = "part"
            self.send(handler, half, received.id)
            self.over.wait(PATIENCE)
            return self.end(handler, cleanly=False)
        self.send(handler, "".join(events).encode(), received.id)
        received.got = "whole"
        if isinstance(instead, Holds):
            self.over.wait(PATIENCE)
            return self.end(handler, cleanly=False)
        return self.end(handler, cleanly=True)

    def fail(self, handler, received: Received, failure: Fails) -> None:
        received.got = "error"
        body = failure.body if isinstance(failure.body, str) else json.dumps(failure.body, ensure_ascii=False)
        body = self.on_the_way(body)
        handler.send_response(failure.status, self.reason)
        for name, value in {"content-type": "application/json", **self.more_headers, **failure.headers}.items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(body.encode())))
        handler.end_headers()
        handler.wfile.write(body.encode())

    def begin(self, handler) -> None:
        handler.send_response(200, self.reason)
        for name, value in {"content-type": "text/event-stream; charset=utf-8", **self.more_headers}.items():
            handler.send_header(name, value)
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()

    def send(self, handler, data: bytes, seed: str) -> None:
        """In pieces of any size, cut anywhere: in a line, in a character, in the mark between two events."""
        sizes, at = random.Random(seed), 0
        while at < len(data):
            piece = data[at : at + sizes.choice((1, 3, 17, 200, 1_500, 4_000))]
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            handler.wfile.flush()
            at += len(piece)

    def end(self, handler, cleanly: bool) -> None:
        if cleanly:
            handler.wfile.write(b"0\r\n\r\n")
        else:
            handler.close_connection = True

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        strict = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

            def do_POST(self):
                received = strict.take(self)
                try:
                    strict.reply(self, received)
                except OSError:
                    # Whoever asked is gone.
                    self.close_connection = True

            def log_message(self, *_):
                pass

        return Handler

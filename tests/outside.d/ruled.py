"""The provider of `provider.py`, answering by rules: a function that is handed the whole of each request.

What is said and in which pieces is `aimock`'s, in a process of its own (`ruled.mjs`); the rules are asked in the one that tests.
"""

import hashlib
import json
import threading
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from program import PATIENCE
from provider import LIBRARY, Server

SERVER = Path(__file__).with_name("ruled.mjs")


class Ruled(Server):
    """Answers by rules: a function from what was sent to what `aimock` takes as a response.

    Each answer's `id` follows from the request alone, so that the raw answers that are kept name what was asked.
    """

    def __init__(self, folder: Path, rules: Callable[[dict], dict]):
        self.rules = rules
        # Every request in the order in which they came, and what was answered to each.
        self.received: list[dict] = []
        self.answered: list[dict | None] = []
        # What the rules couldn't answer. It is no answer of a model, and fails the test.
        self.problems: list[str] = []
        # Requests after so many stay without an answer.
        self.most: int | None = None
        self.lock, self.over = threading.Lock(), threading.Event()
        self.listener = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        address = f"http://127.0.0.1:{self.listener.server_port}"
        super().__init__(folder / "provider.txt", ["node", SERVER, LIBRARY / "index.js", address])

    def __enter__(self):
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()
        return super().__enter__()

    def __exit__(self, *_):
        self.over.set()
        super().__exit__()
        self.listener.shutdown()
        self.listener.server_close()

    def asked(self) -> list[str]:
        """The ids of the answers to what was asked so far. A request that the rules don't know is a failure."""
        assert not self.problems, "\n".join(self.problems)[:20_000]
        with self.lock:
            return [id_of(request) for request in self.received]

    def answer(self, request: dict) -> dict:
        """Takes note of a request, and answers it, unless it is one too many."""
        with self.lock:
            number = len(self.received)
            self.received.append(request)
            self.answered.append(None)
            is_silent = self.most is not None and number >= self.most
        if is_silent:
            self.over.wait(PATIENCE)
        try:
            answer = {"id": id_of(request)} | self.rules(request)
        except Exception:
            self.problems.append(traceback.format_exc())
            # Nobody asks again after this one.
            return {"error": {"message": "the rules have no answer", "type": "authentication_error"}, "status": 401}
        self.answered[number] = answer
        return answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        ruled = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                told = json.dumps(ruled.answer(request)).encode()
                try:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(told)))
                    self.end_headers()
                    self.wfile.write(told)
                except OSError:
                    # Whoever asked is gone.
                    pass

            def log_message(self, *_):
                pass

        return Handler


def id_of(request: dict) -> str:
    """Of two requests the same if they ask the same."""
    asked = [request["messages"], request.get("tools"), request.get("tool_choice")]
    return "ruled-" + hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:20]

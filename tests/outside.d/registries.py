"""Registries on loopback: Debian's own, and one that lies."""

import hashlib
import json
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from program import OUTSIDE

REGISTRY = OUTSIDE / "registry/usr/bin/docker-registry"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.wasm.config.v0+json"
LAYER = "application/wasm"
# The one who may enter where somebody is asked, by `htpasswd -nbB ada 'correct horse'`.
NAME, PASSWORD = "ada", "correct horse"
HTPASSWD = "ada:$2y$05$96a.MW8Dz3t2cN3y7u06XOAHoqJzdKqGMoyP1Ii2vfef348/Kg9ei\n"


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@contextmanager
def debians(folder: Path, with_login: bool = False):
    """Debian's registry, empty: its address."""
    folder.mkdir()
    port = free_port()
    auth = ""
    if with_login:
        (folder / "htpasswd").write_text(HTPASSWD, encoding="utf-8")
        auth = f"auth:\n  htpasswd:\n    realm: here\n    path: {folder}/htpasswd\n"
    (folder / "config.yml").write_text(
        f"version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {folder}/data\n"
        f"http:\n  addr: 127.0.0.1:{port}\n  secret: here\n{auth}",
        encoding="utf-8",
    )
    with open(folder / "log", "wb") as log:
        server = subprocess.Popen([REGISTRY, "serve", folder / "config.yml"], stdout=log, stderr=log, env={})
    try:
        wait_for(port, server, folder / "log")
        yield f"127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


def wait_for(port: int, server: subprocess.Popen, log: Path):
    deadline = time.monotonic() + 60
    while True:
        assert server.poll() is None and time.monotonic() < deadline, log.read_text(encoding="utf-8")
        try:
            with socket.create_connection(("127.0.0.1", port), 5):
                return
        except OSError:
            time.sleep(0.02)


def fetched(address: str, path: str, accept: str = MANIFEST) -> tuple[bytes, dict]:
    """What a registry says, asked without any program of ours."""
    request = urllib.request.Request(f"http://{address}/v2/{path}", headers={"accept": accept})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as response:
        return response.read(), dict(response.headers)


class Artifact:
    """A component as an artifact, of which a registry that lies changes something."""

    def __init__(self, component: bytes, layers: int = 1, config_type: str = CONFIG, layer_type: str = LAYER):
        self.component = component
        self.config = b'{"architecture":"wasm","os":"wasip2"}'
        layer = {"mediaType": layer_type, "digest": digest(component), "size": len(component)}
        config = {"mediaType": config_type, "digest": digest(self.config), "size": len(self.config)}
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer] * layers}
        self.manifest = json.dumps(manifest).encode()

    def answer(self, path: str) -> bytes | None:
        """What an honest registry answers to a path."""
        if "/manifests/" in path:
            return self.manifest
        blobs = {digest(self.component): self.component, digest(self.config): self.config}
        return blobs.get(path.rsplit("/", 1)[-1])


@contextmanager
def serving(handle):
    """A server on loopback whose answers `handle` writes, handed the handler of the request: its address, and all requests that came."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            asked.append((self.path, dict(self.headers.items())))
            self.close_connection = True
            try:
                handle(self)
            except (BrokenPipeError, ConnectionResetError):
                pass  # Whoever asked had enough.

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def say(handler, body: bytes, status: int = 200, length: int | None = None, **headers: str):
    """Answers; `length` is what is told of it."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("connection", "close")
    handler.send_header("content-length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)
    handler.wfile.flush()

"""A server that has a name and speaks https, though it is on loopback: behind a proxy of ours, by certificates of ours."""

import datetime
import select
import socket
import ssl
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAMES = ["registry.test", "auth.test", "store.test"]


def certificate(subject: str, key, issuer: str, by, names: list[str] | None):
    day = datetime.datetime.now(datetime.UTC)
    named = lambda name: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])  # noqa: E731
    built = x509.CertificateBuilder().subject_name(named(subject)).issuer_name(named(issuer)).public_key(key.public_key())
    built = built.serial_number(x509.random_serial_number())
    built = built.not_valid_before(day - datetime.timedelta(days=1)).not_valid_after(day + datetime.timedelta(days=1))
    built = built.add_extension(x509.BasicConstraints(ca=names is None, path_length=None), critical=True)
    if names is not None:
        built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
    return built.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def pem(key) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


@contextmanager
def named(folder: Path, handle):
    """A server under each of the names: the variables by which a program comes to it, the requests that came, and the places that a
    program wanted to be connected with."""
    authority, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    (folder / "ca.pem").write_bytes(certificate("ours", authority, "ours", authority, None))
    (folder / "server.pem").write_bytes(certificate(NAMES[0], own, "ours", authority, NAMES) + pem(own))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    asked, wanted = [], []

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((f"https://{self.headers['host']}{self.path}", dict(self.headers.items())))
            handle(self)

        def log_message(self, *_):
            pass

    class Connecting(BaseHTTPRequestHandler):
        def do_CONNECT(self):
            wanted.append(self.path)
            if self.path.split(":")[0] not in NAMES:
                return self.send_error(502)
            self.send_response(200)
            self.end_headers()
            with socket.create_connection(("127.0.0.1", server.server_port)) as inside:
                hand_over(self.connection, inside)
            self.close_connection = True

        def log_message(self, *_):
            pass

    server, proxy = (ThreadingHTTPServer(("127.0.0.1", 0), handler) for handler in (Answering, Connecting))
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    for one in (server, proxy):
        one.daemon_threads = True
        Thread(target=one.serve_forever, args=[0.02], daemon=True).start()
    try:
        yield {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.server_port}", "SSL_CERT_FILE": str(folder / "ca.pem")}, asked, wanted
    finally:
        for one in (proxy, server):
            one.shutdown()
            one.server_close()


def hand_over(one: socket.socket, other: socket.socket):
    """Everything that comes from one goes to the other, until one of them ends."""
    beside = {one: other, other: one}
    while True:
        for ready in select.select([one, other], [], [], 30)[0]:
            data = ready.recv(65536)
            if not data:
                return
            beside[ready].sendall(data)

"""A provider that sends the key back, by each wire format: in texts, thoughts, calls, errors and headers, as it is, escaped and in pieces.

It is found nowhere: not in the store, not in what is printed, not in documents, not in a cassette. And it goes to nobody else.
"""

import json
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from held import FORMATS, asking, bare
from strict import Answer, Breaks, Fails, Strict

# With characters that JSON and addresses escape.
KEY = 'sk-Qx7/pLm"Zt\\8Wv+9Ky=Rn&4GdU2'
# A second secret, in a header of its own.
ORGANISATION = "org-hT5/vB9+nM3kZx8="
# Stands for the secret until it goes over the wire: one character, so that nothing cuts it.
HERE = "§"
SPELLINGS = {
    "as JSON has it": lambda secret: json.dumps(secret)[1:-1],
    "with slashes escaped": lambda secret: json.dumps(secret)[1:-1].replace("/", "\\/"),
    "by its numbers": lambda secret: "".join(f"\\u{ord(letter):04x}" for letter in secret),
    "twice in JSON": lambda secret: json.dumps(json.dumps(secret)[1:-1])[1:-1],
    "as an address has it": lambda secret: "".join(letter if letter.isalnum() else f"%{ord(letter):02X}" for letter in secret),
    "as a page has it": lambda secret: secret.replace("&", "&amp;").replace('"', "&quot;").replace("\\", "&#92;"),
}
TOOL = {"name": "look", "schema": {"type": "object", "properties": {"at": {"type": "string"}}}}
DEFINITION = 'name = "one"\n\n[inputs]\nasked = { description = "It" }\n\n'
DEFINITION += '[[steps]]\nid = "asking"\nuses = "STEP"\noptional = true\nretries = 0\ninputs.asked = "{{ inputs.asked }}"\n'


class Echo:
    """Runs whose provider sends a secret back, and everything that is there afterwards."""

    def __init__(self, folder, kind: str, secret: str):
        self.secret, self.form = secret, FORMATS[kind]()
        # What comes back without the secret isn't what was said.
        self.form.check = lambda headers, request: None
        self.cases = cases = [*SPELLINGS, "in pieces", "an error", "an error that passes", "an error in a stream"]
        self.passed = False
        with Strict(self.form, self.says, KEY) as self.provider:
            self.provider.instead = self.instead
            self.provider.more_headers = {"x-echo": secret, "request-id": f"req-{secret}"}
            self.provider.reason = f"Here is {secret}"
            more = 'retries = 1\nheaders = { X-Org = { variable = "STRICT_ORGANISATION" } }'
            self.project = bare(folder, self.provider, DEFINITION.replace("STEP", str(asking())), more)
            self.project.variables["STRICT_ORGANISATION"] = ORGANISATION
            self.cassette = folder / "told.cassette"
            asked = [{"messages": [{"role": "user", "text": f"case {case}."}], "tools": [TOOL]} for case in cases]
            (self.project.folder / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
            command = ("run", "one.toml", "--input", "asked=@asked.json", "--record", str(self.cassette), "-vv")
            run = self.project.run(*command)
            self.said = [run.stdout, run.stderr]
            self.calls = self.project.json("calls", "last")
            self.kept = [self.project.run("calls", "show", call["id"], "--json").stdout for call in self.calls]
            self.said += self.kept + [self.project.run("calls", "show", call["id"]).stdout for call in self.calls[:2]]
            for command in (
                ("status", "last"),
                ("status", "last", "--json"),
                ("calls", "last", "--json"),
                ("docs", "list", "last"),
                ("cost",),
            ):
                self.said.append(self.project.run(*command).stdout)
            self.answers = self.project.run("docs", "get", "last", "asking", "answers").stdout
            doctor = self.project.run("doctor", "--ask", "--yes")
            self.said += [self.answers, doctor.stdout, doctor.stderr]
            listed = self.project.start("models", "list", "local", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.said += listed.communicate()

    def says(self, asked: dict) -> Answer:
        case = re.search(r"case ([^.]*)\.", json.dumps(asked["messages"]))
        case = case[1] if case else "as JSON has it"
        self.provider.on_the_way = self.spell(SPELLINGS.get(case, SPELLINGS["as JSON has it"]))
        if case == "in pieces":
            text = f"Is it {self.secret}, that is {self.secret}?"
            return Answer(text, [] if was_called(asked) else [("look", {"at": text})], text, text)
        text = f"It is {HERE}."
        return Answer(text, [] if was_called(asked) else [("look", {"at": text})], text, text)

    def spell(self, spelling):
        model = f'"{self.form.model}"'
        return lambda text: text.replace(model, f'"{self.form.model} {HERE}"').replace(HERE, spelling(self.secret))

    def instead(self, number: int, received):
        self.provider.on_the_way = self.spell(SPELLINGS["as JSON has it"])
        body = received.body.decode()
        if "case an error." in body:
            return Fails(401, self.form.error(401, "authentication_error", f"The key {HERE} is wrong"))
        if "case an error that passes." in body and not self.passed:
            self.passed = True
            return Fails(503, self.form.error(503, "overloaded_error", f"{HERE} is busy"))
        if "case an error in a stream." in body:
            return Breaks(self.form.error_events("overloaded_error", f"{HERE} is too much"))
        return None


def was_called(asked: dict) -> bool:
    return any(message["role"] == "tool" for message in asked["messages"])


@pytest.fixture(scope="module")
def echo(tmp_path_factory):
    runs: dict[tuple[str, str], Echo] = {}

    def by(kind: str, secret: str) -> Echo:
        if (kind, secret) not in runs:
            runs[kind, secret] = Echo(tmp_path_factory.mktemp(kind), kind, secret)
        return runs[kind, secret]

    return by


# The second secret by one format: what takes them out knows of no format.
SECRETS = [pytest.param(kind, KEY, id=kind) for kind in FORMATS] + [pytest.param("openai-chat", ORGANISATION, id="of-a-header")]


@pytest.mark.parametrize("spelling", ["as it is", *SPELLINGS])
@pytest.mark.parametrize(("kind", "secret"), SECRETS)
def test_the_secret_is_found_nowhere(echo, kind, secret, spelling):
    run = echo(kind, secret)
    needle = SPELLINGS.get(spelling, str)(secret)
    assert not run.provider.problems, run.provider.problems
    # It was sent, and came back.
    assert all(it.headers["x-org"] == ORGANISATION for it in run.provider.received)
    came = dict(zip(run.cases, json.loads(run.answers)))
    for case in ("in pieces", "an error", *SPELLINGS.keys() & {spelling}):
        assert "[key removed]" in json.dumps(came[case]), came[case]
    places = {str(path): path.read_bytes() for path in run.project.folder.rglob("*") if path.is_file()}
    assert b"It is [key removed]." in b"".join(places.values()), "the store is kept in another way than this test looks for"
    places |= {f"what was said ({number})": text.encode() for number, text in enumerate(run.said)}
    places["the cassette"] = run.cassette.read_bytes()
    found = [place for place, data in places.items() if needle.encode() in data]
    assert not found, f"{needle} is in {found}"


@pytest.mark.parametrize(("kind", "secret"), SECRETS)
def test_no_raw_answer_holds_it_in_pieces(echo, kind, secret):
    run = echo(kind, secret)
    raws = [raw for kept in run.kept for raw in json.loads(kept)["raw"] or [] if raw]
    assert raws
    for raw in raws:
        strings = [json.loads(f'"{text}"') for text in re.findall(r'"[a-z_]+": ?"((?:[^"\\]|\\.)*)"', raw)]
        assert secret not in "".join(strings), raw[:2_000]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("status", [302, 307])
def test_a_provider_that_sends_elsewhere_sends_no_key_there(tmp_path, kind, status):
    arrived = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_POST(self):
            arrived.append(f"{self.path}\n{self.headers}")
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_error(404)

        do_GET = do_POST

        def log_message(self, *_):
            pass

    elsewhere = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=elsewhere.serve_forever, args=(0.02,), daemon=True).start()
    with Strict(FORMATS[kind](), lambda asked: Answer("Hi"), KEY) as provider:
        address = f"http://127.0.0.1:{elsewhere.server_port}{provider.form.path}"
        provider.instead = lambda number, received: Fails(status, "{}", {"location": address})
        project = bare(tmp_path, provider, 'name = "one"\n')
        told = project.run("doctor", "--ask", "--yes", code=1).stdout
    elsewhere.shutdown()
    elsewhere.server_close()
    assert not arrived, "it isn't followed, and so nothing is sent there"
    assert "redirects to" in told, told

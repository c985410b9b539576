"""Plugins out of registries and into them: Debian's registry and oras on the other side, and a registry that lies."""

import fcntl
import json
import os
import pty
import select
import signal
import stat
import subprocess
import termios
import threading
import time
from pathlib import Path

import pytest
from oras.client import OrasClient

from program import ROOT, Project
from registries import CONFIG, LAYER, NAME, PASSWORD, Artifact, debians, digest, fetched, say, serving

RELEASED = ROOT / "tests/released/0.1.0/notes"


@pytest.fixture(scope="module")
def component() -> bytes:
    """A step that was compiled once."""
    return subprocess.run(["zstd", "-dc", RELEASED / "rust.wasm.zst"], check=True, capture_output=True).stdout


@pytest.fixture
def project(tmp_path, component) -> Project:
    """A project with that step, a user without credentials, and an empty cache of plugins."""
    made = Project(tmp_path / "project", source=RELEASED)
    (made.folder / "mine.wasm").write_bytes(component)
    made.shared = made.variables["XDG_CACHE_HOME"]
    made.variables |= {
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "HOME": str(tmp_path),
        "DOCKER_CONFIG": str(tmp_path / "docker"),
        "NO_PROXY": "",
    }
    return made


@pytest.fixture(scope="module")
def registry(tmp_path_factory) -> str:
    with debians(tmp_path_factory.mktemp("registry") / "open") as address:
        yield address


def push(project: Project, *arguments: str, code: int = 0) -> subprocess.CompletedProcess:
    """Pushes: what is compiled for that is kept between tests."""
    own = project.variables["XDG_CACHE_HOME"]
    project.variables["XDG_CACHE_HOME"] = project.shared
    ended = project.run("plugin", "push", *arguments, code=code)
    project.variables["XDG_CACHE_HOME"] = own
    return ended


def pull(project: Project, source: str, *options: str) -> dict:
    return project.json("plugin", "pull", source, *options)


def refused(project: Project, *arguments: str, code: int) -> str:
    """What a command says that can't do what it is asked; nothing is left in the cache of it."""
    said = project.run("plugin", *arguments, code=code).stderr
    assert kept(project) == []
    return said


def kept(project: Project) -> list[Path]:
    """All files in the cache of plugins."""
    folder = Path(project.variables["XDG_CACHE_HOME"]) / "stepwell/plugins"
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and path.parent.name == "sha256"]


def log_in(project: Project, address: str, password: str, code: int = 0) -> subprocess.CompletedProcess:
    command = ("plugin", "login", address, "--username", NAME, "--password-stdin")
    given = project.folder / "given"
    given.write_text(f"{password}\n", encoding="utf-8")
    with given.open("rb") as stdin:
        ended = subprocess.run(
            [os.environ["STEPWELL_BINARY"], *command], cwd=project.folder, env=project.variables, stdin=stdin, capture_output=True, text=True
        )
    assert ended.returncode == code, ended
    assert password not in ended.stdout + ended.stderr
    return ended


def test_what_is_pushed_is_pulled_and_runs(project, registry, component):
    pushed = json.loads(push(project, "mine.wasm", f"oci://{registry}/ada/notes:1.0", "--source", "https://example.com/notes", "--json").stdout)
    assert pushed["digest"] == digest(component)
    manifest, headers = fetched(registry, "ada/notes/manifests/1.0")
    assert headers["Docker-Content-Digest"] == pushed["manifest"] == digest(manifest)
    assert pushed["reference"] == f"oci://{registry}/ada/notes@{pushed['manifest']}"
    manifest = json.loads(manifest)
    assert (manifest["config"]["mediaType"], [layer["mediaType"] for layer in manifest["layers"]]) == (CONFIG, [LAYER])
    told = {name.removeprefix("org.opencontainers.image."): value for name, value in manifest["annotations"].items()}
    assert told["title"] == "wise_step" and told["version"] == "0.1.0" and told["source"] == "https://example.com/notes"
    assert told["created"].endswith("Z")
    config = json.loads(fetched(registry, f"ada/notes/blobs/{manifest['config']['digest']}")[0])
    assert config["layerDigests"] == [pushed["digest"]] and config["component"]["exports"][0].startswith("stepwell:plugin/guest@")
    # The same file is the same artifact.
    assert json.loads(push(project, "mine.wasm", f"oci://{registry}/ada/notes:1.0", "--source", "https://example.com/notes", "--json").stdout) == pushed

    pulled = pull(project, f"oci://{registry}/ada/notes:1.0", "-o", "plugin.wasm")
    assert (pulled["from"], pulled["digest"], pulled["manifest"]) == ("registry", pushed["digest"], pushed["manifest"])
    assert (project.folder / "plugin.wasm").read_bytes() == component == Path(pulled["path"]).read_bytes()
    project.variables["XDG_CACHE_HOME"] = project.shared
    project.run("run", "flow.toml", "--input", "changes=faster reading", "--replay", "flow.cassette")
    assert "Reading is twice as fast." in project.json("docs", "get", "last", "notes", "notes")["text"]


def test_oras_reads_what_is_pushed_and_what_it_pushes_is_pulled(project, registry, component, tmp_path, monkeypatch):
    push(project, "mine.wasm", f"oci://{registry}/oras/ours:1")
    client = OrasClient(insecure=True)
    (file,) = client.pull(target=f"{registry}/oras/ours:1", outdir=str(tmp_path / "pulled"), allowed_media_type=[])
    assert Path(file).read_bytes() == component and Path(file).name == "wise_step.wasm"

    monkeypatch.chdir(project.folder)
    Path("config.json").write_text('{"architecture":"wasm","os":"wasip2"}', encoding="utf-8")
    client.push(target=f"{registry}/oras/theirs:1", files=[f"mine.wasm:{LAYER}"], manifest_config=f"config.json:{CONFIG}", quiet=True)
    assert pull(project, f"oci://{registry}/oras/theirs:1")["digest"] == digest(component)


def test_what_was_pulled_is_there_without_a_network(project, component, tmp_path):
    with debians(tmp_path / "registry") as address:
        tagged = f"oci://{address}/notes:1"
        pinned = json.loads(push(project, "mine.wasm", tagged, "--json").stdout)["reference"]
        pulled = pull(project, tagged)
        assert pull(project, tagged)["from"] == pull(project, pinned)["from"] == "cache"
    # By its digest it is what it is; what a tag means now nobody can say.
    assert pull(project, pinned)["from"] == "cache"
    ended = project.run("plugin", "pull", tagged, "--json")
    assert json.loads(ended.stdout)["from"] == "unasked" and f"{address} can't be reached" in ended.stderr
    # What somebody changed there is never given.
    Path(pulled["path"]).write_bytes(component[:-1] + b"x")
    assert "can't be reached" in refused(project, "pull", pinned, code=1)


def test_what_was_changed_in_the_cache_is_fetched_anew(project, registry, component):
    push(project, "mine.wasm", f"oci://{registry}/changed:1")
    pulled = pull(project, f"oci://{registry}/changed:1")
    Path(pulled["path"]).write_bytes(b"\0asm of somebody else")
    again = pull(project, f"oci://{registry}/changed:1", "-o", "plugin.wasm")
    assert again["from"] == "registry" and (project.folder / "plugin.wasm").read_bytes() == component


def test_only_who_is_logged_in_is_let_in(project, tmp_path, component):
    docker = tmp_path / "docker/config.json"
    docker.parent.mkdir()
    docker.write_text('{"HttpHeaders": {"X": "1"}, "auths": {"other.example": {"auth": "YTpi"}}}', encoding="utf-8")
    before = docker.read_text(encoding="utf-8")
    with debians(tmp_path / "registry", with_login=True) as address:
        tagged = f"oci://{address}/notes:1"
        for command in (["pull", tagged], ["push", "mine.wasm", tagged]):
            project.variables["XDG_CACHE_HOME"] = project.shared if command[0] == "push" else str(tmp_path / "cache")
            said = project.run("plugin", *command, code=1).stderr
            assert f"{address} answers nobody who isn't logged in" in said and f"`stepwell plugin login {address}`" in said
        project.variables["XDG_CACHE_HOME"] = str(tmp_path / "cache")
        said = log_in(project, address, "not the horse", code=1).stderr
        assert f"{address} refuses the name and password that it was shown" in said
        assert docker.read_text(encoding="utf-8") == before

        log_in(project, address, PASSWORD)
        assert stat.S_IMODE(docker.stat().st_mode) == 0o600
        held = json.loads(docker.read_text(encoding="utf-8"))
        assert held["HttpHeaders"] == {"X": "1"} and held["auths"]["other.example"] == {"auth": "YTpi"}
        push(project, "mine.wasm", tagged)
        assert pull(project, tagged)["digest"] == digest(component)
        # Who is logged in by us is logged in for oras.
        client = OrasClient(insecure=True, auth_backend="basic")
        (file,) = client.pull(target=f"{address}/notes:1", outdir=str(tmp_path / "pulled"), config_path=str(docker), allowed_media_type=[])
        assert Path(file).read_bytes() == component

        assert "logged out" in project.run("plugin", "logout", address).stdout
        assert "no credentials are kept" in project.run("plugin", "logout", address).stdout
        assert json.loads(docker.read_text(encoding="utf-8")) == json.loads(before)
        assert "isn't logged in" in project.run("plugin", "pull", tagged, code=1).stderr


HELPER = """#!/bin/sh
# What docker's helpers do, with a file for a key ring.
case $1 in
  store) cat > "$RING" ;;
  get) if [ -s "$RING" ]; then cat "$RING"; else echo "credentials not found in native keychain"; exit 1; fi ;;
  erase) rm -f "$RING" ;;
esac
"""


def test_credentials_are_with_the_helper_that_docker_s_file_names(project, tmp_path):
    (tmp_path / "docker").mkdir()
    docker = tmp_path / "docker/config.json"
    docker.write_text('{"credsStore": "here"}', encoding="utf-8")
    helper = tmp_path / "bin/docker-credential-here"
    helper.parent.mkdir()
    helper.write_text(HELPER, encoding="utf-8")
    helper.chmod(0o755)
    ring = tmp_path / "ring"
    with debians(tmp_path / "registry", with_login=True) as address:
        said = refused(project, "pull", f"oci://{address}/notes:1", code=1)
        assert "`docker-credential-here`, which keeps credentials" in said and "can't be started" in said
        project.variables |= {"PATH": f"{helper.parent}{os.pathsep}{os.environ['PATH']}", "RING": str(ring)}
        assert "isn't logged in" in refused(project, "pull", f"oci://{address}/notes:1", code=1)
        assert "docker-credential-here" in log_in(project, address, PASSWORD).stdout
        assert PASSWORD in ring.read_text(encoding="utf-8") and json.loads(docker.read_text(encoding="utf-8"))["auths"] == {address: {}}
        assert "there is no" in refused(project, "pull", f"oci://{address}/notes:1", code=4)
        project.run("plugin", "logout", address)
        assert not ring.exists()


def test_what_is_not_there_and_who_is_not_there_is_told(project, registry):
    said = refused(project, "pull", f"oci://{registry}/nothing:1", code=4)
    assert f"there is no `oci://{registry}/nothing:1` (404)" in said
    assert "127.0.0.1:1 can't be reached" in refused(project, "pull", "oci://127.0.0.1:1/a:1", code=1)
    assert "there is no host `nobody.invalid`" in refused(project, "pull", "oci://nobody.invalid/a:1", code=1)
    said = refused(project, "pull", "http://example.com/a.wasm", code=4)
    assert "plain http is for this machine alone" in said
    said = json.loads(project.run("plugin", "pull", f"oci://{registry}/nothing:1", "--json", code=4).stderr)
    assert (said["code"], said["remedy"]["kind"]) == ("plugin", "check-reference")


def test_what_cannot_be_used_is_not_pushed(project, registry):
    (project.folder / "half.wasm").write_bytes((project.folder / "mine.wasm").read_bytes()[:2000])
    said = push(project, "half.wasm", f"oci://{registry}/half:1", code=4).stderr
    assert "half.wasm can't be used, and isn't pushed" in said and "`stepwell plugin check half.wasm`" in said
    assert "there is no" in refused(project, "pull", f"oci://{registry}/half:1", code=4)
    said = push(project, "mine.wasm", f"oci://{registry}/half@{digest(b'')}", code=4).stderr
    assert "names a digest" in said


def test_a_file_of_somebody_stays(project, registry):
    push(project, "mine.wasm", f"oci://{registry}/notes:1")
    (project.folder / "diary.txt").write_text("mine", encoding="utf-8")
    said = refused(project, "pull", f"oci://{registry}/notes:1", "-o", "diary.txt", code=4)
    assert "diary.txt is there, and is no component" in said
    assert (project.folder / "diary.txt").read_text(encoding="utf-8") == "mine"


def answers(artifact: Artifact):
    """An honest registry of one artifact."""

    def handle(handler):
        body = artifact.answer(handler.path)
        say(handler, body) if body is not None else say(handler, b"{}", 404)

    return handle


def lies(artifact: Artifact, part: str, lie):
    """A registry that is honest but in one part."""
    honest = answers(artifact)
    return lambda handler: lie(handler) if part in handler.path else honest(handler)


def other(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def test_a_file_on_a_server_is_what_its_digest_says(project, component):
    with serving(lambda handler: say(handler, component)) as (address, asked):
        source = f"http://{address}/mine.wasm#{digest(component)}"
        assert pull(project, source)["from"] == "registry" and pull(project, source)["from"] == "cache"
        assert len(asked) == 1
    with serving(lambda handler: say(handler, other(component))) as (address, _):
        wrong = f"http://{address}/mine.wasm#{digest(b'another one')}"
        project.variables["XDG_CACHE_HOME"] += "-of-its-own"
        assert "the component is another one than was asked for" in refused(project, "pull", wrong, code=4)


def test_who_is_stopped_leaves_nothing(project, component):
    """Half of a component came, and the rest doesn't: Ctrl-C."""
    artifact = Artifact(component)
    begun = threading.Event()
    over = threading.Event()

    def half(handler):
        say(handler, component[:5000], length=len(component))
        begun.set()
        over.wait(60)

    with serving(lies(artifact, digest(component), half)) as (address, _):
        with project.start("plugin", "pull", f"oci://{address}/a:1", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as pulling:
            assert begun.wait(60)
            pulling.send_signal(signal.SIGINT)
            pulling.communicate(timeout=60)
        over.set()
        assert pulling.returncode == 130 and kept(project) == []


def test_a_person_logs_in_at_a_terminal_and_the_password_is_not_shown(project, tmp_path):
    with debians(tmp_path / "registry", with_login=True) as address:
        person, terminal = pty.openpty()
        command = [os.environ["STEPWELL_BINARY"], "plugin", "login", address]
        login = subprocess.Popen(
            command, cwd=project.folder, env=project.variables, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(terminal)
        said = until(person, f"your name at {address}")
        os.write(person, f"{NAME}\n".encode())
        said += until(person, "it isn't shown)")
        # Before that the terminal would show what is typed.
        while termios.tcgetattr(person)[3] & termios.ECHO:
            time.sleep(0.01)
        os.write(person, f"{PASSWORD}\n".encode())
        said += until(person, "the credentials are kept")
        assert login.wait(60) == 0 and PASSWORD not in said
        os.close(person)


def until(terminal: int, text: str) -> str:
    """What is shown, until this is."""
    shown = ""
    while text not in shown:
        assert select.select([terminal], [], [], 60)[0], shown
        shown += os.read(terminal, 4096).decode()
    return shown


def endless(handler):
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"\0" * 65536)


LIES = {
    "another-component": (1, "/blobs/{component}", lambda a: lambda h: say(h, other(a.component)), 4, "the component is another one than was asked for"),
    "another-config": (1, "/blobs/{config}", lambda a: lambda h: say(h, other(a.config)), 4, "the config is another one than was asked for"),
    "another-manifest": (
        1,
        "/manifests/",
        lambda a: lambda h: say(h, a.manifest, docker_content_digest=digest(b"")),
        4,
        "the manifest is another one than was asked for",
    ),
    "half": (1, "/blobs/{component}", lambda a: lambda h: say(h, a.component[:5000], length=len(a.component)), 1, "the component was cut off: 5000 of"),
    "less": (1, "/blobs/{component}", lambda a: lambda h: say(h, a.component[:5000]), 1, "the component was cut off: 5000 of"),
    "endless": (1, "/blobs/{component}", lambda a: endless, 4, "the component goes on behind its end"),
    "more": (1, "/blobs/{component}", lambda a: lambda h: say(h, a.component + b"x"), 4, "the component goes on behind its end"),
    "endless-config": (1, "/blobs/{config}", lambda a: endless, 4, "the config is larger than 4 MiB"),
    "large-manifest": (1, "/manifests/", lambda a: lambda h: say(h, b" " * (10 << 20)), 4, "the manifest is larger than 4 MiB"),
    "endless-manifest": (1, "/manifests/", lambda a: endless, 4, "the manifest is larger than 4 MiB"),
    "two-layers": (2, None, None, 4, "has 2 layers, and a component is one layer"),
    "no-layer": (0, None, None, 4, "has 0 layers"),
    "html": (1, "/manifests/", lambda a: lambda h: say(h, b"<html>"), 4, "can't be used: it is no JSON of a manifest"),
    "busy": (1, "/manifests/", lambda a: lambda h: say(h, b'{"errors":[{"code":"TOOMANYREQUESTS"}]}', 429), 1, "answers 429 (TOOMANYREQUESTS)"),
    "down": (1, "/manifests/", lambda a: lambda h: say(h, b"secret of the server", 503), 1, "answers 503\n"),
    "forbidden": (1, "/manifests/", lambda a: lambda h: say(h, b"", 403), 1, "doesn't allow that"),
    "around": (1, "/manifests/", lambda a: lambda h: say(h, b"", 307, location=h.path), 1, "leads from one address to the next"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_registry_that_lies_is_told_and_leaves_nothing(project, component, lie):
    layers, part, made, code, expected = LIES[lie]
    artifact = Artifact(component, layers)
    handle = answers(artifact)
    if part is not None:
        part = part.format(component=digest(artifact.component), config=digest(artifact.config))
        handle = lies(artifact, part, made(artifact))
    with serving(handle) as (address, asked):
        said = refused(project, "pull", f"oci://{address}/ada/notes:1", code=code)
        assert expected in said, said
        assert "secret of the server" not in said and len(asked) <= 8


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("application/vnd.docker.container.image.v1+json", "is the image of a container"),
        ("application/vnd.cncf.helm.config.v1+json", "is a Helm chart"),
        ("application/vnd.example.thing", "is an artifact of the kind `application/vnd.example.thing`"),
    ],
)
def test_what_is_no_component_is_told_for_what_it_is(project, component, kind, expected):
    with serving(answers(Artifact(component, config_type=kind))) as (address, _):
        assert expected in refused(project, "pull", f"oci://{address}/image:1", code=4)


def test_a_registry_that_never_has_enough_is_asked_a_few_times(project):
    """Whatever is shown to it, it wants to be shown something: the service gives a token, and the token is not enough."""

    def handle(handler):
        if handler.path.startswith("/token"):
            return say(handler, b'{"token":"never-enough"}')
        realm = f'Bearer realm="http://{handler.headers["host"]}/token",service="here"'
        return say(handler, b"", 401, www_authenticate=realm)

    with serving(handle) as (address, asked):
        said = refused(project, "pull", f"oci://{address}/a:1", code=1)
        assert f"`stepwell plugin login {address}`" in said and "never-enough" not in said
        assert [path.split("?")[0] for path, _ in asked] == ["/v2/a/manifests/1", "/token", "/v2/a/manifests/1"]
        assert "scope=repository%3Aa%3Apull" in asked[1][0] and asked[2][1]["authorization"] == "Bearer never-enough"


def test_a_password_goes_to_its_registry_alone(project, component):
    """A registry of this machine leads to no other server on it, and no text of a server gets into an error."""
    artifact = Artifact(component)
    with serving(lambda handler: say(handler, artifact.component)) as (elsewhere, asked_elsewhere):

        def handle(handler):
            if "authorization" not in handler.headers:
                return say(handler, b"", 401, www_authenticate='Basic realm="here"')
            if digest(artifact.component) in handler.path:
                return say(handler, b"", 307, location=f"http://{elsewhere}/blob")
            if handler.path == "/v2/":
                return say(handler, b"{}")
            if "echo" in handler.path:
                code = handler.headers["authorization"]
                return say(handler, json.dumps({"errors": [{"code": code, "message": code}]}).encode(), 400)
            return answers(artifact)(handler)

        with serving(handle) as (address, asked):
            log_in(project, address, PASSWORD)
            said = refused(project, "pull", f"oci://{address}/echo:1", code=1)
            assert "answers 400" in said and "Basic" not in said
            said = refused(project, "pull", f"oci://{address}/a:1", code=1)
            assert f"leads to {elsewhere}, where nothing is asked for it: that is not https" in said
            assert any("authorization" in headers for _, headers in asked)
            assert asked_elsewhere == []

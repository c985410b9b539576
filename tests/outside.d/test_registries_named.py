"""Registries with a name: what they lead to, and where a person's password goes."""

import pytest

from named import named
from program import Project
from registries import NAME, PASSWORD, Artifact, digest, say, serving
from test_registries import RELEASED, answers, kept, log_in, pull

COMPONENT = b"\0asm\x0d\0\x01\0 a component"


@pytest.fixture
def project(tmp_path) -> Project:
    made = Project(tmp_path / "project", source=RELEASED)
    made.variables |= {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path), "DOCKER_CONFIG": str(tmp_path / "docker")}
    return made


def test_a_registry_may_lead_to_another_server(project, tmp_path):
    artifact = Artifact(COMPONENT)

    def handle(handler):
        if handler.headers["host"] == "registry.test":
            if "authorization" not in handler.headers:
                return say(handler, b"", 401, www_authenticate='Basic realm="here"')
            if handler.path == "/v2/":
                return say(handler, b"{}")
            if "/blobs/" in handler.path:
                return say(handler, b"", 307, location=f"https://store.test{handler.path}")
        return answers(artifact)(handler)

    with named(tmp_path, handle) as (variables, asked, wanted):
        project.variables |= variables
        log_in(project, "registry.test", PASSWORD)
        assert pull(project, "oci://registry.test/a:1")["digest"] == digest(COMPONENT)
        assert {"registry.test:443", "store.test:443"} == set(wanted)
        # No credentials go along.
        stored = [headers for _, headers in asked if headers.get("host") == "store.test"]
        assert stored and not any("authorization" in headers for headers in stored)


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("http://127.0.0.1:{port}/latest", "that is not https"),
        ("https://127.0.0.1:{port}/latest", "that is this machine"),
        ("https://localhost:{port}/latest", "that is this machine"),
        ("https://[::1]:{port}/latest", "that is this machine"),
        ("https://2130706433:{port}/latest", "that is this machine"),
        ("https://169.254.169.254/latest", "that is an address of the machine's own link"),
        ("https://10.0.0.1/latest", "that is an address of a private network"),
        ("https://[fd00::1]/latest", "that is an address of a private network"),
        ("http://store.test/latest", "that is not https"),
        ("ftp://store.test/latest", "that is not https"),
    ],
)
def test_a_registry_leads_to_nothing_inside_of_a_network(project, tmp_path, to, why):
    with serving(lambda handler: say(handler, COMPONENT)) as (inside, asked_inside):
        to = to.format(port=inside.split(":")[1])
        artifact = Artifact(COMPONENT)

        def handle(handler):
            if digest(COMPONENT) in handler.path:
                return say(handler, b"", 307, location=to)
            return answers(artifact)(handler)

        with named(tmp_path, handle) as (variables, _, wanted):
            project.variables |= variables
            said = project.run("plugin", "pull", "oci://registry.test/a:1", code=1).stderr
            assert f"registry.test leads to " in said and f"where nothing is asked for it: {why}" in said
            assert set(wanted) == {"registry.test:443"} and not asked_inside and not kept(project)


@pytest.mark.parametrize("realm", ["http://127.0.0.1:{port}/token", "https://localhost:{port}/token", "http://auth.test/token"])
def test_a_password_is_shown_to_no_service_that_is_near_or_in_the_clear(project, tmp_path, realm):
    with serving(lambda handler: say(handler, b'{"token":"x"}')) as (inside, asked_inside):
        realm = realm.format(port=inside.split(":")[1])
        with named(tmp_path, lambda handler: say(handler, b"", 401, www_authenticate=f'Bearer realm="{realm}"')) as (variables, _, wanted):
            project.variables |= variables
            assert "registry.test leads to" in log_in(project, "registry.test", PASSWORD, code=1).stderr
            assert set(wanted) == {"registry.test:443"} and not asked_inside


def test_a_token_comes_from_the_service_that_the_registry_names(project, tmp_path):
    artifact = Artifact(COMPONENT)

    def handle(handler):
        shown = handler.headers["authorization"] or ""
        if handler.headers["host"] == "auth.test":
            return say(handler, b'{"access_token":"let-me-in"}') if shown.startswith("Basic ") else say(handler, b"", 401)
        if shown != "Bearer let-me-in":
            return say(handler, b"", 401, www_authenticate='Bearer realm="https://auth.test/token",service="here"')
        return say(handler, b"{}") if handler.path == "/v2/" else answers(artifact)(handler)

    with named(tmp_path, handle) as (variables, asked, _):
        project.variables |= variables
        assert "isn't logged in" in project.run("plugin", "pull", "oci://registry.test/a:1", code=1).stderr
        log_in(project, "registry.test", PASSWORD)
        assert pull(project, "oci://registry.test/a:1")["digest"] == digest(COMPONENT)
        passwords = [url for url, headers in asked if headers.get("authorization", "").startswith("Basic ")]
        assert passwords and all(url.startswith("https://auth.test/") for url in passwords)


def test_who_speaks_no_https_is_told_so(project):
    """The name of this machine itself isn't loopback to who reads it: it is asked by https."""
    with serving(lambda handler: say(handler, b"")) as (address, _):
        port = address.split(":")[1]
        said = project.run("plugin", "pull", f"oci://0.0.0.0:{port}/a:1", code=1).stderr
        assert "doesn't speak https; plain http is for registries of this machine alone" in said

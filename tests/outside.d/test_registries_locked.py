"""Plugins that a workflow names by where they are in a registry: run once somebody agreed, and then as they were agreed to."""

import shutil
import subprocess

import pytest

from program import ROOT, Project
from registries import Artifact, debians, digest, say, serving

RELEASED = ROOT / "tests/released/0.1.0/notes"
UNAGREED = 7
FLOW = """
name = "notes"
[inputs]
changes = { description = "What changed, a line each" }
[[steps]]
id = "notes"
uses = "SOURCE"
inputs.changes = "{{ inputs.changes }}"
"""


def compiled(language: str) -> bytes:
    return subprocess.run(["zstd", "-dc", RELEASED / f"{language}.wasm.zst"], check=True, capture_output=True).stdout


@pytest.fixture
def project(tmp_path) -> Project:
    """A project whose user has an empty cache of plugins, and no credentials."""
    made = Project(tmp_path / "project", source=RELEASED)
    for language in ["rust", "c"]:
        (made.folder / f"{language}.wasm").write_bytes(compiled(language))
    made.variables |= {"HOME": str(tmp_path), "DOCKER_CONFIG": str(tmp_path / "docker"), "XDG_CACHE_HOME": str(tmp_path / "cache"), "NO_PROXY": ""}
    return made


def define(project: Project, source: str):
    (project.folder / "flow.toml").write_text(FLOW.replace("SOURCE", source), encoding="utf-8")


def run(project: Project, *options: str, code: int = 0) -> subprocess.CompletedProcess:
    return project.run("run", "flow.toml", "--input", "changes=faster", "--replay", "flow.cassette", *options, code=code)


def lock(project: Project) -> str:
    file = project.folder / "stepwell.lock"
    return file.read_text(encoding="utf-8") if file.exists() else ""


def forget(tmp_path):
    """Empties the cache of plugins."""
    shutil.rmtree(tmp_path / "cache/stepwell/plugins")


def test_a_tag_is_what_was_agreed_to_whatever_it_means_by_now(project, tmp_path):
    with debians(tmp_path / "registry") as registry:
        source = f"oci://{registry}/ada/notes:1"
        project.run("plugin", "push", "rust.wasm", source)
        define(project, source)
        # Nobody agreed to it yet, though there is no lock: neither a run nor a check of one goes on.
        for options in [[], ["--check"], ["--locked"]]:
            said = run(project, *options, code=UNAGREED).stderr
            assert "stepwell plugin update" in said, said
        assert f"`{source}` is new, and isn't fetched" in run(project, code=UNAGREED).stderr
        assert lock(project) == ""
        said = run(project, "--accept").stderr
        assert f"`{source}` is new: wise_step 0.1.0" in said, said
        agreed = lock(project)
        assert f'[plugins."{source}"]' in agreed

        project.run("plugin", "push", "c.wasm", source)
        run(project, "--locked")
        step = project.json("status")["steps"][0]
        assert step["plugin"] in agreed and step["uses"] == source
        said = project.run("plugin", "update", code=UNAGREED).stderr
        assert f"`{source}` is another one" in said and "no longer: it keeps checkpoints" in said, said
        assert lock(project) == agreed
        # The cache is gone: what was agreed to is fetched by its manifest.
        forget(tmp_path)
        run(project, "--locked")
        assert project.json("status")["steps"][0]["plugin"] in agreed and lock(project) == agreed
    # Its registry is gone: what was agreed to is at hand.
    run(project, "--locked")
    said = project.run("plugin", "update", code=4).stderr
    assert f"stepwell plugin pull {source}" in said, said
    assert lock(project) == agreed
    # And so is its cache.
    forget(tmp_path)
    said = run(project, code=4).stderr
    assert source in said and "stepwell plugin pull" in said, said


def test_what_the_tag_means_now_is_taken_with_a_yes(project, tmp_path):
    with debians(tmp_path / "registry") as registry:
        source = f"oci://{registry}/ada/notes:1"
        project.run("plugin", "push", "rust.wasm", source)
        define(project, source)
        project.run("plugin", "update", "flow.toml", "--accept")
        before = lock(project)
        project.run("plugin", "push", "c.wasm", source)
        project.run("plugin", "update", "--accept")
        assert lock(project) != before
        run(project, "--locked")
        # Looked at by itself.
        assert "wise_step 0.1.0" in project.run("plugin", "check", source).stdout


def test_a_file_of_a_server_is_named_with_its_digest(project, tmp_path):
    component = (project.folder / "rust.wasm").read_bytes()
    with serving(lambda handler: say(handler, component)) as (server, asked):
        define(project, f"http://{server}/notes.wasm")
        assert "sha256:" in run(project, code=4).stderr
        assert asked == []
        digest = subprocess.run(["sha256sum", project.folder / "rust.wasm"], check=True, capture_output=True, text=True).stdout.split()[0]
        define(project, f"http://{server}/notes.wasm#sha256:{digest}")
        run(project, "--accept")
        run(project, "--locked")
        assert len(asked) == 1


def test_a_registry_is_asked_once_for_a_command(project, tmp_path):
    artifact = Artifact((project.folder / "rust.wasm").read_bytes())

    def answer(handler):
        body = artifact.answer(handler.path)
        return say(handler, b"", 404) if body is None else say(handler, body)

    with serving(answer) as (address, asked):
        source = f"oci://{address}/ada/notes:1"
        define(project, source)

        def manifests() -> int:
            of_manifests = [path for path, _ in asked if "/manifests/" in path]
            asked.clear()
            return len(of_manifests)

        # No plugin is looked at that nobody agreed to, and no run is held up by asking what is agreed to.
        for options, code, times in [([], UNAGREED, 0), (["--accept"], 0, 1), ([], 0, 0), (["--locked"], 0, 0)]:
            run(project, *options, code=code)
            assert manifests() == times, options
        manifest = digest(artifact.manifest)
        assert f'manifest = "{manifest}"' in lock(project)
        for command in [["update"], ["update", "flow.toml"], ["update", "--accept"], ["update", "--locked"]]:
            project.run("plugin", *command)
            assert manifests() == 1, command
        # By its manifest, and not by what the tag means now.
        forget(tmp_path)
        run(project, "--locked")
        assert [path.split("/")[-1] for path, _ in asked if "/manifests/" in path] == [manifest]
        # One that lies is held against the digest that was agreed to.
        forget(tmp_path)
        lying = Artifact((project.folder / "c.wasm").read_bytes())
        artifact.manifest, artifact.component, artifact.config = lying.manifest, lying.component, lying.config
        said = run(project, "--locked", code=4).stderr
        assert "is another one than was asked for" in said, said

"""Signatures of plugins: made here and read by others, made by others and read here, and demanded of what is run."""

import base64
import json
import stat
import subprocess
from pathlib import Path

import pytest

from cosigned import BUNDLE, SIGNATURE, SIMPLE, Keys, Placed, b64, is_signed, opened, payload_of
from program import Project
from registries import MANIFEST, debians, digest, fetched, say, serving
from test_registries import answers, push
from test_registries import component, project, registry  # noqa: F401 (fixtures)
from test_registries_locked import FLOW

UNSIGNED = 7
PASSWORD = "correct horse"


@pytest.fixture
def signer(project) -> Project:  # noqa: F811
    """A project with a pair of keys of ours, whose password is known."""
    project.variables["COSIGN_PASSWORD"] = PASSWORD
    project.pair = project.json("plugin", "key", "new", "team", "--into", "keys")
    return project


def demand(project: Project, source: str, *keys: str, name: str = "team", more: str = ""):  # noqa: F811
    listed = ", ".join(f'"{key}"' for key in keys or ["keys/team.pub"])
    (project.folder / "stepwell.toml").write_text(f'[sources.{name}]\nfrom = "{source}"\nkeys = [{listed}]\n{more}', encoding="utf-8")


def define(project: Project, source: str):  # noqa: F811
    (project.folder / "flow.toml").write_text(FLOW.replace("SOURCE", source), encoding="utf-8")


def compiled_once(project: Project):  # noqa: F811
    """What is compiled is kept between tests."""
    folder = Path(project.variables["XDG_CACHE_HOME"]) / "stepwell"
    folder.mkdir(parents=True, exist_ok=True)
    for kept in (Path(project.shared) / "stepwell").iterdir() if (Path(project.shared) / "stepwell").is_dir() else []:
        if kept.name != "plugins" and not (folder / kept.name).exists():
            (folder / kept.name).symlink_to(kept)


def run(project: Project, *options: str, code: int = 0) -> str:  # noqa: F811
    compiled_once(project)
    return project.run("run", "flow.toml", "--input", "changes=faster", "--replay", "flow.cassette", *options, code=code).stderr


def agree(project: Project, code: int = 0) -> str:  # noqa: F811
    compiled_once(project)
    return project.run("plugin", "update", "flow.toml", "--accept", code=code).stderr


def pushed(project: Project, address: str, name: str = "ada/notes") -> dict:  # noqa: F811
    return json.loads(push(project, "mine.wasm", f"oci://{address}/{name}:1", "--json").stdout)


def test_a_pair_of_keys_is_one_that_others_open(signer):
    folder = signer.folder / "keys"
    assert stat.S_IMODE((folder / "team.key").stat().st_mode) == 0o600
    key = opened(folder / "team.key", PASSWORD)
    der = subprocess.run(["openssl", "pkey", "-pubin", "-in", folder / "team.pub", "-outform", "DER"], check=True, capture_output=True).stdout
    assert signer.pair["fingerprint"] == digest(der)
    assert signer.pair["public_key"] == "keys/team.pub"
    # Nothing is written over a key.
    before = (folder / "team.key").read_bytes()
    assert "is there already" in signer.run("plugin", "key", "new", "team", "--into", "keys", code=4).stderr
    (folder / "team.key").rename(folder / "away.key")
    assert "keys/team.pub is there already" in signer.run("plugin", "key", "new", "team", "--into", "keys", code=4).stderr
    assert not (folder / "team.key").exists() and (folder / "away.key").read_bytes() == before
    # Ours signs, and theirs verifies.
    signer.run("plugin", "sign", "mine.wasm", "--key", "keys/away.key", "--bundle")
    signature = base64.b64decode((signer.folder / "mine.wasm.sig").read_text(encoding="utf-8"))
    component = (signer.folder / "mine.wasm").read_bytes()
    assert is_signed(key.public_key(), signature, component)
    bundle = json.loads((signer.folder / "mine.wasm.sigstore.json").read_text(encoding="utf-8"))
    assert bundle["mediaType"] == BUNDLE and base64.b64decode(bundle["messageSignature"]["signature"]) == signature
    (signer.folder / "mine.sig").write_bytes(signature)
    verified = ["openssl", "dgst", "-sha256", "-verify", "keys/team.pub", "-signature", "mine.sig", "mine.wasm"]
    assert subprocess.run(verified, cwd=signer.folder, capture_output=True, text=True).stdout == "Verified OK\n"


def test_what_others_signed_is_verified(project, component):  # noqa: F811
    keys = Keys(project.folder)
    other = Keys(project.folder, "other")
    verify = ("plugin", "verify", "mine.wasm", "--key", "cosign.pub")
    assert "it has no signature" in project.run(*verify, code=UNSIGNED).stderr
    for name, signature in [
        ("mine.wasm.sig", b64(keys.sign(component)).encode()),
        ("mine.wasm.sigstore.json", json.dumps(keys.bundle_of_file(component)).encode()),
    ]:
        (project.folder / name).write_bytes(signature)
        verified = project.json(*verify)
        assert verified == {"plugin": "mine.wasm", "digest": digest(component), "signed_by": keys.fingerprint}
        said = project.run("plugin", "verify", "mine.wasm", "--key", "other.pub", code=UNSIGNED).stderr
        assert f"isn't known to be signed by {other.fingerprint}" in said and "by none of these keys" in said
        (project.folder / name).rename(project.folder / "elsewhere")
        assert project.json(*verify, "--signature", "elsewhere")["signed_by"] == keys.fingerprint
    (project.folder / "mine.wasm.sig").write_text(b64(keys.sign(b"something else")), encoding="utf-8")
    assert "or of something else" in project.run(*verify, code=UNSIGNED).stderr
    (project.folder / "mine.wasm.sig").write_text("rubbish", encoding="utf-8")
    assert "can't be read" in project.run(*verify, code=UNSIGNED).stderr


def test_a_key_that_cannot_be_used_is_told_for_what_it_is(project):  # noqa: F811
    Keys(project.folder)
    sign = ("plugin", "sign", "mine.wasm", "--key")
    assert "nobody is here to be asked for the password of cosign.key" in project.run(*sign, "cosign.key", code=4).stderr
    project.variables["COSIGN_PASSWORD"] = "wrong horse"
    said = project.run(*sign, "cosign.key", code=4).stderr
    assert "the password is wrong" in said and "COSIGN_PASSWORD" in said and "horse" not in said
    assert "it is a public key" in project.run(*sign, "cosign.pub", code=4).stderr
    assert "it is a private key" in project.run("plugin", "verify", "mine.wasm", "--key", "cosign.key", code=4).stderr
    assert "it holds no key" in project.run(*sign, "flow.toml", code=4).stderr
    Keys(project.folder, "costly", times=2**14)
    assert "other parameters of scrypt" in project.run(*sign, "costly.key", code=4).stderr
    project.variables["COSIGN_PASSWORD"] = PASSWORD
    Keys(project.folder, "before", times=32768)
    project.run(*sign, "before.key")
    project.run("plugin", "verify", "mine.wasm", "--key", "before.pub")


def test_a_signature_in_a_registry_is_where_cosign_looks_for_it(signer, registry):  # noqa: F811
    made = pushed(signer, registry, "signed/here")
    tagged = f"oci://{registry}/signed/here:1"
    signed = signer.json("plugin", "sign", tagged, "--key", "keys/team.key")
    assert (signed["plugin"], signed["manifest"], signed["digest"]) == (made["reference"], made["manifest"], made["digest"])
    tag = f"sha256-{made['manifest'].removeprefix('sha256:')}.sig"
    assert signed["signatures"] == [f"oci://{registry}/signed/here:{tag}"]
    manifest = json.loads(fetched(registry, f"signed/here/manifests/{tag}")[0])
    (layer,) = manifest["layers"]
    payload = fetched(registry, f"signed/here/blobs/{layer['digest']}")[0]
    assert layer["mediaType"] == SIMPLE and payload == payload_of(f"{registry}/signed/here", made["manifest"])
    key = opened(signer.folder / "keys/team.key", PASSWORD).public_key()
    assert is_signed(key, base64.b64decode(layer["annotations"][SIGNATURE]), payload)
    config = json.loads(fetched(registry, f"signed/here/blobs/{manifest['config']['digest']}")[0])
    assert config["rootfs"]["diff_ids"] == [layer["digest"]]
    verified = signer.json("plugin", "verify", tagged, "--key", "keys/team.pub")
    assert verified["signed_by"] == signer.pair["fingerprint"] and verified["manifest"] == made["manifest"]
    # Signed once more by the same key nothing is added, by another one its signature is.
    signer.run("plugin", "sign", tagged, "--key", "keys/team.key")
    Keys(signer.folder, "second")
    signer.run("plugin", "sign", made["reference"], "--key", "second.key")
    assert len(json.loads(fetched(registry, f"signed/here/manifests/{tag}")[0])["layers"]) == 2
    for key in ["keys/team.pub", "second.pub"]:
        signer.run("plugin", "verify", tagged, "--key", key)


def test_what_others_signed_in_a_registry_is_verified_in_both_forms(project, registry):  # noqa: F811
    keys = Keys(project.folder)
    for name, form in [("theirs/tag", "tag"), ("theirs/bundle", "bundle")]:
        made = pushed(project, registry, name)
        tagged = f"oci://{registry}/{name}:1"
        verify = ("plugin", "verify", tagged, "--key", "cosign.pub")
        assert "it has no signature" in project.run(*verify, code=UNSIGNED).stderr
        placed = Placed(registry, name)
        if form == "tag":
            payload = payload_of(f"{registry}/{name}", made["manifest"])
            placed.signature(made["manifest"], payload, keys.sign(payload))
        else:
            report = keys.bundle_of_manifest(made["manifest"], "https://slsa.dev/provenance/v1")
            placed.bundle(made["manifest"], 1, report)
            assert "a statement of another kind" in project.run(*verify, code=UNSIGNED).stderr
            placed.bundle(made["manifest"], 1, keys.bundle_of_manifest(made["manifest"]))
        assert project.json(*verify)["signed_by"] == keys.fingerprint


@pytest.mark.parametrize("lie", ["another digest", "another kind", "another key", "rubbish"])
def test_a_signature_of_something_else_is_none(project, registry, lie):  # noqa: F811
    keys, other = Keys(project.folder), Keys(project.folder, "other")
    name = f"lies/{lie.replace(' ', '-')}"
    made = pushed(project, registry, name)
    manifest = made["manifest"] if lie != "another digest" else digest(b"another")
    payload = payload_of(name, manifest, "a report" if lie == "another kind" else "cosign container image signature")
    signature = (other if lie == "another key" else keys).sign(payload)
    Placed(registry, name).signature(made["manifest"], payload, b"rubbish" if lie == "rubbish" else signature)
    said = project.run("plugin", "verify", f"oci://{registry}/{name}:1", "--key", "cosign.pub", code=UNSIGNED).stderr
    wanted = {
        "another digest": "the signature is of another plugin",
        "another kind": "a statement of another kind",
        "another key": "by none of these keys",
        "rubbish": "can't be read",
    }
    assert wanted[lie] in said, said


def test_nothing_of_a_demanding_source_is_run_unsigned(signer, tmp_path, registry):  # noqa: F811
    made = pushed(signer, registry, "demanded/notes")
    source = f"oci://{registry}/demanded/notes:1"
    demand(signer, f"oci://{registry}/demanded/")
    define(signer, source)
    said = agree(signer, code=UNSIGNED)
    assert "`[sources.team]` demands that it is signed by the key" in said and "it has no signature" in said
    assert f"stepwell plugin verify {source}" in said
    assert not (signer.folder / "stepwell.lock").exists()
    for command in [("plugin", "inspect", source), ("plugin", "check", source)]:
        assert "demands that it is signed" in signer.run(*command, code=UNSIGNED).stderr
    # What a definition names isn't even fetched before a yes.
    assert "isn't fetched" in signer.run("run", "flow.toml", "--check", code=UNSIGNED).stderr
    # A signature by another key, and one of another plugin, laid there as its own.
    stranger = Keys(signer.folder, "stranger")
    payload = payload_of(registry, made["manifest"])
    placed = Placed(registry, "demanded/notes")
    placed.signature(made["manifest"], payload, stranger.sign(payload))
    assert "by none of these keys" in agree(signer, code=UNSIGNED)
    (signer.folder / "mine.wasm").write_bytes((signer.folder / "mine.wasm").read_bytes() + b"\0\x02\x01x")
    other = pushed(signer, registry, "demanded/other")
    signer.run("plugin", "sign", other["reference"], "--key", "keys/team.key")
    tag = f"sha256-{other['manifest'].removeprefix('sha256:')}.sig"
    layer = json.loads(fetched(registry, f"demanded/other/manifests/{tag}")[0])["layers"][0]
    theirs = fetched(registry, f"demanded/other/blobs/{layer['digest']}")[0]
    placed.signature(made["manifest"], theirs, base64.b64decode(layer["annotations"][SIGNATURE]))
    assert "the signature is of another plugin" in agree(signer, code=UNSIGNED)
    # Signed by whom it is demanded of, it is agreed to and run, and it is told who signed.
    signer.run("plugin", "sign", made["reference"], "--key", "keys/team.key")
    agree(signer)
    run(signer)
    assert f"signed by {signer.pair['fingerprint']}" in signer.run("status", "last").stdout
    assert signer.json("plugin", "inspect", source)["signed_by"] == signer.pair["fingerprint"]
    # A moved tag has no signature, though what it meant before has one: agreed to is what it was.
    signer.run("plugin", "push", "mine.wasm", source)
    run(signer)
    compiled_once(signer)
    assert "it has no signature" in signer.run("plugin", "update", "--accept", code=UNSIGNED).stderr


def test_a_revoked_key_holds_for_what_is_at_hand_too(signer, tmp_path):
    with debians(tmp_path / "registry") as address:
        made = pushed(signer, address)
        source = f"oci://{address}/ada/notes:1"
        signer.run("plugin", "sign", made["reference"], "--key", "keys/team.key")
        demand(signer, "*")
        define(signer, source)
        agree(signer)
    # The registry is gone: signature and component are in the cache.
    run(signer)
    second = Keys(signer.folder, "second")
    demand(signer, "*", "second.pub")
    assert f"signed by the key {second.fingerprint}" in run(signer, code=UNSIGNED)
    # Under the same name another key lies.
    demand(signer, "*")
    first = (signer.folder / "keys/team.pub").read_bytes()
    (signer.folder / "keys/team.pub").write_bytes(second.public.read_bytes())
    assert "by none of these keys" in run(signer, code=UNSIGNED)
    (signer.folder / "keys/team.pub").unlink()
    assert "can't be used: it can't be read" in run(signer, code=4)
    (signer.folder / "keys/team.pub").write_bytes(first)
    run(signer)
    # What somebody changed in the cache proves nothing, and nobody can be asked.
    (kept,) = (Path(signer.variables["XDG_CACHE_HOME"]) / "stepwell/plugins/signatures").iterdir()
    told = json.loads(kept.read_text(encoding="utf-8"))
    told["found"][0]["signature"] = b64(second.sign(base64.b64decode(told["found"][0]["payload"])))
    kept.write_text(json.dumps(told), encoding="utf-8")
    assert "by none of these keys" in run(signer, code=UNSIGNED)
    kept.unlink()
    assert "who signed it can't be found out" in run(signer, code=4)


def test_a_file_is_signed_by_what_lies_beside_it(signer):
    demand(signer, "plugins/")
    (signer.folder / "plugins").mkdir()
    (signer.folder / "mine.wasm").rename(signer.folder / "plugins/mine.wasm")
    define(signer, "plugins/mine.wasm")
    assert "it has no signature" in run(signer, code=UNSIGNED)
    signer.run("plugin", "sign", "plugins/mine.wasm", "--key", "keys/team.key", "--bundle")
    for ending in [".sig", ".sigstore.json"]:
        run(signer)
        (signer.folder / f"plugins/mine.wasm{ending}").unlink()
    assert "it has no signature" in run(signer, code=UNSIGNED)
    # What a link leads to is held to both places.
    (signer.folder / "link.wasm").symlink_to("plugins/mine.wasm")
    define(signer, "link.wasm")
    assert "it has no signature" in run(signer, code=UNSIGNED)
    # A narrower place takes the demand back.
    (signer.folder / "plugins/ours").mkdir()
    (signer.folder / "plugins/mine.wasm").rename(signer.folder / "plugins/ours/mine.wasm")
    demand(signer, "*", more='[sources.ours]\nfrom = "plugins/ours"\nunsigned = true\n')
    define(signer, "plugins/ours/mine.wasm")
    run(signer)
    # What is only tested is held to it, too.
    (signer.folder / "plugins/ours/mine.wasm").rename(signer.folder / "mine.wasm")
    (signer.folder / "some.toml").write_text('[[cases]]\ninputs.changes = "x"\n', encoding="utf-8")
    assert "it has no signature" in signer.run("plugin", "test", "mine.wasm", "some.toml", code=UNSIGNED).stderr


def test_a_file_on_a_server_is_signed_by_what_lies_beside_it_there(signer):
    component = (signer.folder / "mine.wasm").read_bytes()  # noqa: F811
    signer.run("plugin", "sign", "mine.wasm", "--key", "keys/team.key")
    files = {"/mine.wasm": component}

    def handle(handler):
        body = files.get(handler.path)
        return say(handler, b"", 404) if body is None else say(handler, body)

    with serving(handle) as (address, asked):
        source = f"http://{address}/mine.wasm#{digest(component)}"
        demand(signer, f"http://{address}/")
        define(signer, source)
        assert "it has no signature" in agree(signer, code=UNSIGNED)
        files["/mine.wasm.sig"] = (signer.folder / "mine.wasm.sig").read_bytes()
        agree(signer)
        run(signer)
        signer.run("plugin", "verify", source, "--key", "keys/team.pub")
        before = len(asked)
        run(signer)
        assert len(asked) == before


def test_a_registry_that_lies_about_a_signature_is_told_so(signer, component):  # noqa: F811
    from registries import Artifact

    artifact = Artifact(component)
    honest = answers(artifact)
    manifest = digest(artifact.manifest)
    payload = payload_of("a", manifest)
    layer = {"mediaType": SIMPLE, "size": len(payload), "digest": digest(payload), "annotations": {SIGNATURE: b64(b"x")}}
    lies = {
        "another one than was asked for": (layer, payload + b" "),
        "is larger than 64.0 KiB": (layer | {"size": 1 << 30}, payload),
        "can't be read": (layer | {"digest": "md5:x"}, payload),
    }
    for told, (listed, given) in lies.items():

        def handle(handler):
            if handler.path.endswith(".sig"):
                return say(handler, json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "layers": [listed]}).encode())
            if handler.path.endswith(digest(payload)):
                return say(handler, given)
            if "/referrers/" in handler.path or handler.path.endswith(f"sha256-{manifest[7:]}"):
                return say(handler, b"", 404)
            return honest(handler)

        with serving(handle) as (address, _):
            said = signer.run("plugin", "verify", f"oci://{address}/a:1", "--key", "keys/team.pub", code=4).stderr
            assert told.split()[0] in said and "signature" in said, said

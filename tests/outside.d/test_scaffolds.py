"""What `stepwell plugin new` writes: in each language it is made ready, tested, built, looked at and run by its own commands."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from program import OUTSIDE, ROOT
from scaffolded import EXTENSIONS, Scaffolded, variables

LANGUAGES = ["rust", "python", "javascript", "go", "c"]
GUIDES = {language: ROOT / f"docs/guides/plugins-in-{language}.md" for language in LANGUAGES}

CASES = """
[defaults]
inputs.changes = "faster reading"

[[cases]]
id = "a list is kept"
responses = ["Here they are:\\n- Reading is faster.\\nEnjoy!"]
expect.documents.notes = "- Reading is faster."

[[cases]]
id = "where no list is, the model is told and asked again"
responses = ["Sorry.", "- Reading is faster."]
checks = [{ prompt = 2, contains = "it holds no list" }]
"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_project_works_by_its_own_commands(tmp_path, language):
    project = Scaffolded(tmp_path, language)
    project.follow()
    seen = json.loads(project.shell(f"stepwell plugin inspect {project.begun['component']} --json"))
    assert (seen["description"]["name"], seen["description"]["version"]) == ("wise_step", "0.1.0")
    (project.folder / "cases.toml").write_text(CASES, encoding="utf-8")
    project.shell(f"stepwell plugin test {project.begun['component']} cases.toml --crash")
    # The file that says how it is built is enough to build it again.
    project.component.unlink()
    project.shell(project.begun["build"])
    assert project.component.is_file()
    # What it makes is none of version control's.
    project.shell("git init --quiet && git add .")
    kept = project.shell("git ls-files").splitlines()
    assert "README.md" in kept and "wit/step.wit" in kept
    assert not [path for path in kept if path.endswith((".wasm", ".o")) or path.split("/")[0] in ("target", "venv", "node_modules", "build")]


def test_a_project_in_rust_is_formatted_and_without_a_warning(tmp_path):
    project = Scaffolded(tmp_path, "rust")
    project.shell("cargo fmt --check")
    project.shell("cargo clippy --all-targets -- -D warnings")


def test_a_panic_in_go_is_told_in_its_own_words_and_by_the_step_s_own_functions(tmp_path):
    project = Scaffolded(tmp_path, "go")
    step = project.folder / "step.go"
    text = step.read_text(encoding="utf-8")
    at = "\tvar notes []string\n"
    assert text.count(at) == 1
    step.write_text(text.replace(at, f'{at}\tvar none map[string]int\n\tnone["a"] = 1\n'), encoding="utf-8")
    *ready, run = [command for command in project.next() if command not in ("make test", f"stepwell plugin check {project.component.name}")]
    for command in ready:
        project.shell(command)
    said = project.shell(f"{run} || test $? = 1")
    told, guest = said.split("in the guest:\n")
    assert "it trapped: panic: assignment to entry in nil map\n" in told
    assert guest.startswith("main.releaseNotes.ProcessResponse\nmain.releaseNotes.Execute\n")
    assert "step.go:" in guest


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_guide_shows_what_a_project_has(tmp_path, language):
    page = GUIDES[language].read_text(encoding="utf-8")
    name = re.search(r"stepwell plugin new (\w+)", page)[1]
    project = Scaffolded(tmp_path, language, name=name)
    shown = re.findall(r"^```(?:rust|python|js|go|c)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    files = {path.read_text(encoding="utf-8") for path in project.folder.rglob("*") if path.is_file() and "vendor" not in path.parts}
    assert shown and not [text for text in shown if text not in files]
    # The commands of the guide are those of the project.
    told = [command for command in project.next() if not command.startswith(("rustup", "python3"))]
    assert not [command for command in told if command not in page]


def test_the_package_in_rust_builds_outside_of_this_repository(tmp_path):
    command = ["cargo", "package", "--locked", "--allow-dirty", "--no-verify", "--package", "stepwell-sdk", "--target-dir", str(OUTSIDE / "package")]
    subprocess.run(command, cwd=ROOT, env=variables(), check=True, capture_output=True, text=True)
    (package,) = (OUTSIDE / "package/package").glob("stepwell-sdk-*.crate")
    shutil.unpack_archive(package, tmp_path, "gztar")
    (sdk,) = tmp_path.glob("stepwell-sdk-*")
    page = (sdk / "README.md").read_text(encoding="utf-8")
    assert not [link for link in re.findall(r"\]\(([^)\s]+)", page) if not link.startswith("https://")]
    project = Scaffolded(tmp_path, "rust", "--sdk", str(sdk))
    assert not (project.folder / "vendor").exists()
    project.follow()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The package in Python, as it is published."""
    made = tmp_path_factory.mktemp("wheel")
    source = made / "source"
    shutil.copytree(ROOT / "sdk/python", source)
    pip = [str(OUTSIDE / "venv/bin/python"), "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(made), str(source)]
    subprocess.run(pip, env=variables(), check=True, capture_output=True, text=True)
    (wheel,) = made.glob("stepwell_sdk-*.whl")
    return wheel


def test_the_package_in_python_is_what_a_project_is_built_on(tmp_path, wheel):
    project = Scaffolded(tmp_path, "python", "--published")
    assert not (project.folder / "vendor").exists()
    commands = [command.replace("stepwell-sdk==0.1.0", str(wheel)) for command in project.next()]
    assert commands != project.next()
    for command in commands:
        project.shell(command)
    project.has_run()
    installed = {path.relative_to(project.folder / "vendor/stepwell_sdk").as_posix() for path in (project.folder / "vendor/stepwell_sdk").glob("*")}
    assert {path.name for path in (ROOT / "sdk/python/stepwell_sdk").glob("*.*")} <= installed
    project.shell(f"PYTHONPATH=vendor venv/bin/python -m unittest discover {ROOT}/sdk/python/tests")


def test_the_package_in_javascript_is_what_a_project_is_built_on(tmp_path):
    packing = ["npm", "pack", "--silent", "--pack-destination", str(tmp_path)]
    subprocess.run(packing, cwd=ROOT / "sdk/javascript", env=variables(), check=True, capture_output=True, text=True)
    (package,) = tmp_path.glob("stepwell-sdk-*.tgz")
    project = Scaffolded(tmp_path, "javascript", "--published")
    assert not (project.folder / "vendor").exists()
    manifest = project.folder / "package.json"
    text = manifest.read_text(encoding="utf-8").replace('"^0.1.0"', json.dumps(f"file:{package}"))
    manifest.write_text(text, encoding="utf-8")
    project.follow()
    # Its own tests, on what was packed.
    shutil.copytree(project.folder / "node_modules/stepwell-sdk", tmp_path / "unpacked")
    shutil.copytree(ROOT / "sdk/javascript/test", tmp_path / "unpacked/test")
    project.shell("cd ../unpacked && npm test")


def test_the_types_of_the_package_in_javascript_are_those_of_its_functions(tmp_path):
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules/stepwell-sdk").symlink_to(ROOT / "sdk/javascript")
    shutil.copy(Path(__file__).with_name("steps") / "typed.ts", tmp_path)
    compiler = OUTSIDE / "node/node_modules/typescript/bin/tsc"
    options = ["--strict", "--noEmit", "--ignoreConfig", "--module", "nodenext", "--target", "es2022"]
    ended = subprocess.run(["node", str(compiler), *options, "typed.ts"], cwd=tmp_path, env=variables(), capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_a_project_is_built_on_the_sdk_of_a_clone(tmp_path, language):
    sdk = tmp_path / "sdk"
    shutil.copytree(ROOT / "sdk" / language, sdk)
    project = Scaffolded(tmp_path, language, "--sdk", "sdk")
    assert not (project.folder / "vendor").exists()
    # That what is built runs is known of the same SDK by other ways.
    for command in project.next():
        if not command.startswith("stepwell"):
            project.shell(command)
    assert project.component.is_file()


BUSY = """
name = "busy"

[inputs]
text = { description = "The text" }

[[steps]]
id = "busy"
uses = "wise_step.wasm"
inputs.text = "{{ inputs.text }}"
settings.style = "loud"
grants.workspace = "write"
"""
BUSY_ANSWERS = """stepwell-cassette 1
match = "sequence"
default-model = "default"

=== call busy #1

1

=== call busy #2

2

=== end
"""


# In Go it is the contract's bindings that have all of it.
@pytest.mark.parametrize("language", ["python", "javascript", "go"])
def test_all_that_an_sdk_has_does_the_same_by_the_real_host(tmp_path, language):
    project = Scaffolded(tmp_path, language)
    steps = project.folder.glob(f"**/step.{EXTENSIONS[language]}")
    # The SDK's own lie beside it.
    (step,) = [step for step in steps if "vendor" not in step.relative_to(project.folder).parts]
    shutil.copy(Path(__file__).with_name("steps") / f"busy.{EXTENSIONS[language]}", step)
    for command in project.next():
        if not re.search(r"unittest|(npm|make) test|stepwell run", command):
            project.shell(command)
    if language == "go":
        project.shell("venv/bin/go vet ./...")
        written = "*.go stepwell bindings/wit bindings/exports/export_stepwell_plugin_guest"
        assert project.shell(f"venv/lib/python3*/site-packages/go/bin/gofmt -l {written}") == ""
    for name, content in {"busy.toml": BUSY, "busy.cassette": BUSY_ANSWERS, "in.txt": "here"}.items():
        (project.folder / name).write_text(content, encoding="utf-8")
    said = project.shell("stepwell run busy.toml --input text=' a ' --answer who=me --replay busy.cassette")
    assert "begins" in said
    assert json.loads(project.shell("stepwell docs get last busy report")) == {
        "prompt": "loud: a",
        "number": 7,
        "answers": ["1\n", "2\n"],
        "person": ["me"],
        "files": ["in.txt", "out.txt", "requirements.txt"] if language != "javascript" else ["in.txt", "out.txt"],
        "missing": "file-not-found",
        "outside": "invalid-path",
        "unknown": "prompt-not-found",
        "silent": "replay-miss",
        "template": "{{ style }}: {{ text }}",
    }
    assert (project.folder / "out.txt").read_text(encoding="utf-8") == "hereé"
    described = json.loads(project.shell("stepwell plugin inspect wise_step.wasm --json"))["description"]
    assert json.loads(described["documents"][0]["schema"]) == {"type": "object"}
    assert {grant["name"]: grant["value"] for grant in described["grants"]} == {"workspace": "write"}
    annotations = {it["name"]: json.loads(it["value"]) for it in described["annotations"]}
    assert annotations == {"workspace": "it writes", "clock": "it waits", "optional-grants": {"clock": "real"}}


REFUSED = """
name = "refused"
[[steps]]
id = "step"
uses = "wise_step.wasm"
settings.how = "HOW"
"""
REFUSES = "denied: step `step` may not read files of the workspace"
# What a step lets pass, and what is said of it then.
LETS_PASS = {
    "python": {
        "reads": REFUSES,
        "misses": "prompt-not-found: there is no prompt `unknown`",
        "asks": "nobody-there: ",
        "fails": "own: in its own words",
        "raises": "it trapped: RuntimeError: the step raised `Err` with 'no failure'",
    },
    "javascript": {
        "reads": REFUSES,
        "fails": "own: in its own words",
        "text": "it trapped: it threw what is no error: only a text",
        "object": 'it trapped: it threw what is no error: {"kind":"mine","why":"no error"}',
        "nothing": "it trapped: it threw what is no error: undefined",
        "error": "it trapped: a real one",
    },
}


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_what_a_step_lets_pass_is_told_in_its_own_words(tmp_path, language):
    project = Scaffolded(tmp_path, language)
    name = f"step.{EXTENSIONS[language]}"
    (step,) = [step for step in project.folder.glob(f"**/{name}") if "vendor" not in step.relative_to(project.folder).parts]
    shutil.copy(Path(__file__).with_name("steps") / f"refused.{EXTENSIONS[language]}", step)
    for command in project.next():
        if not re.search("unittest|npm test|^stepwell", command):
            project.shell(command)
    for how, words in LETS_PASS[language].items():
        (project.folder / "refused.toml").write_text(REFUSED.replace("HOW", how), encoding="utf-8")
        said = project.shell("stepwell run refused.toml --no-questions --replay workflow.cassette || test $? = 1")
        assert f": {words}" in said, f"{how}: {said}"
    if language == "javascript":
        step.write_text(step.read_text(encoding="utf-8").replace('"well";', '"it is ill";'), encoding="utf-8")
        project.shell(project.begun["build"])
        said = project.shell("stepwell plugin check wise_step.wasm || test $? = 4")
        assert 'it trapped: it threw what is no error: {"because":"it is ill"}' in said

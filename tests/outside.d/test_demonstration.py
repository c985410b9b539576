"""The demonstration of the README, by replay: everything is there, and what came out works."""

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

from conftest import RUN
from program import DEMONSTRATION, PATIENCE

STEPS = {
    "survey": {"map", "conventions", "baseline"},
    "requirement": {"requirement"},
    "requirement/refine": {"requirement"},
    "architecture_design": {"design", "diagram"},
    "implementation": {"subtasks"},
    "test_generation": {"tests"},
}


def test_it_is_what_the_program_shows(replayed, tmp_path):
    """`stepwell demo` does what the tests below look at, and does it again the next time."""
    for folder in ("first", "second"):
        replayed.run("demo", str(tmp_path / folder), "--workflow", "untested_coding")
        shown = {name: (tmp_path / folder / "workspace" / name).read_bytes() for name in replayed.files()}
        assert shown == replayed.files()
    replayed.run("demo", str(tmp_path / "first"), code=4)


def test_says_that_it_replays(replayed):
    assert "replay" in replayed.ended.stderr.lower(), replayed.ended.stderr


def test_the_run_succeeded(replayed):
    run = replayed.json("status", "last")
    assert run["status"] == "success"

    def statuses(steps):
        for step in steps:
            yield step["path"], step["status"]
            yield from statuses(step["steps"])

    assert dict(statuses(run["steps"])) == dict.fromkeys([*STEPS, "implementation/code"], "success")


def test_every_document_is_there(replayed):
    documents = replayed.documents()
    for step, names in STEPS.items():
        assert names <= {name for execution, name in documents if execution == step}, step
    subtasks = json.loads(documents["implementation", "subtasks"])
    assert len(subtasks) > 1
    for number, subtask in enumerate(subtasks):
        files = json.loads(documents[f"implementation/code[{number}]", "files"])
        assert set(subtask["files"]) <= {file["path"] for file in files}
    assert all(text.strip() for text in documents.values())
    for heading in ("1.1 Background", "1.2 User persona", "1.3 User journey", "2.1 Functional requirements"):
        assert heading in documents["requirement", "requirement"]
        assert heading in documents["requirement/refine", "requirement"]


def test_every_file_is_there(replayed):
    written = replayed.written()
    listed = {it["path"]: it for it in replayed.json("files", "last")}
    assert written.keys() == listed.keys()
    documents = replayed.documents()
    named = [file for (_, name), text in documents.items() if name in ("files", "tests") for file in json.loads(text)]
    assert {file["path"] for file in named} == written.keys()
    # Of a file that several subtasks wrote, the last one counts.
    assert {file["path"]: file["bytes"] for file in named} == {path: len(data) for path, data in written.items()}


def test_every_prompt_and_raw_answer_is_there(replayed, recorded):
    calls = replayed.calls()
    assert calls.keys() == recorded.calls.keys(), "each answer of the cassette was asked for, and nothing else"
    for place, call in calls.items():
        kept = replayed.call(call)
        assert kept["answer"] == recorded.calls[place], f"{place} is kept as it came"
        assert kept["raw"] and all(kept["raw"]), place
        assert kept["prompt"].strip() and kept["request"]["messages"], place
        assert call["prompts"], f"{place} names the prompt versions that it used"
        assert replayed.run("calls", "show", call["id"], "--prompt").stdout.strip() == kept["prompt"].strip()


def test_every_prompt_has_its_first_version(replayed):
    calls = replayed.json("calls", "last")
    used = {(prompt["name"], prompt["number"]) for call in calls for prompt in call["prompts"]}
    kept = {(it["name"], version["number"]) for it in replayed.json("prompt", "list") for version in it["versions"]}
    assert used <= kept
    assert {number for _, number in used} == {1}


def test_the_answers_of_the_person_were_used(replayed, recorded):
    assert recorded.answers
    prompts = [replayed.call(call)["prompt"] for call in replayed.calls().values()]
    for answer in recorded.answers:
        if answer.key != "enough" and answer.text.strip():
            first_line = answer.text.strip().splitlines()[0]
            assert any(first_line in prompt for prompt in prompts), answer.key


def test_the_feature_works(replayed):
    ended = subprocess.run(
        [sys.executable, "-m", "expenses.cli", "report", "ledger.csv", "--month", "2026-03"],
        cwd=replayed.workspace,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert ended.returncode == 0, ended.stderr
    amounts = {line.split()[0]: line.split()[1] for line in ended.stdout.splitlines() if len(line.split()) > 1}
    assert {"rent": "900.00", "food": "83.45", "total": "1019.95"}.items() <= amounts.items(), ended.stdout


def test_the_generated_tests_pass(replayed, tmp_path):
    report = tmp_path / "report.xml"
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}"],
        cwd=replayed.workspace,
        # Of this runner's own environment nothing may reach the project's tests.
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    print(ended.stdout, ended.stderr)
    assert ended.returncode == 0
    suite = ElementTree.parse(report).getroot().find("testsuite")
    counts = {name: int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")}
    assert counts["tests"] >= 10 and not counts["failures"] + counts["errors"] + counts["skipped"], counts


def test_the_diagram_is_plantuml(replayed):
    diagram = replayed.documents()["architecture_design", "diagram"]
    assert "<<New>>" in diagram
    ended = subprocess.run(
        ["plantuml", "-syntax"], input=diagram, capture_output=True, text=True, timeout=PATIENCE
    )
    assert ended.returncode == 0 and not ended.stdout.startswith("ERROR"), ended.stdout + ended.stderr


def test_the_answers_say_only_what_was_sent(replayed, recorded):
    """What the cassette changes and reads its model was shown before: in the prompt, or by its tools."""

    def texts(value):
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            for inner in value.values():
                yield from texts(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from texts(inner)

    edits = 0
    for place, call in replayed.calls().items():
        sent = "\n".join(texts(replayed.call(call)["request"]["messages"]))
        halves = re.findall(r"^<{5,9} SEARCH\n(.*?)^={5,9}\n", recorded.calls[place], re.DOTALL | re.MULTILINE)
        for used in recorded.tools.get(place, []):
            arguments = json.loads(used["arguments"])
            if used["name"] in ("read", "edit", "remove"):
                assert arguments["path"] in sent, f"{place}: nobody told of {arguments['path']}"
            if used["name"] == "edit":
                halves.append(arguments["old"])
        for old in halves:
            edits += 1
            for line in filter(str.strip, old.splitlines()):
                assert line.strip() in sent, f"{place}: nobody showed `{line}`"
    assert edits, "files that are there are changed by edits"

"""The demonstration against a model provider that nobody here wrote: undisturbed, killed, and interrupted."""

import os
import signal
import time

import pytest

import cassette
from conftest import KEY, RUN, project_at
from program import PATIENCE, Project
from provider import Provider

def assert_same_outcome(project, replayed):
    assert project.json("status", "last")["status"] == "success"
    assert project.documents() == replayed.documents()
    assert project.written() == replayed.written()


def test_the_workflow_streams_from_a_foreign_provider(tmp_path, replayed, recorded, agreed):
    with Provider(tmp_path, agreed) as provider:
        project = project_at(tmp_path / "project", provider)
        project.run(*RUN, *recorded.answer_arguments())
        assert_same_outcome(project, replayed)
        assert sorted(provider.asked()) == sorted(place for place, _, _ in agreed.values())
        for entry in provider.journal():
            assert entry["body"].get("stream") is True and entry["body"]["stream_options"] == {"include_usage": True}
    calls = project.calls()
    for place, call in calls.items():
        kept = project.call(call)
        assert kept["answer"] == recorded.calls[place]
        assert kept["raw"][-1].rstrip().endswith("data: [DONE]"), f"{place} is kept as it came"
        assert call["usage"]["input_tokens"] and call["usage"]["output_tokens"], place
    spent = project.json("status", "last")["spent"]
    assert spent["attempts"] == len(calls) and not spent["unknown_tokens"]
    store = b"".join(path.read_bytes() for path in (project.folder / ".stepwell").rglob("*") if path.is_file())
    assert KEY.encode() not in store


@pytest.mark.parametrize("matching", ["request", "sequence"])
def test_what_was_recorded_from_it_replays(tmp_path, replayed, recorded, agreed, matching):
    with Provider(tmp_path, agreed) as provider:
        project = project_at(tmp_path / "live", provider)
        tape = tmp_path / "tape.cassette"
        project.run(*RUN, *recorded.answer_arguments(), "--record", str(tape), "--record-match", matching)
    assert KEY not in tape.read_text(encoding="utf-8")
    taped = cassette.read(tape)
    assert (taped.calls, taped.tools) == (recorded.calls, recorded.tools)
    # The provider is gone, the person says nothing.
    again = Project(tmp_path / "again")
    again.run(*RUN, "--replay", str(tape))
    assert_same_outcome(again, replayed)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["kill", "ctrl-c"])
@pytest.mark.parametrize("delay", [0.0, 0.15, 0.35])
def test_no_stored_answer_is_asked_for_again(tmp_path, replayed, recorded, agreed, how, delay):
    """Each life of the program ends a moment after its second request, until a life comes to its own end."""
    stopped = 0
    with Provider(tmp_path, agreed, seconds=0.4) as provider:
        project = project_at(tmp_path / "project", provider)
        command = (*RUN, *recorded.answer_arguments())
        stored = set()
        while True:
            asked_before = len(provider.asked())
            with open(tmp_path / "said.txt", "w", encoding="utf-8") as said:
                process = project.start(*command, stdout=said, stderr=said)
                was_stopped = stop_after_requests(process, provider, asked_before + 2, delay, how)
            code = process.wait(PATIENCE)
            said = (tmp_path / "said.txt").read_text(encoding="utf-8")
            asked = provider.asked()[asked_before:]
            assert not stored & set(asked), f"asked again, though their answers were stored:\n{said}"
            assert len(asked) == len(set(asked)), f"asked twice in one life: {asked}\n{said}"
            if code == 0:
                break
            assert was_stopped and code == {signal.SIGKILL: -signal.SIGKILL, signal.SIGINT: 130}[how], f"{code}\n{said}"
            stopped += 1
            answered = {str(place) for place, call in project.calls().items() if call["state"] == "answered"}
            assert stored < answered, "what is stored stays stored, and each life brings the run further"
            stored = answered
            status = project.json("status", "last")["status"]
            if status == "success":
                # The signal came between the end of the run and the end of the program.
                break
            assert status == "interrupted"
            command = ("resume", "last", *recorded.answer_arguments())
        assert_same_outcome(project, replayed)
        asked = provider.asked()
    assert stopped >= 3, "the run was stopped in its middle"
    assert set(asked) == {place for place, _, _ in agreed.values()}
    assert len(asked) <= len(agreed) + stopped, "at most one more for each call in flight"


def stop_after_requests(process, provider, count, delay, how) -> bool:
    """Stops the program a moment after the provider got so many requests; false if it ended before."""
    deadline = time.monotonic() + PATIENCE
    while len(provider.asked()) < count:
        assert time.monotonic() < deadline, "it hangs"
        if process.poll() is not None:
            return False
        time.sleep(0.005)
    time.sleep(delay)
    if process.poll() is not None:
        return False
    os.kill(process.pid, how)
    return True

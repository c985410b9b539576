"""Killed in each phase of an answer, or out of money, by each wire format, and resumed: what was received and stored is paid once."""

import signal
import subprocess
import time

import pytest

from held import FORMATS, Held
from program import PATIENCE
from sent import Sent
from strict import Fails, Holds
from tasks import REPOSITORIES, git
from worked import run

WORKFLOW = "untested_coding"
RUN = run(WORKFLOW)


class Undisturbed:
    """The mend of one line by tools, to its end."""

    def __init__(self, folder, kind: str):
        with Held(folder, kind, REPOSITORIES["units"], WORKFLOW) as made:
            made.project.run(*RUN)
            made.provider.hold()
            self.ids = made.provider.ids()
            asked = [made.provider.form.asked(it.request) for it in made.provider.received]
            # In the loop that changes the file, with thoughts that have to come back.
            self.loop = [number for number, it in enumerate(asked) if Sent(it).step == "code"]
            self.documents, self.difference = documents(made), git(made.folder, "diff")
        assert len(set(self.ids)) == len(self.ids) and len(self.loop) > 3


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    runs: dict[str, Undisturbed] = {}

    def by(kind: str) -> Undisturbed:
        if kind not in runs:
            runs[kind] = Undisturbed(tmp_path_factory.mktemp(kind), kind)
        return runs[kind]

    return by


def holding(silent: dict[int, str]):
    return lambda number, received: Holds(silent[number]) if number in silent else None


def wait_until(holds, process) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert process.poll() is None, "it ended before"
        assert time.monotonic() < deadline, "it hangs"
        time.sleep(0.001)


# Where the provider goes silent, from the request that is looked at on; when it is killed, by what that request got and by how many
# came; and which requests are sent once more.
PHASES = {
    # Sent, and nothing came.
    "before the answer": ({0: "before"}, None, 1, [0]),
    "in the middle of the answer": ({0: "middle"}, "part", 1, [0]),
    # The end is said and the connection stays open; what follows shows that the answer was taken.
    "behind the end of the answer": ({0: "after", 1: "before"}, "whole", 2, [1]),
}


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("kind", FORMATS)
def test_killed_in_a_phase_of_an_answer_it_pays_for_no_answer_twice(tmp_path, undisturbed, kind, phase):
    whole = undisturbed(kind)
    silent, got, came, again = PHASES[phase]
    first = whole.loop[2]
    with Held(tmp_path, kind, REPOSITORIES["units"], WORKFLOW) as made:
        provider = made.provider
        provider.instead = holding({first + after: where for after, where in silent.items()})
        process = made.project.start(*RUN, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: len(provider.received) >= first + came and (not got or provider.received[first].got == got), process)
        # So that what was sent arrives, and is stored as far as it ever will be.
        time.sleep(0.15)
        kill(process)
        answered = sum(call["state"] == "answered" for call in made.calls())
        assert answered == first + came - 1, "what came whole is stored, and nothing else"
        provider.instead = holding({})
        made.project.run("resume")
        assert provider.ids() == whole.ids[: first + came] + [whole.ids[first + it] for it in again] + whole.ids[first + came :]
        assert_the_same_end(made, whole)


@pytest.mark.parametrize("pause", [0.0, 0.005])
@pytest.mark.parametrize("kind", FORMATS)
def test_killed_as_the_answer_ends_it_is_stored_or_asked_for_again(tmp_path, undisturbed, kind, pause):
    """A race: the answer is on its way into the store."""
    whole = undisturbed(kind)
    first = whole.loop[2]
    with Held(tmp_path, kind, REPOSITORIES["units"], WORKFLOW) as made:
        provider = made.provider
        provider.instead = holding({first + 1: "before"})
        process = made.project.start(*RUN, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: len(provider.received) > first and provider.received[first].got == "whole", process)
        time.sleep(pause)
        kill(process)
        before, answered = len(provider.received), sum(call["state"] == "answered" for call in made.calls())
        assert answered in (first, first + 1)
        provider.instead = holding({})
        made.project.run("resume")
        assert provider.ids()[before:] == whole.ids[answered:], "what is stored isn't asked again, all else is"
        assert_the_same_end(made, whole)


# How each format says that there is no money left.
POOR = {
    "openai-chat": (429, "insufficient_quota", "You exceeded your current quota"),
    "openai-responses": (429, "insufficient_quota", "You exceeded your current quota"),
    "anthropic-messages": (400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API"),
    "gemini-interactions": (402, "payment_required", "Your prepaid credit is used up"),
}


@pytest.mark.parametrize("kind", FORMATS)
def test_where_the_money_ended_it_goes_on_once_there_is_some(tmp_path, undisturbed, kind):
    whole = undisturbed(kind)
    first = whole.loop[2]
    status, word, message = POOR[kind]
    with Held(tmp_path, kind, REPOSITORIES["units"], WORKFLOW) as made:
        refusal = Fails(status, made.provider.form.error(status, word, message))
        made.provider.instead = lambda number, received: refusal if number == first else None
        told = made.project.run(*RUN, code=1)
        assert message in told.stderr and "add credit" in told.stderr, told.stderr
        assert made.numbers() == {} and len(made.provider.received) == first + 1
        made.project.run("resume")
        assert made.provider.ids() == whole.ids[: first + 1] + whole.ids[first:]
        made.provider.hold()
        assert documents(made) == whole.documents and git(made.folder, "diff") == whole.difference
        assert sorted(made.provider.paid()) == sorted(whole.ids)


def documents(made: Held) -> dict:
    return {(it["execution"], it["name"]): (it["bytes"], it["revision"]) for it in made.project.json("docs", "list", "last")}


def kill(process) -> None:
    process.send_signal(signal.SIGKILL)
    assert process.wait(PATIENCE) == -signal.SIGKILL


def assert_the_same_end(made: Held, whole: Undisturbed) -> None:
    made.provider.hold()
    assert made.project.json("status", "last")["status"] == "success"
    assert documents(made) == whole.documents
    assert git(made.folder, "diff") == whole.difference
    calls = made.calls()
    assert len(calls) == len(whole.ids) and {call["state"] for call in calls} == {"answered"}
    # By the provider's count: each answer once, but for one that was lost as it came.
    paid = made.provider.paid()
    assert set(paid) == set(whole.ids) and len(paid) - len(whole.ids) <= 1

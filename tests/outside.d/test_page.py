"""The page of `stepwell serve` in a real browser: a run, versions, a comparison, a restart, two tabs, every page."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from conftest import project_at
from program import OUTSIDE, PATIENCE
from provider import Agreed, Asked, Provider

STORIES = Path(__file__).parent / "page" / "stories.mjs"
# What a person sees, to be looked at after the tests.
PICTURES = OUTSIDE / "pictures"
# The texts of v2 to v5. The provider has an answer for the first two.
GATE = """name = "gate"
description = "Asks whether a text is right"
workspace = "workspace"
[inputs]
feature = { description = "The text" }
[[steps]]
id = "agree"
uses = "builtin:gate"
inputs.document = "{{ inputs.feature }}"
settings.title = "The text"
settings.question = "Is this what you want?"
"""
# Workflows of which each is there for one thing, by their names.
DEFINITIONS = {
    "gate": GATE,
    # Files first, and then things that go on happening.
    "slow": GATE.replace('"gate"', '"slow"', 1)
    + 'keep.document = "agreed.md"\n'
    + "".join(
        f'[[steps]]\nid = "{step}"\nuses = "builtin:refine"\n'
        f'inputs.requirement = "Agree on this. {{{{ steps.{before} }}}}"\n'
        for before, step in [("agree.document", "one"), ("one.requirement", "two"), ("two.requirement", "three")]
    ),
    # A yes puts its document into the workspace.
    "kept": GATE.replace('"gate"', '"kept"', 1) + 'keep.document = "kept.md"\n',
    # No model is asked: what takes time is the page alone.
    "items": """name = "items"
workspace = "workspace"
[[steps]]
id = "list"
uses = "builtin:refine"
inputs.requirement = "given by hand"
[[steps]]
id = "each"
uses = "builtin:survey"
for_each = "steps.list.requirement"
concurrency = 4
grants.workspace = "read"
""",
    # Over as soon as it has begun.
    "idle": GATE.replace('"gate"', '"idle"', 1) + 'when = { value = "inputs.feature", is = "never" }\n',
}
WAYS = ["Improve it in the second way.", "Improve it in the third way.", "In the fourth way.", "In the fifth way."]


class Served:
    """A server in a project, and a browser that visits it."""

    def __init__(self, project):
        self.project = project
        self.start()

    def start(self):
        self.said = self.project.folder.parent / "served.txt"
        with open(self.said, "w", encoding="utf-8") as said:
            self.process = self.project.start("serve", "--listen", "127.0.0.1:0", stdout=said, stderr=said)
        deadline = time.monotonic() + PATIENCE
        while "the token: " not in (said := self.said.read_text(encoding="utf-8")):
            assert self.process.poll() is None and time.monotonic() < deadline, said
            time.sleep(0.02)
        self.url, self.link = re.findall(r"http://\S+", said)
        self.token = Path(re.search(r"the token: (.+)", said)[1]).read_text(encoding="utf-8").strip()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE) == 0, self.said.read_text(encoding="utf-8")

    def tell(self, story: str, **given) -> dict:
        """Tells a story in a browser; what it found comes back."""
        folder = self.project.folder
        definitions = {
            name: {"name": f"{name}.toml", "file": str(folder / f"{name}.toml"), "text": text}
            for name, text in DEFINITIONS.items()
        }
        about = {"base": self.url, "link": self.link, "token": self.token, "definitions": definitions}
        arguments = json.dumps(about | given)
        variables = {**os.environ, "STEPWELL_CHROMIUM": shutil.which("chromium")}
        told = subprocess.run(
            ["node", str(STORIES), story, arguments], env=variables, capture_output=True, text=True, timeout=4 * PATIENCE
        )
        assert told.returncode == 0, f"{story}:\n{told.stdout}\n{told.stderr}\n{self.said.read_text(encoding='utf-8')}"
        return json.loads(told.stdout.rpartition("told ")[2])


@pytest.fixture(scope="module")
def served(tmp_path_factory, agreed, recorded):
    folder = tmp_path_factory.mktemp("page")
    answers = dict(agreed)
    # Its last answer, which is one that the step takes.
    refined = recorded.calls[max(place for place in recorded.calls if place.step == "requirement/refine")]
    for way in WAYS[:2]:
        answers[Asked(way)] = Agreed(way, refined.replace("# ", f"# {way} ", 1))
    # What a later run asks first shows the workspace as the first one left it.
    first = min(place for place in recorded.calls if place.step == "requirement")
    answers[Asked("find out what the request leaves open")] = Agreed("questions", recorded.calls[first])
    answers[Asked("Agree on this.")] = Agreed("agreed", refined)
    with Provider(folder, answers, seconds=1.5) as provider:
        project = project_at(folder / "project", provider)
        for name, text in DEFINITIONS.items():
            (project.folder / f"{name}.toml").write_text(text, encoding="utf-8")
        server = Served(project)
        yield server
        server.end()


@pytest.fixture(scope="module")
def history(served, recorded) -> dict:
    """A run whose questions were answered on the page, and two versions that were compared on it."""
    feature = (served.project.folder / "feature.md").read_text(encoding="utf-8")
    answers = [{"step": it.step, "key": it.key, "text": it.text} for it in recorded.answers]
    found = served.tell("run", feature=feature, answers=answers)
    served.tell("versions", texts=WAYS)
    return found | served.tell("compare", **found)


def test_a_run_is_started_answered_and_watched_on_the_page(served, history, recorded):
    kept = served.tell("again", **history)
    assert kept == {}


def test_a_question_is_declined_on_the_page(served):
    feature = (served.project.folder / "feature.md").read_text(encoding="utf-8")
    served.tell("declined", feature=feature)


def test_everything_is_there_after_a_restart(served, history):
    served.end()
    served.start()
    served.tell("again", **history)


def test_what_happened_without_a_connection_is_there_when_it_is_back(served, history):
    served.tell("dropped", **history)


def test_two_tabs_do_not_overwrite_each_other(served, history):
    served.tell("tabs")


def test_ten_tabs_load_and_follow(served, history):
    served.tell("many", **history)


def test_a_page_is_drawn_however_quickly_things_happen(served, history):
    served.tell("busy", **history)


def test_costs_calls_and_prompts_follow_what_happens(served, history):
    served.tell("followed")


def test_a_comparison_is_removed_by_a_button_and_a_yes(served, history):
    served.tell("removed", **history)


def test_a_server_that_is_away_costs_no_text(served, history):
    served.tell("away")


def test_a_draft_is_saved_over_nothing_that_was_saved_meanwhile(served):
    served.tell("overtaken")


def test_a_yes_to_something_else_by_now_is_none(served):
    served.tell("decided", folder=str(served.project.folder / "workspace"))


def test_two_tabs_have_a_draft_each(served, history):
    served.tell("typed")


def test_a_version_that_is_gone_is_shown_where_a_run_used_it(served, history):
    served.tell("gone", **history)


def test_runs_are_told_apart_and_found(served, history):
    feature = (served.project.folder / "feature.md").read_text(encoding="utf-8")
    served.tell("declined", feature=feature)
    served.tell("sought", **history, feature=feature)


def test_a_text_is_tried_before_it_is_saved(served, history):
    served.tell("tried", **history)


def test_the_page_can_be_read_without_scripts(served, history):
    served.tell("plain", **history)


def test_a_page_of_another_port_gets_nothing(served, history):
    served.tell("stranger")


def test_every_page_is_whole_in_light_and_dark_wide_and_narrow(served, history):
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir()
    feature = (served.project.folder / "feature.md").read_text(encoding="utf-8")
    served.tell("declined", feature=feature)
    served.tell("seen", **history, pictures=str(PICTURES))


def test_a_case_stays_low_on_a_phone(served, history):
    served.tell("low", **history)


def test_what_differs_stands_beside_each_other_and_unfolds(served, history):
    PICTURES.mkdir(exist_ok=True)
    served.tell("differs", **history, pictures=str(PICTURES))


def test_code_has_colours_in_both_themes(served, history):
    PICTURES.mkdir(exist_ok=True)
    served.tell("coloured", **history, pictures=str(PICTURES))


def test_the_journey_of_a_prompt_takes_few_keys(served, history):
    assert served.tell("keys", **history)["pressed"] <= 60


def test_what_was_typed_survives_an_answer_that_never_comes_and_a_session_that_is_over(served, history):
    served.tell("lost")


def test_nothing_stands_still_for_good_after_somebody_was_at_work_in_it(served, history):
    served.tell("passed")


def test_a_document_that_nothing_depends_on_is_corrected_in_a_run_that_is_over(served, history):
    served.tell("corrected")


def test_what_a_form_did_is_said_and_back_leads_to_where_one_was(served, history):
    served.tell("said")


def test_every_section_is_in_sight_wide_and_narrow(served, history):
    served.tell("reached")


def test_a_run_of_300_items_is_followed_to_its_end(served, history):
    served.tell("items")


def test_a_text_of_five_megabytes_is_a_small_page(served, history):
    served.tell("long")


def test_marks_that_turn_a_text_round_are_named(served, history):
    served.tell("turned")


def test_a_run_is_found_among_two_thousand(served, history):
    assert served.tell("found")["runs"] >= 2000

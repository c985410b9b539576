"""What the demonstration would take, said before each run, beside what it took on a provider that counts tokens.

`tests/outside -s -k estimates` prints the table of `docs/performance.md`.
"""

import shutil
from statistics import mean

from conftest import RUN, project_at
from program import DEMONSTRATION
from provider import Provider

SIDES = ("input_tokens", "output_tokens")


def estimated(project) -> dict:
    return project.json(*RUN, "--estimate")


def run_once(project, recorded) -> dict:
    """A run on the files as they were at the beginning; what it spent, and what was said before."""
    shutil.rmtree(project.workspace)
    shutil.copytree(DEMONSTRATION / "workspace", project.workspace)
    project.run(*RUN, *recorded.answer_arguments())
    return project.json("status", "last")


def say(when: str, estimate: dict, took: dict):
    for side in SIDES:
        low, high = estimate[side]["low"], estimate[side]["high"]
        print(f"\n| {when}, {side} | {low} to {high} | {took[side]:.0f} | {low / took[side]:.2f} to {high / took[side]:.2f} × |", end="")


def test_the_estimate_of_the_demonstration_is_what_it_takes(tmp_path, recorded, agreed):
    with Provider(tmp_path, agreed) as provider:
        project = project_at(tmp_path / "project", provider)
        before = estimated(project)
        assert provider.journal() == [], "an estimate asks nobody"
        views = [run_once(project, recorded)]
        after_one = estimated(project)
        views += [run_once(project, recorded) for _ in range(9)]
        after_ten = estimated(project)
    took = {side: mean(view["spent"][side] for view in views) for side in SIDES}
    say("of a new project", before, took)
    say("after one run", after_one, took)
    say("after ten", after_ten, took)
    kept = views[0]["estimate"]
    assert [kept[side] for side in SIDES] == [before[side] for side in SIDES], "it stays beside what was spent"
    for side in SIDES:
        # What is known of no run of a step is only the sizes of its texts: the range is wide, and what it takes lies within.
        assert before[side]["low"] <= took[side] <= before[side]["high"], side
        for estimate in (after_one, after_ten):
            low, high = estimate[side]["low"], estimate[side]["high"]
            assert low <= took[side] <= high, side
            assert took[side] / 2 <= low + 1 and high <= 2 * took[side] + len(estimate["steps"]), side
    assert {step["basis"]["kind"] for step in after_ten["steps"]} == {"earlier-runs"}
    assert after_ten["calls"]["low"] == after_ten["calls"]["high"] == views[0]["spent"]["calls"]

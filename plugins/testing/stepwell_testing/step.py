"""The step's work: run the tests, go on after one that ended the instance, report."""

import json
import os

from wit_world.imports import context, progress
from wit_world.imports.types import Text

from . import baseline, catching, collecting, configuration, outcomes, report, running, surroundings
from .journal import BEGINNING, ENDING, LOADING, TURNING, Journal

# What is needed beside the attempt under way to look at what was there before: it may end, and the next one reports.
ATTEMPTS_FOR_BEFORE = 2


def execute(inputs: dict[str, str]) -> list[Text]:
    surroundings.enter()
    given = setting("arguments", [])
    files = files_of(inputs.get("files", ""))
    changed = baseline.changed()
    now = Journal()
    if context.load_checkpoint("stage") is None:
        run_now(now, given, files)
        found = now.in_order()
        now.remark(now.remarks | remarks_on(found, now.remarks, changed, given, files))
        if changed and (baseline.to_run(found, changed) or files is not None and baseline.may_hide(changed)):
            if context.attempts_left() >= ATTEMPTS_FOR_BEFORE:
                turn(now)
            progress.log(progress.Level.WARN, "the files of before weren't looked at: no attempt is left for it, see `limits.attempts`")
        remarks = now.remarks
    else:
        before = Journal(baseline.STAGE)
        found = now.in_order()
        run_before(before, given, files, baseline.to_run(found, changed), changed)
        baseline.excuse(found, before.outcomes, changed)
        remarks = now.remarks | baseline.missing(before.all_found(), now, changed) | baseline.silenced(found, before.outcomes, changed)
    written = [path for path in changed if os.path.basename(path) in configuration.NAMES]
    results = report.results(found, remarks, written)
    if unproven := report.unproven(results):
        progress.log(progress.Level.WARN, unproven)
    return [
        Text("verdict", results["verdict"]),
        Text("report", report.markdown(results)),
        Text("results", json.dumps(results, ensure_ascii=False, indent=1)),
    ]


def remarks_on(found: list[dict], remarks: dict, changed: list[str], given: list[str], files: list[str] | None) -> dict:
    """What is to be said beside the outcomes of the files as they are now."""
    # Of named files no others were asked for.
    asked = changed if files == [] else [path for path in changed if path in (files or [])]
    blamed = any(one["outcome"] in outcomes.BLAMED for one in found)
    return {
        "decided": baseline.deciding(remarks.get("deciding", []), changed),
        "uncollected": collecting.uncollected(asked, remarks.get("collected"), found, given),
        "caught": catching.caught() if blamed else [],
    }


def run_now(journal: Journal, given: list[str], files: list[str] | None) -> None:
    """Runs the tests as they are, or goes on with them."""
    left_out = blame(journal, twice=True)
    if files is None:
        # Naming files none of which is there is no reason to test everything else.
        return
    if may_go_on(journal, left_out):
        journal.at(BEGINNING)
        running.run(journal, running.Session([*given, *files], left_out, given=given))
        return
    for test in journal.tests:
        if test in journal.suspects and test not in journal.outcomes:
            why = "the time of its instance was used up, and no attempt was left to run it alone"
            journal.add(outcomes.not_run(test, why, MORE_ATTEMPTS))
        elif test not in journal.outcomes:
            journal.add(outcomes.not_run(test, "too many of the tests before it ended the instance", MORE_ATTEMPTS))


MORE_ATTEMPTS = "More attempts, or more time for each: `limits.attempts`, `limits.cpu` and `limits.wall` of the step."


def turn(journal: Journal) -> None:
    """Ends this instance. What it imported is the code as it is now, and must not meet the files of before."""
    journal.write()
    context.save_checkpoint("stage", b"before")
    progress.log(progress.Level.INFO, "what fails is run once more on the files of before, in an instance of its own")
    journal.at(TURNING)
    os._exit(0)


def run_before(journal: Journal, given: list[str], named: list[str] | None, tests: list[str], changed: list[str]) -> None:
    """Runs what failed on the files as they were before; and where the change may hide tests, looks which there were."""
    left_out = blame(journal, twice=False)
    hides = baseline.may_hide(changed)
    baseline.restore(changed)
    # Where the definition names files, what others hold isn't asked for.
    files = [path for path in named or [] if os.path.exists(path)] if hides else baseline.files_of(tests)
    is_nothing = bool(named) and files == [] if hides else files == []
    if is_nothing or not may_go_on(journal, left_out):
        return
    journal.at(BEGINNING)
    running.run(journal, running.Session([*given, *(files or [])], left_out, only=tests, given=given))


def blame(journal: Journal, twice: bool) -> set[str]:
    """Names what ended the attempt before this one. Gives the files that must not be loaded again.

    With `twice` a test isn't blamed for the time of an instance that it shared with others: it is run once more first.
    """
    culprit = journal.culprit()
    if culprit is not None and culprit != TURNING:
        how = context.previous_end()
        if culprit.startswith(LOADING):
            journal.add(outcomes.ended(culprit.removeprefix(LOADING), how, outcomes.FILE))
        elif culprit in (BEGINNING, ENDING):
            journal.add(outcomes.ended(f"pytest, {culprit}", how, outcomes.FILE))
        elif twice and outcomes.is_of_time(how) and culprit not in journal.suspects:
            journal.suspect(culprit)
        else:
            journal.add(outcomes.ended(culprit, how))
        # It is known now, whatever happens next.
        journal.write()
    left_out = set()
    for outcome in journal.outcomes.values():
        if outcome["outcome"] == outcomes.ENDED and outcome["kind"] == outcomes.FILE:
            folder, name = os.path.split(outcome["id"])
            # Without its conftest.py no test of a folder means anything.
            left_out.add((folder or ".") if name == "conftest.py" else outcome["id"])
    return left_out


def may_go_on(journal: Journal, left_out: set[str]) -> bool:
    """Whether there is anything to run, and an attempt left for a report if that ends this one."""
    if journal.culprit() in (BEGINNING, ENDING) or "." in left_out:
        return False
    return journal.culprit() is None or context.attempts_left() > 0


def setting(name: str, default):
    value = context.setting(name)
    return default if value is None else json.loads(value)


def files_of(text: str) -> list[str] | None:
    """The test files that an input names, those that are there; none where there is none of them."""
    text = text.strip()
    if not text:
        return []
    try:
        named = list(_paths(json.loads(text)))
    except ValueError:
        named = [line.strip() for line in text.splitlines() if line.strip()]
    names = collecting.Names()
    tests = [path for path in dict.fromkeys(named) if _is_test(path, names)]
    return tests or None


def _paths(value):
    """The `path` of every object, at any depth; a list of documents may hold each as text, which is JSON in turn."""
    if isinstance(value, list):
        for item in value:
            yield from _paths(item)
    elif isinstance(value, dict):
        if isinstance(value.get("path"), str):
            yield value["path"]
        for field in value.values():
            if isinstance(field, (list, dict)):
                yield from _paths(field)
    elif isinstance(value, str):
        try:
            inner = json.loads(value)
        except ValueError:
            return
        if isinstance(inner, (list, dict)):
            yield from _paths(inner)


def _is_test(path: str, names: collecting.Names) -> bool:
    is_file = names.are_of(path) and os.path.basename(path) != "conftest.py"
    return (is_file or os.path.isdir(path)) and os.path.exists(path)

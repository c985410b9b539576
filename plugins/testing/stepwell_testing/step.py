"""The step's work: run the tests, go on after one that ended the instance, report."""

import json
import os

from wit_world.imports import context
from wit_world.imports.types import Text

from . import outcomes, report, running, surroundings
from .journal import BEGINNING, ENDING, LOADING, Journal


def execute(inputs: dict[str, str]) -> list[Text]:
    surroundings.enter()
    journal = Journal()
    left_out = blame(journal)
    files = files_of(inputs.get("files", ""))
    if files is None:
        # Naming files none of which is there is no reason to test everything else.
        pass
    elif may_go_on(journal, left_out):
        journal.at(BEGINNING)
        running.run(journal, [*setting("arguments", []), *files], left_out)
    else:
        for test in journal.tests:
            if test not in journal.outcomes:
                journal.add(outcomes.outcome(test, outcomes.NOT_RUN, message="too many of the tests before it ended the instance"))
    results = report.results(journal.in_order())
    return [
        Text("verdict", results["verdict"]),
        Text("report", report.markdown(results)),
        Text("results", json.dumps(results, ensure_ascii=False, indent=1)),
    ]


def blame(journal: Journal) -> set[str]:
    """Names what ended the attempt before this one. Gives the files that must not be loaded again."""
    culprit = journal.culprit()
    if culprit is not None:
        how = context.previous_end()
        if culprit.startswith(LOADING):
            journal.add(outcomes.ended(culprit.removeprefix(LOADING), how, outcomes.FILE))
        elif culprit in (BEGINNING, ENDING):
            journal.add(outcomes.ended(f"pytest, {culprit}", how, outcomes.FILE))
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
    tests = [path for path in dict.fromkeys(named) if _is_test(path)]
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


def _is_test(path: str) -> bool:
    name = os.path.basename(path)
    is_file = name.startswith("test_") and name.endswith(".py") or name.endswith("_test.py")
    return (is_file or os.path.isdir(path)) and os.path.exists(path)

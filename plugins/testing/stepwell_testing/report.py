"""The outcomes, for a person and for programs. Both are bounded: what is left out is said."""

import platform

import pytest

from . import texts
from .outcomes import ALL, ENDED, ERROR, FAILED, FILE, NOT_RUN, PASSED, SKIPPED, UNSUPPORTED, XFAILED, XPASSED

# The most that all details together take.
MOST_DETAILS = 60_000
MOST_DETAILS_OF_RESULTS = 1_500_000
# The most tests that are named one by one where there is nothing to say of them.
MOST_NAMES = 200


def results(outcomes: list[dict]) -> dict:
    """Everything, as JSON has it."""
    room = MOST_DETAILS_OF_RESULTS
    tests = []
    for outcome in outcomes:
        size = len(outcome.get("detail", "")) + sum(map(len, outcome.get("output", {}).values()))
        room -= size
        if room < 0 and size:
            outcome = {name: value for name, value in outcome.items() if name not in ("detail", "output")}
        tests.append(outcome)
    counts = {result: sum(test["outcome"] == result for test in tests) for result in ALL}
    return {
        "verdict": verdict(tests),
        "counts": counts,
        "seconds": round(sum(test["seconds"] for test in tests), 6),
        "python": platform.python_version(),
        "pytest": pytest.__version__,
        "tests": tests,
    }


def verdict(tests: list[dict]) -> str:
    """One word."""

    def any_of(results, kind=None):
        return any(test["outcome"] in results and kind in (None, test["kind"]) for test in tests)

    if any_of((FAILED,)) or any_of((ERROR, ENDED), "test"):
        return "failed"
    if any_of((ERROR, ENDED, NOT_RUN)):
        return "error"
    return "passed" if any_of((PASSED, XPASSED, XFAILED, SKIPPED)) else "nothing"


_WORDS = {
    PASSED: "passed",
    FAILED: "failed",
    ERROR: "could not be set up, loaded or torn down",
    ENDED: "ended the sandbox",
    XPASSED: "passed though expected to fail",
    XFAILED: "failed as expected",
    SKIPPED: "skipped",
    UNSUPPORTED: "not possible in this sandbox",
    NOT_RUN: "not run",
}

_EXPLAINED = {
    ENDED: "Each of these ended the instance that it ran in; the tests after it ran in a new one.",
    UNSUPPORTED: "These need something that the sandbox doesn't have. Their failure says nothing about the code.",
}


def markdown(results: dict) -> str:
    """A report for a person, the worst first."""
    lines = [f"# Tests: {results['verdict']}", "", _summary(results), ""]
    room = MOST_DETAILS
    for result in (FAILED, ERROR, ENDED, UNSUPPORTED):
        tests = _of(results, result)
        if not tests:
            continue
        lines += [f"## {_title(result)} ({len(tests)})", ""]
        if result in _EXPLAINED:
            lines += [_EXPLAINED[result], ""]
        for test in tests:
            entry = _entry(test)
            room -= len(entry)
            lines += [entry if room > 0 else _short(test), ""]
    for result in (NOT_RUN, SKIPPED, XPASSED, XFAILED, PASSED):
        tests = _of(results, result)
        if tests:
            lines += [f"## {_title(result)} ({len(tests)})", "", *_list(tests), ""]
    return "\n".join(lines).rstrip() + "\n"


def _summary(results: dict) -> str:
    counts = [f"{number} {_WORDS[result]}" for result, number in results["counts"].items() if number]
    ran = f"in {results['seconds']:.2f} s (pytest {results['pytest']}, Python {results['python']}, in the sandbox)"
    if not counts:
        return "There is no test: no file `test_*.py` or `*_test.py` has a function `test_…`."
    return f"{', '.join(counts)} {ran}."


def _of(results, result):
    return [test for test in results["tests"] if test["outcome"] == result]


def _title(result):
    return _WORDS[result][0].upper() + _WORDS[result][1:]


_MODULES = "The sandbox has Python's standard library, pytest and the workspace's own modules, and no other package."


def _entry(test: dict) -> str:
    lines = [f"### `{test['id']}`", ""]
    if "needs" in test:
        lines += [f"It needs {' and '.join(test['needs'])}.", ""]
    if "message" in test and "detail" not in test:
        lines += [test["message"], ""]
    if test.get("message", "").startswith("ModuleNotFoundError"):
        lines += [_MODULES, ""]
    if "detail" in test:
        lines += [texts.fenced(test["detail"]), ""]
    for name, text in test.get("output", {}).items():
        lines += [f"Its {name}:", "", texts.fenced(text), ""]
    return "\n".join(lines).rstrip()


def _short(test: dict) -> str:
    return f"### `{test['id']}`\n\n{test.get('message', '')}\n\nThe document `results` has its details: there is no more room here."


def _list(tests):
    for test in tests[:MOST_NAMES]:
        why = f": {test['message'].splitlines()[0]}" if test.get("message") else ""
        took = f" ({test['seconds']:.2f} s)" if test["seconds"] >= 0.005 else ""
        yield f"- `{test['id']}`{took}{why}"
    if len(tests) > MOST_NAMES:
        yield f"- and {len(tests) - MOST_NAMES} more, which the document `results` names"

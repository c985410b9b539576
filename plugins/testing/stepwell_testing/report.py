"""The outcomes, for a person and for programs. Both are bounded: what is left out is said."""

import platform

import pytest

from . import texts, verdicts
from .outcomes import ALL, BLOCKED, ENDED, ERROR, FAILED, NOT_RUN, PASSED, SKIPPED, UNSUPPORTED, XFAILED, XPASSED

# The most that all details together take.
MOST_DETAILS = 60_000
MOST_DETAILS_OF_RESULTS = 1_500_000
# The most tests that are named one by one where there is nothing to say of them.
MOST_NAMES = 200


def results(outcomes: list[dict], remarks: dict, written: list[str]) -> dict:
    """Everything, as JSON has it. `written` are the files of this run that configure pytest."""
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
        "verdict": verdicts.verdict(tests, remarks, written),
        "counts": counts,
        "failed_before": sum("before" in test for test in tests),
        "seconds": round(sum(test["seconds"] for test in tests), 6),
        "python": platform.python_version(),
        "pytest": pytest.__version__,
        "configuration": {
            "written": written,
            **{name: remarks.get(name, [])[:MOST_NAMES] for name in REMARKS},
        },
        "tests": tests,
    }


# What `results` say of how the tests were run, beside what the run wrote.
REMARKS = (
    "rewritten",
    "left_out",
    "deselected",
    "uncollected",
    "gone",
    "hidden",
    "silenced",
    "set_aside",
    "turned",
    "deciding",
    "decided",
    "caught",
)

_WORDS = {
    PASSED: "passed",
    FAILED: "failed",
    ERROR: "could not be set up, loaded or torn down",
    ENDED: "ended the sandbox",
    XPASSED: "passed though expected to fail",
    XFAILED: "failed as expected",
    SKIPPED: "skipped",
    UNSUPPORTED: "not possible in this sandbox",
    BLOCKED: "waiting for something that only a person can give",
    NOT_RUN: "not run",
}

_EXPLAINED = {
    ENDED: "Each of these ended the instance that it ran in; the tests after it ran in a new one.",
    UNSUPPORTED: "These need something that the sandbox doesn't have. Their failure says nothing about the code.",
    BLOCKED: "No change of the code mends these: what is said with each has to be given, in the definition or in the project.",
}

# What a verdict means that isn't plain.
_VERDICTS = {
    verdicts.FAILED_BEFORE: "What fails failed before this run, too. Nothing that passed then fails now.",
    verdicts.BLOCKED_ALL: "Something is needed that no change of the code gives.",
    verdicts.PARTIAL: "All that ran passed, and others didn't run: they were left out, aren't where pytest looks, or ran before this run and don't now.",
    verdicts.UNSUPPORTED_ALL: "Nothing passed: what there is needs something that the sandbox doesn't have.",
    verdicts.SKIPPED_ALL: "Nothing passed: every test was skipped, or was expected to fail and did.",
}

_NO_TEST = "There is no test: no file in which pytest looks for tests has a function `test_…`."


def unproven(results: dict) -> str | None:
    """A sentence where the step ends well, no further round is asked for, and yet not all is proven: nobody should read `success` as `passed`."""
    verdict = results["verdict"]
    if verdict in (verdicts.ALL_PASSED, verdicts.FAILED, verdicts.ERROR):
        return None
    wants = [test["wants"] for test in results["tests"] if "wants" in test] + results["configuration"]["caught"]
    wanted = wants[0] if wants else ""
    return f"the verdict of the tests is `{verdict}`, not `passed`. {_VERDICTS.get(verdict, _NO_TEST)} {wanted}".rstrip()


def markdown(results: dict) -> str:
    """A report for a person, the worst first."""
    lines = [f"# Tests: {results['verdict']}", ""]
    if results["verdict"] in _VERDICTS:
        lines += [_VERDICTS[results["verdict"]], ""]
    lines += [_summary(results), "", *_of_configuration(results["configuration"])]
    room = MOST_DETAILS
    new = [(result, [test for test in _of(results, result) if "before" not in test]) for result in (FAILED, ERROR, ENDED)]
    for result, tests in [*new, (BLOCKED, _of(results, BLOCKED)), (UNSUPPORTED, _of(results, UNSUPPORTED))]:
        if not tests:
            continue
        lines += [f"## {_title(result)} ({len(tests)})", ""]
        if result in _EXPLAINED:
            lines += [_EXPLAINED[result], ""]
        for test in tests:
            entry = _entry(test)
            room -= len(entry)
            lines += [entry if room > 0 else _short(test), ""]
    older = [test for test in results["tests"] if "before" in test]
    if older:
        lines += [f"## Failed before, too ({len(older)})", "", "These failed before this run as well: they are none of its doing.", ""]
        lines += [*_list(older), ""]
    for result in (NOT_RUN, SKIPPED, XPASSED, XFAILED, PASSED):
        tests = _of(results, result)
        if tests:
            lines += [f"## {_title(result)} ({len(tests)})", "", *_list(tests), ""]
    return "\n".join(lines).rstrip() + "\n"


def _of_configuration(configuration: dict) -> list[str]:
    """What a person should know of how the tests were run."""
    lines = []

    def say(name, one, many):
        found = configuration[name]
        if found:
            lines.append(f"- {one if len(found) == 1 else many}: {', '.join(f'`{it}`' for it in found)}")

    say("written", "This run wrote a file that decides how tests run", "This run wrote files that decide how tests run")
    say("rewritten", "A file that decides how tests run was changed by the tests", "Files that decide how tests run were changed by the tests")
    say("deselected", "The project's configuration left out a test", f"The project's configuration left out {len(configuration['deselected'])} tests")
    say("gone", "This run changed a file, and a test is gone that was in it", f"This run changed files, and {len(configuration['gone'])} tests are gone that were in them")
    say("hidden", "This run keeps a test from being collected whose file it left as it was", f"This run keeps {len(configuration['hidden'])} tests from being collected whose files it left as they were")
    say("uncollected", "This run wrote a file of tests that pytest doesn't collect, so that none of it ran", "This run wrote files of tests that pytest doesn't collect, so that none of them ran")
    say("silenced", "A test ran before this run and is skipped, or expected to fail, now, though its file is as it was", f"{len(configuration['silenced'])} tests ran before this run and are skipped, or expected to fail, now, though their files are as they were")
    say("set_aside", "This run changed a file, and a test that ran is skipped, or expected to fail, in it now", f"This run changed files, and {len(configuration['set_aside'])} tests that ran are skipped, or expected to fail, in them now")
    say("turned", "The project's configuration made something else of a failure", "The project's configuration made something else of failures")
    say("deciding", "The project decides itself on outcomes, by", "The project decides itself on outcomes, by")
    say("decided", "This run wrote a function that decides on outcomes", "This run wrote functions that decide on outcomes")
    lines += [f"- This may be why tests fail: {what}" for what in configuration["caught"]]
    lines += [f"- Left out: {what}" for what in configuration["left_out"]]
    return ["## How they were run", "", *lines, ""] if lines else []


def _summary(results: dict) -> str:
    counts = [f"{number} {_WORDS[result]}" for result, number in results["counts"].items() if number]
    ran = f"in {results['seconds']:.2f} s (pytest {results['pytest']}, Python {results['python']}, in the sandbox)"
    if not counts:
        return _NO_TEST
    older = f", {results['failed_before']} of them failed before, too" if results["failed_before"] else ""
    return f"{', '.join(counts)}{older} {ran}."


def _of(results, result):
    return [test for test in results["tests"] if test["outcome"] == result]


def _title(result):
    return _WORDS[result][0].upper() + _WORDS[result][1:]


_MODULES = "The sandbox has Python's standard library, pytest, the workspace's own modules, and the packages that the definition lends."


def _entry(test: dict) -> str:
    lines = [f"### `{test['id']}`", ""]
    if "needs" in test:
        lines += [f"It needs {' and '.join(test['needs'])}.", ""]
    if "wants" in test:
        lines += [test["wants"], ""]
    if "met" in test:
        lines += [f"It was refused {' and '.join(test['met'])} before, and went on.", ""]
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

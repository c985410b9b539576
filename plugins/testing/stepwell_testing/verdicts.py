"""What all outcomes come to, in one word."""

from .outcomes import BLAMED, BLOCKED, FILE, NOT_RUN, PASSED, SKIPPED, TEST, UNSUPPORTED, XFAILED, XPASSED

# Tests ran, and all that ran passed.
ALL_PASSED = "passed"
# A test fails that didn't before, or ended its instance.
FAILED = "failed"
# What can't be loaded, or what this run wrote keeps tests from running.
ERROR = "error"
# All that fails failed before this run, too.
FAILED_BEFORE = "failed-before"
# Something is needed that no code gives: a file that git ignores, a package, another argument, more attempts.
BLOCKED_ALL = "blocked"
# All that ran passed, and the project's own configuration keeps others from running.
PARTIAL = "partial"
# Nothing passed: what there is needs something that the sandbox doesn't have.
UNSUPPORTED_ALL = "unsupported"
# Nothing passed, and nothing failed: all were skipped, or expected to fail.
SKIPPED_ALL = "skipped"
# There is no test.
NOTHING = "nothing"

# What a person is warned of: no further round is asked for, and nothing says that the code is right.
WARNINGS = {
    FAILED_BEFORE: "all tests that fail failed before this run, too",
    BLOCKED_ALL: "tests can't run: something is needed that no code gives, and that the document `report` names",
    PARTIAL: "all tests that ran passed, and the project's configuration keeps others from running",
    UNSUPPORTED_ALL: "no test could run: what there is needs something that the sandbox doesn't have",
    SKIPPED_ALL: "no test passed: all were skipped, or expected to fail",
    NOTHING: "there is no test to run",
}

WORDS = (ALL_PASSED, FAILED, ERROR, FAILED_BEFORE, BLOCKED_ALL, PARTIAL, UNSUPPORTED_ALL, SKIPPED_ALL, NOTHING)


def verdict(tests: list[dict], remarks: dict, written: list[str]) -> str:
    """One word. `written` are the files of this run that configure pytest."""

    def any_of(results, kind=None, excused=False):
        return any(
            test["outcome"] in results and kind in (None, test["kind"]) and excused == ("before" in test) for test in tests
        )

    if any_of(BLAMED, TEST):
        return FAILED
    if any_of(BLAMED, FILE) or remarks.get("rewritten") or any(_stopped(test) for test in tests):
        return ERROR
    if remarks.get("deselected") and written:
        return ERROR
    if any_of((BLOCKED, NOT_RUN)):
        return BLOCKED_ALL
    if any_of(BLAMED, excused=True):
        return FAILED_BEFORE
    if any_of((PASSED, XPASSED)):
        return PARTIAL if remarks.get("deselected") else ALL_PASSED
    if any_of((UNSUPPORTED,)):
        return UNSUPPORTED_ALL
    if any_of((SKIPPED, XFAILED)):
        return SKIPPED_ALL
    return PARTIAL if remarks.get("deselected") else NOTHING


def _stopped(test: dict) -> bool:
    """Whether something of the project kept a test from running."""
    return test["outcome"] == NOT_RUN and "wants" not in test

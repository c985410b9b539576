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
# All that ran passed, and others didn't run: the project's own configuration keeps them from it, or this run took them away, had them
# skipped, or wrote them where pytest doesn't look.
PARTIAL = "partial"
# Nothing passed: what there is needs something that the sandbox doesn't have.
UNSUPPORTED_ALL = "unsupported"
# Nothing passed, and nothing failed: all were skipped, or expected to fail.
SKIPPED_ALL = "skipped"
# There is no test.
NOTHING = "nothing"

WORDS = (ALL_PASSED, FAILED, ERROR, FAILED_BEFORE, BLOCKED_ALL, PARTIAL, UNSUPPORTED_ALL, SKIPPED_ALL, NOTHING)


def verdict(tests: list[dict], remarks: dict, written: list[str]) -> str:
    """One word. `written` are the files of this run that configure pytest."""

    def any_of(results, kind=None, excused=False):
        return any(
            test["outcome"] in results and kind in (None, test["kind"]) and excused == ("before" in test) for test in tests
        )

    lacking = any(remarks.get(what) for what in ("deselected", "gone", "uncollected", "silenced", "set_aside"))
    if any_of(BLAMED, TEST):
        return FAILED
    if any_of(BLAMED, FILE) or remarks.get("rewritten") or any(_stopped(test) for test in tests):
        return ERROR
    if remarks.get("hidden") or remarks.get("decided") or (written and (remarks.get("deselected") or remarks.get("silenced"))):
        return ERROR
    if any_of((BLOCKED, NOT_RUN)):
        return BLOCKED_ALL
    if any_of(BLAMED, excused=True):
        return FAILED_BEFORE
    if any_of((PASSED, XPASSED)):
        return PARTIAL if lacking else ALL_PASSED
    if any_of((UNSUPPORTED,)):
        return UNSUPPORTED_ALL
    if any_of((SKIPPED, XFAILED)):
        return SKIPPED_ALL
    return PARTIAL if lacking else NOTHING


def _stopped(test: dict) -> bool:
    """Whether something of the project kept a test from running."""
    return test["outcome"] == NOT_RUN and "wants" not in test

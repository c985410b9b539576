"""What is known of a test, or of a file of tests that couldn't be loaded."""

import io

from _pytest._io import TerminalWriter

from . import needs, texts

PASSED = "passed"
FAILED = "failed"
ERROR = "error"
SKIPPED = "skipped"
XFAILED = "xfailed"
XPASSED = "xpassed"
# It ended the instance that it ran in.
ENDED = "ended"
# It needs something that this sandbox doesn't have.
UNSUPPORTED = "unsupported"
NOT_RUN = "not-run"
# It needs something that only the operator can give.
BLOCKED = "blocked"

ALL = (PASSED, FAILED, ERROR, ENDED, XPASSED, XFAILED, SKIPPED, UNSUPPORTED, BLOCKED, NOT_RUN)
# What a test is blamed for.
BLAMED = (FAILED, ERROR, ENDED)

TEST = "test"
# A file, or pytest itself, of which something was wrong before any test of it could run.
FILE = "file"

# The most of one failure's details and of one stream of output that is kept.
LONGEST_DETAIL = 8_000
LONGEST_OUTPUT = 2_000
LONGEST_MESSAGE = 500


def outcome(id, result, kind=TEST, *, seconds=0.0, message="", detail="", output=(), refused=(), met=(), wants=None):
    """An outcome, bounded in size, as it is kept and reported.

    `refused` is what the failure itself is the refusal of, `met` what was refused meanwhile, and `wants` says what only the
    operator can give.
    """
    if result in (FAILED, ERROR):
        if refused:
            result = UNSUPPORTED
        elif wants:
            result = BLOCKED
    kept = {"id": id, "kind": kind, "outcome": result, "seconds": round(seconds, 6)}
    if message:
        kept["message"] = texts.cut(message.strip(), LONGEST_MESSAGE)
    if detail:
        kept["detail"] = texts.cut(detail.strip("\n"), LONGEST_DETAIL)
    output = {name: texts.cut(text.strip("\n"), LONGEST_OUTPUT) for name, text in output if text.strip()}
    if output:
        kept["output"] = output
    if result == UNSUPPORTED:
        kept["needs"] = list(refused)
    elif result == BLOCKED:
        kept["wants"] = wants
    elif met and result in (FAILED, ERROR):
        kept["met"] = list(met)
    return kept


def not_run(id, why, wants=None):
    """The outcome of a test that wasn't run."""
    kept = outcome(id, NOT_RUN, message=why)
    if wants:
        kept["wants"] = wants
    return kept


def ended(id, how, kind=TEST):
    """The outcome of what ended its instance."""
    return outcome(id, ENDED, kind, message=plainly(how))


def is_of_time(how: str | None) -> bool:
    """Whether an instance was ended because its time, or something else that its tests share, was used up."""
    return (how or "").startswith("limit: ")


def plainly(how: str | None) -> str:
    """How an attempt ended, from the host's words, in words about a test."""
    how = how or "unknown"
    if how.startswith("limit: "):
        limit = how.removeprefix("limit: ")
        return _OF_LIMITS.get(limit, "it ran into `limits.{}`").format(limit)
    if "called exit with status" in how:
        return "it ended the whole process (`os._exit`)"
    if "stack overflowed" in how or "recurs" in how:
        return "it recursed without end: the stack overflowed"
    return f"it broke the interpreter: {how.removeprefix('trap: ')}"


_OF_LIMITS = {
    "cpu": "it computed for longer than `limits.cpu` allows: most likely it loops for ever",
    "wall": "it took longer than `limits.wall` allows: most likely it waits for ever",
    "memory": "it needed more memory than `limits.memory` allows",
    "files": "it made more files than `limits.files` allows",
    "file_bytes": "it wrote more bytes of files than `limits.file_bytes` allows",
}


class Reports:
    """Gathers what pytest reports of one test, from its setup to its teardown."""

    def __init__(self, id: str):
        self.id = id
        self.result = None
        self.seconds = 0.0
        self.message = ""
        self.details: list[str] = []
        self.output: list[tuple[str, str]] = []
        # Of each phase that failed: what its error is the refusal of, and what it shows to be wanting.
        self.refused: list[list[str]] = []
        self.wants: list[str | None] = []

    def add(self, report) -> None:
        self.seconds += report.duration
        result = _result(report)
        if result is None:
            return
        if self.result is None or _WEIGHT[result] > _WEIGHT[self.result]:
            self.result = result
            self.message = _message(report)
        if result in (FAILED, ERROR):
            self.refused.append(getattr(report, "stepwell_refused", []))
            self.wants.append(getattr(report, "stepwell_wants", None))
            self.details.append(text_of(report))
            self.output = [
                ("standard output", report.capstdout),
                ("standard error", report.capstderr),
                ("log", report.caplog),
            ]

    def say_more(self, report) -> None:
        """Takes the details of the last failure from a report that names its part of the test."""
        if report.failed and self.details:
            self.details[-1] = text_of(report)

    def outcome(self) -> dict:
        return outcome(
            self.id,
            self.result or PASSED,
            seconds=self.seconds,
            message=self.message,
            detail="\n\n".join(self.details),
            output=self.output,
            refused=list(dict.fromkeys(sum(self.refused, []))) if all(self.refused) else [],
            met=needs.met_since_the_last_look(),
            wants=self.wants[0] if self.wants and all(self.wants) else None,
        )


# What counts when the phases of one test, or its subtests, ended differently.
_WEIGHT = {PASSED: 0, SKIPPED: 1, XFAILED: 2, XPASSED: 3, ERROR: 4, FAILED: 5}


def _result(report):
    """What one phase says; none where it says nothing of its own."""
    if report.failed:
        return FAILED if report.when == "call" else ERROR
    if report.skipped:
        return XFAILED if hasattr(report, "wasxfail") else SKIPPED
    if report.when != "call":
        return None
    return XPASSED if hasattr(report, "wasxfail") else PASSED


def _message(report) -> str:
    if hasattr(report, "wasxfail"):
        return report.wasxfail.removeprefix("reason: ")
    return message_of(report.longrepr)


def text_of(report) -> str:
    """The details of a report, with their first line as far to the right as it was."""
    text = io.StringIO()
    report.toterminal(TerminalWriter(text))
    return text.getvalue().strip("\n")


def message_of(longrepr) -> str:
    """The line that says what went wrong, or why it was skipped."""
    if longrepr is None:
        return ""
    if isinstance(longrepr, str):
        return longrepr.strip().partition("\n")[0]
    if isinstance(longrepr, tuple):
        return str(longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(longrepr, "reprcrash", None)
    if crash is not None:
        return crash.message.strip().partition("\n")[0]
    lines = [line for line in str(longrepr).splitlines() if line.strip()]
    return lines[-1].removeprefix("E ").strip() if lines else ""

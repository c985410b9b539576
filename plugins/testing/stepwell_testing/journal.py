"""What outlives the instance: which test is under way, and the outcomes so far.

A test may end the instance: by a limit, by exhausting the stack, by ending the process. The next attempt then asks the
host what this one said last of its progress, which is the culprit, and goes on with the rest. Outcomes are checkpoints,
written now and then; those that were lost with the instance are had again by running their tests.
"""

import json
import time

from wit_world.imports import context, progress

# The longest time whose outcomes may be lost.
BETWEEN_WRITES = 0.5

# What an attempt is at, beside a test.
BEGINNING = "beginning"
ENDING = "ending"
LOADING = "loading "


class Journal:
    """What one execution knows of its attempts."""

    def __init__(self):
        self.tests: list[str] = []
        self.outcomes: dict[str, dict] = {}
        self._chunk = 0
        self._unwritten: list[dict] = []
        self._written_at = time.monotonic()
        self._culprit = context.previous_progress()
        self._read()
        # Only an attempt that saved something is followed by another one after a limit or a trap.
        context.save_checkpoint("begun", str(context.attempt()).encode())

    def _read(self):
        tests = context.load_checkpoint("tests")
        self.tests = json.loads(tests) if tests else []
        while chunk := context.load_checkpoint(f"outcomes_{self._chunk}"):
            for outcome in json.loads(chunk):
                self.outcomes[outcome["id"]] = outcome
            self._chunk += 1

    def in_order(self) -> list[dict]:
        """The outcomes: of files as they came, then of tests in their order."""
        tests = set(self.tests)
        of_tests = [self.outcomes[test] for test in self.tests if test in self.outcomes]
        return [outcome for id, outcome in self.outcomes.items() if id not in tests] + of_tests

    def culprit(self) -> str | None:
        """What the attempt before this one was at when it ended; none if this is the first."""
        return self._culprit

    def collected(self, tests: list[str]) -> None:
        """Takes the tests that there are, in their order."""
        if tests != self.tests:
            self.tests = tests
            context.save_checkpoint("tests", json.dumps(tests).encode())

    def at(self, what: str) -> None:
        """Says what comes next, before it can end the instance."""
        if self._unwritten and time.monotonic() - self._written_at > BETWEEN_WRITES:
            self.write()
        progress.advance(min(len(self.outcomes), len(self.tests)), len(self.tests), what)

    def add(self, outcome: dict) -> None:
        """Takes an outcome; it is written down a little later."""
        self.outcomes[outcome["id"]] = outcome
        self._unwritten.append(outcome)

    def write(self) -> None:
        """Writes down the outcomes that aren't yet."""
        if self._unwritten:
            context.save_checkpoint(f"outcomes_{self._chunk}", json.dumps(self._unwritten).encode())
            self._chunk += 1
            self._unwritten = []
        self._written_at = time.monotonic()

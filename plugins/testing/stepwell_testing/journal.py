"""What outlives the instance: which test is under way, and the outcomes so far.

A test may end the instance: by a limit, by exhausting the stack, by ending the process. The next attempt then reads
here which one it was, and goes on with the rest. What is about to run is written down before each test, in a few
bytes; outcomes follow now and then, and those that were lost with the instance are had again by running their tests.
"""

import json
import time

from wit_world.imports import context

# The longest time whose outcomes may be lost.
BETWEEN_WRITES = 0.5

# What an attempt is at, beside the number of a test.
BEGINNING = "beginning"
ENDING = "ending"
LOADING = "loading "


class Journal:
    """The checkpoints of one execution."""

    def __init__(self):
        self.attempt = context.attempt()
        self.tests: list[str] = []
        self.outcomes: dict[str, dict] = {}
        self._numbers: dict[str, int] = {}
        self._chunk = 0
        self._unwritten: list[dict] = []
        self._written_at = time.monotonic()
        self._read()

    def _read(self):
        tests = context.load_checkpoint("tests")
        self._take_tests(json.loads(tests) if tests else [])
        while chunk := context.load_checkpoint(f"outcomes_{self._chunk}"):
            for outcome in json.loads(chunk):
                self.outcomes[outcome["id"]] = outcome
            self._chunk += 1
        at = context.load_checkpoint("at")
        attempt, _, self._at = at.decode().partition(":") if at else ("0", "", "")
        # An attempt that the host itself broke off is begun again under its own number: nothing ended it.
        self._was_ended = at is not None and int(attempt) != self.attempt

    def in_order(self) -> list[dict]:
        """The outcomes: of files as they came, then of tests in their order."""
        of_tests = [self.outcomes[test] for test in self.tests if test in self.outcomes]
        others = [outcome for id, outcome in self.outcomes.items() if id not in self._numbers]
        return others + of_tests

    def culprit(self):
        """What the attempt before this one was at when it ended; none if this is the first."""
        if not self._was_ended:
            return None
        if self._at.isdigit():
            return self.tests[int(self._at)]
        return self._at

    def collected(self, tests: list[str]) -> None:
        """Takes the tests that there are, in their order."""
        if tests != self.tests:
            self._take_tests(tests)
            context.save_checkpoint("tests", json.dumps(tests).encode())

    def _take_tests(self, tests):
        self.tests = tests
        self._numbers = {test: number for number, test in enumerate(tests)}

    def at(self, what: str) -> None:
        """Writes down what comes next, before it can end the instance."""
        if self._unwritten and time.monotonic() - self._written_at > BETWEEN_WRITES:
            self.write()
        at = self._numbers.get(what, what)
        context.save_checkpoint("at", f"{self.attempt}:{at}".encode())

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

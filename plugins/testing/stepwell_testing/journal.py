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
# It ended its instance itself, to look at the files of before in a new one.
TURNING = "turning to what was there before"


class Journal:
    """What one execution knows of its attempts."""

    def __init__(self, stage: str = ""):
        # What its checkpoints begin with: each stage has outcomes of its own.
        self._stage = stage
        self.tests: list[str] = []
        self.outcomes: dict[str, dict] = {}
        # Tests that used up the time of an instance once, in which others had run before.
        self.suspects: list[str] = []
        # What is to be said beside the outcomes, as the last attempt that knew it did.
        self.remarks: dict = {}
        self._chunk = 0
        self._unwritten: list[dict] = []
        self._written_at = time.monotonic()
        self._culprit = context.previous_progress()
        self._read()
        # Only an attempt that saved something is followed by another one after a limit or a trap.
        context.save_checkpoint("begun", str(context.attempt()).encode())

    def _read(self):
        self.tests = self._load("tests", [])
        self.suspects = self._load("suspects", [])
        self.remarks = self._load("remarks", {})
        while chunk := context.load_checkpoint(f"{self._stage}outcomes_{self._chunk}"):
            for outcome in json.loads(chunk):
                self.outcomes[outcome["id"]] = outcome
            self._chunk += 1

    def _load(self, name: str, default):
        kept = context.load_checkpoint(self._stage + name)
        return json.loads(kept) if kept else default

    def _save(self, name: str, value) -> None:
        context.save_checkpoint(self._stage + name, json.dumps(value).encode())

    def suspect(self, test: str) -> None:
        """A test is to be run once more, before all others."""
        self.suspects.append(test)
        self._save("suspects", self.suspects)

    def remark(self, remarks: dict) -> None:
        """Takes what is to be said beside the outcomes."""
        if remarks != self.remarks:
            self.remarks = remarks
            self._save("remarks", remarks)

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
            self._save("tests", tests)

    def found(self, tests: list[str]) -> None:
        """Takes which tests there are, whichever of them are to run."""
        self._save("found", tests)

    def all_found(self) -> list[str] | None:
        """What was found; none where nobody came so far."""
        return self._load("found", None)

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
            self._save(f"outcomes_{self._chunk}", self._unwritten)
            self._chunk += 1
            self._unwritten = []
        self._written_at = time.monotonic()

"""One attempt of an execution: it counts the calls to the model, and tells the model what was wrong with an answer.

After `invalid-response` the host forgets the last question and keeps all else. So only that question may change in the next attempt, and
it must stay changed in every later one: a question that reads as before is answered from memory, one that reads differently is paid
again. Hence the number of the answer in the failure's message, and the checkpoint that keeps what was said to which question.
"""

import json
from collections.abc import Sequence

from .failure import INVALID_RESPONSE, Failure
from .host import current

CHECKPOINT = "stepwell_sdk/remarks"
MARK = " (answer "


class Attempt:
    """How many calls there were, and what is to be said with which."""

    def __init__(self, remarks: dict[int, str]):
        self.calls = 0
        self.remarks = remarks

    def prepare(self, prompts: Sequence[str]) -> list[str]:
        """Counts a call, and adds to its questions what was wrong with the answer that they got before."""
        self.calls += 1
        remark = self.remarks.get(self.calls)
        if remark is None:
            return list(prompts)
        note = (
            f"\n\nYour previous answer to this could not be used: {remark}\n"
            "Answer again, completely and in the format asked for above; don't refer to the previous answer."
        )
        return [prompt.rstrip() + note for prompt in prompts]

    def ended(self, failure: Failure) -> Failure:
        """A failure that says which answer it is about."""
        if failure.kind != INVALID_RESPONSE or not self.calls:
            return failure
        return Failure(failure.kind, f"{failure.message}{MARK}{self.calls})", failure.retryable)


_running: list[Attempt] = []


def prepared(prompts: Sequence[str]) -> list[str]:
    """The questions of a call, with what is to be said of earlier answers."""
    return _running[-1].prepare(prompts) if _running else list(prompts)


def carry_out(step, inputs: dict[str, str]) -> dict[str, str]:
    """A step's `execute`, with the remarks of earlier attempts."""
    attempt = Attempt(remarks_so_far())
    _running.append(attempt)
    try:
        check(step, inputs)
        return step.execute(inputs)
    except Failure as failure:
        raise attempt.ended(failure) from failure.__cause__
    finally:
        _running.pop()


def check(step, inputs: dict[str, str]) -> None:
    """Whether all inputs are there that have to be; all missing ones are named at once."""
    wanted = [field.name for field in step.describe().inputs if field.required]
    missing = [f"`{name}`" for name in wanted if not inputs.get(name, "").strip()]
    if missing:
        raise Failure.invalid_input(f"nothing was given for {', '.join(missing)}")


def remarks_so_far() -> dict[int, str]:
    host = current()
    if host.attempt() < 2:
        return {}
    kept = host.load_checkpoint(CHECKPOINT)
    remarks = {int(call): remark for call, remark in json.loads(kept).items()} if kept else {}
    found = remark_of(host.previous_end() or "")
    if found and remarks.get(found[0]) != found[1]:
        remarks[found[0]] = found[1]
        try:
            host.save_checkpoint(CHECKPOINT, json.dumps(remarks, ensure_ascii=False).encode())
        except Failure:
            # A later attempt pays again for a call then; that is no reason to fail now.
            pass
    return remarks


def remark_of(previous_end: str) -> tuple[int, str] | None:
    """The number of the answer that couldn't be used, and why."""
    kind, _, message = previous_end.strip().partition(":")
    remark, mark, number = message.rpartition(MARK)
    number = number.partition(")")[0]
    if kind != INVALID_RESPONSE or not mark or not number.isdecimal():
        return None
    return int(number), remark.strip()

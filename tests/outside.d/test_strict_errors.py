"""Every way in which a provider says no, by each wire format: what passes is tried again, and what doesn't is told in its own words."""

from dataclasses import dataclass, field

import pytest

from held import DEEP, FORMATS, KEY, bare
from strict import Answer, Breaks, Fails, Strict, event
from strict_interactions import said as said_of_google
from strict_messages import said as said_of_anthropic

STEP = '[[steps]]\nid = "{name}"\nuses = "builtin:refine"\noptional = true\nretries = 0\ninputs.requirement = "the case {name}."\n'
DOCUMENT = """# Case

## 1 Overview

### 1.1 Background

It is as it was.

### 1.2 User persona

Somebody.

### 1.3 User journey

1. They come.

## 2 Requirements

### 2.1 Functional requirements

- **FR-1** It holds.
"""
# What they say beside the kind of their error.
WORDS = "The fox said so"


@dataclass(frozen=True)
class Trouble:
    """What happens to the first request of a step that is called so."""

    name: str
    status: int
    # The provider's word for it.
    word: str
    # What the call becomes; nothing where it passes.
    kind: str | None = None
    message: str = WORDS
    headers: dict[str, str] = field(default_factory=dict)

    def instead(self, form):
        return Fails(self.status, form.error(self.status, self.word, self.message), self.headers)


@dataclass(frozen=True)
class Torn(Trouble):
    """In the middle of an answer that began well."""

    status: int = 200
    word: str = ""

    def instead(self, form):
        return Breaks(form.error_events(self.word, self.message))


@dataclass(frozen=True)
class Cut(Trouble):
    """The connection is gone."""

    status: int = 200
    word: str = ""

    def instead(self, form):
        return Breaks(None)


@dataclass(frozen=True)
class Ended(Torn):
    """The answer's own object says that it failed, with these events."""

    events: tuple[str, ...] = ()

    def instead(self, form):
        return Breaks(list(self.events))


def response(status: str, **fields) -> str:
    whole = {"id": "resp_1", "object": "response", "status": status, "model": "gpt-strict-5", "output": [], "error": None} | fields
    return event(f"response.{status}", {"type": f"response.{status}", "sequence_number": 99, "response": whole})


SOON, LATE = {"retry-after": "1"}, {"retry-after": "7200"}
OPENAI = [
    Trouble("limited", 429, "rate_limit_exceeded", headers=SOON),
    Trouble("broken", 500, "server_error"),
    Trouble("busy", 503, "service_unavailable_error", message="The engine is currently overloaded"),
    Cut("cut", 200),
    Trouble("late", 429, "rate_limit_exceeded", "wait-too-long", headers=LATE),
    Trouble("poor", 429, "insufficient_quota", "out-of-credit", message="You exceeded your current quota"),
    Trouble("wrong", 400, "invalid_request_error", "invalid-request"),
    Trouble("long", 400, "context_length_exceeded", "context-length"),
    Trouble("keyless", 401, "invalid_api_key", "authentication"),
    Trouble("forbidden", 403, "unsupported_country_region_territory", "authentication"),
    Trouble("unknown", 404, "model_not_found", "unknown-model", message="The model `gpt-strict-5` does not exist"),
    Trouble("filtered", 400, "content_policy_violation", "content-filtered"),
]
TROUBLES = {
    "openai-chat": [*OPENAI, Torn("torn", word="server_error"), Torn("held_back", word="rate_limit_exceeded")],
    "openai-responses": [
        *OPENAI,
        Torn("torn", word="server_error"),
        Torn("held_back", word="rate_limit_exceeded"),
        Ended("failed", events=(response("failed", error={"code": "server_error", "message": WORDS}),)),
        Ended("prompt", kind="invalid-request", events=(response("failed", error={"code": "invalid_prompt", "message": WORDS}),)),
        # The reason is a word, and no sentence of theirs.
        Ended(
            "kept_back",
            kind="content-filtered",
            message="",
            events=(response("incomplete", incomplete_details={"reason": "content_filter"}),),
        ),
    ],
    "anthropic-messages": [
        Trouble("limited", 429, "rate_limit_error", headers=SOON),
        Trouble("broken", 500, "api_error"),
        Trouble("slow", 504, "timeout_error"),
        Trouble("busy", 529, "overloaded_error", message="Overloaded"),
        Cut("cut"),
        Torn("torn", word="overloaded_error", message="Overloaded"),
        Torn("held_back", word="api_error"),
        Trouble("late", 429, "rate_limit_error", "wait-too-long", headers=LATE),
        Trouble("wrong", 400, "invalid_request_error", "invalid-request"),
        Trouble(
            "poor", 400, "invalid_request_error", "out-of-credit", message="Your credit balance is too low to access the Anthropic API"
        ),
        Trouble("unbilled", 402, "billing_error", "out-of-credit"),
        Trouble("long", 400, "invalid_request_error", "context-length", message="prompt is too long: 210000 tokens > 200000 maximum"),
        Trouble("large", 413, "request_too_large", "context-length"),
        Trouble("keyless", 401, "authentication_error", "authentication", message="invalid x-api-key"),
        Trouble("forbidden", 403, "permission_error", "authentication"),
        Trouble("unknown", 404, "not_found_error", "unknown-model", message="model: claude-strict-5"),
        # In place of the rest, a refusal.
        Ended(
            "kept_back",
            kind="content-filtered",
            events=(
                said_of_anthropic(
                    "message_delta",
                    delta={"stop_reason": "refusal", "stop_details": {"type": "refusal", "category": "bio", "explanation": WORDS}},
                    usage={"output_tokens": 9},
                ),
                said_of_anthropic("message_stop"),
            ),
        ),
    ],
    "gemini-interactions": [
        Trouble("limited", 429, "rate_limit_exceeded", headers=SOON),
        Trouble("broken", 500, "api_error"),
        Trouble("busy", 503, "service_unavailable"),
        Trouble("slow", 504, "gateway_timeout"),
        Cut("cut"),
        Torn("torn", word="service_unavailable"),
        Torn("held_back", word="rate_limit_exceeded"),
        Trouble("late", 429, "quota_exceeded", "wait-too-long", headers=LATE),
        Trouble("wrong", 400, "invalid_request", "invalid-request"),
        Trouble("strange", 400, "parameter_unknown", "invalid-request"),
        Trouble("unready", 400, "failed_precondition", "invalid-request"),
        Trouble("poor", 402, "payment_required", "out-of-credit"),
        Trouble("keyless", 401, "authentication", "authentication"),
        Trouble("forbidden", 403, "permission_denied", "authentication"),
        Trouble("unknown", 404, "model_not_found", "unknown-model"),
        Torn("kept_back", word="prohibited_content", kind="content-filtered"),
        Ended(
            "failed",
            events=(
                said_of_google(
                    "interaction.completed",
                    interaction={
                        "id": "v1_1",
                        "object": "interaction",
                        "model": "gemini-strict-5",
                        "status": "failed",
                        "errors": [{"code": "api_error", "message": WORDS}],
                    },
                ),
            ),
        ),
    ],
}


class Met:
    """A run in which each step meets its own trouble, and the requests of each."""

    def __init__(self, folder, kind: str):
        self.troubles = {it.name: it for it in TROUBLES[kind]}
        with Strict(FORMATS[kind](), lambda asked: Answer(f"<document>\n{DOCUMENT}</document>", thought=DEEP), KEY) as provider:
            self.requests: dict[str, list] = {name: [] for name in self.troubles}
            provider.instead = self.instead
            self.provider = provider
            steps = "\n".join(STEP.format(name=name) for name in self.troubles)
            self.project = bare(folder, provider, f'name = "one"\n\n{steps}')
            ended = self.project.run("run", "one.toml")
            self.told = ended.stdout + ended.stderr
            provider.hold()
            self.steps = {step["path"]: step["status"] for step in self.project.json("status", "last")["steps"]}
            self.calls = {call["step"]: call for call in self.project.json("calls", "last")}

    def instead(self, number: int, received):
        name = next(name for name in self.troubles if f"the case {name}." in received.body.decode())
        self.requests[name].append(received)
        return self.troubles[name].instead(self.provider.form) if len(self.requests[name]) == 1 else None


@pytest.fixture(scope="module")
def met(tmp_path_factory):
    runs: dict[str, Met] = {}
    return lambda kind: runs.setdefault(kind, None) or runs.update({kind: Met(tmp_path_factory.mktemp(kind), kind)}) or runs[kind]


EACH = [pytest.param(kind, it.name, id=f"{kind}-{it.name}") for kind, troubles in TROUBLES.items() for it in troubles]


@pytest.mark.parametrize(("kind", "name"), EACH)
def test_an_error_is_tried_again_or_told(met, kind, name):
    run = met(kind)
    trouble, call, requests = run.troubles[name], run.calls[name], run.requests[name]
    first = call["attempts"][0]
    assert first["error"], "the first attempt failed"
    assert trouble.message in first["error"]["message"] or isinstance(trouble, Cut), first["error"]
    if trouble.kind is None:
        assert call["state"] == "answered" and call["error"] is None, call
        assert run.steps[name] == "success"
        assert [it.got for it in requests][1:] == ["whole"], "it is asked once more"
        assert requests[0].body == requests[1].body
        if trouble.headers:
            assert requests[1].at - requests[0].at >= 1, "no sooner than it was asked to wait"
    else:
        assert run.steps[name] == "failure"
        assert len(requests) == 1, "nobody asks again what doesn't pass"
        assert call["error"]["code"] == trouble.kind, call["error"]
        assert trouble.message in run.told, run.told


@pytest.mark.parametrize("kind", FORMATS)
def test_what_was_refused_costs_nothing_and_what_was_paid_is_counted(met, kind):
    run = met(kind)
    for name, requests in run.requests.items():
        last, call = requests[-1], run.calls[name]
        if last.got == "whole":
            assert call["usage"]["input_tokens"] == last.usage.input and call["usage"]["output_tokens"] == last.usage.output, name
        refused = [attempt for attempt in call["attempts"] if 400 <= (attempt["status"] or 0) < 500]
        assert all(attempt["budgeted"] == {"tokens": 0, "money": 0} for attempt in refused), name

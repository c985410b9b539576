"""The workflow `automated_coding`, whole, by each wire format, at a provider that refuses what its documents don't allow."""

import copy
import json
import subprocess

import pytest

from held import FORMATS, KEY, Held, bare
from strict import Answer, Refused, Strict
from tasks import REPOSITORIES
from worked import RUN, run

# What says how long something took, or where it ran.
OF_THE_TESTING = ("report", "results")


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """The feature that takes two files, by each format, each once."""
    made: dict[str, Held] = {}

    def by(kind: str) -> Held:
        if kind not in made:
            with Held(tmp_path_factory.mktemp(kind), kind, REPOSITORIES["notes"]) as held:
                held.tape = held.project.folder.parent / "tape.cassette"
                with held.project.start(*RUN, "--record", str(held.tape), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                    held.told = "".join(process.communicate())
                held.provider.hold()
                assert process.returncode == 0, held.told
            made[kind] = held
        return made[kind]

    return by


def documents(held: Held) -> dict:
    return {place: text for place, text in held.project.documents().items() if place[1] not in OF_THE_TESTING}


@pytest.mark.parametrize("kind", FORMATS)
def test_the_workflow_comes_to_its_end_and_nothing_is_refused(done, kind):
    held = done(kind)
    assert held.project.json("status", "last")["status"] == "success"
    assert held.document("build/testing", "verdict").strip() == "passed"
    assert held.numbers() == held.repository.changed and held.added() == list(held.repository.added)
    # It worked by tools, several at once among them, and what was thought came back.
    asked = [held.provider.form.asked(it.request) for it in held.provider.received]
    called = [message["tool_calls"] for it in asked for message in it["messages"] if message.get("tool_calls")]
    assert called and max(len(calls) for calls in called) > 1
    assert all(it["tools"] for it in asked)


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "openai-chat"])
def test_the_same_files_and_documents_come_out_by_each_format(done, kind):
    first, other = done("openai-chat"), done(kind)
    assert documents(other) == documents(first)
    assert other.outcomes() == first.outcomes()
    files = {path for path in first.project.files() if path.endswith((".py", ".md"))}
    assert {path: other.project.files()[path] for path in files} == {path: first.project.files()[path] for path in files}


@pytest.mark.parametrize("kind", FORMATS)
def test_a_model_whose_turns_are_used_up_answers_without_its_tools(tmp_path, kind):
    """It may call none any more; what it called, and what it thought of it, is still there as it was."""
    held = Held(tmp_path, kind, REPOSITORIES["units"], "untested_coding")
    definition = held.folder / held.definition
    text = definition.read_text(encoding="utf-8")
    definition.write_text(text.replace('uses = "builtin:code"\n', 'uses = "builtin:code"\n  settings.turns = 2\n', 1), encoding="utf-8")
    with held:
        told = held.project.run(*run("untested_coding")).stderr
        held.provider.hold()
        assert "turns with tools were used up" in told, told
        asked = [held.provider.form.asked(it.request) for it in held.provider.received]
        assert any(not it["tools"] and it["messages"][-1]["role"] != "assistant" for it in asked)
        assert held.numbers() == held.repository.changed


@pytest.mark.parametrize("kind", FORMATS)
def test_what_was_recorded_replays_without_the_provider(done, kind, tmp_path):
    """Thoughts that only their provider can read go into the cassette, too: a request is found by all that it says."""
    first = done(kind)
    asked = len(first.provider.received)
    with Held(tmp_path, kind, REPOSITORIES["notes"]) as again:
        # The provider is another one: who would ask it, would be told apart.
        again.project.run(*RUN, "--replay", str(first.tape))
        assert again.provider.received == [] and len(first.provider.received) == asked
        assert again.numbers() == first.numbers() and again.added() == first.added()
        assert documents(again) == documents(first)


@pytest.mark.parametrize("kind", FORMATS)
def test_each_answer_is_paid_once_and_its_tokens_are_counted(done, kind):
    held = done(kind)
    received, calls = held.provider.received, held.calls()
    assert len({it.id for it in received}) == len(received) == len(calls)
    # One after the other: the repository's pieces depend on each other.
    for it, call in zip(received, calls):
        usage, told = it.usage, call["usage"]
        assert [told["input_tokens"], told["output_tokens"], told["reasoning_tokens"]] == [usage.input, usage.output, usage.reasoning]
        assert told["cache_read_tokens"] == usage.cache_read and (told["cache_write_tokens"] or 0) == usage.cache_write
    spent, total = held.project.json("status", "last")["spent"], held.provider.spent()
    assert [spent["input_tokens"], spent["output_tokens"], spent["unknown_tokens"]] == [total.input, total.output, 0]
    cost = held.project.json("cost", "--run", "last")["whole"]
    assert [cost["input_tokens"], cost["cache_read_tokens"], cost["reasoning_tokens"]] == [total.input, total.cache_read, total.reasoning]


def test_what_repeats_is_marked_and_read_from_the_cache(done):
    """In a conversation with tools all of what was said before, and of the second item of a list the beginning."""
    held = done("anthropic-messages")
    loops = [it for it in held.provider.received if len(it.request["messages"]) > 1]
    assert loops
    for it in loops:
        assert it.usage.cache_read, "what was said before is read"
    items = [it for it, call in zip(held.provider.received, held.calls()) if call["execution"].startswith("build/implementation/code[1]")]
    for it in items:
        print(f"\nof the second item: {it.usage.cache_read} of {it.usage.input} tokens", end="")
        assert it.usage.cache_read


# What each format refuses, shown by a good request that is broken: a provider that takes anything would find nothing.
def without(*path):
    def change(request):
        for name in path[:-1]:
            request = request[name]
        del request[path[-1]]

    return change


def put(value, *path):
    def change(request):
        for name in path[:-1]:
            request = request[name]
        request[path[-1]] = value

    return change


def at(request, name, kind):
    """Where in a list the last thing of a type stands."""
    return max(number for number, it in enumerate(request[name]) if it.get("type", it.get("role")) == kind)


def dropped(name, kind):
    return lambda request: request[name].pop(at(request, name, kind))


def changed(name, kind, field, value):
    return lambda request: request[name][at(request, name, kind)].update({field: value})


def in_block(kind, change):
    """Changes the last block of a type, in the messages of Anthropic's format."""

    def of(request):
        blocks = [(message, block) for message in request["messages"] for block in message["content"] if block["type"] == kind]
        change(*blocks[-1])

    return of


MARK = {"type": "ephemeral"}
BROKEN = {
    "openai-chat": {
        "unknown parameters: /foo": put(1, "foo"),
        "did not have response messages": dropped("messages", "tool"),
        "must be a response to a preceding message": lambda it: it["messages"].append({"role": "tool", "tool_call_id": "c", "content": ""}),
        "reasoning_content` in the thinking mode must be passed back": lambda it: [m.pop("reasoning_content", 0) for m in it["messages"]],
        "the turn isn't what was said": changed("messages", "assistant", "reasoning_content", "Another thought"),
        "system message must be at the beginning": lambda it: it["messages"].insert(1, {"role": "system", "content": "s"}),
        "'tool_choice' is only allowed": lambda it: it.update(tool_choice="none") or it.pop("tools"),
        "a schema of an object is wanted": put({"type": "array"}, "tools", 0, "function", "parameters"),
    },
    "anthropic-messages": {
        "unknown parameters: /foo": put(1, "foo"),
        "max_tokens": without("max_tokens"),
        "first message must use": lambda it: it["messages"].pop(0),
        "roles must alternate": lambda it: it["messages"].insert(0, {"role": "user", "content": "Hi"}),
        "without `tool_result` blocks immediately after": in_block("tool_result", lambda message, block: message.update(content=[TEXT])),
        "tool_result blocks come first": in_block("tool_result", lambda message, block: message["content"].insert(0, TEXT)),
        "unexpected `tool_use_id`": in_block("tool_result", lambda message, block: block.update(tool_use_id="toolu_x")),
        "cannot be modified": in_block("thinking", lambda message, block: block.update(thinking="Another")),
        "Invalid `signature`": in_block("thinking", lambda message, block: block.update(signature="c2ln")),
        "Expected `thinking` or `redacted_thinking`": lambda it: (
            it.update(thinking={"type": "enabled", "budget_tokens": 2_000})
            or [
                message.update(content=[block for block in message["content"] if "thinking" not in block["type"]])
                for message in it["messages"]
            ]
        ),
        "the turn isn't what was said": in_block("redacted_thinking", lambda message, block: message["content"].remove(block)),
        "non-whitespace": in_block("text", lambda message, block: block.update(text=" ")),
        "A maximum of 4 blocks": lambda it: [tool.update(cache_control=MARK) for tool in it["tools"]],
        "cache_control": in_block("thinking", lambda message, block: block.update(cache_control=MARK)),
        "must not come after": lambda it: it.update(cache_control=MARK | {"ttl": "1h"}) or it["tools"][0].update(cache_control=MARK),
        "must be explicitly set to false": put({"format": {"type": "json_schema", "schema": {"type": "object"}}}, "output_config"),
        "not supported": put({"format": {"type": "json_schema", "schema": {"type": "integer", "minimum": 1}}}, "output_config"),
        "forces tool use": put({"type": "any"}, "tool_choice"),
    },
    "openai-responses": {
        "unknown parameters: /foo": put(1, "foo"),
        "store": put(True, "store"),
        "include": put([], "include"),
        ">= 16": put(8, "max_output_tokens"),
        "No tool output found": dropped("input", "function_call_output"),
        "No tool call found": changed("input", "function_call_output", "call_id", "call_x"),
        "could not be verified": changed("input", "reasoning", "encrypted_content", "x"),
        "reasoning isn't what it was": changed("input", "reasoning", "summary", []),
        "an item 'reasoning' may be missing": dropped("input", "reasoning"),
        "the answer isn't what was said": lambda it: [item.pop("phase", 0) for item in it["input"]],
        "input[0].content: nothing": put("", "input", 0, "content"),
    },
    "gemini-interactions": {
        "unknown parameters: /foo": put(1, "foo"),
        "store": put(True, "store"),
        "function calls without results": dropped("input", "function_result"),
        "no function call has the id": changed("input", "function_result", "call_id", "x"),
        "Invalid thought signature": changed("input", "thought", "signature", "x"),
        "a thought isn't what it was": changed("input", "thought", "summary", []),
        "a thought's signature may be missing": dropped("input", "thought"),
        "the first step is the user's": lambda it: it["input"].pop(0),
        "generation_config": put({}, "generation_config"),
    },
}
TEXT = {"type": "text", "text": "Hi"}


@pytest.mark.parametrize(("kind", "hint"), [(kind, hint) for kind, all in BROKEN.items() for hint in all])
def test_the_provider_refuses_what_its_documents_do_not_allow(done, kind, hint):
    provider = done(kind).provider
    good = max(provider.received, key=lambda it: len(it.body))
    form = provider.form
    form.hold_fields(good.request)
    form.check(good.headers, good.request)
    request = copy.deepcopy(good.request)
    BROKEN[kind][hint](request)
    with pytest.raises(Refused) as refused:
        form.hold_fields(request)
        form.check(good.headers, request)
    assert hint in str(refused.value)


@pytest.mark.parametrize("kind", FORMATS)
def test_the_provider_wants_its_headers(done, kind):
    provider = done(kind).provider
    good = provider.received[0]
    wanted = {"anthropic-messages": ["anthropic-version"], "gemini-interactions": ["api-revision"]}.get(kind, [])
    for name in [provider.form.key_header, "content-type", *wanted]:
        less = copy.copy(good)
        less.headers = {key: value for key, value in good.headers.items() if key != name}
        with pytest.raises(Refused):
            provider.check(less)
    assert provider.form.key_prefix + KEY == good.headers[provider.form.key_header]


@pytest.mark.parametrize("kind", FORMATS)
def test_a_key_is_in_its_header_alone(done, kind):
    """In no other header, in no address, in no body."""
    for it in done(kind).provider.received:
        others = [value for name, value in it.headers.items() if name != done(kind).provider.form.key_header]
        assert not any(KEY in text for text in (it.path, it.body.decode(), *others))


@pytest.mark.parametrize("kind", FORMATS)
def test_a_model_is_asked_whether_it_is_there(done, kind, tmp_path):
    """`doctor --ask` sends one request, which the provider takes."""
    with Strict(FORMATS[kind](), lambda asked: Answer("Yes."), KEY) as provider:
        project = bare(tmp_path, provider, 'name = "one"\n')
        told = project.run("doctor", "--ask", "--yes").stdout
        provider.hold()
        assert len(provider.received) == 1 and "Yes." in told, told
    assert json.loads(provider.received[0].body)["model"] == provider.form.model

"""What a step may ask, by each wire format: pictures, tools, schemas, several turns, and what an answer may look like."""

import base64
import json

import pytest

from held import DEEP, FORMATS, KEY, asking, bare
from strict import Answer, Strict

PICTURE = {
    "type": "image/png",
    "data": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
}
LETTER = {"type": "application/pdf", "data": base64.b64encode(b"%PDF-1.4 a letter").decode()}
LOOK = {
    "name": "look",
    "description": "Looks at something",
    "schema": {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]},
}
COUNT = {"name": "count", "schema": {"type": "object", "properties": {}}}
# With bounds, an open object, a list and a choice: as steps write them.
SCHEMA = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "minLength": 1, "maxLength": 40, "pattern": "^[A-Z]"},
        "when": {"type": "string", "format": "date"},
        "parts": {
            "type": "array",
            "minItems": 1,
            "maxItems": 9,
            "items": {"type": "object", "properties": {"n": {"type": "integer", "minimum": 0}}, "required": ["n"]},
        },
        "kind": {"oneOf": [{"const": "a"}, {"type": "null"}]},
    },
    "required": ["title", "parts"],
}
GOOD = json.dumps({"title": "Grüße", "when": "2026-03-01", "parts": [{"n": 1}], "kind": None}, ensure_ascii=False)


def user(text: str, **more) -> dict:
    return {"role": "user", "text": text} | more


SYSTEM = {"role": "system", "text": "You are terse."}
# What is asked in each case, and what the model says, turn by turn.
CASES: dict[str, tuple[dict, list[Answer]]] = {
    "plain": ({"messages": [SYSTEM, user("case plain")]}, [Answer("Good day", thought=DEEP)]),
    "pictures": ({"messages": [user("case pictures", attach=[PICTURE])]}, [Answer("A dot", thought=DEEP)]),
    "several calls at once": (
        {
            "messages": [SYSTEM, user("case several")],
            "tools": [LOOK, COUNT],
            "tell": {"look": {"content": "There is nothing", "is_error": True}},
        },
        [
            Answer("I look", [("look", {"at": "«here»"}), ("count", {}), ("look", {"at": "there"})], DEEP),
            Answer("Nothing there", thought=DEEP),
        ],
    ),
    "results that come apart": (
        {"messages": [user("case apart")], "tools": [LOOK], "results": "apart"},
        [Answer("", [("look", {"at": "a"}), ("look", {"at": "b"})], DEEP), Answer("Both are there", thought=DEEP)],
    ),
    "a call without arguments": (
        {"messages": [user("case bare")], "tools": [COUNT]},
        [Answer("", [("count", {})], DEEP), Answer("Three", thought=DEEP)],
    ),
    "nothing told": (
        {"messages": [user("case silent")], "tools": [COUNT], "tell": {"count": {"content": ""}}},
        [Answer("", [("count", {})], DEEP), Answer("It said nothing", thought=DEEP)],
    ),
    "thoughts between text and calls": (
        {"messages": [user("case between")], "tools": [LOOK]},
        [
            Answer("I look", [("look", {"at": "a"}), ("look", {"at": "b"})], DEEP, afterthought="Двое 🦉"),
            Answer("Again", [("look", {"at": "c"})], "", afterthought="Once more"),
            Answer("There", thought=DEEP),
        ],
    ),
    "white space before a call": (
        {"messages": [user("case white")], "tools": [COUNT]},
        [Answer("\n\n", [("count", {})], DEEP), Answer("Three", thought=DEEP)],
    ),
    "two messages of the user": ({"messages": [SYSTEM, user("First this."), user("case two")]}, [Answer("Both", thought=DEEP)]),
    "several turns of talk": (
        {"messages": [SYSTEM, user("case talk")], "further": [user("And then?"), user("And in the end?")]},
        [Answer("First", thought=DEEP), Answer("Then", thought=DEEP), Answer("Last", thought=DEEP)],
    ),
    "a turn of talk behind tools": (
        {"messages": [user("case behind")], "tools": [COUNT], "further": [user("Sure?")]},
        [Answer("I count", [("count", {})], DEEP), Answer("Three", thought=DEEP), Answer("Sure", thought=DEEP)],
    ),
    "by a schema": ({"messages": [user("case schema")], "schema": SCHEMA}, [Answer(GOOD, thought=DEEP)]),
    "tools and a schema": (
        {"messages": [user("case both")], "schema": SCHEMA, "tools": [COUNT]},
        [Answer("", [("count", {})], DEEP), Answer(GOOD, thought=DEEP)],
    ),
    "bounds": ({"messages": [user("case bounds")], "most": 900}, [Answer("Short", thought=DEEP)]),
    "no call, please": ({"messages": [user("case none")], "tools": [COUNT], "choice": "none"}, [Answer("As you wish", thought=DEEP)]),
}
# Cases that some formats alone know, and those whose answers are not by their schemas.
PICTURES_TOLD = {"tell": {"count": {"content": "See", "attach": [PICTURE]}}}
SOME: dict[str, tuple[tuple[str, ...], dict, list[Answer]]] = {
    "letters": (
        ("anthropic-messages", "openai-responses", "gemini-interactions"),
        {"messages": [user("case letters", attach=[LETTER, PICTURE])]},
        [Answer("A letter", thought=DEEP)],
    ),
    "pictures in results": (
        ("anthropic-messages", "openai-responses", "gemini-interactions"),
        {"messages": [user("case told")], "tools": [COUNT]} | PICTURES_TOLD,
        [Answer("", [("count", {})], DEEP), Answer("I see", thought=DEEP)],
    ),
    "marks": (
        ("anthropic-messages",),
        {
            "messages": [
                SYSTEM | {"options": {"cache_control": {"type": "ephemeral", "ttl": "1h"}}},
                user("case marks", attach=[PICTURE], options={"cache_control": {"type": "ephemeral"}}),
            ],
            "tools": [COUNT | {"options": {"cache_control": {"type": "ephemeral", "ttl": "1h"}}}],
        },
        [Answer("I count", [("count", {})], DEEP), Answer("Marked", thought=DEEP)],
    ),
    "breakpoints": (
        ("openai-responses",),
        {"messages": [user("case breakpoints", options={"prompt_cache_breakpoint": {"mode": "explicit"}})]},
        [Answer("Marked", thought=DEEP)],
    ),
    "no thought": (
        ("openai-chat",),
        {"messages": [user("case thoughtless")], "tools": [COUNT]},
        [Answer("I count", [("count", {})]), Answer("Three")],
    ),
}


def cases_of(kind: str) -> dict[str, tuple[dict, list[Answer]]]:
    return CASES | {name: (asked, said) for name, (kinds, asked, said) in SOME.items() if kind in kinds}


class Asked:
    """A run that asks all cases of a format."""

    def __init__(self, folder, kind: str):
        self.cases = cases_of(kind)
        definition = 'name = "one"\n\n[inputs]\nasked = { description = "It" }\n\n'
        definition += f'[[steps]]\nid = "asking"\nuses = "{asking()}"\ninputs.asked = "{{{{ inputs.asked }}}}"\n'
        with Strict(FORMATS[kind](), self.says, KEY) as self.provider:
            self.project = bare(folder, self.provider, definition)
            asked = [asked for asked, _ in self.cases.values()]
            (self.project.folder / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
            self.project.run("run", "one.toml", "--input", "asked=@asked.json")
        self.answers = dict(zip(self.cases, json.loads(self.project.run("docs", "get", "last", "asking", "answers").stdout)))

    def says(self, asked: dict) -> Answer:
        heard = json.dumps(asked["messages"], ensure_ascii=False)
        said = next(said for case, said in self.cases.values() if f'{case["messages"][-1]["text"]}"' in heard)
        return said[sum(message["role"] == "assistant" for message in asked["messages"])]

    def requests(self, name: str) -> list:
        """What came of one case."""
        mark = self.cases[name][0]["messages"][-1]["text"]
        return [it for it in self.provider.received if f'"{mark}"' in it.body.decode()]


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    runs: dict[str, Asked] = {}

    def by(kind: str) -> Asked:
        if kind not in runs:
            runs[kind] = Asked(tmp_path_factory.mktemp(kind), kind)
        return runs[kind]

    return by


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in FORMATS for name in cases_of(kind)])
def test_it_is_taken_and_answered(asked, kind, name):
    run = asked(kind)
    case, said = run.cases[name]
    refused = [hint for hint in run.provider.problems if f'"{case["messages"][-1]["text"]}"' in hint]
    assert not refused, "\n".join(refused)
    assert run.answers[name].get("told") == [it.text for it in said], run.answers[name]
    # As often as there are turns: nothing is asked in another way, and nothing again.
    assert len(run.requests(name)) == len(said)


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_above_the_conversation_and_beside_its_words_arrives(asked, kind):
    run = asked(kind)
    form = run.provider.form
    for it in run.provider.received:
        read = form.asked(it.request)
        case = next(case for case, _ in run.cases.values() if f'"{case["messages"][-1]["text"]}"' in it.body.decode())
        assert read["system"] == ("You are terse." if case["messages"][0]["role"] == "system" else "")
        wanted = sum(len(message.get("attach", [])) for message in case["messages"])
        assert read["attached"] == wanted
        assert bool(read["schema"]) == ("schema" in case)
        assert len(read.get("tools") or []) == len(case.get("tools", []) if case.get("choice") != "none" else [])
    (bounded,) = run.requests("bounds")
    most = {"gemini-interactions": ("generation_config", "max_output_tokens"), "openai-responses": ("max_output_tokens",)}
    value = bounded.request
    for field in most.get(kind, ("max_tokens",)):
        value = value[field]
    assert value == 900


BAD = [
    ("nothing that is JSON", "Good day"),
    ("a field of another type", json.dumps({"title": "Good", "parts": "none"})),
    # A bound that the provider isn't told of.
    ("a text that is too long", json.dumps({"title": "G" * 41, "parts": [{"n": 1}]})),
    ("a number that is too small", json.dumps({"title": "Good", "parts": [{"n": -1}]})),
]


@pytest.mark.parametrize("kind", FORMATS)
def test_an_answer_that_is_not_by_its_schema_is_refused_by_the_host(tmp_path, kind):
    definition = 'name = "one"\n\n[inputs]\nasked = { description = "It" }\n\n'
    definition += f'[[steps]]\nid = "asking"\nuses = "{asking()}"\ninputs.asked = "{{{{ inputs.asked }}}}"\n'
    answers = dict(BAD)

    def says(asked: dict) -> Answer:
        return Answer(answers[asked["messages"][0]["content"]], thought=DEEP)

    with Strict(FORMATS[kind](), says, KEY) as provider:
        project = bare(tmp_path, provider, definition)
        asked = [{"messages": [user(name)], "schema": SCHEMA} for name in answers]
        project.run("run", "one.toml", "--input", f"asked={json.dumps(asked)}")
        provider.hold()
    told = json.loads(project.run("docs", "get", "last", "asking", "answers").stdout)
    assert [it.get("error") for it in told] == ["SchemaMismatch"] * len(BAD), told
    assert len(provider.received) == len(BAD), "what was paid isn't asked again by itself"


# What is documented of each setting of a model: the words that there are.
EFFORTS = {
    "openai-chat": ["none", "minimal", "low", "medium", "high", "xhigh", "max"],
    "openai-responses": ["none", "minimal", "low", "medium", "high", "xhigh", "max"],
    "anthropic-messages": ["none", "low", "medium", "high", "xhigh", "max"],
    "gemini-interactions": ["minimal", "low", "medium", "high"],
}


@pytest.mark.parametrize("kind", FORMATS)
def test_each_setting_of_a_model_that_is_taken_is_taken_by_its_provider(tmp_path, kind):
    with Strict(FORMATS[kind](), lambda asked: Answer("Yes."), KEY) as provider:
        settings = [f'effort = "{effort}"' for effort in EFFORTS[kind]] + ["temperature = 0.5", "max_output_tokens = 400"]
        settings += ["thinking = false"] if kind != "gemini-interactions" else []
        settings += ["thinking = true", "thinking = true, effort = 'max'"] if kind == "anthropic-messages" else []
        models = "\n".join(f'm{at} = {{ model = "local/{provider.form.model}", {it} }}' for at, it in enumerate(settings))
        project = bare(tmp_path, provider, 'name = "one"\n')
        path = project.folder / "stepwell.toml"
        path.write_text(f'{provider.settings()}\n[models]\n{models}\n\n[defaults]\nmodel = "m0"\n', encoding="utf-8")
        told = project.run("doctor", "--ask", "--yes").stdout
        provider.hold()
    assert told.count("Yes.") == len(settings) == len(provider.received), told
    sent = [
        json.dumps({name: value for name, value in it.request.items() if name not in ("messages", "input")}) for it in provider.received
    ]
    assert len(set(sent)) >= len(EFFORTS[kind]), "each says something of its own"


@pytest.mark.parametrize("caching", ["off", "5m", "1h"])
def test_what_repeats_is_kept_as_long_as_is_asked(tmp_path, caching):
    definition = 'name = "one"\n\n[inputs]\nasked = { description = "It" }\n\n'
    definition += f'[[steps]]\nid = "asking"\nuses = "{asking()}"\ninputs.asked = "{{{{ inputs.asked }}}}"\n'
    says = {1: Answer("I count", [("count", {})], DEEP), 3: Answer("Three", thought=DEEP)}
    with Strict(FORMATS["anthropic-messages"](), lambda asked: says[len(asked["messages"])], KEY) as provider:
        project = bare(tmp_path, provider, definition, model=f', caching = "{caching}"')
        asked = [{"messages": [user("case kept " + "word " * 2_000)], "tools": [COUNT]}]
        project.run("run", "one.toml", "--input", f"asked={json.dumps(asked)}")
        provider.hold()
    marks = [it.request.get("cache_control") for it in provider.received]
    assert marks == [{"off": None, "5m": {"type": "ephemeral"}, "1h": {"type": "ephemeral", "ttl": "1h"}}[caching]] * 2
    assert bool(provider.received[1].usage.cache_read) == (caching != "off")

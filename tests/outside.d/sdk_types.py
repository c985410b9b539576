"""The fields of a request that its provider knows, as the types of the provider's own library say."""

from functools import cache

from anthropic.types.message_create_params import MessageCreateParamsStreaming
from google.genai._gaos.types.interactions.createmodelinteraction import CreateModelInteraction
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from openai.types.responses.response_create_params import ResponseCreateParamsStreaming
from pydantic import BaseModel, TypeAdapter


def unknown_fields(kind, request) -> set[str]:
    """The paths of fields that were sent and that nobody knows. What isn't of its type is an error of pydantic's."""
    if kind == "gemini-interactions":
        # These types keep what they don't know, apart.
        return set(kept_apart(CreateModelInteraction.model_validate(request)))
    return set(unknown(request, as_types_say(kind)(request)))


@cache
def as_types_say(kind):
    params = {
        "anthropic-messages": MessageCreateParamsStreaming,
        "openai-chat": CompletionCreateParamsStreaming,
        "openai-responses": ResponseCreateParamsStreaming,
    }[kind]
    # What is read late is read by it, so that it has to be there still.
    adapter = TypeAdapter(params)
    return lambda request: drawn(adapter.validate_python(request))


def kept_apart(value, at=""):
    """The paths of what a value of these types holds and doesn't know."""
    if isinstance(value, BaseModel):
        yield from (f"{at}/{name}" for name in value.model_extra or {})
        for name, field in type(value).model_fields.items():
            # Not by the attribute, which warns of fields that are old.
            yield from kept_apart(value.__dict__.get(name), f"{at}/{field.alias or name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from kept_apart(item, f"{at}/{index}")


def drawn(value):
    """What pydantic reads only as it is asked for."""
    if isinstance(value, dict):
        return {name: drawn(field) for name, field in value.items()}
    if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
        return value
    return [drawn(item) for item in value]


def unknown(sent, known, at=""):
    """The paths of what was sent and isn't known."""
    if isinstance(sent, dict):
        for name, field in sent.items():
            if name in known:
                yield from unknown(field, known[name], f"{at}/{name}")
            else:
                yield f"{at}/{name}"
    elif isinstance(sent, list):
        assert len(sent) == len(known), at
        for index, (item, other) in enumerate(zip(sent, known)):
            yield from unknown(item, other, f"{at}/{index}")
    else:
        assert sent == known, at

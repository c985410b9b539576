"""The workflow in a small repository at a provider that holds every request against its format's documents (`strict.py`)."""

import hashlib
import json
import os
import subprocess
from pathlib import Path

from program import OUTSIDE, ROOT, Project
from rules import THOUGHT, Model, Way
from strict import Answer, Format, Strict
from strict_chat import Chat
from strict_interactions import Interactions
from strict_messages import Messages
from strict_responses import Responses
from tasks import Repository
from worked import Worked

FORMATS: dict[str, type[Format]] = {it.kind: it for it in (Chat, Messages, Responses, Interactions)}
KEY = "sk-strict-0123456789-secret"
# Thoughts of more than one alphabet: they are cut anywhere, and go back as they came.
DEEP = f"Grüße, 考えます 🦉 «{THOUGHT}»"


def spoken(model: Model):
    """What the rules say, with thoughts in the way of the format."""

    def rules(asked: dict) -> Answer:
        said = model.answers(asked)
        calls = [(call["name"], json.loads(call["arguments"])) for call in said.get("toolCalls", [])]
        return Answer("Let me see – здесь." if calls else said["content"], calls, DEEP)

    return rules


def settings(provider: Strict, more: str = "", model: str = "") -> str:
    """The operator's file: a provider and one model, which thinks."""
    thinks = ", thinking = true" if provider.form.kind == "anthropic-messages" else ""
    return (
        f"{provider.settings(more)}\n[models]\n"
        f'writer = {{ model = "local/{provider.form.model}", effort = "high"{thinks}{model} }}\n\n[defaults]\nmodel = "writer"\n'
    )


class Held(Worked):
    """A repository with the workflow in it, and the strict provider."""

    def __init__(self, folder: Path, kind: str, repository: Repository, workflow: str = "automated_coding"):
        provider = Strict(FORMATS[kind](), spoken(Model(repository.task(), Way.TOOLS)), KEY)
        super().__init__(folder, repository, workflow=workflow, provider=provider)
        self.project.variables["STRICT_KEY"] = KEY

    def settings(self) -> str:
        return settings(self.provider)


def bare(folder: Path, provider: Strict, definition: str, more: str = "", model: str = "") -> Project:
    """A project of one definition and nothing else."""
    source = folder / "source"
    source.mkdir(parents=True)
    (source / "one.toml").write_text(definition, encoding="utf-8")
    (source / "stepwell.toml").write_text(settings(provider, more, model), encoding="utf-8")
    project = Project(folder / "project", source)
    project.variables["STRICT_KEY"] = provider.key
    return project


def asking() -> Path:
    """The step that asks what a test wants asked, built once; what builds it is there for the step `testing`."""
    source, contract = Path(__file__).with_name("steps"), ROOT / "wit"
    parts = [source / "asking.py", *sorted(contract.glob("*.wit"))]
    digest = hashlib.sha256(b"\0".join(part.read_bytes() for part in parts)).hexdigest()[:16]
    built = OUTSIDE / "cache" / f"asking-{digest}.wasm"
    if not built.exists():
        (builder,) = sorted((OUTSIDE / "cache/stepwell/build").glob("python-*/bin/componentize-py"))[-1:]
        made = built.with_suffix(f".{os.getpid()}")
        command = [builder, "--quiet", "-d", contract, "-w", "step", "componentize", "asking", "-o", made]
        subprocess.run([str(word) for word in command], cwd=source, check=True)
        os.replace(made, built)
        for older in built.parent.glob("asking-*.wasm"):
            if older != built:
                older.unlink(missing_ok=True)
    return built

"""The demonstration, run once by replay; what the other tests compare with."""

import pytest

import cassette
from program import DEMONSTRATION, Project
from provider import Agreed, Asked

# They are tested, by test_testing.py and test_repositories.py, and are no tests of this folder.
collect_ignore = ["projects", "repositories"]

KEY = "sk-outside-secret"
RUN = ("run", "untested_coding.toml", "--input", "feature=@feature.md")


@pytest.fixture(scope="session")
def recorded() -> cassette.Cassette:
    return cassette.read(DEMONSTRATION / "untested_coding.cassette")


@pytest.fixture(scope="session")
def replayed(tmp_path_factory) -> Project:
    project = Project(tmp_path_factory.mktemp("replay") / "project")
    project.ended = project.run(*RUN, "--replay", "untested_coding.cassette")
    return project


@pytest.fixture(scope="session")
def agreed(replayed, recorded) -> dict[Asked, Agreed]:
    """For each question of the replay its place, and the answer that the cassette has for it."""
    answers = {}
    for place, call in replayed.calls().items():
        messages = replayed.call(call)["request"]["messages"]
        user = [message for message in messages if message["role"] == "user"][-1]
        prompt = "".join(part["text"] for part in user["parts"])
        after = messages[-1]["parts"][-1].get("tool-result", {}).get("id")
        asked = Asked(prompt, after)
        assert asked not in answers, f"{place} and {answers[asked].place} ask the same"
        answers[asked] = Agreed(str(place), recorded.calls[place], recorded.tools.get(place, []))
    return answers


def project_at(folder, provider) -> Project:
    project = Project(folder)
    models = "".join(f'{name} = "local/mock-{name}"\n' for name in ("default", "writer", "thinker"))
    (folder / "stepwell.toml").write_text(
        f'[providers.local]\nkind = "openai-chat"\nbase_url = "{provider.url}/v1"\nkey_variable = "MOCK_KEY"\n\n'
        f'[models]\n{models}\n[defaults]\nmodel = "default"\n',
        encoding="utf-8",
    )
    project.variables["MOCK_KEY"] = KEY
    return project

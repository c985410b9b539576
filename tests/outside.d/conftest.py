"""The demonstration, run once by replay; what the other tests compare with."""

import pytest

import cassette
from program import DEMONSTRATION, Project

# They are tested, by test_testing.py, and are no tests of this folder.
collect_ignore = ["projects"]

RUN = ("run", "workflow.toml", "--input", "feature=@feature.md")


@pytest.fixture(scope="session")
def recorded() -> cassette.Cassette:
    return cassette.read(DEMONSTRATION / "demo.cassette")


@pytest.fixture(scope="session")
def replayed(tmp_path_factory) -> Project:
    project = Project(tmp_path_factory.mktemp("replay") / "project")
    project.ended = project.run(*RUN, "--replay", "demo.cassette")
    return project

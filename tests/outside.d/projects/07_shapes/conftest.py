import pytest


@pytest.fixture(scope="session")
def made():
    return []

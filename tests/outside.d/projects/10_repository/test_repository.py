import sqlite3

import pytest

from repository import Repository


@pytest.fixture
def users():
    users = Repository()
    users.add_all([("Ada", 36), ("Bob", 20), ("Zoë", 61)])
    yield users
    users.close()


def test_query(users):
    assert users.older_than(30) == ["Ada", "Zoë"]


def test_ids(users):
    assert users.add("New", 1) == 4


def test_unique(users):
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        users.add("Ada", 1)


def test_rolled_back(users):
    with pytest.raises(sqlite3.IntegrityError):
        users.add_all([("Kim", 5), ("Max", -1)])
    assert "Kim" not in users.older_than(0)


def test_in_a_file(tmp_path):
    path = tmp_path / "users.db"
    first = Repository(path)
    first.add("Ada", 36)
    first.close()
    second = Repository(path)
    assert second.older_than(0) == ["Ada"]
    second.close()


def test_closed(users):
    users.close()
    with pytest.raises(sqlite3.ProgrammingError):
        users.older_than(1)

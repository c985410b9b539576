import pytest

from tides.cli import main

TABLE = "# Dover\n2026-03-01T16:40 5.6\n2026-03-01T04:12 5.3\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "dover.txt"
    path.write_text(TABLE, encoding="utf-8")
    return str(path)


def test_the_next_one_is_printed(table, capsys):
    assert main(["next", table, "--after", "2026-03-01T05:00"]) == 0
    assert capsys.readouterr().out == "2026-03-01 16:40  5.6 m\n"


def test_the_highest_one_is_printed(table, capsys):
    assert main(["highest", table]) == 0
    assert "5.6 m" in capsys.readouterr().out


def test_a_table_without_one_is_an_error(tmp_path, capsys):
    path = tmp_path / "empty.txt"
    path.write_text("", encoding="utf-8")
    assert main(["highest", str(path)]) == 1
    assert "none" in capsys.readouterr().err

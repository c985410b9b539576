from datetime import date

import pytest

from notes.store import Note, NotesError, append, of_month, parse, read

MILK = Note(date(2026, 3, 1), "Buy milk")


def test_a_line_is_a_day_and_a_text():
    assert parse("2026-03-01  Buy milk \n", 1) == MILK


def test_what_is_no_day_is_told_with_its_line():
    with pytest.raises(NotesError, match="line 7"):
        parse("tomorrow Buy milk", 7)


def test_what_is_appended_is_read(tmp_path):
    path = tmp_path / "notes.txt"
    assert read(path) == []
    append(path, MILK)
    append(path, Note(date(2026, 4, 2), "Call home"))
    assert read(path) == [MILK, Note(date(2026, 4, 2), "Call home")]
    assert of_month(read(path), "2026-03") == [MILK]

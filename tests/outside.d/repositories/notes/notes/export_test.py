import json
from datetime import date

from notes.export import to_csv, to_json
from notes.store import Note

NOTES = [Note(date(2026, 3, 1), "Buy milk, and bread"), Note(date(2026, 3, 2), "Call home")]


def test_csv_quotes_what_it_has_to():
    assert to_csv(NOTES) == 'day,text\n2026-03-01,"Buy milk, and bread"\n2026-03-02,Call home\n'


def test_json_has_an_object_for_each_note():
    assert json.loads(to_json(NOTES))[1] == {"day": "2026-03-02", "text": "Call home"}


def test_no_notes_are_no_error():
    assert (to_csv([]), to_json([])) == ("day,text\n", "[]\n")

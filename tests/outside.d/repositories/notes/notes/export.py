"""Notes as texts for other programs."""

import csv
import io
import json
from collections.abc import Callable, Iterable

from notes.store import Note


def to_csv(notes: Iterable[Note]) -> str:
    """A table with the columns `day` and `text`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["day", "text"])
    writer.writerows([note.day.isoformat(), note.text] for note in notes)
    return out.getvalue()


def to_json(notes: Iterable[Note]) -> str:
    """A list of objects with the fields `day` and `text`."""
    objects = [{"day": note.day.isoformat(), "text": note.text} for note in notes]
    return json.dumps(objects, ensure_ascii=False, indent=2) + "\n"


FORMATS: dict[str, Callable[[Iterable[Note]], str]] = {
    "csv": to_csv,
    "json": to_json,
}

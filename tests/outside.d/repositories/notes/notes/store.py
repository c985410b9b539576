"""Reads and writes the file of notes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path


class NotesError(Exception):
    """A line of the file is no note."""


@dataclass(frozen=True, order=True)
class Note:
    """What somebody noted on a day."""

    day: date
    text: str


def parse(line: str, number: int) -> Note:
    """Reads a line such as `2026-03-01 Buy milk`."""
    day, _, text = line.strip().partition(" ")
    try:
        return Note(date.fromisoformat(day), text.strip())
    except ValueError as error:
        raise NotesError(f"line {number}: {error}") from error


def read(path: Path) -> list[Note]:
    """Every note of a file, in its order; none where there is no file."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [parse(line, number) for number, line in enumerate(lines, 1) if line.strip()]


def append(path: Path, note: Note) -> None:
    """Adds a note at the end of a file, which is made where there is none."""
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{note.day.isoformat()} {note.text}\n")


def of_month(notes: Iterable[Note], month: str) -> list[Note]:
    """Those of a month, given as `2026-03`."""
    return [note for note in notes if f"{note.day:%Y-%m}" == month]

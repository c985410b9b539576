"""The command `notes`."""

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from notes import export, store


def parser() -> argparse.ArgumentParser:
    """What the command line may say."""
    top = argparse.ArgumentParser(prog="notes", description="Dated notes in a text file.")
    commands = top.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add", help="add a note")
    add.add_argument("file", type=Path)
    add.add_argument("day", type=date.fromisoformat)
    add.add_argument("text")
    exporting = commands.add_parser("export", help="print the notes for another program")
    exporting.add_argument("file", type=Path)
    exporting.add_argument("--format", choices=["csv", "json"], default="csv")
    exporting.add_argument("--month", help="only those of a month, such as 2026-03")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Carries out a command line. Gives the exit code."""
    given = parser().parse_args(arguments)
    if given.command == "add":
        store.append(given.file, store.Note(given.day, given.text))
        return 0
    try:
        notes = store.read(given.file)
    except store.NotesError as error:
        print(f"notes: {given.file}: {error}", file=sys.stderr)
        return 1
    if given.month:
        notes = store.of_month(notes, given.month)
    print(export.FORMATS[given.format](notes), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())

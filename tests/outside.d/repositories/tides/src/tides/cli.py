"""The command `tides`."""

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from tides import table


def parser() -> argparse.ArgumentParser:
    """What the command line may say."""
    top = argparse.ArgumentParser(prog="tides", description="High water from a table.")
    commands = top.add_subparsers(dest="command", required=True)
    after = commands.add_parser("next", help="the next high water")
    after.add_argument("file", type=Path)
    after.add_argument("--after", type=datetime.fromisoformat, required=True)
    highest = commands.add_parser("highest", help="the highest one of all")
    highest.add_argument("file", type=Path)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Carries out a command line. Gives the exit code."""
    given = parser().parse_args(arguments)
    try:
        highs = table.parse(given.file.read_text(encoding="utf-8").splitlines())
    except (OSError, table.TableError) as error:
        print(f"tides: {given.file}: {error}", file=sys.stderr)
        return 1
    found = table.next_after(highs, given.after) if given.command == "next" else table.highest(highs)
    if found is None:
        print("tides: the table has none", file=sys.stderr)
        return 1
    print(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())

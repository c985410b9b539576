"""The ledger: a CSV file with the columns `date`, `category`, `amount` and `note`."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

COLUMNS = ("date", "category", "amount", "note")


class LedgerError(Exception):
    """The ledger can't be read; the message names the line."""


@dataclass(frozen=True)
class Expense:
    """One line of the ledger."""

    day: date
    category: str
    amount: Decimal
    note: str = ""


def parse_ledger(lines: Iterable[str]) -> Iterator[Expense]:
    """Yields the expenses of a ledger, in its order."""
    reader = csv.DictReader(lines)
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or [])]
    if missing:
        raise LedgerError(f"line 1: missing column {', '.join(missing)}")
    for row in reader:
        try:
            yield Expense(
                day=date.fromisoformat(row["date"].strip()),
                category=row["category"].strip(),
                amount=Decimal(row["amount"].strip()),
                note=(row["note"] or "").strip(),
            )
        except (ValueError, InvalidOperation, AttributeError) as error:
            raise LedgerError(f"line {reader.line_num}: {error}") from error


def read_ledger(path: Path) -> list[Expense]:
    """Reads a ledger from a file."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(parse_ledger(file))
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror}") from error

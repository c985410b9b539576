"""The command line: `python -m expenses.cli total LEDGER`."""

from __future__ import annotations

import argparse
import sys
from decimal import Decimal
from pathlib import Path

from expenses.ledger import LedgerError, read_ledger


def main(arguments: list[str] | None = None) -> int:
    """Runs the command and gives its exit code."""
    parser = argparse.ArgumentParser(prog="expenses", description="Keep an eye on what you spend.")
    commands = parser.add_subparsers(dest="command", required=True)
    total = commands.add_parser("total", help="the sum of everything in the ledger")
    total.add_argument("ledger", type=Path)
    options = parser.parse_args(arguments)
    try:
        expenses = read_ledger(options.ledger)
    except LedgerError as error:
        print(f"expenses: {error}", file=sys.stderr)
        return 1
    print(sum((expense.amount for expense in expenses), Decimal(0)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

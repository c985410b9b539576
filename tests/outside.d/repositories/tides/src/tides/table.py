"""The table of high waters."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


class TableError(ValueError):
    """A line of the table can't be read."""


@dataclass(frozen=True)
class High:
    """When the water is highest, and how high."""

    when: datetime
    metres: float

    def __str__(self) -> str:
        return f"{self.when:%Y-%m-%d %H:%M}  {self.metres:.1f} m"


def parse(lines: Iterable[str]) -> list[High]:
    """Reads the lines of a table; empty ones and those that begin with `#` say nothing."""
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        when, _, metres = line.strip().partition(" ")
        try:
            found.append(High(datetime.fromisoformat(when), float(metres)))
        except ValueError as error:
            raise TableError(f"line {number}: {error}") from error
    return sorted(found, key=lambda high: high.when)


def next_after(table: Iterable[High], moment: datetime) -> High | None:
    """The first one after a moment."""
    return next((high for high in table if high.when > moment), None)


def highest(table: Iterable[High]) -> High | None:
    """The highest of all; of equal ones the first."""
    return max(table, key=lambda high: high.metres, default=None)

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, order=True)
class Entry:
    day: date
    category: str
    amount: Decimal

    @classmethod
    def parse(cls, row):
        return cls(date.fromisoformat(row["date"]), row["category"].strip().lower(), Decimal(row["amount"]))


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return sorted(Entry.parse(row) for row in csv.DictReader(file))


def totals(entries, month=None):
    sums = defaultdict(Decimal)
    for entry in entries:
        if month is None or entry.day.strftime("%Y-%m") == month:
            sums[entry.category] += entry.amount
    return dict(sums)

import dataclasses
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pytest

from ledger.entries import Entry, read, totals

CSV = "date,category,amount\n2026-03-02,Food ,12.50\n2026-03-01,rent,900\n2026-02-28,food,3.05\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "böok.csv"
    path.write_text(CSV, encoding="utf-8")
    return path


def test_sorted_by_day(path):
    assert [entry.day for entry in read(path)] == [date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2)]


def test_totals(path):
    assert totals(read(path)) == {"food": Decimal("15.55"), "rent": Decimal(900)}


def test_totals_of_a_month(path):
    assert totals(read(path), "2026-03") == {"food": Decimal("12.50"), "rent": Decimal("900")}


def test_nothing():
    assert totals([]) == {}


def test_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Entry(date(2026, 1, 1), "a", Decimal(1)).amount = 2


@pytest.mark.parametrize("row, error", [
    ({"date": "2026-13-01", "category": "a", "amount": "1"}, ValueError),
    ({"date": "2026-01-01", "category": "a", "amount": "one"}, InvalidOperation),
    ({"date": "2026-01-01", "amount": "1"}, KeyError),
])
def test_bad_rows(row, error):
    with pytest.raises(error):
        Entry.parse(row)


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "missing.csv")

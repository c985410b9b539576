import pytest

import tides
from tides.table import TableError, highest, parse


def test_a_line_that_is_none_is_named():
    with pytest.raises(TableError, match="line 2"):
        parse(["# Dover", "soon 5.3"])


def test_of_equal_ones_the_first_is_the_highest():
    highs = parse(["2026-03-02T05:00 5.3", "2026-03-01T04:12 5.3"])
    assert highest(highs).when.day == 1


def test_there_is_a_version():
    assert tides.__version__

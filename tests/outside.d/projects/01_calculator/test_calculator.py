import math

import pytest

from calculator import CalculationError, add, divide, evaluate


@pytest.mark.parametrize("a, b, total", [(1, 2, 3), (-1, 1, 0), (0.1, 0.2, pytest.approx(0.3)), ("a", "b", "ab")])
def test_add(a, b, total):
    assert add(a, b) == total


@pytest.mark.parametrize("text", ["1 + 1", "4 / 2", "1 * 2", "3 - 1"], ids=["plus", "over", "times", "minus"])
def test_evaluate(text):
    assert evaluate(text) == 2


@pytest.mark.parametrize("a", [1, 0])
@pytest.mark.parametrize("b", [2, pytest.param(3, id="three"), None])
def test_stacked(a, b):
    assert (a, b) in {(x, y) for x in (0, 1) for y in (2, 3, None)}


def test_divide_by_zero():
    with pytest.raises(CalculationError, match=r"can't divide 1 by zero") as raised:
        divide(1, 0)
    assert isinstance(raised.value, ValueError)


def test_unknown_operator():
    with pytest.raises(KeyError):
        evaluate("1 ^ 2")


def test_infinity():
    assert math.isinf(evaluate("1e308 * 10"))

import math

import pytest

from shapes import Circle
from shapes.base import Shape

from ..helpers import near


def test_square(square, made):
    assert square.size() == 4 and made == [square]


def test_the_same_square(square, made):
    assert len(made) == 1


def test_circle():
    assert near(Circle(1).size(), math.pi)


def test_order(square):
    assert Circle(1) < square <= square


def test_abstract():
    with pytest.raises(TypeError, match="abstract"):
        Shape()

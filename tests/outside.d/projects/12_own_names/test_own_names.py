import colorsys
import fractions
import random

import statistics
from app.utils.math import double
from queue import Queue, State


def test_ours_first():
    assert statistics.mean([1, 2]) == "ours"
    assert Queue([1]).state is State("waiting")


def test_without_init_files():
    assert double(2) == 4


def test_the_librarys_are_there():
    assert colorsys.rgb_to_hsv(0, 0, 0) == (0.0, 0.0, 0.0)
    assert fractions.Fraction(1, 3) + fractions.Fraction(2, 3) == 1


def test_seeded():
    assert random.Random(1).randint(1, 100) == random.Random(1).randint(1, 100)
    assert len({random.random() for _ in range(10)}) == 10

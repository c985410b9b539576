import pytest

from shapes import Square


@pytest.fixture(scope="module")
def square(made):
    square = Square(2)
    made.append(square)
    yield square
    made.remove(square)

from shapes import Cube


def test_cube(made):
    assert made == [] and Cube(3).size() == 27

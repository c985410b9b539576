import pytest

from paging import average, merge, page, price


def test_page():
    assert page(list(range(10)), 0, 3) == [0, 1, 2]


@pytest.mark.parametrize("number, expected", [(0, ["a"]), (5, [])])
def test_single(number, expected):
    assert page(["a", "b"], number, 2) == expected


def test_price():
    assert price(3) == "3.00 EUR"


def test_merge():
    first = {"a": 1, "nested": {"x": [1, 2, 3]}}
    merge(first, {"b": 2})
    assert first == {"a": 1, "nested": {"x": [1, 2, 4]}}, "the first stays as it is"


def test_average_of_nothing():
    assert average([]) == 0


def test_average():
    assert average([1, 2]) == pytest.approx(1.5)


def test_sets():
    assert {1, 2, 3} == {1, 2, 4}


def test_text():
    assert "one\ntwo\nthree" == "one\n2\nthree"


def test_wrong_exception():
    with pytest.raises(ValueError):
        raise KeyError("another")


def test_nothing_raised():
    with pytest.raises(ValueError):
        pass


def test_gives_up():
    pytest.fail("on purpose")


def test_prints():
    print("to be seen")
    assert None


def test_chained():
    try:
        {}["missing"]
    except KeyError as error:
        raise RuntimeError("later") from error

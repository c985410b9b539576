import warnings

import pytest


def test_last_one(request):
    assert request.config.getini("greeting") == "hello"


@pytest.mark.slow
def test_slow():
    assert False


def test_generated(generated):
    assert generated < 3


@pytest.mark.parametrize("doubled", [1, 2], indirect=True)
def test_indirect(doubled):
    assert doubled in (2, 4)


@pytest.mark.parametrize("value", ["a b", "ä/ö", "x::y", "[1]", "", None, 1.5, ("t",), "a b"])
def test_odd_ids(value):
    assert value != 1.5


def test_own_representation(money):
    assert money(1) == money(2)


def test_warns():
    with pytest.warns(DeprecationWarning, match="old"):
        warnings.warn("old", DeprecationWarning)


def test_recwarn(recwarn):
    warnings.warn("hm")
    assert len(recwarn) == 1


@pytest.mark.filterwarnings("error")
def test_warning_as_error():
    warnings.warn("now an error")


def test_subtests(subtests):
    for number in range(3):
        with subtests.test(number=number):
            assert number != 1


def test_record(record_property, tmp_path_factory, pytestconfig, doctest_namespace):
    record_property("a", 1)
    assert tmp_path_factory.mktemp("x").is_dir() and pytestconfig.rootpath.is_dir()

import sys

import pytest

pytestmark = pytest.mark.integration


@pytest.mark.skip(reason="not yet")
def test_skip():
    assert False


@pytest.mark.skipif(sys.version_info > (3, 0), reason="Python 2 only")
def test_skipif():
    assert False


@pytest.mark.xfail(reason="a known bug")
def test_xfail():
    assert False


@pytest.mark.xfail
def test_xpass():
    assert True


@pytest.mark.xfail(strict=True, reason="was mended")
def test_strict_xpass():
    assert True


@pytest.mark.xfail(run=False, reason="would break everything")
def test_not_run():
    assert False


@pytest.mark.xfail(raises=ZeroDivisionError)
def test_raises():
    1 / 0


@pytest.mark.xfail(raises=ZeroDivisionError)
def test_raises_another():
    assert False


def test_imperative_xfail():
    pytest.xfail("gives up")


def test_imperative_skip():
    pytest.skip("gives up")


def test_importorskip():
    pytest.importorskip("a_package_that_is_not_there")


@pytest.mark.parametrize("n", [1, pytest.param(2, marks=pytest.mark.xfail), pytest.param(3, marks=pytest.mark.skip)])
def test_marked_cases(n):
    assert n == 1


@pytest.mark.parametrize("n", [])
def test_no_cases(n):
    assert False


@pytest.mark.usefixtures("tmp_path")
class TestClass:
    def test_in_class(self):
        pass

    class TestNested:
        def test_in_nested(self):
            pass


class TestWithInit:
    def __init__(self):
        pass

    def test_never_collected(self):
        assert False

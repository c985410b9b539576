import pytest


@pytest.fixture
def broken():
    raise RuntimeError("can't be set up")


@pytest.fixture
def untidy():
    yield 1
    raise RuntimeError("can't be torn down")


@pytest.fixture(params=[1, 2])
def number(request):
    if request.param == 2:
        pytest.skip("not two")
    return request.param


@pytest.fixture
def factory(request):
    made = []

    def make(name):
        made.append(name)
        request.addfinalizer(made.clear)
        return name

    return make


def test_setup(broken):
    pass


def test_teardown(untidy):
    assert untidy == 1


def test_fails_and_teardown(untidy):
    assert untidy == 2


def test_unknown(there_is_none):
    pass


def test_skipped_by_its_fixture(number):
    assert number == 1


def test_factory(factory):
    assert factory("a") == "a"


class TestState:
    values = []

    def setup_method(self):
        self.values.append(len(self.values))

    def teardown_method(self):
        assert len(self.values) < 3

    def test_first(self):
        assert self.values == [0]

    def test_second(self):
        assert self.values == [0, 1]

    def test_third(self):
        assert len(self.values) == 3


def setup_module():
    TestState.values.clear()


@pytest.fixture
def wrong_scope(request):
    return request.getfixturevalue("number")


def test_dynamic(wrong_scope):
    assert wrong_scope == 1

import pytest

STEPS = []


def pytest_addoption(parser):
    parser.addoption("--runslow", action="store_true", default=False, help="run slow tests")
    parser.addini("greeting", "what to say", default="hello")


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes long")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--runslow"):
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="needs --runslow"))
    items.sort(key=lambda item: "last" in item.name)


def pytest_generate_tests(metafunc):
    if "generated" in metafunc.fixturenames:
        metafunc.parametrize("generated", [1, 2, 3], ids=lambda value: f"g{value}")


def pytest_assertrepr_compare(op, left, right):
    if isinstance(left, Money) and isinstance(right, Money):
        return ["amounts differ:", f"  {left.amount} != {right.amount}"]


class Money:
    def __init__(self, amount):
        self.amount = amount

    def __eq__(self, other):
        return self.amount == other.amount


@pytest.fixture
def money():
    return Money


@pytest.fixture
def doubled(request):
    return 2 * request.param


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    item.stash_of_outcome = report.outcome
    return report

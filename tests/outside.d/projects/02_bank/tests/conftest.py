import pytest

from bank import Account


@pytest.fixture
def account():
    account = Account("Ada")
    account.deposit("100")
    return account


@pytest.fixture(params=["0.005", "0.01", "1"])
def small(request):
    return request.param

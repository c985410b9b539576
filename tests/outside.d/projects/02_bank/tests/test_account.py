from decimal import Decimal

import pytest

from bank import Account, InsufficientFunds


class TestDeposit:
    def test_adds(self, account):
        account.deposit("0.5")
        assert account.balance == Decimal("100.50")

    def test_rounds(self, account, small):
        before = account.balance
        account.deposit(small)
        assert account.balance > before

    @pytest.mark.parametrize("amount", ["0", "-1"])
    def test_refuses(self, account, amount):
        with pytest.raises(ValueError):
            account.deposit(amount)


class TestWithdraw:
    def test_takes(self, account):
        account.withdraw("30")
        assert account.history[-1] == ("withdraw", Decimal(30))

    def test_refuses(self, account):
        with pytest.raises(InsufficientFunds) as raised:
            account.withdraw("130")
        assert raised.value.missing == 30


def test_accounts_share_nothing():
    first, second = Account("a"), Account("b")
    first.deposit(1)
    assert not second.history

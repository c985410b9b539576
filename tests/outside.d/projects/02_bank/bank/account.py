from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal


class InsufficientFunds(Exception):
    def __init__(self, balance, amount):
        super().__init__(f"balance {balance}, wanted {amount}")
        self.missing = amount - balance


@dataclass
class Account:
    owner: str
    balance: Decimal = Decimal("0.00")
    history: list = field(default_factory=list)

    def deposit(self, amount):
        amount = Decimal(amount).quantize(Decimal("0.01"), ROUND_HALF_UP)
        if amount <= 0:
            raise ValueError("a deposit is positive")
        self.balance += amount
        self.history.append(("deposit", amount))

    def withdraw(self, amount):
        amount = Decimal(amount)
        if amount > self.balance:
            raise InsufficientFunds(self.balance, amount)
        self.balance -= amount
        self.history.append(("withdraw", amount))

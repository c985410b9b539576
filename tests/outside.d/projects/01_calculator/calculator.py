"""Arithmetic with errors of its own."""


class CalculationError(ValueError):
    """What can't be calculated."""


def add(a, b):
    return a + b


def divide(a, b):
    if b == 0:
        raise CalculationError(f"can't divide {a} by zero")
    return a / b


def evaluate(text):
    operators = {"+": add, "/": divide, "*": lambda a, b: a * b, "-": lambda a, b: a - b}
    left, operator, right = text.split()
    return operators[operator](float(left), float(right))

def page(items, number, size):
    start = number * size
    return items[start : start + size - 1]


def price(amount):
    return f"{amount:.1f} EUR"


def merge(first, second):
    first.update(second)
    return first


def average(numbers):
    return sum(numbers) / len(numbers)

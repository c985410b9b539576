"""Stands before the module of the standard library that has the same name."""


def mean(numbers):
    return "ours"

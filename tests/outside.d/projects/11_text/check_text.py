import string

from text import runs, top, wrapped


def check_runs():
    assert runs("aabccc") == [("a", 2), ("b", 1), ("c", 3)]


def test_top():
    assert top("The cat and the hat and the bat", 2) == [("the", 3), ("and", 2)]


def test_wrapped():
    lines = wrapped("word " * 20, 24).splitlines()
    assert all(len(line) <= 24 for line in lines) and len(lines) == 5


def test_template():
    assert string.Template("$who likes ${what}").substitute(who="tim", what="kung pao") == "tim likes kung pao"

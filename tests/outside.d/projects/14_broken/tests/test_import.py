from thing import another


def test_two():
    assert another() == 2

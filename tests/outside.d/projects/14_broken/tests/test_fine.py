from thing import thing


def test_four():
    assert thing() == 1

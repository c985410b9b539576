from thing import thing


def test_one()
    assert thing() == 1

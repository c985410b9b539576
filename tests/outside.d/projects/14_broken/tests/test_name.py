def test_five():
    assert undefined == 1

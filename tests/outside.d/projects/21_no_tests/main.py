def test_is_not_collected_here():
    assert False

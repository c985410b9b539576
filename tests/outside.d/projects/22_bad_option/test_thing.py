def test_thing():
    pass

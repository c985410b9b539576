def test_thing(fixture):
    assert fixture

def test_outside_of_testpaths():
    assert False

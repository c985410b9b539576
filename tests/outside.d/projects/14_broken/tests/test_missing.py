import a_package_that_is_not_there


def test_three():
    assert a_package_that_is_not_there

from package_of_nobody import fixture

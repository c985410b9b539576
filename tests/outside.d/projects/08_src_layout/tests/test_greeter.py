import runpy
import sys

import pytest

import greeter


@pytest.mark.parametrize("name", ["Ada", "", "Zoë", "名前"])
def test_greet(name):
    assert greeter.greet(name).startswith("Hello, ")


@pytest.mark.slow
def test_loud():
    assert greeter.greet("x", loud=True) == "HELLO, X!"


def test_keyword_only():
    with pytest.raises(TypeError):
        greeter.greet("x", True)


def test_main(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["greeter", "you"])
    runpy.run_module("greeter", run_name="__main__")
    assert capsys.readouterr().out == "Hello, you!\n"

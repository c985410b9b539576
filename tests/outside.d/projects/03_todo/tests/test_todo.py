import json
import runpy
import sys

import pytest

from todo import main


def test_add_and_list(tmp_path, capsys):
    file = tmp_path / "list.json"
    assert main(["--file", str(file), "add", "tea"]) == 0
    assert main(["--file", str(file), "add", "milk"]) == 0
    assert json.loads(file.read_text())[1] == {"text": "milk", "done": False}
    assert capsys.readouterr().out.splitlines()[-1] == "2. [ ] milk"


def test_done(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main(["add", "tea"])
    main(["done", "1"])
    assert "[x] tea" in capsys.readouterr().out


def test_unknown_number(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["done", "7"]) == 1
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err == "there is no item 7\n"


@pytest.mark.parametrize("arguments", [[], ["fly"], ["done", "one"]])
def test_usage(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: todo" in capsys.readouterr().err


def test_as_a_program(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["todo", "add", "tea"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("todo", run_name="__main__")
    assert ended.value.code == 0
    assert capfd.readouterr().out == "1. [ ] tea\n"

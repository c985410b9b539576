import builtins
import io
from datetime import datetime
from unittest.mock import MagicMock, call, patch

import pytest

import weather


@pytest.fixture
def naps(monkeypatch):
    naps = []
    monkeypatch.setattr(weather.time, "sleep", naps.append)
    return naps


def test_report():
    with patch("weather.fetch", return_value={"temperature": 21}), patch("weather.datetime") as clock:
        clock.now.return_value = datetime(2026, 1, 2, 3, 4)
        assert weather.report("Oslo") == "Oslo: 21 °C at 03:04"


def test_retries(naps):
    with patch("weather.fetch", side_effect=[OSError, OSError, {"temperature": 1}]) as fetch:
        assert weather.report("Oslo").startswith("Oslo: 1 ")
    assert naps == [1, 2] and fetch.call_args_list == [call("Oslo")] * 3


def test_gives_up(naps):
    with patch("weather.fetch", side_effect=OSError):
        assert weather.report("Oslo", 2) == "Oslo: unknown"


def test_fetch():
    answer = MagicMock()
    answer.__enter__.return_value = io.StringIO('{"temperature": 3}')
    with patch("weather.urlopen", return_value=answer) as urlopen:
        assert weather.fetch("Rome") == {"temperature": 3}
    urlopen.assert_called_once_with("https://weather.example/Rome")


def test_ask(monkeypatch, capsys):
    answers = iter(["", "  ", "Oslo"])
    monkeypatch.setattr(builtins, "input", lambda prompt: print(prompt, end="") or next(answers))
    assert weather.ask() == "Oslo"
    assert capsys.readouterr().out == "City? " * 3


def test_ask_from_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("\nRome\n"))
    assert weather.ask() == "Rome"


def test_open():
    with patch("builtins.open", create=True) as opened:
        open("x")
    opened.assert_called_once_with("x")


def test_wrong_call():
    with patch("weather.fetch") as fetch:
        weather.fetch(1)
    fetch.assert_called_once_with(2)


def test_unmocked_input():
    weather.ask()

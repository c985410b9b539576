import logging
import os

import pytest

import settings


@pytest.fixture(autouse=True)
def forgotten(monkeypatch):
    settings.load.cache_clear()
    monkeypatch.delenv("APP_LEVEL", raising=False)
    yield
    settings.load.cache_clear()


def test_defaults_with_a_warning(tmp_path, caplog):
    assert settings.load(str(tmp_path / "none")) == settings.DEFAULTS
    assert caplog.record_tuples[0][:2] == ("settings", logging.WARNING)
    assert "no settings" in caplog.text


def test_environment_wins(tmp_path, monkeypatch):
    path = tmp_path / "s.json"
    path.write_text('{"level": "debug"}')
    monkeypatch.setenv("APP_LEVEL", "error")
    assert settings.load(str(path))["level"] == "error"


def test_bad_file(tmp_path, caplog):
    path = tmp_path / "s.json"
    path.write_text("{")
    with caplog.at_level(logging.ERROR), pytest.raises(ValueError) as raised:
        settings.load(str(path))
    assert raised.value.__cause__ is not None
    assert caplog.records[0].exc_info


def test_cached(tmp_path):
    path = str(tmp_path / "none")
    assert settings.load(path) is settings.load(path)
    assert settings.load.cache_info().hits == 1


def test_replaced(tmp_path):
    path = str(tmp_path / "s.json")
    with settings.replaced(path, "{}") as there:
        assert os.listdir(tmp_path) == ["s.json"] and open(there).read() == "{}"
    assert os.listdir(tmp_path) == []

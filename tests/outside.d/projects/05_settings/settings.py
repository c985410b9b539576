import json
import logging
import os
import tempfile
from contextlib import contextmanager
from functools import lru_cache

log = logging.getLogger(__name__)
DEFAULTS = {"level": "info", "retries": 3}


@lru_cache(maxsize=None)
def load(path):
    try:
        with open(path) as file:
            given = json.load(file)
    except FileNotFoundError:
        log.warning("no settings in %s", path)
        given = {}
    except json.JSONDecodeError as error:
        log.error("bad settings: line %d", error.lineno, exc_info=True)
        raise ValueError("bad settings") from error
    level = os.environ.get("APP_LEVEL")
    return DEFAULTS | given | ({"level": level} if level else {})


@contextmanager
def replaced(path, text):
    """Writes a file beside, then puts it in place."""
    with tempfile.NamedTemporaryFile("w", dir=os.path.dirname(path), delete=False) as file:
        file.write(text)
    os.replace(file.name, path)
    try:
        yield path
    finally:
        os.remove(path)

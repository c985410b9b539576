"""Words.

>>> slug("Hello, World!")
'hello-world'
"""

import re
import textwrap
import unicodedata
from collections import Counter
from itertools import groupby


def slug(text):
    """
    >>> slug("Crème brûlée")
    'creme-brulee'
    >>> slug("")
    Traceback (most recent call last):
        ...
    ValueError: nothing is left of ''
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    slugged = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    if not slugged:
        raise ValueError(f"nothing is left of {text!r}")
    return slugged


def top(text, count=3):
    """
    >>> top("a b a")
    [('a', 2), ('c', 1)]
    """
    return Counter(re.findall(r"\w+", text.lower())).most_common(count)


def runs(text):
    return [(letter, len(list(group))) for letter, group in groupby(text)]


def wrapped(text, width):
    return textwrap.fill(text, width)

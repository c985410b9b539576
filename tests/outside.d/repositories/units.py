"""A repository whose one module is long: a library of units, 2,500 lines of functions and classes, each of them another.

The module is written here, from a table of units, the way in which such modules come about: by people who copied a function and
changed it. It works, but for one factor.
"""

from pathlib import Path

# What is measured, in what, and each unit with its sign and how much it is.
KINDS = {
    "length": ("metres", "m", {
        "inches": ("in", "0.0254"), "feet": ("ft", "0.3048"), "yards": ("yd", "0.9144"), "miles": ("mi", "1609.344"),
        "nautical_miles": ("nmi", "1852.0"), "furlongs": ("fur", "201.168"), "chains": ("ch", "20.1168"), "fathoms": ("ftm", "1.8288"),
        "rods": ("rd", "5.0292"), "leagues": ("lea", "4828.032"), "hands": ("hh", "0.1016"), "thous": ("th", "0.0000254"),
    }),
    "mass": ("kilograms", "kg", {
        "ounces": ("oz", "0.028349523125"), "pounds": ("lb", "0.45359237"), "stones": ("st", "6.35029318"), "grains": ("gr", "0.00006479891"),
        "drams": ("dr", "0.0017718451953125"), "short_tons": ("tn", "907.18474"), "long_tons": ("ton", "1016.0469088"),
        "carats": ("ct", "0.0002"), "troy_ounces": ("ozt", "0.0311034768"),
    }),
    "volume": ("litres", "l", {
        "pints": ("pt", "0.56826125"), "quarts": ("qt", "1.1365225"), "gallons": ("gal", "4.54609"), "gills": ("gi", "0.1420653125"),
        "fluid_ounces": ("floz", "0.0284130625"), "us_pints": ("uspt", "0.473176473"), "us_quarts": ("usqt", "0.946352946"),
        "us_gallons": ("usgal", "3.785411784"), "us_cups": ("cup", "0.2365882365"), "bushels": ("bu", "36.36872"), "barrels": ("bbl", "158.987294928"),
    }),
    "area": ("square_metres", "m2", {
        "acres": ("ac", "4046.8564224"), "hectares": ("ha", "10000.0"), "square_feet": ("sqft", "0.09290304"), "square_yards": ("sqyd", "0.83612736"),
        "square_miles": ("sqmi", "2589988.110336"), "ares": ("are", "100.0"), "roods": ("ro", "1011.7141056"),
    }),
    "duration": ("seconds", "s", {
        "minutes": ("min", "60.0"), "hours": ("h", "3600.0"), "days": ("d", "86400.0"), "weeks": ("wk", "604800.0"), "fortnights": ("fn", "1209600.0"),
    }),
    "pressure": ("pascals", "Pa", {
        "bars": ("bar", "100000.0"), "atmospheres": ("atm", "101325.0"), "torrs": ("Torr", "133.32236842105263"), "millibars": ("mbar", "100.0"),
    }),
    "energy": ("joules", "J", {
        "calories": ("cal", "4.184"), "kilocalories": ("kcal", "4184.0"), "watt_hours": ("Wh", "3600.0"), "ergs": ("erg", "0.0000001"),
        "therms": ("thm", "105480400.0"),
    }),
    "speed": ("metres_per_second", "m/s", {
        "knots": ("kn", "0.5144444444444445"), "miles_per_hour": ("mph", "0.44704"), "feet_per_second": ("fps", "0.3048"),
        "kilometres_per_hour": ("km/h", "0.2777777777777778"),
    }),
    "data": ("bytes", "B", {
        "kibibytes": ("KiB", "1024.0"), "mebibytes": ("MiB", "1048576.0"), "gibibytes": ("GiB", "1073741824.0"), "kilobytes": ("kB", "1000.0"),
    }),
    "angle": ("radians", "rad", {
        "degrees": ("deg", "0.017453292519943295"), "gradians": ("gon", "0.015707963267948967"), "arcminutes": ("arcmin", "0.0002908882086657216"),
        "turns": ("tr", "6.283185307179586"),
    }),
}  # fmt: skip

# The mistake: somebody took the pint of another country.
WRONG, RIGHT = "0.473176473", "0.56826125"

FEATURE = f"""An imperial pint holds {RIGHT} litres, but `pints_to_litres` multiplies by {WRONG}, which is the pint of the United States.
Please mend it, and change nothing else: others rely on the rest of the file as it is."""


def write(folder: Path) -> None:
    """Writes the repository."""
    files = {
        "pyproject.toml": PROJECT,
        "README.md": "# measures\n\nConversions between units, as functions: `feet_to_metres(3)`.\n",
        ".gitignore": "__pycache__/\n",
        "measures/__init__.py": '"""Conversions between units."""\n',
        "measures/units.py": module(),
        "tests/test_units.py": TESTS,
    }
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())


def module() -> str:
    """The long module. Its lines end as they do on Windows, and the last one doesn't end."""
    parts = [HEAD]
    number = 0
    for kind, (base, sign, units) in KINDS.items():
        parts.append(class_of(kind, base, sign))
        for unit, (short, factor) in units.items():
            parts.append(functions_of(number, kind, base, unit, short, factor))
            number += 1
        parts.append(table_of(kind, units))
    parts.append(TAIL)
    return "\n\n\n".join(part.strip("\n") for part in parts).replace("\n", "\r\n")


def class_of(kind: str, base: str, sign: str) -> str:
    name = kind.capitalize()
    return f'''
# {kind}


@dataclass(frozen=True, order=True)
class {name}:
    """A {kind}, in {base.replace("_", " ")}."""

    {base}: float

    def __add__(self, other: "{name}") -> "{name}":
        return {name}(self.{base} + other.{base})

    def __sub__(self, other: "{name}") -> "{name}":
        return {name}(self.{base} - other.{base})

    def __mul__(self, times: float) -> "{name}":
        return {name}(self.{base} * times)

    def __bool__(self) -> bool:
        return abs(self.{base}) > TINY

    def __str__(self) -> str:
        return f"{{plain(self.{base})}} {sign}"

    @classmethod
    def of_text(cls, text: str) -> "{name}":
        """Reads what `str` gives."""
        return cls(number_of(text, "{sign}"))

    def is_about(self, other: "{name}", within: float = 0.01) -> bool:
        """Whether two of them differ by less than a part of the greater one."""
        greater = max(abs(self.{base}), abs(other.{base}))
        return abs(self.{base} - other.{base}) <= greater * within
'''


def functions_of(number: int, kind: str, base: str, unit: str, short: str, factor: str) -> str:
    words, base_words, one = unit.replace("_", " "), base.replace("_", " "), unit.removesuffix("s")
    used = WRONG if unit == "pints" else factor
    there = [
        f'''
def {unit}_to_{base}(value: float) -> float:
    """Gives {words} in {base_words}."""
    return value * {used}
''',
        f'''
def {unit}_to_{base}(value: float) -> float:
    """How many {base_words} so many {words} are."""
    if value == 0:
        return 0.0
    return value * {used}
''',
        f'''
def {unit}_to_{base}(value: float) -> float:
    """{words.capitalize()}, as {base_words}."""
    per_unit = {used}
    return per_unit * value
''',
    ][number % 3]
    back = [
        f'''
def {base}_to_{unit}(value: float) -> float:
    """Gives {base_words} in {words}."""
    return value / {factor}
''',
        f'''
def {base}_to_{unit}(value: float, digits: int | None = None) -> float:
    """How many {words} so many {base_words} are, rounded where digits are given."""
    found = value / {factor}
    return found if digits is None else round(found, digits)
''',
    ][number % 2]
    text = [
        f'''
def format_{unit}(value: float, digits: int = {number % 4 + 1}) -> str:
    """Writes {words} with their sign."""
    return f"{{value:.{{digits}}f}} {short}"


def parse_{unit}(text: str) -> float:
    """Reads what `format_{unit}` writes."""
    return number_of(text, "{short}")
''',
        f'''
def parse_{unit}(text: str, default: float | None = None) -> float:
    """Reads {words}, such as `{number + 2} {short}`; a text that is none gives the default, where there is one."""
    try:
        return number_of(text, "{short}")
    except UnitError:
        if default is None:
            raise
        return default


def format_{unit}(value: float) -> str:
    """As few digits as tell {words} from others."""
    sign = "" if value == 1 else "s"
    return f"{{plain(value)}} {one.replace("_", " ")}{{sign}}"
''',
        f'''
def format_{unit}(value: float, width: int = {number % 7 + 6}) -> str:
    """{words.capitalize()} for a column, with the sign behind."""
    return plain(value).rjust(width) + " {short}"


def parse_{unit}(text: str) -> float:
    """Reads {words} with their sign or without."""
    stripped = text.strip()
    return number_of(stripped if stripped.endswith("{short}") else stripped + "{short}", "{short}")
''',
    ][number // 2 % 3]
    more = [
        f'''
def {unit}_between(low: float, high: float, count: int = {number % 5 + 2}) -> list[float]:
    """So many {words} from one end to the other, both of them included."""
    if count < 2:
        raise UnitError(f"{{count}} {words} have no two ends")
    step = (high - low) / (count - 1)
    return [low + step * place for place in range(count)]
''',
        f'''
def whole_{unit}(value: float) -> tuple[int, float]:
    """The whole {words} in so many {base_words}, and how many {base_words} are left."""
    whole = int(value // {factor})
    return whole, value - whole * {factor}
''',
        f'''
def sum_of_{unit}(values: Iterable[float]) -> float:
    """All {words} together; each is exact to {number % 3 + 6} digits."""
    return round(math.fsum(values), {number % 3 + 6})
''',
        f'''
def largest_of_{unit}(values: Iterable[float]) -> float:
    """The most {words}; none are {number % 2}."""
    return max(values, default={number % 2}.0)
''',
        f'''
def {kind}_in_{unit}(text: str) -> str:
    """Reads {base_words} and writes {words}."""
    return format_{unit}({base}_to_{unit}(number_of(text, KINDS["{kind}"])))
''',
    ][number % 5]
    return "\n\n\n".join(part.strip("\n") for part in (there, back, text, more))


def table_of(kind: str, units: dict[str, tuple[str, str]]) -> str:
    rows = "\n".join(f'    "{short}": {unit}_to_{KINDS[kind][0]},' for unit, (short, _) in units.items())
    return f'''
{kind.upper()}S: dict[str, Callable[[float], float]] = {{
{rows}
}}


def {kind}_of(text: str) -> {kind.capitalize()}:
    """Reads a {kind} in any unit, such as `3 {next(iter(units.values()))[0]}`."""
    value, _, sign = text.strip().rpartition(" ")
    if sign not in {kind.upper()}S:
        raise UnitError(f"{{sign!r}} is no unit of {kind}: " + ", ".join({kind.upper()}S))
    return {kind.capitalize()}({kind.upper()}S[sign](number_of(value)))
'''


HEAD = '''
"""Conversions between units: for each some functions, for what is measured a class."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

TINY = 1e-12

# The sign of what each kind is measured in.
KINDS = {
''' + "".join(f'    "{kind}": "{sign}",\n' for kind, (_, sign, _) in KINDS.items()) + '''}


class UnitError(ValueError):
    """A text or a number that is no such measure."""


def number_of(text: str, sign: str = "") -> float:
    """The number before a sign."""
    stripped = text.strip().removesuffix(sign).strip()
    try:
        return float(stripped)
    except ValueError as error:
        raise UnitError(f"{text!r} is no number of {sign or 'anything'}") from error


def plain(value: float) -> str:
    """A number with as few digits as it takes."""
    return f"{value:.10g}"
'''

TAIL = '''
def reading_of(text: str) -> object:
    """Reads a measure of any kind; the first kind that knows its sign has it."""
    for read in (''' + ", ".join(f"{kind}_of" for kind in KINDS) + '''):
        try:
            return read(text)
        except UnitError:
            continue
    raise UnitError(f"{text!r} is in no unit that is known")
'''

PROJECT = '''[build-system]
requires = ["setuptools>=68"]
build-backend = "setuptools.build_meta"

[project]
name = "measures"
version = "2.1.0"
requires-python = ">=3.10"

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["."]
'''

TESTS = '''import pytest

from measures.units import Length, UnitError, feet_to_metres, inches_to_metres, length_of, metres_to_feet, whole_chains


def test_a_foot_has_twelve_inches():
    assert feet_to_metres(1) == pytest.approx(12 * inches_to_metres(1))


def test_there_and_back():
    assert metres_to_feet(feet_to_metres(7.5)) == pytest.approx(7.5)


def test_a_length_is_read_in_any_unit():
    assert length_of("2 yd").is_about(Length(1.8288))
    with pytest.raises(UnitError, match="'parsec'"):
        length_of("2 parsec")


def test_what_is_left_of_whole_ones():
    whole, left = whole_chains(50.0)
    assert whole == 2 and left == pytest.approx(50.0 - 2 * 20.1168)
'''

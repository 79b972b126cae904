"""Tests of the date in front of a job (``[ "$(date +%u)" = 1 ] && ..``) as a set of days.

A condition is read into a small tree of tuples and evaluated with the shell's own rules: strings for ``=``, decimal numbers
for ``-eq`` and ``expr``, octal for a leading zero in ``$(( ))``. `DateGuard.days` gives the dates from 1970 to 2199 on which
the job runs as bits (see ``days.py``), so that it can be intersected with a schedule's days.

Nodes with a value: ``("text", TEXT)``, ``("date", FORMAT, SHIFT)``, ``("join", NODE, ..)``, ``("number", N)``,
``("decimal", NODE)``, ``("!", NODE)`` and ``(OPERATOR, NODE, NODE)``. Conditions: ``("-eq", NODE, NODE)`` and kin,
``("same", NODE, NODE)``, ``("match", REGEX, NODE)``, ``("glob", PATTERNS, NODE)``, ``("true", NODE)``,
``("not"|"and"|"or", CONDITION, ..)``.
"""

from __future__ import annotations

import fnmatch
import math
import re
from calendar import isleap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import product
from typing import Any

from converters.schedules import days

Node = tuple[Any, ...]
SECONDS_A_DAY = 86400
_MAX_COMBINATIONS = 40_000
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
)  # fmt: skip

# What `date` prints for one day, in the C locale that cron gives.
DIRECTIVES: Mapping[str, Callable[[date], str]] = {
    "u": lambda d: str(d.isoweekday()),
    "w": lambda d: str(d.isoweekday() % 7),
    "a": lambda d: _WEEKDAYS[d.weekday()][:3],
    "A": lambda d: _WEEKDAYS[d.weekday()],
    "d": lambda d: f"{d.day:02}",
    "e": lambda d: f"{d.day:2}",
    "-d": lambda d: str(d.day),
    "-e": lambda d: str(d.day),
    "_d": lambda d: f"{d.day:2}",
    "m": lambda d: f"{d.month:02}",
    "-m": lambda d: str(d.month),
    "b": lambda d: _MONTHS[d.month - 1][:3],
    "h": lambda d: _MONTHS[d.month - 1][:3],
    "B": lambda d: _MONTHS[d.month - 1],
    "V": lambda d: f"{d.isocalendar()[1]:02}",
    "-V": lambda d: str(d.isocalendar()[1]),
    "U": lambda d: f"{_week(d, d.isoweekday() % 7):02}",
    "-U": lambda d: str(_week(d, d.isoweekday() % 7)),
    "W": lambda d: f"{_week(d, d.weekday()):02}",
    "-W": lambda d: str(_week(d, d.weekday())),
    "j": lambda d: f"{d.timetuple().tm_yday:03}",
    "-j": lambda d: str(d.timetuple().tm_yday),
    "y": lambda d: f"{d.year % 100:02}",
    "Y": lambda d: str(d.year),
    "G": lambda d: str(d.isocalendar()[0]),
    "F": lambda d: d.isoformat(),
    "D": lambda d: f"{d.month:02}/{d.day:02}/{d.year % 100:02}",
}
_DIRECTIVE = re.compile(r"%(%|[-_]?[A-Za-z])")


def _week(day: date, weekday: int) -> int:
    """The week of the year where weeks begin ``weekday`` days before ``day``; 0 before the first full one."""
    return (day.timetuple().tm_yday + 6 - weekday) // 7


class NotADate(ValueError):  # noqa: N818 - it is an outcome, not a mistake
    """The text is no condition on the date, or one that is not understood."""


class OctalError(ValueError):
    """``08`` or ``09`` in shell arithmetic: an error, and the command ends."""


@dataclass(frozen=True)
class DateGuard:
    """The days on which a guarded job runs.

    ``kind``    ``weekday``, ``day of month``, ``last day of month``, ``last week of month``, ``week parity``,
                ``day number`` or ``date``
    ``zone``    whose date is meant: ``None`` for the job's own zone (``TZ`` of its environment, else the machine's),
                ``UTC``, or a named zone
    ``broken``  in some weeks or days (08 and 09) the test itself fails, so the job is skipped then
    """

    text: str
    kind: str
    condition: Node
    zone: str | None = None
    broken: bool = False

    def matches(self, day: date, *, mended: bool = False) -> bool:
        """Whether the job runs on ``day``; ``mended`` says what was meant where the test is broken."""
        try:
            return truth(self.condition, _values_on(day), mended)
        except OctalError:
            return False

    def days(self, *, mended: bool = False) -> int:
        """All matching dates as bits, 1970 to January 2200."""
        return _guard_days(self.condition, mended)

    @property
    def description(self) -> str:
        return _describe(self)


# Evaluation

Lookup = Callable[[str, int], str]


def _values_on(day: date) -> Lookup:
    def lookup(directive: str, shift: int) -> str:
        if directive == "s":
            return str(days.day_number(day) * SECONDS_A_DAY)
        try:
            return DIRECTIVES[directive](day + timedelta(days=shift))
        except OverflowError:
            return ""

    return lookup


def truth(node: Node, lookup: Lookup, mended: bool) -> bool:  # noqa: PLR0911 - one for each kind of node
    """A condition's result. Raises `OctalError` where the shell's arithmetic fails, unless ``mended``."""
    kind = node[0]
    if kind == "not":
        return not truth(node[1], lookup, mended)
    if kind == "and":
        return all(truth(part, lookup, mended) for part in node[1:])
    if kind == "or":
        return any(truth(part, lookup, mended) for part in node[1:])
    if kind == "match":
        return re.search(node[1], _text(node[2], lookup, mended)) is not None
    if kind == "glob":
        return any(fnmatch.fnmatchcase(_text(node[2], lookup, mended), pattern) for pattern in node[1])
    if kind == "same":
        return _text(node[1], lookup, mended) == _text(node[2], lookup, mended)
    if kind == "true":
        return _number(node[1], lookup, mended) != 0
    return _COMPARE[kind](_decimal(node[1], lookup, mended), _decimal(node[2], lookup, mended))


_COMPARE: Mapping[str, Callable[[int, int], bool]] = {
    "-eq": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b,
    "-gt": lambda a, b: a > b,
    "-ge": lambda a, b: a >= b,
}
_ARITHMETIC: Mapping[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: math.trunc(a / b) if abs(a) < 1 << 50 else a // b,
    "%": lambda a, b: int(math.fmod(a, b)),
    "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
    "<": lambda a, b: int(a < b),
    "<=": lambda a, b: int(a <= b),
    ">": lambda a, b: int(a > b),
    ">=": lambda a, b: int(a >= b),
    "&&": lambda a, b: int(bool(a and b)),
    "||": lambda a, b: int(bool(a or b)),
}


def _text(node: Node, lookup: Lookup, mended: bool) -> str:
    kind = node[0]
    if kind == "text":
        return str(node[1])
    if kind == "date":
        shift = node[2]
        return _DIRECTIVE.sub(lambda m: "%" if m[1] == "%" else lookup(m[1], shift), node[1])
    if kind == "join":
        return "".join(_text(part, lookup, mended) for part in node[1:])
    return str(_number(node, lookup, mended))


def _decimal(node: Node, lookup: Lookup, mended: bool) -> int:
    """A number as ``test`` and ``expr`` read it: decimal whatever its zeros, blanks around it ignored."""
    if node[0] in ("text", "date", "join"):
        return int(_text(node, lookup, mended))
    return _number(node, lookup, mended)


def _number(node: Node, lookup: Lookup, mended: bool) -> int:
    """A number as ``$(( ))`` reads it: a leading zero makes it octal."""
    kind = node[0]
    if kind == "number":
        return int(node[1])
    if kind == "decimal":
        return _decimal(node[1], lookup, mended)
    if kind in ("text", "date", "join"):
        digits = _text(node, lookup, mended).strip()
        if mended or len(digits) < 2 or digits[0] != "0":
            return int(digits)
        if "8" in digits or "9" in digits:
            raise OctalError(digits)
        return int(digits, 8)
    if kind == "!":
        return int(not _number(node[1], lookup, mended))
    return _ARITHMETIC[kind](_number(node[1], lookup, mended), _number(node[2], lookup, mended))


# Which days


def _leaves(node: Node) -> Iterable[tuple[str, int]]:
    """Every directive and shift that the condition reads."""
    if node[0] == "date":
        for match in _DIRECTIVE.finditer(node[1]):
            if match[1] != "%":
                yield match[1], node[2]
    else:
        for part in node[1:]:
            if isinstance(part, tuple) and part and isinstance(part[0], str) and node[0] != "text":
                yield from _leaves(part)


@lru_cache(maxsize=64)
def _masks(directive: str, shift: int) -> dict[str, int]:
    """For each value that the directive takes ``shift`` days later, the days on which it does."""
    value = DIRECTIVES[directive]
    if not shift:
        return _own_masks(directive)
    moved = {
        text: (bits >> shift if shift > 0 else bits << -shift) & days.ALL_DAYS
        for text, bits in _own_masks(directive).items()
    }
    beyond = range(days.DAYS - shift, days.DAYS) if shift > 0 else range(-shift)
    for number in beyond:
        text = value(days.day_date(number + shift))
        moved[text] = moved.get(text, 0) | 1 << number
    return moved


@lru_cache(maxsize=32)
def _own_masks(directive: str) -> dict[str, int]:
    """The sets of `days`, named as the directive names them; anything rarer is counted through."""
    value = DIRECTIVES[directive]
    if directive in "uwaA":
        return {value(date(2023, 1, 1 + n)): days.day_of_week(n) for n in range(7)}
    if directive.lstrip("-_") in ("d", "e"):
        return {value(date(2024, 1, n)): days.day_of_month(n) for n in range(1, 32)}
    if directive.lstrip("-") in ("m", "b", "h", "B"):
        return {value(date(2024, n, 1)): days.month(n) for n in range(1, 13)}
    found: dict[str, list[int]] = {}
    for year in range(days.FIRST_YEAR, days.LAST_YEAR + 2):
        first = days.day_number(date(year, 1, 1))
        for text, offsets in _year_of(directive, year).items():
            found.setdefault(text, []).extend(n for offset in offsets if (n := first + offset) < days.DAYS)
    return {text: days.bits_of(numbers) for text, numbers in found.items()}


def _year_of(directive: str, year: int) -> dict[str, list[int]]:
    """For each value, the days of a year (from 0) that have it. Weeks and days of the year are alike in years that begin
    on the same weekday, are as long, and follow a year as long; so one of each kind is enough."""
    if directive.lstrip("-") not in ("V", "U", "W", "j"):
        return _count_year(directive, year)
    return _count_year(directive, _like(date(year, 1, 1).weekday(), isleap(year), isleap(year - 1)) or year)


@lru_cache(maxsize=64)
def _like(weekday: int, leap: bool, after_leap: bool) -> int | None:
    """A year of that kind, from the 28 in which all kinds occur; ``None`` around a century that is no leap year."""
    years = range(1976, 2004)
    return next(
        (y for y in years if (date(y, 1, 1).weekday(), isleap(y), isleap(y - 1)) == (weekday, leap, after_leap)), None
    )


@lru_cache(maxsize=256)
def _count_year(directive: str, year: int) -> dict[str, list[int]]:
    first, value = date(year, 1, 1).toordinal(), DIRECTIVES[directive]
    found: dict[str, list[int]] = {}
    for offset in range(366 if isleap(year) else 365):
        found.setdefault(value(date.fromordinal(first + offset)), []).append(offset)
    return found


@lru_cache(maxsize=256)
def _guard_days(condition: Node, mended: bool) -> int:
    leaves = sorted(set(_leaves(condition)))
    if any(directive == "s" for directive, _ in leaves):
        return _periodic_days(condition, leaves, mended)
    if not leaves:
        return days.ALL_DAYS if _holds(condition, lambda directive, shift: "", mended) else 0
    masks = [_masks(*leaf) for leaf in leaves]
    if math.prod(map(len, masks)) > _MAX_COMBINATIONS:
        return _each_day(condition, mended)
    matching = 0
    for values in product(*masks):
        bits = days.ALL_DAYS
        for mask, value in zip(masks, values, strict=True):
            bits &= mask[value]
        if bits:
            known = dict(zip(leaves, values, strict=True))
            if _holds(condition, lambda directive, shift, known=known: known[directive, shift], mended):  # type: ignore[misc]
                matching |= bits
    return matching


def _holds(condition: Node, lookup: Lookup, mended: bool) -> bool:
    try:
        return truth(condition, lookup, mended)
    except OctalError:
        return False


def _each_day(condition: Node, mended: bool) -> int:
    numbers = range(days.DAYS)
    return days.bits_of(n for n in numbers if _holds(condition, _values_on(days.day_date(n)), mended))


def _periodic_days(condition: Node, leaves: list[tuple[str, int]], mended: bool) -> int:
    """A condition on the day number alone repeats; its period divides the product of its numbers."""
    period = math.prod(n for n in _day_constants(condition) if n) or 1
    if len(leaves) > 1 or not 0 < period <= 20_000:
        return _each_day(condition, mended)
    first = [n for n in range(period) if _holds(condition, _values_on(days.day_date(n)), mended)]
    return days.bits_of(n + k for n in first for k in range(0, days.DAYS - n, period))


def _day_constants(node: Node) -> Iterable[int]:
    """What the days are divided by: a chain of divisions (``/ 60 / 60 / 24``) counts as one, in whole days."""
    if node[0] == "/":
        divisor = 1
        while node[0] == "/":
            divisor *= _constant(node[2])
            node = node[1]
        yield divisor // SECONDS_A_DAY if divisor % SECONDS_A_DAY == 0 else divisor
    elif node[0] == "%":
        yield _constant(node[2])
    for part in node[1:]:
        if isinstance(part, tuple):
            yield from _day_constants(part)


def _constant(node: Node) -> int:
    try:
        return _number(node, lambda directive, shift: "x", False)
    except (ValueError, KeyError):
        return 0


# Description


def _describe(guard: DateGuard) -> str:
    bits = guard.days(mended=True)
    words = next((name for name, mask in _named_days() if bits == mask), None)
    if words is None and guard.kind == "weekday":
        words = ", ".join(_WEEKDAYS[n - 1] for n in (1, 2, 3, 4, 5, 6, 0) if bits & days.day_of_week(n))
    if words is None and guard.kind == "day of month":
        words = "day " + _ranges([n for n in range(1, 32) if bits & days.day_of_month(n)]) + " of the month"
    if words is None:
        words = _WORDS.get(guard.kind, f"the dates of `{guard.text}`")
    return f"{words} ({guard.zone})" if guard.zone else words


_WORDS = {
    "last week of month": "the last week of the month",
    "week parity": "some weeks of the year",
    "day number": "every so many days",
}


@lru_cache(maxsize=1)
def _named_days() -> tuple[tuple[str, int], ...]:
    even = sum(1 << n for n in range(2, 32, 2))
    return (
        ("every day", days.ALL_DAYS),
        ("no day at all", 0),
        ("the last day of the month", days.last_of_month()),
        ("even days of the month", days.days_of_month(even)),
        ("odd days of the month", days.days_of_month(days.ALL_DOM & ~even)),
    )


def _ranges(numbers: list[int]) -> str:
    shown: list[str] = []
    for number in numbers:
        if shown and number - 1 in numbers:
            first = shown[-1].split("-")[0]
            shown[-1] = f"{first}-{number}"
        else:
            shown.append(str(number))
    return ", ".join(shown)


_KINDS: Sequence[tuple[frozenset[str], str]] = (
    (frozenset("uwaA"), "weekday"),
    (frozenset({"V", "-V", "U", "W", "-U", "-W"}), "week parity"),
    (frozenset({"s"}), "day number"),
)


def _computes(node: Node) -> bool:
    """It holds shell arithmetic, which alone reads a leading zero as octal."""
    return node[0] in _ARITHMETIC or any(_computes(part) for part in node[1:] if isinstance(part, tuple) and part)


def make_guard(text: str, condition: Node, zone: str | None) -> DateGuard:
    """The guard of a condition, with its kind. Raises `NotADate` when it does not depend on the date, or cannot be told."""
    leaves = set(_leaves(condition))
    if not leaves:
        raise NotADate("it does not read the date")
    directives = {directive for directive, _ in leaves}
    shifts = {shift for _, shift in leaves}
    kind = next((name for members, name in _KINDS if directives <= members), "date")
    if directives <= {"d", "-d", "e", "-e", "_d"}:
        kind = "day of month" if shifts == {0} else "last day of month" if shifts == {1} else "date"
    elif directives <= {"m", "-m", "b"} and len(shifts) == 2 and 0 in shifts:
        kind = "last day of month" if shifts == {0, 1} else "last week of month"
    if "s" in directives:  # seconds since 1970 are counted in UTC, whatever the zone
        zone = "UTC"
    try:
        plain = _guard_days(condition, False)
        broken = _computes(condition) and plain != _guard_days(condition, True)
    except (ValueError, ZeroDivisionError, KeyError):
        raise NotADate("its numbers are not understood") from None
    return DateGuard(text, kind, condition, zone, broken)

"""Tests of the date in front of a job (``[ "$(date +%u)" = 1 ] && ..``) as a set of days.

A test is a small program (see ``date_programs``). It is run as each shell that may read it would run it, and counts only
where they agree. `DateGuard.days` gives the dates from 1970 to 2199 on which the job runs as bits (see ``days.py``), so that
it can be intersected with a schedule's days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from converters.schedules import days
from converters.schedules.date_days import TooMany, day_masks, outcomes
from converters.schedules.date_output import DAY_VALUES, SECONDS_A_DAY, WEEKDAYS, Shell, Unknown
from converters.schedules.date_programs import succeeds
from converters.schedules.date_quotients import only_quotients
from converters.schedules.shell_words import Command, Leaf, Lookup


class NotADate(ValueError):  # noqa: N818 - it is an outcome, not a mistake
    """The text is no test of the date, or one that is not understood."""


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
    condition: Command
    zone: str | None = None
    broken: bool = False
    shells: tuple[Shell, ...] = ("dash",)

    def matches(self, day: date, *, mended: bool = False) -> bool:
        """Whether the job runs on ``day``; ``mended`` says what was meant where the test is broken."""
        return _holds(self.condition, self.shells, _on(days.day_number(day)), mended)

    def days(self, *, mended: bool = False) -> int:
        """All matching dates as bits, 1970 to January 2200."""
        return _guard_days(self.condition, self.shells, mended)

    def holds(self, lookup: Lookup) -> bool:
        """Whether the job runs where `date` prints these values. Raises `Unknown`."""
        return _holds(self.condition, self.shells, lookup, False)

    @property
    def reach(self) -> int:
        """The most days that it looks ahead or back (``date -d tomorrow`` is one)."""
        return _reach(self.condition, self.shells)

    @property
    def description(self) -> str:
        return _describe(self)


def _holds(condition: Command, shells: tuple[Shell, ...], lookup: Lookup, mended: bool) -> bool:
    # /bin/sh may be one of several shells: a guard that they read differently is none.
    said = {succeeds(condition, shell, lookup, mended=mended) for shell in shells}
    if len(said) != 1:
        raise Unknown("shells differ")
    return said.pop()


@lru_cache(maxsize=256)
def _reach(condition: Command, shells: tuple[Shell, ...]) -> int:
    leaves: set[Leaf] = set()
    for number in range(days.day_number(date(2024, 1, 1)), days.day_number(date(2024, 12, 31)) + 1, 3):
        _holds(condition, shells, _noting(leaves, number), False)
    return max((abs(shift) for _, shift, _ in leaves), default=0)


def _on(number: int) -> Lookup:
    """The base values of one date. Seconds are those of its midnight in UTC: only whole days are made of them."""

    def lookup(letter: str, shift: int, _zone: str | None) -> int:
        # `$(date +%s) / 86400` counts UTC days, whatever zone the job lives in.
        if letter == "s":
            return number * SECONDS_A_DAY
        if letter not in DAY_VALUES:
            raise Unknown("a time of day")
        try:
            return DAY_VALUES[letter](days.day_date(number + shift))
        except OverflowError:
            # Python's calendar ends at year 9999; a shift of five digits can leave it.
            raise Unknown("beyond the calendar") from None

    return lookup


def _masks(leaf: Leaf) -> dict[int, int] | None:
    letter, shift, _zone = leaf
    if letter == "s":
        return None
    if letter not in DAY_VALUES:
        raise Unknown("a time of day")
    return day_masks(letter, shift)


@lru_cache(maxsize=256)
def _guard_days(condition: Command, shells: tuple[Shell, ...], mended: bool) -> int:
    try:
        found = outcomes(lambda lookup: _holds(condition, shells, lookup, mended), days.ALL_DAYS, _masks)
        return found.get(True, 0)
    except TooMany:
        return _each_day(condition, shells, mended)


# A longer cycle is not looked for: day by day is right as well, only slower.
_LONGEST_CYCLE = 400


def _each_day(condition: Command, shells: tuple[Shell, ...], mended: bool) -> int:
    """Day by day. Seconds divided into days and counted off repeat after a few days: such a cycle is looked for first, and
    taken only where a year of days and days far apart keep to it."""

    divided = sorted(only_quotients(condition) or ())
    known: dict[object, bool] = {}

    def holds(number: int) -> bool:
        # Days with the same quotients are one to the test: `$(date +%s) / 604800` is asked once a week.
        same = tuple((number * SECONDS_A_DAY + added) // by for added, by in divided) if divided else number
        if same not in known:
            known[same] = _holds(condition, shells, _on(number), mended)
        return known[same]

    first = [holds(number) for number in range(2 * _LONGEST_CYCLE)]
    # A cycle proven on the first days may still break (years of 53 weeks), so days far apart are asked too (331 is
    # prime).
    for cycle in range(1, _LONGEST_CYCLE + 1):
        if all(first[n] == first[n + cycle] for n in range(_LONGEST_CYCLE)):
            if any(first) and all(holds(n) == first[n % cycle] for n in range(_LONGEST_CYCLE, days.DAYS, 331)):
                return days.bits_of(n + k for n in range(cycle) if first[n] for k in range(0, days.DAYS - n, cycle))
            break
    return days.bits_of(n for n in range(days.DAYS) if holds(n))


# Description


def _describe(guard: DateGuard) -> str:
    bits = guard.days(mended=True)
    words = next((name for name, mask in _named_days() if bits == mask), None)
    if words is None and guard.kind == "weekday":
        words = ", ".join(WEEKDAYS[n - 1] for n in (1, 2, 3, 4, 5, 6, 0) if bits & days.day_of_week(n))
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
    # `%u` (and `%w`) come down to the base value u.
    (frozenset("u"), "weekday"),
    (frozenset("VUW"), "week parity"),
    (frozenset("s"), "day number"),
)


def _kind(leaves: set[Leaf]) -> str:
    letters = {letter for letter, _, _ in leaves}
    shifts = {shift for _, shift, _ in leaves}
    if letters <= {"d"}:
        # `date -d tomorrow +%d` is a shift of one day.
        return "day of month" if shifts == {0} else "last day of month" if shifts == {1} else "date"
    if letters <= {"m"} and len(shifts) == 2 and 0 in shifts:
        # Today's month against another day's: +1 is the last day of the month, +7 the last week of it.
        return "last day of month" if shifts == {0, 1} else "last week of month"
    return next((name for members, name in _KINDS if letters <= members), "date")


def make_guard(text: str, condition: Command, shells: tuple[Shell, ...]) -> DateGuard:
    """The guard of a test, with its kind. Raises `NotADate` when it does not depend on the date, or cannot be told."""
    leaves: set[Leaf] = set()
    try:
        # A leap year, every third day: 3 is prime to 7 and to 2, so every weekday and both parities come.
        for number in range(days.day_number(date(2024, 1, 1)), days.day_number(date(2024, 12, 31)) + 1, 3):
            _holds(condition, shells, _noting(leaves, number), mended=False)
        if not leaves:
            raise NotADate("it does not read the date")
        # Seconds since 1970 are the same everywhere, so their zone is UTC.
        zones = {"UTC" if letter == "s" else zone for letter, _, zone in leaves}
        if len(zones) > 1:
            raise NotADate("it reads the date of several zones")
        plain = _guard_days(condition, shells, False)
        _whole_days(condition, shells)
        # True on every day it is no guard, only a value that the job uses.
        if plain == days.ALL_DAYS:
            raise NotADate("it is true on every day")
        # `08` and `09`: what was meant (decimal) and what runs (a failed test) differ.
        broken = plain != _guard_days(condition, shells, True)
    except Unknown as reason:
        raise NotADate(str(reason)) from None
    return DateGuard(text, _kind(leaves), condition, zones.pop(), broken, shells)


def _noting(leaves: set[Leaf], number: int) -> Lookup:
    inner = _on(number)

    def lookup(letter: str, shift: int, zone: str | None) -> int:
        leaves.add((letter, shift, zone))
        return inner(letter, shift, zone)

    return lookup


def _whole_days(condition: Command, shells: tuple[Shell, ...]) -> None:
    """Seconds since 1970 are a matter of days only where every second of a day says the same."""
    # The first days of 1970 and 400 days of 2024 and 2025.
    for number in (*range(3), *range(20_000, 20_400)):
        said = set()
        for second in (0, 1, 3600, 43_199, 43_200, 59_640, SECONDS_A_DAY - 1):

            def lookup(letter: str, shift: int, zone: str | None, at: int = number, second: int = second) -> int:
                return at * SECONDS_A_DAY + second if letter == "s" else _on(at)(letter, shift, zone)

            said.add(_holds(condition, shells, lookup, mended=False))
            if "s" not in _letters(condition, shells, number):
                return
        if len(said) > 1:
            raise Unknown("a time of day")


def _letters(condition: Command, shells: tuple[Shell, ...], number: int) -> set[str]:
    leaves: set[Leaf] = set()
    _holds(condition, shells, _noting(leaves, number), mended=False)
    return {letter for letter, _, _ in leaves}

"""A test of the date that stays in a job's text: at which starts it lets the job run, in the zone it sees.

`DateTest.passed` is what parity asks: starts (UTC days x UTC minutes) in, those at which the job runs out. Where the text
is not modelled `DateTest.kind` says so, and nobody may count on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from converters.schedules import days
from converters.schedules.daemon import Starts, Window, later
from converters.schedules.date_days import TooMany, day_masks, outcomes
from converters.schedules.date_output import DAY_VALUES, NEAR_MIDNIGHT, SECONDS_A_DAY, Shell, Unknown
from converters.schedules.date_programs import started
from converters.schedules.date_quotients import Quotient, quotients
from converters.schedules.fields import members
from converters.schedules.minutes import MINUTES_A_DAY
from converters.schedules.shell_words import Command, Leaf, Lookup
from converters.schedules.zones import Regime

# Names of tzdata that are UTC by definition, and POSIX's UTC0: no clock change can touch them.
UTC_NAMES = frozenset({"UTC", "UTC0", "Etc/UTC", "GMT", "Etc/GMT", "Zulu", "Universal", "Etc/Universal", "UCT"})
MOST_WALKED = 120_000
"""Runs of a test's text, one by one: five seconds or so. Nothing is claimed of a test that needs more."""
_TOO_MANY = "too many starts to be tried one by one"
Known = tuple[tuple[str, str], ...]
Outcome = frozenset[int]
NOTHING_RUNS: Outcome = frozenset()


@dataclass(frozen=True, slots=True)
class DateTest:
    """``texts`` are the conditions as they stand; ``known`` the variables of the crontab that the text may read.

    ``kind``: ``always`` (no date keeps the job from running), ``never`` (no date lets it), ``runs`` (the job runs or does not),
    ``partly`` (what it does differs, but something always runs or other parts run on other dates), ``unknown`` (it depends on
    the date and is not modelled).

    ``pause`` are the seconds that the text waits before it reads the clock, ``spread`` those it waits at random besides.
    """

    texts: tuple[str, ...]
    program: Command
    shells: tuple[Shell, ...] = ("dash",)
    known: Known = ()
    pause: float = 0
    spread: float = 0

    @property
    def kind(self) -> str:
        return _reading(self.program, self.shells, self.known).kind

    def runs_at(self, minute: int, offset_of: Callable[[str | None, int], int | None]) -> bool | None:
        """Whether the job runs when it starts at a UTC minute (since 1970); ``None`` where that is not known.

        ``offset_of(zone, minute)`` is the offset of a zone (``None``: the job's own) in minutes, ``None`` for one not known.
        """
        try:
            return bool(_outcome(self, at_minute(minute, offset_of)))
        except Unknown:
            return None

    @property
    def zones(self) -> frozenset[str | None]:
        """The zones whose date it asks for; ``None`` is the job's own."""
        return frozenset(zone for _, _, zone in _reading(self.program, self.shells, self.known).leaves)

    def passed(
        self,
        starts: Sequence[Starts],
        window: Window,
        regimes_of: Callable[[str | None], Sequence[Regime] | None],
        seconds: float = 0,
    ) -> list[Starts]:
        """The starts at which the job runs, where the text begins so many seconds later. ``regimes_of`` is as in `runs_at`.
        Raises `Unknown`."""
        behind = int(self.pause + seconds) // 60
        return later(_Passing(self, window, regimes_of).passed(later(starts, behind)), -behind)


@dataclass(frozen=True, slots=True)
class _Read:
    kind: str
    leaves: frozenset[Leaf]
    """Every leaf it asks for; empty with ``unknown``."""
    quotients: frozenset[Quotient] | None = None
    """How it divides the seconds since 1970; ``None`` where it sees each of them."""


def _outcome(test: DateTest, lookup: Lookup) -> Outcome:
    # /bin/sh may be one of several (BSD): only what all of them do counts.
    said = {started(test.program, shell, lookup, test.known) for shell in test.shells}
    if len(said) != 1:
        raise Unknown("shells differ")
    return said.pop()


@lru_cache(maxsize=1024)
def _reading(program: Command, shells: tuple[Shell, ...], known: Known) -> _Read:
    """What kind of test it is, from all days and all times of day."""
    test = DateTest((), program, shells, known)
    leaves: set[Leaf] = set()
    zones: list[str | None] = []

    def masks(leaf: Leaf) -> dict[int, int] | None:
        leaves.add(leaf)
        letter, shift, zone = leaf
        zones.append(zone)
        if letter in DAY_VALUES and zone != zones[0]:  # another zone may have another day
            return dict.fromkeys(day_masks(letter, shift), days.ALL_DAYS)
        if letter in _TIMES:
            return dict.fromkeys(range(_TIMES[letter]), days.ALL_DAYS)
        if letter == "s":
            return None
        if letter not in DAY_VALUES:
            raise Unknown("a time within the minute")
        return day_masks(letter, shift)

    try:
        found = set(outcomes(lambda lookup: _outcome(test, lookup), days.ALL_DAYS, masks))
    except TooMany:
        try:
            found = {_outcome(test, _noting(leaves, minute)) for minute in _sample(program)}
        except Unknown:
            return _Read("unknown", frozenset())
        if found == {NOTHING_RUNS}:
            # A sample shows what may be, and never what cannot: `[ $(date +%Y%m%d) -gt 20280101 ]` was false all through
            # the months that were looked at, and the job was said to run never.
            return _Read("runs", frozenset(leaves), quotients(program))
    except Unknown:
        return _Read("unknown", frozenset())
    working = [one for one in found if one]
    if len(found) == 1:
        return _Read("always" if working else "never", frozenset(leaves))
    kind = "runs" if len(working) == 1 else "partly"
    return _Read(kind, frozenset(leaves), quotients(program))


def _sample(program: Command) -> Iterator[int]:
    """Minutes that stand for all: 14 months from February 2025 on, and ten of each other year of 1970 to 2199; each time of
    day is met by a step prime to the day's length. Where a text names a date, that is the one that matters."""
    for named in _NAMED.findall(repr(program)):
        with suppress(ValueError):
            begins = days.day_number(date(*map(int, named))) * MINUTES_A_DAY
            yield from range(max(begins - MINUTES_A_DAY, 0), begins + 2 * MINUTES_A_DAY, 60)
    yield from range(29_000_000, 29_600_000, 151)
    yield from range(0, days.DAYS * MINUTES_A_DAY, 36 * MINUTES_A_DAY + 151)


_NAMED = re.compile(r"(?<!\d)(19[7-9]\d|2[01]\d\d)-?(\d\d)-?(\d\d)")


def _noting(leaves: set[Leaf], minute: int) -> Lookup:
    inner = at_minute(minute, lambda _zone, _minute: 0)

    def lookup(letter: str, shift: int, zone: str | None) -> int:
        leaves.add((letter, shift, zone))
        return inner(letter, shift, zone)

    return lookup


_TIMES = {"H": 24, "M": 60, NEAR_MIDNIGHT: 2}
"""Base values that follow from the minute of the day, and how many there are of each."""


def _time(letter: str, minute: int) -> int:
    if letter == NEAR_MIDNIGHT:
        # parse-datetime.y resolves a month's move by the offset in force now; only near midnight can that change the
        # date.
        return int(minute < 60 or minute >= MINUTES_A_DAY - 60)
    return minute // 60 if letter == "H" else minute % 60


def at_minute(minute: int, offset_of: Callable[[str | None, int], int | None]) -> Lookup:
    """The base values at one UTC minute. Seconds are given as those of the minute's begin."""

    def lookup(letter: str, shift: int, zone: str | None) -> int:
        if letter == "s":
            return minute * 60
        # GNU date moves a day by keeping the offset of now: it is 24 hours later, whatever the clocks do between
        # (parse-datetime.y: tm_isdst stays that of the start).
        then = minute + shift * MINUTES_A_DAY
        offset = offset_of(zone, then)
        if offset is None:
            raise Unknown(zone)
        day, of_day = divmod(then + offset, MINUTES_A_DAY)
        if letter in _TIMES:
            return _time(letter, of_day)
        if letter not in DAY_VALUES:
            raise Unknown("a time within the minute")
        return DAY_VALUES[letter](days.day_date(day))

    return lookup


@dataclass(frozen=True, slots=True)
class _Stretch:
    """UTC days (bits from the window's base) on which a UTC minute has this local minute, ``carry`` local days on."""

    days: int
    minute: int
    carry: int


class _Passing:
    """One test over one window: minutes of the day that see the same are looked at once."""

    def __init__(
        self, test: DateTest, window: Window, regimes_of: Callable[[str | None], Sequence[Regime] | None]
    ) -> None:
        self.test, self.window, self.regimes_of = test, window, regimes_of
        self.read = _reading(test.program, test.shells, test.known)
        if self.read.kind == "unknown":
            raise Unknown("it is not modelled")
        self.zones = {(shift, zone) for letter, shift, zone in self.read.leaves if letter != "s"}
        self.letters = {letter for letter, _, _ in self.read.leaves}
        self.known: dict[object, int] = {}
        self.walked = 0
        self.apart = 1
        """Minutes of the day that are asked about."""

    def passed(self, starts: Sequence[Starts]) -> list[Starts]:
        found: list[Starts] = []
        self.apart = len({minute for piece in starts for minute in members(piece.minutes)})
        for piece in starts:
            # Minutes that pass on the same days are one piece: the sets of a schedule stay products of days and
            # minutes.
            together: dict[int, int] = {}
            for minute in members(piece.minutes):
                kept = self.days_at(minute) & piece.days
                if kept:
                    together[kept] = together.get(kept, 0) | 1 << minute
            found += [Starts(kept, minutes, piece.times) for kept, minutes in together.items()]
        return found

    def days_at(self, minute: int) -> int:
        """The UTC days of the window on which a start at this UTC minute lets the job run."""
        stretches = {place: self._stretches(*place, minute) for place in self.zones}
        key: object = minute
        # Seconds since 1970 tell every minute apart, so nothing can be shared between minutes; but where they are only
        # divided by whole days, all minutes before the hour at which a day of theirs begins are one, and all behind it.
        divided = self.read.quotients or frozenset()
        if "s" not in self.letters or (divided and all(by % SECONDS_A_DAY == 0 for _, by in divided)):
            times = sorted(self.letters & set(_TIMES))
            key = (
                tuple((minute * 60 + added) // SECONDS_A_DAY for added, _ in sorted(divided)),
                tuple(
                    (place, one.days, one.carry, *(_time(letter, one.minute) for letter in times))
                    for place, parts in sorted(stretches.items(), key=lambda item: str(item[0]))
                    for one in parts
                ),
            )
        if key not in self.known:
            before = self.walked
            self.known[key] = self._days(minute, stretches)
            # Nothing is shared, so each other minute costs the same: what cannot be afforded is not begun.
            if key == minute and (self.walked - before) * self.apart > MOST_WALKED:
                raise Unknown(_TOO_MANY)
        return self.known[key]

    def _stretches(self, shift: int, zone: str | None, minute: int) -> list[_Stretch]:
        regimes = self.regimes_of(zone)
        if regimes is None:
            raise Unknown(zone)
        ahead, found = self.window.base + shift, []
        for index, regime in enumerate(regimes):
            # Rounded up: a regime that begins within the day begins to count with the first such minute at or after
            # it.
            first = -(-(regime.start - minute) // MINUTES_A_DAY) - ahead if index else 0
            last = (
                -(-(regimes[index + 1].start - minute) // MINUTES_A_DAY) - ahead if index + 1 < len(regimes) else None
            )
            bits = self.window.mask if last is None else (1 << max(last, 0)) - 1
            carry, local = divmod(minute + regime.offset, MINUTES_A_DAY)
            found.append(_Stretch(bits & self.window.mask & ~((1 << max(first, 0)) - 1), local, carry + shift))
        return found

    def _days(self, minute: int, stretches: Mapping[tuple[int, str | None], list[_Stretch]]) -> int:
        def masks(leaf: Leaf) -> dict[int, int] | None:
            letter, shift, zone = leaf
            if letter == "s":
                return self._instants(minute)
            named: dict[int, int] = {}
            for one in stretches[shift, zone]:
                if letter in _TIMES:
                    value = _time(letter, one.minute)
                    named[value] = named.get(value, 0) | one.days
                    continue
                for value, bits in day_masks(letter, 0).items():
                    # Local days are stored by local date; `carry` moves them to the UTC day on which the job starts.
                    local = self.window.relative(bits >> one.carry if one.carry >= 0 else bits << -one.carry)
                    if local & one.days:
                        named[value] = named.get(value, 0) | local & one.days
            return named

        try:
            return outcomes(self._passes, self.window.mask, masks).get(True, 0)
        except TooMany:
            return self._each_day(minute)

    def _instants(self, minute: int) -> dict[int, int] | None:
        """One instant in seconds for each combination of quotients -> the days on which this minute has it."""
        if self.read.quotients is None:
            return None
        first: dict[tuple[int, ...], int] = {}
        named: dict[int, int] = {}
        for day in members(self.window.mask):
            at = ((day + self.window.base) * MINUTES_A_DAY + minute) * 60
            # The seconds of a minute's begin: a program is started in its minute.
            one = first.setdefault(tuple((at + added) // by for added, by in self.read.quotients), at)
            named[one] = named.get(one, 0) | 1 << day
        return named

    def _each_day(self, minute: int) -> int:
        passing = 0
        for day in members(self.window.mask):
            at = (day + self.window.base) * MINUTES_A_DAY + minute
            if self._passes(at_minute(at, self._offset)):
                passing |= 1 << day
        return passing

    def _passes(self, lookup: Lookup) -> bool:
        # Each run of the text counts, also one that only finds out what is asked: seconds that are divided by a minute have
        # as many values as there are days, for each minute anew (`$(( $(date +%s) / 60 % 7 ))`).
        self.walked += 1
        if self.walked > MOST_WALKED:
            raise Unknown(_TOO_MANY)
        return bool(_outcome(self.test, lookup))

    def _offset(self, zone: str | None, minute: int) -> int | None:
        regimes = self.regimes_of(zone)
        if regimes is None:
            return None
        return next((one.offset for one in reversed(regimes) if one.start <= minute), regimes[0].offset)

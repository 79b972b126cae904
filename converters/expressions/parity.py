"""Runs before against runs after: an exact comparison of multisets, by sets.

Days on which the same pieces of both sides hold form a class; each class is compared once and counted by its days. Runs
that differ are paired in time order, up to six hours apart: a pair is *moved*, what is left is *lost* or *extra*.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from converters.schedules.daemon import Starts, Window
from converters.schedules.fields import members
from converters.schedules.minutes import MINUTES_A_DAY

# Farther than the clock changes in use (30 minutes to 2 hours), nearer than two runs of most jobs.
REACH = 360  # minutes: how far a run may move and still be called the same run


@dataclass(frozen=True, slots=True)
class Difference:
    """One run that differs, in UTC minutes since 1970: ``None`` where a side has none."""

    was: int | None
    is_: int | None


@dataclass(slots=True)
class Parity:
    """Counts of runs in the window. Unchanged runs are ``before - lost - moved`` and also ``after - extra - moved``."""

    before: int = 0
    after: int = 0
    lost: int = 0
    extra: int = 0
    moves: Counter[int] = field(default_factory=Counter)
    first_differences: list[Difference] = field(default_factory=list)

    @property
    def moved(self) -> int:
        return self.moves.total()

    @property
    def exact(self) -> bool:
        return not (self.lost or self.extra or self.moves)

    @property
    def damage(self) -> int:
        """Runs that are not where they were."""
        return self.lost + self.extra + self.moved


def count(starts: Iterable[Starts]) -> int:
    """How many runs these are."""
    return sum(days.bit_count() * minutes.bit_count() * times for days, minutes, times in starts)


def compare(
    before: Sequence[Starts], after: Sequence[Starts], window: Window, show: int = 5, known: Differing | None = None
) -> Parity:
    """Compare two sides over a window; ``show`` says how many first differences to name, ``known`` is what
    `cut_differences` found of these sides."""
    parity = Parity(before=count(before), after=count(after))
    differing, cut = known or cut_differences(before, after)
    if not differing:
        return parity
    if cut is None:
        _walk(parity, differing)
    else:
        for kind in differing:
            times = kind.days.bit_count()
            pairs = _pair(kind.events())
            for pair in pairs:
                _note(parity, pair, times)
    if show:
        parity.first_differences = first_differences(differing, window, cut or 0, show)
    return parity


@dataclass(frozen=True, slots=True)
class _Kind:
    """A class of days with one picture: the minutes (with multiplicity) that only one side has."""

    days: int
    lost: tuple[tuple[int, int], ...]
    extra: tuple[tuple[int, int], ...]

    def events(self, base: int = 0) -> list[tuple[int, int]]:
        """(minute, +1 lost or -1 extra), in time order."""
        found = [(base + minute, 1) for minute, times in self.lost for _ in range(times)]
        found += [(base + minute, -1) for minute, times in self.extra for _ in range(times)]
        found.sort()
        return found


Differing = tuple[list[_Kind], int | None]


def cut_differences(before: Sequence[Starts], after: Sequence[Starts]) -> Differing:
    """The classes of days on which the sides differ, days cut at a minute that no pair spans; ``None`` if there is none."""
    differing = _differences(before, after)
    cut = _cut_minute(differing) if differing else 0
    if cut:
        differing = _differences(_rotated(before, cut), _rotated(after, cut))
    return differing, cut


def _differences(before: Sequence[Starts], after: Sequence[Starts]) -> list[_Kind]:
    """The classes of days on which the sides differ."""
    classes: list[tuple[int, tuple[int, ...]]] = []
    pieces = [*before, *after]
    split = len(before)
    everything = 0
    for days, _, _ in pieces:
        everything |= days
    classes = [(everything, ())]
    for index, (days, _, _) in enumerate(pieces):
        refined = []
        for mask, inside in classes:
            both = mask & days
            if both:
                refined.append((both, (*inside, index)))
                rest = mask ^ both
                if rest:
                    refined.append((rest, inside))
            else:
                refined.append((mask, inside))
        classes = refined
    found = []
    for mask, inside in classes:
        lost, extra = _minutes_apart(
            [pieces[i] for i in inside if i < split], [pieces[i] for i in inside if i >= split]
        )
        if lost or extra:
            found.append(_Kind(mask, lost, extra))
    return found


_Minutes = tuple[tuple[int, int], ...]


def _minutes_apart(before: list[Starts], after: list[Starts]) -> tuple[_Minutes, _Minutes]:
    """Multiset difference of two unions of minutes, both ways."""
    was, was_plain = _union(before)
    now, now_plain = _union(after)
    # Nearly all classes: a set difference instead of a count of each minute.
    if was_plain and now_plain:
        if was == now:
            return (), ()
        return tuple((m, 1) for m in members(was & ~now)), tuple((m, 1) for m in members(now & ~was))
    counts: Counter[int] = Counter()
    for side, sign in ((before, 1), (after, -1)):
        for _, minutes, times in side:
            for minute in members(minutes):
                counts[minute] += sign * times
    lost = tuple(sorted((m, n) for m, n in counts.items() if n > 0))
    extra = tuple(sorted((m, -n) for m, n in counts.items() if n < 0))
    return lost, extra


def _union(pieces: list[Starts]) -> tuple[int, bool]:
    """The minutes of several pieces, and whether each occurs once only."""
    union = 0
    plain = True
    for _, minutes, times in pieces:
        plain = plain and times == 1 and not union & minutes
        union |= minutes
    return union, plain


def _pair(events: Iterable[tuple[int, int]]) -> Iterator[Difference]:
    """Pair lost and extra runs first come, first served, within reach: the most pairs there can be."""
    waiting: deque[tuple[int, int]] = deque()
    for minute, sign in events:
        # Events come in time order, so whoever waits longest leaves first; greedy in this order pairs most.
        while waiting and minute - waiting[0][0] > REACH:
            yield _single(*waiting.popleft())
        if waiting and waiting[0][1] != sign:
            other = waiting.popleft()[0]
            yield Difference(other, minute) if sign < 0 else Difference(minute, other)
        else:
            waiting.append((minute, sign))
    for minute, sign in waiting:
        yield _single(minute, sign)


def _single(minute: int, sign: int) -> Difference:
    return Difference(minute, None) if sign > 0 else Difference(None, minute)


def _note(parity: Parity, difference: Difference, times: int) -> None:
    if difference.is_ is None:
        parity.lost += times
    elif difference.was is None:
        parity.extra += times
    else:
        parity.moves[difference.is_ - difference.was] += times


def _cut_minute(differing: list[_Kind]) -> int | None:
    """A minute at which days can be cut so that no pair spans the cut, whatever class follows; ``None`` if there is none.

    The events of all classes are laid on one circle of 24 hours. Where two neighbours on it lie more than the reach
    apart, or no later neighbour within reach is of the other sign, nothing can pair across.
    """
    lost = sorted({minute for kind in differing for minute, _ in kind.lost})
    extra = sorted({minute for kind in differing for minute, _ in kind.extra})
    minutes = sorted({*lost, *extra})
    for minute in minutes:
        # The cut stands behind an event, so that it belongs to the day it closes.
        cut = minute + 1 if minute != minutes[-1] else 0
        if _separates(lost, extra, cut):
            return cut
    return None


def _separates(lost: list[int], extra: list[int], cut: int) -> bool:
    """Whether no lost and extra run within reach stand on the two sides of the cut."""
    if not lost or not extra:
        return True
    for ones, others in ((lost, extra), (extra, lost)):
        last = (ones[bisect_left(ones, cut) - 1] - cut) % MINUTES_A_DAY
        first = (others[bisect_left(others, cut) % len(others)] - cut) % MINUTES_A_DAY
        if first + MINUTES_A_DAY - last <= REACH:
            return False
    return True


def _rotated(starts: Sequence[Starts], cut: int) -> list[Starts]:
    """The same starts in days that begin at the minute ``cut``."""
    found = []
    low = (1 << cut) - 1
    for days, minutes, times in starts:
        early = minutes & low
        if early:
            found.append(Starts(days >> 1, early << (MINUTES_A_DAY - cut), times))
        late = minutes >> cut
        if late:
            found.append(Starts(days, late, times))
    return found


def _chronological(differing: list[_Kind]) -> Iterator[tuple[int, _Kind]]:
    """The days that differ, in order, each with its class."""
    remaining = [(kind.days, kind) for kind in differing]
    while remaining:
        day, position = min(((mask & -mask).bit_length() - 1, index) for index, (mask, _) in enumerate(remaining))
        mask, kind = remaining[position]
        yield day, kind
        mask &= mask - 1
        if mask:
            remaining[position] = (mask, kind)
        else:
            del remaining[position]


def _walk(parity: Parity, differing: list[_Kind]) -> None:
    """The slow way, where pairs span midnight wherever a day is cut.

    What waits for its other half at midnight is the state of a day; a day of one class turns one state into the next in one
    way only. States are sets of days: all of them are guessed to be empty and worked out anew from the day before, until
    nothing changes. What agrees with the day before everywhere is right, since the first day of each run of days is.
    """
    steps: dict[tuple[_State, int], tuple[list[Difference], _State]] = {}
    states: dict[_State, int] = {(): 0}
    for kind in differing:
        states[()] |= kind.days
    everything = states[()]
    # A day without differences in between: nothing can pair over it within six hours.
    first = everything & ~(everything << 1)
    while True:
        following: dict[_State, int] = {(): first}
        for state, index, days in _of_state(states, differing):
            key = state, index
            if key not in steps:
                steps[key] = _day(state, differing[index])
            left = steps[key][1]
            following[left] = following.get(left, 0) | days << 1 & everything
        following = {state: days for state, days in following.items() if days}
        if following == states:
            break
        states = following
    for state, index, days in _of_state(states, differing):
        pairs, left = steps[state, index]
        times, last = days.bit_count(), (days & ~(everything >> 1)).bit_count()
        for pair in pairs:
            _note(parity, pair, times)
        for waiting in left if last else ():
            _note(parity, _single(*waiting), last)


def _of_state(states: dict[_State, int], differing: list[_Kind]) -> Iterator[tuple[_State, int, int]]:
    """Each state with each class of days (by its index) that begins in it, and these days."""
    for state, days in states.items():
        for index, kind in enumerate(differing):
            both = days & kind.days
            if both:
                yield state, index, both


_State = tuple[tuple[int, int], ...]


def _day(state: _State, kind: _Kind) -> tuple[list[Difference], _State]:
    """One day from the events left over before it: the pairs made, and what still waits, seen from the next midnight."""
    paired = []
    left: list[tuple[int, int]] = []
    for pair in _pair([*state, *kind.events()]):
        lone = pair.was if pair.is_ is None else pair.is_ if pair.was is None else None
        # Only what lies within reach of midnight may still find its other half tomorrow.
        if lone is not None and lone > MINUTES_A_DAY - REACH - 1:
            left.append((lone - MINUTES_A_DAY, 1 if pair.is_ is None else -1))
        else:
            paired.append(pair)
    return paired, tuple(left)


def first_differences(differing: list[_Kind], window: Window, cut: int, show: int) -> list[Difference]:
    """The earliest runs that differ; a few days more than needed are looked at, so that pairs come out whole."""
    origin = window.base * MINUTES_A_DAY + cut
    events: list[tuple[int, int]] = []
    # A pair may need the day after the last one shown.
    for seen, (day, kind) in enumerate(_chronological(differing)):
        if seen > show and len(events) > 4 * show:
            break
        events += kind.events(day * MINUTES_A_DAY + origin)
    found = sorted(_pair(events), key=_when)
    return found[:show]


def lost_runs(before: Sequence[Starts], after: Sequence[Starts], most: int) -> list[int] | None:
    """The minutes (relative to the days' base) of runs that only the first side has; None where they are more than ``most``."""
    found: list[int] = []
    for kind in _differences(before, after):
        if len(found) + kind.days.bit_count() * len(kind.lost) > most:
            return None
        found += [day * MINUTES_A_DAY + minute for day in members(kind.days) for minute, _ in kind.lost]
    return sorted(found)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days in a row (of those that differ) with one picture: absolute first and last day, how many, how many runs differ on
    each of them, and the first of these differences on the first day."""

    first_day: int
    last_day: int
    days: int
    runs: int
    differences: tuple[Difference, ...]


def stretches(known: Differing, window: Window, until_day: int, show: int = 8) -> list[Stretch]:
    """Where two sides differ (`cut_differences`) up to (not including) an absolute day, folded so that a whole summer is one
    line; ``show`` says how many differences of a day to name."""
    differing, cut = known
    limit = (1 << max(until_day - window.base, 0)) - 1
    alike: dict[tuple[_Minutes, _Minutes], int] = {}
    for kind in differing:
        picture = kind.lost, kind.extra
        alike[picture] = alike.get(picture, 0) | kind.days & limit
    pictures = {picture: sorted(_pair(_Kind(0, *picture).events()), key=_when) for picture, on in alike.items() if on}
    left = {picture: on for picture, on in alike.items() if on}
    found: list[Stretch] = []
    while left:
        picture = min(left, key=lambda one: left[one] & -left[one])
        on = left.pop(picture)
        # Its days in a row end where the first day of another picture begins.
        until = min((days & -days for days in left.values()), default=limit + 1)
        row = on & until - 1
        if on ^ row:
            left[picture] = on ^ row
        first, last = ((row & -row).bit_length() - 1 + window.base, row.bit_length() - 1 + window.base)
        origin = first * MINUTES_A_DAY + (cut or 0)
        pairs = pictures[picture]
        shown = tuple(_moved(pair, origin) for pair in pairs[:show])
        found.append(Stretch(first, last, row.bit_count(), len(pairs), shown))
    return found


def _moved(pair: Difference, by: int) -> Difference:
    was, is_ = pair.was, pair.is_
    return Difference(was + by if was is not None else None, is_ + by if is_ is not None else None)


def _when(difference: Difference) -> int:
    return min(minute for minute in (difference.was, difference.is_) if minute is not None)

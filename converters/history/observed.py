"""Runs that were due against runs that were seen: matched with their lateness, missed, doubled, extra, or unknown.

The old side and the new side are compared alike; what differs is how late a run may be and still be the one that was due.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

EARLY = 5.0  # seconds before its minute that a run may be logged: clocks of host and log differ a little
CRON_REACH = 300.0  # seconds late: cron itself catches up at most five minutes, or ten seconds a caught-up minute
TWICE = 120.0  # seconds after its minute within which another start is the same run again, not a run of its own


@dataclass(frozen=True, slots=True)
class Seen:
    """A start, in seconds since 1970. ``other`` is its second reading in an hour that came twice; ``failed`` says how it
    ended where that is known to be badly; ``key`` is the caller's own number for it."""

    at: float
    other: float | None = None
    failed: str | None = None
    key: int = -1


@dataclass(slots=True)
class Comparison:
    """One side of one job. Minutes are UTC since 1970, other times seconds; ``matched`` holds (minute, seconds late).

    ``idle`` tasks were started to find nothing to do; ``astray`` are the extra ones that a guard should have stopped.
    """

    due: int = 0
    seen: int = 0
    matched: list[tuple[int, float]] = field(default_factory=list)
    missed: list[int] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    doubled: list[float] = field(default_factory=list)
    extra: list[float] = field(default_factory=list)
    failed: list[tuple[float, str]] = field(default_factory=list)
    idle: int = 0
    astray: list[float] = field(default_factory=list)

    @property
    def late(self) -> dict[str, float] | None:
        """Lateness in seconds: p50, p95 and max; ``None`` where nothing was matched."""
        return percentiles([late for _, late in self.matched])


def percentiles(values: Sequence[float]) -> dict[str, float] | None:
    """p50, p95 (nearest rank) and max, rounded to tenths."""
    if not values:
        return None
    ordered = sorted(values)

    def rank(share: float) -> float:
        return round(ordered[max(0, -int(-share * len(ordered) // 1) - 1)], 1)

    return {"p50": rank(0.5), "p95": rank(0.95), "max": round(ordered[-1], 1)}


@dataclass(frozen=True, slots=True)
class Pairing:
    """Positions of the slots and starts that belong together, and what is left of both."""

    pairs: tuple[tuple[int, int], ...]
    free_slots: tuple[int, ...]
    free_starts: tuple[int, ...]


def pair(slots: Sequence[int], starts: Sequence[float], reach: float) -> Pairing:
    """Pair due minutes (a minute may stand several times) with starts, both in order.

    A start belongs to the last slot before it (or up to `EARLY` after it); where that one is taken, to the nearest free
    slot before that, at most ``reach`` seconds back.
    """
    owner: dict[int, int] = {}
    left = []
    for number, at in enumerate(starts):
        last = bisect_right(slots, (at + EARLY) / 60) - 1
        if last < 0 or at - slots[last] * 60 > reach:
            left.append(number)
            continue
        first = bisect_left(slots, slots[last])
        free = next((place for place in range(first, last + 1) if place not in owner), None)
        if free is None:
            left.append(number)
        else:
            owner[free] = number
    rest = []
    for number in left:
        back = _free_before(slots, owner, starts[number], reach)
        if back is None:
            rest.append(number)
        else:
            owner[back] = number
    free_slots = tuple(place for place in range(len(slots)) if place not in owner)
    return Pairing(tuple(sorted(owner.items())), free_slots, tuple(rest))


def _free_before(slots: Sequence[int], owner: Mapping[int, int], at: float, reach: float) -> int | None:
    place = bisect_right(slots, (at + EARLY) / 60) - 1
    while place >= 0 and at - slots[place] * 60 <= reach:
        if place not in owner:
            return place
        place -= 1
    return None


def compare(
    slots: Sequence[int],
    starts: Sequence[Seen],
    *,
    reach: float,
    unknown: Sequence[tuple[float, float]] = (),
) -> Comparison:
    """Compare what was due with what was seen. ``unknown`` are spans (seconds) of which nothing is known: what was due in
    them and not seen is neither missed nor run."""
    ordered = resolved(slots, starts)
    times = [one.at for one in ordered]
    pairing = pair(slots, times, reach)
    dark = merged(unknown)
    found = Comparison(due=len(slots), seen=len(starts))
    found.matched = [(slots[slot], times[start] - slots[slot] * 60) for slot, start in pairing.pairs]
    for slot in pairing.free_slots:
        minute = slots[slot]
        (found.unknown if within(minute * 60, dark) else found.missed).append(minute)
    for start in pairing.free_starts:
        last = bisect_right(slots, (times[start] + EARLY) / 60) - 1
        again = last >= 0 and times[start] - slots[last] * 60 <= TWICE
        (found.doubled if again else found.extra).append(times[start])
    found.failed = [(one.at, one.failed) for one in ordered if one.failed is not None]
    return found


def merged(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The same spans in order, none touching another."""
    found: list[tuple[float, float]] = []
    for first, until in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], until)
        else:
            found.append((first, until))
    return found


def within(at: float, spans: Sequence[tuple[float, float]]) -> bool:
    """Whether an instant lies in one of these spans ``[first, until)``, which are `merged`."""
    place = bisect_right(spans, (at, float("inf"))) - 1
    return place >= 0 and spans[place][0] <= at < spans[place][1]


def resolved(slots: Sequence[int], starts: Sequence[Seen]) -> list[Seen]:
    """The starts in order; one that may have been in either pass of an hour goes where a run was due and none is yet."""
    wanted = Counter(slots)
    chosen = []
    for one in sorted(starts, key=lambda seen: seen.at):
        if one.other is not None:
            first, second = (int((at + EARLY) // 60) for at in (one.at, one.other))
            if wanted[first] <= 0 < wanted[second]:
                one = replace(one, at=one.other, other=None)  # noqa: PLW2901
        minute = int((one.at + EARLY) // 60)
        wanted[minute] -= 1
        chosen.append(one)
    return sorted(chosen, key=lambda seen: seen.at)


def share_out(dues: Mapping[str, Sequence[int]], starts: Sequence[Seen], reach: float) -> dict[str, list[Seen]]:
    """Starts that several jobs may have made, given to the job that was due; what nobody was due for, to the nearest.

    Where more than one was due in the same minute, they are given in the order of ``dues``.
    """
    slots = sorted((minute, job) for job, minutes in dues.items() for minute in minutes)
    minutes = [minute for minute, _ in slots]
    ordered = resolved(minutes, starts)
    pairing = pair(minutes, [one.at for one in ordered], reach)
    found: dict[str, list[Seen]] = {job: [] for job in dues}
    for slot, start in pairing.pairs:
        found[slots[slot][1]].append(ordered[start])
    fallback = next(iter(dues))
    for start in pairing.free_starts:
        last = bisect_right(minutes, (ordered[start].at + EARLY) / 60) - 1
        found[slots[last][1] if last >= 0 else fallback].append(ordered[start])
    return {job: sorted(runs, key=lambda seen: seen.at) for job, runs in found.items()}


def streaks(due: Sequence[int], missing: Sequence[int]) -> list[list[int]]:
    """Missing minutes that follow each other among the due ones, each row of them as a list."""
    gone = set(missing)
    return [list(row) for absent, row in groupby(sorted(set(due)), key=lambda minute: minute in gone) if absent]

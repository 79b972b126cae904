"""Locks in time: which runs a lock skips on AWS, where it is held while a task starts, and which it skipped under cron.

A workflow takes the lock first and starts its task then, so every run holds the lock for the time Fargate needs to provision
and to pull, beyond the run itself. ``* * * * * flock -w 10 L job`` of 50 s is one run a minute under cron, and every other
one on AWS; each of the others ends well, in a state named ``Skipped …``. Starts are proven elsewhere; this is about runs.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from math import ceil

from converters.expressions.left_tests import START_SECONDS
from converters.workflows.locks import SHORTEST_WAIT

MINUTES_A_DAY = 1440
RUN_SECONDS = 50
"""How long a run takes, where no log tells: as good as a minute, since a shorter guess would hide what a minute shows."""
MOST_EVENTS = 200_000


@dataclass(frozen=True, slots=True)
class Contender:
    """A job that takes a lock: its starts under cron and on AWS (UTC minutes, in order), how long it waits for the lock
    (seconds, None without bound), and how long a run takes."""

    name: str
    before: Sequence[int]
    after: Sequence[int]
    wait: float | None = 0
    shared: bool = False
    seconds: float = RUN_SECONDS
    measured: bool = False


@dataclass(frozen=True, slots=True)
class Skips:
    """Of one job: the most runs that the lock skips in a day (UTC), under cron and on AWS, and the longest wait there."""

    before: int
    after: int
    waited: float


def skips(contenders: Sequence[Contender], start_seconds: float = START_SECONDS) -> dict[str, Skips]:
    """What one lock does to each of the jobs that take it."""
    was = _simulated([(one, one.before) for one in contenders], 0)
    now = _simulated([(one, one.after) for one in contenders], start_seconds)
    return {one.name: Skips(was[one.name][0], *now[one.name]) for one in contenders}


def _simulated(jobs: Sequence[tuple[Contender, Sequence[int]]], start_seconds: float) -> dict[str, tuple[int, float]]:
    order = count()
    events = [(minute * 60.0, next(order), index, minute * 60.0) for index, (_, at) in enumerate(jobs) for minute in at]
    heapq.heapify(events)
    holders: list[tuple[float, bool]] = []
    skipped: Counter[tuple[str, int]] = Counter()
    waited: Counter[str] = Counter()
    # A bound for what no real table reaches.
    for _ in range(MOST_EVENTS):
        if not events:
            break
        now, _, index, begun = heapq.heappop(events)
        one = jobs[index][0]
        # A lease ends with its run: whoever ended by now is no holder.
        holders = [holder for holder in holders if holder[0] > now]
        # flock -s: readers share.
        if not holders or (one.shared and all(shared for _, shared in holders)):
            holders.append((now + start_seconds + one.seconds, one.shared))
            waited[one.name] = max(waited[one.name], ceil(now - begun))
        elif one.wait is not None and now - begun >= one.wait:
            skipped[one.name, int(begun) // 60 // MINUTES_A_DAY] += 1
        else:
            free = min(end for end, _ in holders)
            again = _next_look(now, begun, one.wait, free, polls=start_seconds > 0)
            heapq.heappush(events, (again, next(order), index, begun))
    return {one.name: (max(_days(skipped, one.name), default=0), waited[one.name]) for one, _ in jobs}


def _next_look(now: float, begun: float, wait: float | None, free: float, *, polls: bool) -> float:
    """When a run that waits looks again: a workflow by its own pauses, the kernel and a wait without bound as it is free."""
    # flock without -w sleeps in the kernel and is woken.
    if wait is None:
        return free
    pause = max(SHORTEST_WAIT, ceil((now - begun) / 50)) if polls else free - now
    return min(now + pause, max(begun + wait, now + 1))


def _days(skipped: Counter[tuple[str, int]], name: str) -> Iterator[int]:
    return (times for (of, _), times in skipped.items() if of == name)

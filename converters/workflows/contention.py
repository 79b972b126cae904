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
from functools import lru_cache
from itertools import count
from math import ceil

from converters.expressions.left_tests import START_SECONDS
from converters.specs.wishes import FOREVER, Lock
from converters.workflows.lock_items import Item, Met, meets, taken
from converters.workflows.locks import SHORTEST_WAIT

MINUTES_A_DAY = 1440
RUN_SECONDS = 50
"""How long a run takes, where no log tells: as good as a minute, since a shorter guess would hide what a minute shows."""
MOST_EVENTS = 200_000


@dataclass(frozen=True, slots=True)
class Contender:
    """A job that takes a lock: its starts under cron and on AWS (UTC minutes, in order), how long it waits for the lock
    (seconds, None without bound), how long a run takes, how long its task takes to start, and how many runs may hold it at
    once on AWS (no crontab asks for more than one)."""

    name: str
    before: Sequence[int]
    after: Sequence[int]
    wait: float | None = 0
    shared: bool = False
    seconds: float = RUN_SECONDS
    measured: bool = False
    start_seconds: float = START_SECONDS
    runs: int = 1


@dataclass(frozen=True, slots=True)
class Skips:
    """Of one job: the most runs that the lock skips in a day (UTC), under cron and on AWS, and the longest wait there."""

    before: int
    after: int
    waited: float


def skips(contenders: Sequence[Contender]) -> dict[str, Skips]:
    """What one lock does to each of the jobs that take it."""
    was = _simulated([(one, one.before) for one in contenders], _Kernel())
    now = _simulated([(one, one.after) for one in contenders], _Lease())
    return {one.name: Skips(was[one.name][0], *now[one.name]) for one in contenders}


class _Kernel:
    """flock(2) on the host: held from the first word to the last, and whoever waits is woken."""

    def __init__(self) -> None:
        self.holders: dict[str, tuple[float, bool]] = {}

    def meets(self, one: Contender, run: str, now: float, waited: float) -> Met:
        """What a run of a job does that comes now; it holds the lock where it runs."""
        self.holders = {name: held for name, held in self.holders.items() if held[0] > now}
        # flock -s: readers share.
        if not self.holders or (one.shared and all(shared for _, shared in self.holders.values())):
            self.holders[run] = now + one.seconds, one.shared
            return "runs"
        return "lock taken" if one.wait is not None and waited >= one.wait else "waits"

    def free(self) -> float:
        """When the first of its holders ends."""
        return min(end for end, _ in self.holders.values())

    def next_look(self, one: Contender, now: float, begun: float) -> float:
        """When a run that waits looks again."""
        free = self.free()
        # flock without -w sleeps in the kernel and is woken.
        return free if one.wait is None else min(free, max(begun + one.wait, now + 1))


class _Lease:
    """The item of the lock table: held while the task starts, too, and looked at now and then by whoever waits."""

    def __init__(self) -> None:
        self.item: Item | None = None
        self.ends: dict[str, float] = {}

    def meets(self, one: Contender, run: str, now: float, waited: float) -> Met:
        """The same by the item, as a single start is foretold (`meets` of `lock_items`)."""
        for name in [name for name, end in self.ends.items() if end <= now]:
            del self.ends[name]
            self.item = self.item.left_by(name) if self.item is not None else None
        wish = _wish(one.wait, one.shared, one.runs)
        met, _states = meets(wish, self.item, now, _LEASE, waited)
        if met == "runs":
            self.item = taken(self.item, wish, run, now, _LEASE)
            self.ends[run] = now + one.start_seconds + one.seconds
        return met

    def next_look(self, one: Contender, now: float, begun: float) -> float:
        """When a workflow that waits looks again: by its own pauses; one without bound as it is free, for speed."""
        if one.wait is None:
            return min(self.ends.values())
        return min(now + max(SHORTEST_WAIT, ceil((now - begun) / 50)), max(begun + one.wait, now + 1))


# Longer than any run: a lease that ends before its run is told elsewhere.
_LEASE = 30.0 * 86_400


@lru_cache(maxsize=1024)
def _wish(wait: float | None, shared: bool, runs: int) -> Lock:
    bound = FOREVER if wait is None else ceil(wait)
    return Lock.model_construct(name="", wait=bound, shared=shared, runs=runs, lease=None)


def _simulated(jobs: Sequence[tuple[Contender, Sequence[int]]], lock: _Kernel | _Lease) -> dict[str, tuple[int, float]]:
    order = count()
    events = [(minute * 60.0, next(order), index, minute * 60.0) for index, (_, at) in enumerate(jobs) for minute in at]
    heapq.heapify(events)
    skipped: Counter[tuple[str, int]] = Counter()
    waited: Counter[str] = Counter()
    # A bound for what no real table reaches.
    for _ in range(MOST_EVENTS):
        if not events:
            break
        now, number, index, begun = heapq.heappop(events)
        one = jobs[index][0]
        met = lock.meets(one, str(number), now, now - begun)
        if met == "runs":
            waited[one.name] = max(waited[one.name], ceil(now - begun))
        elif met == "lock taken":
            skipped[one.name, int(begun) // 60 // MINUTES_A_DAY] += 1
        else:
            heapq.heappush(events, (lock.next_look(one, now, begun), next(order), index, begun))
    return {one.name: (max(_days(skipped, one.name), default=0), waited[one.name]) for one, _ in jobs}


def _days(skipped: Counter[tuple[str, int]], name: str) -> Iterator[int]:
    return (times for (of, _), times in skipped.items() if of == name)

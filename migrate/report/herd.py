"""The herd: how many tasks start in one minute, and how much of the account's vCPU quota runs at once.

Numbers for all 1,440 minutes of a day are held in binary, one integer for each binary digit (bit *m* of ``planes[k]`` is the
digit 2**k of minute *m*). So one addition serves a whole day, and every day of a year is looked at, not a sample.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from converters.schedules.minutes import MINUTES_A_DAY
from converters.schedules.planes import Planes, add, larger, numbers, rotated
from migrate.report.starts import Fleet, spans

BURST = 100
# AWS Fargate throttling quotas: on-demand tasks, burst rate 100, refill rate 20 a second.
RATE = 20
# Service quotas of AWS Fargate: "On-Demand vCPU resource count", 6 for a new account; it is raised on demand.
QUOTA_VCPU = 6.0
"""Fargate launches 100 tasks at once, then 20 a second; 6 vCPU at once is the default quota (facts 2)."""
QUARTER = 256
"""CPU units of the smallest task: vCPU is counted in quarters."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one job puts on the account: tasks at each start, CPU units of each, and the minutes it runs for."""

    tasks: int = 1
    cpu: int = QUARTER
    minutes: int = 2


@dataclass(frozen=True, slots=True)
class Busy:
    """One minute of the day (local) at its worst: tasks started, who starts them, and on how many days of the year."""

    minute: int
    tasks: int
    vcpu: float
    jobs: tuple[str, ...]
    days: int


@dataclass(frozen=True, slots=True)
class Herd:
    """The worst of the year for each minute of the local day; ``busiest`` are the minutes with the most starts."""

    started: tuple[int, ...]
    vcpu: tuple[float, ...]
    busiest: tuple[Busy, ...]

    @property
    def most(self) -> int:
        return max(self.started, default=0)

    @property
    def most_vcpu(self) -> float:
        return max(self.vcpu, default=0.0)

    @property
    def launch_seconds(self) -> float:
        """Seconds until the last task of the busiest minute is launched, beyond the burst."""
        return max(0, self.most - BURST) / RATE


@dataclass(frozen=True, slots=True)
class _Kind:
    """Days on which the same pieces start, at one offset of the zone."""

    days: int
    offset: int
    pieces: tuple[int, ...]


def herd(fleet: Fleet, loads: Mapping[str, Load], shown: int = 6) -> Herd:
    """Of the new schedule, over the year that pictures show; jobs without a load count as one smallest task."""
    pieces = _together(fleet, loads)
    kinds = _kinds(fleet, [piece.days for piece in pieces])
    worst_tasks: Planes = []
    worst_cpu: Planes = []
    for kind in kinds:
        # By kinds of days: 365 days have some dozen distinct sets of jobs, and only those are added up.
        tasks: Planes = []
        cpu: Planes = []
        for index in kind.pieces:
            piece = pieces[index]
            minutes = rotated(piece.minutes, kind.offset)
            add(tasks, minutes, piece.tasks)
            # Each minute in which it runs, not only the first: the quota is on what runs at once.
            for later in range(piece.lasts):
                add(cpu, rotated(minutes, later), piece.quarters)
        worst_tasks = larger(worst_tasks, tasks)
        worst_cpu = larger(worst_cpu, cpu)
    started = numbers(worst_tasks)
    vcpu = tuple(number * QUARTER / 1024 for number in numbers(worst_cpu))
    return Herd(started, vcpu, _busiest(started, vcpu, kinds, pieces, shown))


@dataclass(slots=True)
class _Piece:
    """Starts of all jobs on the same days at the same minutes that run equally long."""

    days: int
    minutes: int
    lasts: int
    tasks: int = 0
    quarters: int = 0
    names: list[str] = field(default_factory=list)


def _together(fleet: Fleet, loads: Mapping[str, Load]) -> list[_Piece]:
    found: dict[tuple[int, int, int], _Piece] = {}
    for runs in fleet.runs:
        name = runs.job.name
        load = loads.get(name, Load())
        # A job that runs for more than a day is there in every minute.
        lasts = min(load.minutes, MINUTES_A_DAY)
        for days, minutes, times in runs.after:
            piece = found.setdefault((days, minutes, lasts), _Piece(days, minutes, lasts))
            piece.tasks += times * load.tasks
            piece.quarters += -(-times * load.tasks * load.cpu // QUARTER)
            piece.names.append(name)
    return list(found.values())


def _kinds(fleet: Fleet, pieces: Sequence[int]) -> list[_Kind]:
    first, until = fleet.year()
    base = fleet.window.base
    by_offset: dict[int, int] = defaultdict(int)
    regimes = fleet.regimes
    for index, regime in enumerate(regimes):
        end = regimes[index + 1].start if index + 1 < len(regimes) else until
        # A day with a clock change counts to the season it begins in: only the label of its minutes depends on it.
        low, high = max(regime.start, first), min(end, until)
        for some_days, some_minutes in spans(low, high, base):
            # Midnight UTC of a day says which season it begins in.
            if some_minutes & 1:
                by_offset[regime.offset] |= some_days
    classes: list[tuple[int, int, tuple[int, ...]]] = [(mask, offset, ()) for offset, mask in by_offset.items()]
    for index, days in enumerate(pieces):
        refined = []
        for mask, offset, inside in classes:
            both = mask & days
            # Days are split at each piece: afterwards all days of one class start the same jobs.
            if both:
                refined.append((both, offset, (*inside, index)))
            if mask ^ both:
                refined.append((mask ^ both, offset, inside))
        classes = refined
    return [_Kind(*one) for one in classes if one[2]]


def _busiest(
    started: Sequence[int],
    vcpu: Sequence[float],
    kinds: Sequence[_Kind],
    pieces: Sequence[_Piece],
    shown: int,
) -> tuple[Busy, ...]:
    order = sorted((minute for minute in range(len(started)) if started[minute]), key=lambda m: (-started[m], m))
    found = []
    for minute in order[:shown]:
        days = 0
        names: list[str] = []
        for kind in kinds:
            bit = 1 << (minute - kind.offset) % MINUTES_A_DAY
            due = [pieces[index] for index in kind.pieces if pieces[index].minutes & bit]
            # Only kinds in which this minute really is at its worst.
            if sum(piece.tasks for piece in due) == started[minute]:
                days += kind.days.bit_count()
                names = names or sorted({name for piece in due for name in piece.names})
        found.append(Busy(minute, started[minute], vcpu[minute], tuple(names), days))
    return tuple(found)

"""The most starts that the schedules of an environment make in one minute and in one hour, over the days of a window.

Minutes and hours are those of the clock in UTC. A rate of several minutes has a phase that nobody knows before it is made, so
it counts in each of them as often as it may: the answer is never too low for it. What runs after another job has no time of
its own and is not counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from converters.artefact.registered import Registered
from converters.expressions.artefact import Artefact
from converters.expressions.eventbridge import ExpressionError, Rate
from converters.expressions.guards import GuardError
from converters.schedules.minutes import MINUTES_A_DAY
from converters.schedules.planes import Planes, add, numbers
from converters.workflows.machine import needs_machine

if TYPE_CHECKING:
    from converters.schedules.daemon import Starts, Window
    from converters.specs.model import Spec
    from converters.workflows.followers import Follower


@dataclass(frozen=True, slots=True)
class Peak:
    """The busiest span: how many starts, its first minute (UTC, since 1970), the first time it comes, and who starts then."""

    starts: int
    at: int
    jobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Peaks:
    """``uncounted`` are jobs that run after others, and those whose schedule cannot be read."""

    minute: Peak
    hour: Peak
    uncounted: tuple[str, ...] = ()


@dataclass(slots=True)
class _Made:
    """Starts of all jobs: by their days, and those of rates that may be in any minute."""

    pieces: list[tuple[str, Starts, int]] = field(default_factory=list)
    anywhere: list[tuple[str, int, int]] = field(default_factory=list)


def peaks(specs: Iterable[Spec], window: Window, followers: Mapping[str, Sequence[Follower]] | None = None) -> Peaks:
    """Of these jobs; each start counts as many tasks as it makes. A workflow asks the guard before it starts a task; a plain
    task is started and asks it then."""
    made, uncounted = _Made(), []
    for spec in specs:
        if spec.after:
            uncounted.append(spec.name)
        elif not spec.service:
            try:
                _add(made, spec, window, needs_machine(spec, (followers or {}).get(spec.name, ())))
            except (GuardError, ExpressionError):
                uncounted.append(spec.name)
    minute, hour = _busiest(made, window)
    return Peaks(minute, hour, tuple(uncounted))


def _add(made: _Made, spec: Spec, window: Window, workflow: bool) -> None:
    registered = Registered.of(spec)
    schedule, tasks = registered.schedule, registered.tasks
    known = []
    for one in schedule.expressions:
        step = one.minutes if isinstance(one, Rate) else 1
        if step > 1:
            made.anywhere.append((spec.name, tasks, -(-60 // step) * tasks))
        else:
            known.append(one)
    counted = Artefact(tuple(known), schedule.zone, schedule.guard)
    for start in counted.runs(window) if workflow else counted.fired(window):
        made.pieces.append((spec.name, start, start.times * tasks))


def _busiest(made: _Made, window: Window) -> tuple[Peak, Peak]:
    by_days: defaultdict[int, list[int]] = defaultdict(list)
    for index, (_, start, _) in enumerate(made.pieces):
        by_days[start.days].append(index)
    # Days on which the same pieces start are one class: a year of days costs a handful of sums.
    classes: dict[tuple[int, ...], int] = {}
    first, last = window.first // MINUTES_A_DAY - window.base, (window.until - 1) // MINUTES_A_DAY - window.base
    for day in range(first, last + 1):
        key = tuple(at for at, days in enumerate(by_days) if days >> day & 1)
        classes.setdefault(key, day)
    groups = list(by_days.values())
    minute, hour = (0, 0), (0, 0)
    for key, day in classes.items():
        planes: Planes = []
        for group in key:
            for index in groups[group]:
                _, start, weight = made.pieces[index]
                add(planes, start.minutes, weight)
        counts = numbers(planes)
        base = (day + window.base) * MINUTES_A_DAY
        most = max(counts)
        if most > minute[0]:
            minute = most, base + counts.index(most)
        hours = [sum(counts[at : at + 60]) for at in range(0, MINUTES_A_DAY, 60)]
        if max(hours) > hour[0]:
            hour = max(hours), base + 60 * hours.index(max(hours))
    return _peak(made, window, minute, 1), _peak(made, window, hour, 60)


def _peak(made: _Made, window: Window, found: tuple[int, int], span: int) -> Peak:
    most, at = found
    at = at or window.first - window.first % span
    day, begin = divmod(at, MINUTES_A_DAY)
    mask = ((1 << span) - 1) << begin
    names: defaultdict[str, int] = defaultdict(int)
    for name, start, weight in made.pieces:
        if start.days >> (day - window.base) & 1:
            names[name] += weight * (start.minutes & mask).bit_count()
    for name, of_minute, of_hour in made.anywhere:
        names[name] += of_minute if span == 1 else of_hour
    most += sum(of_minute if span == 1 else of_hour for _, of_minute, of_hour in made.anywhere)
    return Peak(most, at, tuple(sorted((name for name in names if names[name]), key=lambda one: (-names[one], one))))

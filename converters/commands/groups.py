"""Jobs that belong together: those of one lock, lines that are one job, and jobs that seem to wait for each other.

Crontabs express order by guessing how long the first job takes; that is found here as a suggestion, for a person to confirm.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from converters.commands.command import Understanding, twins
from converters.commands.work import Work
from converters.schedules.fields import members
from converters.schedules.schedule import Schedule, Special

NEAR = 60
"""Minutes between two starts within which the second may be waiting for the first."""


@dataclass(frozen=True, slots=True)
class Member:
    """A job as its groups see it. ``table`` is where it stands: order is not guessed across tables. ``lock`` is the name on
    AWS of the lock that it takes."""

    name: str
    table: str
    lock: str | None
    user: str | None
    schedule: Schedule | Special
    command: str
    work: Work


def lock_groups(jobs: Sequence[Member]) -> list[tuple[str, list[str]]]:
    """(lock, jobs) for each lock that more than one job takes."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for job in jobs:
        if job.lock is not None:
            found[job.lock].append(job.name)
    return [(lock, names) for lock, names in found.items() if len(names) > 1]


def twin_groups(jobs: Sequence[Member]) -> list[tuple[list[str], list[float]]]:
    """(jobs, seconds after the minute) for lines that differ only by a pause in front."""
    tables: defaultdict[str, list[Member]] = defaultdict(list)
    for job in jobs:
        tables[job.table].append(job)
    found = []
    for table in tables.values():
        if any("sleep" in job.command for job in table):
            for group in twins([(job.schedule.text, job.user, job.command) for job in table]):
                found.append(([table[index].name for index in group.lines], list(group.offsets)))
    return found


def orders(jobs: Sequence[Member]) -> list[tuple[str, str, str]]:
    """(job, the job before it, why) for pairs that look like an order written as times."""
    found: dict[str, tuple[str, str, str]] = {}
    for first, second, minutes in _neighbours(jobs):
        why = _why(first, second)
        if why is not None and second.name not in found:
            found[second.name] = (second.name, first.name, f"{why}, and it starts {minutes} min later on the same days")
    return list(found.values())


def _neighbours(jobs: Sequence[Member]) -> Iterator[tuple[Member, Member, int]]:
    """Jobs of one table and user that start within the hour after one another, once a day, on the same days."""
    days: defaultdict[tuple[object, ...], list[tuple[int, Member]]] = defaultdict(list)
    for job in jobs:
        schedule = job.schedule
        if isinstance(schedule, Schedule) and schedule.minutes_of_day.bit_count() == 1:
            key = (job.table, job.user, *schedule.key[2:6], schedule.dates)
            days[key].append((next(members(schedule.minutes_of_day)), job))
    for group in days.values():
        group.sort(key=lambda pair: pair[0])
        for (earlier, first), (later, second) in pairwise(group):
            if 0 < later - earlier <= NEAR:
                yield first, second, later - earlier


def _why(one: Member, other: Member) -> str | None:
    first, second = one.work.understanding, other.work.understanding
    written = {output.target for output in first.outputs if output.kind in ("file", "append", "tee")}
    read = {need.name for need in second.dependencies}
    if written & read:
        return f"it reads `{min(written & read)}`, which the other writes"
    shared = {n.name for n in first.dependencies if n.kind == "state"} & {
        n.name for n in second.dependencies if n.kind == "state"
    }
    if shared:
        return f"both use `{min(shared)}`"
    if first.lock is not None and second.lock is not None and one.lock == other.lock:
        return f"both take the lock `{first.lock.name}`"
    place = _application(first)
    if place is not None and place == _application(second):
        return f"both belong to `{place}`"
    return None


def _application(found: Understanding) -> str | None:
    """The directory of the application that a command belongs to."""
    if found.working_directory is not None:
        return found.working_directory
    program = found.argv[0] if found.argv else ""
    return (
        posixpath.dirname(program) if program.startswith(("/opt/", "/srv/", "/home/", "/var/www/", "/app/")) else None
    )

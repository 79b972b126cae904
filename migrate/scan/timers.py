"""A timer of systemd among the jobs of a scan: what its unit asks beside its text, and whose it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath

from converters.artefact.origin import timer_line
from converters.commands.idioms.wishes import SOURCED, Delay, Dependency, Lock, TimeLimit
from converters.commands.work import Work
from converters.commands.work_findings import endless
from converters.hosts.package_jobs import package_of_timer
from converters.hosts.packages import Owner
from converters.tables.crontab import Entry, Line
from converters.tables.services import Service
from converters.tables.timers import Timer, spread
from migrate.sources import Source


def with_unit(work: Work, timer: Timer, service: Service) -> Work:
    """The work with what systemd does for the unit: one run at a time, a limit, a random delay, files of variables."""
    found = work.understanding
    limit, wait = service.limit, spread(timer.unit)
    own = Lock("systemd", service.name, "skip")
    understanding = replace(
        found,
        # A unit that is active is not started again: the timer's start is lost (systemd.timer(5)).
        lock=found.lock or own,
        timeout=found.timeout or (TimeLimit(limit.seconds, limit.kill_after) if limit is not None else None),
        delay=found.delay or (Delay("random", wait) if wait else None),
        dependencies=(*found.dependencies, *(Dependency(SOURCED, one.path, "systemd") for one in service.files)),
    )
    # A lease must end some time, as for any other lock.
    more = () if understanding.timeout is not None or found.lock is not None else (endless(own),)
    return replace(work, understanding=understanding, findings=(*work.findings, *more))


def told_line(source: Source, line: Line, entry: Entry) -> str:
    """The line of a job as people are shown it; a timer's times and text stand in several files."""
    if source.kind != "timer":
        return line.text
    return timer_line(entry.schedule.text, entry.raw_command)


def owner_of_timer(source: Source) -> tuple[str, Owner] | None:
    """The package that such a timer comes with on every distribution, where no database of the host tells it."""
    if source.timer is None:
        return None
    package = package_of_timer(source.timer.unit.name)
    return (PurePath(source.path).name, Owner(package)) if package is not None else None

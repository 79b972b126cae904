"""What else a server starts at its times, and no crontab holds: timers of systemd, which become jobs, and the jobs that wait in
at's queue. Timers that do not run, and those that cannot be read whole, are named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from converters.findings.few import counted
from converters.hosts.package_jobs import package_of_timer
from converters.tables.timers import Timer, starts, times_of
from converters.tables.units import Unit, UnitText
from migrate.machine.rooted import Place, Tree
from migrate.sources.model import Skipped
from migrate.sources.units import PLACES, Units, template_of

_QUEUES = ("var/spool/cron/atjobs", "var/spool/at", "var/at/jobs")
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class MetTimer:
    """A timer that runs, where its file stands on this machine; ``data`` are the bytes of that file."""

    path: Path
    timer: Timer
    data: bytes


def started_otherwise(root: Path) -> Iterator[Skipped | MetTimer]:
    """The timers of a tree in the order of their names, and one sentence for at's queue."""
    tree = Tree(root)
    units = Units(tree)
    wanted = units.wanted()
    for name in sorted({*wanted, *units.named()}):
        if not name.endswith("@.timer"):
            yield from _timer(units, name, is_wanted=name in wanted)
    for name in units.named():
        if name.endswith("@.timer") and not any(template_of(one) == name for one in wanted):
            yield from _timer(units, name, is_wanted=False)
    yield from _queues(root, tree)


def _timer(units: Units, name: str, *, is_wanted: bool) -> Iterator[Skipped | MetTimer]:
    place = units.place(name)
    # What a distribution brings and nobody enabled is nobody's.
    if place is None and not is_wanted:
        return
    if units.is_masked(name):
        if is_wanted or package_of_timer(name) is None:
            yield Skipped(str(_path(units, name)), f"{name} is masked, so systemd never starts it", "C146")
        return
    if not is_wanted:
        if package_of_timer(name) is None and _is_made_here(place) and not units.is_alias(name):
            why = "is a template of which nothing wants an instance" if name.endswith("@.timer") else "is not enabled"
            yield Skipped(str(_path(units, name)), f"{name} {why}, so systemd does not start it", "C146")
        return
    unit = units.read(name)
    if unit is None or not times_of(unit):
        if package_of_timer(name) is None:
            what = "has no time that could be read" if unit is None else "has no time, so systemd refuses it"
            yield Skipped(
                str(_path(units, name)), f"{name} {what}, and no line of a crontab starts what it starts", "C113"
            )
        return
    service = units.read(starts(unit))
    if service is None:
        if package_of_timer(name) is None:
            when = ", ".join(f"{one.key}={one.value}" for one in times_of(unit)[:_SHOWN])
            said = f"starts {starts(unit)} at {when}; that unit is not among the files given, so nobody can say what it runs"
            yield Skipped(str(_path(units, name)), f"{name} {said}", "C113")
        return
    path = _path(units, name)
    first = UnitText(str(path), unit.texts[0].text)
    whole = Timer(Unit(unit.name, (first, *unit.texts[1:])), service)
    yield MetTimer(path, whole, unit.texts[0].text.encode("utf-8", "surrogateescape"))


def _is_made_here(place: Place | None) -> bool:
    """Whether a person put the unit there: packages enable what of theirs is meant to run."""
    return place is not None and place.inside.startswith(("etc/", "usr/local/"))


def _path(units: Units, name: str) -> Path:
    """What a timer is called by: its file; the link that wants it, where it is an instance of a template."""
    place = units.place(name)
    if place is None or place.name != name:
        for where in PLACES:
            for wants in ("timers.target.wants", "multi-user.target.wants"):
                link = units.tree.place(f"{where}/{wants}/{name}")
                if link.is_there():
                    return link.path
    return place.path if place is not None else units.tree.place(f"{PLACES[4]}/{name}").path


def _queues(root: Path, tree: Tree) -> Iterator[Skipped]:
    for queue in _QUEUES:
        with suppress(OSError):
            jobs = [one.name for one in tree.place(queue).entries() if not one.name.startswith(".")]
            if jobs:
                yield Skipped(
                    str(root / queue),
                    f"{counted(len(jobs), 'job waits', 'jobs wait')} in at's queue, and no line of a crontab starts "
                    + ("it" if len(jobs) == 1 else "them"),
                    "C113",
                )

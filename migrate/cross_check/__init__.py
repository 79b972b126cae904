"""``scan --cross-check``: python-crontab and croniter as a second opinion; every disagreement with who is right and why.

Nothing a library says changes a verdict. A disagreement that no known deviation foretells is listed as unexplained.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from converters.schedules.dialects import DIALECTS
from converters.schedules.schedule import Schedule
from migrate.cross_check.disagreement import Disagreement
from migrate.document.model import CrossCheck, SecondOpinion
from migrate.document.shown import shown
from migrate.errors import UserError
from migrate.machine.clock import load_zone, own_zone
from migrate.scan.reading import read_table

if TYPE_CHECKING:
    from datetime import tzinfo

    from migrate.scan.scanned import ScannedJob
    from migrate.scan.scanning import Scan
    from migrate.sources import Sources


def cross_check(sources: Sources, scan: Scan) -> CrossCheck:
    """How much was asked, and every disagreement; ``right`` is ``cron2fargate``, ``library``, ``neither`` or ``unexplained``,
    ``rules`` are codes of ``second_opinion.KNOWN``, and ``lines`` counts the lines it concerns (``line`` is the first).
    """
    try:
        from migrate.cross_check import of_croniter, of_python_crontab
    except ImportError as error:
        raise UserError(f"--cross-check needs {error.name}: install cron2fargate with its dependencies") from None
    tables = 0
    found: list[Disagreement] = []
    refused: Counter[tuple[str, str]] = Counter()
    places: dict[tuple[str, str], tuple[str, int]] = {}
    for source in sources.tables:
        if source.kind not in ("system", "user"):
            continue
        dialect = DIALECTS[scan.settings.dialect or source.dialect or "debian"]
        table = read_table(source, dialect)
        tables += 1
        users = [line.entry.user is not None for line in table.lines if line.entry is not None]
        system = any(users) if users else source.kind == "system" and dialect.system_tables
        found += of_python_crontab.check(source.path, table, dialect, system=system)
        for line in table.lines:
            if line.kind == "invalid":
                words = line.text.split()
                fields = " ".join(words[: 1 if line.text.lstrip().startswith("@") else 5])
                refused[fields, dialect.name] += 1
                places.setdefault((fields, dialect.name), (source.path, line.number))
    for (fields, name), times in refused.items():
        found += of_croniter.check_refused(fields, *places[fields, name], times, DIALECTS[name])
    distinct = list(_distinct(scan.jobs))
    for job, schedule, times in distinct:
        zone, host = _zones(job)
        found += of_croniter.check(job, schedule, times, zone, host, scan.settings.window.first)
    return CrossCheck(
        tables=tables,
        schedules=len(distinct),
        disagreements=tuple(map(_told, sorted(found, key=lambda d: (d.path, d.line, d.library)))),
    )


def _distinct(jobs: Iterable[ScannedJob]) -> Iterator[tuple[ScannedJob, Schedule, int]]:
    """Each schedule of each place once, with its first job and the number of its lines."""
    times: Counter[tuple[str, str, str, str, str]] = Counter()
    first: dict[tuple[str, str, str, str, str], tuple[ScannedJob, Schedule]] = {}
    for job in jobs:
        schedule = job.entry.schedule
        if isinstance(schedule, Schedule) and job.source.kind in ("system", "user"):
            place = job.place
            own = "own" if place.host is not None else ""
            key = schedule.text, place.dialect.name, place.zone_name, place.host_name, own
            times[key] += 1
            first.setdefault(key, (job, schedule))
    for key, (job, schedule) in first.items():
        yield job, schedule, times[key]


def _zones(job: ScannedJob) -> tuple[tzinfo, tzinfo | None]:
    """The zone a job's schedule is read in, and the host's own where CRON_TZ names another."""
    place = job.place
    if place.host is None:
        return load_zone(place.zone_name), None
    return own_zone(place.zone_name)[1], load_zone(place.host_name)


def _told(one: Disagreement) -> SecondOpinion:
    return SecondOpinion(
        path=one.path,
        line=one.line,
        library=one.library,
        what=shown(one.what),
        right=one.right,
        why=shown(one.why),
        rules=tuple(one.codes),
        lines=one.lines,
    )

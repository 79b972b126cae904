"""Jobs of a scan, or of its document, as their daemon logs them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, BinaryIO

from converters.findings.codes import Finding
from converters.history.runs import Watched, due_by, findings
from converters.schedules.dialects import DIALECTS, Dialect
from converters.tables.crontab import Entry, read
from migrate.document.from_json import history_from
from migrate.document.job import Job, JobHistory
from migrate.document.model import Document, TableRead
from migrate.logs.reading import read_history

if TYPE_CHECKING:
    from migrate.scan.scanned import ScannedJob
    from migrate.scan.scanning import Scan

APPROXIMATE = "C120"
"""The finding of a job of anacron, whose times are not known to the minute."""


def watched_of_scan(scan: Scan) -> list[Watched]:
    """The jobs of a scan, with their commands as they are."""
    return watched_of(scan.jobs)


def watched_of(jobs: Iterable[ScannedJob]) -> list[Watched]:
    """Jobs of a scan, with their commands as they are."""
    return [_of_job(job) for job in jobs]


def history_of_scan(
    paths: Sequence[str], jobs: Sequence[ScannedJob], zone: tzinfo, *, stdin: BinaryIO | None = None
) -> tuple[dict[str, JobHistory | None], dict[str, list[Finding]]]:
    """For ``scan --log``: the ``history`` of each of a host's jobs for the document, and the findings it brings, by job id.

    ``zone`` is the one that the log's clock was set to. Raises UserError where a log cannot be read.
    """
    history = read_history(paths, watched_of(jobs), zone, stdin=stdin)
    ids = [job.id for job in jobs]
    return {job: _told(history.as_json(job)) for job in ids}, {job: findings(history, job) for job in ids}


def _told(facts: object) -> JobHistory | None:
    return history_from(facts) if facts is not None else None


def _of_job(job: ScannedJob) -> Watched:
    lock = job.work.understanding.lock
    if job.source.kind == "anacron":
        return _anacron(job.id, job.name, job.line.text, job.source.path)
    if job.source.kind == "timer":
        return _timer(job.id, job.name, job.user, job.source.path)
    entry = job.line.entry or job.entry
    zone, host = _zones(job.place.zone_name, job.place.host_name if job.place.host is not None else None)
    return Watched(
        id=job.id,
        name=job.name,
        user=job.entry.user or job.source.user,
        commands=(_logged(entry, job.place.dialect),),
        due=due_by(entry.schedule, zone, job.place.dialect, host),
        table=job.source.path,
        hidden=_hidden(entry),
        # A lock that waits delays a run, and hides none.
        lock=lock.name if lock is not None and lock.policy == "skip" else None,
        whole=job.script is None,
    )


def watched_of_document(document: Document, host: str) -> list[Watched]:
    """The jobs of a report.json; ``host`` is the name of the zone that the old daemon lives in.

    Their lines have masked secrets; the log's are masked alike before they are compared.
    """
    tables = {table.path: table for table in document.sources}
    return [_of_document_job(job, tables.get(job.source.path) or TableRead(path=""), host) for job in document.jobs]


def _of_document_job(job: Job, table: TableRead, host: str) -> Watched:
    path = job.source.path
    if table.kind == "anacron" or any(one.code == APPROXIMATE for one in job.findings):
        return _anacron(job.id, job.name, job.line, path)
    dialect = DIALECTS[job.dialect]
    if dialect.calendar:
        return _timer(job.id, job.name, job.user, path)
    entry = _entry(job.line, dialect, job.user, table)
    if entry is None:
        return Watched(job.id, job.name, job.user, (), None, path)
    # Only cronie reads CRON_TZ; elsewhere another zone is only the job's own.
    own = job.timezone if job.timezone != host and "CRON_TZ" in dialect.schedule_variables else None
    zone, beside = _zones(own or job.timezone, host if own else None)
    lock = job.wishes.lock
    return Watched(
        id=job.id,
        name=job.name,
        user=job.user,
        commands=(_logged(entry, dialect),),
        due=due_by(entry.schedule, zone, dialect, beside),
        table=path,
        hidden=_hidden(entry),
        lock=lock.name or None if lock is not None and lock.policy == "skip" else None,
        whole=job.script is None,
    )


def _entry(line: str, dialect: Dialect, user: str | None, table: TableRead) -> Entry | None:
    """The line read again. A table whose place did not tell of a user column was read by its lines."""
    system = read(line + "\n", dialect, system=True).lines[0].entry
    if system is not None and system.user == user and not table.user and table.kind != "user":
        return system
    plain = read(line + "\n", dialect, system=False).lines[0].entry
    if table.kind == "user" and not table.user and user is not None and system is not None:
        return system if system.user == user else plain
    return plain


def _logged(entry: Entry, dialect: Dialect) -> str:
    # do_command.c logs the command after `%` has been handled; BusyBox knows no `%`.
    return entry.command if dialect.percent else entry.raw_command


def _hidden(entry: Entry) -> bool:
    """cronie's leading ``-`` and FreeBSD's and OpenBSD's ``-q`` keep a start out of the log."""
    return "-" in entry.flags or "q" in entry.flags


def _anacron(id_: str, name: str, line: str, path: str) -> Watched:
    # PERIOD DELAY JOB-ID COMMAND: anacron logs the id.
    words = line.split(None, 3)
    return Watched(id_, name, None, (words[2],) if len(words) > 2 else (), None, path)


def _timer(id_: str, name: str, user: str | None, path: str) -> Watched:
    """A timer: cron's log knows nothing of it, and what systemd writes of units nobody reads here."""
    return Watched(id_, name, user, (), None, path)


def _zones(zone: str, host: str | None) -> tuple[tzinfo, tzinfo | None]:
    from migrate.machine.clock import load_zone

    return load_zone(zone), load_zone(host) if host is not None else None

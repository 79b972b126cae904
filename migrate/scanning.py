"""From tables to the document: read every line, judge every schedule, name every job.

The document is the JSON contract that ``scan --format json`` prints and every report is made from.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from converters.command_notes import notes
from converters.crontab import Crontab, Entry, Line, read
from converters.daemon import Window
from converters.dialects import DIALECTS, Dialect
from converters.findings import Finding
from converters.judgement import Choice, Judgement, Place
from converters.naming import job_id, job_name, unique_names
from converters.parity import Parity
from converters.secrets import mask
from converters.spec import ecs_spec
from converters.zones import iso
from migrate.sources import Source, Sources

LINE_KINDS = ("job", "environment", "comment", "blank", "invalid")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a scan was asked for. ``zone_of`` gives the zone (name and rules) of one source, ``dialect`` is ``None`` where
    the source may tell."""

    zone_name: str
    zone_of: Callable[[Source], tuple[str, tzinfo]]
    dialect: str | None
    window: Window
    choice: Choice
    image: str | None
    tzdata: str
    cluster: str = "cron"


@dataclass(slots=True)
class Job:
    """One entry of one table with its verdict; the name is given last, when all jobs are known."""

    id: str
    source: Source
    line: Line
    entry: Entry
    place: Place
    judgement: Judgement
    findings: tuple[Finding, ...]
    name: str = ""

    @property
    def status(self) -> str:
        severities = {finding.severity for finding in self.findings}
        return "blocked" if "error" in severities else "review" if "warning" in severities else "ready"


@dataclass(slots=True)
class Scan:
    """All that a scan found: the jobs, and the document made of them."""

    settings: Settings
    jobs: list[Job] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    lines: Counter[str] = field(default_factory=Counter)
    skipped: list[dict[str, Any]] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """The JSON contract (version 1): add to it, never bend it."""
        settings = self.settings
        status = Counter(job.status for job in self.jobs)
        return {
            "version": 1,
            "timezone": self.zone_name(),
            "tzdata": settings.tzdata,
            "window": {"from": iso(settings.window.first), "until": iso(settings.window.until)},
            "lines": {"total": self.lines.total(), **{kind: self.lines[kind] for kind in LINE_KINDS}},
            "summary": {
                "jobs": len(self.jobs),
                "ready": status["ready"],
                "review": status["review"],
                "blocked": status["blocked"],
                "exact": sum(1 for job in self.jobs if job.judgement.parity is not None and _proven(job.judgement)),
            },
            "jobs": [_job_json(job) for job in self.jobs],
            "problems": self.problems,
            "skipped": self.skipped,
        }

    def zone_name(self) -> str:
        """The zone of all jobs where they share one, else the one that was asked for or is this machine's."""
        zones = {job.place.zone_name for job in self.jobs}
        return zones.pop() if len(zones) == 1 else self.settings.zone_name

    def specs(self) -> dict[str, dict[str, Any]]:
        """The plain ecs.yml mapping of each job that can be started by a schedule."""
        return {job.name: _spec(job, self.settings) for job in self.jobs if job.judgement.target.expressions}


def scan(
    sources: Sources,
    settings: Settings,
    known_names: Mapping[str, str],
    progress: Callable[[int], None] = lambda _: None,
) -> Scan:
    """Read and judge every table. ``progress`` is told the number of jobs done, now and then."""
    result = Scan(settings, skipped=[one.as_json() for one in sources.skipped])
    places: dict[tuple[str, str], Place] = {}
    repeated: Counter[tuple[str, str | None, str]] = Counter()
    for source in sources.tables:
        dialect = DIALECTS[settings.dialect or source.dialect or "debian"]
        zone_name, zone = settings.zone_of(source)
        key = zone_name, dialect.name
        if key not in places:
            places[key] = Place(zone, zone_name, settings.window, dialect, settings.choice)
        table = _read(source, dialect)
        _count(result, source, table, dialect)
        for line in table.lines:
            if line.entry is not None:
                result.jobs.append(_job(source, line, line.entry, places[key], table, repeated))
                if len(result.jobs) % 1000 == 0:
                    progress(len(result.jobs))
    names = unique_names([(job.id, _name(job)) for job in result.jobs], known_names)
    for job in result.jobs:
        job.name = names[job.id]
    return result


def _read(source: Source, dialect: Dialect) -> Crontab:
    text = source.data.decode("utf-8", "surrogateescape")
    system = source.kind == "system" and dialect.system_tables
    table = read(text, dialect, system=system)
    if source.guessed and not system:
        # A table whose place says nothing about a user column: five fields, then a name in every line, tells.
        users = [_SYSTEM_LINE.match(line.text) for line in table.lines if line.kind == "job"]
        if users and all(users):
            return read(text, dialect, system=True)
    return table


_SYSTEM_LINE = re.compile(
    r"[ \t]*(?:@\w+|(?:[^ \t]+[ \t]+){4}[^ \t]+)[ \t]+(root|www-data|nobody|deploy|daemon|mail|news|lp|postgres|mysql)[ \t]+\S"
)


def _count(result: Scan, source: Source, table: Crontab, dialect: Dialect) -> None:
    """Classify every line, and note what is wrong with the table and its lines."""
    for line in table.lines:
        result.lines[line.kind] += 1
        if line.fault is not None:
            message = f"column {line.fault.column}: {line.fault.message}"
            result.problems.append(_problem(source, line.number, line.text, "C101", message))
        elif line.variable is not None:
            name, value = line.variable
            if not value and dialect.name == "debian" and line.text.rstrip().endswith("="):
                message = f"`{name}=` with nothing behind it"
                result.problems.append(_problem(source, line.number, line.text, "C103", message))
            if name in ("CRON_TZ", "RANDOM_DELAY") and name not in dialect.schedule_variables:
                message = f"{dialect.title} does not heed {name}"
                result.problems.append(_problem(source, line.number, line.text, "C105", message))
    if table.dead is not None:
        where = next((line.number for line in table.lines if line.kind == "invalid"), len(table.lines))
        result.problems.append(_problem(source, where, "", "C102", table.dead))
    if source.ignored_because is not None:
        result.problems.append(_problem(source, 0, "", "C111", source.ignored_because))


def _problem(source: Source, number: int, text: str, code: str, message: str) -> dict[str, Any]:
    return {"path": source.path, "line": number, "text": shown(text)[:500], "code": code, "message": message}


def _job(
    source: Source,
    line: Line,
    entry: Entry,
    place: Place,
    table: Crontab,
    repeated: Counter[tuple[str, str | None, str]],
) -> Job:
    user = entry.user or source.user
    key = source.path, user, entry.raw_command.strip()
    repeated[key] += 1
    judgement = place.judge(entry.schedule)
    findings = [*judgement.findings, *notes(entry)]
    if table.dead is not None:
        findings.append(Finding("C102", f"{source.path}: {table.dead}"))
    if source.ignored_because is not None:
        findings.append(Finding("C111", f"{source.path}: {source.ignored_because}"))
    if any("\udc80" <= char <= "\udcff" for char in entry.raw_command):
        findings.append(Finding("C104", "the command holds bytes that are not UTF-8; they are shown as \\xNN"))
    identity = job_id(source.path, user, key[2], repeated[key])
    return Job(identity, source, line, entry, place, judgement, tuple(findings))


def _name(job: Job) -> str:
    return job_name(job.entry.command)


def shown(text: str) -> str:
    """Text of a crontab as it may be shown: secrets masked, stray bytes as ``\\xNN``."""
    return mask(text).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _proven(judgement: Judgement) -> bool:
    parity = judgement.parity
    return parity is not None and parity.exact and bool(judgement.target.expressions)


def _job_json(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "name": job.name,
        "source": {"path": job.source.path, "line": job.line.number},
        "user": job.entry.user or job.source.user,
        "schedule": job.entry.schedule.text,
        "timezone": job.place.zone_name,
        "dialect": job.place.dialect.name,
        "line": shown(job.line.text),
        "status": job.status,
        "target": job.judgement.target.as_json(),
        "parity": _parity_json(job.judgement.parity, bool(job.judgement.target.expressions)),
        "findings": [_shown_finding(finding) for finding in job.findings],
    }


def _shown_finding(finding: Finding) -> dict[str, str]:
    return {**finding.as_json(), "message": shown(finding.message)}


def _parity_json(parity: Parity | None, has_target: bool) -> dict[str, Any]:
    counted = parity or Parity()
    return {
        "exact": parity is not None and has_target and parity.exact,
        "before": counted.before,
        "after": counted.after,
        "lost": counted.lost,
        "extra": counted.extra,
        "moved": counted.moved,
        "moves": [{"minutes": minutes, "runs": runs} for minutes, runs in sorted(counted.moves.items())],
        "first_differences": [
            {"was": iso(d.was) if d.was is not None else None, "is": iso(d.is_) if d.is_ is not None else None}
            for d in counted.first_differences
        ],
    }


def _spec(job: Job, settings: Settings) -> dict[str, Any]:
    legacy: dict[str, Any] = {"id": job.id, "path": job.source.path, "line": job.line.number}
    user = job.entry.user or job.source.user
    if user:
        legacy["user"] = user
    legacy |= {"timezone": job.place.zone_name, "schedule": job.entry.schedule.text, "text": shown(job.line.text)}
    return ecs_spec(
        name=job.name,
        entry=job.entry,
        target=job.judgement.target,
        timezone=job.place.zone_name,
        image=settings.image,
        cluster=settings.cluster,
        legacy=legacy,
    )


def open_decisions(scan_: Scan) -> int:
    """Jobs that are not ready; ``--strict`` counts them."""
    return sum(1 for job in scan_.jobs if job.status != "ready")


def totals(scan_: Scan) -> Iterable[tuple[str, int]]:
    """How many jobs stand in each status, in a fixed order."""
    status = Counter(job.status for job in scan_.jobs)
    return [(name, status[name]) for name in ("ready", "review", "blocked")]

"""The document: the JSON contract that ``scan --format json`` prints and every report is made from."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from converters.findings import Finding
from converters.judgement import Target
from converters.parity import Difference, Parity, Stretch
from converters.secrets import mask
from converters.zones import iso

if TYPE_CHECKING:
    from migrate.scanning import Job, Scan

LINE_KINDS = ("job", "environment", "comment", "blank", "invalid")
SHOWN_DIFFERENCES = 8
"""Differences of one day that are spelled out; the rest is counted."""


def document(scan: Scan) -> dict[str, Any]:
    """Version 1: add to it, never bend it."""
    settings = scan.settings
    jobs = _jobs(scan.jobs)
    status = Counter(job.status for job in scan.jobs)
    return {
        "version": 1,
        "timezone": scan.zone_name(),
        "tzdata": settings.tzdata,
        "window": {"from": iso(settings.window.first), "until": iso(settings.window.until)},
        "lines": {"total": scan.lines.total(), **{kind: scan.lines[kind] for kind in LINE_KINDS}},
        "summary": {
            "jobs": len(scan.jobs),
            "ready": status["ready"],
            "review": status["review"],
            "blocked": status["blocked"],
            "exact": sum(1 for job in jobs if job["parity"]["exact"]),
        },
        "jobs": jobs,
        "problems": scan.problems,
        "skipped": scan.skipped,
    }


def shown(text: str, *, environment_line: bool = False) -> str:
    """Text of a crontab as it may be shown: secrets masked, stray bytes as ``\\xNN``."""
    return (
        mask(text, environment_line=environment_line)
        .encode("utf-8", "surrogateescape")
        .decode("utf-8", "backslashreplace")
    )


def _jobs(jobs: list[Job]) -> list[dict[str, Any]]:
    """Jobs of one judgement share what follows from it: a fleet has far fewer schedules than lines."""
    shared: dict[tuple[int, bool], dict[str, Any]] = {}
    found = []
    for job in jobs:
        key = id(job.judgement), job.approximate
        if key not in shared:
            shared[key] = _judged(job)
        found.append(_job(job, shared[key]))
    return found


def _judged(job: Job) -> dict[str, Any]:
    judgement = job.judgement
    provable = bool(judgement.target.expressions) and not job.approximate
    return {
        "target": judgement.target.as_json(),
        "parity": _parity(judgement.parity, provable),
        "options": [_option(target, parity) for target, parity in judgement.options],
        "differences": [_stretch(stretch) for stretch in judgement.stretches],
    }


def _job(job: Job, judged: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": job.id,
        "name": job.name,
        "source": {"path": job.source.path, "line": job.line.number},
        **({"script": job.script} if job.script is not None else {}),
        "user": job.entry.user or job.source.user,
        "schedule": job.entry.schedule.text,
        "timezone": job.place.zone_name,
        "dialect": job.place.dialect.name,
        "line": shown(job.line.text),
        "status": job.status,
        "target": judged["target"],
        "parity": judged["parity"],
        "findings": [_finding(finding) for finding in job.findings],
        "options": judged["options"],
        "differences": judged["differences"],
    }


def _option(target: Target, parity: Parity) -> dict[str, Any]:
    """One of the ways side by side: what it is and what it costs in runs."""
    return {
        "backend": target.backend,
        "timezone": target.timezone,
        "expressions": [str(expression) for expression in target.expressions[:3]],
        "count": len(target.expressions),
        "ends": target.ends,
        "exact": parity.exact,
        "lost": parity.lost,
        "extra": parity.extra,
        "moved": parity.moved,
    }


def _stretch(stretch: Stretch) -> dict[str, Any]:
    """Days in a row with one picture; the times are those of the first day."""
    return {
        "from": iso(stretch.first_day * 1440)[:10],
        "until": iso(stretch.last_day * 1440)[:10],
        "days": stretch.days,
        "runs": len(stretch.differences),
        "first": [_difference(d) for d in stretch.differences[:SHOWN_DIFFERENCES]],
    }


def _difference(d: Difference) -> dict[str, str | None]:
    return {"was": iso(d.was) if d.was is not None else None, "is": iso(d.is_) if d.is_ is not None else None}


@lru_cache(maxsize=65536)
def _finding(finding: Finding) -> dict[str, str]:
    return {**finding.as_json(), "message": shown(finding.message)}


def _parity(parity: Parity | None, provable: bool) -> dict[str, Any]:
    counted = parity or Parity()
    return {
        "exact": parity is not None and provable and parity.exact,
        "before": counted.before,
        "after": counted.after,
        "lost": counted.lost,
        "extra": counted.extra,
        "moved": counted.moved,
        "moves": [{"minutes": minutes, "runs": runs} for minutes, runs in sorted(counted.moves.items())],
        "first_differences": [_difference(d) for d in counted.first_differences],
    }

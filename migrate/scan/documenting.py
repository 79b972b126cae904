"""The document: the JSON contract that ``scan --format json`` prints and every report is made from."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from converters.commands.groups import Member, lock_groups, orders, twin_groups
from converters.commands.work import Work, harmless_lock, lock_wish
from converters.expressions.judgement import Target
from converters.expressions.parity import Difference, Parity, Stretch
from converters.findings.codes import Finding
from converters.schedules.zones import iso
from converters.secrets.search import MASK, is_secret_variable
from migrate.document.shown import shown

if TYPE_CHECKING:
    from migrate.scan.scanning import Job, Scan
    from migrate.sources import Source

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
        "sources": [_source(*one) for one in scan.tables],
        "groups": _groups(scan),
    }


def _source(source: Source, dialect: str, dead: bool) -> dict[str, Any]:
    """One table as it was read, so that a later change of the file can be seen."""
    return {
        "path": source.path,
        "kind": source.kind,
        "dialect": dialect,
        "user": source.user,
        "sha256": sha256(source.data).hexdigest(),
        "dead": dead,
    }


def _groups(scan: Scan) -> dict[str, Any]:
    """Jobs that belong together; see ``converters/commands/groups.py``."""
    jobs = [
        Member(
            job.name,
            job.source.path,
            job.server,
            job.entry.user or job.source.user,
            job.schedule,
            job.entry.command,
            job.work,
        )
        for job in scan.jobs
    ]
    return {
        "locks": [{"name": harmless_lock(name), "jobs": names} for name, names in lock_groups(jobs)],
        "twins": [{"jobs": names, "offsets": offsets} for names, offsets in twin_groups(jobs)],
        "order": [{"job": job, "after": after, "why": shown(why)} for job, after, why in orders(jobs)],
    }


def _jobs(jobs: list[Job]) -> list[dict[str, Any]]:
    """Jobs of one judgement, or of one command, share what follows: a fleet has far fewer of both than lines."""
    shared: dict[tuple[int, bool], dict[str, Any]] = {}
    worked: dict[tuple[int, str | None], dict[str, Any]] = {}
    said: dict[tuple[Finding, ...], list[dict[str, str]]] = {}
    found = []
    for job in jobs:
        key = id(job.judgement), job.approximate
        if key not in shared:
            shared[key] = _judged(job)
        mailto = job.entry.environment.get("MAILTO") or None
        work = id(job.work), mailto
        if work not in worked:
            worked[work] = {"command": _command(job.work), "wishes": _wishes(job.work, mailto)}
        if job.findings not in said:
            said[job.findings] = [_finding(finding) for finding in job.findings]
        found.append(_job(job, shared[key], worked[work], said[job.findings]))
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


def _job(job: Job, judged: dict[str, Any], worked: dict[str, Any], findings: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "id": job.id,
        "name": job.name,
        "source": {"path": job.source.path, "line": job.line.number, "sha256": _digest(job.line.text)},
        **({"script": job.script} if job.script is not None else {}),
        "user": job.entry.user or job.source.user,
        "schedule": job.entry.schedule.text,
        "timezone": job.place.zone_name,
        "dialect": job.place.dialect.name,
        "line": shown(job.work.shown_line(job.entry, job.line.text)),
        "status": job.status,
        "target": judged["target"],
        "parity": judged["parity"],
        "findings": findings,
        "options": judged["options"],
        "differences": judged["differences"],
        "command": worked["command"],
        "wishes": worked["wishes"],
        "history": job.history,
        "directives": job.directives,
    }


def _digest(line: str) -> str:
    """SHA-256 of a line's bytes, without its newline."""
    return sha256(line.encode("utf-8", "surrogateescape")).hexdigest()


def _command(work: Work) -> dict[str, Any]:
    """What the command was understood to be; secrets masked, also where they stand without what shows them."""
    found = work.understanding

    def hidden(text: str) -> str:
        return shown(work.hide(text))

    def masked(name: str, value: str) -> str:
        return MASK if name in work.used or is_secret_variable(name, value) else hidden(value)

    variables = work.carried.items()
    return {
        "text": hidden(found.remaining),
        "argv": [hidden(word) for word in found.argv] if found.argv is not None else None,
        "interpreter": list(found.interpreter),
        "workingDirectory": hidden(found.working_directory) if found.working_directory is not None else None,
        "environment": {name: masked(name, value) for name, value in variables},
        "user": found.user,
        "framework": found.framework,
        "verdict": found.verdict,
        "reasons": [hidden(reason) for reason in found.reasons],
        "dependencies": [{"kind": need.kind, "name": hidden(need.name)} for need in found.dependencies],
        "heartbeat": [hidden(address) for address in found.heartbeat],
        "script": [{"kind": need.kind, "name": shown(need.name)} for need in work.script.dependencies]
        if work.script is not None
        else None,
        "parts": [{"kind": part.kind, "text": hidden(part.text)} for part in found.wrappers],
    }


def _wishes(work: Work, mailto: str | None) -> dict[str, Any]:
    """What the job wishes beside its time: from wrappers, tests and MAILTO."""
    found = work.understanding
    lock, limit, delay = work.lock, found.timeout, found.delay
    return {
        "lock": {**lock_wish(lock), "policy": lock.policy, "certain": lock.certain} if lock is not None else None,
        "timeout": {"seconds": limit.seconds, "killAfter": limit.kill_after} if limit is not None else None,
        "delay": {"kind": delay.kind, "seconds": delay.seconds} if delay is not None else None,
        "output": [
            {"kind": one.kind, "target": shown(work.hide(one.target)), "taken": one.taken} for one in found.outputs
        ],
        "guards": [
            {"text": shown(work.hide(g.text)), "kind": g.kind, "description": g.description} for g in work.guards
        ],
        "mailto": shown(mailto) if mailto is not None else None,
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

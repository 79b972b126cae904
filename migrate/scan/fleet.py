"""The jobs of a scan that stand on several hosts: found, told of each of them, and marked as a question where it is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converters.commands.fleet import Group, fleet
from converters.commands.fleet_matching import Line
from converters.commands.host_decisions import Test
from converters.commands.lock_names import harmless_lock, lock_file
from converters.commands.pieces import joined, pieces
from converters.findings.codes import OF_FLEET, Finding
from converters.findings.few import few
from converters.hosts.files import is_shared, mount_below
from converters.secrets.search import MASK, is_secret_variable
from migrate.document.shown import shown
from migrate.scan.named import called
from migrate.scan.scripts import Scripts

if TYPE_CHECKING:
    from migrate.scan.scanned import ScannedJob
    from migrate.scan.scanning import Scan

_SHOWN = 4
_SHORTEST = 2  # characters of a host's name that may be a word of any other meaning
_GOES = ("move", "decide")


def tell_fleet(result: Scan) -> None:
    """Finds the jobs that stand on several hosts. Nobody can tell of a copied line whether it was meant to run twice."""
    if len({source.root for source, _dialect, _dead in result.tables}) < 2:
        return
    scripts = Scripts()
    lines = [line for job in result.jobs if (line := _line(result, job, scripts)) is not None]
    result.fleet = tuple(fleet(lines))
    jobs = {job.name: job for job in result.jobs}
    asked: set[str] = set()
    for group in result.fleet:
        members = [jobs[name] for name in group.jobs]
        if not _is_question(group, members):
            continue
        asked.update(group.jobs)
        for job in members:
            if group.runs is None and _fate(job) in _GOES:
                job.findings += (Finding(OF_FLEET, _said(group)),)
    result.asked = frozenset(asked)


def _is_question(group: Group, members: list[ScannedJob]) -> bool:
    """What stays with its hosts or ends with them is asked nothing: log rotation stands on every server."""
    moved = sum(_fate(job) in _GOES for job in members)
    return moved > 1 or (moved == 1 and group.kind == "guard")


def _fate(job: ScannedJob) -> str:
    return job.effect.fate if job.effect is not None else "move"


def _said(group: Group) -> str:
    differs = few([one.what for one in group.drift], _SHOWN, " and ")
    return (
        f"The same job stands on {len(group.hosts)} hosts ({few(group.hosts, _SHOWN)})"
        f"{f', not everywhere with the same {differs}' if differs else ''}: decide whether it runs once or on each of them."
    )


def _line(result: Scan, job: ScannedJob, scripts: Scripts) -> Line | None:
    """The job as its fleet sees it; None where it is not known which host it is of."""
    facts = result.facts.facts(job.source)
    host = result.host(job) or facts.hostname
    if not host:
        return None
    work, entry = job.work, job.entry
    found = work.understanding
    given = tuple(entry.environment.items())
    return Line(
        name=job.name,
        host=shown(host),
        base=_without(called(job.source, entry, job.owned), host, facts.hostname),
        user=job.user or "",
        schedule=entry.schedule.text,
        zone=job.place.zone_name,
        command=entry.command,
        words=tuple(found.argv or found.remaining.split()),
        environment=given,
        script=job.script_sha256 or scripts.digest(job.source, work),
        aliases=_names(host, facts.hostname),
        tests=tuple(Test(shown(work.hide(one.text)), one.holds, "") for one in work.tests),
        never=bool(work.never),
        lock=_shared_lock(result, job),
        said=shown(work.hide(entry.command)).strip(),
        variables=tuple(
            (name, MASK if name in work.used or is_secret_variable(name, value) else shown(work.hide(value)))
            for name, value in given
        ),
    )


def _without(name: str, *hosts: str | None) -> str:
    """A job's name without that of its host, where anything is left of it."""
    for host in sorted({joined(pieces(one)) for one in _names(*hosts)}, key=len, reverse=True):
        rest = [part for part in f"-{name}-".replace(f"-{host}-", "--").split("-") if part]
        name = "-".join(rest) if rest and len(host) > _SHORTEST else name
    return name


def _names(*names: str | None) -> frozenset[str]:
    """The names of a host, whole and short."""
    whole = {name for name in names if name and "/" not in name}
    return frozenset(whole | {name.partition(".")[0] for name in whole})


def _shared_lock(result: Scan, job: ScannedJob) -> str | None:
    """The file that the job locks, where it lies on a file system that several hosts mount."""
    if job.work.lock is None:
        return None
    path = lock_file(job.work.lock, result.place(job))
    mount = mount_below(result.facts.facts(job.source).mounts or {}, path) if path is not None else None
    return shown(harmless_lock(path)) if path is not None and mount is not None and is_shared(mount[1]) else None

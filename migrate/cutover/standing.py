"""Where each job stands: what its table shows, what AWS shows, and what the journal says of a switch that was cut short."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Literal

from converters.findings.codes import Finding
from converters.schedules.daemon import Window
from migrate.document.job import Job
from migrate.errors import UserError
from migrate.machine.rooted import Tree
from migrate.sites.site import Site
from migrate.sites.tables import Table, find_live, find_moved
from migrate.sites.times import neighbours, new_starts, old_starts
from migrate.sources.units import Units
from migrate.workspace.journal import Phase

if TYPE_CHECKING:
    from migrate.aws.side import AwsSide

Runs = Literal["old", "new", "both", "none", "unknown"]

_HALF_SCRIPT: dict[Phase, str] = {
    "commenting": "its script was about to be taken out of run-parts' reach",
    "commented": "run-parts passes over its script, the rule is not enabled yet",
    "enabling": "run-parts passes over its script, the rule was about to be enabled",
    "disabling": "the rule was about to be disabled, run-parts still passes over its script",
    "disabled": "the rule is disabled, its script is not given back to run-parts yet",
    "restoring": "the rule is disabled, its script was about to be given back to run-parts",
}
_HALF: dict[Phase, str] = {
    "commenting": "the line was about to be commented out",
    "commented": "the line is commented out, the rule is not enabled yet",
    "enabling": "the line is commented out, the rule was about to be enabled",
    "disabling": "the rule was about to be disabled, the line is still commented out",
    "disabled": "the rule is disabled, the line is not restored yet",
    "restoring": "the rule is disabled, the line was about to be restored",
}


@dataclass(slots=True)
class OneSide:
    """``live``: does this side start the job (None where that cannot be seen); times as seconds since 1970."""

    live: bool | None = None
    seen: bool = True
    last: int | None = None
    next: int | None = None


@dataclass(slots=True)
class Standing:
    """One job. ``runs`` says where it runs now; ``findings`` what is wrong with that; ``open`` the report's own."""

    name: str
    zone: str
    phase: Phase
    old: OneSide
    new: OneSide
    aws: AwsSide | None
    open: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def runs(self) -> Runs:
        match self.old.live, self.new.live:
            case True, True:
                return "both"
            case True, _:
                return "old"
            case False, True:
                return "new"
            case False, False:
                return "none"
            case None, True:
                return "new"
            case _:
                return "unknown"

    @property
    def alarm(self) -> bool:
        return self.runs == "both"

    @property
    def shadow(self) -> bool:
        return self.aws is not None and self.aws.shadow


def standing(site: Site, name: str, look: Callable[[str], AwsSide] | None) -> Standing:
    """One job of the report, the specs or the journal. ``look`` asks AWS; without it only the journal tells of AWS."""
    job = site.jobs.get(name)
    phase = site.journal.phase(name)
    side = look(name) if look else None
    found = Standing(name, job.timezone if job is not None else "UTC", phase, _old(site, name, phase), OneSide(), side)
    found.new = _new(site, name, phase, side)
    found.open = sum(1 for one in job.findings if one.severity != "info") if job is not None else 0
    found.findings = list(_said(site, found))
    return found


def _said(site: Site, found: Standing) -> list[Finding]:
    said = []
    script = found.name in site.jobs and site.script_path(found.name) is not None
    if found.alarm:
        timer = found.name in site.jobs and site.jobs[found.name].dialect == "systemd"
        what = "run-parts starts its script" if script else "its timer is enabled" if timer else "its line is live"
        said.append(Finding("C755", f"{found.name}: {what} and its rule is enabled: every run is doubled"))
    if found.phase in _HALF:
        text = (_HALF_SCRIPT if script else _HALF)[found.phase]
        if site.journal.jobs[found.name].get("receipt"):
            back = found.phase in ("disabling", "disabled", "restoring")
            way = f"'cron2fargate {'rollback' if back else 'cutover'} --receipt' with what it printed goes on"
            text += (
                "; a script was printed for its host: " + way + ("" if back else ", 'rollback --print' takes it back")
            )
        else:
            text += "; 'cutover --resume' or 'rollback' finishes it"
        said.append(Finding("C756", f"{found.name}: {text}"))
    elif found.phase == "new" and found.new.seen and found.new.live is False:
        said.append(Finding("C757", f"{found.name}: it was moved to AWS, but its rule is not enabled: it runs nowhere"))
    elif found.phase == "new" and found.old.live:
        # An upgrade by rpm sets the mode anew, and so does whoever manages the file.
        what = "run-parts starts its script again" if script else "its line is live again in the crontab"
        said.append(Finding("C757", f"{found.name}: it was moved to AWS, but {what}"))
    if found.aws is not None and found.aws.live == "some":
        said.append(Finding("C757", f"{found.name}: only some of its rules are enabled"))
    if found.aws is not None and found.aws.rings:
        said.append(
            Finding(
                "C757",
                f"{found.name}: it was switched off by hand, and its alarm for missed runs was not, so that it rings: "
                f"'cron2fargate disable {found.name}' ends that",
            )
        )
    return said


def _old(site: Site, name: str, phase: Phase) -> OneSide:
    job = site.jobs.get(name)
    if job is None:
        return OneSide(None, seen=False)
    side = OneSide()
    record = site.journal.jobs.get(name, {})
    try:
        table = site.table(job, record.get("path", job.source.path))
        if table.timer:
            side.live = _timer_is_live(table)
        else:
            data = table.read()
            script = site.script(name)
            side.live = _line_is_live(site, name, job, data) and (script is None or script.runs)
    except UserError:
        # From another machine only the record tells.
        # Another host's: only what was recorded is known.
        side.live, side.seen = (
            (True if phase == "old" else None if phase in ("commenting", "restoring") else False),
            False,
        )
    until = None if side.live else _second(site.journal.at(name, "comment", "done"))
    side.last, side.next = _near(site, until, lambda window: old_starts(job, window))
    if job.history is not None and job.history.last:
        side.last = _second(job.history.last) or side.last
    if not side.live:
        side.next = None
    return side


def _timer_is_live(table: Table) -> bool:
    """Whether systemd starts a timer at the next boot: something wants it, and nothing masks it."""
    units = Units(table.place.tree if table.place is not None else Tree(Path("/")))
    name = PurePath(table.on_host).name
    return name in units.wanted() and not units.is_masked(name)


def _line_is_live(site: Site, name: str, job: Job, data: bytes) -> bool:
    from converters.tables.comment_out import digest_of

    record = site.journal.jobs.get(name, {})
    digest = record.get("digest")
    if digest is None:
        wanted, number = job.source.sha256, job.source.line
        rows = data.decode("utf-8", "surrogateescape").split("\n")
        # A line that was never touched is known by its number and digest.
        return number <= len(rows) and (wanted is None or wanted.startswith(digest_of(rows[number - 1])))
    return find_moved(data, name, digest) is None and find_live(data, record["line"], digest) is not None


def _new(site: Site, name: str, phase: Phase, side: AwsSide | None) -> OneSide:
    found = OneSide()
    if side is None or side.follows:
        found.seen = side is not None
        # What follows another job has no switch of its own.
        found.live = {"new": True, "enabling": None, "disabling": None}.get(phase, False)
    else:
        found.live = side.runs_the_job
    if side is not None:
        found.last = int(side.last.at.timestamp()) if side.last else None
    try:
        spec = site.starter(name)
    except UserError:
        return found
    if found.live or (side is not None and side.shadow):
        _last, found.next = _near(site, None, lambda window: new_starts(spec, window))
    return found


def _near(site: Site, until: int | None, starts: Callable[[Window], list[int]]) -> tuple[int | None, int | None]:
    try:
        last, following = neighbours(starts, until or site.clock.now())
    except UserError:
        return None, None
    return (last * 60 if last is not None else None), (following * 60 if following is not None else None)


def _second(stamp: str | None) -> int | None:
    try:
        moment = datetime.fromisoformat(stamp or "")
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())

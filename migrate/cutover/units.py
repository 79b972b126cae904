"""Jobs that have to change sides together: those that one line starts, that hold one lock, or that follow each other."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from converters.findings.codes import Finding
from converters.history.safe_minute import USUAL, JobTimes, Side, safe_minute
from migrate.cutover.accepting import Reason
from migrate.document.job import Job
from migrate.document.model import Document
from migrate.errors import UserError
from migrate.sites.site import Site
from migrate.sites.times import seconds, sides_of


@dataclass(slots=True)
class Unit:
    """Jobs that go together. ``asked`` are those that were named; ``refusals`` say why it does not go at all,
    ``reasons`` what is not proven of its jobs, accepted or not.

    ``lines``: path of a table -> number of a line -> the jobs it starts; ``scripts``: a job -> the path of the script that
    it is, whose line stays.
    """

    jobs: tuple[str, ...]
    asked: frozenset[str]
    lines: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    scripts: dict[str, str] = field(default_factory=dict)
    times: list[JobTimes] = field(default_factory=list)
    changes: tuple[int, ...] = ()
    findings: list[Finding] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    heed_runs: bool = True
    lossy: bool = False

    @property
    def name(self) -> str:
        return ", ".join(self.jobs)

    def minute(self, now: float, until: float, source: Side) -> int | None:
        """The next safe minute; for jobs that have none, the next minute away from a clock change."""
        times = [] if self.lossy else self.times
        heed = self.heed_runs and not self.lossy
        return safe_minute(times, now, until, source=source, changes=self.changes, heed_runs=heed)


def grouped(
    document: Document, names: Collection[str], orders: Iterable[tuple[str, str]] = (), *, apart: bool = False
) -> list[tuple[str, ...]]:
    """The named jobs with all that must go along, as groups in the order of the report: what one line starts (a script of
    run-parts goes by itself, unless the rest of its line goes too), what holds one lock (not with ``apart``), and what runs
    after another on AWS (``orders``)."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    def join(several: Iterable[str]) -> None:
        first, *rest = list(several) or [""]
        for other in rest:
            # Union-find: whoever shares a line, a lock or an order is one group.
            parent[root(other)] = root(first)

    for together in _of_one_place(document.jobs, names):
        join(together)
    known = {job.name for job in document.jobs}
    # One lock on two sides is two locks: a file here, an item of a table there.
    for group in () if apart else document.groups.locks:
        join(name for name in group.jobs if name in known)
    for pair in orders:
        join(pair)
    found: dict[str, list[str]] = {}
    for job in document.jobs:
        found.setdefault(root(job.name), []).append(job.name)
    return [tuple(jobs) for jobs in found.values() if any(job in names for job in jobs)]


def _of_one_place(jobs: Sequence[Job], names: Collection[str]) -> Iterator[list[str]]:
    """Jobs that nothing on their host can part: those of a line that is commented out, of one script, and those whose command
    is a script that run-parts starts as well, which would find it without its x bit."""
    by_line: dict[tuple[str, int], list[Job]] = {}
    by_script: dict[str, list[str]] = {}
    for job in jobs:
        by_line.setdefault((job.source.path, job.source.line), []).append(job)
        if job.script is not None:
            by_script.setdefault(job.script, []).append(job.name)
    for together in by_line.values():
        whole = [job.name for job in together if job.script is None]
        # The rest of a line is commented out with it, and then its scripts do not start either.
        if whole and (len(whole) > 1 or whole[0] in names):
            yield [job.name for job in together]
    yield from by_script.values()
    starts = {job.command.text.split(" ")[0]: job.name for job in jobs if job.script is not None}
    for job in jobs:
        if job.script is None:
            yield [job.name, *(starts[word] for word in dict.fromkeys(_WORD.findall(job.line)) if word in starts)]


_WORD = re.compile(r"/[^\s;&|()<>'\"]+")


def unit_of(site: Site, jobs: tuple[str, ...], asked: Collection[str]) -> Unit:
    """One unit with its lines and times; what stands against it is in ``refusals``."""
    unit = Unit(jobs, frozenset(asked) & set(jobs))
    along = [job for job in jobs if job not in asked]
    if along:
        unit.findings.append(
            Finding("C754", f"{', '.join(along)} must go along: the same line, script or lock, or one after the other")
        )
    for name in jobs:
        job = site.job(name)
        source, script = job.source, site.script_path(name)
        if script is not None:
            unit.scripts[name] = script
        else:
            unit.lines.setdefault(source.path, {}).setdefault(source.line, []).append(name)
        # The daemon ignores the file: commenting a line out changes nothing, but AWS would begin.
        ignored = next((one for one in job.findings if one.code in ("C102", "C111")), None)
        if ignored:
            unit.refusals.append(f"{name}: {ignored.message}: nothing runs there; mend the table, or enable the rule")
        try:
            sides = sides_of(job, site.starter(name), site.clock.now())
        except UserError as error:
            unit.refusals.append(str(error))
            continue
        times = replace(sides.times, seconds=_seconds(site, job)) if script is not None else sides.times
        unit.times.append(times)
        unit.changes = tuple(sorted({*unit.changes, *sides.changes}))
        if times.seconds is None:
            assumed = USUAL.unknown // 60
            text = f"{name}: how long a run lasts is not known; it is taken to be over after {assumed} minutes, or half way"
            unit.findings.append(Finding("C750", text))
    return unit


def _seconds(site: Site, job: Job) -> float | None:
    """How long after its minute a script of run-parts is done at the latest: those before it come first."""
    # run-parts(8) waits for each script, so one's x bit taken before its turn loses a run.
    line = [
        one for one in site.document.jobs if (one.source.path, one.source.line) == (job.source.path, job.source.line)
    ]
    lengths = [seconds(one) for one in line if one.script is not None] or [seconds(job)]
    known = [length for length in lengths if length is not None]
    return sum(known) if len(known) == len(lengths) else None


def settle(unit: Unit, site: Site, source: Side, *, accept_loss: bool) -> None:
    """Finds out whether the unit has safe minutes at all within three days, and what has to be given up where not."""
    now = site.clock.now()
    horizon = now + 3 * 86400 - 3600
    if unit.refusals or unit.minute(now, horizon, source) is not None:
        return
    # Without a gap between runs there is still a gap between starts.
    unit.heed_runs = False
    if unit.minute(now, horizon, source) is not None:
        text = f"{unit.name}: a run may still be going on the other side when the next one starts on this one"
        unit.findings.append(Finding("C752", text))
        return
    unit.findings.append(
        Finding(
            "C751", f"{unit.name}: it starts too often for a safe minute, so up to {_lost(unit, now)} runs are lost"
        )
    )
    unit.lossy = True
    if not accept_loss:
        unit.refusals.append(f"{unit.name}: no safe minute within three days; --accept-loss switches it all the same")


def _lost(unit: Unit, now: float) -> int:
    """The most starts of the unit in six minutes: two until the table is read, then until the rule heeds."""
    minute = int(now // 60)
    # crond reads a changed table within a minute, EventBridge heeds a switch within another.
    return max(
        (sum(first <= start < first + 6 for times in unit.times for start in times.old))
        for first in range(minute, minute + 60)
    )

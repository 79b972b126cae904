"""One entry of one table with its verdict, and what is noted beside the jobs of a scan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from converters.commands.work import Work
from converters.expressions.judgement import Judgement, Place
from converters.findings.codes import Finding
from converters.images.facts import Image
from converters.schedules.schedule import Schedule, Special
from converters.tables.crontab import Entry, Line
from converters.tables.owners import Owned
from converters.worlds.fates import Effect
from migrate.document.job import AnacronTimes, JobHistory, Status
from migrate.document.model import PassedOver, ReportedProblem
from migrate.sources import Source


@dataclass(slots=True)
class ScannedJob:
    """One entry of one table with its verdict; the name is given last, when all jobs are known.

    ``schedule`` is the entry's, on the dates that tests in the command leave; ``script`` is the file of a run-parts
    directory that the line starts, where the job is only that file; ``history`` what cron's log told of it;
    ``directives`` what a comment above the line decides.
    """

    id: str
    source: Source
    line: Line
    entry: Entry
    place: Place
    schedule: Schedule | Special
    work: Work
    judgement: Judgement
    findings: tuple[Finding, ...]
    name: str = ""
    script: str | None = None
    script_sha256: str | None = None
    anacron: AnacronTimes | None = None
    effect: Effect | None = None
    history: JobHistory | None = None
    directives: Mapping[str, object] = field(default_factory=dict)
    owned: Owned | None = None
    image: Image | None = None

    def spend(self, bare: Judgement) -> None:
        """Keep what an ecs.yml is made of, and of the judgement the target alone."""
        self.judgement, self.effect = bare, None
        self.place.forget()

    @property
    def user(self) -> str | None:
        """Whose job it is, where the line or its place tells."""
        return self.entry.user or self.source.user

    @property
    def at_boot(self) -> bool:
        """Whether it starts with the machine, as what ECS calls a service does."""
        return isinstance(self.schedule, Special) and self.schedule.kind == "reboot"

    @property
    def approximate(self) -> bool:
        """Whether the old times are not known to the minute; anacron's are not, so nothing is proven of them."""
        # anacron waits for START_HOURS_RANGE and adds RANDOM_DELAY (anacrontab(5)): an hour range, never a minute.
        return any(finding.code == "C120" for finding in self.findings)

    @property
    def follows(self) -> bool:
        """Whether a directive starts it after other jobs, so at no time of its own that could be compared."""
        return bool(self.directives.get("after"))

    @property
    def writable(self) -> bool:
        """Whether an ecs.yml can hold it: YAML and ECS take text only, and bytes that are not UTF-8 are none."""
        return not any(finding.code == "C129" for finding in self.findings)

    @property
    def has_spec(self) -> bool:
        """Whether a schedule can start it, or it can be a service, and an ecs.yml can hold it."""
        return bool(self.judgement.target.expressions or self.at_boot) and self.writable

    @property
    def status(self) -> Status:
        """``ready`` must be earned: nothing to decide, and both proofs there."""
        severities = {finding.severity for finding in self.findings}
        if "error" in severities:
            return "blocked"
        open_effect = self.effect is not None and (self.effect.fate != "move" or self.effect.proof == "open")
        return "review" if "warning" in severities or open_effect else "ready"


class Images(NamedTuple):
    """What was read of images, by reference; the reference that was decided for a job, by its id; and the image that a job
    was tried in, with the programs that ran there."""

    read: Mapping[str, Image]
    chosen: Mapping[str, str]
    tried: Mapping[str, tuple[str, frozenset[str]]] = MappingProxyType({})


NOTHING_RAN: frozenset[str] = frozenset()
NO_IMAGES = Images(MappingProxyType({}), MappingProxyType({}))


class Beside(NamedTuple):
    """What one process of several noted beside its jobs; ``started`` as `Periodic` has it."""

    lines: Counter[str]
    problems: list[ReportedProblem]
    tables: list[tuple[Source, str, bool]]
    skipped: list[PassedOver]
    started: set[tuple[int, str]]

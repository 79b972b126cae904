"""From tables to jobs: read every line, judge every schedule, name every job."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from functools import lru_cache, partial
from types import MappingProxyType
from typing import cast

from converters.artefact.origin import Origin
from converters.commands.fleet import Group
from converters.commands.lock_names import ANYWHERE, LockPlace, lock_name
from converters.commands.naming import job_id
from converters.commands.narrowing import narrowed
from converters.commands.surroundings import home_of
from converters.commands.work import Work, used_as_secrets
from converters.expressions.judgement import Judgement, Place
from converters.expressions.target import NO_TARGET, Choice
from converters.findings.codes import Finding
from converters.images.weight import said_of_size
from converters.schedules.daemon import Window
from converters.schedules.date_output import ALPINE, DEBIAN, RED_HAT, World
from converters.schedules.date_tests import UTC_NAMES
from converters.schedules.dialects import DIALECTS, Dialect
from converters.schedules.schedule import Special
from converters.schedules.zones import in_database, is_rule
from converters.specs.making import ecs_spec
from converters.specs.text import UNSEEN
from converters.specs.untyped import fields
from converters.tables.crontab import Crontab, Entry, Line
from converters.tables.dialect_notes import notes as dialect_notes
from converters.tables.directives import NOTHING, Directives, directives
from converters.tables.mistakes import refused
from converters.tables.owners import Owned
from converters.tables.timers import SYSTEMD
from migrate.document.model import PassedOver, ReportedProblem
from migrate.document.shown import shown
from migrate.machine.clock import own_zone
from migrate.scan.bytes import holds_bytes, of_bytes
from migrate.scan.effects import Effects, kept_findings, of_host, owned, started
from migrate.scan.host_facts import HostFacts
from migrate.scan.hosts import Hosts
from migrate.scan.named import called, wanted
from migrate.scan.names import give_names
from migrate.scan.parameters import NOTHING_GIVEN, NOTHING_KEPT, Given, Kept, parameters_of
from migrate.scan.periodic import Part, Periodic, dialect_of_anacrontab
from migrate.scan.places import Places
from migrate.scan.reading import about_lines, about_table, owned_by, read_table
from migrate.scan.scanned import NO_IMAGES, NOTHING_RAN, Beside, Images, ScannedJob
from migrate.scan.scripts import Scripts
from migrate.scan.sharing import scanned
from migrate.scan.timers import owner_of_timer, told_line
from migrate.sources import Source, Sources

NO_BACKENDS: Mapping[str, str] = MappingProxyType({})


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
class Scan:
    """All that a scan found; ``documenting.py`` makes the document of it. ``tables`` are (source, dialect, dead); ``fleet`` the
    jobs that stand on several hosts, of which those with a job in ``asked`` are a question."""

    settings: Settings
    jobs: list[ScannedJob] = field(default_factory=list)
    problems: list[ReportedProblem] = field(default_factory=list)
    lines: Counter[str] = field(default_factory=Counter)
    skipped: list[PassedOver] = field(default_factory=list)
    tables: list[tuple[Source, str, bool]] = field(default_factory=list)
    facts: HostFacts = field(default_factory=HostFacts, repr=False)
    parameters: Given = NOTHING_GIVEN
    fleet: tuple[Group, ...] = ()
    asked: frozenset[str] = frozenset()
    _hosts: Hosts | None = None

    def zone_name(self) -> str:
        """The zone of the hosts where they share one, else the one that was asked for or is this machine's."""
        # Not CRON_TZ's: cron's log, which `verify` reads by this zone, keeps the clock of the host.
        zones = {job.place.host_name for job in self.jobs}
        return zones.pop() if len(zones) == 1 else self.settings.zone_name

    def host(self, job: ScannedJob) -> str:
        """The name of the host that a job was found on, empty for this machine."""
        return self._of_hosts().name(job.source)

    def place(self, job: ScannedJob) -> LockPlace:
        """Where a job takes its lock: the one rule for its name, wherever that is told."""
        if job.work.lock is None:
            return ANYWHERE
        directory = job.work.understanding.working_directory
        if directory is None or not directory.startswith("/"):
            directory = home_of(job.entry.environment, job.user, self.facts.home(job.source, job.user))
        return self._of_hosts().place(job.source, job.user, directory)

    def lock(self, job: ScannedJob) -> str | None:
        """The name on AWS of the lock that a job takes."""
        return lock_name(job.work.lock, self.place(job)) if job.work.lock is not None else None

    def _of_hosts(self) -> Hosts:
        if self._hosts is None:
            self._hosts = Hosts(source for source, _dialect, _dead in self.tables)
        return self._hosts

    def each_spec(self) -> Iterator[tuple[str, dict[str, object]]]:
        """Name and plain ecs.yml mapping of each job that a schedule can start, or that a service can be, one after the
        other: a fleet's worth need not be in memory at once."""
        for job in self.jobs:
            if job.has_spec:
                yield job.name, self.spec(job)

    def spent_specs(self) -> Iterator[tuple[str, dict[str, object]]]:
        """`each_spec`, with each job let go once its spec is made."""
        self.jobs.reverse()
        while self.jobs:
            job = self.jobs.pop()
            if job.has_spec:
                yield job.name, self.spec(job)

    def spec(self, job: ScannedJob) -> dict[str, object]:
        """The plain ecs.yml mapping of a job."""
        return _spec(job, self.settings, self.place(job), self.parameters.now.get(job.name, {}))


def scan(
    sources: Sources,
    settings: Settings,
    known_names: Mapping[str, str],
    progress: Callable[[int], None] = lambda _: None,
    backends: Mapping[str, str] = NO_BACKENDS,
    images: Images = NO_IMAGES,
    kept: Kept = NOTHING_KEPT,
    say: Callable[[str], None] = lambda _: None,
) -> Scan:
    """Read and judge every table. ``progress`` is told the number of jobs done, now and then; ``backends`` are those that
    were decided in review, by job id; ``images`` what was read of images, and which job runs in which; ``kept`` the
    parameters that the workspace has given secrets. ``say`` is told what went amiss and was mended."""
    scanner = _Scanner(sources, settings, backends, images)
    for job in scanned(scanner, sources.tables, say):
        scanner.result.jobs.append(job)
        # Each call draws the bar anew, which costs more than a job does.
        if len(scanner.result.jobs) % 1000 == 0:
            progress(len(scanner.result.jobs))
    return scanner.named(known_names, kept)


class _Scanner:
    """What one scan keeps from table to table."""

    def __init__(self, sources: Sources, settings: Settings, backends: Mapping[str, str], images: Images) -> None:
        self.sources, self.settings, self.backends, self.images = sources, settings, backends, images
        skipped = [PassedOver(path=one.path, reason=shown(one.reason), code=one.code) for one in sources.skipped]
        self.result = Scan(settings, skipped=skipped)
        self.places = Places(settings.zone_of, settings.window)
        self.scripts = Scripts()
        self.effects = Effects()
        self.periodic = Periodic(sources.tables)
        self.repeated: Counter[tuple[str, str | None, str]] = Counter()
        self.of_lines: Mapping[int, tuple[Finding, ...]] = {}
        self.owned: Mapping[int, Owned] = {}

    def jobs_of(self, source: Source, first: int = 0, until: int = sys.maxsize) -> Iterator[ScannedJob]:
        """The jobs of one table's lines ``first`` to ``until``, not included; with its first line all of them are counted,
        and what is wrong with the table is noted."""
        dialect = _dialect(source, self.settings)
        read = _READERS.get(source.kind)
        table = read(self.periodic, source, dialect) if read is not None else read_table(source, dialect)
        # Its lines are jobs all the same, so that somebody can decide about them; but nothing is ready.
        ignored = table.dead is not None or source.ignored_because is not None
        said, astray = directives(table.lines)
        if first == 0:
            self.result.tables.append((source, dialect.name, ignored))
            _count(self.result, source, table, dialect)
            for number, finding in astray:
                self.result.problems.append(_problem(source, number, "", finding.code, finding.message))
        # `curl -H "X: $T"` in one line makes T a secret in all: what it is called does not tell.
        used = used_as_secrets(line.entry for line in table.lines if line.entry is not None)
        self.owned = owned_by(source, table)
        self.of_lines = about_lines(source, table, dialect) if source.kind in ("system", "user") else {}
        for line in table.lines:
            if line.entry is not None and line.number < first:
                self._key(source, line.entry)
            elif line.entry is not None and line.number < until:
                for part in self.periodic.parts(source, line, line.entry, dialect):
                    yield self._job(source, line, part, dialect, table, said.get(line.number, NOTHING), used)

    def _key(self, source: Source, entry: Entry) -> tuple[str, str | None, str]:
        """What a job is known by, beside how often it was met: the same command twice in a table gets an identity of its
        own, else one decision would be for both."""
        key = source.path, entry.user or source.user, entry.raw_command.strip()
        self.repeated[key] += 1
        return key

    def _job(
        self,
        source: Source,
        line: Line,
        part: Part,
        dialect: Dialect,
        table: Crontab,
        said: Directives,
        used: frozenset[str],
    ) -> ScannedJob:
        facts = self.result.facts
        entry, given = facts.handed(source, part.entry, dialect)
        key = self._key(source, entry)
        user = key[1]
        identity = job_id(source.path, user, key[2], self.repeated[key])
        # What was decided in a review beats the comment above the line, and that beats the option.
        choice = self.backends.get(identity) or said.decision.get("backend") or self.settings.choice
        # Each was held against the names of the backends where it was read.
        place = self.places.of(source, dialect, entry, cast("Choice", choice))
        # The text is narrowed before judging: `[ "$(date +\%d)" -le 7 ] &&` becomes dates of the schedule.
        world = world_of(source, dialect)
        decision = facts.decision(source, entry, user, world)
        home = facts.home(source, user)
        texts = partial(self.scripts.texts, source)
        work, schedule = narrowed(entry, user, place, world, home, used, decision, texts)
        work = self.periodic.with_unit(source, work)
        work = self.scripts.known_to(source, work, home_of(entry.environment, user, home))
        own = work.understanding.container
        usual = self.settings.image if own is None else own.image
        reference = self.images.chosen.get(identity) or said.decision.get("image") or usual
        image = self.images.read.get(str(reference))
        home = home_of(entry.environment, user, home)
        tried, ran = self.images.tried.get(identity, ("", NOTHING_RAN))
        ran = ran if tried == reference else NOTHING_RAN
        effect = self.effects.of(entry, work, user, image, facts.facts(source), home, place.host_name, ran)
        work = owned(started(work, effect, "/" if source.kind == "timer" else home), effect, image)
        boot = isinstance(schedule, Special) and schedule.kind == "reboot"
        groups = facts.groups(source, user, [one.need for one in effect.answers])
        lacks = facts.lacks(source, user, work)
        owner = facts.owner(source, part.script) or owner_of_timer(source)
        effect = of_host(effect, work, lacks, owner, boot=boot, groups=groups)
        judgement = place.judge(schedule) if not part.moved else Judgement(NO_TARGET, None, ())
        if (rule := _unread_zone(entry, place)) is not None and is_rule(rule):
            # The C library follows the rule and nothing here does: what was compared is not what cron ran.
            judgement = replace(judgement, parity=None, options=(), stretches=())
        findings = (
            *part.findings,
            *given,
            *judgement.findings,
            *dialect_notes(entry, dialect),
            *kept_findings(work, effect),
            *of_clock(work, place.host_name),
            *_of_table(source, table, entry, place),
            *self.of_lines.get(line.number, ()),
            *said.findings,
            *_of_order(said, entry),
            *said_of_size(image),
        )
        job = ScannedJob(identity, source, line, entry, place, schedule, work, judgement, findings, script=part.script)
        job.effect, job.image, job.script_sha256 = effect, image, facts.script_sha256(source, part.script)
        job.directives, job.anacron = said.decision, part.anacron
        job.owned = self.owned.get(line.number)
        # Told apart from its namesakes once all are known; here, where several processors may do it, what it is called.
        job.name = called(source, entry, job.owned)
        return job

    def beside(self) -> Beside:
        """All that was noted beside the jobs."""
        result = self.result
        return Beside(result.lines, result.problems, result.tables, self.periodic.skipped, self.periodic.started)

    def join(self, beside: Beside) -> None:
        """Note what another process noted of the tables that follow."""
        self.result.lines += beside.lines
        self.result.problems += beside.problems
        self.result.tables += beside.tables
        self.periodic.join(beside.skipped, beside.started)

    def named(self, known: Mapping[str, str], kept: Kept) -> Scan:
        """The result, once all is read: every job has its name, and what no line starts is told."""
        result, periodic = self.result, self.periodic
        # At the end: a line of the last table may still start a directory of the first.
        periodic.name_the_rest(self.sources.servers, DIALECTS[self.settings.dialect or "debian"])
        result.skipped += periodic.skipped
        # A name that the workspace knows stays: a new comment renames nothing that may be deployed.
        give_names(
            result.jobs, known, [wanted(job.source, job.entry, job.name, result.host(job)) for job in result.jobs]
        )
        result.parameters = parameters_of(result.jobs, kept)
        for job in result.jobs:
            if holds_bytes(job.entry, job.user):
                job.findings += (of_bytes(result.spec(job)),)
        return result


def _dialect(source: Source, settings: Settings) -> Dialect:
    """Who reads a table: what was said by option beats the place, the place beats the text; Debian's is the daemon of most
    servers. A timer is systemd's, whatever cron there is."""
    if source.kind == "timer":
        return SYSTEMD
    return DIALECTS[settings.dialect or source.dialect or dialect_of_anacrontab(source) or "debian"]


_READERS: Mapping[str, Callable[[Periodic, Source, Dialect], Crontab]] = {
    "anacron": Periodic.anacrontab,
    "timer": Periodic.timer,
}


def _count(result: Scan, source: Source, table: Crontab, dialect: Dialect) -> None:
    """Classify every line, and note what is wrong with the table and its lines."""
    for line in table.lines:
        result.lines[line.kind] += 1
        if line.fault is not None:
            better = refused(table, line) if source.kind in ("system", "user") else None
            message = f"column {line.fault.column}: {better or line.fault.message}"
            result.problems.append(_problem(source, line.number, line.text, "C101", message))
        elif line.variable is not None:
            name, value = line.variable
            if source.kind not in ("system", "user"):
                continue
            # Debian's cron takes it only since 3.0pl1-187; before, the line was a bad entry, and the table was
            # dropped.
            if not value and dialect.name == "debian" and line.text.rstrip().endswith("="):
                message = f"`{name}=` with nothing behind it"
                result.problems.append(_problem(source, line.number, line.text, "C103", message))
            if name in ("CRON_TZ", "RANDOM_DELAY") and name not in dialect.schedule_variables:
                message = f"{dialect.title} does not heed {name}"
                result.problems.append(_problem(source, line.number, line.text, "C105", message))
    if table.dead is not None:
        # The whole table is dropped at the first bad line, so that is the line to look at.
        where = next((line.number for line in table.lines if line.kind == "invalid"), len(table.lines))
        result.problems.append(_problem(source, where, "", "C102", table.dead))
    for code, number, message in about_table(source, table):
        result.problems.append(_problem(source, number, "", code, message))
    if source.ignored_because is not None:
        result.problems.append(_problem(source, 0, "", "C111", source.ignored_because))


def _problem(source: Source, number: int, text: str, code: str, message: str) -> ReportedProblem:
    # A line that cannot be read as an entry is masked as a variable's line: `PASSWORD = x y` is one of both.
    masked = shown(text, environment_line=True)[:500]
    return ReportedProblem(path=source.path, line=number, text=masked, code=code, message=message)


def _unread_zone(entry: Entry, place: Place) -> str | None:
    """What CRON_TZ names, where it is heeded and no zone of the database."""
    # Without CRON_TZ there is nothing to be wrong about: UTC is a zone for sure.
    own = entry.environment.get("CRON_TZ", "UTC")
    return own if place.host is not None and own_zone(own)[0] != in_database(own) else None


def _of_order(said: Directives, entry: Entry) -> Iterator[Finding]:
    """That a directive starts the job after others, whatever its schedule was."""
    leads = said.decision.get("after")
    if isinstance(leads, (list, tuple)) and leads:
        names = " and ".join(f"`{lead}`" for lead in leads)
        yield Finding(
            "C309",
            f"It starts when {names} ended well, at no time of its own; cron started it at `{entry.schedule.text}`, whatever "
            "became of the others.",
        )


def _of_table(source: Source, table: Crontab, entry: Entry, place: Place) -> Iterator[Finding]:
    """What is wrong with the table, so with all of its jobs, and with the bytes of the line."""
    if (own := _unread_zone(entry, place)) is not None:
        why = "a rule of its own is not read here; name the zone" if is_rule(own) else "there is no such zone"
        yield Finding("C106", f"CRON_TZ={own}: {why}")
    if table.dead is not None:
        yield Finding("C102", f"{source.path}: {table.dead}")
    if source.ignored_because is not None:
        yield Finding("C111", f"{source.path}: {source.ignored_because}")
    unseen = _unseen(entry.raw_command) | _unseen_in(tuple(entry.environment.items()))
    if unseen:
        points = ", ".join(f"U+{point:04X}" for point in sorted(unseen)[:5])
        yield Finding("C128", f"the line or a variable above it holds {points}; what is written has it escaped")


def _unseen(text: str) -> frozenset[int]:
    """The characters of a text that turn its direction or are not seen. Surrogates are bytes of another encoding, and have
    a finding of their own (C129)."""
    if text.isascii():
        return frozenset()
    return frozenset(ord(char) for char in UNSEEN.findall(text) if not "\ud800" <= char <= "\udfff")


@lru_cache(maxsize=64)
def _unseen_in(variables: tuple[tuple[str, str], ...]) -> frozenset[int]:
    return frozenset().union(*(_unseen(f"{name}={value}") for name, value in variables))


def world_of(source: Source, dialect: Dialect) -> World:
    """Whose programs a command meets: the tree's own distribution's, else those of the daemon's usual home."""
    shown = source.server.distribution() if source.server is not None else None
    return {"debian": DEBIAN, "redhat": RED_HAT, "alpine": ALPINE}[shown] if shown is not None else dialect.world


def of_clock(work: Work, zone: str) -> Iterator[Finding]:
    """What a command that reads the clock needs of its image."""
    # A container runs in UTC, and small images hold no /usr/share/zoneinfo: TZ alone is then taken for UTC.
    if "TZ" in work.understanding.reads and work.understanding.test is None and zone not in UTC_NAMES:
        yield Finding(
            "C448", f"It reads the clock of {zone}: TZ={zone} is carried, and the image must hold zone data for it"
        )


def _spec(job: ScannedJob, settings: Settings, place: LockPlace, parameters: Mapping[str, str]) -> dict[str, object]:
    # Names of files and users, and a field behind whose number cron skips to the blank, may hold any bytes.
    legacy: dict[str, object] = {"id": job.id, "path": shown(job.source.path), "line": job.line.number}
    if job.user:
        legacy["user"] = shown(job.user)
    if job.script is not None:
        legacy["script"] = shown(job.script)
    legacy |= _origin(job).as_legacy()
    if variables := fields(legacy.get("variables")):
        legacy["variables"] = {name: shown(str(value)) for name, value in variables.items()}
    return ecs_spec(
        name=job.name,
        entry=job.entry,
        work=job.work,
        target=job.judgement.target,
        timezone=job.place.host_name,
        image=settings.image,
        cluster=settings.cluster,
        place=place,
        parameters=parameters,
        legacy=legacy,
    )


def _origin(job: ScannedJob) -> Origin:
    """What of the line says when it ran, so that its ecs.yml can be held against it later."""
    runs, entry = job.work.ran, job.entry
    server = job.source.server
    return Origin(
        shown(entry.schedule.text),
        job.place.zone_name,
        shown(job.work.shown_line(entry, told_line(job.source, job.line, entry))),
        dialect=job.place.dialect.name,
        host=job.place.host_name,
        world=server.distribution() if server is not None else None,
        runs=shown(job.work.hide(runs)) if runs is not None else None,
        variables=entry.environment,
        is_near=job.approximate,
    )

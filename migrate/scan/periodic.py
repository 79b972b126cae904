"""Lines that start others: run-parts directories and anacron. What they start become jobs of their own, never twice.

A job made from a script keeps the line that starts it as its source: there stand its schedule, its user and its
variables. Where a directory is not among what was given, its line stays one job.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from converters.commands.work import Work
from converters.findings.codes import Finding
from converters.schedules.dialects import Dialect
from converters.schedules.schedule import Schedule, Special, parse_schedule
from converters.secrets.search import is_secret_variable
from converters.tables import anacrontab, timers
from converters.tables.anacrontab import Flavour
from converters.tables.crontab import Crontab, Entry, Line
from converters.tables.run_parts import Call, Rules, Started, in_order, started_by, why_passed_over
from converters.tables.services import Service
from migrate.document.job import AnacronTimes
from migrate.document.model import PassedOver
from migrate.document.shown import shown
from migrate.scan.timers import with_unit
from migrate.sources import Source
from migrate.sources.kinds import family_of
from migrate.sources.server import Directory, Script, Server

# cronie, contrib/0anacron: calls `anacron -s` where cron.daily was not stamped today and the machine is not on
# battery.
_OWN_SCRIPT = "0anacron"
# Debian puts .placeholder there so that dpkg keeps the empty directory; Red Hat's run-parts reads the other two.
_UNNAMED = frozenset({".placeholder", "jobs.allow", "jobs.deny"})


@dataclass(frozen=True, slots=True)
class Part:
    """One job that a line makes. ``script`` is the file it starts, ``anacron`` when anacron does so; ``moved``: the line itself
    makes no target."""

    entry: Entry
    findings: tuple[Finding, ...] = ()
    script: str | None = None
    moved: bool = False
    anacron: AnacronTimes | None = None


class Periodic:
    """Follows the lines of one scan. ``skipped`` collects what became no job, each with its reason."""

    def __init__(self, tables: Iterable[Source]) -> None:
        self.skipped: list[PassedOver] = []
        self._with_anacrontab = {id(one.server) for one in tables if one.kind == "anacron" and one.server is not None}
        self._said: dict[tuple[str, int], tuple[Finding, ...]] = {}
        self._times: dict[tuple[str, int], AnacronTimes] = {}
        self._services: dict[str, Service | None] = {}
        self.started: set[tuple[int, str]] = set()
        self._named: set[tuple[str, str]] = set()

    def join(self, skipped: Iterable[PassedOver], started: Iterable[tuple[int, str]]) -> None:
        """Note what another process noted of the tables that follow."""
        self.started |= set(started)
        for one in skipped:
            if (one.path, one.code) not in self._named:
                self._named.add((one.path, one.code))
                self.skipped.append(one)

    def anacrontab(self, source: Source, dialect: Dialect) -> Crontab:
        """A table of anacron as lines and entries; each job has the schedule that comes nearest."""
        table = anacrontab.read(source.data.decode("utf-8", "surrogateescape"), _flavour(source, dialect))
        jobs = {job.line: job for job in table.jobs}
        entries = {}
        for number, job in jobs.items():
            # anacron stamps each job's day in /var/spool/anacron/ID; that tells from when a period of many days is
            # counted.
            last_run = source.server.last_run(job.identifier) if source.server is not None else None
            found = anacrontab.nearest(job, table, last_run)
            self._said[source.path, number] = tuple(_said_of_anacron(job, found))
            entries[number] = _entry(job, found, dialect)
            if found.fields is not None:
                self._times[source.path, number] = AnacronTimes(
                    identifier=job.identifier, period=job.period, earliest=found.earliest, latest=found.latest
                )
        return Crontab(tuple(replace(line, entry=entries.get(line.number)) for line in table.lines))

    def timer(self, source: Source, _dialect: Dialect) -> Crontab:
        """A timer of systemd as a table of one entry."""
        if source.timer is None:
            return Crontab(())
        read = timers.read(source.timer, source.data.decode("utf-8", "surrogateescape"), is_secret_variable)
        for line in read.lines:
            self._said[source.path, line.number] = read.findings if line.entry is not None else ()
        self._services[source.path] = read.service
        return Crontab(read.lines)

    def with_unit(self, source: Source, work: Work) -> Work:
        """The work of a timer with what its units ask beside their text; that of any other entry as it is."""
        service = self._services.get(source.path) if source.timer is not None else None
        return work if source.timer is None or service is None else with_unit(work, source.timer, service)

    def parts(self, source: Source, line: Line, entry: Entry, dialect: Dialect) -> list[Part]:
        """The jobs of one line: usually itself; none where others do its work; each script of its directories."""
        said = self._said.get((source.path, line.number), ())
        server = source.server
        if server is None or source.kind == "timer":
            return [Part(entry, said)]
        started = started_by(entry.command)
        # Most lines: no run-parts, no anacron, so nothing has to be looked for in the tree.
        if source.kind != "anacron" and not started.calls and not started.anacron:
            return [Part(entry)]
        # Debian's /etc/crontab: `test -x /usr/sbin/anacron || run-parts ...`; with anacron there, cron's line never
        # does it.
        idle = self._idle(source, server, started)
        if idle is not None:
            self._skip(f"{source.path}:{line.number}", idle, "C121")
            return []
        # Noted even where the line stays one job: its scripts are started, so nobody must be told that they are not.
        self.started |= {(id(server), call.directory) for call in started.calls}
        if source.kind == "anacron" and not server.anacron()[0]:
            said = (*said, Finding("C124", f"{server.anacron()[1]}, so nothing goes through this table"))
        directories = [(call, server.directory(call.directory)) for call in started.calls]
        # One directory that cannot be seen is enough: half of a line as jobs of its own would run the other half
        # twice.
        if not started.followed or any(directory is None for _, directory in directories):
            return [Part(entry, said)]
        made = []
        for call, directory in directories:
            if directory is not None:
                made += [
                    replace(part, findings=(*said, *part.findings), anacron=self._times.get((source.path, line.number)))
                    for part in self._scripts(call, directory, entry, _rules(server, dialect))
                ]
        names = " and ".join(call.directory for call in started.calls)
        if not started.only:
            also = Finding("C122", f"the scripts of {names} became jobs of their own; the rest of this line did not")
            # The rest of the line still does something, so it cannot vanish; without a target it starts nothing
            # twice.
            return [*made, Part(entry, (also,), moved=True)]
        count = "nothing there becomes a job"
        if made:
            count = (
                "its script is a job of its own" if len(made) == 1 else f"its {len(made)} scripts are jobs of their own"
            )
        self._skip(f"{source.path}:{line.number}", f"starts {names} with run-parts; {count}", "C121")
        return made

    def _idle(self, source: Source, server: Server, started: Started) -> str | None:
        """Why the line itself does nothing that other jobs do not do; ``None`` where it counts."""
        installed, evidence = server.anacron()
        # An anacrontab outlives a removed package (dpkg keeps conffiles), so its being there proves no anacron.
        if source.kind == "anacron":
            if started.followed and started.only and not installed:
                return f"anacron is not installed ({evidence}), so cron's own line starts the directory, not this one"
            return None
        if started.yields and installed:
            return f"leaves its directory to anacron ({evidence})"
        # Only where that table was given: else its jobs would be nowhere.
        if installed and started.anacron and started.only and not started.calls and id(server) in self._with_anacrontab:
            return "calls anacron; the jobs of its table are jobs of their own"
        return None

    def _scripts(self, call: Call, directory: Directory, entry: Entry, rules: Rules) -> list[Part]:
        """The scripts that run, as run-parts orders them; the others are named with the rule that keeps them out."""
        by_name = {script.name: script for script in directory.scripts}
        running = []
        for name in in_order(by_name, reverse=call.reverse):
            why = why_not_run(by_name[name], directory, rules, call.lsb)
            # On AWS nobody calls anacron, so what keeps it going has nothing to do.
            if name == _OWN_SCRIPT:
                self._skip(_path(by_name[name]), "anacron's own script; it has no work of its own", "C121")
            elif why is None:
                running.append(by_name[name])
            elif name not in _UNNAMED:
                # Files that are part of the system would be named for each directory, and mean nothing.
                self._skip(_path(by_name[name]), f"in {call.directory}: {why}", "C123")
        # run-parts(8) waits for each script before the next: jobs of their own start at once, beside each other.
        order: tuple[Finding, ...] = ()
        if len(running) > 1:
            stops = ", and stops at the first that fails" if call.stops_on_error else ""
            order = (
                Finding(
                    "C125",
                    f"run-parts starts the {len(running)} scripts of {call.directory} one after the other{stops}",
                ),
            )
        return [Part(_started_entry(entry, call, script), order, _path(script)) for script in running]

    def name_the_rest(self, servers: Iterable[Server], dialect: Dialect) -> None:
        """Scripts in the usual directories that no line starts: named, so that nobody forgets them."""
        for server in servers:
            for path in server.periodic():
                directory = server.directory(path)
                # What a line started is a job already, or was said to be none.
                if directory is None or (id(server), path) in self.started:
                    continue
                for script in directory.scripts:
                    if script.name not in _UNNAMED and not script.name.startswith("."):
                        why = why_not_run(script, directory, _rules(server, dialect))
                        tail = (
                            f"; {why}, so it may never have run"
                            if why
                            else "; add a line for it to a crontab to move it"
                        )
                        self._skip(_path(script), f"a script of {path}, which no line read here starts{tail}", "C113")

    def _skip(self, path: str, reason: str, code: str) -> None:
        # The same script may be met from two lines; it is said once.
        if (path, code) not in self._named:
            self._named.add((path, code))
            self.skipped.append(PassedOver(path=path, reason=shown(reason), code=code))


def why_not_run(script: Script, directory: Directory, rules: Rules, lsb: bool = False) -> str | None:
    """Why run-parts does not start this file of the directory, as a clause; ``None`` when it does."""
    why = why_passed_over(script.name, rules, lsb=lsb)
    # Red Hat's run-parts heeds both lists: named in jobs.allow where there is one, and not named in jobs.deny.
    if why is None and rules == "redhat":
        if directory.allowed is not None and script.name not in directory.allowed:
            why = "jobs.allow does not name it"
        elif script.name in directory.denied:
            why = "jobs.deny names it"
    return why or script.broken or (None if script.executable else "it is not executable, so it does not run")


def _path(script: Script) -> str:
    # Names on Linux are bytes without an encoding; the report must show the odd ones too.
    return os.fsencode(script.path).decode("utf-8", "backslashreplace")


def _started_entry(entry: Entry, call: Call, script: Script) -> Entry:
    command = shlex.join([f"{call.directory}/{script.name}", *call.arguments])
    # run-parts gives its scripts no stdin of the line: what stood behind a `%` is for run-parts itself.
    return replace(entry, raw_command=command, command=command, stdin=None)


def _rules(server: Server, dialect: Dialect) -> Rules:
    """The distribution's own run-parts; where nothing shows it, the one that usually comes with the daemon."""
    shown_by_place: dict[str, Rules] = {"debian": "debian", "redhat": "redhat", "alpine": "busybox"}
    by_daemon: dict[str, Rules] = {"cronie": "redhat", "busybox": "busybox"}
    found = server.distribution()
    return shown_by_place[found] if found else by_daemon.get(family_of(dialect.name), "debian")


def _flavour(source: Source, dialect: Dialect) -> Flavour:
    """Whose anacron it is: the distribution's, else what the daemon or the table's own variables tell."""
    distribution = source.server.distribution() if source.server is not None else None
    if distribution == "redhat":
        # Red Hat's anacron is cronie's own (cronie-anacron); Debian's is the older one, version 2.3.
        return "cronie"
    if distribution is None and family_of(dialect.name) == "cronie":
        return "cronie"
    return "debian"


def _said_of_anacron(job: anacrontab.AnacronJob, found: anacrontab.Nearest) -> Iterator[Finding]:
    if found.fields is None:
        yield Finding("C127", f"{found.how}, so anacron never starts it")
        return
    when = anacrontab.clock_range(found)
    yield Finding(
        "C120",
        f"anacron starts `{job.identifier}` at {found.how}: {when} on a machine that is always up; "
        f"`{found.fields}` comes nearest",
    )
    if found.rhythm is not None:
        yield Finding("C126", f"anacron runs `{job.identifier}` {found.rhythm}")


def _entry(job: anacrontab.AnacronJob, found: anacrontab.Nearest, dialect: Dialect) -> Entry:
    """anacron always uses ``/bin/sh``, knows no ``%``, and keeps the variables that steer it to itself."""
    schedule: Schedule | Special
    if found.fields is None:
        # A schedule that never comes: anacron's period 0 and the like start nothing, but the job must be shown.
        schedule = Schedule(f"{job.period} {job.delay}", 0, 0, 0, 0, 0, either=False, elapsed=False)
    else:
        schedule = parse_schedule(found.fields, dialect)
    # anacron, runjob.c: each job is started by execl of /bin/sh with -c; what steers anacron steers no job.
    kept = {name: value for name, value in job.environment.items() if name != "SHELL" and not _STEERING.match(name)}
    return Entry(schedule, None, job.command, job.command, None, kept)


_STEERING = re.compile("|".join(anacrontab.STEERING))


def dialect_of_anacrontab(source: Source) -> str | None:
    """``cronie`` where a table of anacron can only be cronie's: its place says nothing, but what it uses does."""
    # What Debian has is Debian's, whatever the table looks like.
    if source.kind != "anacron" or (source.server is not None and source.server.distribution() == "debian"):
        return None
    return anacrontab.flavour_shown(source.data.decode("utf-8", "surrogateescape"))

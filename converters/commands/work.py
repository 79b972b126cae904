"""An entry's command as work for a container: what was understood, what stays in the text, and what is said of it.

`understand` takes a command apart; here it is decided which idioms AWS carries out for this job and which stay as they are,
so that nothing is lost between the two.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from converters.commands import surroundings
from converters.commands.command import Script, Understanding, read_script, understand
from converters.commands.dialects.saying import sayings
from converters.commands.hidden import Hidden, hidden_findings, hidden_in
from converters.commands.host_decisions import Decision, Test
from converters.commands.idioms.environment_lines import EnvironmentFile, Reader, read_file, said_of
from converters.commands.idioms.script_findings import said_of_script
from converters.commands.idioms.wishes import Lock, TimeLimit
from converters.commands.lock_names import ANYWHERE, LockPlace, lock_name
from converters.commands.work_findings import EntryCommand, endless, never, never_waited, said
from converters.findings.codes import Finding
from converters.findings.few import few
from converters.schedules import days
from converters.schedules.date_guards import DateGuard
from converters.schedules.date_output import DEBIAN, World
from converters.schedules.date_tests import UTC_NAMES
from converters.schedules.schedule import Schedule, due_days
from converters.secrets.search import (
    MASK,
    find_secrets,
    hide_glued,
    hide_words,
    is_secret_variable,
    mask,
    secret_variables,
    secret_words,
    told_secrets,
)
from converters.tables.crontab import Entry

# docs "Amazon ECS task definition parameters", stopTimeout: 2 to 120 seconds on Fargate.
STOP_SECONDS = (2, 120)
"""Bounds of a container's ``stopTimeout`` on Fargate: the time between SIGTERM and SIGKILL."""

# CPython makes each empty frozenset anew, with room for eight (216 bytes); most jobs have no secret.
_NONE: frozenset[str] = frozenset()
_STRICT = re.compile(r"#!\s*\S*(?:sh|env\s+(?:-S\s*)?\S*sh)\s.*-[a-z]*e")
_QUOTES = re.compile(r"[\"'\\]")
_SHEBANG = re.compile(r"#!\s*(?:\S*/env\s+)?(\S*\b(?:sh|dash|ash))(?:\s|$)")
_PLAIN_SHELLS = frozenset({"sh", "dash", "ash"})


@dataclass(frozen=True, slots=True)
class Work:
    """What a job's command becomes.

    ``guards`` are the date tests that the schedule takes over; ``pause`` a fixed pause that stays in front of the command,
    in seconds; ``carried`` the variables of cron's environment that go into the container; ``secrets`` the values to hide;
    ``used`` the variables whose value is one of them, whatever they are called. ``tests`` ask for the host: those that its
    files decide are gone from the text, the others stay; ``never`` says why none of it ever runs there, where that is so.
    ``start`` is the directory where cron starts it, where that is known and matters; ``ran`` the command as it runs there,
    where a test of the host was decided; ``user`` is the one of the table, where its image knows that name; ``files`` are the
    files of variables that could be read; ``script`` is what the command starts, ``further`` are the scripts beside and
    behind it.
    """

    understanding: Understanding
    guards: tuple[DateGuard, ...]
    pause: float
    carried: Mapping[str, str]
    findings: tuple[Finding, ...]
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    used: frozenset[str] = frozenset()
    script: Script | None = None
    further: tuple[Script, ...] = ()
    world: World = DEBIAN
    tests: tuple[Test, ...] = ()
    never: str = ""
    start: str | None = None
    ran: str | None = None
    user: str | None = None
    files: Mapping[str, EnvironmentFile] = field(default_factory=dict)

    @property
    def lock(self) -> Lock | None:
        """The lock of the command, else the one that its script takes by itself."""
        return self.understanding.lock or (self.script.lock if self.script is not None else None)

    def with_script(self, path: str, text: str, interpreter: str = "", whole: str | None = None) -> Work:
        """The same work, knowing the text of a script that it starts, by an interpreter or by itself: read, never run.
        ``whole`` is the text with the files that it reads in. The first one is the job's; others are what that starts."""
        script = read_script(text, path, interpreter, whole)
        findings = list(self.findings)
        if needs := few([f"{need.kind} `{need.name}`" for need in script.dependencies], 6):
            findings.append(Finding("C483", f"`{path}` was read; it needs of its host: {needs}"))
        if script.lock is not None and self.lock is None:
            findings.append(Finding("C484", f"`{path}` takes the lock `{script.lock.name}` by itself"))
            if self.understanding.timeout is None:
                findings.append(endless(script.lock))
        findings += said_of_script(script, interpreter, locked=(self.lock or script.lock) is not None)
        if script.shell:
            findings += hidden_findings(_hidden_of(text), script=path)
            findings += [Finding("C450", f"`{path}`: {said}") for said in self._dialect(text, interpreter)]
        # What the script tells a program is as secret as what the line tells one.
        known = replace(self, secrets=self.secrets | secret_words(script.whole))
        hidden = tuple(replace(one, message=known.hide(one.message)) for one in findings)
        if self.script is not None:
            return replace(known, further=(*self.further, script), findings=hidden)
        return replace(known, script=script, findings=hidden)

    def with_environment_file(self, path: str, text: str, reader: Reader = "shell") -> Work:
        """The same work, knowing a file of variables that it reads: what ECS would make of its lines, and no value."""
        found = read_file(text, reader)
        told = Finding("C438", said_of(path, found))
        return replace(self, findings=(*self.findings, told), files={**self.files, path: found})

    def _dialect(self, text: str, called: str) -> Iterator[str]:
        """What its shell makes of a script: the one that the command calls, else that of its first line; without one, the
        shell that starts it reads it (execvp(3))."""
        if called:
            name = called.rpartition("/")[2]
            # `sh x.sh` reads `#!/bin/bash` as a comment.
            yield from sayings(text, f"/bin/{name}", self.world.sh, script=True) if name in _PLAIN_SHELLS else ()
            return
        first = _SHEBANG.match(text)
        interpreter = first[1] if first is not None else "/bin/sh"
        if first is not None or not text.startswith("#!"):
            yield from sayings(text, interpreter, self.world.sh, script=True)

    def shown_line(self, entry: Entry, line: str) -> str:
        """The line of the crontab; what ``%`` passes as standard input shows by nothing in the line that it is a secret."""
        # `\%` is how crontab(5) writes a percent sign: a secret with one looks other in the line than in the command.
        escaped = [secret for secret in self.secrets if "%" in secret]
        for secret in escaped:
            line = line.replace(secret.replace("%", r"\%"), MASK)
        return self.hide(line) if entry.stdin is not None else mask(line)

    def hide(self, text: str) -> str:
        """``text`` without any secret of the job, also where it stands alone and nothing shows that it is one."""
        text = hide_words(text, self.secrets)
        # Outside its own line nothing shows what `-pgeheim` is, one word of a list of arguments.
        if any(secret in text for secret in self.secrets):
            text = hide_glued(text, self.secrets, mask(self.understanding.remaining))
        return text

    @property
    def window(self) -> int:
        """Minutes of a random pause, for Scheduler's flexible window; 0 without one."""
        delay = self.understanding.delay
        if delay is None or delay.kind != "random" or never_waited(self.understanding):
            return 0
        # MaximumWindowInMinutes of Scheduler: 1 to 1440.
        return min(1440, math.ceil(delay.seconds / 60))


def work_of(
    entry: Entry,
    *,
    user: str | None,
    own_clock: bool,
    guards: bool = True,
    home: str | None = None,
    used: frozenset[str] = frozenset(),
    world: World = DEBIAN,
    zone: str | None = None,
    decision: Decision | None = None,
    texts: tuple[tuple[str, str], ...] = (),
) -> Work:
    """The work of one entry.

    ``user`` is whose job it is, ``home`` that user's home where the host's passwd file is known. ``own_clock`` says that
    the schedule is read by the same clock that the command sees (not so under ``CRON_TZ``), so that tests of the date can
    become schedule; ``guards`` false leaves them in the text. ``used`` are the variables that some command of the table
    uses as a secret (`used_as_secrets`), ``world`` says whose ``date`` and ``sh`` the command meets, ``zone`` is the
    schedule's own. ``decision`` is the command as it runs on its host, where the host's files decide a test of it;
    ``texts`` are the compose files that it reads, as (path, text).
    """
    environment = tuple(sorted(entry.environment.items()))
    return _work_of(
        EntryCommand(
            entry.command if decision is None else decision.text,
            entry.raw_command,
            entry.stdin,
            environment,
            home,
            used,
            world,
            () if decision is None else decision.tests,
            decision is not None and decision.never,
            texts,
        ),
        user,
        own_clock=own_clock,
        guards=guards,
        # Only a test that names a zone asks for it, so that the others share their work.
        # `TZ=UTC date` in the text, or TZ in the table, changes what date prints, never the schedule.
        zone=zone if "TZ" in entry.command or "TZ" in entry.environment or "date" in entry.command else None,
    )


def used_as_secrets(entries: Iterable[Entry]) -> frozenset[str]:
    """The variables that any command of a table uses as a secret: cron gives each of them to all of its jobs."""
    used = [secret_variables(entry.command) for entry in entries if "$" in entry.command and entry.environment]
    return frozenset().union(*used)


@lru_cache(maxsize=4096)
def _work_of(entry: EntryCommand, user: str | None, *, own_clock: bool, guards: bool, zone: str | None) -> Work:
    first = _understood(entry, user, frozenset())
    keep = set()
    # The first reading took all it could; what AWS cannot carry out must stay in the text, so the text is read again.
    if first.timeout is not None and not _is_plain(first.timeout):
        keep.add("timeout")
    if first.guards and not (guards and own_clock and all(_is_own(guard, zone) for guard in first.guards)):
        keep.add("date guard")
    found = _understood(entry, user, frozenset(keep)) if keep else first
    delay = found.delay
    pause = delay.seconds if delay is not None and delay.kind == "fixed" else 0.0
    carried = _carried(entry, user, found)
    secrets = _secrets(entry)
    used = entry.used | secret_variables(entry.command) or _NONE
    work = Work(
        found,
        found.guards,
        pause,
        carried,
        (),
        secrets,
        used,
        world=entry.world,
        tests=entry.tests,
        never=never(entry),
        ran=entry.command if any(one.holds is not None for one in entry.tests) else None,
    )
    findings = said(entry, found, carried, secrets)
    if secrets:
        findings = (replace(finding, message=work.hide(finding.message)) for finding in findings)
    return replace(work, findings=tuple(findings))


def _secrets(entry: EntryCommand) -> frozenset[str]:
    """The secrets of a command, its data and its variables: as written, and as the shell reads them."""
    found = set()
    for text in (entry.command, entry.raw_command, entry.stdin or ""):
        for secret in find_secrets(text):
            written = text[secret.start : secret.end]
            # `qpdf --encrypt USER OWNER`: one place of two words, and each may be told of alone.
            found |= {written, _QUOTES.sub("", written), *(word for word in written.split() if len(word) > 4)}
    if entry.stdin:
        found |= set(told_secrets(entry.command, entry.stdin))
    found |= _set_secrets(entry.variables, entry.used | secret_variables(entry.command))
    # One or two characters would be masked all over the text.
    return frozenset(text for text in found if len(text) > 2) or _NONE


def _hidden_of(script: str) -> Hidden:
    """What a script hides; its first line may start its shell with ``-e``."""
    return hidden_in(script, strict=bool(_STRICT.match(script)))


@lru_cache(maxsize=64)
def _set_secrets(variables: tuple[tuple[str, str], ...], used: frozenset[str]) -> frozenset[str]:
    """The secrets among the values of variables; looked for once for all jobs below the same ones."""
    found = set()
    for name, value in variables:
        if name in used or is_secret_variable(name, value):
            found.add(value)
        found |= {value[secret.start : secret.end] for secret in find_secrets(value)}
    return frozenset(found)


def _is_plain(limit: TimeLimit) -> bool:
    """Whether AWS ends the job in the same way: SIGTERM, then SIGKILL; other signals stay with ``timeout(1)``."""
    # Step Functions stops a task with SIGTERM, then SIGKILL after stopTimeout; timeout(1) ends with 124, a stopped
    # task with its own status.
    return limit.signal == "TERM" and not limit.preserve_status and limit.seconds >= 1


def _understood(entry: EntryCommand, user: str | None, keep: frozenset[str]) -> Understanding:
    environment = dict(entry.environment)
    if home := surroundings.home_of(environment, user, entry.home):
        environment["HOME"] = home
    shell = environment.get("SHELL", "/bin/sh")
    return understand(
        entry.command.strip(" \t"),
        environment=environment,
        shell=shell,
        keep=keep,
        stdin=entry.stdin,
        world=entry.world,
        texts=dict(entry.texts),
    )


def _is_own(guard: DateGuard, zone: str | None) -> bool:
    """Whether a test reads the date of the clock that the schedule is read by."""
    # Zone names of UTC differ between tables and guards, and mean one clock.
    return guard.zone in (None, zone) or (guard.zone in UTC_NAMES and zone in UTC_NAMES)


def _carried(entry: EntryCommand, user: str | None, found: Understanding) -> dict[str, str]:
    """What the container is given of cron's and the table's variables, and what ``export`` and ``env`` set."""
    variables = entry.environment
    # An engine hands nothing of cron's environment on but what -e names.
    if found.container is not None:
        return dict(found.environment)
    return surroundings.carried(variables, user, entry.home, found.reads, found.searched) | dict(found.environment)


def guarded_schedule(schedule: Schedule, guards: Sequence[DateGuard]) -> Schedule:
    """The schedule on the dates on which its guards let the job run.

    Where these are a product of day fields (Mondays, and the 1st to 7th), they are written so: that is shorter, and a slot
    guard can say it. Else the dates themselves stand.
    """
    if schedule.also:
        first, *more = (guarded_schedule(part, guards) for part in schedule.parts)
        return replace(first, text=schedule.text, also=tuple(more))
    due = schedule.days()
    for guard in guards:
        due &= guard.days()
    cycle = due & days.year_days(2000, 2027)  # 28 years hold every kind of year
    doms = sum(1 << d for d in range(1, 32) if cycle & days.day_of_month(d))
    months = sum(1 << m for m in range(1, 13) if cycle & days.month(m))
    dows = sum(1 << w for w in range(7) if cycle & days.day_of_week(w))
    if due_days(doms, months, dows, False) == due and due:
        return schedule.on_days(doms, months, dows)
    return schedule.on_dates(due)


# --- wishes as ecs.yml says them -------------------------------------------------------------------------------------


def lock_wish(lock: Lock, place: LockPlace = ANYWHERE) -> dict[str, object]:
    """``lock:`` of ecs.yml."""
    wish: dict[str, object] = {"name": lock_name(lock, place)}
    if lock.policy == "wait":
        # `flock -w` has fractions; ecs.yml's wait is in whole seconds, at most a week.
        wish["wait"] = "forever" if lock.wait_seconds is None else min(604_800, math.ceil(lock.wait_seconds))
    if lock.shared:
        wish["shared"] = True
    return wish


def timeout_wish(limit: TimeLimit, pause: float) -> int | dict[str, int]:
    """``timeout:`` of ecs.yml; a pause that stays in front of the command is added."""
    # A pause in front of the command counts on AWS: TimeoutSeconds runs from the state's entry.
    seconds = math.ceil(limit.seconds + pause)
    if limit.kill_after is None:
        return seconds
    low, high = STOP_SECONDS
    return {"seconds": seconds, "killAfter": max(low, min(high, math.ceil(limit.kill_after)))}

"""The line that a job came from, as the `legacy` block of its ecs.yml keeps it: when cron started it, by that block alone.

So a spec can be held against its line wherever it is checked out, after any edit, without the host and without a scan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from zoneinfo import ZoneInfo

from converters.commands.host_decisions import Decision
from converters.commands.idioms.clocks import reads_clock
from converters.commands.narrowing import narrowed
from converters.commands.work import Work
from converters.expressions.judgement import Place
from converters.schedules.daemon import Window
from converters.schedules.date_output import ALPINE, DEBIAN, RED_HAT, World
from converters.schedules.dialects import DIALECTS, Dialect
from converters.schedules.schedule import Schedule, ScheduleError, Special, parse_schedule
from converters.tables.crontab import NO_VARIABLES, Entry, read

WORLDS: Mapping[str, World] = {"debian": DEBIAN, "redhat": RED_HAT, "alpine": ALPINE}
"""Whose ``date`` and ``sh`` a command met, by the distribution's name."""

_USUAL = "debian"
# crontab(5): TZ is what date reads, SHELL is who reads the text; of cron's other names none says when a line runs.
_DECISIVE = ("SHELL", "TZ")


class OriginError(ValueError):
    """A legacy block that does not tell when the line ran: why, as a clause."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What of a line says when it ran. ``zone`` is the one that the schedule is matched in, ``host`` the daemon's own where
    that is another (``CRON_TZ``); ``system`` says that the line has a user column; ``script`` is the file that run-parts
    started; ``runs`` is the command as it ran on its host, where a test of the host was decided; ``is_near``: anacron's
    times, known to no minute."""

    schedule: str
    zone: str
    text: str = ""
    user: str | None = None
    system: bool = False
    dialect: str = _USUAL
    host: str | None = None
    world: str | None = None
    script: str | None = None
    runs: str | None = None
    variables: Mapping[str, str] = field(default_factory=lambda: NO_VARIABLES)
    is_near: bool = False

    def as_legacy(self) -> dict[str, object]:
        """The keys that the block has beside where the line stood; what is usual is left away."""
        found: dict[str, object] = {"timezone": self.zone, "schedule": self.schedule, "text": self.text}
        if self.dialect != _USUAL:
            found["dialect"] = self.dialect
        if self.host is not None and self.host != self.zone:
            found["host"] = self.host
        if self.is_near:
            found["near"] = True
        if reads_clock(self.runs or self.text):
            decisive = {name: self.variables[name] for name in _DECISIVE if name in self.variables}
            found |= {"variables": decisive} if decisive else {}
            found |= {"runs": self.runs} if self.runs is not None else {}
            usual = DIALECTS[self.dialect].world
            found |= {"world": self.world} if self.world is not None and WORLDS[self.world] != usual else {}
        return found

    @staticmethod
    def read(legacy: Mapping[str, object]) -> Origin:
        """The block as it stands, keys that scans before this one did not write among it. Raises `OriginError`."""
        schedule, zone = legacy.get("schedule"), legacy.get("timezone")
        if not isinstance(schedule, str) or not isinstance(zone, str):
            raise OriginError("its legacy block names no schedule and no timezone")
        texts = {key: legacy[key] for key in ("text", "dialect", "host", "world", "script", "runs") if key in legacy}
        told = {key: text for key, text in texts.items() if isinstance(text, str)}
        if told != texts:
            raise OriginError("its legacy block holds something else than text")
        variables = legacy.get("variables", NO_VARIABLES)
        if not isinstance(variables, Mapping) or told.get("dialect", _USUAL) not in DIALECTS:
            raise OriginError("its legacy block names no dialect that is known, or variables that are none")
        found = Origin(
            schedule,
            zone,
            text=told.get("text", ""),
            user=str(legacy["user"]) if legacy.get("user") else None,
            dialect=told.get("dialect", _USUAL),
            host=told.get("host"),
            world=told.get("world"),
            script=told.get("script"),
            runs=told.get("runs"),
            variables=variables,
            is_near=legacy.get("near") is True,
        )
        return replace(found, system=_has_column(found, str(legacy.get("path", ""))))

    def place(self, window: Window) -> Place:
        """The daemon over a window. Raises `OriginError` for a zone that is none."""
        host = None if self.host is None else _zone(self.host)
        return Place(_zone(self.zone), self.zone, window, DIALECTS[self.dialect], "rule", host, self.host)

    def at(self, place: Place) -> tuple[Work | None, Schedule]:
        """The work of the line (None where its text tells no command), and its schedule with the tests of the date that
        the command asks. Raises `OriginError` where no clock, or no known one, starts it."""
        if self.is_near:
            raise OriginError("anacron's times are not known to the minute")
        try:
            entry = self._entry(place.dialect)
            schedule = entry.schedule if entry is not None else parse_schedule(self.schedule, place.dialect)
        except ScheduleError as error:
            raise OriginError(f"`{self.schedule}` cannot be read: {error}") from None
        if isinstance(schedule, Special):
            raise OriginError(f"no clock started `{self.schedule}`")
        if schedule.random:
            raise OriginError(f"the daemon drew the times of `{self.schedule}` anew at each load")
        if entry is None:
            return None, schedule
        decision = Decision(self.runs) if self.runs is not None else None
        work, narrow = narrowed(entry, self.user, place, self.of_world(place.dialect), decision=decision)
        return work, narrow if isinstance(narrow, Schedule) else schedule

    def of_world(self, dialect: Dialect | None = None) -> World:
        """Whose ``date`` and ``sh`` the command met."""
        known = WORLDS.get(self.world) if self.world is not None else None
        return known or (dialect or DIALECTS[self.dialect]).world

    def _entry(self, dialect: Dialect) -> Entry | None:
        """The line read again; None where its text is of another kind than its schedule (a nickname of anacron, say)."""
        if self.script is not None:
            # run-parts started that file, and nothing of the line's text stood in front of it.
            return None
        if dialect.calendar:
            return self._of_timer(dialect)
        lines = read(self.text + "\n", dialect, system=self.system).lines
        entry = lines[0].entry if len(lines) == 1 else None
        if entry is None or entry.schedule.text != self.schedule:
            return None
        return replace(entry, environment=dict(self.variables))

    def _of_timer(self, dialect: Dialect) -> Entry | None:
        begin = timer_line(self.schedule, "")
        if not self.text.startswith(begin):
            return None
        command = self.text[len(begin) :]
        schedule = parse_schedule(self.schedule, dialect)
        return Entry(schedule, self.user, command, command, None, dict(self.variables))


def timer_line(schedule: str, command: str) -> str:
    """A timer of systemd as one line: its times and the text that its unit runs, which stand in several files."""
    return f"{schedule if schedule.startswith('On') else f'OnCalendar={schedule}'} {command}"


def _has_column(origin: Origin, path: str) -> bool:
    """Whether the word behind the schedule is the user: it is the one that the block names, and the table no user's own."""
    # Spools hold users' own tables under whatever system: Debian, Red Hat, FreeBSD, Alpine, macOS.
    if origin.user is None or "/spool/" in path or "/cron/tabs/" in path:
        return False
    words = origin.text.lstrip("-").split()
    behind = words[len(origin.schedule.split()) :]
    return bool(behind) and behind[0].split(":")[0] == origin.user.split(":")[0]


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name.lstrip(":"))
    except (ValueError, OSError, KeyError):
        raise OriginError(f"there is no time zone {name}") from None

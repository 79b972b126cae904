"""An ecs.yml as AWS will carry it out: the starts it makes, and those of them whose payload runs.

Nothing here knows the crontab, nor what a scan thought of it: expressions, zone and guard are read from the spec, and a test
of the date from the very text that the container is given, in the zone that its variables name. So the same predicate holds
for the proof, for `verify`, for a shadow, and for the next run that `status` shows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from converters.commands.command import understand
from converters.commands.forwarding import without_telling
from converters.commands.idioms.clocks import reads_clock
from converters.expressions.artefact import Artefact
from converters.expressions.eventbridge import parse
from converters.expressions.guards import Guard
from converters.expressions.left_tests import RegimesOf, is_judged, passed, regimes_of_name
from converters.schedules.daemon import Starts, Window, listed
from converters.schedules.date_output import DEBIAN, World
from converters.schedules.date_tests import UTC_NAMES, DateTest
from converters.schedules.zones import Regime

if TYPE_CHECKING:
    from converters.specs.model import Container, Spec


@dataclass(frozen=True, slots=True)
class Expected:
    """Starts (UTC minutes, in order): ``due`` run the payload; ``idle`` start a task that finds nothing to do; ``none`` start
    no task."""

    due: list[int]
    idle: list[int]
    none: list[int]

    def since(self, at: float) -> Expected:
        """Those from an instant (seconds since 1970) on."""
        return Expected(*([one for one in minutes if one * 60 >= at] for minutes in (self.due, self.idle, self.none)))


@dataclass(frozen=True, slots=True)
class Registered:
    """``schedule`` is what EventBridge is told and the guard, ``test`` the test of the date in the first container's text,
    ``zone`` the name of the zone in which that text reads the clock, ``tasks`` how many each start makes; ``is_read`` says
    whether the text could be read."""

    schedule: Artefact
    test: DateTest | None = None
    zone: str = "UTC"
    tasks: int = 1
    is_read: bool = True

    @staticmethod
    def of(spec: Spec, world: World = DEBIAN) -> Registered:
        """The spec read. ``world`` says whose ``date`` and ``sh`` the image has. Raises `GuardError` for a guard of another
        shape, `ExpressionError` for an expression."""
        schedule = spec.schedule
        guard = Guard.read(schedule.guard) if schedule.guard else None
        zone = ZoneInfo(schedule.timezone) if schedule.timezone else None
        box = spec.containers[0]
        test, is_read = _test(_text(box), tuple(sorted(box.environment.items())), world)
        return Registered(
            Artefact(tuple(map(parse, spec.expressions)), zone, guard),
            test,
            box.environment.get("TZ") or "UTC",
            schedule.task_count,
            is_read,
        )

    @property
    def is_known(self) -> bool:
        """Whether it is known of every start whether its payload runs: no test in the text that is not understood."""
        if self.test is None:
            return self.is_read
        return is_judged(self.test, lambda name: _regimes(name or self.zone, _SOME_DAYS))

    def fired(self, window: Window) -> list[Starts]:
        """Every start that AWS makes. Raises `ExpressionError` for a rate of several minutes, whose phase is its rule's."""
        return self.schedule.fired(window)

    def runs(self, window: Window) -> list[Starts]:
        """The starts whose payload runs. What a test that is not understood makes of them is not asked (`is_known`)."""
        return self._passed(self.schedule.runs(window), window)

    def fired_minutes(self, window: Window) -> list[int]:
        """The starts in the window, in order, as UTC minutes."""
        return _within(self.fired(window), window)

    def run_minutes(self, window: Window) -> list[int]:
        """The runs in the window, in order, as UTC minutes."""
        return _within(self.runs(window), window)

    def expected(self, window: Window, *, workflow: bool) -> Expected:
        """What AWS will show of the starts in the window: a workflow asks the guard before it starts a task, a plain task
        is started and asks it then."""
        due = Counter(self.run_minutes(window))
        tasks = Counter(_within(self.schedule.runs(window) if workflow else self.fired(window), window))
        fired = Counter(self.fired_minutes(window))
        return Expected(*(sorted(self._times(one)) for one in (due, tasks - due, fired - tasks)))

    def _times(self, minutes: Counter[int]) -> Iterator[int]:
        return (minute for minute in minutes.elements() for _ in range(self.tasks))

    def test_passes(self, minute: int, seconds: float = 0) -> bool:
        """Whether the test in the text lets the job run that begins so many seconds after a UTC minute (since 1970)."""
        day = minute // 1440
        window = Window(minute, minute + 1440)
        one = [Starts(1 << (day - window.base), 1 << minute % 1440, 1)]
        return bool(passed(self.test, one, window, self.regimes_in(window), seconds))

    def _passed(self, found: Sequence[Starts], window: Window) -> list[Starts]:
        return passed(self.test, found, window, self.regimes_in(window))

    def regimes_in(self, window: Window) -> RegimesOf:
        """The zones in which its text reads the clock, over a window."""
        return lambda name: _regimes(name or self.zone, window)


_SOME_DAYS = Window(29_000_000, 29_010_000)


def _regimes(name: str, window: Window) -> Sequence[Regime] | None:
    return regimes_of_name("UTC" if name in UTC_NAMES else name, window)


def _within(found: Sequence[Starts], window: Window) -> list[int]:
    return [minute for minute in listed(list(found), window) if window.first <= minute < window.until]


_SHELL = re.compile(r"(?:.*/)?(?:sh|bash|dash|ash|ksh|zsh)")
_BUNDLE = re.compile(r"-[a-z]*c[a-z]*")
# Data for standard input stand behind the text (`converters.specs.making`): what it is that reads them changes nothing.
_WITH_DATA = re.compile(r"\{ (.*)\n\} <<'(\w+)'\n.*\2", re.S)


def _text(box: Container) -> tuple[str, str] | None:
    """The shell of a container's words and the text it reads; ``None`` where no shell is told a text. What stands before the
    shell (``tini --``, ``busybox``) starts it; what stands behind the text are its arguments."""
    words = [*(box.entry_point or ()), *(box.command or ())]
    for at, word in enumerate(words):
        if not _SHELL.fullmatch(word):
            continue
        for place in range(at + 1, len(words) - 1):
            if not words[place].startswith("-"):
                break
            if _BUNDLE.fullmatch(words[place]):
                text = without_telling(words[place + 1])
                data = _WITH_DATA.fullmatch(text.rstrip("\n"))
                return word, data[1] if data else text
    return None


@lru_cache(maxsize=1024)
def _test(
    text: tuple[str, str] | None, variables: tuple[tuple[str, str], ...], world: World
) -> tuple[DateTest | None, bool]:
    """The test of the date in a text, and whether the text could be read."""
    if text is None or not reads_clock(text[1]):
        return None, True
    # What stands in ecs.yml was taken apart already: a test that is still there stays there.
    found = understand(text[1], environment=dict(variables), shell=text[0], keep=("date guard",), world=world)
    return found.test, not any(finding.code == "C459" for finding in found.findings)

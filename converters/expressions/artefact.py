"""What is registered, read back: expressions, zone and guard -> the starts AWS makes, and those whose payload runs.

Nothing here knows the schedule that an expression came from: what is proven is what stands in ecs.yml. A guard is a set too:
the instants of its own zone whose local date it allows; so ten years are a few intersections of sets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import lru_cache
from typing import Literal

from converters.expressions.eventbridge import At, Cron, Expression, Rate, starts
from converters.expressions.guards import Guard, dates_of
from converters.schedules.daemon import Starts, Timeline, Window
from converters.schedules.minutes import ALL_MINUTES
from converters.schedules.zones import MINUTES_A_DAY, Regime

Why = Literal["runs", "not its time", "not its date"]


@dataclass(frozen=True, slots=True)
class Slot:
    """What becomes of one start: the expression that made it (None by hand), its minute in UTC, and the local date and
    minute of the day that the guard reads there (those of UTC without a guard)."""

    expression: str | None
    minute: int
    local: int
    why: Why

    @property
    def runs(self) -> bool:
        return self.why == "runs"


@dataclass(frozen=True, slots=True)
class Artefact:
    """The schedule of an ecs.yml as AWS is told it. ``zone`` is None for rules, which are read in UTC."""

    expressions: tuple[Expression, ...]
    zone: tzinfo | None = None
    guard: Guard | None = None

    def fired(self, window: Window) -> list[Starts]:
        """Every start AWS makes in the window, whatever its guard makes of it. Raises `ExpressionError` for a rate whose
        phase is unknown before it is created."""
        return [start for one in self.expressions for start in _fired(one, self.zone, window)]

    def runs(self, window: Window) -> list[Starts]:
        """The starts whose payload runs."""
        if self.guard is None:
            return self.fired(window)
        return [
            start
            for one in self.expressions
            for start in let_through(_fired(one, self.zone, window), self.guard, dates_of(str(one)), window)
        ]

    def at(self, minute: int) -> list[Slot]:
        """What the minute (UTC, since 1970) means: a slot for each expression that fires then."""
        # An hour that comes twice runs once: whether this is its second time shows only with the days before.
        window = Window(minute - 2 * MINUTES_A_DAY, minute + 1)
        return [
            self.decide(str(one), minute)
            for one in self.expressions
            if any(
                start.days >> (minute // MINUTES_A_DAY - window.base) & 1
                and start.minutes >> minute % MINUTES_A_DAY & 1
                for start in _fired(one, self.zone, window)
            )
        ]

    def decide(self, expression: str, minute: int) -> Slot:
        """What the guard says of one start of an expression; without a guard every start runs."""
        if self.guard is None:
            return Slot(expression, minute, minute, "runs")
        local = minute + self.guard.offset_at(minute)
        allowed = self.guard.dates(dates_of(expression)) >> (local // MINUTES_A_DAY) & 1
        return Slot(expression, minute, local, "runs" if allowed else "not its date")


def _fired(expression: Expression, zone: tzinfo | None, window: Window) -> list[Starts]:
    """The starts of one expression. A rate counts elapsed minutes, in whatever zone: it neither skips nor waits."""
    if isinstance(expression, At):
        minute = int(expression.when.replace(tzinfo=zone or UTC).timestamp()) // 60
        if not window.first <= minute < window.until:
            return []
        return [Starts(1 << (minute // MINUTES_A_DAY - window.base), 1 << minute % MINUTES_A_DAY, 1)]
    return fired(expression, timeline(zone or UTC, window), timeline(UTC, window))


def fired(expression: Cron | Rate, line: Timeline, utc: Timeline) -> list[Starts]:
    """The starts of one expression that is read on a timeline."""
    days, minutes = starts(expression)
    if isinstance(expression, Rate):
        line = utc
    habit: Literal["plain", "once"] = "plain" if len(line.regimes) < 2 else "once"
    return line.starts(line.window.relative(days), minutes, habit)


@lru_cache(maxsize=64)
def timeline(zone: tzinfo, window: Window) -> Timeline:
    """A zone over a window; the two often come together again."""
    return Timeline(zone, window)


def let_through(found: Sequence[Starts], guard: Guard, by: str, window: Window) -> list[Starts]:
    """The starts that a guard lets run; ``by`` is the day field of the expression that made them (``dates_of``)."""
    allowed = _allowed(guard, by, window)
    left = []
    for start in found:
        for days, minutes in allowed:
            both, of_day = start.days & days, start.minutes & minutes
            if both and of_day:
                left.append(Starts(both, of_day, start.times))
    return left


@lru_cache(maxsize=256)
def _allowed(guard: Guard, by: str, window: Window) -> tuple[tuple[int, int], ...]:
    """The UTC minutes whose local date a guard allows, as products of days and minutes, none overlapping."""
    line = _line(guard.regimes(window.first), window)
    found = line.starts(window.relative(guard.dates(by)), ALL_MINUTES, "plain")
    return tuple((start.days, start.minutes) for start in found)


@lru_cache(maxsize=64)
def _line(regimes: tuple[Regime, ...], window: Window) -> Timeline:
    return Timeline(regimes, window)

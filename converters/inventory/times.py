"""When starters start: an expression's instants, as one number of bits a window, so that two are compared at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo

from converters.expressions.artefact import Artefact
from converters.expressions.eventbridge import ExpressionError, parse
from converters.inventory.model import Starter
from converters.schedules.daemon import Starts, Window, listed
from converters.schedules.fields import members
from converters.schedules.zones import MINUTES_A_DAY


def by_expression(text: str, zone: tzinfo | None) -> Callable[[Window], list[Starts] | None]:
    """The starts of ``cron()``, ``rate()`` or ``at()`` in a zone. Of a rate above one minute none are known: its phase is the
    moment at which it was made."""

    def times(window: Window) -> list[Starts] | None:
        try:
            return Artefact((parse(text),), zone).fired(window)
        except ExpressionError:
            return None

    return times


def bits(found: Sequence[Starts], window: Window) -> int:
    """Bit *n*: something starts in the *n*-th minute of the window."""
    result = 0
    for one in found:
        for day in members(one.days):
            result |= one.minutes << day * MINUTES_A_DAY
    skipped = window.first - window.base * MINUTES_A_DAY
    return result >> skipped & (1 << window.until - window.first) - 1


def next_start(starter: Starter, now: int) -> int | None:
    """The first minute after ``now``, up to 400 days away."""
    for reach in (1, 8, 45, 400):
        window = Window(now + 1, now + 1 + reach * MINUTES_A_DAY)
        found = starter.times(window)
        if found is None:
            return None
        if soon := bits(found, window):
            return window.first + (soon & -soon).bit_length() - 1
    return None


def starts_in(starter: Starter, window: Window) -> list[int]:
    """Every start in a window, in order."""
    return [one for one in listed(starter.times(window) or [], window) if window.first <= one < window.until]

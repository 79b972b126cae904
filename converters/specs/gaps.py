"""The shortest time between two starts of a job, and how late AWS may still begin one.

AWS tries to deliver a start for 24 hours if it is let. A start that comes after the next one was due would only run
beside it, so a target gives up before that.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement, pairwise

from converters.expressions.eventbridge import Cron, Rate, parse, starts
from converters.schedules.fields import members
from converters.specs.wishes import DAY

MINUTE = 60
HOUR = 60 * MINUTE
SHORTEST_AGE = 60
"""MaximumEventAgeInSeconds is at least this (facts 2)."""
_UNITS = {"minute": MINUTE, "hour": HOUR, "day": DAY}


def shortest_gap(expressions: Sequence[str], timezone: str | None = None) -> int:
    """Seconds between the two starts that come closest, at most a day; starts in the same minute count as one.

    In a zone that changes its clocks the gap may be an hour shorter. A rate has a phase of its own, so beside another
    expression it may come a minute before it.
    """
    parsed = [parse(text) for text in expressions]
    rates = [one for one in parsed if isinstance(one, Rate)]
    crons = [one for one in parsed if isinstance(one, Cron)]
    # A rate counts from its creation, so nothing is known of where it lies beside other expressions.
    if rates and len(rates) + len(crons) > 1:
        return MINUTE
    between = _gaps(crons)
    if timezone not in (None, "UTC", "Asia/Tokyo"):
        # In spring 1:50 and 3:00 lie ten minutes apart: each gap of more than an hour may be the one that loses it.
        between += [gap - HOUR for gap in between if gap > HOUR]
    return min([DAY, *(rate.value * _UNITS[rate.unit] for rate in rates), *between])


def _gaps(crons: list[Cron]) -> list[int]:
    """In seconds, for every two expressions that share a day, or have days that follow each other."""
    found: list[int] = []
    for first, second in combinations_with_replacement([starts(cron) for cron in crons], 2):
        if first[0] & second[0]:
            found += [b - a for a, b in pairwise(sorted(members(first[1] | second[1])))]
        # Over midnight: the last start of a day and the first of the next.
        for (days, minutes), (later_days, later_minutes) in ((first, second), (second, first)):
            if (days << 1) & later_days and minutes and later_minutes:
                found.append(24 * 60 - (minutes.bit_length() - 1) + min(members(later_minutes)))
    return [gap * MINUTE for gap in found]


def retry_age(expressions: Sequence[str], timezone: str | None, most: int) -> int:
    """``MaximumEventAgeInSeconds`` of a target: ``most`` (the settings'), but below the gap to the next start."""
    # A late start that comes after the next was due would run beside it.
    return max(SHORTEST_AGE, min(most, shortest_gap(expressions, timezone) - MINUTE))

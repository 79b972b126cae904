"""A time zone as regimes: from which instant on which offset holds. Instants and offsets are minutes.

The offsets come from a ``tzinfo`` value (the installed tz database, whose version the caller names).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timezone, tzinfo
from functools import lru_cache

MINUTES_A_DAY = 1440
# POSIX, Base Definitions, 8.3 "TZ": a name and an offset, counted westwards, then perhaps summer's name and rule.
_RULE = re.compile(r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)([+-]?)0?(\d{1,2})(?::00){0,2}(.*)")


@dataclass(frozen=True, slots=True)
class Regime:
    """Local time is UTC + ``offset`` from the UTC minute ``start`` (since 1970) until the next regime starts."""

    start: int
    offset: int


def offset_at(zone: tzinfo, minute: int) -> int:
    """The zone's offset at a UTC minute, in whole minutes."""
    offset = datetime.fromtimestamp(minute * 60, zone).utcoffset()
    # Before 1972 Liberia was 44 minutes and 30 seconds behind: offsets are rounded down to the minute.
    return int(offset.total_seconds() // 60) if offset is not None else 0


@lru_cache(maxsize=512)
def regimes(zone: tzinfo, first: int, until: int) -> tuple[Regime, ...]:
    """The regimes that touch the UTC minutes ``[first, until)``; the first one starts at ``first``.

    The offset is sampled once a day and each change is then bisected to the minute: no zone since 1970 has two changes
    within a day (a test walks the whole database).
    """
    # A fixed offset has no changes, so no day need be sampled.
    if isinstance(zone, timezone):
        return (Regime(first, offset_at(zone, first)),)
    found = [Regime(first, offset_at(zone, first))]
    at = first
    while at < until:
        following = min(at + MINUTES_A_DAY, until)
        offset = offset_at(zone, following)
        if offset != found[-1].offset:
            found.append(Regime(_bisect(zone, at, following, offset), offset))
        at = following
    return tuple(r for r in found if r.start < until)


def _bisect(zone: tzinfo, before: int, after: int, offset: int) -> int:
    while after - before > 1:
        middle = (before + after) // 2
        if offset_at(zone, middle) == offset:
            after = middle
        else:
            before = middle
    return after


def offset_of(found: Sequence[Regime], minute: int) -> int:
    """The offset in force at a UTC minute, of regimes in order; before the first one, that of the first."""
    return next((one.offset for one in reversed(found) if one.start <= minute), found[0].offset)


def year_of(minute: int) -> int:
    """The UTC year of a minute since 1970."""
    return datetime.fromtimestamp(minute * 60, UTC).year


# A document names the same few instants, those of clock changes and first runs, in each of its jobs.
@lru_cache(maxsize=65536)
def iso(minute: int) -> str:
    """A UTC minute as ``2026-03-08T07:00:00Z``."""
    return datetime.fromtimestamp(minute * 60, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def in_database(name: str) -> str:
    """What ``TZ`` says, by its name in the tz database: ``JST-9`` is ``Etc/GMT-9`` there; other names as they are."""
    rule = _RULE.fullmatch(name)
    if rule is None or rule[3]:
        return name
    # The database's own names of offsets count westwards too (tz, file `etcetera`).
    hours = int(rule[2])
    return f"Etc/GMT{rule[1] or '+'}{hours}" if hours else "Etc/GMT"


def is_rule(name: str) -> bool:
    """Whether ``TZ`` would hold the rule of a zone rather than its name."""
    return _RULE.fullmatch(name) is not None
